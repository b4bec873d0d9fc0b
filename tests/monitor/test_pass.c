/* test_pass.c: windows are cut as the rule says, measured once, and again where rows or outcomes came; a pass that dies in the middle doubles
 * nothing; and the look at quality finds what is wrong and nothing else. */
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/duration.h"
#include "base/error.h"
#include "monitor/look.h"
#include "world.h"

static const json_t *windows_of(const json_t *result)
{
	return json_object_get(result, "windows");
}

static const char *state_of(const json_t *findings, const char *measure, const char *subject)
{
	const json_t *f = world_finding(findings, measure, subject);
	g_assert_nonnull(f);
	return json_get_text(f, "state", "");
}

static void test_rule(void)
{
	WindowRule day = {.every = DURATION_DAY}, week = {.every = 7 * DURATION_DAY}, month = {.by_month = true};
	int64_t time, expected;
	g_assert_true(time_parse("2024-02-29 13:14:15", &time));
	g_assert_true(time_parse("2024-02-29", &expected));
	g_assert_cmpint(window_floor(&day, time), ==, expected);
	g_assert_true(time_parse("2024-02-26", &expected)); /* a Monday */
	g_assert_cmpint(window_floor(&week, time), ==, expected);
	g_assert_true(time_parse("2024-02-01", &expected));
	g_assert_cmpint(window_floor(&month, time), ==, expected);
	g_assert_true(time_parse("2024-03-01", &expected));
	g_assert_cmpint(window_next(&month, window_floor(&month, time)), ==, expected);
	g_assert_cmpint(window_floor(&day, -1), ==, -DURATION_DAY);
	g_assert_cmpint(window_floor(&month, -1), ==, -31 * DURATION_DAY);
}

static void test_durations(void)
{
	static const char *const WRONG[] = {"", "h", "1x", "-1h", "1 hour", "1e9w", "nan", "5"};
	int64_t us;
	g_assert_true(duration_parse("1.5h", &us) && us == 5400 * DURATION_SECOND);
	g_assert_true(duration_parse("15m", &us) && us == 900 * DURATION_SECOND);
	g_assert_true(duration_parse("0", &us) && us == 0);
	for (size_t i = 0; i < G_N_ELEMENTS(WRONG); i++)
		g_assert_false(duration_parse(WRONG[i], &us));
	static const char *const TEXTS[] = {"90s", "15m", "1h", "2d", "1w", "250ms", "0"};
	for (size_t i = 0; i < G_N_ELEMENTS(TEXTS); i++) {
		g_assert_true(duration_parse(TEXTS[i], &us));
		g_autofree char *text = duration_text(us);
		g_assert_cmpstr(text, ==, TEXTS[i]);
	}
}

typedef struct Problems {
	int count;
	char *path;
} Problems;

static void keep_problem(void *problems, const char *path, const char *problem)
{
	Problems *p = problems;
	p->count++;
	g_free(p->path);
	p->path = g_strdup(path);
}

