/* tf_serving.c: TensorFlow Serving's REST: /v1/models/NAME[/versions/N|/labels/ALIAS][:predict|:classify|:regress|/metadata].
 *
 * Inputs are the model's columns; a classifier has the outputs `prediction` and `probabilities` (in the order of its classes),
 * a regression one output, so its predictions are plain numbers.  Labels are the registry's aliases.  More is accepted
 * than TensorFlow Serving takes: null and NaN are missing values, keys that are no input are passed over, a row may be a list
 * in the order of the inputs. */
#include <string.h>

#include "base/error.h"
#include "base/json.h"
#include "http/site.h"
#include "http/openapi.h"
#include "serve/json_out.h"

static const char *const PREFIXES[] = {"/v1/", "/v1", NULL};

typedef struct Target {
	PathParts parts;
	const char *model, *version; /* version: NULL, a number or a label */
	const char *verb;            /* "predict", "metadata", or "" */
} Target;

static bool malformed(const Visit *v, GError **error)
{
	return visit_fail(v, 400, error, "Malformed request: %s %.200s", v->request->method, v->request->path);
}

/* The verb is cut off before percent signs are decoded: a name may hold "%3A". */
static bool parse_target(const Visit *v, Target *t, GError **error)
{
	const char *path = v->request->path, *colon = strrchr(path, ':');
	g_autofree char *before = colon ? g_strndup(path, (size_t)(colon - path)) : g_strdup(path);
	*t = (Target){.verb = colon ? colon + 1 : ""};
	if (!path_split(before, &t->parts, error))
		return false;
	char **p = t->parts.part;
	unsigned n = t->parts.count;
	if (n && n > 2 && !colon && strcmp(p[n - 1], "metadata") == 0) {
		t->verb = "metadata";
		n--;
	}
	if (n < 2 || strcmp(p[1], "models") != 0 || (n != 2 && n != 3 && n != 5))
		return malformed(v, error);
	if (n == 2 || (n == 3 && !*p[2] && strcmp(t->verb, "metadata") != 0))
		return true;
	if (!*p[2])
		return malformed(v, error);
	t->model = p[2];
	if (n == 3)
		return true;
	bool is_number = strcmp(p[3], "versions") == 0 && *p[4] && strspn(p[4], "0123456789") == strlen(p[4]);
	if (!is_number && strcmp(p[3], "labels") != 0)
		return malformed(v, error);
	t->version = p[4];
	return true;
}

/* TensorFlow Serving's words for a version that is not there, which its clients look for; behind them, what is there. */
static bool not_found(const Target *t, GError **error)
{
	if (!g_error_matches(*error, FAIL, FAIL_NOT_FOUND))
		return false;
	if (t->version)
		g_prefix_error(error, "Servable not found for request: Specific(%s, %s): ", t->model, t->version);
	else
		g_prefix_error(error, "Servable not found for request: Latest(%s): ", t->model);
	return false;
}

static bool list_models(Visit *v)
{
	const RouteTable *t = visit_routes(v);
	json_t *names = json_array();
	for (guint i = 0; i < t->models->len; i++)
		json_array_append_new(names, json_text(((const ModelEntry *)t->models->pdata[i])->name));
	reply_json(v->reply, json_pack("{s:o}", "models", names));
	return true;
}

static json_t *state_json(int version, const char *state, const char *code, const char *message)
{
	g_autofree char *number = g_strdup_printf("%d", version);
	return json_pack("{s:s,s:s,s:{s:s,s:s}}", "version", number, "state", state, "status", "error_code", code,
	        "error_message", message);
}

static bool status(Visit *v, const Target *t, GError **error)
{
	const ModelEntry *e = route_model(visit_routes(v), t->model);
	json_auto_t *states = json_array();
	const Served *one = NULL;
	size_t i;
	json_t *problem;
	if (!e)
		return visit_fail(v, 404, error, "Could not find any versions of model %.100s", t->model);
	if (t->version && !visit_find(v, t->model, t->version, &one, error))
		return not_found(t, error);
	for (guint k = 0; k < e->versions->len; k++) {
		const Served *s = e->versions->pdata[k];
		if (!one || one == s)
			json_array_append_new(states, state_json(s->version, "AVAILABLE", "OK", ""));
	}
	json_array_foreach (e->problems, i, problem)
		if (!one)
			json_array_append_new(states, state_json((int)json_get_int(problem, "version", 0), "END",
			                                      "UNKNOWN", json_get_text(problem, "reason", "")));
	reply_json(v->reply, json_pack("{s:O}", "model_version_status", states));
	return true;
}

