/* kit.h: step kinds for the tests of the engine, and short ways to make plans of them.  A test program that includes it
 * begins its main with KIT_MAIN, so that it is also the worker of its own runs. */
#pragma once

#include "base/digest.h"
#include "base/error.h"
#include "base/file.h"
#include "base/json.h"
#include "base/progress.h"
#include "pipeline/run.h"
#include "pipeline/worker.h"
#include "track/track.h"

#include <glib/gstdio.h>
#include <signal.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static char *kit_folder, *kit_state;

static inline void kit_append(const char *path, const char *text)
{
	FILE *f = fopen(path, "a");
	g_assert_nonnull(f);
	fputs(text, f);
	fclose(f);
}

/* Adds its params and its inputs up.  `trace` is a file that gets a line "begin NAME" and "end NAME". */
static const Param SUM_PARAMS[] = {{"value", PARAM_INT, "a number", "1"}, {"trace", PARAM_TEXT, "a file"},
        {"sleep", PARAM_REAL, "seconds", "0"}, {"block", PARAM_JSON, "anything"}, {NULL}};
static const char *const SUM_INPUTS[] = {"a?", "b?", "source*", NULL};
static const char *const ONE_OUTPUT[] = {"out", NULL};

static bool sum_inputs(StepRun *s, int64_t *sum, GError **error)
{
	static const char *const NAMES[] = {"a", "b"};
	for (int i = 0; i < 2; i++) {
		json_auto_t *in = NULL;
		if (!step_input(s, NAMES[i]))
			continue;
		if (!step_input_json(s, NAMES[i], &in, error))
			return false;
		*sum += json_get_int(in, "value", 0);
	}
	return true;
}

static bool run_sum(StepRun *s, const json_t *params, GError **error)
{
	const char *trace = json_get_text(params, "trace", NULL);
	int64_t sum = json_get_int(params, "value", 0);
	if (trace)
		kit_append(trace, "begin\n");
	g_usleep((gulong)(json_get_number(params, "sleep", 0) * G_USEC_PER_SEC));
	if (!sum_inputs(s, &sum, error))
		return false;
	json_auto_t *out = json_pack("{s:I}", "value", (json_int_t)sum);
	step_metric(s, "sum", (double)sum);
	step_note(s, "said", json_string("hello"));
	if (trace)
		kit_append(trace, "end\n");
	return step_output_json(s, "out", out, error);
}

/* Goes wrong in the way it is told. */
static const Param BAD_PARAMS[] = {{"how", PARAM_TEXT, "how"}, {NULL}};

static bool run_bad(StepRun *s, const json_t *params, GError **error)
{
	const char *how = json_get_text(params, "how", "");
	if (strcmp(how, "error") == 0)
		return fail(error, FAIL_LIMIT, "there is too much of it");
	if (strcmp(how, "crash") == 0) {
		fputs("the last words\n", stderr);
		signal(SIGSEGV, SIG_DFL);
		raise(SIGSEGV);
	}
	if (strcmp(how, "exit") == 0)
		_exit(7);
	if (strcmp(how, "silent") == 0)
		_exit(0);
	if (strcmp(how, "sleep") == 0)
		g_usleep(60 * G_USEC_PER_SEC);
	if (strcmp(how, "hog") == 0)
		for (size_t i = 0; i < 100000; i++)
			memset(g_malloc(1 << 20), 1, 1 << 20);
	return true; /* "nothing": leaves its output out */
}

/* Never writes the same twice. */
static bool run_random(StepRun *s, const json_t *params, GError **error)
{
	g_autofree char *id = meta_new_id();
	json_auto_t *out = json_pack("{s:s}", "value", id);
	return step_output_json(s, "out", out, error);
}

