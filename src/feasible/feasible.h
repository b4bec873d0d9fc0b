/* feasible.h: can this be done, before any long search?  The steps `sample` and `feasible`.
 *
 * Only rows to learn from are looked at, never the test part: an answer that has seen it would make the later test flatter.
 *
 * sample.  Input train (data/split.h).  Outputs:
 *   sample  at most `rows` of them, chosen by hash, with folds of their own: by hash of the row (or group) in five; or, with `time`, the
 *           last fifth in time as fold 0, judged by what came before; or, with `stretches` too, several for each stretch of time but the
 *           first: up to five fifths of it by hash, which the rest of the stretch teaches, and all of these together, which four
 *           fifths of the stretch before it teach
 *   about   {"rows": of train with a target, "sampled"}; with stretches, where there are three or more, also "stretches": [{"from", "to"
 *           (as data/engine.h gives them), "rows"}] and "parts": how many fifths are judged
 *
 * stretches.  Inputs sample, about, recipes, of a sample in stretches.  What a random split promises too much: boosting (200 rounds of
 * depth 6) judged on rows among those it learnt from, beside the same on the same rows learnt from the stretch of time before.  Output:
 * {"metric", "stretches": [{"from", "to", "rows", "within", "next": values (null for the first)}], "within", "next": their means, "gap":
 *  within - next, "low", "high": 95 % by Student's t over the stretches, "sentence"}; with fewer than three stretches, or two values, all
 *  but "metric" and "stretches" are null; "problem": why it could not be measured | absent.  Both sides learn from about as many rows
 *  and are judged on the same, so neither more rows nor easier ones make the difference.
 *
 * feasible.  Inputs sample, recipes (the step features on it), and the same in time, and what the step stretches found, where there is a time column.
 * Output:
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
 *  "time": {"random", "in_time": {"value", "low", "high"} (both of the later rows), "gap", "low", "high" (of the gap, paired), "sentence",
 *           "shown": {"value", "low", "high"}: of models that learnt from rows at random, on all rows} | null,
 *  "stretches": (the step stretches) | null,
 *  "value": {kpi: {"nothing", "likely", "perfect"}} over the judged rows, "value_problem": text | absent,
 *  "warnings": [sentences]} */
#pragma once

#include "pipeline/step.h"

extern const StepKind STEP_SAMPLE, STEP_STRETCHES, STEP_FEASIBLE;
