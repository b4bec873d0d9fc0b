/* card.h: the model's card (Mitchell et al. 2019, doi:10.1145/3287560.3287596): one record, from which the report's section, the
 * Markdown and the JSON are made.
 *
 * {"card": 1,
 *  "details": {"name", "version", "task", "family", "params", "owner", "gyre"},
 *  "intended_use": {"problem", "touches": [..], "today", "target", "positive", "not_for"},
 *  "data": {"rows", "columns": [{"name", "type", "missing"}], "left_out": [..], "split": {"by", "rows", "ranges"}},
 *  "training": {"metric", "method", "trials", "rows", "ensemble", "calibration"},
 *  "metrics": {"rows", "level", "threshold", "model": {name: {"value", "low", "high"}}, "baseline": {..}, "kpi": {..}},
 *  "slices": the worst ones, "fairness", "calibration": {"ece", "bins"} or null, "importance": [..], "drivers" (eval/drivers.h),
 *  "latency": {"p50_ms", "p99_ms"}, "gate": {"pass", "reasons"}, "limits": [sentences],
 *  "provenance": {"bundle", "data": digests}}
 * What the artifacts do not tell is null.  The op `model card` adds what the registry and the run know: details.created and
 * .aliases, training.seed, .cpu_seconds and .peak_mb, "monitoring", "approvals" and the rest of "provenance". */
#pragma once

#include "report/section.h"

/* New reference. */
json_t *card_of(const Story *s);

/* The card as Markdown; texts of the data are escaped.  Free with g_free. */
char *card_markdown(const json_t *card);
