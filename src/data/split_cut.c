/* split_cut.c: gives every row its part, and a plan of folds (split_folds.c makes them).
 *
 * By time and order a part is an interval of one column, so the view gyre_parts is the table and a CASE over that column.
 * Otherwise every row first gets a place in [0, 1) that follows from its content (table gyre_place), and parts are
 * intervals of it: test from 0 on, then valid, then the rest; so a larger valid never moves a row out of test. */
#include "data/split_internal.h"

#include <math.h>
#include <string.h>

#include "base/error.h"
#include "base/json.h"

#define FIELD "chr(31)" /* U+001F, unit separator */
#define NONE "chr(30)"  /* U+001E, for a missing value */
#define FOLD_OF_HOLDOUT "CASE WHEN _gyre_part = 1 THEN 0 ELSE -1 END"

/* --- by time and order ------------------------------------------------------------------------------------------ */

static const char *order_sql_type(const Split *s)
{
	const char *type = split_order_type(s);
	return strcmp(type, "time") == 0 ? "TIMESTAMP" : strcmp(type, "int") == 0 ? "BIGINT" : "DOUBLE";
}

/* An end of a range, as the user wrote it, as SQL. */
static bool bound(const Split *s, const char *name, const char *text, char **ret, GError **error)
{
	char *end;
	int64_t us;
	bool is_time = strcmp(split_order_type(s), "time") == 0;
	if (is_time && time_parse(text, &us)) {
		*ret = g_strdup_printf("make_timestamp(%" G_GINT64_FORMAT ")", us);
		return true;
	}
	double value = g_ascii_strtod(text, &end);
	if (!is_time && end != text && !*end && isfinite(value)) {
		*ret = g_strdup_printf("%.17g", value);
		return true;
	}
	return fail(error, FAIL_INVALID, "split.%s: \"%s\" is not %s", name, text,
	        is_time ? "a time such as 2001-06-01 or 2001-06-01 12:00" : "a number");
}

static bool count_where(const Split *s, const char *where, double *ret, GError **error)
{
	json_auto_t *row = NULL;
	g_autofree char *sql = g_strdup_printf("SELECT count(*) AS n FROM gyre_rows WHERE %s", where);
	if (!engine_row(s->e, sql, &row, error))
		return false;
	*ret = json_get_number(row, "n", 0);
	if (*ret < 1)
		return fail(error, FAIL_INVALID, "no rows come before the test part: nothing is left to learn from");
	return true;
}

static const char CUT_SQL[] =
        "WITH w AS (SELECT %s AS v FROM gyre_rows WHERE %s), q AS (SELECT quantile_disc(v, %.17g) AS c FROM w) "
        "SELECT CAST(any_value(c) AS VARCHAR) AS here, CAST(min(v) FILTER (v > c) AS VARCHAR) AS next, "
        "count(*) FILTER (v >= c) AS from_here, count(*) FILTER (v > c) AS from_next FROM w, q";

/* Where the last `fraction` of all usable rows begins, among those where `before` holds.  Rows of equal value stay
 * together: of the two cuts around them the one nearer to the fraction is taken, but never one with nothing on a side. */
static bool find_cut(const Split *s, double fraction, const char *before, char **ret, GError **error)
{
	g_autofree char *v = split_order(s);
	g_autofree char *where = g_strdup_printf("%s AND %s AND %s", s->target_ok, s->time_ok, before);
	double rows, wanted = fraction * (double)s->usable;
	if (!count_where(s, where, &rows, error))
		return false;
	g_autofree char *sql = g_strdup_printf(CUT_SQL, v, where, MAX(0, 1 - wanted / rows));
	json_auto_t *row = NULL;
	if (!engine_row(s->e, sql, &row, error))
		return false;
	double here = json_get_number(row, "from_here", 0), next = json_get_number(row, "from_next", 0);
	bool later = next > 0 && (here == rows || fabs(next - wanted) < fabs(here - wanted));
	g_autofree char *text = sql_text(json_get_text(row, later ? "next" : "here", ""));
	*ret = g_strdup_printf("CAST(%s AS %s)", text, order_sql_type(s));
	return true;
}

