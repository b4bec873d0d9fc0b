/* monitor_backtest.c: the op `monitor backtest`: history by period, each mode of keeping up beside the others. */
#include <math.h>
#include <string.h>
#include <unistd.h>

#include "base/duration.h"
#include "base/error.h"
#include "base/json.h"
#include "model/bundle.h"
#include "goal/goal.h"
#include "model/update.h"
#include "op/desk.h"
#include "op/origin.h"
#include "op/summary.h"
#include "pipeline/console.h"
#include "pipeline/run.h"
#include "project/life.h"
#include "registry/registry.h"
#include "retrain/backtest.h"
#include "retrain/mode.h"
#include "retrain/periods.h"

static const Param PARAMS[] = {
        {"modes", PARAM_TEXTS, "ways of keeping up; the first is what the others are held against",
                "[\"none\", \"retrain\", \"fine_tune\", \"online\"]"},
        {"period", PARAM_TEXT, "month, week, day, or a number of rows", "\"month\""},
        {"last", PARAM_INT, "replay so many of the newest periods; what came before only teaches", "12", .min = 1,
                .max = 1000},
        {"window", PARAM_TEXT, "retrain: growing, or how many periods it looks back", "\"growing\""},
        {"rows", PARAM_INT, "rows a training learns from, at most, about; 0: all", "200000", .min = 0, .max = 1e12},
        {"family", PARAM_TEXT, "family of the model; else the champion's, with its settings"},
        {"trials", PARAM_INT, "search anew with so many trials in each training; 1: no search", "1", .min = 1,
                .max = 10000},
        {"keep", PARAM_REAL, "fine_tune, online: how much of what was learnt before stays", "1", .min = 0, .max = 1},
        {"trees", PARAM_TEXT, "fine_tune of boosted: grow, refresh or both", "\"grow\""},
        {"share", PARAM_REAL, "fine_tune: trees to add, as a share of those there were", "0.2", .min = 0.001, .max = 1},
        {"sips", PARAM_INT, "online: how often in a period it learns", "100", .min = 1, .max = 100000},
        {"force", PARAM_BOOL, "run what was run before again", "false", .letter = 'f'},
        {NULL},
};

typedef struct Backtest {
	App *app;
	const Desk *d;
	const json_t *in;
	Champion champion;
	ReplaySettings set;
	ReplayPeriod *periods;
	size_t count;
	json_t *modes, *notes, *roles, *params, *train, *update, *decision, *contest;
	char *family;
} Backtest;

static void backtest_clear(Backtest *b)
{
	json_t *const owned[] = {b->modes, b->notes, b->roles, b->params, b->train, b->update, b->decision, b->contest};
	for (size_t i = 0; i < G_N_ELEMENTS(owned); i++)
		json_decref(owned[i]);
	g_free(b->family);
	g_free(b->periods);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Backtest, backtest_clear)

static const json_t *block(const Backtest *b, const char *name)
{
	return project_block(b->d->project, name);
}

static bool run_plan(Backtest *b, Plan *plan, const char *const *only, json_t **ret, GError **error)
{
	json_auto_t *tags = origin_tags(b->d->project);
	ConsoleLook look = console_look(STDERR_FILENO);
	g_autoptr(Console) console = b->app->is_quiet ? NULL : console_new(STDERR_FILENO, &look);
	RunOptions options = {
	        .state_folder = b->d->project->state_folder,
	        .experiment = project_name(b->d->project),
	        .name = "backtest",
	        .tags = tags,
	        .only = only,
	        .force = json_get_bool(b->in, "force", false) && !g_str_equal(only[0], "verify"),
	        .cores = (unsigned)json_get_int(block(b, "limits"), "cores", 0),
	        .catch_signals = true,
	        .observe = console ? console_observe : NULL,
	        .context = console,
	        .tick_ms = console ? console_tick_ms(console) : 0,
	};
	return plan_run(plan, &options, ret, error);
}

