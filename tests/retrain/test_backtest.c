/* test_backtest.c: periods of a table, windows that keep their bytes, differences over periods by closed form, and the verdict. */
#include "retrain/backtest.h"

#include <math.h>
#include <string.h>

#include "base/error.h"
#include "base/file.h"
#include "base/json.h"
#include "data/frame.h"
#include "retrain/mode.h"
#include "retrain/periods.h"
#include "retrain/step_window.h"

static json_t *period(double a, double b, double cost, const char *differences)
{
	json_auto_t *pairs = json_loads(differences, 0, NULL);
	g_assert_nonnull(pairs);
	return json_pack("{s:{s:{s:f,s:{s:f},s:f},s:{s:f,s:{s:f},s:f}},s:O}", "modes", "none", "metric", a, "kpi",
	        "money", a * 10, "cpu_seconds", 1.0, "retrain", "metric", b, "kpi", "money", b * 10, "cpu_seconds",
	        cost, "differences", pairs);
}

/* Two periods, half widths 0.0392 = 1.96 * 0.02: the mean's standard error is sqrt(2) * 0.02 / 2. */
static void test_tell(void)
{
	json_auto_t *periods = json_array(), *modes = json_pack("[s,s]", "none", "retrain");
	json_array_append_new(
	        periods, period(0.6, 0.7, 5,
	                         "[{\"a\": \"none\", \"b\": \"retrain\", \"difference\": 0.1, \"low\": 0.0608, "
	                         "\"high\": 0.1392}]"));
	json_array_append_new(
	        periods, period(0.5, 0.7, 7,
	                         "[{\"a\": \"retrain\", \"b\": \"none\", \"difference\": -0.2, \"low\": -0.2392, "
	                         "\"high\": -0.1608}]"));
	json_auto_t *told = backtest_tell(periods, modes, metric_find("roc_auc"));
	const json_t *retrain = json_array_get(json_object_get(told, "modes"), 1),
	             *against = json_object_get(retrain, "against");
	g_assert_cmpfloat_with_epsilon(json_get_number(against, "difference", 0), 0.15, 1e-12);
	g_assert_cmpfloat_with_epsilon(json_get_number(against, "low", 0), 0.15 - 1.96 * sqrt(2) * 0.01, 1e-4);
	g_assert_cmpfloat_with_epsilon(json_get_number(against, "high", 0), 0.15 + 1.96 * sqrt(2) * 0.01, 1e-4);
	g_assert_cmpint(json_get_int(against, "better_in", 0), ==, 2);
	g_assert_cmpfloat_with_epsilon(json_get_number(retrain, "cpu_seconds", 0), 12, 1e-12);
	g_assert_cmpfloat_with_epsilon(json_number_value(json_at(retrain, "kpi.money")), 7, 1e-12);
	g_assert_cmpstr(json_string_value(json_at(told, "verdict.mode")), ==, "retrain");
	json_auto_t *lower = backtest_tell(
	        periods, modes, metric_find("rmse")); /* of a loss the same differences say the contrary */
	g_assert_cmpstr(json_string_value(json_at(lower, "verdict.mode")), ==, "none");
}

/* Biases of either sign: the one nearer to 0 is taken, and those of two periods do not make up for each other. */
static void test_bias(void)
{
	json_auto_t *periods = json_array(), *modes = json_pack("[s,s]", "none", "retrain");
	json_array_append_new(
	        periods, period(-5, 0.1, 5,
	                         "[{\"a\": \"none\", \"b\": \"retrain\", \"difference\": -4.9, \"low\": -5, "
	                         "\"high\": -4.8}]"));
	json_array_append_new(
	        periods, period(5, -0.1, 5,
	                         "[{\"a\": \"none\", \"b\": \"retrain\", \"difference\": -4.9, \"low\": -5, "
	                         "\"high\": -4.8}]"));
	json_auto_t *told = backtest_tell(periods, modes, metric_find("mean_error"));
	g_assert_cmpstr(json_string_value(json_at(told, "verdict.mode")), ==, "retrain");
	g_assert_cmpfloat(json_get_number(json_array_get(json_object_get(told, "modes"), 0), "metric", 0), ==, 5);
}

/* A little better on average, but not surely: what costs less is taken. */
static void test_as_good(void)
{
	json_auto_t *periods = json_array(), *modes = json_pack("[s,s]", "none", "retrain");
	json_array_append_new(
	        periods, period(0.6, 0.61, 5,
	                         "[{\"a\": \"none\", \"b\": \"retrain\", \"difference\": 0.01, \"low\": -0.01, "
	                         "\"high\": 0.03}]"));
	json_auto_t *told = backtest_tell(periods, modes, metric_find("roc_auc"));
	g_assert_cmpstr(json_string_value(json_at(told, "verdict.mode")), ==, "none");
	json_auto_t *nothing = json_array(), *empty = backtest_tell(nothing, modes, metric_find("roc_auc"));
	g_assert_true(json_is_null(json_object_get(json_object_get(empty, "verdict"), "mode")));
}

