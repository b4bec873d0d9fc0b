/* test_error_watch.c: the default watch over a model's errors on streams made by formula (concepts.h): it finds every sudden change
 * within 1,000 labels, is quiet where nothing changes, and goes on where it was put away. */
#include "monitor/error_watch.h"

#include <math.h>

#include "base/error.h"
#include "base/json.h"
#include "concepts.h"

enum { BEFORE = 5000, WITHIN = 1000, SEEDS = 100 };

static ErrorWatch *watch_new(const char *settings, const json_t *saved)
{
	json_auto_t *given = json_loads(settings, 0, NULL), *params = NULL;
	g_autoptr(GError) error = NULL;
	ErrorWatch *w = NULL;
	param_fill(ERROR_WATCH_PARAMS, "watch", given, &params, &error);
	g_assert_no_error(error);
	error_watch_open(params, saved, &w, &error);
	g_assert_no_error(error);
	return w;
}

/* Labels after the switch until the alarm; 0: none came within 1,000. */
static int alarm_after(const ConceptChange *c, uint64_t seed, int *early)
{
	g_autoptr(ErrorWatch) w = watch_new("{}", NULL);
	Rng r = rng_stream(seed, c->name);
	for (int i = 0; i < BEFORE + WITHIN; i++)
		if (error_watch_add(w, concept_errs(c, i >= BEFORE, 0.1, &r)) & ERROR_WATCH_ROSE) {
			if (i >= BEFORE)
				return i - BEFORE + 1;
			++*early;
		}
	return 0;
}

/* SEA's smallest step, 6.8 points with the noise, is found within 1,000 in 98 of 100 streams (docs/monitoring.md): here at most 5
 * of 100 may take longer; of the others one, for one that had a false alarm just before the switch. */
static void test_changes(void)
{
	int early = 0;
	for (size_t i = 0; i < G_N_ELEMENTS(CONCEPT_CHANGES); i++) {
		const ConceptChange *c = &CONCEPT_CHANGES[i];
		int late = 0, longest = 0;
		for (uint64_t seed = 0; seed < SEEDS; seed++) {
			int found = alarm_after(c, seed, &early);
			late += found == 0;
			longest = MAX(longest, found);
		}
		g_test_message("%s: %d of %d within 1,000 labels, within %d", c->name, SEEDS - late, SEEDS, longest);
		g_assert_cmpint(late, <=, i == 0 ? 5 : 1);
	}
	double labels = (double)G_N_ELEMENTS(CONCEPT_CHANGES) * SEEDS * BEFORE;
	g_test_message("%d alarms in %g labels before the switch", early, labels);
	g_assert_cmpfloat(early * 1e4 / labels, <=, 0.05);
}

/* The streams are what they say: closed forms, and for Agrawal's rules what river 0.26 draws (50,000 rows, its rules of the same
 * number; 4, 5 and 6 to 7 differ from the paper's there). */
static void test_streams(void)
{
	static const double AGRAWAL[] = {0.5416, 0.5058, 0.5073, 0, 0, 0, 0.4847, 0.4826, 0.4960};
	for (size_t i = 0; i < G_N_ELEMENTS(CONCEPT_CHANGES); i++) {
		const ConceptChange *c = &CONCEPT_CHANGES[i];
		double expected = i < 6 ? c->error : AGRAWAL[i - 6], errors = 0;
		Rng r = rng_stream(1, c->name);
		for (int k = 0; k < 20000; k++)
			errors += concept_errs(c, true, 0, &r);
		g_test_message("%s: %g", c->name, errors / 20000);
		if (expected > 0)
			g_assert_cmpfloat_with_epsilon(errors / 20000, expected, 0.015);
	}
}

/* 0.05 false alarms in 10,000 labels are 5 in a million; a million at each of three rates. */
static void test_steady(void)
{
	static const double RATES[] = {0.05, 0.2, 0.4};
	for (size_t i = 0; i < G_N_ELEMENTS(RATES); i++) {
		g_autoptr(ErrorWatch) w = watch_new("{}", NULL);
		Rng r = rng_stream(1, "steady");
		int alarms = 0;
		for (int k = 0; k < 1000000; k++)
			alarms += (error_watch_add(w, rng_unit(&r) < RATES[i]) & ERROR_WATCH_ROSE) != 0;
		g_test_message("error rate %g: %d false alarms in a million labels", RATES[i], alarms);
		g_assert_cmpint(alarms, <=, 5);
	}
}

