/* test_inspect.c: what is planted in data is found, what is not there is not; and the draft is a sound gyre.yaml whatever
 * the data's names are. */
#include "project/inspect.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/file.h"
#include "base/json.h"
#include "base/yaml.h"
#include "data/check.h"
#include "data/source.h"
#include "data/split.h"
#include "goal/goal.h"
#include "project/draft.h"
#include "data/column_words.h"
#include "project/project.h"

static char *folder;
static Engine *engine;

static bool try_inspect(const char *path, const char *query, const char *target, json_t **ret, GError **error)
{
	json_auto_t *data = json_pack("{s:{s:{s:s,s:s}}}", "sources", "data", "kind", "file", "path", path);
	if (query)
		json_object_set_new(data, "query", json_string(query));
	return inspect_data(engine, folder, data, target, ret, error);
}

static void write_table(const char *sql)
{
	g_autofree char *path = g_build_filename(folder, "table.parquet", NULL);
	GError *error = NULL;
	if (!engine_write_parquet(engine, sql, path, &error))
		g_error("%s", error->message);
}

static json_t *inspect(const char *sql, const char *target)
{
	GError *error = NULL;
	json_t *found = NULL;
	write_table(sql);
	if (!try_inspect("table.parquet", NULL, target, &found, &error))
		g_error("%s", error->message);
	return found;
}

static void refuse(const char *sql, const char *target, FailCode code, const char *words)
{
	g_autoptr(GError) error = NULL;
	json_auto_t *found = NULL;
	write_table(sql);
	g_assert_false(try_inspect("table.parquet", NULL, target, &found, &error));
	g_assert_error(error, FAIL, (int)code);
	if (!strstr(error->message, words))
		g_error("expected \"%s\" in: %s", words, error->message);
}

/* The kind of the drop of a column, or "". */
static const char *dropped(const json_t *found, const char *column)
{
	size_t i;
	json_t *drop;
	json_array_foreach (json_object_get(found, "drop"), i, drop)
		if (strcmp(json_get_text(drop, "column", ""), column) == 0)
			return json_get_text(drop, "kind", "");
	return "";
}

static const char *text_at(const json_t *found, const char *path)
{
	const json_t *value = json_at(found, path);
	return json_is_string(value) ? json_string_value(value) : "";
}

static double number_at(const json_t *found, const char *path)
{
	const json_t *value = json_at(found, path);
	return json_is_number(value) ? json_number_value(value) : NAN;
}

static void expect_note(const json_t *found, const char *words)
{
	g_autofree char *notes = json_canonical(json_object_get(found, "notes"));
	if (!strstr(notes, words))
		g_error("expected \"%s\" in: %s", words, notes);
}

/* --- the draft is sound ------------------------------------------------------------------------------------------ */

/* As `gyre check` reads it, with the data. */
static void expect_project(const char *text)
{
	g_autofree char *file = g_build_filename(folder, PROJECT_FILE, NULL);
	g_autoptr(Project) p = NULL;
	g_autoptr(GError) error = NULL;
	g_assert_true(file_write(file, text, strlen(text), NULL));
	if (!project_read(folder, &p, &error) || (p->config && !project_check_data(p, &error)))
		g_error("%s", error->message);
	g_autofree char *problems = json_canonical(p->problems);
	if (project_has_errors(p))
		g_error("%s\n%s", problems, text);
}

static void no_problem(void *context, const char *path, const char *problem)
{
	g_error("%s: %s\n%s", path, problem, (const char *)context);
}

