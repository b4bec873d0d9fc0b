/* blocks.c: checks the blocks of gyre.yaml, one by one, and goes on after a problem so that all are told at once. */
#include "project/blocks.h"

#include <string.h>

#include "base/json.h"
#include "data/check.h"
#include "data/source.h"
#include "data/split.h"
#include "eval/behaviour.h"
#include "feature/recipe.h"
#include "goal/goal.h"
#include "impact/costs.h"
#include "impact/figure.h"
#include "model/calibrate.h"
#include "model/ensemble_kinds.h"
#include "model/family.h"
#include "model/search.h"
#include "monitor/settings.h"
#include "pipeline/plan.h"
#include "project/life.h"
#include "retrain/settings.h"
#include "serve/strategy.h"

static void report(void *context, const char *path, const char *problem)
{
	project_problem(context, "error", path, problem);
}

/* A block checked by its table and put in its place; an absent one is all defaults. */
static void check_block(Project *p, json_t *config, const char *name, const Param *params)
{
	json_t *filled = param_check(params, name, json_object_get(config, name), report, p);
	if (filled)
		json_object_set_new(config, name, filled);
}

/* Is the block there and an object?  Where it is not, check_block has told. */
static json_t *object_at(json_t *config, const char *name)
{
	json_t *block = json_object_get(config, name);
	return json_is_object(block) ? block : NULL;
}

static void check_data(Project *p, json_t *config)
{
	if (!json_object_get(config, "data"))
		return;
	check_block(p, config, "data", DATA_PARAMS);
	json_t *data = object_at(config, "data"), *sources = data ? json_object_get(data, "sources") : NULL;
	if (!sources)
		return;
	json_t *filled = sources_check("data.sources", sources, report, p);
	if (!filled)
		return;
	json_object_set_new(data, "sources", filled);
	if (json_object_size(filled) > 1 && !json_get_text(data, "query", NULL))
		report(p, "data", "there are several sources: say in data.query, in SQL, how they make one table");
	if (json_object_size(filled) == 0)
		report(p, "data.sources", "there is no source");
}

static void check_checks(Project *p, json_t *config)
{
	json_t *checks = json_object_get(object_at(config, "data"), "checks");
	if (checks)
		checks_validate(checks, "data.checks", NULL, report, p);
}

/* What the split must know of other blocks stands there: time, key, target, task and (unless it names its own) group. */
static void lend_roles(json_t *split, const json_t *goal, const json_t *data)
{
	static const char *const OF_GOAL[] = {"target", "task"}, *const OF_DATA[] = {"time", "key", "group"};
	for (size_t i = 0; i < G_N_ELEMENTS(OF_GOAL); i++)
		if (json_object_get(goal, OF_GOAL[i]))
			json_object_set(split, OF_GOAL[i], json_object_get(goal, OF_GOAL[i]));
	for (size_t i = 0; i < G_N_ELEMENTS(OF_DATA); i++)
		if (json_object_get(data, OF_DATA[i]) && !json_object_get(split, OF_DATA[i]))
			json_object_set(split, OF_DATA[i], json_object_get(data, OF_DATA[i]));
}

/* Rows that lie between those learned from are easier than those that come after them. */
static void warn_of_time(Project *p, const json_t *split)
{
	const char *by = json_get_text(split, "by", ""), *time = json_get_text(split, "time", NULL);
	if (!time || !split_is_shuffled(split))
		return;
	g_autofree char *text =
	        g_strdup_printf("\"%s\" orders the rows in time, and a split by %s judges a model on rows "
	                        "between those it learned from: by: time is the honest way (gyre run and "
	                        "gyre feasible measure the difference)",
	                time, by);
	project_problem(p, "warning", "split.by", text);
}

