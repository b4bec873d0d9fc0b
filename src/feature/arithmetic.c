/* arithmetic.c: one number of two columns: their ratio, difference, product or sum.
 *
 * "price_over_area", "out_minus_in", "width_times_height", "adults_plus_children".  Missing where either is (or is
 * NaN), and where a ratio's second is 0.  The columns stay. */
#include <math.h>
#include <string.h>

#include "base/error.h"
#include "base/json.h"
#include "feature/kinds.h"
#include "feature/pick.h"

static double ratio(double a, double b)
{
	return b == 0 ? NAN : a / b;
}

static double difference(double a, double b)
{
	return a - b;
}

static double product(double a, double b)
{
	return a * b;
}

static double sum(double a, double b)
{
	return a + b;
}

static const struct {
	const char *name, *word;
	double (*compute)(double a, double b);
} OPERATIONS[] = {
        {"ratio", "over", ratio},
        {"difference", "minus", difference},
        {"product", "times", product},
        {"sum", "plus", sum},
};

static const char *const NAMES[] = {"ratio", "difference", "product", "sum", NULL};

static const Param PARAMS[] = {
        PARAM_COLUMNS("two columns of numbers; missing in one is missing, as is a ratio to 0"),
        {.name = "operation",
                .type = PARAM_TEXT,
                .preset = "\"ratio\"",
                .choices = NAMES,
                .help = "of the first and the second column"},
        {0},
};

static size_t operation_of(const json_t *params)
{
	const char *name = json_get_text(params, "operation", "ratio");
	size_t i = 0;
	while (strcmp(OPERATIONS[i].name, name) != 0)
		i++;
	return i;
}

static bool check(const json_t *params, GError **error)
{
	if (params_column(params, 1) && !params_column(params, 2))
		return true;
	return fail(error, FAIL_INVALID, "exactly two columns are needed");
}

static char *name_of(const json_t *params)
{
	return g_strdup_printf(
	        "%s_%s_%s", params_column(params, 0), OPERATIONS[operation_of(params)].word, params_column(params, 1));
}

typedef struct Arithmetic {
	char *a, *b, *name;
	size_t operation;
} Arithmetic;

static bool load(const json_t *params, const json_t *state, void **ret, GError **error)
{
	if (!check(params, error))
		return false;
	Arithmetic *t = g_new0(Arithmetic, 1);
	t->a = g_strdup(params_column(params, 0));
	t->b = g_strdup(params_column(params, 1));
	t->name = name_of(params);
	t->operation = operation_of(params);
	*ret = t;
	return true;
}

static bool apply(const void *context, Frame *rows, GError **error)
{
	const Arithmetic *t = context;
	const Column *a = rows_find(rows, t->a), *b = rows_find(rows, t->b);
	Column *made = column_new(t->name, COLUMN_REAL, rows->rows, NULL);
	for (size_t i = 0; i < rows->rows; i++)
		made->reals[i] = OPERATIONS[t->operation].compute(column_number(a, i), column_number(b, i));
	rows_append(rows, made);
	return true;
}

static void run(const RowStep *step, RowValue *values, Arena *texts)
{
	const Arithmetic *t = step->t;
	double a = row_number(&values[step->from[0]]), b = row_number(&values[step->from[1]]);
	values[step->into] = row_real(OPERATIONS[t->operation].compute(a, b));
}

static void compile(const void *t, RowCompiler *to)
{
	row_run(to, run);
	row_append(to, ((const Arithmetic *)t)->name, COLUMN_REAL);
}

static void free_arithmetic(void *context)
{
	Arithmetic *t = context;
	g_free(t->a);
	g_free(t->b);
	g_free(t->name);
	g_free(t);
}

static void outline(const json_t *params, Outline *columns)
{
	g_autofree char *name = name_of(params);
	outline_set(columns, name, COLUMN_REAL);
}

const TransformKind TRANSFORM_ARITHMETIC = {
        .name = "arithmetic",
        .help = "the ratio, difference, product or sum of two columns",
        .params = PARAMS,
        .takes = TAKES_NUMBERS,
        .outline = outline,
        .check = check,
        .load = load,
        .apply = apply,
        .compile = compile,
        .free = free_arithmetic,
};
