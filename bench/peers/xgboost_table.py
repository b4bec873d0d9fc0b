#!/usr/bin/env python3
"""xgboost_table.py: a real tuning problem as a table: XGBoost on a part of adult, each point of a grid trained once.

usage: xgboost_table.py ADULT_TRAIN.CSV OUT      (1,080 trainings, about five minutes of one core)

OUT is xgboost_adult.csv beside this file: the places on the grid of each of the five parameters, and the log loss on rows that were not
learnt from.  A sampler that asks for a place gets the value at once, so that hundreds of searches cost nothing.
"""
import csv
import itertools
import sys

import numpy
import pandas
import xgboost

GRID = {"eta": (0.02, 0.04, 0.08, 0.15, 0.3, 0.6), "max_depth": (2, 3, 4, 6, 8, 10), "min_child_weight": (0.1, 1, 4, 12, 40),
        "subsample": (0.5, 0.75, 1), "colsample_bytree": (0.4, 1)}
ROWS, ROUNDS = 6000, 80


def read(path):
    rows = pandas.read_csv(path, skipinitialspace=True)
    target = rows.columns[-1]
    y = (rows.pop(target).astype(str).str.strip().str.rstrip(".") == ">50K").to_numpy(float)
    for column in rows.columns:
        if not pandas.api.types.is_numeric_dtype(rows[column]):
            rows[column] = pandas.factorize(rows[column], sort=True)[0]
    order = numpy.random.default_rng(1).permutation(len(y))
    return rows.to_numpy(float)[order], y[order]


def main():
    x, y = read(sys.argv[1])
    learn = xgboost.QuantileDMatrix(x[:ROWS], y[:ROWS], nthread=1)
    judge, truth = xgboost.DMatrix(x[ROWS:2 * ROWS], nthread=1), y[ROWS:2 * ROWS]
    with open(sys.argv[2], "w", newline="") as f:
        out = csv.writer(f, lineterminator="\n")
        out.writerow([*GRID, "log_loss"])
        for place in itertools.product(*(range(len(values)) for values in GRID.values())):
            params = {name: values[k] for (name, values), k in zip(GRID.items(), place)}
            model = xgboost.train({**params, "objective": "binary:logistic", "tree_method": "hist", "nthread": 1, "seed": 1}, learn, ROUNDS)
            p = numpy.clip(model.predict(judge).astype(float), 1e-15, 1 - 1e-15)
            out.writerow([*place, f"{-numpy.mean(truth * numpy.log(p) + (1 - truth) * numpy.log(1 - p)):.6f}"])
            f.flush()


if __name__ == "__main__":
    main()
