/* test_verify.c: the step `verify`: every kind of check, policies, the quarantine, the schema. */
#include "data/check.h"

#include <string.h>

#include "base/digest.h"
#include "base/error.h"
#include "base/file.h"
#include "base/json.h"
#include "data/schema.h"
#include "data/steps.h"

typedef struct Place {
	char *folder, *snapshot, *schema;
} Place;

static json_t *parse(const char *text)
{
	g_autofree char *quoted = g_strdelimit(g_strdup(text), "'", '"');
	g_autoptr(GError) error = NULL;
	json_t *value = NULL;
	if (!json_parse("test", quoted, strlen(quoted), &value, &error))
		g_error("%s", error->message);
	return value;
}

/* Makes the snapshot from a query and its schema. */
static void make(Place *p, const char *query)
{
	g_autoptr(Engine) e = NULL;
	g_autoptr(GError) error = NULL;
	json_t *schema = NULL;
	if (!engine_open(NULL, &e, &error) || !engine_write_parquet(e, query, p->snapshot, &error) ||
	        !schema_infer(e, query, &schema, &error) || !json_write_file(p->schema, schema, &error))
		g_error("%s", error->message);
	json_decref(schema);
}

/* Ten rows: a gap, a double key, a value out of range, a strange word. */
#define ROWS                                                                                                        \
	"SELECT * FROM (VALUES (1, 'ATL', 100.0, TIMESTAMP '2020-01-01', true), (2, 'LAX', 200.0, '2020-01-02', "   \
	"true), "                                                                                                   \
	"(3, 'ATL', 300.0, '2020-01-03', false), (4, 'LAX', 9000.0, '2020-01-04', false), (4, 'ATL', 500.0, "       \
	"'2020-01-05', true), "                                                                                     \
	"(6, 'ATL', 600.0, '2020-01-06', true), (7, 'LAX', NULL, '2020-01-07', NULL), (8, 'lax', 800.0, "           \
	"'2020-01-08', true), "                                                                                     \
	"(9, 'ATL', 'nan'::DOUBLE, '2020-01-09', false), (4, 'LAX', -1.0, '2020-01-10', true)) t(id, city, price, " \
	"day, ok)"
#define TYPED "SELECT id::BIGINT AS id, city, price::DOUBLE AS price, day::TIMESTAMP AS day, ok FROM (" ROWS ")"

static void set_up(Place *p, const void *data)
{
	/* A folder may look like a partition, which the engine would take for a column. */
	p->folder = g_dir_make_tmp("city2=XXXXXX", NULL);
	p->snapshot = g_build_filename(p->folder, "snapshot.parquet", NULL);
	p->schema = g_build_filename(p->folder, "schema.json", NULL);
	make(p, TYPED);
}

static void tear_down(Place *p, const void *data)
{
	file_remove(p->folder, NULL);
	g_free(p->folder);
	g_free(p->snapshot);
	g_free(p->schema);
}

static bool verify(const Place *p, const char *params, GError **error)
{
	json_auto_t *given = parse(params);
	const char *inputs[] = {"snapshot", p->snapshot, "schema", p->schema, NULL};
	g_autofree char *work = g_build_filename(p->folder, "work", NULL);
	return file_remove(work, error) && file_make_folder(work, error) &&
	       step_test_run(&STEP_VERIFY, given, inputs, work, 1, error);
}

static json_t *verified(const Place *p, const char *params)
{
	g_autoptr(GError) error = NULL;
	if (!verify(p, params, &error))
		g_error("%s: %s", params, error->message);
	g_autofree char *path = g_build_filename(p->folder, "work", "checks", NULL);
	json_t *checks = NULL;
	if (!json_read_file(path, &checks, &error))
		g_error("%s", error->message);
	return checks;
}

static void assert_fails(const Place *p, const char *params, const char *words)
{
	g_autoptr(GError) error = NULL;
	g_assert_false(verify(p, params, &error));
	if (!strstr(error->message, words))
		g_error("\"%s\" is not in: %s", words, error->message);
}

