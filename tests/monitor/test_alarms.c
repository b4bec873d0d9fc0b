/* test_alarms.c: the automaton against its definition, alarms in the store against replays, notices against a count. */
#include <math.h>
#include <string.h>

#include "base/error.h"
#include "base/file.h"
#include "base/json.h"
#include "base/rng.h"
#include "base/limits.h"
#include "monitor/alarm.h"
#include "monitor/gauges.h"
#include "monitor/matcher.h"
#include "monitor/outbox.h"
#include "monitor/receiver.h"
#include "monitor/silence.h"

#define HOUR INT64_C(3600000000)

static const AlarmRule PLAIN = {.windows = 2, .of = 3, .clear = 2, .margin = 0.1};

static AlarmPoint point(int hour, FindingState state, double value)
{
	return (AlarmPoint){hour * HOUR, (hour + 1) * HOUR, state, value, 0.1};
}

/* "a": over, "w": a warning, "o": well below, "n": just below.  Answers the change after each: "." same, B, F, R, D. */
static void walk(const AlarmRule *rule, const char *windows, const char *expected)
{
	AlarmMemory m = {0};
	for (int i = 0; windows[i]; i++) {
		char w = windows[i];
		AlarmPoint p = point(i,
		        w == 'a'   ? FINDING_ALARM
		        : w == 'w' ? FINDING_WARNING
		                   : FINDING_OK,
		        w == 'a'   ? 0.3
		        : w == 'w' ? 0.09
		        : w == 'n' ? 0.095
		                   : 0.02);
		g_assert_cmpint(".BFRD"[alarm_step(rule, &p, &m)], ==, expected[i]);
	}
}

static void test_steps(void)
{
	static const AlarmRule AT_ONCE = {.windows = 1, .of = 1, .clear = 1};
	walk(&PLAIN, "oaoaooo", ".B.F.R.");
	walk(&PLAIN, "aooo", "B..D");
	walk(&PLAIN, "aaoaoo", "BF...R");
	walk(&PLAIN, "aawwoo", "BF...R"); /* warnings hold it */
	walk(&PLAIN, "aannoo", "BF...R"); /* and so do values that are hardly back */
	walk(&PLAIN, "aaooaa", "BF.RBF"); /* what ended begins anew from nothing */
	walk(&AT_ONCE, "aoa", "FRF");
}

static void test_downwards(void)
{
	AlarmMemory m = {0};
	AlarmRule rule = {.windows = 1, .of = 1, .clear = 1, .margin = 0.1};
	AlarmPoint low = {0, HOUR, FINDING_ALARM, 0.60, 0.70}, hardly = {0, HOUR, FINDING_OK, 0.705, 0.70},
	           back = {0, HOUR, FINDING_OK, 0.711, 0.70};
	g_assert_cmpint(alarm_step(&rule, &low, &m), ==, ALARM_FIRED);
	g_assert_cmpint(alarm_step(&rule, &hardly, &m), ==, ALARM_SAME);
	g_assert_cmpint(alarm_step(&rule, &back, &m), ==, ALARM_RESOLVED);
}

/* A score that was raised at its limit to the bit has no side it came from: ok is enough, on whichever side. */
static void test_at_the_limit(void)
{
	AlarmRule rule = {.windows = 1, .of = 1, .clear = 1, .margin = 0.1};
	for (int above = 0; above < 2; above++) {
		AlarmMemory m = {0};
		AlarmPoint at = {0, HOUR, FINDING_ALARM, 0.95, 0.95},
		           back = {0, HOUR, FINDING_OK, above ? 0.99 : 0.91, 0.95};
		g_assert_cmpint(alarm_step(&rule, &at, &m), ==, ALARM_FIRED);
		g_assert_cmpint(alarm_step(&rule, &back, &m), ==, ALARM_RESOLVED);
	}
}

/* What may leave its limits on either side is back on whichever side of them it comes to lie: fewer requests than a third of
 * 300, then 310, for which the limit that is shown is three times 300; realised 0.1 below the estimate, then 0.01. */
