/* split_report.c: what came out of a split, what is wrong with it, and whether it is of any use at all.
 *
 * A leak is a row of the test part that the model has met: the same key, the same group, or the very same row in train or
 * valid.  Rows are compared by the engine's 64-bit hash; among 10 million rows the chance of one false match is 1 in 10^5. */
#include "data/split_internal.h"

#include <math.h>
#include <string.h>

#include "base/error.h"
#include "base/json.h"
#include "base/limits.h"
#include "data/profile_moments.h"

/* Fewer test rows than this say little: the 95 % interval of an accuracy of 80 % is then wider than 16 points. */
enum { FEW_TEST_ROWS = 100, FEW_OF_A_CLASS = 10, EXAMPLES = 3 };

static const char *const NAMES[] = {"train", "valid", "test"};

typedef struct Report {
	Split *split;
	int64_t rows[SPLIT_PARTS];
	json_t *rates[3]; /* counts, then shares, by label */
	json_t *target, *ranges, *leaks;
} Report;

/* --- rows and target --------------------------------------------------------------------------------------------- */

static const Column *column(const Frame *f, const char *name)
{
	return frame_find(f, name);
}

static bool count_classes(Report *r, GError **error)
{
	g_autofree char *target = sql_name(r->split->target);
	g_autofree char *sql = g_strdup_printf("SELECT _gyre_part AS part, %s AS y, count(*) AS n FROM gyre_split "
	                                       "WHERE _gyre_part <= 2 GROUP BY ALL ORDER BY y, part",
	        target);
	g_autoptr(Frame) f = NULL;
	if (!engine_frame(r->split->e, sql, &f, error))
		return false;
	for (size_t i = 0; i < f->rows; i++) {
		int64_t part = column(f, "part")->ints[i], n = column(f, "n")->ints[i];
		g_autofree char *label = column_text(column(f, "y"), i);
		r->rows[part] += n;
		json_object_set_new(r->rates[part], label, json_integer(n));
		if (json_object_size(r->rates[part]) > LIMIT_CLASSES)
			return fail(error, FAIL_LIMIT,
			        "the target \"%s\" has more than %d classes; is the task a regression?",
			        r->split->target, LIMIT_CLASSES);
	}
	return true;
}

static bool target_base(const Report *r, MomentBase *ret, GError **error)
{
	g_autofree char *y = sql_name(r->split->target);
	g_autofree char *sql = g_strdup_printf("SELECT CAST(min(%s) AS DOUBLE) AS a, CAST(max(%s) AS DOUBLE) AS b, "
	                                       "CAST(quantile_disc(%s, 0.5) AS DOUBLE) AS m FROM gyre_rows WHERE %s",
	        y, y, y, r->split->target_ok);
	json_auto_t *row = NULL;
	if (!engine_row(r->split->e, sql, &row, error))
		return false;
	*ret = moment_base(json_get_number(row, "a", 0), json_get_number(row, "b", 0), json_get_number(row, "m", 0));
	return true;
}

static bool describe_numbers(Report *r, GError **error)
{
	MomentBase base;
	if (!target_base(r, &base, error))
		return false;
	g_autofree char *y = sql_name(r->split->target), *sums = moment_sql(y, base, "y");
	g_autofree char *sql = g_strdup_printf("SELECT _gyre_part AS part, CAST(min(%s) AS DOUBLE) AS min, "
	                                       "CAST(max(%s) AS DOUBLE) AS max%s FROM gyre_split WHERE _gyre_part <= 2 "
	                                       "GROUP BY ALL",
	        y, y, sums);
	json_auto_t *rows = NULL;
	if (!engine_rows(r->split->e, sql, &rows, error))
		return false;
	size_t i;
	json_t *row;
	json_array_foreach (rows, i, row) {
		int64_t part = json_get_int(row, "part", 0);
		Moments m = moments_of(row, "y", base);
		r->rows[part] = json_get_int(row, "y_n", 0);
		json_object_set_new(r->target, NAMES[part],
		        json_pack("{s:o,s:o,s:O,s:O}", "mean", json_number(m.mean), "sd", json_number(m.sd), "min",
		                json_object_get(row, "min"), "max", json_object_get(row, "max")));
	}
	return true;
}

static bool count_dropped(Report *r, GError **error)
{
	json_auto_t *rows = NULL;
	if (!engine_rows(r->split->e,
	            "SELECT _gyre_part AS part, count(*) AS n FROM gyre_split WHERE _gyre_part > 2 GROUP BY ALL", &rows,
	            error))
		return false;
	size_t i;
	json_t *row;
	json_array_foreach (rows, i, row)
		r->rows[json_get_int(row, "part", 0)] = json_get_int(row, "n", 0);
	return true;
}