static bool size_bounds(const Split *s, const char *name, const SplitSize *size, const char *where, char **ret_from,
        char **ret_to, GError **error)
{
	if (size->fraction > 0)
		return find_cut(s, size->fraction, where, ret_from, error);
	return bound(s, name, size->from, ret_from, error) && (!size->to || bound(s, name, size->to, ret_to, error));
}

static char *less(const char *bound, const char *length)
{
	return length ? g_strdup_printf("(%s - %s)", bound, length) : g_strdup(bound);
}

/* Where blocks of equal size begin, as equal as ties allow: blocks - 1 cuts.  Free with g_strfreev. */
static bool find_cuts(const Split *s, int blocks, const char *before, char ***ret, GError **error)
{
	g_autofree char *v = split_order(s);
	g_autoptr(GString) sql = g_string_new("SELECT 0 AS none");
	for (int k = 1; k < blocks; k++)
		g_string_append_printf(
		        sql, ", CAST(quantile_disc(%s, %.17g) AS VARCHAR) AS c%d", v, (double)k / blocks, k);
	g_string_append_printf(sql, " FROM gyre_rows WHERE %s AND %s AND %s", s->target_ok, s->time_ok, before);
	json_auto_t *row = NULL;
	if (!engine_row(s->e, sql->str, &row, error))
		return false;
	char **cuts = g_new0(char *, blocks);
	for (int k = 1; k < blocks; k++) {
		g_autofree char *name = g_strdup_printf("c%d", k);
		g_autofree char *cut = sql_text(json_get_text(row, name, ""));
		cuts[k - 1] = g_strdup_printf("CAST(%s AS %s)", cut, order_sql_type(s));
	}
	*ret = cuts;
	return true;
}

/* Folds are blocks in order.  Where only rows before a block teach, the first one is judged by nobody. */
static char *fold_expression(const Split *s, char *const *cuts)
{
	g_autofree char *v = split_order(s);
	int first = s->window.is_all ? 0 : -1;
	g_autoptr(GString) sql = g_string_new("CASE WHEN _gyre_part <> 0 THEN -1");
	for (int k = 0; cuts[k]; k++)
		g_string_append_printf(sql, " WHEN %s < %s THEN %d", v, cuts[k], k + first);
	g_string_append_printf(sql, " ELSE %d END", s->folds - 1);
	return g_strdup(sql->str);
}

typedef struct Cuts {
	char *test_from, *test_to, *valid_from, *valid_to; /* SQL; from inside, to outside; NULL: none */
	char *teach_to;                                    /* the gap before test begins here */
	char **blocks;
} Cuts;

static char *ordered_part(const Split *s, const Cuts *c)
{
	g_autofree char *v = split_order(s);
	g_autoptr(GString) sql = g_string_new(NULL);
	g_string_append_printf(sql, "CASE WHEN NOT %s THEN %d", s->target_ok, SPLIT_NO_TARGET);
	g_string_append_printf(sql, " WHEN NOT %s THEN %d", s->time_ok, SPLIT_NO_TIME);
	if (c->test_to)
		g_string_append_printf(sql, " WHEN %s >= %s THEN %d", v, c->test_to, SPLIT_AFTER_TEST);
	g_string_append_printf(sql, " WHEN %s >= %s THEN %d", v, c->test_from, SPLIT_TEST);
	if (s->window.gap)
		g_string_append_printf(sql, " WHEN %s >= %s THEN %d", v, c->teach_to, SPLIT_IN_GAP);
	if (c->valid_to)
		g_string_append_printf(sql, " WHEN %s >= %s THEN %d", v, c->valid_to, SPLIT_TRAIN);
	if (c->valid_from)
		g_string_append_printf(sql, " WHEN %s >= %s THEN %d", v, c->valid_from, SPLIT_VALID);
	g_string_append_printf(sql, " ELSE %d END", SPLIT_TRAIN);
	return g_strdup(sql->str);
}

