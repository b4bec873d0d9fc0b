/* step_sample.c: the step `sample`: some of the rows to learn from, with folds of their own (feasible.h). */
#include <string.h>

#include "base/json.h"
#include "data/engine.h"
#include "feasible/feasible.h"

enum { FOLDS = 5, STRETCHES_LEAST = 3 };

typedef struct Sample {
	Engine *e;
	StepRun *s;
	const json_t *params;
	char *table, *usable; /* SQL */
	int64_t rows, sampled;
	json_t *stretches; /* as about has them; NULL: not asked for */
} Sample;

/* SQL: a place in [0, 1) by the values of a column. */
static char *place_by(const Sample *a, const char *salt, const char *column)
{
	g_autofree char *name = sql_name(column);
	return g_strdup_printf("(CAST(md5_number_lower(concat('%s %" G_GUINT64_FORMAT
	                       " ', CAST(%s AS VARCHAR))) >> 11 AS DOUBLE) / 9007199254740992)",
	        salt, step_seed(a->s), name);
}

/* SQL: where there is a target (a number that is one), and a weight above 0: the rows that can be learnt from. */
static char *usable(const Sample *a)
{
	const char *weight = json_get_text(a->params, "weight", NULL);
	g_autofree char *target = sql_name(json_get_text(a->params, "target", ""));
	g_autofree char *there = g_strdup_printf("(%s IS NOT NULL AND (typeof(%s) <> 'DOUBLE' OR CAST(%s AS VARCHAR) "
	                                         "NOT IN ('nan', 'inf', '-inf')))",
	        target, target, target);
	if (!weight)
		return g_steal_pointer(&there);
	g_autofree char *name = sql_name(weight);
	return g_strdup_printf("%s AND CAST(%s AS DOUBLE) > 0 AND isfinite(CAST(%s AS DOUBLE))", there, name, name);
}

/* A table, not a view: millions of rows are hashed once. */
static bool choose(Sample *a, GError **error)
{
	g_autofree char *count = g_strdup_printf("SELECT count(*) AS n FROM %s WHERE %s", a->table, a->usable);
	g_autofree char *place = place_by(a, "sample", "_gyre_row");
	json_auto_t *row = NULL, *kept = NULL;
	if (!engine_row(a->e, count, &row, error))
		return false;
	a->rows = json_get_int(row, "n", 0);
	double part = json_get_number(a->params, "rows", 0) / (double)MAX(a->rows, 1);
	if (!engine_runf(a->e, error,
	            "CREATE TEMP TABLE kept AS SELECT COLUMNS(c -> NOT starts_with(c, '_gyre_fold')) FROM %s WHERE %s "
	            "AND %s < %.17g",
	            a->table, a->usable, place, part) ||
	        !engine_row(a->e, "SELECT count(*) AS n FROM kept", &kept, error))
		return false;
	a->sampled = json_get_int(kept, "n", 0);
	return true;
}

/* SQL: where the last fifth in time begins; with hardly any different times, at the second of them; NULL with one. */
static char *cut_in_time(const char *time)
{
	return g_strdup_printf(
	        "(SELECT CASE WHEN c > a THEN c ELSE (SELECT min(%1$s) FROM kept WHERE %1$s > a) END AS cut "
	        "FROM (SELECT quantile_disc(%1$s, 0.8) AS c, min(%1$s) AS a FROM kept))",
	        time);
}

/* The rows with a time in stretches of about as many, numbered from 0 (no time: -1), equal times never divided, and in fifths by hash. */
static bool place_in_stretches(Sample *a, const char *by_hash, GError **error)
{
	g_autofree char *time = sql_name(json_get_text(a->params, "time", ""));
	g_autofree char *list = g_strdup_printf("SELECT min(%1$s) AS \"from\", max(%1$s) AS \"to\", count(*) AS rows "
	                                        "FROM placed WHERE _gyre_stretch >= 0 "
	                                        "GROUP BY _gyre_stretch ORDER BY _gyre_stretch",
	        time);
	return engine_runf(a->e, error,
	               "CREATE TEMP TABLE placed AS WITH ranked AS (SELECT *, %1$s AS _gyre_part, CASE WHEN %2$s IS "
	               "NULL "
	               "THEN NULL ELSE (rank() OVER (PARTITION BY %2$s IS NULL ORDER BY %2$s) - 1) * %3$d // "
	               "count(%2$s) "
	               "OVER () END AS _gyre_block FROM kept) SELECT * EXCLUDE (_gyre_block), CASE WHEN _gyre_block IS "
	               "NULL THEN -1 ELSE dense_rank() OVER (ORDER BY _gyre_block NULLS LAST) - 1 END AS _gyre_stretch "
	               "FROM ranked",
	               by_hash, time, (int)json_get_int(a->params, "stretches", 0)) &&
	       engine_rows(a->e, list, &a->stretches, error);
}

/* Of how many of its fifths a stretch is judged: of fewer, the more rows there are, so that the work stays the same. */
static int parts_judged(const Sample *a)
{
	enum { ALL_FIFTHS = 50000 };
	return (int)CLAMP(FOLDS * ALL_FIFTHS / MAX(a->sampled, 1), 1, FOLDS);
}

