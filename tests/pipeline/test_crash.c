/* test_crash.c: engines and steps that are killed, two runs at once, limits. */
#include "kit.h"

#include <sys/mount.h>

static Plan *slow(const char *trace, const char *seconds)
{
	Plan *p = plan_new(KINDS);
	g_autofree char *params = g_strdup_printf("{\"trace\": \"%s\", \"sleep\": %s}", trace, seconds);
	kit_add(p, "quick", "sum", "{}", NULL);
	kit_add(p, "slow", "sum", params, "quick.out");
	kit_add(p, "after", "sum", "{}", "slow.out");
	return p;
}

static json_t *rows(const char *sql)
{
	g_autoptr(Meta) m = NULL;
	json_t *all = NULL;
	g_assert_true(meta_open(kit_state, &m, NULL));
	g_assert_true(meta_run(m, sql, NULL, &all, NULL));
	return all;
}

/* kill -9 of the engine in the middle of a step: the step dies too, what was done stays done, the run counts as killed. */
static void test_engine_killed(void)
{
	kit_begin();
	g_autofree char *trace = kit_path("trace");
	g_autoptr(Plan) p = slow(trace, "1");
	pid_t pid = kit_run_apart(p, (RunOptions){0});
	kit_await(trace, 1);
	kill(pid, SIGKILL);
	g_assert_cmpint(kit_wait(pid), ==, -SIGKILL);
	g_autoptr(Plan) quick = slow(trace, "1");
	gint64 start = g_get_monotonic_time();
	json_auto_t *result = kit_run(quick);
	g_assert_cmpint(g_get_monotonic_time() - start, <, 20 * G_USEC_PER_SEC);
	kit_expect(result, "quick=cached slow=ran after=ran");
	g_assert_cmpuint(kit_lines(trace, "begin"), ==, 2);
	g_assert_cmpuint(kit_lines(trace, "end"), ==, 1); /* the first one's process did not live on */
	json_auto_t *tracked = rows("SELECT status FROM runs ORDER BY started");
	g_assert_cmpstr(json_string_value(json_at(tracked, "[0].status")), ==, "KILLED");
	g_assert_cmpstr(json_string_value(json_at(tracked, "[1].status")), ==, "FINISHED");
	json_auto_t *runs = rows("SELECT status FROM pipeline_runs ORDER BY started");
	g_assert_cmpstr(json_string_value(json_at(runs, "[0].status")), ==, "killed");
	kit_end();
}

/* The same at many moments: whatever the moment, the next run ends well and leaves no work behind. */
static void test_killed_anywhere(void)
{
	kit_begin();
	for (unsigned i = 0; i < 25; i++) {
		g_autoptr(Plan) p = plan_new(KINDS);
		g_autofree char *params = g_strdup_printf("{\"value\": %u}", i);
		kit_add(p, "a", "sum", params, NULL);
		kit_add(p, "b", "sum", "{\"value\": 1}", "a.out");
		kit_add(p, "c", "sum", "{\"value\": 1}", "b.out");
		pid_t pid = kit_run_apart(p, (RunOptions){0});
		g_usleep(i * 2000);
		kill(pid, SIGKILL);
		kit_wait(pid);
		json_auto_t *result = kit_run(p);
		g_assert_cmpstr(json_get_text(result, "status", ""), ==, "done");
		g_autofree char *text = kit_output(result, "c", "out");
		g_autofree char *expected = g_strdup_printf("{\"value\":%u}", i + 2);
		g_assert_cmpstr(text, ==, expected);
	}
	json_auto_t *open = rows("SELECT * FROM pipeline_runs WHERE status = 'running'");
	g_assert_cmpuint(json_array_size(open), ==, 0);
	g_autofree char *work = g_build_filename(kit_state, "work", NULL);
	g_assert_cmpint(g_rmdir(work), ==, 0);
	kit_end();
}

/* Two runs of one plan: no step is computed twice. */
static void test_two_runs(void)
{
	kit_begin();
	g_autofree char *trace = kit_path("trace");
	g_autoptr(Plan) p = slow(trace, "0.3");
	pid_t pids[3];
	for (int i = 0; i < 3; i++)
		pids[i] = kit_run_apart(p, (RunOptions){0});
	for (int i = 0; i < 3; i++)
		g_assert_cmpint(kit_wait(pids[i]), ==, 0);
	g_assert_cmpuint(kit_lines(trace, "begin"), ==, 1);
	json_auto_t *ran = rows("SELECT step FROM executions WHERE status = 'ran'");
	g_assert_cmpuint(json_array_size(ran), ==, 3);
	json_auto_t *cached = rows("SELECT step FROM executions WHERE status = 'cached'");
	g_assert_cmpuint(json_array_size(cached), ==, 6);
	kit_end();
}

