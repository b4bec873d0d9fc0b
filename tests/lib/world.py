"""world.py: small made-up data with known truths, for journeys."""
import csv
import os
import random


def loans(path, rows=3000, seed=1):
    """Loan applications: default depends on income, age and region, with noise; 3 % of incomes are missing."""
    r = random.Random(seed)
    with open(path, "w", newline="") as f:
        out = csv.writer(f)
        out.writerow(["id", "age", "income", "region", "purpose", "applied", "default"])
        for i in range(rows):
            age, income = r.randint(18, 80), round(r.lognormvariate(10, 0.5), 2)
            region = r.choices(["north", "south", "east", "west"], [4, 3, 2, 1])[0]
            score = 1.2 - income / 20000 - (age - 40) / 60 + (0.8 if region == "west" else 0)
            default = "yes" if r.random() < 1 / (1 + 2.718281828 ** -score) else "no"
            day = f"2024-{1 + i * 12 // rows:02d}-{r.randint(1, 28):02d}"
            out.writerow([10000 + i, age, "" if r.random() < 0.03 else income, region,
                          r.choice(["car", "house", "other"]), day, default])


def project(folder, text):
    os.makedirs(folder, exist_ok=True)
    with open(os.path.join(folder, "gyre.yaml"), "w") as f:
        f.write(text)


LOANS = """\
project: loans
goal:
  problem: Loans are granted by gut feeling.
  owner: risk
  task: classification
  target: default
  positive: "yes"
  success:
    - {metric: roc_auc, at_least: 0.6}
  due: 2030-01-01
data:
  sources:
    loans: {kind: file, path: loans.csv}
  key: [id]
  drop: [id]
  checks:
    - {check: not_null, column: age}
    - {check: between, column: age, min: 18, max: 79, policy: quarantine}
split: {by: stratified, test: 0.2, valid: 0.2}
models:
  families: [baseline, linear, boosted]
  search: {method: random, trials: 4}
  params: {boosted: {rounds: 50}}
kpi:
  saved: "avg(case when prediction = 'yes' and \\"default\\" = 'yes' then 10 when prediction = 'yes' then -3 else 0 end)"
"""
