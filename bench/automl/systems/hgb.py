"""scikit-learn's HistGradientBoosting, tuned by Optuna's TPE on a fifth of the rows kept back, until the time is over; the best is
trained on all rows."""
import time

import frames
import optuna
from sklearn.ensemble import HistGradientBoostingClassifier, HistGradientBoostingRegressor
from sklearn.metrics import log_loss, root_mean_squared_error, roc_auc_score
from sklearn.model_selection import train_test_split

begun = time.monotonic()
train, test, y, task, seconds, threads = frames.read()
kind = HistGradientBoostingClassifier if task["labels"] else HistGradientBoostingRegressor
x_fit, x_judge, y_fit, y_judge = train_test_split(train, y, test_size=0.2, random_state=1, stratify=y if task["labels"] else None)
longest = 0


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


def objective(trial):
    global longest
    start = time.monotonic()
    fitted = model(trial, max_iter=1000, early_stopping=True, n_iter_no_change=20).fit(x_fit, y_fit)
    trial.set_user_attr("rounds", fitted.n_iter_)
    longest = max(longest, time.monotonic() - start)
    if time.monotonic() - begun + 2 * longest > seconds:  # the last training needs its time too
        trial.study.stop()
    return loss(fitted)


optuna.logging.set_verbosity(optuna.logging.WARNING)
study = optuna.create_study(sampler=optuna.samplers.TPESampler(seed=1))
study.optimize(objective, timeout=seconds)
best = model(study.best_trial, max_iter=study.best_trial.user_attrs["rounds"], early_stopping=False).fit(train, y)
if task["labels"]:
    place = {label: i for i, label in enumerate(best.classes_)}
    frames.answer(best.predict_proba(test)[:, [place[label] for label in task["labels"]]])
else:
    frames.answer(best.predict(test))
