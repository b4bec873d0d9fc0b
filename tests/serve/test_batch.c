/* test_batch.c: rows of requests in all their forms give the same columns, and what is wrong with them is told. */
#include "serve/batch.h"

#include <math.h>

#include "base/error.h"
#include "base/limits.h"
#include "serve/csv_rows.h"
#include "serve/explanation.h"
#include "serve/predict.h"
#include "served_kit.h"

typedef bool Reader(Batch *b, Scan *s, GError **error);

static Frame *read_with(const Served *s, Reader *reader, const char *text, GError **error)
{
	g_autoptr(Batch) b = batch_new(s, 100);
	Scan scan;
	scan_start(&scan, text, strlen(text));
	bool ok = reader(b, &scan, error);
	if (!ok)
		scan_clear(&scan);
	return ok && scan_finish(&scan, error) ? batch_take(b, error) : NULL;
}

static bool read_split(Batch *b, Scan *s, GError **error)
{
	static const char *const NAMES[] = {"flag", "extra", "day", "x", "word", "n", NULL};
	return batch_scan_table(b, NAMES, s, error);
}

static void check_frame(const Frame *f)
{
	g_assert_cmpuint(f->rows, ==, 2);
	g_assert_cmpuint(f->columns->len, ==, 5);
	const Column *x = frame_find(f, "x"), *n = frame_find(f, "n"), *word = frame_find(f, "word"),
	             *day = frame_find(f, "day"), *flag = frame_find(f, "flag");
	g_assert_cmpfloat(x->reals[0], ==, 1.5);
	g_assert_true(column_is_missing(x, 1) && isnan(x->reals[1]));
	g_assert_cmpint(n->ints[0], ==, 7);
	g_assert_true(column_is_missing(n, 1));
	g_assert_cmpstr(dictionary_text(word->dictionary, word->codes[0]), ==, "a,b");
	g_assert_true(column_is_missing(word, 1));
	g_assert_cmpint(day->ints[0], ==, 1709251200000000); /* 2024-03-01 */
	g_assert_true(column_is_missing(day, 1));
	g_assert_cmpint(flag->bools[0], ==, 1);
	g_assert_true(column_is_missing(flag, 1));
}

static void test_forms(void)
{
	g_autoptr(Served) s = kit_served();
	static const struct {
		Reader *reader;
		const char *text;
	} FORMS[] = {
	        {batch_scan_rows, "[{\"x\": 1.5, \"n\": 7, \"word\": \"a,b\", \"day\": \"2024-03-01\", \"flag\": true},"
	                          "{\"flag\": null, \"day\": null, \"word\": null, \"n\": null, \"x\": NaN}]"},
	        {batch_scan_rows, "[{\"x\": \"1.5\", \"n\": 7.0, \"word\": \"a\\u002cb\", \"day\": 1709251200000000, "
	                          "\"flag\": 1, "
	                          "\"other\": {\"a\": [1]}, \"x\": 9},"
	                          "{\"x\": \"\", \"n\": \"\", \"word\": null, \"day\": \"\", \"flag\": \"\"}]"},
	        {batch_scan_rows,
	                "[[1.5, \"7\", \"a,b\", \"2024-03-01T00:00:00Z\", \"True\"], [null, null, null, null, null]]"},
	        {batch_scan_columns,
	                "{\"n\": [7, null], \"x\": [[1.5], [NaN]], \"word\": [\"a,b\", null], \"skip\": 1, \"day\": "
	                "[\"2024-03-01\", null], \"flag\": [true, null]}"},
	        {read_split, "[[true, 1, \"2024-03-01\", 1.5, \"a,b\", 7], [null, [2], null, null, null, NaN]]"},
	};
	for (size_t i = 0; i < G_N_ELEMENTS(FORMS); i++) {
		g_autoptr(GError) error = NULL;
		g_autoptr(Frame) f = read_with(s, FORMS[i].reader, FORMS[i].text, &error);
		g_assert_no_error(error);
		check_frame(f);
	}
}

static void test_csv(void)
{
	g_autoptr(Served) s = kit_served();
	static const char *const GOOD[] = {
	        "x,n,word,day,flag\n1.5,7,\"a,b\",2024-03-01,true\n,,,,\n",
	        "\xef\xbb\xbfword,x,more,\"n\",day,flag\r\n\"a,b\",1.5,z,7,2024-03-01,1\r\n,nan,,,,",
	};
	for (size_t i = 0; i < G_N_ELEMENTS(GOOD); i++) {
		g_autoptr(GError) error = NULL;
		g_autoptr(Batch) b = batch_new(s, 100);
		batch_read_csv(b, GOOD[i], strlen(GOOD[i]), &error);
		g_assert_no_error(error);
		g_autoptr(Frame) f = batch_take(b, &error);
		check_frame(f);
	}
	static const char *const BAD[] = {"", "x,n\n1,2\n", "x,n,word,day,flag\n1,2\n", "x,n,word,day,flag\n\"1,2\n",
	        "x,n,word,day,flag\n\"1\"2,2,,,\n", "x,n,word,day,flag\nabc,2,,,\n"};
	for (size_t i = 0; i < G_N_ELEMENTS(BAD); i++) {
		g_autoptr(GError) error = NULL;
		g_autoptr(Batch) b = batch_new(s, 100);
		if (batch_read_csv(b, BAD[i], strlen(BAD[i]), &error))
			g_error("%s was taken", BAD[i]);
		g_assert_nonnull(error);
	}
}

