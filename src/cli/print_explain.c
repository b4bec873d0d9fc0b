/* print_explain.c: a row's answer as a waterfall: from the base, column by column, to the margin. */
#include <math.h>
#include <string.h>

#include "base/json.h"
#include "cli/print.h"
#include "cli/table.h"

enum { BAR = 34, NAME_MOST = 34 };

/* How far the sums go on the way, so that all bars have one scale. */
typedef struct Extent {
	double low, high;
} Extent;

static Extent extent_of(const json_t *row)
{
	double at = json_get_number(row, "base", 0);
	Extent e = {at, at};
	const char *name;
	json_t *value;
	json_object_foreach (json_object_get(row, "contributions"), name, value) {
		at += json_number_value(value);
		e.low = MIN(e.low, at);
		e.high = MAX(e.high, at);
	}
	return e;
}

/* From one sum to the next: '>' to the right, '<' to the left. */
static void draw(FILE *out, const Extent *e, double from, double to)
{
	char bar[BAR + 1];
	double width = e->high > e->low ? e->high - e->low : 1;
	int a = (int)lround((from - e->low) / width * (BAR - 1)), b = (int)lround((to - e->low) / width * (BAR - 1));
	memset(bar, ' ', BAR);
	bar[BAR] = '\0';
	for (int i = MIN(a, b); i <= MAX(a, b); i++)
		bar[i] = to >= from ? '>' : '<';
	for (int i = BAR; i > 0 && bar[i - 1] == ' '; i--)
		bar[i - 1] = '\0';
	fprintf(out, "%s", bar);
}

static void line(FILE *out, const char *name, double value, bool is_step)
{
	size_t width = text_width(name);
	fprintf(out, "  %s%*s", name, (int)(width < NAME_MOST ? NAME_MOST - width : 0), "");
	fprintf(out, is_step ? " %+11.4g  " : " %11.4g  ", value);
}

/* "origin = ORD", cut so that the bars stand below each other. */
static char *label(const json_t *row, const char *column)
{
	g_autofree char *value = cell_text(json_object_get(json_object_get(row, "values"), column));
	g_autofree char *all = g_strdup_printf("%s = %s", column, value ? value : "missing");
	if (g_utf8_strlen(all, -1) <= NAME_MOST)
		return g_steal_pointer(&all);
	g_autofree char *cut = g_utf8_substring(all, 0, NAME_MOST - 1);
	return g_strconcat(cut, "…", NULL);
}

static void print_row(FILE *out, const json_t *row, size_t top)
{
	Extent e = extent_of(row);
	double at = json_get_number(row, "base", 0), rest = 0, rest_from;
	size_t shown = 0, others = 0;
	const char *name;
	json_t *value;
	g_autofree char *prediction = cell_text(json_object_get(row, "prediction"));
	fprintf(out, "\nrow %d: %s", (int)json_get_int(row, "row", 0), prediction ? prediction : "-");
	if (json_object_get(row, "class"))
		fprintf(out, " (probability of %s: %.4g)", json_get_text(row, "class", ""),
		        json_get_number(row, "score", NAN));
	fputc('\n', out);
	line(out, "base", at, false);
	fputc('\n', out);
	json_object_foreach (json_object_get(row, "contributions"), name, value) {
		double step = json_number_value(value);
		if (shown++ >= top) {
			others += step != 0;
			rest += step;
			continue;
		}
		g_autofree char *text = label(row, name);
		line(out, text, step, true);
		draw(out, &e, at, at + step);
		fputc('\n', out);
		at += step;
	}
	rest_from = at;
	if (others) {
		g_autofree char *text = g_strdup_printf("%zu other columns", others);
		line(out, text, rest, true);
		draw(out, &e, rest_from, rest_from + rest);
		fputc('\n', out);
	}
	g_autofree char *sum = g_strdup_printf("= %s", json_get_text(row, "scale", "margin"));
	line(out, sum, json_get_number(row, "margin", NAN), false);
	fputc('\n', out);
}

void print_explain(FILE *out, const json_t *result)
{
	size_t i, top = (size_t)json_get_int(result, "top", 8);
	json_t *row;
	fprintf(out, "What moves the answer of the model (%s) on %s.\n", json_get_text(result, "family", ""),
	        json_get_text(result, "target", "its target"));
	json_array_foreach (json_object_get(result, "rows"), i, row)
		print_row(out, row, top);
}