static void check_split(Project *p, json_t *config)
{
	json_t *split = object_at(config, "split"), *goal = object_at(config, "goal"),
	       *data = object_at(config, "data");
	if (!goal || !data || !json_object_get(goal, "target"))
		return;
	if (split)
		lend_roles(split, goal, data);
	split = param_check(SPLIT_PARAMS, "split", json_object_get(config, "split"), report, p);
	if (!split)
		return;
	json_object_set_new(config, "split", split);
	const char *by = json_get_text(split, "by", "");
	if (strcmp(by, "time") == 0 && !json_get_text(split, "time", NULL))
		report(p, "split.by", "a split by time needs data.time, the column to order by");
	if ((strcmp(by, "group") == 0 || strcmp(by, "stratified_group") == 0) && !json_get_text(split, "group", NULL))
		report(p, "split.by", "a split by group needs data.group, the column of groups");
	warn_of_time(p, split);
	split_check(split, "split", report, p);
}

static void check_families(Project *p, const json_t *models)
{
	size_t i;
	json_t *family;
	g_autoptr(GPtrArray) names = g_ptr_array_new();
	for (const ModelFamily *const *f = FAMILIES; *f; f++)
		g_ptr_array_add(names, (void *)(*f)->name);
	g_ptr_array_add(names, NULL);
	json_array_foreach (json_object_get(models, "families"), i, family) {
		const char *name = json_string_value(family);
		if (!name || family_find(name)) /* what is no text was told with the block */
			continue;
		const char *near = nearest_name(name, (const char *const *)names->pdata);
		g_autofree char *path = g_strdup_printf("models.families[%zu]", i);
		g_autofree char *known = g_strjoinv(", ", (char **)names->pdata);
		g_autofree char *sentence =
		        near ? g_strdup_printf("there is no family \"%s\"; did you mean \"%s\"?", name, near)
		             : g_strdup_printf("there is no family \"%s\": one of %s", name, known);
		report(p, path, sentence);
	}
}

/* models.params: {family: {...}}: only the keys given are fixed; the rest stays with the family or the search. */
static void check_family_params(Project *p, const json_t *models)
{
	const char *name;
	json_t *given;
	json_object_foreach (json_object_get(models, "params"), name, given) {
		g_autofree char *path = g_strdup_printf("models.params.%s", name);
		const ModelFamily *family = family_find(name);
		json_t *filled = family ? param_check(family->params, path, given, report, p) : NULL;
		if (!family)
			report(p, path, "there is no family of that name");
		json_decref(filled);
	}
}

static void check_models(Project *p, json_t *config)
{
	check_block(p, config, "models", MODELS_PARAMS);
	json_t *models = object_at(config, "models");
	if (!models)
		return;
	check_families(p, models);
	check_family_params(p, models);
	json_t *search = param_check(SEARCH_PARAMS, "models.search", json_object_get(models, "search"), report, p);
	if (search)
		json_object_set_new(models, "search", search);
	if (!calibrate_known(json_get_text(models, "calibration", "auto")))
		report(p, "models.calibration",
		        "there is no calibration of that name: none, auto, platt, beta, temperature, isotonic");
	json_t *ensemble =
	        param_check(ENSEMBLE_PARAMS, "models.ensemble", json_object_get(models, "ensemble"), report, p);
	if (ensemble)
		json_object_set_new(models, "ensemble", ensemble);
}

static void check_features(Project *p, json_t *config)
{
	json_t *features = json_object_get(config, "features");
	if (features && !json_is_null(features))
		recipe_validate(features, NULL, NULL, "features", report, p);
}

/* The outputs of a step by its name, NULL-ended, or NULL: ours, unless a step of the user's own stands in its place. */
static char **outputs_of(const json_t *steps, const char *name)
{
	const json_t *own = json_object_get(steps, name), *outputs = json_object_get(own, "outputs");
	for (const StepKind *const *k = STEP_KINDS; !own && *k; k++)
		if (strcmp((*k)->name, name) == 0)
			return g_strdupv((char **)(*k)->outputs);
	if (!own)
		return NULL;
	g_autoptr(GStrvBuilder) names = g_strv_builder_new();
	size_t i;
	json_t *output;
	json_array_foreach (outputs, i, output)
		g_strv_builder_add(names, json_is_string(output) ? json_string_value(output) : "");
	if (json_is_string(outputs))
		g_strv_builder_add(names, json_string_value(outputs));
	return g_strv_builder_end(names);
}