static void test_either_way(void)
{
	static const struct {
		double bad, limit, good, other;
	} CASES[] = {{50, 100, 310, 900}, {-0.1, 0.04, -0.01, 0.04}, {0.1, 0.04, -0.01, 0.04}};
	AlarmRule rule = {.windows = 1, .of = 1, .clear = 1, .margin = 0.1};
	for (size_t i = 0; i < G_N_ELEMENTS(CASES); i++) {
		AlarmMemory m = {0};
		AlarmPoint bad = {0, HOUR, FINDING_ALARM, CASES[i].bad, CASES[i].limit, true},
		           warns = {0, HOUR, FINDING_WARNING, CASES[i].good, CASES[i].other, true},
		           good = {0, HOUR, FINDING_OK, CASES[i].good, CASES[i].other, true};
		g_assert_cmpint(alarm_step(&rule, &bad, &m), ==, ALARM_FIRED);
		g_assert_cmpint(alarm_step(&rule, &warns, &m), ==, ALARM_SAME);
		g_assert_cmpint(alarm_step(&rule, &good, &m), ==, ALARM_RESOLVED);
	}
	g_assert_true(look_is_either_way("quality", "rate"));
	g_assert_true(look_is_either_way("concept", "disagreement"));
	g_assert_true(look_is_either_way("multivariate", "reconstruction"));
	g_assert_true(look_is_either_way("performance", "mean_error"));
	g_assert_true(look_is_either_way("estimate", "mean_error"));
	g_assert_false(look_is_either_way("performance", "rmse"));
	g_assert_false(look_is_either_way("quality", "missing"));
	g_assert_false(look_is_either_way("nothing", "rate"));
}

/* The definition, window by window over the whole history: k of the last n since the episode before ended. */
static void test_by_definition(void)
{
	Rng rng = rng_stream(1, "alarms");
	for (int run = 0; run < 200; run++) {
		AlarmRule rule = {.windows = 1 + run % 4, .of = 1 + run % 4 + run % 3, .clear = 1 + run % 3};
		AlarmMemory m = {0};
		bool over[60];
		int start = 0, calm = 0;
		bool firing = false;
		for (int i = 0; i < 60; i++) {
			over[i] = rng_unit(&rng) < 0.4;
			AlarmPoint p = point(i, over[i] ? FINDING_ALARM : FINDING_OK, over[i] ? 0.3 : 0);
			alarm_step(&rule, &p, &m);
			int count = 0;
			for (int k = MAX(start, i - rule.of + 1); k <= i; k++)
				count += over[k];
			calm = over[i] ? 0 : calm + 1;
			if (!firing && count >= rule.windows) {
				firing = true;
				calm = 0;
			} else if (firing && calm >= rule.clear) {
				firing = false;
				start = i + 1;
			}
			g_assert_cmpint(m.phase == ALARM_FIRING, ==, firing);
		}
	}
}

static void test_matchers(void)
{
	json_auto_t *alarm = json_pack("{s:s,s:i,s:s}", "look", "drift", "version", 3, "subject", "zip");
	static const struct {
		const char *text;
		int holds; /* -1: refused */
	} CASES[] = {{"look=drift", 1}, {"look=quality", 0}, {"look!=quality", 1}, {"version=3", 1},
	        {"subject=~z.*", 1}, {"subject=~i", 0}, {"subject!~zip|city", 0}, {"subject!~a|b", 1}, {"route=", 1},
	        {"look", -1}, {"lok=x", -1}, {"subject=~(", -1}, {"=x", -1}, {"look!x", -1}};
	for (size_t i = 0; i < G_N_ELEMENTS(CASES); i++) {
		json_auto_t *list = json_pack("[s]", CASES[i].text);
		g_autoptr(GError) error = NULL;
		g_assert_cmpint(matchers_check(list, &error), ==, CASES[i].holds >= 0);
		if (CASES[i].holds >= 0)
			g_assert_cmpint(matchers_hold(list, alarm), ==, CASES[i].holds);
	}
}

/* --- in the store --- */

typedef struct World {
	char *folder;
	Meta *meta;
	json_t *settings;
	int times; /* that each window is handed over: the second time changes nothing */
	int hours; /* that a window lasts */
} World;

static void refuse(void *context, const char *path, const char *problem)
{
	(void)context;
	g_error("%s: %s", path, problem);
}

static void world_open(World *w, const char *settings)
{
	g_autoptr(GError) error = NULL;
	json_auto_t *block = json_loads(settings, 0, NULL);
	w->times = 2;
	w->hours = 1;
	w->folder = g_dir_make_tmp("gyre-alarms-XXXXXX", &error);
	g_assert_no_error(error);
	meta_open(w->folder, &w->meta, &error);
	g_assert_no_error(error);
	w->settings = alarm_check(block, refuse, NULL);
	g_assert_nonnull(w->settings);
}

