/* model_look.c: the evaluation of a registered version, and the ops `model fairness` and `model errors`. */
#include "op/model_look.h"

#include "base/error.h"
#include "base/json.h"
#include "op/summary.h"
#include "pipeline/run.h"
#include "registry/registry.h"

const Param MODEL_LOOK_PARAMS[] = {
        {"model", PARAM_TEXT, "NAME, NAME@3 or NAME@champion; the project's own model when absent",
                .flags = PARAM_POSITIONAL},
        {NULL},
};

static bool read_evaluation(const Desk *d, const char *reference, json_t **ret, GError **error)
{
	json_auto_t *version = NULL, *record = NULL, *evaluation = NULL;
	if (!registry_get(d->meta, reference, &version, error))
		return false;
	g_autofree char *name =
	        g_strdup_printf("%s@%d", json_get_text(version, "name", ""), (int)json_get_int(version, "version", 0));
	const char *run_id = json_get_text(version, "run_id", NULL);
	if (!run_id)
		return fail(error, FAIL_NOT_FOUND, "%s comes from no run, so it was not evaluated here", name);
	if (!plan_run_record(d->meta, run_id, &record, error))
		return false;
	const char *digest =
	        json_get_text(json_object_get(summary_step(record, "evaluate"), "outputs"), "evaluation", NULL);
	if (!digest)
		return fail(error, FAIL_NOT_FOUND, "the run of %s has no evaluation", name);
	if (!desk_json(d, digest, &evaluation, error))
		return false;
	json_object_set_new(evaluation, "name", json_string(name));
	*ret = json_incref(evaluation);
	return true;
}

bool model_look(App *app, const json_t *in, json_t **ret_evaluation, GError **error)
{
	Desk d;
	if (!desk_open(app, &d, error))
		return false;
	const char *given = json_get_text(in, "model", NULL);
	bool ok = read_evaluation(
	        &d, given ? given : json_get_text(yaml_root(d.project->yaml), "project", ""), ret_evaluation, error);
	desk_clear(&d);
	return ok;
}

static bool fairness(App *app, const json_t *in, json_t **ret, GError **error)
{
	json_auto_t *evaluation = NULL;
	if (!model_look(app, in, &evaluation, error))
		return false;
	const json_t *found = json_object_get(evaluation, "fairness");
	if (!json_is_object(found))
		return fail(error, FAIL_NOT_FOUND,
		        "%s was evaluated without groups; name them in gyre.yaml, fairness: {columns: [...]}, and run "
		        "again",
		        json_get_text(evaluation, "name", ""));
	*ret = json_pack("{s:O,s:O?}", "model", json_object_get(evaluation, "name"), "positive",
	        json_object_get(evaluation, "positive"));
	json_object_update(*ret, (json_t *)found);
	return true;
}

const Op OP_MODEL_FAIRNESS = {
        .name = "model.fairness",
        .help = "show how a model treats the groups of the fairness block",
        .more = "JSON: {\"model\", \"positive\", \"level\", \"min_rows\", \"columns\": {COLUMN: {\"groups\": "
                "[{\"group\", \"rows\", \"enough\",\n\"actual\", \"selection_rate\", \"tpr\", \"fpr\", \"ppv\": "
                "{\"value\", \"low\", \"high\", \"rows\"}, \"calibration\": {\"predicted\",\n\"actual\", \"gap\", "
                "\"bins\"}}], \"measures\": {NAME: {\"value\", \"low\", \"high\", \"most\", \"least\"}}}}}",
        .params = MODEL_LOOK_PARAMS,
        .run = fairness,
};

static bool errors(App *app, const json_t *in, json_t **ret, GError **error)
{
	json_auto_t *evaluation = NULL;
	if (!model_look(app, in, &evaluation, error))
		return false;
	const json_t *found = json_object_get(evaluation, "errors");
	if (!json_is_object(found))
		return fail(error, FAIL_NOT_FOUND, "%s was evaluated by an older version of this program; run again",
		        json_get_text(evaluation, "name", ""));
	*ret = json_pack("{s:O,s:O,s:O}", "model", json_object_get(evaluation, "name"), "rows",
	        json_object_get(evaluation, "rows"), "slices", json_object_get(evaluation, "slices"));
	json_object_update(*ret, (json_t *)found);
	json_object_set(*ret, "hardest", json_object_get(evaluation, "hardest"));
	return true;
}

const Op OP_MODEL_ERRORS = {
        .name = "model.errors",
        .help = "show where and how a model is wrong",
        .more = "Slices of one to three literals with a larger loss, kinds of rows by difficulty, values at which it "
                "leans to "
                "one side,\nerrors over time, labels that are probably wrong, and what the champion decides "
                "differently.\n\n"
                "JSON: {\"model\", \"rows\", \"slices\": {\"tried\", \"metric\", \"overall\", \"worst\"}, \"tree\": "
                "{\"rules\", \"explained\"}, \"residuals\",\n\"over_time\", \"suspects\", \"suspects_learnt\", "
                "\"disagreement\", "
                "\"hardest\"}; "
                "docs/errors.md has the form of each",
        .params = MODEL_LOOK_PARAMS,
        .run = errors,
};
