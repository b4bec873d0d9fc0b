"""AutoGluon, preset medium_quality."""
import sys

here = sys.path.pop(0)  # this file must not be taken for the library of its name
from autogluon.tabular import TabularPredictor

sys.path.insert(0, here)
import frames

METRICS = {"roc_auc": "roc_auc", "log_loss": "log_loss", "rmse": "root_mean_squared_error"}
train, test, y, task, seconds, threads = frames.read()
train[task["target"]] = y
predictor = TabularPredictor(task["target"], eval_metric=METRICS[task["metric"]], path="models", verbosity=1)
predictor.fit(train, time_limit=seconds, presets="medium_quality", num_cpus=threads, num_gpus=0)
if task["labels"]:
    frames.answer(predictor.predict_proba(test)[task["labels"]])
else:
    frames.answer(predictor.predict(test))