static void world_close(World *w)
{
	meta_close(w->meta);
	json_decref(w->settings);
	file_remove(w->folder, NULL);
	g_free(w->folder);
}

/* What a pass does after a window: findings in the store, alarms behind them. */
static void measure(World *w, int version, int hour, const char *subject, const char *state)
{
	g_autoptr(GError) error = NULL;
	MonitorWindow window = {"loans", version, "stable", hour * HOUR, (hour + w->hours) * HOUR, 100};
	g_autofree char *id = window_id(&window);
	bool over = strcmp(state, "alarm") == 0;
	json_auto_t *finding = json_pack("{s:s,s:s,s:s,s:f,s:f,s:f,s:s,s:{s:s,s:{s:s}}}", "look", "drift", "measure",
	        "psi", "subject", subject, "value", over ? 0.3 : 0.01, "limit", 0.1, "p", 0.001, "state", state,
	        "evidence", "bin", "7", "cause", "summary", "the inputs moved");
	json_auto_t *findings = json_pack("[O]", finding);
	meta_run(w->meta,
	        "INSERT INTO monitor_windows (id, model, version, route, begin_at, end_at, \"rows\", outcomes, "
	        "outcome_changes, "
	        "measured, revision) VALUES ($1, 'loans', $2, 'stable', $3, $4, 100, 0, 0, 0, 1) ON CONFLICT (id) DO "
	        "NOTHING",
	        json_pack("[s,i,I,I]", id, version, (json_int_t)window.begin, (json_int_t)window.end), NULL, &error);
	g_assert_no_error(error);
	meta_run(w->meta,
	        "INSERT INTO monitor_findings (window_id, place, look, measure, subject, value, limit_value, p, state, "
	        "evidence) "
	        "VALUES ($1, 0, 'drift', 'psi', $2, $3, 0.1, 0.001, $4, NULL) ON CONFLICT (window_id, place) DO UPDATE "
	        "SET state "
	        "= excluded.state, value = excluded.value",
	        json_pack("[s,s,f,s]", id, subject, over ? 0.3 : 0.01, state), NULL, &error);
	g_assert_no_error(error);
	for (int i = 0; i < w->times; i++) {
		alarm_update(w->meta, &window, findings, w->settings, &error);
		g_assert_no_error(error);
	}
}

/* "since-fired-resolved state", in hours, of every alarm, the oldest first. */
static char *told(World *w)
{
	g_autoptr(GError) error = NULL;
	json_auto_t *alarms = NULL;
	GString *text = g_string_new(NULL);
	alarm_list(w->meta, "loans", false, &alarms, &error);
	g_assert_no_error(error);
	for (size_t i = json_array_size(alarms); i-- > 0;) {
		const json_t *a = json_array_get(alarms, i);
		g_string_append_printf(text, "%s%d-%d-%d %s", text->len ? ", " : "",
		        (int)(json_get_int(a, "since", 0) / HOUR), (int)(json_get_int(a, "fired", 0) / HOUR),
		        (int)(json_get_int(a, "resolved", 0) / HOUR), json_get_text(a, "state", ""));
	}
	return g_string_free(text, FALSE);
}

static void check_told(World *w, const char *expected)
{
	g_autofree char *got = told(w);
	g_assert_cmpstr(got, ==, expected);
}

static int notices(World *w, const char *receiver)
{
	g_autoptr(GError) error = NULL;
	json_auto_t *row = NULL;
	meta_row(w->meta, "SELECT count(*) AS n FROM outbox WHERE receiver = $1", json_pack("[s]", receiver), &row,
	        &error);
	g_assert_no_error(error);
	return (int)json_get_int(row, "n", 0);
}

#define HOOK "\"receivers\": {\"hook\": {\"kind\": \"webhook\", \"url\": \"http://127.0.0.1:1/\"}}"