static void test_settings(void)
{
	static const char *const WRONG[][2] = {{"{\"every\": \"often\"}", "monitor.every"},
	        {"{\"every\": \"1ms\"}", "monitor.every"}, {"{\"looks\": {\"smell\": {}}}", "monitor.looks.smell"},
	        {"{\"labels\": {\"delay\": \"soon\"}}", "monitor.labels.delay"},
	        {"{\"drift\": {\"alpha\": 7}}", "monitor.looks.drift.alpha"},
	        {"{\"drift\": {}, \"looks\": {\"drift\": {}}}", "monitor.drift"},
	        {"{\"looks\": {\"quality\": {\"alpha\": 7}}}", "monitor.looks.quality.alpha"},
	        {"{\"looks\": {\"concept\": {\"watch\": {\"detektor\": \"adwin\"}}}}",
	                "monitor.looks.concept.watch.detektor"},
	        {"{\"looks\": {\"concept\": {\"watch\": {\"settings\": {\"delte\": 0.1}}}}}",
	                "monitor.looks.concept.watch.settings.delte"},
	        {"{\"looks\": {\"concept\": {\"watch\": {\"warning_settings\": {\"drift_confidence\": 2}}}}}",
	                "monitor.looks.concept.watch.warning_settings.drift_confidence"}};
	for (size_t i = 0; i < G_N_ELEMENTS(WRONG); i++) {
		Problems p = {0};
		json_auto_t *block = json_loads(WRONG[i][0], 0, NULL);
		g_assert_null(monitor_check(block, keep_problem, &p));
		g_assert_cmpint(p.count, ==, 1);
		g_assert_cmpstr(p.path, ==, WRONG[i][1]);
		g_free(p.path);
	}
	json_auto_t *off = json_loads("{\"looks\": {\"quality\": false}}", 0, NULL);
	json_auto_t *filled = monitor_check(off, world_report, NULL);
	g_assert_true(json_is_false(json_object_get(json_object_get(filled, "looks"), "quality")));
	json_auto_t *brief =
	        json_loads("{\"every\": \"1h\", \"drift\": \"default\", \"labels\": {\"delay\": \"2d\"}}", 0, NULL);
	json_auto_t *lent = monitor_check(brief, world_report, NULL);
	g_assert_true(json_is_object(json_object_get(json_object_get(lent, "looks"), "drift")));
	/* Another detector than the preset one has no use for its settings. */
	json_auto_t *other = json_loads("{\"looks\": {\"concept\": {\"watch\": {\"detector\": \"hddm_w\"}}}}", 0, NULL);
	json_auto_t *watched = monitor_check(other, world_report, NULL);
	g_assert_cmpuint(json_object_size(json_at(watched, "looks.concept.watch.settings")), ==, 0);
	g_assert_cmpuint(json_object_size(json_at(watched, "looks.concept.watch.warning_settings")), ==, 1);
	json_auto_t *absent = monitor_check(NULL, world_report, NULL);
	g_assert_cmpfloat(
	        json_get_number(json_object_get(json_object_get(absent, "looks"), "quality"), "rate", 0), ==, 3);
}

/* Two routes, two hours; the third hour is not over. */
static void test_windows(void)
{
	World w;
	world_open(&w, "{\"every\": \"1h\"}");
	world_hour(&w, "stable", WORLD_START, 100, (WorldRow){0});
	world_hour(&w, "canary", WORLD_START, 50, (WorldRow){0});
	world_hour(&w, "stable", WORLD_START + HOUR, 100, (WorldRow){0});
	world_ask(&w, "stable", WORLD_START + 2 * HOUR + 120 * DURATION_SECOND, &(WorldRow){0});
	json_auto_t *first = world_pass(&w, false, meta_now());
	g_assert_cmpuint(json_array_size(windows_of(first)), ==, 3);
	const json_t *window = json_array_get(windows_of(first), 2);
	g_assert_cmpint(json_get_int(window, "begin", 0), ==, WORLD_START + HOUR);
	g_assert_cmpint(json_get_int(window, "end", 0), ==, WORLD_START + 2 * HOUR);
	g_assert_cmpint(json_get_int(window, "rows", 0), ==, 100);
	json_auto_t *again = world_pass(&w, false, meta_now());
	g_assert_cmpuint(json_array_size(windows_of(again)), ==, 0);
	world_ask(&w, "canary", WORLD_START + 7 * DURATION_SECOND, &(WorldRow){0}); /* late */
	json_auto_t *late = world_pass(&w, false, meta_now());
	g_assert_cmpuint(json_array_size(windows_of(late)), ==, 1);
	window = json_array_get(windows_of(late), 0);
	g_assert_cmpstr(json_get_text(window, "route", ""), ==, "canary");
	g_assert_cmpint(json_get_int(window, "rows", 0), ==, 51);
	g_assert_cmpint(json_get_int(window, "revision", 0), ==, 2);
	json_auto_t *forced = world_pass(&w, true, meta_now()); /* the replay's last hour, which nothing follows */
	g_assert_cmpuint(json_array_size(windows_of(forced)), ==, 1);
	json_t *history = NULL;
	g_assert_true(history_windows(w.meta, "half", WORLD_START + HOUR, 10, &history, NULL));
	g_assert_cmpuint(json_array_size(history), ==, 2);
	json_decref(history);
	world_close(&w);
}

