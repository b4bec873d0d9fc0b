"""venv.py: Python clients that others wrote, in a virtual environment under build/ that the next run finds again.

    python = venv.with_packages("serving", "tritonclient[http]==2.73.0", ...)      # skips the whole test where PyPI cannot be reached
"""
import fcntl
import hashlib
import os
import subprocess
import sys
from pathlib import Path

import tap


def with_packages(name, *packages):
    folder = Path(os.environ["GYRE_SOURCE"]) / "build" / "venv" / name
    stamp = folder / ("installed-" + hashlib.sha256(" ".join(packages).encode()).hexdigest()[:16])
    folder.parent.mkdir(parents=True, exist_ok=True)
    with open(folder.parent / (name + ".lock"), "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not stamp.exists():
            install = [sys.executable, "-m", "venv", "--clear", str(folder)]
            pip = [str(folder / "bin" / "pip"), "install", "--quiet", "--disable-pip-version-check", "--retries", "1",
                   "--no-compile", *packages]           # most of what is installed is never read
            for command in (install, pip):
                try:
                    done = subprocess.run(command, capture_output=True, text=True, timeout=200)
                except (OSError, subprocess.TimeoutExpired) as problem:
                    tap.skip_all(f"clients cannot be installed: {problem}")
                if done.returncode:
                    tap.skip_all("clients cannot be installed: " + (done.stderr.strip().splitlines() or ["?"])[-1])
            stamp.touch()
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)             # what is read is compiled once
    os.environ["PYTHONPYCACHEPREFIX"] = str(folder / "compiled")
    return str(folder / "bin" / "python")