static void test_store(void)
{
	World w;
	world_open(&w, "{" HOOK "}");
	measure(&w, 1, 0, "age", "ok");
	check_told(&w, "");
	measure(&w, 1, 1, "age", "alarm");
	check_told(&w, "2-0-0 pending");
	g_assert_cmpint(notices(&w, "hook"), ==, 0);
	measure(&w, 1, 2, "age", "alarm");
	check_told(&w, "2-3-0 firing");
	g_assert_cmpint(notices(&w, "hook"), ==, 1);
	measure(&w, 1, 3, "age", "too_few");
	measure(&w, 1, 4, "age", "ok");
	check_told(&w, "2-3-0 firing");
	measure(&w, 1, 5, "age", "ok");
	check_told(&w, "2-3-6 resolved");
	g_assert_cmpint(notices(&w, "hook"), ==, 2);
	world_close(&w);
}

static void test_again(void)
{
	World w;
	world_open(&w, "{" HOOK "}");
	const char *const first[] = {"ok", "alarm", "alarm", "ok", "ok", "alarm", "ok", "ok", "ok"};
	for (int i = 0; i < 9; i++)
		measure(&w, 1, i, "age", first[i]);
	check_told(&w, "2-3-5 resolved");  /* the later pending one came to nothing */
	measure(&w, 1, 4, "age", "alarm"); /* an outcome came late: it had gone on */
	check_told(&w, "2-3-8 resolved");
	measure(&w, 1, 1, "age", "ok"); /* and began later */
	check_told(&w, "3-5-8 resolved");
	for (int i = 0; i < 9; i++)
		measure(&w, 1, i, "age", "ok"); /* after all there was nothing; people had been told */
	check_told(&w, "5-6-8 resolved");       /* as it was last; "why" says that it was none */
	g_assert_cmpint(notices(&w, "hook"), ==, 2);
	world_close(&w);
}

/* Whatever the order in which windows come and are corrected: the same alarms as in the order of time. */
static void test_any_order(void)
{
	Rng rng = rng_stream(2, "alarms");
	for (int run = 0; run < 4; run++) {
		World a, b;
		int order[80], windows = run < 3 ? 12 : 80; /* more than are read at once */
		const char *states[80];
		world_open(&a, "{}");
		world_open(&b, "{}");
		a.times = b.times = 1;
		for (int i = 0; i < windows; i++) {
			order[i] = i;
			states[i] = rng_unit(&rng) < 0.5 ? "alarm" : "ok";
			measure(&a, 1, i, "age", states[i]);
		}
		for (int i = windows - 1; i > 0; i--) {
			int k = (int)rng_below(&rng, (uint64_t)i + 1), kept = order[i];
			order[i] = order[k];
			order[k] = kept;
		}
		for (int i = 0; i < windows; i++)
			measure(&b, 1, order[i], "age", rng_unit(&rng) < 0.5 ? "alarm" : "ok");
		for (int i = 0; i < windows; i++)
			measure(&b, 1, order[i], "age", states[order[i]]);
		g_autofree char *expected = told(&a);
		json_auto_t *alarms = NULL;
		alarm_list(b.meta, NULL, false, &alarms, NULL);
		/* Alarms that people were told of and that never were are all the difference there may be. */
		for (size_t i = 0; i < json_array_size(alarms); i++) {
			const char *why = json_get_text(json_array_get(alarms, i), "why", "");
			if (strstr(why, "measured again"))
				meta_run(b.meta, "DELETE FROM alarms WHERE id = $1",
				        json_pack("[s]", json_get_text(json_array_get(alarms, i), "id", "")), NULL,
				        NULL);
		}
		check_told(&b, expected);
		world_close(&a);
		world_close(&b);
	}
}

static void test_superseded(void)
{
	World w;
	world_open(&w, "{" HOOK "}");
	measure(&w, 1, 0, "age", "alarm");
	measure(&w, 1, 1, "age", "alarm");
	measure(&w, 2, 2, "age", "ok");
	check_told(&w, "1-2-0 firing"); /* version 1 may still come with a window of this time */
	measure(&w, 2, 3, "age", "ok");
	check_told(&w, "1-2-3 resolved");
	g_assert_cmpint(notices(&w, "hook"), ==, 2);
	measure(&w, 1, 9, "age", "alarm"); /* back again: from the beginning */
	check_told(&w, "1-2-3 resolved, 10-0-0 pending");
	world_close(&w);
}

