/* test_effects.c: partial dependence, ICE and ALE of f = 2 x + x n against their definitions. */
#include "eval/effects.h"
#include "eval/interactions.h"
#include "eval/text_order.h"

#include <math.h>
#include <string.h>

#include "base/file.h"
#include "base/json.h"
#include "base/rng.h"

enum { ROWS = 300 };

static GBytes *linear_of(const double *numbers, size_t count)
{
	GByteArray *to = g_byte_array_new();
	const uint32_t shape[] = {(uint32_t)((count - 3) / 4), 1, 0};
	g_byte_array_append(to, (const guint8 *)"GYLINE1\n", 8);
	g_byte_array_append(to, (const guint8 *)shape, sizeof shape);
	g_byte_array_append(to, (const guint8 *)numbers, (guint)(count * sizeof *numbers));
	return g_byte_array_free_to_bytes(to);
}

static Bundle *bundle_from(json_t *header, GBytes *model)
{
	json_auto_t *owned = header;
	g_autofree char *folder = g_dir_make_tmp("gyre-effects-XXXXXX", NULL);
	g_autofree char *path = g_build_filename(folder, "bundle", NULL);
	g_autoptr(GError) error = NULL;
	Bundle *b = NULL;
	g_assert_nonnull(header);
	bundle_write(path, owned, model, &error);
	g_assert_no_error(error);
	bundle_load(path, &b, &error);
	g_assert_no_error(error);
	g_assert_true(file_remove(folder, NULL));
	return b;
}

static Bundle *bundle_of(void)
{
	/* shift, scale, intercept; centre, slope, missing, weight of x, n and x n */
	static const double NUMBERS[] = {0, 1, 0, 0, 0, 0, 2, 0, 1, 0, 0, 0, 0.5, 0, 0.5};
	g_autoptr(GBytes) model = linear_of(NUMBERS, G_N_ELEMENTS(NUMBERS));
	return bundle_from(json_pack("{s:s,s:{s:s,s:s},s:s,s:{},s:{s:[{s:s,s:s},{s:s,s:s}],s:[{s:s,s:{s:[s,s],s:s}}],"
	                             "s:[s,s,s]}}",
	                           "project", "p", "roles", "task", "regression", "target", "t", "family", "linear",
	                           "params", "recipe", "inputs", "name", "x", "type", "real", "name", "n", "type",
	                           "int", "transforms", "transform", "arithmetic", "params", "columns", "x", "n",
	                           "operation", "product", "features", "x", "n", "x_times_n"),
	        model);
}

/* n goes with x, as columns do. */
static Frame *rows_of(void)
{
	Frame *f = frame_new(ROWS);
	Column *x = column_new("x", COLUMN_REAL, ROWS, NULL), *n = column_new("n", COLUMN_INT, ROWS, NULL);
	Rng rng = rng_stream(1, "effects");
	for (size_t i = 0; i < ROWS; i++) {
		x->reals[i] = rng_normal(&rng);
		n->ints[i] = (int64_t)floor(3 * x->reals[i] + rng_normal(&rng));
	}
	column_set_missing(x, 7);
	frame_add(f, x);
	frame_add(f, n);
	return f;
}

static double number_at(const json_t *list, size_t i)
{
	return json_number_value(json_array_get(list, i));
}

static void check_dependence(const json_t *effect, const Column *n)
{
	const json_t *at = json_object_get(effect, "at"), *pdp = json_object_get(effect, "pdp"),
	             *ice = json_object_get(effect, "ice");
	for (size_t v = 0; v < json_array_size(at); v++) {
		double z = number_at(at, v), sum = 0;
		for (size_t i = 0; i < ROWS; i++)
			sum += 2 * z + z * (double)n->ints[i];
		g_assert_cmpfloat_with_epsilon(number_at(pdp, v), sum / ROWS, 1e-5);
		for (size_t i = 0; i < EFFECT_LINES; i++)
			g_assert_cmpfloat_with_epsilon(
			        number_at(json_array_get(ice, i), v), 2 * z + z * (double)n->ints[i], 1e-5);
	}
}

