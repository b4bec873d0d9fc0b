/* test_engine.c: frames and the data engine: every type there and back, missing values, order, casts. */
#include "data/engine.h"

#include <math.h>
#include <string.h>

#include "base/error.h"
#include "base/file.h"
#include "base/json.h"

static Engine *open_engine(void)
{
	Engine *e = NULL;
	g_autoptr(GError) error = NULL;
	if (!engine_open(NULL, &e, &error))
		g_error("%s", error->message);
	return e;
}

static char *row_text(Engine *e, const char *sql)
{
	json_auto_t *row = NULL;
	g_autoptr(GError) error = NULL;
	if (!engine_row(e, sql, &row, &error))
		g_error("%s", error->message);
	return json_canonical(row);
}

static void test_types(void)
{
	g_autoptr(Engine) e = open_engine();
	g_autofree char *numbers = row_text(e, "select true a, 1::tinyint b, 2::bigint c, 3::utinyint d, "
	                                       "1.23::decimal(9,2) e, 0.5::float f, 'nan'::double g, "
	                                       "null::int h, 4::hugeint i");
	g_assert_cmpstr(numbers, ==,
	        "{\"a\":true,\"b\":1,\"c\":2,\"d\":3,\"e\":1.23,\"f\":0.5,\"g\":null,\"h\":null,\"i\":4.0}");
	g_autofree char *others = row_text(e,
	        "select 'short' a, 'longer than twelve bytes' b, 'x'::enum('y','x') c, date '2001-02-03' d, "
	        "timestamp '2001-02-03 04:05:06.5' e, timestamp_ns '1969-12-31 23:59:59.999999999' f, null::varchar g");
	g_assert_cmpstr(others, ==,
	        "{\"a\":\"short\",\"b\":\"longer than twelve bytes\",\"c\":\"x\",\"d\":\"2001-02-03 00:00:00\","
	        "\"e\":\"2001-02-03 04:05:06.500000\",\"f\":\"1969-12-31 23:59:59.999999\",\"g\":null}");
}

static void test_unsupported(void)
{
	g_autoptr(Engine) e = open_engine();
	json_auto_t *row = NULL;
	g_autoptr(GError) error = NULL;
	g_assert_false(engine_row(e, "select [1,2] as parts", &row, &error));
	g_assert_nonnull(strstr(error->message, "\"parts\""));
	json_auto_t *columns = NULL;
	g_assert_true(engine_describe(e, "select [1] a, 1 b", &columns, NULL));
	g_autofree char *text = json_canonical(columns);
	g_assert_cmpstr(text, ==, "[{\"name\":\"a\",\"type\":null},{\"name\":\"b\",\"type\":\"int\"}]");
}

/* Streamed frames hold every row once and in order, whatever their size, and share one dictionary. */
static void test_stream(void)
{
	g_autoptr(Engine) e = open_engine();
	static const size_t SIZES[] = {1, 2048, 5000, 65536, 1000000};
	for (size_t k = 0; k < G_N_ELEMENTS(SIZES); k++) {
		g_autoptr(FrameReader) r = NULL;
		g_assert_true(engine_read(e,
		        "select i, 't' || (i % 7) as t, case when i % 3 = 0 then null else i end as m "
		        "from range(200001) r(i)",
		        SIZES[k], &r, NULL));
		int64_t next = 0;
		for (;;) {
			g_autoptr(Frame) f = NULL;
			g_assert_true(frame_reader_next(r, &f, NULL));
			if (!f)
				break;
			const Column *i = frame_find(f, "i"), *t = frame_find(f, "t"), *m = frame_find(f, "m");
			for (size_t row = 0; row < f->rows; row++, next++) {
				g_assert_cmpint(i->ints[row], ==, next);
				g_assert_cmpint(t->codes[row], ==, next % 7);
				g_assert_cmpint(column_is_missing(m, row), ==, next % 3 == 0);
			}
		}
		g_assert_cmpint(next, ==, 200001);
	}
}

static void test_append(void)
{
	g_autoptr(Engine) e = open_engine();
	g_autoptr(Frame) f = NULL;
	const char *sql =
	        "select i, i * 0.5 r, (i % 2)::bool b, case when i % 5 = 0 then null else 'text ' || i end t, "
	        "timestamp '2020-01-01' + to_seconds(i) d from range(5000) x(i)";
	g_assert_true(engine_frame(e, sql, &f, NULL));
	g_assert_true(engine_append(e, "copy", f, NULL));
	g_autofree char *query = g_strdup_printf("select count(*) n from ((%s) except (select * from copy))", sql);
	g_autofree char *left = row_text(e, query);
	g_assert_cmpstr(left, ==, "{\"n\":0}");
	g_autofree char *rows = row_text(e, "select count(*) n from copy");
	g_assert_cmpstr(rows, ==, "{\"n\":5000}");
}

