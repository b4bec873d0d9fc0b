/* test_bundle.c: bundles there and back, and bytes that are none, or are damaged anywhere. */
#include "model/bundle.h"

#include <math.h>
#include <string.h>

#include "base/error.h"
#include "base/file.h"
#include "base/json.h"
#include "base/rng.h"

/* Two columns as they are, and a linear model: margin = 1 + 2 (x - 3) + 0.5 y, or 4 where y is missing (-1 without). */
static GBytes *linear_model(void)
{
	GByteArray *to = g_byte_array_new();
	static const uint32_t SHAPE[] = {2, 1, 1};
	static const double NUMBERS[] = {0, 1, 1, 3, 0, 2, 0.5, 0, 4, 0.75, 0.25};
	g_byte_array_append(to, (const guint8 *)"GYLINE1\n", 8);
	g_byte_array_append(to, (const guint8 *)SHAPE, sizeof SHAPE);
	g_byte_array_append(to, (const guint8 *)NUMBERS, sizeof NUMBERS);
	return g_byte_array_free_to_bytes(to);
}

static json_t *header_of(const char *changes)
{
	json_t *header =
	        json_loads("{\"project\": \"p\", \"roles\": {\"task\": \"classification\", \"target\": \"t\", "
	                   "\"classes\": [\"no\", \"yes\"]},"
	                   "\"positive\": \"yes\", \"family\": \"linear\", \"threshold\": 0.25, \"params\": {},"
	                   "\"recipe\": {\"inputs\": [{\"name\": \"x\", \"type\": \"real\"}, {\"name\": \"y\", "
	                   "\"type\": \"int\"}],"
	                   "\"transforms\": [], \"features\": [\"x\", \"y\"]}}",
	                0, NULL);
	json_auto_t *changed = json_loads(changes, 0, NULL);
	g_assert_true(header && changed);
	json_object_update_recursive(header, changed);
	return header;
}

static GBytes *bundle_bytes(const char *changes)
{
	g_autofree char *folder = g_dir_make_tmp("gyre-bundle-XXXXXX", NULL);
	g_autofree char *path = g_build_filename(folder, "bundle", NULL);
	g_autoptr(GBytes) model = linear_model();
	g_autoptr(GError) error = NULL;
	json_auto_t *header = header_of(changes);
	char *bytes;
	gsize size;
	bundle_write(path, header, model, &error);
	g_assert_no_error(error);
	g_assert_true(g_file_get_contents(path, &bytes, &size, NULL));
	g_assert_true(file_remove(folder, NULL));
	return g_bytes_new_take(bytes, size);
}

static Frame *rows_of(void)
{
	Frame *f = frame_new(3);
	Column *x = column_new("x", COLUMN_REAL, 3, NULL), *y = column_new("y", COLUMN_INT, 3, NULL);
	const double xs[] = {3, 2, 1};
	const int64_t ys[] = {2, 0, -4};
	memcpy(x->reals, xs, sizeof xs);
	memcpy(y->ints, ys, sizeof ys);
	column_set_missing(y, 1);
	frame_add(f, y);
	frame_add(f, x);
	return f;
}

static void test_round(void)
{
	g_autoptr(GBytes) bytes = bundle_bytes("{}");
	g_autoptr(GBytes) again = bundle_bytes("{}");
	g_autoptr(Bundle) b = NULL;
	g_autoptr(GError) error = NULL;
	g_autoptr(Frame) rows = rows_of();
	double p[6], importance[2];
	g_assert_true(g_bytes_equal(bytes, again));
	bundle_load_bytes(bytes, "test", &b, &error);
	g_assert_no_error(error);
	g_assert_true(bundle_classifies(b));
	g_assert_cmpuint(bundle_outputs(b), ==, 2);
	g_assert_cmpint(bundle_positive(b), ==, 1);
	g_assert_cmpstr(bundle_class(b, 0), ==, "no");
	g_assert_null(json_object_get(bundle_header(b), "parts"));
	g_assert_cmpstr(json_get_text(bundle_header(b), "project", ""), ==, "p");
	bundle_predict(b, rows, p, &error);
	g_assert_no_error(error);
	const double margins[] = {2, 3, -5};
	for (unsigned i = 0; i < 3; i++)
		g_assert_cmpfloat_with_epsilon(p[2 * i + 1], 1 / (1 + exp(-margins[i])), 1e-15);
	g_assert_cmpuint(bundle_decide(b, (double[]){0.75, 0.25}), ==, 1); /* at the threshold: positive */
	g_assert_cmpuint(bundle_decide(b, (double[]){0.76, 0.24}), ==, 0);
	g_assert_true(bundle_importance(b, importance, NULL));
	g_assert_cmpfloat(importance[0], ==, 0.75);
	g_autoptr(GBytes) model = linear_model();
	gsize size, model_size;
	const char *data = g_bytes_get_data(bytes, &size);
	const char *part = g_bytes_get_data(model, &model_size);
	g_assert_cmpuint((size - model_size) % 64, ==, 0);
	g_assert_cmpmem(data + size - model_size, model_size, part, model_size);
}

