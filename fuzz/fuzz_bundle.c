/* fuzz_bundle.c: a bundle's bytes from anywhere, loaded and asked for rows; and each family's own bytes, which behind a
 * bundle's header a fuzzer would rarely reach.
 *
 * The first byte says what the rest is: 0: a bundle; n: a model of the n-th family. */
#include <math.h>
#include <stddef.h>
#include <stdint.h>

#include "base/json.h"
#include "model/bundle.h"
#include "stats/drift.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { ROWS = 3, COLUMNS_MOST = 256, OUTPUTS_MOST = 1000 };

/* Rows with what the recipe asks for. */
static Frame *rows_for(const Bundle *b)
{
	Frame *rows = frame_new(ROWS);
	size_t i;
	json_t *input;
	json_array_foreach (json_at(bundle_header(b), "recipe.inputs"), i, input) {
		ColumnType type;
		const char *name = json_get_text(input, "name", NULL);
		if (!name || !column_type_from_name(json_get_text(input, "type", ""), &type))
			continue;
		Column *c = column_new(name, type, ROWS, NULL);
		for (size_t row = 0; row < ROWS; row++) {
			if (type == COLUMN_TEXT)
				c->codes[row] = dictionary_code(c->dictionary, "abc", row);
			else if (type == COLUMN_REAL)
				c->reals[row] = row == 1 ? NAN : 1e30 * (double)row;
		}
		column_set_missing(c, 2);
		frame_add(rows, c);
	}
	return rows;
}

/* The profile that windows of predictions are held against. */
static void try_profile(const Bundle *b)
{
	const char *name;
	json_t *about;
	json_object_foreach ((json_t *)json_at(bundle_header(b), "reference.inputs"), name, about) {
		Sketch s;
		SketchTally t = {0};
		DriftReport report;
		if (!sketch_load(json_object_get(about, "sketch"), &s))
			continue;
		for (int i = -2; i <= 2; i++)
			sketch_add(&s, &t, i);
		drift_sketch(&s, &t, &report);
	}
}

static void try_bundle(GBytes *bytes)
{
	g_autoptr(Bundle) b = NULL;
	if (!bundle_load_bytes(bytes, "fuzz", &b, NULL))
		return;
	try_profile(b);
	g_autoptr(Frame) rows = rows_for(b);
	g_autofree double *scores = g_new0(double, ROWS *bundle_outputs(b));
	if (!bundle_predict(b, rows, scores, NULL))
		return;
	for (size_t row = 0; bundle_classifies(b) && row < ROWS; row++)
		bundle_class(b, bundle_decide(b, scores + row * bundle_outputs(b)));
}

static void try_model(const ModelFamily *family, GBytes *bytes)
{
	static float values[ROWS * COLUMNS_MOST];
	static double scores[ROWS * OUTPUTS_MOST];
	void *model;
	size_t columns, outputs;
	if (!family->load(bytes, &model, NULL))
		return;
	family->shape(model, &columns, &outputs);
	for (size_t i = 0; i < G_N_ELEMENTS(values); i++)
		values[i] = i % 5 == 0 ? NAN : (float)i;
	Matrix x = {.rows = ROWS, .columns = columns, .values = values};
	if (columns <= COLUMNS_MOST && outputs <= OUTPUTS_MOST)
		family->predict(model, &x, scores, NULL);
	g_autofree double *importance = g_new0(double, columns + 1);
	if (family->importance)
		family->importance(model, importance, NULL);
	family->free(model);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (size < 1)
		return 0;
	g_autofree uint8_t *copy = g_memdup2(data + 1, size - 1); /* of its exact size, so that overreads show */
	g_autoptr(GBytes) bytes = g_bytes_new_static(copy, size - 1);
	size_t count = 0;
	while (FAMILIES[count])
		count++;
	unsigned which = data[0] % (count + 1);
	if (which == 0)
		try_bundle(bytes);
	else
		try_model(FAMILIES[which - 1], bytes);
	return 0;
}
