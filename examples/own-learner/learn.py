"""learn.py train|predict: nearest neighbours, by scikit-learn where it is installed, else in plain Python.

`train` reads job.json and the rows, and leaves its model in model/.  `predict` answers: each line it reads names a file of
features and one for the scores."""
import csv
import json
import pickle
import sys

try:
    from sklearn.neighbors import KNeighborsClassifier
except ImportError:
    KNeighborsClassifier = None


def read_features(path):
    with open(path, newline='') as file:
        rows = list(csv.reader(file))[1:]
    return [[float(value or 0) for value in row] for row in rows]      # missing is empty


def read_target():
    with open('target.csv') as file:
        return [int(line) for line in file]                            # the class's number


class Plain:
    def __init__(self, n_neighbors, weights):
        self.k, self.weights = n_neighbors, weights

    def fit(self, rows, target):
        self.rows, self.target = rows, target

    def predict_proba(self, rows):
        return [self.one(row) for row in rows]

    def one(self, row):
        away = sorted((sum((a - b) ** 2 for a, b in zip(row, seen)), y) for seen, y in zip(self.rows, self.target))
        share = [0.0, 0.0]
        for distance, y in away[:self.k]:
            share[y] += 1 / (1e-9 + distance ** 0.5) if self.weights == 'distance' else 1
        return [s / sum(share) for s in share]


def train(job):
    settings = job['settings']
    rows = read_features('features.csv')
    kind = KNeighborsClassifier or Plain
    model = kind(n_neighbors=min(settings['neighbours'], len(rows)), weights=settings['weights'])
    model.fit(rows, read_target())
    with open('model/model.pickle', 'wb') as file:
        pickle.dump(model, file)


def predict(job):
    with open('model/model.pickle', 'rb') as file:
        model = pickle.load(file)
    for line in sys.stdin:
        features, scores = line.split()
        with open(scores, 'w') as file:
            for said in model.predict_proba(read_features(features)):
                file.write(','.join(repr(float(share)) for share in said) + '\n')
        print('ok', flush=True)


if __name__ == '__main__':
    with open('job.json') as file:
        {'train': train, 'predict': predict}[sys.argv[1]](json.load(file))