static void test_positive_first(void)
{
	g_autoptr(GBytes) bytes = bundle_bytes("{\"positive\": \"no\", \"threshold\": null}");
	g_autoptr(Bundle) b = NULL;
	g_assert_true(bundle_load_bytes(bytes, "test", &b, NULL));
	g_assert_cmpint(bundle_positive(b), ==, 0);
	g_assert_cmpuint(bundle_decide(b, (double[]){0.5, 0.5}), ==, 0);
	g_assert_cmpuint(bundle_decide(b, (double[]){0.4, 0.6}), ==, 1);
}

static void expect_broken(GBytes *bytes, const char *what)
{
	g_autoptr(GError) error = NULL;
	Bundle *b = NULL;
	if (bundle_load_bytes(bytes, "test.bundle", &b, &error))
		g_error("%s: loaded", what);
	g_assert_nonnull(strstr(error->message, "test.bundle"));
}

static void test_headers(void)
{
	static const char *const WRONG[] = {"{\"roles\": null}", "{\"roles\": {\"classes\": [\"no\"]}}",
	        "{\"roles\": {\"classes\": [\"no\", 1]}}", "{\"roles\": {\"classes\": [\"a\", \"b\", \"c\"]}}",
	        "{\"roles\": {\"task\": \"regression\"}}", "{\"positive\": \"maybe\"}", "{\"family\": \"magic\"}",
	        "{\"family\": \"boosted\"}", "{\"recipe\": {\"features\": [\"x\"]}}",
	        "{\"recipe\": {\"features\": null}}", "{\"recipe\": null}"};
	for (size_t i = 0; i < G_N_ELEMENTS(WRONG); i++) {
		g_autoptr(GBytes) bytes = bundle_bytes(WRONG[i]);
		expect_broken(bytes, WRONG[i]);
	}
}

static void test_cut(void)
{
	g_autoptr(GBytes) bytes = bundle_bytes("{}");
	for (size_t size = 0; size < g_bytes_get_size(bytes); size++) {
		g_autoptr(GBytes) cut = g_bytes_new_from_bytes(bytes, 0, size);
		expect_broken(cut, "cut short");
	}
}

/* A changed byte is refused or gives another model that can be used; never more. */
static void test_changed(void)
{
	g_autoptr(GBytes) bytes = bundle_bytes("{}");
	gsize size;
	const uint8_t *data = g_bytes_get_data(bytes, &size);
	Rng rng = rng_stream(1, "changes");
	for (size_t turn = 0; turn < 4000; turn++) {
		g_autofree uint8_t *changed = g_memdup2(data, size);
		changed[rng_below(&rng, size)] = (uint8_t)rng_bits(&rng);
		g_autoptr(GBytes) other = g_bytes_new_static(changed, size);
		g_autoptr(Bundle) b = NULL;
		if (!bundle_load_bytes(other, "test", &b, NULL))
			continue;
		g_autoptr(Frame) rows = rows_of();
		g_autofree double *p = g_new0(double, 3 * bundle_outputs(b));
		if (bundle_predict(b, rows, p, NULL))
			bundle_decide(b, p);
	}
}

/* A sample of rows beside the model: there as it was, and a place outside the file is damage. */
static void test_sample(void)
{
	g_autofree char *folder = g_dir_make_tmp("gyre-bundle-XXXXXX", NULL);
	g_autofree char *path = g_build_filename(folder, "bundle", NULL), *text = NULL;
	g_autoptr(GBytes) model = linear_model(), sample = g_bytes_new_static("PAR1 rows PAR1", 14);
	g_autoptr(GError) error = NULL;
	g_autoptr(Bundle) b = NULL, none = NULL, cut = NULL;
	json_auto_t *header = header_of("{}");
	gsize size;
	bundle_write_with(path, header, model, sample, &error);
	g_assert_no_error(error);
	g_assert_true(bundle_load(path, &b, &error));
	g_assert_true(g_bytes_equal(bundle_sample(b), sample));
	g_assert_true(g_file_get_contents(path, &text, &size, NULL));
	g_autoptr(GBytes) short_of_one = g_bytes_new(text, size - 1);
	g_assert_false(bundle_load_bytes(short_of_one, "cut", &cut, &error));
	g_assert_error(error, FAIL, FAIL_BROKEN);
	g_assert_true(bundle_write(path, header, model, NULL) && bundle_load(path, &none, NULL));
	g_assert_null(bundle_sample(none));
	g_assert_true(file_remove(folder, NULL));
}

static void test_files(void)
{
	g_autoptr(GError) error = NULL;
	Bundle *b = NULL;
	g_assert_false(bundle_load("/nowhere/at/all", &b, &error));
	g_assert_error(error, FAIL, FAIL_NOT_FOUND);
	g_clear_error(&error);
	g_assert_false(bundle_load("/dev/null", &b, &error));
	g_assert_nonnull(error);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/bundle/round", test_round);
	g_test_add_func("/bundle/positive first", test_positive_first);
	g_test_add_func("/bundle/headers", test_headers);
	g_test_add_func("/bundle/cut", test_cut);
	g_test_add_func("/bundle/changed", test_changed);
	g_test_add_func("/bundle/files", test_files);
	g_test_add_func("/bundle/sample", test_sample);
	return g_test_run();
}
