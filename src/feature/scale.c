/* scale.c: a column of numbers brought to a common scale, in its place: (value - center) / scale.
 *
 *   standard    mean and standard deviation (of the population, as scikit-learn's StandardScaler)
 *   robust      median and the range from the first to the third quartile
 *   minmax      the least and the greatest value: training is in 0 .. 1, other values may fall outside
 *
 * Learnt from finite values.  A column that does not vary becomes 0; missing and NaN become missing, infinities
 * stay. */
#include <math.h>
#include <string.h>

#include "base/error.h"
#include "base/json.h"
#include "feature/kinds.h"
#include "feature/number_fit.h"
#include "feature/pick.h"

static const char *const METHODS[] = {"standard", "robust", "minmax", NULL};

static const Param PARAMS[] = {
        PARAM_COLUMNS("columns of numbers; missing values stay missing"),
        {.name = "method",
                .type = PARAM_TEXT,
                .preset = "\"standard\"",
                .choices = METHODS,
                .help = "standard: mean and deviation; robust: median and quartiles; minmax: least and greatest"},
        {0},
};

static const char *method_of(const json_t *params)
{
	return json_get_text(params, "method", "standard");
}

static bool begin(const json_t *params, void **ret_fit, GError **error)
{
	const char *method = method_of(params);
	bool standard = strcmp(method, "standard") == 0, robust = strcmp(method, "robust") == 0;
	*ret_fit = number_fit_new(params, standard ? NUMBER_MOMENTS : robust ? NUMBER_VALUES : 0);
	return true;
}

static bool finish(void *context, json_t **ret_state, GError **error)
{
	const NumberFit *fit = context;
	static const double QUARTILES[] = {0.25, 0.5, 0.75};
	double center = fit->min, scale = fit->max - fit->min;
	if (fit->wants & NUMBER_MOMENTS) {
		center = exact_moments_mean(&fit->moments);
		scale = sqrt(exact_moments_variance(&fit->moments));
	} else if (fit->wants & NUMBER_VALUES) {
		double at[3];
		value_counts_quantiles(&fit->values, QUARTILES, 3, at);
		center = at[1];
		scale = at[2] - at[0];
	}
	*ret_state = json_pack("{s:f,s:f}", "center", isfinite(center) ? center : 0.0, "scale",
	        scale > 0 && isfinite(scale) ? scale : 1.0);
	return true;
}

typedef struct Scale {
	char *column;
	double center, scale;
} Scale;

static bool load(const json_t *params, const json_t *state, void **ret, GError **error)
{
	double center = json_get_number(state, "center", NAN), scale = json_get_number(state, "scale", NAN);
	if (!isfinite(center) || !(scale > 0))
		return fail(error, FAIL_BROKEN, "center and scale are expected");
	Scale *t = g_new0(Scale, 1);
	t->column = g_strdup(params_column(params, 0));
	t->center = center;
	t->scale = scale;
	*ret = t;
	return true;
}

static double scaled(const Scale *t, double value)
{
	return (value - t->center) / t->scale;
}

static bool apply(const void *context, Frame *rows, GError **error)
{
	const Scale *t = context;
	const Column *c = rows_find(rows, t->column);
	Column *made = column_new(t->column, COLUMN_REAL, rows->rows, NULL);
	for (size_t i = 0; i < rows->rows; i++)
		made->reals[i] = scaled(t, column_number(c, i));
	rows_replace(rows, made);
	return true;
}

static void run(const RowStep *step, RowValue *values, Arena *texts)
{
	values[step->into] = row_real(scaled(step->t, row_number(&values[step->from[0]])));
}

static void compile(const void *t, RowCompiler *to)
{
	row_run(to, run);
	row_replace(to, ((const Scale *)t)->column, COLUMN_REAL);
}

static void free_scale(void *context)
{
	Scale *t = context;
	g_free(t->column);
	g_free(t);
}

static void outline(const json_t *params, Outline *columns)
{
	outline_set(columns, params_column(params, 0), COLUMN_REAL);
}

const TransformKind TRANSFORM_SCALE = {
        .name = "scale",
        .help = "brings numbers to a common scale",
        .params = PARAMS,
        .takes = TAKES_NUMBERS,
        .matches = 1 << COLUMN_INT | 1 << COLUMN_REAL,
        .each = true,
        .outline = outline,
        .begin = begin,
        .absorb = number_fit_absorb,
        .merge = number_fit_merge,
        .finish = finish,
        .free_fit = number_fit_free,
        .load = load,
        .apply = apply,
        .compile = compile,
        .free = free_scale,
};
