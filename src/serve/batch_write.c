/* batch_write.c: rows of a batch as JSON again: what the prediction log keeps of them. */
#include <string.h>

#include "serve/batch_inside.h"
#include "serve/json_out.h"

static void write_value(const RowValue *v, GString *to)
{
	if (v->is_missing) {
		g_string_append(to, "null");
		return;
	}
	switch ((ColumnType)v->type) {
	case COLUMN_BOOL:
		g_string_append(to, v->truth ? "true" : "false");
		return;
	case COLUMN_INT:
	case COLUMN_TIME:
		out_int(to, v->integer);
		return;
	case COLUMN_REAL:
		out_number_or_null(to, v->real);
		return;
	default:
		out_text_n(to, v->text, v->length);
	}
}

bool batch_name_is_taken(const char *name)
{
	static const char *const TAKEN[] = {"_gyre_", "probability_", "input."};
	for (size_t i = 0; i < G_N_ELEMENTS(TAKEN); i++)
		if (g_ascii_strncasecmp(name, TAKEN[i], strlen(TAKEN[i])) == 0)
			return true;
	return g_ascii_strcasecmp(name, "prediction") == 0;
}

char *batch_row_json(const Batch *b, size_t row)
{
	GString *to = g_string_new("{");
	for (size_t i = 0; i < b->served->inputs; i++) {
		g_string_append(to, i ? "," : "");
		out_text(to, b->served->input_names[i]);
		g_string_append_c(to, ':');
		write_value(batch_cell(b, row, i), to);
	}
	g_string_append_c(to, '}');
	return g_string_free(to, FALSE);
}

void batch_write_row(const Batch *b, size_t row, GString *to)
{
	for (size_t i = 0; i < b->served->inputs; i++) {
		if (row >= b->columns[i].count)
			continue;
		out_part(to, b->served->input_keys[i].text, b->served->input_keys[i].length);
		write_value(batch_cell(b, row, i), to);
	}
}