/* A run that ends in order while others are marked as killed is not one of these. */
static void test_ends_meanwhile(void)
{
	kit_begin();
	g_autoptr(Meta) m = NULL;
	g_assert_true(meta_open(kit_state, &m, NULL));
	for (int i = 0; i < 2; i++) {
		g_autofree char *id = NULL;
		g_assert_true(track_start(m, "0", "pipeline", NULL, &id, NULL));
		g_assert_true(
		        meta_run(m, "INSERT INTO pipeline_runs (run_id, status, started) VALUES ($1, 'running', 1)",
		                json_pack("[s]", id), NULL, NULL));
	}
	/* Between the list of the running ones and the look at the second of them. */
	g_assert_true(meta_run(m,
	        "CREATE TRIGGER ends AFTER UPDATE ON pipeline_runs WHEN NEW.status = 'killed' BEGIN"
	        " UPDATE pipeline_runs SET status = 'done', ended = 2 WHERE status = 'running'; END",
	        NULL, NULL, NULL));
	g_assert_true(plan_run_recover(m, kit_state, NULL));
	json_auto_t *killed = rows("SELECT p.run_id FROM pipeline_runs p JOIN runs r ON r.run_id = p.run_id"
	                           " WHERE p.status = 'killed' AND r.status = 'KILLED'");
	json_auto_t *done = rows("SELECT p.run_id FROM pipeline_runs p JOIN runs r ON r.run_id = p.run_id"
	                         " WHERE p.status = 'done' AND r.status = 'RUNNING'");
	g_assert_cmpuint(json_array_size(killed), ==, 1);
	g_assert_cmpuint(json_array_size(done), ==, 1);
	kit_end();
}

/* The one that works is killed: the one that waits takes over. */
static void test_waiting_takes_over(void)
{
	kit_begin();
	g_autofree char *trace = kit_path("trace");
	g_autoptr(Plan) p = slow(trace, "0.6");
	pid_t first = kit_run_apart(p, (RunOptions){0});
	kit_await(trace, 1);
	pid_t second = kit_run_apart(p, (RunOptions){0});
	g_usleep(200000);
	kill(first, SIGKILL);
	kit_wait(first);
	g_assert_cmpint(kit_wait(second), ==, 0);
	g_assert_cmpuint(kit_lines(trace, "begin"), ==, 2);
	g_assert_cmpuint(kit_lines(trace, "end"), ==, 1);
	kit_end();
}

/* Two steps of one plan with the same key. */
static void test_twins(void)
{
	kit_begin();
	g_autofree char *trace = kit_path("trace");
	g_autofree char *params = g_strdup_printf("{\"trace\": \"%s\", \"sleep\": 0.2}", trace);
	g_autoptr(Plan) p = plan_new(KINDS);
	kit_add(p, "one", "sum", params, NULL);
	kit_add(p, "two", "sum", params, NULL);
	json_auto_t *result = kit_run(p);
	kit_expect(result, "one=ran two=cached");
	g_assert_cmpuint(kit_lines(trace, "begin"), ==, 1);
	kit_end();
}

static void test_resume(void)
{
	kit_begin();
	g_autoptr(Plan) p = plan_new(KINDS);
	kit_add(p, "long", "resume", "{}", NULL);
	for (int i = 0; i < 2; i++) {
		json_auto_t *killed = kit_run(p);
		kit_expect(killed, "long=failed");
		kit_contains(kit_field(killed, "long", "error"), "ended by signal 9 (Killed); perhaps the machine ran");
	}
	json_auto_t *result = kit_run(p);
	kit_expect(result, "long=ran");
	g_autofree char *text = kit_output(result, "long", "out");
	g_assert_cmpstr(text, ==, "{\"value\":3}");
	kit_end();
}

