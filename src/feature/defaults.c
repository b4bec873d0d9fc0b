/* defaults.c: transforms chosen by column type. */
#include "feature/defaults.h"

#include <string.h>

#include "base/json.h"
#include "feature/roles.h"

static json_t *entry(const char *transform, const char *column, const char *note)
{
	return json_pack(
	        "{s:s,s:[s],s:s,s:s}", "transform", transform, "columns", column, "place", "default", "note", note);
}

static void choose_time(json_t *list, const char *name, const json_t *about)
{
	json_t *one = entry("date_parts", name, "a time"), *parts = json_pack("[s]", "weekday");
	if (json_get_bool(about, "minutes", false))
		json_array_append_new(parts, json_string("minute_of_day"));
	else if (json_get_bool(about, "hours", true))
		json_array_append_new(parts, json_string("hour"));
	if (json_get_number(about, "days", 0) >= DEFAULT_MONTH_DAYS)
		json_array_append_new(parts, json_string("month"));
	json_object_set_new(one, "parts", parts);
	json_array_append_new(list, one);
}

static void choose_many(json_t *list, const char *name, const json_t *roles, const char *note)
{
	bool many_classes = json_array_size(roles_classes(roles)) > DEFAULT_MEAN_CLASSES;
	json_array_append_new(list, entry(many_classes ? "ordinal" : "target_mean", name, note));
	json_array_append_new(list, entry("count", name, note));
}

static void choose_text(json_t *list, const char *name, const json_t *roles, const json_t *about, int64_t rows)
{
	int64_t distinct = json_get_int(about, "distinct", -1);
	int64_t present = rows - json_get_int(about, "missing", 0);
	g_autofree char *note = NULL;
	if (distinct < 0) {
		choose_many(list, name, roles, "a text");
	} else if (distinct <= 1) {
		json_array_append_new(list, entry("drop", name, distinct ? "one value only" : "no values"));
	} else if (distinct <= DEFAULT_ONE_HOT) {
		note = g_strdup_printf("a text of %" G_GINT64_FORMAT " values", distinct);
		json_array_append_new(list, entry("one_hot", name, note));
	} else if (rows > 0 && distinct > present / 10 * 9 + present % 10 * 9 / 10) {
		note = g_strdup_printf(
		        "nearly unique: %" G_GINT64_FORMAT " values in %" G_GINT64_FORMAT " rows", distinct, present);
		json_array_append_new(list, entry("drop", name, note));
	} else {
		note = g_strdup_printf("a text of %" G_GINT64_FORMAT " values", distinct);
		choose_many(list, name, roles, note);
	}
}

static bool is_lone_key(const json_t *roles, const char *name)
{
	const json_t *key = json_object_get(roles, "key");
	return json_array_size(key) == 1 && names_contain(key, name);
}

static bool is_encoder(const char *transform)
{
	static const char *const ENCODERS[] = {"one_hot", "target_mean", "ordinal", NULL};
	return g_strv_contains(ENCODERS, transform);
}

/* Beside the numbers made of a text, the categories as such: last, as features that are categories stand last. */
static json_t *choose_categories(json_t *list, const Outline *columns, const json_t *distinct)
{
	json_t *more = json_array(), *one;
	size_t i;
	json_array_foreach (list, i, one) {
		const char *name = params_column(one, 0);
		const json_t *about = json_object_get(json_object_get(distinct, "columns"), name);
		g_autofree char *made = g_strdup_printf("%s_category", name);
		if (is_encoder(json_get_text(one, "transform", "")) && !outline_find(columns, made) &&
		        json_get_int(about, "distinct", 0) >= DEFAULT_CATEGORIES)
			json_array_append_new(more, json_pack("{s:s,s:[s],s:s}", "transform", "category", "columns",
			                                    name, "place", "default"));
	}
	json_array_extend(list, more);
	json_decref(more);
	return list;
}

/* Is what `transform` makes of the column among the entries? */
static bool is_chosen(const json_t *list, const char *transform, const char *name)
{
	size_t i;
	json_t *one;
	json_array_foreach ((json_t *)list, i, one)
		if (strcmp(json_get_text(one, "transform", ""), transform) == 0 &&
		        strcmp(params_column(one, 0), name) == 0)
			return true;
	return false;
}

/* "origin_mean", or "origin_mean=CLASS". */
static bool has_mean(const Outline *columns, const char *name)
{
	g_autofree char *whole = g_strdup_printf("%s_mean", name), *of_class = g_strdup_printf("%s_mean=", name);
	for (guint i = 0; i < columns->columns->len; i++) {
		const OutlineColumn *c = columns->columns->pdata[i];
		if (strcmp(c->name, whole) == 0 || g_str_has_prefix(c->name, of_class))
			return true;
	}
	return false;
}

/* For views: the mean of the target in the categories of each column that has none. */
static json_t *choose_asides(json_t *list, const Outline *columns, const json_t *roles)
{
	for (guint i = 0; i < columns->columns->len; i++) {
		const OutlineColumn *c = columns->columns->pdata[i];
		g_autofree char *made = g_strdup_printf("%s_category", c->name);
		const OutlineColumn *category = outline_find(columns, made);
		if (!(category && category->categories) && !is_chosen(list, "category", c->name))
			continue;
		if (has_mean(columns, c->name) || is_chosen(list, "target_mean", c->name) ||
		        json_array_size(roles_classes(roles)) > DEFAULT_MEAN_CLASSES)
			continue;
		json_array_append_new(list, json_pack("{s:s,s:[s],s:b,s:s}", "transform", "target_mean", "columns",
		                                    c->name, "aside", true, "place", "default"));
	}
	return list;
}

json_t *defaults_choose(const Outline *columns, const json_t *roles, const json_t *distinct)
{
	json_t *list = json_array();
	int64_t rows = json_get_int(distinct, "rows", 0);
	for (guint i = 0; i < columns->columns->len; i++) {
		const OutlineColumn *c = columns->columns->pdata[i];
		const json_t *about = json_object_get(json_object_get(distinct, "columns"), c->name);
		if (c->consumed || roles_refuse(roles, c->name))
			continue;
		if (c->type == COLUMN_TIME)
			choose_time(list, c->name, about);
		else if (c->raw && is_lone_key(roles, c->name))
			json_array_append_new(list, entry("drop", c->name, "the key: it tells rows apart"));
		else if (c->type == COLUMN_TEXT)
			choose_text(list, c->name, roles, about, rows);
	}
	return choose_asides(choose_categories(list, columns, distinct), columns, roles);
}