/* The rows, as the pipeline has them. */
static bool find_rows(Backtest *b, char **ret, GError **error)
{
	static const char *const ONLY[] = {"verify", NULL};
	g_autoptr(Plan) plan = NULL;
	json_auto_t *result = NULL;
	if (!life_plan(b->d->project, &b->champion, &plan, error) || !run_plan(b, plan, ONLY, &result, error))
		return false;
	const char *good = json_string_value(json_at(summary_step(result, "verify"), "outputs.good"));
	const json_t *steps = json_object_get(result, "steps");
	size_t i;
	json_t *step;
	json_array_foreach (steps, i, step)
		if (json_object_get(step, "error"))
			return fail(error, FAIL_INVALID, "%s: %s", json_get_text(step, "name", ""),
			        json_get_text(step, "error", ""));
	return good ? blobs_path(b->d->blobs, good, ret, error)
	            : fail(error, FAIL_UNAVAILABLE, "the run was ended before the rows were there");
}

static bool find_periods(Backtest *b, GError **error)
{
	g_autofree char *path = NULL;
	g_autoptr(Engine) e = NULL;
	PeriodsWanted wanted = {.time = json_get_text(b->roles, "time", NULL),
	        .every = json_get_text(b->in, "period", "month"),
	        .last = json_get_int(b->in, "last", 12)};
	const char *delay = json_get_text(json_object_get(block(b, "monitor"), "labels"), "delay", "0");
	if (!wanted.time)
		return fail(error, FAIL_INVALID, "a replay goes by time: name the column in data.time");
	if (!duration_parse(delay, &wanted.delay))
		return fail(error, FAIL_INVALID, "monitor.labels.delay: \"%s\" is no length of time", delay);
	b->set.delay = wanted.delay;
	b->set.time = wanted.time;
	if (!find_rows(b, &path, error) || !engine_open(NULL, &e, error))
		return false;
	wanted.table = path;
	return periods_find(e, &wanted, &b->periods, &b->count, error);
}

static bool champion_header(const Backtest *b, json_t **ret, GError **error)
{
	json_auto_t *version = NULL;
	g_autofree char *path = NULL;
	g_autoptr(Bundle) bundle = NULL;
	*ret = NULL;
	if (!registry_alias(b->d->meta, project_name(b->d->project), ALIAS_CHAMPION, &version, error))
		return false;
	if (!version)
		return true;
	if (!blobs_path(b->d->blobs, json_get_text(version, "digest", ""), &path, error) ||
	        !bundle_load(path, &bundle, error))
		return false;
	*ret = json_incref((json_t *)bundle_header(bundle));
	return true;
}

/* What is there to be trained in batches, from the project's families: trees where it has them. */
/* A model that is made of the project's files is not one that rows alone can make. */
static bool is_of_files(const char *name)
{
	const ModelFamily *family = family_find(name);
	return family && family->files;
}

static const char *usual_family(const Backtest *b)
{
	const json_t *families = json_object_get(block(b, "models"), "families");
	const char *found = "boosted";
	size_t i;
	json_t *name;
	json_array_foreach (families, i, name)
		if (strcmp(json_string_value(name), "boosted") == 0)
			return "boosted";
	json_array_foreach (families, i, name)
		if (strcmp(json_string_value(name), "baseline") && !is_of_files(json_string_value(name)))
			found = json_string_value(name);
	return found;
}

static void note(Backtest *b, json_t *sentence)
{
	json_array_append_new(b->notes, sentence);
}

