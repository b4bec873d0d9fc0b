"""exported.py: projects whose models are exported, rows to score, and what Gyre itself says of them."""
import csv
import datetime
import json
import math
import os
import random
import struct
import subprocess

ROWS = 900
EPOCH = datetime.datetime(1970, 1, 1)

FEATURES = """
  - {transform: date_parts, columns: [when], parts: [year, month, day, weekday, hour, minute, minute_of_day, day_of_year, week, is_weekend, epoch]}
  - {transform: impute, columns: [gap, kind], indicator: true}
  - {transform: arithmetic, columns: [size, weight], operation: ratio}
  - {transform: arithmetic, columns: [size, weight], operation: difference}
  - {transform: clip, columns: [wild], low_quantile: 0.05, high_quantile: 0.95}
  - {transform: log, columns: [weight]}
  - {transform: scale, columns: [wild]}
  - {transform: bin, columns: [size], keep: true, bins: 5}
  - {transform: one_hot, columns: [kind, level], max_categories: 4}
  - {transform: ordinal, columns: [kind]}
  - {transform: count, columns: [place]}
  - {transform: category, columns: [kind, place]}
  - {transform: target_mean, columns: [place]}
  - {transform: target_mean, columns: [place, kind], cross: true}
  - {transform: cross, columns: [kind, place]}
  - {transform: count, columns: [kind_x_place]}
"""


def make_rows(path, seed=1, odd=False):
    """A table with every type, missing values, and a target of each task; odd: with categories never seen, too."""
    draw = random.Random(seed)
    kinds = ['a', 'b', 'c,"d"', 'e f', 'missing', 'é', 'other'] + (['new'] if odd else [])
    with open(path, 'w', newline='') as file:
        out = csv.writer(file)
        out.writerow('size weight wild gap flag level kind place when two three number'.split())
        for i in range(ROWS):
            size, weight, gap = draw.gauss(0, 2), abs(draw.gauss(3, 2)), draw.random() * 10
            kind, place = draw.choice(kinds), 'p%d' % draw.randrange(40 if not odd else 55)
            level, flag = draw.randrange(5 if not odd else 7), draw.random() < 0.4
            when = datetime.datetime(1967, 3, 1) + datetime.timedelta(seconds=draw.randrange(10**9), microseconds=draw.randrange(10**6))
            z = size + (kind in 'ab') * 2 - (int(place[1:]) * 7 % 5) + flag + when.hour / 12 + draw.gauss(0, 0.5)
            missing = lambda value, share=0.1: '' if draw.random() < share else value
            out.writerow([repr(size), missing(repr(weight)), missing(repr(size ** 3)), missing(repr(gap), 0.3),
                          missing('true' if flag else 'false'), missing(level), missing(kind), missing(place),
                          missing(when.isoformat(sep=' ')), 'yes' if z > 0 else 'no',
                          'low' if z < -1 else 'mid' if z < 1.5 else 'high', repr(100 * z)])


def bundle_of(folder, top, features, models):
    """The path of the bundle that a project with rows.csv makes; top: its first lines, up to data."""
    with open(folder + '/gyre.yaml', 'w') as file:
        file.write(f"""{top}
split: {{by: random, test: 0.2, valid: 0.2}}
features:{features}
models: {models}
""")
    done = subprocess.run([os.environ['GYRE'], 'run', 'train', '--json', '--project', folder], capture_output=True, text=True)
    assert done.returncode in (0, 1), done.stderr + done.stdout[-2000:]
    steps = {s['name']: s for s in json.loads(done.stdout)['steps']}
    digest = steps['train']['outputs']['bundle']
    return f'{folder}/.gyre/blobs/{digest[:2]}/{digest[2:]}'


def project(folder, target, task, models, features=FEATURES):
    """A project on those rows, run up to its model; gives the path of its bundle."""
    os.makedirs(folder)
    make_rows(folder + '/rows.csv')
    others = [name for name in ('two', 'three', 'number') if name != target]
    return bundle_of(folder, f"""project: exported-{target}
goal: {{problem: test, owner: me, task: {task}, target: {target}}}
data: {{sources: {{rows: {{kind: file, path: rows.csv}}}}, drop: [{', '.join(others)}]}}""", features, models)


