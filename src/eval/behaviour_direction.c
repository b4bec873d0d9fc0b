/* behaviour_direction.c: more of this means more (or less) of that: raising a column moves the score one way only. */
#include <math.h>
#include <string.h>

#include "base/error.h"
#include "base/json.h"
#include "eval/behaviours.h"

static const char *const WAYS[] = {"rises", "falls", NULL};

static const Param PARAMS[] = {
        {"column", PARAM_TEXT, "the column that is raised", .flags = PARAM_REQUIRED},
        {"score", PARAM_TEXT, "what the score then does, or stays", .choices = WAYS, .flags = PARAM_REQUIRED},
        {"add", PARAM_REAL, "what is added to the column", .min = -INFINITY, .max = INFINITY},
        {"times", PARAM_REAL, "what it is multiplied by; 1.1 when neither is given", .min = -INFINITY, .max = INFINITY},
        {"class", PARAM_TEXT, "the class whose score is meant; the positive one"},
        {"tolerance", PARAM_REAL, "how far the score may move the wrong way", "1e-9", .min = 0, .max = INFINITY},
        {"at_most", PARAM_REAL, "share of the rows that may break it", "0", .min = 0, .max = 1},
        {"rows", PARAM_INT, "test rows that are tried", "1000", .min = 1, .max = 1e6},
        {NULL},
};

static void check(const json_t *params, const char *path, ParamReport *report, void *context)
{
	double add = json_get_number(params, "add", NAN), times = json_get_number(params, "times", NAN);
	if (!isnan(add) && !isnan(times))
		report(context, path, "either add or times, not both");
	if (add <= 0)
		report(context, path, "add is what the column is raised by: more than 0");
	if (times <= 1)
		report(context, path, "times raises the column: more than 1");
}

/* The column raised; whole numbers stay whole and rise by 1 at least.  What is negative rises by its size. */
static Column *raised(const Column *old, double add, double times)
{
	bool is_whole = old->type == COLUMN_INT;
	Column *c = column_new(old->name, COLUMN_REAL, old->rows, NULL);
	for (size_t i = 0; i < old->rows; i++) {
		double value = column_number(old, i);
		double by = isnan(add) ? fabs(value) * (times - 1) : add;
		c->reals[i] = value + (is_whole ? MAX(1, round(by)) : by);
		if (isnan(value))
			column_set_missing(c, i);
	}
	return c;
}

static bool ask_raised(const BehaviourInput *in, const json_t *params, AskedTwice *a, GError **error)
{
	const char *name = json_get_text(params, "column", "");
	const Column *old = frame_find(a->sample.rows, name);
	if (!old || (old->type != COLUMN_INT && old->type != COLUMN_REAL))
		return fail(error, FAIL_INVALID,
		        old ? "the column \"%s\" holds no numbers" : "the test rows have no column \"%s\"", name);
	double add = json_get_number(params, "add", NAN), times = json_get_number(params, "times", NAN);
	Frame *rows = frame_copy(a->sample.rows);
	frame_add(rows, raised(old, add, isnan(times) ? 1.1 : times));
	bool ok = ask_again(in, rows, a, error);
	frame_free(rows);
	return ok;
}

static json_t *example(const BehaviourInput *in, const AskedTwice *a, size_t row, double before, double after)
{
	json_t *object = example_row(in, a, row);
	json_object_set_new(object, "_gyre_before", json_number(before));
	json_object_set_new(object, "_gyre_after", json_number(after));
	return object;
}

static bool run(const BehaviourInput *in, const json_t *params, BehaviourFound *ret, GError **error)
{
	g_auto(AskedTwice) a = {0};
	size_t which = 0, count = 0, outputs = bundle_outputs(in->b);
	if (!score_column(in->b, json_get_text(params, "class", NULL), &which, error) ||
	        !ask_once(in, (size_t)json_get_int(params, "rows", 1000), &a, error) ||
	        !ask_raised(in, params, &a, error))
		return false;
	bool rises = strcmp(json_get_text(params, "score", ""), "rises") == 0;
	double tolerance = json_get_number(params, "tolerance", 0), most = json_get_number(params, "at_most", 0);
	ret->examples = json_array();
	for (size_t i = 0; i < a.sample.t.rows; i++) {
		double before = a.sample.a.scores[i * outputs + which], after = a.changed.scores[i * outputs + which];
		if ((rises ? before - after : after - before) > tolerance && ++count <= BEHAVIOUR_EXAMPLES)
			json_array_append_new(ret->examples, example(in, &a, i, before, after));
	}
	ret->rows = (int64_t)a.sample.t.rows;
	ret->found = ret->rows ? (double)count / (double)ret->rows : 0;
	ret->pass = ret->found <= most;
	ret->wanted = g_strdup_printf("at most %.3g %% of the rows", 100 * most);
	ret->sentence = g_strdup_printf("raising %s moves the score %s in %zu of %zu rows",
	        json_get_text(params, "column", ""), rises ? "down" : "up", count, a.sample.t.rows);
	return true;
}

const BehaviourKind BEHAVIOUR_DIRECTION = {
        .name = "direction",
        .help = "raising a column moves the score one way only",
        .params = PARAMS,
        .check = check,
        .run = run,
};