/* SQL: with the letters of the folds (data/folds.h).  Of each stretch but the first: one for each fifth judged, which the rest of it
 * teaches, and one in which four fifths of the stretch before teach all of these. */
static char *with_stretches(const Sample *a)
{
	int parts = parts_judged(a);
	int folds = (parts + 1) * ((int)json_array_size(a->stretches) - 1);
	return g_strdup_printf(
	        "SELECT * EXCLUDE (_gyre_part, _gyre_stretch), CAST(-1 AS BIGINT) AS _gyre_fold, "
	        "array_to_string([CASE WHEN f %% %2$d < %1$d AND _gyre_stretch = f // %2$d + 1 THEN CASE "
	        "WHEN f %% %2$d = _gyre_part THEN 'v' ELSE 't' END WHEN f %% %2$d = %1$d AND _gyre_part < "
	        "%1$d AND _gyre_stretch = f // %2$d + 1 THEN 'v' WHEN f %% %2$d = %1$d AND _gyre_part <> 0 "
	        "AND _gyre_stretch = f // %2$d THEN 't' ELSE '-' END FOR f IN range(%3$d)], '') AS "
	        "_gyre_folds FROM placed ORDER BY _gyre_row",
	        parts, parts + 1, folds);
}

/* SQL: the last fifth in time is fold 0. */
static char *with_last_fifth(const char *time, const char *by_hash)
{
	g_autofree char *name = sql_name(time), *cut = cut_in_time(name);
	return g_strdup_printf("SELECT k.*, CAST(CASE WHEN cut IS NULL THEN %s WHEN %s >= cut THEN 0 ELSE -1 END "
	                       "AS BIGINT) AS _gyre_fold FROM kept k, %s ORDER BY _gyre_row",
	        by_hash, name, cut);
}

static bool write_sample(Sample *a, GError **error)
{
	const char *group = json_get_text(a->params, "group", NULL), *time = json_get_text(a->params, "time", NULL);
	g_autofree char *place = place_by(a, "fold", group ? group : "_gyre_row");
	g_autofree char *by_hash = g_strdup_printf("CAST(floor(%s * %d) AS BIGINT)", place, FOLDS);
	g_autofree char *query = NULL;
	bool stretches = time && json_get_int(a->params, "stretches", 0) > 0;
	if (stretches && !place_in_stretches(a, by_hash, error))
		return false;
	if (stretches && json_array_size(a->stretches) >= STRETCHES_LEAST)
		query = with_stretches(a);
	else if (time && !stretches)
		query = with_last_fifth(time, by_hash);
	else
		query = g_strdup_printf("SELECT *, %s AS _gyre_fold FROM kept ORDER BY _gyre_row", by_hash);
	return engine_write_parquet(a->e, query, step_output(a->s, "sample"), error);
}

static bool sample(Sample *a, GError **error)
{
	EngineLimits limits = {step_cores(a->s), step_memory_mb(a->s), step_scratch(a->s)};
	if (!engine_open(&limits, &a->e, error) || !choose(a, error) || !write_sample(a, error))
		return false;
	json_auto_t *about = json_pack("{s:I,s:I}", "rows", (json_int_t)a->rows, "sampled", (json_int_t)a->sampled);
	if (json_array_size(a->stretches) >= STRETCHES_LEAST) {
		json_object_set(about, "stretches", a->stretches);
		json_object_set_new(about, "parts", json_integer(parts_judged(a)));
	}
	step_metric(a->s, "sampled", (double)a->sampled);
	return step_output_json(a->s, "about", about, error);
}

static bool run(StepRun *s, const json_t *params, GError **error)
{
	Sample a = {.s = s, .params = params, .table = sql_parquet(step_input(s, "train"))};
	a.usable = usable(&a);
	bool ok = sample(&a, error);
	engine_close(a.e);
	json_decref(a.stretches);
	g_free(a.table);
	g_free(a.usable);
	return ok;
}

static const Param PARAMS[] = {
        {"rows", PARAM_INT, "rows to take, about", "50000", .min = 100, .max = 10000000},
        {"target", PARAM_TEXT, "column to predict", .flags = PARAM_REQUIRED},
        {"weight", PARAM_TEXT, "how much a row counts"},
        {"group", PARAM_TEXT, "column whose values are never divided"},
        {"time", PARAM_TEXT, "column in whose order they are judged; without it by hash"},
        {"stretches", PARAM_INT, "with a time: stretches of it, each judged by rows of its own and by the one before",
                "0", .max = 100},
        {NULL},
};
static const char *const INPUTS[] = {"train", NULL};
static const char *const OUTPUTS[] = {"sample", "about", NULL};

const StepKind STEP_SAMPLE = {
        .name = "sample",
        .help = "takes some of the rows to learn from, with folds of their own",
        .version = 4,
        .params = PARAMS,
        .inputs = INPUTS,
        .outputs = OUTPUTS,
        .flags = STEP_ALL_CORES,
        .run = run,
};
