/* mlflow.c: MLflow's scoring protocol: POST /invocations, GET /ping, /health and /version; so the program is a SageMaker container
 * too.
 *
 * A body is CSV, or a JSON object with one of dataframe_split, dataframe_records, instances and inputs.  A classifier answers with
 * records {"prediction", "probability_LABEL"...}, the columns `gyre predict` writes; a regression with numbers.  With "params":
 * {"explain": true} there are records in any case, each with its "explanation".
 * One model is served under these paths: the project's own, or the one ?model=NAME[@VERSION] names. */
#include <string.h>

#include "base/error.h"
#include "base/json.h"
#include "http/site.h"
#include "http/openapi.h"
#include "serve/csv_rows.h"
#include "serve/explanation.h"
#include "serve/json_out.h"

static const char *const PREFIXES[] = {"/invocations", "/ping", "/health", "/version", NULL};

/* The protocol's version that is spoken: MLflow's. */
#define MLFLOW_VERSION "3.11.1"

/* "application/json; charset=utf-8"; other parameters are refused, as MLflow does. */
static bool check_type(Visit *v, bool *ret_csv, GError **error)
{
	const char *given = request_header(v->request, "Content-Type");
	if (!given)
		return visit_fail(
		        v, 415, error, "Unsupported content type: it must be 'text/csv' or 'application/json'");
	g_auto(GStrv) parts = g_strsplit(given, ";", -1);
	bool json = parts[0] && g_ascii_strcasecmp(g_strstrip(parts[0]), "application/json") == 0;
	*ret_csv = parts[0] && g_ascii_strcasecmp(parts[0], "text/csv") == 0;
	if (!json && !*ret_csv)
		return visit_fail(v, 415, error,
		        "Unsupported content type '%.100s': it must be 'text/csv' or 'application/json'", given);
	for (char **p = parts + 1; *p; p++)
		if (g_ascii_strcasecmp(g_strstrip(*p), "charset=utf-8") != 0)
			return visit_fail(v, 415, error,
			        "Unsupported parameter '%.100s' of the content type: only charset=utf-8 is known; "
			        "since "
			        "MLflow 2.0 the form of a table is told by its key (dataframe_split, "
			        "dataframe_records)",
			        *p);
	return true;
}

static bool scan_names(Scan *s, GPtrArray *names)
{
	Cell cell;
	g_ptr_array_set_size(names, 0);
	if (!scan_enter(s, '['))
		return false;
	while (scan_more(s, ']')) {
		if (!scan_cell(s, &cell))
			return false;
		if (cell.type != CELL_TEXT && cell.type != CELL_INT) /* null would be the name "0" */
			return scan_problem(s, "a column's name is a text or a whole number");
		g_ptr_array_add(names, cell.type == CELL_TEXT ? g_strndup(cell.text, cell.length)
		                                              : g_strdup_printf("%" G_GINT64_FORMAT, cell.integer));
	}
	g_ptr_array_add(names, NULL);
	return !s->problem;
}

/* {"columns": [...], "index": [...], "data": [[...]...]}; without columns the values are in the order of the inputs. */
static bool scan_split(Batch *b, Scan *s, GError **error)
{
	g_autoptr(GPtrArray) names = g_ptr_array_new_with_free_func(g_free);
	const char *key, *data = NULL;
	size_t length;
	if (scan_enter(s, '{'))
		while (scan_more(s, '}') && scan_key(s, &key, &length))
			if (scan_key_is(key, length, "columns")    ? !scan_names(s, names)
			        : scan_key_is(key, length, "data") ? !scan_pass(s, &data)
			                                           : !scan_skip(s, NULL))
				break;
	if (s->problem)
		return scan_finish(s, error);
	if (!data)
		return batch_refuse(b, error, "dataframe_split has no \"data\"");
	Scan rows = {.start = s->start, .at = data, .end = s->end};
	bool ok = names->len ? batch_scan_table(b, (const char *const *)names->pdata, &rows, error)
	                     : batch_scan_rows(b, &rows, error);
	scan_clear(&rows);
	return ok;
}

