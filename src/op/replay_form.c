/* replay_form.c: rows as requests of the protocols a server speaks. */
#include "op/replay_form.h"

#include <math.h>
#include <string.h>

#include "serve/json_out.h"

static void put_cell(GString *to, const Column *c, size_t row)
{
	if (column_is_missing(c, row) || (c->type == COLUMN_REAL && isnan(c->reals[row]))) {
		g_string_append(to, "null");
		return;
	}
	g_autofree char *text = column_text(c, row);
	if (c->type == COLUMN_TEXT || c->type == COLUMN_TIME)
		out_text(to, text);
	else if (c->type == COLUMN_BOOL)
		g_string_append(to, c->bools[row] ? "true" : "false");
	else if (c->type == COLUMN_INT)
		out_int(to, c->ints[row]);
	else
		out_number_or_null(to, c->reals[row]);
}

/* [{"distance": 400, ...}, ...] */
static void put_objects(GString *to, const Frame *rows, const char *const *columns, size_t from, size_t count)
{
	g_string_append_c(to, '[');
	for (size_t i = from; i < from + count; i++) {
		g_string_append(to, i > from ? ",{" : "{");
		for (size_t k = 0; columns[k]; k++) {
			g_string_append(to, k ? "," : "");
			out_text(to, columns[k]);
			g_string_append_c(to, ':');
			put_cell(to, frame_find(rows, columns[k]), i);
		}
		g_string_append_c(to, '}');
	}
	g_string_append_c(to, ']');
}

static char *gyre_path(const char *model)
{
	return g_strdup("/api/v1/model/score");
}

static void gyre_write(
        GString *to, const char *model, const Frame *rows, const char *const *columns, size_t from, size_t count)
{
	g_string_append(to, "{\"model\":");
	out_text(to, model);
	g_string_append(to, ",\"rows\":");
	put_objects(to, rows, columns, from, count);
	g_string_append_c(to, '}');
}

static char *tensorflow_path(const char *model)
{
	g_autofree char *escaped = g_uri_escape_string(model, NULL, FALSE);
	return g_strdup_printf("/v1/models/%s:predict", escaped);
}

static void tensorflow_write(
        GString *to, const char *model, const Frame *rows, const char *const *columns, size_t from, size_t count)
{
	g_string_append(to, "{\"instances\":");
	put_objects(to, rows, columns, from, count);
	g_string_append_c(to, '}');
}

static char *inference_path(const char *model)
{
	g_autofree char *escaped = g_uri_escape_string(model, NULL, FALSE);
	return g_strdup_printf("/v2/models/%s/infer", escaped);
}

static const char *tensor_type(const Column *c)
{
	switch (c->type) {
	case COLUMN_BOOL:
		return "BOOL";
	case COLUMN_INT:
		return "INT64";
	case COLUMN_REAL:
		return "FP64";
	default:
		return "BYTES";
	}
}

/* A tensor a column. */
static void inference_write(
        GString *to, const char *model, const Frame *rows, const char *const *columns, size_t from, size_t count)
{
	g_string_append(to, "{\"inputs\":[");
	for (size_t k = 0; columns[k]; k++) {
		const Column *c = frame_find(rows, columns[k]);
		g_string_append(to, k ? ",{\"name\":" : "{\"name\":");
		out_text(to, columns[k]);
		g_string_append_printf(to, ",\"shape\":[%zu],\"datatype\":\"%s\",\"data\":[", count, tensor_type(c));
		for (size_t i = from; i < from + count; i++) {
			g_string_append(to, i > from ? "," : "");
			put_cell(to, c, i);
		}
		g_string_append(to, "]}");
	}
	g_string_append(to, "]}");
}

static char *mlflow_path(const char *model)
{
	g_autofree char *escaped = g_uri_escape_string(model, NULL, FALSE);
	return g_strdup_printf("/invocations?model=%s", escaped);
}

static void mlflow_write(
        GString *to, const char *model, const Frame *rows, const char *const *columns, size_t from, size_t count)
{
	g_string_append(to, "{\"dataframe_split\":{\"columns\":[");
	for (size_t k = 0; columns[k]; k++) {
		g_string_append(to, k ? "," : "");
		out_text(to, columns[k]);
	}
	g_string_append(to, "],\"data\":[");
	for (size_t i = from; i < from + count; i++) {
		g_string_append(to, i > from ? ",[" : "[");
		for (size_t k = 0; columns[k]; k++) {
			g_string_append(to, k ? "," : "");
			put_cell(to, frame_find(rows, columns[k]), i);
		}
		g_string_append_c(to, ']');
	}
	g_string_append(to, "]}}");
}

static const ReplayForm GYRE = {"gyre", "Gyre's own", gyre_path, gyre_write};
static const ReplayForm TENSORFLOW = {"tensorflow", "TensorFlow Serving's REST", tensorflow_path, tensorflow_write};
static const ReplayForm INFERENCE = {"inference", "the Open Inference Protocol v2", inference_path, inference_write};
static const ReplayForm MLFLOW = {"mlflow", "MLflow's scoring", mlflow_path, mlflow_write};

const ReplayForm *const REPLAY_FORMS[] = {
        &GYRE,
        &TENSORFLOW,
        &INFERENCE,
        &MLFLOW,
        NULL,
};

const ReplayForm *replay_form(const char *name)
{
	for (const ReplayForm *const *f = REPLAY_FORMS; name && *f; f++)
		if (strcmp((*f)->name, name) == 0)
			return *f;
	return NULL;
}
