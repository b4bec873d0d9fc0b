/* test_bad_data.c: files as they come: each fault gives one sentence that says where and what. */
#include "ingest_test.h"

#include <sqlite3.h>

static void write_bytes(const Place *p, const char *name, const char *bytes, gssize size)
{
	g_autofree char *path = in_folder(p, name);
	g_assert_true(g_file_set_contents(path, bytes, size, NULL));
}

static void test_files(Place *p, const void *data)
{
	assert_fails(p, "{'t': {'path': 'absent.csv'}}", FAIL_NOT_FOUND, "source \"t\": there is no file ");
	assert_fails(p, "{'t': {'path': 'part-*.csv'}}", FAIL_NOT_FOUND, "no file fits the pattern ");
	assert_fails(p, "{'t': {'path': '.'}}", FAIL_INVALID, "is a folder; name a file, or a pattern such as ");
	assert_fails(p, "{'t': {'path': 'https://example.org/a.csv'}}", FAIL_INVALID,
	        "is an address; name a file of this machine");
	assert_fails(p, "{'t': {'path': []}}", FAIL_INVALID, "the list of paths is empty");
	write_text(p, "empty.csv", "");
	assert_fails(p, "{'t': {'path': 'empty.csv'}}", FAIL_INVALID, "empty.csv is empty");
	write_bytes(p, "book.xlsx", "PK\3\4rest", 8);
	assert_fails(p, "{'t': {'path': 'book.xlsx'}}", FAIL_INVALID, "is a ZIP archive (or an Excel workbook)");
	write_text(p, "a.csv", "a\n1\n");
	write_text(p, "b.jsonl", "{\"a\": 1}\n");
	assert_fails(p, "{'t': {'path': ['a.csv', 'b.jsonl']}}", FAIL_INVALID,
	        "are of different formats; make them two sources");
	write_text(p, "fake.parquet", "PAR1 and nothing");
	assert_fails(p, "{'t': {'path': 'fake.parquet'}}", FAIL_INVALID, "fake.parquet");
}

static void test_headers(Place *p, const void *data)
{
	static const struct {
		const char *text, *words;
	} CASES[] = {
	        {"a,b\n", "has names of columns and no rows"},
	        {"a,b", "has names of columns and no rows"},
	        {"\na,b\n1,2\n", "line 1 is blank; the names of the columns are expected there"},
	        {"a,,c\n1,2,3\n", "column 2 has no name"},
	        {"a,b,a\n1,2,3\n", "columns 1 and 3 have the same name, \"a\""},
	        {"day,Day\n1,2\n",
	                "columns 1 and 2 have the same name, \"Day\" (large and small letters count as the same)"},
	        {"_gyre_row,b\n1,2\n", "\"_gyre_row\": file_row_number, and names that begin with _gyre_, are kept"},
	        {"_GYRE_row,b\n1,2\n", "names that begin with _gyre_, are kept for the program; rename it"},
	        {"b,File_row_number\n1,2\n", "column \"File_row_number\": file_row_number, and"},
	        {"1.5,2\n3,4\n", "line 1 looks like data, not like names of columns (\"1.5\", ...); add a header, or "
	                         "say header: false"},
	        {"\"a,b\n1,2\n", "a quote is opened there and never closed"},
	};
	for (size_t i = 0; i < G_N_ELEMENTS(CASES); i++) {
		write_text(p, "bad.csv", CASES[i].text);
		assert_fails(p, "{'t': {'path': 'bad.csv'}}", FAIL_INVALID, CASES[i].words);
	}
}

static void test_rows(Place *p, const void *data)
{
	static const struct {
		const char *text, *words;
	} CASES[] = {
	        {"a,b,c\n1,2,3\n4,5\n", "bad.csv: line 3 has 2 columns where the header has 3"},
	        {"a,b\n1,\"x\ny\"\n1,2,3\n", "bad.csv: line 4 has 3 columns where the header has 2"},
	        {"a,b\n1,\"x\n2,y\n", "bad.csv: a quote opened in line 2 is never closed"},
	        {"a,b\n1,\"x\"y\n", "bad.csv: line 2 has text behind a closing quote; a quote inside a quoted cell is "
	                            "written twice"},
	        {"a,b\n1,x\r\n2,y\n",
	                "bad.csv: lines end in two ways: line 2 as on Windows (CR LF), line 1 as on Unix (LF)"},
	        {"a,b\n1,\xc3\x28\n", "bad.csv: line 2 is not UTF-8 (byte 0xc3, byte 6 of the file)"},
	};
	for (size_t i = 0; i < G_N_ELEMENTS(CASES); i++) {
		write_text(p, "bad.csv", CASES[i].text);
		assert_fails(p, "{'t': {'path': 'bad.csv'}}", FAIL_INVALID, CASES[i].words);
	}
	write_bytes(p, "bad.csv", "a,b\n1,x\n2,y\0z\n", 14);
	assert_fails(
	        p, "{'t': {'path': 'bad.csv'}}", FAIL_INVALID, "bad.csv: line 3 has a NUL byte (byte 11 of the file)");
}