/* A row an hour from 2024-01-15, so many of them; the hour is that of the day's begin where whole days are wanted. */
static char *make_times(const char *folder, const char *name, int rows, const char *unit)
{
	g_autoptr(Engine) e = NULL;
	char *path = g_build_filename(folder, name, NULL);
	g_autofree char *sql = g_strdup_printf(
	        "select date_trunc('%s', timestamp '2024-01-15' + interval (i) hour)::timestamp as hour, i as n from "
	        "range(%d) t(i) order by i",
	        unit, rows);
	g_assert_true(engine_open(NULL, &e, NULL) && engine_write_parquet(e, sql, path, NULL));
	return path;
}

static char *make_table(const char *folder, const char *name, int rows)
{
	return make_times(folder, name, rows, "hour");
}

static ReplayPeriod *find(const char *table, PeriodsWanted wanted, size_t *ret_count)
{
	g_autoptr(Engine) e = NULL;
	g_autoptr(GError) error = NULL;
	ReplayPeriod *periods = NULL;
	wanted.table = table;
	wanted.time = "hour";
	g_assert_true(engine_open(NULL, &e, NULL));
	periods_find(e, &wanted, &periods, ret_count, &error);
	g_assert_no_error(error);
	return periods;
}

static void refuse(const char *table, PeriodsWanted wanted)
{
	g_autoptr(Engine) e = NULL;
	g_autoptr(GError) error = NULL;
	ReplayPeriod *periods = NULL;
	size_t count;
	wanted.table = table;
	g_assert_true(engine_open(NULL, &e, NULL));
	g_assert_false(periods_find(e, &wanted, &periods, &count, &error));
	g_assert_error(error, FAIL, FAIL_INVALID);
}

static void test_periods(void)
{
	g_autofree char *folder = g_dir_make_tmp("gyre-periods-XXXXXX", NULL),
	                *table = make_table(folder, "t.parquet", 2400);
	size_t count;
	g_autofree ReplayPeriod *months =
	        find(table, (PeriodsWanted){.every = "month", .last = 12, .delay = 86400000000}, &count);
	g_assert_cmpuint(count, ==, 3); /* 15 January to 24 April: January only teaches */
	g_autofree char *begin = time_text(months[0].begin), *end = time_text(months[0].end);
	g_assert_cmpstr(begin, ==, "2024-02-01 00:00:00");
	g_assert_cmpstr(end, ==, "2024-03-01 00:00:00");
	g_assert_cmpint(months[0].rows, ==, 29 * 24);
	g_assert_cmpint(months[0].fresh, ==, 16 * 24);    /* known on 1 February: all but its last day */
	g_assert_cmpint(months[0].arriving, ==, 29 * 24); /* the last day of January to the last but one of February */
	g_assert_cmpint(months[1].fresh, ==, months[0].arriving);
	g_autofree ReplayPeriod *newest = find(table, (PeriodsWanted){.every = "month", .last = 1}, &count);
	g_assert_cmpuint(count, ==, 1);
	g_assert_cmpint(newest[0].fresh, ==, 2400 - newest[0].rows);
	g_autofree ReplayPeriod *parts = find(table, (PeriodsWanted){.every = "1000", .last = 12}, &count);
	g_assert_cmpuint(count, ==, 2);
	g_assert_cmpint(parts[0].rows, ==, 1000);
	g_assert_cmpint(parts[1].rows, ==, 400);
	refuse(table, (PeriodsWanted){.every = "fortnight", .last = 12, .time = "hour"});
	refuse(table, (PeriodsWanted){.every = "month", .last = 12, .time = "n"});
	refuse(table, (PeriodsWanted){.every = "5000", .last = 12, .time = "hour"});
	refuse(table,
	        (PeriodsWanted){.every = "day", .last = 1000, .time = "hour", .delay = 100 * INT64_C(86400000000)});
	file_remove(folder, NULL);
}

static json_t *window(const char *folder, const char *table, const char *params, const char *name)
{
	const char *inputs[] = {"good", table, NULL};
	g_autofree char *to = g_build_filename(folder, name, NULL), *rows = g_build_filename(to, "rows", NULL);
	g_autofree char *from = sql_parquet(rows);
	g_autofree char *sql = g_strdup_printf(
	        "select count(*) as rows, min(n) as first, max(n) as last, sum((_gyre_fold = 0)::int) as valid, min(n) "
	        "filter (_gyre_fold = 0) as cut, bool_and(n = _gyre_row) as numbered, (select md5(content) from "
	        "read_blob('%s')) as md5, (select count(*) from (describe select * from %s)) as columns from %s",
	        rows, from, from);
	g_autoptr(GError) error = NULL;
	g_autoptr(Engine) e = NULL;
	json_auto_t *given = json_loads(params, 0, NULL);
	json_t *found = NULL;
	step_test_run(&STEP_WINDOW, given, inputs, to, 1, &error);
	g_assert_no_error(error);
	g_assert_true(engine_open(NULL, &e, NULL));
	engine_row(e, sql, &found, &error);
	g_assert_no_error(error);
	return found;
}

