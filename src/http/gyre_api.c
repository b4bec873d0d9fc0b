/* gyre_api.c: Gyre's own: /api/v1/..., the ops that are for programs elsewhere, and the models that are loaded.
 *
 * The op "model.ls" is GET /api/v1/model/ls, its parameters in the query; one that writes is POST, its parameters a JSON object.
 * POST /api/v1/model/score answers from the loaded models: {"model": NAME[@VERSION], "rows": [...]}. */
#include <string.h>

#include "base/error.h"
#include "base/json.h"
#include "http/site.h"
#include "http/openapi.h"
#include "op/apart.h"
#include "op/op.h"
#include "serve/answer.h"
#include "serve/json_out.h"

static const char *const PREFIXES[] = {"/api/v1/", NULL};

static bool add_query(const Op *op, const char *query, json_t *to, GError **error)
{
	g_auto(GStrv) parts = g_strsplit(query, "&", -1);
	for (char **p = parts; *p; p++) {
		if (!**p)
			continue;
		char *equals = strchr(*p, '=');
		g_strdelimit(*p, "+", ' ');
		g_autofree char *key = g_uri_unescape_segment(*p, equals, NULL);
		g_autofree char *value = equals ? g_uri_unescape_string(equals + 1, NULL) : g_strdup("true");
		const Param *param = key ? param_find(op->params, key) : NULL;
		json_t *typed;
		if (!param || !value || !g_utf8_validate(value, -1, NULL))
			return fail(error, FAIL_INVALID, "%s has no parameter \"%.60s\"", op->name, key ? key : "");
		if (!param_from_text(param, value, &typed, error))
			return false;
		json_object_set_new(to, key, typed);
	}
	return true;
}

/* What is decided by a caller with a token is on record with its name, by one who tells none with that: not with the name of whom
 * the server runs as.  Where nothing is decided "by" is no person; an override needs one all the same. */
static void add_person(const Visit *v, const Op *op, json_t *given)
{
	const char *by = json_get_text(given, "by", NULL);
	g_autofree char *name = access_name(v->site->access, v->request->caller);
	bool is_told = json_object_get(given, "by"), override = json_get_bool(given, "override", false);
	if (op->effect != OP_WRITE || !param_find(op->params, "by") || (!by && override) || (is_told && !name))
		return;
	g_autofree char *both = !name ? g_strdup("a caller over HTTP")
	                        : by  ? g_strdup_printf("%s (token %s)", by, name)
	                              : g_strdup_printf("token %s", name);
	json_object_set_new(given, "by", json_text(both));
}

/* The server's memory is not the caller's to give: less than an op takes by itself may be asked for, more not. */
static bool check_memory(const Op *op, const json_t *given, GError **error)
{
	const Param *p = param_find(op->params, "memory_mb");
	gint64 most = p ? g_ascii_strtoll(p->preset, NULL, 10) : 0;
	return !p || json_get_int(given, p->name, 0) <= most ||
	       fail(error, FAIL_INVALID, "%s: memory_mb: over HTTP at most %" G_GINT64_FORMAT " may be asked for",
	               op->name, most);
}

static bool run_op(Visit *v, const Op *op, GError **error)
{
	json_auto_t *given = json_object(), *body = NULL, *in = NULL, *result = NULL;
	App app = {.folder = v->site->folder,
	        .is_quiet = true,
	        .is_json = true,
	        .is_remote = true,
	        .is_ending = v->site->draining,
	        .end_s = v->site->end_s};
	if (!visit_is_own(v, error) || !visit_allows(v, op->effect == OP_READ ? "GET" : "POST", error) ||
	        !add_query(op, v->request->query, given, error))
		return false;
	if (v->request->size && !json_parse("the body", v->request->body, v->request->size, &body, error))
		return false;
	if (body && !json_is_object(body))
		return fail(error, FAIL_INVALID, "the body is a JSON object of the parameters of %s", op->name);
	json_object_update(given, body);
	add_person(v, op, given);
	if (!param_fill(op->params, op->name, given, &in, error) || !check_memory(op, in, error) ||
	        !(op->is_long ? op_apart(&app, op, given, &result, error) : op->run(&app, in, &result, error)))
		return false;
	reply_json(v->reply, json_incref(result));
	return true;
}

/* {"model", "rows", "explain"} in any order: the rows are read when the model is known. */
typedef struct Ask {
	char *model; /* NULL: the project's */
	const char *rows;
	bool explain;
} Ask;

static bool read_ask(const Request *r, Ask *ret, GError **error)
{
	const char *key;
	size_t length;
	Cell cell;
	Scan s;
	scan_start(&s, r->body, r->size);
	if (scan_enter(&s, '{'))
		while (scan_more(&s, '}') && scan_key(&s, &key, &length)) {
			bool explain = scan_key_is(key, length, "explain");
			if (!explain && !scan_key_is(key, length, "model")) {
				if (scan_key_is(key, length, "rows") ? !scan_pass(&s, &ret->rows)
				                                     : !scan_skip(&s, NULL))
					break;
				continue;
			}
			if (!scan_cell(&s, &cell))
				break;
			if (explain) {
				ret->explain = cell.is_true;
				continue;
			}
			g_free(ret->model);
			ret->model = cell.type == CELL_TEXT ? g_strndup(cell.text, cell.length) : NULL;
		}
	return scan_finish(&s, error);
}

