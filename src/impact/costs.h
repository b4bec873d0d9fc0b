/* costs.h: what a model costs: the pipeline's CPU time and memory as the engine measured them, storage, and requests, priced
 * by the `prices:` block of gyre.yaml. */
#pragma once

#include <jansson.h>

#include "base/param.h"
#include "store/meta.h"

extern const Param PRICES_PARAMS[];

typedef struct CostSpan {
	const char *state_folder;
	int64_t since, until; /* us UTC; until excluded */
	int64_t predictions;  /* answered meanwhile */
} CostSpan;

/* {"currency", "training": {"runs", "cpu_seconds", "memory_gib_hours", "money"}, "storage": {"gib", "money"}, "serving": {"predictions",
 * "money"}, "money", "per_thousand": money per 1,000 predictions, null without any}; money is null when no price is given.  Storage is what
 * lies there now, for the length of the span. */
bool costs_of(Meta *m, const CostSpan *span, const json_t *prices, json_t **ret, GError **error);
