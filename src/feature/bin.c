/* bin.c: the number of the bin a value falls in, 0, 1, ...: "age_bin".
 *
 *   quantile    bins of about as many training rows each; equal edges are merged, so there may be fewer
 *   width       bins of equal width from the least to the greatest finite value
 *
 * An edge belongs to the bin above it.  Values beyond those of training, and infinities, are in the first or the last
 * bin; missing and NaN are missing. */
#include <math.h>
#include <string.h>

#include "base/error.h"
#include "base/json.h"
#include "feature/kinds.h"
#include "feature/number_fit.h"
#include "feature/pick.h"

#define MAX_BINS 1000 /* more is the number itself */

static const char *const METHODS[] = {"quantile", "width", NULL};

static const Param PARAMS[] = {
        PARAM_COLUMNS("columns of numbers; missing values stay missing"),
        {.name = "bins", .type = PARAM_INT, .preset = "10", .min = 2, .max = MAX_BINS, .help = "how many bins"},
        {.name = "method",
                .type = PARAM_TEXT,
                .preset = "\"quantile\"",
                .choices = METHODS,
                .help = "quantile: as many rows in each; width: of equal width"},
        PARAM_KEEP,
        {0},
};

static bool begin(const json_t *params, void **ret_fit, GError **error)
{
	bool quantile = strcmp(json_get_text(params, "method", "quantile"), "quantile") == 0;
	*ret_fit = number_fit_new(params, quantile ? NUMBER_VALUES : 0);
	return true;
}

static bool finish(void *context, json_t **ret_state, GError **error)
{
	const NumberFit *fit = context;
	size_t bins = (size_t)json_get_int(fit->params, "bins", 10);
	double p[MAX_BINS], at[MAX_BINS], last = fit->min;
	json_t *edges = json_array();
	for (size_t i = 1; i < bins; i++) {
		p[i - 1] = (double)i / (double)bins;
		at[i - 1] = fit->min * (1 - p[i - 1]) + fit->max * p[i - 1];
	}
	if (fit->wants & NUMBER_VALUES)
		value_counts_quantiles(&fit->values, p, bins - 1, at);
	for (size_t i = 0; i + 1 < bins; i++) {
		if (!(at[i] > last))
			continue; /* equal edges, or nothing was seen */
		json_array_append_new(edges, json_number(at[i]));
		last = at[i];
	}
	*ret_state = json_pack("{s:o}", "edges", edges);
	return true;
}

typedef struct Bin {
	char *column, *name;
	size_t edges;
	double *edge; /* ascending */
} Bin;

static void free_bin(void *context)
{
	Bin *t = context;
	g_free(t->column);
	g_free(t->name);
	g_free(t->edge);
	g_free(t);
}

static bool load(const json_t *params, const json_t *state, void **ret, GError **error)
{
	const json_t *edges = json_object_get(state, "edges");
	size_t i;
	json_t *edge;
	if (!json_is_array(edges))
		return fail(error, FAIL_BROKEN, "edges are expected");
	Bin *t = g_new0(Bin, 1);
	t->column = g_strdup(params_column(params, 0));
	t->name = g_strdup_printf("%s_bin", t->column);
	t->edges = json_array_size(edges);
	t->edge = g_new(double, t->edges + 1);
	json_array_foreach (edges, i, edge)
		t->edge[i] = json_number_value(edge);
	*ret = t;
	return true;
}

/* How many edges are not above the value. */
static size_t bin_of(const Bin *t, double value)
{
	size_t low = 0, high = t->edges;
	while (low < high) {
		size_t middle = (low + high) / 2;
		if (t->edge[middle] <= value)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

static double bin_number(const Bin *t, double value)
{
	return isnan(value) ? NAN : (double)bin_of(t, value);
}

static bool apply(const void *context, Frame *rows, GError **error)
{
	const Bin *t = context;
	const Column *c = rows_find(rows, t->column);
	Column *bins = column_new(t->name, COLUMN_REAL, rows->rows, NULL);
	for (size_t i = 0; i < rows->rows; i++)
		bins->reals[i] = bin_number(t, column_number(c, i));
	rows_append(rows, bins);
	return true;
}

static void run(const RowStep *step, RowValue *values, Arena *texts)
{
	values[step->into] = row_real(bin_number(step->t, row_number(&values[step->from[0]])));
}

static void compile(const void *t, RowCompiler *to)
{
	row_run(to, run);
	row_append(to, ((const Bin *)t)->name, COLUMN_REAL);
}

static void outline(const json_t *params, Outline *columns)
{
	outline_setf(columns, COLUMN_REAL, "%s_bin", params_column(params, 0));
}

const TransformKind TRANSFORM_BIN = {
        .name = "bin",
        .help = "the number of the bin a value falls in",
        .params = PARAMS,
        .takes = TAKES_NUMBERS,
        .matches = 1 << COLUMN_INT | 1 << COLUMN_REAL,
        .each = true,
        .consumes = true,
        .outline = outline,
        .begin = begin,
        .absorb = number_fit_absorb,
        .merge = number_fit_merge,
        .finish = finish,
        .free_fit = number_fit_free,
        .load = load,
        .apply = apply,
        .compile = compile,
        .free = free_bin,
};
