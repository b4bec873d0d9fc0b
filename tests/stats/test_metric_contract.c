/* test_metric_contract.c: what every metric of the table keeps, whatever it measures; and the bootstrap's properties. */
#include "stats/metric.h"

#include <float.h>
#include <math.h>
#include <string.h>

#include "base/json.h"
#include "base/rng.h"

/* A random problem of each task: probabilities that know something, weights from 0 to 3, ties. */
typedef struct Problem {
	Scored s;
	double *y, *scores, *weight;
	uint32_t *decided;
} Problem;

static Problem *problem_new(size_t rows, size_t classes, uint64_t seed)
{
	Problem *p = g_new0(Problem, 1);
	size_t outputs = MAX(classes, 1);
	p->y = g_new(double, rows);
	p->scores = g_new(double, rows *outputs);
	p->weight = g_new(double, rows);
	p->decided = g_new(uint32_t, rows);
	Rng rng = rng_stream(seed, "problem");
	for (size_t i = 0; i < rows; i++) {
		double *scores = p->scores + i * outputs, sum = 0;
		p->y[i] = classes ? (double)rng_below(&rng, classes) : 5 + rng_normal(&rng);
		p->weight[i] = (double)rng_below(&rng, 4);
		for (size_t c = 0; c < outputs; c++)
			sum += scores[c] = ceil(20 * rng_unit(&rng)) + (classes && p->y[i] == (double)c ? 8 : 1);
		for (size_t c = 0; c < outputs; c++)
			scores[c] = classes ? scores[c] / sum : p->y[i] + 0.1 * (scores[c] - 10);
		p->decided[i] = (uint32_t)rng_below(&rng, outputs);
	}
	p->s = (Scored){rows, classes, p->y, p->scores, p->weight, classes ? p->decided : NULL, classes == 2};
	return p;
}

static void problem_free(Problem *p)
{
	g_free(p->y);
	g_free(p->scores);
	g_free(p->weight);
	g_free(p->decided);
	g_free(p);
}
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Problem, problem_free)

static const size_t TASK_CLASSES[] = {2, 5, 0};

static bool close_to(double a, double b)
{
	return (isnan(a) && isnan(b)) || fabs(a - b) <= 1e-11 * MAX(1, fabs(b));
}

/* Calls check for each metric on a problem of each task that it fits. */
static void each_metric(size_t rows, void (*check)(const MetricKind *m, const Scored *s))
{
	for (size_t t = 0; t < G_N_ELEMENTS(TASK_CLASSES); t++) {
		for (uint64_t seed = 1; seed <= 5; seed++) {
			g_autoptr(Problem) p = problem_new(rows, TASK_CLASSES[t], seed);
			for (size_t i = 0; METRICS[i]; i++)
				if (METRICS[i]->tasks & scored_task(&p->s))
					check(METRICS[i], &p->s);
		}
	}
}

static void check_perfect(const MetricKind *m, const Scored *s)
{
	size_t outputs = MAX(s->classes, 1);
	g_autofree double *scores = g_new0(double, s->rows *outputs);
	g_autofree uint32_t *decided = g_new(uint32_t, s->rows);
	for (size_t i = 0; i < s->rows; i++) {
		if (s->classes)
			scores[i * outputs + (size_t)s->y[i]] = 1;
		else
			scores[i] = s->y[i];
		decided[i] = (uint32_t)s->y[i];
	}
	Scored perfect = *s;
	perfect.scores = scores;
	perfect.decided = s->classes ? decided : NULL;
	double value = m->compute(&perfect);
	/* A lift is at most one over the rate of positives; without false alarms a likelihood ratio is not defined. */
	bool reached = strcmp(m->name, "lift_10") == 0       ? value > 1 && value <= m->best
	               : strcmp(m->name, "lr_positive") == 0 ? isnan(value)
	                                                     : close_to(value, m->best);
	if (!reached)
		g_error("%s: perfect predictions give %.17g", m->name, value);
}

static void check_range(const MetricKind *m, const Scored *s)
{
	double value = m->compute(s), low = MIN(m->worst, m->best), high = MAX(m->worst, m->best);
	bool inside = value >= low && value <= high;
	if (!inside && !strcmp(m->name, "mean_error"))
		inside = isfinite(value); /* the one with values on both sides of its best */
	if (!inside)
		g_error("%s: %.17g is not in %g .. %g", m->name, value, low, high);
	g_assert_cmpint(metric_compare(m, m->best, value), >=, 0);
	g_assert_cmpint(metric_compare(m, value, NAN), ==, 1);
	g_assert_cmpint(metric_compare(m, NAN, value), ==, -1);
	g_assert_cmpint(metric_compare(m, NAN, NAN), ==, 0);
	g_assert_cmpint(metric_compare(m, m->best, m->best), ==, 0);
	g_assert_true(m->larger_is_better == (m->best > m->worst));
}