/* Faults beyond the first bytes, which are looked at on their own. */
static void test_far_rows(Place *p, const void *data)
{
	g_autoptr(GString) text = g_string_new("number,word\n");
	for (int i = 0; i < 200000; i++)
		g_string_append_printf(text, "%d,word %d\n", i, i);
	gsize good = text->len;
	g_string_append(text, "1\n");
	write_text(p, "far.csv", text->str);
	assert_fails(p, "{'t': {'path': 'far.csv'}}", FAIL_INVALID,
	        "far.csv: line 200002 has 1 column where the header has 2");
	g_string_truncate(text, good);
	g_string_append(text, "1,caf\xe9\n");
	write_text(p, "far.csv", text->str);
	assert_fails(p, "{'t': {'path': 'far.csv'}}", FAIL_INVALID, "far.csv: line 200002 is not UTF-8 (byte 0xe9");
	g_string_truncate(text, good);
	g_string_append_len(text, "1,x\0y\n", 6);
	write_bytes(p, "far.csv", text->str, (gssize)text->len);
	assert_fails(p, "{'t': {'path': 'far.csv'}}", FAIL_INVALID,
	        "column \"word\", row 200001: there is a NUL byte in the text");
}

static void test_compressed(Place *p, const void *data)
{
	write_text(p, "lines.txt", "a,b,c\n1,2,3\n4,5\n");
	run_sql(p,
	        "COPY (SELECT * FROM read_csv('FOLDER/lines.txt', auto_detect=false, header=false, delim='', quote='', "
	        "escape='', columns={'l': 'VARCHAR'})) TO 'FOLDER/bad.csv.gz' (HEADER false, DELIMITER '\t', QUOTE '', "
	        "COMPRESSION gzip)");
	assert_fails(p, "{'t': {'path': 'bad.csv.gz'}}", FAIL_INVALID, "Line: 3");
	write_bytes(p, "cut.csv.gz", "\x1f\x8b\x08\x00garbage", 11);
	assert_fails(p, "{'t': {'path': 'cut.csv.gz'}}", FAIL_INVALID, "cut.csv.gz");
}

/* A download that broke off: the engine would take the rows that are there for all. */
static void cut_file(const Place *p, const char *name)
{
	g_autofree char *path = in_folder(p, name), *bytes = NULL,
	                *sources = g_strdup_printf("{'t': {'path': '%s'}}", name);
	size_t size;
	g_assert_true(file_read(path, 1 << 24, &bytes, &size, NULL));
	g_autofree char *types = types_from(p, sources);
	g_assert_cmpstr(types, ==, "int real");
	static const int LEFT[] = {90, 50, 20};
	for (size_t i = 0; i < G_N_ELEMENTS(LEFT); i++) {
		write_bytes(p, name, bytes, (gssize)(size * (size_t)LEFT[i] / 100));
		assert_fails(p, sources, FAIL_INVALID, " is cut: it ends, after ");
	}
	write_bytes(p, name, bytes, (gssize)size - 2);
	assert_fails(p, sources, FAIL_INVALID, " is cut: it ends, after ");
}

