/* split_folds.c: who teaches and who is judged in which fold: the columns _gyre_fold and _gyre_folds (data/folds.h). */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/json.h"
#include "data/split_internal.h"

/* --- the window -------------------------------------------------------------------------------------------------- */

static const struct {
	const char *unit;
	double seconds;
} UNITS[] = {{"s", 1}, {"m", 60}, {"h", 3600}, {"d", 86400}, {"w", 604800}};

static double unit_seconds(const char *unit)
{
	for (size_t i = 0; i < G_N_ELEMENTS(UNITS); i++)
		if (strcmp(unit, UNITS[i].unit) == 0)
			return UNITS[i].seconds;
	return NAN;
}

/* A length as SQL: "7d" along times, a number along numbers and rows.  type NULL: either will do. */
static bool read_length(const char *name, const json_t *value, const char *type, char **ret, GError **error)
{
	bool is_time = g_strcmp0(type, "time") == 0;
	if (!value || json_is_null(value))
		return true;
	double number = json_number_value(value);
	if (json_is_number(value) && number >= 0 && !is_time) {
		*ret = number > 0 ? g_strdup_printf("%.17g", number) : NULL;
		return true;
	}
	const char *text = json_is_string(value) ? json_string_value(value) : "";
	char *end;
	number = g_ascii_strtod(text, &end) * (*text ? unit_seconds(end) : NAN);
	if (number >= 0 && number < 1e11 && (is_time || !type)) {
		*ret = number > 0 ? g_strdup_printf("to_microseconds(CAST(%.0f AS BIGINT))", number * 1e6) : NULL;
		return true;
	}
	g_autofree char *given = json_canonical(value);
	return fail(error, FAIL_INVALID, "split.%s: %s is not a length %s", name, given,
	        !type     ? "such as 7d (s, m, h, d, w), or a number"
	        : is_time ? "of time such as 7d or 12h (s, m, h, d, w)"
	                  : "in the units of the order, a number");
}

bool split_window(const json_t *params, bool is_ordered, const char *type, SplitWindow *ret, GError **error)
{
	const json_t *window = json_object_get(params, "window"), *gap = json_object_get(params, "gap"),
	             *embargo = json_object_get(params, "embargo");
	const char *word = json_is_string(window) ? json_string_value(window) : "";
	bool is_default = !window || strcmp(word, "expanding") == 0;
	if (!is_ordered && (!is_default || (gap && !json_is_null(gap)) || (embargo && !json_is_null(embargo))))
		return fail(error, FAIL_INVALID, "split: window, gap and embargo need a split by time or by order");
	ret->is_all = strcmp(word, "all") == 0;
	return (is_default || ret->is_all || read_length("window", window, type, &ret->length, error)) &&
	       read_length("gap", gap, type, &ret->gap, error) &&
	       read_length("embargo", embargo, type, &ret->embargo, error);
}

void split_window_clear(SplitWindow *w)
{
	g_free(w->length);
	g_free(w->gap);
	g_free(w->embargo);
	*w = (SplitWindow){0};
}

/* --- letters ----------------------------------------------------------------------------------------------------- */

/* One fold in order, judged from `from` to `to`; NULL: from the start, to the end. */
static void add_letter(GString *sql, const Split *s, const char *from, const char *to)
{
	const SplitWindow *w = &s->window;
	g_autofree char *v = split_order(s), *edge = w->gap ? g_strdup_printf("%s - %s", from, w->gap) : g_strdup(from);
	g_string_append_printf(sql, "%sCASE", sql->len ? " || " : "");
	if (from && w->gap)
		g_string_append_printf(sql, " WHEN %s < %s AND %s >= %s THEN '-'", v, from, v, edge);
	if (from && w->length)
		g_string_append_printf(sql, " WHEN %s < %s - %s THEN '-'", v, edge, w->length);
	if (from)
		g_string_append_printf(sql, " WHEN %s < %s THEN 't'", v, from);
	if (to && w->is_all && w->embargo)
		g_string_append_printf(sql, " WHEN %s >= %s AND %s < %s + %s THEN '-'", v, to, v, to, w->embargo);
	if (to)
		g_string_append_printf(sql, " WHEN %s >= %s THEN '%c'", v, to, w->is_all ? 't' : '-');
	g_string_append(sql, " ELSE 'v' END");
}