/* The first value of a list says whether it holds rows or the values of the only column. */
static bool scan_inputs(Batch *b, Scan *s, GError **error)
{
	return scan_peek(s) == '{' ? batch_scan_columns(b, s, error) : batch_scan_rows(b, s, error);
}

/* What a JSON body holds beside its rows. */
typedef struct Asked {
	unsigned forms; /* of rows, found so far */
	bool explain;   /* params.explain */
} Asked;

static bool scan_params(Scan *s, Asked *ret)
{
	const char *key;
	size_t length;
	Cell cell;
	if (scan_peek(s) != '{')
		return scan_skip(s, NULL);
	scan_enter(s, '{');
	while (scan_more(s, '}') && scan_key(s, &key, &length)) {
		bool explain = scan_key_is(key, length, "explain");
		if (explain ? !scan_cell(s, &cell) : !scan_skip(s, NULL))
			return false;
		if (explain)
			ret->explain = cell.is_true;
	}
	return !s->problem;
}

static bool scan_member(Batch *b, Scan *s, const char *key, size_t length, Asked *asked, GError **error)
{
	static const struct {
		const char *key;
		bool (*scan)(Batch *b, Scan *s, GError **error);
	} FORMS[] = {
	        {"dataframe_split", scan_split},
	        {"dataframe_records", batch_scan_rows},
	        {"instances", batch_scan_rows},
	        {"inputs", scan_inputs},
	};
	if (scan_key_is(key, length, "signature_name"))
		return fail(
		        error, FAIL_INVALID, "Invalid input. 'signature_name' parameter is currently not supported");
	for (size_t i = 0; i < G_N_ELEMENTS(FORMS); i++)
		if (scan_key_is(key, length, FORMS[i].key))
			return ++asked->forms > 1 || FORMS[i].scan(b, s, error);
	if (scan_key_is(key, length, "params"))
		scan_params(s, asked);
	else
		scan_skip(s, NULL);
	return true;
}

static bool read_json(Batch *b, const Request *r, Asked *asked, GError **error)
{
	const char *key;
	size_t length;
	Scan s;
	scan_start(&s, r->body, r->size);
	scan_enter(&s, '{');
	while (asked->forms < 2 && scan_more(&s, '}') && scan_key(&s, &key, &length))
		if (!scan_member(b, &s, key, length, asked, error)) {
			scan_clear(&s);
			return false;
		}
	if (asked->forms > 1)
		scan_clear(&s);
	else if (!scan_finish(&s, error))
		return false;
	return asked->forms == 1 ||
	       batch_refuse(b, error,
	               "Invalid input. The input must be a JSON object with exactly one of the keys "
	               "dataframe_split, dataframe_records, instances, inputs");
}

static void write_record(GString *to, const Explanations *x, size_t row)
{
	const Scores *s = x->scores;
	const char *label = scores_label(s, row);
	g_string_append(to, "{\"prediction\": ");
	if (label)
		out_text(to, label);
	else
		out_number(to, scores_row(s, row)[0]);
	for (size_t k = 0; label && k < s->served->outputs; k++) {
		g_autofree char *name = g_strconcat("probability_", bundle_class(s->served->bundle, k), NULL);
		g_string_append(to, ", ");
		out_text(to, name);
		g_string_append(to, ": ");
		out_number(to, scores_row(s, row)[k]);
	}
	if (x->all) {
		g_string_append(to, ", \"explanation\": ");
		explanation_write(x, row, to);
	}
	g_string_append_c(to, '}');
}

static void write_answer(GString *to, const Explanations *x)
{
	const Scores *s = x->scores;
	g_string_append(to, "{\"predictions\": [");
	for (size_t i = 0; i < s->rows; i++) {
		g_string_append(to, i ? ", " : "");
		if (bundle_classifies(s->served->bundle) || x->all)
			write_record(to, x, i);
		else
			out_number(to, scores_row(s, i)[0]);
	}
	g_string_append(to, "]}");
}

