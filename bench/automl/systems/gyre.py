"""gyre: `gyre run` with the time as search.time, and `gyre predict`.  Of the training rows 2 % go into its own report."""
import csv
import json
import os
import subprocess
import sys
from pathlib import Path

folder, seconds, threads = Path(sys.argv[1]), float(sys.argv[2]), sys.argv[3]
task = json.loads((folder / "task.json").read_text())
gyre = os.environ.get("GYRE", str(Path(__file__).resolve().parents[3] / "build" / "gyre"))
families = ["linear", "forest", "extra_trees", "boosted"] + (["lightgbm"] if os.environ.get("GYRE_LIGHTGBM") else [])
models = {"families": families, "search": {"time": seconds, "trials": 2000}, "ensemble": {"method": "select"}}
models.update(json.loads(os.environ.get("GYRE_MODELS", "{}")))
config = {
    "project": "race",
    "goal": {"task": task["task"], "target": task["target"], "metric": task["metric"]},
    "data": {"sources": {"train": {"kind": "file", "path": "train.csv"}}},
    "split": {"by": "stratified" if task["labels"] else "random", "test": 0.02},
    "models": models,
    "gate": {"better_than_baseline": False},
}
if len(task["labels"]) == 2:
    config["goal"]["positive"] = task["labels"][1]
Path("gyre.yaml").write_text(json.dumps(config))
Path("train.csv").symlink_to(folder / "train.csv")
done = subprocess.run([gyre, "run", "--json", "--cores", threads], stdout=subprocess.PIPE, text=True)
if done.returncode not in (0, 1):
    raise SystemExit(f"gyre run ended with status {done.returncode}: {done.stdout[-2000:]}")
subprocess.run([gyre, "predict", "race@1", folder / "test.csv", "-o", "scored.csv"], check=True)
columns = [f"probability_{label}" for label in task["labels"]] or ["prediction"]
with open("scored.csv", newline="") as f, open("answers.csv", "w", newline="") as out:
    csv.writer(out).writerows([row[c] for c in columns] for row in csv.DictReader(f))
