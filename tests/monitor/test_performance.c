/* test_performance.c: how good answers were and are expected to be: outcomes that come late, out of order, twice, before their
 * prediction or corrected; what is said while they are missing; and what is told apart: inputs that moved, and a concept that did. */
#include <math.h>

#include "monitor/yardstick.h"
#include "monitor/look.h"
#include "world.h"

/* What became of the answers between two moments: P(yes) of logit = logit(p) * slope + shift, where p is what the model said. */
typedef struct Fate {
	double shift, slope;
	double known;  /* share of the rows that are told */
	int64_t delay; /* us */
	bool only_no;  /* only cases that turned out "no" */
} Fate;

static const Fate AS_SAID = {.slope = 1, .known = 1};

static json_t *rows_between(World *w, int64_t begin, int64_t end)
{
	EngineLimits limits = {.threads = 1, .memory_mb = 256};
	g_autoptr(Engine) e = NULL;
	g_autoptr(GError) error = NULL;
	json_t *rows = NULL;
	world_flush(w);
	engine_open(&limits, &e, &error);
	g_assert_no_error(error);
	predlog_view(e, w->state, "half", "log", &error);
	g_assert_no_error(error);
	g_autofree char *sql =
	        g_strdup_printf("SELECT _gyre_id AS id, epoch_us(_gyre_time) AS time, probability_yes AS p "
	                        "FROM log WHERE epoch_us(_gyre_time) >= %" G_GINT64_FORMAT
	                        " AND epoch_us(_gyre_time) < %" G_GINT64_FORMAT " ORDER BY _gyre_time, id",
	                begin, end);
	engine_rows(e, sql, &rows, &error);
	g_assert_no_error(error);
	return rows;
}

static json_t *fates_between(World *w, int64_t begin, int64_t end, Fate fate)
{
	json_auto_t *rows = rows_between(w, begin, end);
	json_t *outcomes = json_array(), *row;
	Rng r = rng_stream((uint64_t)begin, "fate");
	size_t i;
	json_array_foreach (rows, i, row) {
		double p = json_get_number(row, "p", NAN), logit = log(p / (1 - p));
		bool yes = rng_unit(&r) < 1 / (1 + exp(-(logit * fate.slope + fate.shift)));
		bool is_known = rng_unit(&r) < fate.known && (!yes || !fate.only_no);
		if (is_known)
			json_array_append_new(
			        outcomes, json_pack("{s:O,s:s,s:I}", "id", json_object_get(row, "id"), "value",
			                          yes ? "yes" : "no", "observed",
			                          (json_int_t)(json_get_int(row, "time", 0) + fate.delay)));
	}
	return outcomes;
}

static void tell_list(World *w, const json_t *outcomes)
{
	json_t *counts = NULL;
	g_autoptr(GError) error = NULL;
	outcome_add(w->meta, "half", outcomes, &counts, &error);
	g_assert_no_error(error);
	json_decref(counts);
}

static void tell(World *w, int64_t begin, int64_t end, Fate fate)
{
	json_auto_t *outcomes = fates_between(w, begin, end, fate);
	tell_list(w, outcomes);
}

/* The findings of the window of the row at `begin`, after a pass; the caller frees. */
static json_t *findings_at(World *w, int64_t begin, int64_t now)
{
	json_auto_t *windows = NULL;
	json_t *found = NULL, *window;
	g_autoptr(GError) error = NULL;
	size_t i;
	json_decref(world_pass(w, true, now));
	history_windows(w->meta, "half", 0, 100, &windows, &error);
	g_assert_no_error(error);
	json_array_foreach (windows, i, window)
		if (json_get_int(window, "begin", 0) == begin)
			history_findings(w->meta, json_get_text(window, "id", ""), &found, &error);
	g_assert_no_error(error);
	g_assert_nonnull(found);
	return found;
}

/* Of the newest window. */
static json_t *findings_now(World *w, int64_t now)
{
	json_auto_t *windows = NULL;
	json_t *findings = NULL;
	g_autoptr(GError) error = NULL;
	json_decref(world_pass(w, true, now));
	history_windows(w->meta, "half", 0, 1, &windows, &error);
	g_assert_no_error(error);
	history_findings(w->meta, json_get_text(json_array_get(windows, 0), "id", ""), &findings, &error);
	g_assert_no_error(error);
	return findings;
}

