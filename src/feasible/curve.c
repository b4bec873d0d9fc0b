/* curve.c: a learning curve and where it leads.
 *
 * The uncertainty of a forecast: the law is fitted anew to the points moved by their own standard errors. */
#include "feasible/curve.h"

#include <math.h>

#include "base/json.h"
#include "base/rng.h"
#include "stats/power_law.h"
#include "stats/resample.h"

enum { FOLDS_LOOKED_AT = 3, LEAST_ROWS = 50, DRAWS = 200, POINTS = 5 };
static const double PARTS[POINTS] = {1.0 / 16, 1.0 / 8, 1.0 / 4, 1.0 / 2, 1};

typedef struct Curve {
	const Judged *j;
	const CurveWanted *wanted;
	CurvePoint points[POINTS];
	size_t count;
	PowerLaw law, drawn[DRAWS];
	size_t draws; /* that could be fitted */
} Curve;

/* Errors are distances from the metric's best; this is the way back. */
static double value_of(const MetricKind *m, double error)
{
	return m->larger_is_better ? m->best - error : m->best + error;
}

/* Of one fold alone: from its interval. */
static double spread_of_fold(const Scored *s, const Judged *j, const MetricKind *m)
{
	json_auto_t *all = metrics_with_intervals(s, 50, 0.95, j->seed, 10000);
	const json_t *figure = json_object_get(all, m->name);
	return (json_get_number(figure, "high", NAN) - json_get_number(figure, "low", NAN)) / 3.92;
}

static CurvePoint point_of(const Judged *j, const double *scores, const MetricKind *m, double part)
{
	double sum = 0, squares = 0, rows = 0, spread = NAN;
	size_t folds = 0;
	for (size_t k = 0, from = 0; k < j->d->fold_count && folds < FOLDS_LOOKED_AT;
	        from += j->d->folds[k++].valid.x.rows) {
		Scored s = judged_part(j, scores, from, j->d->folds[k].valid.x.rows);
		g_autofree uint32_t *decided = judged_decide(&s, m);
		s.decided = decided;
		double error = fabs(m->compute(&s) - m->best);
		if (j->d->fold_count == 1)
			spread = spread_of_fold(&s, j, m);
		sum += error;
		squares += error * error;
		rows += (double)j->d->folds[k].train.x.rows * part;
		folds++;
	}
	double n = (double)folds, mean = sum / n;
	if (folds > 1)
		spread = sqrt(fmax(0, squares - n * mean * mean) / (n - 1) / n);
	return (CurvePoint){floor(rows / n), mean, fmax(spread, 1e-6 + 1e-3 * fabs(mean))};
}

static bool measure(Curve *c, GError **error)
{
	const Judged *j = c->j;
	g_autofree double *scores = g_new0(double, j->count * j->d->outputs + 1);
	for (size_t p = 0; p < POINTS; p++) {
		bool is_all = PARTS[p] == 1;
		JudgedModel model = {"boosted", c->wanted->params, PARTS[p], FOLDS_LOOKED_AT};
		if ((double)j->d->folds[0].train.x.rows * PARTS[p] < LEAST_ROWS)
			continue;
		if (!is_all && !judged_scores(j, &model, scores, error))
			return false;
		CurvePoint point = point_of(j, is_all ? c->wanted->scores : scores, c->wanted->metric, PARTS[p]);
		if (isfinite(point.error))
			c->points[c->count++] = point;
	}
	return true;
}

static void draw(Curve *c)
{
	Rng rng = rng_stream(c->j->seed, "power law");
	for (unsigned d = 0; d < DRAWS; d++) {
		CurvePoint moved[POINTS];
		for (size_t i = 0; i < c->count; i++) {
			moved[i] = c->points[i];
			moved[i].error = fmax(0, moved[i].error + moved[i].spread * rng_normal(&rng));
		}
		c->draws += power_law_fit(moved, c->count, &c->drawn[c->draws]);
	}
}

static json_t *forecast(const Curve *c, double rows)
{
	const MetricKind *m = c->wanted->metric;
	double drawn[DRAWS], ends[2], value = value_of(m, power_law_at(c->law, rows));
	for (size_t d = 0; d < c->draws; d++)
		drawn[d] = value_of(m, power_law_at(c->drawn[d], rows));
	interval_ends(drawn, c->draws, 0.95, ends);
	return json_pack("{s:o,s:o,s:o,s:o}", "rows", json_number(round(rows)), "value", json_number(value), "low",
	        json_number(fmin(value, ends[0])), "high", json_number(fmax(value, ends[1])));
}

/* How many rows the goal takes; infinite ones are null. */
static json_t *rows_for_goal(const Curve *c)
{
	double drawn[DRAWS], error = fabs(c->wanted->goal - c->wanted->metric->best),
	                     now = c->points[c->count - 1].error;
	if (isnan(error) || now <= error)
		return json_null();
	for (size_t d = 0; d < c->draws; d++)
		drawn[d] = power_law_rows(c->drawn[d], error);
	size_t kept = sort_numbers(drawn, c->draws);
	double low = kept ? drawn[(size_t)(0.025 * (double)(kept - 1))] : NAN;
	double high = kept ? drawn[(size_t)ceil(0.975 * (double)(kept - 1))] : NAN;
	return json_pack("{s:o,s:o,s:o}", "rows", json_number(ceil(power_law_rows(c->law, error))), "low",
	        json_number(ceil(low)), "high", json_number(ceil(high)));
}

static json_t *points_json(const Curve *c)
{
	json_t *list = json_array();
	for (size_t i = 0; i < c->count; i++) {
		const CurvePoint *p = &c->points[i];
		double one = value_of(c->wanted->metric, p->error - 1.96 * p->spread),
		       other = value_of(c->wanted->metric, p->error + 1.96 * p->spread);
		json_array_append_new(
		        list, json_pack("{s:o,s:o,s:o,s:o}", "rows", json_number(p->rows), "value",
		                      json_number(value_of(c->wanted->metric, p->error)), "low",
		                      json_number(fmin(one, other)), "high", json_number(fmax(one, other))));
	}
	return list;
}

static char *sentence(const Curve *c, const json_t *ten_times)
{
	const MetricKind *m = c->wanted->metric;
	double now = value_of(m, power_law_at(c->law, c->wanted->rows)),
	       then = json_get_number(ten_times, "value", NAN);
	double low = json_get_number(ten_times, "low", NAN), high = json_get_number(ten_times, "high", NAN);
	double gained = fabs(then - now) / fmax(fabs(now - m->best), 1e-12);
	if (gained < 0.03)
		return g_strdup_printf("More rows of the same kind would change little: the curve is flat from here.");
	return g_strdup_printf("Ten times as many rows would bring %s from %.4g to about %.4g (%.4g to %.4g).",
	        m->label, now, then, low, high);
}

bool curve_measure(const Judged *j, const CurveWanted *wanted, json_t **ret, GError **error)
{
	Curve c = {.j = j, .wanted = wanted};
	*ret = json_null();
	if (isinf(wanted->metric->best))
		return true;
	if (!measure(&c, error))
		return false;
	if (!power_law_fit(c.points, c.count, &c.law))
		return true;
	draw(&c);
	json_auto_t *ten = forecast(&c, 10 * wanted->rows);
	g_autofree char *words = sentence(&c, ten);
	*ret = json_pack("{s:o,s:o,s:O,s:o,s:s}", "points", points_json(&c), "twice", forecast(&c, 2 * wanted->rows),
	        "ten_times", ten, "rows_for_goal", rows_for_goal(&c), "sentence", words);
	return true;
}
