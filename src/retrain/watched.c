/* watched.c: what the trigger new_data looks at. */
#include "retrain/watched.h"

#include <glob.h>
#include <string.h>
#include <sys/stat.h>

#include "base/error.h"
#include "base/json.h"
#include "base/limits.h"
#include "data/engine.h"
#include "data/source.h"
#include "data/user_query.h"

static bool add_file(json_t *found, const char *path, GError **error)
{
	struct stat about;
	if (stat(path, &about) != 0 || !S_ISREG(about.st_mode))
		return true;
	if (json_object_size(found) >= LIMIT_WATCHED_FILES)
		return fail(error, FAIL_LIMIT, "more than %d files are watched: watch a folder that holds fewer",
		        LIMIT_WATCHED_FILES);
	g_autofree char *sign = g_strdup_printf("%" G_GINT64_FORMAT ":%" G_GINT64_FORMAT ".%09ld",
	        (gint64)about.st_size, (gint64)about.st_mtim.tv_sec, about.st_mtim.tv_nsec);
	g_autofree char *name = g_utf8_make_valid(path, -1);
	json_object_set_new(found, name, json_string(sign));
	return true;
}

static bool add_folder(json_t *found, const char *path, GError **error)
{
	g_autoptr(GDir) dir = g_dir_open(path, 0, NULL);
	if (!dir)
		return fail(error, FAIL_UNAVAILABLE, "cannot list the folder %s", path);
	for (const char *name = g_dir_read_name(dir); name; name = g_dir_read_name(dir)) {
		g_autofree char *file = g_build_filename(path, name, NULL);
		if (name[0] != '.' && !add_file(found, file, error))
			return false;
	}
	return true;
}

static bool add_pattern(json_t *found, const char *pattern, GError **error)
{
	glob_t list = {0};
	bool ok = true;
	if (glob(pattern, GLOB_NOSORT, NULL, &list) == 0)
		for (size_t i = 0; ok && i < list.gl_pathc; i++)
			ok = add_file(found, list.gl_pathv[i], error);
	globfree(&list);
	return ok;
}

static bool add_named(json_t *found, const char *folder, const char *name, GError **error)
{
	g_autofree char *path = g_path_is_absolute(name) ? g_strdup(name) : g_build_filename(folder, name, NULL);
	if (g_file_test(path, G_FILE_TEST_IS_DIR))
		return add_folder(found, path, error);
	return g_file_test(path, G_FILE_TEST_EXISTS) ? add_file(found, path, error) : add_pattern(found, path, error);
}

static bool add_sources(json_t *found, const char *folder, const json_t *sources, GError **error)
{
	g_autoptr(GPtrArray) paths = g_ptr_array_new_with_free_func(g_free);
	json_auto_t *counts = NULL;
	if (!sources_files(folder, sources, paths, &counts, error))
		return false;
	for (guint i = 0; i < paths->len; i++)
		if (!add_file(found, paths->pdata[i], error))
			return false;
	return true;
}

bool watched_files(const char *folder, const json_t *watch, const json_t *sources, json_t **ret, GError **error)
{
	json_auto_t *found = json_object();
	size_t i;
	json_t *name;
	json_array_foreach ((json_t *)watch, i, name)
		if (!add_named(found, folder, json_string_value(name), error))
			return false;
	if (json_array_size(watch) == 0 && !add_sources(found, folder, sources, error))
		return false;
	*ret = g_steal_pointer(&found);
	return true;
}

static bool one_value(const json_t *rows, json_t **ret, GError **error)
{
	const json_t *row = json_array_get(rows, 0);
	if (json_array_size(rows) != 1 || json_object_size(row) != 1)
		return fail(error, FAIL_INVALID,
		        "retrain.new_data.watermark must give one row with one value, not %zu rows",
		        json_array_size(rows));
	*ret = json_incref(json_object_iter_value(json_object_iter((json_t *)row)));
	return true;
}

bool watched_value(const char *folder, const json_t *sources, const char *sql, const char *state_folder, json_t **ret,
        GError **error)
{
	EngineLimits limits = {.threads = 1, .memory_mb = 512, .scratch = state_folder};
	g_autoptr(Engine) e = NULL;
	g_autoptr(GPtrArray) paths = g_ptr_array_new_with_free_func(g_free);
	g_autofree char *query = user_query_trim(sql);
	json_auto_t *rows = NULL;
	return engine_open(&limits, &e, error) && sources_open(e, folder, sources, paths, error) &&
	       user_query_confine(e, paths, error) && user_query_check(e, "retrain.new_data.watermark", query, error) &&
	       engine_rows(e, query, &rows, error) && one_value(rows, ret, error);
}