static const char *dtype(ColumnType type)
{
	static const char *const NAMES[COLUMN_TYPES] = {"DT_BOOL", "DT_INT64", "DT_DOUBLE", "DT_STRING", "DT_STRING"};
	return NAMES[type];
}

static json_t *tensor_json(const char *name, const char *type, size_t width)
{
	json_t *dimensions = json_array();
	g_autofree char *full = g_strconcat(name, ":0", NULL), *size = g_strdup_printf("%zu", width);
	json_array_append_new(dimensions, json_pack("{s:s,s:s}", "size", "-1", "name", ""));
	if (width)
		json_array_append_new(dimensions, json_pack("{s:s,s:s}", "size", size, "name", ""));
	return json_pack("{s:s,s:{s:o,s:b},s:o}", "dtype", type, "tensor_shape", "dim", dimensions, "unknown_rank", 0,
	        "name", json_text(full));
}

static bool metadata(Visit *v, const Target *t, GError **error)
{
	const Served *s;
	if (!visit_find(v, t->model, t->version, &s, error))
		return not_found(t, error);
	json_t *inputs = json_object(), *outputs = json_object();
	for (size_t i = 0; i < s->inputs; i++)
		json_object_set_new(
		        inputs, s->input_names[i], tensor_json(s->input_names[i], dtype(s->input_types[i]), 0));
	bool classifies = bundle_classifies(s->bundle);
	json_object_set_new(
	        outputs, "prediction", tensor_json("prediction", dtype(classifies ? COLUMN_TEXT : COLUMN_REAL), 0));
	if (classifies)
		json_object_set_new(outputs, "probabilities", tensor_json("probabilities", "DT_DOUBLE", s->outputs));
	json_t *signature = json_pack(
	        "{s:o,s:o,s:s}", "inputs", inputs, "outputs", outputs, "method_name", "tensorflow/serving/predict");
	g_autofree char *version = g_strdup_printf("%d", s->version);
	reply_json(v->reply, json_pack("{s:{s:s,s:s,s:s},s:{s:{s:{s:o}}}}", "model_spec", "name", s->name,
	                             "signature_name", "", "version", version, "metadata", "signature_def",
	                             "signature_def", "serving_default", signature));
	return true;
}

/* What a body holds beside its rows. */
typedef struct Body {
	bool has_rows, is_columnar;
	char *signature;
	const char *context; /* where the object begins; NULL: none */
	size_t context_size;
} Body;

static bool scan_signature(Scan *scan, Body *body)
{
	Cell cell;
	if (!scan_cell(scan, &cell))
		return false;
	g_free(body->signature);
	body->signature = cell.type == CELL_TEXT ? g_strndup(cell.text, cell.length) : NULL;
	return true;
}

static bool check_body(const Body *body, const char *rows, GError **error)
{
	if (!body->has_rows)
		return fail(error, FAIL_INVALID, "Missing %s key", rows);
	if (body->signature && *body->signature && strcmp(body->signature, "serving_default") != 0)
		return fail(error, FAIL_INVALID, "Serving signature name: \"%.100s\" not found in signature def",
		        body->signature);
	return true;
}

static bool twice(GError **error)
{
	return fail(error, FAIL_INVALID, "Not formatted correctly: give either 'instances' or 'inputs', once");
}

static bool read_predict(Batch *b, Scan *scan, Body *body, GError **error)
{
	const char *key;
	size_t length;
	if (!scan_enter(scan, '{'))
		return true;
	while (scan_more(scan, '}') && scan_key(scan, &key, &length)) {
		bool rows = scan_key_is(key, length, "instances"), columns = scan_key_is(key, length, "inputs");
		if (rows || columns) {
			if (body->has_rows)
				return twice(error);
			body->has_rows = true;
			body->is_columnar = columns;
			if (rows ? !batch_scan_rows(b, scan, error) : !batch_scan_columns(b, scan, error))
				return false;
		} else if (scan_key_is(key, length, "signature_name") ? !scan_signature(scan, body)
		                                                      : !scan_skip(scan, NULL)) {
			break;
		}
	}
	return true;
}