/* Outcomes in any order, one of them corrected: each change has its window looked at again, nothing else does. */
static void test_outcomes(void)
{
	World w;
	json_t *counts = NULL;
	world_open(&w, "{\"every\": \"1h\"}");
	world_hour(&w, "stable", WORLD_START, 40, (WorldRow){0});        /* r0 .. r39 */
	world_hour(&w, "stable", WORLD_START + HOUR, 40, (WorldRow){0}); /* r40 .. r79 */
	json_decref(world_pass(&w, true, meta_now()));
	static const char *const SAID[] = {
	        "[{\"id\": \"r3\", \"value\": \"yes\"}, {\"id\": \"unknown\", \"value\": \"yes\"}]",
	        "[{\"id\": \"r3\", \"value\": \"no\"}]", "[{\"id\": \"r3\", \"value\": null}]"};
	static const int KNOWN[] = {1, 1, 0};
	for (size_t i = 0; i < G_N_ELEMENTS(SAID); i++) {
		json_auto_t *list = json_loads(SAID[i], 0, NULL);
		g_assert_true(outcome_add(w.meta, "half", list, &counts, NULL));
		json_decref(counts);
		json_auto_t *result = world_pass(&w, true, meta_now());
		g_assert_cmpuint(json_array_size(windows_of(result)), ==, 1);
		const json_t *window = json_array_get(windows_of(result), 0);
		g_assert_cmpint(json_get_int(window, "begin", 0), ==, WORLD_START);
		g_assert_cmpint(json_get_int(window, "outcomes", -1), ==, KNOWN[i]);
		g_assert_cmpint(json_get_int(window, "revision", 0), ==, (int64_t)i + 2);
		json_t *findings = NULL; /* of the rows as they were: kept */
		g_assert_true(history_findings(w.meta, json_get_text(window, "id", ""), &findings, NULL));
		g_assert_cmpstr(state_of(findings, "missing", "x"), ==, "ok");
		json_decref(findings);
		json_auto_t *again = world_pass(&w, true, meta_now());
		g_assert_cmpuint(json_array_size(windows_of(again)), ==, 0);
	}
	world_close(&w);
}

/* Windows by count: of 100 rows each, the last 50 wait; rows of one moment stay together. */
static void test_by_count(void)
{
	World w;
	world_open(&w, "{\"rows\": 100}");
	world_hour(&w, "stable", WORLD_START, 250, (WorldRow){0});
	json_auto_t *first = world_pass(&w, true, meta_now());
	g_assert_cmpuint(json_array_size(windows_of(first)), ==, 2);
	for (int i = 0; i < 60; i++)
		world_ask(&w, "stable", WORLD_START + 2 * HOUR, &(WorldRow){0});
	world_ask(&w, "stable", WORLD_START + 3 * HOUR, &(WorldRow){0});
	json_auto_t *second = world_pass(&w, true, meta_now());
	g_assert_cmpuint(json_array_size(windows_of(second)), ==, 1);
	g_assert_cmpint(json_get_int(json_array_get(windows_of(second), 0), "rows", 0), ==, 110);
	json_auto_t *rows = NULL;
	g_assert_true(meta_row(
	        w.meta, "SELECT sum(\"rows\") AS n, count(*) AS windows FROM monitor_windows", NULL, &rows, NULL));
	g_assert_cmpint(json_get_int(rows, "n", 0), ==, 310);
	g_assert_cmpint(json_get_int(rows, "windows", 0), ==, 3);
	world_close(&w);
}

/* A rule that changes leaves what was measured as it is and parts no row in two. */
static void test_rule_changes(void)
{
	World w;
	world_open(&w, "{\"every\": \"1h\"}");
	int64_t day = (WORLD_START / DURATION_DAY + 1) * DURATION_DAY;
	for (int i = 0; i < 4; i++)
		world_hour(&w, "stable", day + i * HOUR, 40, (WorldRow){0});
	json_decref(world_pass(&w, true, meta_now()));
	world_hour(&w, "stable", day + 4 * HOUR, 40, (WorldRow){0});
	world_hour(&w, "stable", day + DURATION_DAY, 40, (WorldRow){0});
	json_object_set_new(json_object_get(w.project, "monitor"), "every", json_string("1d"));
	json_auto_t *result = world_pass(&w, true, meta_now());
	g_assert_cmpuint(json_array_size(windows_of(result)), ==, 1);
	g_assert_cmpint(json_get_int(json_array_get(windows_of(result), 0), "begin", 0), ==, day + DURATION_DAY);
	world_close(&w);
}

