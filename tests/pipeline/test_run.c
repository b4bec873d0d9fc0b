/* test_run.c: what a run does: cache, failure, order, records. */
#include "kit.h"

#include "pipeline/lineage.h"

/* first -> second -> third, and apart. */
static Plan *chain(const char *first, const char *third)
{
	Plan *p = plan_new(KINDS);
	kit_add(p, "first", "sum", first, NULL);
	kit_add(p, "second", "sum", "{\"value\": 10}", "first.out");
	kit_add(p, "third", "sum", third, "second.out");
	kit_add(p, "apart", "sum", "{\"value\": 5}", NULL);
	return p;
}

static json_t *run_owned(Plan *owned)
{
	g_autoptr(Plan) p = owned;
	return kit_run(p);
}

static void expect_value(const json_t *result, const char *step, int value)
{
	g_autofree char *text = kit_output(result, step, "out");
	g_autofree char *expected = g_strdup_printf("{\"value\":%d}", value);
	g_assert_cmpstr(text, ==, expected);
}

static void test_cache(void)
{
	kit_begin();
	json_auto_t *once = run_owned(chain("{\"value\": 1}", "{\"value\": 100}"));
	kit_expect(once, "first=ran apart=ran second=ran third=ran");
	g_assert_cmpstr(json_get_text(once, "status", ""), ==, "done");
	expect_value(once, "third", 111);
	json_auto_t *again = run_owned(chain("{\"value\": 1}", "{\"value\": 100}"));
	kit_expect(again, "first=cached apart=cached second=cached third=cached");
	expect_value(again, "third", 111);
	g_assert_cmpstr(kit_field(again, "third", "run"), ==, json_get_text(once, "run", ""));
	g_assert_cmpstr(kit_field(again, "third", "log"), ==, kit_field(once, "third", "log"));
	json_auto_t *end = run_owned(chain("{\"value\": 1}", "{\"value\": 200}"));
	kit_expect(end, "first=cached apart=cached second=cached third=ran");
	g_assert_cmpstr(kit_field(end, "third", "why"), ==, "param value changed from 100 to 200");
	json_auto_t *start = run_owned(chain("{\"value\": 2}", "{\"value\": 100}"));
	kit_expect(start, "first=ran apart=cached second=ran third=ran");
	g_assert_cmpstr(kit_field(start, "second", "why"), ==, "input a changed");
	/* Other params, same bytes: what comes after stays fresh. */
	json_auto_t *same = run_owned(chain("{\"value\": 2, \"block\": 1}", "{\"value\": 100}"));
	kit_expect(same, "first=ran apart=cached second=cached third=cached");
	kit_end();
}

static void test_missing_blob(void)
{
	kit_begin();
	json_auto_t *once = run_owned(chain("{\"value\": 1}", "{\"value\": 100}"));
	const char *digest = json_string_value(json_at(kit_step(once, "second"), "outputs.out"));
	g_autofree char *path = g_strdup_printf("%s/blobs/%.2s/%s", kit_state, digest, digest + 2);
	g_assert_cmpint(g_unlink(path), ==, 0);
	g_autoptr(Plan) p = chain("{\"value\": 1}", "{\"value\": 100}");
	json_auto_t *status = kit_status(p);
	kit_expect(status, "first=fresh apart=fresh second=stale third=waiting");
	kit_contains(kit_field(status, "second", "why"), "output out are no longer there");
	json_auto_t *again = kit_run(p);
	kit_expect(again, "first=cached apart=cached second=ran third=cached");
	kit_end();
}