/* The rows of an output as canonical JSON. */
static char *rows_of(const Place *p, const char *output, const char *columns)
{
	g_autoptr(Engine) e = NULL;
	g_autoptr(GError) error = NULL;
	g_autofree char *path = g_build_filename(p->folder, "work", output, NULL);
	g_autofree char *from = sql_parquet(path);
	g_autofree char *sql = g_strdup_printf("SELECT %s FROM %s", columns, from);
	json_auto_t *rows = NULL;
	if (!engine_open(NULL, &e, &error) || !engine_rows(e, sql, &rows, &error))
		g_error("%s", error->message);
	return json_canonical(rows);
}

/* One check under policy warn: does it pass, how many rows are bad and judged, and the words it says. */
static void test_kinds(Place *p, const void *data)
{
	static const struct {
		const char *check;
		int pass, bad, judged;
		const char *words;
	} CASES[] = {
	        {"'check': 'not_null', 'column': 'city'", 1, 0, 10, "column \"city\": all 10 judged rows are present"},
	        {"'check': 'not_null', 'column': 'price'", 0, 1, 10,
	                "column \"price\": 1 of 10 rows (10.0%) are not present"},
	        {"'check': 'not_null', 'column': 'price', 'mostly': 0.9", 1, 1, 10, "1 of 10"},
	        {"'check': 'not_null', 'column': 'price', 'mostly': 0.95", 0, 1, 10, "1 of 10"},
	        {"'check': 'not_null', 'columns': ['price', 'ok']", 0, 1, 10, "column \"price, ok\""},
	        {"'check': 'unique', 'column': 'id'", 0, 2, 10,
	                "column \"id\": 2 of 10 rows (20.0%) are not unique: 4"},
	        {"'check': 'unique', 'columns': ['id', 'city']", 0, 1, 10, "not unique: 4, LAX"},
	        {"'check': 'unique', 'column': 'id', 'where': 'price > 0'", 0, 1, 8, "not unique"},
	        {"'check': 'unique', 'column': 'price'", 1, 0, 9, "all 9"},
	        {"'check': 'between', 'column': 'price', 'min': 0, 'max': 1000", 0, 3, 9,
	                "column \"price\": 3 of 9 rows (33.3%) are not between 0 and 1000: -1.0, 9000.0"},
	        {"'check': 'between', 'column': 'price', 'min': 0, 'max': 1000, 'where': 'city = \\'LAX\\''", 0, 2, 3,
	                "2 of 3"},
	        {"'check': 'between', 'column': 'id', 'min': 1, 'max': 9", 1, 0, 10,
	                "all 10 judged rows are between 1 and 9"},
	        {"'check': 'between', 'column': 'id', 'min': 1, 'max': 9, 'strict': true", 0, 2, 10,
	                "(these not included)"},
	        {"'check': 'between', 'column': 'day', 'min': '2020-01-02'", 0, 1, 10,
	                "not at least 2020-01-02: 2020-01-01"},
	        {"'check': 'between', 'column': 'city', 'max': 'Z'", 0, 1, 10, "not at most Z: lax"},
	        {"'check': 'in_set', 'column': 'city', 'values': ['ATL', 'LAX']", 0, 1, 10,
	                "not one of [\"ATL\",\"LAX\"]: lax"},
	        {"'check': 'in_set', 'column': 'id', 'values': [1, 2, 3, 4, 6, 7, 8, 9]", 1, 0, 10,
	                "one of the 8 values allowed"},
	        {"'check': 'in_set', 'column': 'ok', 'values': [true]", 0, 3, 9, "not one of [true]: false"},
	        {"'check': 'in_set', 'column': 'day', 'values': ['2020-01-01']", 0, 9, 10, "9 of 10"},
	        {"'check': 'regex', 'column': 'city', 'pattern': '^[A-Z]{3}$'", 0, 1, 10,
	                "not of the form ^[A-Z]{3}$: lax"},
	        {"'check': 'regex', 'column': 'id', 'pattern': '^[0-9]$'", 1, 0, 10, "all 10"},
	        {"'check': 'sql', 'condition': 'price < 1000 or city = \\'LAX\\''", 0, 1, 10,
	                "the table: 1 of 10 rows (10.0%) are not such that"},
	        {"'check': 'sql', 'query': 'select * from data where id = 4;'", 0, -1, -1,
	                "the query gives 3 rows where none are expected"},
	        {"'check': 'sql', 'query': 'select * from data where id = 5'", 1, -1, -1, "sql: as expected"},
	        {"'check': 'row_count', 'min': 10, 'max': 10", 1, -1, -1, "row_count: as expected"},
	        {"'check': 'row_count', 'min': 11", 0, -1, -1, "10 rows where at least 11 are expected"},
	        {"'check': 'row_count', 'max': 3, 'where': 'city = \\'LAX\\''", 0, -1, -1,
	                "4 rows where at most 3 are expected"},
	        {"'check': 'columns', 'columns': ['city', 'id']", 1, -1, -1, "columns of city, id: as expected"},
	        {"'check': 'columns', 'columns': ['city', 'town']", 0, -1, -1, "the table lacks town"},
	        {"'check': 'columns', 'columns': ['id', 'price'], 'exact': true", 0, -1, -1,
	                "column 2 is city where price is expected"},
	        {"'check': 'columns', 'columns': ['id', 'city', 'price', 'day', 'ok'], 'exact': true", 1, -1, -1,
	                "as expected"},
	        {"'check': 'type', 'column': 'price', 'type': ['int', 'real']", 1, -1, -1, "as expected"},
	        {"'check': 'type', 'column': 'price', 'type': 'int'", 0, -1, -1,
	                "column \"price\" is of type real where int is expected"},
	        {"'check': 'freshness', 'column': 'day', 'within': '2d', 'now': '2020-01-12'", 1, -1, -1,
	                "as expected"},
	        {"'check': 'freshness', 'column': 'day', 'within': '36h', 'now': '2020-01-12'", 0, -1, -1,
	                "the newest row is of 2020-01-10 00:00:00 (day), 2.0 days before 2020-01-12, where 36h is "
	                "allowed"},
	};
	for (size_t i = 0; i < G_N_ELEMENTS(CASES); i++) {
		g_auto(GStrv) parts = g_strsplit(CASES[i].check, "\\'", -1);
		g_autofree char *check = g_strjoinv("\001", parts);
		g_autofree char *params = g_strdup_printf("{'checks': [{%s, 'policy': 'warn'}]}", check);
		g_strdelimit(params, "'", '"');
		g_strdelimit(params, "\001", '\'');
		json_auto_t *given = NULL;
		g_assert_true(json_parse("case", params, strlen(params), &given, NULL));
		const char *inputs[] = {"snapshot", p->snapshot, "schema", p->schema, NULL};
		g_autofree char *work = g_build_filename(p->folder, "work", NULL);
		g_autoptr(GError) error = NULL;
		if (!file_remove(work, &error) || !file_make_folder(work, &error) ||
		        !step_test_run(&STEP_VERIFY, given, inputs, work, 1, &error))
			g_error("%s: %s", CASES[i].check, error->message);
		g_autofree char *path = g_build_filename(work, "checks", NULL);
		json_auto_t *checks = NULL;
		if (!json_read_file(path, &checks, &error))
			g_error("%s", error->message);
		const json_t *one = json_at(checks, "checks[0]");
		const char *sentence = json_get_text(one, "sentence", "");
		if (json_get_bool(one, "pass", !CASES[i].pass) != (bool)CASES[i].pass ||
		        !strstr(sentence, CASES[i].words) || json_get_int(one, "rows_bad", -1) != CASES[i].bad ||
		        json_get_int(one, "rows_judged", -1) != CASES[i].judged) {
			g_autofree char *got = json_canonical(one);
			g_error("%s gave %s", CASES[i].check, got);
		}
	}
}