/* The rows named by pick, as a problem of their own; weighted: with their weights. */
static double on_rows(const MetricKind *m, const Scored *s, const uint32_t *pick, size_t count, bool weighted)
{
	size_t outputs = MAX(s->classes, 1);
	g_autofree double *y = g_new(double, count), *scores = g_new(double, count *outputs);
	g_autofree double *weight = g_new(double, count);
	g_autofree uint32_t *decided = g_new(uint32_t, count);
	for (size_t i = 0; i < count; i++) {
		y[i] = s->y[pick[i]];
		weight[i] = s->weight[pick[i]];
		decided[i] = s->decided ? s->decided[pick[i]] : 0;
		memcpy(scores + i * outputs, s->scores + pick[i] * outputs, outputs * sizeof *scores);
	}
	Scored copy = {
	        count, s->classes, y, scores, weighted ? weight : NULL, s->decided ? decided : NULL, s->positive};
	return m->compute(&copy);
}

static void check_row_order(const MetricKind *m, const Scored *s)
{
	g_autofree uint32_t *pick = g_new(uint32_t, s->rows);
	for (size_t i = 0; i < s->rows; i++)
		pick[i] = (uint32_t)i;
	Rng rng = rng_stream(9, "shuffle");
	rng_shuffle(&rng, pick, s->rows);
	double shuffled = on_rows(m, s, pick, s->rows, true);
	if (!close_to(shuffled, m->compute(s)))
		g_error("%s: %.17g shuffled, %.17g before", m->name, shuffled, m->compute(s));
}

/* Weights 0, 1, 2, 3 are the row left out, once, twice, three times. */
static void check_weights(const MetricKind *m, const Scored *s)
{
	g_autofree uint32_t *pick = g_new(uint32_t, s->rows * 4);
	size_t count = 0;
	for (size_t i = 0; i < s->rows; i++)
		for (unsigned k = 0; k < (unsigned)s->weight[i]; k++)
			pick[count++] = (uint32_t)i;
	double repeated = on_rows(m, s, pick, count, false);
	if (!close_to(repeated, m->compute(s)))
		g_error("%s: %.17g with repeated rows, %.17g with weights", m->name, repeated, m->compute(s));
}

static void check_order_given(const MetricKind *m, const Scored *s)
{
	Scored ordered = *s;
	g_autofree uint32_t *order = scored_order(s);
	ordered.order = order;
	g_assert_true(m->compute(&ordered) == m->compute(s));
}

/* The ways to the same value agree: from the rows' values, and from the steps of a binary problem. */
static void check_ways(const MetricKind *m, const Scored *s)
{
	if (m->of_steps && s->classes == 2) {
		g_autoptr(MetricSteps) steps = metric_steps(s);
		g_assert_true(m->of_steps(steps) == m->compute(s));
	}
	if (!m->of_row)
		return;
	double sum = 0, total = 0;
	for (size_t i = 0; i < s->rows; i++) {
		sum += s->weight[i] * m->of_row(s, i);
		total += s->weight[i];
	}
	double mean = sum / total, whole = m->of_nothing ? 1 - mean / m->of_nothing(s) : mean;
	g_assert_true(close_to(m->root ? sqrt(mean) : whole, m->compute(s)));
}

/* No rows, and rows that all weigh nothing. */
static void check_nothing(const MetricKind *m, const Scored *s)
{
	Scored none = {0, s->classes, .positive = s->positive};
	g_assert_true(isnan(m->compute(&none)));
	g_autofree double *zeros = g_new0(double, s->rows);
	Scored light = *s;
	light.weight = zeros;
	g_assert_true(isnan(m->compute(&light)));
}

static void test_perfect(void)
{
	each_metric(200, check_perfect);
}

static void test_range(void)
{
	each_metric(200, check_range);
}

static void test_row_order(void)
{
	each_metric(300, check_row_order);
	each_metric(5000, check_row_order);
}

static void test_weights(void)
{
	each_metric(7, check_weights);
	each_metric(300, check_weights);
}

static void test_order_given(void)
{
	each_metric(300, check_order_given);
}

static void test_ways(void)
{
	each_metric(300, check_ways);
}

static void test_nothing(void)
{
	each_metric(3, check_nothing);
	for (size_t t = 0; t < G_N_ELEMENTS(TASK_CLASSES); t++) {
		Scored none = {0, TASK_CLASSES[t], .positive = 1};
		json_auto_t *all = metrics_with_intervals(&none, 20, 0.95, 1, 100);
		const char *name;
		json_t *interval;
		json_object_foreach (all, name, interval)
			g_assert_true(json_is_null(json_object_get(interval, "value")));
		g_assert_cmpuint(json_object_size(all), >, 6);
	}
}

