/* test_estimate.c: expected metrics beside NannyML 0.13.1's functions on the same numbers, closed forms, and what happens when the concept
 * changes. */
#include "stats/estimate.h"

#include <math.h>

#include "base/rng.h"

static MetricEstimate wanted(const char *name)
{
	return (MetricEstimate){.metric = metric_find(name)};
}

/* Row i's place among `n`, in an order that is far from sorted. */
static double place(size_t i, size_t step, size_t n)
{
	return ((double)(i * step % n) + 0.5) / (double)n;
}

/* nannyml.performance_estimation.confidence_based.metrics: estimate_roc_auc(t, s), estimate_ap(t, s), estimate_f1(s >= 0.4, t) ... with
 * t = 0.9 s^1.5 + 0.02. */
static void test_binary(void)
{
	enum { N = 500 };
	static const struct {
		const char *metric;
		double value, within;
	} EXPECTED[] = {{"roc_auc", 0.8274304301712334, 1e-7}, /* it rounds its sums to 5 decimals */
	        {"pr_auc", 0.7358680255406473, 1e-7}, {"f1", 0.6848378669253189, 1e-12},
	        {"precision", 0.5592841310956239, 1e-12}, {"recall", 0.8830807237059576, 1e-12},
	        {"specificity", 0.5735009249813305, 1e-12}, {"accuracy", 0.69114117966236, 1e-12}};
	double scores[2 * N], truth[2 * N];
	uint32_t decided[N];
	for (size_t i = 0; i < N; i++) {
		double p = place(i, 7919, N), t = 0.9 * pow(p, 1.5) + 0.02;
		scores[2 * i] = 1 - p, scores[2 * i + 1] = p;
		truth[2 * i] = 1 - t, truth[2 * i + 1] = t;
		decided[i] = p >= 0.4;
	}
	Scored s = {.rows = N, .classes = 2, .scores = scores, .decided = decided, .positive = 1};
	for (size_t k = 0; k < G_N_ELEMENTS(EXPECTED); k++) {
		MetricEstimate e = wanted(EXPECTED[k].metric);
		estimate_metrics(&s, truth, 1, &e, 1);
		g_test_message("%s: %.12g, sd %.3g", EXPECTED[k].metric, e.value, e.sd);
		g_assert_cmpfloat_with_epsilon(e.value, EXPECTED[k].value, EXPECTED[k].within);
	}
}

/* The same functions, one class against the rest, averaged over three classes. */
static void test_multiclass(void)
{
	enum { N = 500 };
	static const struct {
		const char *metric;
		double value;
	} EXPECTED[] = {{"accuracy", 0.4785218114894853}, {"f1", 0.4651350219734504}, {"recall", 0.46355903762551703},
	        {"precision", 0.4677459675463222}};
	double p[3 * N];
	for (size_t i = 0; i < N; i++) {
		double a = place(i, 7919, N), b = place(i, 104729, N), sum = a + b + 0.7;
		p[3 * i] = a / sum, p[3 * i + 1] = b / sum, p[3 * i + 2] = 0.7 / sum;
	}
	Scored s = {.rows = N, .classes = 3, .scores = p};
	for (size_t k = 0; k < G_N_ELEMENTS(EXPECTED); k++) {
		MetricEstimate e = wanted(EXPECTED[k].metric);
		estimate_metrics(&s, p, 1, &e, 1);
		g_assert_cmpfloat_with_epsilon(e.value, EXPECTED[k].value, 1e-9);
	}
}

typedef struct World {
	size_t rows;
	double *p, *y;
	uint32_t *decided;
} World;

/* x ~ N(mean, 1); the model says P = 1 / (1 + exp(-2x)); what is so has logit 2x - shift. */
static World world_make(size_t rows, double mean, double shift)
{
	World w = {rows, g_new(double, 2 * rows), g_new(double, rows), g_new(uint32_t, rows)};
	Rng r = rng_stream(11, "world");
	for (size_t i = 0; i < rows; i++) {
		double x = mean + rng_normal(&r);
		w.p[2 * i + 1] = 1 / (1 + exp(-2 * x));
		w.p[2 * i] = 1 - w.p[2 * i + 1];
		w.y[i] = rng_unit(&r) < 1 / (1 + exp(shift - 2 * x));
		w.decided[i] = x >= 0;
	}
	return w;
}

static Scored world_scored(const World *w)
{
	return (Scored){.rows = w->rows, .classes = 2, .y = w->y, .scores = w->p, .decided = w->decided, .positive = 1};
}

static void world_clear(World *w)
{
	g_free(w->p);
	g_free(w->y);
	g_free(w->decided);
}

/* Accuracy exactly 0.77799 at mean 0 and 0.84134 at mean 1 (inputs shifted: estimated rightly); with the concept shifted by 1.5 the
 * estimate stays and reality is 0.71815 (integrals over the normal density). */
