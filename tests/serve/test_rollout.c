/* test_rollout.c: who gets the candidate, what is counted, and what the judge makes of it: how often it is wrong when nothing is
 * wrong, and whether it sees what is. */
#include "serve/rollout_judge.h"

#include <math.h>

#include "base/rng.h"
#include "serve/predlog.h"
#include "serve/shadow.h"
#include "served_kit.h"

static json_t *deployment(const char *id, const char *strategy, double percent)
{
	return json_pack(
	        "{s:s,s:s,s:i,s:{s:f}}", "id", id, "strategy", strategy, "version", 3, "params", "percent", percent);
}

static Rollout *rollout(const char *id, const char *strategy, double percent)
{
	json_auto_t *d = deployment(id, strategy, percent);
	g_autoptr(Served) s = kit_served();
	return rollout_new(d, s, s);
}

static void test_share(void)
{
	enum { KEYS = 20000 };
	static const double PERCENTS[] = {0, 1, 10, 50, 100};
	for (size_t p = 0; p < G_N_ELEMENTS(PERCENTS); p++) {
		double share = PERCENTS[p] / 100, hits = 0;
		g_autoptr(Rollout) r = rollout("one", "canary", PERCENTS[p]);
		for (int i = 0; i < KEYS; i++) {
			g_autofree char *key = g_strdup_printf("user-%d", i);
			hits += rollout_is_canary(r, key);
			g_assert_false(rollout_is_shadowed(r, key));
		}
		/* Five standard deviations of the binomial distribution. */
		g_assert_cmpfloat(fabs(hits - KEYS * share), <=, 5 * sqrt(KEYS * share * (1 - share)));
	}
}

/* Whoever has the candidate keeps it when the share grows, on every server; another deployment chooses others. */
static void test_sticky(void)
{
	g_autoptr(Rollout) small = rollout("one", "canary", 10), elsewhere = rollout("one", "canary", 10),
	                   large = rollout("one", "canary", 40), other = rollout("two", "canary", 10);
	int both = 0, chosen = 0;
	for (int i = 0; i < 5000; i++) {
		g_autofree char *key = g_strdup_printf("%d", i);
		bool is = rollout_is_canary(small, key);
		g_assert_cmpint(is, ==, rollout_is_canary(elsewhere, key));
		g_assert_true(!is || rollout_is_canary(large, key));
		chosen += is;
		both += is && rollout_is_canary(other, key);
	}
	g_assert_true(chosen > 400 && both < chosen / 4);
	g_assert_false(rollout_same(small, large));
	g_assert_true(rollout_shares(large).canary == 0.4);
}

static void test_latencies(void)
{
	RouteCounts c = {0};
	g_assert_true(isnan(rollout_latency_quantile(&c, 0.5)));
	g_assert_cmpuint(rollout_latency_bucket(0), ==, 0);
	g_assert_cmpuint(rollout_latency_bucket(INT64_MAX), ==, ROLLOUT_LATENCIES - 1);
	for (int64_t us = 1; us < 100000000; us = us * 3 + 1) {
		double edge = rollout_latency_edge(rollout_latency_bucket(us));
		g_assert_true(edge >= (double)us * (1 - 1e-12) && edge < (double)us * 1.1);
	}
	for (int64_t us = 1; us <= 1000; us++)
		c.latency[rollout_latency_bucket(us)]++;
	double half = rollout_latency_quantile(&c, 0.5);
	g_assert_true(half >= 500 && half < 550);
}

static bool score(const Served *s, double x, Scores *ret)
{
	g_autofree char *row =
	        g_strdup_printf("{\"x\":%.17g,\"n\":1,\"word\":\"a\",\"day\":\"2024-01-01\",\"flag\":true}", x);
	g_autoptr(Batch) b = batch_new(s, 1);
	Scan scan;
	scan_start(&scan, row, strlen(row));
	bool ok = batch_scan_object(b, &scan, NULL);
	scan_clear(&scan);
	return ok && serve_predict(b, ret, NULL);
}

static void count_some(Rollout *r, const Served *s)
{
	for (int i = 0; i < 40; i++) {
		Scores scores;
		g_assert_true(score(s, i / 10.0, &scores));
		rollout_count(r, ROLLOUT_STABLE, 100, &scores);
		rollout_count(r, ROLLOUT_CANARY, 200, i % 4 ? &scores : NULL);
		scores_clear(&scores);
	}
}

