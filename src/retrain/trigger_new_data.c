/* trigger_new_data.c: when there are new rows to learn from: files that came or changed, or a query whose answer grew.
 *
 * Files are compared by name, size and time of change, and only once they have not changed for `settle`: a file that is still
 * being written is nobody's to read.  What they hold is not looked at: if it is the same after all, the pipeline's keys say that there
 * is nothing to do. */
#include "retrain/triggers.h"

#include <string.h>

#include "base/digest.h"
#include "base/duration.h"
#include "base/error.h"
#include "base/json.h"
#include "retrain/watched.h"

static const Param PARAMS[] = {
        {"watch", PARAM_TEXTS,
                "files, folders or patterns to watch, relative to the project; none: the files of data.sources", "[]"},
        {"settle", PARAM_TEXT, "how long files must not have changed", "\"10s\""},
        {"watermark", PARAM_TEXT,
                "instead: DuckDB SQL over the sources that gives one value, such as select max(date) from flights; new "
                "data is when it grows"},
        {"every", PARAM_TEXT, "how often the watermark is asked for", "\"1m\""},
        {"at_least", PARAM_REAL, "by how much it must have grown, or how many files are new or changed", "1", .min = 0,
                .max = 1e18},
        {NULL},
};

static void check_length(const json_t *params, const char *path, const char *key, ParamReport *report, void *context)
{
	int64_t us;
	g_autofree char *where = g_strdup_printf("%s.%s", path, key);
	if (!duration_parse(json_get_text(params, key, ""), &us))
		report(context, where, "not a length of time such as 90s, 15m, 1h, 2d or 1w");
}

static void check(const json_t *params, const char *path, ParamReport *report, void *context)
{
	check_length(params, path, "settle", report, context);
	check_length(params, path, "every", report, context);
}

static int64_t length_of(const json_t *params, const char *key)
{
	int64_t us = 0;
	duration_parse(json_get_text(params, key, "0"), &us);
	return us;
}

/* Names of files that are new or changed, at most a few for the sentence; *ret_count: all of them. */
static json_t *changed_files(const json_t *known, const json_t *found, size_t *ret_count)
{
	json_t *names = json_array(), *sign;
	const char *name;
	*ret_count = 0;
	json_object_foreach ((json_t *)found, name, sign)
		if (!json_equal(json_object_get(known, name), sign) && ++*ret_count <= 20)
			json_array_append_new(names, json_string(name));
	return names;
}

static json_t *files_cause(json_t *names, size_t count, const char *digest)
{
	g_autofree char *key = g_strdup_printf("new_data:%s", digest);
	g_autofree char *more = count > 1 ? g_strdup_printf(" and %zu more", count - 1) : g_strdup("");
	g_autofree char *sentence =
	        g_strdup_printf("new data: %s%s", json_string_value(json_array_get(names, 0)), more);
	return json_pack("{s:s,s:o,s:{s:o,s:I}}", "key", key, "reason", json_text(sentence), "evidence", "files", names,
	        "count", (json_int_t)count);
}

static bool look_at_files(const TriggerInput *in, const json_t *params, const json_t *state, json_t **ret_state,
        json_t **ret_cause, GError **error)
{
	json_auto_t *found = NULL;
	json_t *known = json_object_get(state, "known");
	if (!watched_files(in->folder, json_object_get(params, "watch"),
	            json_object_get(json_object_get(in->config, "data"), "sources"), &found, error))
		return false;
	if (!known || json_equal(known, found)) {
		*ret_state = json_pack("{s:O}", "known", found);
		return true;
	}
	g_autofree char *text = json_canonical(found);
	g_autofree char *digest = digest_of_bytes(text, strlen(text));
	int64_t since = json_get_int(state, "since", in->now);
	bool is_same = g_strcmp0(json_get_text(state, "pending", NULL), digest) == 0;
	size_t count;
	json_t *names = changed_files(known, found, &count);
	if (!is_same || since > in->now || in->now - since < length_of(params, "settle")) {
		json_decref(names);
		int64_t from = is_same ? MIN(since, in->now) : in->now;
		*ret_state = json_pack("{s:O,s:s,s:I}", "known", known, "pending", digest, "since", (json_int_t)from);
		return true;
	}
	/* Too few are not forgotten: they count with those to come.  Files that went away are no news. */
	bool is_enough = count && (double)count >= json_get_number(params, "at_least", 1);
	if (is_enough)
		*ret_cause = files_cause(names, count, digest);
	else
		json_decref(names);
	*ret_state = is_enough || !count ? json_pack("{s:O}", "known", found) : json_deep_copy((json_t *)state);
	return true;
}

/* Did it grow, and by enough?  Texts (times as well) by their order; from nothing (no row yet), or another type, by being there. */
static bool has_grown(const json_t *old, const json_t *value, double at_least)
{
	if (json_is_number(old) && json_is_number(value))
		return json_number_value(value) > json_number_value(old) &&
		       json_number_value(value) - json_number_value(old) >= at_least;
	if (json_is_string(old) && json_is_string(value))
		return strcmp(json_string_value(value), json_string_value(old)) > 0;
	return (json_is_number(value) || json_is_string(value)) && !json_is_boolean(old);
}

static json_t *watermark_cause(json_t *old, json_t *value)
{
	g_autofree char *before = json_canonical(old);
	g_autofree char *after = json_canonical(value);
	g_autofree char *key = g_strdup_printf("new_data:%s", after);
	g_autofree char *sentence = g_strdup_printf("new data: the watermark went from %s to %s", before, after);
	return json_pack("{s:o,s:o,s:{s:O,s:O}}", "key", json_text(key), "reason", json_text(sentence), "evidence",
	        "before", old, "after", value);
}

/* What was answered to another question says nothing of this one: then looking begins anew. */
static json_t *answer_before(const json_t *state, const char *sql)
{
	return g_strcmp0(json_get_text(state, "sql", sql), sql) == 0 ? json_object_get(state, "watermark") : NULL;
}

static bool look_at_watermark(const TriggerInput *in, const json_t *params, const json_t *state, json_t **ret_state,
        json_t **ret_cause, GError **error)
{
	const char *sql = json_get_text(params, "watermark", "");
	int64_t asked = json_get_int(state, "asked", 0);
	json_t *old = answer_before(state, sql);
	if (old && asked <= in->now && in->now - asked < length_of(params, "every")) {
		*ret_state = json_deep_copy(state);
		return true;
	}
	json_auto_t *value = NULL;
	if (!watched_value(in->folder, json_object_get(json_object_get(in->config, "data"), "sources"), sql,
	            in->state_folder, &value, error))
		return false;
	bool has_more = old && has_grown(old, value, json_get_number(params, "at_least", 1));
	if (has_more)
		*ret_cause = watermark_cause(old, value);
	*ret_state = json_pack(
	        "{s:I,s:s,s:O}", "asked", (json_int_t)in->now, "sql", sql, "watermark", has_more || !old ? value : old);
	return true;
}

static bool look(const TriggerInput *in, const json_t *params, const json_t *state, json_t **ret_state,
        json_t **ret_cause, GError **error)
{
	return json_get_text(params, "watermark", NULL)
	               ? look_at_watermark(in, params, state, ret_state, ret_cause, error)
	               : look_at_files(in, params, state, ret_state, ret_cause, error);
}

const TriggerKind TRIGGER_NEW_DATA = {
        .name = "new_data",
        .help = "when files came or changed, or a query says that there are more rows",
        .params = PARAMS,
        .check = check,
        .look = look,
};