static bool make_ordered(Split *s, Cuts *c, GError **error)
{
	g_autofree char *v = split_order(s), *fold = NULL;
	if (!size_bounds(s, "test", &s->test, "true", &c->test_from, &c->test_to, error))
		return false;
	c->teach_to = less(c->test_from, s->window.gap);
	g_autofree char *before = g_strdup_printf("%s < %s", v, c->teach_to);
	int blocks = s->folds + !s->window.is_all;
	if (s->folds && !find_cuts(s, blocks, before, &c->blocks, error))
		return false;
	bool is_holdout = !s->folds && !s->fold_by;
	if (is_holdout && !size_bounds(s, "valid", &s->valid, before, &c->valid_from, &c->valid_to, error))
		return false;
	g_autofree char *part = ordered_part(s, c);
	fold = c->blocks ? fold_expression(s, c->blocks) : g_strdup(FOLD_OF_HOLDOUT);
	FoldPlan plan = {fold, c->blocks, c->valid_from, c->valid_to};
	return engine_runf(s->e, error,
	               "CREATE OR REPLACE TEMP VIEW gyre_parts AS SELECT *, CAST(%s AS UTINYINT) AS _gyre_part FROM "
	               "gyre_rows",
	               part) &&
	       split_folds(s, &plan, error);
}

static bool cut_ordered(Split *s, GError **error)
{
	Cuts c = {NULL};
	bool ok = make_ordered(s, &c, error);
	g_free(c.test_from);
	g_free(c.test_to);
	g_free(c.valid_from);
	g_free(c.valid_to);
	g_free(c.teach_to);
	g_strfreev(c.blocks);
	return ok;
}

/* --- by content -------------------------------------------------------------------------------------------------- */

