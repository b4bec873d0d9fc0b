/* feasible.h: can this be done, before any long search?  The steps `sample` and `feasible`.
 *
 * Only rows to learn from are looked at, never the test part: an answer that has seen it would make the later test flatter.
 *
 * sample.  Input train (data/split.h).  Outputs:
 *   sample  at most `rows` of them, chosen by hash, with folds of their own: by hash of the row (or group) in five; or, `by: time`,
 *           the last fifth in time as fold 0, judged by what came before
 *   about   {"rows": of train with a target, "sampled"}
 *
 * feasible.  Inputs sample, recipes (the step features on it), and the same in time where there is a time column.  Output:
 *
 * {"metric": name, "rows": of train, "sampled", "judged": "in time" | "in five folds",
 *  "verdict": {"answer": "yes" | "no_model_needed" | "maybe" | "no" | "check_leaks", "sentence", "reasons": [sentences]},
 *  "models": [{"name": "baseline" | "one_rule" | "linear" | "boosted", "metrics": {name: {"value", "low", "high"}}}],
 *  "signal": {"model": the best one, "difference": from the baseline, "low", "high", "p"},
 *  "criteria": [{"criterion", "wanted", "baseline", "one_rule", "likely", "low", "high" (numbers or null),
 *               "answer": "met_by_rule" | "likely" | "possible" | "unlikely" | "unknown", "sentence"}],
 *  "rule": {"column", "bins": [{"when", "rows", "says": label | number, "share": of its rows so (classes) | null}]} | null,
 *  "curve": {"points": [{"rows", "value", "low", "high"}], "twice", "ten_times": {"rows", "value", "low", "high"},
 *            "rows_for_goal": {"rows", "low", "high" (null: more than can be told)} | null, "sentence"} | null,
 *  "labels": {"noise": share, "suspects": how many, "worst": [{"row", "label", "suggested", "confidence"}] at most 20} | null
 *            for numbers and where next to nothing can be predicted; row: _gyre_row, 0-based in the data's version,
 *  "leaks": [{"column", "score", "sentence"}],       score: ROC AUC (two classes), D2 log loss or R2 of a rule over it
 *  "balance": {"rates": {label: share}, "rarest": {"label", "rows"}} | null,
 *  "time": {"random", "in_time": {"value", "low", "high"} (both of the later rows), "gap", "low", "high" (of the gap, paired), "sentence"} |
 *          null,
 *  "value": {kpi: {"nothing", "likely", "perfect"}} over the judged rows, "value_problem": text | absent,
 *  "warnings": [sentences]} */
#pragma once

#include "pipeline/step.h"

extern const StepKind STEP_SAMPLE, STEP_FEASIBLE;
