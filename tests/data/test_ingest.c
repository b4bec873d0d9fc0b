/* test_ingest.c: the step `ingest`: the same rows are the same bytes, from whatever source; types; queries. */
#include "ingest_test.h"

#include <sqlite3.h>

#include "data/canonical.h"
#include "data/csv.h"
#include "data/text_types.h"

#define CSV_ROWS                                                      \
	"id,name,price,sold,day\n"                                    \
	"1,apple,1.5,true,2020-01-02\n"                               \
	"2,\"a \"\"big\"\", one\",nan,false,2020-01-03T04:05:06.25\n" \
	",,,,\n"                                                      \
	"9223372036854775807,zo\xc3\xab,-inf,TRUE,2020-01-03 06:05:06.25+02:00\n"

static void test_types(Place *p, const void *data)
{
	write_text(p, "a.csv", CSV_ROWS);
	g_autofree char *types = types_from(p, "{'t': {'path': 'a.csv'}}");
	g_assert_cmpstr(types, ==, "int text real bool time");
	json_auto_t *out = output(p, "ingest");
	g_assert_cmpint(json_get_int(out, "rows", 0), ==, 4);
	g_assert_cmpint(json_get_int(json_at(out, "columns[0]"), "missing", 0), ==, 1);
	g_autofree char *sources = json_canonical(json_object_get(out, "sources"));
	g_assert_cmpstr(sources, ==, "{\"t\":{\"files\":1,\"kind\":\"file\",\"rows\":4}}");
	g_autoptr(Engine) e = NULL;
	g_assert_true(engine_open(NULL, &e, NULL));
	g_autofree char *path = g_build_filename(p->folder, "work", "snapshot", NULL);
	g_autofree char *from = sql_parquet(path);
	g_autofree char *sql = g_strdup_printf("SELECT * FROM %s", from);
	json_auto_t *rows = NULL;
	g_assert_true(engine_rows(e, sql, &rows, NULL));
	g_autofree char *text = json_canonical(rows);
	g_assert_cmpstr(text, ==,
	        "[{\"day\":\"2020-01-02 00:00:00\",\"id\":1,\"name\":\"apple\",\"price\":1.5,\"sold\":true},"
	        "{\"day\":\"2020-01-03 04:05:06.250000\",\"id\":2,\"name\":\"a \\\"big\\\", "
	        "one\",\"price\":null,\"sold\":false},"
	        "{\"day\":null,\"id\":null,\"name\":null,\"price\":null,\"sold\":null},"
	        "{\"day\":\"2020-01-03 "
	        "04:05:06.250000\",\"id\":9223372036854775807,\"name\":\"zo\xc3\xab\",\"price\":null,"
	        "\"sold\":true}]");
}

static void run_sqlite(const Place *p, const char *name, const char *sql)
{
	g_autofree char *path = in_folder(p, name);
	sqlite3 *db;
	g_assert_cmpint(sqlite3_open(path, &db), ==, SQLITE_OK);
	char *problem = NULL;
	if (sqlite3_exec(db, sql, NULL, NULL, &problem) != SQLITE_OK)
		g_error("%s", problem);
	sqlite3_close(db);
}

static void assert_same(const Place *p, const char *digest, const char *sources)
{
	g_autofree char *other = digest_from(p, sources);
	if (strcmp(digest, other) != 0)
		g_error("other bytes from %s", sources);
}

/* 150,000 rows are two row groups and several chunks for each thread.  How the engine cuts is not in doubt under the sanitizers. */
static const char *third(void)
{
	const char *sanitized = g_getenv("TEST_SANITIZED");
	return sanitized && *sanitized ? "SET VARIABLE third = 5000;" : "SET VARIABLE third = 50000;";
}

#define MANY_ROWS                                                                                                      \
	"CREATE TABLE t AS SELECT range AS id, CASE WHEN range % 7 > 0 THEN 'name ' || (range * 7919 % 1000) END AS "  \
	"name, "                                                                                                       \
	"(range * 0.37)::DOUBLE AS price, range % 3 = 0 AS sold, TIMESTAMP '2020-01-01' + INTERVAL (range) SECOND AS " \
	"day "                                                                                                         \
	"FROM range(3 * getvariable('third'));"

