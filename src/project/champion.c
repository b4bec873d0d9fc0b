/* champion.c: which bundle a new one is held against. */
#include "project/champion.h"

#include <string.h>

#include "base/error.h"
#include "base/json.h"
#include "pipeline/run.h"
#include "registry/registry.h"
#include "store/blobs.h"

/* The version that holds these bytes, or NULL. */
static const json_t *version_of(const json_t *versions, const char *digest)
{
	size_t i;
	json_t *version;
	json_array_foreach ((json_t *)versions, i, version)
		if (g_strcmp0(json_get_text(version, "digest", NULL), digest) == 0)
			return version;
	return NULL;
}

/* The one these very bytes were judged against when they were registered; else the champion of now. */
static bool choose(Meta *m, const char *model, const char *bundle, char **ret_digest, GError **error)
{
	json_auto_t *versions = NULL, *champion = NULL;
	if (!registry_alias(m, model, ALIAS_CHAMPION, &champion, error))
		return false;
	const char *now = json_get_text(champion, "digest", NULL);
	if (!now || g_strcmp0(now, bundle) != 0) {
		*ret_digest = g_strdup(now);
		return true;
	}
	if (!registry_versions(m, model, &versions, error))
		return false;
	const json_t *then = json_at(version_of(versions, bundle), "about.judged_against");
	*ret_digest = g_strdup(json_string_value(then));
	return true;
}

bool champion_choose(void *context, const json_t *known, char **ret_digest, GError **error)
{
	const Champion *c = context;
	g_autoptr(Meta) m = NULL;
	return meta_open(c->state_folder, &m, error) &&
	       choose(m, c->model, json_get_text(known, "bundle", NULL), ret_digest, error);
}

static bool in_use(const Champion *c, Meta *m, json_t **ret, GError **error)
{
	if (!registry_alias(m, c->model, ALIAS_CHAMPION, ret, error))
		return false;
	return *ret || fail(error, FAIL_NOT_FOUND, "%s has no champion that could learn on: gyre run", c->model);
}

bool champion_choose_bundle(void *context, const json_t *known, char **ret_digest, GError **error)
{
	const Champion *c = context;
	g_autoptr(Meta) m = NULL;
	json_auto_t *champion = NULL;
	(void)known;
	if (!meta_open(c->state_folder, &m, error) || !in_use(c, m, &champion, error))
		return false;
	*ret_digest = g_strdup(json_get_text(champion, "digest", ""));
	return true;
}

static const char *learnt_by(const json_t *record)
{
	size_t i;
	json_t *step;
	json_array_foreach (json_object_get(record, "steps"), i, step)
		if (g_strcmp0(json_get_text(step, "name", NULL), "split") == 0)
			return json_get_text(json_object_get(step, "outputs"), "train", NULL);
	return NULL;
}

bool champion_choose_rows(void *context, const json_t *known, char **ret_digest, GError **error)
{
	const Champion *c = context;
	g_autoptr(Meta) m = NULL;
	g_autoptr(Blobs) b = NULL;
	json_auto_t *champion = NULL, *record = NULL;
	(void)known;
	if (!meta_open(c->state_folder, &m, error) || !blobs_open(c->state_folder, &b, error) ||
	        !in_use(c, m, &champion, error))
		return false;
	const char *run_id = json_get_text(champion, "run_id", NULL);
	if (run_id && !plan_run_record(m, run_id, &record, error))
		return false;
	const char *digest = learnt_by(record);
	if (!digest || !blobs_has(b, digest, -1))
		return fail(error, FAIL_NOT_FOUND,
		        "the rows that %s@%d learnt from are gone, so nobody can say what is fresh to it: train anew "
		        "(mode: "
		        "retrain)",
		        c->model, (int)json_get_int(champion, "version", 0));
	*ret_digest = g_strdup(digest);
	return true;
}