static int compare_texts(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* md5 over the seed and the values of some columns: the same on every machine and by every version, which the engine's own
 * hash() does not promise. */
static char *hash_of(const Split *s, GPtrArray *columns)
{
	g_ptr_array_sort(columns, compare_texts);
	g_autoptr(GString) sql = g_string_new(NULL);
	g_string_append_printf(sql, "md5_number_lower(concat_ws(" FIELD ", '%" G_GUINT64_FORMAT "'", s->seed);
	for (guint i = 0; i < columns->len; i++) {
		g_autofree char *name = sql_name(columns->pdata[i]);
		g_string_append_printf(sql, ", coalesce(CAST(%s AS VARCHAR), " NONE ")", name);
	}
	g_string_append(sql, "))");
	return g_strdup(sql->str);
}

static char *row_hash(const Split *s)
{
	g_autoptr(GPtrArray) columns = g_ptr_array_new();
	const json_t *key = json_object_get(s->params, "key");
	size_t i;
	json_t *entry;
	if (split_by_group(s)) {
		g_ptr_array_add(columns, (void *)s->group);
	} else if (json_array_size(key)) {
		json_array_foreach (key, i, entry)
			g_ptr_array_add(columns, (void *)json_string_value(entry));
	} else {
		json_array_foreach (s->columns, i, entry)
			g_ptr_array_add(columns, (void *)json_get_text(entry, "name", ""));
	}
	return hash_of(s, columns);
}

/* Identical rows have equal hashes; each but the first gets the hash of its own and its number among them. */
static const char TELL_APART[] =
        "UPDATE gyre_same SET h = md5_number_lower(concat_ws(" FIELD ", twin.h, twin.nth)) FROM "
        "(SELECT row, h, row_number() OVER (PARTITION BY h ORDER BY row) - 1 AS nth FROM gyre_same WHERE h IN "
        "(SELECT h FROM gyre_same GROUP BY h HAVING count(*) > 1)) AS twin "
        "WHERE gyre_same.row = twin.row AND twin.nth > 0";

static bool hash_rows(Split *s, GError **error)
{
	g_autofree char *hash = row_hash(s), *same = split_stratum(s);
	if (!engine_runf(s->e, error,
	            "CREATE OR REPLACE TEMP TABLE gyre_same AS SELECT _gyre_row AS row, %s AS s, %s AS h "
	            "FROM gyre_rows WHERE %s",
	            same, hash, s->target_ok))
		return false;
	bool whole_rows = !split_by_group(s) && !json_array_size(json_object_get(s->params, "key"));
	return !whole_rows || engine_run(s->e, TELL_APART, error);
}

/* The place of a row in [0, 1), by kind of split. */
static const struct {
	const char *by, *place;
} PLACES[] = {
        {"random", "SELECT row AS _gyre_at, CAST(h >> 11 AS DOUBLE) / 9007199254740992 AS _gyre_p FROM gyre_same"},
        {"stratified", "SELECT row AS _gyre_at, (row_number() OVER (PARTITION BY s ORDER BY h, row) - 0.5) / "
                       "count(*) OVER (PARTITION BY s) AS _gyre_p FROM gyre_same"},
        {"group", "SELECT row AS _gyre_at, p AS _gyre_p FROM gyre_same JOIN (SELECT h, (sum(n) OVER (ORDER BY h) - "
                  "n / 2) / CAST(sum(n) OVER () AS DOUBLE) AS p FROM "
                  "(SELECT h, CAST(count(*) AS DOUBLE) AS n FROM gyre_same GROUP BY h)) USING (h)"},
};

static const char *place_of(const char *by)
{
	by = strcmp(by, "stratified_group") == 0 ? "group" : by; /* what is equal are the folds */
	for (size_t i = 0; i < G_N_ELEMENTS(PLACES); i++)
		if (strcmp(PLACES[i].by, by) == 0)
			return PLACES[i].place;
	g_assert_not_reached();
}

/* Each repeat has places of its own among the rows to learn from: columns _gyre_p2, _gyre_p3, ... of gyre_place. */
static bool place_again(Split *s, GError **error)
{
	if (s->repeats > 1 && !engine_runf(s->e, error,
	                              "CREATE OR REPLACE TEMP TABLE gyre_again AS SELECT row, s, h FROM gyre_same JOIN "
	                              "gyre_place ON row = _gyre_at WHERE _gyre_p >= %.17g",
	                              s->test.fraction))
		return false;
	for (int k = 2; k <= s->repeats; k++)
		if (!engine_runf(s->e, error,
		            "CREATE OR REPLACE TEMP TABLE gyre_same AS SELECT row, s, md5_number_lower(concat_ws(" FIELD
		            ", h, %d)) AS h FROM gyre_again; CREATE OR REPLACE TEMP TABLE gyre_place AS SELECT a.*, "
		            "b._gyre_p AS "
		            "_gyre_p%d FROM gyre_place AS a LEFT JOIN (%s) AS b USING (_gyre_at)",
		            k, k, place_of(s->by)))
			return false;
	return true;
}

static bool cut_places(Split *s, GError **error)
{
	if (!hash_rows(s, error) ||
	        !engine_runf(s->e, error, "CREATE OR REPLACE TEMP TABLE gyre_place AS %s", place_of(s->by)) ||
	        !place_again(s, error))
		return false;
	double test = s->test.fraction;
	g_autofree char *folds = g_strdup_printf(
	        "CASE WHEN _gyre_part = 0 THEN least(%d, floor((_gyre_p - %.17g) / %.17g * %d)) ELSE -1 END",
	        s->folds - 1, test, 1 - test, s->folds);
	FoldPlan plan = {.fold = s->folds ? folds : FOLD_OF_HOLDOUT};
	return engine_runf(s->e, error,
	               "CREATE OR REPLACE TEMP VIEW gyre_parts AS SELECT * EXCLUDE (_gyre_at), CAST(CASE WHEN _gyre_p "
	               "IS NULL "
	               "THEN %d WHEN _gyre_p < %.17g THEN %d WHEN _gyre_p < %.17g THEN %d ELSE %d END AS UTINYINT) AS "
	               "_gyre_part FROM gyre_rows LEFT JOIN gyre_place ON _gyre_row = _gyre_at",
	               SPLIT_NO_TARGET, test, SPLIT_TEST, test + s->valid.fraction, SPLIT_VALID, SPLIT_TRAIN) &&
	       split_folds(s, &plan, error);
}

bool split_cut(Split *s, GError **error)
{
	return s->ordered ? cut_ordered(s, error) : cut_places(s, error);
}