/* Counts of two servers, through the store's JSON and added up. */
static void test_counts(void)
{
	g_autoptr(Served) s = kit_served();
	json_auto_t *d = deployment("one", "canary", 50);
	g_autoptr(Rollout) r = rollout_new(d, s, s);
	g_autofree RolloutCounts *c = g_new0(RolloutCounts, 1), *both = g_new0(RolloutCounts, 1);
	count_some(r, s);
	rollout_counts(r, c);
	g_assert_true(rollout_has_news(r, c) && rollout_has_news(r, c));
	rollout_told(r, c);
	g_assert_false(rollout_has_news(r, c));
	json_auto_t *json = rollout_counts_json(c);
	rollout_counts_add(both, json);
	rollout_counts_add(both, json);
	g_assert_cmpuint(both->routes[ROLLOUT_STABLE].requests, ==, 80);
	g_assert_cmpuint(both->routes[ROLLOUT_CANARY].errors, ==, 20);
	g_assert_cmpuint(both->routes[ROLLOUT_CANARY].latency[rollout_latency_bucket(200)], ==, 60);
	uint64_t scores = 0;
	for (size_t i = 0; i < ROLLOUT_SCORES; i++)
		scores += both->routes[ROLLOUT_STABLE].scores[i];
	g_assert_cmpuint(scores, ==, 80);
}

/* What a route with these properties shows of n requests. */
typedef struct Nature {
	double errors, slow, shift; /* share that fails; in times of 10 ms; of scores */
} Nature;

static RouteCounts drawn(Rng *rng, unsigned n, Nature of)
{
	RouteCounts c = {.requests = n};
	for (unsigned i = 0; i < n; i++) {
		if (rng_unit(rng) < of.errors) {
			c.errors++;
			continue;
		}
		double us = 10000 * of.slow * exp(0.5 * rng_normal(rng)), score = 10 + 4 * rng_normal(rng) + of.shift;
		c.latency[rollout_latency_bucket((int64_t)us)]++;
		c.scores[(size_t)CLAMP(score, 0, ROLLOUT_SCORES - 1)]++;
	}
	return c;
}

static const Bounds BOUNDS = {.errors = 0.01, .latency = 1.5, .score_shift = 0.25, .min_requests = 200};

static bool is_left(Rng *rng, unsigned n, Nature stable, Nature candidate, double alpha)
{
	RouteCounts a = drawn(rng, n * 4, stable), b = drawn(rng, n, candidate);
	json_auto_t *findings = rollout_judge(&a, &b, &BOUNDS, alpha);
	g_autofree char *reasons = rollout_reasons(findings);
	g_assert_true(!reasons || !rollout_kept(findings));
	return reasons != NULL;
}

/* At the very edge of each bound: candidates that are no worse than allowed.  Every look is wrong at most alpha x 3 of the time;
 * with alpha 0.01 that is 30 of 1000 and, at five standard deviations, 57. */
static void test_edge(void)
{
	static const Nature CASES[][2] = {
	        {{0.02, 1, 0}, {0.02, 1, 0}},
	        {{0.02, 1, 0}, {0.03, 1, 0}},
	        {{0, 1, 0}, {0.01, 1, 0}},
	        {{0.02, 1, 0}, {0.02, 1.5, 0}},
	        {{0.02, 1, 0}, {0.02, 1, 2}},
	};
	for (size_t k = 0; k < G_N_ELEMENTS(CASES); k++) {
		Rng rng = rng_stream(k, "edge");
		int wrong = 0;
		for (int i = 0; i < 1000; i++)
			wrong += is_left(&rng, 200, CASES[k][0], CASES[k][1], 0.01);
		g_test_message("case %zu: %d of 1000", k, wrong);
		g_assert_cmpint(wrong, <=, 57);
	}
}

/* What anyone would call broken is seen at the first look, as it is judged (a twelfth of the risk). */
static void test_power(void)
{
	static const Nature WELL = {0.01, 1, 0};
	static const Nature ILL[] = {{0.15, 1, 0}, {0.01, 4, 0}, {0.01, 1, 6}, {1, 1, 0}};
	for (size_t k = 0; k < G_N_ELEMENTS(ILL); k++) {
		Rng rng = rng_stream(k, "power");
		int seen = 0;
		for (int i = 0; i < 100; i++)
			seen += is_left(&rng, 200, WELL, ILL[k], rollout_alpha(0));
		g_test_message("case %zu: %d of 100", k, seen);
		g_assert_cmpint(seen, >=, 99);
	}
}

static void test_too_few(void)
{
	Rng rng = rng_stream(1, "few");
	RouteCounts a = drawn(&rng, 1000, (Nature){0, 1, 0}), b = drawn(&rng, 199, (Nature){1, 1, 0}), none = {0};
	json_auto_t *few = rollout_judge(&a, &b, &BOUNDS, 0.01), *nothing = rollout_judge(&none, &none, &BOUNDS, 0.01);
	g_autofree char *reasons = rollout_reasons(few);
	g_assert_null(reasons);
	g_assert_false(rollout_kept(few));
	g_assert_false(rollout_kept(nothing));
	double sum = 0;
	for (unsigned look = 0; look < 100000; look++)
		sum += rollout_alpha(look) * 6;
	g_assert_true(sum < ROLLOUT_RISK && sum > 0.99 * ROLLOUT_RISK);
}

