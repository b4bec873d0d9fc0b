/* study_store.c: studies in the metadata store. */
#include "search/study_store.h"

#include <string.h>

#include "base/error.h"
#include "base/json.h"

#define NAME_MOST 200

static bool is_name(const char *name)
{
	size_t length = strlen(name);
	for (const char *c = name; *c; c++)
		if (!g_ascii_isalnum(*c) && !strchr("._-", *c))
			return false;
	return length > 0 && length <= NAME_MOST;
}

static bool parse(const char *what, const json_t *row, const char *key, json_t **ret, GError **error)
{
	const char *text = json_get_text(row, key, "");
	return json_parse(what, text, strlen(text), ret, error);
}

static bool load_trials(Meta *m, const char *name, Study *s, GError **error)
{
	json_auto_t *rows = NULL;
	size_t i;
	json_t *row;
	if (!meta_run(m, "SELECT trial FROM study_trials WHERE study = $1 ORDER BY number", json_pack("[s]", name),
	            &rows, error))
		return false;
	json_array_foreach (rows, i, row) {
		json_auto_t *trial = NULL;
		if (!parse("a trial", row, "trial", &trial, error) || !study_restore(s, trial, error))
			return false;
	}
	return true;
}

bool study_store_load(Meta *m, const char *name, Study **ret, GError **error)
{
	json_auto_t *row = NULL, *space = NULL, *settings = NULL;
	g_autoptr(Study) s = NULL;
	if (!meta_row(m, "SELECT space, settings FROM studies WHERE name = $1", json_pack("[s]", name), &row, error))
		return false;
	if (!row)
		return fail(error, FAIL_NOT_FOUND, "there is no study %s (gyre search ls lists them)", name);
	if (!parse("the space", row, "space", &space, error) ||
	        !parse("the settings", row, "settings", &settings, error) || !study_new(space, settings, &s, error) ||
	        !load_trials(m, name, s, error))
		return false;
	*ret = g_steal_pointer(&s);
	return true;
}

/* The settings without the number of trials, and the space: what makes a study this one. */
static bool is_same(const char *name, const Study *old, const Study *wanted, GError **error)
{
	g_autofree char *before = json_canonical(old->space->about), *now = json_canonical(wanted->space->about);
	const char *key;
	json_t *value;
	if (strcmp(before, now) != 0)
		return fail(error, FAIL_CONFLICT, "there is a study %s already, with another space", name);
	json_object_foreach (wanted->settings, key, value) {
		g_autofree char *is = json_canonical(value), *was = json_canonical(json_object_get(old->settings, key));
		if (strcmp(key, "trials") != 0 && strcmp(is, was) != 0)
			return fail(error, FAIL_CONFLICT,
			        "there is a study %s already, with another %s (%s, not %s): only trials can be changed",
			        name, key, was, is);
	}
	return true;
}

static bool change_end(Meta *m, const char *name, const Study *wanted, Study **ret_old, GError **error)
{
	g_autoptr(Study) old = NULL;
	if (!study_store_load(m, name, &old, error) || !is_same(name, old, wanted, error))
		return false;
	if (json_equal(json_object_get(old->settings, "trials"), json_object_get(wanted->settings, "trials")))
		return fail(error, FAIL_CONFLICT,
		        "there is a study %s already, the same: another number of trials would extend it", name);
	if (!meta_run(m, "UPDATE studies SET settings = $2 WHERE name = $1", json_pack("[s,O]", name, wanted->settings),
	            NULL, error))
		return false;
	*ret_old = g_steal_pointer(&old);
	return true;
}

static bool create(Meta *m, const char *name, const Study *wanted, Study **ret_old, GError **error)
{
	json_auto_t *row = NULL;
	if (!meta_row(m, "SELECT name FROM studies WHERE name = $1", json_pack("[s]", name), &row, error))
		return false;
	if (row)
		return change_end(m, name, wanted, ret_old, error);
	return meta_run(m, "INSERT INTO studies (name, space, settings, created) VALUES ($1, $2, $3, $4)",
	        json_pack("[s,O,O,I]", name, wanted->space->about, wanted->settings, meta_now()), NULL, error);
}

