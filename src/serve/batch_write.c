/* batch_write.c: rows of a batch as JSON again: what the prediction log keeps of them. */
#include <string.h>

#include "serve/batch_inside.h"
#include "serve/json_out.h"

static void write_value(const Gather *g, size_t row, GString *to)
{
	if (g->missing && g->missing[row]) {
		g_string_append(to, "null");
		return;
	}
	switch (g->type) {
	case COLUMN_BOOL:
		g_string_append(to, g->bools[row] ? "true" : "false");
		return;
	case COLUMN_INT:
	case COLUMN_TIME:
		out_int(to, g->ints[row]);
		return;
	case COLUMN_REAL:
		out_number_or_null(to, g->reals[row]);
		return;
	default:
		out_text(to, dictionary_text(g->dictionary, g->codes[row]));
	}
}

void batch_write_row(const Batch *b, size_t row, GString *to)
{
	for (size_t i = 0; i < b->served->inputs; i++) {
		const Gather *g = &b->columns[i];
		if (row >= g->count)
			continue;
		g_string_append_c(to, ',');
		out_text(to, b->served->input_names[i]);
		g_string_append_c(to, ':');
		write_value(g, row, to);
	}
}
