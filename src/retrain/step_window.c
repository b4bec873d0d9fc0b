/* step_window.c: one query of the engine. */
#include "retrain/step_window.h"

#include <math.h>

#include "base/error.h"
#include "base/json.h"
#include "data/engine.h"

static const Param PARAMS[] = {
        {.name = "time", .type = PARAM_TEXT, .flags = PARAM_REQUIRED, .help = "the column that orders rows in time"},
        {.name = "from", .type = PARAM_TEXT, .help = "the first time inside; absent: all before"},
        {.name = "until", .type = PARAM_TEXT, .help = "the first time outside; absent: all after"},
        {.name = "most",
                .type = PARAM_INT,
                .preset = "0",
                .min = 0,
                .max = 1e12,
                .help = "rows to take, about; of more an even choice; 0: all"},
        {.name = "valid",
                .type = PARAM_REAL,
                .preset = "0",
                .min = 0,
                .max = 0.9,
                .help = "share of them, the newest, that is fold 0"},
        {NULL},
};

static char *bounds_of(const json_t *params, const char *time)
{
	const char *from = json_get_text(params, "from", NULL), *until = json_get_text(params, "until", NULL);
	g_autofree char *low = sql_text(from ? from : ""), *high = sql_text(until ? until : "");
	GString *s = g_string_new("");
	g_string_append_printf(s, "%s IS NOT NULL", time);
	if (from)
		g_string_append_printf(s, " AND %s >= CAST(%s AS TIMESTAMP)", time, low);
	if (until)
		g_string_append_printf(s, " AND %s < CAST(%s AS TIMESTAMP)", time, high);
	return g_string_free(s, FALSE);
}

/* Rows by number, spread evenly by a multiplication modulo 2^32 (Knuth, TAOCP 6.4). */
static char *chosen_by(const json_t *params, double rows)
{
	double most = json_get_number(params, "most", 0);
	if (!(most > 0) || rows <= most)
		return g_strdup("");
	return g_strdup_printf(" AND (_gyre_row * 2654435761) %% 4294967296 < %.0f", floor(most / rows * 0x1p32));
}

static bool add_view(Engine *e, const StepRun *s, const json_t *params, char **ret_time, GError **error)
{
	g_autofree char *time = sql_name(json_get_text(params, "time", "")), *path = sql_path(step_input(s, "good"));
	g_autofree char *bounds = bounds_of(params, time);
	json_auto_t *count = NULL;
	if (!engine_runf(e, error,
	            "CREATE VIEW stretch AS SELECT * RENAME (file_row_number AS _gyre_row) FROM read_parquet(%s, "
	            "file_row_number = true, hive_partitioning = false) WHERE %s",
	            path, bounds) ||
	        !engine_row(e, "SELECT count(*) AS rows FROM stretch", &count, error))
		return false;
	g_autofree char *chosen = chosen_by(params, json_get_number(count, "rows", 0));
	*ret_time = g_steal_pointer(&time);
	return engine_runf(e, error, "CREATE VIEW chosen AS SELECT * FROM stretch WHERE true%s", chosen);
}

/* SQL of the fold.  Rows of one time are not parted, but some have to teach: where the oldest time would be judged by, those after it
 * are; where all are of one time, the last rows. */
static char *fold_by(const json_t *found, const char *time, double valid)
{
	int64_t first = json_get_int(found, "first", 0), last = json_get_int(found, "last", 0);
	int64_t cut = MAX(json_get_int(found, "cut", 0), first + 1);
	if (!(valid > 0))
		return g_strdup("-1");
	if (first == last)
		return g_strdup_printf("CASE WHEN row_number() OVER (ORDER BY _gyre_row) > %.0f THEN 0 ELSE -1 END",
		        ceil(json_get_number(found, "rows", 0) * (1 - valid)));
	return g_strdup_printf("CASE WHEN epoch_us(%s) >= %" G_GINT64_FORMAT " THEN 0 ELSE -1 END", time, cut);
}

static bool write_rows(Engine *e, StepRun *s, const json_t *params, const char *time, GError **error)
{
	double valid = json_get_number(params, "valid", 0);
	json_auto_t *found = NULL;
	g_autofree char *ask = g_strdup_printf(
	        "SELECT count(*) AS rows, epoch_us(quantile_disc(%s, %.6f)) AS cut, epoch_us(min(%s)) AS first, "
	        "epoch_us(max(%s)) AS last FROM chosen",
	        time, 1 - valid, time, time);
	if (!engine_row(e, ask, &found, error))
		return false;
	step_metric(s, "rows", json_get_number(found, "rows", 0));
	g_autofree char *fold = fold_by(found, time, valid);
	g_autofree char *query =
	        g_strdup_printf("SELECT *, CAST(%s AS BIGINT) AS _gyre_fold FROM chosen ORDER BY _gyre_row", fold);
	return engine_write_parquet(e, query, step_output(s, "rows"), error);
}

static bool run(StepRun *s, const json_t *params, GError **error)
{
	EngineLimits limits = {step_cores(s), step_memory_mb(s) / 2, step_scratch(s)};
	g_autoptr(Engine) e = NULL;
	g_autofree char *time = NULL;
	return engine_open(&limits, &e, error) && add_view(e, s, params, &time, error) &&
	       write_rows(e, s, params, time, error);
}

static const char *const INPUTS[] = {"good", NULL};
static const char *const OUTPUTS[] = {"rows", NULL};

const StepKind STEP_WINDOW = {
        .name = "window",
        .help = "takes the rows of a stretch of time",
        .version = 2,
        .params = PARAMS,
        .inputs = INPUTS,
        .outputs = OUTPUTS,
        .run = run,
};
