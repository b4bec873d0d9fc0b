/* gyre.c: the library: the same Served, Batch and answers as the server's, behind a C ABI. */
#include "embed/gyre.h"

#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/json.h"
#include "base/limits.h"
#include "serve/answer.h"

struct GyreModel {
	Served *served;
	char *description;
};

/* The caller's error, and the status. */
static int told(GError *own, char **error)
{
	int status = fail_exit_status(own);
	if (error)
		*error = g_strdup(own->message);
	g_error_free(own);
	return status;
}

static json_t *inputs_json(const Served *s)
{
	json_t *inputs = json_array();
	for (size_t i = 0; i < s->inputs; i++)
		json_array_append_new(inputs,
		        json_pack("{s:s,s:s}", "name", s->input_names[i], "type", column_type_name(s->input_types[i])));
	return inputs;
}

static char *describe(const GyreModel *m)
{
	const Served *s = m->served;
	const json_t *header = bundle_header(s->bundle), *threshold = json_object_get(header, "threshold");
	json_t *outputs = json_array();
	for (size_t k = 0; k < s->outputs; k++)
		json_array_append_new(outputs, json_string(gyre_output_name(m, k)));
	json_auto_t *about = json_pack("{s:s,s:s,s:s,s:o,s:o,s:o,s:o}", "model", s->name, "task",
	        bundle_classifies(s->bundle) ? "classification" : "regression", "target",
	        json_get_text(json_object_get(header, "roles"), "target", ""), "inputs", inputs_json(s), "outputs",
	        outputs, "threshold", threshold ? json_incref((json_t *)threshold) : json_null(), "example",
	        served_example(s));
	return json_canonical(about);
}

GyreModel *gyre_load(const char *path, char **error)
{
	GError *own = NULL;
	Served *s;
	if (path ? !served_load("model", 1, "", path, &s, &own) : !fail(&own, FAIL_INVALID, "a path is needed")) {
		told(own, error);
		return NULL;
	}
	const char *project = json_get_text(bundle_header(s->bundle), "project", "");
	if (*project) {
		g_free(s->name);
		s->name = g_strdup(project);
	}
	GyreModel *m = g_new0(GyreModel, 1);
	m->served = s;
	m->description = describe(m);
	return m;
}

void gyre_free(GyreModel *m)
{
	if (!m)
		return;
	served_unref(m->served);
	g_free(m->description);
	g_free(m);
}

void gyre_free_text(char *text)
{
	g_free(text);
}

const char *gyre_version(void)
{
	return GYRE_VERSION;
}

const char *gyre_describe(const GyreModel *m)
{
	return m->description;
}

size_t gyre_inputs(const GyreModel *m)
{
	return m->served->inputs;
}

const char *gyre_input_name(const GyreModel *m, size_t i)
{
	return i < m->served->inputs ? m->served->input_names[i] : NULL;
}

GyreType gyre_input_type(const GyreModel *m, size_t i)
{
	static const GyreType TYPES[COLUMN_TYPES] = {GYRE_BOOL, GYRE_INT, GYRE_REAL, GYRE_TEXT, GYRE_TIME};
	return i < m->served->inputs ? TYPES[m->served->input_types[i]] : GYRE_TEXT;
}

size_t gyre_outputs(const GyreModel *m)
{
	return m->served->outputs;
}

const char *gyre_output_name(const GyreModel *m, size_t k)
{
	if (k >= m->served->outputs)
		return NULL;
	return bundle_classifies(m->served->bundle) ? bundle_class(m->served->bundle, k) : "prediction";
}

static bool read_rows(Batch *b, const char *rows, size_t length, GError **error)
{
	Scan scan;
	scan_start(&scan, rows, length);
	bool ok = scan_peek(&scan) == '{' ? batch_scan_object(b, &scan, error) : batch_scan_rows(b, &scan, error);
	if (ok)
		return scan_finish(&scan, error);
	scan_clear(&scan);
	return false;
}