static void test_failures(void)
{
	kit_begin();
	static const struct {
		const char *how, *code, *words;
	} WAYS[] = {
	        {"error", "limit", "there is too much of it"},
	        {"crash", "broken", "ended by signal 11 (Segmentation fault); its last lines:\nthe last words"},
	        {"exit", "broken", "ended with status 7 without saying why"},
	        {"silent", "broken", "ended without leaving a result"},
	        {"nothing", "broken", "the output \"out\" was not written"},
	};
	for (size_t i = 0; i < G_N_ELEMENTS(WAYS); i++) {
		g_autoptr(Plan) p = plan_new(KINDS);
		g_autofree char *params = g_strdup_printf("{\"how\": \"%s\"}", WAYS[i].how);
		kit_add(p, "good", "sum", "{}", NULL);
		kit_add(p, "bad", "bad", params, "good.out");
		kit_add(p, "after", "sum", "{}", "bad.out");
		kit_add(p, "last", "sum", "{}", "after.out");
		kit_add(p, "apart", "sum", "{\"value\": 5}", NULL);
		json_auto_t *result = kit_run(p);
		g_assert_cmpstr(json_get_text(result, "status", ""), ==, "failed");
		kit_expect(result, i ? "good=cached apart=cached bad=failed after=skipped last=skipped"
		                     : "good=ran apart=ran bad=failed after=skipped last=skipped");
		kit_contains(kit_field(result, "bad", "error"), WAYS[i].words);
		g_assert_cmpstr(kit_field(result, "bad", "error_code"), ==, WAYS[i].code);
		g_assert_cmpstr(kit_field(result, "after", "why"), ==, "it needs bad");
		json_auto_t *status = kit_status(p);
		kit_expect(status, "good=fresh apart=fresh bad=failed after=waiting last=waiting");
		kit_contains(kit_field(status, "bad", "why"), WAYS[i].words);
	}
	g_autofree char *work = g_build_filename(kit_state, "work", NULL);
	g_assert_cmpint(g_rmdir(work), ==, 0); /* nothing was left behind */
	kit_end();
}

static void test_missing_file(void)
{
	kit_begin();
	PlanInput inputs[] = {{.name = "a", .file = "/nonexistent/data.csv"}, {NULL}};
	PlanStep step = {.name = "first", .kind = "sum", .inputs = inputs};
	g_autoptr(Plan) p = plan_new(KINDS);
	g_assert_true(plan_add(p, &step, NULL));
	kit_add(p, "second", "sum", "{}", "first.out");
	kit_add(p, "apart", "sum", "{}", NULL);
	json_auto_t *result = kit_run(p);
	kit_expect(result, "first=failed apart=ran second=skipped");
	g_assert_cmpstr(kit_field(result, "first", "error_code"), ==, "not_found");
	g_assert_cmpstr(kit_field(result, "first", "error"), ==,
	        "the input \"a\": cannot read /nonexistent/data.csv: No such file or directory");
	kit_end();
}

static void test_only_and_force(void)
{
	kit_begin();
	static const char *const SECOND[] = {"second", NULL}, *const WRONG[] = {"secnd", NULL};
	g_autoptr(Plan) p = chain("{\"value\": 1}", "{\"value\": 100}");
	json_auto_t *only = kit_run_with(p, (RunOptions){.only = SECOND});
	kit_expect(only, "first=ran second=ran");
	json_auto_t *forced = kit_run_with(p, (RunOptions){.only = SECOND, .force = true});
	kit_expect(forced, "first=cached second=ran");
	g_assert_cmpstr(kit_field(forced, "second", "why"), ==, "it was asked for");
	json_auto_t *all = kit_run_with(p, (RunOptions){.force = true});
	kit_expect(all, "first=ran apart=ran second=ran third=ran");
	g_autoptr(GError) error = NULL;
	json_t *none = NULL;
	RunOptions options = {.state_folder = kit_state, .only = WRONG};
	g_assert_false(plan_run(p, &options, &none, &error));
	g_assert_error(error, FAIL, FAIL_NOT_FOUND);
	kit_contains(error->message, "did you mean \"second\"?");
	kit_end();
}

static json_t *rows(const char *sql)
{
	g_autoptr(Meta) m = NULL;
	json_t *all = NULL;
	g_assert_true(meta_open(kit_state, &m, NULL));
	g_assert_true(meta_run(m, sql, NULL, &all, NULL));
	return all;
}

/* The first result of a key stays; another one is written down; when the first is gone, the new one counts. */
static void test_divergence(void)
{
	kit_begin();
	g_autoptr(Plan) p = plan_new(KINDS);
	kit_add(p, "dice", "random", "{}", NULL);
	kit_add(p, "after", "sum", "{}", "dice.out");
	json_auto_t *first = kit_run(p);
	g_autofree char *kept = kit_output(first, "dice", "out");
	static const char *const DICE[] = {"dice", NULL};
	json_auto_t *second = kit_run_with(p, (RunOptions){.only = DICE, .force = true});
	g_autofree char *still = kit_output(second, "dice", "out");
	g_assert_cmpstr(kept, ==, still);
	json_auto_t *found = rows("SELECT * FROM divergences");
	g_assert_cmpuint(json_array_size(found), ==, 1);
	const char *digest = json_string_value(json_at(found, "[0].kept"));
	g_assert_cmpstr(digest, ==, json_string_value(json_at(kit_step(first, "dice"), "outputs.out")));
	json_auto_t *third = kit_run(p);
	kit_expect(third, "dice=cached after=cached");
	g_autofree char *path = g_strdup_printf("%s/blobs/%.2s/%s", kit_state, digest, digest + 2);
	g_assert_cmpint(g_unlink(path), ==, 0);
	json_auto_t *fourth = kit_run(p);
	kit_expect(fourth, "dice=ran after=ran");
	g_autofree char *other = kit_output(fourth, "dice", "out");
	g_assert_cmpstr(kept, !=, other);
	json_auto_t *more = rows("SELECT * FROM divergences");
	g_assert_cmpuint(json_array_size(more), ==, 2);
	kit_end();
}

