/* champion.c: which bundle a new one is held against. */
#include "project/champion.h"

#include <string.h>

#include "base/json.h"
#include "registry/registry.h"

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