/* Every block, checked as the project checks it, and what the findings say read back from the text. */
static void expect_sound(const json_t *found)
{
	g_autofree char *text = draft_yaml(found);
	g_autoptr(GError) error = NULL;
	g_autoptr(Yaml) yaml = NULL;
	if (!yaml_parse("gyre.yaml", text, strlen(text), &yaml, &error))
		g_error("%s\n%s", error->message, text);
	const json_t *root = yaml_root(yaml), *data = json_object_get(root, "data");
	json_auto_t *goal = param_check(GOAL_PARAMS, "goal", json_object_get(root, "goal"), no_problem, text);
	goal_check(goal, json_object_get(root, "kpi"), no_problem, text);
	json_auto_t *split = json_copy(json_object_get(root, "split"));
	json_object_set(split, "target", json_object_get(goal, "target"));
	json_decref(param_check(SPLIT_PARAMS, "split", split, no_problem, text));
	json_decref(sources_check("data.sources", json_object_get(data, "sources"), no_problem, text));
	g_assert_true(checks_validate(json_object_get(data, "checks"), "data.checks", NULL, no_problem, text));
	g_assert_cmpstr(text_at(root, "goal.target"), ==, text_at(found, "goal.target"));
	g_assert_cmpstr(text_at(root, "goal.positive"), ==, text_at(found, "goal.positive"));
	g_assert_cmpstr(text_at(root, "data.time"), ==, text_at(found, "time.column"));
	g_assert_cmpstr(text_at(root, "split.by"), ==, text_at(found, "split.by"));
	g_assert_cmpstr(text_at(root, "data.query"), ==, text_at(found, "data.query"));
	g_assert_true(json_equal(json_object_get(data, "checks"), json_object_get(found, "checks")));
	g_assert_true(json_equal(json_object_get(data, "sources"), json_at(found, "data.sources")));
	const json_t *drop = json_object_get(data, "drop");
	g_assert_cmpint((int)json_array_size(drop), ==, (int)json_array_size(json_object_get(found, "drop")));
	for (size_t i = 0; i < json_array_size(drop); i++)
		g_assert_cmpstr(json_string_value(json_array_get(drop, i)), ==,
		        json_get_text(json_array_get(json_object_get(found, "drop"), i), "column", ""));
	expect_project(text);
	json_auto_t *smart = goal_smart(goal, NULL);
	g_assert_true(json_is_false(json_at(smart, "[3].ok"))); /* TODO is not an answer */
}

/* --- planted ----------------------------------------------------------------------------------------------------- */

/* 4,000 loans of 400 customers: default depends weakly on income; recovered and closed_at come afterwards. */
#define LOANS(times)                                                                                                 \
	"SELECT i + 1000 AS loan_id, i * 7919 % 400 AS customer_id, " times "md5(i::VARCHAR) AS token, "             \
	"'EUR' AS currency, income, md5(i::VARCHAR) || ' is what the clerk wrote of it' AS remark, "                 \
	"bad AS \"default\", CASE WHEN bad = 'yes' THEN 100 + i % 50 ELSE 0 END AS recovered, i * 31 % 9 AS branch " \
	"FROM (SELECT i, (i * 7919 % 1000)::BIGINT AS income, CASE WHEN hash(i) % 1000 < 100 + 200 * "               \
	"(i * 7919 % 1000 < 400)::INT THEN 'yes' ELSE 'no' END AS bad FROM range(4000) t(i))"
#define LOAN_TIMES                                                  \
	"TIMESTAMP '2020-01-01' + INTERVAL (i) HOUR AS opened_at, " \
	"TIMESTAMP '2020-03-01' + INTERVAL (i * 2) HOUR AS closed_at, "

