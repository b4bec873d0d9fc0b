/* drift.c: two samples side by side: the walk, the bins and the verdict. */
#include "stats/drift.h"

#include <glib.h>
#include <math.h>

#include "stats/association.h"
#include "stats/distribution.h"
#include "stats/drift_inside.h"
#include "stats/test.h"

const DriftKind *const DRIFT_TESTS[] = {&DRIFT_KS, &DRIFT_PSI, &DRIFT_WASSERSTEIN, &DRIFT_JENSEN_SHANNON,
        &DRIFT_HELLINGER, &DRIFT_L_INFINITY, &DRIFT_CHI2, NULL};

/* Cochran's rule: below it chi-squared's tail is not trusted. */
#define EXPECTED_ROWS 5

static void give(const DriftKind *kind, DriftSums *s, DriftGroup g)
{
	kind->add(s, g);
	s->seen_a += g.a;
	s->seen_b += g.b;
	s->groups++;
	s->last = g.value;
}

void drift_give_value(DriftSums *sums, DriftGroup g)
{
	for (size_t k = 0; DRIFT_TESTS[k]; k++)
		if (DRIFT_TESTS[k]->of_values)
			give(DRIFT_TESTS[k], &sums[k], g);
}

void drift_give_group(unsigned type, DriftSums *sums, DriftGroup g)
{
	for (size_t k = 0; DRIFT_TESTS[k] && (g.a || g.b); k++)
		if (DRIFT_TESTS[k]->types & type && !(type == DRIFT_NUMBERS && DRIFT_TESTS[k]->of_values))
			give(DRIFT_TESTS[k], &sums[k], g);
}

void drift_begin(DriftReport *report, unsigned type, int64_t rows_a, int64_t rows_b, DriftSums *sums)
{
	*report = (DriftReport){.type = type, .rows_a = rows_a, .rows_b = rows_b, .effect = NAN, .p = NAN};
	for (size_t k = 0; DRIFT_TESTS[k]; k++)
		sums[k] = (DriftSums){.rows_a = rows_a, .rows_b = rows_b};
}

void drift_end(DriftReport *report, const DriftSums *sums)
{
	for (size_t k = 0; DRIFT_TESTS[k]; k++)
		if (DRIFT_TESTS[k]->types & report->type)
			report->figures[k] = report->rows_a && report->rows_b ? DRIFT_TESTS[k]->end(&sums[k])
			                                                      : (DriftFigure){NAN, NAN};
}

/* One sample, one value ahead. */
typedef struct Head {
	DriftStream stream;
	double value;
	bool any;
} Head;

static void advance(Head *h)
{
	h->any = h->stream.next(h->stream.source, &h->value);
}

/* How many rows have this value. */
static int64_t take(Head *h, double value)
{
	int64_t count = 0;
	for (; h->any && h->value <= value; advance(h))
		count++;
	return count;
}

/* The bins under way.  The deciles of A become known as A is walked through: a decile that lies between two values needs the
 * next value of A, which is its head.  Values of B below that head come later, so no edge is ever late. */
typedef struct Bins {
	double edges[DRIFT_BINS - 1];
	int known, bin; /* edges known; the bin of the group before */
	DriftGroup open;
	DriftSums *sums;
} Bins;

static void close_bin(Bins *b)
{
	drift_give_group(DRIFT_NUMBERS, b->sums, b->open);
	b->open = (DriftGroup){0};
}

static void bins_add(Bins *b, DriftGroup g)
{
	int bin = b->bin;
	while (bin < b->known && b->edges[bin] < g.value)
		bin++;
	if (bin != b->bin)
		close_bin(b);
	b->bin = bin;
	b->open.a += g.a;
	b->open.b += g.b;
}

/* numpy's quantile (type 7) at tenths: the ones that `seen` values of A and the next one decide. */
static void find_edges(Bins *b, double value, int64_t seen, const Head *a)
{
	while (b->known < DRIFT_BINS - 1) {
		double rank = (double)(a->stream.rows - 1) * (b->known + 1) / DRIFT_BINS, low = floor(rank);
		if (low >= (double)seen)
			return;
		bool between = low + 1 >= (double)seen && a->any;
		b->edges[b->known++] = between ? value + (rank - low) * (a->value - value) : value;
	}
}