static const json_t *find(const json_t *findings, const char *look, const char *measure, const char *subject)
{
	size_t i;
	json_t *f;
	json_array_foreach ((json_t *)findings, i, f)
		if (g_strcmp0(json_get_text(f, "look", NULL), look) == 0 &&
		        g_strcmp0(json_get_text(f, "measure", NULL), measure) == 0 &&
		        g_strcmp0(json_get_text(f, "subject", NULL), subject) == 0)
			return f;
	g_error("no finding %s %s %s", look, measure, subject);
}

static double value_of(const json_t *findings, const char *look, const char *measure)
{
	return json_get_number(find(findings, look, measure, ""), "value", NAN);
}

static void check_state(
        const json_t *findings, const char *look, const char *measure, const char *subject, const char *state)
{
	const json_t *f = find(findings, look, measure, subject);
	g_autofree char *text = json_canonical(f);
	g_test_message("%s", text);
	g_assert_cmpstr(json_get_text(f, "state", ""), ==, state);
}

static void check_cause(const json_t *findings, const char *look, const char *measure, const char *subject,
        const char *cause, const char *column)
{
	const json_t *told = json_at(find(findings, look, measure, subject), "evidence.cause");
	g_autofree char *text = json_canonical(told);
	g_test_message("%s", text);
	g_assert_cmpstr(json_get_text(told, "cause", ""), ==, cause);
	g_assert_cmpstr(json_get_text(json_at(told, "columns[0]"), "column", ""), ==, column);
	g_assert_true(json_is_number(json_at(told, "loss.metric.loss")));
	g_assert_nonnull(json_get_text(told, "summary", NULL));
}

static void open_world(World *w, const char *labels)
{
	g_autofree char *block = g_strdup_printf(
	        "{\"every\": \"1h\", \"labels\": %s, \"looks\": {\"multivariate\": false, \"skew\": false}}", labels);
	world_open(w, block);
	json_object_set_new(w->project, "goal",
	        json_loads("{\"task\": \"classification\", \"target\": \"t\", \"success\": [{\"metric\": \"accuracy\", "
	                   "\"at_least\": 0.85}]}",
	                0, NULL));
}

/* What is measured is what scores and outcomes say: the closed form of their own expectation, within its error. */
static void test_realised(void)
{
	World w;
	open_world(&w, "{}");
	world_hour(&w, "stable", WORLD_START, 2000, (WorldRow){0});
	tell(&w, WORLD_START, WORLD_START + HOUR, AS_SAID);
	json_auto_t *f = findings_now(&w, WORLD_START + 2 * HOUR),
	            *rows = rows_between(&w, WORLD_START, WORLD_START + HOUR);
	double expected = 0;
	size_t i;
	json_t *row;
	json_array_foreach (rows, i, row) {
		double p = json_get_number(row, "p", NAN);
		expected += MAX(p, 1 - p) / 2000;
	}
	g_assert_cmpfloat_with_epsilon(value_of(f, "estimate", "accuracy"), expected, 1e-9);
	g_assert_cmpfloat_with_epsilon(value_of(f, "performance", "accuracy"), expected, 0.025);
	g_assert_cmpfloat_with_epsilon(value_of(f, "performance", "roc_auc"), value_of(f, "estimate", "roc_auc"), 0.05);
	const json_t *of = json_object_get(find(f, "performance", "accuracy", ""), "evidence");
	g_assert_cmpfloat_with_epsilon((json_get_number(of, "high", NAN) - json_get_number(of, "low", NAN)) / 2,
	        1.96 * sqrt(expected * (1 - expected) / 2000), 0.004);
	check_state(f, "performance", "coverage", "", "ok");
	check_state(f, "performance", "accuracy", "", "ok");
	check_state(f, "performance", "goal", "accuracy", "ok");
	check_state(f, "estimate", "accuracy", "", "ok");
	check_state(f, "concept", "disagreement", "accuracy", "ok");
	check_state(f, "concept", "disagreement", "log_loss", "ok");
	check_state(f, "concept", "errors", "", "ok");
	world_close(&w);
}

/* Inputs move to where the model is surer: estimate and reality move together, and nobody says concept.  The concept moves: the estimate
 * stays, reality falls, and they part. */