static void test_loans(void)
{
	json_auto_t *f = inspect(LOANS(LOAN_TIMES), "default");
	expect_sound(f);
	g_assert_cmpstr(text_at(f, "goal.task"), ==, "classification");
	g_assert_cmpstr(text_at(f, "goal.positive"), ==, "yes");
	g_assert_cmpstr(text_at(f, "time.column"), ==, "opened_at");
	g_assert_cmpstr(text_at(f, "key.columns[0]"), ==, "loan_id");
	g_assert_cmpstr(text_at(f, "group.column"), ==, "customer_id");
	g_assert_cmpstr(text_at(f, "split.by"), ==, "time");
	expect_note(f, "split by: group instead");
	g_assert_cmpstr(dropped(f, "loan_id"), ==, "identifier");
	g_assert_cmpstr(dropped(f, "token"), ==, "identifier");
	g_assert_cmpstr(dropped(f, "currency"), ==, "constant");
	g_assert_cmpstr(dropped(f, "remark"), ==, "text");
	g_assert_cmpstr(dropped(f, "recovered"), ==, "leak");
	g_assert_cmpstr(dropped(f, "closed_at"), ==, "after");
	g_assert_cmpstr(dropped(f, "income"), ==, "");
	g_assert_cmpstr(dropped(f, "branch"), ==, "");
	g_assert_cmpint((int)json_array_size(json_object_get(f, "drop")), ==, 6);
	g_assert_cmpstr(text_at(f, "time.reason"), ==, "it holds times, and the rows are in its order");
	g_assert_cmpstr(text_at(f, "goal.metric"), ==, "roc_auc");
	g_assert_cmpfloat(number_at(f, "goal.at_least"), >=, 0.55);
	g_assert_cmpfloat(number_at(f, "goal.at_least"), <, 0.65);
}

static void test_groups(void)
{
	json_auto_t *f = inspect(LOANS(""), "default");
	expect_sound(f);
	g_assert_true(json_is_null(json_object_get(f, "time")));
	g_assert_cmpstr(text_at(f, "split.by"), ==, "group");
	g_autofree char *text = draft_yaml(f);
	g_assert_nonnull(strstr(text, "  group: customer_id"));
	g_assert_nonnull(strstr(text, "    - recovered"));
}

/* Numbers and days as other countries write them stay texts, and the person is told what reads them. */
static void test_foreign_texts(void)
{
	json_auto_t *f = inspect(
	        "SELECT (i % 7) || ',5' AS \"a b\", '1,' || (100 + i % 9) || '.50' AS usd, '1.' || (100 + i % 9) || "
	        "',5' AS eur, "
	        "(i % 28 + 1) || '.' || (i % 12 + 1) || '.2020' AS de, (i % 12 + 1) || '/' || (i % 28 + 1) || '/2020' "
	        "AS us, (i % 28 + 1) || '-' || (i % 12 + 1) || '-' || (20 + i % 5) AS short, strftime(DATE "
	        "'2001-05-01' + (i % 200)::int, '%b %d %Y') AS worded, "
	        "strftime(DATE '2001-05-01' + (i % 200)::int, '%B %-d, %Y') AS written, "
	        "(i % 9) || '%' AS part, CASE WHEN i % 9 = 1 THEN '1,5 or so' ELSE (i % 9) || ',5' END AS prose, "
	        "hash(i * 7) % 3 AS y FROM range(600) t(i)",
	        "y");
	expect_sound(f);
	expect_note(f, "select * replace (replace(replace(\\\"a b\\\", '.', ''), ',', '.')::double as \\\"a b\\\")");
	expect_note(f, "replace (replace(\\\"usd\\\", ',', '')::double");
	expect_note(f, "replace (replace(replace(\\\"eur\\\",");
	expect_note(f, "rtrim(\\\"part\\\", ' %')::double");
	expect_note(f, "time_format: \\\"%d.%m.%Y\\\"");
	expect_note(f, "time_format: \\\"%m/%d/%Y\\\"");
	expect_note(f, "time_format: \\\"%d-%m-%y\\\" under the source reads them as times, if the day stands first "
	               "and the year last");
	expect_note(f, "time_format: \\\"%b %d %Y\\\"");
	expect_note(f, "time_format: \\\"%B %d, %Y\\\"");
	g_assert_cmpint((int)json_array_size(json_object_get(f, "notes")), ==, 9);
}