static const char *nearest_step(const json_t *steps, const char *name)
{
	g_autoptr(GPtrArray) names = g_ptr_array_new();
	const char *own;
	json_t *unused;
	for (const char *const *n = LIFE_STEPS; *n; n++)
		g_ptr_array_add(names, (void *)*n);
	json_object_foreach ((json_t *)steps, own, unused)
		g_ptr_array_add(names, (void *)own);
	g_ptr_array_add(names, NULL);
	return nearest_name(name, (const char *const *)names->pdata);
}

/* STEP.OUTPUT of a step that is there; what may be a file is left to the plan. */
static void check_source(Project *p, const json_t *steps, const char *path, const char *source)
{
	const char *dot = strchr(source, '.');
	g_autofree char *file = project_path(p, source);
	if (!dot || strchr(source, '/') || g_file_test(file, G_FILE_TEST_EXISTS))
		return;
	g_autofree char *step = g_strndup(source, (size_t)(dot - source));
	g_auto(GStrv) outputs = outputs_of(steps, step);
	if (outputs && g_strv_contains((const char *const *)outputs, dot + 1))
		return;
	const char *near = outputs ? nearest_name(dot + 1, (const char *const *)outputs) : nearest_step(steps, step);
	g_autofree char *hint = near ? g_strdup_printf("; did you mean \"%s\"?", near) : g_strdup("");
	g_autofree char *sentence =
	        outputs ? g_strdup_printf("step \"%s\" has no output \"%s\"%s", step, dot + 1, hint)
	                : g_strdup_printf("there is no step \"%s\", and no file %s%s", step, source, hint);
	report(p, path, sentence);
}

static void check_inputs(Project *p, const json_t *steps, const char *step, const json_t *inputs)
{
	const char *name;
	json_t *source;
	json_object_foreach ((json_t *)inputs, name, source) {
		g_autofree char *path = g_strdup_printf("%s.inputs.%s", step, name);
		if (json_is_string(source))
			check_source(p, steps, path, json_string_value(source));
	}
}

static void check_steps(Project *p, json_t *config)
{
	const char *name;
	json_t *step, *steps = json_object_get(config, "steps");
	if (!json_is_object(steps)) {
		report(p, "steps", "steps is not a block of names and steps");
		return;
	}
	json_object_foreach (steps, name, step) {
		g_autofree char *path = g_strdup_printf("steps.%s", name);
		json_decref(param_check(PLAN_COMMAND_PARAMS, path, step, report, p));
		check_inputs(p, steps, path, json_object_get(step, "inputs"));
	}
}

/* kpi is left as name to SQL, what can be found before deployment; figures has all that is told of them. */
static void check_kpi(Project *p, json_t *config)
{
	json_t *kpi = json_object_get(config, "kpi");
	if (!json_is_object(kpi)) {
		report(p, "kpi", "kpi is not a block of names and SQL expressions");
		return;
	}
	json_t *figures = figures_check(kpi, object_at(config, "goal"), report, p);
	json_object_set_new(config, "kpi", figures_sql(figures));
	json_object_set_new(config, "figures", figures);
}

static void check_goal(Project *p, json_t *config)
{
	if (!json_object_get(config, "goal"))
		return;
	check_block(p, config, "goal", GOAL_PARAMS);
	json_t *goal = object_at(config, "goal");
	if (goal && json_object_get(goal, "target"))
		goal_check(goal, json_object_get(config, "figures"), report, p);
}

static bool has_text(const json_t *list, const char *text)
{
	size_t i;
	json_t *item;
	json_array_foreach ((json_t *)list, i, item)
		if (g_strcmp0(json_string_value(item), text) == 0)
			return true;
	return false;
}

/* The block, and that criteria which speak of fairness name one of its columns. */
static void check_fairness(Project *p, json_t *config)
{
	check_block(p, config, "fairness", FAIRNESS_PARAMS);
	const json_t *columns = json_object_get(object_at(config, "fairness"), "columns"),
	             *success = json_object_get(json_object_get(config, "goal"), "success");
	size_t i;
	json_t *criterion;
	json_array_foreach ((json_t *)success, i, criterion) {
		const char *of = json_get_text(criterion, "of", NULL);
		if (!of || !json_object_get(criterion, "fairness") || has_text(columns, of))
			continue;
		g_autofree char *path = g_strdup_printf("goal.success[%zu].of", i);
		g_autofree char *sentence = g_strdup_printf("\"%s\" is not in fairness.columns", of);
		report(p, path, sentence);
	}
}