static void store_rates(Report *r)
{
	for (int part = 0; part < 3; part++) {
		const char *label;
		json_t *n;
		if (!json_object_size(r->rates[part]))
			continue;
		json_t *shares = json_object();
		json_object_foreach (r->rates[part], label, n)
			json_object_set_new(
			        shares, label, json_real((double)json_integer_value(n) / (double)r->rows[part]));
		json_object_set_new(r->target, NAMES[part], json_pack("{s:o}", "rates", shares));
	}
}

static bool find_ranges(Report *r, GError **error)
{
	if (!r->split->ordered)
		return true;
	g_autofree char *v = split_order(r->split);
	g_autofree char *sql = g_strdup_printf("SELECT _gyre_part AS part, min(%s) AS a, max(%s) AS b FROM gyre_split "
	                                       "WHERE _gyre_part <= 2 GROUP BY ALL",
	        v, v);
	json_auto_t *rows = NULL;
	if (!engine_rows(r->split->e, sql, &rows, error))
		return false;
	r->ranges = json_pack("{s:n,s:n,s:n}", "train", "valid", "test");
	size_t i;
	json_t *row;
	json_array_foreach (rows, i, row)
		json_object_set_new(r->ranges, NAMES[json_get_int(row, "part", 0)],
		        json_pack("[O,O]", json_object_get(row, "a"), json_object_get(row, "b")));
	return true;
}

/* --- is it of any use? ------------------------------------------------------------------------------------------- */

static const char *advice(const Split *s)
{
	if (strcmp(s->by, "time") == 0)
		return "choose another range or fraction";
	if (strcmp(s->by, "group") == 0)
		return "there are too few groups, or one holds most rows; choose another fraction or group";
	if (strcmp(s->by, "order") == 0)
		return "choose a larger fraction, or by: stratified";
	return "choose a larger fraction, or bring more rows";
}

static bool check_part(const Report *r, int part, GError **error)
{
	const Split *s = r->split;
	if (part == SPLIT_VALID && s->folds)
		return true;
	if (!r->rows[part])
		return fail(error, FAIL_INVALID, "the %s part has no rows (split by %s of %" G_GINT64_FORMAT "): %s",
		        NAMES[part], s->by, s->usable, advice(s));
	if (!s->classifies || json_object_size(r->rates[part]) > 1)
		return true;
	const char *label = json_object_iter_key(json_object_iter(r->rates[part]));
	return fail(error, FAIL_INVALID,
	        "all %" G_GINT64_FORMAT " rows of the %s part are of one class, \"%s\" (split by %s): %s",
	        r->rows[part], NAMES[part], label, s->by, advice(s));
}

static bool check_folds(const Report *r, GError **error)
{
	Split *s = r->split;
	if (!s->folds)
		return true;
	g_autofree char *target = sql_name(s->target);
	g_autofree char *sql = g_strdup_printf("SELECT count(*) AS folds, count(*) FILTER (NOT two) AS poor FROM "
	                                       "(SELECT _gyre_fold, min(%s) <> max(%s) AS two FROM gyre_split "
	                                       "WHERE _gyre_part = 0 AND _gyre_fold >= 0 GROUP BY _gyre_fold)",
	        target, target);
	json_auto_t *row = NULL;
	if (!engine_row(s->e, sql, &row, error))
		return false;
	if (json_get_int(row, "folds", 0) < s->folds)
		return fail(error, FAIL_INVALID, "only %d of %d folds have rows (split by %s): choose fewer folds",
		        (int)json_get_int(row, "folds", 0), s->folds, s->by);
	int poor = (int)json_get_int(row, "poor", 0);
	if (poor)
		split_warn(s, "%d of %d folds have only one value of the target: their scores say nothing", poor,
		        s->folds);
	return true;
}

/* --- leaks ------------------------------------------------------------------------------------------------------- */

static char *engine_hash(const json_t *names, bool objects)
{
	g_autoptr(GString) sql = g_string_new("hash(");
	size_t i;
	json_t *entry;
	json_array_foreach (names, i, entry) {
		const char *text = objects ? json_get_text(entry, "name", "") : json_string_value(entry);
		g_autofree char *name = sql_name(text);
		g_string_append_printf(sql, "%s%s", i ? ", " : "", name);
	}
	g_string_append_c(sql, ')');
	return g_strdup(sql->str);
}

static char *all_present(const json_t *names)
{
	g_autoptr(GString) sql = g_string_new("true");
	size_t i;
	json_t *entry;
	json_array_foreach (names, i, entry) {
		g_autofree char *name = sql_name(json_string_value(entry));
		g_string_append_printf(sql, " AND %s IS NOT NULL", name);
	}
	return g_strdup(sql->str);
}

