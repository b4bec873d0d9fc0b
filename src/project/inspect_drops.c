/* inspect_drops.c: columns that must not be features, with the reason for each. */
#include <math.h>
#include <string.h>

#include "base/json.h"
#include "project/inspect_internal.h"
#include "data/column_words.h"

/* One column alone that is as good as this knows the answer. */
static const double PERFECT = 0.99;
/* ... and this much better than every other, with a name like an outcome's, probably does. */
static const double FAR_AHEAD = 1.2, STRONG = 0.4;
static const double LONG_TEXT = 40; /* characters: beyond, a text is prose rather than a name */

static const json_t *columns_of(const Inspect *s)
{
	return json_object_get(s->profile, "columns");
}

static bool is_role(const Inspect *s, const char *name)
{
	return strcmp(name, s->target) == 0 || g_strcmp0(name, s->time) == 0;
}

/* A score on one scale: 0 nothing, 1 all. */
static double strength(const Inspect *s, size_t i)
{
	double score = s->rules[i].score;
	return s->classes == 2 ? 2 * score - 1 : score;
}

static char *score_text(const Inspect *s, size_t i)
{
	const char *what = s->classes == 2 ? "AUC" : s->classifies ? "share of the log loss explained" : "R2";
	return g_strdup_printf("%s %.3f", what, s->rules[i].score);
}

static void drop_constant(Inspect *s, const json_t *c)
{
	const char *name = json_get_text(c, "name", "");
	if (json_get_bool(c, "constant", false))
		inspect_drop(s, name, "constant",
		        json_get_int(c, "distinct", 0) ? "the same value in all rows" : "no values");
}

static bool nearly_unique(const Inspect *s, const json_t *c)
{
	double present = (double)(s->rows - json_get_int(c, "missing", 0));
	return present > 20 && json_get_number(c, "distinct", 0) > 0.9 * present;
}

static void drop_identifier(Inspect *s, const json_t *c)
{
	const char *name = json_get_text(c, "name", ""), *type = json_get_text(c, "type", "");
	double length = json_get_number(json_object_get(c, "length"), "mean", 0);
	if (!nearly_unique(s, c))
		return;
	if (strcmp(type, "text") == 0 && length > LONG_TEXT)
		inspect_drop(s, name, "text", "free text (%.0f characters on average); there is no transform for it",
		        length);
	else if (strcmp(type, "text") == 0)
		inspect_drop(s, name, "identifier", "different in nearly every row: it names rows");
	else if (strcmp(type, "int") == 0 && json_get_bool(c, "unique", false) && name_says_id(name))
		inspect_drop(s, name, "identifier", "a number of its own for every row: it names rows");
}

/* Whole numbers that count the rows: 1, 2, 3, ... in their order. */
static bool drop_row_numbers(Inspect *s, GError **error)
{
	size_t i;
	json_t *c;
	json_array_foreach ((json_t *)columns_of(s), i, c) {
		const char *name = json_get_text(c, "name", "");
		double span = json_get_number(c, "max", 0) - json_get_number(c, "min", 0);
		bool counts = strcmp(json_get_text(c, "type", ""), "int") == 0 && json_get_bool(c, "unique", false) &&
		              span == (double)(s->rows - 1);
		json_auto_t *row = NULL;
		g_autofree char *column = sql_name(name);
		g_autofree char *sql =
		        g_strdup_printf("SELECT bool_and(v > b) AS up, bool_and(v < b) AS down FROM "
		                        "(SELECT %s AS v, lag(%s) OVER () AS b FROM gyre_inspect) WHERE b IS NOT NULL",
		                column, column);
		if (!counts || is_role(s, name) || s->rows < 3)
			continue;
		if (!engine_row(s->e, sql, &row, error))
			return false;
		if (json_get_bool(row, "up", false) || json_get_bool(row, "down", false))
			inspect_drop(s, name, "identifier", "it counts the rows");
	}
	return true;
}

static void drop_leak(Inspect *s, size_t i, const json_t *c)
{
	const char *name = json_get_text(c, "name", "");
	g_autofree char *score = score_text(s, i);
	bool speaks = name_speaks_of(name, s->target), after = name_says_after(name);
	const char *hint = speaks ? "; its name is the target's" : after ? "; its name is that of an outcome" : "";
	const json_t *association = json_object_get(c, "association");
	bool monotone = !s->classifies && json_get_number(association, "strength", 0) >= 0.999;
	if (s->rules[i].score >= PERFECT || monotone)
		inspect_drop(s, name, "leak",
		        "alone it tells %s nearly perfectly (%s on rows not seen): it is probably known only "
		        "afterwards%s",
		        s->target, score, hint);
	else if (speaks && strength(s, i) >= 0.8)
		inspect_drop(
		        s, name, "leak", "its name is the target's and alone it predicts it very well (%s)", score);
	else if (speaks)
		inspect_note(s, "%s is named like the target; is it known before the outcome is?", name);
}

static double best_other(const Inspect *s, size_t except)
{
	double best = 0;
	size_t i;
	json_t *c;
	json_array_foreach ((json_t *)columns_of(s), i, c)
		if (i != except && !inspect_is_dropped(s, json_get_text(c, "name", "")) && strength(s, i) > best)
			best = strength(s, i);
	return best;
}

static void drop_after(Inspect *s, size_t i, const json_t *c)
{
	const char *name = json_get_text(c, "name", "");
	g_autofree char *score = score_text(s, i);
	double best = best_other(s, i);
	if (!name_says_after(name) || inspect_is_dropped(s, name))
		return;
	if (strcmp(json_get_text(c, "type", ""), "time") == 0)
		inspect_drop(s, name, "after", "by its name it is set when all is over");
	else if (strength(s, i) >= STRONG && strength(s, i) >= FAR_AHEAD * best)
		inspect_drop(s, name, "after",
		        "by its name it is known only when all is over, and alone it predicts %s far better than any "
		        "other column "
		        "(%s)",
		        s->target, score);
}

bool inspect_drops(Inspect *s, GError **error)
{
	size_t i;
	json_t *c;
	json_array_foreach ((json_t *)columns_of(s), i, c) {
		if (is_role(s, json_get_text(c, "name", "")))
			continue;
		drop_constant(s, c);
		drop_identifier(s, c);
		drop_leak(s, i, c);
	}
	json_array_foreach ((json_t *)columns_of(s), i, c)
		if (!is_role(s, json_get_text(c, "name", "")))
			drop_after(s, i, c);
	return drop_row_numbers(s, error);
}
