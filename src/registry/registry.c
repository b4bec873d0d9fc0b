/* registry.c: models and their versions. */
#include "registry/registry.h"

#include <string.h>

#include "base/digest.h"
#include "base/error.h"
#include "base/json.h"
#include "base/param.h"
#include "registry/alias.h"

enum { NAME_CHARACTERS = 250 };

static bool check_name(const char *name, GError **error)
{
	if (!name || !*name || !g_utf8_validate(name, -1, NULL))
		return fail(error, FAIL_INVALID, "a model needs a name");
	if (g_utf8_strlen(name, -1) > NAME_CHARACTERS)
		return fail(error, FAIL_INVALID, "the name of the model \"%.40s...\" is longer than %d characters",
		        name, NAME_CHARACTERS);
	for (const char *c = name; *c; c = g_utf8_next_char(c))
		if (strchr("/:@", *c) || g_unichar_iscntrl(g_utf8_get_char(c)))
			return fail(error, FAIL_INVALID,
			        "the name of the model \"%s\" may not have / : @ or control characters", name);
	return true;
}

static bool find_digest(Meta *m, const char *name, const char *digest, int *ret_version, GError **error)
{
	json_auto_t *row = NULL;
	if (!meta_row(m, "SELECT version FROM model_versions WHERE name = $1 AND digest = $2",
	            json_pack("[ss]", name, digest), &row, error))
		return false;
	*ret_version = (int)json_get_int(row, "version", 0);
	return true;
}

static bool next_version(Meta *m, const char *name, json_int_t now, int *ret, GError **error)
{
	json_auto_t *row = NULL;
	if (!meta_row(m,
	            "INSERT INTO models (name, last_version, created, updated) VALUES ($1, 1, $2, $2)"
	            " ON CONFLICT (name) DO UPDATE SET last_version = models.last_version + 1, updated = "
	            "excluded.updated"
	            " RETURNING last_version",
	            json_pack("[sI]", name, now), &row, error))
		return false;
	*ret = (int)json_get_int(row, "last_version", 0);
	return true;
}

static bool insert(Meta *m, const char *name, const char *digest, const json_t *about, int *ret_version, GError **error)
{
	json_int_t now = meta_now();
	json_auto_t *none = json_object();
	json_auto_t *run_id = json_text(json_get_text(about, "run_id", NULL));
	return next_version(m, name, now, ret_version, error) &&
	       meta_run(m,
	               "INSERT INTO model_versions (name, version, digest, run_id, about, created)"
	               " VALUES ($1, $2, $3, $4, $5, $6)",
	               json_pack("[sisOOI]", name, *ret_version, digest, run_id, about ? about : none, now), NULL,
	               error);
}

static bool find_or_insert(Meta *m, const char *name, const char *digest, const json_t *about, int *ret_version,
        bool *ret_new, GError **error)
{
	if (!find_digest(m, name, digest, ret_version, error))
		return false;
	*ret_new = *ret_version == 0;
	return !*ret_new || insert(m, name, digest, about, ret_version, error);
}

bool registry_add(Meta *m, const char *name, const char *bundle_digest, const json_t *about, int *ret_version,
        bool *ret_new, GError **error)
{
	if (!check_name(name, error))
		return false;
	if (!digest_is_valid(bundle_digest))
		return fail(error, FAIL_INVALID, "\"%s\" is not a SHA-256 digest", bundle_digest ? bundle_digest : "");
	if (!meta_begin_durable(m, error))
		return false;
	int version = 0;
	bool is_new = false;
	bool ok = find_or_insert(m, name, bundle_digest, about, &version, &is_new, error);
	if (!meta_end(m, ok, error))
		return false;
	*ret_version = version;
	*ret_new = is_new;
	return true;
}

static bool add_aliases(Meta *m, json_t *version, GError **error)
{
	json_auto_t *rows = NULL;
	if (!meta_run(m, "SELECT alias FROM model_aliases WHERE name = $1 AND version = $2 ORDER BY alias",
	            json_pack("[OO]", json_object_get(version, "name"), json_object_get(version, "version")), &rows,
	            error))
		return false;
	json_t *aliases = json_array(), *row;
	size_t i;
	json_array_foreach (rows, i, row)
		json_array_append(aliases, json_object_get(row, "alias"));
	json_object_set_new(version, "aliases", aliases);
	return true;
}

static bool parse_about(json_t *version, GError **error)
{
	const char *text = json_get_text(version, "about", "");
	json_t *about = NULL;
	if (!json_parse("a version's record", text, strlen(text), &about, error))
		return false;
	json_object_set_new(version, "about", about);
	return true;
}

#define SELECT_VERSION "SELECT name, version, digest, created, run_id, about FROM model_versions WHERE name = $1 "

static bool get_version(Meta *m, const char *name, int64_t version, json_t **ret, GError **error)
{
	json_auto_t *row = NULL;
	if (!meta_row(m, SELECT_VERSION "AND version = $2", json_pack("[sI]", name, version), &row, error))
		return false;
	if (!row)
		return fail(error, FAIL_NOT_FOUND, "the model \"%s\" has no version %" G_GINT64_FORMAT, name, version);
	if (!parse_about(row, error) || !add_aliases(m, row, error))
		return false;
	*ret = g_steal_pointer(&row);
	return true;
}

