/* outcome.c: labels that come later, kept in the metadata store. */
#include "serve/outcome.h"

#include <string.h>

#include "base/error.h"
#include "base/json.h"
#include "data/frame.h"

enum { ID_BYTES = 200 };

/* As the prediction log writes labels: numbers and booleans as text. */
static bool value_text(const json_t *value, char **ret)
{
	*ret = NULL;
	if (json_is_string(value))
		*ret = g_strdup(json_string_value(value));
	else if (json_is_integer(value))
		*ret = g_strdup_printf("%" G_GINT64_FORMAT, (gint64)json_integer_value(value));
	else if (json_is_real(value))
		*ret = json_canonical(value);
	else if (json_is_boolean(value))
		*ret = g_strdup(json_is_true(value) ? "true" : "false");
	return *ret || json_is_null(value);
}

static bool observed_time(const json_t *value, int64_t now, int64_t *ret)
{
	*ret = now;
	if (!value || json_is_null(value))
		return true;
	if (json_is_string(value))
		return time_parse(json_string_value(value), ret);
	*ret = json_integer_value(value);
	return json_is_integer(value) && time_has_text(*ret);
}

typedef struct Counts {
	int fresh, changed, same;
} Counts;

static bool same_value(const json_t *before, const char *value)
{
	return g_strcmp0(json_string_value(json_object_get(before, "value")), value) == 0;
}

static bool add_one(Meta *m, const char *model, size_t place, const json_t *one, Counts *counts, GError **error)
{
	const char *id = json_string_value(json_object_get(one, "id"));
	json_auto_t *before = NULL;
	g_autofree char *value = NULL;
	int64_t now = meta_now(), observed;
	if (!id || !*id)
		return fail(error, FAIL_INVALID, "outcome %zu has no \"id\", the id of a prediction", place + 1);
	if (strlen(id) > ID_BYTES)
		return fail(error, FAIL_INVALID,
		        "outcome %zu: \"%.40s...\" is no id of a prediction, which has at most %d bytes", place + 1, id,
		        ID_BYTES);
	if (!json_object_get(one, "value") || !value_text(json_object_get(one, "value"), &value))
		return fail(error, FAIL_INVALID,
		        "outcome %zu (%s) has no \"value\": a text, a number, true, false or null", place + 1, id);
	if (!observed_time(json_object_get(one, "observed"), now, &observed))
		return fail(error, FAIL_INVALID, "outcome %zu (%s): \"observed\" is no time", place + 1, id);
	if (!meta_row(m, "SELECT value FROM outcomes WHERE model = $1 AND id = $2", json_pack("[s,s]", model, id),
	            &before, error))
		return false;
	if (before && same_value(before, value)) {
		counts->same++;
		return true;
	}
	*(before ? &counts->changed : &counts->fresh) += 1;
	return meta_run(m,
	        "INSERT INTO outcomes (model, id, value, observed, received, changes, place) VALUES ($1, $2, $3, $4, "
	        "$5, 0, "
	        "(SELECT coalesce(max(place), 0) + 1 FROM outcomes WHERE model = $1)) "
	        "ON CONFLICT (model, id) DO UPDATE SET value = excluded.value, observed = excluded.observed, received "
	        "= excluded.received, changes = outcomes.changes + 1, place = excluded.place",
	        json_pack("[s,s,o,I,I]", model, id, value ? json_text(value) : json_null(), (json_int_t)observed,
	                (json_int_t)now),
	        NULL, error);
}

bool outcome_add(Meta *m, const char *model, const json_t *outcomes, json_t **ret, GError **error)
{
	Counts counts = {0};
	if (!json_is_array(outcomes))
		return fail(error, FAIL_INVALID, "outcomes are a list of {\"id\", \"value\"}");
	if (!meta_begin_durable(m, error))
		return false;
	bool ok = true;
	size_t i;
	json_t *one;
	json_array_foreach (outcomes, i, one)
		if (!(ok = add_one(m, model, i, one, &counts, error)))
			break;
	if (!meta_end(m, ok, error))
		return false;
	*ret = json_pack("{s:i,s:i,s:i}", "new", counts.fresh, "changed", counts.changed, "same", counts.same);
	return true;
}

bool outcome_list(Meta *m, const char *model, int64_t since, int limit, json_t **ret, GError **error)
{
	return meta_run(m,
	        "SELECT id, value, observed, received, changes FROM outcomes WHERE model = $1 AND received >= $2 ORDER "
	        "BY "
	        "received, id LIMIT $3",
	        json_pack("[s,I,i]", model, (json_int_t)since, limit), ret, error);
}
