/* model_compare.c: the op `model compare`: two versions on the same rows. */
#include <string.h>

#include "base/error.h"
#include "base/file.h"
#include "base/json.h"
#include "eval/versus.h"
#include "goal/goal.h"
#include "op/find_bundle.h"
#include "op/rows.h"
#include "op/summary.h"
#include "pipeline/run.h"
#include "registry/registry.h"

static const Param PARAMS[] = {
        {"a", PARAM_TEXT, "NAME, NAME@3, NAME@champion, or the path of a bundle",
                .flags = PARAM_POSITIONAL | PARAM_REQUIRED},
        {"b", PARAM_TEXT, "the other, likewise", .flags = PARAM_POSITIONAL | PARAM_REQUIRED},
        {"on", PARAM_TEXT, "test: the test rows of B's run; or a file with the target: CSV, TSV, JSON lines, Parquet",
                "\"test\""},
        {"metric", PARAM_TEXT, "the metric that decides; the goal's when absent"},
        {"seed", PARAM_INT, "seed of the bootstrap and of samples", "1", .min = 0, .max = 1e15},
        {NULL},
};

/* The test rows that B was judged on, as its run left them. */
static bool find_test(const App *app, const char *reference, char **ret, GError **error)
{
	Desk d;
	json_auto_t *version = NULL, *record = NULL;
	if (!desk_open(app, &d, error))
		return false;
	bool ok = registry_get(d.meta, reference, &version, error);
	const char *run_id = json_get_text(version, "run_id", NULL), *digest = NULL;
	if (ok && !run_id)
		ok = fail(error, FAIL_NOT_FOUND, "%s comes from no run: say which rows with --on FILE", reference);
	ok = ok && plan_run_record(d.meta, run_id, &record, error);
	if (ok)
		digest = json_get_text(json_object_get(summary_step(record, "split"), "outputs"), "test", NULL);
	if (ok && !digest)
		ok = fail(error, FAIL_NOT_FOUND, "the run of %s has no test rows: say which with --on FILE", reference);
	ok = ok && blobs_path(d.blobs, digest, ret, error);
	desk_clear(&d);
	return ok;
}

static bool find_rows(const App *app, Engine *e, const json_t *in, const char *scratch, char **ret, GError **error)
{
	const char *on = json_get_text(in, "on", "test");
	if (g_str_equal(on, "test"))
		return find_test(app, json_get_text(in, "b", ""), ret, error);
	g_autofree char *path = g_build_filename(scratch, "rows.parquet", NULL);
	if (!rows_open(e, on, error) || !engine_write_parquet(e, "SELECT * FROM rows", path, error))
		return false;
	*ret = g_steal_pointer(&path);
	return true;
}

/* The project's goal where there is a project; a bundle's task else. */
static bool choose_metric(const App *app, const json_t *in, const Bundle *b, const MetricKind **ret, GError **error)
{
	const char *given = json_get_text(in, "metric", NULL);
	Desk d;
	if (given) {
		*ret = metric_find(given);
		return *ret || fail(error, FAIL_INVALID, "there is no metric \"%s\"", given);
	}
	if (desk_open(app, &d, NULL)) {
		*ret = metric_find(goal_metric(json_object_get(yaml_root(d.project->yaml), "goal"), bundle_classes(b)));
		desk_clear(&d);
	} else {
		*ret = metric_find(goal_metric(NULL, bundle_classes(b)));
	}
	return true;
}

static bool compare(const App *app, Versus *v, const json_t *in, const char *scratch, json_t **ret, GError **error)
{
	EngineLimits limits = {.memory_mb = 1024, .scratch = scratch};
	g_autoptr(Engine) e = NULL;
	g_autofree char *path = NULL;
	if (!engine_open(&limits, &e, error) || !find_rows(app, e, in, scratch, &path, error) ||
	        !choose_metric(app, in, v->bundles[0], &v->metric, error))
		return false;
	v->e = e;
	v->path = path;
	v->seed = (uint64_t)json_get_int(in, "seed", 1);
	if (!versus_compare(v, ret, error))
		return false;
	json_object_set(*ret, "a", json_object_get(in, "a"));
	json_object_set(*ret, "b", json_object_get(in, "b"));
	json_object_set(*ret, "on", json_object_get(in, "on"));
	return true;
}

static bool run(App *app, const json_t *in, json_t **ret, GError **error)
{
	static const char *const NAMES[] = {"a", "b"};
	Versus v = {0};
	g_autofree char *scratch = NULL;
	bool ok = true;
	for (unsigned k = 0; ok && k < 2; k++) {
		g_autofree char *path = NULL;
		ok = find_bundle(app, json_get_text(in, NAMES[k], ""), &path, error) &&
		     bundle_load(path, &v.bundles[k], error);
	}
	if (ok)
		scratch = g_dir_make_tmp("gyre-compare-XXXXXX", error);
	ok = ok && scratch && compare(app, &v, in, scratch, ret, error);
	if (scratch)
		file_remove(scratch, NULL);
	bundle_free(v.bundles[0]);
	bundle_free(v.bundles[1]);
	return ok;
}

const Op OP_MODEL_COMPARE = {
        .name = "model.compare",
        .help = "compare two models on the same rows: which is better, by how much, how sure",
        .more = "JSON: {\"a\", \"b\", \"on\", \"rows\", \"metric\", \"better\": \"a\"|\"b\"|null, \"verdict\": "
                "sentence,\n"
                "\"goal\": {\"metric\", \"a\", \"b\", \"difference\" (b - a), \"low\", \"high\", \"p\", \"test\"},\n"
                "\"bayes\": {\"rope\", \"parts\", \"a\", \"same\", \"b\": chances} or null, \"metrics\": {NAME: "
                "{\"a\", \"b\", "
                "\"difference\", \"better\"}},\n"
                "\"decisions\": {\"differ\", \"share\", \"only_a\", \"only_b\", \"p\", \"test\"}, for numbers "
                "{\"closer_a\", "
                "\"closer_b\", \"mean_difference\"},\n"
                "\"slices\": [{\"slice\", \"rows\", \"a\", \"b\" (mean loss), \"difference\", \"differ\", "
                "\"p_adjusted\"}]}\n"
                "Better is who leads in the goal's metric by a 95 % interval without 0.",
        .params = PARAMS,
        .run = run,
};