static void test_told_apart(void)
{
	static const Fate TURNED = {.shift = -2.5, .slope = 1, .known = 1};
	World w;
	open_world(&w, "{}");
	world_hour(&w, "stable", WORLD_START, 2000, (WorldRow){.x_shift = -1.5});
	tell(&w, WORLD_START, WORLD_START + HOUR, AS_SAID);
	json_auto_t *inputs = findings_now(&w, WORLD_START + 2 * HOUR);
	check_state(inputs, "concept", "disagreement", "accuracy", "ok");
	check_state(inputs, "concept", "disagreement", "log_loss", "ok");
	g_assert_cmpfloat_with_epsilon(
	        value_of(inputs, "performance", "accuracy"), value_of(inputs, "estimate", "accuracy"), 0.03);
	check_cause(inputs, "drift", "ks", "x", "input", "x");
	check_cause(inputs, "performance", "accuracy", "", "input", "x");
	world_hour(&w, "stable", WORLD_START + HOUR, 2000, (WorldRow){0});
	tell(&w, WORLD_START + HOUR, WORLD_START + 2 * HOUR, TURNED);
	json_auto_t *concept = findings_now(&w, WORLD_START + 3 * HOUR);
	check_state(concept, "concept", "disagreement", "accuracy", "alarm");
	check_state(concept, "performance", "accuracy", "", "alarm");
	check_state(concept, "performance", "goal", "accuracy", "alarm");
	check_state(concept, "estimate", "accuracy", "", "ok");
	check_cause(concept, "performance", "accuracy", "", "concept", "x");
	check_cause(concept, "concept", "disagreement", "accuracy", "concept", "x");
	g_assert_cmpfloat_with_epsilon(
	        json_get_number(
	                json_at(find(concept, "performance", "accuracy", ""), "evidence.cause.loss.metric"), "loss", 0),
	        0.8973 - value_of(concept, "performance", "accuracy"), 1e-9);
	world_close(&w);
}

/* Where it changed is named: only for rows whose word is "c" are the odds a twentieth of what they were. */
static void test_column(void)
{
	World w;
	open_world(&w, "{}");
	for (int part = 0; part < 2; part++) {
		int64_t begin = WORLD_START + part * HOUR / 2;
		for (int i = 0; i < 1000; i++) {
			WorldRow row = {.word = part ? "c" : i % 2 ? "a" : "b"};
			world_ask(&w, "stable", begin + HOUR / 2000 * i, &row);
		}
		tell(&w, begin, begin + HOUR / 2, (Fate){.shift = part ? -3 : 0, .slope = 1, .known = 1});
	}
	json_auto_t *f = findings_now(&w, WORLD_START + 2 * HOUR);
	check_state(f, "concept", "disagreement", "accuracy", "alarm");
	const json_t *first = json_at(find(f, "concept", "disagreement", "accuracy"), "evidence.columns[0]");
	g_assert_cmpstr(json_get_text(first, "column", ""), ==, "word");
	g_assert_cmpstr(json_get_text(json_object_get(first, "where"), "is", ""), ==, "c");
	world_close(&w);
}

/* Outcomes two hours late: a window that is too young says so, and is measured again when it is old enough, though no more outcomes came
 * since; when too few came, that is told, and nothing else is made of them. */
static void test_maturity(void)
{
	World w;
	open_world(&w, "{\"delay\": \"2h\"}");
	world_hour(&w, "stable", WORLD_START, 1000, (WorldRow){0});
	tell(&w, WORLD_START, WORLD_START + HOUR, (Fate){.slope = 1, .known = 1, .only_no = true, .delay = HOUR / 2});
	json_auto_t *young = findings_now(&w, WORLD_START + HOUR + HOUR / 2);
	check_state(young, "performance", "accuracy", "", "too_few");
	check_state(young, "performance", "coverage", "", "too_few");
	check_state(young, "concept", "disagreement", "accuracy", "too_few");
	g_assert_cmpfloat(value_of(young, "performance", "maturity"), <, 0.1);
	json_auto_t *idle = world_pass(&w, true, WORLD_START + 2 * HOUR);
	g_assert_cmpuint(json_array_size(json_object_get(idle, "windows")), ==, 0);
	/* The log is a replay: its clock goes on with its rows. */
	world_hour(&w, "stable", WORLD_START + 4 * HOUR, 10, (WorldRow){0});
	json_auto_t *old = findings_at(&w, WORLD_START, WORLD_START + 6 * HOUR);
	check_state(old, "performance", "coverage", "", "warning");
	g_assert_cmpfloat(value_of(old, "performance", "maturity"), ==, 1);
	/* Only those that turned out "no" are told: they are not like the others, and that is said. */
	check_state(old, "performance", "selection", "", "warning");
	json_auto_t *done = world_pass(&w, true, WORLD_START + 6 * HOUR);
	g_assert_cmpuint(json_array_size(json_object_get(done, "windows")), ==, 0);
	world_close(&w);
}

