/* challenge.c: champion and challenger on the same fresh labelled rows. */
#include "retrain/challenge.h"

#include <math.h>
#include <string.h>

#include "base/error.h"
#include "base/json.h"
#include "eval/versus.h"
#include "goal/goal.h"
#include "pipeline/run.h"
#include "registry/registry.h"
#include "retrain/fresh_rows.h"

/* The path of an artifact that a version's run left; *ret NULL when the run or the bytes are gone. */
static bool artifact_of(const ChallengeInput *in, const json_t *version, const char *step, const char *output,
        char **ret, GError **error)
{
	json_auto_t *record = NULL;
	const char *run_id = json_get_text(version, "run_id", NULL), *digest = NULL;
	size_t i;
	json_t *one;
	*ret = NULL;
	if (!run_id)
		return true;
	if (!plan_run_record(in->meta, run_id, &record, error))
		return false;
	json_array_foreach (json_object_get(record, "steps"), i, one)
		if (g_strcmp0(json_get_text(one, "name", NULL), step) == 0)
			digest = json_get_text(json_object_get(one, "outputs"), output, NULL);
	return !digest || !blobs_has(in->blobs, digest, -1) || blobs_path(in->blobs, digest, ret, error);
}

/* What a version learnt from: the training rows of its run, and the outcomes it and its parents learnt online from, which
 * are counted from the version that had a run.  *ret_train: NULL: gone. */
static bool learnt_by(
        const ChallengeInput *in, const json_t *version, char **ret_train, GPtrArray *outcomes, GError **error)
{
	json_auto_t *v = json_incref((json_t *)version);
	while (g_strcmp0(json_string_value(json_at(v, "about.tags.mode")), "online") == 0) {
		const json_t *lineage = json_at(v, "about.lineage");
		const char *digest = json_get_text(lineage, "outcomes", NULL);
		char *path;
		if (digest && blobs_has(in->blobs, digest, -1)) {
			if (!blobs_path(in->blobs, digest, &path, error))
				return false;
			g_ptr_array_add(outcomes, path);
		}
		g_autofree char *parent = g_strdup_printf(
		        "%s@%d", json_get_text(version, "name", ""), (int)json_get_int(lineage, "parent_version", 0));
		json_t *next = NULL;
		if (!registry_get(in->meta, parent, &next, error))
			return false;
		json_decref(v);
		v = next;
	}
	return artifact_of(in, v, "split", "train", ret_train, error);
}

/* Writes the fresh rows to `path` and counts them. */
static bool take_fresh(Engine *e, const FreshFrom *from, const char *path, json_t *ret, GError **error)
{
	FreshRows fresh;
	if (!fresh_rows_write(e, from, path, &fresh, error))
		return false;
	json_object_set_new(ret, "rows", json_integer(fresh.rows));
	json_object_set_new(ret, "left_out",
	        from->learnt || from->outcomes->len ? json_integer(fresh.all - fresh.rows) : json_null());
	return true;
}

/* An interval that has no end (one class only among the rows, too few of one) tells nothing: then no rule accepts. */
bool challenge_decide(const json_t *versus, const json_t *judge, char **ret_reason)
{
	const json_t *goal = json_object_get(versus, "goal");
	const char *better = json_get_text(versus, "better", ""), *rule = json_get_text(judge, "rule", "better");
	const char *name = json_get_text(goal, "metric", "");
	const MetricKind *metric = metric_find(name);
	double difference = json_get_number(goal, "difference", NAN), margin = json_get_number(judge, "margin", 0);
	double a = json_get_number(goal, "a", NAN), b = json_get_number(goal, "b", NAN);
	double low = json_get_number(goal, "low", NAN), high = json_get_number(goal, "high", NAN);
	double worse = metric ? metric_worse(metric, b, a) : NAN;
	int rows = (int)json_get_int(versus, "rows", 0);
	bool is_better = strcmp(better, "b") == 0, is_worse = strcmp(better, "a") == 0;
	bool accept = strcmp(rule, "better") == 0 ? is_better : is_better || !is_worse || worse <= margin;
	if (isnan(low) || isnan(high)) {
		*ret_reason = g_strdup_printf("it cannot be told which is better on the same %d fresh rows: %s has no "
		                              "value or no interval there; the champion stays",
		        rows, name);
		return false;
	}
	*ret_reason = g_strdup_printf("%s is %.4g with the challenger and %.4g with the champion on the same %d fresh "
	                              "rows (difference %+.4g, 95 %% "
	                              "interval %.4g to %.4g, p = %.3g): %s",
	        name, b, a, rows, difference, low, high, json_get_number(goal, "p", NAN),
	        is_better  ? "the challenger is better"
	        : is_worse ? accept ? "the challenger is worse, within the margin" : "the challenger is worse"
	        : accept   ? "neither is surely better, which is enough here"
	                   : "the challenger is not surely better");
	return accept;
}

