/* behaviour_fairness.c: groups are treated alike, within a bound. */
#include <math.h>

#include "base/error.h"
#include "base/json.h"
#include "eval/behaviours.h"
#include "eval/fairness.h"
#include "stats/fairness.h"

static const Param PARAMS[] = {
        {"column", PARAM_TEXT, "column of the groups; it need not be a feature", .flags = PARAM_REQUIRED},
        {"measure", PARAM_TEXT, "measure of fairness", .flags = PARAM_REQUIRED},
        {"at_most", PARAM_REAL, "upper bound", .min = -INFINITY, .max = INFINITY},
        {"at_least", PARAM_REAL, "lower bound", .min = -INFINITY, .max = INFINITY},
        {"min_rows", PARAM_INT, "test rows below which a group is not judged", "30", .min = 1, .max = 1e9},
        {NULL},
};

static void check(const json_t *params, const char *path, ParamReport *report, void *context)
{
	const char *name = json_get_text(params, "measure", "");
	if (!json_object_get(params, "at_most") == !json_object_get(params, "at_least"))
		report(context, path, "one bound is wanted: at_most or at_least");
	if (fair_measure(name))
		return;
	g_autofree char *where = g_strconcat(path, ".measure", NULL);
	g_autoptr(GString) sentence = g_string_new(NULL);
	g_string_printf(sentence, "there is no measure \"%s\" of fairness: one of", name);
	for (const FairMeasure *m = FAIR_MEASURES; m->name; m++)
		g_string_append_printf(sentence, "%s %s", m == FAIR_MEASURES ? "" : ",", m->name);
	report(context, where, sentence->str);
}

static bool run(const BehaviourInput *in, const json_t *params, BehaviourFound *ret, GError **error)
{
	const char *column = json_get_text(params, "column", ""), *measure = json_get_text(params, "measure", "");
	json_auto_t *block = json_pack(
	                    "{s:[s],s:O}", "columns", column, "min_rows", json_object_get(params, "min_rows")),
	            *found = NULL;
	if (bundle_classes(in->b) != 2)
		return fail(error, FAIL_INVALID, "fairness is measured for two classes only");
	if (!fairness_of(in->e, in->test_path, block, in->t, in->a, &found, error))
		return false;
	const json_t *groups = json_object_get(json_object_get(found, "columns"), column);
	const json_t *figure = json_object_get(json_object_get(groups, "measures"), measure);
	bool is_least = json_object_get(params, "at_least") != NULL;
	double bound = json_get_number(params, is_least ? "at_least" : "at_most", NAN);
	ret->found = json_get_number(figure, "value", NAN);
	ret->rows = (int64_t)in->t->rows;
	ret->pass = is_least ? ret->found >= bound : ret->found <= bound;
	ret->wanted = g_strdup_printf("at %s %g", is_least ? "least" : "most", bound);
	if (isnan(ret->found))
		ret->sentence = g_strdup_printf("%s of %s could not be measured: fewer than two groups of %d rows",
		        measure, column, (int)json_get_int(params, "min_rows", 30));
	else
		ret->sentence = g_strdup_printf("%s of %s is %.3g (%s and %s are furthest apart)", measure, column,
		        ret->found, json_get_text(figure, "most", "?"), json_get_text(figure, "least", "?"));
	return true;
}

const BehaviourKind BEHAVIOUR_FAIRNESS = {
        .name = "fairness",
        .help = "a measure of fairness between groups keeps within a bound",
        .params = PARAMS,
        .check = check,
        .run = run,
};