static json_t *run_bad_step(const char *how, unsigned time_limit, unsigned memory)
{
	g_autoptr(Plan) p = plan_new(KINDS);
	json_auto_t *params = json_pack("{s:s}", "how", how);
	PlanStep step = {
	        .name = "bad", .kind = "bad", .params = params, .time_limit_s = time_limit, .memory_mb = memory};
	g_assert_true(plan_add(p, &step, NULL));
	return kit_run(p);
}

static void test_time_limit(void)
{
	kit_begin();
	gint64 start = g_get_monotonic_time();
	json_auto_t *result = run_bad_step("sleep", 1, 0);
	g_assert_cmpint(g_get_monotonic_time() - start, <, 15 * G_USEC_PER_SEC);
	g_assert_cmpstr(
	        kit_field(result, "bad", "error"), ==, "stopped, because it ran longer than its time limit of 1 s");
	g_assert_cmpstr(kit_field(result, "bad", "error_code"), ==, "limit");
	kit_end();
}

/* Dead, though perhaps not yet reaped by whoever inherited it. */
static bool is_gone(const char *pid)
{
	g_autofree char *path = g_strdup_printf("/proc/%s/stat", pid);
	g_autofree char *text = NULL;
	return !g_file_get_contents(path, &text, NULL, NULL) || strstr(text, ") Z");
}

/* A program that ignores SIGTERM, and one that it left in the background: both are gone. */
static void test_stubborn(void)
{
	kit_begin();
	g_autofree char *pids = kit_path("pids");
	g_autofree char *block =
	        g_strdup_printf("{\"command\": \"trap '' TERM; sleep 61 & echo $! >> %s; echo $$ >> %s;"
	                        " while true; do sleep 1; done\","
	                        " \"outputs\": [\"out\"], \"time_limit\": 1}",
	                pids, pids);
	g_autoptr(Plan) p = plan_new(KINDS);
	kit_command(p, "stubborn", block);
	json_auto_t *result = kit_run(p);
	kit_contains(kit_field(result, "stubborn", "error"), "time limit of 1 s");
	g_autofree char *text = NULL;
	g_assert_true(g_file_get_contents(pids, &text, NULL, NULL));
	g_auto(GStrv) lines = g_strsplit(g_strstrip(text), "\n", -1);
	g_assert_cmpuint(g_strv_length(lines), ==, 2);
	g_usleep(100000);
	for (int i = 0; i < 2; i++)
		g_assert_true(is_gone(lines[i]));
	kit_end();
}

#if defined(__SANITIZE_ADDRESS__)
#define HAS_ASAN 1
#else
#define HAS_ASAN 0
#endif

static void test_memory_limit(void)
{
	if (HAS_ASAN) {
		g_test_skip("AddressSanitizer's shadow counts as data");
		return;
	}
	kit_begin();
	json_auto_t *result = run_bad_step("hog", 0, 100);
	kit_contains(kit_field(result, "bad", "error"), "it wanted more memory than its limit of 100 MiB: ");
	g_assert_cmpstr(kit_field(result, "bad", "error_code"), ==, "limit");
	g_assert_cmpfloat(json_get_number(kit_step(result, "bad"), "peak_mb", 0), >, 100);
	g_assert_cmpfloat(json_get_number(kit_step(result, "bad"), "peak_mb", 0), <, 700);
	kit_end();
}

/* SIGTERM to the engine ends it in order: steps stopped, the rest skipped, the run marked. */
static void test_signal(void)
{
	kit_begin();
	g_autofree char *trace = kit_path("trace");
	g_autoptr(Plan) p = slow(trace, "60");
	pid_t pid = kit_run_apart(p, (RunOptions){.catch_signals = true});
	kit_await(trace, 1);
	gint64 start = g_get_monotonic_time();
	kill(pid, SIGTERM);
	g_assert_cmpint(kit_wait(pid), ==, 1);
	g_assert_cmpint(g_get_monotonic_time() - start, <, 10 * G_USEC_PER_SEC);
	json_auto_t *found = rows("SELECT step, status, error FROM executions ORDER BY position");
	g_assert_cmpstr(json_string_value(json_at(found, "[1].status")), ==, "failed");
	g_assert_cmpstr(json_string_value(json_at(found, "[1].error")), ==, "stopped with the run by SIGTERM");
	g_assert_cmpstr(json_string_value(json_at(found, "[2].status")), ==, "skipped");
	json_auto_t *tracked = rows("SELECT status FROM runs");
	g_assert_cmpstr(json_string_value(json_at(tracked, "[0].status")), ==, "KILLED");
	kit_end();
}

