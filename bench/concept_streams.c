/* concept_streams.c: how soon the default watch over a model's errors finds a change of concept, and how often it is wrong.
 *
 * usage: concept_streams RUNS LABELS     changes: RUNS streams each, 5,000 labels before the switch; then LABELS thousand labels of
 *                                        each steady rate.  Two tables in Markdown.
 *        concept_streams                 errors, one a line, from the standard input: where it alarms, and the rates before and after */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/json.h"
#include "concepts.h"
#include "monitor/error_watch.h"

enum { BEFORE = 5000, AFTER = 5000, WITHIN = 1000 };
static const double NOISE = 0.1;

static ErrorWatch *watch_new(const char *settings)
{
	json_auto_t *given = json_loads(settings, 0, NULL), *params = NULL;
	ErrorWatch *w = NULL;
	if (!param_fill(ERROR_WATCH_PARAMS, "watch", given, &params, NULL) || !error_watch_open(params, NULL, &w, NULL))
		exit(2);
	return w;
}

static int by_int(const void *a, const void *b)
{
	return *(const int *)a - *(const int *)b;
}

/* Labels after the switch until the alarm; AFTER: never. */
static int delay_of(const ConceptChange *c, const char *settings, uint64_t seed, int *early)
{
	g_autoptr(ErrorWatch) w = watch_new(settings);
	Rng r = rng_stream(seed, c->name);
	for (int i = 0; i < BEFORE + AFTER; i++)
		if (error_watch_add(w, concept_errs(c, i >= BEFORE, NOISE, &r)) & ERROR_WATCH_ROSE) {
			if (i >= BEFORE)
				return i - BEFORE + 1;
			++*early;
		}
	return AFTER;
}

static void measure_change(const ConceptChange *c, const char *settings, int runs)
{
	g_autofree int *delay = g_new(int, (size_t)runs);
	int found = 0, early = 0, errors = 0;
	Rng r = rng_stream(1, "size");
	for (int i = 0; i < 100000; i++)
		errors += c->differ(&r, c->before, c->after);
	for (int k = 0; k < runs; k++) {
		delay[k] = delay_of(c, settings, (uint64_t)k, &early);
		found += delay[k] <= WITHIN;
	}
	qsort(delay, (size_t)runs, sizeof *delay, by_int);
	double step = errors / 100000.0 * (1 - 2 * NOISE);
	printf("| %s | %.1f points | %.1f %% | %d | %d |\n", c->name, 100 * step, 100.0 * found / runs, delay[runs / 2],
	        delay[runs * 95 / 100]);
}

static void measure_steady(double rate, const char *settings, long labels)
{
	g_autoptr(ErrorWatch) w = watch_new(settings);
	Rng r = rng_stream(7, "steady");
	long rose = 0, fell = 0, warnings = 0;
	bool warned = false;
	for (long i = 0; i < labels; i++) {
		unsigned found = error_watch_add(w, rng_unit(&r) < rate);
		rose += (found & ERROR_WATCH_ROSE) != 0;
		fell += (found & ERROR_WATCH_FELL) != 0;
		warnings += (found & ERROR_WATCH_WARNING) && !warned;
		warned = (found & ERROR_WATCH_WARNING) != 0;
	}
	printf("| %.0f %% | %.3f | %.3f | %.1f |\n", 100 * rate, 1e4 * (double)rose / (double)labels,
	        1e4 * (double)fell / (double)labels, 1e4 * (double)warnings / (double)labels);
}

/* Errors, one a line, from the standard input. */
static int watch_lines(void)
{
	g_autoptr(ErrorWatch) w = watch_new("{}");
	double value;
	for (long i = 0; scanf("%lf", &value) == 1; i++) {
		unsigned found = error_watch_add(w, value);
		ErrorLevels levels = error_watch_levels(w);
		if (found & (ERROR_WATCH_ROSE | ERROR_WATCH_FELL))
			printf("%ld %s %.4f %.4f\n", i, found & ERROR_WATCH_ROSE ? "rose" : "fell", levels.before,
			        levels.after);
	}
	return 0;
}

int main(int argc, char **argv)
{
	if (argc < 3)
		return watch_lines();
	const char *settings = argc > 3 ? argv[3] : "{}";
	puts("| change | error rate rises by | found within 1,000 labels | median | 95 of 100 within "
	     "|\n|---|---|---|---|---|");
	for (size_t i = 0; i < G_N_ELEMENTS(CONCEPT_CHANGES); i++)
		measure_change(&CONCEPT_CHANGES[i], settings, atoi(argv[1]));
	puts("\n| steady error rate | alarms in 10,000 labels | drifts for the better | warnings |\n|---|---|---|---|");
	static const double RATES[] = {0.01, 0.05, 0.1, 0.2, 0.3, 0.5};
	for (size_t i = 0; i < G_N_ELEMENTS(RATES); i++)
		measure_steady(RATES[i], settings, 1000 * atol(argv[2]));
	return 0;
}