/* Where no model is asked for: the project's own, or the only one. */
static bool usual_model(Visit *v, const char **ret, GError **error)
{
	const RouteTable *t = visit_routes(v);
	*ret = v->site->project;
	if (route_model(t, *ret) || t->models->len == 0)
		return true;
	*ret = ((const ModelEntry *)t->models->pdata[0])->name;
	if (t->models->len == 1)
		return true;
	g_autoptr(GString) names = g_string_new(NULL);
	for (guint i = 0; i < t->models->len && names->len < 500; i++)
		g_string_append_printf(names, "%s%s", i ? ", " : "", ((const ModelEntry *)t->models->pdata[i])->name);
	return visit_fail(v, 400, error, "say which model with ?model=NAME; served: %s", names->str);
}

/* The model these paths stand for: the one asked for, or the usual one. */
static bool find_model(Visit *v, const Served **ret, GError **error)
{
	const char *query = v->request->query, *name;
	g_autofree char *given = request_query(v->request, "model");
	if (!given && (g_str_has_prefix(query, "model=") || strstr(query, "&model=")))
		return visit_fail(v, 400, error, "the query's model is not well escaped");
	char *at = given ? strrchr(given, '@') : NULL;
	if (at)
		*at = '\0';
	if (given)
		name = given;
	else if (!usual_model(v, &name, error))
		return false;
	return visit_choose(v, name, at ? at + 1 : NULL, ret, error);
}

static bool invocations(Visit *v, GError **error)
{
	bool csv = false;
	const Served *s;
	Scores scores;
	Asked asked = {0};
	if (!visit_allows(v, "POST", error) || !check_type(v, &csv, error) || !find_model(v, &s, error))
		return false;
	g_autoptr(Batch) b = visit_batch(v, s);
	if (csv ? !batch_read_csv(b, v->request->body, v->request->size, error)
	        : !read_json(b, v->request, &asked, error))
		return false;
	if ((asked.explain && !explanations_allowed(b, error)) || !visit_predict(v, b, &scores, error))
		return false;
	g_auto(Explanations) x = {.scores = &scores};
	bool ok = !asked.explain || explanations_make(b, &scores, &x, error);
	if (ok)
		write_answer(v->reply->body, &x);
	scores_clear(&scores);
	return ok;
}

static bool handle(Visit *v, GError **error)
{
	const char *path = v->request->path;
	if (strcmp(path, "/invocations") == 0)
		return invocations(v, error);
	if (!visit_allows(v, "GET", error))
		return false;
	if (strcmp(path, "/version") == 0) {
		reply_text(v->reply, "text/plain", MLFLOW_VERSION);
		return true;
	}
	if (!site_is_ready(v->site))
		return visit_fail(v, 503, error, "no model is ready");
	reply_text(v->reply, "application/json", "\n");
	return true;
}

static void refuse(unsigned status, const char *sentence, Reply *reply)
{
	const char *code = status == 401   ? "UNAUTHENTICATED"
	                   : status == 403 ? "PERMISSION_DENIED"
	                   : status == 404 ? "RESOURCE_DOES_NOT_EXIST"
	                   : status == 503 ? "TEMPORARILY_UNAVAILABLE"
	                   : status >= 500 ? "INTERNAL_ERROR"
	                                   : "BAD_REQUEST";
	if (status == 415) {
		reply_text(reply, "text/plain", sentence);
		return;
	}
	reply_json(reply, json_pack("{s:s,s:o}", "error_code", code, "message", json_text(sentence)));
}

static const Route ROUTES[] = {
        {"POST", "/invocations", "predict a table, as JSON or CSV", &BODY_TABLE, "model"},
        {"GET", "/ping", "a model is ready"},
        {"GET", "/health", "a model is ready"},
        {"GET", "/version", "the version of MLflow whose protocol this is", .type = "text/plain"},
        {0},
};

const Protocol PROTOCOL_MLFLOW = {
        .name = "mlflow",
        .help = "MLflow's scoring server (and SageMaker's container): /invocations, /ping, /version",
        .prefixes = PREFIXES,
        .routes = ROUTES,
        .handle = handle,
        .refuse = refuse,
};
