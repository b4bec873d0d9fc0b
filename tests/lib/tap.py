"""tap.py: what a Python test needs.

    import os, sys; sys.path.insert(0, os.environ["GYRE_SOURCE"] + "/tests/lib")
    import tap

    with tap.point("rows in = rows out + quarantined"):      # fails if the block raises (assert)
        assert a == b, (a, b)
    tap.ok(condition, "what", "what is wrong, shown as a comment")
    tap.skip("what", "why")        tap.skip_all("why")
    result = tap.gyre("run", "--json", status=0)     # .out, .err, .json; a point "gyre run --json" only if it fails
    tap.done()
"""
import contextlib
import json
import os
import subprocess
import sys
import traceback

_points = 0
_failures = 0


def comment(text):
    for line in str(text).splitlines()[:60]:
        print("# " + line)


def ok(condition, what, why=""):
    global _points, _failures
    _points += 1
    if not condition:
        _failures += 1
    print(f"{'ok' if condition else 'not ok'} {_points} {what}")
    if not condition and why:
        comment(why)
    sys.stdout.flush()
    return bool(condition)


def skip(what, why):
    global _points
    _points += 1
    print(f"ok {_points} {what} # SKIP {why}", flush=True)


def skip_all(why):
    print(f"1..0 # SKIP {why}", flush=True)
    sys.exit(0)


@contextlib.contextmanager
def point(what):
    try:
        yield
    except Exception:
        ok(False, what, traceback.format_exc())
    else:
        ok(True, what)


class Result:
    def __init__(self, command, process):
        self.command, self.status = command, process.returncode
        self.out, self.err = process.stdout, process.stderr

    @property
    def json(self):
        return json.loads(self.out)


def run(*command, status=None, timeout=600, cwd=None, env=None, stdin=None):
    """Runs a command.  With a status, a different one is a failed point that shows the output."""
    process = subprocess.run([str(c) for c in command], capture_output=True, text=True, errors="replace", timeout=timeout,
                             cwd=cwd, env={**os.environ, **(env or {})}, input=stdin)
    result = Result(command, process)
    if status is not None and result.status != status:
        ok(False, "status of: " + " ".join(map(str, command)),
           f"status {result.status}, not {status}\n{result.out[-3000:]}\n{result.err[-3000:]}")
    return result


def gyre(*arguments, **options):
    return run(os.environ["GYRE"], *arguments, **options)


def done():
    print(f"1..{_points}", flush=True)
    sys.exit(1 if _failures else 0)
