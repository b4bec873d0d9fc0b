/* split.c: settles what kind of split is wanted, has it cut, and writes the two tables. */
#include "data/split.h"

#include <math.h>
#include <string.h>

#include "base/error.h"
#include "base/json.h"
#include "base/limits.h"
#include "data/split_internal.h"

/* Below this many rows one hold-out is too small to choose by: its AUC has a standard error of 0.02 and more. */
enum { SMALL_ROWS = 5000, SMALL_FOLDS = 5 };

static const char *const BY[] = {"auto", "time", "group", "stratified", "stratified_group", "random", "order", NULL};
static const char *const TASKS[] = {"classification", "regression", NULL};

const Param SPLIT_PARAMS[] = {
        {"by", PARAM_TEXT, "what a row's part follows from; auto: time or group where there is one, else stratified",
                "\"auto\"", .choices = BY},
        {"test", PARAM_JSON, "rows to judge by: a fraction of all, or a range such as 2001-06-01..", "0.2"},
        {"valid", PARAM_JSON,
                "rows to choose by: a fraction of all, or a range; without it 0.2, or 5 folds below 5,000 rows"},
        {"folds", PARAM_INT, "cross-validation in this many folds instead of a hold-out", .min = 2, .max = 100},
        {"repeats", PARAM_INT, "make the folds anew so many times, each time otherwise (not by time and order)", "1",
                .min = 1, .max = 50},
        {"fold_column", PARAM_TEXT, "column of yours that says the fold of a row; rows without one only teach"},
        {"each_group", PARAM_BOOL, "a fold for each group: leave one group out", "false"},
        {"window", PARAM_JSON,
                "by time and order, who teaches in a fold: expanding (all rows before it), a length such as 90d (only "
                "those), or all (later rows too)",
                "\"expanding\""},
        {"gap", PARAM_JSON, "by time and order: rows so near before those judged are not learned from, such as 7d"},
        {"embargo", PARAM_JSON, "by time and order: nor rows so near behind them"},
        {"group", PARAM_TEXT, "column whose values are never divided"},
        {"key", PARAM_TEXTS, "columns that name a row", "[]"},
        {"time", PARAM_TEXT, "column that orders the rows in time"},
        {"target", PARAM_TEXT, "column to predict", .flags = PARAM_REQUIRED},
        {"task", PARAM_TEXT, "what kind of prediction", "\"classification\"", .choices = TASKS},
        {NULL},
};

void split_warn(Split *s, const char *format, ...)
{
	va_list args;
	va_start(args, format);
	g_autofree char *text = g_strdup_vprintf(format, args);
	va_end(args);
	json_array_append_new(s->warnings, json_text(text));
}

const char *split_type(const Split *s, const char *column)
{
	size_t i;
	json_t *entry;
	json_array_foreach (s->columns, i, entry)
		if (strcmp(json_get_text(entry, "name", ""), column) == 0)
			return json_get_text(entry, "type", "other");
	return NULL;
}

char *split_order(const Split *s)
{
	return sql_name(strcmp(s->by, "time") == 0 ? s->time : "_gyre_row");
}

const char *split_order_type(const Split *s)
{
	return strcmp(s->by, "time") == 0 ? split_type(s, s->time) : "int";
}

static bool no_column(const Split *s, const char *role, const char *column, GError **error)
{
	g_autoptr(GPtrArray) names = g_ptr_array_new();
	size_t i;
	json_t *entry;
	json_array_foreach (s->columns, i, entry)
		g_ptr_array_add(names, (void *)json_get_text(entry, "name", ""));
	g_ptr_array_add(names, NULL);
	const char *near = nearest_name(column, (const char *const *)names->pdata);
	return fail(error, FAIL_INVALID, "%s: the data has no column \"%s\"%s%s%s", role, column,
	        near ? "; did you mean \"" : "", near ? near : "", near ? "\"?" : "");
}