/* What gyre.yaml leaves out has no findings that could end what fired. */
static void test_left_out(void)
{
	static const char PLAIN_PROJECT[] =
	        "{\"monitor\": {\"looks\": {\"drift\": {}, \"kpi\": {}}}, \"figures\": {\"psi\": {}}, "
	        "\"goal\": {\"success\": [{\"metric\": \"age\"}]}}";
	static const struct {
		const char *look, *measure, *project;
	} OUT[] = {{"drift", "psi", "{\"monitor\": {\"looks\": {\"drift\": false}}}"},
	        {"drift", "psi", "{\"monitor\": {\"looks\": {}, \"skip\": [\"age\"]}}"},
	        {"kpi", "psi", "{\"figures\": {\"another\": {}}}"},
	        {"performance", "goal", "{\"goal\": {\"success\": [{\"metric\": \"rmse\"}]}}"}};
	for (size_t i = 0; i < G_N_ELEMENTS(OUT); i++) {
		World w;
		json_auto_t *out = json_loads(OUT[i].project, 0, NULL), *plain = json_loads(PLAIN_PROJECT, 0, NULL);
		MonitorWindow same = {"loans", 1, "stable", HOUR, 2 * HOUR, 100},
		              next = {"loans", 1, "stable", 2 * HOUR, 3 * HOUR, 100};
		world_open(&w, "{" HOOK "}");
		measure(&w, 1, 0, "age", "alarm");
		measure(&w, 1, 1, "age", "alarm");
		g_assert_true(meta_run(w.meta, "UPDATE alarms SET look = $1, measure = $2",
		        json_pack("[s,s]", OUT[i].look, OUT[i].measure), NULL, NULL));
		g_assert_true(
		        alarm_end_left_out(w.meta, &same, out, NULL) && alarm_end_left_out(w.meta, &next, plain, NULL));
		check_told(&w, "1-2-0 firing");
		g_assert_true(alarm_end_left_out(w.meta, &next, out, NULL));
		check_told(&w, "1-2-3 resolved");
		measure(&w, 1, 2, "city", "ok");
		g_assert_cmpint(notices(&w, "hook"), ==, 2);
		measure(&w, 1, 5, "age", "alarm"); /* it is looked at again: from the beginning */
		check_told(&w, "1-2-3 resolved, 6-0-0 pending");
		world_close(&w);
	}
}

/* Fired and told, then measured again and only pending: who was told hears of its end too. */
static void test_superseded_when_pending_again(void)
{
	World w;
	world_open(&w, "{" HOOK "}");
	measure(&w, 1, 0, "age", "alarm");
	measure(&w, 1, 1, "age", "alarm");
	measure(&w, 1, 0, "age", "ok");
	check_told(&w, "2-0-0 pending");
	measure(&w, 2, 3, "age", "ok");
	check_told(&w, "2-0-3 resolved");
	g_assert_cmpint(notices(&w, "hook"), ==, 2);
	world_close(&w);
}

/* Windows by count: while version 1 gathers rows for one of ten hours, version 2 has one each hour. */
static void test_slow_is_not_superseded(void)
{
	World w;
	world_open(&w, "{}");
	w.hours = 10;
	measure(&w, 1, 0, "age", "alarm");
	measure(&w, 1, 10, "age", "alarm");
	check_told(&w, "10-20-0 firing");
	w.hours = 1;
	measure(&w, 2, 25, "age", "ok");
	check_told(&w, "10-20-0 firing");
	measure(&w, 2, 29, "age", "ok");
	check_told(&w, "10-20-0 firing");
	measure(&w, 2, 30, "age", "ok");
	check_told(&w, "10-20-30 resolved");
	world_close(&w);
}

static void test_rules(void)
{
	World w;
	world_open(&w,
	        "{\"rules\": [{\"match\": \"subject=zip\", \"off\": true}, {\"match\": [\"subject=age\"], \"windows\": "
	        "1, "
	        "\"severity\": \"critical\", \"runbook\": \"https://x/y\"}], \"receivers\": {\"all\": {\"kind\": "
	        "\"slack\", "
	        "\"url\": \"http://127.0.0.1:1/\"}, \"bad\": {\"kind\": \"webhook\", \"url\": \"http://127.0.0.1:1/\", "
	        "\"severity\": \"critical\", \"resolved\": false}, \"other\": {\"kind\": \"webhook\", \"url\": "
	        "\"http://127.0.0.1:1/\", \"match\": \"look!=drift\"}}}");
	json_auto_t *alarms = NULL;
	measure(&w, 1, 0, "zip", "alarm");
	measure(&w, 1, 1, "zip", "alarm");
	check_told(&w, "");
	measure(&w, 1, 2, "age", "alarm");
	check_told(&w, "3-3-0 firing");
	measure(&w, 1, 3, "age", "ok");
	measure(&w, 1, 4, "age", "ok");
	alarm_list(w.meta, NULL, false, &alarms, NULL);
	const json_t *alarm = json_array_get(alarms, 0);
	g_assert_cmpstr(json_get_text(alarm, "severity", ""), ==, "critical");
	g_assert_cmpstr(json_get_text(alarm, "runbook", ""), ==, "https://x/y");
	g_assert_cmpstr(json_get_text(json_object_get(alarm, "evidence"), "bin", ""), ==, "7");
	g_assert_null(json_object_get(json_object_get(alarm, "evidence"), "cause"));
	g_assert_cmpstr(json_get_text(json_object_get(alarm, "cause"), "summary", ""), ==, "the inputs moved");
	g_assert_cmpint(notices(&w, "all"), ==, 2);
	g_assert_cmpint(notices(&w, "bad"), ==, 1);
	g_assert_cmpint(notices(&w, "other"), ==, 0);
	world_close(&w);
}

