"""train.py: logistic regression by gradient descent, as a step of a Gyre pipeline.

A step runs in a folder of its own.  It finds its inputs in inputs/, its settings in params.json, and leaves what it
declared in outputs/.  Numbers in outputs/metrics.json stand in `gyre runs show`.
"""
import csv
import json
import math
import os
import subprocess

TARGET, POSITIVE = "bought", "yes"
LEFT_OUT = {TARGET, "visit", "_gyre_row", "_gyre_fold"}     # the last two are the split's


def read_rows(parquet):
    """The rows as dictionaries of texts.  With pandas at hand: pandas.read_parquet(parquet)."""
    text = subprocess.run([os.environ["GYRE"], "data", "cat", parquet], check=True, stdout=subprocess.PIPE, text=True).stdout
    return list(csv.DictReader(text.splitlines()))


def number(text):
    try:
        return float(text)
    except ValueError:
        return None


def learn_columns(rows):
    """[(column, None, mean, spread)] for numbers and [(column, value, 0, 1)] for each value of a text."""
    found = []
    for name in rows[0]:
        values = [r[name] for r in rows if r[name] != ""]
        if name in LEFT_OUT or not values:
            continue
        numbers = [number(v) for v in values]
        if None in numbers:
            found += [(name, v, 0.0, 1.0) for v in sorted(set(values))]
        else:
            mean = sum(numbers) / len(numbers)
            spread = math.sqrt(sum((x - mean) ** 2 for x in numbers) / len(numbers)) or 1.0
            found.append((name, None, mean, spread))
    return found


def features(row, columns):
    x = [1.0]
    for name, value, mean, spread in columns:
        if value is None:
            given = number(row[name])
            x.append(0.0 if given is None else (given - mean) / spread)
        else:
            x.append(1.0 if row[name] == value else 0.0)
    return x


def predict(weights, x):
    return 1 / (1 + math.exp(-max(-30.0, min(30.0, sum(w * v for w, v in zip(weights, x))))))


def fit(xs, ys, rounds, rate, penalty):
    weights = [0.0] * len(xs[0])
    for _ in range(rounds):
        slope = [penalty * w for w in weights]
        for x, y in zip(xs, ys):
            miss = (predict(weights, x) - y) / len(xs)
            slope = [s + miss * v for s, v in zip(slope, x)]
        weights = [w - rate * s for w, s in zip(weights, slope)]
    return weights


def roc_auc(ys, scores):
    """The share of pairs of a buyer and a non-buyer in which the buyer has the higher score."""
    up, down = ([s for s, y in zip(scores, ys) if y == k] for k in (1, 0))
    return sum((a > b) + 0.5 * (a == b) for a in up for b in down) / (len(up) * len(down))


def main():
    params = json.load(open("params.json"))
    rows = read_rows("inputs/train.parquet")
    teach = [r for r in rows if r["_gyre_fold"] == "-1"]        # fold 0 is kept to validate on
    check = [r for r in rows if r["_gyre_fold"] == "0"]
    columns = learn_columns(teach)
    truth = lambda part: [int(r[TARGET] == POSITIVE) for r in part]
    weights = fit([features(r, columns) for r in teach], truth(teach), **params)
    scores = [predict(weights, features(r, columns)) for r in check]
    print(f"{len(teach)} rows taught {len(weights)} weights")   # goes to the step's log: gyre logs RUN own_model
    json.dump({"columns": columns, "weights": weights}, open("outputs/model.json", "w"), indent=1)
    json.dump({"valid": {"roc_auc": roc_auc(truth(check), scores)}, "rows": len(teach)}, open("outputs/metrics.json", "w"))


if __name__ == "__main__":
    main()
