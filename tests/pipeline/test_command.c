/* test_command.c: users' own programs as steps, good ones and bad ones. */
#include "kit.h"

static json_t *run_command(const char *block)
{
	g_autoptr(Plan) p = plan_new(KINDS);
	kit_add(p, "first", "sum", "{\"value\": 41}", NULL);
	kit_command(p, "c", block);
	return kit_run(p);
}

static void expect_output(const char *block, const char *expected)
{
	kit_begin();
	json_auto_t *result = run_command(block);
	if (strcmp(kit_field(result, "c", "status"), "ran") != 0)
		g_error("%s", kit_field(result, "c", "error"));
	g_autofree char *text = kit_output(result, "c", "out");
	g_assert_cmpstr(text, ==, expected);
	kit_end();
}

static void expect_failure(const char *block, const char *code, const char *words)
{
	kit_begin();
	json_auto_t *result = run_command(block);
	kit_expect(result, "first=ran c=failed");
	kit_contains(kit_field(result, "c", "error"), words);
	g_assert_cmpstr(kit_field(result, "c", "error_code"), ==, code);
	kit_end();
}

static void test_forms(void)
{
	expect_output("{\"command\": [\"cp\", \"{inputs.a}\", \"{outputs.out}\"],"
	              " \"inputs\": {\"a\": \"first.out\"}, \"outputs\": [\"out\"]}",
	        "{\"value\":41}");
	expect_output("{\"command\": \"cat inputs/a > outputs/out\", \"inputs\": {\"a\": \"first.out\"},"
	              " \"outputs\": [\"out\"]}",
	        "{\"value\":41}");
	expect_output("{\"command\": \"cat inputs/a.json $GYRE_INPUTS/a > $GYRE_OUTPUTS/out\","
	              " \"inputs\": {\"a\": \"first.out\"}, \"outputs\": [\"out\"]}",
	        "{\"value\":41}{\"value\":41}");
	expect_output("{\"command\": [\"sh\", \"-c\", \"echo $0 $1 {params.n} $GYRE_SEED $GYRE_CORES > outputs/out\","
	              " \"{params.text}\", \"{other}\"], \"params\": {\"text\": \"a b\", \"n\": 2.5},"
	              " \"outputs\": [\"out\"]}",
	        "a b {other} 2.5 1 1\n");
	/* In a shell's text, values are quoted: no text of a param is run. */
	expect_output("{\"command\": \"printf %s {params.text} > outputs/out\","
	              " \"params\": {\"text\": \"$(echo no); 'x'\"}, \"outputs\": [\"out\"]}",
	        "$(echo no); 'x'");
	expect_output("{\"command\": \"cat $GYRE_PARAMS | tr -d ' \\n' > outputs/out\", \"params\": {\"x\": [1, true]},"
	              " \"outputs\": [\"out\"]}",
	        "{\"x\":[1,true]}");
	expect_output("{\"command\": \"basename $(dirname $PWD) > outputs/out\", \"outputs\": [\"out\"]}", "work\n");
}

static void test_failures(void)
{
	expect_failure("{\"command\": \"for i in $(seq 30); do echo line $i; done; exit 3\", \"outputs\": [\"out\"]}",
	        "invalid", "ended with status 3; its last lines:\nline 11\n");
	expect_failure("{\"command\": \"kill -USR1 $$\", \"outputs\": [\"out\"]}", "broken", "ended by signal 10");
	expect_failure("{\"command\": [\"no-such-program\"], \"outputs\": [\"out\"]}", "not_found",
	        "there is no program no-such-program on the PATH");
	expect_failure("{\"command\": [\"/etc/passwd\"], \"outputs\": [\"out\"]}", "invalid", "cannot be run");
	expect_failure("{\"command\": [\"true\"], \"outputs\": [\"out\"]}", "broken", "\"out\" was not written");
	expect_failure("{\"command\": \"mkdir outputs/out\", \"outputs\": [\"out\"]}", "invalid", "not a regular file");
	expect_failure("{\"command\": \"ln -s /etc/passwd outputs/out\", \"outputs\": [\"out\"]}", "invalid",
	        "not a regular file");
	expect_failure("{\"command\": \"touch outputs/out; echo [1] > outputs/metrics.json\", \"outputs\": [\"out\"]}",
	        "invalid", "not an object of names");
	expect_failure("{\"command\": \"touch outputs/out; echo { > outputs/metrics.json\", \"outputs\": [\"out\"]}",
	        "invalid", "metrics.json");
	expect_failure("{\"command\": \"printf '\\\\377\\\\376' ; exit 1\", \"outputs\": [\"out\"]}", "invalid",
	        "ended with status 1");
	g_autofree char *python = g_find_program_in_path("python3");
	if (python)
		expect_failure(
		        "{\"command\": [\"python3\", \"-c\", \"x = bytearray(1 << 30)\"], \"outputs\": [\"out\"],"
		        " \"memory_limit\": 100}",
		        "limit", "it wanted more memory than its limit of 100 MiB");
}