static bool check_columns(const Split *s, GError **error)
{
	size_t i;
	json_t *entry;
	json_array_foreach (s->columns, i, entry) {
		const char *name = json_get_text(entry, "name", "");
		if (g_str_has_prefix(name, "_gyre_"))
			return fail(error, FAIL_INVALID,
			        "the data has a column \"%s\": names that begin with _gyre_ are the program's own",
			        name);
	}
	const struct {
		const char *role, *column;
	} roles[] = {{"target", s->target}, {"time", s->time}, {"group", s->group},
	        {"fold_column", json_get_text(s->params, "fold_column", NULL)}};
	for (size_t k = 0; k < G_N_ELEMENTS(roles); k++)
		if (roles[k].column && !split_type(s, roles[k].column))
			return no_column(s, roles[k].role, roles[k].column, error);
	const char *type = split_type(s, s->target);
	bool is_number = strcmp(type, "int") == 0 || strcmp(type, "real") == 0;
	if (!s->classifies && !is_number)
		return fail(error, FAIL_INVALID, "the target \"%s\" is of type %s; a regression needs a number",
		        s->target, type);
	json_array_foreach (json_object_get(s->params, "key"), i, entry)
		if (!split_type(s, json_string_value(entry)))
			return no_column(s, "key", json_string_value(entry), error);
	return true;
}

static bool choose_by(Split *s, GError **error)
{
	s->by = json_get_text(s->params, "by", "auto");
	if (strcmp(s->by, "auto") == 0)
		s->by = s->time ? "time" : s->group ? "group" : "stratified";
	if (strcmp(s->by, "time") == 0 && !s->time)
		return fail(error, FAIL_INVALID, "a split by time needs the column that orders the rows: data.time");
	if ((split_by_group(s) || json_get_bool(s->params, "each_group", false)) && !s->group)
		return fail(error, FAIL_INVALID, "a split by group needs the group's column: data.group");
	s->ordered = strcmp(s->by, "time") == 0 || strcmp(s->by, "order") == 0;
	if (strcmp(s->by, "time") == 0) {
		const char *type = split_type(s, s->time);
		if (strcmp(type, "time") != 0 && strcmp(type, "int") != 0 && strcmp(type, "real") != 0)
			return fail(error, FAIL_INVALID,
			        "a split by time needs a time or a number, and column \"%s\" is %s", s->time, type);
	}
	return true;
}

static bool read_range(const Split *s, const char *name, const char *text, SplitSize *ret, GError **error)
{
	const char *dots = strstr(text, "..");
	if (!dots)
		return fail(error, FAIL_INVALID,
		        "split.%s: \"%s\" is neither a fraction such as 0.2 nor a range such as 2001-06-01..", name,
		        text);
	if (!s->ordered)
		return fail(error, FAIL_INVALID, "split.%s: a range (\"%s\") needs a split by time or by order", name,
		        text);
	if (dots == text)
		return fail(error, FAIL_INVALID,
		        "split.%s: the range \"%s\" has no start; rows before the start are learned from", name, text);
	ret->from = g_strndup(text, (size_t)(dots - text));
	g_strstrip(ret->from);
	ret->to = dots[2] ? g_strstrip(g_strdup(dots + 2)) : NULL;
	return true;
}

static bool read_size(const Split *s, const char *name, SplitSize *ret, GError **error)
{
	const json_t *value = json_object_get(s->params, name);
	if (json_is_string(value))
		return read_range(s, name, json_string_value(value), ret, error);
	ret->fraction = json_number_value(value);
	if (json_is_number(value) && ret->fraction > 0 && ret->fraction < 1)
		return true;
	g_autofree char *given = json_canonical(value);
	return fail(error, FAIL_INVALID,
	        "split.%s: %s is neither a fraction between 0 and 1 nor a range such as 2001-06-01..", name, given);
}

static bool has(const json_t *params, const char *name)
{
	const json_t *value = json_object_get(params, name);
	return value && !json_is_null(value);
}

/* What the folds follow from: at most one thing. */
static bool choose_folds(Split *s, GError **error)
{
	const char *column = json_get_text(s->params, "fold_column", NULL);
	bool each = json_get_bool(s->params, "each_group", false);
	s->repeats = (int)json_get_int(s->params, "repeats", 1);
	s->fold_by = column ? column : each ? s->group : NULL;
	if ((column || each) && (s->folds || has(s->params, "valid") || s->repeats > 1 || (column && each)))
		return fail(error, FAIL_INVALID, "split: %s says what the folds are: leave out folds, valid, repeats%s",
		        column ? "fold_column" : "each_group", column ? " and each_group" : "");
	if (s->repeats > 1 && (s->ordered || !s->folds))
		return fail(error, FAIL_INVALID, "split: repeats needs folds that can be made otherwise: %s",
		        s->ordered ? "by time and order there is one way" : "name folds");
	if (s->folds * s->repeats > LIMIT_FOLDS)
		return fail(error, FAIL_LIMIT, "split: %d folds %d times are more than %d", s->folds, s->repeats,
		        LIMIT_FOLDS);
	return true;
}

