/* test_calibration.c: each calibration against published values or the truth it was made by; choosing; damage. */
#include "stats/calibration.h"

#include <math.h>
#include <string.h>

#include "base/error.h"
#include "base/json.h"
#include "base/rng.h"
#include "stats/threshold.h"

enum { ROWS = 20000 };

typedef struct Sample {
	double y[ROWS], scores[3 * ROWS];
	Scored s;
} Sample;

static double sigmoid(double x)
{
	return 1 / (1 + exp(-x));
}

/* Two classes whose log odds are the truth's, bent by `bend`. */
static Sample *sample_new(double (*bend)(double odds))
{
	Sample *t = g_new0(Sample, 1);
	Rng rng = rng_stream(1, "sample");
	for (size_t i = 0; i < ROWS; i++) {
		double odds = 1.5 * rng_normal(&rng) - 0.5, p = sigmoid(bend(odds));
		t->y[i] = rng_unit(&rng) < sigmoid(odds);
		t->scores[2 * i] = 1 - p;
		t->scores[2 * i + 1] = p;
	}
	t->s = (Scored){.rows = ROWS, .classes = 2, .y = t->y, .scores = t->scores, .positive = 1};
	return t;
}

static json_t *fit(const Scored *s, const char *method, const char *taken)
{
	json_t *calibration = NULL;
	json_auto_t *told = NULL;
	calibration_fit(s, method, 3, &calibration, &told);
	g_assert_cmpstr(json_get_text(told, "method", ""), ==, method);
	g_assert_cmpstr(json_get_text(told, "taken", ""), ==, taken);
	g_assert_true((calibration == NULL) == (strcmp(taken, "none") == 0));
	return calibration;
}

static double number(const json_t *calibration, size_t i)
{
	return json_number_value(json_array_get(json_array_get(json_object_get(calibration, "curves"), 0), i));
}

/* scikit-learn's test_sigmoid_calibration, whose values are those of libsvm's own code: f = 5, -4, 1 and y = 1, -1, -1 give
 * A = -0.20261354391187855, B = 0.65236314980010512 in 1/(1 + exp(A f + B)), where libsvm stops at 1e-5 of its slope. */
static void test_platt(void)
{
	const double f[] = {5, -4, 1}, y[] = {1, 0, 0};
	double scores[6];
	for (size_t i = 0; i < 3; i++) {
		scores[2 * i + 1] = sigmoid(f[i]);
		scores[2 * i] = 1 - scores[2 * i + 1];
	}
	Scored s = {.rows = 3, .classes = 2, .y = y, .scores = scores, .positive = 1};
	json_auto_t *c = fit(&s, "platt", "platt");
	g_assert_cmpfloat_with_epsilon(number(c, 0), 0.20261354391187855, 1e-5);
	g_assert_cmpfloat_with_epsilon(number(c, 1), -0.65236314980010512, 1e-5);
}

static double doubled(double odds)
{
	return 2 * odds + 1;
}

static double kept(double odds)
{
	return odds;
}

/* What was doubled and moved is halved and moved back; a temperature can only halve. */
static void test_truth(void)
{
	Sample *t = sample_new(doubled);
	json_auto_t *platt = fit(&t->s, "platt", "platt");
	json_auto_t *beta = fit(&t->s, "beta", "beta");
	g_assert_cmpfloat_with_epsilon(number(platt, 0), 0.5, 0.03);
	g_assert_cmpfloat_with_epsilon(number(platt, 1), -0.5, 0.06);
	g_assert_cmpfloat_with_epsilon(number(beta, 0), 0.5, 0.06);
	g_assert_cmpfloat_with_epsilon(number(beta, 1), 0.5, 0.06);
	g_assert_cmpfloat_with_epsilon(number(beta, 2), -0.5, 0.12);
	g_free(t);
	Sample *right = sample_new(kept);
	json_auto_t *one = fit(&right->s, "temperature", "temperature");
	g_assert_cmpfloat_with_epsilon(number(one, 0), 1, 0.05);
	g_free(right);
}