static void test_same_bytes(Place *p, const void *data)
{
	g_autofree char *sql = g_strconcat(third(),
	        MANY_ROWS
	        "COPY t TO 'FOLDER/a.csv' (HEADER); COPY t TO 'FOLDER/a.parquet'; COPY t TO "
	        "'FOLDER/a.jsonl' (FORMAT json);"
	        "COPY t TO 'FOLDER/a.csv.gz' (HEADER, COMPRESSION gzip); COPY t TO 'FOLDER/a.csv.zst' "
	        "(HEADER, COMPRESSION zstd);"
	        "COPY t TO 'FOLDER/a.tsv' (HEADER, DELIMITER '\t'); COPY t TO 'FOLDER/semi.txt' (HEADER, "
	        "DELIMITER ';', FORCE_QUOTE *);"
	        "COPY t TO 'FOLDER/a.jsonl.gz' (FORMAT json, COMPRESSION gzip); COPY t TO "
	        "'FOLDER/arr.json' (FORMAT json, ARRAY true);"
	        "COPY (FROM t WHERE id < getvariable('third')) TO 'FOLDER/part-1.csv' (HEADER);"
	        "COPY (SELECT day, sold, name, price, id FROM t WHERE id >= getvariable('third') AND id <= 2 * "
	        "getvariable('third')) TO "
	        "'FOLDER/part-2.csv' (HEADER);"
	        "COPY (FROM t WHERE id > 2 * getvariable('third')) TO 'FOLDER/part-3.csv' (HEADER);"
	        "COPY (FROM t WHERE id < getvariable('third')) TO 'FOLDER/piece-1.parquet'; COPY (FROM t WHERE id >= "
	        "getvariable('third')) TO 'FOLDER/piece-2.parquet'",
	        NULL);
	run_sql(p, sql);
	g_autofree char *digest = digest_from(p, "{'t': {'path': 'a.csv'}}");
	assert_same(p, digest, "{'other_name': {'path': 'a.parquet'}}");
	assert_same(p, digest, "{'t': {'path': 'a.jsonl'}}");
	assert_same(p, digest, "{'t': {'path': 'a.jsonl.gz'}}");
	assert_same(p, digest, "{'t': {'path': 'arr.json'}}");
	assert_same(p, digest, "{'t': {'path': 'a.csv.gz'}}");
	assert_same(p, digest, "{'t': {'path': 'a.csv.zst'}}");
	assert_same(p, digest, "{'t': {'path': 'a.tsv'}}");
	assert_same(p, digest, "{'t': {'path': 'semi.txt'}}");
	assert_same(p, digest, "{'t': {'path': 'part-*.csv'}}");
	assert_same(p, digest, "{'t': {'path': ['part-3.csv', 'part-1.csv', 'part-2.csv', 'part-*.csv']}}");
	assert_same(p, digest, "{'t': {'path': 'piece-?.parquet'}}");
}

/* A query's sums are the same to the last bit, however the threads would have shared them. */
static void test_same_sums(Place *p, const void *data)
{
	g_autofree char *first = NULL, *sql = g_strconcat(third(),
	                                       "COPY (SELECT range % 3 AS g, hash(range) / 1e17 AS x FROM range(10 * "
	                                       "getvariable('third'))) TO 'FOLDER/a.parquet'",
	                                       NULL);
	run_sql(p, sql);
	for (int i = 0; i < 6; i++) {
		g_autoptr(GError) error = NULL;
		ingest(p, "{'t': {'path': 'a.parquet'}}", "select g, sum(x) as s, avg(x) as m from t group by g", NULL,
		        &error);
		g_assert_no_error(error);
		g_autofree char *digest = snapshot_digest(p);
		if (!first)
			first = g_steal_pointer(&digest);
		else
			g_assert_cmpstr(first, ==, digest);
	}
}