static bool leak_examples(Report *r, const char *kind, GError **error)
{
	json_auto_t *rows = NULL;
	g_autofree char *sql = g_strdup_printf(
	        "SELECT '%s' AS kind, t.row AS test_row, min(s.row) AS train_row FROM (SELECT * FROM gyre_same WHERE "
	        "test "
	        "AND h IN (SELECT h FROM gyre_same WHERE NOT test) ORDER BY row LIMIT %d) AS t JOIN gyre_same AS s "
	        "ON t.h = s.h AND NOT s.test GROUP BY ALL ORDER BY test_row",
	        kind, EXAMPLES);
	if (!engine_rows(r->split->e, sql, &rows, error))
		return false;
	json_array_extend(json_object_get(r->leaks, "examples"), rows);
	return true;
}

/* Counts test rows that share `hash` with a row learned from, among rows where `where` holds. */
static bool find_leak(Report *r, const char *kind, const char *hash, const char *where, GError **error)
{
	Split *s = r->split;
	json_auto_t *row = NULL;
	if (!engine_runf(s->e, error,
	            "CREATE OR REPLACE TEMP TABLE gyre_same AS SELECT _gyre_row AS row, _gyre_part = 2 AS test, "
	            "%s AS h FROM gyre_split WHERE _gyre_part <= 2 AND %s",
	            hash, where) ||
	        !engine_row(s->e,
	                "SELECT count(*) AS n FROM gyre_same WHERE test AND h IN "
	                "(SELECT h FROM gyre_same WHERE NOT test)",
	                &row, error))
		return false;
	int64_t n = json_get_int(row, "n", 0);
	json_object_set_new(r->leaks, kind, json_integer(n));
	return n == 0 || leak_examples(r, kind, error);
}

static bool find_leaks(Report *r, GError **error)
{
	const Split *s = r->split;
	const json_t *key = json_object_get(s->params, "key");
	if (json_array_size(key)) {
		g_autofree char *hash = engine_hash(key, false), *where = all_present(key);
		if (!find_leak(r, "same_key", hash, where, error))
			return false;
	}
	if (s->group) {
		json_auto_t *names = json_pack("[s]", s->group);
		g_autofree char *hash = engine_hash(names, false), *where = all_present(names);
		if (!find_leak(r, "same_group", hash, where, error))
			return false;
	}
	g_autofree char *hash = engine_hash(s->columns, true);
	return find_leak(r, "identical_rows", hash, "true", error);
}

/* --- warnings ---------------------------------------------------------------------------------------------------- */

static double percent(int64_t n, int64_t of)
{
	return of ? 100.0 * (double)n / (double)of : 0;
}

static void warn_dropped(const Report *r)
{
	Split *s = r->split;
	const struct {
		SplitPart part;
		const char *why;
	} drops[] = {
	        {SPLIT_NO_TARGET, "have no target"},
	        {SPLIT_NO_TIME, "have no time"},
	        {SPLIT_AFTER_TEST, "come after the test range"},
	        {SPLIT_IN_GAP, "are in the gap before the test part"},
	};
	for (size_t i = 0; i < G_N_ELEMENTS(drops); i++)
		if (r->rows[drops[i].part])
			split_warn(s, "%" G_GINT64_FORMAT " rows (%.3g %%) %s and were left out",
			        r->rows[drops[i].part], percent(r->rows[drops[i].part], s->rows), drops[i].why);
}

static void warn_leaks(const Report *r)
{
	static const struct {
		const char *kind, *what;
	} leaks[] = {
	        {"same_key", "have a key that is also among the rows learned from"},
	        {"same_group", "belong to a group that is also among the rows learned from"},
	        {"identical_rows", "are identical to a row learned from"},
	};
	for (size_t i = 0; i < G_N_ELEMENTS(leaks); i++) {
		int64_t n = json_get_int(r->leaks, leaks[i].kind, 0);
		bool expected = strcmp(leaks[i].kind, "same_group") == 0 && r->split->ordered;
		if (n && !expected)
			split_warn(r->split,
			        "%" G_GINT64_FORMAT " of %" G_GINT64_FORMAT
			        " test rows (%.3g %%) %s: scores on them flatter",
			        n, r->rows[SPLIT_TEST], percent(n, r->rows[SPLIT_TEST]), leaks[i].what);
	}
}

static void warn_order(const Report *r)
{
	Split *s = r->split;
	if (s->time && !s->ordered)
		split_warn(s,
		        "the split is %s although \"%s\" orders the rows in time: the score will be better than what "
		        "the "
		        "future brings; by: time is the honest way",
		        s->by, s->time);
	if (s->ordered && s->folds && s->window.is_all && !s->fold_by)
		split_warn(s,
		        "with folds by %s, models that are compared learn from rows later than those they are judged "
		        "on",
		        s->by);
}