static bool load(const ChallengeInput *in, const json_t *version, Bundle **ret, GError **error)
{
	g_autofree char *path = NULL;
	return blobs_path(in->blobs, json_get_text(version, "digest", ""), &path, error) &&
	       bundle_load(path, ret, error);
}

/* Models that answer different questions are an answer too. */
static bool compare(const ChallengeInput *in, Versus *v, const json_t *judge, json_t *ret, GError **error)
{
	json_auto_t *versus = NULL;
	g_autoptr(GError) problem = NULL;
	g_autofree char *reason = NULL;
	v->metric = metric_find(goal_metric(json_object_get(in->config, "goal"), bundle_classes(v->bundles[1])));
	if (!versus_compare(v, &versus, &problem)) {
		if (problem->code != FAIL_INVALID) {
			g_propagate_error(error, g_steal_pointer(&problem));
			return false;
		}
		json_object_set_new(ret, "reason", json_text(problem->message));
		return true;
	}
	bool accept = challenge_decide(versus, judge, &reason);
	json_object_set_new(ret, "accept", json_boolean(accept));
	json_object_set_new(ret, "reason", json_text(reason));
	json_object_set(ret, "versus", versus);
	return true;
}

static bool judge_rows(
        const ChallengeInput *in, Engine *e, const char *fresh, const json_t *judge, json_t *ret, GError **error)
{
	int64_t rows = json_get_int(ret, "rows", 0), least = json_get_int(judge, "min_rows", 100);
	Versus v = {.e = e, .path = fresh, .seed = (uint64_t)json_get_int(in->config, "seed", 1)};
	if (rows < least) {
		g_autofree char *reason = g_strdup_printf(
		        "there are %d fresh labelled rows that neither model learnt from; %d are wanted before the "
		        "champion gives way",
		        (int)rows, (int)least);
		json_object_set_new(ret, "reason", json_text(reason));
		return true;
	}
	bool ok = load(in, in->champion, &v.bundles[0], error) && load(in, in->challenger, &v.bundles[1], error) &&
	          compare(in, &v, judge, ret, error);
	bundle_free(v.bundles[0]);
	bundle_free(v.bundles[1]);
	return ok;
}

static bool find_rows(
        const ChallengeInput *in, Engine *e, const char *fresh, json_t *ret, bool *ret_found, GError **error)
{
	g_autofree char *test = NULL, *learnt = NULL;
	g_autoptr(GPtrArray) outcomes = g_ptr_array_new_with_free_func(g_free);
	if (!artifact_of(in, in->challenger, "split", "test", &test, error) ||
	        !learnt_by(in, in->champion, &learnt, outcomes, error))
		return false;
	*ret_found = test != NULL;
	if (!test)
		json_object_set_new(ret, "reason", json_string("the test rows of the challenger's run are gone"));
	FreshFrom from = {test, learnt, outcomes};
	return !test || take_fresh(e, &from, fresh, ret, error);
}

/* Rows that are given are fresh. */
static bool take_given(const ChallengeInput *in, Engine *e, json_t *ret, GError **error)
{
	g_autofree char *table = sql_parquet(in->rows),
	                *sql = g_strdup_printf("SELECT count(*) AS rows FROM %s", table);
	json_auto_t *row = NULL;
	if (!engine_row(e, sql, &row, error))
		return false;
	json_object_update(ret, row);
	return true;
}

bool challenge_run(const ChallengeInput *in, json_t **ret, GError **error)
{
	const json_t *judge = json_object_get(json_object_get(in->config, "retrain"), "judge");
	EngineLimits limits = {.memory_mb = in->memory_mb, .scratch = in->scratch};
	g_autoptr(Engine) e = NULL;
	g_autofree char *fresh = g_build_filename(in->scratch, "fresh.parquet", NULL);
	json_auto_t *found = json_pack("{s:b,s:n,s:i,s:n,s:n}", "accept", 0, "reason", "rows", 0, "left_out", "versus");
	bool has_rows = false;
	json_object_update(found, (json_t *)judge);
	if (!engine_open(&limits, &e, error) ||
	        !(in->rows ? take_given(in, e, found, error) : find_rows(in, e, fresh, found, &has_rows, error)))
		return false;
	if ((in->rows || has_rows) && !judge_rows(in, e, in->rows ? in->rows : fresh, judge, found, error))
		return false;
	*ret = g_steal_pointer(&found);
	return true;
}
