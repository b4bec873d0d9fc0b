/* life.c: a project becomes a plan: which steps, with which params, fed by what. */
#include "project/life.h"

#include <string.h>

#include "base/error.h"
#include "base/json.h"
#include "data/source.h"
#include "data/profile.h"
#include "data/split.h"
#include "data/steps.h"
#include "eval/behaviour.h"
#include "eval/evaluate.h"
#include "eval/nested.h"
#include "feasible/feasible.h"
#include "feature/step_features.h"
#include "goal/goal.h"
#include "impact/figure.h"
#include "model/family.h"
#include "model/step_train.h"
#include "report/step_report.h"
#include "project/champion.h"
#include "retrain/step_fresh.h"
#include "retrain/step_contest.h"
#include "retrain/step_online.h"
#include "retrain/step_update.h"
#include "serve/step_register.h"
#include "serve/strategy.h"
#include "retrain/step_window.h"

const StepKind *const STEP_KINDS[] = {
        &STEP_INGEST,
        &STEP_VERIFY,
        &STEP_PROFILE,
        &STEP_SPLIT,
        &STEP_FEATURES,
        &STEP_TRAIN,
        &STEP_EVALUATE,
        &STEP_BEHAVIOUR,
        &STEP_GATE,
        &STEP_REGISTER,
        &STEP_REPORT,
        &STEP_SAMPLE,
        &STEP_STRETCHES,
        &STEP_FEASIBLE,
        &STEP_UPDATE,
        &STEP_FRESH,
        &STEP_WINDOW,
        &STEP_ONLINE,
        &STEP_CONTEST,
        &STEP_OUTER,
        &STEP_NESTED,
        NULL,
};

const char *const LIFE_STEPS[] = {"ingest", "verify", "profile", "split", "features", "train", "evaluate", "behaviour",
        "gate", "register", "report", NULL};

typedef struct Life {
	const Project *p;
	json_t *goal; /* what can be judged before deployment */
	Plan *plan;
	const json_t *steps; /* the user's own */
	json_t *roles;
	const char *bundle; /* where the model comes from: "train.bundle", "update.bundle" */
	const char *test;   /* where the rows come from that judge it: "split.test", "unseen.fresh" */
	uint64_t seed;
	unsigned time_limit_s, memory_mb;
} Life;

static bool add_as(
        Life *l, const char *name, const char *kind, const json_t *params, const PlanInput *inputs, GError **error)
{
	PlanStep step = {
	        .name = name,
	        .kind = kind,
	        .params = params,
	        .inputs = inputs,
	        .seed = l->seed,
	        .time_limit_s = l->time_limit_s,
	        .memory_mb = l->memory_mb,
	};
	return plan_add(l->plan, &step, error);
}

/* Adds a step of ours, unless the user's own stands in its place.  Steals params. */
static bool add(Life *l, const char *name, json_t *params, const PlanInput *inputs, GError **error)
{
	json_auto_t *owned = params;
	return json_object_get(l->steps, name) || add_as(l, name, name, owned, inputs, error);
}

static json_t *member(const json_t *block, const char *key)
{
	json_t *value = json_object_get(block, key);
	return value ? json_incref(value) : json_null();
}

static bool add_ingest(Life *l, GError **error)
{
	const json_t *data = project_block(l->p, "data");
	g_autoptr(GPtrArray) paths = g_ptr_array_new_with_free_func(g_free);
	json_auto_t *counts = NULL;
	if (!sources_files(l->p->folder, json_object_get(data, "sources"), paths, &counts, error))
		return false;
	g_autoptr(GPtrArray) names = g_ptr_array_new_with_free_func(g_free);
	g_autofree PlanInput *inputs = g_new0(PlanInput, paths->len + 1);
	for (guint i = 0; i < paths->len; i++) {
		char *name = g_strdup_printf("source.%u", i);
		g_ptr_array_add(names, name);
		inputs[i] = (PlanInput){.name = name, .file = paths->pdata[i]};
	}
	json_t *params = json_pack("{s:o,s:O,s:o,s:o}", "sources", member(data, "sources"), "files", counts, "query",
	        member(data, "query"), "time", member(data, "time"));
	return add(l, "ingest", params, inputs, error);
}

