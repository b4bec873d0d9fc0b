/* ingest_test.h: what the tests of `ingest` share: a folder for files, the step run on sources, its outputs. */
#pragma once

#include <glib/gstdio.h>
#include <string.h>

#include "base/digest.h"
#include "base/error.h"
#include "base/file.h"
#include "base/json.h"
#include "data/source.h"
#include "data/steps.h"

typedef struct Place {
	char *folder;
} Place;

static G_GNUC_UNUSED void set_up(Place *p, const void *data)
{
	p->folder = g_dir_make_tmp("gyre-ingest-XXXXXX", NULL);
}

static G_GNUC_UNUSED void tear_down(Place *p, const void *data)
{
	file_remove(p->folder, NULL);
	g_free(p->folder);
}

static G_GNUC_UNUSED char *in_folder(const Place *p, const char *name)
{
	return g_build_filename(p->folder, name, NULL);
}

static G_GNUC_UNUSED void write_text(const Place *p, const char *name, const char *text)
{
	g_autofree char *path = in_folder(p, name);
	g_autoptr(GError) error = NULL;
	if (!g_file_set_contents(path, text, -1, &error))
		g_error("%s", error->message);
}

/* Runs ingest on the sources, given as JSON with ' for ", as the project would: files listed, then the step. */
static G_GNUC_UNUSED bool ingest(
        const Place *p, const char *sources, const char *query, const char *time, GError **error)
{
	g_autofree char *text = g_strdelimit(g_strdup(sources), "'", '"');
	json_auto_t *given = NULL, *counts = NULL;
	if (!json_parse("test", text, strlen(text), &given, error))
		g_error("the test's JSON: %s", (*error)->message);
	const char *name;
	json_t *source;
	json_auto_t *filled = json_object();
	json_object_foreach (given, name, source) {
		const SourceKind *kind = source_kind(json_get_text(source, "kind", "file"));
		json_t *params;
		json_auto_t *own = json_copy(source);
		json_object_del(own, "kind");
		if (!param_fill(kind->params, name, own, &params, error))
			return false;
		json_object_set_new(params, "kind", json_string(kind->name));
		json_object_set_new(filled, name, params);
	}
	g_autoptr(GPtrArray) paths = g_ptr_array_new_with_free_func(g_free);
	if (!sources_files(p->folder, filled, paths, &counts, error))
		return false;
	g_autoptr(GPtrArray) inputs = g_ptr_array_new_with_free_func(g_free);
	for (guint i = 0; i < paths->len; i++) {
		g_ptr_array_add(inputs, g_strdup_printf("source.%u", i));
		g_ptr_array_add(inputs, g_strdup(paths->pdata[i]));
	}
	g_ptr_array_add(inputs, NULL);
	json_auto_t *params =
	        json_pack("{s:O,s:O,s:s*,s:s*}", "sources", filled, "files", counts, "query", query, "time", time);
	g_autofree char *work = in_folder(p, "work");
	return file_remove(work, error) && file_make_folder(work, error) &&
	       step_test_run(&STEP_INGEST, params, (const char *const *)inputs->pdata, work, 1, error);
}

static G_GNUC_UNUSED char *snapshot_digest(const Place *p)
{
	g_autofree char *path = g_build_filename(p->folder, "work", "snapshot", NULL);
	char *digest = NULL;
	g_autoptr(GError) error = NULL;
	if (!digest_of_file(path, &digest, &error))
		g_error("%s", error->message);
	return digest;
}

static G_GNUC_UNUSED char *digest_from(const Place *p, const char *sources)
{
	g_autoptr(GError) error = NULL;
	if (!ingest(p, sources, NULL, NULL, &error))
		g_error("%s: %s", sources, error->message);
	return snapshot_digest(p);
}

static G_GNUC_UNUSED json_t *output(const Place *p, const char *name)
{
	g_autofree char *path = g_build_filename(p->folder, "work", name, NULL);
	json_t *value = NULL;
	g_autoptr(GError) error = NULL;
	if (!json_read_file(path, &value, &error))
		g_error("%s", error->message);
	return value;
}

/* The types of the columns in order, "int text real". */
static G_GNUC_UNUSED char *types_from(const Place *p, const char *sources)
{
	g_autofree char *digest = digest_from(p, sources);
	json_auto_t *out = output(p, "ingest");
	GString *types = g_string_new(NULL);
	size_t i;
	json_t *column;
	json_array_foreach (json_object_get(out, "columns"), i, column)
		g_string_append_printf(types, "%s%s", i ? " " : "", json_get_text(column, "type", "?"));
	return g_string_free(types, FALSE);
}

static G_GNUC_UNUSED void assert_fails(const Place *p, const char *sources, FailCode code, const char *words)
{
	g_autoptr(GError) error = NULL;
	g_assert_false(ingest(p, sources, NULL, NULL, &error));
	if (!strstr(error->message, words))
		g_error("\"%s\" is not in: %s", words, error->message);
	g_assert_cmpint(error->code, ==, (int)code);
}

/* SQL in an engine of its own; FOLDER stands for the place. */
static G_GNUC_UNUSED void run_sql(const Place *p, const char *sql)
{
	g_autoptr(Engine) e = NULL;
	g_autoptr(GError) error = NULL;
	g_auto(GStrv) parts = g_strsplit(sql, "FOLDER", -1);
	g_autofree char *there = g_strjoinv(p->folder, parts);
	if (!engine_open(NULL, &e, &error) || !engine_run(e, there, &error))
		g_error("%s", error->message);
}
