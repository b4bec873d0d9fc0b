/* effects.c: partial dependence, ICE and ALE of columns. */
#include "eval/effects.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/json.h"
#include "base/progress.h"
#include "eval/findings.h"
#include "eval/text_order.h"
#include "feature/pick.h"

/* A value is known by a row that has it: so numbers, times and texts are moved about alike. */
typedef struct Effect {
	const Bundle *b;
	const Frame *rows;
	const Column *column;
	size_t output;              /* score that is told */
	uint32_t at[EFFECT_VALUES]; /* rows with the values */
	size_t values, rows_all, rows_moved;
	uint32_t order[EFFECT_VALUES]; /* the values as neighbours: numbers as they are, texts by likeness */
	/* rows_moved: a row, and the stretch in which it is moved: between the neighbours stretch - 1 and stretch; 0: it has none.  A
	 * text lies at the end of two stretches, so its rows are moved twice. */
	uint32_t *moved, *stretch;
	double level_rows[EFFECT_VALUES]; /* texts: rows that have the value */
} Effect;

typedef struct Place {
	double value;
	uint32_t row;
} Place;

static int by_value(const void *a, const void *b)
{
	const Place *x = a, *y = b;
	return x->value < y->value ? -1 : x->value > y->value ? 1 : x->row < y->row ? -1 : x->row > y->row;
}

static void take_quantiles(Effect *e, const Place *sorted, size_t count)
{
	size_t parts = EFFECT_VALUES - 1;
	e->values = 0;
	for (size_t k = 0; k <= parts && count; k++) {
		const Place *p = &sorted[k * (count - 1) / parts];
		if (e->values && column_number(e->column, e->at[e->values - 1]) == p->value)
			continue;
		e->at[e->values++] = p->row;
	}
}

/* The least, the largest, and quantiles between, each once.  Where nearly all rows have the same few values, as many zeros,
 * these tell little: then quantiles of the different values. */
static void choose_numbers(Effect *e)
{
	size_t count = 0, distinct = 0;
	g_autofree Place *sorted = g_new(Place, e->rows->rows + 1);
	for (size_t i = 0; i < e->rows->rows; i++) {
		double value = column_number(e->column, i);
		if (isfinite(value))
			sorted[count++] = (Place){value, (uint32_t)i};
	}
	qsort(sorted, count, sizeof *sorted, by_value);
	take_quantiles(e, sorted, count);
	if (e->values >= EFFECT_VALUES / 2)
		return;
	for (size_t i = 0; i < count; i++)
		if (!distinct || sorted[i].value != sorted[distinct - 1].value)
			sorted[distinct++] = sorted[i];
	take_quantiles(e, sorted, distinct);
}

typedef struct Text {
	uint32_t code, row;
	size_t count;
} Text;

static int by_count(const void *a, const void *b)
{
	const Text *x = a, *y = b;
	return x->count < y->count ? 1 : x->count > y->count ? -1 : x->row < y->row ? -1 : 1;
}

static void choose_texts(Effect *e)
{
	size_t size = dictionary_size(e->column->dictionary), found = 0;
	g_autofree Text *texts = g_new0(Text, size + 1);
	for (size_t i = e->rows->rows; i-- > 0;)
		if (!column_is_missing(e->column, i)) {
			Text *t = &texts[e->column->codes[i]];
			*t = (Text){e->column->codes[i], (uint32_t)i, t->count + 1};
		}
	qsort(texts, size, sizeof *texts, by_count);
	while (found < MIN(size, (size_t)EFFECT_TEXTS) && texts[found].count)
		e->at[e->values++] = texts[found++].row;
}

static bool is_level(const Effect *e)
{
	return e->column->type == COLUMN_TEXT || e->column->type == COLUMN_BOOL;
}

/* (z(k-1), z(k)], the first with its lower end. */
static void find_stretches(Effect *e)
{
	for (size_t i = 0; i < e->rows_moved; i++) {
		double value = column_number(e->column, i);
		uint32_t k = 1;
		while (k + 1 < e->values && value > column_number(e->column, e->at[k]))
			k++;
		e->moved[i] = (uint32_t)i;
		e->stretch[i] = isnan(value) ? 0 : k;
	}
}

static bool has_same(const Column *c, size_t a, size_t b)
{
	return c->type == COLUMN_TEXT ? c->codes[a] == c->codes[b] : c->bools[a] == c->bools[b];
}