/* The schema is kept in the project; until it is, the one just inferred serves, which has the same bytes. */
static bool add_verify(Life *l, GError **error)
{
	g_autofree char *schema = project_path(l->p, PROJECT_SCHEMA);
	PlanInput inputs[] = {{.name = "snapshot", .from = "ingest.snapshot"}, {.name = "schema"}, {NULL}};
	if (g_file_test(schema, G_FILE_TEST_EXISTS))
		inputs[1].file = schema;
	else
		inputs[1].from = "ingest.schema";
	json_t *params = json_pack("{s:o,s:o,s:o}", "checks", member(project_block(l->p, "data"), "checks"), "time",
	        member(l->roles, "time"), "needs", project_columns(l->p));
	return add(l, "verify", params, inputs, error);
}

static bool add_profile(Life *l, GError **error)
{
	const PlanInput inputs[] = {{.name = "good", .from = "verify.good"}, {NULL}};
	json_t *params = json_pack("{s:o,s:o,s:o}", "target", member(l->roles, "target"), "task",
	        member(l->roles, "task"), "time", member(l->roles, "time"));
	return add(l, "profile", params, inputs, error);
}

static bool add_split(Life *l, GError **error)
{
	const PlanInput inputs[] = {{.name = "good", .from = "verify.good"}, {NULL}};
	return add(l, "split", json_copy((json_t *)project_block(l->p, "split")), inputs, error);
}

static bool add_features(Life *l, GError **error)
{
	const PlanInput inputs[] = {{.name = "train", .from = "split.train"}, {NULL}};
	json_t *params = json_pack("{s:O,s:O}", "features", project_block(l->p, "features"), "roles", l->roles);
	return add(l, "features", params, inputs, error);
}

/* What the goal allows an answer to take, 99 of 100; 0: nothing is said. */
static double latency_wanted(const json_t *goal)
{
	double least = 0;
	size_t i;
	json_t *criterion;
	json_array_foreach (json_object_get(goal, "success"), i, criterion) {
		double most = json_get_number(criterion, "at_most", 0);
		if (g_strcmp0(json_get_text(criterion, "metric", NULL), "latency_p99_ms") == 0 && most > 0)
			least = least > 0 ? MIN(least, most) : most;
	}
	return least;
}

/* Files that families of models ask for: each an input, so that the step's key holds its bytes. */
static bool find_code(const Life *l, GPtrArray *names, GError **error)
{
	const json_t *models = project_block(l->p, "models");
	return families_files(l->p->folder, json_object_get(models, "params"), names, error);
}

/* Families whose library or program is not here and that the search leaves out.  They are in the step's key as long as they are none, so
 * that it runs again when one comes. */
static json_t *find_unready(const Life *l)
{
	const json_t *models = project_block(l->p, "models"), *fixed = json_object_get(models, "params");
	json_t *names = json_array(), *name;
	size_t i;
	json_array_foreach (json_object_get(models, "families"), i, name) {
		const ModelFamily *family = family_find(json_string_value(name));
		g_autoptr(GError) problem = NULL;
		if (family && !family_ready(family, l->p->folder, json_object_get(fixed, family->name), &problem))
			json_array_append(names, name);
	}
	return names;
}

/* Where a training stands: the project's own, or that of a fold set aside. */
typedef struct Bench {
	const char *name, *rows, *recipes; /* of the step; where its inputs are from */
	Champion *champion; /* for earlier studies; NULL: it learns from none, as folds must not from each other */
} Bench;

static PlanInput *train_inputs(const Life *l, const Bench *at, const GPtrArray *code, GPtrArray *texts)
{
	PlanInput *inputs = g_new0(PlanInput, code->len + TRANSFER_STUDIES + 3);
	const json_t *search = json_object_get(project_block(l->p, "models"), "search");
	unsigned studies = at->champion && transfer_most(search) ? TRANSFER_STUDIES : 0;
	inputs[0] = (PlanInput){.name = "train", .from = at->rows};
	inputs[1] = (PlanInput){.name = "recipes", .from = at->recipes};
	for (guint i = 0; i < code->len; i++) {
		char *name = g_strdup_printf("code.%u", i), *path = project_path(l->p, code->pdata[i]);
		g_ptr_array_add(texts, name);
		g_ptr_array_add(texts, path);
		inputs[i + 2] = (PlanInput){.name = name, .file = path};
	}
	for (unsigned i = 0; i < studies; i++) {
		char *name = g_strdup_printf("earlier.%u", i);
		g_ptr_array_add(texts, name);
		at->champion->earlier[i] = (Earlier){at->champion->state_folder, i};
		inputs[code->len + 2 + i] =
		        (PlanInput){.name = name, .choose = earlier_choose, .context = &at->champion->earlier[i]};
	}
	return inputs;
}

