#!/usr/bin/env python3
"""samplers.py: studies of known functions, by Gyre's samplers and by Optuna's, one line of JSON each.

usage: samplers.py OUT WHO PROBLEM FIRST LAST [TRIALS]

WHO is gyre-METHOD or optuna-METHOD; PROBLEM a name below; seeds FIRST .. LAST-1.  Lines are appended to OUT; a study that stands
there already is not done again, so a long comparison can be run in portions.  A line: {"who", "problem", "seed", "trials",
"regret": {"25", "50", "100": best value so far, above the optimum}, "overhead_ms": CPU milliseconds a trial, without the function}.
"""
import csv
import json
import math
import os
import subprocess
import sys
import time
from pathlib import Path

SHIFT = (0.31, -0.52, 0.77, -0.18, 0.43)
A6 = ((10, 3, 17, 3.5, 1.7, 8), (0.05, 10, 17, 0.1, 8, 14), (3, 3.5, 1.7, 10, 17, 8), (17, 8, 0.05, 10, 0.1, 14))
P6 = ((1312, 1696, 5569, 124, 8283, 5886), (2329, 4135, 8307, 3736, 1004, 9991),
      (2348, 1451, 3522, 2883, 3047, 6650), (4047, 8828, 8732, 5743, 1091, 381))
C6 = (1.0, 1.2, 3.0, 3.2)


def shifted(p, radius):
    return [p[f"x{i}"] - SHIFT[i] * radius * 0.8 for i in range(5)]


def branin2(p):
    x, y = p["x"], p["y"]
    return ((y - 5.1 * x * x / (4 * math.pi ** 2) + 5 * x / math.pi - 6) ** 2
            + 10 * (1 - 1 / (8 * math.pi)) * math.cos(x) + 10 - 0.39788736)


def hartmann6(p):
    x = [p[f"x{i}"] for i in range(6)]
    return 3.32236801 - sum(c * math.exp(-sum(a * (v - q / 1e4) ** 2 for a, v, q in zip(A6[k], x, P6[k])))
                            for k, c in enumerate(C6))


def ackley5(p):
    z = shifted(p, 32.768)
    return (-20 * math.exp(-0.2 * math.sqrt(sum(v * v for v in z) / 5))
            - math.exp(sum(math.cos(2 * math.pi * v) for v in z) / 5) + 20 + math.e)


def rastrigin5(p):
    return sum(v * v - 10 * math.cos(2 * math.pi * v) + 10 for v in shifted(p, 5.12))


def rosenbrock5(p):
    x = [p[f"x{i}"] for i in range(5)]
    return sum(100 * (b - a * a) ** 2 + (1 - a) ** 2 for a, b in zip(x, x[1:]))


def sphere5(p):
    return sum(v * v for v in shifted(p, 5))


def mixed(p):
    lr, reg = math.log10(p["lr"]), math.log10(p["reg"])
    value = {"a": 0.3, "b": 0.0, "c": 0.6}[p["k"]]
    value += 0.5 * (lr + 1.4) ** 2 + 0.02 * (p["d"] - 7) ** 2 + 0.1 * (reg - 0.3 * lr) ** 2
    return value + 0.5 * (p["drop"] - 0.35) ** 2 if p["k"] == "b" else value


def box(count, low, high):
    return {f"x{i}": {"type": "real", "min": low, "max": high} for i in range(count)}


def read_table():
    """XGBoost on adult (xgboost_table.py): the places on its grid, and the log loss above the best of the table."""
    with open(Path(__file__).parent / "xgboost_adult.csv", newline="") as f:
        rows = [dict(row) for row in csv.DictReader(f)]
    names = [name for name in rows[0] if name != "log_loss"]
    values = {tuple(int(row[name]) for name in names): float(row["log_loss"]) for row in rows}
    least = min(values.values())
    space = {name: {"type": "int", "min": 0, "max": max(int(row[name]) for row in rows)} for name in names}
    return (lambda p: values[tuple(p[name] for name in names)] - least), space