static bool choose_sizes(Split *s, GError **error)
{
	if (!read_size(s, "test", &s->test, error))
		return false;
	s->folds = (int)json_get_int(s->params, "folds", 0);
	if (s->folds && has(s->params, "valid"))
		return fail(error, FAIL_INVALID, "split: valid and folds exclude each other: a hold-out or folds");
	if (!choose_folds(s, error))
		return false;
	if (s->fold_by)
		return true;
	if (has(s->params, "valid"))
		return read_size(s, "valid", &s->valid, error);
	if (!s->folds && !s->ordered && s->usable < SMALL_ROWS)
		s->folds = SMALL_FOLDS;
	if (!s->folds)
		s->valid.fraction = MIN(0.2, (1 - s->test.fraction) / 2);
	return true;
}

static void clear_size(SplitSize *size)
{
	g_free(size->from);
	g_free(size->to);
}

static bool check_sizes(const Split *s, GError **error)
{
	if (s->test.fraction + s->valid.fraction < 1)
		return true;
	return fail(error, FAIL_INVALID, "split: test (%g) and valid (%g) leave nothing to learn from",
	        s->test.fraction, s->valid.fraction);
}

bool split_is_shuffled(const json_t *params)
{
	static const char *const SHUFFLED[] = {"random", "stratified", "group", "stratified_group", NULL};
	return g_strv_contains(SHUFFLED, json_get_text(params, "by", ""));
}

void split_check(const json_t *params, const char *path, ParamReport *report, void *context)
{
	const char *by = json_get_text(params, "by", "auto");
	bool is_ordered = strcmp(by, "time") == 0 || strcmp(by, "order") == 0;
	Split s = {
	        .params = params,
	        .by = by,
	        .group = json_get_text(params, "group", NULL),
	        .ordered = is_ordered || (strcmp(by, "auto") == 0 && has(params, "time")),
	        .usable = G_MAXINT64,
	};
	g_autoptr(GError) problem = NULL;
	if (!choose_sizes(&s, &problem) || !check_sizes(&s, &problem) ||
	        !split_window(params, s.ordered, NULL, &s.window, &problem))
		report(context, path, problem->message);
	split_window_clear(&s.window);
	clear_size(&s.test);
	clear_size(&s.valid);
}

static char *present(const Split *s, const char *column)
{
	g_autofree char *name = sql_name(column);
	if (strcmp(split_type(s, column), "real") == 0)
		return g_strdup_printf("(%s IS NOT NULL AND isfinite(%s))", name, name);
	return g_strdup_printf("(%s IS NOT NULL)", name);
}

/* Is there anything to learn?  Told before anything is cut, since the words differ from those about a bad cut. */
static bool count_rows(Split *s, GError **error)
{
	s->target_ok = present(s, s->target);
	s->time_ok = strcmp(s->by, "time") == 0 ? present(s, s->time) : g_strdup("true");
	g_autofree char *name = sql_name(s->target);
	g_autofree char *sql = g_strdup_printf("SELECT count(*) AS n, count(*) FILTER (%s) AS t, "
	                                       "count(*) FILTER (%s AND %s) AS u, "
	                                       "coalesce(min(%s) FILTER (%s) = max(%s) FILTER (%s), false) AS one, "
	                                       "CAST(min(%s) FILTER (%s) AS VARCHAR) AS v FROM gyre_rows",
	        s->target_ok, s->target_ok, s->time_ok, name, s->target_ok, name, s->target_ok, name, s->target_ok);
	json_auto_t *row = NULL;
	if (!engine_row(s->e, sql, &row, error))
		return false;
	s->rows = json_get_int(row, "n", 0);
	s->usable = json_get_int(row, "u", 0);
	if (!s->rows)
		return fail(error, FAIL_INVALID, "the data has no rows");
	if (s->rows > LIMIT_ROWS)
		return fail(error, FAIL_LIMIT, "%" G_GINT64_FORMAT " rows; at most %d are split", s->rows, LIMIT_ROWS);
	if (!json_get_int(row, "t", 0))
		return fail(error, FAIL_INVALID,
		        "the target \"%s\" is missing in all %" G_GINT64_FORMAT " rows: there is nothing to learn from",
		        s->target, s->rows);
	if (json_get_bool(row, "one", false))
		return fail(error, FAIL_INVALID,
		        "the target \"%s\" has only one value (%s): there is nothing to tell apart", s->target,
		        json_get_text(row, "v", ""));
	if (!s->usable)
		return fail(error, FAIL_INVALID, "no row has both a target (\"%s\") and a time (\"%s\")", s->target,
		        s->time);
	return true;
}

