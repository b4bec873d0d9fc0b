/* explain.c: the op `explain`: why a model answers as it does for some rows of a file. */
#include <string.h>

#include "base/error.h"
#include "base/file.h"
#include "base/json.h"
#include "base/limits.h"
#include "model/explain.h"
#include "op/desk.h"
#include "op/find_bundle.h"
#include "op/rows.h"

static const char *const SCALES[] = {"margin", "score", NULL};

static const Param PARAMS[] = {
        {"model", PARAM_TEXT, "NAME, NAME@3, NAME@champion, or the path of a bundle",
                .flags = PARAM_POSITIONAL | PARAM_REQUIRED},
        {"file", PARAM_TEXT, "rows to explain: CSV, TSV, JSON lines or Parquet",
                .flags = PARAM_POSITIONAL | PARAM_REQUIRED},
        {"from", PARAM_INT, "the first row to explain, counted from 0", "0", .min = 0, .max = LIMIT_ROWS},
        {"rows", PARAM_INT, "how many rows", "5", .min = 1, .max = LIMIT_EXPLAINED},
        {"scale", PARAM_TEXT, "what contributions add up to: margin (log odds, mostly) or score (the probability)",
                "\"margin\"", .choices = SCALES},
        {"top", PARAM_INT, "columns shown for each row; JSON always has all", "8", .min = 1, .max = LIMIT_COLUMNS},
        {NULL},
};

typedef struct Explaining {
	const Bundle *b;
	const Explainer *e;
	int64_t skip, left; /* rows before the first, and still to be explained */
	bool on_scores;
	json_t *list;
} Explaining;

static void add_values(json_t *row, const Frame *rows, size_t at, const char *const *columns)
{
	json_t *values = json_object();
	for (; *columns; columns++) {
		const Column *c = frame_find(rows, *columns);
		if (c)
			json_object_set_new(values, *columns, column_json(c, at));
	}
	json_object_set_new(row, "values", values);
}

static bool explain_rows(Explaining *x, const Frame *rows, int64_t first, GError **error)
{
	g_autoptr(Frame) for_scores = frame_copy(rows);
	g_autoptr(Frame) for_features = frame_copy(rows);
	g_autoptr(Contributions) c = NULL;
	size_t outputs = bundle_outputs(x->b);
	g_autofree double *scores = g_new(double, rows->rows *outputs + 1);
	if (!bundle_predict(x->b, for_scores, scores, error) ||
	        !explainer_contributions(x->e, for_features, x->on_scores, &c, error))
		return false;
	for (size_t i = 0; i < rows->rows; i++) {
		json_t *row = explainer_row(x->e, c, i, scores + i * outputs, -1);
		json_object_set_new(row, "row", json_integer(first + (json_int_t)i));
		add_values(row, rows, i, explainer_columns(x->e));
		json_array_append_new(x->list, row);
	}
	return true;
}

/* The wanted rows of a part of the file. */
static bool explain_part(Explaining *x, const Frame *part, int64_t first, GError **error)
{
	int64_t end = first + (int64_t)part->rows, from = MAX(first, x->skip), to = MIN(end, x->skip + x->left);
	if (from >= to)
		return true;
	g_autofree uint8_t *keep = g_malloc0(part->rows);
	memset(keep + (from - first), 1, (size_t)(to - from));
	g_autoptr(Frame) rows = frame_filter(part, keep);
	x->left -= to - from;
	x->skip = to;
	return explain_rows(x, rows, from, error);
}

static bool explain_file(Explaining *x, Engine *e, GError **error)
{
	g_autoptr(FrameReader) reader = NULL;
	int64_t first = 0;
	if (!engine_read(e, "SELECT * FROM rows", 0, &reader, error))
		return false;
	while (x->left > 0) {
		g_autoptr(Frame) part = NULL;
		if (!frame_reader_next(reader, &part, error))
			return false;
		if (!part)
			break;
		if (!explain_part(x, part, first, error))
			return false;
		first += (int64_t)part->rows;
	}
	if (!json_array_size(x->list))
		return fail(error, FAIL_NOT_FOUND, "the file has %" G_GINT64_FORMAT " rows: there is none to explain",
		        first);
	return true;
}

static bool explain(const Bundle *b, const json_t *in, const char *scratch, json_t **ret, GError **error)
{
	EngineLimits limits = {.memory_mb = 512, .scratch = scratch};
	g_autoptr(Engine) engine = NULL;
	g_autoptr(Explainer) explainer = NULL;
	json_auto_t *list = json_array();
	Explaining x = {.b = b,
	        .skip = json_get_int(in, "from", 0),
	        .left = json_get_int(in, "rows", 5),
	        .on_scores = g_str_equal(json_get_text(in, "scale", ""), "score"),
	        .list = list};
	if (!explainer_new(b, &explainer, error) || !engine_open(&limits, &engine, error) ||
	        !rows_open(engine, json_get_text(in, "file", ""), error))
		return false;
	x.e = explainer;
	if (!explain_file(&x, engine, error))
		return false;
	const json_t *header = bundle_header(b);
	*ret = json_pack("{s:O,s:O,s:O,s:O}", "family", json_object_get(header, "family"), "target",
	        json_at(header, "roles.target"), "top", json_object_get(in, "top"), "rows", list);
	return true;
}

static bool run(App *app, const json_t *in, json_t **ret, GError **error)
{
	g_autofree char *path = NULL, *scratch = NULL;
	g_autoptr(Bundle) b = NULL;
	if (!find_bundle(app, json_get_text(in, "model", ""), &path, error) || !bundle_load(path, &b, error))
		return false;
	scratch = g_dir_make_tmp("gyre-explain-XXXXXX", error);
	if (!scratch)
		return false;
	bool ok = explain(b, in, scratch, ret, error);
	file_remove(scratch, NULL);
	return ok;
}

const Op OP_EXPLAIN = {
        .name = "explain",
        .help = "tell why a model answers as it does: what each column contributes",
        .more = "Contributions are exact (Shapley values of trees, terms of linear models), by column of the data, and "
                "add up "
                "with the\n"
                "base to the margin: what the model says before its probabilities are calibrated; on the scale score, "
                "to the score.\n"
                "JSON: {\"family\", \"target\", \"top\", \"rows\": [{\"row\": number from 0, \"prediction\", \"class\" "
                "(told about), \"score\" (its\n"
                "probability), \"scale\": \"log odds\"|\"log shares\"|\"probability\"|\"number\"|\"log\", \"base\", "
                "\"margin\": base + sum of contributions,\n"
                "\"contributions\": {column: number}, largest first, \"values\": {column: value}}]}; numbers have no "
                "class "
                "and score.",
        .params = PARAMS,
        .run = run,
};