/* Counts how often it was begun in its scratch folder; is killed in its first two attempts. */
static bool run_resume(StepRun *s, const json_t *params, GError **error)
{
	g_autofree char *path = g_build_filename(step_scratch(s), "attempts", NULL);
	kit_append(path, "x");
	g_autofree char *text = NULL;
	size_t size;
	if (!file_read(path, 1000, &text, &size, error))
		return false;
	if (size < 3)
		raise(SIGKILL);
	json_auto_t *out = json_pack("{s:I}", "value", (json_int_t)size);
	return step_output_json(s, "out", out, error);
}

static const char *const NO_INPUTS[] = {NULL};
static const char *const ANY_A[] = {"a?", NULL};
static const StepKind SUM = {"sum", "adds", 1, SUM_PARAMS, SUM_INPUTS, ONE_OUTPUT, 0, run_sum};
static const StepKind SUM_NEWER = {"sum", "adds", 2, SUM_PARAMS, SUM_INPUTS, ONE_OUTPUT, 0, run_sum};
static const StepKind WIDE = {
        "wide", "adds with all cores", 1, SUM_PARAMS, SUM_INPUTS, ONE_OUTPUT, STEP_ALL_CORES, run_sum};
static const StepKind BAD = {"bad", "fails", 1, BAD_PARAMS, ANY_A, ONE_OUTPUT, 0, run_bad};
static const StepKind RANDOM = {"random", "random bytes", 1, NULL, NO_INPUTS, ONE_OUTPUT, 0, run_random};
static const StepKind RESUME = {"resume", "resumes", 1, NULL, NO_INPUTS, ONE_OUTPUT, STEP_RESUMES, run_resume};
static const StepKind *const KINDS[] = {&SUM, &WIDE, &BAD, &RANDOM, &RESUME, NULL};
static const StepKind *const NEWER_KINDS[] = {&SUM_NEWER, &WIDE, &BAD, &RANDOM, &RESUME, NULL};

#define KIT_MAIN                                           \
	if (argc == 3 && strcmp(argv[1], "step-run") == 0) \
	return worker_main(KINDS, argv[2])

/* A fresh project for each test. */
static inline void kit_begin(void)
{
	kit_folder = g_dir_make_tmp("gyre-run-XXXXXX", NULL);
	kit_state = g_build_filename(kit_folder, ".gyre", NULL);
	g_assert_cmpint(g_mkdir(kit_state, 0755), ==, 0);
}

static inline void kit_end(void)
{
	g_assert_true(file_remove(kit_folder, NULL));
	g_clear_pointer(&kit_folder, g_free);
	g_clear_pointer(&kit_state, g_free);
}

static inline char *kit_path(const char *name)
{
	return g_build_filename(kit_folder, name, NULL);
}

static inline void kit_write(const char *name, const char *text)
{
	g_autofree char *path = kit_path(name);
	g_autofree char *parent = g_path_get_dirname(path);
	g_assert_cmpint(g_mkdir_with_parents(parent, 0755), ==, 0);
	g_assert_true(g_file_set_contents(path, text, -1, NULL));
}

static inline json_t *kit_json(const char *text)
{
	json_error_t problem;
	json_t *value = json_loads(text, JSON_DECODE_ANY, &problem);
	if (!value)
		g_error("%s in: %s", problem.text, text);
	return value;
}

/* params: JSON text; a: "step.output" or NULL. */
static inline void kit_add(Plan *p, const char *name, const char *kind, const char *params, const char *a)
{
	json_auto_t *given = kit_json(params);
	PlanInput inputs[] = {{.name = a ? "a" : NULL, .from = a}, {NULL}};
	PlanStep step = {.name = name, .kind = kind, .params = given, .inputs = inputs};
	g_autoptr(GError) error = NULL;
	plan_add(p, &step, &error);
	g_assert_no_error(error);
}

static inline void kit_command(Plan *p, const char *name, const char *block)
{
	json_auto_t *given = kit_json(block);
	g_autoptr(GError) error = NULL;
	plan_add_command(p, name, given, kit_folder, 1, &error);
	g_assert_no_error(error);
}