static void test_same_bytes_sqlite(Place *p, const void *data)
{
	write_text(p, "a.csv",
	        "id,name,price,sold,day\n1,apple,1.5,true,2020-01-02\n2,,2.0,false,2020-01-03 "
	        "04:05:06.25\n3,pear,,,\n");
	run_sqlite(p, "a.db",
	        "CREATE TABLE fruits (id INTEGER PRIMARY KEY, name TEXT, price REAL, sold BOOLEAN, day DATETIME);"
	        "INSERT INTO fruits VALUES (2, NULL, 2, 0, '2020-01-03 04:05:06.25'), (3, 'pear', NULL, NULL, NULL), "
	        "(1, 'apple', 1.5, 1, '2020-01-02')");
	g_autofree char *digest = digest_from(p, "{'t': {'path': 'a.csv'}}");
	assert_same(p, digest, "{'t': {'kind': 'sqlite', 'path': 'a.db', 'table': 'fruits'}}");
	assert_same(p, digest, "{'t': {'kind': 'sqlite', 'path': 'a.db', 'query': 'select * from fruits;'}}");
	assert_fails(p, "{'t': {'kind': 'sqlite', 'path': 'a.db', 'table': 'fruit'}}", FAIL_NOT_FOUND,
	        "there is no table \"fruit\"; the file has: fruits");
	assert_fails(p, "{'t': {'kind': 'sqlite', 'path': 'a.db', 'query': 'select x from fruits'}}", FAIL_INVALID,
	        "no such column: x");
	assert_fails(p, "{'t': {'kind': 'sqlite', 'path': 'a.db'}}", FAIL_INVALID, "give either table or query");
	assert_fails(
	        p, "{'t': {'kind': 'sqlite', 'path': 'a.csv', 'table': 'fruits'}}", FAIL_INVALID, "not a database");
	run_sqlite(p, "b.db",
	        "CREATE TABLE t (a); INSERT INTO t VALUES (1), (2.5), ('x'); CREATE TABLE u (b); INSERT INTO u VALUES "
	        "(x'00')");
	g_autofree char *types = types_from(p, "{'t': {'kind': 'sqlite', 'path': 'b.db', 'table': 't'}}");
	g_assert_cmpstr(types, ==, "text");
	assert_fails(p, "{'t': {'kind': 'sqlite', 'path': 'b.db', 'table': 'u'}}", FAIL_INVALID,
	        "column \"b\" holds binary values");
}

/* What looks like one type in the first 10,000 rows and is another later. */
static void test_late_types(Place *p, const void *data)
{
	g_autoptr(GString) text = g_string_new("a,b,c,d,e,f\n");
	for (int i = 0; i < 20000; i++)
		g_string_append_printf(text, "%d,%d,%d,,2020-01-01,%s\n", i, i, i, i % 2 ? "true" : "false");
	g_string_append(text, "0.5,x,,7,soon,2\n");
	write_text(p, "late.csv", text->str);
	g_autofree char *types = types_from(p, "{'t': {'path': 'late.csv'}}");
	g_assert_cmpstr(types, ==, "real text int int text text");
	run_sql(p, "COPY (SELECT CASE WHEN range < 100000 THEN range::VARCHAR ELSE range::VARCHAR || '.5' END a FROM "
	           "range(200000)) "
	           "TO 'FOLDER/half.csv' (HEADER)");
	g_autofree char *half = digest_from(p, "{'t': {'path': 'half.csv'}}");
	run_sql(p, "COPY (SELECT CASE WHEN range < 100000 THEN range ELSE range + 0.5 END::DOUBLE a FROM "
	           "range(200000)) TO "
	           "'FOLDER/half.parquet'");
	assert_same(p, half, "{'t': {'path': 'half.parquet'}}");
}

