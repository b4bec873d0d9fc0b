/* concept_columns.c: residuals by parts of each column. */
#include "monitor/concept_columns.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "stats/distribution.h"
#include "stats/test.h"

enum { CATEGORIES_MOST = 20, LEAST_ROWS = 10 };

typedef struct Part {
	double sum, variance, rows;
} Part;

/* How a column is cut: numbers between edges, or texts; what is in none of them comes last but one, what is missing last. */
typedef struct Cut {
	const LookColumn *column;
	GArray *edges;     /* of double, rising */
	const json_t *top; /* [[value, share]...] */
	Part *parts;
	size_t count;
	double part, p; /* what is above chance; of chance alone */
} Cut;

static void cut_clear(void *cut)
{
	Cut *c = cut;
	g_array_unref(c->edges);
	g_free(c->parts);
}

static Cut cut_make(const LookColumn *column)
{
	Cut c = {.column = column, .edges = g_array_new(FALSE, FALSE, sizeof(double)), .p = NAN};
	const json_t *quantiles = json_object_get(column->reference, "quantiles");
	if (strcmp(column->type, "text") == 0)
		c.top = json_object_get(column->reference, "top");
	for (size_t i = 2; i + 2 < json_array_size(quantiles); i += 2) {
		double edge = json_number_value(json_array_get(quantiles, i));
		if (!c.edges->len || edge > g_array_index(c.edges, double, c.edges->len - 1))
			g_array_append_val(c.edges, edge);
	}
	size_t inner = c.top ? MIN(json_array_size(c.top), CATEGORIES_MOST) : c.edges->len;
	c.count = inner + 2;
	c.parts = g_new0(Part, c.count);
	return c;
}

static size_t part_of_number(const Cut *c, double x)
{
	size_t at = 0;
	while (at < c->edges->len && x >= g_array_index(c->edges, double, at))
		at++;
	return at;
}

static size_t part_of_text(const Cut *c, const char *text)
{
	for (size_t i = 0; i + 2 < c->count; i++)
		if (g_strcmp0(json_string_value(json_array_get(json_array_get(c->top, i), 0)), text) == 0)
			return i;
	return c->count - 2;
}

/* The part of each row; texts are looked up once. */
static void fill(Cut *c, const Frame *f, const double *residual, const double *variance)
{
	const Column *column = frame_find(f, c->column->name);
	g_autofree size_t *of_code = NULL;
	if (column && column->type == COLUMN_TEXT) {
		uint32_t size = dictionary_size(column->dictionary);
		of_code = g_new(size_t, MAX(size, 1));
		for (uint32_t k = 0; k < size; k++)
			of_code[k] = part_of_text(c, dictionary_text(column->dictionary, k));
	}
	for (size_t i = 0; column && i < f->rows; i++) {
		double x = of_code ? 0 : column_number(column, i);
		size_t part = column_is_missing(column, i) || !isfinite(x) ? c->count - 1
		              : of_code                                    ? of_code[column->codes[i]]
		                                                           : part_of_number(c, x);
		c->parts[part].sum += residual[i];
		c->parts[part].variance += variance[i];
		c->parts[part].rows++;
	}
}

static void judge(Cut *c)
{
	double chi2 = 0, size = 0, parts = 0;
	Part all = {0};
	for (size_t k = 0; k < c->count; k++) {
		const Part *part = &c->parts[k];
		if (part->rows < LEAST_ROWS || !(part->variance > 0))
			continue;
		chi2 += part->sum * part->sum / part->variance;
		size += (part->sum * part->sum - part->variance) / part->rows;
		all = (Part){all.sum + part->sum, all.variance + part->variance, all.rows + part->rows};
		parts++;
	}
	if (parts < 2)
		return;
	c->part = MAX(size - (all.sum * all.sum - all.variance) / all.rows, 0);
	c->p = chi2_above(chi2 - all.sum * all.sum / all.variance, parts - 1);
}

static json_t *where_json(const Cut *c, size_t part)
{
	if (part + 1 == c->count)
		return json_pack("{s:n}", "is");
	if (c->top)
		return part + 2 == c->count ? json_pack("{s:s}", "is", "another")
		                            : json_pack("{s:O}", "is", json_array_get(json_array_get(c->top, part), 0));
	return json_pack("{s:o,s:o}", "from",
	        part ? json_number(g_array_index(c->edges, double, part - 1)) : json_null(), "to",
	        part < c->edges->len ? json_number(g_array_index(c->edges, double, part)) : json_null());
}

static json_t *cut_json(const Cut *c, double total)
{
	size_t worst = 0;
	double most = -1;
	for (size_t k = 0; k < c->count; k++) {
		const Part *part = &c->parts[k];
		double z = part->rows >= LEAST_ROWS && part->variance > 0 ? fabs(part->sum) / sqrt(part->variance) : 0;
		if (z > most) {
			most = z;
			worst = k;
		}
	}
	const Part *part = &c->parts[worst];
	return json_pack("{s:o,s:f,s:o,s:o,s:f,s:o}", "column", json_text(c->column->name), "share", c->part / total,
	        "p", json_number(c->p), "where", where_json(c, worst), "rows", part->rows, "off",
	        json_number(part->sum / part->rows));
}

static int by_part(const void *a, const void *b)
{
	const Cut *x = a, *y = b;
	if (x->part != y->part)
		return x->part < y->part ? 1 : -1;
	return strcmp(x->column->name, y->column->name);
}

json_t *concept_columns(
        const LookInput *in, const Frame *rows, const double *residual, const double *variance, size_t most)
{
	g_autoptr(GArray) columns = look_columns(in), cuts = g_array_new(FALSE, FALSE, sizeof(Cut));
	g_autofree double *p = g_new(double, MAX(columns->len, 1));
	double total = 0;
	json_t *list = json_array();
	g_array_set_clear_func(cuts, cut_clear);
	for (guint i = 0; i < columns->len; i++) {
		Cut c = cut_make(&g_array_index(columns, LookColumn, i));
		fill(&c, rows, residual, variance);
		judge(&c);
		total += c.part;
		g_array_append_val(cuts, c);
	}
	g_array_sort(cuts, by_part);
	for (guint i = 0; i < cuts->len; i++)
		p[i] = g_array_index(cuts, Cut, i).p;
	correct_benjamini_hochberg(p, cuts->len);
	for (guint i = 0; i < cuts->len && json_array_size(list) < most; i++)
		if (p[i] <= 0.05 && total > 0)
			json_array_append_new(list, cut_json(&g_array_index(cuts, Cut, i), total));
	return list;
}