/* Noise: nothing to find, so nothing is dropped, ordered or grouped. */
static void test_plain(void)
{
	json_auto_t *f =
	        inspect("SELECT hash(i) % 1000 AS a, (hash(i * 3) % 100000) / 7.0 AS b, 'k' || (hash(i * 5) % 9) AS c, "
	                "hash(i * 7) % 3 AS y FROM range(3000) t(i)",
	                "y");
	expect_sound(f);
	g_assert_cmpint((int)json_array_size(json_object_get(f, "drop")), ==, 0);
	g_assert_cmpint((int)json_array_size(json_object_get(f, "notes")), ==, 0);
	g_assert_true(json_is_null(json_object_get(f, "time")));
	g_assert_true(json_is_null(json_object_get(f, "key")));
	g_assert_true(json_is_null(json_object_get(f, "group")));
	g_assert_cmpstr(text_at(f, "split.by"), ==, "stratified");
	g_assert_cmpstr(text_at(f, "goal.metric"), ==, "log_loss");
	g_assert_cmpfloat(fabs(number_at(f, "goal.at_most") - log(3)), <, 0.02);
}

static void test_regression(void)
{
	json_auto_t *f =
	        inspect("SELECT (hash(i) % 1000) / 10.0 AS size, (hash(i) % 1000) * 3.0 + hash(i * 3) % 1000 AS price, "
	                "exp((hash(i) % 1000 * 3 + hash(i * 3) % 1000) / 1000.0) AS tax, i % 2 AS side "
	                "FROM range(5000) t(i)",
	                "price");
	expect_sound(f);
	g_assert_cmpstr(text_at(f, "goal.task"), ==, "regression");
	g_assert_cmpstr(text_at(f, "goal.metric"), ==, "rmse");
	g_assert_cmpstr(dropped(f, "tax"), ==, "leak"); /* a monotone function of the target */
	g_assert_cmpstr(dropped(f, "size"), ==, "");
	/* size tells all but noise that is uniform over 1,000: sd 289; the target's own sd is 913. */
	g_assert_cmpfloat(number_at(f, "goal.at_most"), >, 400);
	g_assert_cmpfloat(number_at(f, "goal.at_most"), <, 430);
}

/* Rows of one state follow each other for hours. */
#define CHAIN "SELECT i %% 24 AS %s, hash(i) %% 100 AS x, %s AS y FROM range(6000) t(i)"

static void test_order(void)
{
	const char *state = "(hash(i // 9) % 100 < 40)::INT";
	g_autofree char *chain = g_strdup_printf(CHAIN, "hour", state);
	json_auto_t *f = inspect(chain, "y");
	expect_sound(f);
	g_assert_cmpstr(text_at(f, "split.by"), ==, "order");
	g_assert_cmpfloat(number_at(f, "neighbours.agree"), >, 0.9);
	g_autofree char *place = g_strdup_printf(CHAIN, "latitude", state);
	json_auto_t *g = inspect(place, "y");
	g_assert_cmpstr(text_at(g, "split.by"), ==, "stratified");
	expect_note(g, "ordered by place");
	g_autofree char *sorted = g_strdup_printf(CHAIN, "hour", "(i >= 3000)::INT");
	json_auto_t *h = inspect(sorted, "y");
	g_assert_cmpstr(text_at(h, "split.by"), ==, "stratified");
	expect_note(h, "sorted by y");
}

static void test_keys(void)
{
	json_auto_t *f =
	        inspect("SELECT TIMESTAMP '2001-01-01' + INTERVAL (i // 5) DAY AS day, 'shop ' || (i % 5) AS shop, "
	                "hash(i) % 50 AS sold, hash(i * 3) % 2 AS y FROM range(500) t(i)",
	                "y");
	g_autofree char *key = json_canonical(json_at(f, "key.columns"));
	g_assert_cmpstr(key, ==, "[\"day\",\"shop\"]");
	g_assert_cmpstr(text_at(f, "time.column"), ==, "day");
	g_autofree char *check = json_canonical(json_at(f, "checks[1]"));
	g_assert_cmpstr(check, ==, "{\"check\":\"unique\",\"columns\":[\"day\",\"shop\"],\"policy\":\"quarantine\"}");
	json_auto_t *g = inspect("SELECT i AS n, hash(i) % 2 AS y, hash(i) % 7 AS a FROM range(100) t(i)", "y");
	g_assert_cmpstr(dropped(g, "n"), ==, "identifier"); /* it counts the rows */
	g_assert_cmpstr(text_at(g, "key.columns[0]"), ==, "n");
}