/* A faster candidate at microseconds is not "slower by half". */
static void test_microseconds(void)
{
	RouteCounts a = {.requests = 1000}, b = {.requests = 1000};
	a.latency[rollout_latency_bucket(4)] = b.latency[rollout_latency_bucket(40)] = 1000;
	a.scores[5] = b.scores[5] = 1000;
	json_auto_t *findings = rollout_judge(&a, &b, &BOUNDS, 0.01);
	g_assert_true(rollout_kept(findings));
}

static Batch *batch_of(const Served *s, const char *rows)
{
	Batch *b = batch_new(s, 100);
	Scan scan;
	scan_start(&scan, rows, strlen(rows));
	g_assert_true(batch_scan_rows(b, &scan, NULL));
	scan_clear(&scan);
	return b;
}

#define ROWS                                                                                \
	"[{\"x\":9,\"n\":1,\"word\":\"\\u00e4\\\"\",\"day\":\"2024-01-01\",\"flag\":true}," \
	"{\"x\":null,\"n\":2,\"word\":null,\"day\":null,\"flag\":false}]"

/* The same version as its own shadow answers the same; a full queue drops and counts. */
static void test_shadow(void)
{
	g_autoptr(Served) s = kit_served();
	json_auto_t *d = deployment("one", "shadow", 100);
	g_autoptr(Rollout) r = rollout_new(d, s, s);
	g_autoptr(Batch) b = batch_of(s, ROWS);
	g_autofree RolloutCounts *c = g_new0(RolloutCounts, 1);
	Scores scores;
	PredLogEntry entry = {.id = "a", .protocol = "gyre", .route = "stable"};
	g_assert_true(serve_predict(b, &scores, NULL));
	Shadow *shadow = shadow_open(NULL);
	for (int i = 0; i < 10; i++)
		shadow_add(shadow, shadow_job(r, &entry, b, &scores));
	shadow_settle(shadow);
	rollout_counts(r, c);
	g_assert_cmpuint(c->routes[ROLLOUT_SHADOW].requests, ==, 10);
	g_assert_cmpuint(c->routes[ROLLOUT_SHADOW].errors, ==, 0);
	g_assert_cmpuint(c->shadow.rows, ==, 20);
	g_assert_cmpuint(c->shadow.different, ==, 0);
	g_assert_cmpfloat(c->shadow.difference, ==, 0);
	rollout_told(r, c); /* between two counts of one request */
	g_assert_false(rollout_has_news(r, c));
	rollout_count_shadow(r, &scores, &scores);
	rollout_counts(r, c);
	g_assert_true(rollout_has_news(r, c));
	for (int i = 0; i < 20000; i++)
		shadow_add(shadow, shadow_job(r, &entry, b, &scores));
	shadow_settle(shadow);
	rollout_counts(r, c);
	g_assert_cmpuint(c->routes[ROLLOUT_SHADOW].requests + c->shadow.dropped, ==, 20010);
	shadow_close(shadow);
	scores_clear(&scores);
}

/* Five rows of 14 MiB are more than the queue holds, however few they are. */
static void test_shadow_bytes(void)
{
	g_autoptr(Served) s = kit_served();
	json_auto_t *d = deployment("one", "shadow", 100);
	g_autoptr(Rollout) r = rollout_new(d, s, s);
	g_autofree char *word = g_strnfill((gsize)14 << 20, 'a');
	g_autoptr(GString) rows = g_string_new("[");
	for (int i = 0; i < 5; i++)
		g_string_append_printf(rows, "%s[1,2,\"%s\",4,1]", i ? "," : "", word);
	g_string_append_c(rows, ']');
	g_autoptr(Batch) b = batch_of(s, rows->str);
	g_autofree RolloutCounts *c = g_new0(RolloutCounts, 1);
	Scores scores;
	PredLogEntry entry = {.id = "a", .protocol = "gyre", .route = "stable"};
	g_assert_true(serve_predict(b, &scores, NULL));
	Shadow *shadow = shadow_open(NULL);
	shadow_add(shadow, shadow_job(r, &entry, b, &scores));
	shadow_settle(shadow);
	rollout_counts(r, c);
	g_assert_cmpuint(c->shadow.dropped, ==, 1);
	g_assert_cmpuint(c->routes[ROLLOUT_SHADOW].requests, ==, 0);
	shadow_close(shadow);
	scores_clear(&scores);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/rollout/share", test_share);
	g_test_add_func("/rollout/sticky", test_sticky);
	g_test_add_func("/rollout/latencies", test_latencies);
	g_test_add_func("/rollout/counts", test_counts);
	g_test_add_func("/rollout/edge", test_edge);
	g_test_add_func("/rollout/power", test_power);
	g_test_add_func("/rollout/too_few", test_too_few);
	g_test_add_func("/rollout/microseconds", test_microseconds);
	g_test_add_func("/rollout/shadow", test_shadow);
	g_test_add_func("/rollout/shadow_bytes", test_shadow_bytes);
	return g_test_run();
}