static bool answer_json(const GyreModel *m, const char *rows, size_t length, bool explain, GString *to, GError **error)
{
	g_autoptr(Batch) b = batch_new(m->served, LIMIT_EMBED_ROWS);
	g_auto(Explanations) x = {0};
	Scores scores;
	if (!rows)
		return fail(error, FAIL_INVALID, "rows are needed");
	if (!read_rows(b, rows, length ? length : strlen(rows), error) || !serve_predict(b, &scores, error))
		return false;
	bool ok = !explain || explanations_make(b, &scores, &x, error);
	if (ok)
		answer_write(&scores, &x, to);
	scores_clear(&scores);
	return ok;
}

static int answer(const GyreModel *m, const char *rows, size_t length, bool explain, char **answer, char **error)
{
	GError *own = NULL;
	GString *to = g_string_sized_new(256);
	if (!answer_json(m, rows, length, explain, to, &own)) {
		g_string_free(to, TRUE);
		return told(own, error);
	}
	*answer = g_string_free(to, FALSE);
	return 0;
}

int gyre_predict_json(const GyreModel *m, const char *rows, size_t length, char **ret, char **error)
{
	return answer(m, rows, length, false, ret, error);
}

int gyre_explain_json(const GyreModel *m, const char *rows, size_t length, char **ret, char **error)
{
	return answer(m, rows, length, true, ret, error);
}

static Cell cell_of(const GyreColumn *c, size_t row)
{
	if (c->missing && c->missing[row])
		return (Cell){.type = CELL_NULL};
	switch (c->type) {
	case GYRE_BOOL: {
		bool yes = ((const uint8_t *)c->values)[row] != 0;
		return (Cell){.type = CELL_BOOL, .is_true = yes, .number = yes};
	}
	case GYRE_INT:
	case GYRE_TIME: {
		int64_t value = ((const int64_t *)c->values)[row];
		return (Cell){.type = CELL_INT, .integer = value, .number = (double)value};
	}
	case GYRE_REAL:
		return (Cell){.type = CELL_REAL, .number = ((const double *)c->values)[row]};
	default: {
		const char *text = ((const char *const *)c->values)[row];
		return text ? (Cell){.type = CELL_TEXT, .text = text, .length = strlen(text)}
		            : (Cell){.type = CELL_NULL};
	}
	}
}

static bool add_column(Batch *b, const GyreColumn *c, size_t input, size_t rows, GError **error)
{
	if (!c->values)
		return batch_refuse(b, error, "the column \"%s\" has no values", c->name);
	for (size_t i = 0; i < rows; i++) {
		Cell cell = cell_of(c, i);
		if (cell.type == CELL_TEXT && !g_utf8_validate(cell.text, (gssize)cell.length, NULL))
			return batch_refuse(b, error, "row %zu: column \"%s\" is not UTF-8", i + 1, c->name);
		if (!batch_add(b, input, &cell, error))
			return false;
	}
	return true;
}

static bool read_columns(Batch *b, const GyreColumn *columns, size_t count, size_t rows, GError **error)
{
	g_autofree const char **names = g_new0(const char *, count + 1);
	g_autofree int *inputs = NULL;
	for (size_t k = 0; k < count; k++)
		if (!(names[k] = columns[k].name))
			return fail(error, FAIL_INVALID, "column %zu has no name", k);
	if (!batch_bind(b, names, &inputs, error))
		return false;
	for (size_t k = 0; k < count; k++)
		if (inputs[k] >= 0 && !add_column(b, &columns[k], (size_t)inputs[k], rows, error))
			return false;
	return true;
}

int gyre_predict_columns(const GyreModel *m, const GyreColumn *columns, size_t count, size_t rows, double *scores,
        int32_t *decisions, char **error)
{
	GError *own = NULL;
	Scores made;
	size_t outputs = m->served->outputs;
	g_autoptr(Batch) b = batch_new(m->served, LIMIT_EMBED_ROWS);
	if (!read_columns(b, columns, count, rows, &own) || !serve_predict(b, &made, &own))
		return told(own, error);
	memcpy(scores, made.values, rows * outputs * sizeof *scores);
	for (size_t i = 0; decisions && i < rows; i++)
		decisions[i] = bundle_classifies(m->served->bundle)
		                       ? (int32_t)bundle_decide(m->served->bundle, scores_row(&made, i))
		                       : 0;
	scores_clear(&made);
	return 0;
}