static void test_quarantine(Place *p, const void *data)
{
	json_auto_t *checks = verified(p,
	        "{'checks': [{'check': 'between', 'column': 'price', 'min': 0, 'max': 1000, 'policy': 'quarantine'},"
	        "{'check': 'unique', 'column': 'id', 'policy': 'quarantine'},"
	        "{'check': 'not_null', 'column': 'ok', 'policy': 'quarantine'},"
	        "{'check': 'in_set', 'column': 'city', 'values': ['ATL', 'LAX'], 'policy': 'warn'}]}");
	g_assert_cmpint(json_get_int(checks, "rows_in", 0), ==, 10);
	g_assert_cmpint(json_get_int(checks, "rows_out", 0), ==, 5);
	g_assert_cmpint(json_get_int(checks, "quarantined", 0), ==, 5);
	g_assert_cmpint(json_get_int(checks, "warnings", 0), ==, 1);
	g_assert_false(json_get_bool(checks, "pass", true));
	g_autofree char *good = rows_of(p, "good", "*");
	g_assert_cmpstr(good, ==,
	        "[{\"city\":\"ATL\",\"day\":\"2020-01-01 00:00:00\",\"id\":1,\"ok\":true,\"price\":100.0},"
	        "{\"city\":\"LAX\",\"day\":\"2020-01-02 00:00:00\",\"id\":2,\"ok\":true,\"price\":200.0},"
	        "{\"city\":\"ATL\",\"day\":\"2020-01-03 00:00:00\",\"id\":3,\"ok\":false,\"price\":300.0},"
	        "{\"city\":\"ATL\",\"day\":\"2020-01-06 00:00:00\",\"id\":6,\"ok\":true,\"price\":600.0},"
	        "{\"city\":\"lax\",\"day\":\"2020-01-08 00:00:00\",\"id\":8,\"ok\":true,\"price\":800.0}]");
	g_autofree char *bad = rows_of(p, "quarantine", "id, _gyre_row, _gyre_reasons");
	g_assert_cmpstr(bad, ==,
	        "[{\"_gyre_reasons\":\"price = 9000.0 is not between 0 and 1000\",\"_gyre_row\":3,\"id\":4},"
	        "{\"_gyre_reasons\":\"id = 4 is not unique\",\"_gyre_row\":4,\"id\":4},"
	        "{\"_gyre_reasons\":\"ok is not present\",\"_gyre_row\":6,\"id\":7},"
	        "{\"_gyre_reasons\":\"price = nan is not between 0 and 1000\",\"_gyre_row\":8,\"id\":9},"
	        "{\"_gyre_reasons\":\"price = -1.0 is not between 0 and 1000; id = 4 is not "
	        "unique\",\"_gyre_row\":9,\"id\":4}]");
}