static int64_t labels_of(World *w)
{
	json_auto_t *row = NULL, *ids = NULL;
	g_assert_true(meta_row(w->meta, "SELECT labels FROM concept_streams", NULL, &row, NULL));
	g_assert_true(meta_row(w->meta, "SELECT count(*) AS n FROM concept_labels", NULL, &ids, NULL));
	g_assert_cmpint(json_get_int(row, "labels", 0), ==, json_get_int(ids, "n", 0));
	return json_get_int(row, "labels", 0);
}

/* Every outcome is taken by the watch once, whatever way it comes. */
static void test_faults(void)
{
	World w;
	open_world(&w, "{}");
	/* Before its prediction: the rows of the first hour are known under these ids already. */
	json_auto_t *early = json_array();
	for (int i = 0; i < 100; i++) {
		g_autofree char *id = g_strdup_printf("r%d", i);
		json_array_append_new(early, json_pack("{s:s,s:s,s:I}", "id", id, "value", "yes", "observed",
		                                     (json_int_t)(WORLD_START - HOUR)));
	}
	tell_list(&w, early);
	world_hour(&w, "stable", WORLD_START, 400, (WorldRow){0});
	json_auto_t *all = fates_between(&w, WORLD_START, WORLD_START + HOUR, AS_SAID), *half = json_array(),
	            *rest = json_array(), *odd = json_array();
	size_t i;
	json_t *one;
	json_array_foreach (all, i, one)
		json_array_append(i < 100 ? half : i % 2 ? half : rest, one);
	json_auto_t *first = findings_now(&w, WORLD_START + 2 * HOUR);
	g_assert_cmpint(labels_of(&w), ==, 100);
	g_assert_cmpint(json_get_int(json_object_get(find(first, "performance", "delay", ""), "evidence"), "before", 0),
	        ==, 100);
	/* The first hundred corrected, others new; then all of these again; out of order. */
	tell_list(&w, half);
	json_decref(findings_now(&w, WORLD_START + 2 * HOUR));
	g_assert_cmpint(labels_of(&w), ==, 250);
	tell_list(&w, half);
	tell_list(&w, rest);
	json_decref(findings_now(&w, WORLD_START + 2 * HOUR));
	g_assert_cmpint(labels_of(&w), ==, 400);
	/* Taken back, given again, and one that is no class at all; a clock that jumped a year ahead. */
	json_array_append_new(
	        odd, json_pack("{s:s,s:n,s:I}", "id", "r7", "value", "observed", (json_int_t)WORLD_START));
	json_array_append_new(
	        odd, json_pack("{s:s,s:s,s:I}", "id", "r8", "value", "maybe", "observed", (json_int_t)WORLD_START));
	json_array_append_new(odd, json_pack("{s:s,s:s,s:I}", "id", "r9", "value", "no", "observed",
	                                   (json_int_t)(WORLD_START + 24 * 365 * HOUR)));
	tell_list(&w, odd);
	json_auto_t *last = findings_now(&w, WORLD_START + 2 * HOUR);
	g_assert_cmpint(labels_of(&w), ==, 400);
	g_assert_cmpfloat(value_of(last, "performance", "strangers"), ==, 1);
	const json_t *counts = json_object_get(find(last, "performance", "coverage", ""), "evidence");
	g_assert_cmpfloat(json_get_number(counts, "outcomes", 0), ==, 399);
	world_close(&w);
}

/* The stream goes on from window to window: a change is found in the one whose outcomes show it, told once, and told the same when that
 * window is measured again. */
