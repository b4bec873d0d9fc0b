/* threshold.c: one walk down the distinct scores, with the counts of decisions at each. */
#include "stats/threshold.h"

#include <math.h>

#include "stats/metric_part.h"

/* Between a score and the next lower one, so that rounding in another program moves no row across. */
static double between(double high, double low)
{
	double middle = low + (high - low) / 2;
	return middle > low ? middle : high;
}

static double above_all(const MetricSteps *m)
{
	double highest = m->step[0].score;
	return highest < 1 ? between(1, highest) : nextafter(highest, INFINITY);
}

typedef struct Choice {
	Threshold best;
	const DecisionCosts *costs; /* NULL: by best.by */
} Choice;

static double value_of(const Choice *choice, const MetricCounts *c)
{
	const DecisionCosts *d = choice->costs;
	size_t yes = c->positive, no = 1 - yes;
	if (!d)
		return choice->best.by->of_counts(c);
	return (d->tp * c->hit[yes] + d->fn * (c->truth[yes] - c->hit[yes]) + d->tn * c->hit[no] +
	               d->fp * (c->truth[no] - c->hit[no])) /
	       (c->truth[yes] + c->truth[no]);
}

static int compare(const Choice *choice, double value)
{
	double best = choice->best.value;
	if (!choice->costs)
		return metric_compare(choice->best.by, value, best);
	return isnan(best) || value < best ? 1 : value > best ? -1 : 0;
}

static void offer(Choice *choice, double threshold, const MetricCounts *c)
{
	Threshold *best = &choice->best;
	double value = value_of(choice, c);
	int better = compare(choice, value);
	bool nearer = fabs(threshold - 0.5) < fabs(best->threshold - 0.5);
	if (better < 0 || isnan(value) || (better == 0 && !nearer))
		return;
	best->value = value;
	best->threshold = threshold;
}

/* These weights of positives and others decided positive. */
static void decide_steps(MetricCounts *c, const MetricSteps *m, double positives, double negatives)
{
	size_t yes = c->positive, no = 1 - yes;
	c->hit[yes] = positives;
	c->hit[no] = m->negative - negatives;
	c->decided[yes] = positives + negatives;
	c->decided[no] = (m->positive - positives) + (m->negative - negatives);
}

static Threshold choose(const Scored *s, Choice *choice)
{
	Threshold *best = &choice->best;
	g_autoptr(MetricSteps) m = metric_steps(s);
	if (!m->count)
		return *best;
	g_autoptr(MetricCounts) c = counts_new(2, s->positive);
	c->truth[s->positive] = m->positive;
	c->truth[1 - s->positive] = m->negative;
	double positives = 0, negatives = 0;
	best->threshold = INFINITY; /* anything is nearer */
	decide_steps(c, m, 0, 0);
	offer(choice, above_all(m), c);
	for (size_t i = 0; i < m->count; i++) {
		positives += m->step[i].positive;
		negatives += m->step[i].negative;
		bool last = i + 1 == m->count;
		decide_steps(c, m, last ? m->positive : positives, last ? m->negative : negatives);
		offer(choice, last ? m->step[i].score : between(m->step[i].score, m->step[i + 1].score), c);
	}
	if (isnan(best->value))
		best->threshold = 0.5;
	return *best;
}

Threshold threshold_choose(const Scored *s, const MetricKind *goal)
{
	Choice choice = {
	        .best = {0.5, NAN, metric_find(goal->threshold_by ? goal->threshold_by : "balanced_accuracy")}};
	return choose(s, &choice);
}

Threshold threshold_choose_costs(const Scored *s, const DecisionCosts *costs)
{
	Choice choice = {.best = {0.5, NAN, NULL}, .costs = costs};
	return choose(s, &choice);
}

void threshold_decide(const Scored *s, double threshold, uint32_t *ret)
{
	for (size_t i = 0; i < s->rows; i++)
		ret[i] = (uint32_t)(s->scores[2 * i + s->positive] >= threshold ? s->positive : 1 - s->positive);
}
