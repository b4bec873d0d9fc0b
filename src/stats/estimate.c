/* estimate.c: expected metrics, by rows that stand for one of each class. */
#include "stats/estimate.h"

#include <math.h>
#include <string.h>

#include "base/rng.h"
#include "stats/distribution.h"
#include "stats/resample.h"

enum { DRAWS = 100 };

/* The chosen rows, copied. */
typedef struct Rows {
	size_t count, classes;
	double *scores, *truth;
	uint32_t *decided;
} Rows;

/* So many that they have at most `numbers` scores when each stands for one of each class. */
static size_t most_rows(const Scored *s, size_t numbers)
{
	return MAX(numbers / (s->classes * s->classes), 100);
}

static void decide(const Scored *s, const Rows *r, size_t to, size_t from)
{
	const double *row = s->scores + from * s->classes;
	uint32_t best = 0;
	for (uint32_t k = 1; k < s->classes; k++)
		best = row[k] > row[best] ? k : best;
	r->decided[to] = s->decided ? s->decided[from] : best;
}

static Rows rows_choose(const Scored *s, const double *truth, uint64_t seed, size_t most)
{
	Rows r = {.classes = s->classes};
	g_autofree uint32_t *chosen = resample_choose(s->rows, most, seed, &r.count);
	size_t width = s->classes * sizeof(double);
	r.scores = g_malloc(MAX(r.count, 1) * width);
	r.truth = g_malloc(MAX(r.count, 1) * width);
	r.decided = g_new(uint32_t, MAX(r.count, 1));
	for (size_t i = 0; i < r.count; i++) {
		memcpy(r.scores + i * s->classes, s->scores + chosen[i] * s->classes, width);
		memcpy(r.truth + i * s->classes, truth + chosen[i] * s->classes, width);
		decide(s, &r, i, chosen[i]);
	}
	return r;
}

static void rows_clear(Rows *r)
{
	g_free(r->scores);
	g_free(r->truth);
	g_free(r->decided);
}

static void compute(const Scored *s, MetricEstimate *inout, size_t count)
{
	for (size_t m = 0; m < count; m++)
		inout[m].value = inout[m].metric->compute(s);
}

/* Each row once for each class. */
static void expect(const Scored *s, const Rows *r, MetricEstimate *inout, size_t count)
{
	size_t classes = r->classes, rows = r->count * classes;
	g_autofree double *scores = g_new(double, MAX(rows * classes, 1)), *y = g_new(double, MAX(rows, 1));
	g_autofree uint32_t *decided = g_new(uint32_t, MAX(rows, 1));
	for (size_t i = 0; i < rows; i++) {
		memcpy(scores + i * classes, r->scores + i / classes * classes, classes * sizeof *scores);
		y[i] = (double)(i % classes);
		decided[i] = r->decided[i / classes];
	}
	Scored whole = {.rows = rows,
	        .classes = classes,
	        .y = y,
	        .scores = scores,
	        .weight = r->truth,
	        .decided = decided,
	        .positive = s->positive};
	g_autofree uint32_t *order = scored_order(&whole);
	whole.order = order;
	compute(&whole, inout, count);
}

static size_t draw_class(const double *truth, size_t classes, double at)
{
	size_t k = 0;
	for (double sum = truth[0]; k + 1 < classes && at >= sum; sum += truth[k])
		k++;
	return k;
}

/* The spread of the metrics over labels drawn by the probabilities. */
static void spread(const Scored *s, const Rows *r, uint64_t seed, MetricEstimate *inout, size_t count)
{
	g_autofree double *y = g_new(double, MAX(r->count, 1)), *sum = g_new0(double, count),
	                  *squares = g_new0(double, count);
	g_autofree MetricEstimate *drawn = g_memdup2(inout, count * sizeof *inout);
	g_autofree size_t *known = g_new0(size_t, count);
	Scored one = {.rows = r->count,
	        .classes = r->classes,
	        .y = y,
	        .scores = r->scores,
	        .decided = r->decided,
	        .positive = s->positive};
	g_autofree uint32_t *order = scored_order(&one); /* the scores stay */
	one.order = order;
	Rng rng = rng_stream(seed, "estimate");
	for (unsigned d = 0; d < DRAWS; d++) {
		for (size_t i = 0; i < r->count; i++)
			y[i] = (double)draw_class(r->truth + i * r->classes, r->classes, rng_unit(&rng));
		compute(&one, drawn, count);
		for (size_t m = 0; m < count; m++) {
			double off = drawn[m].value - inout[m].value; /* near zero: nothing is lost in the squares */
			known[m] += isfinite(off) ? 1 : 0;
			sum[m] += isfinite(off) ? off : 0;
			squares[m] += isfinite(off) ? off * off : 0;
		}
	}
	for (size_t m = 0; m < count; m++) {
		double n = (double)known[m];
		inout[m].sd = known[m] > DRAWS / 2 ? sqrt(MAX(squares[m] - sum[m] * sum[m] / n, 0) / (n - 1)) : NAN;
	}
}

void estimate_values(const Scored *s, const double *truth, uint64_t seed, MetricEstimate *inout, size_t count)
{
	Rows all = rows_choose(s, truth, seed, most_rows(s, ESTIMATE_NUMBERS));
	expect(s, &all, inout, count);
	rows_clear(&all);
	for (size_t m = 0; m < count; m++)
		inout[m].sd = NAN;
}

void estimate_metrics(const Scored *s, const double *truth, uint64_t seed, MetricEstimate *inout, size_t count)
{
	estimate_values(s, truth, seed, inout, count);
	Rows some = rows_choose(s, truth, seed, MIN((size_t)ESTIMATE_ROWS, most_rows(s, ESTIMATE_NUMBERS / 4)));
	g_autofree MetricEstimate *spreads = g_memdup2(inout, count * sizeof *inout);
	expect(s, &some, spreads, count);
	spread(s, &some, seed, spreads, count);
	for (size_t m = 0; m < count; m++)
		inout[m].sd = spreads[m].sd * sqrt((double)some.count / (double)MAX(s->rows, 1));
	rows_clear(&some);
}

EstimateGap estimate_gap(MetricEstimate e, double realised, size_t rows, size_t learnt)
{
	double se = e.sd * sqrt(1 + (learnt ? (double)rows / (double)learnt : 0));
	EstimateGap gap = {.estimated = e.value, .realised = realised, .z = NAN, .p = NAN};
	if (!isfinite(e.value) || !isfinite(realised) || !isfinite(se))
		return gap;
	gap.z = se > 0 ? (realised - e.value) / se : realised == e.value ? 0 : copysign(INFINITY, realised - e.value);
	gap.p = isfinite(gap.z) ? normal_two_sided(gap.z) : 0;
	return gap;
}
