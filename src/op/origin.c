/* origin.c: where a run's code and settings came from. */
#include "op/origin.h"

#include <string.h>

#include "base/digest.h"
#include "base/json.h"

/* What git says in the project's folder; NULL where there is no git or no repository.  Its output is bytes: free with
 * g_free. */
static char *git(const Project *p, const char *const *words)
{
	g_autoptr(GPtrArray) argv = g_ptr_array_new();
	char *out = NULL;
	int status = 0;
	g_ptr_array_add(argv, (void *)"git");
	for (; *words; words++)
		g_ptr_array_add(argv, (void *)*words);
	g_ptr_array_add(argv, NULL);
	if (!g_spawn_sync(p->folder, (char **)argv->pdata, NULL, G_SPAWN_SEARCH_PATH | G_SPAWN_STDERR_TO_DEV_NULL, NULL,
	            NULL, &out, NULL, &status, NULL))
		return NULL;
	if (status == 0)
		return out;
	g_free(out);
	return NULL;
}

static void add_git(const Project *p, json_t *tags)
{
	static const char *const HEAD[] = {"rev-parse", "HEAD", NULL};
	static const char *const DIFF[] = {"diff", "HEAD", "--no-ext-diff", "--binary", "--", ".", NULL};
	g_autofree char *commit = git(p, HEAD);
	if (!commit)
		return;
	json_object_set_new(tags, "mlflow.source.git.commit", json_text(g_strstrip(commit)));
	g_autofree char *diff = git(p, DIFF);
	if (!diff || !*diff)
		return;
	g_autofree char *digest = digest_of_bytes(diff, strlen(diff));
	json_object_set_new(tags, "gyre.git.diff", json_text(digest));
}

json_t *origin_tags(const Project *p)
{
	g_autofree char *config = digest_of_json(p->config);
	g_autofree char *seed = g_strdup_printf("%" G_GINT64_FORMAT, json_get_int(p->config, "seed", 1));
	json_t *tags = json_pack("{s:o,s:s,s:s,s:s,s:s,s:s,s:o}", "mlflow.user", json_text(g_get_user_name()),
	        "mlflow.source.type", "PROJECT", "mlflow.source.name", PROJECT_FILE, "gyre.config", config, "gyre.seed",
	        seed, "gyre.version", GYRE_VERSION, "gyre.host", json_text(g_get_host_name()));
	add_git(p, tags);
	return tags;
}
