/* profile.h: what is in a table: every column, how columns go together, what stands out.
 *
 * JSON:
 * {"rows", "bytes" (of the file; null for a view), "sampled": rows that pairs and associations are computed on,
 *  "target", "task", "time" (null where not given),
 *  "columns": [in the table's order {
 *    "name", "type", "missing", "missing_share", "distinct", "distinct_exact": false when estimated (2 % or so),
 *    "unique": no value occurs twice, "constant": at most one value,
 *    "association": {"measure", "value", "strength"} with the target, absent for the target itself and where not defined;
 *        measure: auc (numbers, two classes: as a score for the class that is larger by text or number; 0.5 none),
 *        cramers_v (categories, classes), correlation_ratio (numbers with classes, categories with numbers), spearman
 *        (numbers with numbers); strength: 0 none .. 1 perfect (|2 auc - 1|, V, eta, |rho|).
 *    int, real:  "mean", "sd", "min", "max", "quantiles": {"1","5","25","50","75","95","99"} (percent; R's type 7), "skewness",
 *                "kurtosis" (excess), "zeros", "negatives", "infinities", "nans", "fences": [low, high] (quartiles -+ 3 times
 *                their distance), "outliers": beyond the fences, "lowest": [5], "highest": [5], "histogram": H;
 *                all but nans and infinities over finite values only,
 *    text, bool, and numbers of at most 50 values: "top": [{"value", "rows"} at most 20, most frequent first],
 *                "imbalance": 1 - entropy / log2(distinct) (0 all equally often, near 1 one value only),
 *    text:       "length": {"min", "mean", "max"} in characters,
 *    time:       "min", "max", "histogram": {"step": "7 days", "bins": [{"from", "rows"}] without empty ones},
 *                "gaps": {"typical_s": median distance of neighbouring times, "largest": [{"from", "to", "seconds"} at most 3 of
 *                more than 10 times that]}}],
 *       H: {"edges": [n + 1], "counts": [n], "below", "above": rows beyond the edges, which are the fences or the extremes},
 *  "duplicates": {"rows": rows that have an equal before them, "share", "examples": [[first row, last equal to it]... at most 3]},
 *  "missing_patterns": [{"columns": [names], "rows"} at most 10, most frequent first; without "nothing missing"],
 *  "spearman": {"columns": [names, at most 40], "matrix": [[rho|null]]},
 *  "cramers_v": {"columns": [names, at most 20], "matrix": [[V|null]]} bias-corrected,
 *  "target_over_time": {"step", "bins": [{"from", "rows", "rates": {label: share} | "mean"}]} | null,
 *  "alerts": [{"column": name|null, "kind", "severity": "info"|"warning", "sentence"}]}
 *    kinds: missing, constant, unique, high_cardinality, zeros, infinite, skewed, imbalance, constant_length, duplicates,
 *    correlated, uniform, outliers, suspicious (goes with the target too well), target_shift */
#pragma once

#include "base/param.h"
#include "data/engine.h"
#include "pipeline/step.h"

extern const Param PROFILE_PARAMS[]; /* target, task, time, sample */

/* Of a Parquet file.  The same file gives the same JSON on any number of threads. */
bool profile_table(Engine *e, const char *path, const json_t *params, json_t **ret, GError **error);

/* Of a view or table of the engine that has its row's number in a column _gyre_row. */
bool profile_view(Engine *e, const char *view, const json_t *params, json_t **ret, GError **error);

/* The profile as text for a terminal of `width` columns; free with g_free. */
char *profile_text(const json_t *profile, int width);

/* good -> profile.  Metrics: rows, columns, missing_share, duplicates, alerts. */
extern const StepKind STEP_PROFILE;