/* Each column of a file of two rows, its types as found. */
static void test_found_types(Place *p, const void *data)
{
	static const struct {
		const char *a, *b, *type;
	} CASES[] = {
	        {"1", "-7", "int"},
	        {" 1", "2 ", "int"},
	        {"1", "", "int"},
	        {"01", "2", "text"},
	        {"+1", "2", "real"},
	        {"1", "2.5", "real"},
	        {"1e3", "-.5", "real"},
	        {"NaN", "inf", "real"},
	        {"-Infinity", "1", "real"},
	        {"1_000", "1", "text"},
	        {"0x10", "1", "text"},
	        {"0.5", "00.5", "text"},
	        {"0", "0.5", "real"},
	        {"9223372036854775807", "1", "int"},
	        {"9223372036854775808", "1", "text"},
	        {"1e20", "1", "real"},
	        {"true", "FALSE", "bool"},
	        {"true", "1", "text"},
	        {"yes", "no", "text"},
	        {"2020-01-02", "2020-1-3", "time"},
	        {"2020-01-02T03:04:05Z", "2020-01-02 03:04", "time"},
	        {"2020-01-02", "02/01/2020", "text"},
	        {"20200102", "20200103", "int"},
	        {"epoch", "infinity", "text"},
	        {"0001-01-01", "2020/1/3", "time"},
	        {"25-12-23", "24-12-23", "text"}, /* to the engine days of the years 25 and 24 */
	        {"25/12/23", "1/2/3", "text"},
	        {"12-5-7 10:00", "1-2-3", "text"},
	        {"294247-01-10", "2020-01-02", "text"},
	        {"12:30:00", "12:31:00", "text"},
	        {"2020-02-30", "2020-02-01", "text"},
	        {"", "", "text"},
	        {"1", "x", "text"},
	};
	for (size_t i = 0; i < G_N_ELEMENTS(CASES); i++) {
		g_autofree char *text = g_strdup_printf("k,v\nx,%s\ny,%s\n", CASES[i].a, CASES[i].b);
		write_text(p, "case.csv", text);
		g_autofree char *types = types_from(p, "{'t': {'path': 'case.csv'}}");
		g_autofree char *expected = g_strconcat("text ", CASES[i].type, NULL);
		if (strcmp(types, expected) != 0)
			g_error("%s and %s are %s, not %s", CASES[i].a, CASES[i].b, types, expected);
	}
}

static void test_given(Place *p, const void *data)
{
	write_text(p, "a.csv", "zip,n,day,ok,m\n501,007,31/12/2020,yes,NA\n99,+8.0,2020-01-02,0,-\n");
	g_autofree char *found = types_from(p, "{'t': {'path': 'a.csv', 'nulls': ['NA', '-']}}");
	g_assert_cmpstr(found, ==, "int text text text text");
	g_autofree char *given =
	        types_from(p, "{'t': {'path': 'a.csv', 'nulls': ['NA', '-'], 'time_format': '%d/%m/%Y', "
	                      "'types': {'zip': 'text', 'n': 'int', 'ok': 'bool', 'm': 'real'}}}");
	g_assert_cmpstr(given, ==, "text int time bool real");
	json_auto_t *out = output(p, "ingest");
	g_assert_cmpint(json_get_int(json_at(out, "columns[4]"), "missing", 0), ==, 2);
	assert_fails(p, "{'t': {'path': 'a.csv', 'types': {'m': 'real'}}}", FAIL_INVALID,
	        "column \"m\", row 1: \"NA\" is not of type real, which `types` gives the column (so are 2 of its "
	        "values)");
	assert_fails(p, "{'t': {'path': 'a.csv', 'types': {'zap': 'text'}}}", FAIL_INVALID,
	        "types: there is no column \"zap\"; did you mean \"zip\"?");
	assert_fails(
	        p, "{'t': {'path': 'a.csv', 'types': {'zip': 'number'}}}", FAIL_INVALID, "\"number\" is not a type");
	run_sql(p, "COPY (SELECT unnest([1.0, 2.0, NULL]) AS n, unnest([0, 1, 2]) AS ok) TO 'FOLDER/n.parquet'");
	g_autofree char *whole = types_from(p, "{'t': {'path': 'n.parquet', 'types': {'n': 'int'}}}");
	g_assert_cmpstr(whole, ==, "int int");
	assert_fails(p, "{'t': {'path': 'n.parquet', 'types': {'ok': 'bool'}}}", FAIL_INVALID,
	        "column \"ok\", row 3: 2 is not of type bool");
	run_sql(p, "COPY (SELECT unnest([1.0, 1.75, 2.5]) AS n) TO 'FOLDER/n.parquet'");
	assert_fails(p, "{'t': {'path': 'n.parquet', 'types': {'n': 'int'}}}", FAIL_INVALID,
	        "column \"n\", row 2: 1.75 is not of type int, which `types` gives the column (so are 2 of its "
	        "values)");
	write_text(p, "raw.csv", "1,x\n2,y\n");
	g_autofree char *raw = types_from(p, "{'t': {'path': 'raw.csv', 'header': false}}");
	g_assert_cmpstr(raw, ==, "int text");
	json_auto_t *names = output(p, "schema");
	g_assert_cmpstr(json_get_text(json_at(names, "columns[1]"), "name", ""), ==, "c2");
}