/* A class in which the parts differ by more than chance (5 standard errors) and by more than a fifth. */
static void warn_class(const Report *r, const char *label)
{
	double train = (double)json_get_int(r->rates[SPLIT_TRAIN], label, 0) / (double)r->rows[SPLIT_TRAIN];
	double test = (double)json_get_int(r->rates[SPLIT_TEST], label, 0) / (double)r->rows[SPLIT_TEST];
	int64_t found = json_get_int(r->rates[SPLIT_TEST], label, 0);
	double error = sqrt(train * (1 - train) / (double)r->rows[SPLIT_TEST]);
	if (!json_object_get(r->rates[SPLIT_TRAIN], label))
		split_warn(r->split, "class \"%s\" is in the test part but not among the rows learned from", label);
	else if (found < FEW_OF_A_CLASS)
		split_warn(r->split, "the test part has only %d rows of class \"%s\"", (int)found, label);
	else if (fabs(test - train) > 5 * error && fabs(test - train) > 0.2 * train)
		split_warn(r->split, "class \"%s\" is %.3g %% of the train part and %.3g %% of the test part", label,
		        100 * train, 100 * test);
}

static void warn_target(const Report *r)
{
	const char *label;
	json_t *n;
	if (r->rows[SPLIT_TEST] < FEW_TEST_ROWS)
		split_warn(r->split, "the test part has only %d rows: its scores will be uncertain",
		        (int)r->rows[SPLIT_TEST]);
	if (!r->split->classifies)
		return;
	json_auto_t *labels = json_object();
	for (int part = 0; part < 3; part++)
		json_object_update(labels, r->rates[part]);
	json_object_foreach (labels, label, n)
		warn_class(r, label);
}

/* --- together ---------------------------------------------------------------------------------------------------- */

static json_t *size_json(const SplitSize *size)
{
	if (size->fraction > 0)
		return json_real(size->fraction);
	if (!size->from)
		return json_null();
	g_autofree char *text = g_strdup_printf("%s..%s", size->from, size->to ? size->to : "");
	return json_text(text);
}

static json_t *report_json(Report *r)
{
	const Split *s = r->split;
	int64_t dropped =
	        r->rows[SPLIT_NO_TARGET] + r->rows[SPLIT_NO_TIME] + r->rows[SPLIT_AFTER_TEST] + r->rows[SPLIT_IN_GAP];
	json_t *rows = json_pack("{s:I,s:I,s:I,s:I,s:I}", "all", (json_int_t)s->rows, "train",
	        (json_int_t)r->rows[SPLIT_TRAIN], "valid", (json_int_t)r->rows[SPLIT_VALID], "test",
	        (json_int_t)r->rows[SPLIT_TEST], "dropped", (json_int_t)dropped);
	json_t *why = json_pack("{s:I,s:I,s:I,s:I}", "missing_target", (json_int_t)r->rows[SPLIT_NO_TARGET],
	        "missing_time", (json_int_t)r->rows[SPLIT_NO_TIME], "after_test", (json_int_t)r->rows[SPLIT_AFTER_TEST],
	        "in_gap", (json_int_t)r->rows[SPLIT_IN_GAP]);
	return json_pack("{s:s,s:I,s:o,s:o,s:i,s:i,s:o,s:o,s:O,s:O,s:O,s:O}", "by", s->by, "seed", (json_int_t)s->seed,
	        "test", size_json(&s->test), "valid", size_json(&s->valid), "folds", s->folds, "repeats",
	        s->folds ? s->repeats : 0, "rows", rows, "dropped", why, "ranges", r->ranges ? r->ranges : json_null(),
	        "target", r->target, "leaks", r->leaks, "warnings", s->warnings);
}

static bool inspect(Report *r, GError **error)
{
	bool counted = r->split->classifies ? count_classes(r, error) : describe_numbers(r, error);
	if (!counted || !count_dropped(r, error))
		return false;
	for (int part = 0; part < 3; part++)
		if (!check_part(r, part, error))
			return false;
	store_rates(r);
	if (!check_folds(r, error) || !find_ranges(r, error) || !find_leaks(r, error))
		return false;
	warn_order(r);
	warn_dropped(r);
	warn_target(r);
	warn_leaks(r);
	return true;
}

bool split_report(Split *s, json_t **ret, GError **error)
{
	Report r = {.split = s,
	        .target = json_pack("{s:n,s:n,s:n}", "train", "valid", "test"),
	        .leaks = json_pack(
	                "{s:i,s:i,s:i,s:[]}", "same_key", 0, "same_group", 0, "identical_rows", 0, "examples")};
	for (int part = 0; part < 3; part++)
		r.rates[part] = json_object();
	bool ok = inspect(&r, error);
	if (ok)
		*ret = report_json(&r);
	for (int part = 0; part < 3; part++)
		json_decref(r.rates[part]);
	json_decref(r.target);
	json_decref(r.ranges);
	json_decref(r.leaks);
	return ok;
}
