/* test_fresh.c: rows that a model has not learnt from. */
#include <string.h>

#include "base/error.h"
#include "base/file.h"
#include "base/json.h"
#include "data/engine.h"
#include "retrain/fresh_rows.h"
#include "retrain/step_fresh.h"

typedef struct Place {
	char *folder;
	Engine *e;
} Place;

static void setup(Place *p, gconstpointer unused)
{
	EngineLimits limits = {.threads = 1};
	p->folder = g_dir_make_tmp("gyre-fresh-XXXXXX", NULL);
	g_assert_true(engine_open(&limits, &p->e, NULL));
}

static void teardown(Place *p, gconstpointer unused)
{
	engine_close(p->e);
	g_assert_true(file_remove(p->folder, NULL));
	g_free(p->folder);
}

static char *table(const Place *p, const char *name, const char *sql)
{
	g_autoptr(GError) error = NULL;
	char *path = g_build_filename(p->folder, name, NULL);
	engine_write_parquet(p->e, sql, path, &error);
	g_assert_no_error(error);
	return path;
}

/* The rows that are fresh, "a b" by "a b", or the code of the error. */
static char *fresh(const Place *p, const char *rows_sql, const char *learnt_sql)
{
	g_autofree char *rows = table(p, "rows.in", rows_sql), *learnt = table(p, "learnt.in", learnt_sql);
	g_autofree char *out = g_build_filename(p->folder, "fresh", NULL);
	const char *const inputs[] = {"rows", rows, "learnt", learnt, NULL};
	g_autoptr(GError) error = NULL;
	json_auto_t *found = NULL;
	g_assert_true(file_remove(out, NULL));
	if (!step_test_run(&STEP_FRESH, NULL, inputs, p->folder, 1, &error))
		return g_strdup(fail_name(error));
	g_autofree char *quoted = sql_parquet(out);
	g_autofree char *sql = g_strdup_printf(
	        "SELECT string_agg(coalesce(x::TEXT, 'null') || word, ' ' ORDER BY _gyre_row) AS t FROM %s", quoted);
	g_assert_true(engine_row(p->e, sql, &found, NULL));
	return g_strdup(json_get_text(found, "t", ""));
}

static void expect(const Place *p, const char *rows, const char *learnt, const char *wanted)
{
	g_autofree char *found = fresh(p, rows, learnt);
	g_assert_cmpstr(found, ==, wanted);
}

#define ROWS(values) "SELECT * FROM (VALUES " values ") t(_gyre_row, x, word)"

static void test_fresh(Place *p, gconstpointer unused)
{
	const char *rows = ROWS("(1, 1.0, 'a'), (2, NULL, 'a'), (3, 2.0, 'a'), (4, 2.0, 'b'), (5, 3.0, 'c')");
	/* Row numbers and folds are ours and do not count; missing is equal to missing. */
	expect(p, rows,
	        "SELECT *, 0 AS _gyre_fold FROM (VALUES (9, 1.0, 'a'), (8, NULL, 'a'), (7, 2.0, 'b')) t(_gyre_row, x, "
	        "word)",
	        "2.0a 3.0c");
	expect(p, rows, rows, "conflict"); /* nothing is fresh */
	/* Another column, or another type: no row is the same. */
	expect(p, rows, "SELECT _gyre_row, x FROM (VALUES (1, 1.0)) t(_gyre_row, x)", "1.0a nulla 2.0a 2.0b 3.0c");
	expect(p, rows, ROWS("(1, '1.0', 'a')"), "1.0a nulla 2.0a 2.0b 3.0c");
	/* Columns that only the learnt rows have do not matter. */
	expect(p, rows, "SELECT *, 1 AS more FROM (VALUES (1, 1.0, 'a')) t(_gyre_row, x, word)",
	        "nulla 2.0a 2.0b 3.0c");
}

/* Outcomes are compared in the rows' types, which the log may have as others: 1 and 1.0 are one number, and a text that is none is no
 * error. */
static void test_outcomes(Place *p, gconstpointer unused)
{
	g_autofree char *rows =
	        table(p, "rows.in", ROWS("(1, 1.0::DOUBLE, 'a'), (2, 1.0, 'a'), (3, 1.0, 'a'), (4, 2.0, 'b')"));
	g_autofree char *said =
	        table(p, "said.in", "SELECT * FROM (VALUES ('1', 'a'), ('1.0', 'a'), ('many', 'b')) t(x, word)");
	g_autofree char *out = g_build_filename(p->folder, "fresh", NULL);
	g_autoptr(GPtrArray) outcomes = g_ptr_array_new();
	g_ptr_array_add(outcomes, said);
	FreshRows found;
	g_autoptr(GError) error = NULL;
	fresh_rows_write(p->e, &(FreshFrom){.rows = rows, .outcomes = outcomes}, out, &found, &error);
	g_assert_no_error(error);
	g_assert_cmpint(found.rows, ==, 2);
	g_assert_cmpint(found.all, ==, 4);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add("/fresh/rows", Place, NULL, setup, test_fresh, teardown);
	g_test_add("/fresh/outcomes", Place, NULL, setup, test_outcomes, teardown);
	return g_test_run();
}