static void write_probabilities(GString *to, const Scores *s, size_t row)
{
	for (size_t k = 0; k < s->served->outputs; k++) {
		g_string_append_c(to, k ? ',' : '[');
		out_number(to, scores_row(s, row)[k]);
	}
	g_string_append_c(to, ']');
}

static void write_rows(GString *to, const Scores *s)
{
	g_string_append(to, "{\"predictions\": [");
	for (size_t i = 0; i < s->rows; i++) {
		const char *label = scores_label(s, i);
		if (i)
			g_string_append_c(to, ',');
		if (!label) {
			out_number(to, scores_row(s, i)[0]);
			continue;
		}
		g_string_append(to, "{\"prediction\": ");
		out_text(to, label);
		g_string_append(to, ", \"probabilities\": ");
		write_probabilities(to, s, i);
		g_string_append_c(to, '}');
	}
	g_string_append(to, "]}\n");
}

static void write_columns(GString *to, const Scores *s)
{
	bool classifies = bundle_classifies(s->served->bundle);
	g_string_append(to, classifies ? "{\"outputs\": {\"prediction\": [" : "{\"outputs\": [");
	for (size_t i = 0; i < s->rows; i++) {
		if (i)
			g_string_append_c(to, ',');
		if (classifies)
			out_text(to, scores_label(s, i));
		else
			out_number(to, scores_row(s, i)[0]);
	}
	if (classifies)
		g_string_append(to, "], \"probabilities\": [");
	for (size_t i = 0; classifies && i < s->rows; i++) {
		if (i)
			g_string_append_c(to, ',');
		write_probabilities(to, s, i);
	}
	g_string_append(to, classifies ? "]}}\n" : "]}\n");
}

static bool predict(Visit *v, const Served *s, GError **error)
{
	g_autoptr(Batch) b = visit_batch(v, s);
	Body body = {0};
	Scan scan;
	scan_start(&scan, v->request->body, v->request->size);
	bool ok = read_predict(b, &scan, &body, error);
	if (!ok)
		scan_clear(&scan);
	ok = ok && scan_finish(&scan, error) && check_body(&body, "'inputs' or 'instances'", error);
	g_free(body.signature);
	Scores scores;
	if (!ok || !visit_predict(v, b, &scores, error))
		return false;
	(body.is_columnar ? write_columns : write_rows)(v->reply->body, &scores);
	scores_clear(&scores);
	return true;
}

static bool fill_example(Batch *b, Scan *scan, const char *context, GError **error)
{
	if (!batch_row_begin(b, error) || !batch_row_fill(b, scan, error))
		return false;
	if (context) {
		Scan other = {.start = context, .at = context, .end = scan->end};
		bool ok = batch_row_fill(b, &other, error);
		if (other.copies) /* texts live as long as the batch is being filled */
			scan_clear(&other);
		if (!ok)
			return false;
	}
	return batch_row_end(b, error);
}

/* The context may stand behind the examples, so it is looked for first. */
static bool find_context(const Visit *v, Body *body, GError **error)
{
	const char *key, *begin;
	size_t length;
	Scan scan;
	scan_start(&scan, v->request->body, v->request->size);
	if (scan_enter(&scan, '{'))
		while (scan_more(&scan, '}') && scan_key(&scan, &key, &length)) {
			bool is_context = scan_key_is(key, length, "context");
			if (is_context ? !scan_skip(&scan, &begin) : !scan_pass(&scan, NULL))
				break;
			if (is_context) {
				body->context = begin;
				body->context_size = (size_t)(scan.at - begin);
			}
		}
	return scan_finish(&scan, error);
}

/* most: bytes of a body.  The context is read again with each example: all in all no more than a body may have. */
static bool read_examples(Batch *b, Scan *scan, Body *body, size_t most, GError **error)
{
	const char *key;
	size_t length, spent = 0;
	scan_enter(scan, '{');
	while (scan_more(scan, '}') && scan_key(scan, &key, &length)) {
		if (scan_key_is(key, length, "examples")) {
			body->has_rows = true;
			if (!scan_enter(scan, '['))
				break;
			while (scan_more(scan, ']')) {
				spent += body->context_size;
				if (spent > most)
					return fail(error, FAIL_LIMIT,
					        "the context is too long for so many examples: give each its own "
					        "values");
				if (!fill_example(b, scan, body->context, error))
					return false;
			}
		} else if (scan_key_is(key, length, "signature_name") ? !scan_signature(scan, body)
		                                                      : !scan_skip(scan, NULL)) {
			break;
		}
	}
	return true;
}

