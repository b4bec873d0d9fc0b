/* measure.h: figures found over rows of the prediction log whose outcomes are known, with intervals.
 *
 * A figure is any aggregate, so its spread is found by leaving out: rows are dealt into 20 groups by a hash of their id, the
 * figure is computed 20 times without one group, and with G groups the variance of the whole is
 * (G - 1) / G * sum (value without g - their mean)^2, the delete-a-group jackknife (Kott 2001, "The delete-a-group jackknife",
 * Journal of Official Statistics 17(4)); the interval is Student's with G - 1 degrees of freedom.  Right for means, ratios and other smooth
 * figures of rows that do not depend on one another; a maximum or a median has no honest interval this way. */
#pragma once

#include <jansson.h>

#include "data/engine.h"
#include "model/bundle.h"

enum { FIGURE_GROUPS = 20 };

/* Makes the table `name` that figures are asked of, from a view of the prediction log with _gyre_outcome (text): the view's columns, the target
 * under its own name and type, prediction in that type, probability (of the positive class; binary only).  Refused requests are left out, and
 * rows without an outcome too when `known`. */
bool figure_rows(Engine *e, const char *view, const Bundle *b, bool known, const char *name, GError **error);

typedef struct Estimate {
	double value, error;          /* error: standard error; NaN for fewer than 20 rows */
	double low, high;             /* 95 % */
	double groups[FIGURE_GROUPS]; /* the value without each group */
} Estimate;

typedef struct FigureCell {
	char *period, *version, *route; /* the keys asked for; NULL the others */
	int64_t rows;
	Estimate value, today,
	        gain; /* today and gain are NaN where the figure has none; gain: value - today, on the same rows */
} FigureCell;

typedef struct FigureKeys {
	const char *period; /* "hour", "day", "week", "month", or NULL */
	bool version, route;
} FigureKeys;

/* One cell for each combination of keys that has rows, in their order.  figure: as impact/figure.h, with "sql".  An expression that the
 * engine refuses is FAIL_INVALID naming it.  ret: of FigureCell *, freed with it. */
bool figure_measure(Engine *e, const char *table, const char *name, const json_t *figure, const FigureKeys *keys,
        GPtrArray **ret, GError **error);

/* a - b of two independent estimates: Welch's interval and p with Satterthwaite's degrees of freedom. */
typedef struct Uplift {
	double value, low, high, p;
} Uplift;
Uplift estimate_uplift(const Estimate *a, const Estimate *b);
