"""FLAML with its defaults."""
import sys

here = sys.path.pop(0)  # this file must not be taken for the library of its name
import flaml as library

sys.path.insert(0, here)
import frames

train, test, y, task, seconds, threads = frames.read()
automl = library.AutoML()
automl.fit(train, y, task=task["task"], metric=task["metric"], time_budget=seconds, n_jobs=threads, seed=1, verbose=1)
if task["labels"]:
    place = {label: i for i, label in enumerate(automl.classes_)}
    frames.answer(automl.predict_proba(test)[:, [place[label] for label in task["labels"]]])
else:
    frames.answer(automl.predict(test))
