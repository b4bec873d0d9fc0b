"""bench.py: what a measurement needs.

A measurement is an executable script bench/NN-name.  It measures ours and a peer in turn, in one run on one machine, and reports
each comparison with report(); what it cannot measure it skips with a reason.  bench/run shows the table.
"""
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
GYRE = os.environ.get("GYRE", str(ROOT / "build" / "gyre"))
VENV = ROOT / "build" / "bench-venv"
FLIGHTS = ROOT / "deps" / "node_modules" / "vega-datasets" / "data" / "flights-3m.parquet"


def report(what, ours, peer, unit, peer_name, note=""):
    """ours and peer: lists of measurements of the same unit, taken in turn; smaller is better."""
    print(json.dumps({"what": what, "ours": ours, "peer": peer, "unit": unit, "peer_name": peer_name, "note": note}), flush=True)


def skip(what, why):
    print(json.dumps({"what": what, "skip": why}), flush=True)


def folder():
    """An empty folder that is gone at the end."""
    path = Path(tempfile.mkdtemp(prefix="gyre-bench-", dir=os.environ.get("BENCH_TMP")))
    import atexit
    atexit.register(shutil.rmtree, path, ignore_errors=True)
    return path


def memory_of(session):
    """Resident bytes of every process of a session, now; pages shared by several are counted once for each."""
    total = 0
    for entry in os.listdir("/proc"):
        if not entry.isdigit():
            continue
        try:
            fields = Path(f"/proc/{entry}/stat").read_text().rsplit(")", 1)[1].split()
            if int(fields[3]) == session:
                total += int(fields[21]) * os.sysconf("SC_PAGESIZE")
        except (OSError, IndexError, ValueError):
            continue                                # it ended meanwhile
    return total


class Run:
    """A finished command: seconds, cpu (seconds of it and its children), peak_mib (largest sum over all its processes, looked
    at every 20 ms), out, err, status."""

    def __init__(self, command, cwd=None, env=None, check=True):
        command = [str(c) for c in command]
        peak = [0]
        before = os.times()
        started = time.perf_counter()
        process = subprocess.Popen(command, cwd=cwd, env={**os.environ, **(env or {})}, stdin=subprocess.DEVNULL,
                                   stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, errors="replace",
                                   start_new_session=True)
        ended = threading.Event()

        def watch():
            while not ended.is_set():
                peak[0] = max(peak[0], memory_of(process.pid))
                ended.wait(0.02)

        watcher = threading.Thread(target=watch)
        watcher.start()
        self.out, self.err = process.communicate()
        self.seconds = time.perf_counter() - started
        ended.set()
        watcher.join()
        after = os.times()
        self.cpu = after.children_user + after.children_system - before.children_user - before.children_system
        self.peak_mib = peak[0] / 2**20
        self.status = process.returncode
        if check and self.status:
            print(self.out[-2000:], self.err[-2000:], sep="\n", file=sys.stderr)
            raise SystemExit(f"status {self.status} of: {' '.join(command)}")


def seconds(command, **more):
    """Only the time, without watching memory."""
    started = time.perf_counter()
    subprocess.run([str(c) for c in command], check=True, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                   stderr=subprocess.DEVNULL, **more)
    return time.perf_counter() - started


def venv(name=None):
    """The Python with the peers of requirements.txt (or requirements-NAME.txt), installed when first needed; None and the reason if it
    cannot be."""
    folder = VENV if not name else VENV.with_name(f"{VENV.name}-{name}")
    file = ROOT / "bench" / ("requirements.txt" if not name else f"requirements-{name}.txt")
    python, wanted, stamp = folder / "bin" / "python", file.read_text(), folder / "requirements.txt"
    if stamp.exists() and stamp.read_text() == wanted:
        return python, None
    print("installing the peers from PyPI", file=sys.stderr)
    shutil.rmtree(folder, ignore_errors=True)
    for command in (["/usr/bin/python3", "-m", "venv", folder], [folder / "bin" / "pip", "install", "--quiet", "-r", file]):
        done = subprocess.run([str(c) for c in command], capture_output=True, text=True)
        if done.returncode:
            shutil.rmtree(folder, ignore_errors=True)
            return None, "the peers cannot be installed from PyPI: " + (done.stderr.strip().splitlines() or ["?"])[-1]
    stamp.write_text(wanted)
    return python, None


def median(values):
    return statistics.median(values)