/* Inputs are shared bytes: writing to one fails the step, and the damaged bytes are not read by anybody. */
static void test_writes_to_input(void)
{
	kit_begin();
	g_autoptr(Plan) p = plan_new(KINDS);
	kit_add(p, "first", "sum", "{\"value\": 41}", NULL);
	kit_command(p, "c",
	        "{\"command\": \"chmod u+w $(readlink -f inputs/a); echo '{}' > inputs/a; touch outputs/out\","
	        " \"inputs\": {\"a\": \"first.out\"}, \"outputs\": [\"out\"]}");
	json_auto_t *result = kit_run(p);
	kit_contains(kit_field(result, "c", "error"), "it wrote to its input \"a\"");
	json_auto_t *status = kit_status(p);
	kit_expect(status, "first=stale c=waiting");
	json_auto_t *again = kit_run(p);
	kit_expect(again, "first=ran c=failed");
	kit_end();
}

/* A file of the user's is never taken away, wherever it lies and whoever wrote to it meanwhile. */
static void test_writes_to_file(void)
{
	static const char *const NAMES[] = {".gyre-data/rows.csv", ".gyre/rows.csv"};
	for (size_t i = 0; i < G_N_ELEMENTS(NAMES); i++) {
		kit_begin();
		kit_write(NAMES[i], "1\n");
		g_autofree char *block =
		        g_strdup_printf("{\"command\": \"echo 2 >> $(readlink -f inputs/a); touch outputs/out\","
		                        " \"inputs\": {\"a\": \"%s\"}, \"outputs\": [\"out\"]}",
		                NAMES[i]);
		json_auto_t *result = run_command(block);
		kit_contains(kit_field(result, "c", "error"), "it wrote to its input \"a\"");
		g_autofree char *path = kit_path(NAMES[i]), *text = NULL;
		g_assert_true(g_file_get_contents(path, &text, NULL, NULL));
		g_assert_cmpstr(text, ==, "1\n2\n");
		kit_end();
	}
}

static void test_files(void)
{
	kit_begin();
	kit_write("lib/part.sh", "echo part");
	kit_write("lib/.hidden", "x");
	kit_write("main.sh", ". lib/part.sh; ls lib -A; cat inputs/table.csv");
	kit_write("data/table.csv", "x,y\n");
	kit_write("run.sh", "#!/bin/sh\nsh main.sh > outputs/out\n");
	g_autofree char *script = kit_path("run.sh");
	g_assert_cmpint(g_chmod(script, 0755), ==, 0);
	const char *block = "{\"command\": [\"./run.sh\"], \"files\": [\"lib\", \"main.sh\"],"
	                    " \"inputs\": {\"table\": \"data/table.csv\"}, \"outputs\": [\"out\"]}";
	json_auto_t *once = run_command(block);
	g_autofree char *text = kit_output(once, "c", "out");
	g_assert_cmpstr(text, ==, "part\npart.sh\nx,y\n");
	json_auto_t *again = run_command(block);
	kit_expect(again, "first=cached c=cached");
	kit_write("lib/part.sh", "echo other");
	json_auto_t *code = run_command(block);
	g_assert_cmpstr(kit_field(code, "c", "why"), ==, "file lib/part.sh changed");
	kit_write("run.sh", "#!/bin/sh\nsh main.sh > outputs/out # changed\n"); /* named by the command, not declared */
	json_auto_t *word = run_command(block);
	g_assert_cmpstr(kit_field(word, "c", "why"), ==, "file run.sh changed");
	kit_end();
}

