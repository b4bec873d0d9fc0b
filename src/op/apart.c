/* apart.c: parameters become words of a command line, and what the child writes a result or an error. */
#include "op/apart.h"

#include "base/error.h"
#include "base/file.h"
#include "base/json.h"
#include "retrain/worker.h"

enum { LOOK_US = 10000, STOP_S = 5 };

/* "--percent=5"; what is no text is written as JSON, which options of such types read. */
static char *word_of(const char *name, const json_t *value)
{
	char *text = json_is_string(value)
	                     ? NULL
	                     : json_dumps(value, JSON_ENCODE_ANY | JSON_COMPACT | JSON_REAL_PRECISION(17));
	char *word = g_strconcat("--", name, "=", text ? text : json_string_value(value), NULL);
	free(text);
	return word;
}

static GPtrArray *words_of(const Op *op, const json_t *given)
{
	GPtrArray *words = g_ptr_array_new_with_free_func(g_free);
	g_auto(GStrv) name = g_strsplit(op->name, ".", -1);
	const char *key;
	json_t *value;
	for (char **word = name; *word; word++)
		g_ptr_array_add(words, g_strdup(*word));
	json_object_foreach ((json_t *)given, key, value)
		if (!json_is_null(value))
			g_ptr_array_add(words, word_of(key, value));
	g_ptr_array_add(words, NULL);
	return words;
}

/* *ret: {"answer", "error"} of worker_poll. */
static bool wait_for(const App *app, Worker *w, json_t **ret, GError **error)
{
	int64_t until = 0;
	bool done = false;
	while (worker_poll(w, &done, ret, error) && !done) {
		bool is_ending = app->is_ending && __atomic_load_n(app->is_ending, __ATOMIC_RELAXED);
		if (is_ending && !until)
			until = g_get_monotonic_time() + (int64_t)app->end_s * G_USEC_PER_SEC;
		if (until && g_get_monotonic_time() > until)
			return fail(error, FAIL_UNAVAILABLE, "the server is ending");
		g_usleep(LOOK_US);
	}
	return done;
}

static bool read_answer(const Op *op, const json_t *ended, json_t **ret, GError **error)
{
	json_t *answer = json_object_get(ended, "answer");
	const json_t *problem = json_object_get(answer, "error");
	if (json_is_object(problem) && json_get_text(problem, "code", NULL))
		return fail(error, fail_code_named(json_get_text(problem, "code", "")), "%s",
		        json_get_text(problem, "message", ""));
	if (!json_is_object(answer))
		return fail(error, FAIL_BROKEN, "%s ended without an answer: %s", op->name,
		        json_get_text(ended, "error", "it said nothing"));
	*ret = json_incref(answer);
	return true;
}

static bool run_in(const char *folder, const App *app, const Op *op, const json_t *given, json_t **ret, GError **error)
{
	g_autofree char *answer = g_build_filename(folder, "answer", NULL),
	                *log = g_build_filename(folder, "log", NULL);
	g_autoptr(GPtrArray) words = words_of(op, given);
	WorkerOptions options = {
	        .words = (const char *const *)words->pdata, .folder = app->folder, .answer = answer, .log = log};
	json_auto_t *ended = NULL;
	Worker *w;
	if (!worker_start(&options, &w, error))
		return false;
	bool ok = wait_for(app, w, &ended, error);
	worker_stop(w, STOP_S);
	return ok && read_answer(op, ended, ret, error);
}

bool op_apart(const App *app, const Op *op, const json_t *given, json_t **ret, GError **error)
{
	g_autoptr(GError) problem = NULL;
	g_autofree char *folder = g_dir_make_tmp("gyre-apart-XXXXXX", &problem);
	if (!folder)
		return fail(error, FAIL_UNAVAILABLE, "no folder for a command could be made: %s", problem->message);
	bool ok = run_in(folder, app, op, given, ret, error);
	file_remove(folder, NULL);
	return ok;
}