/* A column that is target and feature knowledge at once, or dropped and needed. */
static void check_roles(Project *p, const json_t *config)
{
	const char *target = json_get_text(json_object_get(config, "goal"), "target", "");
	size_t i;
	json_t *name;
	json_array_foreach (json_object_get(json_object_get(config, "data"), "drop"), i, name) {
		g_autofree char *path = g_strdup_printf("data.drop[%zu]", i);
		if (g_strcmp0(json_string_value(name), target) == 0)
			report(p, path, "the target cannot be dropped");
	}
}

static bool has_control(const char *text)
{
	for (; *text; text = g_utf8_next_char(text))
		if (g_unichar_iscntrl(g_utf8_get_char(text)))
			return true;
	return false;
}

/* The project's name is its model's: NAME@3 and NAME/... must stay readable, and the registry must take it when all is trained. */
static void check_name(Project *p, const json_t *config)
{
	const char *name = json_get_text(config, "project", "");
	if (!json_is_string(json_object_get(config, "project")))
		return;
	if (!*name || strlen(name) > 250 || strpbrk(name, "/:@") || g_strcmp0(name, ".") == 0 || has_control(name))
		report(p, "project",
		        "a project's name has 1 to 250 characters, none of / : @ and no control characters");
}

static void check_monitor(Project *p, json_t *config)
{
	json_t *filled = monitor_check(json_object_get(config, "monitor"), report, p);
	if (filled)
		json_object_set_new(config, "monitor", filled);
}

static void check_retrain(Project *p, json_t *config)
{
	json_t *filled = retrain_check(json_object_get(config, "retrain"), report, p);
	if (filled)
		json_object_set_new(config, "retrain", filled);
}

static void check_tests(Project *p, json_t *config)
{
	json_t *filled = behaviours_check(json_object_get(config, "tests"), report, p);
	if (filled)
		json_object_set_new(config, "tests", filled);
}

static void check_deploy(Project *p, json_t *config)
{
	check_block(p, config, "deploy", DEPLOY_PARAMS);
	json_t *deploy = object_at(config, "deploy");
	const StrategyKind *strategy = strategy_find(json_get_text(deploy, "strategy", ""));
	if (strategy && !strategy->is_judged && json_object_get(deploy, "percent"))
		report(p, "deploy.percent", "only strategy: canary and strategy: shadow have a share of the requests");
}

/* The blocks with the absent ones filled in; where one is of the wrong type the others are still worth a look. */
static json_t *fill_blocks(Project *p)
{
	const json_t *root = yaml_root(p->yaml);
	json_t *config = param_check(PROJECT_PARAMS, "", root, report, p);
	if (config || !json_is_object(root))
		return config;
	config = json_deep_copy(root);
	for (const Param *b = PROJECT_PARAMS; b->name; b++)
		if (b->preset && !json_object_get(config, b->name))
			json_object_set_new(config, b->name, json_loads(b->preset, JSON_DECODE_ANY, NULL));
	return config;
}

json_t *blocks_check(Project *p)
{
	json_auto_t *config = fill_blocks(p);
	if (!config)
		return NULL;
	check_name(p, config);
	check_kpi(p, config);
	check_goal(p, config);
	check_data(p, config);
	check_checks(p, config);
	check_split(p, config);
	check_features(p, config);
	check_models(p, config);
	check_block(p, config, "gate", GATE_PARAMS);
	check_block(p, config, "prices", PRICES_PARAMS);
	check_deploy(p, config);
	check_fairness(p, config);
	check_steps(p, config);
	check_block(p, config, "limits", LIMITS_PARAMS);
	check_roles(p, config);
	check_monitor(p, config);
	check_retrain(p, config);
	check_tests(p, config);
	return project_has_errors(p) ? NULL : json_incref(config);
}