static void test_times(void)
{
	const char *rows = "FROM range(2000) t(i)";
	g_autofree char *epoch =
	        g_strdup_printf("SELECT 1500000000 + i * 60 AS ts, hash(i) %% 2 AS y, i %% 7 AS a %s", rows);
	json_auto_t *f = inspect(epoch, "y");
	g_assert_cmpstr(text_at(f, "time.column"), ==, "ts");
	g_autofree char *years =
	        g_strdup_printf("SELECT 1990 + i // 100 AS year, hash(i) %% 2 AS y, i %% 7 AS a %s", rows);
	json_auto_t *g = inspect(years, "y");
	g_assert_cmpstr(text_at(g, "time.column"), ==, "year");
	g_autofree char *birth = g_strdup_printf("SELECT TIMESTAMP '1950-01-01' + INTERVAL (hash(i) %% 9000) DAY AS "
	                                         "birth_date, hash(i * 3) %% 2 AS y %s",
	        rows);
	json_auto_t *h = inspect(birth, "y");
	g_assert_true(json_is_null(json_object_get(h, "time")));
	g_autofree char *mixed = g_strdup_printf(
	        "SELECT 1990 + hash(i) %% 30 AS year, hash(i * 3) %% 2 AS y, 2000 + i %% 7 AS width %s", rows);
	json_auto_t *k = inspect(mixed, "y");
	g_assert_true(json_is_null(json_object_get(k, "time"))); /* years, but the rows are not in their order */
}

static void test_refusals(void)
{
	refuse("SELECT 1 AS a, 2 AS b", "outcome", FAIL_NOT_FOUND, "its columns are a, b");
	refuse("SELECT 1 AS late, 2 AS b", "lates", FAIL_NOT_FOUND, "did you mean \"late\"?");
	refuse("SELECT i AS a, 3 AS y FROM range(9) t(i)", "y", FAIL_INVALID, "only one value");
	refuse("SELECT i AS a, NULL::BIGINT AS y FROM range(9) t(i)", "y", FAIL_INVALID, "missing in all rows");
	refuse("SELECT i AS a, 'n' || i AS y FROM range(90) t(i)", "y", FAIL_INVALID, "names rows rather than classes");
	refuse("SELECT i AS a, TIMESTAMP '2001-01-01' + INTERVAL (i) DAY AS y FROM range(9) t(i)", "y", FAIL_INVALID,
	        "is a time");
	refuse("SELECT i AS a, i AS y FROM range(0) t(i)", "y", FAIL_INVALID, "no rows");
	g_autoptr(GError) error = NULL;
	json_auto_t *found = NULL;
	g_assert_false(try_inspect("nowhere.csv", NULL, "y", &found, &error));
	g_assert_error(error, FAIL, FAIL_NOT_FOUND);
	g_clear_error(&error);
	write_table("SELECT 1 AS y");
	g_assert_false(try_inspect("table.parquet", "select nothing from data", "y", &found, &error));
	g_assert_nonnull(strstr(error->message, "data.query"));
}

/* As `gyre new` calls it: one source, named after its file. */
static void test_one_source(void)
{
	json_auto_t *source = json_pack("{s:s}", "path", "table.parquet");
	json_auto_t *found = NULL;
	write_table("SELECT i AS a, hash(i) % 2 AS y FROM range(200) t(i)");
	g_assert_true(inspect_data(engine, folder, source, "y", &found, NULL));
	g_assert_cmpstr(text_at(found, "data.sources.table.path"), ==, "table.parquet");
	g_assert_cmpstr(text_at(found, "data.sources.table.kind"), ==, "file");
	g_assert_cmpstr(text_at(found, "project"), ==, "table");
	expect_sound(found);
}

