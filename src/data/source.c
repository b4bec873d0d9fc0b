/* source.c: the table of source kinds, and blocks of several sources. */
#include "data/source.h"

#include <string.h>

#include "base/error.h"
#include "base/json.h"

extern const SourceKind SOURCE_FILE, SOURCE_SQLITE;
const SourceKind *const SOURCE_KINDS[] = {&SOURCE_FILE, &SOURCE_SQLITE, NULL};

const SourceKind *source_kind(const char *name)
{
	for (const SourceKind *const *kind = SOURCE_KINDS; *kind; kind++)
		if (g_strcmp0((*kind)->name, name) == 0)
			return *kind;
	return NULL;
}

/* Names of sources are tables in people's SQL, so they must be writable there without quotes. */
static bool is_table_name(const char *name)
{
	if (!g_ascii_isalpha(*name) && *name != '_')
		return false;
	for (; *name; name++)
		if (!g_ascii_isalnum(*name) && *name != '_')
			return false;
	return true;
}

static const char *kind_problem(const char *kind, char **ret)
{
	const char *names[G_N_ELEMENTS(SOURCE_KINDS)] = {NULL};
	for (size_t i = 0; SOURCE_KINDS[i]; i++)
		names[i] = SOURCE_KINDS[i]->name;
	g_autofree char *known = g_strjoinv(", ", (char **)names);
	const char *near = nearest_name(kind, names);
	return *ret = g_strdup_printf("\"%s\" is not a kind of source (%s)%s%s%s", kind, known,
	               near ? "; did you mean \"" : "", near ? near : "", near ? "\"?" : "");
}

static json_t *check_one(const char *path, const json_t *source, ParamReport *report, void *context)
{
	if (!json_is_object(source)) {
		report(context, path, "a source is a block such as {kind: file, path: data/rows.csv}");
		return NULL;
	}
	const char *name = json_get_text(source, "kind", SOURCE_FILE.name);
	const SourceKind *kind = source_kind(name);
	if (!kind) {
		g_autofree char *where = g_strconcat(path, ".kind", NULL);
		g_autofree char *problem = NULL;
		report(context, where, kind_problem(name, &problem));
		return NULL;
	}
	json_auto_t *own = json_copy((json_t *)source);
	json_object_del(own, "kind");
	json_t *filled = param_check(kind->params, path, own, report, context);
	if (filled)
		json_object_set_new(filled, "kind", json_string(kind->name));
	return filled;
}

static bool check_name(const char *path, const char *name, const json_t *sources, ParamReport *report, void *context)
{
	if (!is_table_name(name) || g_str_has_prefix(name, "_gyre_")) {
		report(context, path, "a source's name is letters, digits and _, not beginning with a digit or _gyre_");
		return false;
	}
	const char *other;
	json_t *value;
	json_object_foreach ((json_t *)sources, other, value) {
		if (strcmp(other, name) < 0 && g_ascii_strcasecmp(other, name) == 0) {
			report(context, path, "two sources have this name: SQL does not tell large letters from small");
			return false;
		}
	}
	return true;
}

json_t *sources_check(const char *path, const json_t *sources, ParamReport *report, void *context)
{
	if (!json_is_object(sources) || json_object_size(sources) == 0) {
		report(context, path, "name at least one source, such as {rows: {kind: file, path: data/rows.csv}}");
		return NULL;
	}
	json_auto_t *filled = json_object();
	const char *name;
	json_t *source;
	bool ok = true;
	json_object_foreach ((json_t *)sources, name, source) {
		g_autofree char *where = g_strdup_printf("%s.%s", path, name);
		json_t *one = check_one(where, source, report, context);
		ok = check_name(where, name, sources, report, context) && one && ok;
		if (one)
			json_object_set_new(filled, name, one);
	}
	return ok ? json_incref(filled) : NULL;
}

static int by_name(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

bool sources_files(const char *folder, const json_t *sources, GPtrArray *paths, json_t **ret_counts, GError **error)
{
	g_autoptr(GPtrArray) names = g_ptr_array_new();
	const char *name;
	json_t *source;
	json_object_foreach ((json_t *)sources, name, source)
		g_ptr_array_add(names, (void *)name);
	g_ptr_array_sort(names, by_name);
	json_auto_t *counts = json_object();
	for (guint i = 0; i < names->len; i++) {
		guint before = paths->len;
		source = json_object_get(sources, names->pdata[i]);
		const SourceKind *kind = source_kind(json_get_text(source, "kind", SOURCE_FILE.name));
		if (!kind)
			return fail(
			        error, FAIL_INVALID, "the source \"%s\" is of no known kind", (char *)names->pdata[i]);
		if (!kind->files(folder, source, paths, error)) {
			g_prefix_error(error, "source \"%s\": ", (char *)names->pdata[i]);
			return false;
		}
		json_object_set_new(counts, names->pdata[i], json_integer(paths->len - before));
	}
	*ret_counts = json_incref(counts);
	return true;
}

static bool open_one(
        Engine *e, const char *folder, const char *name, const json_t *source, GPtrArray *paths, GError **error)
{
	const SourceKind *kind = source_kind(json_get_text(source, "kind", SOURCE_FILE.name));
	guint before = paths->len;
	int64_t rows;
	if (!kind)
		return fail(error, FAIL_INVALID, "the source \"%s\" is of no known kind", name);
	if (!kind->files(folder, source, paths, error))
		return false;
	SourceInput input = {.name = name,
	        .params = source,
	        .paths = (const char *const *)paths->pdata + before,
	        .path_count = paths->len - before};
	return kind->open(e, &input, &rows, error);
}

bool sources_open(Engine *e, const char *folder, const json_t *sources, GPtrArray *paths, GError **error)
{
	const char *name;
	json_t *source;
	json_object_foreach ((json_t *)sources, name, source)
		if (!open_one(e, folder, name, source, paths, error))
			return false;
	return true;
}
