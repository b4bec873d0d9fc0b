/* inspect_task.c: what kind of question the target asks. */
#include <string.h>

#include "base/error.h"
#include "base/json.h"
#include "base/limits.h"
#include "project/inspect_internal.h"
#include "data/column_words.h"

/* Numbers with more values than this are amounts, not classes. */
enum { MOST_NUMBER_CLASSES = 20, SHOWN_CLASSES = 50 };

typedef struct Target {
	int64_t present, distinct;
	bool whole; /* numbers without fractions */
} Target;

static bool look(const Inspect *s, Target *ret, GError **error)
{
	g_autofree char *y = sql_name(s->target);
	bool real = strcmp(s->target_type, "real") == 0;
	g_autofree char *known = real ? g_strdup_printf("(CASE WHEN isfinite(%s) THEN %s END)", y, y) : g_strdup(y);
	g_autofree char *whole = real ? g_strdup_printf("bool_and(%s = trunc(%s))", known, known) : g_strdup("true");
	g_autofree char *sql =
	        g_strdup_printf("SELECT count(%s) AS n, count(DISTINCT %s) AS d, coalesce(%s, true) AS whole "
	                        "FROM gyre_inspect",
	                known, known, whole);
	json_auto_t *row = NULL;
	if (!engine_row(s->e, sql, &row, error))
		return false;
	*ret = (Target){json_get_int(row, "n", 0), json_get_int(row, "d", 0), json_get_bool(row, "whole", true)};
	return true;
}

static bool check_target(const Inspect *s, const Target *t, GError **error)
{
	if (!t->present)
		return fail(error, FAIL_INVALID,
		        "the target \"%s\" is missing in all rows: there is nothing to learn from", s->target);
	if (t->distinct == 1)
		return fail(error, FAIL_INVALID, "the target \"%s\" has only one value: there is nothing to tell apart",
		        s->target);
	if (strcmp(s->target_type, "time") == 0)
		return fail(error, FAIL_INVALID,
		        "the target \"%s\" is a time; predict a number, such as the days until then, made in a query",
		        s->target);
	if (strcmp(s->target_type, "text") == 0 && (t->distinct > LIMIT_CLASSES || t->distinct * 2 > t->present))
		return fail(error, FAIL_INVALID,
		        "the target \"%s\" has %" G_GINT64_FORMAT " different texts in %" G_GINT64_FORMAT
		        " rows: it names rows rather than classes",
		        s->target, t->distinct, t->present);
	return true;
}

static json_t *reason_of_task(const Inspect *s, const Target *t)
{
	bool numbers = strcmp(s->target_type, "int") == 0 || strcmp(s->target_type, "real") == 0;
	g_autofree char *text = NULL;
	if (!s->classifies)
		text = g_strdup_printf(
		        "%s is a number with %" G_GINT64_FORMAT " different values", s->target, t->distinct);
	else if (numbers && t->distinct > 2)
		text = g_strdup_printf("%s is a number, but has only %" G_GINT64_FORMAT
		                       " values; if their distance matters, task: regression",
		        s->target, t->distinct);
	else
		text = g_strdup_printf("%s has %" G_GINT64_FORMAT " values", s->target, t->distinct);
	return json_pack("[o]", json_text(text));
}

static bool list_classes(Inspect *s, json_t **ret, GError **error)
{
	g_autofree char *y = sql_name(s->target);
	g_autofree char *sql = g_strdup_printf("SELECT %s AS y, count(*) AS n FROM gyre_inspect WHERE %s IS NOT NULL "
	                                       "GROUP BY 1 ORDER BY 2 DESC, 1 LIMIT %d",
	        y, y, SHOWN_CLASSES);
	g_autoptr(Frame) f = NULL;
	if (!engine_frame(s->e, sql, &f, error))
		return false;
	*ret = json_array();
	for (size_t i = 0; i < f->rows; i++) {
		g_autofree char *label = column_text(frame_find(f, "y"), i);
		json_array_append_new(*ret, json_pack("{s:o,s:I}", "label", json_text(label), "rows",
		                                    (json_int_t)frame_find(f, "n")->ints[i]));
	}
	return true;
}

/* Of two classes: the one whose name says so, else the rarer. */
static void choose_positive(json_t *goal, const json_t *classes)
{
	const char *most = json_get_text(json_array_get(classes, 0), "label", ""),
	           *least = json_get_text(json_array_get(classes, 1), "label", "");
	bool most_says = label_is_positive(most), least_says = label_is_positive(least);
	const char *chosen = most_says && !least_says ? most : least;
	g_autofree char *reason = g_strdup_printf("the question is taken to be about \"%s\", %s", chosen,
	        most_says == least_says ? "the rarer class" : "by its name");
	json_object_set_new(goal, "positive", json_text(chosen));
	json_array_append_new(json_object_get(goal, "reasons"), json_text(reason));
}

/* Told, not mended: which of them is right only a person knows. */
static void note_spellings(Inspect *s, const json_t *classes)
{
	for (size_t i = 0; i < json_array_size(classes); i++)
		for (size_t k = 0; k < i; k++) {
			const char *a = json_get_text(json_array_get(classes, k), "label", ""),
			           *b = json_get_text(json_array_get(classes, i), "label", "");
			if (labels_are_alike(a, b))
				inspect_note(s,
				        "\"%s\" and \"%s\" may be one class in two spellings; make them one in "
				        "data.query",
				        a, b);
		}
}

bool inspect_task(Inspect *s, GError **error)
{
	Target t;
	json_t *classes = NULL;
	if (!look(s, &t, error) || !check_target(s, &t, error))
		return false;
	bool numbers = strcmp(s->target_type, "int") == 0 || strcmp(s->target_type, "real") == 0;
	s->classifies = !numbers || t.distinct == 2 || (t.whole && t.distinct <= MOST_NUMBER_CLASSES);
	s->classes = s->classifies ? (size_t)t.distinct : 0;
	json_t *goal = json_pack("{s:s,s:s,s:n,s:o,s:n}", "task", s->classifies ? "classification" : "regression",
	        "target", s->target, "positive", "reasons", reason_of_task(s, &t), "classes");
	json_object_set_new(s->found, "goal", goal);
	if (t.present < s->rows)
		inspect_note(s, "%s is missing in %" G_GINT64_FORMAT " rows; they are left out", s->target,
		        s->rows - t.present);
	if (!s->classifies)
		return true;
	if (!list_classes(s, &classes, error))
		return false;
	json_object_set_new(goal, "classes", classes);
	if (strcmp(s->target_type, "text") == 0)
		note_spellings(s, classes);
	if (s->classes == 2)
		choose_positive(goal, classes);
	return true;
}