/* Names and labels that would break a YAML text written without care. */
static void test_odd_names(void)
{
	json_auto_t *f = inspect(
	        "SELECT i AS \"a: b # c\", CASE i % 3 WHEN 0 THEN 'yes' WHEN 1 THEN '# no' ELSE '{\"x\": [1' END AS "
	        "\"say \"\"hi\"\"\", hash(i) % 100 AS \"- dash\", 'it''s: ' || chr(10) || 'two lines' AS \"null\", "
	        "CASE WHEN hash(i * 3) % 4 = 0 THEN '1e5' ELSE 'it''s \"so\"' END AS \"~y\", "
	        "'x' || (i % 2) || chr(92) || 'n' AS \"ünï\", i % 5 AS \"true\" FROM range(400) t(i)",
	        "~y");
	expect_sound(f);
	g_assert_cmpstr(dropped(f, "a: b # c"), ==, "identifier");
	g_assert_cmpstr(dropped(f, "null"), ==, "constant");
	g_assert_cmpstr(text_at(f, "goal.positive"), ==, "1e5");
	/* Characters that JSON leaves as they are, and that end a line of YAML or may not stand in it. */
	json_auto_t *h =
	        inspect("SELECT i AS \"a\x7f\", CASE i % 3 WHEN 0 THEN 'l\xe2\x80\xa8s' ELSE 'n\xc2\x85' END AS "
	                "\"b\xc2\x81\xe2\x80\xa9\", "
	                "'c\xef\xbf\xbe' AS \"\xef\xbb\xbfnull\", "
	                "CASE WHEN hash(i * 3) % 4 = 0 THEN 'y\xef\xbf\xbf' ELSE '\xf0\x9f\x98\x80' END AS "
	                "\"y\xe2\x80\xa8\" FROM range(400) t(i)",
	                "y\xe2\x80\xa8");
	expect_sound(h);
	g_assert_cmpstr(dropped(h, "a\x7f"), ==, "identifier");
	g_assert_cmpstr(text_at(h, "goal.positive"), ==, "y\xef\xbf\xbf");
	write_table("SELECT i AS a, hash(i) % 2 AS y FROM range(200) t(i)");
	static const char *const QUERIES[] = {"  select a,\n\n    y  -- both: {\nfrom data",
	        "select a, y, '\t' as t from data", "select a, y, 'ü' as t\nfrom data", "select y, a from data\n",
	        "select y, a from data\n\n", "\nselect y, a from data", "select y, a from data   \n  ",
	        "select y, a\n  \n from data"};
	for (size_t i = 0; i < G_N_ELEMENTS(QUERIES); i++) {
		GError *error = NULL;
		json_auto_t *g = NULL;
		if (!try_inspect("table.parquet", QUERIES[i], "y", &g, &error))
			g_error("%s", error->message);
		g_autofree char *text = draft_yaml(g);
		g_autoptr(Yaml) yaml = NULL;
		g_assert_true(yaml_parse("gyre.yaml", text, strlen(text), &yaml, NULL));
		g_assert_cmpstr(text_at(yaml_root(yaml), "data.query"), ==, QUERIES[i]);
	}
}

/* Columns that are called what the queries call theirs. */
static void test_names_of_queries(void)
{
	json_auto_t *f =
	        inspect("SELECT TIMESTAMP '2001-01-01' + INTERVAL (i) DAY AS v, i AS r, i AS b, 'k' || (i % 5) AS z, "
	                "hash(i) % 100 AS m, (hash(i) % 7919) / 3.0 AS y, i % 7 AS n FROM range(600) t(i)",
	                "y");
	g_assert_cmpstr(text_at(f, "time.column"), ==, "v");
	g_assert_cmpstr(dropped(f, "r"), ==, "identifier");
	json_auto_t *g = inspect(
	        "SELECT 599 - i AS v, i % 9 AS b, hash(i) % 100 AS m, (hash(i) % 7919) / 3.0 AS z FROM range(600) t(i)",
	        "z");
	g_assert_cmpstr(dropped(g, "v"), ==, "identifier");
}