static bool choose_family(Backtest *b, GError **error)
{
	json_auto_t *champion = NULL;
	const char *asked = json_get_text(b->in, "family", NULL);
	b->params = json_is_object(json_object_get(block(b, "models"), "params"))
	                    ? json_deep_copy(json_object_get(block(b, "models"), "params"))
	                    : json_object();
	if (!champion_header(b, &champion, error))
		return false;
	const char *family = json_get_text(champion, "family", NULL);
	bool alone = family && strcmp(family, "ensemble") && !is_of_files(family);
	if (family && !alone && !asked)
		note(b, json_sprintf("the champion is of the family %s, which is not replayed: %s takes its place",
		                family, usual_family(b)));
	b->family = g_strdup(asked ? asked : alone ? family : usual_family(b));
	if (!family_find(b->family))
		return fail(error, FAIL_INVALID, "there is no family \"%s\"", b->family);
	if (alone && strcmp(family, b->family) == 0 && json_get_int(b->in, "trials", 1) == 1)
		json_object_set(b->params, family, json_object_get(champion, "params"));
	return true;
}

static bool set_window(Backtest *b, GError **error)
{
	const char *window = json_get_text(b->in, "window", "growing");
	char *end = NULL;
	b->set.window = strcmp(window, "growing") == 0 ? 0 : g_ascii_strtoll(window, &end, 10);
	return !end || (*window && !*end && b->set.window > 0) ||
	       fail(error, FAIL_INVALID, "window: growing, or a number of periods, not \"%s\"", window);
}

static json_t *or_null(const json_t *block_of, const char *key)
{
	json_t *value = json_object_get(block_of, key);
	return value ? json_incref(value) : json_null();
}

static bool settle(Backtest *b, GError **error)
{
	const json_t *goal = block(b, "goal"), *kpi = block(b, "kpi");
	json_t *figure = goal_figure(goal, kpi);
	json_auto_t *how = json_pack("{s:O,s:O,s:O}", "keep", json_object_get(b->in, "keep"), "trees",
	        json_object_get(b->in, "trees"), "share", json_object_get(b->in, "share"));
	json_auto_t *filled = NULL;
	b->train = json_pack("{s:s,s:{s:s,s:O,s:b},s:{s:s},s:s,s:O,s:o,s:o,s:O}", "project",
	        project_name(b->d->project), "search", "method", "random", "trials", json_object_get(b->in, "trials"),
	        "portfolio", 0, "ensemble", "method", "none", "calibration", "none", "params", b->params, "metric",
	        json_text(goal_metric_named(goal)), "costs", or_null(goal, "costs"), "figure", figure);
	b->decision = json_pack("{s:o,s:o,s:o}", "metric", json_text(goal_metric_named(goal)), "costs",
	        or_null(goal, "costs"), "figure", json_incref(figure));
	b->update = json_copy(b->decision);
	json_object_set(b->update, "how", how);
	b->contest = json_pack("{s:o,s:O}", "metric", json_text(goal_metric_named(goal)), "kpi", kpi);
	b->set.good = "verify.good";
	b->set.rows = json_get_int(b->in, "rows", 200000);
	b->set.valid = 0.15;
	b->set.features = block(b, "features");
	b->set.roles = b->roles;
	b->set.train = b->train;
	b->set.update = b->update;
	b->set.decision = b->decision;
	b->set.contest = b->contest;
	b->set.family = b->family;
	b->set.online = "ftrl";
	b->set.sips = json_get_int(b->in, "sips", 100);
	b->set.keep = json_get_number(b->in, "keep", 1);
	b->set.seed = (uint64_t)json_get_int(b->d->project->config, "seed", 1);
	b->set.memory_mb = (unsigned)json_get_int(block(b, "limits"), "memory_mb", 0);
	return param_fill(UPDATE_PARAMS, NULL, how, &filled, error) && set_window(b, error);
}

