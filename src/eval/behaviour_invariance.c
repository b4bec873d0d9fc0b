/* behaviour_invariance.c: what must not matter does not: another value in a column leaves the answer as it is. */
#include <math.h>
#include <string.h>

#include "base/error.h"
#include "base/json.h"
#include "base/rng.h"
#include "eval/behaviours.h"

static const Param PARAMS[] = {
        {"column", PARAM_TEXT, "the column that must not matter", .flags = PARAM_REQUIRED},
        {"values", PARAM_JSON, "values put into it, one after the other; none: those of other rows", "[]"},
        {"tolerance", PARAM_REAL,
                "how far a score (or number) may move; absent: the decision must stay (numbers: nothing may move)",
                .min = 0, .max = INFINITY},
        {"at_most", PARAM_REAL, "share of the rows that may break it", "0", .min = 0, .max = 1},
        {"rows", PARAM_INT, "test rows that are tried", "1000", .min = 1, .max = 1e6},
        {NULL},
};

static void check(const json_t *params, const char *path, ParamReport *report, void *context)
{
	g_autofree char *where = g_strconcat(path, ".values", NULL);
	const json_t *values = json_object_get(params, "values");
	size_t i;
	json_t *value;
	if (!json_is_array(values))
		report(context, where, "not a list of values");
	json_array_foreach ((json_t *)values, i, value)
		if (json_is_object(value) || json_is_array(value))
			report(context, where, "values are texts, numbers, true, false or null");
}

/* The column with the same value in every row, as text: the model's schema casts it. */
static Column *filled_with(const char *name, size_t rows, const json_t *value)
{
	Column *c = column_new(name, COLUMN_TEXT, rows, NULL);
	g_autofree char *text = json_is_string(value) ? g_strdup(json_string_value(value)) : json_canonical(value);
	uint32_t code = dictionary_code(c->dictionary, text, strlen(text));
	for (size_t i = 0; i < rows; i++) {
		c->codes[i] = code;
		if (json_is_null(value))
			column_set_missing(c, i);
	}
	return c;
}

/* The column as text, each row with the value of another one. */
static Column *shuffled(const Column *old, uint64_t seed)
{
	g_autofree uint32_t *order = g_new(uint32_t, old->rows + 1);
	Rng rng = rng_stream(seed, "invariance");
	Column *c = column_new(old->name, COLUMN_TEXT, old->rows, NULL);
	for (size_t i = 0; i < old->rows; i++)
		order[i] = (uint32_t)i;
	rng_shuffle(&rng, order, old->rows);
	for (size_t i = 0; i < old->rows; i++) {
		g_autofree char *text = column_text(old, order[i]);
		if (text)
			c->codes[i] = dictionary_code(c->dictionary, text, strlen(text));
		else
			column_set_missing(c, i);
	}
	return c;
}

static double moved(const AskedTwice *a, size_t row)
{
	double most = 0;
	size_t outputs = a->changed.outputs;
	for (size_t k = 0; k < outputs; k++)
		most = MAX(most, fabs(a->changed.scores[row * outputs + k] - a->sample.a.scores[row * outputs + k]));
	return most;
}

static bool breaks(const AskedTwice *a, size_t row, double tolerance)
{
	if (isnan(tolerance) && a->changed.decided)
		return a->changed.decided[row] != a->sample.a.decided[row];
	return moved(a, row) > (isnan(tolerance) ? 0 : tolerance);
}

/* Marks the rows that a change breaks. */
static bool try_change(
        const BehaviourInput *in, AskedTwice *a, Column *change, double tolerance, uint8_t *broken, GError **error)
{
	Frame *rows = frame_copy(a->sample.rows);
	frame_add(rows, change);
	bool ok = ask_again(in, rows, a, error);
	frame_free(rows);
	for (size_t i = 0; ok && i < a->changed.rows; i++)
		broken[i] = broken[i] || breaks(a, i, tolerance);
	return ok;
}

static bool try_all(const BehaviourInput *in, const json_t *params, AskedTwice *a, uint8_t *broken, GError **error)
{
	const char *name = json_get_text(params, "column", "");
	const json_t *values = json_object_get(params, "values");
	double tolerance = json_get_number(params, "tolerance", NAN);
	const Column *old = frame_find(a->sample.rows, name);
	size_t i;
	json_t *value;
	if (!old)
		return fail(error, FAIL_INVALID, "the test rows have no column \"%s\"", name);
	if (json_array_size(values) == 0)
		return try_change(in, a, shuffled(old, in->seed), tolerance, broken, error);
	json_array_foreach ((json_t *)values, i, value)
		if (!try_change(in, a, filled_with(name, old->rows, value), tolerance, broken, error))
			return false;
	return true;
}

static bool run(const BehaviourInput *in, const json_t *params, BehaviourFound *ret, GError **error)
{
	g_auto(AskedTwice) a = {0};
	if (!ask_once(in, (size_t)json_get_int(params, "rows", 1000), &a, error))
		return false;
	size_t rows = a.sample.t.rows, count = 0;
	g_autofree uint8_t *broken = g_malloc0(rows + 1);
	if (!try_all(in, params, &a, broken, error))
		return false;
	ret->examples = json_array();
	for (size_t i = 0; i < rows; i++)
		if (broken[i] && ++count <= BEHAVIOUR_EXAMPLES)
			json_array_append_new(ret->examples, example_row(in, &a, i));
	double most = json_get_number(params, "at_most", 0);
	ret->rows = (int64_t)rows;
	ret->found = rows ? (double)count / (double)rows : 0;
	ret->pass = ret->found <= most;
	ret->wanted = g_strdup_printf("at most %.3g %% of the rows", 100 * most);
	ret->sentence = g_strdup_printf("another value of %s changes the answer of %zu of %zu rows",
	        json_get_text(params, "column", ""), count, rows);
	return true;
}

const BehaviourKind BEHAVIOUR_INVARIANCE = {
        .name = "invariance",
        .help = "another value in a column does not change the answer",
        .params = PARAMS,
        .check = check,
        .run = run,
};
