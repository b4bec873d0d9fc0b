/* pruner_wilcoxon.c: stop a trial that is significantly worse than the best one on the same folds.
 *
 * Wilcoxon's signed rank test of the differences, one-sided, at 0.1.  Its distribution is the exact one given the ranks (ties
 * share theirs), by going through all signs; above 25 differences the normal approximation.  Equal values count half for and
 * half against, as SciPy's "zsplit". */
#include <math.h>
#include <stdlib.h>

#include "search/pruner_rules.h"
#include "stats/distribution.h"

#define LEVEL 0.1
#define EXACT 25

static int by_size(const void *a, const void *b)
{
	double x = fabs(*(const double *)a), y = fabs(*(const double *)b);
	return (x > y) - (x < y);
}

/* Twice the ranks by size, so that shared ones are whole; returns twice the sum of those of positive differences. */
static double rank(double *differences, size_t n, unsigned *ranks)
{
	double positive = 0;
	qsort(differences, n, sizeof *differences, by_size);
	for (size_t i = 0, end; i < n; i = end) {
		for (end = i; end < n && fabs(differences[end]) == fabs(differences[i]); end++)
			;
		for (size_t k = i; k < end; k++) {
			ranks[k] = (unsigned)(i + end + 1);
			positive += differences[k] > 0 ? ranks[k] : differences[k] == 0 ? ranks[k] / 2.0 : 0;
		}
	}
	return positive;
}

/* How likely the sum of ranks with random signs is at least `found`. */
static double exact_tail(const unsigned *ranks, size_t n, double found)
{
	size_t total = 0;
	for (size_t i = 0; i < n; i++)
		total += ranks[i];
	g_autofree double *share = g_new0(double, total + 1);
	share[0] = 1;
	for (size_t i = 0; i < n; i++)
		for (size_t sum = total + 1; sum-- > 0;)
			share[sum] = (share[sum] + (sum >= ranks[i] ? share[sum - ranks[i]] : 0)) / 2;
	double tail = 0;
	for (size_t sum = 0; sum <= total; sum++)
		tail += (double)sum >= found ? share[sum] : 0;
	return tail;
}

/* p of "the differences are not above 0". */
static double signed_rank(double *differences, size_t n)
{
	g_autofree unsigned *ranks = g_new(unsigned, n + 1);
	double found = rank(differences, n, ranks), mean = 0, variance = 0;
	if (n <= EXACT)
		return exact_tail(ranks, n, found);
	for (size_t i = 0; i < n; i++) {
		mean += ranks[i] / 2.0;
		variance += (double)ranks[i] * ranks[i] / 4;
	}
	return variance > 0 ? normal_above((found - mean) / sqrt(variance)) : 1;
}

static const Tried *best_of(const History *h, const Tried *except)
{
	const Tried *best = NULL;
	for (size_t i = 0; i < h->count; i++) {
		const Tried *t = h->trials[i];
		if (t->state == TRIED_DONE && t->number != except->number && (!best || t->value < best->value))
			best = t;
	}
	return best;
}

static bool stop(const History *h, const Tried *t)
{
	size_t count, n = 0;
	const TriedStep *steps = tried_steps(t, &count);
	const Tried *best = best_of(h, t);
	g_autofree double *differences = g_new(double, count + 1);
	double sum = 0;
	for (size_t i = 0; best && i < count; i++) {
		double difference = steps[i].value - tried_at(best, steps[i].step);
		if (isnan(difference))
			continue;
		differences[n++] = difference;
		sum += difference;
	}
	return n > 0 && sum > 0 && signed_rank(differences, n) < LEVEL;
}

const PrunerKind PRUNER_WILCOXON = {.name = "wilcoxon",
        .help = "stop what is significantly worse than the best trial on the same folds (needs four)",
        .is_paired = true,
        .stop = stop};