static bool choose(void *context, const json_t *known, char **ret, GError **error)
{
	const char **wanted = context;
	g_assert_cmpuint(strlen(json_get_text(known, "a", "")), ==, DIGEST_TEXT);
	if (*wanted && strcmp(*wanted, "error") == 0)
		return fail(error, FAIL_UNAVAILABLE, "the registry is closed");
	*ret = g_strdup(*wanted);
	return true;
}

static void test_chooser(void)
{
	kit_begin();
	const char *wanted = NULL;
	PlanInput inputs[] = {
	        {.name = "b", .choose = choose, .context = &wanted}, {.name = "a", .from = "first.out"}, {NULL}};
	PlanStep step = {.name = "chosen", .kind = "sum", .inputs = inputs};
	g_autoptr(Plan) p = plan_new(KINDS);
	kit_add(p, "first", "sum", "{\"value\": 1}", NULL);
	kit_add(p, "other", "sum", "{\"value\": 50}", NULL);
	g_assert_true(plan_add(p, &step, NULL));
	json_auto_t *absent = kit_run(p);
	kit_expect(absent, "first=ran other=ran chosen=ran");
	expect_value(absent, "chosen", 2);
	g_autofree char *other = g_strdup(json_string_value(json_at(kit_step(absent, "other"), "outputs.out")));
	wanted = other;
	json_auto_t *status = kit_status(p);
	g_assert_cmpstr(kit_field(status, "chosen", "why"), ==, "input b is new");
	json_auto_t *present = kit_run(p);
	kit_expect(present, "first=cached other=cached chosen=ran");
	expect_value(present, "chosen", 52);
	wanted = NULL;
	json_auto_t *back = kit_run(p);
	kit_expect(back, "first=cached other=cached chosen=cached");
	wanted = "error";
	json_auto_t *broken = kit_run(p);
	kit_expect(broken, "first=cached other=cached chosen=failed");
	g_assert_cmpstr(kit_field(broken, "chosen", "error"), ==, "the input \"b\": the registry is closed");
	kit_end();
}

/* Steps at once within the budget, and a step that wants all cores alone. */
static int most_at_once(const char *trace)
{
	g_autofree char *text = NULL;
	g_assert_true(g_file_get_contents(trace, &text, NULL, NULL));
	int now = 0, most = 0;
	for (const char *line = text; *line; line = strchr(line, '\n') + 1) {
		now += g_str_has_prefix(line, "begin") ? 1 : -1;
		most = MAX(most, now);
	}
	g_assert_cmpint(now, ==, 0);
	return most;
}

static int run_at_once(const char *kind, unsigned cores)
{
	kit_begin();
	g_autofree char *trace = kit_path("trace");
	g_autoptr(Plan) p = plan_new(KINDS);
	for (int i = 0; i < 6; i++) {
		g_autofree char *name = g_strdup_printf("s%d", i);
		g_autofree char *params =
		        g_strdup_printf("{\"value\": %d, \"trace\": \"%s\", \"sleep\": 0.2}", i, trace);
		kit_add(p, name, kind, params, NULL);
	}
	json_auto_t *result = kit_run_with(p, (RunOptions){.cores = cores});
	g_assert_cmpstr(json_get_text(result, "status", ""), ==, "done");
	int most = most_at_once(trace);
	kit_end();
	return most;
}

static void test_cores(void)
{
	g_assert_cmpint(run_at_once("sum", 3), ==, 3);
	g_assert_cmpint(run_at_once("sum", 1), ==, 1);
	g_assert_cmpint(run_at_once("wide", 3), ==, 1);
}

