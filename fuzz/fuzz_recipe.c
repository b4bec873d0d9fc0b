/* fuzz_recipe.c: any JSON as the features block of gyre.yaml, and as a recipe from a bundle.  What loads is applied to rows of
 * every column type without touching memory that is not its own, and compiled it makes the same of each row. */
#include <stdint.h>
#include <string.h>

#include "../tests/feature/row_same.h"
#include "base/json.h"
#include "feature/recipe.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { ROWS = 2, MOST_FEATURES = 10000 };

static void ignore(void *context, const char *path, const char *problem)
{
	g_assert_true(path && problem && *problem);
	(void)context;
}

static Frame *some_rows(void)
{
	Frame *rows = frame_new(ROWS);
	for (int type = 0; type < COLUMN_TYPES; type++) {
		Column *c = column_new(column_type_name(type), type, ROWS, NULL);
		if (type == COLUMN_TEXT)
			c->codes[0] = dictionary_code(c->dictionary, "a", 1);
		column_set_missing(c, 1);
		frame_add(rows, c);
	}
	return rows;
}

static void apply(const Recipe *r, bool training)
{
	g_autoptr(Frame) rows = some_rows();
	if (!frame_conform(rows, recipe_inputs(r), NULL, true, NULL))
		return;
	if (!training)
		same_by_row(r, rows);
	g_autofree float *into = g_new0(float, ROWS *recipe_features(r) + 1);
	if (training)
		frame_add(rows, column_new("_gyre_row", COLUMN_INT, ROWS, NULL));
	if (training)
		recipe_apply_training(r, rows, into, NULL);
	else
		recipe_apply(r, rows, into, NULL);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	json_auto_t *value = NULL;
	if (!json_parse("input", (const char *)data, size, &value, NULL))
		return 0;
	recipe_validate(value, NULL, NULL, "features", ignore, NULL);
	g_autoptr(Recipe) r = NULL;
	if (!recipe_load(value, &r, NULL) || recipe_features(r) > MOST_FEATURES)
		return 0;
	apply(r, false);
	apply(r, true);
	return 0;
}
