/* look.h: one look at the data under way: what the parts of the report (feasible.h) are made from. */
#pragma once

#include "feasible/judged.h"
#include "pipeline/step.h"

enum { LOOK_BASELINE, LOOK_ONE_RULE, LOOK_LINEAR, LOOK_BOOSTED, LOOK_MODELS };

typedef struct Look {
	StepRun *s;
	const json_t *goal, *kpi;
	Judged *random, *timed; /* timed NULL: no time column */
	const Judged *judged;   /* timed where there is one */
	const MetricKind *metric;
	json_t *keep;                /* names of the metrics to report */
	GArray *rules;               /* one_rules of judged */
	double *scores[LOOK_MODELS]; /* of judged */
	double *shuffled;            /* boosted, of random; may be scores[LOOK_BOOSTED] */
	size_t best;                 /* of the three that learn */
	json_t *report;
} Look;

/* The family boosted as used here: 100 rounds without early stopping, which would have seen the judged rows. */
json_t *look_boosted_params(void);

/* Each adds its part to the report. */
bool look_models(Look *l, GError **error); /* models, signal, rule */
void look_leaks(Look *l);                  /* leaks, and warnings of a column that stands out */
void look_labels(Look *l);                 /* labels, balance */
bool look_time(Look *l, GError **error);   /* time */
bool look_value(Look *l, GError **error);  /* value */

void look_warn(Look *l, const char *format, ...) G_GNUC_PRINTF(2, 3);
