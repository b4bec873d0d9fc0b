/* decision.h: by what old and new are compared, and the threshold between two classes is chosen: params that steps which learn on share. */
#pragma once

#include "model/bundle.h"
#include "stats/threshold.h"

#define DECISION_PARAMS                                                                                               \
	{.name = "metric", .type = PARAM_TEXT, .help = "what is compared; else roc_auc, log_loss or rmse"},           \
	        {.name = "threshold_metric",                                                                          \
	                .type = PARAM_TEXT,                                                                           \
	                .help = "what the threshold between two classes is chosen by; else the metric"},              \
	        {.name = "costs",                                                                                     \
	                .type = PARAM_JSON,                                                                           \
	                .help = "what decisions between two classes cost: {tp, fp, fn, tn}; the threshold is chosen " \
	                        "by them"},                                                                           \
	{                                                                                                             \
		.name = "figure", .type = PARAM_JSON,                                                                 \
		.help = "a business figure, {sql, grows}, by whose costs the threshold is chosen if it has such"      \
	}

/* Rows below which a threshold is not chosen anew: they say too little. */
#define DECISION_ROWS_LEAST 100

typedef struct Decision {
	const MetricKind *metric,
	        *threshold_by; /* threshold_by: a metric of decisions; NULL: the target is not binary */
	DecisionCosts costs;
	bool has_costs;
} Decision;

/* rows: the path of a table with the target, which a figure is tried on. */
bool decision_read(const json_t *params, const Bundle *b, const char *rows, Decision *ret, GError **error);

/* The threshold for these scores; `before` where they say too little (few rows, one class only) or the target is not binary.
 * New reference. */
json_t *decision_threshold(const Decision *d, const Scored *s, const json_t *before);
