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

static void offer(Threshold *best, double threshold, const MetricCounts *c)
{
	double value = best->by->of_counts(c);
	int better = metric_compare(best->by, value, best->value);
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

Threshold threshold_choose(const Scored *s, const MetricKind *goal)
{
	Threshold best = {0.5, NAN, metric_find(goal->threshold_by ? goal->threshold_by : "balanced_accuracy")};
	g_autoptr(MetricSteps) m = metric_steps(s);
	if (!m->count)
		return best;
	g_autoptr(MetricCounts) c = counts_new(2, s->positive);
	c->truth[s->positive] = m->positive;
	c->truth[1 - s->positive] = m->negative;
	double positives = 0, negatives = 0;
	best.threshold = INFINITY; /* anything is nearer */
	decide_steps(c, m, 0, 0);
	offer(&best, above_all(m), c);
	for (size_t i = 0; i < m->count; i++) {
		positives += m->step[i].positive;
		negatives += m->step[i].negative;
		bool last = i + 1 == m->count;
		decide_steps(c, m, last ? m->positive : positives, last ? m->negative : negatives);
		offer(&best, last ? m->step[i].score : between(m->step[i].score, m->step[i + 1].score), c);
	}
	if (isnan(best.value))
		best.threshold = 0.5;
	return best;
}

void threshold_decide(const Scored *s, double threshold, uint32_t *ret)
{
	for (size_t i = 0; i < s->rows; i++)
		ret[i] = (uint32_t)(s->scores[2 * i + s->positive] >= threshold ? s->positive : 1 - s->positive);
}
