/* predict.c: the op `predict`: a file scored by a registered model, however large. */
#include <string.h>
#include <unistd.h>

#include "base/error.h"
#include "base/file.h"
#include "base/json.h"
#include "model/bundle.h"
#include "op/find_bundle.h"
#include "op/predictions.h"
#include "op/rows.h"

static const Param PARAMS[] = {
        {"model", PARAM_TEXT, "NAME, NAME@3, NAME@champion, or the path of a bundle",
                .flags = PARAM_POSITIONAL | PARAM_REQUIRED},
        {"file", PARAM_TEXT, "rows to score: CSV, TSV, JSON lines or Parquet",
                .flags = PARAM_POSITIONAL | PARAM_REQUIRED},
        {"output", PARAM_TEXT, "file to write (.csv or .parquet); standard output when absent", .letter = 'o',
                .unit = "FILE"},
        {"features", PARAM_BOOL, "write the features that the recipe makes, in place of the rows' own columns",
                "false"},
        {"memory_mb", PARAM_INT, "memory to stay within", "1024", .min = 128, .max = 1e9, .unit = "MiB"},
        {NULL},
};

/* The features as columns; categories are codes.  rows is consumed. */
static bool features_frame(const Bundle *b, Frame *rows, Frame **ret, GError **error)
{
	g_autoptr(Matrix) x = NULL;
	if (!bundle_features(b, rows, &x, error))
		return false;
	Frame *f = frame_new(x->rows);
	for (size_t j = 0; j < x->columns; j++) {
		Column *c = column_new(x->names[j], COLUMN_REAL, x->rows, NULL);
		for (size_t i = 0; i < x->rows; i++)
			c->reals[i] = (double)x->values[i * x->columns + j];
		frame_add(f, c);
	}
	*ret = f;
	return true;
}

static bool score_part(const Bundle *b, Frame *rows, bool features, Sink *sink, GError **error)
{
	g_autoptr(Frame) copy = frame_copy(rows);
	g_autoptr(Frame) made = NULL;
	g_autofree double *scores = g_new(double, MAX(rows->rows * bundle_outputs(b), (size_t)1));
	return bundle_predict(b, copy, scores, error) && (!features || features_frame(b, rows, &made, error)) &&
	       sink_add(sink, features ? made : rows, scores, error);
}

static bool score(Engine *e, const Bundle *b, bool features, Sink *sink, int64_t *ret_rows, GError **error)
{
	g_autoptr(FrameReader) reader = NULL;
	*ret_rows = 0;
	if (!engine_read(e, "SELECT * FROM rows", 0, &reader, error))
		return false;
	for (;;) {
		g_autoptr(Frame) rows = NULL;
		if (!frame_reader_next(reader, &rows, error))
			return false;
		if (!rows)
			return sink_finish(sink, error);
		*ret_rows += (int64_t)rows->rows;
		if (!score_part(b, rows, features, sink, error))
			return false;
	}
}

static bool predict(const App *app, Engine *e, const Bundle *b, const json_t *in, json_t **ret, GError **error)
{
	const char *output = json_get_text(in, "output", NULL);
	bool features = json_get_bool(in, "features", false);
	g_autoptr(Sink) sink = NULL;
	int64_t rows;
	if (features && app->is_json && !output)
		return fail(error, FAIL_INVALID,
		        "features are rows of CSV or Parquet: leave --json out, or give --output FILE");
	if (!rows_open(e, json_get_text(in, "file", ""), error) ||
	        !sink_open(e, b, output, app->is_json, &sink, error) || !score(e, b, features, sink, &rows, error))
		return false;
	json_t *list = sink_take_json(sink);
	if (list)
		*ret = json_pack("{s:o}", "predictions", list);
	else if (output)
		*ret = json_pack("{s:I,s:s}", "rows", (json_int_t)rows, "output", output);
	else
		*ret = json_pack("{s:s}", "text", "");
	return true;
}

static bool with_engine(
        const App *app, const Bundle *b, const json_t *in, const char *scratch, json_t **ret, GError **error)
{
	EngineLimits limits = {.memory_mb = (size_t)json_get_int(in, "memory_mb", 1024), .scratch = scratch};
	g_autoptr(Engine) e = NULL;
	return engine_open(&limits, &e, error) && predict(app, e, b, in, ret, error);
}

static bool run(App *app, const json_t *in, json_t **ret, GError **error)
{
	g_autofree char *path = NULL, *scratch = NULL;
	g_autoptr(Bundle) b = NULL;
	if (!find_bundle(app, json_get_text(in, "model", ""), &path, error) || !bundle_load(path, &b, error))
		return false;
	scratch = g_dir_make_tmp("gyre-predict-XXXXXX", error);
	if (!scratch)
		return false;
	bool ok = with_engine(app, b, in, scratch, ret, error);
	file_remove(scratch, NULL);
	return ok;
}

const Op OP_PREDICT = {
        .name = "predict",
        .help = "score a file with a registered model",
        .more = "Without --output the rows go to standard output as CSV with the columns prediction and, for classes, "
                "probability_LABEL.\n"
                "JSON (--json): {\"predictions\": [{\"prediction\": \"1\", \"probabilities\": {\"0\": 0.2, \"1\": "
                "0.8}}...]}, for numbers\n"
                "[{\"prediction\": 4.2}...]; with --output {\"rows\", \"output\"}.",
        .params = PARAMS,
        .run = run,
};