static void test_silence(void)
{
	World w;
	g_autoptr(GError) error = NULL;
	json_auto_t *matchers = json_pack("[s]", "subject=age"), *silence = NULL, *ended = NULL, *alarms = NULL,
	            *counts = NULL;
	world_open(&w, "{" HOOK "}");
	g_assert_false(silence_add(w.meta, matchers, meta_now() - 1, "me", "why", &silence, NULL));
	g_assert_false(silence_add(w.meta, matchers, meta_now() + HOUR, "me", "", &silence, NULL));
	silence_add(w.meta, matchers, meta_now() + HOUR, "me", "moving house", &silence, &error);
	g_assert_no_error(error);
	measure(&w, 1, 0, "age", "alarm");
	measure(&w, 1, 1, "age", "alarm");
	check_told(&w, "1-2-0 firing");
	g_assert_cmpint(notices(&w, "hook"), ==, 0);
	alarm_list(w.meta, NULL, true, &alarms, NULL);
	g_assert_cmpstr(json_get_text(json_array_get(alarms, 0), "silence", ""), ==, json_get_text(silence, "id", "?"));
	silence_end(w.meta, json_get_text(silence, "id", ""), &ended, &error);
	g_assert_no_error(error);
	g_assert_false(silence_end(w.meta, json_get_text(silence, "id", ""), &ended, NULL));
	outbox_deliver(w.meta, w.settings, &counts, &error); /* port 1: nobody is there */
	g_assert_no_error(error);
	g_assert_cmpint(notices(&w, "hook"), ==, 1);
	g_assert_cmpint(json_get_int(counts, "failed", 0), ==, 1);
	g_assert_cmpint(json_get_int(counts, "waiting", 0), ==, 1);
	world_close(&w);
}

/* More alarms are silenced than are told at once: they keep no other from being told. */
static void test_many_silenced(void)
{
	World w;
	g_autoptr(GError) error = NULL;
	json_auto_t *matchers = json_pack("[s]", "look=drift"), *silence = NULL, *counts = NULL, *row = NULL;
	world_open(&w, "{" HOOK "}");
	silence_add(w.meta, matchers, meta_now() + HOUR, "me", "known", &silence, &error);
	g_assert_no_error(error);
	meta_run(w.meta,
	        "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 1001) INSERT INTO alarms "
	        "(id, "
	        "series, model, version, route, look, measure, subject, state, severity, since, window_id, last_begin, "
	        "last_end, windows, told, notices, recorded) SELECT 'a' || i, 'a' || i, 'loans', 1, 'stable', CASE "
	        "WHEN i "
	        "< 1001 THEN 'drift' ELSE 'performance' END, 'x', '', 'firing', 'warning', i, 'w', 1, 2, 1, 'no', 0, 1 "
	        "FROM n",
	        NULL, NULL, &error);
	g_assert_no_error(error);
	outbox_deliver(w.meta, w.settings, &counts, &error);
	g_assert_no_error(error);
	g_assert_cmpint(notices(&w, "hook"), ==, 1);
	meta_row(w.meta, "SELECT notice FROM outbox", NULL, &row, &error);
	g_assert_no_error(error);
	g_assert_nonnull(strstr(json_get_text(row, "notice", ""), "performance"));
	json_auto_t *open = NULL;
	g_assert_true(alarm_list(w.meta, "loans", true, &open, NULL));
	g_assert_cmpuint(json_array_size(open), ==, 1001);
	world_close(&w);
}