static inline json_t *kit_run_with(Plan *p, RunOptions options)
{
	g_autoptr(GError) error = NULL;
	json_t *result = NULL;
	options.state_folder = kit_state;
	options.experiment = "test";
	if (!options.cores)
		options.cores = 2;
	plan_run(p, &options, &result, &error);
	g_assert_no_error(error);
	return result;
}

static inline json_t *kit_run(Plan *p)
{
	return kit_run_with(p, (RunOptions){0});
}

static inline json_t *kit_status(Plan *p)
{
	g_autoptr(GError) error = NULL;
	json_t *result = NULL;
	plan_status(p, kit_state, &result, &error);
	g_assert_no_error(error);
	return result;
}

static inline const json_t *kit_step(const json_t *result, const char *name)
{
	size_t i;
	json_t *step;
	json_array_foreach (json_object_get(result, "steps"), i, step)
		if (strcmp(json_get_text(step, "name", ""), name) == 0)
			return step;
	g_error("no step %s", name);
}

static inline const char *kit_field(const json_t *result, const char *step, const char *field)
{
	return json_get_text(kit_step(result, step), field, "(none)");
}

/* "a=ran b=cached", in the plan's order. */
static inline char *kit_summary(const json_t *result)
{
	GString *text = g_string_new(NULL);
	size_t i;
	json_t *step;
	json_array_foreach (json_object_get(result, "steps"), i, step)
		g_string_append_printf(text, "%s%s=%s", i ? " " : "", json_get_text(step, "name", ""),
		        json_get_text(step, "status", ""));
	return g_string_free(text, FALSE);
}

#define kit_expect(result, words)                                \
	do {                                                     \
		g_autofree char *kit_text = kit_summary(result); \
		g_assert_cmpstr(kit_text, ==, words);            \
	} while (0)

#define kit_contains(text, words)                                       \
	do {                                                            \
		if (!strstr(text, words))                               \
			g_error("expected \"%s\" in: %s", words, text); \
	} while (0)

/* The bytes of a step's output. */
static inline char *kit_output(const json_t *result, const char *step, const char *output)
{
	const char *digest = json_get_text(json_object_get(kit_step(result, step), "outputs"), output, "");
	g_autofree char *path = g_strdup_printf("%s/blobs/%.2s/%s", kit_state, digest, digest + MIN(2, strlen(digest)));
	char *text = NULL;
	if (!g_file_get_contents(path, &text, NULL, NULL))
		g_error("step %s has no output %s", step, output);
	return text;
}

/* plan_run in a process of its own, which may be killed. */
static inline pid_t kit_run_apart(Plan *p, RunOptions options)
{
	pid_t pid = fork();
	if (pid)
		return pid;
	options.state_folder = kit_state;
	options.experiment = "test";
	options.cores = 2;
	json_auto_t *result = NULL;
	_exit(plan_run(p, &options, &result, NULL) && strcmp(json_get_text(result, "status", ""), "done") == 0 ? 0 : 1);
}

static inline int kit_wait(pid_t pid)
{
	int status;
	g_assert_cmpint(waitpid(pid, &status, 0), ==, pid);
	return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
}

/* Waits up to ten seconds until a file has `lines` lines. */
static inline void kit_await(const char *path, unsigned lines)
{
	for (int i = 0; i < 1000; i++, g_usleep(10000)) {
		g_autofree char *text = NULL;
		unsigned found = 0;
		if (g_file_get_contents(path, &text, NULL, NULL))
			for (const char *c = text; *c; c++)
				found += *c == '\n';
		if (found >= lines)
			return;
	}
	g_error("waited in vain for %u lines in %s", lines, path);
}

static inline unsigned kit_lines(const char *path, const char *word)
{
	g_autofree char *text = NULL;
	if (!g_file_get_contents(path, &text, NULL, NULL))
		return 0;
	g_auto(GStrv) lines = g_strsplit(text, "\n", -1);
	unsigned count = 0;
	for (char **line = lines; *line; line++)
		count += strcmp(*line, word) == 0;
	return count;
}