static void test_nothing_moved(Place *p, const void *data)
{
	json_auto_t *checks =
	        verified(p, "{'checks': [{'check': 'between', 'column': 'id', 'min': 1, 'policy': 'quarantine'}]}");
	g_assert_true(json_get_bool(checks, "pass", false));
	g_autofree char *good = g_build_filename(p->folder, "work", "good", NULL);
	g_autofree char *before = NULL, *after = NULL;
	g_assert_true(digest_of_file(p->snapshot, &before, NULL));
	g_assert_true(digest_of_file(good, &after, NULL));
	g_assert_cmpstr(before, ==, after);
	g_autofree char *bad = rows_of(p, "quarantine", "id, _gyre_row, _gyre_reasons");
	g_assert_cmpstr(bad, ==, "[]");
	/* Exactly as many as asked for, also where 0.28 * 25 is more than 7 to a computer. */
	make(p, "SELECT range AS id FROM range(25)");
	json_auto_t *share =
	        verified(p, "{'checks': [{'check': 'between', 'column': 'id', 'max': 6, 'mostly': 0.28}]}");
	g_assert_true(json_get_bool(share, "pass", false));
	assert_fails(
	        p, "{'checks': [{'check': 'between', 'column': 'id', 'max': 5, 'mostly': 0.28}]}", "19 of 25 rows");
}

