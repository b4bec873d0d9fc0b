"""learner.py train|predict: a model as the family `command` runs it, in plain Python: least squares for numbers, logistic
regression for classes; missing values are 0 and a second feature says so."""
import csv
import json
import math
import sys


def read_rows(path):
    with open(path, newline='') as file:
        rows = list(csv.reader(file))[1:]
    return [[1.0] + [max(-1e6, min(1e6, float(v or 0))) for v in row] + [float(v == '') for v in row] for row in rows]


def read_numbers(path):
    with open(path) as file:
        return [float(line) for line in file]


def solve(a, b):
    n = len(b)
    for i in range(n):
        pivot = max(range(i, n), key=lambda r: abs(a[r][i]))
        a[i], a[pivot], b[i], b[pivot] = a[pivot], a[i], b[pivot], b[i]
        for r in range(i + 1, n):
            by = a[r][i] / a[i][i]
            for c in range(i, n):
                a[r][c] -= by * a[i][c]
            b[r] -= by * b[i]
    for i in reversed(range(n)):
        b[i] = (b[i] - sum(a[i][c] * b[c] for c in range(i + 1, n))) / a[i][i]
    return b


def least_squares(rows, target, ridge):
    n = len(rows[0])
    a = [[sum(r[i] * r[j] for r in rows) + ridge * (i == j) for j in range(n)] for i in range(n)]
    return [solve(a, [sum(r[i] * y for r, y in zip(rows, target)) for i in range(n)])]


def shares(weights, row):
    margins = [sum(w * v for w, v in zip(weight, row)) for weight in weights]
    top = max(margins)
    e = [math.exp(m - top) for m in margins]
    return [v / sum(e) for v in e]


def logistic(rows, target, classes, steps):
    weights = [[0.0] * len(rows[0]) for _ in range(classes)]
    for _ in range(steps):
        slope = [[0.0] * len(rows[0]) for _ in range(classes)]
        for row, y in zip(rows, target):
            for k, p in enumerate(shares(weights, row)):
                away = (p - (k == y)) / len(rows)
                for j, v in enumerate(row):
                    slope[k][j] += away * v
        for k in range(classes):
            weights[k] = [w - 1.0 * g for w, g in zip(weights[k], slope[k])]
    return weights


def train(job):
    rows, target = read_rows('features.csv'), read_numbers('target.csv')
    settings = job['settings']
    if job['task'] == 'regression':
        weights = least_squares(rows, target, settings.get('ridge', 1.0))
    else:
        weights = logistic(rows, target, job['classes'], settings.get('steps', 40))
    with open('model/weights.json', 'w') as file:
        json.dump(weights, file)


def predict(job):
    with open('model/weights.json') as file:
        weights = json.load(file)
    for line in sys.stdin:
        features, scores = line.split()
        with open(scores, 'w') as file:
            for row in read_rows(features):
                if job['task'] == 'regression':
                    said = [sum(w * v for w, v in zip(weights[0], row))]
                else:
                    said = shares(weights, row)
                file.write(','.join('%.17g' % s for s in said) + '\n')
        print('ok', flush=True)


if __name__ == '__main__':
    with open('job.json') as file:
        what = json.load(file)
    {'train': train, 'predict': predict}[sys.argv[1]](what)