bool study_store_create(
        Meta *m, const char *name, const json_t *space, const json_t *settings, Study **ret_old, GError **error)
{
	g_autoptr(Study) wanted = NULL, old = NULL;
	if (!is_name(name))
		return fail(error, FAIL_INVALID, "a study's name is of letters, digits, dots, dashes and underscores");
	if (!study_new(space, settings, &wanted, error) || !meta_begin_durable(m, error) ||
	        !meta_end(m, create(m, name, wanted, &old, error), error))
		return false;
	*ret_old = g_steal_pointer(&old);
	return true;
}

bool study_store_list(Meta *m, json_t **ret, GError **error)
{
	json_auto_t *rows = NULL, *list = json_array();
	size_t i;
	json_t *row;
	if (!meta_run(m,
	            "SELECT s.name AS study, s.settings, s.created, count(t.number) AS trials, count(t.told) AS done "
	            "FROM "
	            "studies s LEFT JOIN study_trials t ON t.study = s.name GROUP BY s.name, s.settings, s.created "
	            "ORDER BY "
	            "s.created DESC, s.name",
	            NULL, &rows, error))
		return false;
	json_array_foreach (rows, i, row) {
		json_auto_t *settings = NULL;
		if (!parse("the settings", row, "settings", &settings, error))
			return false;
		json_array_append_new(
		        list, json_pack("{s:O,s:O,s:O,s:O,s:O}", "study", json_object_get(row, "study"), "method",
		                      json_object_get(settings, "method"), "created", json_object_get(row, "created"),
		                      "trials", json_object_get(row, "trials"), "done", json_object_get(row, "done")));
	}
	*ret = json_incref(list);
	return true;
}

static bool ask(Meta *m, const char *name, json_t **ret, bool *ret_is_waiting, GError **error)
{
	g_autoptr(Study) s = NULL;
	const StudyTrial *t;
	if (!study_store_load(m, name, &s, error) || !study_ask(s, &t, ret_is_waiting, error))
		return false;
	if (!t)
		return true;
	json_auto_t *trial = study_trial_json(s, t);
	if (!meta_run(m, "INSERT INTO study_trials (study, number, trial, asked) VALUES ($1, $2, $3, $4)",
	            json_pack("[s,I,O,I]", name, (json_int_t)t->tried.number, trial, meta_now()), NULL, error))
		return false;
	*ret = json_pack("{s:I,s:O}", "trial", (json_int_t)t->tried.number, "params", t->params);
	return true;
}

bool study_store_ask(Meta *m, const char *name, json_t **ret, bool *ret_is_waiting, GError **error)
{
	json_auto_t *found = NULL;
	*ret_is_waiting = false;
	if (!meta_begin_durable(m, error) || !meta_end(m, ask(m, name, &found, ret_is_waiting, error), error))
		return false;
	*ret = g_steal_pointer(&found);
	return true;
}

static bool tell(
        Meta *m, const char *name, const json_t *message, json_t **ret_answer, json_t **ret_trial, GError **error)
{
	g_autoptr(Study) s = NULL;
	if (!study_store_load(m, name, &s, error) || !study_hear(s, message, ret_answer, error))
		return false;
	const StudyTrial *t = s->trials->pdata[json_get_int(message, "trial", 0)];
	*ret_trial = study_trial_json(s, t);
	bool is_over = t->tried.state != TRIED_RUNNING;
	return meta_run(m, "UPDATE study_trials SET trial = $3, told = $4 WHERE study = $1 AND number = $2",
	        json_pack("[s,I,O,o]", name, (json_int_t)t->tried.number, *ret_trial,
	                is_over ? json_integer(meta_now()) : json_null()),
	        NULL, error);
}

bool study_store_tell(
        Meta *m, const char *name, const json_t *message, json_t **ret_answer, json_t **ret_trial, GError **error)
{
	json_auto_t *answer = NULL, *trial = NULL;
	if (!meta_begin_durable(m, error) || !meta_end(m, tell(m, name, message, &answer, &trial, error), error))
		return false;
	*ret_answer = g_steal_pointer(&answer);
	*ret_trial = g_steal_pointer(&trial);
	return true;
}
