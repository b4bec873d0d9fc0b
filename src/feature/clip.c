/* clip.c: numbers held within bounds, in their place.
 *
 * Bounds are given (low, high) or learnt as quantiles of the finite values (low_quantile, high_quantile); with none of
 * the four, the 1st and the 99th percentile.  Infinities become the bound, if there is one; missing and NaN become
 * missing. */
#include <math.h>

#include "base/error.h"
#include "base/json.h"
#include "feature/kinds.h"
#include "feature/number_fit.h"
#include "feature/pick.h"

static const Param PARAMS[] = {
        PARAM_COLUMNS("columns of numbers; missing values stay missing"),
        {.name = "low", .type = PARAM_REAL, .help = "lower values become this"},
        {.name = "high", .type = PARAM_REAL, .help = "higher values become this"},
        {.name = "low_quantile",
                .type = PARAM_REAL,
                .min = 0,
                .max = 1,
                .help = "learn the lower bound: this share of the rows is below (0.01 if no bound is given)"},
        {.name = "high_quantile",
                .type = PARAM_REAL,
                .min = 0,
                .max = 1,
                .help = "learn the upper bound: this share of the rows is below (0.99 if no bound is given)"},
        {0},
};

/* A bound as params have it; NaN: none. */
typedef struct Bounds {
	double low, high, low_quantile, high_quantile;
} Bounds;

static Bounds bounds_of(const json_t *params)
{
	Bounds b = {json_get_number(params, "low", NAN), json_get_number(params, "high", NAN),
	        json_get_number(params, "low_quantile", NAN), json_get_number(params, "high_quantile", NAN)};
	if (isnan(b.low) && isnan(b.high) && isnan(b.low_quantile) && isnan(b.high_quantile)) {
		b.low_quantile = 0.01;
		b.high_quantile = 0.99;
	}
	return b;
}

static bool check(const json_t *params, GError **error)
{
	Bounds b = bounds_of(params);
	if (!isnan(b.low) && !isnan(b.low_quantile))
		return fail(error, FAIL_INVALID, "give low or low_quantile, not both");
	if (!isnan(b.high) && !isnan(b.high_quantile))
		return fail(error, FAIL_INVALID, "give high or high_quantile, not both");
	if (b.low > b.high || b.low_quantile > b.high_quantile)
		return fail(error, FAIL_INVALID, "the lower bound is above the upper one");
	return true;
}

static bool learns(const json_t *params)
{
	Bounds b = bounds_of(params);
	return !isnan(b.low_quantile) || !isnan(b.high_quantile);
}

static bool begin(const json_t *params, void **ret_fit, GError **error)
{
	*ret_fit = number_fit_new(params, NUMBER_VALUES);
	return true;
}

static bool finish(void *context, json_t **ret_state, GError **error)
{
	const NumberFit *fit = context;
	Bounds b = bounds_of(fit->params);
	double low = NAN, high = NAN;
	if (!isnan(b.low_quantile))
		value_counts_quantiles(&fit->values, &b.low_quantile, 1, &low);
	if (!isnan(b.high_quantile))
		value_counts_quantiles(&fit->values, &b.high_quantile, 1, &high);
	*ret_state = json_pack("{s:o,s:o}", "low", json_number(low), "high", json_number(high));
	return true;
}

typedef struct Clip {
	char *column;
	double low, high; /* NaN: no bound */
} Clip;

static bool load(const json_t *params, const json_t *state, void **ret, GError **error)
{
	Bounds b = bounds_of(params);
	if (learns(params) && (!json_object_get(state, "low") || !json_object_get(state, "high")))
		return fail(error, FAIL_BROKEN, "low and high are expected");
	Clip *t = g_new0(Clip, 1);
	t->column = g_strdup(params_column(params, 0));
	t->low = isnan(b.low_quantile) ? b.low : json_get_number(state, "low", NAN);
	t->high = isnan(b.high_quantile) ? b.high : json_get_number(state, "high", NAN);
	*ret = t;
	return true;
}

static double clipped(const Clip *t, double value)
{
	if (value < t->low)
		value = t->low;
	return value > t->high ? t->high : value;
}

static bool apply(const void *context, Frame *rows, GError **error)
{
	const Clip *t = context;
	const Column *c = rows_find(rows, t->column);
	Column *made = column_new(t->column, COLUMN_REAL, rows->rows, NULL);
	for (size_t i = 0; i < rows->rows; i++)
		made->reals[i] = clipped(t, column_number(c, i));
	rows_replace(rows, made);
	return true;
}

static void run(const RowStep *step, RowValue *values, Arena *texts)
{
	values[step->into] = row_real(clipped(step->t, row_number(&values[step->from[0]])));
}

static void compile(const void *t, RowCompiler *to)
{
	row_run(to, run);
	row_replace(to, ((const Clip *)t)->column, COLUMN_REAL);
}

static void free_clip(void *context)
{
	Clip *t = context;
	g_free(t->column);
	g_free(t);
}

static void outline(const json_t *params, Outline *columns)
{
	outline_set(columns, params_column(params, 0), COLUMN_REAL);
}

const TransformKind TRANSFORM_CLIP = {
        .name = "clip",
        .help = "holds numbers within bounds, given or learnt",
        .params = PARAMS,
        .takes = TAKES_NUMBERS,
        .matches = 1 << COLUMN_INT | 1 << COLUMN_REAL,
        .each = true,
        .outline = outline,
        .learns = learns,
        .check = check,
        .begin = begin,
        .absorb = number_fit_absorb,
        .merge = number_fit_merge,
        .finish = finish,
        .free_fit = number_fit_free,
        .load = load,
        .apply = apply,
        .compile = compile,
        .free = free_clip,
};
