/* lineage.c: the op `lineage`: what an artifact was made from, and what was made of it. */
#include <string.h>

#include "base/digest.h"
#include "base/error.h"
#include "base/json.h"
#include "op/desk.h"
#include "pipeline/lineage.h"
#include "registry/registry.h"

static const char *const DIRECTIONS[] = {"up", "down", NULL};
static const Param PARAMS[] = {
        {"of", PARAM_TEXT, "a digest, or a model (NAME, NAME@3)", .flags = PARAM_POSITIONAL | PARAM_REQUIRED},
        {"direction", PARAM_TEXT, "up: what it was made from; down: what was made of it", "\"up\"",
                .choices = DIRECTIONS},
        {NULL},
};

static bool digest_named(const Desk *d, const char *of, char **ret, GError **error)
{
	json_auto_t *version = NULL;
	if (digest_is_valid(of)) {
		*ret = g_strdup(of);
		return true;
	}
	if (!registry_get(d->meta, of, &version, error))
		return false;
	*ret = g_strdup(json_get_text(version, "digest", ""));
	return true;
}

/* Times are for people here, as in other ops. */
static void tell_times(json_t *lineage)
{
	size_t i;
	json_t *step;
	json_array_foreach (json_object_get(lineage, "steps"), i, step)
		json_object_set_new(step, "created", time_json(json_get_int(step, "created", 0)));
}

static bool run(App *app, const json_t *in, json_t **ret, GError **error)
{
	Desk d;
	g_autofree char *digest = NULL;
	if (!desk_open(app, &d, error))
		return false;
	bool up = strcmp(json_get_text(in, "direction", "up"), "up") == 0;
	bool ok = digest_named(&d, json_get_text(in, "of", ""), &digest, error) &&
	          lineage_of(d.meta, digest, up ? LINEAGE_UP : LINEAGE_DOWN, ret, error);
	desk_clear(&d);
	if (ok)
		tell_times(*ret);
	return ok;
}

const Op OP_LINEAGE = {
        .name = "lineage",
        .help = "tell what a model or artifact was made from, or what was made of it",
        .more = "JSON: {\"digest\", \"direction\", \"steps\": [{\"key\", \"step\", \"kind\", \"depth\", \"run\", "
                "\"runs\", \"created\": "
                "time,\n\"inputs\": {name: digest}, \"outputs\": {name: digest}}], nearest first, \"files\": {digest: "
                "path}}",

        .remote = true,
        .params = PARAMS,
        .run = run,
};
