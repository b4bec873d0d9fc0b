/* data_diff.c: the op `data diff`. */
#include "base/file.h"
#include "base/json.h"
#include "data/version.h"
#include "op/versions.h"

static const Param DIFF_PARAMS[] = {
        {"a", PARAM_TEXT, "a version's digest, or its first characters", .flags = PARAM_POSITIONAL | PARAM_REQUIRED},
        {"b", PARAM_TEXT, "another; the newest when absent", .flags = PARAM_POSITIONAL},
        {NULL},
};

static bool diff_paths(const char *a, const char *b, json_t **ret, GError **error)
{
	g_autofree char *scratch = g_dir_make_tmp("gyre-diff-XXXXXX", error);
	if (!scratch)
		return false;
	EngineLimits limits = {.scratch = scratch};
	g_autoptr(Engine) e = NULL;
	bool ok = engine_open(&limits, &e, error) && version_diff(e, a, b, ret, error);
	g_clear_pointer(&e, engine_close);
	file_remove(scratch, NULL);
	return ok;
}

static bool diff_in(const Desk *d, const json_t *in, json_t **ret, GError **error)
{
	json_auto_t *versions = NULL;
	g_autofree char *path_a = NULL, *path_b = NULL;
	if (!versions_of(d, &versions, error))
		return false;
	json_t *a = versions_find(versions, json_get_text(in, "a", NULL), error);
	json_t *b = a ? versions_find(versions, json_get_text(in, "b", NULL), error) : NULL;
	if (!a || !b || !blobs_path(d->blobs, json_get_text(a, "digest", ""), &path_a, error) ||
	        !blobs_path(d->blobs, json_get_text(b, "digest", ""), &path_b, error) ||
	        !diff_paths(path_a, path_b, ret, error))
		return false;
	json_object_set(*ret, "a", json_object_get(a, "digest"));
	json_object_set(*ret, "b", json_object_get(b, "digest"));
	return true;
}

static bool diff(App *app, const json_t *in, json_t **ret, GError **error)
{
	Desk d;
	if (!desk_open(app, &d, error))
		return false;
	bool ok = diff_in(&d, in, ret, error);
	desk_clear(&d);
	return ok;
}

const Op OP_DATA_DIFF = {
        .name = "data.diff",
        .help = "say what changed between two versions of the data",
        .more = "JSON: as data/version.h, and \"a\", \"b\": the digests",
        .params = DIFF_PARAMS,
        .run = diff,
};