static void test_environment(void)
{
	kit_begin();
	const char *block = "{\"command\": \"echo $KIT_SECRET > outputs/out\", \"env\": [\"KIT_SECRET\"],"
	                    " \"outputs\": [\"out\"]}";
	g_unsetenv("KIT_SECRET");
	json_auto_t *unset = run_command(block);
	g_setenv("KIT_SECRET", "hunter2", TRUE);
	json_auto_t *set = run_command(block);
	g_assert_cmpstr(kit_field(set, "c", "why"), ==, "environment variable KIT_SECRET changed");
	g_autofree char *text = kit_output(set, "c", "out");
	g_assert_cmpstr(text, ==, "hunter2\n");
	g_autoptr(Meta) m = NULL;
	json_auto_t *row = NULL;
	g_assert_true(meta_open(kit_state, &m, NULL));
	g_assert_true(
	        meta_row(m, "SELECT COUNT(*) AS n FROM step_keys WHERE components LIKE '%hunter2%'", NULL, &row, NULL));
	g_assert_cmpint(json_get_int(row, "n", -1), ==, 0);
	kit_end();
}

static void test_metrics(void)
{
	kit_begin();
	json_auto_t *result =
	        run_command("{\"command\": \"echo '{\\\"auc\\\": 0.75, \\\"f1@5\\\": 1, \\\"by\\\": {\\\"x\\\": 2},"
	                    " \\\"model\\\": \\\"tree\\\"}' > outputs/metrics.json; touch outputs/out\","
	                    " \"outputs\": [\"out\"]}");
	kit_expect(result, "first=ran c=ran");
	const json_t *step = kit_step(result, "c");
	g_assert_cmpfloat(json_real_value(json_at(step, "metrics.auc")), ==, 0.75);
	g_assert_cmpstr(json_string_value(json_at(step, "notes.model")), ==, "tree");
	g_autoptr(Meta) m = NULL;
	json_auto_t *run = NULL;
	g_assert_true(meta_open(kit_state, &m, NULL));
	g_assert_true(track_get(m, json_get_text(result, "run", ""), &run, NULL));
	const json_t *metrics = json_object_get(run, "metrics");
	g_assert_cmpfloat(json_get_number(metrics, "c.auc", 0), ==, 0.75);
	g_assert_cmpfloat(json_get_number(metrics, "c.by.x", 0), ==, 2);
	g_assert_cmpfloat(json_get_number(metrics, "c.f1_5", 0), ==, 1);
	kit_end();
}

static void observe(void *context, const RunEvent *event)
{
	GString *seen = context;
	if (event->kind == EVENT_STEP_NOTE)
		g_string_append_printf(seen, "note %s;", event->text);
	if (event->kind == EVENT_STEP_PROGRESS)
		g_string_append_printf(seen, "%s %d/%d;", event->text, (int)event->done, (int)event->total);
}

/* What a program writes to the descriptor of progress is shown; what is no event is passed over. */
static void test_progress(void)
{
	kit_begin();
	g_autoptr(GString) seen = g_string_new(NULL);
	g_autoptr(Plan) p = plan_new(KINDS);
	kit_command(p, "c",
	        "{\"command\": \"{ echo '{\\\"what\\\": \\\"rows\\\", \\\"done\\\": 3, \\\"total\\\": 9}';"
	        " echo nonsense; echo '[1]'; echo '{\\\"end\\\": 5}'; echo '{\\\"note\\\": \\\"half\\\"}'; }"
	        " >&$GYRE_PROGRESS_FD; touch outputs/out\", \"outputs\": [\"out\"]}");
	json_auto_t *result = kit_run_with(p, (RunOptions){.observe = observe, .context = seen});
	kit_expect(result, "c=ran");
	g_assert_cmpstr(seen->str, ==, "rows 3/9;note half;");
	/* Half a line is no event either, and swallows none of ours. */
	g_autoptr(Plan) half = plan_new(KINDS);
	kit_command(half, "c",
	        "{\"command\": \"printf '{\\\"what\\\": \\\"ro' >&$GYRE_PROGRESS_FD; touch outputs/out\","
	        " \"outputs\": [\"out\"]}");
	json_auto_t *ended = kit_run(half);
	kit_expect(ended, "c=ran");
	kit_end();
}

