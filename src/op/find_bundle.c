/* find_bundle.c: a path, or a reference into the registry. */
#include "op/find_bundle.h"

#include "base/json.h"
#include "registry/registry.h"

bool find_bundle(const App *app, const char *reference, char **ret, GError **error)
{
	Desk d;
	if (g_file_test(reference, G_FILE_TEST_IS_REGULAR)) {
		*ret = g_strdup(reference);
		return true;
	}
	if (!desk_open(app, &d, error))
		return false;
	json_auto_t *version = NULL;
	bool ok = registry_get(d.meta, reference, &version, error) &&
	          blobs_path(d.blobs, json_get_text(version, "digest", ""), ret, error);
	desk_clear(&d);
	return ok;
}