/* Better is not worse: a rate that falls is told as such, with both rates. */
static void test_direction(void)
{
	g_autoptr(ErrorWatch) w = watch_new("{}", NULL);
	Rng r = rng_stream(3, "direction");
	unsigned found = 0;
	for (int i = 0; i < 4000 && !found; i++)
		found = error_watch_add(w, rng_unit(&r) < (i < 2000 ? 0.5 : 0.1)) & ~ERROR_WATCH_WARNING;
	g_assert_cmpuint(found, ==, ERROR_WATCH_FELL);
	g_assert_cmpfloat(error_watch_levels(w).before, >, error_watch_levels(w).after);
}

/* Errors in waves: each block of 200 has a rate of its own, between 0.1 and 0.5.  Taken one by one every wave is a change; by blocks none is,
 * and a rate that rises by 0.2 for good is still found. */
static void test_waves(void)
{
	for (int by_blocks = 0; by_blocks < 2; by_blocks++) {
		g_autoptr(ErrorWatch) w = watch_new(
		        by_blocks ? "{\"block\": 400, \"settings\": {\"clock\": 1, \"delta\": 0.02}}" : "{}", NULL);
		Rng r = rng_stream(9, "waves");
		double rate = 0;
		int early = 0, late = 0;
		for (int k = 0; k < 200000; k++) {
			bool after = k >= 150000;
			if (k % 200 == 0)
				rate = 0.1 + 0.4 * rng_unit(&r) + (after ? 0.2 : 0);
			int rose = (error_watch_add(w, rng_unit(&r) < rate) & ERROR_WATCH_ROSE) != 0;
			*(after ? &late : &early) += rose;
		}
		g_test_message("%s: %d before, %d after", by_blocks ? "blocks" : "one by one", early, late);
		g_assert_true(by_blocks ? early == 0 && late == 1 : early > 20);
	}
}

static void test_put_away(void)
{
	static const char *const SETTINGS[] = {"{}", "{\"block\": 3}", "{\"warning\": \"none\"}",
	        "{\"detector\": \"hddm_w\", \"settings\": {}, \"warning\": \"adwin\", \"warning_settings\": {}}"};
	for (size_t i = 0; i < G_N_ELEMENTS(SETTINGS); i++) {
		g_autoptr(ErrorWatch) through = watch_new(SETTINGS[i], NULL), kept = watch_new(SETTINGS[i], NULL);
		Rng r = rng_stream(5, "away");
		int drifts = 0;
		for (int k = 0; k < 6000; k++) {
			double value = rng_unit(&r) < (k / 2000 % 2 ? 0.4 : 0.1);
			unsigned found = error_watch_add(through, value);
			g_assert_cmpuint(found, ==, error_watch_add(kept, value));
			drifts += (found & (ERROR_WATCH_ROSE | ERROR_WATCH_FELL)) != 0;
			if (k % 7 && !found)
				continue;
			json_auto_t *saved = error_watch_save(kept);
			error_watch_free(kept);
			kept = watch_new(SETTINGS[i], saved);
		}
		g_assert_cmpint(drifts, >=, 1);
		ErrorLevels a = error_watch_levels(through), b = error_watch_levels(kept);
		g_assert_true(a.count == b.count && (a.after == b.after || (isnan(a.after) && isnan(b.after))));
	}
}

/* The choices are the detectors that can be put away. */
static void test_choices(void)
{
	const Param *alarm = param_find(ERROR_WATCH_PARAMS, "detector");
	size_t count = 0;
	for (const DetectorKind *const *k = DETECTORS; *k; k++)
		if ((*k)->save)
			g_assert_cmpstr(alarm->choices[count++], ==, (*k)->name);
	g_assert_null(alarm->choices[count]);
}

static void test_bad_settings(void)
{
	json_auto_t *params =
	        json_pack("{s:s,s:{s:f},s:s}", "detector", "adwin", "settings", "delta", -1.0, "warning", "none");
	g_autoptr(GError) error = NULL;
	g_autoptr(ErrorWatch) w = NULL;
	g_assert_false(error_watch_open(params, NULL, &w, &error));
	g_assert_error(error, FAIL, FAIL_INVALID);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/error_watch/streams", test_streams);
	g_test_add_func("/error_watch/changes", test_changes);
	g_test_add_func("/error_watch/steady", test_steady);
	g_test_add_func("/error_watch/direction", test_direction);
	g_test_add_func("/error_watch/waves", test_waves);
	g_test_add_func("/error_watch/put_away", test_put_away);
	g_test_add_func("/error_watch/choices", test_choices);
	g_test_add_func("/error_watch/bad_settings", test_bad_settings);
	return g_test_run();
}