/* Three classes, each row's probabilities squared and divided: the temperature is 2. */
static void test_temperature(void)
{
	Sample *t = g_new0(Sample, 1);
	Rng rng = rng_stream(2, "three");
	for (size_t i = 0; i < ROWS; i++) {
		double p[3], sum = 0, squares = 0, at = rng_unit(&rng);
		for (size_t k = 0; k < 3; k++)
			sum += p[k] = exp(rng_normal(&rng));
		for (size_t k = 0; k < 3; k++)
			squares += p[k] * p[k];
		t->y[i] = at < p[0] / sum ? 0 : at < (p[0] + p[1]) / sum ? 1 : 2;
		for (size_t k = 0; k < 3; k++)
			t->scores[3 * i + k] = p[k] * p[k] / squares;
	}
	t->s = (Scored){.rows = ROWS, .classes = 3, .y = t->y, .scores = t->scores};
	json_auto_t *c = fit(&t->s, "temperature", "temperature");
	g_assert_cmpfloat_with_epsilon(number(c, 0), 2, 0.06);
	json_auto_t *chosen = fit(&t->s, "auto", "temperature");
	g_autoptr(Calibration) loaded = NULL;
	g_assert_true(calibration_load(chosen, 3, 0, &loaded, NULL));
	calibration_apply(loaded, t->scores, ROWS);
	for (size_t i = 0; i < ROWS; i++)
		g_assert_cmpfloat_with_epsilon(
		        t->scores[3 * i] + t->scores[3 * i + 1] + t->scores[3 * i + 2], 1, 1e-12);
	json_auto_t *again = fit(&t->s, "auto", "none");
	g_assert_null(again);
	g_free(t);
}

/* By hand: 0.1:0  0.2:1  0.3:0  0.4:1  0.4:1  0.6:0  0.9:1 pools to 0, 1/2 (0.2..0.3), 2/3 (0.4..0.6), 1. */
static void test_isotonic(void)
{
	const double p[] = {0.4, 0.1, 0.9, 0.3, 0.4, 0.2, 0.6}, y[] = {1, 0, 1, 0, 1, 1, 0};
	const double wanted[] = {0.1, 0, 0.2, 0.5, 0.3, 0.5, 0.4, 2.0 / 3, 0.6, 2.0 / 3, 0.9, 1};
	const double asked[] = {0, 0.1, 0.15, 0.25, 0.35, 0.5, 0.75, 1};
	const double answers[] = {0, 0, 0.25, 0.5, 7.0 / 12, 2.0 / 3, 5.0 / 6, 1};
	double scores[2 * G_N_ELEMENTS(p)], rows[2 * G_N_ELEMENTS(asked)];
	for (size_t i = 0; i < G_N_ELEMENTS(p); i++) {
		scores[2 * i] = p[i]; /* the positive class is the first */
		scores[2 * i + 1] = 1 - p[i];
	}
	double classes[G_N_ELEMENTS(y)];
	for (size_t i = 0; i < G_N_ELEMENTS(y); i++)
		classes[i] = 1 - y[i];
	Scored s = {.rows = G_N_ELEMENTS(p), .classes = 2, .y = classes, .scores = scores, .positive = 0};
	json_auto_t *c = fit(&s, "isotonic", "isotonic");
	for (size_t i = 0; i < G_N_ELEMENTS(wanted); i++)
		g_assert_cmpfloat_with_epsilon(number(c, i), wanted[i], 1e-12);
	for (size_t i = 0; i < G_N_ELEMENTS(asked); i++)
		rows[2 * i] = asked[i];
	g_autoptr(Calibration) loaded = NULL;
	g_assert_true(calibration_load(c, 2, 0, &loaded, NULL));
	calibration_apply(loaded, rows, G_N_ELEMENTS(asked));
	for (size_t i = 0; i < G_N_ELEMENTS(asked); i++) {
		g_assert_cmpfloat_with_epsilon(rows[2 * i], answers[i], 1e-12);
		g_assert_cmpfloat_with_epsilon(rows[2 * i] + rows[2 * i + 1], 1, 1e-12);
	}
}