static uint32_t *levels_of(const Effect *e, size_t rows)
{
	uint32_t *level = g_new(uint32_t, rows + 1);
	for (size_t i = 0; i < rows; i++) {
		level[i] = UINT32_MAX;
		for (uint32_t v = 0; v < e->values && !column_is_missing(e->column, i); v++)
			if (has_same(e->column, i, e->at[v]))
				level[i] = v;
	}
	return level;
}

/* Each row to both neighbours of its text. */
static void find_neighbours(Effect *e, size_t rows, const char *const *besides)
{
	g_autofree uint32_t *level = levels_of(e, rows);
	uint32_t place[EFFECT_VALUES];
	if (e->column->type == COLUMN_TEXT) {
		g_autofree uint32_t *all = levels_of(e, e->rows->rows);
		text_order(e->rows, all, e->values, besides, e->order);
	}
	for (uint32_t k = 0; k < e->values; k++)
		place[e->order[k]] = k;
	e->rows_moved = 0;
	for (size_t i = 0; i < rows; i++) {
		if (level[i] == UINT32_MAX)
			continue;
		uint32_t k = place[level[i]];
		e->level_rows[k]++;
		for (uint32_t stretch = MAX(k, 1); stretch <= MIN(k + 1, e->values - 1); stretch++) {
			e->moved[e->rows_moved] = (uint32_t)i;
			e->stretch[e->rows_moved++] = stretch;
		}
	}
}

static void choose_moved(Effect *e)
{
	size_t rows = MIN(e->rows->rows, (size_t)EFFECT_ALE_ROWS);
	g_autoptr(GPtrArray) besides = columns_left_out(e->b);
	g_ptr_array_insert(besides, 0, e->column->name);
	e->moved = g_new0(uint32_t, 2 * rows + 1);
	e->stretch = g_new0(uint32_t, 2 * rows + 1);
	for (uint32_t k = 0; k < EFFECT_VALUES; k++)
		e->order[k] = k;
	e->rows_moved = e->values > 1 ? rows : 0;
	if (e->rows_moved && is_level(e))
		find_neighbours(e, rows, (const char *const *)besides->pdata);
	else
		find_stretches(e);
}

/* Every row with every value, then the moved rows at the lower and at the upper end of their stretch: asked in one go. */
static Frame *asked_rows(const Effect *e, size_t count)
{
	g_autofree uint32_t *row = g_new(uint32_t, count + 1), *from = g_new(uint32_t, count + 1);
	size_t to = 0;
	for (size_t v = 0; v < e->values; v++)
		for (size_t i = 0; i < e->rows_all; i++, to++) {
			row[to] = (uint32_t)i;
			from[to] = e->at[v];
		}
	for (unsigned upper = 0; upper < 2; upper++)
		for (size_t i = 0; i < e->rows_moved; i++, to++) {
			row[to] = e->moved[i];
			from[to] = e->stretch[i] ? e->at[e->order[e->stretch[i] - 1 + upper]] : e->moved[i];
		}
	json_auto_t *all = json_array(), *own = json_pack("[s]", e->column->name);
	size_t k;
	json_t *input;
	json_array_foreach (json_at(bundle_header(e->b), "recipe.inputs"), k, input)
		json_array_append(all, json_object_get(input, "name"));
	Frame *asked = frame_pick(e->rows, all, row, count);
	g_autoptr(Frame) set = frame_pick(e->rows, own, from, count);
	frame_add(asked, frame_steal(set, e->column->name));
	return asked;
}

static json_t *dependence(const Effect *e, const double *scores, size_t width)
{
	json_t *list = json_array();
	for (size_t v = 0; v < e->values; v++) {
		double sum = 0;
		for (size_t i = 0; i < e->rows_all; i++)
			sum += scores[(v * e->rows_all + i) * width + e->output];
		json_array_append_new(list, json_number(sum / (double)e->rows_all));
	}
	return list;
}

static json_t *lines(const Effect *e, const double *scores, size_t width)
{
	json_t *list = json_array();
	for (size_t i = 0; i < MIN(e->rows_all, (size_t)EFFECT_LINES); i++) {
		json_t *line = json_array();
		for (size_t v = 0; v < e->values; v++)
			json_array_append_new(line, json_number(scores[(v * e->rows_all + i) * width + e->output]));
		json_array_append_new(list, line);
	}
	return list;
}

