/* behaviour_must_get_right.c: cases that everybody knows the answer to. */
#include <math.h>
#include <string.h>

#include "base/error.h"
#include "base/json.h"
#include "eval/behaviours.h"

static const Param PARAMS[] = {
        {"rows", PARAM_JSON, "list of rows by column; each with `expect`, the right answer", .flags = PARAM_REQUIRED},
        {"tolerance", PARAM_REAL, "how far a number may be from the right one", "0", .min = 0, .max = INFINITY},
        {"at_least", PARAM_REAL, "share of the rows that must be right", "1", .min = 0, .max = 1},
        {NULL},
};

static void check(const json_t *params, const char *path, ParamReport *report, void *context)
{
	const json_t *rows = json_object_get(params, "rows");
	size_t i;
	json_t *row;
	if (json_array_size(rows) == 0) {
		g_autofree char *where = g_strconcat(path, ".rows", NULL);
		report(context, where, "not a list of rows such as {age: 90, income: 100, expect: \"yes\"}");
	}
	json_array_foreach ((json_t *)rows, i, row) {
		g_autofree char *where = g_strdup_printf("%s.rows[%zu]", path, i);
		if (!json_is_object(row) || !json_object_get(row, "expect"))
			report(context, where, "a row needs its values by column, and expect: the right answer");
	}
}

/* A value as the text that the model's schema casts from. */
static char *text_of(const json_t *value)
{
	if (!value || json_is_null(value))
		return NULL;
	return json_is_string(value) ? g_strdup(json_string_value(value)) : json_canonical(value);
}

static void add_column(Frame *f, const json_t *rows, const char *name)
{
	Column *c = column_new(name, COLUMN_TEXT, f->rows, NULL);
	size_t i;
	json_t *row;
	json_array_foreach ((json_t *)rows, i, row) {
		g_autofree char *text = text_of(json_object_get(row, name));
		if (text)
			c->codes[i] = dictionary_code(c->dictionary, text, strlen(text));
		else
			column_set_missing(c, i);
	}
	frame_add(f, c);
}

/* Every column that any row names; one that a row leaves out is missing there. */
static Frame *frame_of(const json_t *rows)
{
	Frame *f = frame_new(json_array_size(rows));
	size_t i;
	json_t *row, *value;
	const char *name;
	json_array_foreach ((json_t *)rows, i, row)
		json_object_foreach (row, name, value)
			if (strcmp(name, "expect") != 0 && !frame_find(f, name))
				add_column(f, rows, name);
	return f;
}

static bool as_number(const json_t *value, double *ret)
{
	const char *text = json_string_value(value);
	char *end;
	*ret = text ? g_ascii_strtod(text, &end) : json_number_value(value);
	return text ? end != text && !*end && isfinite(*ret) : json_is_number(value);
}

/* "1.0" is the class "1". */
static bool is_class(const char *class, const json_t *expect)
{
	g_autofree char *wanted = text_of(expect);
	json_auto_t *name = json_text(class);
	double x, y;
	return g_strcmp0(class, wanted) == 0 || (as_number(name, &x) && as_number(expect, &y) && x == y);
}

/* An answer that the model cannot give is a mistake in the test, not of the model. */
static bool check_expected(const Bundle *b, const json_t *rows, GError **error)
{
	size_t i;
	json_t *row;
	double number;
	json_array_foreach ((json_t *)rows, i, row) {
		const json_t *expect = json_object_get(row, "expect");
		bool known = !bundle_classifies(b) && as_number(expect, &number);
		for (size_t k = 0; !known && k < bundle_classes(b); k++)
			known = is_class(bundle_class(b, k), expect);
		g_autofree char *text = text_of(expect);
		if (!known)
			return fail(error, FAIL_INVALID, "rows[%zu] expects %s, which is no %s", i,
			        text ? text : "nothing", bundle_classifies(b) ? "class of the model" : "number");
	}
	return true;
}

static bool is_right(const Bundle *b, const json_t *row, const double *scores, double tolerance, json_t **ret_answer)
{
	const json_t *expect = json_object_get(row, "expect");
	if (!bundle_classifies(b)) {
		double wanted;
		*ret_answer = json_number(scores[0]);
		return as_number(expect, &wanted) && fabs(scores[0] - wanted) <= tolerance;
	}
	const char *answer = bundle_class(b, bundle_decide(b, scores));
	*ret_answer = json_text(answer);
	return is_class(answer, expect);
}

static bool run(const BehaviourInput *in, const json_t *params, BehaviourFound *ret, GError **error)
{
	const json_t *rows = json_object_get(params, "rows");
	size_t outputs = bundle_outputs(in->b), count = json_array_size(rows), right = 0, i;
	g_autoptr(Frame) frame = frame_of(rows);
	g_autofree double *scores = g_new(double, count *outputs + 1);
	json_t *row;
	if (!check_expected(in->b, rows, error) || !bundle_predict(in->b, frame, scores, error))
		return false;
	ret->examples = json_array();
	json_array_foreach ((json_t *)rows, i, row) {
		json_t *answer = NULL;
		bool ok = is_right(in->b, row, scores + i * outputs, json_get_number(params, "tolerance", 0), &answer);
		right += ok;
		if (!ok && json_array_size(ret->examples) < BEHAVIOUR_EXAMPLES) {
			json_t *shown = json_copy(row);
			json_object_set(shown, "_gyre_answer", answer);
			json_array_append_new(ret->examples, shown);
		}
		json_decref(answer);
	}
	double least = json_get_number(params, "at_least", 1);
	ret->rows = (int64_t)count;
	ret->found = (double)right / (double)count;
	ret->pass = ret->found >= least;
	ret->wanted = g_strdup_printf("at least %.3g %% right", 100 * least);
	ret->sentence = g_strdup_printf("%zu of %zu cases are answered rightly", right, count);
	return true;
}

const BehaviourKind BEHAVIOUR_MUST_GET_RIGHT = {
        .name = "must_get_right",
        .help = "cases whose answer is known are answered rightly",
        .params = PARAMS,
        .check = check,
        .run = run,
};
