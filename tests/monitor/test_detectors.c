/* test_detectors.c: every detector against the indices that river publishes: in river/drift/test_drift_detectors.py (streams of
 * numpy, seed 12345), in its doc strings (streams of Python's random) and in MOA's EDDM test; and the contract of the table. */
#include "monitor/detector.h"

#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/rng.h"
#include "monitor/python_random.h"
#include "op/op.h"
#include "streams.h"

static GArray *bits(const char *hex)
{
	GArray *values = g_array_new(FALSE, FALSE, sizeof(double));
	for (; *hex; hex++)
		for (int bit = 3; bit >= 0; bit--) {
			double value = (g_ascii_xdigit_value(*hex) >> bit) & 1;
			g_array_append_val(values, value);
		}
	return values;
}

static GArray *first_stream(void)
{
	GArray *values = bits(S1_BITS);
	for (const char *c = S1_OCTAL; *c; c++) {
		double value = *c - '0';
		g_array_append_val(values, value);
	}
	return values;
}

/* random.choices with `levels` equal weights from `lowest` on. */
static void add_choices(GArray *values, PythonRandom *r, double lowest, unsigned levels)
{
	for (int i = 0; i < 1000; i++) {
		double value = lowest + (int)(python_random_unit(r) * levels);
		g_array_append_val(values, value);
	}
}

static GArray *rising_levels(void)
{
	PythonRandom r;
	GArray *values = g_array_new(FALSE, FALSE, sizeof(double));
	python_random_seed(&r, 12345);
	add_choices(values, &r, 0, 2);
	add_choices(values, &r, 4, 4);
	return values;
}

static GArray *four_levels(void)
{
	PythonRandom r;
	GArray *values = g_array_new(FALSE, FALSE, sizeof(double));
	python_random_seed(&r, 42);
	for (int i = 0; i < 4; i++)
		add_choices(values, &r, i % 2 ? 4 : 0, i % 2 ? 4 : 2);
	return values;
}

static GArray *one_step(void)
{
	GArray *values = g_array_new(FALSE, TRUE, sizeof(double));
	g_array_set_size(values, 100);
	for (guint i = 50; i < 100; i++)
		g_array_index(values, double, i) = 1000;
	return values;
}

/* choices([0, 1], k=1000), then with weights 0.3 and 0.7. */
static GArray *rising_errors(void)
{
	PythonRandom r;
	GArray *values = g_array_new(FALSE, FALSE, sizeof(double));
	python_random_seed(&r, 42);
	add_choices(values, &r, 0, 2);
	for (int i = 0; i < 1000; i++) {
		double value = python_random_unit(&r) >= 0.3;
		g_array_append_val(values, value);
	}
	return values;
}

static GArray *zeros_then_ones(void)
{
	GArray *values = g_array_new(FALSE, FALSE, sizeof(double));
	for (int i = 0; i < 2000; i++) {
		double value = i >= 1000;
		g_array_append_val(values, value);
	}
	return values;
}

static GArray *ones(void)
{
	GArray *values = zeros_then_ones();
	return g_array_remove_range(values, 0, 1000);
}

static GArray *second_stream(void)
{
	return bits(S2);
}

static GArray *third_stream(void)
{
	return bits(S3);
}

/* What a detector reports of a stream, as "1023 2015". */
static char *report(const char *name, const char *settings, const GArray *values, unsigned what)
{
	json_auto_t *params = json_loads(settings, 0, NULL);
	g_autoptr(GError) error = NULL;
	g_autoptr(Detector) d = NULL;
	GString *text = g_string_new(NULL);
	if (!detector_open(detector_kind(name), params, &d, &error))
		g_error("%s", error->message);
	for (guint i = 0; i < values->len; i++)
		if (detector_add(d, g_array_index(values, double, i)) & what)
			g_string_append_printf(text, "%s%u", text->len ? " " : "", i);
	return g_string_free(text, FALSE);
}

