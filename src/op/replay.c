/* replay.c: the op `replay`: rows of the past sent to a server as if they came now, with their times and their outcomes. */
#include <string.h>

#include "base/error.h"
#include "base/file.h"
#include "base/json.h"
#include "base/limits.h"
#include "data/source.h"
#include "data/user_query.h"
#include "op/op.h"
#include "op/replay_send.h"
#include "op/rows.h"
#include "project/project.h"

static const char *const FORMS[] = {"gyre", "tensorflow", "inference", "mlflow", NULL};
static const Param PARAMS[] = {
        {"file", PARAM_TEXT, "CSV, TSV, JSON lines or Parquet; the project's own data when absent",
                .flags = PARAM_POSITIONAL},
        {"url", PARAM_TEXT, "the server", "\"http://127.0.0.1:8080\""},
        {"model", PARAM_TEXT, "name of the model; the project's own when absent"},
        {"where", PARAM_TEXT, "condition in SQL: which rows"},
        {"rows", PARAM_INT, "so many of them, chosen by a hash; 0: all", "0", .min = 0, .max = 1e7},
        {"protocol", PARAM_TEXT, "what to speak", "\"gyre\"", .choices = FORMS},
        {"batch", PARAM_INT, "rows a request; all of them are taken to be asked at the time of its first", "100",
                .min = 1, .max = 100000},
        {"connections", PARAM_INT, "connections at a time", "1", .min = 1, .max = 256},
        {"time", PARAM_TEXT,
                "column of the rows' times: they are sent in its order, and with them (the server needs --trust-time); "
                "data.time when absent"},
        {"outcome", PARAM_TEXT, "column of what really happened, sent behind each request; goal.target when absent"},
        {"delay", PARAM_REAL, "hours from a row's time to its outcome's", "0", .min = 0, .max = 1e6, .unit = "h"},
        {"outcomes", PARAM_BOOL, "send outcomes", "true"},
        {"name", PARAM_TEXT,
                "begins the requests' ids, so that the same replay twice has the same ids; random when absent"},
        {"token", PARAM_TEXT, "file with a bearer token, where the server wants one", .unit = "FILE"},
        {"memory_mb", PARAM_INT, "memory to stay within", "1024", .min = 128, .max = 1e9, .unit = "MiB"},
        {NULL},
};

/* What is replayed, gathered step by step. */
typedef struct Replay {
	const json_t *in;
	Project *project; /* NULL: there is none, and none is needed */
	Engine *e;
	Frame *rows;
	char *url, *token, *model, *time, *outcome, *prefix;
	GPtrArray *columns; /* the model's inputs */
} Replay;

static void replay_clear(Replay *r)
{
	frame_free(r->rows);
	engine_close(r->e);
	project_free(r->project);
	g_free(r->url);
	g_free(r->token);
	g_free(r->model);
	g_free(r->time);
	g_free(r->outcome);
	g_free(r->prefix);
	if (r->columns)
		g_ptr_array_free(r->columns, TRUE);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Replay, replay_clear)

static char *own(const json_t *in, const char *key, const char *otherwise)
{
	return g_strdup(json_get_text(in, key, otherwise));
}

/* Words that are not given stand in the project, where there is one. */
static bool read_words(const App *app, Replay *r, GError **error)
{
	const char *file = json_get_text(r->in, "file", NULL), *token = json_get_text(r->in, "token", NULL);
	g_autoptr(GError) absent = NULL;
	size_t size;
	if (!project_open(app->folder, &r->project, &absent) && !(file && absent->code == FAIL_NOT_FOUND)) {
		g_propagate_error(error, g_steal_pointer(&absent));
		return false;
	}
	const json_t *data = r->project ? project_block(r->project, "data") : NULL,
	             *goal = r->project ? project_block(r->project, "goal") : NULL;
	r->url = own(r->in, "url", "");
	if (g_str_has_suffix(r->url, "/"))
		r->url[strlen(r->url) - 1] = '\0';
	r->model = own(r->in, "model", r->project ? project_name(r->project) : NULL);
	r->time = own(r->in, "time", json_get_text(data, "time", NULL));
	r->outcome = json_get_bool(r->in, "outcomes", true) ? own(r->in, "outcome", json_get_text(goal, "target", NULL))
	                                                    : NULL;
	g_autofree char *random = g_uuid_string_random();
	r->prefix = g_strndup(json_get_text(r->in, "name", random), 60);
	if (!r->model)
		return fail(error, FAIL_INVALID, "there is no project here: name the model by --model");
	if (token && !file_read(token, 4096, &r->token, &size, error))
		return false;
	if (r->token)
		g_strstrip(r->token);
	return true;
}

/* Makes the view ROWS, a name that no source can have. */
#define ROWS "_gyre_rows"

static bool open_rows(Replay *r, GError **error)
{
	EngineLimits limits = {.memory_mb = (size_t)json_get_int(r->in, "memory_mb", 1024)};
	const char *file = json_get_text(r->in, "file", NULL);
	g_autoptr(GPtrArray) paths = g_ptr_array_new_with_free_func(g_free);
	if (!engine_open(&limits, &r->e, error))
		return false;
	if (file)
		return rows_open(r->e, file, error) &&
		       engine_run(r->e, "CREATE VIEW " ROWS " AS SELECT * FROM rows", error);
	const json_t *data = project_block(r->project, "data"), *sources = json_object_get(data, "sources");
	const char *query = json_get_text(data, "query", NULL);
	g_autofree char *only = sql_name(json_object_iter_key(json_object_iter((json_t *)sources)));
	g_autofree char *sql = query ? user_query_trim(query) : g_strdup_printf("SELECT * FROM %s", only);
	return sources_open(r->e, r->project->folder, sources, paths, error) &&
	       user_query_confine(r->e, paths, error) && engine_runf(r->e, error, "CREATE VIEW " ROWS " AS %s", sql);
}

