/* ensemble_select.c: ensemble selection (Caruana, Niculescu-Mizil, Crew and Ksikes, ICML 2004), as AutoGluon does it.
 *
 * It begins with nothing and adds, `steps` times and with repetition, the model with which the mean of all added is best on the
 * validation rows.  The metric is rounded to 6 digits (behind the point, of small ones in all); of equally good models one that is
 * already in is taken, else the earlier.  A model for which there is not the time beside those that are in is left out.  Of all
 * prefixes the best is kept, the shortest of equals; a weight is how often a model was added. */
#include "model/ensemble_kinds.h"

#include <math.h>
#include <string.h>

#include "base/json.h"

typedef struct Selection {
	const Pool *p;
	size_t cells, *count, distinct, most;
	double *sum, *trial; /* of the added; and with one more, divided */
	double spent;        /* seconds to train those that are in */
} Selection;

/* An error of a target that is small itself would be 0. */
static double rounded(double value)
{
	double unit = value != 0 && fabs(value) < 1e-3 ? pow(10, ceil(log10(fabs(value)))) : 1;
	return round(value / unit * 1e6) / 1e6 * unit;
}

static double with(const Selection *s, size_t m, double steps)
{
	const double *scores = s->p->scores[m];
	for (size_t c = 0; c < s->cells; c++)
		s->trial[c] = (s->sum[c] + scores[c]) / steps;
	return rounded(pool_value(s->p, s->p->metric, s->trial));
}

static bool may_be_added(const Selection *s, size_t m)
{
	bool is_in_time = !s->p->cost || s->distinct == 0 || s->spent + s->p->cost[m] <= s->p->seconds;
	return s->count[m] > 0 || (s->distinct < s->most && is_in_time);
}

static size_t best_to_add(const Selection *s, double steps, double *ret_value)
{
	size_t best = SIZE_MAX;
	for (size_t m = 0; m < s->p->count; m++) {
		if (!may_be_added(s, m))
			continue;
		double value = with(s, m, steps);
		int better = best == SIZE_MAX ? 1 : metric_compare(s->p->metric, value, *ret_value);
		if (better < 0 || (better == 0 && !(s->count[m] > 0 && s->count[best] == 0)))
			continue;
		best = m;
		*ret_value = value;
	}
	return best;
}

bool ensemble_select(const Pool *p, const json_t *settings, size_t most, Mix *ret, GError **error)
{
	size_t steps = (size_t)json_get_int(settings, "steps", 25), cells = p->rows * p->outputs;
	g_autofree size_t *count = g_new0(size_t, p->count);
	g_autofree double *sum = g_new0(double, cells);
	g_autofree double *trial = g_new0(double, cells);
	Selection s = {.p = p, .cells = cells, .count = count, .most = most, .sum = sum, .trial = trial};
	double best = NAN;
	for (size_t step = 1; step <= steps; step++) {
		double value = NAN;
		size_t added = best_to_add(&s, (double)step, &value);
		for (size_t c = 0; c < cells; c++)
			sum[c] += p->scores[added][c];
		s.spent += p->cost && count[added] == 0 ? p->cost[added] : 0;
		s.distinct += count[added]++ == 0;
		if (step > 1 && metric_compare(p->metric, value, best) <= 0)
			continue;
		best = value;
		for (size_t m = 0; m < p->count; m++)
			ret->weights[m] = (double)count[m];
	}
	return true;
}