/* The example of a KPI is SQL whatever the target is called. */
static void test_kpi_example(void)
{
	json_auto_t *f = inspect(
	        "SELECT i % 7 AS n, hash(i) % 7919 / 3.0 AS \"IMDB Rating\" FROM range(600) t(i)", "IMDB Rating");
	g_autofree char *text = draft_yaml(f);
	g_assert_nonnull(strstr(text, "avg(abs(prediction - \\\"IMDB Rating\\\"))"));
	json_auto_t *g = inspect(
	        "SELECT i % 7 AS n, case when hash(i) % 3 = 0 then 'it''s' else 'no' end AS y FROM range(600) t(i)",
	        "y");
	g_autofree char *other = draft_yaml(g);
	g_assert_nonnull(strstr(other, "prediction = 'it''s' and y = 'it''s'"));
	g_assert_nonnull(strstr(other, "{kpi: worth_per_row"));
	/* Nor does the goal propose one where SQL could not tell it from what the model says. */
	json_auto_t *h =
	        inspect("SELECT i % 7 AS n, hash(i) % 7919 / 3.0 AS \"Prediction\" FROM range(600) t(i)", "Prediction");
	g_autofree char *none = draft_yaml(h);
	g_assert_null(strstr(none, "kpi"));
}

static void test_names(void)
{
	g_assert_true(name_says_id("customerId") && name_says_id("customer_id") && name_says_id("ID"));
	g_assert_false(name_says_id("paid") || name_says_id("identity") || name_says_id("id_type"));
	g_assert_true(name_says_after("closedAt") && name_says_after("duration"));
	g_assert_false(name_says_after("poutcome") || name_says_after("previous_outcome") || name_says_after("friend"));
	g_assert_true(name_speaks_of("late_minutes", "late") && name_speaks_of("salePriceUsd", "sale_price"));
	g_assert_false(
	        name_speaks_of("plate", "late") || name_speaks_of("last_late", "late") || name_speaks_of("y2", "y"));
	g_assert_true(label_is_positive(">50K") && label_is_positive("Yes") && label_is_positive("1"));
	g_assert_false(label_is_positive("<=50K") || label_is_positive("0") || label_is_positive(""));
	g_assert_true(
	        labels_are_alike("Fpv Close", "Flow Proportioning Valve Close") && labels_are_alike("yes", "Yes "));
	g_assert_false(labels_are_alike("Fpv Close", "Fpv Open") || labels_are_alike("inland", "island") ||
	               labels_are_alike("Self-emp-inc", "Self-emp-not-inc") || labels_are_alike("1", "10") ||
	               labels_are_alike("<=50K", ">50K") || labels_are_alike("1", "-1"));
	g_assert_true(labels_are_alike("very-good", "Very_Good"));
}

/* --- real data --------------------------------------------------------------------------------------------------- */

static json_t *inspect_file(const char *name, const char *query, const char *target)
{
	const char *data = g_getenv("GYRE_DATA");
	g_autofree char *path = g_build_filename(data ? data : "", name, NULL);
	GError *error = NULL;
	json_t *found = NULL;
	if (!data || !*data || !g_file_test(path, G_FILE_TEST_EXISTS)) {
		g_test_skip("the shared data sets are not here");
		return NULL;
	}
	if (!try_inspect(path, query, target, &found, &error))
		g_error("%s", error->message);
	expect_sound(found);
	return found;
}

static void test_adult(void)
{
	json_auto_t *f = inspect_file("adult_train.csv", NULL, "income");
	if (!f)
		return;
	g_assert_cmpstr(text_at(f, "goal.positive"), ==, ">50K");
	g_assert_cmpstr(text_at(f, "split.by"), ==, "stratified");
	g_assert_cmpint((int)json_array_size(json_object_get(f, "drop")), ==, 0);
	g_assert_cmpint((int)json_array_size(json_object_get(f, "notes")), ==, 0);
	g_assert_cmpstr(text_at(f, "project"), ==, "adult-train");
}

static void test_housing(void)
{
	json_auto_t *f = inspect_file("california_housing.csv", NULL, "median_house_value");
	if (!f)
		return;
	g_assert_cmpstr(text_at(f, "goal.task"), ==, "regression");
	g_assert_cmpstr(text_at(f, "split.by"), ==, "stratified");
	expect_note(f, "ordered by place");
	g_assert_cmpint((int)json_array_size(json_object_get(f, "drop")), ==, 0);
}