void drift_numbers(DriftStream stream_a, DriftStream stream_b, DriftReport *ret)
{
	DriftSums sums[DRIFT_KINDS];
	Head a = {stream_a}, b = {stream_b};
	Bins bins = {.sums = sums};
	KsGap gap = {stream_a.rows, stream_b.rows, 0};
	int64_t seen_a = 0, seen_b = 0;
	drift_begin(ret, DRIFT_NUMBERS, stream_a.rows, stream_b.rows, sums);
	advance(&a);
	advance(&b);
	while (a.any || b.any) {
		double value = !b.any || (a.any && a.value <= b.value) ? a.value : b.value;
		DriftGroup g = {value, take(&a, value), take(&b, value)};
		bins_add(&bins, g);
		drift_give_value(sums, g);
		seen_a += g.a;
		seen_b += g.b;
		find_edges(&bins, value, seen_a, &a);
		gap.steps = MAX(gap.steps, llabs(seen_a * gap.b - seen_b * gap.a));
	}
	close_bin(&bins);
	drift_end(ret, sums);
	ret->effect = ks_value(gap);
	ret->p = ks_p(gap);
}

void drift_categories_begin(DriftCategories *c, int64_t rows_a, int64_t rows_b, DriftReport *ret)
{
	*c = (DriftCategories){.report = ret};
	drift_begin(ret, DRIFT_CATEGORIES, rows_a, rows_b, c->sums);
}

/* A category's part of chi-squared. */
static double chi2_part(const DriftReport *r, double a, double b)
{
	double share = (a + b) / (double)(r->rows_a + r->rows_b);
	double gap_a = a - share * (double)r->rows_a, gap_b = b - share * (double)r->rows_b;
	return gap_a * gap_a / (share * (double)r->rows_a) + gap_b * gap_b / (share * (double)r->rows_b);
}

static bool is_rare(const DriftReport *r, double rows)
{
	return rows * (double)MIN(r->rows_a, r->rows_b) < EXPECTED_ROWS * (double)(r->rows_a + r->rows_b);
}

void drift_categories_add(DriftCategories *c, int64_t a, int64_t b)
{
	DriftReport *r = c->report;
	drift_give_group(DRIFT_CATEGORIES, c->sums, (DriftGroup){(double)c->sums[0].groups, a, b});
	c->distance += fabs((double)a / (double)r->rows_a - (double)b / (double)r->rows_b) / 2;
	if (is_rare(r, (double)(a + b))) {
		c->rare_a += a;
		c->rare_b += b;
	} else {
		c->chi2 += chi2_part(r, (double)a, (double)b);
		c->groups++;
	}
}

void drift_categories_end(DriftCategories *c)
{
	DriftReport *r = c->report;
	double rare = (double)(c->rare_a + c->rare_b);
	drift_end(r, c->sums);
	if (rare > 0 && (!is_rare(r, rare) || c->groups > 0)) {
		c->chi2 += chi2_part(r, (double)c->rare_a, (double)c->rare_b);
		c->groups++;
	}
	if (!r->rows_a || !r->rows_b)
		return;
	r->effect = c->distance;
	if (c->groups > 1)
		r->p = chi2_above(c->chi2, c->groups - 1);
	else if (rare == 0) /* one and the same category everywhere */
		r->p = 1;
}

DriftQuestion drift_rates(int64_t hits_a, int64_t rows_a, int64_t hits_b, int64_t rows_b)
{
	DriftQuestion q = {NAN, NAN};
	if (!rows_a || !rows_b)
		return q;
	q.effect = fabs((double)hits_a / (double)rows_a - (double)hits_b / (double)rows_b);
	double counts[4] = {(double)hits_a, (double)(rows_a - hits_a), (double)hits_b, (double)(rows_b - hits_b)};
	if ((hits_a || hits_b) && (counts[1] > 0 || counts[3] > 0))
		q.p = chi2_above(contingency_chi2((Contingency){counts, 2, 2}, true), 1);
	return q;
}

void drift_judge(DriftQuestion *questions, size_t count, double alpha, double effect)
{
	g_autofree double *p = g_new(double, MAX(count, (size_t)1));
	for (size_t i = 0; i < count; i++)
		p[i] = questions[i].p;
	correct_benjamini_hochberg(p, count);
	for (size_t i = 0; i < count; i++) {
		questions[i].p_adjusted = p[i];
		questions[i].drifted = p[i] <= alpha && questions[i].effect >= effect;
	}
}