static bool open_table(Split *s, const char *table, GError **error)
{
	g_autofree char *path = sql_path(table);
	if (!engine_runf(s->e, error,
	            "CREATE OR REPLACE TEMP VIEW gyre_rows AS SELECT * EXCLUDE (file_row_number), "
	            "file_row_number AS _gyre_row FROM read_parquet(%s, file_row_number = true, hive_partitioning = "
	            "false)",
	            path))
		return false;
	g_autofree char *plain = g_strdup_printf("SELECT * FROM read_parquet(%s, hive_partitioning = false)", path);
	return engine_describe(s->e, plain, &s->columns, error) && check_columns(s, error);
}

/* A split by a cut through a column only filters the table, which keeps its order; the others join, which may not.  A column of
 * folds is left out: it is no property of the rows. */
static bool write_part(Split *s, const char *what, const char *where, const char *path, GError **error)
{
	const char *column = json_get_text(s->params, "fold_column", NULL);
	g_autofree char *name = column ? sql_name(column) : NULL;
	g_autofree char *sql = g_strdup_printf("SELECT * EXCLUDE (%s%s%s) FROM gyre_split WHERE %s%s", what,
	        name ? ", " : "", name ? name : "", where, s->ordered && !s->fold_by ? "" : " ORDER BY _gyre_row");
	return engine_write_parquet(s->e, sql, path, error);
}

static bool run(Split *s, const char *table, const char *train, const char *test, json_t **ret, GError **error)
{
	json_auto_t *report = NULL;
	if (!open_table(s, table, error) || !choose_by(s, error) || !count_rows(s, error) || !choose_sizes(s, error) ||
	        !check_sizes(s, error) ||
	        !split_window(s->params, s->ordered, s->ordered ? split_order_type(s) : NULL, &s->window, error) ||
	        !split_cut(s, error) || !split_report(s, &report, error))
		return false;
	if (!write_part(s, "_gyre_part", "_gyre_part <= 1", train, error) ||
	        !write_part(s, s->has_letters ? "_gyre_part, _gyre_fold, _gyre_folds" : "_gyre_part, _gyre_fold",
	                "_gyre_part = 2", test, error))
		return false;
	*ret = g_steal_pointer(&report);
	return true;
}

bool split_table(Engine *e, const char *table, const json_t *params, uint64_t seed, const char *train_path,
        const char *test_path, json_t **ret, GError **error)
{
	Split s = {
	        .e = e,
	        .params = params,
	        .seed = seed,
	        .target = json_get_text(params, "target", ""),
	        .time = json_get_text(params, "time", NULL),
	        .group = json_get_text(params, "group", NULL),
	        .classifies = strcmp(json_get_text(params, "task", "classification"), "classification") == 0,
	        .warnings = json_array(),
	};
	bool ok = run(&s, table, train_path, test_path, ret, error);
	engine_run(e,
	        "DROP VIEW IF EXISTS gyre_split; DROP VIEW IF EXISTS gyre_parts; DROP VIEW IF EXISTS gyre_rows; "
	        "DROP TABLE IF EXISTS gyre_place; DROP TABLE IF EXISTS gyre_same; DROP TABLE IF EXISTS gyre_fold_of; "
	        "DROP TABLE IF EXISTS gyre_again",
	        NULL);
	json_decref(s.columns);
	json_decref(s.warnings);
	g_free(s.target_ok);
	g_free(s.time_ok);
	clear_size(&s.test);
	clear_size(&s.valid);
	split_window_clear(&s.window);
	return ok;
}