/* --- gauges --- */

static int count_of(const char *text, const char *part)
{
	int count = 0;
	for (; (text = strstr(text, part)); text += strlen(part))
		count++;
	return count;
}

/* However many columns there are, the series are bounded, and the worst are named. */
static void test_gauges(void)
{
	World w;
	g_autoptr(GError) error = NULL;
	g_autoptr(GString) text = g_string_new(NULL);
	world_open(&w, "{}");
	meta_run(w.meta, "INSERT INTO models (name, last_version, created, updated) VALUES ('loans', 1, 0, 0)", NULL,
	        NULL, &error);
	g_assert_no_error(error);
	measure(&w, 1, 0, "old", "ok");
	measure(&w, 1, 1, "age", "alarm");
	json_auto_t *windows = NULL;
	meta_run(w.meta, "SELECT id FROM monitor_windows ORDER BY begin_at DESC LIMIT 1", NULL, &windows, &error);
	for (int i = 1; i < 100; i++) {
		g_autofree char *subject = g_strdup_printf("c\"%d", i);
		meta_run(w.meta,
		        "INSERT INTO monitor_findings (window_id, place, look, measure, subject, value, limit_value, "
		        "p, state, "
		        "evidence) VALUES ($1, $2, 'drift', 'psi', $3, $4, 0.1, 0.5, 'ok', NULL)",
		        json_pack(
		                "[O,i,s,f]", json_object_get(json_array_get(windows, 0), "id"), i, subject, i * 0.0001),
		        NULL, &error);
		g_assert_no_error(error);
	}
	gauges_write(w.meta, 3 * HOUR, text, &error);
	g_assert_no_error(error);
	g_assert_cmpint(count_of(text->str, "\ngyre_drift_score{"), ==, LIMIT_GAUGE_COLUMNS + 1);
	g_assert_cmpint(count_of(text->str, "# TYPE gyre_drift_score gauge"), ==, 1);
	static const char *const LINES[] = {"\ngyre_drift_score{model=\"loans\",version=\"1\",route=\"stable\",column="
	                                    "\"age\",method=\"psi\"} 0.2999",
	        "\ngyre_drift_score{model=\"loans\",version=\"1\",route=\"stable\",column=\"_other\",method=\"psi\"} "
	        "0.0080",
	        "column=\"c\\\"99\"",
	        "\ngyre_drift_alert{model=\"loans\",version=\"1\",route=\"stable\",column=\"age\",method=\"psi\"} 1",
	        "\ngyre_drift_columns{model=\"loans\",version=\"1\",route=\"stable\"} 1",
	        "\ngyre_window_seconds{model=\"loans\",version=\"1\",route=\"stable\"} 3600",
	        "\ngyre_alarms{model=\"loans\",look=\"drift\",severity=\"warning\",state=\"pending\"} 1"};
	for (size_t i = 0; i < G_N_ELEMENTS(LINES); i++)
		g_assert_nonnull(strstr(text->str, LINES[i]));
	g_assert_null(strstr(text->str, "column=\"old\""));
	world_close(&w);
}

/* --- receivers --- */

static void collect(void *to, const char *path, const char *problem)
{
	g_string_append_printf(to, "%s: %s\n", path, problem);
}

static void test_settings(void)
{
	static const struct {
		const char *block, *part;
	} CASES[] = {{"{\"windows\": 4}", "monitor.alarms.windows"},
	        {"{\"rules\": [{\"match\": \"lok=x\"}]}", "did you mean \"look\""},
	        {"{\"receivers\": {\"a\": {\"kind\": \"pager\"}}}", "monitor.alarms.receivers.a.kind"},
	        {"{\"receivers\": {\"a\": {\"kind\": \"webhook\"}}}", "url"},
	        {"{\"receivers\": {\"a\": {\"kind\": \"webhook\", \"url\": \"http://x\", \"token\": \"abc\"}}}",
	                "a.token"},
	        {"{\"receivers\": {\"a\": {\"kind\": \"webhook\", \"url\": {\"file\": \"x\"}}}}", "absolute"},
	        {"{\"receivers\": {\"a\": {\"kind\": \"slack\", \"url\": \"http://x\", \"colour\": 1}}}", "colour"}};
	for (size_t i = 0; i < G_N_ELEMENTS(CASES); i++) {
		g_autoptr(GString) problems = g_string_new(NULL);
		json_auto_t *block = json_loads(CASES[i].block, 0, NULL);
		g_assert_null(alarm_check(block, collect, problems));
		g_assert_nonnull(strstr(problems->str, CASES[i].part));
	}
}