/* Apley and Zhu's estimator, written straight from their equations (15) and (16), centred as their package does. */
static void check_accumulated(const json_t *effect, const Column *x, const Column *n)
{
	const json_t *at = json_object_get(effect, "at"), *ale = json_object_get(effect, "ale");
	size_t values = json_array_size(at);
	double up = 0, wanted[EFFECT_VALUES] = {0}, mean = 0, total = 0;
	for (size_t k = 1; k < values; k++) {
		double low = number_at(at, k - 1), high = number_at(at, k), sum = 0, count = 0;
		for (size_t i = 0; i < ROWS; i++) {
			double v = x->reals[i];
			bool in = !column_is_missing(x, i) && v <= high && (v > low || (k == 1 && v >= low));
			sum += in ? (high - low) * (2 + (double)n->ints[i]) : 0;
			count += in;
		}
		mean += count * (up + up + sum / count) / 2;
		up += sum / count;
		wanted[k] = up;
		total += count;
	}
	g_assert_cmpfloat(total, ==, ROWS - 1);
	for (size_t k = 0; k < values; k++)
		g_assert_cmpfloat_with_epsilon(number_at(ale, k), wanted[k] - mean / total, 1e-4);
}

static void test_definitions(void)
{
	g_autoptr(Bundle) b = bundle_of();
	g_autoptr(Frame) rows = rows_of();
	g_autoptr(GError) error = NULL;
	json_auto_t *importance = json_pack("[{s:s,s:f},{s:s,s:f},{s:s,s:f}]", "column", "x", "mean", 1.0, "column",
	        "gone", "mean", 0.5, "column", "n", "mean", -0.1);
	json_auto_t *effects = NULL;
	effects_of(b, rows, importance, &effects, &error);
	g_assert_no_error(error);
	const json_t *list = json_object_get(effects, "columns"), *effect = json_array_get(list, 0);
	g_assert_true(json_is_null(json_object_get(effects, "of")));
	g_assert_cmpuint(json_array_size(list), ==, 1); /* one is not there, shuffling the other costs nothing */
	g_assert_cmpuint(json_array_size(json_object_get(effect, "at")), ==, EFFECT_VALUES);
	check_dependence(effect, frame_find(rows, "n"));
	check_accumulated(effect, frame_find(rows, "x"), frame_find(rows, "n"));
}

/* Of f = 2 x + x n: F_x(z) = z (2 + mean n), F_n(m) = 2 mean x + m mean x, F_xn = f itself. */
static void test_interaction(void)
{
	g_autoptr(Bundle) b = bundle_of();
	g_autoptr(Frame) all_rows = rows_of();
	g_autoptr(GError) error = NULL;
	json_auto_t *importance =
	        json_pack("[{s:s,s:f},{s:s,s:f}]", "column", "x", "mean", 1.0, "column", "n", "mean", 0.5);
	uint8_t keep[ROWS];
	for (size_t i = 0; i < ROWS; i++)
		keep[i] = !column_is_missing(frame_find(all_rows, "x"), i);
	g_autoptr(Frame) rows = frame_filter(all_rows, keep);
	json_auto_t *found = NULL;
	const size_t count = INTERACTION_ROWS;
	interactions_of(b, rows, importance, 0, &found, &error);
	g_assert_no_error(error);
	double mean_x = 0, mean_n = 0, joint = 0, all = 0, mean_f = 0;
	const Column *x = frame_find(rows, "x"), *n = frame_find(rows, "n");
	for (size_t i = 0; i < count; i++) {
		mean_x += x->reals[i] / (double)count;
		mean_n += (double)n->ints[i] / (double)count;
		mean_f += x->reals[i] * (2 + (double)n->ints[i]) / (double)count;
	}
	for (size_t i = 0; i < count; i++) {
		double both = x->reals[i] * (2 + (double)n->ints[i]) - mean_f;
		double alone = (x->reals[i] - mean_x) * (2 + mean_n) + ((double)n->ints[i] - mean_n) * mean_x;
		joint += (both - alone) * (both - alone);
		all += both * both;
	}
	const json_t *pair = json_array_get(json_object_get(found, "pairs"), 0);
	g_assert_cmpuint(json_array_size(json_object_get(found, "pairs")), ==, 1);
	g_assert_cmpfloat_with_epsilon(json_get_number(pair, "h", 0), sqrt(joint / all), 1e-5);
	g_assert_cmpfloat_with_epsilon(json_get_number(pair, "strength", 0), sqrt(joint / (double)count), 1e-5);
}