/* Blocks in order; where only rows before a block teach, the first one is judged by nobody. */
static char *letters_of_blocks(const Split *s, char *const *cuts)
{
	g_autoptr(GString) sql = g_string_new(NULL);
	int shift = s->window.is_all ? -1 : 0;
	for (int k = 0; k < s->folds; k++)
		add_letter(sql, s, k + shift >= 0 ? cuts[k + shift] : NULL, cuts[k + shift + 1]);
	return g_strdup(sql->str);
}

/* The letters of one repeat from the number of its fold. */
static void add_repeat(GString *sql, const char *fold, int folds)
{
	g_string_append_printf(sql, "%srepeat('t', CAST(%s AS BIGINT)) || 'v' || repeat('t', %d - CAST(%s AS BIGINT))",
	        sql->len ? " || " : "", fold, folds - 1, fold);
}

static char *letters_of_repeats(const Split *s)
{
	g_autoptr(GString) sql = g_string_new(NULL);
	add_repeat(sql, "_gyre_fold", s->folds);
	for (int k = 2; k <= s->repeats; k++) {
		g_autofree char *fold = g_strdup_printf("least(%d, floor(_gyre_p%d * %d))", s->folds - 1, k, s->folds);
		add_repeat(sql, fold, s->folds);
	}
	return g_strdup(sql->str);
}

static char *letters(const Split *s, const FoldPlan *plan)
{
	const SplitWindow *w = &s->window;
	if (s->fold_by)
		return NULL;
	if (s->repeats > 1)
		return letters_of_repeats(s);
	if (plan->cuts && (!w->is_all || w->gap || w->embargo))
		return letters_of_blocks(s, plan->cuts);
	if (!plan->valid_from || !(w->gap || (plan->valid_to && w->embargo)))
		return NULL;
	Split holdout = *s; /* rows behind valid teach */
	g_autoptr(GString) sql = g_string_new(NULL);
	holdout.window.is_all = true;
	add_letter(sql, &holdout, plan->valid_from, plan->valid_to);
	return g_strdup(sql->str);
}

/* --- the view ---------------------------------------------------------------------------------------------------- */

/* Places of repeats are no columns of the parts. */
static char *own_columns(const Split *s)
{
	g_autoptr(GString) sql = g_string_new("_gyre_p");
	for (int k = 2; k <= s->repeats; k++)
		g_string_append_printf(sql, ", _gyre_p%d", k);
	return s->ordered ? g_strdup("*") : g_strdup_printf("* EXCLUDE (%s)", sql->str);
}

static bool view_of_map(Split *s, const char *column, GError **error)
{
	g_autofree char *name = sql_name(column), *own = own_columns(s);
	return split_map(s, error) &&
	       engine_runf(s->e, error,
	               "CREATE OR REPLACE TEMP VIEW gyre_split AS SELECT p.*, CAST(CASE WHEN _gyre_part = 0 THEN "
	               "coalesce(_gyre_f, -1) "
	               "ELSE -1 END AS BIGINT) AS _gyre_fold FROM (SELECT %s FROM gyre_parts) AS p LEFT JOIN (SELECT v "
	               "AS "
	               "_gyre_v, f AS _gyre_f FROM gyre_fold_of) ON CAST(%s AS VARCHAR) = _gyre_v",
	               own, name);
}

bool split_folds(Split *s, const FoldPlan *plan, GError **error)
{
	if (s->fold_by || (strcmp(s->by, "stratified_group") == 0 && s->folds))
		return view_of_map(s, s->fold_by ? s->fold_by : s->group, error);
	g_autofree char *own = own_columns(s), *roles = letters(s, plan);
	g_autofree char *column =
	        roles ? g_strdup_printf(", CASE WHEN _gyre_part <= 1 THEN %s END AS _gyre_folds", roles) : g_strdup("");
	s->has_letters = roles != NULL;
	return engine_runf(s->e, error,
	        "CREATE OR REPLACE TEMP VIEW gyre_split AS SELECT %s%s FROM (SELECT *, CAST(%s AS BIGINT) AS "
	        "_gyre_fold "
	        "FROM gyre_parts)",
	        own, column, plan->fold);
}
