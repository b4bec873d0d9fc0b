/* outcome.c: the op `outcome`: what predictions turned out to be. */
#include <string.h>

#include "base/error.h"
#include "base/json.h"
#include "op/desk.h"
#include "serve/outcome.h"

static const Param PARAMS[] = {
        {"id", PARAM_TEXT, "id of a prediction (the answer's X-Request-Id, with /ROW for a request of several rows)",
                .flags = PARAM_POSITIONAL},
        {"value", PARAM_JSON, "the label or number; null takes it back", .flags = PARAM_POSITIONAL},
        {"observed", PARAM_TEXT, "when it became known, as ISO time; now when absent"},
        {"outcomes", PARAM_JSON, "many at once: a list of {\"id\", \"value\", \"observed\"}"},
        {"model", PARAM_TEXT, "name of the model; the project's own when absent"},
        {NULL},
};

/* One from id and value, or the list. */
static bool gather(const json_t *in, json_t **ret, GError **error)
{
	json_t *list = json_object_get(in, "outcomes"), *id = json_object_get(in, "id"),
	       *value = json_object_get(in, "value"), *observed = json_object_get(in, "observed");
	if (!list == !id)
		return fail(error, FAIL_INVALID, "give an id and a value, or \"outcomes\", a list of them");
	if (list) {
		*ret = json_incref(list);
		return true;
	}
	if (!value)
		return fail(error, FAIL_INVALID, "give the value beside the id");
	*ret = json_pack("[{s:O,s:O,s:O*}]", "id", id, "value", value, "observed", observed);
	return true;
}

static bool run(App *app, const json_t *in, json_t **ret, GError **error)
{
	Desk d;
	json_auto_t *outcomes = NULL;
	if (!gather(in, &outcomes, error) || !desk_open(app, &d, error))
		return false;
	const char *model = json_get_text(in, "model", json_get_text(yaml_root(d.project->yaml), "project", ""));
	bool ok = outcome_add(d.meta, model, outcomes, ret, error);
	desk_clear(&d);
	return ok;
}

const Op OP_OUTCOME = {
        .name = "outcome",
        .help = "say what a prediction turned out to be",
        .more = "In any order, any time later, twice or corrected: the newest word wins.  POST /api/v1/outcome takes "
                "the same.\n"
                "JSON: {\"new\", \"changed\", \"same\"}: how many were taken",
        .effect = OP_WRITE,
        .remote = true,
        .params = PARAMS,
        .run = run,
};