static void test_nothing(void)
{
	g_autoptr(Bundle) b = bundle_of();
	g_autoptr(Frame) rows = frame_new(0);
	json_auto_t *importance = json_array();
	json_auto_t *effects = NULL;
	g_assert_true(effects_of(b, rows, importance, &effects, NULL));
	g_assert_true(json_is_null(effects));
}

static Frame *towns(void)
{
	static const char *const TOWNS[] = {"A", "B", "C"};
	static const double MIDDLE[] = {0, 2, 1}; /* C lies between A and B */
	Frame *f = frame_new(ROWS);
	Column *town = column_new("town", COLUMN_TEXT, ROWS, NULL), *x = column_new("x", COLUMN_REAL, ROWS, NULL);
	Rng rng = rng_stream(3, "towns");
	for (size_t i = 0; i < ROWS; i++) {
		size_t which = i % 6 < 3 ? 0 : i % 6 < 5 ? 1 : 2;
		town->codes[i] = dictionary_code(town->dictionary, TOWNS[which], 1);
		x->reals[i] = MIDDLE[which] + 0.5 * rng_normal(&rng);
	}
	frame_add(f, town);
	frame_add(f, x);
	return f;
}

/* f = x + 1 in A, 4 in B, 2 in C: where nothing works together, the accumulated effect is just that, less its mean over the rows; and
 * neighbours are those that are alike. */
static void test_texts(void)
{
	static const double NUMBERS[] = {0, 1, 0, 0, 0, 0, 0, 1, 1, 4, 2, 0, 0, 0, 0, 0.25, 0.25, 0.25, 0.25};
	g_autoptr(GBytes) model = linear_of(NUMBERS, G_N_ELEMENTS(NUMBERS));
	g_autoptr(Bundle) b = bundle_from(
	        json_pack("{s:s,s:{s:s,s:s},s:s,s:{},s:{s:[{s:s,s:s},{s:s,s:s}],s:[{s:s,s:{s:[s]},s:{s:[s,s,s],s:b,s:b}"
	                  "}],s:[s,s,s,s]}}",
	                "project", "p", "roles", "task", "regression", "target", "t", "family", "linear", "params",
	                "recipe", "inputs", "name", "town", "type", "text", "name", "x", "type", "real", "transforms",
	                "transform", "one_hot", "params", "columns", "town", "state", "categories", "A", "B", "C",
	                "other", 0, "missing", 0, "features", "x", "town=A", "town=B", "town=C"),
	        model);
	g_autoptr(Frame) rows = towns();
	g_autoptr(GError) error = NULL;
	json_auto_t *importance = json_pack("[{s:s,s:f}]", "column", "town", "mean", 1.0), *effects = NULL;
	effects_of(b, rows, importance, &effects, &error);
	g_assert_no_error(error);
	const json_t *effect = json_array_get(json_object_get(effects, "columns"), 0),
	             *ale = json_object_get(effect, "ale");
	const double wanted[] = {1, 4, 2}, mean = (3 * 1 + 2 * 4 + 1 * 2) / 6.0;
	g_assert_cmpuint(json_array_size(ale), ==, 3);
	for (size_t k = 0; k < 3; k++)
		g_assert_cmpfloat_with_epsilon(number_at(ale, k), wanted[k] - mean, 1e-5);
	uint32_t level[ROWS], order[3];
	static const char *const BESIDES[] = {"town", NULL};
	for (size_t i = 0; i < ROWS; i++)
		level[i] = frame_find(rows, "town")->codes[i];
	text_order(rows, level, 3, BESIDES, order);
	g_assert_true(order[0] == 0 && order[1] == 2 && order[2] == 1);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/effects/definitions", test_definitions);
	g_test_add_func("/effects/interaction", test_interaction);
	g_test_add_func("/effects/nothing", test_nothing);
	g_test_add_func("/effects/texts", test_texts);
	return g_test_run();
}