/* Right ones are left alone, bent ones are put right, and what `auto` may take never changes the order of rows. */
static void test_auto(void)
{
	Sample *right = sample_new(kept), *bent = sample_new(doubled);
	json_auto_t *none = fit(&right->s, "auto", "none");
	json_auto_t *told = NULL;
	json_auto_t *c = NULL;
	g_assert_null(none);
	const MetricKind *loss = metric_find("log_loss"), *auc = metric_find("roc_auc");
	double before = loss->compute(&bent->s), order = auc->compute(&bent->s);
	calibration_fit(&bent->s, "auto", 3, &c, &told);
	g_assert_nonnull(c);
	g_assert_cmpfloat(json_get_number(told, "gain", 0), >, json_get_number(told, "error", 1));
	g_autoptr(Calibration) loaded = NULL;
	g_assert_true(calibration_load(c, 2, 1, &loaded, NULL));
	calibration_apply(loaded, bent->scores, ROWS);
	g_assert_cmpfloat_with_epsilon(loss->compute(&bent->s), loss->compute(&right->s), 0.002);
	g_assert_cmpfloat(loss->compute(&bent->s), <, before);
	g_assert_cmpfloat_with_epsilon(auc->compute(&bent->s), order, 1e-12);
	g_free(right);
	g_free(bent);
}

static void test_one_class(void)
{
	const double y[] = {1, 1, 1}, scores[] = {0.5, 0.5, 0.2, 0.8, 0.1, 0.9};
	Scored s = {.rows = 3, .classes = 2, .y = y, .scores = scores, .positive = 1};
	json_decref(fit(&s, "platt", "none"));
	json_decref(fit(&s, "auto", "none"));
	json_decref(fit(&s, "none", "none"));
}

static void test_damage(void)
{
	static const char *const BROKEN[] = {"{}", "{\"method\":\"magic\",\"curves\":[[1,2]]}",
	        "{\"method\":\"platt\",\"curves\":[]}", "{\"method\":\"platt\",\"curves\":[[1]]}",
	        "{\"method\":\"platt\",\"curves\":[[1,2],[1,2]]}", "{\"method\":\"platt\",\"curves\":[[1,null]]}",
	        "{\"method\":\"platt\",\"curves\":[[1,1e300]]}", "{\"method\":\"temperature\",\"curves\":[[0]]}",
	        "{\"method\":\"isotonic\",\"curves\":[[]]}", "{\"method\":\"isotonic\",\"curves\":[[0.1,0.2,0.3]]}",
	        "{\"method\":\"isotonic\",\"curves\":[[0.1,0.5,0.3,0.4]]}",
	        "{\"method\":\"isotonic\",\"curves\":[[0.3,0.1,0.1,0.4]]}"};
	for (size_t i = 0; i < G_N_ELEMENTS(BROKEN); i++) {
		json_auto_t *json = json_loads(BROKEN[i], 0, NULL);
		g_autoptr(GError) error = NULL;
		Calibration *c = NULL;
		if (calibration_load(json, 2, 1, &c, &error))
			g_error("%s was loaded", BROKEN[i]);
		g_assert_error(error, FAIL, FAIL_BROKEN);
	}
}

/* With probabilities that are right, deciding positive pays from (fp - tn) / (fp - tn + fn - tp) on (Elkan 2001). */
static void test_costs(void)
{
	static const DecisionCosts COSTS[] = {
	        {.fp = 1, .fn = 1}, {.fp = 1, .fn = 4}, {.tp = -40, .fp = 10}, {.tp = -1, .fp = 3, .fn = 2, .tn = -1}};
	Sample *t = sample_new(kept);
	for (size_t i = 0; i < G_N_ELEMENTS(COSTS); i++) {
		const DecisionCosts *c = &COSTS[i];
		double wanted = (c->fp - c->tn) / (c->fp - c->tn + c->fn - c->tp);
		Threshold found = threshold_choose_costs(&t->s, c);
		g_assert_cmpfloat_with_epsilon(found.threshold, wanted, 0.05);
		double cost = 0;
		for (size_t k = 0; k < ROWS; k++) {
			bool yes = t->scores[2 * k + 1] >= found.threshold;
			cost += t->y[k] > 0 ? (yes ? c->tp : c->fn) : (yes ? c->fp : c->tn);
		}
		g_assert_cmpfloat_with_epsilon(found.value, cost / ROWS, 1e-12);
	}
	g_free(t);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/calibration/platt", test_platt);
	g_test_add_func("/calibration/truth", test_truth);
	g_test_add_func("/calibration/temperature", test_temperature);
	g_test_add_func("/calibration/isotonic", test_isotonic);
	g_test_add_func("/calibration/auto", test_auto);
	g_test_add_func("/calibration/one-class", test_one_class);
	g_test_add_func("/calibration/damage", test_damage);
	g_test_add_func("/calibration/costs", test_costs);
	return g_test_run();
}
