/* backtest.h: what a replay came to: each mode over all periods, and which one to take. */
#pragma once

#include <jansson.h>

#include "stats/metric.h"

/* periods: [{"modes": {mode: {"metric": number|null, "kpi": {name: number|null}, "cpu_seconds": number|null}},
 *  "differences": [{"a", "b", "difference" (b - a), "low", "high"}]}...], modes: names, the first is what others are held against.
 *
 * {"modes": [{"mode", "metric": mean over periods, "kpi": {name: mean}, "cpu_seconds": sum, "against": null | {"mode",
 *   "difference": mean over periods, "low", "high" (95 %), "better_in", "worse_in": periods}}],
 *  "verdict": {"mode", "sentence", "reasons": [sentences]}}
 *
 * Of mean_error metrics and differences are those of its distance from 0.  The periods' rows are different ones, so their differences are independent: the mean's standard error is the root of the sum
 * of their squared ones over the number of periods, theirs being a 95 % interval's width over 2 * 1.96.  It says how sure the difference
 * is on these periods, not what others will bring.  Taken is the mode with the best mean, or, of those that it does not surely beat,
 * the one that cost least. */
json_t *backtest_tell(const json_t *periods, const json_t *modes, const MetricKind *metric);