static void test_cut(Place *p, const void *data)
{
	run_sql(p, "CREATE TABLE t AS SELECT range AS a, range * 0.5 AS b FROM range(20000);"
	           "COPY t TO 'FOLDER/a.csv.gz' (COMPRESSION gzip); COPY t TO 'FOLDER/a.csv.zst' (COMPRESSION zstd);"
	           "COPY t TO 'FOLDER/a.jsonl.gz' (FORMAT json, COMPRESSION gzip)");
	cut_file(p, "a.csv.gz");
	cut_file(p, "a.csv.zst");
	cut_file(p, "a.jsonl.gz");
	run_sql(p, "COPY (SELECT range AS a FROM range(1000)) TO 'FOLDER/b.jsonl.gz' (FORMAT json, COMPRESSION gzip)");
	g_autofree char *path = in_folder(p, "b.jsonl.gz"), *bytes = NULL;
	size_t size;
	g_assert_true(file_read(path, 1 << 20, &bytes, &size, NULL));
	g_autofree char *twice = g_malloc(2 * size); /* as cat b.gz b.gz: whole */
	memcpy(twice, bytes, size);
	memcpy(twice + size, bytes, size);
	write_bytes(p, "b.jsonl.gz", twice, (gssize)(2 * size));
	g_autofree char *types = types_from(p, "{'t': {'path': 'b.jsonl.gz'}}");
	json_auto_t *out = output(p, "ingest");
	g_assert_cmpint(json_get_int(out, "rows", 0), ==, 2000);
	twice[size / 2] ^= 0x55;
	write_bytes(p, "b.jsonl.gz", twice, (gssize)(2 * size));
	assert_fails(p, "{'t': {'path': 'b.jsonl.gz'}}", FAIL_INVALID, "is damaged: it does not unpack as gzip");
}

/* A program that died in the middle of a change leaves half of it in the file, and in the journal what was before. */
static void test_journal(Place *p, const void *data)
{
	g_autofree char *path = in_folder(p, "a.db"), *journal = in_folder(p, "a.db-journal");
	g_autofree char *hot = in_folder(p, "hot.db"), *hot_journal = in_folder(p, "hot.db-journal");
	sqlite3 *db;
	g_assert_cmpint(sqlite3_open(path, &db), ==, SQLITE_OK);
	g_assert_cmpint(sqlite3_exec(db,
	                        "PRAGMA journal_mode = PERSIST; PRAGMA cache_size = 2; CREATE TABLE t (a);"
	                        "INSERT INTO t VALUES (1), (2); BEGIN; UPDATE t SET a = 9;"
	                        "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 20000)"
	                        "INSERT INTO t SELECT i FROM n",
	                        NULL, NULL, NULL),
	        ==, SQLITE_OK);
	g_assert_true(file_copy(path, hot, NULL) && file_copy(journal, hot_journal, NULL));
	g_assert_cmpint(sqlite3_exec(db, "ROLLBACK", NULL, NULL, NULL), ==, SQLITE_OK);
	sqlite3_close(db);
	assert_fails(p, "{'t': {'kind': 'sqlite', 'path': 'hot.db', 'table': 't'}}", FAIL_CONFLICT,
	        "hot.db holds half a change: ");
	g_autofree char *types = types_from(p, "{'t': {'kind': 'sqlite', 'path': 'a.db', 'table': 't'}}");
	json_auto_t *out = output(p, "ingest");
	g_assert_cmpint(json_get_int(out, "rows", 0), ==, 2);
}

static void test_cells(Place *p, const void *data)
{
	g_autoptr(GString) text = g_string_new("a,b\n1,");
	for (int i = 0; i < 1 << 20; i++)
		g_string_append_c(text, 'x');
	g_string_append(text, "\n2,y\n");
	write_text(p, "large.csv", text->str);
	g_autofree char *types = types_from(p, "{'t': {'path': 'large.csv'}}");
	g_assert_cmpstr(types, ==, "int text");
	g_string_assign(text, "a,b\n1,z\n2,");
	for (int i = 0; i < 3 << 20; i++)
		g_string_append_c(text, 'x');
	g_string_append(text, "\n2,y\n");
	write_text(p, "larger.csv", text->str);
	g_autofree char *larger = types_from(p, "{'t': {'path': 'larger.csv'}}");
	g_assert_cmpstr(larger, ==, "int text");
	g_string_truncate(text, 10);
	for (int i = 0; i < 20 << 20; i++)
		g_string_append_c(text, 'x');
	write_text(p, "huge.csv", text->str);
	assert_fails(p, "{'t': {'path': 'huge.csv'}}", FAIL_INVALID, "column \"b\", row 2: a text of more than 16 MiB");
}

static void test_wide(Place *p, const void *data)
{
	g_autoptr(GString) text = g_string_new(NULL);
	for (int i = 0; i < 5000; i++)
		g_string_append_printf(text, "%sc%d", i ? "," : "", i);
	g_string_append_c(text, '\n');
	for (int i = 0; i < 5000; i++)
		g_string_append(text, i ? ",1" : "1");
	g_string_append_c(text, '\n');
	write_text(p, "wide.csv", text->str);
	assert_fails(p, "{'t': {'path': 'wide.csv'}}", FAIL_LIMIT,
	        "5000 columns where at most 4096 are taken; is the table transposed");
}

