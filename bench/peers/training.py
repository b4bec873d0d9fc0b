"""training.py FOLDER COLUMNS: CPU seconds of scikit-learn's logistic regression (behind a scaler, missing values as columns of their own, as the family linear has them) on x.f32 and y.f32, the least of three."""
import json
import sys
import time

import numpy as np
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

folder, columns = sys.argv[1], int(sys.argv[2])
x = np.fromfile(f"{folder}/x.f32", dtype=np.float32).reshape(-1, columns)
y = np.fromfile(f"{folder}/y.f32", dtype=np.float32)
least = float("inf")
for _ in range(3):
    since = time.process_time()
    make_pipeline(SimpleImputer(add_indicator=True), StandardScaler(), LogisticRegression()).fit(x, y)
    least = min(least, time.process_time() - since)
print(json.dumps({"linear": least}))
