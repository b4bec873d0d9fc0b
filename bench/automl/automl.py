"""automl.py: what the comparison of AutoML systems shares: sets, the one split all read, and the measures.

A system is a script systems/NAME.py, run in a process of its own as

    NAME.py FOLDER SECONDS THREADS

FOLDER has train.csv, test.csv (without the target) and task.json {"target", "task": "classification"|"regression", "labels",
"metric"}; it leaves answers.csv, one line for each row of test.csv in order: the probability of each label, or the number.  gyre is
such a system too: nobody gets anything the others do not.
"""
import csv
import json
import math
import os
import random
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
RESULTS = ROOT / "bench" / "automl" / "results.json"
WORK = ROOT / "build" / "automl"
DATA = Path(os.environ.get("GYRE_DATA") or ROOT.parent / "shared" / "data")

# name: files, target, columns that are known only afterwards, metric
SETS = {
    "adult": (["adult_train.csv", "adult_test.csv"], "income", [], "roc_auc"),
    "bank": (["bank_additional.csv"], "y", ["duration"], "roc_auc"),
    "california": (["california_housing.csv"], "median_house_value", [], "rmse"),
    "elec": (["elec.csv"], "class", [], "roc_auc"),
    "shuttle": (["shuttle_dirty.csv"], None, [], "log_loss"),
}
FOLDS = 5
DRAWS = 200
LARGER_IS_BETTER = {"roc_auc": True, "log_loss": False, "rmse": False}


def read_set(name):
    files, target, drop, metric = SETS[name]
    head, rows = None, []
    for file in files:
        with open(DATA / file, newline="") as f:
            lines = csv.reader(f)
            head = next(lines)
            rows += [line for line in lines]
    target = target or head[-1]
    keep = [i for i, column in enumerate(head) if column not in drop]
    head = [head[i] for i in keep]
    place = head.index(target)
    rows = [[row[i] for i in keep] for row in rows]
    return head, [row for row in rows if row[place] != ""], place, metric


def fold_of(rows, place, stratified):
    """A fold for each row, by a seeded shuffle; with classes, each label's rows are dealt out in turn."""
    groups = {}
    for i, row in enumerate(rows):
        groups.setdefault(row[place] if stratified else "", []).append(i)
    folds, dealt, rng = [0] * len(rows), 0, random.Random(20)
    for label in sorted(groups):
        rng.shuffle(groups[label])
        for i in groups[label]:
            folds[i] = dealt % FOLDS
            dealt += 1
    return folds


def write(path, head, rows):
    with open(path, "w", newline="") as f:
        out = csv.writer(f, lineterminator="\n")
        out.writerow(head)
        out.writerows(rows)


def prepare(name, fold):
    """Writes the split once; returns its folder.  Everybody reads these files."""
    folder = WORK / "splits" / f"{name}-{fold}"
    if (folder / "task.json").exists():
        return folder
    folder.mkdir(parents=True, exist_ok=True)
    head, rows, place, metric = read_set(name)
    folds = fold_of(rows, place, metric != "rmse")
    test = [row for row, k in zip(rows, folds) if k == fold]
    write(folder / "train.csv", head, [row for row, k in zip(rows, folds) if k != fold])
    write(folder / "test.csv", head[:place] + head[place + 1:], [row[:place] + row[place + 1:] for row in test])
    write(folder / "truth.csv", [head[place]], [[row[place]] for row in test])
    labels = sorted({row[place] for row in rows}) if metric != "rmse" else []
    task = {"target": head[place], "task": "classification" if labels else "regression", "labels": labels, "metric": metric}
    (folder / "task.json").write_text(json.dumps(task))
    return folder


def read_task(folder):
    return json.loads((Path(folder) / "task.json").read_text())


def read_truth(folder):
    with open(folder / "truth.csv", newline="") as f:
        return [row[0] for row in csv.reader(f)][1:]


def read_answers(text):
    return [[float(v) for v in row] for row in csv.reader(text.splitlines())]


def roc_auc(positive, score, weight):
    """Mann-Whitney with weights; ties count half."""
    order = sorted(range(len(score)), key=score.__getitem__)
    below = sum_ = i = 0
    while i < len(order):
        k, pos, neg = i, 0, 0
        while k < len(order) and score[order[k]] == score[order[i]]:
            pos, neg = (pos + weight[order[k]], neg) if positive[order[k]] else (pos, neg + weight[order[k]])
            k += 1
        sum_ += pos * (below + neg / 2)
        below += neg
        i = k
    positives = sum(w for p, w in zip(positive, weight) if p)
    return sum_ / (positives * below) if positives and below else math.nan


def measure(task, truth, answers, weight=None):
    weight = weight or [1] * len(truth)
    total = sum(weight)
    if task["metric"] == "rmse":
        return math.sqrt(sum(w * (float(t) - a[0]) ** 2 for t, a, w in zip(truth, answers, weight)) / total)
    if task["metric"] == "roc_auc":
        return roc_auc([t == task["labels"][1] for t in truth], [a[1] for a in answers], weight)
    place = {label: i for i, label in enumerate(task["labels"])}
    return sum(-w * math.log(max(a[place[t]] / sum(a), 1e-15)) for t, a, w in zip(truth, answers, weight)) / total


def known():
    """All runs that are kept, each {"set", "fold", "minutes", "system", "version", "threads", "shared", "cores", "seconds", "metric",
    "value", "draws"}: the measure on the test rows and on each bootstrap draw of them; or "failed" in place of the last three."""
    return json.loads(RESULTS.read_text()) if RESULTS.exists() else []


def keep(run):
    """Adds a run in place of an earlier one of the same system, set, fold and time; a line each, so that changes can be read."""
    same = ("set", "minutes", "system", "fold")
    runs = [r for r in known() if any(r[k] != run[k] for k in same)] + [run]
    runs.sort(key=lambda r: [r[k] for k in same])
    fresh = RESULTS.with_suffix(".new")
    fresh.write_text("[\n" + ",\n".join(json.dumps(r) for r in runs) + "\n]\n")
    fresh.replace(RESULTS)


def measure_draws(task, truth, answers):
    """The measure on each draw; the draws are the same for all systems, so differences of two are paired."""
    return [float(f"{measure(task, truth, answers, draw_weights(len(truth), draw)):.7g}") for draw in range(DRAWS)]


def draw_weights(rows, draw):
    """Poisson bootstrap: how often each row is taken in this draw."""
    rng, taken = random.Random(draw), []
    for _ in range(rows):
        u, k, p = rng.random(), 0, math.exp(-1)
        while u > p:
            u, k = u - p, k + 1
            p /= k
        taken.append(k)
    return taken
