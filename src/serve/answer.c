/* answer.c: predictions as JSON. */
#include "serve/answer.h"

#include "serve/json_out.h"

static void write_row(const Scores *s, size_t row, GString *to)
{
	const char *label = scores_label(s, row);
	g_string_append(to, "{\"prediction\":");
	if (!label) {
		out_number_or_null(to, scores_row(s, row)[0]);
		return;
	}
	out_text(to, label);
	for (size_t k = 0; k < s->served->outputs; k++) {
		g_string_append(to, k ? "," : ",\"probabilities\":{");
		out_text(to, bundle_class(s->served->bundle, k));
		g_string_append_c(to, ':');
		out_number_or_null(to, scores_row(s, row)[k]);
	}
	g_string_append_c(to, '}');
}

void answer_write(const Scores *s, const Explanations *explained, GString *to)
{
	g_string_append_c(to, '[');
	for (size_t i = 0; i < s->rows; i++) {
		if (i)
			g_string_append_c(to, ',');
		write_row(s, i, to);
		if (explained && explained->all) {
			g_string_append(to, ",\"explanation\":");
			explanation_write(explained, i, to);
		}
		g_string_append_c(to, '}');
	}
	g_string_append_c(to, ']');
}
