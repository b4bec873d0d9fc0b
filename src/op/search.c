/* search.c: the ops on studies that are kept in the project: anyone's program asks for trials and tells what came of them. */
#include <string.h>

#include "base/error.h"
#include "base/json.h"
#include "op/desk.h"
#include "op/search_space.h"
#include "search/study_store.h"

static const Param CREATE_PARAMS[] = {
        {"study", PARAM_TEXT, "its name", .flags = PARAM_POSITIONAL | PARAM_REQUIRED},
        {"space", PARAM_JSON, "file with the parameters (JSON), or the JSON itself", .flags = PARAM_REQUIRED,
                .unit = "FILE"},
        STUDY_PARAM_ROWS("0"),
        {NULL},
};

static bool create(App *app, const json_t *in, json_t **ret, GError **error)
{
	Desk d;
	g_autoptr(Study) old = NULL;
	const char *name = json_get_text(in, "study", "");
	json_auto_t *space = NULL, *settings = json_copy((json_t *)in);
	json_object_del(settings, "space");
	json_object_del(settings, "study");
	if (app->is_remote && !json_is_object(json_object_get(in, "space")))
		return fail(error, FAIL_INVALID, "space: over HTTP it is the JSON itself");
	if (!search_space(json_object_get(in, "space"), &space, error) || !desk_make(app, &d, error))
		return false;
	bool ok = study_store_create(d.meta, name, space, settings, &old, error);
	desk_clear(&d);
	if (ok)
		*ret = json_pack("{s:s,s:O,s:O?,s:i}", "study", name, "settings", settings, "trials_before",
		        old ? json_object_get(old->settings, "trials") : NULL, "asked",
		        old ? (int)old->trials->len : 0);
	return ok;
}

const Op OP_SEARCH_CREATE = {
        .name = "search.create",
        .remote = true,
        .help = "create a study, or extend it: parameters to tune, by programs that ask for trials and tell what came "
                "of "
                "them",
        .more = "The settings are those of `gyre search pipe`; by default every worker gets a trial as soon as it "
                "asks, chosen by "
                "all that is known then.  Created again with the same space and settings and another --trials, a study "
                "is extended (or ends sooner): what was asked for and told stays, and asking goes on from there.\n"
                "JSON: {\"study\", \"settings\": {...}, \"trials_before\": number of a study that was there|null, "
                "\"asked\": its trials so far}",
        .effect = OP_WRITE,
        .params = CREATE_PARAMS,
        .run = create,
};

static const Param NO_PARAMS[] = {{NULL}};

static bool list(App *app, const json_t *in, json_t **ret, GError **error)
{
	Desk d;
	json_t *studies = NULL, *study;
	size_t i;
	(void)in;
	if (!desk_open(app, &d, error))
		return false;
	bool ok = study_store_list(d.meta, &studies, error);
	desk_clear(&d);
	if (!ok)
		return false;
	json_array_foreach (studies, i, study)
		json_object_set_new(study, "created", time_json(json_get_int(study, "created", 0)));
	*ret = json_pack("{s:o}", "studies", studies);
	return true;
}

const Op OP_SEARCH_LS = {
        .name = "search.ls",
        .remote = true,
        .help = "list the studies, newest first",
        .more = "JSON: {\"studies\": [{\"study\", \"method\", \"created\", \"trials\", \"done\"}]}",
        .params = NO_PARAMS,
        .run = list,
};

static const Param ASK_PARAMS[] = {
        {"study", PARAM_TEXT, "its name", .flags = PARAM_POSITIONAL | PARAM_REQUIRED},
        {NULL},
};

static bool ask(App *app, const json_t *in, json_t **ret, GError **error)
{
	Desk d;
	json_auto_t *trial = NULL;
	bool is_waiting;
	const char *name = json_get_text(in, "study", "");
	if (!desk_make(app, &d, error))
		return false;
	bool ok = study_store_ask(d.meta, name, &trial, &is_waiting, error);
	desk_clear(&d);
	if (!ok)
		return false;
	app->status = trial ? STATUS_DONE : STATUS_NO;
	*ret = trial ? json_pack("{s:s,s:O,s:O,s:b}", "study", name, "trial", json_object_get(trial, "trial"), "params",
	                       json_object_get(trial, "params"), "waiting", 0)
	             : json_pack("{s:s,s:n,s:n,s:b}", "study", name, "trial", "params", "waiting", is_waiting);
	return true;
}

const Op OP_SEARCH_ASK = {
        .name = "search.ask",
        .remote = true,
        .help = "ask a study for the next trial",
        .more = "Ends with status 1 when there is none: because all are done, or because it waits for others "
                "(\"waiting\").  `gyre search create` with another --trials extends a study.\n"
                "JSON: {\"study\", \"trial\": number|null, \"params\": {...}|null, \"waiting\": bool}",
        .effect = OP_WRITE,
        .params = ASK_PARAMS,
        .run = ask,
};

static const Param TELL_PARAMS[] = {
        {"study", PARAM_TEXT, "its name", .flags = PARAM_POSITIONAL | PARAM_REQUIRED},
        {"trial", PARAM_INT, "number of the trial", .flags = PARAM_POSITIONAL | PARAM_REQUIRED},
        {"value", PARAM_REAL, "how good it was: done, unless there is a step", .flags = PARAM_POSITIONAL},
        {"values", PARAM_JSON, "the same with several objectives, as a list"},
        {"step", PARAM_INT, "on its way: the value is that of this step"},
        {"pruned", PARAM_BOOL, "it was given up", "false"},
        {"failed", PARAM_BOOL, "it came to nothing", "false"},
        {NULL},
};

static json_t *message_of(const json_t *in)
{
	static const char *const KEYS[] = {"trial", "value", "values", "step", NULL};
	json_t *message = json_object();
	for (const char *const *key = KEYS; *key; key++)
		if (json_object_get(in, *key))
			json_object_set(message, *key, json_object_get(in, *key));
	if (json_get_bool(in, "pruned", false))
		json_object_set_new(message, "pruned", json_true());
	if (json_get_bool(in, "failed", false))
		json_object_set_new(message, "failed", json_true());
	return message;
}

static bool tell(App *app, const json_t *in, json_t **ret, GError **error)
{
	Desk d;
	json_auto_t *message = message_of(in), *answer = NULL, *trial = NULL;
	const char *name = json_get_text(in, "study", "");
	if (!desk_make(app, &d, error))
		return false;
	bool ok = study_store_tell(d.meta, name, message, &answer, &trial, error);
	desk_clear(&d);
	if (!ok)
		return false;
	json_t *prune = json_object_get(answer, "prune");
	*ret = json_pack("{s:s,s:O,s:O,s:O}", "study", name, "trial", json_object_get(trial, "trial"), "state",
	        json_object_get(trial, "state"), "prune", prune ? prune : json_null());
	return true;
}

const Op OP_SEARCH_TELL = {
        .name = "search.tell",
        .remote = true,
        .help = "tell a study what came of a trial, or how it goes",
        .more = "JSON: {\"study\", \"trial\", \"state\": \"running\"|\"done\"|\"pruned\"|\"failed\", \"prune\": bool "
                "(to a step, where the "
                "study has a pruner)|null}",
        .effect = OP_WRITE,
        .params = TELL_PARAMS,
        .run = tell,
};