static bool add_training(Life *l, const Bench *at, GError **error)
{
	g_autoptr(GPtrArray) code = g_ptr_array_new_with_free_func(g_free);
	g_autoptr(GPtrArray) texts = g_ptr_array_new_with_free_func(g_free);
	if (!find_code(l, code, error))
		return false;
	g_autofree PlanInput *inputs = train_inputs(l, at, code, texts);
	const json_t *models = project_block(l->p, "models");
	json_t *names = json_array();
	for (guint i = 0; i < code->len; i++)
		json_array_append_new(names, json_text(code->pdata[i]));
	const json_t *goal = project_block(l->p, "goal");
	json_auto_t *params = json_pack("{s:s,s:o,s:o,s:o,s:o,s:o,s:o,s:o,s:o,s:f}", "project", project_name(l->p),
	        "families", member(models, "families"), "search", member(models, "search"), "ensemble",
	        member(models, "ensemble"), "calibration", member(models, "calibration"), "params",
	        member(models, "params"), "metric", json_text(goal_metric_named(goal)), "costs", member(goal, "costs"),
	        "figure", goal_figure(goal, project_block(l->p, "kpi")), "latency_ms", latency_wanted(goal));
	json_object_set_new(params, "code", names);
	json_auto_t *unready = find_unready(l);
	if (json_array_size(unready))
		json_object_set(params, "unready", unready);
	return add_as(l, at->name, "train", params, inputs, error);
}

static bool add_train(Life *l, Champion *champion, GError **error)
{
	const Bench own = {"train", "split.train", "features.recipes", champion};
	return json_object_get(l->steps, "train") || add_training(l, &own, error);
}

/* The k-th fold from the end is set aside, and all is done on the rest. */
static bool add_outer(Life *l, unsigned k, GError **error)
{
	g_autofree char *outer = g_strdup_printf("outer_%u", k), *rows = g_strconcat(outer, ".train", NULL),
	                *features = g_strconcat(outer, "_features", NULL),
	                *recipes = g_strconcat(features, ".recipes", NULL), *train = g_strconcat(outer, "_train", NULL);
	const PlanInput all[] = {{.name = "train", .from = "split.train"}, {NULL}};
	const PlanInput rest[] = {{.name = "train", .from = rows}, {NULL}};
	const Bench at = {train, rows, recipes, NULL};
	json_auto_t *which = json_pack("{s:i}", "from_end", (int)k);
	json_auto_t *learn = json_pack("{s:O,s:O}", "features", project_block(l->p, "features"), "roles", l->roles);
	return add_as(l, outer, "outer", which, all, error) && add_as(l, features, "features", learn, rest, error) &&
	       add_training(l, &at, error);
}

static unsigned nested_folds(const Life *l)
{
	return (unsigned)json_get_int(project_block(l->p, "models"), "nested", 0);
}

/* What the whole search is worth (eval/nested.h). */
static bool add_nested(Life *l, GError **error)
{
	unsigned folds = nested_folds(l);
	g_autoptr(GPtrArray) texts = g_ptr_array_new_with_free_func(g_free);
	g_autofree PlanInput *inputs = g_new0(PlanInput, 2 * folds + 1);
	if (!folds)
		return true;
	if (json_object_get(l->steps, "train") || json_object_get(l->steps, "features"))
		return fail(error, FAIL_INVALID,
		        "models.nested repeats the steps features and train: it cannot where they are your own");
	for (unsigned k = 1; k <= folds; k++) {
		char *names[] = {g_strdup_printf("bundle.%u", k - 1), g_strdup_printf("outer_%u_train.bundle", k),
		        g_strdup_printf("test.%u", k - 1), g_strdup_printf("outer_%u.test", k)};
		for (size_t i = 0; i < G_N_ELEMENTS(names); i++)
			g_ptr_array_add(texts, names[i]);
		inputs[2 * k - 2] = (PlanInput){.name = names[0], .from = names[1]};
		inputs[2 * k - 1] = (PlanInput){.name = names[2], .from = names[3]};
		if (!add_outer(l, k, error))
			return false;
	}
	json_auto_t *params = json_pack("{s:O}", "goal", l->goal);
	return add_as(l, "nested", "nested", params, inputs, error);
}