static bool read_rows(Replay *r, GError **error)
{
	const char *where = json_get_text(r->in, "where", NULL);
	int64_t wanted = json_get_int(r->in, "rows", 0);
	g_autofree char *time = r->time ? sql_name(r->time) : NULL;
	if (where && !user_query_check_condition(r->e, "--where", where, ROWS, error))
		return false;
	g_autofree char *filter = where ? g_strdup_printf("WHERE (%s)", where) : g_strdup("");
	g_autofree char *some =
	        wanted ? g_strdup_printf("ORDER BY hash(_gyre_place) LIMIT %" G_GINT64_FORMAT, wanted) : g_strdup("");
	g_autofree char *sql = g_strdup_printf(
	        "SELECT * FROM (SELECT * FROM (SELECT *, row_number() OVER () AS _gyre_place FROM " ROWS " %s) %s) "
	        "ORDER BY %s%s_gyre_place",
	        filter, some, time ? time : "", time ? ", " : "");
	if (!engine_frame(r->e, sql, &r->rows, error))
		return false;
	return r->rows->rows > 0 || fail(error, FAIL_NOT_FOUND, "there are no such rows");
}

/* The model's inputs, as the server shows them in its example row; each must be a column here. */
static bool find_columns(Replay *r, GError **error)
{
	g_autofree char *text = NULL;
	json_auto_t *served = NULL;
	const json_t *model = NULL;
	size_t i;
	json_t *one, *unused;
	const char *name;
	if (!replay_get(r->url, r->token, "/api/v1/served", &text, error) ||
	        !json_parse("the server's answer", text, strlen(text), &served, error))
		return false;
	json_array_foreach (json_object_get(served, "models"), i, one)
		if (strcmp(json_get_text(one, "name", ""), r->model) == 0)
			model = one;
	if (!json_is_object(json_object_get(model, "example")))
		return fail(error, FAIL_NOT_FOUND, "the server at %s serves no model \"%s\"", r->url, r->model);
	r->columns = g_ptr_array_new_with_free_func(g_free);
	json_object_foreach (json_object_get(model, "example"), name, unused) {
		if (!frame_find(r->rows, name))
			return fail(
			        error, FAIL_INVALID, "the model expects the column \"%s\", which the rows lack", name);
		g_ptr_array_add(r->columns, g_strdup(name));
	}
	g_ptr_array_add(r->columns, NULL);
	return true;
}

static bool find_column(const Replay *r, const char *name, bool is_time, const Column **ret, GError **error)
{
	*ret = name ? frame_find(r->rows, name) : NULL;
	if (name && !*ret)
		return fail(error, FAIL_NOT_FOUND, "the rows have no column \"%s\"", name);
	return !*ret || !is_time || (*ret)->type == COLUMN_TIME ||
	       fail(error, FAIL_INVALID, "the column \"%s\" holds no times", name);
}

static bool send_all(const Replay *r, ReplayDone *ret, GError **error)
{
	ReplayJob job = {.url = r->url,
	        .token = r->token,
	        .model = r->model,
	        .form = replay_form(json_get_text(r->in, "protocol", "gyre")),
	        .rows = r->rows,
	        .columns = (const char *const *)r->columns->pdata,
	        .delay = (int64_t)(json_get_number(r->in, "delay", 0) * 3600e6),
	        .prefix = r->prefix,
	        .batch = (size_t)json_get_int(r->in, "batch", 100),
	        .connections = (unsigned)json_get_int(r->in, "connections", 1)};
	return find_column(r, r->time, true, &job.time, error) &&
	       find_column(r, r->outcome, false, &job.outcome, error) && replay_send(&job, ret, error);
}

static bool run(App *app, const json_t *in, json_t **ret, GError **error)
{
	g_auto(Replay) r = {.in = in};
	g_auto(ReplayDone) done = {0};
	if (!read_words(app, &r, error) || !open_rows(&r, error) || !read_rows(&r, error) || !find_columns(&r, error) ||
	        !send_all(&r, &done, error))
		return false;
	app->status = done.failed ? STATUS_NO : STATUS_DONE;
	*ret = json_pack("{s:s,s:s,s:s,s:I,s:I,s:I,s:I,s:f,s:f,s:f,s:f,s:o}", "model", r.model, "protocol",
	        json_get_text(in, "protocol", ""), "name", r.prefix, "requests", (json_int_t)done.requests, "failed",
	        (json_int_t)done.failed, "rows", (json_int_t)done.rows, "outcomes", (json_int_t)done.outcomes,
	        "seconds", done.seconds, "rows_per_second", (double)done.rows / MAX(done.seconds, 1e-9), "p50_ms",
	        done.p50_ms, "p99_ms", done.p99_ms, "problem", json_text(done.problem));
	return true;
}

const Op OP_REPLAY = {
        .name = "replay",
        .help = "send rows of the past to a server, with their times and outcomes",
        .more = "For a server that is to see what the past looked like, for a load, and for trying a protocol.  Ids of "
                "requests are NAME-0, "
                "NAME-1 ...; a row's is NAME-0/0 where requests have several.\n"
                "Exit status 1: some requests failed.\n"
                "JSON: {\"model\", \"protocol\", \"name\", \"requests\", \"failed\", \"rows\": answered, \"outcomes\": "
                "taken, \"seconds\", "
                "\"rows_per_second\", \"p50_ms\", \"p99_ms\": of a request, \"problem\": what the first that failed "
                "was told}",
        .params = PARAMS,
        .run = run,
};
