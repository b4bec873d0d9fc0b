/* profile.c: the op `data profile`: what is in the data, as text and pictures for a terminal. */
#include "data/profile.h"

#include <string.h>

#include "base/error.h"
#include "base/json.h"
#include "op/desk.h"

static const Param PARAMS[] = {
        {"width", PARAM_INT, "columns of the text", "100", .min = 40, .max = 1000},
        {NULL},
};

/* The profile of the newest data there is one of. */
static bool newest(const Desk *d, json_t **ret, GError **error)
{
	json_auto_t *row = NULL, *outputs = NULL;
	if (!meta_row(d->meta,
	            "SELECT r.outputs FROM step_results r JOIN step_keys k ON k.key = r.key WHERE k.kind = 'profile' "
	            "ORDER BY r.created DESC LIMIT 1",
	            NULL, &row, error))
		return false;
	if (!row)
		return fail(error, FAIL_NOT_FOUND, "there is no profile yet; try: gyre run profile");
	const char *text = json_get_text(row, "outputs", "{}");
	return json_parse("outputs", text, strlen(text), &outputs, error) &&
	       desk_json(d, json_get_text(json_object_get(outputs, "profile"), "digest", ""), ret, error);
}

static bool run(App *app, const json_t *in, json_t **ret, GError **error)
{
	Desk d;
	json_auto_t *profile = NULL;
	if (!desk_open(app, &d, error))
		return false;
	bool ok = newest(&d, &profile, error);
	desk_clear(&d);
	if (!ok)
		return false;
	if (app->is_json) {
		*ret = json_incref(profile);
		return true;
	}
	g_autofree char *text = profile_text(profile, (int)json_get_int(in, "width", 100));
	*ret = json_pack("{s:o}", "text", json_text(text));
	return true;
}

const Op OP_DATA_PROFILE = {
        .name = "data.profile",
        .help = "show what is in the data: every column, how they go together, what stands out",
        .more = "JSON: as data/profile.h",
        .params = PARAMS,
        .run = run,
};