/* Whatever cuts time now, a window that was measured keeps all its rows: nothing is due, and what an outcome makes due is whole. */
static void test_finer_rule(void)
{
	static const char *const RULES[] = {
	        "{\"every\": \"25m\", \"rows\": 0}", "{\"rows\": 15}", "{\"every\": \"1w\"}"};
	World w;
	json_t *counts = NULL;
	world_open(&w, "{\"every\": \"1h\"}");
	for (int i = 0; i < 3; i++)
		world_hour(&w, "stable", WORLD_START + i * HOUR, 40, (WorldRow){0}); /* r0 .. r119 */
	json_decref(world_pass(&w, true, meta_now()));
	for (int i = 0; i < (int)G_N_ELEMENTS(RULES); i++) {
		json_auto_t *rule = json_loads(RULES[i], 0, NULL);
		g_autofree char *said = g_strdup_printf("[{\"id\": \"r%d\", \"value\": \"yes\"}]", 40 + i);
		json_auto_t *outcomes = json_loads(said, 0, NULL);
		json_object_update(json_object_get(w.project, "monitor"), rule);
		json_auto_t *still = world_pass(&w, true, meta_now());
		g_assert_cmpuint(json_array_size(windows_of(still)), ==, 0);
		g_assert_true(outcome_add(w.meta, "half", outcomes, &counts, NULL));
		json_decref(counts);
		json_auto_t *result = world_pass(&w, true, meta_now());
		g_assert_cmpuint(json_array_size(windows_of(result)), ==, 1);
		const json_t *window = json_array_get(windows_of(result), 0);
		g_assert_cmpint(json_get_int(window, "begin", 0), ==, WORLD_START + HOUR);
		g_assert_cmpint(json_get_int(window, "rows", 0), ==, 40);
		g_assert_cmpint(json_get_int(window, "outcomes", 0), ==, i + 1);
	}
	world_close(&w);
}

/* Killed again and again while it measures: at the end every window is there once, with the same findings as without. */
static void test_killed(void)
{
	World w;
	world_open(&w, "{\"every\": \"1h\"}");
	for (int i = 0; i < 12; i++)
		world_hour(&w, "stable", WORLD_START + i * HOUR, 40, (WorldRow){0});
	world_flush(&w);
	meta_close(w.meta);
	blobs_close(w.blobs);
	for (int i = 0; i < 6; i++) {
		pid_t child = fork();
		if (child == 0) {
			g_assert_true(meta_open(w.state, &w.meta, NULL) && blobs_open(w.state, &w.blobs, NULL));
			json_decref(world_pass(&w, true, meta_now()));
			_exit(0);
		}
		g_usleep(20000 + 15000 * (gulong)i);
		kill(child, SIGKILL);
		g_assert_cmpint(waitpid(child, NULL, 0), ==, child);
	}
	g_assert_true(meta_open(w.state, &w.meta, NULL) && blobs_open(w.state, &w.blobs, NULL));
	json_decref(world_pass(&w, true, meta_now()));
	json_auto_t *counts = NULL;
	g_assert_true(meta_row(w.meta,
	        "SELECT count(*) AS windows, sum(\"rows\") AS n, max(revision) AS times, (SELECT count(*) FROM "
	        "monitor_findings) AS findings, (SELECT count(DISTINCT window_id) FROM monitor_findings) AS described "
	        "FROM "
	        "monitor_windows",
	        NULL, &counts, NULL));
	g_assert_cmpint(json_get_int(counts, "windows", 0), ==, 12);
	g_assert_cmpint(json_get_int(counts, "n", 0), ==, 480);
	g_assert_cmpint(json_get_int(counts, "times", 0), ==, 1);
	g_assert_cmpint(json_get_int(counts, "described", 0), ==, 12);
	g_assert_cmpint(json_get_int(counts, "findings", 0) % 12, ==, 0);
	world_close(&w);
}