static void expect_refused(const Served *s, Reader *reader, const char *text, const char *part)
{
	g_autoptr(GError) error = NULL;
	g_autoptr(Frame) f = read_with(s, reader, text, &error);
	if (f || !error || !strstr(error->message, part))
		g_error("%s: %s", text, error ? error->message : "was taken");
}

static void test_refusals(void)
{
	g_autoptr(Served) s = kit_served();
	expect_refused(s, batch_scan_rows, "[{\"x\": 1}]", "row 1 lacks \"n\", \"word\", \"day\", \"flag\"");
	expect_refused(s, batch_scan_rows, "[{\"x\": 1}]",
	        "half@3 expects x (real), n (int), word (text), day (time), flag (bool)");
	expect_refused(s, batch_scan_rows, "[]", "there are no rows");
	expect_refused(s, batch_scan_rows, "[1]", "a single value");
	expect_refused(s, batch_scan_rows, "[[1]]", "has 1 values, not 5");
	expect_refused(s, batch_scan_rows, "[[\"abc\"]]", "row 1: column \"x\": \"abc\" is not of type real");
	expect_refused(s, batch_scan_rows, "[[1, 2, 3, \"noon\"]]", "\"noon\" is not of type time");
	/* 1e18: nanoseconds; -1e17: before the year 0.  Their texts could not be read back. */
	expect_refused(s, batch_scan_rows, "[[1, 2, 3, 1700000000000000000, 1]]", "is not of type time");
	expect_refused(s, batch_scan_rows, "[[1, 2, 3, -100000000000000000, 1]]", "is not of type time");
	expect_refused(s, batch_scan_rows, "[[1, 2, 3, 4, 2]]", "is not of type bool");
	expect_refused(s, batch_scan_rows, "[[1, 2, {}", "one value is expected");
	expect_refused(s, batch_scan_rows, "{}", "a list [...] is expected");
	expect_refused(s, batch_scan_columns, "{\"x\": [1]}", "the column \"n\" is not given");
	expect_refused(s, batch_scan_columns,
	        "{\"x\": [1, 2], \"n\": [1], \"word\": [1, 1], \"day\": [1, 1], \"flag\": [1, 1]}", "has 1 values");
	expect_refused(s, read_split, "[[1, 2]]", "row 1 has 2 values, not 6");
	g_autoptr(GString) many = g_string_new("[");
	for (int i = 0; i < 101; i++)
		g_string_append(many, i ? ",[1,2,3,4,1]" : "[1,2,3,4,1]");
	g_string_append_c(many, ']');
	expect_refused(s, batch_scan_rows, many->str, "at most 100 rows");
	static const char *const COLUMNS[] = {"{\"x\": [1, 2, 3, 4, 5]", "{\"x\": [1, 2, 3, 4, 5, 6]"};
	for (size_t i = 0; i < G_N_ELEMENTS(COLUMNS); i++) { /* fewer than there is room for at once */
		g_autoptr(Batch) b = batch_new(s, 5);
		g_autoptr(GError) error = NULL;
		Scan scan;
		scan_start(&scan, COLUMNS[i], strlen(COLUMNS[i]));
		g_assert_false(batch_scan_columns(b, &scan, &error));
		scan_clear(&scan);
		g_assert_cmpint(strstr(error->message, "at most 5 rows") != NULL, ==, i == 1);
	}
}

/* A column of whole numbers keeps a fraction, as one read from a file would; texts are made of numbers as elsewhere. */
static void test_casts(void)
{
	g_autoptr(Served) s = kit_served();
	g_autoptr(GError) error = NULL;
	g_autoptr(Frame) f =
	        read_with(s, batch_scan_rows, "[[1,2,3,4,1],[1,null,true,4,0],[1,2.5,0.1,4,\"false\"]]", &error);
	g_assert_no_error(error);
	const Column *n = frame_find(f, "n"), *word = frame_find(f, "word");
	g_assert_cmpint(n->type, ==, COLUMN_REAL);
	g_assert_true(n->reals[0] == 2 && isnan(n->reals[1]) && n->reals[2] == 2.5);
	static const char *const WORDS[] = {"3", "true", "0.1"};
	for (size_t i = 0; i < 3; i++)
		g_assert_cmpstr(dictionary_text(word->dictionary, word->codes[i]), ==, WORDS[i]);
}

