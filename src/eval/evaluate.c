/* evaluate.c: puts the evaluation together. */
#include "eval/evaluate.h"

#include <math.h>
#include <string.h>

#include "base/error.h"
#include "base/json.h"
#include "eval/assess.h"
#include "eval/compare.h"
#include "eval/drivers.h"
#include "eval/effects.h"
#include "eval/interactions.h"
#include "eval/errors.h"
#include "eval/fairness.h"
#include "eval/findings.h"
#include "eval/importance.h"
#include "eval/scored_table.h"
#include "goal/goal.h"
#include "stats/curves.h"

/* Rows for slices and hardest rows, and for shuffling: beyond these the figures hardly move and the time grows. */
enum { SLICE_ROWS = 1000000, SHUFFLE_ROWS = 10000, HARDEST = 20, DRAWS = 200, INTERVAL_ROWS = 200000 };

static json_t *intervals(const Assess *as, const Answers *a)
{
	Scored s = scored_of(&as->t, a);
	return metrics_with_intervals(&s, DRAWS, 0.95, as->seed, INTERVAL_ROWS);
}

static json_t *model_part(const Assess *as)
{
	const json_t *header = bundle_header(as->bundles[0]);
	json_t *part =
	        json_pack("{s:s,s:O,s:O,s:o}", "digest", as->digests[0], "family", json_object_get(header, "family"),
	                "threshold", json_object_get(header, "threshold"), "metrics", intervals(as, &as->answers[0]));
	return part;
}

static bool champion_part(Assess *as, json_t **ret, GError **error)
{
	if (as->count < 2) {
		*ret = json_null();
		return true;
	}
	json_auto_t *slices = NULL;
	if (!compare_slices(as->e, as->test_path, as->slice_columns, &as->t, &as->answers[0], &as->answers[1],
	            as->metric, &slices, error))
		return false;
	json_t *comparison = compare_answers(&as->t, &as->answers[0], &as->answers[1], as->metric, as->seed);
	*ret = json_pack("{s:s,s:o,s:o,s:O}", "digest", as->digests[1], "metrics", intervals(as, &as->answers[1]),
	        "comparison", comparison, "slices", slices);
	return true;
}

static bool kpi_of(Assess *as, const Answers *a, const char *table, json_t **ret, GError **error)
{
	return scored_table(as->e, table, as->test_path, as->bundles[0], &as->t, a, error) &&
	       kpi_values(as->e, as->kpi, table, ret, error);
}

static bool kpi_part(Assess *as, json_t **ret, GError **error)
{
	json_auto_t *model = NULL, *baseline = NULL, *champion = NULL;
	if (!kpi_of(as, &as->answers[0], "scored", &model, error))
		return false;
	*ret = json_object();
	if (!json_object_size(as->kpi))
		return true;
	if (!kpi_of(as, &as->baseline, "scored_baseline", &baseline, error) ||
	        (as->count > 1 && !kpi_of(as, &as->answers[1], "scored_champion", &champion, error))) {
		json_decref(*ret);
		return false;
	}
	const char *name;
	json_t *value;
	json_object_foreach (model, name, value)
		json_object_set_new(*ret, name,
		        json_pack("{s:O,s:O,s:o}", "value", value, "baseline", json_object_get(baseline, name),
		                "champion", champion ? json_incref(json_object_get(champion, name)) : json_null()));
	return true;
}

/* Slices and the other looks at mistakes: all rows, columns cut by a sample of them. */
static bool mistakes_part(Assess *as, const RowSample *rows, json_t *evaluation, GError **error)
{
	g_autoptr(GPtrArray) names = columns_left_out(as->bundles[0]),
	                     facets = facets_of(rows->rows, (const char *const *)names->pdata);
	Mistakes m = {.e = as->e,
	        .test_path = as->test_path,
	        .train_path = as->train_path,
	        .out_of_fold = as->train_path ? as->out_of_fold : NULL,
	        .b = as->bundles[0],
	        .t = &as->t,
	        .a = &as->answers[0],
	        .champion = as->count > 1 ? &as->answers[1] : NULL,
	        .facets = facets};
	Cuts cuts;
	json_auto_t *slices = NULL, *errors = NULL;
	if (!mistakes_cut(&m, &cuts, error) || !find_slices(&cuts, m.t, m.a, as->metric, &slices, error) ||
	        !errors_of(&m, &cuts, &errors, error))
		return false;
	json_object_update(evaluation, slices);
	json_object_set(evaluation, "errors", errors);
	return true;
}

static bool work_together(const Bundle *b, const Frame *rows, const json_t *importance, json_t **ret, GError **error)
{
	size_t output;
	double mean;
	if (!rows->rows) {
		*ret = json_null();
		return true;
	}
	return effects_output(b, rows, &output, &mean, error) &&
	       interactions_of(b, rows, importance, output, ret, error);
}