/* Which rows go where, on many rows, is the same each time and loses none. */
static void test_many(Place *p, const void *data)
{
	make(p, "SELECT range AS id, range * 7919 % 1000 AS v, 'w' || (range % 300) AS w FROM range(500000)");
	g_autofree char *first = NULL;
	g_autoptr(GString) values = g_string_new(NULL);
	for (int i = 0; i < 290; i++)
		g_string_append_printf(values, "%s'w%d'", i ? "," : "", i);
	g_autofree char *params =
	        g_strdup_printf("{'checks': [{'check': 'between', 'column': 'v', 'min': 10, 'policy': 'quarantine'},"
	                        "{'check': 'in_set', 'column': 'w', 'values': [%s], 'policy': 'quarantine'},"
	                        "{'check': 'unique', 'columns': ['v', 'w'], 'policy': 'quarantine'}]}",
	                values->str);
	for (int i = 0; i < 3; i++) {
		json_auto_t *checks = verified(p, params);
		g_assert_cmpint(
		        json_get_int(checks, "rows_out", 0) + json_get_int(checks, "quarantined", 0), ==, 500000);
		/* v and w repeat after lcm(1000, 300) = 3000 rows, of which 990 / 1000 and 290 / 300 stay */
		g_assert_cmpint(json_get_int(checks, "rows_out", 0), ==, 2871);
		g_autofree char *good = g_build_filename(p->folder, "work", "good", NULL);
		g_autofree char *digest = NULL;
		g_assert_true(digest_of_file(good, &digest, NULL));
		if (i == 0)
			first = g_steal_pointer(&digest);
		else
			g_assert_cmpstr(first, ==, digest);
	}
	g_autofree char *order =
	        rows_of(p, "good", "md5(string_agg(id, ',')) = md5(string_agg(id, ',' ORDER BY id)) AS sorted");
	g_assert_cmpstr(order, ==, "[{\"sorted\":true}]");
}

static void test_stops(Place *p, const void *data)
{
	assert_fails(p,
	        "{'checks': [{'check': 'not_null', 'column': 'price'}, {'check': 'row_count', 'min': 11}, {'check': "
	        "'unique', "
	        "'column': 'id', 'policy': 'warn'}]}",
	        "the data does not meet 2 of its checks:\n  column \"price\": 1 of 10 rows (10.0%) are not present\n  "
	        "10 rows where at "
	        "least 11 are expected");
	assert_fails(p,
	        "{'checks': [{'check': 'between', 'column': 'price', 'min': 0, 'max': 1000, 'policy': 'quarantine', "
	        "'mostly': 0.9}]}",
	        "3 of 9 rows (33.3%) are not between 0 and 1000");
	assert_fails(p, "{'checks': [{'check': 'between', 'column': 'id', 'min': 100, 'policy': 'quarantine'}]}",
	        "all 10 rows would go to the quarantine");
}

static void test_broken_checks(Place *p, const void *data)
{
	assert_fails(p, "{'checks': [{'check': 'sql', 'condition': 'pric > 0'}]}",
	        "data.checks[0].condition, line 1, column 1: ");
	assert_fails(p, "{'checks': [{'check': 'sql', 'condition': 'price + 1'}]}",
	        "data.checks[0].condition: \"price + 1\" is no condition (true or false) but of type real");
	assert_fails(p, "{'checks': [{'check': 'not_null', 'column': 'id', 'where': 'x ='}]}",
	        "data.checks[0].where, line ");
	assert_fails(p, "{'checks': [{'check': 'sql', 'query': 'select * from dat'}]}",
	        "data.checks[0].query, line 1, column 15: ");
	assert_fails(p, "{'checks': [{'check': 'regex', 'column': 'city', 'pattern': '(x'}]}", "data.checks[0]: ");
	assert_fails(p,
	        "{'checks': [{'check': 'row_count', 'min': 1}, {'check': 'sql', 'condition': 'city::int > 0'}]}",
	        "data.checks[1]: ");
	assert_fails(p, "{'checks': [{'check': 'not_null', 'column': 'prise'}]}",
	        "data.checks[0].column: there is no column \"prise\"; did you mean \"price\"?");
	assert_fails(p, "{'checks': [{'check': 'freshness', 'column': 'day', 'within': '2d'}]}",
	        "data.checks[0]: freshness: the time to compare with is not given");
}

