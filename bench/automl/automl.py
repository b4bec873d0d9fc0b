"""automl.py: what the comparison of AutoML systems shares: sets, the one split all read, and the measures.

A system is a script systems/NAME.py, run in a process of its own as

    NAME.py FOLDER SECONDS THREADS

FOLDER has train.csv, test.csv (without the target) and task.json {"target", "task": "classification"|"regression", "labels",
"metric"}; it leaves answers.csv, one line for each row of test.csv in order: the probability of each label, or the number.  gyre is
such a system too: nobody gets anything the others do not.

A system whose search is the same whatever its time (STEADY) is given all times at once, "60,300,900", and leaves what it would have
answered at each: answers-60.csv, …, and took.json, the seconds after which each was there.
"""
import bisect
import csv
import functools
import json
import math
import os
import random
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
RESULTS = ROOT / "bench" / "automl" / "results.json"
WORK = ROOT / "build" / "automl"
DATA = Path(os.environ.get("GYRE_DATA") or ROOT.parent / "shared" / "data")

# Two spellings of a class are one class: those of one row could not be learnt and asked.
SPELLINGS = {"Bipropellant Valve Close": "Bpv Close", "Bipropellant Valve Open": "Bpv Open", "Flow Proportioning Valve Close": "Fpv Close",
             "Flow Proportioning Valve Open": "Fpv Open", "Radiator Flow": "Rad Flow"}
# name: files, target, columns that are known only afterwards, metric
SETS = {
    "adult": (["adult_train.csv", "adult_test.csv"], "income", [], "roc_auc"),
    "bank": (["bank_additional.csv"], "y", ["duration"], "roc_auc"),
    "california": (["california_housing.csv"], "median_house_value", [], "rmse"),
    "elec": (["elec.csv"], "class", [], "roc_auc"),
    "shuttle": (["shuttle_dirty.csv"], "state", [], "log_loss"),
}
STEADY = ["hgb"]
FOLDS = 5
DRAWS = 400
LARGER_IS_BETTER = {"roc_auc": True, "log_loss": False, "rmse": False}


def read_set(name):
    files, target, drop, metric = SETS[name]
    head, rows = None, []
    for file in files:
        with open(DATA / file, newline="") as f:
            lines = csv.reader(f)
            head = next(lines)
            rows += [line for line in lines]
    keep = [i for i, column in enumerate(head) if column not in drop]
    head = [head[i] for i in keep]
    place = head.index(target)
    rows = [[SPELLINGS.get(row[i], row[i]) for i in keep] for row in rows]
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


def roc_auc(positive, score):
    """Mann-Whitney with weights as a function of them; ties count half.  The rows are put in order once."""
    order = sorted(range(len(score)), key=score.__getitem__)
    ends = [score[i] != score[k] for i, k in zip(order, order[1:])] + [True]

    def measure(weight):
        area = below = pos = neg = positives = 0
        for i, last in zip(order, ends):
            if positive[i]:
                pos += weight[i]
            else:
                neg += weight[i]
            if last:
                area += pos * (below + neg / 2)
                positives, below, pos, neg = positives + pos, below + neg, 0, 0
        return area / (positives * below) if positives and below else math.nan

    return measure


def measure_of(task, truth, answers):
    """The metric on these rows as a function of the rows' weights."""
    if task["metric"] == "roc_auc":
        return roc_auc([t == task["labels"][1] for t in truth], [a[1] for a in answers])
    if task["metric"] == "rmse":
        losses, last = [(float(t) - a[0]) ** 2 for t, a in zip(truth, answers)], math.sqrt
    else:
        place = {label: i for i, label in enumerate(task["labels"])}
        losses, last = [-math.log(max(a[place[t]] / sum(a), 1e-15)) for t, a in zip(truth, answers)], float
    return lambda weight: last(sum(w * x for w, x in zip(weight, losses)) / sum(weight))


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


def measures(task, truth, answers):
    """The measure on the test rows and on each draw of them; the draws are the same for all systems, so differences of two are paired."""
    measure = measure_of(task, truth, answers)
    return measure([1] * len(truth)), [float(f"{measure(draw_weights(len(truth), draw)):.7g}") for draw in range(DRAWS)]


@functools.lru_cache(maxsize=None)
def draw_weights(rows, draw):
    """Poisson bootstrap: how often each row is taken in this draw."""
    rng, bounds = random.Random(draw), [sum(math.exp(-1) / math.factorial(i) for i in range(k + 1)) for k in range(20)]
    return bytes(bisect.bisect(bounds, rng.random()) for _ in range(rows))
