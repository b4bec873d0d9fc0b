/* profile_text.c: a profile for people at a terminal: a line per column with its distribution drawn in blocks, then what
 * stands out.
 *
 *   column     type  missing  distinct  distribution          values                                      with late
 *   distance   int                1109  ▂▅▇▇▃▃▃▂▂▃▂▁▁▁▁▁▁     309 | 569 | 980 of 21 .. 4962               auc 0.521 */
#include "data/profile.h"

#include <math.h>
#include <string.h>

#include "base/json.h"

enum { PICTURE = 20, NAME_LEAST = 12, NAME_MOST = 28, VALUES_LEAST = 12, SHOWN_VALUES = 4 };

static const char *const BLOCKS[] = {" ", "▁", "▂", "▃", "▅", "▇"};

/* --- pieces ------------------------------------------------------------------------------------------------------ */

static int columns_of(gunichar c)
{
	return g_unichar_iszerowidth(c) ? 0 : g_unichar_iswide(c) ? 2 : 1;
}

/* Appends text on exactly `width` columns of the terminal, cut with an ellipsis or filled with spaces; line breaks and other
 * control characters, which data may well hold, become a middle dot. */
static void append_fitted(GString *out, const char *text, int width, bool to_right)
{
	int total = 0, used = 0;
	for (const char *at = text; *at; at = g_utf8_next_char(at))
		total += columns_of(g_utf8_get_char(at));
	if (to_right && total < width)
		g_string_append_printf(out, "%*s", width - total, "");
	for (const char *at = text; *at; at = g_utf8_next_char(at)) {
		gunichar c = g_utf8_get_char(at);
		bool last_fits = total <= width || used + columns_of(c) <= width - 1;
		if (!last_fits) {
			g_string_append(out, "…");
			used++;
			break;
		}
		g_string_append_unichar(out, g_unichar_iscntrl(c) ? 0xb7 : c);
		used += columns_of(c);
	}
	if (!to_right && used < width)
		g_string_append_printf(out, "%*s", width - used, "");
}

static char *grouped(int64_t n)
{
	g_autofree char *digits = g_strdup_printf("%" G_GINT64_FORMAT, n);
	g_autoptr(GString) out = g_string_new(NULL);
	size_t length = strlen(digits);
	for (size_t i = 0; i < length; i++) {
		if (i && (length - i) % 3 == 0 && digits[i - 1] != '-')
			g_string_append_c(out, ',');
		g_string_append_c(out, digits[i]);
	}
	return g_strdup(out->str);
}

static char *number_text(const json_t *value)
{
	return json_is_number(value) ? g_strdup_printf("%.6g", json_number_value(value)) : g_strdup("?");
}

/* --- pictures ---------------------------------------------------------------------------------------------------- */

/* How much of bar i of `count` falls into character j of `width`. */
static double overlap(size_t i, size_t count, size_t j, size_t width)
{
	double from = fmax((double)i / (double)count, (double)j / (double)width);
	double to = fmin((double)(i + 1) / (double)count, (double)(j + 1) / (double)width);
	return fmax(0, to - from) * (double)count;
}

/* Bars of `count` heights, brought to at most PICTURE characters. */
static char *bars(const double *heights, size_t count)
{
	g_autoptr(GString) out = g_string_new(NULL);
	double drawn[PICTURE] = {0}, most = 0;
	size_t width = MIN(count, (size_t)PICTURE);
	for (size_t j = 0; j < width; j++) {
		for (size_t i = 0; i < count; i++)
			drawn[j] += heights[i] * overlap(i, count, j, width);
		most = fmax(most, drawn[j]);
	}
	for (size_t j = 0; j < width && most > 0; j++)
		g_string_append(out, BLOCKS[(int)ceil(drawn[j] / most * 5 - 1e-9)]);
	return g_strdup(out->str);
}

static char *picture(const json_t *column)
{
	const json_t *list = json_at(column, "histogram.counts");
	const char *key = NULL;
	if (!list) {
		list = json_at(column, "histogram.bins");
		key = "rows";
	}
	if (!list)
		list = json_object_get(column, "top");
	size_t count = json_array_size(list);
	g_autofree double *heights = g_new0(double, count + 1);
	for (size_t i = 0; i < count; i++) {
		const json_t *item = json_array_get(list, i);
		heights[i] =
		        json_is_object(item) ? json_get_number(item, key ? key : "rows", 0) : json_number_value(item);
	}
	return bars(heights, count);
}