/* Three passes at once, each with a store of its own: every window is written by one of them. */
static void test_at_once(void)
{
	World w;
	world_open(&w, "{\"every\": \"1h\"}");
	world_only(&w, "quality");
	for (int i = 0; i < 8; i++)
		world_hour(&w, "stable", WORLD_START + i * HOUR, 40, (WorldRow){0});
	world_flush(&w);
	meta_close(w.meta);
	blobs_close(w.blobs);
	pid_t children[3];
	for (size_t i = 0; i < G_N_ELEMENTS(children); i++) {
		children[i] = fork();
		if (children[i] == 0) {
			g_assert_true(meta_open(w.state, &w.meta, NULL) && blobs_open(w.state, &w.blobs, NULL));
			json_decref(world_pass(&w, true, meta_now()));
			_exit(0);
		}
	}
	for (size_t i = 0; i < G_N_ELEMENTS(children); i++) {
		int status;
		g_assert_cmpint(waitpid(children[i], &status, 0), ==, children[i]);
		g_assert_cmpint(status, ==, 0);
	}
	g_assert_true(meta_open(w.state, &w.meta, NULL) && blobs_open(w.state, &w.blobs, NULL));
	json_auto_t *counts = NULL;
	g_assert_true(meta_row(w.meta,
	        "SELECT count(*) AS windows, sum(\"rows\") AS n, max(revision) AS times, (SELECT count(*) FROM "
	        "monitor_findings) AS findings FROM monitor_windows",
	        NULL, &counts, NULL));
	g_assert_cmpint(json_get_int(counts, "windows", 0), ==, 8);
	g_assert_cmpint(json_get_int(counts, "n", 0), ==, 320);
	g_assert_cmpint(json_get_int(counts, "times", 0), ==, 1);
	g_assert_cmpint(json_get_int(counts, "findings", 0), ==, 8 * 9);
	world_close(&w);
}

static json_t *stored(World *w, const char *sql)
{
	json_t *row = NULL;
	g_assert_true(meta_row(w->meta, sql, NULL, &row, NULL));
	return row;
}

/* A pass that measures so many windows and has so many problems. */
static void expect_pass(World *w, int64_t now, size_t windows, size_t problems)
{
	json_auto_t *result = NULL;
	PassInput in = {.meta = w->meta,
	        .blobs = w->blobs,
	        .state_folder = w->state,
	        .project = w->project,
	        .memory_mb = 512,
	        .now = now,
	        .without_wait = true};
	world_flush(w);
	g_assert_true(monitor_pass(&in, &result, NULL));
	g_assert_cmpuint(json_array_size(windows_of(result)), ==, windows);
	g_assert_cmpuint(json_array_size(json_object_get(result, "problems")), ==, problems);
}

/* A bundle that is gone: its windows are tried again as long as outcomes are waited for, and what is old is taken away all the same. */
static void test_bundle_gone(void)
{
	World w;
	g_autofree char *path = NULL, *away = NULL;
	int64_t rows;
	world_open(&w, "{\"every\": \"1h\"}");
	world_only(&w, "quality");
	json_auto_t *version = stored(&w, "SELECT digest FROM model_versions");
	g_assert_true(blobs_path(w.blobs, json_get_text(version, "digest", ""), &path, NULL));
	away = g_strconcat(path, ".away", NULL);
	world_hour(&w, "stable", WORLD_START, 40, (WorldRow){0});
	expect_pass(&w, meta_now(), 1, 0);
	g_assert_cmpint(rename(path, away), ==, 0);
	world_hour(&w, "stable", WORLD_START + HOUR, 40, (WorldRow){0});
	world_hour(&w, "stable", WORLD_START + 2 * HOUR, 40, (WorldRow){0});
	expect_pass(&w, meta_now(), 0, 2);
	json_auto_t *scope = stored(&w, "SELECT open_from FROM monitor_scopes");
	g_assert_cmpint(json_get_int(scope, "open_from", 0), ==, WORLD_START + HOUR);
	g_assert_cmpint(rename(away, path), ==, 0);
	expect_pass(&w, meta_now(), 2, 0);
	g_assert_cmpint(rename(path, away), ==, 0);
	world_hour(&w, "stable", WORLD_START + 3 * HOUR, 40, (WorldRow){0});
	world_flush(&w);
	g_assert_true(predlog_seal(w.state, 256, &rows, NULL) && rows == 160);
	expect_pass(&w, meta_now() + 401 * DURATION_DAY, 0, 1);
	json_auto_t *kept = stored(&w, "SELECT count(*) AS findings FROM monitor_findings");
	g_assert_cmpint(json_get_int(kept, "findings", -1), ==, 0);
	expect_pass(&w, meta_now() + 401 * DURATION_DAY, 0, 0);
	world_close(&w);
}

static json_t *findings_after(World *w, int64_t begin)
{
	json_decref(world_pass(w, true, meta_now()));
	json_t *windows = NULL, *findings = NULL;
	g_assert_true(history_windows(w->meta, "half", begin, 1, &windows, NULL));
	g_assert_cmpint(json_get_int(json_array_get(windows, 0), "begin", 0), ==, begin);
	g_assert_true(history_findings(w->meta, json_get_text(json_array_get(windows, 0), "id", ""), &findings, NULL));
	json_decref(windows);
	return findings;
}

