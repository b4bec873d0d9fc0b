/* pushed.c: figures that are measured elsewhere and sent. */
#include "impact/pushed.h"

#include <string.h>

#include "base/error.h"
#include "base/json.h"
#include "data/frame.h"

enum { NAME_BYTES = 200 };

static bool at_time(const json_t *at, int64_t *ret)
{
	*ret = meta_now();
	if (!at || json_is_null(at))
		return true;
	if (json_is_string(at))
		return time_parse(json_string_value(at), ret);
	*ret = json_integer_value(at);
	return json_is_integer(at) && time_has_text(*ret);
}

/* 3, or "3"; 0: none is told. */
static bool version_number(const json_t *version, int64_t *ret)
{
	const char *text = json_string_value(version);
	*ret = 0;
	if (!version || json_is_null(version))
		return true;
	*ret = text && strspn(text, "0123456789") == strlen(text) && strlen(text) < 10 ? g_ascii_strtoll(text, NULL, 10)
	                                                                               : json_integer_value(version);
	return *ret > 0;
}

static bool check_one(const json_t *figures, size_t place, const json_t *one, int64_t *ret_at, GError **error)
{
	int64_t version;
	const char *name = json_get_text(one, "name", NULL);
	const json_t *value = json_object_get(one, "value"), *route = json_object_get(one, "route"),
	             *figure = name ? json_object_get(figures, name) : NULL;
	if (!name)
		return fail(error, FAIL_INVALID, "value %zu has no \"name\" of a figure", place + 1);
	if (!json_get_text(figure, "pushed", NULL))
		return fail(error, FAIL_INVALID,
		        "value %zu: \"%.80s\" is no figure that is pushed; the kpi block of gyre.yaml says which are, "
		        "as "
		        "{pushed: mean}",
		        place + 1, name);
	if (!json_is_number(value) && !json_is_null(value))
		return fail(error, FAIL_INVALID, "value %zu (%s) has no \"value\": a number, or null", place + 1, name);
	if (!at_time(json_object_get(one, "at"), ret_at))
		return fail(error, FAIL_INVALID, "value %zu (%s): \"at\" is no time", place + 1, name);
	if (!version_number(json_object_get(one, "version"), &version))
		return fail(
		        error, FAIL_INVALID, "value %zu (%s): \"version\" is no number of a version", place + 1, name);
	if (route && !json_is_null(route) && !(json_is_string(route) && json_string_length(route) <= NAME_BYTES))
		return fail(error, FAIL_INVALID, "value %zu (%s): \"route\" is no text of at most %d bytes", place + 1,
		        name, NAME_BYTES);
	return true;
}

/* Absent version and route are '' in the key: a database's NULL would not be equal to itself. */
static char *version_text(const json_t *version)
{
	int64_t number;
	return version_number(version, &number) && number ? g_strdup_printf("%" G_GINT64_FORMAT, (gint64)number)
	                                                  : g_strdup("");
}

static bool add_one(Meta *m, const char *model, const json_t *one, int64_t at, int counts[3], GError **error)
{
	json_auto_t *before = NULL;
	const char *name = json_get_text(one, "name", ""), *route = json_get_text(one, "route", "");
	g_autofree char *version = version_text(json_object_get(one, "version"));
	const json_t *value = json_object_get(one, "value");
	if (!meta_row(m,
	            "SELECT value FROM kpi_values WHERE model = $1 AND name = $2 AND at = $3 AND version = $4 AND "
	            "route = $5",
	            json_pack("[s,s,I,s,s]", model, name, (json_int_t)at, version, route), &before, error))
		return false;
	bool same = before && json_is_null(json_object_get(before, "value")) == json_is_null(value) &&
	            (json_is_null(value) || json_get_number(before, "value", 0) == json_number_value(value));
	counts[same ? 2 : before ? 1 : 0]++;
	return same ||
	       meta_run(m,
	               "INSERT INTO kpi_values (model, name, at, version, route, value, received) VALUES ($1, $2, $3, "
	               "$4, $5, $6, $7) "
	               "ON CONFLICT (model, name, at, version, route) DO UPDATE SET value = excluded.value, received = "
	               "excluded.received",
	               json_pack("[s,s,I,s,s,o,I]", model, name, (json_int_t)at, version, route,
	                       json_is_null(value) ? json_null() : json_real(json_number_value(value)),
	                       (json_int_t)meta_now()),
	               NULL, error);
}

bool pushed_add(Meta *m, const char *model, const json_t *figures, const json_t *values, json_t **ret, GError **error)
{
	int counts[3] = {0};
	size_t i;
	json_t *one;
	if (!json_is_array(values))
		return fail(error, FAIL_INVALID, "values are a list of {\"name\", \"value\", \"at\"}");
	if (!meta_begin_durable(m, error))
		return false;
	bool ok = true;
	json_array_foreach ((json_t *)values, i, one) {
		int64_t at;
		ok = check_one(figures, i, one, &at, error) && add_one(m, model, one, at, counts, error);
		if (!ok)
			break;
	}
	if (!meta_end(m, ok, error))
		return false;
	*ret = json_pack("{s:i,s:i,s:i}", "new", counts[0], "changed", counts[1], "same", counts[2]);
	return true;
}

bool pushed_list(
        Meta *m, const char *model, const char *name, int64_t since, int64_t until, json_t **ret, GError **error)
{
	return meta_run(m,
	        "SELECT at, value, NULLIF(version, '') AS version, NULLIF(route, '') AS route FROM kpi_values WHERE "
	        "model = "
	        "$1 AND name = $2 AND at >= $3 AND at < $4 AND value IS NOT NULL ORDER BY at, version, route",
	        json_pack("[s,s,I,I]", model, name, (json_int_t)since, (json_int_t)until), ret, error);
}
