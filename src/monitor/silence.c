/* silence.c: silences in the store. */
#include "monitor/silence.h"

#include <string.h>

#include "base/error.h"
#include "base/json.h"
#include "monitor/matcher.h"

enum { SILENCES_SHOWN = 1000 };

static json_t *silence_read(const json_t *row)
{
	json_t *silence = json_deep_copy(row), *matchers = json_loads(json_get_text(row, "matchers", "[]"), 0, NULL);
	json_object_set_new(silence, "matchers", matchers ? matchers : json_array());
	return silence;
}

bool silence_list(Meta *m, int64_t at, json_t **ret, GError **error)
{
	json_auto_t *rows = NULL, *list = json_array();
	size_t i;
	json_t *row;
	if (!meta_run(m,
	            "SELECT id, matchers, from_at AS \"from\", until_at AS \"until\", who, comment FROM silences WHERE "
	            "$1 = "
	            "0 OR (from_at <= $1 AND until_at > $1) ORDER BY from_at DESC, id LIMIT $2",
	            json_pack("[I,i]", (json_int_t)at, SILENCES_SHOWN), &rows, error))
		return false;
	json_array_foreach (rows, i, row)
		json_array_append_new(list, silence_read(row));
	*ret = json_incref(list);
	return true;
}

bool silence_add(Meta *m, const json_t *matchers, int64_t until, const char *who, const char *comment, json_t **ret,
        GError **error)
{
	g_autofree char *id = meta_new_id();
	int64_t now = meta_now();
	json_auto_t *row = NULL;
	if (json_array_size(matchers) == 0)
		return fail(error, FAIL_INVALID, "say which alarms: an alarm's id, or matchers such as look=drift");
	if (!matchers_check(matchers, error))
		return false;
	if (until <= now)
		return fail(error, FAIL_INVALID, "a silence ends in the future");
	if (!who || !*who || !comment || !*comment)
		return fail(error, FAIL_INVALID, "a silence says who asked for it and why (who, comment)");
	if (!meta_row(m,
	            "INSERT INTO silences (id, matchers, from_at, until_at, who, comment) VALUES ($1, $2, $3, $4, $5, "
	            "$6) "
	            "RETURNING id, matchers, from_at AS \"from\", until_at AS \"until\", who, comment",
	            json_pack("[s,O,I,I,s,s]", id, matchers, (json_int_t)now, (json_int_t)until, who, comment), &row,
	            error))
		return false;
	*ret = silence_read(row);
	return true;
}

bool silence_end(Meta *m, const char *id, json_t **ret, GError **error)
{
	json_auto_t *rows = NULL;
	int64_t now = meta_now();
	g_autofree char *above = g_strconcat(id, "g", NULL);
	if (!*id || strspn(id, "0123456789abcdef") != strlen(id))
		return fail(error, FAIL_INVALID, "\"%.60s\" is not the id of a silence", id);
	if (!meta_begin(m, error))
		return false;
	bool ok = meta_run(m,
	        "UPDATE silences SET until_at = $3 WHERE id >= $1 AND id < $2 AND until_at > $3 RETURNING id, "
	        "matchers, from_at AS \"from\", until_at AS \"until\", who, comment",
	        json_pack("[s,s,I]", id, above, (json_int_t)now), &rows, error);
	if (ok && json_array_size(rows) != 1)
		ok = json_array_size(rows)
		             ? fail(error, FAIL_INVALID, "several silences begin with %s: give more of its id", id)
		             : fail(error, FAIL_NOT_FOUND, "there is no silence %s that still holds", id);
	if (!meta_end(m, ok, error))
		return false;
	*ret = silence_read(json_array_get(rows, 0));
	return true;
}

const json_t *silence_of(const json_t *silences, const json_t *alarm)
{
	size_t i;
	json_t *silence;
	json_array_foreach ((json_t *)silences, i, silence)
		if (matchers_hold(json_object_get(silence, "matchers"), alarm))
			return silence;
	return NULL;
}
