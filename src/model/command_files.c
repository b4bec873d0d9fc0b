/* command_files.c: which files of a project the family `command` needs. */
#include "model/command_files.h"

#include <string.h>

#include "base/error.h"

static bool is_below(const char *relative)
{
	g_auto(GStrv) parts = g_strsplit(relative, "/", -1);
	return *relative && !g_path_is_absolute(relative) && !g_strv_contains((const char *const *)parts, "..");
}

static void add(GPtrArray *all, const char *name)
{
	for (guint i = 0; i < all->len; i++)
		if (strcmp(all->pdata[i], name) == 0)
			return;
	g_ptr_array_add(all, g_strdup(name));
}

static void add_words(const char *folder, const json_t *words, GPtrArray *all)
{
	size_t i;
	json_t *word;
	json_array_foreach (words, i, word) {
		const char *name = json_is_string(word) ? json_string_value(word) : "";
		g_autofree char *path = g_build_filename(folder, name, NULL);
		if (is_below(name) && g_file_test(path, G_FILE_TEST_IS_REGULAR))
			add(all, name);
	}
}

static int by_name(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

bool command_files(const char *folder, const json_t *params, GPtrArray *ret, GError **error)
{
	size_t i;
	json_t *file;
	json_array_foreach (json_object_get(params, "files"), i, file) {
		const char *name = json_is_string(file) ? json_string_value(file) : "";
		g_autofree char *path = g_build_filename(folder, name, NULL);
		if (!is_below(name))
			return fail(error, FAIL_INVALID,
			        "models.params.command: files: \"%s\" is no file of the project", name);
		if (!g_file_test(path, G_FILE_TEST_IS_REGULAR))
			return fail(error, FAIL_NOT_FOUND, "models.params.command: files: there is no file %s", path);
		add(ret, name);
	}
	add_words(folder, json_object_get(params, "train"), ret);
	add_words(folder, json_object_get(params, "predict"), ret);
	g_ptr_array_sort(ret, by_name);
	return true;
}