typedef struct Problems {
	GString *text;
} Problems;

static void note(void *context, const char *path, const char *problem)
{
	g_string_append_printf(((Problems *)context)->text, "%s: %s\n", path, problem);
}

static void test_validate(Place *p, const void *data)
{
	static const struct {
		const char *check, *problem;
	} CASES[] = {
	        {"{}", "c[0]: a check is a block with its kind under \"check\": row_count, columns, type, not_null, "
	               "unique, between, "
	               "in_set, regex, freshness, sql\n"},
	        {"{'check': 'uniqe', 'column': 'id'}",
	                "c[0].check: \"uniqe\" is not a check (row_count, columns, type, not_null, unique, "
	                "between, in_set, regex, freshness, sql); did you mean \"unique\"?\n"},
	        {"{'check': 'not_null'}", "c[0]: \"column\" is missing: the column to judge\n"},
	        {"{'check': 'not_null', 'colum': 'id'}",
	                "c[0].colum: unknown key \"colum\"; did you mean \"column\"?\n"},
	        {"{'check': 'between', 'column': 'id'}", "c[0]: neither \"min\" nor \"max\" is given\n"},
	        {"{'check': 'between', 'column': 'id', 'min': 'a'}",
	                "c[0].min: \"a\" is no value of \"id\", a column of type int\n"},
	        {"{'check': 'between', 'column': 'ok', 'min': 0}",
	                "c[0].column: true and false have no order; use in_set\n"},
	        {"{'check': 'between', 'column': 'idd', 'min': 0}",
	                "c[0].column: there is no column \"idd\"; did you mean \"id\"?\n"},
	        {"{'check': 'in_set', 'column': 'city', 'values': []}",
	                "c[0].values: a list of at least one value is expected\n"},
	        {"{'check': 'in_set', 'column': 'city', 'values': ['a', 1]}",
	                "c[0].values: 1 is no value of \"city\", a column of type text\n"},
	        {"{'check': 'row_count'}", "c[0]: neither \"min\" nor \"max\" is given\n"},
	        {"{'check': 'row_count', 'min': 1, 'policy': 'quarantine'}",
	                "c[0].policy: row_count judges the table, not rows, so nothing can be moved to the quarantine; "
	                "use fail or warn\n"},
	        {"{'check': 'row_count', 'min': 1, 'mostly': 0.5}",
	                "c[0].mostly: row_count judges the table, not rows, so there is no share of good rows\n"},
	        {"{'check': 'row_count', 'min': 1, 'policy': 'drop'}",
	                "c[0].policy: \"drop\" is not one of: fail, warn, quarantine\n"},
	        {"{'check': 'freshness', 'within': 'soon'}",
	                "c[0].within: \"soon\" is no length of time such as 90m, 24h or 7d\n"},
	        {"{'check': 'freshness', 'column': 'id', 'within': '1d'}",
	                "c[0].column: \"id\" is of type int, not time\n"},
	        {"{'check': 'sql'}", "c[0]: give either \"condition\" or \"query\"\n"},
	        {"{'check': 'unique', 'columns': ['id', 'cty']}",
	                "c[0].columns: there is no column \"cty\"; did you mean \"city\"?\n"},
	};
	json_auto_t *schema = NULL;
	g_assert_true(json_read_file(p->schema, &schema, NULL));
	for (size_t i = 0; i < G_N_ELEMENTS(CASES); i++) {
		g_autofree char *list = g_strdup_printf("[%s]", CASES[i].check);
		json_auto_t *checks = parse(list);
		g_autoptr(GString) text = g_string_new(NULL);
		Problems problems = {text};
		g_assert_false(checks_validate(checks, "c", schema, note, &problems));
		g_assert_cmpstr(text->str, ==, CASES[i].problem);
	}
	json_auto_t *fresh = parse("[{'check': 'freshness', 'within': '1d'}]"),
	            *timed = parse("[{'check': 'freshness', 'within': '1d', 'now': '2020-01-01'}]");
	g_assert_true(checks_need_now(fresh));
	g_assert_false(checks_need_now(timed));
}