static void refuse(const char *block, const char *words)
{
	g_autoptr(Plan) p = plan_new(KINDS);
	kit_add(p, "first", "sum", "{}", NULL);
	json_auto_t *given = kit_json(block);
	g_autoptr(GError) error = NULL;
	if (plan_add_command(p, "c", given, kit_folder, 1, &error))
		plan_check(p, &error);
	g_assert_error(error, FAIL, error->code);
	kit_contains(error->message, words);
}

static void test_refused(void)
{
	kit_begin();
	kit_write("params.json", "x");
	refuse("{\"outputs\": [\"out\"]}", "step c: command: \"command\" is missing");
	refuse("{\"command\": [\"x\"]}", "\"outputs\" is missing");
	refuse("{\"command\": [], \"outputs\": [\"out\"]}", "expected a list of words");
	refuse("{\"command\": [1], \"outputs\": [\"out\"]}", "every word has to be a text");
	refuse("{\"command\": [\"x\"], \"outputs\": [\"a/b\"]}", "\"a/b\" cannot be a name");
	refuse("{\"command\": [\"x\"], \"outputs\": [\"..\"]}", "\"..\" cannot be a name");
	refuse("{\"command\": [\"x\"], \"outputs\": [\"a\", \"a\"]}", "\"a\" is there twice");
	refuse("{\"command\": [\"x\"], \"outputs\": [\"a\"], \"inputs\": {\"../b\": \"first.out\"}}",
	        "cannot be a name");
	refuse("{\"command\": [\"x\"], \"outputs\": [\"a\"], \"inputs\": {\"b\": 1}}", "expected STEP.OUTPUT");
	refuse("{\"command\": [\"x\"], \"outputs\": [\"a\"], \"inputs\": {\"b\": \"frst.out\"}}",
	        "there is no step \"frst\" (nor such a file); did you mean \"first\"?");
	refuse("{\"command\": [\"x {inputs.b}\"], \"outputs\": [\"a\"]}", "{inputs.b} is not among its inputs");
	refuse("{\"command\": [\"x {params.b}\"], \"outputs\": [\"a\"]}", "{params.b} is not among its params");
	refuse("{\"command\": [\"x {outputs.b}\"], \"outputs\": [\"a\"]}", "{outputs.b} is not among its outputs");
	refuse("{\"command\": [\"x\"], \"outputs\": [\"a\"], \"files\": [\"../etc\"]}", "is outside the project");
	refuse("{\"command\": [\"x\"], \"outputs\": [\"a\"], \"files\": [\"/etc/passwd\"]}", "is outside the project");
	refuse("{\"command\": [\"x\"], \"outputs\": [\"a\"], \"files\": [\"gone.py\"]}", "gone.py");
	refuse("{\"command\": [\"x\"], \"outputs\": [\"a\"], \"files\": [\"params.json\"]}", "uses that name");
	refuse("{\"command\": [\"x\"], \"outputs\": [\"a\"], \"time_limt\": 1}", "did you mean \"time_limit\"?");
	refuse("{\"command\": [\"x\"], \"outputs\": [\"a\"], \"time_limit\": 0}", "0 is not a whole number from 1");
	kit_end();
}

int main(int argc, char **argv)
{
	KIT_MAIN;
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/command/forms", test_forms);
	g_test_add_func("/command/failures", test_failures);
	g_test_add_func("/command/writes-to-input", test_writes_to_input);
	g_test_add_func("/command/writes-to-file", test_writes_to_file);
	g_test_add_func("/command/files", test_files);
	g_test_add_func("/command/environment", test_environment);
	g_test_add_func("/command/metrics", test_metrics);
	g_test_add_func("/command/progress", test_progress);
	g_test_add_func("/command/refused", test_refused);
	return g_test_run();
}
