/* log.c: the logarithm of a number, in its place, for values that span orders of magnitude.
 *
 * Of v = value + offset: log(1 + v) for v >= 0, and -log(1 - v) below, so that every number has one, 0 stays 0 and the
 * order is kept.  Missing and NaN become missing, infinities stay. */
#include <math.h>

#include "base/json.h"
#include "feature/kinds.h"
#include "feature/pick.h"

static const Param PARAMS[] = {
        PARAM_COLUMNS("columns of numbers; missing values stay missing, below 0 it is -log(1 - value)"),
        {.name = "offset",
                .type = PARAM_REAL,
                .preset = "0",
                .help = "added before the logarithm of 1 + value is taken"},
        {0},
};

typedef struct Log {
	char *column;
	double offset;
} Log;

static bool load(const json_t *params, const json_t *state, void **ret, GError **error)
{
	Log *t = g_new0(Log, 1);
	t->column = g_strdup(params_column(params, 0));
	t->offset = json_get_number(params, "offset", 0);
	*ret = t;
	return true;
}

static double logarithm(const Log *t, double value)
{
	value += t->offset;
	return copysign(log1p(fabs(value)), value);
}

static bool apply(const void *context, Frame *rows, GError **error)
{
	const Log *t = context;
	const Column *c = rows_find(rows, t->column);
	Column *logs = column_new(t->column, COLUMN_REAL, rows->rows, NULL);
	for (size_t i = 0; i < rows->rows; i++)
		logs->reals[i] = logarithm(t, column_number(c, i));
	rows_replace(rows, logs);
	return true;
}

static void run(const RowStep *step, RowValue *values, Arena *texts)
{
	values[step->into] = row_real(logarithm(step->t, row_number(&values[step->from[0]])));
}

static void compile(const void *t, RowCompiler *to)
{
	row_run(to, run);
	row_replace(to, ((const Log *)t)->column, COLUMN_REAL);
}

static void free_log(void *context)
{
	Log *t = context;
	g_free(t->column);
	g_free(t);
}

static void outline(const json_t *params, Outline *columns)
{
	outline_set(columns, params_column(params, 0), COLUMN_REAL);
}

const TransformKind TRANSFORM_LOG = {
        .name = "log",
        .help = "the logarithm of 1 + value, mirrored below 0",
        .params = PARAMS,
        .takes = TAKES_NUMBERS,
        .matches = 1 << COLUMN_INT | 1 << COLUMN_REAL,
        .each = true,
        .outline = outline,
        .load = load,
        .apply = apply,
        .compile = compile,
        .free = free_log,
};