static bool add_closer_look(Assess *as, json_t *evaluation, GError **error)
{
	RowSample rows = {0}, few = {0};
	json_auto_t *importance = NULL, *drivers = NULL, *effects = NULL, *together = NULL, *latency = NULL;
	const Bundle *b = as->bundles[0];
	bool ok = sample_take(as->e, as->test_path, &as->t, &as->answers[0], SLICE_ROWS, as->seed, &rows, error) &&
	          sample_take(as->e, as->test_path, &as->t, &as->answers[0], SHUFFLE_ROWS, as->seed, &few, error) &&
	          importance_of(b, few.rows, &few.t, as->metric, as->seed, &importance, error) &&
	          drivers_of(b, few.rows, importance, &drivers, error) &&
	          effects_of(b, few.rows, importance, &effects, error) &&
	          work_together(b, few.rows, importance, &together, error) &&
	          measure_latency(b, &few, &latency, error) && mistakes_part(as, &rows, evaluation, error);
	if (ok) {
		json_object_set_new(evaluation, "hardest", find_hardest(b, &rows, HARDEST));
		json_object_set(evaluation, "importance", importance);
		json_object_set(evaluation, "drivers", drivers);
		json_object_set(evaluation, "effects", effects);
		json_object_set(evaluation, "interactions", together);
		json_object_set(evaluation, "latency", latency);
	}
	sample_clear(&rows);
	sample_clear(&few);
	return ok;
}

static bool asks_fairness(const Assess *as)
{
	return json_array_size(json_object_get(as->fairness, "columns")) > 0;
}

static bool fairness_part(Assess *as, json_t **ret, GError **error)
{
	*ret = json_null();
	return !asks_fairness(as) || as->t.classes != 2 ||
	       fairness_of(as->e, as->test_path, as->fairness, &as->t, &as->answers[0], ret, error);
}

static void warn_of_drivers(const json_t *drivers, json_t *list)
{
	size_t i;
	json_t *entry;
	json_array_foreach (json_object_get(drivers, "disagree"), i, entry) {
		double share = json_get_number(entry, "share", 0), shuffled = json_get_number(entry, "shuffled", 0);
		json_array_append_new(list,
		        json_sprintf(share > shuffled
		                             ? "%s moves the answers much (%.0f %% of all) and makes them little "
		                               "better (%.0f %% of what shuffling costs): it may be fitted noise, "
		                               "or other columns tell the same"
		                             : "%s moves the answers little (%.0f %% of all) and yet much is lost "
		                               "without it (%.0f %% of what shuffling costs)",
		                json_get_text(entry, "column", ""), 100 * share, 100 * shuffled));
	}
}

static json_t *warnings_of(const Assess *as, const json_t *drivers)
{
	json_t *list = json_array();
	warn_of_drivers(drivers, list);
	if (as->t.rows < 200)
		json_array_append_new(list, json_string("fewer than 200 test rows: the figures may be far off"));
	if (as->t.strangers)
		json_array_append_new(list,
		        json_sprintf("%zu test rows have a label that no training row has: the metrics leave them out",
		                as->t.strangers));
	if (asks_fairness(as) && as->t.classes != 2)
		json_array_append_new(list, json_string("fairness is measured where there are two classes: left out"));
	if (as->mismatch)
		json_array_append_new(list, json_text(as->mismatch));
	return list;
}

bool evaluation_of(Assess *as, json_t **ret, GError **error)
{
	const json_t *roles = json_object_get(bundle_header(as->bundles[0]), "roles");
	Scored scored = scored_of(&as->t, &as->answers[0]);
	json_auto_t *champion = NULL, *kpi = NULL, *fairness = NULL;
	if (!kpi_part(as, &kpi, error) || !champion_part(as, &champion, error) || !fairness_part(as, &fairness, error))
		return false;
	json_auto_t *evaluation = json_pack("{s:O,s:O,s:O?,s:O?,s:s,s:I,s:f}", "task", json_object_get(roles, "task"),
	        "target", json_object_get(roles, "target"), "positive", json_object_get(roles, "positive"), "classes",
	        json_object_get(roles, "classes"), "metric", as->metric->name, "rows", (json_int_t)as->t.rows, "level",
	        0.95);
	json_object_set_new(evaluation, "model", model_part(as));
	json_object_set_new(evaluation, "baseline", json_pack("{s:o}", "metrics", intervals(as, &as->baseline)));
	json_object_set(evaluation, "champion", champion);
	json_object_set(evaluation, "kpi", kpi);
	json_object_set(evaluation, "fairness", fairness);
	json_object_set(evaluation, "nested", as->nested ? as->nested : json_null());
	json_object_set_new(evaluation, "curves", curves_of(&scored));
	if (!add_closer_look(as, evaluation, error))
		return false;
	json_object_set_new(evaluation, "warnings", warnings_of(as, json_object_get(evaluation, "drivers")));
	*ret = json_incref(evaluation);
	return true;
}