/* A step of the user's own in the place of `train` need not say what its models said out of fold. */
static bool trains_here(const Life *l)
{
	return strcmp(l->bundle, "train.bundle") == 0 && !json_object_get(l->steps, "train");
}

static bool add_evaluate(Life *l, Champion *champion, GError **error)
{
	PlanInput inputs[] = {{.name = "bundle", .from = l->bundle}, {.name = "test", .from = l->test},
	        {.name = "champion", .choose = champion_choose, .context = champion}, {NULL}, {NULL}, {NULL}, {NULL}};
	if (trains_here(l)) {
		inputs[3] = (PlanInput){.name = "train", .from = "split.train"};
		inputs[4] = (PlanInput){.name = "out_of_fold", .from = "train.out_of_fold"};
		inputs[5].name = nested_folds(l) ? "nested" : NULL;
		inputs[5].from = "nested.nested";
	}
	json_t *params = json_pack("{s:O,s:O,s:o,s:O}", "goal", l->goal, "kpi", project_block(l->p, "kpi"), "slices",
	        member(project_block(l->p, "gate"), "slices"), "fairness", project_block(l->p, "fairness"));
	return add(l, "evaluate", params, inputs, error);
}

/* Only where there are tests. */
static bool add_behaviour(Life *l, GError **error)
{
	const json_t *tests = project_block(l->p, "tests");
	const PlanInput inputs[] = {{.name = "bundle", .from = l->bundle}, {.name = "test", .from = l->test}, {NULL}};
	return json_array_size(tests) == 0 || add(l, "behaviour", json_pack("{s:O}", "tests", tests), inputs, error);
}

static bool add_gate(Life *l, GError **error)
{
	PlanInput inputs[] = {{.name = "evaluation", .from = "evaluate.evaluation"}, {NULL}, {NULL}};
	if (json_array_size(project_block(l->p, "tests")))
		inputs[1] = (PlanInput){.name = "behaviour", .from = "behaviour.behaviour"};
	json_t *params = json_pack("{s:O,s:O}", "goal", l->goal, "gate", project_block(l->p, "gate"));
	return add(l, "gate", params, inputs, error);
}

/* Under continuous training, and with a strategy that takes its time, a version goes into use by a deployment; only the very first one
 * needs none. */
static bool waits_for_deployment(const Project *p)
{
	const StrategyKind *strategy = strategy_find(json_get_text(project_block(p, "deploy"), "strategy", ""));
	return p->is_candidate || json_array_size(json_object_get(project_block(p, "retrain"), "on")) > 0 ||
	       (strategy && strategy->waits);
}

static bool add_register(Life *l, GError **error)
{
	const PlanInput inputs[] = {{.name = "bundle", .from = l->bundle}, {.name = "verdict", .from = "gate.verdict"},
	        {.name = "evaluation", .from = "evaluate.evaluation"}, {NULL}};
	bool waits = waits_for_deployment(l->p);
	return add(l, "register",
	        json_pack("{s:s,s:s}", "model", project_name(l->p), "promote", waits ? "first" : "gate"), inputs,
	        error);
}

static bool add_report(Life *l, GError **error)
{
	const PlanInput inputs[] = {{.name = "ingest", .from = "ingest.ingest"},
	        {.name = "checks", .from = "verify.checks"}, {.name = "profile", .from = "profile.profile"},
	        {.name = "split", .from = "split.split"}, {.name = "trials", .from = "train.trials"},
	        {.name = "evaluation", .from = "evaluate.evaluation"}, {.name = "verdict", .from = "gate.verdict"},
	        {.name = "registration", .from = "register.registration"},
	        {.name = "snapshot", .from = "ingest.snapshot"}, {.name = "bundle", .from = "train.bundle"}, {NULL}};
	json_t *params = json_pack("{s:s,s:O,s:O,s:O}", "project", project_name(l->p), "goal",
	        project_block(l->p, "goal"), "data", project_block(l->p, "data"), "kpi", project_block(l->p, "kpi"));
	return add(l, "report", params, inputs, error);
}

