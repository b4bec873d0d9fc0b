/* new.c: the op `new`: looks at the data and writes the project's gyre.yaml. */
#include <errno.h>
#include <glib/gstdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/file.h"
#include "base/json.h"
#include "op/op.h"
#include "project/draft.h"
#include "project/inspect.h"
#include "project/project.h"

static const Param PARAMS[] = {
        {"data", PARAM_TEXT, "CSV, TSV, JSON lines or Parquet, compressed or a glob of them",
                .flags = PARAM_POSITIONAL | PARAM_REQUIRED},
        {"folder", PARAM_TEXT, "the project's folder; made if absent; the current one if not given", "\".\"",
                .flags = PARAM_POSITIONAL},
        {"target", PARAM_TEXT, "the column to predict", .flags = PARAM_REQUIRED, .letter = 't', .unit = "COLUMN"},
        {"force", PARAM_BOOL, "replace a gyre.yaml that is there", "false", .letter = 'f'},
        {NULL},
};

/* The data's path as gyre.yaml will say it: relative where the data lies in the project, else absolute; a glob stays one. */
static bool path_for(const char *data, const char *folder, char **ret, GError **error)
{
	g_autofree char *name = g_path_get_basename(data), *parent = g_path_get_dirname(data);
	g_autofree char *from = realpath(folder, NULL), *there = realpath(parent, NULL);
	if (!from || !there)
		return fail_errno(error, errno, "cannot open the folder %s", from ? parent : folder);
	g_autofree char *full = g_build_filename(there, name, NULL);
	size_t length = strlen(from);
	bool inside = g_str_has_prefix(full, from) && full[length] == '/';
	*ret = g_strdup(inside ? full + length + 1 : full);
	return true;
}

/* The source's name: the file's, up to its first dot, as a word SQL takes without quotes. */
static char *source_name(const char *path)
{
	g_autofree char *base = g_path_get_basename(path);
	char *name = g_strndup(base, strcspn(base, "."));
	g_strcanon(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_", '_');
	if (*name && !g_ascii_isdigit(*name))
		return name;
	g_free(name);
	return g_strdup("data");
}

static bool inspect(const char *path, const char *folder, const char *target, json_t **ret, GError **error)
{
	g_autofree char *scratch = g_dir_make_tmp("gyre-new-XXXXXX", error);
	if (!scratch)
		return false;
	EngineLimits limits = {.scratch = scratch};
	g_autofree char *name = source_name(path);
	json_auto_t *data = json_pack("{s:{s:{s:s,s:s}}}", "sources", name, "kind", "file", "path", path);
	g_autoptr(Engine) e = NULL;
	bool ok = engine_open(&limits, &e, error) && inspect_data(e, folder, data, target, ret, error);
	g_clear_pointer(&e, engine_close);
	file_remove(scratch, NULL);
	return ok;
}

static void tell(json_t *told, const char *format, ...) G_GNUC_PRINTF(2, 3);
static void tell(json_t *told, const char *format, ...)
{
	va_list args;
	va_start(args, format);
	g_autofree char *sentence = g_strdup_vprintf(format, args);
	va_end(args);
	json_array_append_new(told, json_text(sentence));
}

/* The findings as sentences, in the order of the file. */
static json_t *told_of(const json_t *findings)
{
	static const char *const REASONED[] = {"time", "group", "key"};
	json_t *told = json_array(), *entry;
	size_t i;
	tell(told, "%d rows, %d columns", (int)json_get_int(findings, "rows", 0),
	        (int)json_get_int(findings, "columns", 0));
	json_array_foreach ((json_t *)json_at(findings, "goal.reasons"), i, entry)
		tell(told, "task: %s", json_string_value(entry));
	for (i = 0; i < G_N_ELEMENTS(REASONED); i++)
		if (json_is_object(json_object_get(findings, REASONED[i])))
			tell(told, "%s: %s", REASONED[i],
			        json_get_text(json_object_get(findings, REASONED[i]), "reason", ""));
	json_array_foreach (json_object_get(findings, "drop"), i, entry)
		tell(told, "drop %s: %s", json_get_text(entry, "column", ""), json_get_text(entry, "reason", ""));
	tell(told, "split: %s", json_get_text(json_object_get(findings, "split"), "reason", ""));
	tell(told, "%zu checks", json_array_size(json_object_get(findings, "checks")));
	json_array_foreach (json_object_get(findings, "notes"), i, entry)
		tell(told, "note: %s", json_string_value(entry));
	return told;
}

/* The folder is made last of all, so that data that cannot be read leaves nothing behind; a relative path needs it before. */
static bool draft(const json_t *in, bool *made, json_t **ret, GError **error)
{
	const char *folder = json_get_text(in, "folder", "."), *data = json_get_text(in, "data", "");
	g_autofree char *file = g_build_filename(folder, PROJECT_FILE, NULL), *path = NULL;
	json_auto_t *findings = NULL;
	*made = !g_file_test(folder, G_FILE_TEST_EXISTS);
	if (g_file_test(file, G_FILE_TEST_EXISTS) && !json_get_bool(in, "force", false))
		return fail(error, FAIL_CONFLICT, "%s is there already; --force replaces it", file);
	if (!file_make_folder(folder, error) || !path_for(data, folder, &path, error) ||
	        !inspect(path, folder, json_get_text(in, "target", ""), &findings, error))
		return false;
	g_autofree char *text = draft_yaml(findings);
	if (!file_write(file, text, strlen(text), error))
		return false;
	*ret = json_pack("{s:s,s:o,s:O}", "file", file, "told", told_of(findings), "findings", findings);
	return true;
}

static bool run(App *app, const json_t *in, json_t **ret, GError **error)
{
	bool made = false;
	(void)app;
	if (draft(in, &made, ret, error))
		return true;
	if (made)
		g_rmdir(json_get_text(in, "folder", "."));
	return false;
}

const Op OP_NEW = {
        .name = "new",
        .help = "start a project: look at the data and write gyre.yaml",
        .more = "  gyre new DATA.csv --target COLUMN [FOLDER]\n"
                "JSON: {\"file\", \"told\": [sentences], \"findings\": {...} (project/inspect.h)}",
        .effect = OP_WRITE,
        .params = PARAMS,
        .run = run,
};