static void test_several(Place *p, const void *data)
{
	write_text(p, "p1.csv", "a,b\n1,2\n");
	write_text(p, "p2.csv", "a,c\n1,2\n");
	assert_fails(p, "{'t': {'path': 'p*.csv'}}", FAIL_INVALID, "p2.csv has no column \"b\", which ");
	write_text(p, "p2.csv", "a,b,c\n1,2,3\n");
	assert_fails(p, "{'t': {'path': 'p*.csv'}}", FAIL_INVALID, "p1.csv has no column \"c\", which ");
	/* One file under several names gives its rows once. */
	g_autofree char *types = types_from(p, "{'t': {'path': ['p1.csv', './p1.csv', 'p1*', 'work/../p1.csv']}}");
	json_auto_t *out = output(p, "ingest");
	g_assert_cmpint(json_get_int(out, "rows", 0), ==, 1);
}

static void assert_query_fails(const Place *p, const char *query, const char *time, const char *words)
{
	g_autoptr(GError) error = NULL;
	g_assert_false(ingest(p, "{'t': {'path': 'a.csv'}, 'u': {'path': 'b.csv'}}", query, time, &error));
	if (!strstr(error->message, words))
		g_error("\"%s\" is not in: %s", words, error->message);
}

static void test_queries(Place *p, const void *data)
{
	write_text(p, "a.csv", "k,x\n1,2.5\n2,3\n");
	write_text(p, "b.csv", "k,y\n2,b\n1,a\n1,c\n");
	g_autoptr(GError) error = NULL;
	g_assert_true(ingest(p, "{'t': {'path': 'a.csv'}, 'u': {'path': 'b.csv'}}",
	        "select k, sum(x) as x, max(y) as y, count(*)::utinyint as n\nfrom t join u using (k) group by k;\n",
	        NULL, &error));
	g_autofree char *digest = snapshot_digest(p);
	g_assert_true(ingest(p, "{'t': {'path': 'a.csv'}, 'u': {'path': 'b.csv'}}",
	        "select k, sum(x) as x, max(y) as y, count(*) as n from u join t using (k) group by k order by k desc",
	        NULL, &error));
	g_autofree char *again = snapshot_digest(p);
	g_assert_cmpstr(digest, ==, again);
	assert_query_fails(p, NULL, NULL, "data.query is missing: with 2 sources it says how they become one table");
	assert_query_fails(p, "select k,\n  foo(x) from t", NULL,
	        "data.query, line 2, column 3: Scalar Function with name foo does not exist!");
	assert_query_fails(p, "select k,\n  foo(x) from t", NULL, "\n      foo(x) from t\n      ^");
	assert_query_fails(p, "selec 1", NULL, "data.query, line 1, column 1: syntax error");
	assert_query_fails(
	        p, "select x from v", NULL, "data.query, line 1, column 15: Table with name v does not exist!");
	assert_query_fails(p, " ;", NULL, "data.query is empty");
	assert_query_fails(p, "select * from t where x > 10", NULL, "there are no rows");
	assert_query_fails(p, "select [k] as list from t", NULL, "column \"list\" (BIGINT[]) holds lists");
	assert_query_fails(p, "select k as a, x as A from t", NULL, "have the same name, \"A\"");
	assert_query_fails(p, "select * from t", "kk", "data.time: there is no column \"kk\"; did you mean \"k\"?");
	assert_query_fails(
	        p, "select y::int as n from u", NULL, "data.query, line 1, column 9: Could not convert string");
	assert_query_fails(p, "select * from read_csv('/etc/passwd')", NULL,
	        "data.query, line 1, column 15: this reads a file that is no source; name it under data.sources");
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
#define ADD(name, function) g_test_add(name, Place, NULL, set_up, function, tear_down)
	ADD("/bad/files", test_files);
	ADD("/bad/headers", test_headers);
	ADD("/bad/rows", test_rows);
	ADD("/bad/far-rows", test_far_rows);
	ADD("/bad/compressed", test_compressed);
	ADD("/bad/cut", test_cut);
	ADD("/bad/journal", test_journal);
	ADD("/bad/cells", test_cells);
	ADD("/bad/wide", test_wide);
	ADD("/bad/several", test_several);
	ADD("/bad/queries", test_queries);
	return g_test_run();
}