static bool add_own(Life *l, GError **error)
{
	const char *name;
	json_t *step;
	json_object_foreach ((json_t *)l->steps, name, step)
		if (!plan_add_command(l->plan, name, step, l->p->folder, l->seed, error))
			return false;
	return true;
}

/* A sample of the rows to learn from, and what the step features learns from it, as NAME_features. */
typedef struct SampleWanted {
	const char *name;
	int64_t rows;
	const char *time; /* NULL: by hash */
	int stretches;
} SampleWanted;

static bool add_sample(Life *l, const SampleWanted *w, GError **error)
{
	g_autofree char *from = g_strconcat(w->name, ".sample", NULL),
	                *features = g_strconcat(w->name, "_features", NULL);
	const PlanInput train[] = {{.name = "train", .from = "split.train"}, {NULL}};
	const PlanInput sample[] = {{.name = "train", .from = from}, {NULL}};
	json_auto_t *params = json_pack("{s:I,s:o,s:o,s:o}", "rows", (json_int_t)w->rows, "target",
	        member(l->roles, "target"), "weight", member(l->roles, "weight"), "group", member(l->roles, "group"));
	if (w->time)
		json_object_set_new(params, "time", json_string(w->time));
	if (w->stretches)
		json_object_set_new(params, "stretches", json_integer(w->stretches));
	json_auto_t *learn = json_pack("{s:O,s:O}", "features", project_block(l->p, "features"), "roles", l->roles);
	return add_as(l, w->name, "sample", params, train, error) &&
	       add_as(l, features, "features", learn, sample, error);
}

/* What a random split promises too much (feasible/feasible.h). */
static bool add_stretches(Life *l, int64_t rows, const char *time, GError **error)
{
	enum { STRETCHES = 6, DENSER = 4 }; /* the fewer rows, the less of a day is remembered */
	const SampleWanted sample = {"sample_stretches", DENSER * rows, time, STRETCHES};
	const PlanInput inputs[] = {{.name = "sample", .from = "sample_stretches.sample"},
	        {.name = "about", .from = "sample_stretches.about"},
	        {.name = "recipes", .from = "sample_stretches_features.recipes"}, {NULL}};
	json_auto_t *params = json_pack("{s:O}", "goal", l->goal);
	return add_sample(l, &sample, error) && add_as(l, "stretches", "stretches", params, inputs, error);
}

/* A run over rows that are shuffled although a column orders them says what that hides. */
static bool add_warning(Life *l, GError **error)
{
	enum { ROWS = 50000 };
	const char *time = json_get_text(l->roles, "time", NULL);
	bool is_own = json_object_get(l->steps, "split") || json_object_get(l->steps, "features");
	return is_own || !time || !split_is_shuffled(project_block(l->p, "split")) ||
	       add_stretches(l, ROWS, time, error);
}

static bool add_feasible(Life *l, int64_t rows, GError **error)
{
	const json_t *split = project_block(l->p, "split");
	bool is_ordered = strcmp(json_get_text(split, "by", "auto"), "order") == 0;
	const char *time = json_get_text(l->roles, "time", is_ordered ? "_gyre_row" : NULL);
	const SampleWanted sample = {"sample", rows, NULL, 0}, timed = {"sample_time", rows, time, 0};
	const PlanInput inputs[] = {{.name = "sample", .from = "sample.sample"},
	        {.name = "about", .from = "sample.about"}, {.name = "recipes", .from = "sample_features.recipes"},
	        {.name = time ? "sample_time" : NULL, .from = "sample_time.sample"},
	        {.name = "recipes_time", .from = "sample_time_features.recipes"},
	        {.name = "stretches", .from = "stretches.stretches"}, {NULL}};
	json_auto_t *params = json_pack("{s:O,s:O}", "goal", l->goal, "kpi", project_block(l->p, "kpi"));
	return add_sample(l, &sample, error) &&
	       (!time || (add_sample(l, &timed, error) && add_stretches(l, rows, time, error))) &&
	       add_as(l, "feasible", "feasible", params, inputs, error);
}