static void test_encodings(Place *p, const void *data)
{
	write_text(p, "utf8.csv", "a,b\n1,caf\xc3\xa9\n");
	write_text(p, "bom.csv",
	        "\xef\xbb\xbf"
	        "a,b\n1,caf\xc3\xa9\n");
	write_text(p, "latin.csv", "a,b\n1,caf\xe9\n");
	write_text(p, "crlf.csv", "a,b\r\n1,caf\xc3\xa9\r\n");
	g_autofree char *utf16_path = in_folder(p, "utf16.csv");
	gsize size;
	g_autofree char *utf16 = g_convert("a,b\n1,caf\xc3\xa9\n", -1, "UTF-16LE", "UTF-8", NULL, &size, NULL);
	g_autoptr(GByteArray) bytes = g_byte_array_new();
	g_byte_array_append(bytes, (const guint8 *)"\xff\xfe", 2);
	g_byte_array_append(bytes, (const guint8 *)utf16, (guint)size);
	g_assert_true(g_file_set_contents(utf16_path, (const char *)bytes->data, bytes->len, NULL));
	g_autofree char *digest = digest_from(p, "{'t': {'path': 'utf8.csv'}}");
	assert_same(p, digest, "{'t': {'path': 'bom.csv'}}");
	assert_same(p, digest, "{'t': {'path': 'crlf.csv'}}");
	assert_same(p, digest, "{'t': {'path': 'latin.csv', 'encoding': 'latin-1'}}");
	assert_same(p, digest, "{'t': {'path': 'utf16.csv', 'encoding': 'utf-16'}}");
	assert_fails(p, "{'t': {'path': 'latin.csv'}}", FAIL_INVALID,
	        "line 2 is not UTF-8 (byte 0xe9, byte 9 of the file); if the file is Latin-1, say so with encoding: "
	        "latin-1");
	assert_fails(
	        p, "{'t': {'path': 'utf16.csv'}}", FAIL_INVALID, "is UTF-16, not UTF-8; say so with encoding: utf-16");
}

static void test_json(Place *p, const void *data)
{
	write_text(p, "a.jsonl",
	        "{\"a\": 1, \"b\": \"2020-01-01\", \"c\": 1, \"d\": 1, \"e\": null, \"zip\": \"00501\"}\n"
	        "{\"b\": \"2020-01-02T00:00:00Z\", \"c\": 2.5, \"d\": \"x\", \"f\": true}\n");
	g_autofree char *types = types_from(p, "{'t': {'path': 'a.jsonl'}}");
	g_assert_cmpstr(types, ==, "int time real text text text bool");
	write_text(p, "nested.jsonl", "{\"a\": 1}\n{\"a\": [1]}\n");
	assert_fails(p, "{'t': {'path': 'nested.jsonl'}}", FAIL_INVALID, "\"a\" holds lists or objects in 1 rows");
	write_text(p, "broken.jsonl", "{\"a\": 1}\n{\"a\": 2}\n{\"a\": }\n");
	assert_fails(p, "{'t': {'path': 'broken.jsonl'}}", FAIL_INVALID, "broken.jsonl, line 3, column ");
	write_text(p, "scalar.jsonl", "1\n2\n");
	assert_fails(p, "{'t': {'path': 'scalar.jsonl'}}", FAIL_INVALID, "no JSON object");
}

/* Files are of one source whatever pandas made of their columns: numbers are not rounded to the first file's type. */
static void test_parquet_files(Place *p, const void *data)
{
	run_sql(p, "COPY (SELECT 1::BIGINT AS a, 'x' AS b, 5 AS c) TO 'FOLDER/p1.parquet';"
	           "COPY (SELECT 'y' AS b, 2::BIGINT AS c, 1.75::DOUBLE AS a) TO 'FOLDER/p2.parquet';"
	           "COPY (SELECT 1.0::DOUBLE AS a, 'x' AS b, 5 AS c UNION ALL SELECT 1.75, 'y', 2) TO "
	           "'FOLDER/all.parquet'");
	g_autofree char *all = digest_from(p, "{'t': {'path': 'all.parquet'}}");
	assert_same(p, all, "{'t': {'path': 'p*.parquet'}}");
	run_sql(p, "COPY (SELECT 1 AS a, 'y' AS b, 2 AS c, 3 AS d) TO 'FOLDER/p2.parquet'");
	assert_fails(p, "{'t': {'path': 'p*.parquet'}}", FAIL_INVALID, "p1.parquet has no column \"d\", which ");
	run_sql(p, "COPY (SELECT 1 AS a, 'y' AS b) TO 'FOLDER/p2.parquet'");
	assert_fails(p, "{'t': {'path': 'p*.parquet'}}", FAIL_INVALID, "p2.parquet has no column \"c\", which ");
}

