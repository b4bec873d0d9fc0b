/* rules.c: keys, lengths and lifecycles: MLflow's rules in our words. */
#include "track/rules.h"

#include <string.h>

#include "base/error.h"
#include "base/json.h"

static bool has_only_key_characters(const char *key)
{
	for (const char *c = key; *c; c = g_utf8_next_char(c)) {
		gunichar u = g_utf8_get_char(c);
		if (!g_unichar_isalnum(u) && !(u < 128 && strchr("_-.:/ ", (int)u)))
			return false;
	}
	return true;
}

/* Some stores keep each key as a file: the key must be the name that file would have. */
static bool is_shortest_path(const char *key)
{
	if (*key == '/' || g_str_has_prefix(key, ".."))
		return false;
	g_auto(GStrv) parts = g_strsplit(key, "/", -1);
	for (char **part = parts; *part; part++)
		if (!**part || strcmp(*part, ".") == 0 || strcmp(*part, "..") == 0)
			return false;
	return true;
}

bool rules_check_key(const char *what, const char *key, GError **error)
{
	if (!key || !*key)
		return fail(error, FAIL_INVALID, "a %s has no name", what);
	if (!g_utf8_validate(key, -1, NULL))
		return fail(error, FAIL_INVALID, "the name of a %s is not valid UTF-8", what);
	if (g_utf8_strlen(key, -1) > KEY_CHARACTERS)
		return fail(error, FAIL_INVALID, "the name of the %s \"%.40s...\" is longer than %d characters", what,
		        key, KEY_CHARACTERS);
	if (!has_only_key_characters(key))
		return fail(error, FAIL_INVALID,
		        "the name of the %s \"%s\" may have only letters, digits, _ - . : / and spaces", what, key);
	if (!is_shortest_path(key))
		return fail(error, FAIL_INVALID,
		        "the name of the %s \"%s\" is not the shortest form of a relative path", what, key);
	return true;
}

bool rules_cut(const char *what, const char *key, const char *value, long characters, char **ret, GError **error)
{
	if (!value)
		return fail(error, FAIL_INVALID, "the %s \"%s\" has no value", what, key);
	if (!g_utf8_validate(value, -1, NULL))
		return fail(error, FAIL_INVALID, "the value of the %s \"%s\" is not valid UTF-8", what, key);
	bool fits = g_utf8_strlen(value, -1) <= characters;
	*ret = fits ? g_strdup(value) : g_utf8_substring(value, 0, characters);
	return true;
}

bool rules_experiment_number(const char *experiment_id, int64_t *ret, GError **error)
{
	gint64 number;
	if (!experiment_id || !g_ascii_string_to_signed(experiment_id, 10, 0, G_MAXINT64, &number, NULL))
		return fail(error, FAIL_INVALID, "\"%s\" is not the id of an experiment: it must be a whole number",
		        experiment_id ? experiment_id : "");
	*ret = number;
	return true;
}

static bool is_active(const json_t *row)
{
	return strcmp(json_get_text(row, "lifecycle", ""), "active") == 0;
}

bool rules_experiment(Meta *m, const char *experiment_id, int64_t *ret, GError **error)
{
	int64_t number;
	json_auto_t *row = NULL;
	if (!rules_experiment_number(experiment_id, &number, error) ||
	        !meta_row(m, "SELECT lifecycle FROM experiments WHERE experiment_id = $1", json_pack("[I]", number),
	                &row, error))
		return false;
	if (!row)
		return fail(error, FAIL_NOT_FOUND, "there is no experiment with id %s", experiment_id);
	if (!is_active(row))
		return fail(error, FAIL_CONFLICT, "the experiment with id %s is deleted", experiment_id);
	*ret = number;
	return true;
}

bool rules_run(Meta *m, const char *run_id, GError **error)
{
	json_auto_t *row = NULL;
	if (!meta_row(m, "SELECT lifecycle FROM runs WHERE run_id = $1", json_pack("[s]", run_id), &row, error))
		return false;
	if (!row)
		return fail(error, FAIL_NOT_FOUND, "there is no run with id %s", run_id);
	return is_active(row) || fail(error, FAIL_CONFLICT, "the run %s is deleted", run_id);
}