/* A window under way, measured because someone asked for it: as many rows a second as before, not a quarter. */
static void test_rate_under_way(void)
{
	World w;
	world_open(&w, "{\"every\": \"1h\"}");
	world_only(&w, "quality");
	for (int i = 0; i < 6; i++)
		world_hour(&w, "stable", WORLD_START + i * HOUR, 400 + 5 * i, (WorldRow){0});
	int64_t begin = WORLD_START + 6 * HOUR;
	world_ask(&w, "stable", begin, &(WorldRow){0});
	json_auto_t *first = findings_after(&w, begin);
	g_assert_cmpstr(state_of(first, "rate", ""), ==, "too_few");
	for (int i = 1; i <= 100; i++)
		world_ask(&w, "stable", begin + HOUR / 400 * i, &(WorldRow){0});
	json_auto_t *quarter = findings_after(&w, begin);
	g_assert_cmpstr(state_of(quarter, "rate", ""), ==, "ok");
	g_assert_cmpfloat_with_epsilon(
	        json_get_number(world_finding(quarter, "rate", ""), "value", 0), 101. / 900, 2e-3);
	world_close(&w);
}

static void test_quality(void)
{
	World w;
	world_open(&w, "{\"every\": \"1h\"}");
	world_only(&w, "quality");
	for (int i = 0; i < 6; i++)
		world_hour(&w, "stable", WORLD_START + i * HOUR, 400 + 5 * i, (WorldRow){0});
	json_auto_t *fine = findings_after(&w, WORLD_START + 5 * HOUR);
	size_t i;
	json_t *f;
	size_t of_quality = 0;
	json_array_foreach (fine, i, f) {
		if (strcmp(json_get_text(f, "look", ""), "quality") != 0)
			continue;
		g_assert_cmpstr(json_get_text(f, "state", ""), ==, "ok");
		of_quality++;
	}
	g_assert_cmpuint(of_quality, ==, 4 + 1 + 2 + 1 + 1);
	g_assert_cmpfloat_with_epsilon(json_get_number(world_finding(fine, "rate", ""), "value", 0), 425. / 3600, 1e-3);

	int64_t bad = WORLD_START + 6 * HOUR;
	world_hour(&w, "stable", bad, 1000, (WorldRow){.x_missing = 0.1});
	world_hour(&w, "stable", bad, 400, (WorldRow){.word = "zebra"});
	world_hour(&w, "stable", bad, 100, (WorldRow){.x_shift = 50});
	world_hour(&w, "stable", bad, 60, (WorldRow){.refused = true});
	json_auto_t *found = findings_after(&w, bad);
	g_assert_cmpstr(state_of(found, "missing", "x"), ==, "alarm");
	g_assert_cmpstr(state_of(found, "missing", "n"), ==, "ok");
	g_assert_cmpstr(state_of(found, "unseen", "word"), ==, "alarm");
	g_assert_cmpstr(state_of(found, "out_of_range", "x"), ==, "alarm");
	g_assert_cmpstr(state_of(found, "out_of_range", "n"), ==, "ok");
	g_assert_cmpstr(state_of(found, "refused", ""), ==, "alarm");
	g_assert_cmpstr(state_of(found, "rate", ""), ==, "alarm");
	const json_t *unseen = world_finding(found, "unseen", "word");
	g_assert_cmpfloat_with_epsilon(json_get_number(unseen, "value", 0), 400. / 1500, 1e-12);
	const json_t *evidence = json_object_get(unseen, "evidence");
	const json_t *value = json_array_get(json_object_get(evidence, "values"), 0);
	g_assert_cmpstr(json_get_text(value, "value", ""), ==, "zebra");
	g_assert_cmpfloat_with_epsilon(
	        json_get_number(world_finding(found, "refused", ""), "value", 0), 60. / 1560, 1e-12);

	world_hour(&w, "stable", WORLD_START + 7 * HOUR, 12, (WorldRow){.word = "zebra"});
	json_auto_t *few = findings_after(&w, WORLD_START + 7 * HOUR);
	g_assert_cmpstr(state_of(few, "unseen", "word"), ==, "too_few");
	g_assert_cmpstr(state_of(few, "missing", "x"), ==, "too_few");
	world_close(&w);
}

