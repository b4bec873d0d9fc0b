/* row_same.h: a recipe compiled for single rows makes of a table, to the bit, the features that recipe_apply makes of it. */
#pragma once

#include "feature/row_program.h"
#include "rows.h"

/* The rows' values, a row after the other, of the recipe's inputs; texts live as long as the table. */
static inline RowValue *row_values_of(const Frame *rows, const Recipe *r)
{
	const json_t *inputs = json_object_get(recipe_inputs(r), "columns");
	size_t width = json_array_size(inputs), k;
	RowValue *ret = g_new0(RowValue, rows->rows * width + 1);
	json_t *input;
	json_array_foreach ((json_t *)inputs, k, input) {
		const Column *c = frame_find(rows, json_get_text(input, "name", ""));
		for (size_t i = 0; i < rows->rows; i++) {
			RowValue *v = &ret[i * width + k];
			v->type = (uint8_t)c->type;
			v->is_missing = column_is_missing(c, i);
			if (c->type == COLUMN_BOOL)
				v->truth = c->bools[i];
			else if (c->type != COLUMN_TEXT)
				v->integer = c->ints[i]; /* or the bits of a real */
			else if (!v->is_missing)
				v->text = dictionary_text(c->dictionary, c->codes[i]);
			if (v->type == COLUMN_TEXT && v->text)
				v->length = (uint32_t)strlen(v->text);
		}
	}
	return ret;
}

/* False: the recipe cannot be compiled. */
static inline bool same_by_row(const Recipe *r, const Frame *rows)
{
	RowProgram *p = row_program_new(r);
	if (!p)
		return false;
	g_autoptr(GError) error = NULL;
	g_autoptr(Frame) copy = frame_copy(rows);
	size_t count = rows->rows * recipe_features(r);
	g_autofree float *by_table = g_new0(float, count + 1);
	g_autofree float *by_row = g_new0(float, count + 1);
	g_autofree RowValue *values = row_values_of(rows, r);
	RowScratch scratch = {0};
	recipe_apply(r, copy, by_table, &error);
	g_assert_no_error(error);
	row_program_run(p, values, rows->rows, &scratch, by_row);
	g_assert_cmpmem(by_row, count * sizeof *by_row, by_table, count * sizeof *by_table);
	row_scratch_clear(&scratch);
	row_program_free(p);
	return true;
}
