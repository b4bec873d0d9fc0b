/* folds.c: the op `data folds`: who is in which part and fold, so that anybody can learn and judge on the same rows. */
#include "data/folds.h"

#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "base/json.h"
#include "op/desk.h"
#include "op/rows.h"

static const Param PARAMS[] = {{NULL}};

typedef struct Parts {
	json_t *split; /* the report (data/split.h) */
	char *train, *test, *train_digest, *test_digest;
} Parts;

static void parts_clear(Parts *p)
{
	json_decref(p->split);
	g_free(p->train);
	g_free(p->test);
	g_free(p->train_digest);
	g_free(p->test_digest);
}

/* The newest split there is. */
static bool newest(const Desk *d, Parts *p, GError **error)
{
	json_auto_t *row = NULL, *outputs = NULL;
	if (!meta_row(d->meta,
	            "SELECT r.outputs FROM step_results r JOIN step_keys k ON k.key = r.key WHERE k.kind = 'split' "
	            "ORDER BY r.created DESC LIMIT 1",
	            NULL, &row, error))
		return false;
	if (!row)
		return fail(error, FAIL_NOT_FOUND, "nothing has been divided yet; try: gyre run split");
	const char *text = json_get_text(row, "outputs", "{}");
	if (!json_parse("outputs", text, strlen(text), &outputs, error))
		return false;
	p->train_digest = g_strdup(json_get_text(json_object_get(outputs, "train"), "digest", ""));
	p->test_digest = g_strdup(json_get_text(json_object_get(outputs, "test"), "digest", ""));
	return desk_json(d, json_get_text(json_object_get(outputs, "split"), "digest", ""), &p->split, error) &&
	       blobs_path(d->blobs, p->train_digest, &p->train, error) &&
	       blobs_path(d->blobs, p->test_digest, &p->test, error);
}

/* row, part, fold, and roles where there are letters. */
static char *query_of(const Parts *p, const Folds *folds)
{
	bool has_letters = strcmp(folds_column(folds), "_gyre_folds") == 0;
	bool has_folds = json_get_int(p->split, "folds", 0) > 0;
	g_autofree char *train = sql_parquet(p->train), *test = sql_parquet(p->test);
	return g_strdup_printf(
	        "SELECT * FROM (SELECT _gyre_row AS row, %s AS part, _gyre_fold AS fold%s FROM %s UNION ALL SELECT "
	        "_gyre_row, 'test', NULL%s FROM %s) ORDER BY row",
	        has_folds ? "'train'" : "CASE WHEN _gyre_fold = 0 THEN 'valid' ELSE 'train' END",
	        has_letters ? ", _gyre_folds AS roles" : "", train, has_letters ? ", NULL" : "", test);
}

static bool print_rows(const Parts *p, GError **error)
{
	EngineLimits limits = {.threads = 1};
	g_autoptr(Engine) e = NULL;
	g_autoptr(Folds) folds = NULL;
	g_autoptr(FrameReader) reader = NULL;
	g_autofree char *train = sql_parquet(p->train);
	bool has_head = false;
	if (!engine_open(&limits, &e, error) || !folds_read(e, train, &folds, error))
		return false;
	g_autofree char *query = query_of(p, folds);
	if (!engine_read(e, query, 0, &reader, error))
		return false;
	for (;;) {
		g_autoptr(Frame) f = NULL;
		if (!frame_reader_next(reader, &f, error))
			return false;
		if (!f)
			return true;
		rows_print_csv(stdout, f, &has_head);
	}
}

static bool run_at(App *app, const Desk *d, Parts *p, json_t **ret, GError **error)
{
	if (!newest(d, p, error) || (!app->is_json && !print_rows(p, error)))
		return false;
	*ret = app->is_json
	               ? json_pack("{s:O,s:{s:s,s:s},s:{s:s,s:s}}", "split", p->split, "train", "digest",
	                         p->train_digest, "file", p->train, "test", "digest", p->test_digest, "file", p->test)
	               : json_pack("{s:s}", "text", "");
	return true;
}

static bool run(App *app, const json_t *in, json_t **ret, GError **error)
{
	Desk d;
	Parts p = {NULL};
	(void)in;
	if (!desk_open(app, &d, error))
		return false;
	bool ok = run_at(app, &d, &p, ret, error);
	parts_clear(&p);
	desk_clear(&d);
	return ok;
}

const Op OP_DATA_FOLDS = {
        .name = "data.folds",
        .help = "print the part and fold of every row, for others to learn and judge on the same",
        .more = "CSV: row (0-based in the data's version), part (train, valid, test), fold (in which it is judged; -1: "
                "it only\n"
                "teaches), and roles where a row does not teach in all other folds: a letter for each fold, v judged, "
                "t "
                "teaches,\n"
                "- neither.\n"
                "JSON: {\"split\": (as data/split.h), \"train\": {\"digest\", \"file\"}, \"test\": {\"digest\", "
                "\"file\"}}; the "
                "files are Parquet\n"
                "with all columns, _gyre_row and _gyre_fold",
        .params = PARAMS,
        .run = run,
};
