/* model.c: the ops on registered models. */
#include <string.h>

#include "base/error.h"
#include "base/json.h"
#include "op/deploy.h"
#include "registry/registry.h"
#include "track/track.h"

static const Param NO_PARAMS[] = {{NULL}};

static json_t *model_line(const json_t *model)
{
	return json_pack("{s:O,s:O,s:O,s:o}", "name", json_object_get(model, "name"), "versions",
	        json_object_get(model, "versions"), "champion", json_object_get(model, "champion"), "updated",
	        time_json(json_get_int(model, "updated", 0)));
}

static bool list(App *app, const json_t *in, json_t **ret, GError **error)
{
	Desk d;
	json_auto_t *models = NULL;
	(void)in;
	if (!desk_open(app, &d, error))
		return false;
	bool ok = registry_models(d.meta, &models, error);
	desk_clear(&d);
	if (!ok)
		return false;
	json_t *lines = json_array();
	size_t i;
	json_t *model;
	json_array_foreach (models, i, model)
		json_array_append_new(lines, model_line(model));
	*ret = json_pack("{s:o}", "models", lines);
	return true;
}

const Op OP_MODEL_LS = {
        .name = "model.ls",
        .help = "list the registered models",
        .more = "JSON: {\"models\": [{\"name\", \"versions\", \"champion\": version or null, \"updated\"}]}",
        .remote = true,
        .params = NO_PARAMS,
        .run = list,
};

/* Where the version came from: what its run wrote down of code, configuration and data. */
static bool add_origin(const Desk *d, json_t *version, GError **error)
{
	const char *run_id = json_get_text(version, "run_id", NULL);
	json_auto_t *run = NULL;
	g_autoptr(GError) problem = NULL;
	if (!run_id || !track_get(d->meta, run_id, &run, &problem))
		return !problem || problem->code == FAIL_NOT_FOUND ||
		       (g_propagate_error(error, g_steal_pointer(&problem)), false);
	json_object_set(version, "origin", json_object_get(run, "tags"));
	return true;
}

static bool show_version(const Desk *d, const char *reference, json_t **ret, GError **error)
{
	json_auto_t *version = NULL, *moves = NULL;
	if (!registry_get(d->meta, reference, &version, error) || !add_origin(d, version, error) ||
	        !registry_moves(d->meta, json_get_text(version, "name", ""), &moves, error))
		return false;
	json_object_set_new(version, "created", time_json(json_get_int(version, "created", 0)));
	size_t i;
	json_t *move;
	json_array_foreach (moves, i, move)
		json_object_set_new(move, "at", time_json(json_get_int(move, "at", 0)));
	json_object_set(version, "moves", moves);
	*ret = json_incref(version);
	return true;
}

static const Param SHOW_PARAMS[] = {
        {"model", PARAM_TEXT, "NAME, NAME@3 or NAME@champion", .flags = PARAM_POSITIONAL},
        {NULL},
};

static bool show(App *app, const json_t *in, json_t **ret, GError **error)
{
	Desk d;
	if (!desk_open(app, &d, error))
		return false;
	const char *given = json_get_text(in, "model", NULL);
	bool ok =
	        show_version(&d, given ? given : json_get_text(yaml_root(d.project->yaml), "project", ""), ret, error);
	desk_clear(&d);
	return ok;
}

const Op OP_MODEL_SHOW = {
        .name = "model.show",
        .help = "show a version of a model: figures, gate, where it came from",
        .more = "Without a name: the project's own model.\n"
                "JSON: {\"name\", \"version\", \"digest\", \"created\", \"aliases\": [], \"run_id\", \"about\": {...}, "
                "\"origin\": {...}, \"moves\": []}",
        .remote = true,
        .params = SHOW_PARAMS,
        .run = show,
};

static const Param PROMOTE_PARAMS[] = {
        {"model", PARAM_TEXT, "NAME@VERSION", .flags = PARAM_POSITIONAL | PARAM_REQUIRED},
        {"alias", PARAM_TEXT, "the alias to move", "\"champion\""},
        {"override", PARAM_BOOL,
                "promote although the gate said no, or it wants other inputs than the version in use; needs --by and "
                "--reason",
                "false"},
        {"unchecked", PARAM_BOOL, "do not try it in a server of its own first", "false"},
        {"by", PARAM_TEXT, "who decides; kept on record"},
        {"reason", PARAM_TEXT, "why; kept on record"},
        {NULL},
};