static void test_stream(void)
{
	World w;
	open_world(&w, "{}");
	int alarms = 0;
	for (int h = 0; h < 6; h++) {
		int64_t begin = WORLD_START + h * HOUR;
		world_hour(&w, "stable", begin, 300, (WorldRow){0});
		tell(&w, begin, begin + HOUR, (Fate){.slope = h < 4 ? 1 : 0.2, .known = 1});
		json_auto_t *f = findings_now(&w, begin + 2 * HOUR);
		const json_t *errors = find(f, "concept", "errors", "");
		bool alarm = g_strcmp0(json_get_text(errors, "state", ""), "alarm") == 0;
		g_assert_true(!alarm || h >= 4);
		alarms += alarm;
		if (!alarm)
			continue;
		json_auto_t *again = json_pack(
		        "[{s:s,s:s,s:I}]", "id", "r3", "value", h % 2 ? "yes" : "no", "observed", (json_int_t)begin);
		const json_t *event = json_at(errors, "evidence.events[0]");
		g_assert_cmpfloat(json_get_number(event, "after", 0), >, json_get_number(event, "before", 1));
		/* One of this window corrected: it is measured again. */
		g_autofree char *id = g_strdup_printf("r%d", h * 300 + 5);
		json_object_set_new(json_array_get(again, 0), "id", json_string(id));
		tell_list(&w, again);
		json_auto_t *repeated = findings_now(&w, begin + 2 * HOUR);
		check_state(repeated, "concept", "errors", "", "alarm");
	}
	g_assert_cmpint(alarms, ==, 1);
	g_assert_cmpint(labels_of(&w), ==, 1800);
	json_auto_t *events = NULL;
	g_assert_true(
	        meta_row(w.meta, "SELECT count(*) AS n FROM concept_events WHERE what = 'rose'", NULL, &events, NULL));
	g_assert_cmpint(json_get_int(events, "n", 0), ==, 1);
	world_close(&w);
}

/* Nothing changed: of 10 windows none alarms, in any look. */
static void test_quiet(void)
{
	World w;
	open_world(&w, "{}");
	int alarms = 0;
	for (int h = 0; h < 10; h++) {
		int64_t begin = WORLD_START + h * HOUR;
		world_hour(&w, "stable", begin, 200, (WorldRow){0});
		tell(&w, begin, begin + HOUR, AS_SAID);
	}
	json_auto_t *passed = world_pass(&w, true, WORLD_START + 40 * HOUR);
	size_t i, k;
	json_t *window, *f;
	json_array_foreach (json_object_get(passed, "windows"), i, window) {
		json_auto_t *findings = NULL;
		g_assert_true(history_findings(w.meta, json_get_text(window, "id", ""), &findings, NULL));
		json_array_foreach (findings, k, f)
			if (g_strcmp0(json_get_text(f, "state", ""), "alarm") == 0 &&
			        g_strcmp0(json_get_text(f, "look", ""), "quality") != 0) {
				g_autofree char *text = json_canonical(f);
				g_test_message("%s", text);
				alarms++;
			}
	}
	g_assert_cmpuint(i, ==, 10);
	g_assert_cmpint(alarms, ==, 0);
	world_close(&w);
}

/* A bias of -5 where +0.1 was: beyond the limit on its own side, and beyond a bound of 0.5. */
static void test_bias(void)
{
	Yardstick y = {
	        .metric = metric_find("mean_error"), .is_named = true, .of = "test", .reference = 0.1, .least = NAN};
	Measured m = {-5, 0.1, 100, 0.05, 0.01, NULL};
	g_autoptr(GArray) found = findings_new();
	y.most = 0.5;
	yardstick_add(&y, &m, "performance", NULL, found);
	g_assert_cmpuint(found->len, ==, 2);
	for (guint i = 0; i < 2; i++)
		g_assert_cmpint(g_array_index(found, Finding, i).state, ==, FINDING_ALARM);
	g_assert_cmpfloat_with_epsilon(g_array_index(found, Finding, 0).limit, -0.105, 1e-12);
	g_assert_cmpfloat(g_array_index(found, Finding, 1).value, ==, 5);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/performance/realised", test_realised);
	g_test_add_func("/performance/told_apart", test_told_apart);
	g_test_add_func("/performance/column", test_column);
	g_test_add_func("/performance/maturity", test_maturity);
	g_test_add_func("/performance/faults", test_faults);
	g_test_add_func("/performance/stream", test_stream);
	g_test_add_func("/performance/quiet", test_quiet);
	g_test_add_func("/performance/bias", test_bias);
	return g_test_run();
}