static void tell_random(World *w, Rng *rng, int count)
{
	json_auto_t *list = json_array(), *counts = NULL;
	for (int i = 0; i < count && w->next_id; i++) /* some of them before their prediction, some said again */
		json_array_append_new(list, json_pack("{s:o,s:s}", "id",
		                                    json_sprintf("r%d", (int)rng_below(rng, (uint64_t)w->next_id + 20)),
		                                    "value", rng_unit(rng) < 0.5 ? "yes" : "no"));
	g_assert_true(outcome_add(w->meta, "half", list, &counts, NULL));
}

static void seal(World *w)
{
	g_autoptr(GError) error = NULL;
	int64_t rows;
	world_flush(w);
	predlog_seal(w->state, 256, &rows, &error);
	g_assert_no_error(error);
}

/* Rows, late rows, outcomes, sealed or not, and passes in any order: what passes over a part of the log have measured is what one over all of
 * it measures. */
static void check_scope(const char *rule, uint64_t seed)
{
	World w;
	Rng rng = rng_stream(seed, "scope");
	world_open(&w, rule);
	world_only(&w, "performance");
	int64_t at = WORLD_START;
	for (int step = 0; step < 40; step++) {
		double u = rng_unit(&rng);
		bool late = rng_unit(&rng) < 0.1;
		int64_t time = late ? WORLD_START + (int64_t)(rng_unit(&rng) * (double)(at - WORLD_START)) : at;
		const char *route = rng_unit(&rng) < 0.8 ? "stable" : "canary";
		for (int i = 0; u < 0.5 && i < 8; i++)
			world_ask(&w, route, time + i * DURATION_SECOND, &(WorldRow){0});
		if (u < 0.5 && !late)
			at += (int64_t)(rng_unit(&rng) * 0.4 * (double)HOUR);
		else if (u < 0.65)
			seal(&w);
		else if (u < 0.8)
			tell_random(&w, &rng, 5);
		else if (w.next_id)
			json_decref(world_pass(&w, false, meta_now() + (rng_unit(&rng) < 0.2 ? HOUR : 0)));
	}
	seal(&w);
	json_decref(world_pass(&w, false, meta_now()));
	json_auto_t *nothing = world_pass(&w, false, meta_now()), *rows = NULL;
	g_assert_cmpuint(json_array_size(windows_of(nothing)), ==, 0);
	g_assert_true(meta_row(
	        w.meta, "SELECT count(*) AS n, sum(outcome_changes) AS o FROM monitor_windows", NULL, &rows, NULL));
	g_assert_cmpint(json_get_int(rows, "n", 0), >, 1);
	g_assert_cmpint(json_get_int(rows, "o", 0), >, 5);
	g_assert_true(meta_run(w.meta, "DELETE FROM monitor_scopes", NULL, NULL, NULL));
	g_assert_true(meta_run(w.meta, "DELETE FROM monitor_files", NULL, NULL, NULL));
	json_auto_t *whole = world_pass(&w, false, meta_now());
	if (json_array_size(windows_of(whole))) {
		g_autofree char *text = json_canonical(windows_of(whole));
		g_error("%s, seed %d: passes over parts have missed %s", rule, (int)seed, text);
	}
	world_close(&w);
}

static void test_scope(void)
{
	for (uint64_t seed = 1; seed <= 1; seed++) {
		check_scope("{\"every\": \"1h\", \"labels\": {\"delay\": \"2h\"}, \"looks\": {\"drift\": false, "
		            "\"multivariate\": false}}",
		        seed);
		check_scope("{\"rows\": 30, \"looks\": {\"drift\": false, \"multivariate\": false}}", seed);
	}
}