/* The gate's word stands unless a named person takes it on them. */
static bool may_promote(const json_t *version, const json_t *in, GError **error)
{
	const json_t *gate = json_at(version, "about.gate");
	bool passed = json_get_bool(gate, "pass", false), override = json_get_bool(in, "override", false);
	if (passed && !override)
		return true;
	if (!override)
		return fail(error, FAIL_CONFLICT,
		        "%s@%d did not pass the gate (gyre model show); to promote it all the same: --override --by "
		        "NAME --reason WHY",
		        json_get_text(version, "name", ""), (int)json_get_int(version, "version", 0));
	if (!*json_get_text(in, "by", "") || !*json_get_text(in, "reason", ""))
		return fail(error, FAIL_INVALID, "an override needs a person and a reason: --by NAME --reason WHY");
	return true;
}

/* What is to answer every request is tried first (serve/infra.h). */
static bool try_version(const Desk *d, const char *name, int number, const json_t *in, GError **error)
{
	json_auto_t *served = NULL, *check = NULL;
	if (json_get_bool(in, "unchecked", false) ||
	        g_strcmp0(json_get_text(in, "alias", ALIAS_CHAMPION), ALIAS_CHAMPION) != 0)
		return true;
	if (!registry_get(d->meta, name, &served, error))
		return false;
	int stable = json_get_bool(in, "override", false) ? 0 : (int)json_get_int(served, "version", 0);
	if (!deploy_try(d, name, number, stable == number ? 0 : stable, &check, error))
		return false;
	return json_get_bool(check, "pass", false) ||
	       fail(error, FAIL_CONFLICT,
	               "%s@%d is not fit for production: %s (to promote it all the same: --unchecked)", name, number,
	               json_get_text(check, "reason", ""));
}

static bool promote_in(const Desk *d, const json_t *in, json_t **ret, GError **error)
{
	json_auto_t *version = NULL;
	const char *person;
	if (!deploy_person(in, &person, error) ||
	        !registry_get(d->meta, json_get_text(in, "model", ""), &version, error) ||
	        !may_promote(version, in, error))
		return false;
	const char *name = json_get_text(version, "name", ""), *alias = json_get_text(in, "alias", ALIAS_CHAMPION);
	int number = (int)json_get_int(version, "version", 0);
	bool override = json_get_bool(in, "override", false);
	if (!try_version(d, name, number, in, error))
		return false;
	if (!registry_move(d->meta, name, alias, number, override ? "override" : "gate", person,
	            json_get_text(in, "reason", NULL), error))
		return false;
	*ret = json_pack("{s:s,s:i,s:s,s:s}", "name", name, "version", number, "alias", alias, "by", person);
	return true;
}

static bool promote(App *app, const json_t *in, json_t **ret, GError **error)
{
	Desk d;
	if (!desk_open(app, &d, error))
		return false;
	bool ok = promote_in(&d, in, ret, error);
	desk_clear(&d);
	return ok;
}

const Op OP_MODEL_PROMOTE = {
        .name = "model.promote",
        .help = "make a version the champion",
        .more = "A version that the gate rejected needs --override, a person and a reason.  It is tried in a server of "
                "its own first, as\n"
                "`gyre deploy check` does.\n"
                "JSON: {\"name\", \"version\", \"alias\", \"by\"}",
        .effect = OP_WRITE,
        .remote = true,
        .is_long = true,
        .params = PROMOTE_PARAMS,
        .run = promote,
};

static const Param ROLLBACK_PARAMS[] = {
        {"model", PARAM_TEXT, "name of the model; the project's own when absent", .flags = PARAM_POSITIONAL},
        {"alias", PARAM_TEXT, "the alias to move back", "\"champion\""},
        {"by", PARAM_TEXT, "who decides; kept on record"},
        {NULL},
};

static bool rollback(App *app, const json_t *in, json_t **ret, GError **error)
{
	Desk d;
	int version;
	if (!desk_open(app, &d, error))
		return false;
	const char *given = json_get_text(in, "model", NULL), *alias = json_get_text(in, "alias", ALIAS_CHAMPION);
	g_autofree char *name = g_strdup(given ? given : json_get_text(yaml_root(d.project->yaml), "project", ""));
	const char *person;
	bool ok = deploy_person(in, &person, error) && registry_rollback(d.meta, name, alias, person, &version, error);
	desk_clear(&d);
	if (ok)
		*ret = json_pack("{s:s,s:i,s:s,s:s}", "name", name, "version", version, "alias", alias, "by", person);
	return ok;
}

const Op OP_MODEL_ROLLBACK = {
        .name = "model.rollback",
        .help = "give the former champion its place back",
        .more = "JSON: {\"name\", \"version\", \"alias\", \"by\"}",
        .effect = OP_WRITE,
        .remote = true,
        .params = ROLLBACK_PARAMS,
        .run = rollback,
};