/* scores: of the rows at the lower ends, then at the upper ones. */
static json_t *accumulated(const Effect *e, const double *scores, size_t width)
{
	double sum[EFFECT_VALUES] = {0}, count[EFFECT_VALUES] = {0}, up[EFFECT_VALUES] = {0}, mean = 0, total = 0;
	for (size_t i = 0; i < e->rows_moved; i++) {
		if (!e->stretch[i])
			continue;
		sum[e->stretch[i]] += scores[(e->rows_moved + i) * width + e->output] - scores[i * width + e->output];
		count[e->stretch[i]]++;
	}
	for (size_t k = 1; k < e->values; k++)
		up[k] = up[k - 1] + (count[k] > 0 ? sum[k] / count[k] : 0);
	for (size_t k = 0; k < e->values; k++) {
		double rows = is_level(e) ? e->level_rows[k] : count[k];
		mean += rows * (is_level(e) || k == 0 ? up[k] : (up[k - 1] + up[k]) / 2);
		total += rows;
	}
	json_t *list = json_array();
	for (size_t v = 0; v < e->values; v++) {
		size_t k = 0;
		while (e->order[k] != v)
			k++;
		json_array_append_new(list, json_number(up[k] - mean / MAX(total, 1)));
	}
	return list;
}

static bool measure(const Effect *e, json_t **ret, GError **error)
{
	size_t width = bundle_outputs(e->b), whole = e->values * e->rows_all, count = whole + 2 * e->rows_moved;
	g_autoptr(Frame) asked = asked_rows(e, count);
	g_autofree double *scores = g_new(double, count *width + 1);
	if (!bundle_predict(e->b, asked, scores, error))
		return false;
	json_t *at = json_array();
	for (size_t v = 0; v < e->values; v++)
		json_array_append_new(at, column_json(e->column, e->at[v]));
	*ret = json_pack("{s:o,s:s,s:o,s:o,s:o,s:o}", "column", json_text(e->column->name), "type",
	        column_type_name(e->column->type), "at", at, "pdp", dependence(e, scores, width), "ice",
	        lines(e, scores, width), "ale",
	        e->rows_moved ? accumulated(e, scores + whole * width, width) : json_null());
	return true;
}

static bool one_column(
        const Bundle *b, const Frame *rows, const char *name, size_t output, json_t *list, GError **error)
{
	Effect e = {.b = b, .rows = rows, .column = frame_find(rows, name), .output = output};
	json_t *found = NULL;
	if (!e.column)
		return true;
	e.rows_all = MIN(rows->rows, (size_t)EFFECT_ROWS);
	if (e.column->type == COLUMN_TEXT)
		choose_texts(&e);
	else
		choose_numbers(&e);
	choose_moved(&e);
	bool ok = e.values < 2 || measure(&e, &found, error);
	if (found)
		json_array_append_new(list, found);
	g_free(e.moved);
	g_free(e.stretch);
	return ok;
}

bool effects_output(const Bundle *b, const Frame *rows, size_t *ret, double *ret_mean, GError **error)
{
	size_t width = bundle_outputs(b), best = 0;
	g_autoptr(Frame) copy = frame_copy(rows);
	g_autofree double *scores = g_new(double, rows->rows *width + 1), *sums = g_new0(double, width);
	if (!bundle_predict(b, copy, scores, error))
		return false;
	for (size_t i = 0; i < rows->rows * width; i++)
		sums[i % width] += scores[i];
	for (size_t k = 1; k < width; k++)
		best = sums[k] > sums[best] ? k : best;
	*ret = bundle_positive(b) >= 0 ? (size_t)bundle_positive(b) : best;
	*ret_mean = sums[*ret] / (double)rows->rows;
	return true;
}

bool effects_of(const Bundle *b, const Frame *rows, const json_t *importance, json_t **ret, GError **error)
{
	json_auto_t *list = json_array();
	double mean;
	size_t i, output, count = MIN(json_array_size(importance), (size_t)EFFECT_COLUMNS);
	if (!rows->rows) {
		*ret = json_null();
		return true;
	}
	if (!effects_output(b, rows, &output, &mean, error))
		return false;
	for (i = 0; i < count; i++) {
		const json_t *entry = json_array_get(importance, i);
		progress_report("columns varied", i, count);
		if (json_get_number(entry, "mean", 0) > 0 &&
		        !one_column(b, rows, json_get_text(entry, "column", ""), output, list, error))
			return false;
	}
	*ret = json_pack("{s:I,s:o,s:o,s:O}", "rows", (json_int_t)MIN(rows->rows, (size_t)EFFECT_ROWS), "of",
	        bundle_classifies(b) ? json_text(bundle_class(b, output)) : json_null(), "mean", json_number(mean),
	        "columns", list);
	return true;
}