/* Every kind, with names and texts that try to break out of its form. */
static void test_kinds(void)
{
	json_auto_t *notice =
	        json_pack("{s:s,s:I,s:s,s:i,s:s,s:[{s:s,s:s,s:s,s:s,s:s,s:s,s:s,s:i,s:s,s:f,s:f,s:I,s:I,s:n,s:s}]}",
	                "id", "0123456789abcdef", "at", (json_int_t)1e15, "model", "a<b>&\"", "version", 3, "route",
	                "stable", "alarms", "id", "feed", "model", "a<b>&\"", "look", "drift", "measure", "psi",
	                "subject", "x\r\nBcc: eve@evil\r\n\xc3\xa9\"{}", "state", "firing", "severity", "critical",
	                "version", 3, "route", "stable", "value", 0.3, "limit", 0.1, "since", (json_int_t)9e14, "fired",
	                (json_int_t)9e14, "resolved", "runbook", "https://x/?a&b");
	json_auto_t *params = json_pack("{s:s,s:s,s:s,s:[s,s],s:{s:s}}", "url", "http://127.0.0.1:1/x", "server",
	        "smtp://x:25", "from", "gyre@example.org", "to", "a@example.org", "b@example.org", "token", "env",
	        "GYRE_TEST_TOKEN");
	g_setenv("GYRE_TEST_TOKEN", "hush", TRUE);
	for (const ReceiverKind *const *k = RECEIVERS; *k; k++) {
		g_auto(Message) m = {0};
		g_autoptr(GError) error = NULL;
		message_init(&m);
		g_assert_true((*k)->compose(params, notice, &m, &error));
		g_assert_nonnull(m.url);
		if (!m.to) {
			json_auto_t *body = json_loads(m.body->str, 0, NULL);
			g_assert_nonnull(body);
		} else {
			const char *gap = strstr(m.body->str, "\r\n\r\n");
			g_autofree char *head = g_strndup(m.body->str, (gsize)(gap - m.body->str));
			g_assert_null(strstr(head, "Bcc"));
			g_assert_nonnull(strstr(head, "Subject: =?UTF-8?B?"));
			g_auto(GStrv) lines = g_strsplit(head, "\r\n", -1);
			for (char **line = lines; *line; line++) /* RFC 2047, section 2 */
				g_assert_cmpuint(strlen(*line), <=, 76);
		}
		g_assert_null(strstr(m.body->str, "hush"));
	}
	json_object_set_new(params, "token", json_pack("{s:s}", "env", "GYRE_TEST_NONE"));
	g_auto(Message) m = {0};
	message_init(&m);
	g_autoptr(GError) error = NULL;
	g_assert_false(RECEIVER_WEBHOOK.compose(params, notice, &m, &error));
	g_assert_nonnull(strstr(error->message, "GYRE_TEST_NONE"));
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/alarm/steps", test_steps);
	g_test_add_func("/alarm/downwards", test_downwards);
	g_test_add_func("/alarm/at_the_limit", test_at_the_limit);
	g_test_add_func("/alarm/either_way", test_either_way);
	g_test_add_func("/alarm/by_definition", test_by_definition);
	g_test_add_func("/alarm/matchers", test_matchers);
	g_test_add_func("/alarm/store", test_store);
	g_test_add_func("/alarm/again", test_again);
	g_test_add_func("/alarm/any_order", test_any_order);
	g_test_add_func("/alarm/superseded", test_superseded);
	g_test_add_func("/alarm/left_out", test_left_out);
	g_test_add_func("/alarm/superseded_when_pending_again", test_superseded_when_pending_again);
	g_test_add_func("/alarm/slow_is_not_superseded", test_slow_is_not_superseded);
	g_test_add_func("/alarm/rules", test_rules);
	g_test_add_func("/alarm/silence", test_silence);
	g_test_add_func("/alarm/many_silenced", test_many_silenced);
	g_test_add_func("/alarm/gauges", test_gauges);
	g_test_add_func("/alarm/settings", test_settings);
	g_test_add_func("/alarm/kinds", test_kinds);
	return g_test_run();
}
