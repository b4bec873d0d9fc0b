/* test_explain.c: a bundle's answers told by the columns of the data. */
#include "model/explain.h"

#include <math.h>
#include <string.h>

#include "base/file.h"
#include "base/json.h"

/* margin = 1 + 2 (x - 3) + 0.5 n, or -1 where n is missing; features x, n and x * n (slope 0.25), so that one has two columns. */
static GBytes *linear_model(void)
{
	GByteArray *to = g_byte_array_new();
	static const uint32_t SHAPE[] = {3, 1, 1};
	static const double NUMBERS[] = {0, 1, 1, 3, 0, 0, 2, 0.5, 0.25, 0, -1, 0, 0.5, 0.25, 0.25};
	g_byte_array_append(to, (const guint8 *)"GYLINE1\n", 8);
	g_byte_array_append(to, (const guint8 *)SHAPE, sizeof SHAPE);
	g_byte_array_append(to, (const guint8 *)NUMBERS, sizeof NUMBERS);
	return g_byte_array_free_to_bytes(to);
}

static Bundle *bundle_of(const char *positive, bool calibrated)
{
	g_autofree char *folder = g_dir_make_tmp("gyre-explain-XXXXXX", NULL);
	g_autofree char *path = g_build_filename(folder, "bundle", NULL);
	g_autoptr(GBytes) model = linear_model();
	g_autoptr(GError) error = NULL;
	Bundle *b = NULL;
	json_auto_t *header = json_pack(
	        "{s:s,s:{s:s,s:s,s:[s,s]},s:s,s:s,s:f,s:{},s:{s:[{s:s,s:s},{s:s,s:s}],s:[{s:s,s:{s:"
	        "[s,s],s:s}}],s:[s,s,s]}}",
	        "project", "p", "roles", "task", "classification", "target", "t", "classes", "no", "yes", "positive",
	        positive, "family", "linear", "threshold", 0.5, "params", "recipe", "inputs", "name", "x", "type",
	        "real", "name", "n", "type", "int", "transforms", "transform", "arithmetic", "params", "columns", "x",
	        "n", "operation", "product", "features", "x", "n", "x_times_n");
	g_assert_nonnull(header);
	if (calibrated)
		json_object_set_new(
		        header, "calibration", json_pack("{s:s,s:[[f,f]]}", "method", "platt", "curves", 0.7, 0.3));
	bundle_write(path, header, model, &error);
	g_assert_no_error(error);
	bundle_load(path, &b, &error);
	g_assert_no_error(error);
	g_assert_true(file_remove(folder, NULL));
	return b;
}

static Frame *rows_of(void)
{
	Frame *f = frame_new(2);
	Column *x = column_new("x", COLUMN_REAL, 2, NULL), *n = column_new("n", COLUMN_INT, 2, NULL);
	x->reals[0] = 4;
	x->reals[1] = 2;
	n->ints[0] = 6;
	column_set_missing(n, 1);
	frame_add(f, x);
	frame_add(f, n);
	return f;
}

static void check(const char *positive, double sign, bool calibrated)
{
	g_autoptr(Bundle) b = bundle_of(positive, calibrated);
	g_autoptr(Explainer) e = NULL;
	g_autoptr(Contributions) c = NULL;
	g_autoptr(Contributions) shares = NULL;
	g_autoptr(Frame) rows = rows_of();
	g_autoptr(Frame) again = rows_of();
	g_autoptr(Frame) scored = rows_of();
	g_autoptr(GError) error = NULL;
	double scores[4];
	explainer_new(b, &e, &error);
	g_assert_no_error(error);
	g_assert_cmpstr(explainer_columns(e)[0], ==, "x");
	g_assert_cmpstr(explainer_columns(e)[1], ==, "n");
	explainer_contributions(e, rows, false, &c, &error);
	g_assert_no_error(error);
	/* 2 (4 - 3) and half of 0.25 * 24; 0.5 * 6 and the other half */
	g_assert_cmpfloat_with_epsilon(contributions_at(c, 0, 0)[0], sign * 5, 1e-12);
	g_assert_cmpfloat_with_epsilon(contributions_at(c, 0, 0)[1], sign * 6, 1e-12);
	g_assert_cmpfloat_with_epsilon(contributions_at(c, 0, 0)[2], sign * 1, 1e-12);
	g_assert_cmpfloat_with_epsilon(contributions_at(c, 1, 0)[0], sign * -2, 1e-12);
	g_assert_cmpfloat_with_epsilon(contributions_at(c, 1, 0)[1], sign * -1, 1e-12);
	g_assert_true(bundle_predict(b, scored, scores, NULL));
	explainer_contributions(e, again, true, &shares, &error);
	g_assert_no_error(error);
	for (unsigned i = 0; i < 2; i++) {
		double sum = 0;
		for (unsigned k = 0; k < 3; k++)
			sum += contributions_at(shares, i, 0)[k];
		g_assert_cmpfloat_with_epsilon(sum, scores[2 * i + (sign > 0)], 1e-12);
	}
	json_auto_t *row = explainer_row(e, c, 0, scores, -1);
	g_assert_cmpstr(json_get_text(row, "prediction", ""), ==, "yes");
	g_assert_cmpstr(json_get_text(row, "class", ""), ==, positive);
	g_assert_cmpstr(json_get_text(row, "scale", ""), ==, "log odds");
	g_assert_cmpfloat_with_epsilon(json_get_number(row, "margin", 0), sign * 12, 1e-12);
	void *first = json_object_iter(json_object_get(row, "contributions"));
	g_assert_cmpstr(json_object_iter_key(first), ==, "n"); /* the largest */
}

static void test_positive_second(void)
{
	check("yes", 1, false);
	check("yes", 1, true);
}

static void test_positive_first(void)
{
	check("no", -1, false);
	check("no", -1, true);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/explain/positive second", test_positive_second);
	g_test_add_func("/explain/positive first", test_positive_first);
	return g_test_run();
}