static void test_elec(void)
{
	json_auto_t *f = inspect_file("elec.csv", NULL, "class");
	if (!f)
		return;
	g_assert_cmpstr(text_at(f, "split.by"), ==, "order");
	g_assert_cmpfloat(fabs(number_at(f, "neighbours.agree") - 0.853), <, 0.002); /* the set's known persistence */
}

static void test_bank(void)
{
	json_auto_t *f = inspect_file("bank_additional.csv", NULL, "y");
	if (!f)
		return;
	g_assert_cmpstr(text_at(f, "goal.positive"), ==, "yes");
	g_assert_cmpstr(text_at(f, "split.by"), ==, "order");
	g_assert_cmpstr(dropped(f, "duration"), ==, "after"); /* known only when the call is over, say its publishers */
	g_assert_cmpint((int)json_array_size(json_object_get(f, "drop")), ==, 1);
}

static void test_shuttle(void)
{
	json_auto_t *f = inspect_file("shuttle_dirty.csv", NULL, "state");
	if (!f)
		return;
	g_assert_true(json_is_null(json_at(f, "goal.positive")));
	expect_note(f, "\\\"Rad Flow\\\" and \\\"Radiator Flow\\\" may be one class");
	g_assert_cmpint((int)json_array_size(json_object_get(f, "notes")), ==, 5);
}

static void test_flights(void)
{
	const char *source = g_getenv("GYRE_SOURCE");
	g_autofree char *relative =
	        g_build_filename(source ? source : ".", "deps/node_modules/vega-datasets/data/flights-10k.json", NULL);
	g_autofree char *path = g_canonicalize_filename(relative, NULL);
	if (!g_file_test(path, G_FILE_TEST_EXISTS)) {
		g_test_skip("vega-datasets is not installed");
		return;
	}
	GError *error = NULL;
	json_auto_t *f = NULL;
	if (!try_inspect(path, "select *, (delay > 15)::int as late from data", "late", &f, &error))
		g_error("%s", error->message);
	expect_sound(f);
	g_assert_cmpstr(text_at(f, "time.column"), ==, "date");
	g_assert_cmpstr(text_at(f, "goal.positive"), ==, "1");
	g_assert_cmpstr(dropped(f, "delay"), ==, "leak");
	g_assert_cmpint((int)json_array_size(json_object_get(f, "drop")), ==, 1);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	folder = g_dir_make_tmp("gyre-inspect-XXXXXX", NULL);
	g_autoptr(GError) error = NULL;
	if (!engine_open(NULL, &engine, &error))
		g_error("%s", error->message);
	g_test_add_func("/inspect/names", test_names);
	g_test_add_func("/inspect/loans", test_loans);
	g_test_add_func("/inspect/groups", test_groups);
	g_test_add_func("/inspect/plain", test_plain);
	g_test_add_func("/inspect/regression", test_regression);
	g_test_add_func("/inspect/order", test_order);
	g_test_add_func("/inspect/keys", test_keys);
	g_test_add_func("/inspect/times", test_times);
	g_test_add_func("/inspect/foreign-texts", test_foreign_texts);
	g_test_add_func("/inspect/refusals", test_refusals);
	g_test_add_func("/inspect/one_source", test_one_source);
	g_test_add_func("/inspect/names_of_queries", test_names_of_queries);
	g_test_add_func("/inspect/kpi-example", test_kpi_example);
	g_test_add_func("/inspect/odd_names", test_odd_names);
	g_test_add_func("/inspect/adult", test_adult);
	g_test_add_func("/inspect/housing", test_housing);
	g_test_add_func("/inspect/elec", test_elec);
	g_test_add_func("/inspect/bank", test_bank);
	g_test_add_func("/inspect/shuttle", test_shuttle);
	g_test_add_func("/inspect/flights", test_flights);
	int status = g_test_run();
	engine_close(engine);
	g_assert_true(file_remove(folder, NULL));
	return status;
}