static void test_closed_forms(void)
{
	static const struct {
		double mean, shift, estimated, realised;
	} CASES[] = {{0, 0, 0.77799, 0.77799}, {1, 0, 0.84134, 0.84134}, {0, 1.5, 0.77799, 0.71815}};
	for (size_t i = 0; i < G_N_ELEMENTS(CASES); i++) {
		World w = world_make(20000, CASES[i].mean, CASES[i].shift);
		Scored s = world_scored(&w);
		MetricEstimate e = wanted("accuracy");
		estimate_metrics(&s, w.p, 1, &e, 1);
		EstimateGap gap = estimate_gap(e, e.metric->compute(&s), s.rows, 0);
		g_test_message("mean %g, shift %g: estimated %.4f (sd %.4f), realised %.4f, z %.1f", CASES[i].mean,
		        CASES[i].shift, gap.estimated, e.sd, gap.realised, gap.z);
		g_assert_cmpfloat_with_epsilon(gap.estimated, CASES[i].estimated, 0.005);
		g_assert_cmpfloat_with_epsilon(gap.realised, CASES[i].realised, 0.01);
		/* The sd is that of a mean of independent rows. */
		g_assert_cmpfloat(e.sd, >, 0.7 * sqrt(0.15 / 20000));
		g_assert_cmpfloat(e.sd, <, 1.3 * sqrt(0.18 / 20000));
		g_assert_true(CASES[i].shift > 0 ? gap.p < 1e-6 : gap.p > 0.001);
		world_clear(&w);
	}
}

/* Where nothing changed, p is what it says: of 300 windows about one in twenty is below 0.05, of every metric. */
static void test_level(void)
{
	static const char *const NAMES[] = {"accuracy", "roc_auc", "log_loss", "f1"};
	enum { WINDOWS = 300, COUNT = G_N_ELEMENTS(NAMES) };
	int below[COUNT] = {0};
	World all = world_make(WINDOWS * 200, 0.3, 0);
	for (size_t k = 0; k < WINDOWS; k++) {
		World w = {200, all.p + 400 * k, all.y + 200 * k, all.decided + 200 * k};
		Scored s = world_scored(&w);
		MetricEstimate e[COUNT];
		for (size_t m = 0; m < COUNT; m++)
			e[m] = wanted(NAMES[m]);
		estimate_metrics(&s, w.p, k, e, COUNT);
		for (size_t m = 0; m < COUNT; m++)
			below[m] += estimate_gap(e[m], e[m].metric->compute(&s), 200, 0).p < 0.05;
	}
	for (size_t m = 0; m < COUNT; m++) {
		g_test_message("%s: %d of 300 below 0.05", NAMES[m], below[m]);
		g_assert_cmpint(below[m], >=, 3);
		g_assert_cmpint(below[m], <=, 30);
	}
	world_clear(&all);
}

/* More rows than are looked at: the sd is that of all of them; and the same seed gives the same bits. */
static void test_many(void)
{
	World w = world_make(3 * ESTIMATE_ROWS, 0, 0);
	Scored all = world_scored(&w), part = all;
	part.rows = ESTIMATE_ROWS;
	MetricEstimate a = wanted("accuracy"), b = wanted("accuracy"), again = wanted("accuracy");
	estimate_metrics(&all, w.p, 1, &a, 1);
	estimate_metrics(&all, w.p, 1, &again, 1);
	estimate_metrics(&part, w.p, 1, &b, 1);
	g_assert_cmpfloat_with_epsilon(a.sd / b.sd, sqrt(1.0 / 3), 0.12);
	g_assert_true(a.value == again.value && a.sd == again.sd);
	world_clear(&w);
}

static void test_edges(void)
{
	Scored none = {.rows = 0, .classes = 2, .positive = 1};
	MetricEstimate e = wanted("accuracy");
	estimate_metrics(&none, NULL, 1, &e, 1);
	g_assert_true(isnan(e.value));
	g_assert_true(isnan(estimate_gap(e, 0.5, 0, 0).p));
	const double sure[] = {0, 1, 0, 1};
	Scored two = {.rows = 2, .classes = 2, .scores = sure, .positive = 1};
	estimate_metrics(&two, sure, 1, &e, 1);
	g_assert_true(e.value == 1 && e.sd == 0);
	g_assert_true(estimate_gap(e, 1, 2, 0).p == 1 && estimate_gap(e, 0.5, 2, 0).p == 0);
	MetricEstimate auc = wanted("roc_auc");
	estimate_metrics(&two, sure, 1, &auc, 1);
	g_assert_true(isnan(auc.value)); /* one class only */
	/* What was learnt from few rows is believed less. */
	MetricEstimate some = {e.metric, 0.8, 0.01};
	g_assert_cmpfloat_with_epsilon(estimate_gap(some, 0.83, 100, 0).z, 3, 1e-12);
	g_assert_cmpfloat_with_epsilon(estimate_gap(some, 0.83, 100, 100).z, 3 / sqrt(2), 1e-12);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/estimate/binary", test_binary);
	g_test_add_func("/estimate/multiclass", test_multiclass);
	g_test_add_func("/estimate/closed_forms", test_closed_forms);
	g_test_add_func("/estimate/level", test_level);
	g_test_add_func("/estimate/many", test_many);
	g_test_add_func("/estimate/edges", test_edges);
	return g_test_run();
}
