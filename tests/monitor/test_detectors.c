/* test_detectors.c: every detector against the indices that river publishes: in river/drift/test_drift_detectors.py (streams of
 * numpy, seed 12345), in its doc strings (streams of Python's random) and in MOA's EDDM test; and the contract of the table. */
#include "monitor/detector.h"

#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/json.h"
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

/* Put away after any value and taken up again: the rest is the same.  Through text, as the store keeps it. */
static void test_put_away(void)
{
	for (const DetectorKind *const *k = DETECTORS; *k; k++) {
		g_autoptr(GArray) values = second_stream();
		g_autoptr(Detector) through = NULL, kept = NULL;
		g_assert_true(detector_open(*k, NULL, &through, NULL) && detector_open(*k, NULL, &kept, NULL));
		for (guint i = 0; (*k)->save && i < values->len; i++) {
			double value = g_array_index(values, double, i);
			g_assert_cmpuint(detector_add(through, value), ==, detector_add(kept, value));
			json_auto_t *saved = detector_save(kept), *read = NULL;
			g_autofree char *text = json_canonical(saved);
			g_clear_pointer(&kept, detector_free);
			g_assert_true(json_parse("kept", text, strlen(text), &read, NULL));
			g_assert_true(detector_load(*k, NULL, read, &kept, NULL));
		}
		g_assert_true(!(*k)->save == !(*k)->load);
	}
}

static void test_not_whole(void)
{
	static const char *const BROKEN[] = {
	        "{}", "[]", "[1, 2]", "[1, 5.0, 1.0, 1.0, false, 1, 77]", "[1, 5.0, 1.0, 1.0, false, 1000000000]"};
	for (size_t i = 0; i < G_N_ELEMENTS(BROKEN); i++) {
		json_auto_t *saved = json_loads(BROKEN[i], 0, NULL);
		for (const DetectorKind *const *k = DETECTORS; *k; k++) {
			g_autoptr(GError) error = NULL;
			g_autoptr(Detector) d = NULL;
			g_assert_false(detector_load(*k, NULL, saved, &d, &error));
			g_assert_error(error, FAIL, FAIL_BROKEN);
		}
	}
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
	g_test_add_func("/detectors/put_away", test_put_away);
	g_test_add_func("/detectors/not_whole", test_not_whole);
	g_test_add_func("/detectors/options", test_options);
	return g_test_run();
}