static const struct {
	const char *detector, *settings;
	GArray *(*stream)(void);
	const char *drifts;
} PUBLISHED[] = {
        {"adwin", "{}", first_stream, "1023"},
        {"adwin", "{}", rising_levels, "1023"},
        {"ddm", "{}", second_stream, "1049"},
        {"ddm", "{}", ones, ""},
        {"ddm", "{}", rising_errors, "1334"},
        {"eddm", "{\"alpha\": 0.9, \"beta\": 0.8}", second_stream, "1059"},
        {"eddm", "{\"alpha\": 0.8, \"beta\": 0.75}", rising_errors, "1278"},
        {"eddm", "{}", zeros_then_ones, "1030"},
        {"hddm_a", "{}", second_stream, "1047"},
        {"hddm_a", "{\"two_sided_test\": true}", third_stream, "531 1015 1545"},
        {"hddm_a", "{}", rising_errors, "1206"},
        {"hddm_w", "{}", second_stream, "1018"},
        {"hddm_w", "{\"two_sided_test\": true}", third_stream, "507 1032 1508"},
        {"hddm_w", "{}", rising_errors, "1077"},
        {"kswin", "{\"alpha\": 0.0001, \"window_size\": 200, \"stat_size\": 100}", first_stream, "1042"},
        {"kswin", "{\"alpha\": 0.0001}", rising_levels, "1016"},
        {"page_hinkley", "{}", rising_levels, "1006"},
        {"page_hinkley", "{\"mode\": \"up\"}", third_stream, "588 1681"},
        {"page_hinkley", "{\"mode\": \"down\"}", third_stream, "1172"},
        {"page_hinkley", "{}", third_stream, "588 1097 1585"},
        {"adwin", "{}", four_levels, "1023 2015 3007"},
        {"adwin", "{\"grace_period\": 100, \"clock\": 1}", one_step, ""},
};

static void test_published(void)
{
	size_t passed = 0, total = 0;
	for (size_t i = 0; i < G_N_ELEMENTS(PUBLISHED); i++) {
		g_autoptr(GArray) values = PUBLISHED[i].stream();
		g_autofree char *found = report(PUBLISHED[i].detector, PUBLISHED[i].settings, values, DETECTOR_DRIFT);
		total++;
		if (g_strcmp0(found, PUBLISHED[i].drifts) == 0)
			passed++;
		else
			g_printerr("%s %s, stream %zu: found %s, published %s\n", PUBLISHED[i].detector,
			        PUBLISHED[i].settings, i, found, PUBLISHED[i].drifts);
	}
	g_test_message("published indices: %zu of %zu", passed, total);
	g_assert_cmpuint(passed, ==, total);
}

/* The first warnings of the doc strings; how many there are and their sum as river 0.26.1 counts them. */
static void test_warnings(void)
{
	static const struct {
		const char *detector, *settings;
		guint first, count, sum;
	} EXPECTED[] = {
	        {"ddm", "{}", 1084, 587, 869930},
	        {"eddm", "{\"alpha\": 0.8, \"beta\": 0.75}", 1059, 220, 257070},
	        {"hddm_a", "{}", 451, 75, 86914},
	        {"hddm_w", "{}", 451, 14, 13733},
	};
	g_autoptr(GArray) values = rising_errors();
	for (size_t i = 0; i < G_N_ELEMENTS(EXPECTED); i++) {
		g_autofree char *found = report(EXPECTED[i].detector, EXPECTED[i].settings, values, DETECTOR_WARNING);
		g_auto(GStrv) rows = g_strsplit(found, " ", -1);
		guint sum = 0;
		for (char **row = rows; *row; row++)
			sum += (guint)atoi(*row);
		g_test_message("%s", EXPECTED[i].detector);
		g_assert_cmpint(atoi(rows[0]), ==, EXPECTED[i].first);
		g_assert_cmpuint(g_strv_length(rows), ==, EXPECTED[i].count);
		g_assert_cmpuint(sum, ==, EXPECTED[i].sum);
	}
}