/* A mode that cannot be had with the family is left out, and said to be. */
static bool choose_modes(Backtest *b, GError **error)
{
	size_t i;
	json_t *name;
	b->modes = json_array();
	json_array_foreach (json_object_get(b->in, "modes"), i, name) {
		const ModeKind *mode = mode_find(json_string_value(name));
		if (!mode)
			return fail(error, FAIL_INVALID, "there is no mode \"%s\": none, retrain, fine_tune or online",
			        json_string_value(name));
		g_autofree char *why_not = mode->refuse ? mode->refuse(&b->set) : NULL;
		if (why_not)
			note(b, json_sprintf("%s is left out: %s", mode->name, why_not));
		else
			json_array_append(b->modes, name);
	}
	return json_array_size(b->modes) > 0 || fail(error, FAIL_INVALID, "there is no mode left to replay");
}

static bool replay(Backtest *b, json_t **ret_told, json_t **ret_result, GError **error)
{
	g_autoptr(Plan) plan = NULL;
	g_autoptr(GPtrArray) only = g_ptr_array_new();
	Replay r = {.set = &b->set, .periods = b->periods, .count = b->count};
	size_t i;
	json_t *period;
	if (!life_plan(b->d->project, &b->champion, &plan, error))
		return false;
	r.plan = plan;
	if (!replay_plan(&r, b->modes, ret_told, error))
		return false;
	json_array_foreach (json_object_get(*ret_told, "periods"), i, period)
		g_ptr_array_add(only, (char *)json_get_text(period, "contest", ""));
	g_ptr_array_add(only, NULL);
	return run_plan(b, plan, (const char *const *)only->pdata, ret_result, error);
}

/* What the step took when it last ran: a cached one cost nothing today, but the mode costs it. */
static double cost_of(const Backtest *b, const json_t *result, const char *name)
{
	const json_t *step = summary_step(result, name);
	double now = json_get_number(step, "cpu_seconds", NAN);
	json_auto_t *row = NULL;
	g_autoptr(GError) problem = NULL;
	if (g_strcmp0(json_get_text(step, "status", ""), "ran") == 0 || !json_get_text(step, "key", NULL))
		return now;
	if (!meta_row(b->d->meta,
	            "SELECT cpu_seconds FROM executions WHERE key = $1 AND status = 'ran' ORDER BY ended DESC LIMIT 1",
	            json_pack("[s]", json_get_text(step, "key", "")), &row, &problem))
		return NAN;
	return json_get_number(row, "cpu_seconds", NAN);
}

static json_t *mode_entry(
        const Backtest *b, const json_t *result, const json_t *steps, const json_t *judged, const char *metric)
{
	double cost = 0;
	size_t i;
	json_t *name;
	json_array_foreach ((json_t *)steps, i, name)
		cost += cost_of(b, result, json_string_value(name));
	return json_pack("{s:o,s:O,s:O,s:O,s:o}", "metric",
	        json_number(json_get_number(json_object_get(judged, "metrics"), metric, NAN)), "kpi",
	        json_object_get(judged, "kpi"), "family", json_object_get(judged, "family"), "learnt",
	        json_object_get(judged, "learnt"), "cpu_seconds", json_number(cost));
}

static bool period_entry(const Backtest *b, const json_t *result, const json_t *planned, json_t **ret,
        json_t **ret_contest, GError **error)
{
	const char *name;
	json_t *judged, *contest = NULL;
	if (!summary_artifact(b->d, result, json_get_text(planned, "contest", ""), "contest", &contest, error))
		return false;
	*ret_contest = contest;
	if (!contest)
		return true;
	json_t *modes = json_object();
	json_object_foreach (json_object_get(contest, "modes"), name, judged)
		json_object_set_new(modes, name,
		        mode_entry(b, result, json_object_get(json_object_get(planned, "steps"), name), judged,
		                json_get_text(contest, "metric", "")));
	*ret = json_pack("{s:O,s:O,s:O,s:o,s:O}", "begin", json_object_get(planned, "begin"), "end",
	        json_object_get(planned, "end"), "rows", json_object_get(contest, "rows"), "modes", modes,
	        "differences", json_object_get(contest, "differences"));
	return true;
}