PROBLEMS = {
    "branin2": (branin2, {"x": {"type": "real", "min": -5, "max": 10}, "y": {"type": "real", "min": 0, "max": 15}}),
    "hartmann6": (hartmann6, box(6, 0, 1)),
    "ackley5": (ackley5, box(5, -32.768, 32.768)),
    "rastrigin5": (rastrigin5, box(5, -5.12, 5.12)),
    "rosenbrock5": (rosenbrock5, box(5, -5, 10)),
    "sphere5": (sphere5, box(5, -5, 5)),
    "mixed": (mixed, {"k": {"type": "text", "choices": ["a", "b", "c"]},
                      "lr": {"type": "real", "min": 1e-4, "max": 1, "log": True},
                      "d": {"type": "int", "min": 2, "max": 12},
                      "reg": {"type": "real", "min": 1e-3, "max": 10, "log": True},
                      "drop": {"type": "real", "min": 0, "max": 1, "when": {"k": "b"}}}),
    "xgboost": read_table(),
}


def by_gyre(method, problem, seed, trials):
    function, space = PROBLEMS[problem]
    path = Path(os.environ.get("TMPDIR", "/tmp")) / f"gyre-space-{os.getpid()}.json"
    path.write_text(json.dumps(space))
    command = [os.environ.get("GYRE", "gyre"), "search", "pipe", "--space", path, "--method", method, "--seed", str(seed),
               "--trials", str(trials)]
    values = []
    with subprocess.Popen([str(c) for c in command], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=1) as child:
        for line in child.stdout:
            trial = json.loads(line)
            values.append(function(trial["params"]))
            child.stdin.write(json.dumps({"trial": trial["trial"], "value": values[-1]}) + "\n")
        child.stdin.close()
        _, status, used = os.wait4(child.pid, 0)
        child.returncode = status
    path.unlink()
    return values, used.ru_utime + used.ru_stime


def by_optuna(method, problem, seed, trials):
    import optuna
    import warnings
    warnings.simplefilter("ignore")
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    function, space = PROBLEMS[problem]
    makers = {"tpe": lambda: optuna.samplers.TPESampler(seed=seed), "gp": lambda: optuna.samplers.GPSampler(seed=seed),
              "random": lambda: optuna.samplers.RandomSampler(seed=seed),
              "cmaes": lambda: optuna.samplers.CmaEsSampler(seed=seed)}
    values, inside = [], [0.0]

    def objective(trial):
        params = {}
        for name, about in space.items():
            if any(params.get(k) != v for k, v in about.get("when", {}).items()):
                continue
            if about["type"] == "text":
                params[name] = trial.suggest_categorical(name, about["choices"])
            else:
                suggest = trial.suggest_int if about["type"] == "int" else trial.suggest_float
                params[name] = suggest(name, about["min"], about["max"], log=about.get("log", False))
        start = time.process_time()
        values.append(function(params))
        inside[0] += time.process_time() - start
        return values[-1]

    study = optuna.create_study(sampler=makers[method]())
    start = time.process_time()
    study.optimize(objective, n_trials=trials)
    return values, time.process_time() - start - inside[0]


def main():
    out, who, problem, first, last = sys.argv[1:6]
    trials = int(sys.argv[6]) if len(sys.argv) > 6 else 100
    side, method = who.split("-", 1)
    done = set()
    if os.path.exists(out):
        done = {(r["who"], r["problem"], r["seed"], r["trials"]) for r in map(json.loads, open(out))}
    for seed in range(int(first), int(last)):
        if (who, problem, seed, trials) in done:
            continue
        values, seconds = (by_gyre if side == "gyre" else by_optuna)(method, problem, seed, trials)
        regret = {str(n): min(values[:n]) for n in (25, 50, 100, 200) if n <= len(values)}
        with open(out, "a") as lines:
            lines.write(json.dumps({"who": who, "problem": problem, "seed": seed, "trials": trials, "regret": regret,
                                    "overhead_ms": 1000 * seconds / max(1, len(values))}) + "\n")


if __name__ == "__main__":
    main()