/* Names are unique; a threshold's metric exists and is one of decisions. */
static void test_table(void)
{
	for (size_t i = 0; METRICS[i]; i++) {
		const MetricKind *m = METRICS[i];
		g_assert_true(metric_find(m->name) == m);
		g_assert_true((m->threshold_by != NULL) == ((m->tasks & METRIC_BINARY) != 0));
		g_assert_true(!m->threshold_by || metric_find(m->threshold_by)->of_counts);
		g_assert_true(m->help && m->label && m->compute);
	}
	g_assert_null(metric_find("nonsense"));
	g_assert_null(metric_find(NULL));
}

/* An interval holds its value, is the same for the same seed, differs for another, and is null-free on plain rows. */
static void test_intervals(void)
{
	for (size_t t = 0; t < G_N_ELEMENTS(TASK_CLASSES); t++) {
		g_autoptr(Problem) p = problem_new(3000, TASK_CLASSES[t], 4);
		json_auto_t *a = metrics_with_intervals(&p->s, 50, 0.9, 7, 1000);
		json_auto_t *b = metrics_with_intervals(&p->s, 50, 0.9, 7, 1000);
		json_auto_t *c = metrics_with_intervals(&p->s, 50, 0.9, 8, 1000);
		json_auto_t *plain = metrics_compute(&p->s);
		g_assert_true(json_equal(a, b));
		g_assert_false(json_equal(a, c));
		g_assert_cmpuint(json_object_size(a), ==, json_object_size(plain));
		const char *name;
		json_t *interval;
		json_object_foreach (a, name, interval) {
			double value = json_get_number(interval, "value", NAN);
			g_assert_cmpfloat(value, ==, json_get_number(plain, name, NAN));
			g_assert_cmpfloat(json_get_number(interval, "low", NAN), <=, value);
			g_assert_cmpfloat(json_get_number(interval, "high", NAN), >=, value);
		}
	}
}

static double width_of(const json_t *intervals, const char *name)
{
	const json_t *interval = json_object_get(intervals, name);
	return json_get_number(interval, "high", NAN) - json_get_number(interval, "low", NAN);
}

/* Accuracy 0.8 on n rows: the interval's width is 2 x 1.96 sqrt(0.8 x 0.2 / n), on all rows and on a sample of a quarter
 * of them; the bootstrap's own noise with 400 draws is below a tenth. */
static void test_interval_width(void)
{
	enum { ROWS = 4000 };
	g_autofree double *y = g_new0(double, ROWS), *scores = g_new0(double, ROWS * 2);
	g_autofree uint32_t *decided = g_new(uint32_t, ROWS);
	for (size_t i = 0; i < ROWS; i++) {
		y[i] = (double)(i % 2);
		decided[i] = (uint32_t)((i % 2) ^ (i % 5 == 0));
	}
	Scored s = {ROWS, 2, y, scores, NULL, decided, 1};
	double expected = 2 * 1.959964 * sqrt(0.16 / ROWS);
	json_auto_t *full = metrics_with_intervals(&s, 400, 0.95, 1, ROWS);
	json_auto_t *part = metrics_with_intervals(&s, 400, 0.95, 1, ROWS / 4);
	g_assert_cmpfloat(fabs(width_of(full, "accuracy") / expected - 1), <, 0.15);
	g_assert_cmpfloat(fabs(width_of(part, "accuracy") / expected - 1), <, 0.2);
}

/* Not a verdict, a figure: how long 3 million rows take.  Run with -m perf. */
static void test_speed(void)
{
	if (!g_test_perf()) {
		g_test_skip("only with -m perf");
		return;
	}
	g_autoptr(Problem) p = problem_new(3000000, 2, 1);
	for (size_t i = 0; i < p->s.rows; i++)
		p->scores[2 * i] = 1 - (p->scores[2 * i + 1] += 1e-9 * (double)(i * 2654435761u % 4000037));
	g_test_timer_start();
	double auc = metric_find("roc_auc")->compute(&p->s);
	g_test_message("roc_auc of 3 million rows: %.3f s (%.4f)", g_test_timer_elapsed(), auc);
	g_test_timer_start();
	json_auto_t *all = metrics_compute(&p->s);
	g_test_message("all metrics of 3 million rows: %.3f s", g_test_timer_elapsed());
	g_test_timer_start();
	json_auto_t *intervals = metrics_with_intervals(&p->s, 200, 0.95, 1, 100000);
	g_test_message("and 200 draws of 100,000 rows: %.3f s", g_test_timer_elapsed());
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/metric-contract/table", test_table);
	g_test_add_func("/metric-contract/perfect", test_perfect);
	g_test_add_func("/metric-contract/range", test_range);
	g_test_add_func("/metric-contract/row-order", test_row_order);
	g_test_add_func("/metric-contract/weights", test_weights);
	g_test_add_func("/metric-contract/order-given", test_order_given);
	g_test_add_func("/metric-contract/ways", test_ways);
	g_test_add_func("/metric-contract/nothing", test_nothing);
	g_test_add_func("/metric-contract/intervals", test_intervals);
	g_test_add_func("/metric-contract/interval-width", test_interval_width);
	g_test_add_func("/metric-contract/speed", test_speed);
	return g_test_run();
}