static void write_answer(GString *to, const Visit *v, const Scores *s, const Explanations *x)
{
	g_string_append(to, "{\"id\":");
	out_text(to, v->id);
	g_string_append(to, ",\"model\":");
	out_text(to, s->served->name);
	g_string_append_printf(to, ",\"version\":%d,\"route\":\"%s\",\"predictions\":", s->served->version, v->route);
	answer_write(s, x, to);
	g_string_append(to, "}\n");
}

static bool score_with(Visit *v, Ask *ask, GError **error)
{
	const Served *s;
	Scores scores;
	char *at = ask->model ? strrchr(ask->model, '@') : NULL;
	if (at)
		*at = '\0';
	if (!visit_choose(v, ask->model ? ask->model : v->site->project, at ? at + 1 : NULL, &s, error))
		return false;
	g_autoptr(Batch) b = visit_batch(v, s);
	if (!ask->rows)
		return batch_refuse(b, error, "the request has no \"rows\"");
	Scan scan = {.start = v->request->body, .at = ask->rows, .end = v->request->body + v->request->size};
	bool ok = batch_scan_rows(b, &scan, error);
	scan_clear(&scan);
	g_auto(Explanations) x = {0};
	if (!ok || (ask->explain && !explanations_allowed(b, error)) || !visit_predict(v, b, &scores, error))
		return false;
	ok = !ask->explain || explanations_make(b, &scores, &x, error);
	if (ok)
		write_answer(v->reply->body, v, &scores, &x);
	scores_clear(&scores);
	return ok;
}

static bool score(Visit *v, GError **error)
{
	Ask ask = {0};
	bool ok = visit_allows(v, "POST", error) && read_ask(v->request, &ask, error) && score_with(v, &ask, error);
	g_free(ask.model);
	return ok;
}

static json_t *deployment_of(const ModelEntry *e)
{
	if (!e->rollout)
		return json_null();
	Shares s = rollout_shares(e->rollout);
	return json_pack("{s:s,s:i,s:s,s:f,s:f}", "id", rollout_id(e->rollout), "version",
	        rollout_candidate(e->rollout)->version, "strategy", rollout_strategy(e->rollout), "canary", s.canary,
	        "shadow", s.shadow);
}

/* What is loaded, with a row that can be sent at once. */
static bool served(Visit *v, GError **error)
{
	if (!visit_is_own(v, error) || !visit_allows(v, "GET", error))
		return false;
	const RouteTable *t = visit_routes(v);
	json_t *models = json_array();
	for (guint i = 0; i < t->models->len; i++) {
		const ModelEntry *e = t->models->pdata[i];
		json_t *versions = json_array();
		for (guint k = 0; k < e->versions->len; k++)
			json_array_append_new(versions, json_integer(((const Served *)e->versions->pdata[k])->version));
		json_array_append_new(models,
		        json_pack("{s:s,s:o,s:o,s:O,s:O,s:o,s:o}", "name", e->name, "stable",
		                e->stable ? json_integer(e->stable->version) : json_null(), "versions", versions,
		                "aliases", e->aliases, "problems", e->problems, "deployment", deployment_of(e),
		                "example", e->stable ? served_example(e->stable) : json_null()));
	}
	reply_json(v->reply, json_pack("{s:o}", "models", models));
	return true;
}

static bool handle(Visit *v, GError **error)
{
	if (strcmp(v->request->path, "/api/v1/model/score") == 0)
		return score(v, error);
	if (strcmp(v->request->path, "/api/v1/served") == 0)
		return served(v, error);
	const Op *op = v->site->predicts_only ? NULL : site_op(v->request->method, v->request->path);
	return op ? run_op(v, op, error) : visit_no_such_path(v, error);
}

static void refuse(unsigned status, const char *sentence, Reply *reply)
{
	const char *code = status == 401   ? "unauthorized"
	                   : status == 403 ? "forbidden"
	                   : status == 404 ? "not_found"
	                   : status == 409 ? "conflict"
	                   : status == 413 ? "limit"
	                   : status == 503 ? "unavailable"
	                   : status >= 500 ? "broken"
	                                   : "invalid";
	reply_json(reply, json_pack("{s:{s:s,s:o}}", "error", "code", code, "message", json_text(sentence)));
}

static const Route ROUTES[] = {
        {"POST", "/api/v1/model/score", "predict rows of a model", &BODY_SCORE},
        {"GET", "/api/v1/served", "what is loaded, with a row that can be sent"},
        {0},
};

const Protocol PROTOCOL_GYRE = {
        .name = "gyre",
        .help = "Gyre's own: the ops under /api/v1, rows scored by POST /api/v1/model/score",
        .prefixes = PREFIXES,
        .routes = ROUTES,
        .handle = handle,
        .refuse = refuse,
};