static void test_read_only(void)
{
	kit_begin();
	g_autoptr(Plan) p = plan_new(KINDS);
	kit_add(p, "a", "sum", "{}", NULL);
	RunOptions options = {.state_folder = "/proc/gyre"};
	json_t *result = NULL;
	g_autoptr(GError) error = NULL;
	g_assert_false(plan_run(p, &options, &result, &error));
	g_assert_true(error->code == FAIL_UNAVAILABLE || error->code == FAIL_NOT_FOUND);
	kit_contains(error->message, "/proc/gyre");
	kit_end();
}

/* The process that starts the steps is killed: its step fails with it, and the run comes to its end. */
static void test_nursery_killed(void)
{
	kit_begin();
	g_autofree char *pid = kit_path("pid");
	/* The shell's grandparent: shell, step, nursery. */
	g_autofree char *block =
	        g_strdup_printf("{\"command\": \"cut -d' ' -f4 /proc/$PPID/stat > %s; kill -9 $(cat %s);"
	                        " sleep 60\", \"outputs\": [\"out\"]}",
	                pid, pid);
	g_autoptr(Plan) p = plan_new(KINDS);
	kit_command(p, "killer", block);
	kit_add(p, "after", "sum", "{}", NULL);
	gint64 start = g_get_monotonic_time();
	json_auto_t *result = kit_run_with(p, (RunOptions){.cores = 1});
	g_assert_cmpint(g_get_monotonic_time() - start, <, 20 * G_USEC_PER_SEC);
	kit_contains(kit_field(result, "killer", "error"), "ended by signal 9");
	g_assert_cmpstr(json_get_text(result, "status", ""), ==, "failed");
	kit_end();
}

/* A disk that is full: one clear sentence, and the run ends in order. */
static void test_full_disk(void)
{
	kit_begin();
	if (mount("tmpfs", kit_state, "tmpfs", 0, "size=2m") < 0) {
		g_test_skip("mounting a small disk takes root");
		kit_end();
		return;
	}
	g_autoptr(Plan) p = plan_new(KINDS);
	kit_add(p, "first", "sum", "{}", NULL);
	kit_command(p, "fill",
	        "{\"command\": \"head -c 4000000 /dev/zero > outputs/out\", \"outputs\": [\"out\"],"
	        " \"inputs\": {\"a\": \"first.out\"}}");
	json_auto_t *result = kit_run(p);
	kit_expect(result, "first=ran fill=failed");
	kit_contains(kit_field(result, "fill", "error"), "is full: ");
	g_assert_cmpint(umount(kit_state), ==, 0);
	kit_end();
}

static json_t *run_command(const char *block)
{
	g_autoptr(Plan) p = plan_new(KINDS);
	kit_command(p, "c", block);
	return kit_run(p);
}

static void test_output_too_large(void)
{
	kit_begin();
	json_auto_t *full =
	        run_command("{\"command\": \"ulimit -f 1; trap '' XFSZ; head -c 100000 /dev/zero > outputs/out\","
	                    " \"outputs\": [\"out\"]}");
	kit_expect(full, "c=failed");
	kit_contains(kit_field(full, "c", "error"), "File too large");
	kit_end();
}

int main(int argc, char **argv)
{
	KIT_MAIN;
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/crash/engine-killed", test_engine_killed);
	g_test_add_func("/crash/killed-anywhere", test_killed_anywhere);
	g_test_add_func("/crash/two-runs", test_two_runs);
	g_test_add_func("/crash/ends-meanwhile", test_ends_meanwhile);
	g_test_add_func("/crash/waiting-takes-over", test_waiting_takes_over);
	g_test_add_func("/crash/twins", test_twins);
	g_test_add_func("/crash/resume", test_resume);
	g_test_add_func("/crash/time-limit", test_time_limit);
	g_test_add_func("/crash/stubborn", test_stubborn);
	g_test_add_func("/crash/memory-limit", test_memory_limit);
	g_test_add_func("/crash/signal", test_signal);
	g_test_add_func("/crash/read-only", test_read_only);
	g_test_add_func("/crash/nursery-killed", test_nursery_killed);
	g_test_add_func("/crash/full-disk", test_full_disk);
	g_test_add_func("/crash/output-too-large", test_output_too_large);
	return g_test_run();
}