static void write_results(GString *to, const Scores *s)
{
	bool classifies = bundle_classifies(s->served->bundle);
	g_string_append(to, "{\"results\": [");
	for (size_t i = 0; i < s->rows; i++) {
		g_string_append(to, i ? "," : "");
		for (size_t k = 0; k < s->served->outputs; k++) {
			if (classifies) {
				g_string_append(to, k ? ",[" : "[[");
				out_text(to, bundle_class(s->served->bundle, k));
				g_string_append_c(to, ',');
			}
			out_number(to, scores_row(s, i)[k]);
			g_string_append(to, classifies ? "]" : "");
		}
		g_string_append(to, classifies ? "]" : "");
	}
	g_string_append(to, "]}\n");
}

static bool examples(Visit *v, const Served *s, bool classify, GError **error)
{
	if (classify != bundle_classifies(s->bundle))
		return fail(error, FAIL_INVALID, "the model \"%s\" is no %s: use :%s or :predict", s->name,
		        classify ? "classification" : "regression", classify ? "regress" : "classify");
	g_autoptr(Batch) b = visit_batch(v, s);
	Body body = {0};
	Scan scan;
	if (!find_context(v, &body, error))
		return false;
	if (body.context) /* read again with each example: see below */
		batch_bound(b, v->site->body_most + v->request->size);
	scan_start(&scan, v->request->body, v->request->size);
	bool ok = read_examples(b, &scan, &body, v->site->body_most, error);
	if (!ok)
		scan_clear(&scan);
	ok = ok && scan_finish(&scan, error) && check_body(&body, "'examples'", error);
	g_free(body.signature);
	Scores scores;
	if (!ok || !visit_predict(v, b, &scores, error))
		return false;
	write_results(v->reply->body, &scores);
	scores_clear(&scores);
	return true;
}

static bool post(Visit *v, const Target *t, GError **error)
{
	const Served *s;
	if (!t->model)
		return visit_fail(v, 400, error, "Missing model name in request.");
	if (!visit_allows(v, "POST", error))
		return false;
	if (!visit_choose(v, t->model, t->version, &s, error))
		return not_found(t, error);
	if (strcmp(t->verb, "predict") == 0)
		return predict(v, s, error);
	if (strcmp(t->verb, "classify") == 0 || strcmp(t->verb, "regress") == 0)
		return examples(v, s, *t->verb == 'c', error);
	return malformed(v, error);
}

static bool get(Visit *v, const Target *t, GError **error)
{
	if (!visit_allows(v, "GET", error))
		return false;
	if (!t->model)
		return list_models(v);
	return *t->verb ? metadata(v, t, error) : status(v, t, error);
}

static bool handle(Visit *v, GError **error)
{
	Target t;
	bool ok = parse_target(v, &t, error);
	if (ok)
		ok = *t.verb && strcmp(t.verb, "metadata") != 0 ? post(v, &t, error) : get(v, &t, error);
	path_clear(&t.parts);
	return ok;
}

static void refuse(unsigned status, const char *sentence, Reply *reply)
{
	reply_json(reply, json_pack("{s:o}", "error", json_text(sentence)));
}

static const Route ROUTES[] = {
        {"GET", "/v1/models", "the models there are"},
        {"GET", "/v1/models/{model}", "the state of each version"},
        {"GET", "/v1/models/{model}/versions/{version}", "the state of a version"},
        {"GET", "/v1/models/{model}/metadata", "inputs and outputs"},
        {"POST", "/v1/models/{model}:predict", "predict rows or columns", &BODY_TF_ROWS},
        {"POST", "/v1/models/{model}/versions/{version}:predict", "the same, by a version", &BODY_TF_ROWS},
        {"POST", "/v1/models/{model}/labels/{alias}:predict", "the same, by an alias", &BODY_TF_ROWS},
        {"POST", "/v1/models/{model}:classify", "classes with their probabilities", &BODY_TF_CLASSIFY},
        {"POST", "/v1/models/{model}:regress", "numbers", &BODY_TF_REGRESS},
        {0},
};

const Protocol PROTOCOL_TF_SERVING = {
        .name = "tf_serving",
        .help = "TensorFlow Serving's REST: predict, classify, regress, status and metadata under /v1/models",
        .prefixes = PREFIXES,
        .routes = ROUTES,
        .handle = handle,
        .refuse = refuse,
};