static bool newest(Meta *m, const char *name, int64_t *ret, GError **error)
{
	json_auto_t *row = NULL;
	if (!meta_row(m, "SELECT max(version) AS newest FROM model_versions WHERE name = $1", json_pack("[s]", name),
	            &row, error))
		return false;
	*ret = json_get_int(row, "newest", 0);
	return true;
}

/* The column's texts with NULL at the end, so that the nearest can be named; g_strfreev. */
static bool names_of(Meta *m, const char *sql, json_t *args, char ***ret, GError **error)
{
	json_auto_t *rows = NULL;
	if (!meta_run(m, sql, args, &rows, error))
		return false;
	GPtrArray *names = g_ptr_array_new();
	json_t *row;
	size_t i;
	json_array_foreach (rows, i, row)
		g_ptr_array_add(names, g_strdup(json_get_text(row, "name", "")));
	g_ptr_array_add(names, NULL);
	*ret = (char **)g_ptr_array_free(names, FALSE);
	return true;
}

static bool fail_unknown(const char *what, const char *name, const char *const *known, GError **error)
{
	const char *near = nearest_name(name, known);
	if (near)
		return fail(error, FAIL_NOT_FOUND, "there is no %s \"%s\"; did you mean \"%s\"?", what, name, near);
	if (!known[0])
		return fail(error, FAIL_NOT_FOUND, "there is no %s \"%s\", nor any other yet", what, name);
	g_autofree char *all = g_strjoinv(", ", (char **)known);
	return fail(error, FAIL_NOT_FOUND, "there is no %s \"%s\"; there is: %.200s", what, name, all);
}

bool registry_check_model(Meta *m, const char *name, GError **error)
{
	int64_t last;
	g_auto(GStrv) known = NULL;
	if (!newest(m, name, &last, error))
		return false;
	if (last)
		return true;
	if (!names_of(m, "SELECT name FROM models ORDER BY name", NULL, &known, error))
		return false;
	return fail_unknown("model", name, (const char *const *)known, error);
}

static bool resolve_alias(Meta *m, const char *name, const char *alias, int64_t *ret, GError **error)
{
	int version;
	g_auto(GStrv) known = NULL;
	if (!alias_version(m, name, alias, &version, error))
		return false;
	*ret = version;
	if (version)
		return true;
	if (!names_of(m, "SELECT alias AS name FROM model_aliases WHERE name = $1 ORDER BY alias",
	            json_pack("[s]", name), &known, error))
		return false;
	g_autofree char *what = g_strdup_printf("alias of the model \"%s\" called", name);
	return fail_unknown(what, alias, (const char *const *)known, error);
}

/* What stands behind the @. */
static bool resolve(Meta *m, const char *name, const char *which, int64_t *ret, GError **error)
{
	guint64 number;
	const char *digits = *which == 'v' || *which == 'V' ? which + 1 : which;
	if (strcmp(which, "latest") == 0)
		return newest(m, name, ret, error);
	if (g_ascii_string_to_unsigned(digits, 10, 0, G_MAXINT, &number, NULL)) {
		*ret = (int64_t)number;
		return true;
	}
	return resolve_alias(m, name, which, ret, error);
}

static bool resolve_plain(Meta *m, const char *name, int64_t *ret, GError **error)
{
	int champion;
	if (!alias_version(m, name, ALIAS_CHAMPION, &champion, error))
		return false;
	*ret = champion;
	return champion || newest(m, name, ret, error);
}

bool registry_get(Meta *m, const char *reference, json_t **ret, GError **error)
{
	const char *at = strrchr(reference, '@');
	g_autofree char *name = at ? g_strndup(reference, (size_t)(at - reference)) : g_strdup(reference);
	int64_t version;
	if (!registry_check_model(m, name, error))
		return false;
	if (!(at ? resolve(m, name, at + 1, &version, error) : resolve_plain(m, name, &version, error)))
		return false;
	return get_version(m, name, version, ret, error);
}

bool registry_alias(Meta *m, const char *name, const char *alias, json_t **ret, GError **error)
{
	int version;
	if (!alias_version(m, name, alias, &version, error))
		return false;
	if (version)
		return get_version(m, name, version, ret, error);
	*ret = NULL;
	return true;
}

bool registry_models(Meta *m, json_t **ret, GError **error)
{
	return meta_run(m,
	        "SELECT o.name, (SELECT count(*) FROM model_versions v WHERE v.name = o.name) AS versions,"
	        " (SELECT a.version FROM model_aliases a WHERE a.name = o.name AND a.alias = $1) AS champion, o.updated"
	        " FROM models o ORDER BY o.name",
	        json_pack("[s]", ALIAS_CHAMPION), ret, error);
}

bool registry_versions(Meta *m, const char *name, json_t **ret, GError **error)
{
	json_auto_t *rows = NULL;
	if (!registry_check_model(m, name, error) ||
	        !meta_run(m, SELECT_VERSION "ORDER BY version DESC", json_pack("[s]", name), &rows, error))
		return false;
	json_t *row;
	size_t i;
	json_array_foreach (rows, i, row)
		if (!parse_about(row, error) || !add_aliases(m, row, error))
			return false;
	*ret = g_steal_pointer(&rows);
	return true;
}