/* Whole decimals are real as others, unless that would make two ids one. */
static void test_decimals(Place *p, const void *data)
{
	run_sql(p,
	        "COPY (SELECT unnest([1, 2])::DECIMAL(18,0) AS n, unnest([9007199254740992, "
	        "9007199254740993])::DECIMAL(18,0) AS i,"
	        " unnest(['36028797018963968', '36028797018963969000'])::DECIMAL(30,0) AS t, unnest([1.25, 2.5]) AS r)"
	        " TO 'FOLDER/d.parquet'");
	g_autofree char *types = types_from(p, "{'t': {'path': 'd.parquet'}}");
	g_assert_cmpstr(types, ==, "real int text real");
}

/* "run[1]" is the folder of that name, not a pattern that fits "run1"; so with files. */
static void test_odd_paths(Place *p, const void *data)
{
	g_autofree char *folder = in_folder(p, "run[1]"), *other = in_folder(p, "run1");
	g_assert_true(file_make_folder(folder, NULL) && file_make_folder(other, NULL));
	Place odd = {folder}, plain = {other};
	for (int i = 0; i < 2; i++) {
		write_text(i ? &plain : &odd, "x[2]?.csv", i ? "a,b\n7,8\n" : "a,b\n1,2.5\n");
		write_text(i ? &plain : &odd, "x2.csv", "a,b\n9,9\n");
		write_text(i ? &plain : &odd, "x*.jsonl", i ? "{\"a\": 7, \"b\": 8}\n" : "{\"a\": 1, \"b\": 2.5}\n");
		run_sql(i ? &plain : &odd, "COPY (SELECT 1::BIGINT AS a, 2.5::DOUBLE AS b) TO 'FOLDER/x[2].parquet'");
		run_sql(i ? &plain : &odd, "COPY (SELECT 1 AS a, 2.5 AS b) TO 'FOLDER/z[1].csv.gz' (COMPRESSION gzip)");
	}
	g_autofree char *digest = digest_from(&odd, "{'t': {'path': 'x[2]?.csv'}}");
	assert_same(&odd, digest, "{'t': {'path': 'x*.jsonl'}}");
	assert_same(&odd, digest, "{'t': {'path': 'x[2].parquet'}}");
	assert_same(&odd, digest, "{'t': {'path': 'z[1].csv.gz'}}");
	assert_same(&odd, digest, "{'t': {'path': 'x?2?*.parquet'}}");
	g_autoptr(GError) error = NULL;
	g_assert_true(ingest(&odd, "{'t': {'path': 'x[2]?.csv'}}", "select * from t", NULL, &error));
	g_autofree char *queried = snapshot_digest(&odd);
	g_assert_cmpstr(digest, ==, queried);
}

/* What is blank around a value is none of it, and a value of blanks is missing: spaces, and those beyond ASCII. */
static void test_blanks(Place *p, const void *data)
{
	write_text(p, "a.csv",
	        "n,x,t\n 1 ,2.5,a b\n\xc2\xa0"
	        "2\xe3\x80\x80,\xc2\xa0-0.5, \xc3\xa9\n \xc2\xa0,  ,\xc2\xa0\n");
	g_autofree char *types = types_from(p, "{'t': {'path': 'a.csv'}}");
	g_assert_cmpstr(types, ==, "int real text");
	json_auto_t *out = output(p, "ingest");
	for (int i = 0; i < 3; i++)
		g_assert_cmpint(
		        json_get_int(json_array_get(json_object_get(out, "columns"), (size_t)i), "missing", 0), ==, 1);
	write_text(p, "zeros.csv", "a,b,c,d,e\n007,-01.5,+00,0.5,1234567890123456789012\n1,2,3,-0.5,1\n");
	g_autofree char *zeros = types_from(p, "{'t': {'path': 'zeros.csv'}}");
	g_assert_cmpstr(zeros, ==, "text text text real text");
}