#define FEBRUARY "\"time\": \"hour\", \"from\": \"2024-02-01\", \"until\": \"2024-03-01\""

static void test_window(void)
{
	/* A folder may look like a partition, which the engine would take for a column. */
	g_autofree char *folder = g_dir_make_tmp("window=XXXXXX", NULL);
	g_autofree char *table = make_table(folder, "t.parquet", 2400), *longer = make_table(folder, "u.parquet", 4800);
	json_auto_t *all = window(folder, table, "{" FEBRUARY ", \"valid\": 0.25}", "all");
	g_assert_cmpint(json_get_int(all, "rows", 0), ==, 29 * 24);
	g_assert_cmpint(json_get_int(all, "first", 0), ==, 17 * 24);
	g_assert_true(json_get_bool(all, "numbered", false));
	g_assert_cmpint(json_get_int(all, "columns", 0), ==, 4);
	g_assert_cmpint(labs((long)json_get_int(all, "valid", 0) - 29 * 6), <=, 1);
	g_assert_cmpint(
	        json_get_int(all, "last", 0) - json_get_int(all, "cut", 0) + 1, ==, json_get_int(all, "valid", 0));
	json_auto_t *some = window(folder, table, "{" FEBRUARY ", \"most\": 100}", "some");
	g_assert_cmpint(labs((long)json_get_int(some, "rows", 0) - 100), <, 20);
	json_auto_t *later = window(folder, longer, "{" FEBRUARY ", \"most\": 100}", "later");
	g_assert_true(json_equal(some, later)); /* to the byte, though rows were added behind */
	json_auto_t *none = window(folder, table, "{\"time\": \"hour\", \"until\": \"2020-01-01\"}", "none");
	g_assert_cmpint(json_get_int(none, "rows", -1), ==, 0);
	file_remove(folder, NULL);
}

/* Dates without hours: rows of a day are of one time. */
static void test_ties(void)
{
	g_autofree char *folder = g_dir_make_tmp("gyre-ties-XXXXXX", NULL), *table = make_times(folder, "t", 96, "day"),
	                *most_old = make_times(folder, "u", 26, "day"), *of_one = make_times(folder, "v", 20, "day");
	size_t count;
	g_autofree ReplayPeriod *parts = find(table, (PeriodsWanted){.every = "20", .last = 12}, &count);
	g_assert_cmpuint(count, ==, 3); /* four days of 24 rows: the first only teaches */
	g_assert_cmpint(parts[0].rows + parts[1].rows + parts[2].rows, ==, 72);
	g_assert_cmpint(parts[0].fresh, ==, 24);
	json_auto_t *days = window(folder, table, "{\"time\": \"hour\", \"valid\": 0.2}", "days");
	g_assert_cmpint(json_get_int(days, "valid", 0), ==, 24);
	json_auto_t *newer = window(folder, most_old, "{\"time\": \"hour\", \"valid\": 0.2}", "newer");
	g_assert_cmpint(json_get_int(newer, "valid", 0), ==, 2); /* not all 26 */
	json_auto_t *last = window(folder, of_one, "{\"time\": \"hour\", \"valid\": 0.2}", "last");
	g_assert_cmpint(json_get_int(last, "valid", 0), ==, 4);
	g_assert_cmpint(json_get_int(last, "cut", 0), ==, 16);
	file_remove(folder, NULL);
}

static void test_modes(void)
{
	ReplaySettings can = {.family = "boosted", .online = "ftrl"}, cannot = {.family = "svm", .online = "svm"};
	for (const ModeKind *const *m = MODES; *m; m++) {
		g_assert_true(mode_find((*m)->name) == *m);
		g_autofree char *fine = (*m)->refuse ? (*m)->refuse(&can) : NULL;
		g_autofree char *why = (*m)->refuse ? (*m)->refuse(&cannot) : g_strdup("svm");
		g_assert_null(fine);
		g_assert_nonnull(strstr(why, "svm"));
	}
	g_assert_null(mode_find("never"));
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/backtest/tell", test_tell);
	g_test_add_func("/backtest/as good", test_as_good);
	g_test_add_func("/backtest/bias", test_bias);
	g_test_add_func("/backtest/periods", test_periods);
	g_test_add_func("/backtest/window", test_window);
	g_test_add_func("/backtest/ties", test_ties);
	g_test_add_func("/backtest/modes", test_modes);
	return g_test_run();
}
