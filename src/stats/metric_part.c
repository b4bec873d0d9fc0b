/* metric_part.c: weights, decisions, counts, steps. */
#include "stats/metric_part.h"

#include <math.h>
#include <string.h>

#include "stats/order.h"

unsigned scored_task(const Scored *s)
{
	if (!s->classes)
		return METRIC_REGRESSION;
	return s->classes == 2 ? METRIC_BINARY : METRIC_MULTICLASS;
}

static uint32_t *order_by_error(const Scored *s)
{
	g_autofree double *errors = g_new(double, s->rows);
	for (size_t i = 0; i < s->rows; i++)
		errors[i] = fabs(s->scores[i] - s->y[i]);
	return order_rows(errors, s->rows, 1, false);
}

static uint32_t *order_by_class(const Scored *s)
{
	if (s->rows && s->classes > SCORED_ORDER_MOST / s->rows)
		return NULL;
	uint32_t *ret = g_new(uint32_t, s->rows * s->classes);
	for (size_t c = 0; c < s->classes; c++) {
		g_autofree uint32_t *order = order_rows(s->scores + c, s->rows, s->classes, true);
		for (size_t i = 0; i < s->rows; i++)
			ret[c * s->rows + i] = order[i];
	}
	return ret;
}

uint32_t *scored_order(const Scored *s)
{
	switch (scored_task(s)) {
	case METRIC_BINARY:
		return order_rows(s->scores + s->positive, s->rows, 2, true);
	case METRIC_REGRESSION:
		return order_by_error(s);
	default:
		return order_by_class(s);
	}
}

size_t row_decision(const Scored *s, size_t i)
{
	if (s->decided)
		return s->decided[i];
	const double *scores = row_scores(s, i);
	size_t ret = 0;
	for (size_t c = 1; c < s->classes; c++)
		if (scores[c] > scores[ret])
			ret = c;
	return ret;
}

MetricCounts *counts_new(size_t classes, size_t positive)
{
	MetricCounts *c = g_new(MetricCounts, 1);
	double *room = g_new0(double, 3 * classes);
	*c = (MetricCounts){classes, positive, room, room + classes, room + 2 * classes};
	return c;
}

void counts_free(MetricCounts *c)
{
	if (!c)
		return;
	g_free(c->truth);
	g_free(c);
}

void counts_clear(MetricCounts *c)
{
	memset(c->truth, 0, 3 * c->classes * sizeof(double));
}

void counts_add(MetricCounts *c, const Scored *s)
{
	for (size_t i = 0; i < s->rows; i++) {
		double w = row_weight(s, i);
		if (w == 0)
			continue;
		size_t truth = row_class(s, i), decided = row_decision(s, i);
		c->truth[truth] += w;
		if (decided < c->classes)
			c->decided[decided] += w;
		if (decided == truth)
			c->hit[truth] += w;
	}
}

static double score_at(const Scored *s, const uint32_t *order, size_t at)
{
	return s->scores[(size_t)order[at] * 2 + s->positive];
}

/* Fills the steps along the order.  Sums by factors of 0 and 1: an array indexed by the class, or a branch on it, costs
 * three times as much in a bootstrap. */
static void add_steps(MetricSteps *m, const Scored *s, const uint32_t *order)
{
	for (size_t i = 0; i < s->rows;) {
		MetricStep step = {score_at(s, order, i), 0, 0};
		do {
			double w = row_weight(s, order[i]), hit = s->y[order[i]] == (double)s->positive;
			step.positive += w * hit;
			step.negative += w * (1 - hit);
		} while (++i < s->rows && score_at(s, order, i) == step.score);
		m->step[m->count] = step;
		m->count += step.positive + step.negative > 0;
		m->positive += step.positive;
		m->negative += step.negative;
	}
}

MetricSteps *metric_steps(const Scored *s)
{
	g_assert(s->classes == 2);
	MetricSteps *m = g_new(MetricSteps, 1);
	*m = (MetricSteps){.step = g_new(MetricStep, s->rows)};
	g_autofree uint32_t *own = s->order ? NULL : scored_order(s);
	const uint32_t *order = own ? own : s->order;
	bool broken = s->rows && (isnan(score_at(s, order, 0)) || isnan(score_at(s, order, s->rows - 1)));
	if (broken)
		m->positive = m->negative = NAN;
	else
		add_steps(m, s, order);
	return m;
}

void metric_steps_free(MetricSteps *m)
{
	if (!m)
		return;
	g_free(m->step);
	g_free(m);
}

size_t quantile_bin(double before, double here, double total, size_t bins)
{
	double middle = (before + here / 2) / total * (double)bins;
	return middle >= (double)(bins - 1) ? bins - 1 : (size_t)middle;
}

double mean_of_rows(const Scored *s, double (*of_row)(const Scored *s, size_t row))
{
	double sum = 0, total = 0;
	for (size_t i = 0; i < s->rows; i++) {
		double w = row_weight(s, i);
		if (w == 0)
			continue;
		sum += w * of_row(s, i);
		total += w;
	}
	return sum / total;
}

RowValues *row_values_new(const Scored *s)
{
	RowValues *v = g_new0(RowValues, 1);
	for (size_t m = 0; METRICS[m]; m++) {
		if (!METRICS[m]->of_row || !(METRICS[m]->tasks & scored_task(s)))
			continue;
		v->of[m] = g_new(double, s->rows);
		for (size_t i = 0; i < s->rows; i++)
			v->of[m][i] = row_weight(s, i) > 0 ? METRICS[m]->of_row(s, i) : 0;
	}
	return v;
}

void row_values_free(RowValues *v)
{
	for (size_t m = 0; v && m < METRICS_MOST; m++)
		g_free(v->of[m]);
	g_free(v);
}