/* A wide table takes memory by its columns, not by their square. */
static void test_wide(Place *p, const void *data)
{
	g_autoptr(GString) text = g_string_new("c0");
	for (int i = 1; i < 300; i++)
		g_string_append_printf(text, ",c%d", i);
	for (int row = 0; row < 3; row++)
		for (int i = 0; i < 300; i++)
			g_string_append_printf(text, "%c%d.5", i ? ',' : '\n', row * i);
	write_text(p, "wide.csv", text->str);
	EngineLimits limits = {.threads = 2, .memory_mb = 192};
	g_autoptr(Engine) e = NULL;
	g_autoptr(GError) error = NULL;
	g_autofree char *path = in_folder(p, "wide.csv");
	CsvOptions options = {.header = true, .encoding = "utf-8", .compression = "none"};
	int64_t rows = 0;
	g_assert_true(engine_open(&limits, &e, &error));
	if (!csv_open(e, "wide", (const char *const *)&path, 1, &options, &rows, &error))
		g_error("%s", error->message);
	g_assert_cmpint(rows, ==, 3);
	json_auto_t *row = NULL;
	g_assert_true(engine_row(e, "SELECT sum(c299) AS s, typeof(any_value(c150)) AS t FROM wide", &row, &error));
	g_assert_cmpfloat(json_get_number(row, "s", 0), ==, 299.5 + 598.5 + 0.5);
	g_assert_cmpstr(json_get_text(row, "t", ""), ==, "DOUBLE");
}

static size_t times_in(const char *text, const char *part)
{
	size_t times = 0;
	while ((text = strstr(text, part))) {
		text += strlen(part);
		times++;
	}
	return times;
}

/* What the engine's hash asks for: a name that stands in an expression an even number of times is not in it. */
static void test_odd_names(Place *p, const void *data)
{
	g_autoptr(GPtrArray) columns = g_ptr_array_new();
	json_auto_t *nulls = json_pack("[s]", "NA"), *formats = json_pack("[s]", "%d/%m/%Y");
	g_ptr_array_add(columns, (void *)"c");
	for (int way = 0; way < 3 * 2 * 2 * COLUMN_TYPES; way++) {
		TextRules rules = {.nulls = way / 3 % 2 ? nulls : NULL, .time_formats = way / 6 % 2 ? formats : NULL};
		rules.find = way % 3;
		json_auto_t *types = json_pack("{s:s}", "c", column_type_name((ColumnType)(way / 12)));
		g_autoptr(GString) sql = g_string_new(NULL);
		text_types_select(sql, columns, types, &rules);
		size_t times = times_in(sql->str, "\"c\"") - 1; /* without its AS */
		g_assert_cmpuint(times % 2, ==, 1);
	}
	g_autoptr(Engine) e = NULL;
	g_autoptr(GError) error = NULL;
	g_autofree char *select = NULL;
	g_assert_true(engine_open(NULL, &e, &error));
	g_assert_true(
	        engine_run(e, "CREATE TABLE t AS SELECT 1::FLOAT AS a, 1.5::DOUBLE AS b, 2::TINYINT AS c", &error));
	g_assert_true(canonical_select(e, "t", NULL, &select, &error));
	for (const char *const *name = (const char *const[]){"\"a\"", "\"b\"", "\"c\"", NULL}; *name; name++)
		g_assert_cmpuint((times_in(select, *name) - 1) % 2, ==, 1);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
#define ADD(name, function) g_test_add(name, Place, NULL, set_up, function, tear_down)
	ADD("/ingest/types", test_types);
	ADD("/ingest/found-types", test_found_types);
	ADD("/ingest/late-types", test_late_types);
	ADD("/ingest/given", test_given);
	ADD("/ingest/encodings", test_encodings);
	ADD("/ingest/json", test_json);
	ADD("/ingest/parquet-files", test_parquet_files);
	ADD("/ingest/decimals", test_decimals);
	ADD("/ingest/odd-paths", test_odd_paths);
	ADD("/ingest/blanks", test_blanks);
	ADD("/ingest/wide", test_wide);
	ADD("/ingest/odd-names", test_odd_names);
	ADD("/ingest/same-bytes", test_same_bytes);
	ADD("/ingest/same-sums", test_same_sums);
	ADD("/ingest/same-bytes-sqlite", test_same_bytes_sqlite);
	return g_test_run();
}
