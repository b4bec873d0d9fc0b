"""retraining.py: a small project under continuous training, its watch, and what the store says of it.

    project = retraining.project("p")                 # trained once; new data: retraining.more("p")
    with retraining.Watch("p") as w: ...              # gyre monitor watch
    retraining.wait("p", lambda r: r and r[0]["phase"] == "done")
"""
import os
import signal
import sqlite3
import subprocess
import time

import tap
import world

ENDS = ("done", "rejected", "failed", "nothing_to_do")
RETRAIN = """\
retrain:
  on: [new_data]
  new_data: {{settle: 0s, watch: [loans.csv]}}
  cooldown: 0s
  budget: {{runs: 100}}
  judge: {{rule: {rule}, min_rows: 50}}
"""


def text(rule="no_worse", more=""):
    small = world.LOANS.replace("families: [baseline, linear, boosted]", "families: [linear]").replace("trials: 4", "trials: 1")
    return small + RETRAIN.format(rule=rule) + more


def project(where, rule="no_worse", more="", rows=700):
    world.project(where, text(rule, more))
    world.loans(f"{where}/loans.csv", rows=rows)
    done = tap.gyre("run", "--json", "--quiet", "-C", where, status=0).json
    assert done["model"]["version"] == 1, done["model"]
    return where


def more(where, rows=3000, seed=7):
    """The data grows: in one step, as a file that is moved in."""
    world.loans(f"{where}/.loans.part", rows=rows, seed=seed)
    os.rename(f"{where}/.loans.part", f"{where}/loans.csv")


def query(where, sql):
    """Rows of the store as dictionaries; [] while it is not there."""
    try:
        db = sqlite3.connect(f"file:{where}/.gyre/meta.db?mode=ro", uri=True, timeout=5)
    except sqlite3.OperationalError:
        return []
    try:
        db.row_factory = sqlite3.Row
        return [dict(row) for row in db.execute(sql)]
    except sqlite3.OperationalError:
        return []
    finally:
        db.close()


def retrainings(where):
    return query(where, "SELECT * FROM retrainings ORDER BY number DESC")


def wait(where, what, seconds=60, hurry=None):
    """The retrainings, newest first, once `what` holds of them.  hurry(): the watch, to be told to look now."""
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        found = retrainings(where)
        if what(found):
            return found
        for pid in hurry() if hurry else ():
            os.kill(pid, signal.SIGHUP)
        time.sleep(0.2 if hurry else 0.01)
    brief = [{k: r[k] for k in ("number", "phase", "reasons", "attempts", "deployment")} for r in retrainings(where)]
    raise AssertionError(f"it did not come to that: {brief}")


def ended(found):
    return bool(found) and found[0]["phase"] in ENDS


class Watch:
    def __init__(self, where, *words):
        self.said_path = where.replace("/", "-") + ".said"
        self.said_file = open(self.said_path, "a")
        self.process = subprocess.Popen([os.environ["GYRE"], "monitor", "watch", "--every", "1", "-C", where, *words],
                                        stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=self.said_file)

    def said(self):
        with open(self.said_path) as f:
            return f.read()

    def wait_said(self, words, seconds=30):
        until = time.monotonic() + seconds
        while words not in self.said():
            assert time.monotonic() < until, self.said()
            time.sleep(0.02)

    def kill(self):
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()

    def stop(self):
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        return self.process.wait(timeout=60)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop()
        self.said_file.close()