static bool tell(Backtest *b, const json_t *told, const json_t *result, json_t **ret, GError **error)
{
	json_auto_t *periods = json_array(), *last = NULL;
	size_t i;
	json_t *planned;
	json_array_foreach (json_object_get(told, "periods"), i, planned) {
		json_t *entry = NULL, *contest = NULL;
		if (!period_entry(b, result, planned, &entry, &contest, error))
			return false;
		if (!contest)
			continue;
		json_array_append_new(periods, entry);
		json_decref(last);
		last = contest;
	}
	bool larger = json_get_bool(last, "larger_is_better", true);
	json_t *out = json_pack("{s:O,s:O,s:s,s:s,s:O?,s:b,s:O,s:O}", "run", json_object_get(result, "run"), "status",
	        json_object_get(result, "status"), "period", json_get_text(b->in, "period", ""), "family", b->family,
	        "metric", json_object_get(last, "metric"), "larger_is_better", (int)larger, "periods", periods, "notes",
	        b->notes);
	if (json_array_size(periods)) {
		json_t *came_to = backtest_tell(periods, b->modes, metric_find(json_get_text(last, "metric", "")));
		json_object_update(out, came_to);
		json_decref(came_to);
	}
	json_object_set(out, "steps", json_object_get(result, "steps"));
	*ret = out;
	return true;
}

static bool run_at(App *app, const Desk *d, const json_t *in, json_t **ret, GError **error)
{
	g_auto(Backtest) b = {.app = app,
	        .d = d,
	        .in = in,
	        .champion = {d->project->state_folder, project_name(d->project)},
	        .notes = json_array(),
	        .roles = project_roles(d->project)};
	json_auto_t *told = NULL, *result = NULL;
	if (!choose_family(&b, error) || !settle(&b, error) || !choose_modes(&b, error) || !find_periods(&b, error) ||
	        !replay(&b, &told, &result, error))
		return false;
	if (g_strcmp0(json_get_text(result, "status", ""), "done") != 0)
		app->status = summary_failure_status(result);
	return tell(&b, told, result, ret, error);
}

static bool run(App *app, const json_t *in, json_t **ret, GError **error)
{
	Desk d;
	if (!desk_make(app, &d, error))
		return false;
	bool ok = run_at(app, &d, in, ret, error);
	desk_clear(&d);
	return ok;
}

const Op OP_MONITOR_BACKTEST = {
        .name = "monitor.backtest",
        .help = "replay history by period: training once beside retraining, learning on and online learning",
        .more = "Before each period every mode has learnt from what was known then (outcomes late by "
                "monitor.labels.delay) "
                "and\n"
                "answers it; the first stretch only teaches.  Told are, by period and mode, the goal's metric, the "
                "KPIs "
                "and the CPU\n"
                "seconds of training, the paired differences with their intervals, and which mode to take.  Every "
                "training "
                "is a\n"
                "step with a key: an interrupted replay goes on, and another month costs that month only.\n"
                "JSON: {\"run\", \"status\", \"period\", \"family\", \"metric\", \"larger_is_better\", \"periods\": "
                "[{\"begin\", \"end\",\n"
                "\"rows\", \"modes\": {mode: {\"metric\", \"kpi\", \"family\", \"learnt\", \"cpu_seconds\"}}, "
                "\"differences\": [{\"a\", \"b\",\n"
                "\"difference\" (b - a), \"low\", \"high\", \"p\", \"test\"}]}], \"modes\": [{\"mode\", \"metric\" "
                "(mean), "
                "\"kpi\" (means),\n"
                "\"cpu_seconds\" (sum), \"against\": {\"mode\", \"difference\", \"low\", \"high\", \"better_in\", "
                "\"worse_in\"} or null}],\n"
                "\"verdict\": {\"mode\", \"sentence\", \"reasons\"}, \"notes\", \"steps\"}",
        .effect = OP_WRITE,
        .params = PARAMS,
        .run = run,
};
