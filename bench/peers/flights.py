"""flights.py FLIGHTS OUT [ROWS]: the work of examples/flights as it would be written with pandas, scikit-learn and xgboost: the
same rows, checks, features, number of trials and rows a trial, refit, metrics with bootstrap intervals, slices and permutation
importance.  No cache, no lineage, no report.  Prints one JSON object."""
import hashlib
import json
import os
import pickle
import sys

import numpy as np
import pandas as pd
import xgboost
from sklearn.dummy import DummyClassifier
from sklearn.inspection import permutation_importance
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import (average_precision_score, balanced_accuracy_score, brier_score_loss, f1_score, log_loss,
                             matthews_corrcoef, roc_auc_score)
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler, TargetEncoder

TRIALS = {"baseline": 1, "linear": 3, "forest": 4, "boosted": 4}
if "FLIGHTS_TRIALS" in os.environ:                     # only so many of each
    TRIALS = {family: int(os.environ["FLIGHTS_TRIALS"]) for family in TRIALS}
TRIAL_ROWS, BOOTSTRAPS, BOOTSTRAP_ROWS, REPEATS, IMPORTANCE_ROWS = 200_000, 200, 200_000, 5, 10_000

source, out = sys.argv[1], sys.argv[2]
random = np.random.default_rng(1)

# ingest
rows = pd.read_parquet(source)
rows = rows[rows.date < pd.Timestamp("2001-07-01")].sort_values("date", kind="stable")
if len(sys.argv) > 3:
    rows = rows.iloc[np.sort(random.choice(len(rows), int(sys.argv[3]), replace=False))]
rows = rows.assign(late=(rows.delay > 15).astype(int)).drop(columns="delay").reset_index(drop=True)
rows.to_parquet(out + "/snapshot.parquet", compression="zstd")
digest = hashlib.sha256(open(out + "/snapshot.parquet", "rb").read()).hexdigest()

# verify
assert len(rows) and rows[["date", "origin", "destination"]].notna().all().all() and rows.late.isin([0, 1]).all()
rows = rows[rows.origin.str.fullmatch("[A-Z]{3}") & rows.distance.between(1, 6000)]

# profile
profile = {"numbers": rows.describe(percentiles=[0.01, 0.05, 0.25, 0.5, 0.75, 0.95, 0.99]).to_dict(),
           "distinct": rows.nunique().to_dict(), "missing": rows.isna().sum().to_dict(),
           "top": {c: rows[c].value_counts().head(20).to_dict() for c in ("origin", "destination")},
           "histogram": np.histogram(rows.distance, 40)[0].tolist(), "duplicates": int(rows.duplicated().sum()),
           "by target": {c: rows.groupby(c).late.mean().to_dict() for c in ("origin", "destination")},
           "correlation": rows.distance.corr(rows.late)}

# split, features
rows["minute_of_day"] = rows.date.dt.hour * 60 + rows.date.dt.minute
rows["weekday"] = rows.date.dt.day_of_week
train, valid, test = (rows[m] for m in (rows.date < "2001-05-01", (rows.date >= "2001-05-01") & (rows.date < "2001-06-01"),
                                        rows.date >= "2001-06-01"))


def features(learn, *others):
    encoder = TargetEncoder(target_type="binary")
    counts = {c: learn[c].value_counts() for c in ("origin", "destination")}
    made = []
    for i, part in enumerate((learn,) + others):
        x = part[["distance", "minute_of_day", "weekday"]].copy()
        places = part[["origin", "destination"]]
        means = encoder.fit_transform(places, part.late) if i == 0 else encoder.transform(places)
        for j, c in enumerate(("origin", "destination")):
            x[c + "_mean"], x[c + "_count"] = means[:, j], part[c].map(counts[c]).fillna(0).to_numpy()
        made.append(x)
    return made


def draw(family):
    if family == "baseline":
        return DummyClassifier()
    if family == "linear":
        return make_pipeline(StandardScaler(), LogisticRegression(C=float(10 ** random.uniform(-4, 2)), max_iter=1000))
    if family == "forest":
        return xgboost.XGBRFClassifier(n_estimators=100, max_depth=int(random.integers(6, 17)), colsample_bynode=0.6, n_jobs=2)
    return xgboost.XGBClassifier(n_estimators=1000, early_stopping_rounds=50, learning_rate=float(10 ** random.uniform(-1.5, -0.5)),
                                 max_depth=int(random.integers(3, 11)), n_jobs=2, eval_metric="logloss")


# train
x_train, x_valid = features(train, valid)
some, judge = (random.choice(len(p), min(TRIAL_ROWS, len(p)), replace=False) for p in (train, valid))
best, best_score = None, -1.0
for family, count in TRIALS.items():
    for _ in range(count):
        model = draw(family)
        more = {"eval_set": [(x_valid.iloc[judge], valid.late.iloc[judge])], "verbose": False} if family == "boosted" else {}
        model.fit(x_train.iloc[some], train.late.iloc[some], **more)
        score = roc_auc_score(valid.late.iloc[judge], model.predict_proba(x_valid.iloc[judge])[:, 1])
        if score > best_score:
            best, best_score, best_family = model, score, family
learn = pd.concat([train, valid])
x_learn, x_test = features(learn, test)
if best_family == "boosted":
    best = best.set_params(n_estimators=best.best_iteration + 1, early_stopping_rounds=None)
best.fit(x_learn, learn.late)
pickle.dump(best, open(out + "/model.pickle", "wb"))

# evaluate
p, y = best.predict_proba(x_test)[:, 1], test.late.to_numpy()
threshold = np.quantile(p, 1 - y.mean())
decided = p >= threshold
METRICS = {"roc_auc": roc_auc_score, "pr_auc": average_precision_score, "log_loss": log_loss, "brier": brier_score_loss}
metrics = {name: f(y, p) for name, f in METRICS.items()}
metrics |= {f.__name__: f(y, decided) for f in (balanced_accuracy_score, f1_score, matthews_corrcoef)}
some = random.choice(len(y), min(BOOTSTRAP_ROWS, len(y)), replace=False)
intervals = {name: [] for name in METRICS}
for _ in range(BOOTSTRAPS):
    drawn = random.choice(some, len(some))
    for name, f in METRICS.items():
        intervals[name].append(f(y[drawn], p[drawn]))
scored = test.assign(p=p, wrong=decided != y, hour=test.date.dt.hour)
slices = {c: scored.groupby(c).agg({"wrong": "mean", "p": "size"}).sort_values("wrong").tail(10).to_dict()
          for c in ("origin", "destination", "weekday", "hour")}
pairs = scored.groupby(["origin", "weekday"]).wrong.agg(["mean", "size"])
some = random.choice(len(y), min(IMPORTANCE_ROWS, len(y)), replace=False)
importance = permutation_importance(best, x_test.iloc[some], y[some], scoring="roc_auc", n_repeats=REPEATS, random_state=1)
print(json.dumps({"digest": digest, "family": best_family, "metrics": metrics,
                  "intervals": {k: np.quantile(v, [0.025, 0.975]).tolist() for k, v in intervals.items()},
                  "importance": dict(zip(x_test.columns, importance.importances_mean.tolist()))}))
