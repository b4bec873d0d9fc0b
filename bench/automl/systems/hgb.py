"""scikit-learn's HistGradientBoosting, tuned by Optuna's TPE on a fifth of the rows kept back, until the time is over; the best is
trained on all rows.  The search does not know its time, so one search answers for several."""
import json
import time

import frames
import optuna
from sklearn.ensemble import HistGradientBoostingClassifier, HistGradientBoostingRegressor
from sklearn.metrics import log_loss, root_mean_squared_error, roc_auc_score
from sklearn.model_selection import train_test_split

begun = time.monotonic()
train, test, y, task, times, threads = frames.read()
several = isinstance(times, list)
kind = HistGradientBoostingClassifier if task["labels"] else HistGradientBoostingRegressor
x_fit, x_judge, y_fit, y_judge = train_test_split(train, y, test_size=0.2, random_state=1, stratify=y if task["labels"] else None)
ends, longest = [], [0]  # of each trial: when it ended, and the longest trial until then


def model(trial, **more):
    return kind(learning_rate=trial.suggest_float("learning_rate", 0.01, 0.3, log=True),
                max_leaf_nodes=trial.suggest_int("max_leaf_nodes", 8, 256, log=True),
                min_samples_leaf=trial.suggest_int("min_samples_leaf", 2, 100, log=True),
                l2_regularization=trial.suggest_float("l2_regularization", 1e-6, 10, log=True),
                max_features=trial.suggest_float("max_features", 0.3, 1),
                categorical_features="from_dtype", random_state=1, **more)


def loss(fitted):
    if task["metric"] == "rmse":
        return root_mean_squared_error(y_judge, fitted.predict(x_judge))
    p = fitted.predict_proba(x_judge)
    return -roc_auc_score(y_judge == task["labels"][1], p[:, 1]) if task["metric"] == "roc_auc" \
        else log_loss(y_judge, p, labels=fitted.classes_)


def over(n, seconds):
    """After n trials of a search of so many seconds: the last training needs its time too."""
    return ends[n - 1] + 2 * longest[n] > seconds


def objective(trial):
    start = time.monotonic()
    fitted = model(trial, max_iter=1000, early_stopping=True, n_iter_no_change=20).fit(x_fit, y_fit)
    trial.set_user_attr("rounds", fitted.n_iter_)
    value = loss(fitted)
    ends.append(time.monotonic() - begun)
    longest.append(max(longest[-1], time.monotonic() - start))
    if over(len(ends), max(times) if several else times):
        trial.study.stop()
    return value


def answer(seconds, name):
    """Of the trials such a search would have made: the best one, on all rows.  Returns when it would have been there."""
    trials = next((n for n in range(1, len(ends)) if over(n, seconds)), len(ends))
    best = min(study.trials[:trials], key=lambda t: t.value)
    start = time.monotonic()
    fitted = model(best, max_iter=best.user_attrs["rounds"], early_stopping=False).fit(train, y)
    if task["labels"]:
        place = {label: i for i, label in enumerate(fitted.classes_)}
        frames.answer(fitted.predict_proba(test)[:, [place[label] for label in task["labels"]]], name)
    else:
        frames.answer(fitted.predict(test), name)
    return round(ends[trials - 1] + time.monotonic() - start, 1)


optuna.logging.set_verbosity(optuna.logging.WARNING)
study = optuna.create_study(sampler=optuna.samplers.TPESampler(seed=1))
study.optimize(objective)
if several:
    took = {f"{t:g}": answer(t, f"answers-{t:g}") for t in times}
    with open("took.json", "w") as f:
        json.dump(took, f)
else:
    answer(times, "answers")
