/* profile.c: makes a profile out of its parts. */
#include "data/profile.h"

#include <glib/gstdio.h>
#include <string.h>

#include "base/error.h"
#include "base/json.h"
#include "data/profile_internal.h"

enum { BATCH_COLUMNS = 16 };
static const int64_t BATCH_VALUES = 32 << 20; /* 256 MiB of doubles */

static const char *const TASKS[] = {"classification", "regression", NULL};

const Param PROFILE_PARAMS[] = {
        {"target", PARAM_TEXT, "column to predict: associations are with it"},
        {"task", PARAM_TEXT, "what kind of prediction", "\"classification\"", .choices = TASKS},
        {"time", PARAM_TEXT, "column that orders the rows in time"},
        {"sample", PARAM_INT, "rows that associations and correlations are computed on, at most", "100000", .min = 1000,
                .max = 10000000},
        {NULL},
};

ProfileColumn *profile_column(const Profile *p, const char *name)
{
	for (size_t i = 0; i < p->count; i++)
		if (strcmp(p->columns[i].name, name) == 0)
			return &p->columns[i];
	return NULL;
}

static bool is_own(const char *name)
{
	return g_str_has_prefix(name, "_gyre_");
}

static bool list_columns(Profile *p, json_t *described, GError **error)
{
	json_t *list = json_array(), *entry;
	size_t i;
	json_object_set_new(p->json, "columns", list);
	p->columns = g_new0(ProfileColumn, json_array_size(described) + 1);
	json_array_foreach (described, i, entry) {
		const char *name = json_get_text(entry, "name", ""), *type = json_get_text(entry, "type", NULL);
		ProfileColumn *c = &p->columns[p->count];
		if (is_own(name))
			continue;
		if (!column_type_from_name(type, &c->type))
			return fail(error, FAIL_INVALID,
			        "column \"%s\" has a type that is no bool, number, text or time; cast it in data.query",
			        name);
		c->json = json_pack("{s:o,s:s}", "name", json_text(name), "type", type);
		c->name = json_get_text(c->json, "name", "");
		c->quoted = sql_name(name);
		p->count++;
		json_array_append_new(list, c->json);
	}
	return true;
}

static bool check_roles(const Profile *p, GError **error)
{
	const char *roles[] = {p->target, p->time};
	for (size_t i = 0; i < G_N_ELEMENTS(roles); i++)
		if (roles[i] && !profile_column(p, roles[i]))
			return fail(error, FAIL_INVALID, "the data has no column \"%s\"", roles[i]);
	return true;
}

static bool start(Profile *p, const json_t *params, GError **error)
{
	json_auto_t *described = NULL;
	json_auto_t *row = NULL;
	g_autofree char *all = g_strdup_printf("SELECT * FROM %s", p->view);
	g_autofree char *count = g_strdup_printf("SELECT count(*) AS n FROM %s", p->view);
	if (!engine_describe(p->e, all, &described, error) || !engine_row(p->e, count, &row, error))
		return false;
	p->rows = json_get_int(row, "n", 0);
	p->json = json_pack("{s:I,s:n,s:i}", "rows", (json_int_t)p->rows, "bytes", "sampled", 0);
	json_object_set_new(p->json, "target", json_text(p->target));
	json_object_set_new(p->json, "task", p->target ? json_string(json_get_text(params, "task", "")) : json_null());
	json_object_set_new(p->json, "time", json_text(p->time));
	return list_columns(p, described, error) && check_roles(p, error);
}

/* A scan of a table costs its number of columns to plan, so a wide one, asked three times for every column, would cost the
 * square: its columns are first copied a batch at a time. */
static bool copy_batch(Profile *p, const char *view, size_t from, size_t to, GError **error)
{
	g_autoptr(GString) sql = g_string_new("CREATE OR REPLACE TEMP TABLE gyre_batch AS SELECT ");
	for (size_t i = from; i < to; i++)
		g_string_append_printf(sql, "%s%s", i > from ? ", " : "", p->columns[i].quoted);
	g_string_append_printf(sql, " FROM %s", view);
	p->view = "gyre_batch";
	return engine_run(p->e, sql->str, error);
}

/* Columns go in batches also because exact quantiles keep every value of their columns (8 bytes each) until the end. */
static bool each_column(Profile *p, GError **error)
{
	const char *view = p->view;
	size_t batch = (size_t)CLAMP(BATCH_VALUES / MAX(p->rows, 1), 1, BATCH_COLUMNS);
	for (size_t from = 0; from < p->count; from += batch) {
		size_t to = MIN(from + batch, p->count);
		if (p->count > BATCH_COLUMNS && !copy_batch(p, view, from, to, error))
			return false;
		if (!profile_columns(p, from, to, error) || !profile_values(p, from, to, error) ||
		        !profile_times(p, from, to, error))
			return false;
	}
	p->view = view;
	return engine_run(p->e, "DROP TABLE IF EXISTS gyre_batch", error);
}

bool profile_view(Engine *e, const char *view, const json_t *params, json_t **ret, GError **error)
{
	Profile p = {
	        .e = e,
	        .view = view,
	        .target = json_get_text(params, "target", NULL),
	        .time = json_get_text(params, "time", NULL),
	        .classifies = strcmp(json_get_text(params, "task", "classification"), "classification") == 0,
	        .sample = json_get_int(params, "sample", 100000),
	};
	bool ok = start(&p, params, error) && each_column(&p, error) && profile_target_over_time(&p, error) &&
	          profile_rows(&p, error) && profile_pairs(&p, error);
	if (ok) {
		profile_alerts(&p);
		*ret = json_incref(p.json);
	}
	for (size_t i = 0; i < p.count; i++)
		g_free(p.columns[i].quoted);
	g_free(p.columns);
	json_decref(p.json);
	return ok;
}

bool profile_table(Engine *e, const char *path, const json_t *params, json_t **ret, GError **error)
{
	g_autofree char *quoted = sql_path(path);
	GStatBuf info;
	if (!engine_runf(e, error,
	            "CREATE OR REPLACE TEMP VIEW gyre_profile AS SELECT * EXCLUDE (file_row_number), "
	            "file_row_number AS _gyre_row FROM read_parquet(%s, file_row_number = true, hive_partitioning = "
	            "false)",
	            quoted))
		return false;
	bool ok = profile_view(e, "gyre_profile", params, ret, error);
	engine_run(e, "DROP VIEW gyre_profile", NULL);
	if (ok && g_stat(path, &info) == 0)
		json_object_set_new(*ret, "bytes", json_integer(info.st_size));
	return ok;
}