static bool add_all(Life *l, Champion *champion, GError **error)
{
	return add_ingest(l, error) && add_verify(l, error) && add_profile(l, error) && add_split(l, error) &&
	       add_features(l, error) && add_train(l, champion, error) && add_nested(l, error) &&
	       add_evaluate(l, champion, error) && add_behaviour(l, error) && add_gate(l, error) &&
	       add_register(l, error) && add_report(l, error) && add_own(l, error);
}

/* The champion learns on from the rows it has not seen; there is no search and no report. */
static bool add_update(Life *l, Champion *champion, GError **error)
{
	const PlanInput rows[] = {{.name = "rows", .from = "split.train"},
	        {.name = "learnt", .choose = champion_choose_rows, .context = champion}, {NULL}};
	const PlanInput inputs[] = {{.name = "bundle", .choose = champion_choose_bundle, .context = champion},
	        {.name = "rows", .from = "fresh.fresh"}, {NULL}};
	const json_t *retrain = project_block(l->p, "retrain"), *goal = project_block(l->p, "goal");
	json_auto_t *params = json_pack("{s:O,s:o,s:o,s:o}", "how", json_object_get(retrain, "fine_tune"),
	        "calibration", member(project_block(l->p, "models"), "calibration"), "costs", member(goal, "costs"),
	        "figure", goal_figure(goal, project_block(l->p, "kpi")));
	if (goal_metric_named(goal))
		json_object_set_new(params, "metric", json_text(goal_metric_named(goal)));
	/* A split that is drawn anew over more rows puts some into the test that the champion, and so the new model, has learnt from. */
	const PlanInput test[] = {{.name = "rows", .from = l->test},
	        {.name = "learnt", .choose = champion_choose_rows, .context = champion}, {NULL}};
	if (!add_as(l, "unseen", "fresh", NULL, test, error))
		return false;
	l->test = "unseen.fresh";
	l->bundle = "update.bundle";
	return add_as(l, "fresh", "fresh", NULL, rows, error) && add_as(l, "update", "update", params, inputs, error);
}

static bool add_learning_on(Life *l, Champion *champion, GError **error)
{
	if (json_object_size(l->steps))
		return fail(error, FAIL_INVALID,
		        "a project with steps of its own is retrained from scratch: fine_tune does not "
		        "know where they would stand");
	return add_ingest(l, error) && add_verify(l, error) && add_split(l, error) && add_update(l, champion, error) &&
	       add_evaluate(l, champion, error) && add_behaviour(l, error) && add_gate(l, error) &&
	       add_register(l, error);
}

static bool make_plan(const Project *p, Champion *champion, int64_t feasible_rows, Plan **ret, GError **error)
{
	const json_t *limits = project_block(p, "limits");
	g_autoptr(Plan) plan = plan_new(STEP_KINDS);
	json_auto_t *roles = project_roles(p),
	            *goal = figures_goal(project_block(p, "figures"), project_block(p, "goal"));
	Life l = {
	        .p = p,
	        .goal = goal,
	        .plan = plan,
	        .steps = project_block(p, "steps"),
	        .roles = roles,
	        .bundle = "train.bundle",
	        .test = "split.test",
	        .seed = (uint64_t)json_get_int(p->config, "seed", 1),
	        .time_limit_s = (unsigned)json_get_int(limits, "time", 0),
	        .memory_mb = (unsigned)json_get_int(limits, "memory_mb", 0),
	};
	bool ok = p->learns_on ? add_learning_on(&l, champion, error) : add_all(&l, champion, error);
	ok = ok && (feasible_rows ? add_feasible(&l, feasible_rows, error) : p->learns_on || add_warning(&l, error));
	if (!ok || !plan_check(plan, error))
		return false;
	*ret = g_steal_pointer(&plan);
	return true;
}

bool life_plan(const Project *p, Champion *champion, Plan **ret, GError **error)
{
	return make_plan(p, champion, 0, ret, error);
}

bool life_plan_feasible(const Project *p, Champion *champion, int64_t rows, Plan **ret, GError **error)
{
	return make_plan(p, champion, rows, ret, error);
}