static void test_tracked(void)
{
	kit_begin();
	json_auto_t *result = run_owned(chain("{\"value\": 1}", "{\"value\": 100}"));
	json_auto_t *again = run_owned(chain("{\"value\": 1}", "{\"value\": 100}"));
	g_autoptr(Meta) m = NULL;
	g_assert_true(meta_open(kit_state, &m, NULL));
	for (int i = 0; i < 2; i++) {
		json_auto_t *run = NULL;
		json_auto_t *record = NULL;
		const char *id = json_get_text(i ? again : result, "run", "");
		g_assert_true(track_get(m, id, &run, NULL));
		g_assert_cmpstr(json_get_text(run, "status", ""), ==, "FINISHED");
		g_assert_cmpstr(json_get_text(run, "experiment", ""), ==, "test");
		g_assert_cmpfloat(json_get_number(json_object_get(run, "metrics"), "third.sum", 0), ==, 111);
		g_assert_true(plan_run_record(m, id, &record, NULL));
		g_assert_true(json_equal(record, i ? again : result));
	}
	g_autoptr(GError) error = NULL;
	json_t *none = NULL;
	g_assert_false(plan_run_record(m, "nonsense", &none, &error));
	g_assert_error(error, FAIL, FAIL_NOT_FOUND);
	const json_t *third = kit_step(result, "third");
	g_assert_cmpfloat(json_get_number(third, "cpu_seconds", -1), >, 0);
	g_assert_cmpfloat(json_get_number(third, "peak_mb", -1), >, 1);
	g_assert_cmpint(json_get_int(third, "bytes_in", 0), ==, strlen("{\"value\":11}"));
	g_assert_cmpint(json_get_int(third, "bytes_out", 0), ==, strlen("{\"value\":111}"));
	g_assert_cmpstr(json_string_value(json_at(third, "notes.said")), ==, "hello");
	kit_end();
}

typedef struct Seen {
	GString *text;
	double seconds;
} Seen;

static void observe(void *context, const RunEvent *event)
{
	static const char *const NAMES[] = {"run", "waits", "start", "progress", "note", "end", "tick", "over"};
	Seen *seen = context;
	if (event->kind != EVENT_TICK)
		g_string_append_printf(seen->text, "%s %s %s\n", NAMES[event->kind], event->step ? event->step : "-",
		        event->status ? event->status : "-");
}

static void test_events(void)
{
	kit_begin();
	Seen seen = {.text = g_string_new(NULL)};
	g_autoptr(Plan) p = plan_new(KINDS);
	kit_add(p, "a", "sum", "{}", NULL);
	kit_add(p, "b", "bad", "{\"how\": \"error\"}", "a.out");
	kit_add(p, "c", "sum", "{}", "b.out");
	json_auto_t *result = kit_run_with(p, (RunOptions){.observe = observe, .context = &seen, .tick_ms = 20});
	g_assert_cmpstr(seen.text->str, ==,
	        "run - -\nstart a -\nend a ran\nstart b -\nend b failed\nend c skipped\nover - failed\n");
	g_string_free(seen.text, TRUE);
	kit_end();
}

static void test_lineage(void)
{
	kit_begin();
	kit_write("data.json", "{\"value\": 7}");
	g_autofree char *file = kit_path("data.json");
	PlanInput inputs[] = {{.name = "a", .file = file}, {NULL}};
	PlanStep step = {.name = "read", .kind = "sum", .inputs = inputs};
	g_autoptr(Plan) p = plan_new(KINDS);
	g_assert_true(plan_add(p, &step, NULL));
	kit_add(p, "use", "sum", "{\"value\": 3}", "read.out");
	kit_add(p, "apart", "sum", "{}", NULL);
	json_auto_t *result = kit_run(p);
	json_auto_t *again = kit_run(p);
	g_autoptr(Meta) m = NULL;
	g_assert_true(meta_open(kit_state, &m, NULL));
	g_autofree char *source = digest_of_bytes("{\"value\": 7}", 12);
	const char *end = json_string_value(json_at(kit_step(result, "use"), "outputs.out"));
	json_auto_t *up = NULL, *down = NULL;
	g_assert_true(lineage_of(m, end, LINEAGE_UP, &up, NULL));
	g_assert_true(lineage_of(m, source, LINEAGE_DOWN, &down, NULL));
	g_assert_cmpuint(json_array_size(json_object_get(up, "steps")), ==, 2);
	g_assert_cmpuint(json_array_size(json_object_get(down, "steps")), ==, 2);
	g_assert_cmpstr(json_string_value(json_at(up, "steps[0].step")), ==, "use");
	g_assert_cmpstr(json_string_value(json_at(up, "steps[1].step")), ==, "read");
	g_assert_cmpstr(json_string_value(json_at(up, "steps[1].inputs.a")), ==, source);
	g_assert_cmpstr(json_string_value(json_at(down, "steps[0].step")), ==, "read");
	g_assert_cmpstr(json_string_value(json_at(down, "steps[1].outputs.out")), ==, end);
	g_assert_cmpuint(json_array_size(json_at(up, "steps[0].runs")), ==, 2);
	g_autoptr(GError) error = NULL;
	json_t *none = NULL;
	g_assert_false(lineage_of(m, "abc", LINEAGE_UP, &none, &error));
	g_assert_error(error, FAIL, FAIL_INVALID);
	kit_end();
}

