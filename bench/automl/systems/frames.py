"""frames.py: the set as pandas sees it: texts as categories, the same in train and test."""
import json
import sys
from pathlib import Path

import pandas as pd


def read():
    """train, test, target column, task, seconds (several as a list), threads; texts are categories of both files together."""
    folder = Path(sys.argv[1])
    task = json.loads((folder / "task.json").read_text())
    labels = {task["target"]: str} if task["labels"] else {}
    train, test = pd.read_csv(folder / "train.csv", dtype=labels), pd.read_csv(folder / "test.csv")
    y = train.pop(task["target"])
    for column in train.columns:
        if not pd.api.types.is_numeric_dtype(train[column]):
            kinds = sorted(set(train[column].dropna().astype(str)) | set(test[column].dropna().astype(str)))
            as_category = pd.CategoricalDtype(kinds)
            train[column] = train[column].map(str, na_action="ignore").astype(as_category)
            test[column] = test[column].map(str, na_action="ignore").astype(as_category)
    times = [float(t) for t in sys.argv[2].split(",")]
    return train, test, y, task, times if len(times) > 1 else times[0], int(sys.argv[3])


def answer(rows, name="answers"):
    pd.DataFrame(rows).to_csv(f"{name}.csv", header=False, index=False)