/* river/drift/test_adwin_regression.py: width and spread are those of all values while nothing changes. */
static void test_adwin_window(void)
{
	g_autoptr(Detector) d = NULL;
	g_assert_true(detector_open(&DETECTOR_ADWIN, NULL, &d, NULL));
	for (int i = 1; i <= 100; i++) {
		g_assert_cmpuint(detector_add(d, 1), ==, 0);
		g_assert_cmpfloat(detector_window(d).count, ==, i);
	}
	json_auto_t *never = json_pack("{s:i}", "clock", 1000000);
	g_autoptr(Detector) all = NULL;
	double sum = 0, spread = 0;
	g_assert_true(detector_open(&DETECTOR_ADWIN, never, &all, NULL));
	for (int i = 0; i < 200; i++) {
		detector_add(all, i % 7);
		sum += i % 7;
	}
	for (int i = 0; i < 200; i++)
		spread += (i % 7 - sum / 200) * (i % 7 - sum / 200);
	g_assert_cmpfloat_with_epsilon(detector_window(all).mean, sum / 200, 1e-12);
	g_assert_cmpfloat_with_epsilon(detector_window(all).spread, spread, 1e-6 * spread);
}

/* Of every kind: after a drift it starts again from nothing, so a stream cut there gives the same rest. */
static void test_starts_again(void)
{
	for (const DetectorKind *const *k = DETECTORS; *k; k++) {
		g_autoptr(GArray) values = second_stream();
		g_autoptr(Detector) one = NULL, two = NULL;
		g_assert_true(detector_open(*k, NULL, &one, NULL) && detector_open(*k, NULL, &two, NULL));
		guint i = 0, drifts = 0;
		while (i < values->len && !(detector_add(one, g_array_index(values, double, i++)) & DETECTOR_DRIFT))
			;
		for (; i < values->len; i++) {
			unsigned a = detector_add(one, g_array_index(values, double, i));
			g_assert_cmpuint(a, ==, detector_add(two, g_array_index(values, double, i)));
			drifts += a & DETECTOR_DRIFT;
		}
		g_test_message("%s: %u more", (*k)->name, drifts);
	}
}

/* CPython 3.11: random.Random(seed).sample(range(population), count), by list and by set. */
static void test_python_sample(void)
{
	PythonRandom r;
	uint32_t drawn[4];
	python_random_seed(&r, 42);
	python_random_sample(&r, 10, 4, drawn);
	g_assert_true(drawn[0] == 1 && drawn[1] == 0 && drawn[2] == 4 && drawn[3] == 9);
	python_random_seed(&r, 1ull << 40);
	python_random_sample(&r, 1000, 4, drawn);
	g_assert_true(drawn[0] == 106 && drawn[1] == 361 && drawn[2] == 686 && drawn[3] == 67);
}

static void test_bad_settings(void)
{
	static const char *const BAD[][2] = {{"eddm", "{\"alpha\": 0.5, \"beta\": 0.9}"},
	        {"kswin", "{\"window_size\": 40}"}, {"adwin", "{\"warm_start\": 30}"}, {"adwin", "{\"delta\": -1}"}};
	for (size_t i = 0; i < G_N_ELEMENTS(BAD); i++) {
		json_auto_t *params = json_loads(BAD[i][1], 0, NULL);
		g_autoptr(GError) error = NULL;
		g_autoptr(Detector) d = NULL;
		g_assert_false(detector_open(detector_kind(BAD[i][0]), params, &d, &error));
		g_assert_true(error && strstr(error->message, BAD[i][0]));
	}
}

/* Every setting of every detector is an option of the command, and its name a choice. */
static void test_options(void)
{
	const Param *choice = param_find(OP_MONITOR_DETECT.params, "detector");
	size_t count = 0;
	for (const DetectorKind *const *k = DETECTORS; *k; k++, count++) {
		g_assert_cmpstr(choice->choices[count], ==, (*k)->name);
		for (const Param *p = (*k)->params; p->name; p++) {
			const Param *option = param_find(OP_MONITOR_DETECT.params, p->name);
			g_assert_true(option && option->type == p->type && strstr(option->help, (*k)->name));
		}
	}
	g_assert_null(choice->choices[count]);
}

/* Two streams by formula in which a model that was perfect meets another concept at row 5,000; the inputs do not change, so only
 * its errors can tell.  SEA (Street and Kim 2001): is x0 + x1 of U(0, 10) above theta?  P(x0 + x1 <= t) = t^2 / 200, so the
 * error jumps from 0 to |a^2 - b^2| / 200.  STAGGER (Schlimmer and Granger 1986): small and red; green or circle; medium or large. */