/* The user's file is changed while the step reads it: the result must not get the old key. */
static void test_file_changes(void)
{
	kit_begin();
	kit_write("data.json", "{\"value\": 7}");
	g_autofree char *file = kit_path("data.json");
	g_autofree char *trace = kit_path("trace");
	json_auto_t *params = json_pack("{s:s,s:f}", "trace", trace, "sleep", 0.3);
	PlanInput inputs[] = {{.name = "a", .file = file}, {NULL}};
	PlanStep step = {.name = "read", .kind = "sum", .inputs = inputs, .params = params};
	g_autoptr(Plan) p = plan_new(KINDS);
	g_assert_true(plan_add(p, &step, NULL));
	pid_t pid = kit_run_apart(p, (RunOptions){0});
	kit_await(trace, 1);
	kit_write("data.json", "{\"value\": 8}");
	g_assert_cmpint(kit_wait(pid), ==, 1);
	json_auto_t *failed = rows("SELECT error FROM executions WHERE status = 'failed'");
	kit_contains(json_string_value(json_at(failed, "[0].error")), "changed while the step was reading it");
	json_auto_t *again = kit_run(p);
	expect_value(again, "read", 9);
	kit_end();
}

static void test_many(void)
{
	kit_begin();
	g_autoptr(Plan) p = plan_new(KINDS);
	for (int i = 0; i < 200; i++) {
		g_autofree char *name = g_strdup_printf("s%03d", i);
		g_autofree char *block =
		        g_strdup_printf("{\"command\": \"echo %d > outputs/out\", \"outputs\": [\"out\"]}", i);
		kit_command(p, name, block);
	}
	gint64 start = g_get_monotonic_time();
	json_auto_t *result = kit_run(p);
	gint64 ran = g_get_monotonic_time();
	json_auto_t *again = kit_run(p);
	gint64 cached = g_get_monotonic_time();
	json_auto_t *status = kit_status(p);
	g_test_message("200 commands: run %.2f ms each, cached %.3f ms, status %.3f ms", (double)(ran - start) / 2e5,
	        (double)(cached - ran) / 2e5, (double)(g_get_monotonic_time() - cached) / 2e5);
	g_assert_cmpstr(json_get_text(result, "status", ""), ==, "done");
	for (int i = 0; i < 200; i++) {
		g_autofree char *name = g_strdup_printf("s%03d", i);
		g_autofree char *text = kit_output(result, name, "out");
		g_assert_cmpint((int)g_ascii_strtoll(text, NULL, 10), ==, i);
		g_assert_cmpstr(kit_field(again, name, "status"), ==, "cached");
	}
	kit_end();
}

int main(int argc, char **argv)
{
	KIT_MAIN;
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/run/cache", test_cache);
	g_test_add_func("/run/missing-blob", test_missing_blob);
	g_test_add_func("/run/failures", test_failures);
	g_test_add_func("/run/missing-file", test_missing_file);
	g_test_add_func("/run/only-and-force", test_only_and_force);
	g_test_add_func("/run/divergence", test_divergence);
	g_test_add_func("/run/chooser", test_chooser);
	g_test_add_func("/run/cores", test_cores);
	g_test_add_func("/run/tracked", test_tracked);
	g_test_add_func("/run/events", test_events);
	g_test_add_func("/run/lineage", test_lineage);
	g_test_add_func("/run/file-changes", test_file_changes);
	g_test_add_func("/run/many", test_many);
	return g_test_run();
}
