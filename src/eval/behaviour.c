/* behaviour.c: the table of behavioural tests, and a whole list of them checked, run and judged. */
#include "eval/behaviour.h"

#include <math.h>
#include <string.h>

#include "base/error.h"
#include "base/json.h"
#include "eval/behaviours.h"

const BehaviourKind *const BEHAVIOURS[] = {
        &BEHAVIOUR_INVARIANCE,
        &BEHAVIOUR_DIRECTION,
        &BEHAVIOUR_MUST_GET_RIGHT,
        &BEHAVIOUR_LATENCY,
        &BEHAVIOUR_SIZE,
        &BEHAVIOUR_FAIRNESS,
        NULL,
};

const Param BEHAVIOUR_PARAMS[] = {
        {"test", PARAM_TEXT, "which kind of test", .flags = PARAM_REQUIRED},
        {"name", PARAM_TEXT, "what it is called in the verdict; made of the test when absent"},
        {NULL},
};

const BehaviourKind *behaviour_kind(const char *name)
{
	for (const BehaviourKind *const *k = BEHAVIOURS; *k; k++)
		if (g_strcmp0((*k)->name, name) == 0)
			return *k;
	return NULL;
}

void behaviour_found_clear(BehaviourFound *f)
{
	g_free(f->sentence);
	g_free(f->wanted);
	json_decref(f->examples);
}

static void report_kind(const char *name, const char *path, ParamReport *report, void *context)
{
	g_autoptr(GPtrArray) names = g_ptr_array_new();
	for (const BehaviourKind *const *k = BEHAVIOURS; *k; k++)
		g_ptr_array_add(names, (void *)(*k)->name);
	g_ptr_array_add(names, NULL);
	const char *near = name ? nearest_name(name, (const char *const *)names->pdata) : NULL;
	g_autofree char *all = g_strjoinv(", ", (char **)names->pdata);
	g_autofree char *where = name ? g_strconcat(path, ".test", NULL) : g_strdup(path);
	g_autofree char *sentence =
	        !name  ? g_strdup_printf("a test is a block such as {test: invariance, column: sex}; tests: %s", all)
	        : near ? g_strdup_printf("there is no test \"%s\"; did you mean \"%s\"?", name, near)
	               : g_strdup_printf("there is no test \"%s\": one of %s", name, all);
	report(context, where, sentence);
}

/* The params of a kind and those of all tests, each by its own table. */
static json_t *check_one(const json_t *given, const char *path, ParamReport *report, void *context)
{
	const char *name = json_get_text(given, "test", NULL);
	const BehaviourKind *kind = behaviour_kind(name);
	if (!json_is_object(given) || !kind) {
		report_kind(name, path, report, context);
		return NULL;
	}
	json_auto_t *common = json_object(), *own = json_copy((json_t *)given);
	for (const Param *p = BEHAVIOUR_PARAMS; p->name; p++) {
		if (json_object_get(given, p->name))
			json_object_set(common, p->name, json_object_get(given, p->name));
		json_object_del(own, p->name);
	}
	json_auto_t *filled = param_check(kind->params, path, own, report, context);
	json_auto_t *shared = param_check(BEHAVIOUR_PARAMS, path, common, report, context);
	if (!filled || !shared)
		return NULL;
	json_object_update(shared, filled);
	if (kind->check)
		kind->check(shared, path, report, context);
	return json_incref(shared);
}

json_t *behaviours_check(const json_t *tests, ParamReport *report, void *context)
{
	json_auto_t *filled = json_array();
	size_t i;
	json_t *given;
	if (tests && !json_is_array(tests)) {
		report(context, "tests", "not a list of tests such as {test: invariance, column: sex}");
		return NULL;
	}
	json_array_foreach ((json_t *)tests, i, given) {
		g_autofree char *path = g_strdup_printf("tests[%zu]", i);
		json_t *one = check_one(given, path, report, context);
		if (one)
			json_array_append_new(filled, one);
	}
	return json_array_size(filled) == json_array_size(tests) ? json_incref(filled) : NULL;
}

/* "invariance of sex", "latency". */
static char *name_of(const json_t *params)
{
	const char *name = json_get_text(params, "name", NULL), *test = json_get_text(params, "test", ""),
	           *column = json_get_text(params, "column", NULL);
	if (name)
		return g_strdup(name);
	return column ? g_strdup_printf("%s of %s", test, column) : g_strdup(test);
}

/* A test that cannot be held against the model has failed: nobody can say that the model does what it must. */
static bool run_one(const BehaviourInput *in, const json_t *params, BehaviourFound *ret, GError **error)
{
	g_autoptr(GError) problem = NULL;
	const BehaviourKind *kind = behaviour_kind(json_get_text(params, "test", ""));
	if (!kind)
		return fail(error, FAIL_BROKEN, "a test of no known kind");
	*ret = (BehaviourFound){.found = NAN, .rows = -1};
	if (kind->run(in, params, ret, &problem))
		return true;
	if (!g_error_matches(problem, FAIL, FAIL_INVALID)) {
		g_propagate_error(error, g_steal_pointer(&problem));
		return false;
	}
	behaviour_found_clear(ret);
	*ret = (BehaviourFound){.found = NAN, .rows = -1, .sentence = g_strdup(problem->message)};
	return true;
}

bool behaviours_run(const BehaviourInput *in, const json_t *tests, json_t **ret, GError **error)
{
	json_auto_t *list = json_array();
	bool pass = true;
	size_t i;
	json_t *params;
	json_array_foreach ((json_t *)tests, i, params) {
		g_auto(BehaviourFound) f = {0};
		g_autofree char *name = name_of(params);
		if (!run_one(in, params, &f, error))
			return false;
		pass = pass && f.pass;
		json_array_append_new(
		        list, json_pack("{s:O,s:o,s:b,s:o,s:o,s:o,s:o,s:o}", "test", json_object_get(params, "test"),
		                      "name", json_text(name), "pass", f.pass, "sentence", json_text(f.sentence),
		                      "wanted", json_text(f.wanted ? f.wanted : ""), "found", json_number(f.found),
		                      "rows", f.rows < 0 ? json_null() : json_integer(f.rows), "examples",
		                      f.examples ? json_incref(f.examples) : json_array()));
	}
	*ret = json_pack("{s:b,s:O}", "pass", pass, "tests", list);
	return true;
}

void behaviours_judge(const json_t *behaviour, json_t *verdict)
{
	json_t *reasons = json_object_get(verdict, "reasons"), *criteria = json_object_get(verdict, "criteria"), *test;
	size_t i;
	json_array_foreach (json_object_get(behaviour, "tests"), i, test) {
		const char *called = json_get_text(test, "name", ""), *found = json_get_text(test, "sentence", "");
		g_autofree char *name = g_strdup_printf("test: %s", called);
		g_autofree char *sentence = g_strdup_printf("test \"%s\": %s", called, found);
		g_autofree char *reason = g_strdup_printf("the test \"%s\" failed: %s", called, found);
		json_array_append_new(criteria,
		        json_pack("{s:o,s:O,s:O,s:n,s:O,s:o}", "criterion", json_text(name), "wanted",
		                json_object_get(test, "wanted"), "found", json_object_get(test, "found"), "interval",
		                "pass", json_object_get(test, "pass"), "sentence", json_text(sentence)));
		if (!json_get_bool(test, "pass", false))
			json_array_append_new(reasons, json_text(reason));
	}
	json_object_set_new(verdict, "pass", json_boolean(json_array_size(reasons) == 0));
}