/* Hours without a request are windows too, and closed by the clock; where requests never cease otherwise, that is an alarm. */
static void test_empty(void)
{
	World w;
	world_open(&w, "{\"every\": \"1h\", \"looks\": {\"drift\": false, \"multivariate\": false}}");
	int64_t now = meta_now();
	now -= now % HOUR;
	for (int i = 0; i < 60; i++)
		world_ask(&w, "stable", 0, &(WorldRow){0});
	for (int i = 1; i <= 8; i++)
		g_assert_true(meta_run(w.meta,
		        "INSERT INTO monitor_windows (id, model, version, route, begin_at, end_at, \"rows\", outcomes, "
		        "outcome_changes, measured, revision) VALUES ($1, 'half', 1, 'stable', $2, $3, $4, 0, 0, 0, 1)",
		        json_pack("[o,I,I,i]", json_sprintf("%032d", i), (json_int_t)(now - i * HOUR),
		                (json_int_t)(now - (i - 1) * HOUR), 50 + 3 * i),
		        NULL, NULL));
	json_auto_t *none = world_pass(&w, false, now + HOUR / 2 + HOUR), *some = NULL, *findings = NULL, *after = NULL;
	int64_t begun =
	        json_get_int(json_array_get(windows_of(none), 0), "begin", 0); /* the test may run over the hour */
	g_assert_cmpint(begun - now, <=, HOUR);
	some = world_pass(&w, false, begun + 4 * HOUR + HOUR / 2);
	g_assert_cmpuint(json_array_size(windows_of(some)), ==, 3);
	const json_t *empty = json_array_get(windows_of(some), 0);
	g_assert_cmpint(json_get_int(empty, "rows", -1), ==, 0);
	g_assert_cmpint(json_get_int(empty, "begin", 0), ==, begun + HOUR);
	g_assert_true(history_findings(w.meta, json_get_text(empty, "id", ""), &findings, NULL));
	g_assert_cmpuint(json_array_size(findings), ==, 1);
	g_assert_cmpstr(state_of(findings, "rate", ""), ==, "alarm");
	g_assert_cmpfloat(json_get_number(world_finding(findings, "rate", ""), "value", 1), ==, 0);
	after = world_pass(&w, false, begun + 4 * HOUR + HOUR / 2);
	g_assert_cmpuint(json_array_size(windows_of(after)), ==, 0);
	world_close(&w);
}

static int64_t count_of(const World *w, const char *table)
{
	g_autofree char *sql = g_strdup_printf("SELECT count(*) AS n FROM %s", table);
	json_auto_t *row = NULL;
	g_assert_true(meta_row(w->meta, sql, NULL, &row, NULL));
	return json_get_int(row, "n", -1);
}

/* Details of windows that were measured long ago go, windows stay, and are not measured again. */
static void test_retention(void)
{
	World w;
	world_open(&w, "{\"every\": \"1h\", \"late\": \"1d\", \"keep\": \"10d\"}");
	world_only(&w, "quality");
	world_hour(&w, "stable", WORLD_START, 40, (WorldRow){0});
	world_hour(&w, "stable", WORLD_START + HOUR, 40, (WorldRow){0});
	json_decref(world_pass(&w, true, meta_now()));
	g_assert_cmpint(count_of(&w, "monitor_windows"), ==, 2);
	int64_t findings = count_of(&w, "monitor_findings");
	json_decref(world_pass(&w, true, meta_now() + 9 * 24 * HOUR));
	g_assert_cmpint(count_of(&w, "monitor_findings"), ==, findings);
	g_assert_true(meta_run(w.meta, "UPDATE monitor_windows SET measured = measured - $1 WHERE begin_at = $2",
	        json_pack("[I,I]", (json_int_t)(2 * 24 * HOUR), (json_int_t)WORLD_START), NULL, NULL));
	json_decref(world_pass(&w, true, meta_now() + 9 * 24 * HOUR));
	g_assert_cmpint(count_of(&w, "monitor_findings"), ==, findings / 2);
	g_assert_cmpint(count_of(&w, "monitor_windows"), ==, 2);
	json_auto_t *again = world_pass(&w, true, meta_now() + 11 * 24 * HOUR);
	g_assert_cmpuint(json_array_size(windows_of(again)), ==, 0);
	g_assert_cmpint(count_of(&w, "monitor_findings"), ==, 0);
	world_close(&w);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/monitor/rule", test_rule);
	g_test_add_func("/monitor/durations", test_durations);
	g_test_add_func("/monitor/settings", test_settings);
	g_test_add_func("/monitor/windows", test_windows);
	g_test_add_func("/monitor/outcomes", test_outcomes);
	g_test_add_func("/monitor/by_count", test_by_count);
	g_test_add_func("/monitor/rule_changes", test_rule_changes);
	g_test_add_func("/monitor/finer_rule", test_finer_rule);
	g_test_add_func("/monitor/rate_under_way", test_rate_under_way);
	g_test_add_func("/monitor/killed", test_killed);
	g_test_add_func("/monitor/at_once", test_at_once);
	g_test_add_func("/monitor/quality", test_quality);
	g_test_add_func("/monitor/scope", test_scope);
	g_test_add_func("/monitor/empty", test_empty);
	g_test_add_func("/monitor/retention", test_retention);
	g_test_add_func("/monitor/bundle_gone", test_bundle_gone);
	return g_test_run();
}