static void test_conform(void)
{
	g_autoptr(Engine) e = open_engine();
	g_autoptr(Frame) f = NULL;
	g_autoptr(GError) error = NULL;
	g_assert_true(engine_frame(e, "select '1.5' as r, 7 as t, 1 as b, '2001-01-02' as d, 9 as extra", &f, NULL));
	json_auto_t *schema = json_pack("{s:[{s:s,s:s},{s:s,s:s},{s:s,s:s},{s:s,s:s}]}", "columns", "name", "d", "type",
	        "time", "name", "r", "type", "real", "name", "t", "type", "text", "name", "b", "type", "bool");
	g_assert_true(frame_conform(f, schema, NULL, false, NULL));
	g_assert_cmpuint(f->columns->len, ==, 4);
	g_assert_cmpfloat(frame_find(f, "r")->reals[0], ==, 1.5);
	g_autofree char *t = column_text(frame_find(f, "t"), 0), *d = column_text(frame_find(f, "d"), 0);
	g_assert_cmpstr(t, ==, "7");
	g_assert_cmpstr(d, ==, "2001-01-02 00:00:00");
	/* Whole numbers in texts keep digits that a double has not. */
	g_autoptr(Frame) ids = NULL;
	g_assert_true(engine_frame(
	        e, "select unnest(['9007199254740993', '-7', '+8', '2.0', '1e3', '', 'x']) as n", &ids, NULL));
	json_auto_t *whole = json_pack("{s:[{s:s,s:s}]}", "columns", "name", "n", "type", "int");
	g_assert_true(frame_conform(ids, whole, NULL, true, NULL));
	static const int64_t NUMBERS[] = {9007199254740993, -7, 8, 2, 1000};
	for (size_t i = 0; i < G_N_ELEMENTS(NUMBERS); i++)
		g_assert_cmpint(frame_find(ids, "n")->ints[i], ==, NUMBERS[i]);
	g_assert_true(column_is_missing(frame_find(ids, "n"), 5) && column_is_missing(frame_find(ids, "n"), 6));
	g_autoptr(Frame) bad = NULL;
	g_assert_true(engine_frame(e, "select 'many' as r, 1 as t, 1 as b", &bad, NULL));
	g_assert_false(frame_conform(bad, schema, NULL, false, &error));
	g_assert_nonnull(strstr(error->message, "lacks the column \"d\""));
}

static void test_time(void)
{
	static const char *const TEXTS[] = {"1970-01-01 00:00:00", "2000-02-29 23:59:59", "1600-12-31 01:02:03",
	        "2100-03-01 00:00:00.000001", "0001-01-01 00:00:00", "1969-12-31 23:59:59.500000"};
	for (size_t i = 0; i < G_N_ELEMENTS(TEXTS); i++) {
		int64_t us;
		g_assert_true(time_parse(TEXTS[i], &us));
		g_autofree char *back = time_text(us);
		g_assert_cmpstr(back, ==, TEXTS[i]);
	}
	int64_t a = 0, b = 0;
	g_assert_true(time_parse("2020-06-01T12:00:00+02:00", &a) && time_parse("2020-06-01T10:00:00Z", &b));
	g_assert_cmpint(a, ==, b);
	g_assert_false(time_parse("2001-02-29", &a) || time_parse("2001-1-2", &a) || time_parse("", &a) ||
	               time_parse("2001-01-01 10:61", &a) || time_parse("2001-01-01x", &a));
	/* The first and the last time that has a text, and what a zone leads out of that. */
	g_assert_true(time_parse("0000-01-01", &a) && time_has_text(a) && !time_has_text(a - 1));
	g_assert_true(time_parse("9999-12-31 23:59:59.999999", &a) && time_has_text(a) && !time_has_text(a + 1));
	g_assert_false(time_parse("9999-12-31T23:00:00-14:00", &b) || time_parse("0000-01-01T00:00:00+01:00", &b));
}

static void test_quoting(void)
{
	g_autoptr(Engine) e = open_engine();
	g_autofree char *name = sql_name("we\"ird; drop"), *text = sql_text("it's"),
	                *sql = g_strdup_printf("select %s as %s", text, name);
	g_autofree char *row = row_text(e, sql);
	g_assert_cmpstr(row, ==, "{\"we\\\"ird; drop\":\"it's\"}");
}

/* Where a folder looks like a partition, its files have no column more. */
static void test_partition(void)
{
	g_autoptr(Engine) e = open_engine();
	g_autofree char *folder = g_dir_make_tmp("year=XXXXXX", NULL),
	                *path = g_build_filename(folder, "a.parquet", NULL);
	g_assert_true(engine_write_parquet(e, "select 1 as a", path, NULL));
	g_autofree char *from = sql_parquet(path), *sql = g_strdup_printf("select * from %s", from);
	g_autofree char *row = row_text(e, sql);
	g_assert_cmpstr(row, ==, "{\"a\":1}");
	g_assert_true(file_remove(folder, NULL));
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/engine/types", test_types);
	g_test_add_func("/engine/unsupported", test_unsupported);
	g_test_add_func("/engine/stream", test_stream);
	g_test_add_func("/engine/append", test_append);
	g_test_add_func("/engine/conform", test_conform);
	g_test_add_func("/engine/time", test_time);
	g_test_add_func("/engine/quoting", test_quoting);
	g_test_add_func("/engine/partition", test_partition);
	return g_test_run();
}