static void test_schema(Place *p, const void *data)
{
	json_auto_t *inferred = NULL;
	g_assert_true(json_read_file(p->schema, &inferred, NULL));
	g_autofree char *text = json_canonical(inferred);
	g_assert_cmpstr(text, ==,
	        "{\"columns\":[{\"name\":\"id\",\"required\":true,\"type\":\"int\"},"
	        "{\"domain\":[\"ATL\",\"LAX\",\"lax\"],\"name\":\"city\",\"required\":true,\"type\":\"text\"},"
	        "{\"name\":\"price\",\"required\":false,\"type\":\"real\"},{\"name\":\"day\",\"required\":true,"
	        "\"type\":\"time\"},"
	        "{\"name\":\"ok\",\"required\":false,\"type\":\"bool\"}]}");
	json_auto_t *same = verified(p, "{}");
	g_assert_true(json_get_bool(json_object_get(same, "schema"), "pass", false));
	g_assert_cmpuint(json_array_size(json_at(same, "schema.anomalies")), ==, 0);

	json_auto_t *other = parse("{'columns': [{'name': 'id', 'type': 'text'}, {'name': 'city', 'type': 'text', "
	                           "'required': true, 'domain': ['ATL']},"
	                           "{'name': 'price', 'type': 'real', 'required': true}, {'name': 'gone', 'type': "
	                           "'int'}, {'name': 'day', 'type': 'time'}]}");
	g_assert_true(json_write_file(p->schema, other, NULL));
	assert_fails(p, "{}",
	        "the data does not meet 3 of its checks:\n  column \"id\" is of type int; the schema says text\n  "
	        "column \"gone\" is "
	        "not there any more\n  column \"price\" misses 1 values (10.0%); the schema says it has them all");
	json_auto_t *warned = verified(p, "{'schema': 'warn'}");
	g_assert_false(json_get_bool(json_object_get(warned, "schema"), "pass", true));
	json_auto_t *anomalies = json_deep_copy(json_at(warned, "schema.anomalies"));
	g_assert_cmpuint(json_array_size(anomalies), ==, 5);
	g_assert_cmpstr(json_get_text(json_array_get(anomalies, 2), "sentence", ""), ==,
	        "column \"ok\" is new; the schema does not have it");
	g_assert_cmpstr(json_get_text(json_array_get(anomalies, 3), "sentence", ""), ==,
	        "column \"city\" has values missing from the schema: LAX, lax (50.0%)");
	json_auto_t *off = verified(p, "{'schema': 'off'}");
	g_assert_true(json_get_bool(off, "pass", false));
	/* what is proposed is accepted */
	g_assert_true(json_write_file(p->schema, json_at(warned, "schema.proposed"), NULL));
	json_auto_t *accepted = verified(p, "{}");
	g_assert_cmpuint(json_array_size(json_at(accepted, "schema.anomalies")), ==, 0);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
#define ADD(name, function) g_test_add(name, Place, NULL, set_up, function, tear_down)
	ADD("/verify/kinds", test_kinds);
	ADD("/verify/quarantine", test_quarantine);
	ADD("/verify/nothing-moved", test_nothing_moved);
	ADD("/verify/many", test_many);
	ADD("/verify/stops", test_stops);
	ADD("/verify/broken-checks", test_broken_checks);
	ADD("/verify/validate", test_validate);
	ADD("/verify/schema", test_schema);
	return g_test_run();
}