/* --- one column -------------------------------------------------------------------------------------------------- */

static char *top_text(const json_t *column, int64_t rows)
{
	g_autoptr(GString) out = g_string_new(NULL);
	const json_t *top = json_object_get(column, "top");
	for (size_t i = 0; i < MIN(json_array_size(top), (size_t)SHOWN_VALUES); i++) {
		const json_t *entry = json_array_get(top, i), *value = json_object_get(entry, "value");
		g_autofree char *text =
		        json_is_string(value) ? g_strdup(json_string_value(value)) : json_canonical(value);
		g_string_append_printf(out, "%s%s %.3g %%", i ? ", " : "", text,
		        100 * json_get_number(entry, "rows", 0) / (double)MAX(rows, 1));
	}
	return g_strdup(out->str);
}

static char *values_text(const json_t *column, int64_t rows)
{
	const char *type = json_get_text(column, "type", "");
	const json_t *q = json_object_get(column, "quantiles");
	if (strcmp(type, "time") == 0)
		return g_strdup_printf(
		        "%s .. %s", json_get_text(column, "min", "?"), json_get_text(column, "max", "?"));
	if (!q || json_get_int(column, "distinct", 0) <= 2)
		return top_text(column, rows);
	g_autofree char *a = number_text(json_object_get(q, "25")), *b = number_text(json_object_get(q, "50")),
	                *c = number_text(json_object_get(q, "75")), *min = number_text(json_object_get(column, "min")),
	                *max = number_text(json_object_get(column, "max"));
	return g_strdup_printf("%s | %s | %s of %s .. %s", a, b, c, min, max);
}

static char *association_text(const json_t *column, const char *target)
{
	static const struct {
		const char *measure, *label;
	} LABELS[] = {{"auc", "auc"}, {"cramers_v", "V"}, {"correlation_ratio", "eta"}, {"spearman", "rho"}};
	const json_t *a = json_object_get(column, "association");
	const char *measure = json_get_text(a, "measure", NULL);
	if (target && strcmp(json_get_text(column, "name", ""), target) == 0)
		return g_strdup("target");
	for (size_t i = 0; measure && i < G_N_ELEMENTS(LABELS); i++)
		if (strcmp(LABELS[i].measure, measure) == 0)
			return g_strdup_printf("%s %.3f", LABELS[i].label, json_get_number(a, "value", NAN));
	return g_strdup("");
}

static char *missing_text(const json_t *column)
{
	double share = json_get_number(column, "missing_share", 0);
	return share > 0 ? g_strdup_printf("%.*f %%", share < 0.1 ? 1 : 0, 100 * share) : g_strdup("");
}

typedef struct Layout {
	int name, values;
} Layout;

enum { TYPE_WIDTH = 4, MISSING_WIDTH = 7, DISTINCT_WIDTH = 10, ASSOCIATION_WIDTH = 11 };

static void append_line(GString *out, Layout w, const char *const cells[7])
{
	append_fitted(out, cells[0], w.name, false);
	g_string_append(out, "  ");
	append_fitted(out, cells[1], TYPE_WIDTH, false);
	g_string_append(out, "  ");
	append_fitted(out, cells[2], MISSING_WIDTH, true);
	g_string_append(out, "  ");
	append_fitted(out, cells[3], DISTINCT_WIDTH, true);
	g_string_append(out, "  ");
	append_fitted(out, cells[4], PICTURE, false);
	g_string_append(out, "  ");
	append_fitted(out, cells[5], w.values, false);
	g_string_append(out, "  ");
	append_fitted(out, cells[6], ASSOCIATION_WIDTH, false);
	while (out->len && out->str[out->len - 1] == ' ')
		g_string_truncate(out, out->len - 1);
	g_string_append_c(out, '\n');
}

