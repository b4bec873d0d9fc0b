/* yardstick.h: the metrics a version is held to in production, and what each was when it was made.
 *
 * First the goal's own, then the usual ones of the task.  Only those the goal names raise alarms: six metrics of the same answers
 * are not six pieces of news. */
#pragma once

#include "monitor/look.h"
#include "stats/metric.h"

typedef struct Yardstick {
	const MetricKind *metric;
	bool is_named;     /* by the goal, or its default */
	double reference;  /* of the version's test, else of its validation; NaN: not known */
	const char *of;    /* "test" | "validation" */
	double validation; /* what it was there: expectations are learnt on validation rows, and are held against them */
	double champion;   /* the test of the champion of today, where that is another version; else NaN */
	double rows;       /* it was measured on about so many; 0: not known */
	double least, most; /* bounds of the goal; NaN: none */
} Yardstick;

/* ret: of Yardstick. */
bool yardsticks_read(const LookInput *in, GArray **ret, GError **error);

/* A value of a window. */
typedef struct Measured {
	double value, error; /* standard error; NaN: not known */
	double rows;         /* it was measured on */
	double loss, alpha;  /* part of the reference that is lost before it matters; level of a test */
	const char *why_not; /* "few", "immature": then nothing is judged; NULL */
} Measured;

/* Adds the finding of a metric, and where the goal has a bound for it one more, "goal" with the metric as its subject.  evidence:
 * object with more, stolen; may be NULL. */
void yardstick_add(const Yardstick *y, const Measured *m, const char *look, json_t *evidence, GArray *findings);