typedef struct Concepts {
	const char *name;
	int before, after;
	double error; /* of the old concept under the new one */
	int within;   /* labels: a step of less than the noise takes longer */
} Concepts;

static const double THETA[] = {8, 9, 7, 9.5};

static bool sea(Rng *r, const Concepts *c)
{
	double sum = 10 * rng_unit(r) + 10 * rng_unit(r);
	return (sum > THETA[c->before]) != (sum > THETA[c->after]);
}

static bool stagger_label(int concept, const unsigned *x)
{
	return concept == 0 ? x[0] == 0 && x[1] == 0 : concept == 1 ? x[1] == 1 || x[2] == 1 : x[0] != 0;
}

static bool stagger(Rng *r, const Concepts *c)
{
	unsigned x[3];
	for (int i = 0; i < 3; i++)
		x[i] = (unsigned)rng_below(r, 3);
	return stagger_label(c->before, x) != stagger_label(c->after, x);
}

/* 10,000 labels, one in ten of them noise.  Found: rows after the switch until the first drift; -1 before it, 0 never. */
static int first_drift(const Concepts *c, bool (*draw)(Rng *, const Concepts *), uint64_t seed)
{
	enum { SWITCH = 5000 };
	const Concepts same = {c->name, c->before, c->before, 0, 0};
	Rng r = rng_stream(seed, c->name);
	g_autoptr(Detector) d = NULL;
	g_assert_true(detector_open(&DETECTOR_ADWIN, NULL, &d, NULL));
	for (int i = 0; i < 2 * SWITCH; i++) {
		bool wrong = draw(&r, i < SWITCH ? &same : c);
		wrong ^= rng_unit(&r) < 0.1;
		if (detector_add(d, wrong) & DETECTOR_DRIFT)
			return i < SWITCH ? -1 : i - SWITCH + 1;
	}
	return 0;
}

static void check_concepts(const Concepts *c, bool (*draw)(Rng *, const Concepts *))
{
	Rng r = rng_stream(1, c->name);
	double errors = 0;
	for (int i = 0; i < 20000; i++)
		errors += draw(&r, c);
	g_assert_cmpfloat_with_epsilon(errors / 20000, c->error, 0.012);
	for (uint64_t seed = 0; seed < 10; seed++) {
		int found = first_drift(c, draw, seed);
		g_test_message("%s, seed %d: after %d labels", c->name, (int)seed, found);
		g_assert_true(found > 0 && found <= c->within);
	}
}

static void test_concepts(void)
{
	static const Concepts SEA[] = {{"sea 8 to 9", 0, 1, 0.085, 2000}, {"sea 9 to 7", 1, 2, 0.16, 1000},
	        {"sea 7 to 9.5", 2, 3, 0.20625, 1000}};
	/* Where exactly one of the two holds: of 27 cases 16, 13, 21. */
	static const Concepts STAGGER[] = {{"stagger 1 to 2", 0, 1, 16 / 27.0, 1000},
	        {"stagger 2 to 3", 1, 2, 13 / 27.0, 1000}, {"stagger 3 to 1", 2, 0, 21 / 27.0, 1000}};
	for (size_t i = 0; i < G_N_ELEMENTS(SEA); i++)
		check_concepts(&SEA[i], sea);
	for (size_t i = 0; i < G_N_ELEMENTS(STAGGER); i++)
		check_concepts(&STAGGER[i], stagger);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/detectors/published", test_published);
	g_test_add_func("/detectors/warnings", test_warnings);
	g_test_add_func("/detectors/adwin_window", test_adwin_window);
	g_test_add_func("/detectors/starts_again", test_starts_again);
	g_test_add_func("/detectors/python_sample", test_python_sample);
	g_test_add_func("/detectors/bad_settings", test_bad_settings);
	g_test_add_func("/detectors/concepts", test_concepts);
	g_test_add_func("/detectors/options", test_options);
	return g_test_run();
}