static void append_column(GString *out, Layout w, const json_t *profile, const json_t *column)
{
	const char *target = json_get_text(profile, "target", NULL);
	g_autofree char *missing = missing_text(column), *count = grouped(json_get_int(column, "distinct", 0));
	g_autofree char *distinct = g_strconcat(json_get_bool(column, "distinct_exact", true) ? "" : "~", count, NULL);
	g_autofree char *drawn = picture(column);
	g_autofree char *values = values_text(column, json_get_int(profile, "rows", 0));
	g_autofree char *association = association_text(column, target);
	const char *const cells[7] = {json_get_text(column, "name", ""), json_get_text(column, "type", ""), missing,
	        distinct, drawn, values, association};
	append_line(out, w, cells);
}

static Layout lay_out(const json_t *columns, int width)
{
	Layout w = {6, 0};
	size_t i;
	json_t *c;
	json_array_foreach (columns, i, c)
		w.name = MAX(w.name, (int)g_utf8_strlen(json_get_text(c, "name", ""), -1));
	int others = TYPE_WIDTH + MISSING_WIDTH + DISTINCT_WIDTH + PICTURE + ASSOCIATION_WIDTH + 6 * 2;
	w.name = MIN(w.name, CLAMP(width - others - VALUES_LEAST, NAME_LEAST, NAME_MOST));
	w.values = MAX(VALUES_LEAST, width - w.name - others);
	return w;
}

/* --- the whole --------------------------------------------------------------------------------------------------- */

static void append_head(GString *out, const json_t *profile)
{
	g_autofree char *rows = grouped(json_get_int(profile, "rows", 0));
	g_autofree char *bytes =
	        g_format_size_full((guint64)json_get_int(profile, "bytes", 0), G_FORMAT_SIZE_IEC_UNITS);
	const char *target = json_get_text(profile, "target", NULL);
	g_string_append_printf(out, "%s rows, %zu columns", rows, json_array_size(json_object_get(profile, "columns")));
	if (json_is_integer(json_object_get(profile, "bytes")))
		g_string_append_printf(out, ", %s", bytes);
	if (target)
		g_string_append_printf(out, "; target %s", target);
	g_string_append(out, "\n\n");
}

static void append_patterns(GString *out, const json_t *profile)
{
	const json_t *patterns = json_object_get(profile, "missing_patterns");
	size_t i, k;
	json_t *pattern, *name;
	if (json_array_size(patterns) < 2)
		return;
	g_string_append(out, "\nmissing together\n");
	json_array_foreach (patterns, i, pattern) {
		g_autofree char *rows = grouped(json_get_int(pattern, "rows", 0));
		g_string_append_printf(out, "  %10s  ", rows);
		json_array_foreach (json_object_get(pattern, "columns"), k, name)
			g_string_append_printf(out, "%s%s", k ? ", " : "", json_string_value(name));
		g_string_append_c(out, '\n');
	}
}

static void append_alerts(GString *out, const json_t *profile)
{
	const json_t *alerts = json_object_get(profile, "alerts");
	static const char *const SEVERITIES[] = {"warning", "info"};
	size_t i;
	json_t *a;
	if (json_array_size(alerts))
		g_string_append(out, "\nwhat stands out\n");
	for (int k = 0; k < 2; k++)
		json_array_foreach (alerts, i, a)
			if (strcmp(json_get_text(a, "severity", ""), SEVERITIES[k]) == 0)
				g_string_append_printf(
				        out, "  %s %s\n", k ? "·" : "!", json_get_text(a, "sentence", ""));
}

char *profile_text(const json_t *profile, int width)
{
	static const char *const HEAD[7] = {
	        "column", "type", "missing", "distinct", "distribution", "values", "with target"};
	g_autoptr(GString) out = g_string_new(NULL);
	const json_t *columns = json_object_get(profile, "columns");
	Layout w = lay_out(columns, width);
	const char *cells[7];
	size_t i;
	json_t *c;
	memcpy(cells, HEAD, sizeof cells);
	if (!json_get_text(profile, "target", NULL))
		cells[6] = "";
	append_head(out, profile);
	append_line(out, w, cells);
	json_array_foreach (columns, i, c)
		append_column(out, w, profile, c);
	append_patterns(out, profile);
	append_alerts(out, profile);
	return g_strdup(out->str);
}