static void test_predict(void)
{
	g_autoptr(Served) s = kit_served();
	g_autoptr(Batch) b = batch_new(s, 10);
	const char *text = "[[3,2,\"\",0,0],[1,-4,\"\",0,0]]";
	Scan scan;
	Scores scores;
	scan_start(&scan, text, strlen(text));
	g_assert_true(batch_scan_rows(b, &scan, NULL) && scan_finish(&scan, NULL));
	g_assert_true(serve_predict(b, &scores, NULL));
	g_assert_cmpfloat_with_epsilon(scores_row(&scores, 0)[1], 1 / (1 + exp(-2.)), 1e-15);
	g_assert_cmpfloat_with_epsilon(scores_row(&scores, 1)[1], 1 / (1 + exp(5.)), 1e-15);
	g_assert_cmpstr(scores_label(&scores, 0), ==, "yes");
	g_assert_cmpstr(scores_label(&scores, 1), ==, "no");
	scores_clear(&scores);
	json_auto_t *example = served_example(s);
	g_assert_cmpfloat(json_get_number(example, "x", 0), ==, 3);
	g_assert_cmpstr(json_get_text(example, "word", ""), ==, "abc");
}

/* A model that cannot tell, and too many rows, are refused by whichever is asked. */
static void test_explained(void)
{
	g_autoptr(Served) s = kit_served();
	Explainer *explainer = s->explainer;
	g_autoptr(GError) error = NULL;
	static const size_t ROWS[] = {1, LIMIT_EXPLAINED_REQUEST + 1};
	for (size_t i = 0; i < G_N_ELEMENTS(ROWS); i++) {
		g_autoptr(Batch) b = batch_new(s, ROWS[1]);
		g_auto(Explanations) x = {0};
		Scores scores;
		const Cell one = {.type = CELL_INT, .integer = 1, .number = 1};
		for (size_t k = 0; k < ROWS[i] * s->inputs; k++)
			g_assert_true(batch_add(b, k % s->inputs, &one, NULL));
		g_assert_true(serve_predict(b, &scores, NULL));
		g_assert_cmpint(explanations_allowed(b, NULL), ==, i == 0);
		g_assert_cmpint(explanations_make(b, &scores, &x, NULL), ==, i == 0);
		s->explainer = NULL;
		g_assert_false(explanations_allowed(b, NULL));
		g_assert_false(explanations_make(b, &scores, &x, &error));
		g_assert_error(error, FAIL, FAIL_INVALID);
		g_clear_error(&error);
		s->explainer = explainer;
		scores_clear(&scores);
	}
}

/* A model of 4,000 columns, of which a short request gives one, at length: that is refused before there is room for 100,000 rows of
 * all (6 GB).  As many rows as a request can have are taken. */
static void test_wide(void)
{
	enum { INPUTS = 4000, ROWS = 100000, BYTES = 2 * ROWS };
	const char *names[INPUTS + 1] = {0};
	ColumnType types[INPUTS];
	g_autoptr(GPtrArray) texts = g_ptr_array_new_with_free_func(g_free);
	Served s = {.name = "wide", .version = 1, .inputs = INPUTS, .input_names = names, .input_types = types};
	s.by_name = dictionary_new();
	for (int i = 0; i < INPUTS; i++) {
		char *name = g_strdup_printf("c%d", i);
		g_ptr_array_add(texts, name);
		names[i] = name;
		types[i] = COLUMN_REAL;
		dictionary_code(s.by_name, name, strlen(name));
	}
	g_autoptr(Batch) b = batch_new(&s, ROWS);
	g_autoptr(GError) error = NULL;
	const Cell one = {.type = CELL_INT, .integer = 1, .number = 1};
	batch_bound(b, BYTES);
	size_t count = 0;
	while (count < ROWS && batch_add(b, 7, &one, &error))
		count++;
	g_assert_error(error, FAIL, FAIL_INVALID);
	g_assert_nonnull(strstr(error->message, "\"c7\""));
	g_assert_cmpuint(count, >=, BYTES / INPUTS);
	g_assert_cmpuint(count, <=, 1000);
	dictionary_unref(s.by_name);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/batch/forms", test_forms);
	g_test_add_func("/batch/csv", test_csv);
	g_test_add_func("/batch/refusals", test_refusals);
	g_test_add_func("/batch/casts", test_casts);
	g_test_add_func("/batch/predict", test_predict);
	g_test_add_func("/batch/explained", test_explained);
	g_test_add_func("/batch/wide", test_wide);
	return g_test_run();
}
