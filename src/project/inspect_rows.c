/* inspect_rows.c: what names a row (the key), and what several rows belong to (the group). */
#include <string.h>

#include "base/json.h"
#include "project/inspect_internal.h"
#include "data/column_words.h"

enum { MOST_PARTS = 8, MOST_TESTS = 40 };

/* --- the key ----------------------------------------------------------------------------------------------------- */

static void tell_key(Inspect *s, json_t *columns, const char *reason)
{
	json_object_set_new(s->found, "key", json_pack("{s:o,s:s}", "columns", columns, "reason", reason));
}

static bool can_name(const Inspect *s, const json_t *c)
{
	const char *type = json_get_text(c, "type", "");
	return strcmp(json_get_text(c, "name", ""), s->target) != 0 && json_get_int(c, "missing", 0) == 0 &&
	       (strcmp(type, "text") == 0 || strcmp(type, "int") == 0 || strcmp(type, "time") == 0);
}

/* A text is long for a key when it is prose; a number needs a name that says so, amounts may differ by chance. */
static bool is_key(const Inspect *s, const json_t *c)
{
	const char *name = json_get_text(c, "name", ""), *type = json_get_text(c, "type", "");
	if (!can_name(s, c) || !json_get_bool(c, "unique", false))
		return false;
	if (strcmp(type, "int") == 0)
		return name_says_id(name) || inspect_is_dropped(s, name);
	return strcmp(type, "time") == 0 || json_get_number(json_object_get(c, "length"), "mean", 0) <= 40;
}

static bool single_key(Inspect *s)
{
	const char *found = NULL;
	size_t i;
	json_t *c;
	json_array_foreach (json_object_get(s->profile, "columns"), i, c) {
		const char *name = json_get_text(c, "name", "");
		if (is_key(s, c) && (!found || (name_says_id(name) && !name_says_id(found))))
			found = name;
	}
	if (found)
		tell_key(s, json_pack("[s]", found), "it is different in every row");
	return found != NULL;
}

/* A column that may be part of a key: a time, a text, or a number that is named like one. */
typedef struct Part {
	const char *name;
	double distinct;
	bool anchors; /* a time, or named like an id: a key of several needs one, or it is a coincidence */
} Part;

static int by_distinct(const void *a, const void *b)
{
	double x = ((const Part *)a)->distinct, y = ((const Part *)b)->distinct;
	return (x < y) - (x > y);
}

static GArray *parts_of(const Inspect *s)
{
	GArray *parts = g_array_new(false, false, sizeof(Part));
	size_t i;
	json_t *c;
	json_array_foreach (json_object_get(s->profile, "columns"), i, c) {
		const char *name = json_get_text(c, "name", ""), *type = json_get_text(c, "type", "");
		bool anchors = strcmp(type, "time") == 0 || g_strcmp0(name, s->time) == 0 || name_says_id(name) ||
		               name_says_someone(name);
		Part part = {name, json_get_number(c, "distinct", 0), anchors};
		bool leaks = inspect_is_dropped(s, name) && !anchors;
		if (can_name(s, c) && !leaks && part.distinct > 1 && (anchors || strcmp(type, "text") == 0))
			g_array_append_val(parts, part);
	}
	g_array_sort(parts, by_distinct);
	g_array_set_size(parts, MIN(parts->len, (guint)MOST_PARTS));
	return parts;
}

static bool is_unique(const Inspect *s, const Part *const *parts, size_t count, bool *ret, GError **error)
{
	g_autoptr(GString) sql = g_string_new("SELECT count(DISTINCT hash(");
	for (size_t i = 0; i < count; i++) {
		g_autofree char *name = sql_name(parts[i]->name);
		g_string_append_printf(sql, "%s%s", i ? ", " : "", name);
	}
	g_string_append(sql, ")) AS d FROM gyre_inspect");
	json_auto_t *row = NULL;
	if (!engine_row(s->e, sql->str, &row, error))
		return false;
	*ret = json_get_int(row, "d", 0) == s->rows;
	return true;
}

typedef struct Search {
	Inspect *s;
	const GArray *parts;
	const Part *chosen[3];
	int tests;
	bool found;
} Search;

static bool worth_a_test(const Search *k, size_t count)
{
	double possible = 1;
	bool anchored = false;
	for (size_t i = 0; i < count; i++) {
		possible *= k->chosen[i]->distinct;
		anchored |= k->chosen[i]->anchors;
	}
	return anchored && possible >= (double)k->s->rows && k->tests < MOST_TESTS;
}

/* All choices of `count` parts, of which `done` are made, from `from` on. */
static bool try_parts(Search *k, size_t count, size_t done, guint from, GError **error)
{
	if (done == count) {
		if (!worth_a_test(k, count))
			return true;
		k->tests++;
		return is_unique(k->s, k->chosen, count, &k->found, error);
	}
	for (guint i = from; i < k->parts->len && !k->found; i++) {
		k->chosen[done] = &g_array_index(k->parts, Part, i);
		if (!try_parts(k, count, done + 1, i + 1, error))
			return false;
	}
	return true;
}

static bool joint_key(Inspect *s, GError **error)
{
	g_autoptr(GArray) parts = parts_of(s);
	Search k = {.s = s, .parts = parts};
	if (json_get_int(json_object_get(s->profile, "duplicates"), "rows", 0))
		return true; /* two rows are wholly alike: nothing tells them apart */
	for (size_t count = 2; count <= 3 && !k.found; count++) {
		if (!try_parts(&k, count, 0, 0, error))
			return false;
		json_t *names = k.found ? json_array() : NULL;
		for (size_t i = 0; k.found && i < count; i++)
			json_array_append_new(names, json_text(k.chosen[i]->name));
		if (k.found)
			tell_key(s, names, "together they are different in every row");
	}
	return true;
}

/* --- the group --------------------------------------------------------------------------------------------------- */

/* Someone with several rows each: from 20 of them on, a fifth can be set aside. */
static bool is_group(const Inspect *s, const json_t *c)
{
	const char *name = json_get_text(c, "name", ""), *type = json_get_text(c, "type", "");
	double distinct = json_get_number(c, "distinct", 0),
	       present = (double)(s->rows - json_get_int(c, "missing", 0));
	bool type_fits = strcmp(type, "text") == 0 || strcmp(type, "int") == 0;
	return type_fits && strcmp(name, s->target) != 0 && distinct >= 20 && present >= 1.5 * distinct &&
	       present > 0.9 * (double)s->rows && name_says_someone(name) && (name_says_id(name) || distinct > 50);
}

static void find_group(Inspect *s)
{
	const json_t *best = NULL;
	size_t i;
	json_t *c;
	json_array_foreach (json_object_get(s->profile, "columns"), i, c)
		if (is_group(s, c) && (!best || json_get_int(c, "distinct", 0) > json_get_int(best, "distinct", 0)))
			best = c;
	if (!best)
		return;
	g_autofree char *reason = g_strdup_printf("%d of them with %.3g rows each",
	        (int)json_get_int(best, "distinct", 0), (double)s->rows / json_get_number(best, "distinct", 1));
	json_object_set_new(s->found, "group",
	        json_pack("{s:O,s:o}", "column", json_object_get(best, "name"), "reason", json_text(reason)));
}

bool inspect_row_names(Inspect *s, GError **error)
{
	if (!single_key(s) && !joint_key(s, error))
		return false;
	find_group(s);
	return true;
}
