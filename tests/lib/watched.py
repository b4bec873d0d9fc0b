"""watched.py: a served model that is monitored, and windows of predictions that raise alarms or do not.

    w = watched.Watched("loans", alarms)      # alarms: a dict, the block monitor.alarms
    w.window(bad=True)                        # 100 predictions without income, measured: one more window over its limits
    w.alarms(), w.outbox()                    # as the program tells them
    w.stop()
"""
import json
import os
import sqlite3

import server
import tap
import world

ROWS = 100


class Watched:
    def __init__(self, folder, alarms, extra="", flags=()):
        os.makedirs(folder)
        os.chdir(folder)
        world.loans("loans.csv", rows=800)
        text = world.LOANS.replace("families: [baseline, linear, boosted]", "families: [linear]").replace("trials: 4", "trials: 1")
        monitor = {"rows": ROWS, "grace": "0s", "alarms": alarms}
        world.project(".", text + "monitor: " + json.dumps(monitor) + "\n" + extra)
        tap.gyre("run", "--quiet")
        self.server = server.Server("--log-flush-ms", "0", *flags)
        self.example = self.server.json("/api/v1/served")[1]["models"][0]["example"]
        self.count = 0

    def rows(self, bad):
        """Rows of training that have an income; bad: without it."""
        made = []
        for line in open("loans.csv").read().splitlines()[1:]:
            _, age, income, region, purpose, applied, _ = line.split(",")
            if income:
                made.append({"age": int(age), "income": None if bad else float(income), "region": region, "purpose": purpose,
                             "applied": applied})
        start = self.count * 37 % 600
        return made[start:start + ROWS]

    def window(self, bad, measure=True, env=None):
        status, answer = self.server.json("/api/v1/model/score", {"rows": self.rows(bad)})
        assert status == 200, answer
        self.count += 1
        return self.measure(env) if measure else answer

    def measure(self, env=None):
        return tap.gyre("monitor", "run", "--now", "--json", status=0, env=env).json

    @staticmethod
    def alarms():
        return tap.gyre("alarm", "ls", "--all", "--json", status=0).json["alarms"]

    @staticmethod
    def outbox():
        return tap.gyre("alarm", "outbox", "--limit", "1000", "--json", status=0).json["notices"]

    @staticmethod
    def time_passes():
        """What waits is due, and claims of dead senders have run out."""
        with sqlite3.connect(".gyre/meta.db", timeout=30) as db:
            db.execute("UPDATE outbox SET next_at = 0 WHERE state = 'waiting'")
        db.close()

    def stop(self):
        self.server.stop()