def alike(folder):
    """The same with columns whose names are near each other, and those of what an export makes."""
    names, draw = ['a b', 'a_b', 'a-b', 'a_b_2', 'score', 'label', '_1', '_2', 'quo"te'], random.Random(5)
    os.makedirs(folder)
    with open(folder + '/rows.csv', 'w', newline='') as file:
        out = csv.writer(file)
        out.writerow(names + ['y'])
        for _ in range(200):
            row = [draw.gauss(0, 1) for _ in names]
            out.writerow([repr(v) for v in row] + [repr(sum((k + 1) * v for k, v in enumerate(row)))])
    return bundle_of(folder, """project: alike
goal: {problem: test, owner: me, task: regression, target: y}
data: {sources: {rows: {kind: file, path: rows.csv}}}""", ' []', '{families: [linear], %s}' % ONE)


def header(bundle):
    with open(bundle, 'rb') as file:
        assert file.read(13) == b'GYREBUNDLE 1\n'
        return json.loads(file.read(struct.unpack('<Q', file.read(8))[0]))


def scores(bundle, rows):
    """What `gyre predict` says: a list of scores a row, and the decisions."""
    out = rows + '.scored.csv'
    subprocess.run([os.environ['GYRE'], 'predict', bundle, rows, '--output', out], check=True, capture_output=True)
    classes = header(bundle)['roles'].get('classes')
    with open(out, newline='') as file:
        table = list(csv.DictReader(file))
    if not classes:
        return [[float(row['prediction'])] for row in table], None
    return [[float(row['probability_' + label]) for label in classes] for row in table], [row['prediction'] for row in table]


def value(text, kind):
    """A cell as exports take it: a number (NaN missing), or a text (None missing)."""
    if kind == 'text':
        return text or None
    if not text:
        return math.nan
    if kind == 'bool':
        return float(text == 'true')
    if kind == 'time':
        return (datetime.datetime.fromisoformat(text) - EPOCH) / datetime.timedelta(microseconds=1)
    return float(text)


def inputs(bundle, rows):
    """The columns an export takes: (name, type, values) in their order."""
    with open(rows, newline='') as file:
        table = list(csv.DictReader(file))
    return [(column['name'], column['type'], [value(row[column['name']], column['type']) for row in table])
            for column in header(bundle)['recipe']['inputs']]


def farthest(ours, theirs):
    assert len(ours) == len(theirs), (len(ours), len(theirs))
    return max(abs(a - b) / max(1, abs(a)) for x, y in zip(ours, theirs) for a, b in zip(x, y))


ONE = 'search: {method: fixed}, ensemble: {method: none}'
CASES = [  # name, target, task, the block `models`
    ('linear', 'two', 'classification', '{families: [linear], calibration: isotonic, %s}' % ONE),
    ('boosted', 'two', 'classification', '{families: [boosted], calibration: beta, %s, params: {boosted: {view: both, rounds: 60}}}' % ONE),
    ('classes', 'three', 'classification', '{families: [boosted], calibration: platt, %s, params: {boosted: {view: category, rounds: 30}}}' % ONE),
    ('curved', 'two', 'classification', '{families: [mlp, svm, naive_bayes, ftrl], calibration: none, search: {method: fixed}, ensemble: {method: vote}, params: {mlp: {rounds: 3, width: 20}, svm: {kernel: linear}}}'),
    ('near', 'three', 'classification', '{families: [forest, mlp, svm, naive_bayes, ftrl], calibration: temperature, search: {method: fixed}, ensemble: {method: vote}, params: {forest: {trees: 20}, mlp: {rounds: 3, width: 20, layers: 1}, svm: {kernel: radial, rows: 120}}}'),
    ('numbers', 'number', 'regression', '{families: [linear, forest, boosted, mlp, svm, ftrl], search: {method: fixed}, ensemble: {method: vote}, params: {svm: {kernel: linear}, boosted: {view: one_hot, rounds: 40}, forest: {trees: 10, view: target}, mlp: {layers: 1, width: 33, rounds: 3}}}'),
]
