/* interactions.c: which columns work together. */
#include "eval/interactions.h"

#include <math.h>
#include <stdlib.h>

#include "base/json.h"
#include "feature/pick.h"

/* F of one set of columns at n rows, centred. */
typedef struct Surface {
	double at[INTERACTION_ROWS];
} Surface;

typedef struct Looking {
	const Bundle *b;
	const Frame *rows;
	size_t count, output;
	const char *column[INTERACTION_COLUMNS];
	size_t columns;
	json_t *inputs; /* names */
} Looking;

/* Row i with the columns of row k, for all k and i. */
static Frame *asked_rows(const Looking *l, const char *a, const char *b)
{
	size_t n = l->count;
	g_autofree uint32_t *row = g_new(uint32_t, n * n + 1), *from = g_new(uint32_t, n * n + 1);
	for (size_t k = 0; k < n; k++)
		for (size_t i = 0; i < n; i++) {
			row[k * n + i] = (uint32_t)i;
			from[k * n + i] = (uint32_t)k;
		}
	json_auto_t *set = b ? json_pack("[s,s]", a, b) : json_pack("[s]", a);
	Frame *asked = frame_pick(l->rows, l->inputs, row, n * n);
	g_autoptr(Frame) moved = frame_pick(l->rows, set, from, n * n);
	frame_add(asked, frame_steal(moved, a));
	if (b)
		frame_add(asked, frame_steal(moved, b));
	return asked;
}

static bool find_surface(const Looking *l, const char *a, const char *b, Surface *ret, GError **error)
{
	size_t n = l->count, width = bundle_outputs(l->b);
	g_autoptr(Frame) asked = asked_rows(l, a, b);
	g_autofree double *scores = g_new(double, n *n *width + 1);
	double mean = 0;
	if (!bundle_predict(l->b, asked, scores, error))
		return false;
	for (size_t k = 0; k < n; k++) {
		ret->at[k] = 0;
		for (size_t i = 0; i < n; i++)
			ret->at[k] += scores[(k * n + i) * width + l->output] / (double)n;
		mean += ret->at[k] / (double)n;
	}
	for (size_t k = 0; k < n; k++)
		ret->at[k] -= mean;
	return true;
}

static json_t *pair_json(const Looking *l, size_t a, size_t b, const Surface *alone, const Surface *both)
{
	double joint = 0, all = 0;
	for (size_t k = 0; k < l->count; k++) {
		double rest = both->at[k] - alone[a].at[k] - alone[b].at[k];
		joint += rest * rest;
		all += both->at[k] * both->at[k];
	}
	return json_pack("{s:s,s:s,s:o,s:o}", "a", l->column[a], "b", l->column[b], "h",
	        json_number(all > 0 ? sqrt(joint / all) : 0), "strength", json_number(sqrt(joint / (double)l->count)));
}

typedef struct Pair {
	double strength;
	size_t place;
	json_t *json;
} Pair;

static int by_strength(const void *a, const void *b)
{
	const Pair *x = a, *y = b;
	return x->strength < y->strength ? 1 : x->strength > y->strength ? -1 : x->place < y->place ? -1 : 1;
}

static json_t *in_order(Pair *pairs, size_t count)
{
	json_t *list = json_array();
	qsort(pairs, count, sizeof *pairs, by_strength);
	for (size_t i = 0; i < count; i++)
		json_array_append_new(list, pairs[i].json);
	return list;
}

static bool find_pairs(const Looking *l, json_t **ret, GError **error)
{
	Surface alone[INTERACTION_COLUMNS], both;
	Pair pairs[INTERACTION_COLUMNS * INTERACTION_COLUMNS];
	size_t count = 0;
	bool ok = true;
	for (size_t a = 0; ok && a < l->columns; a++)
		ok = find_surface(l, l->column[a], NULL, &alone[a], error);
	for (size_t a = 0; ok && a < l->columns; a++)
		for (size_t b = a + 1; ok && b < l->columns; b++) {
			if (!(ok = find_surface(l, l->column[a], l->column[b], &both, error)))
				break;
			json_t *json = pair_json(l, a, b, alone, &both);
			pairs[count] = (Pair){json_get_number(json, "strength", 0), count, json};
			count++;
		}
	*ret = in_order(pairs, count);
	if (!ok)
		g_clear_pointer(ret, json_decref);
	return ok;
}

/* The first columns that the model would miss and the rows have. */
static void choose_columns(Looking *l, const json_t *importance)
{
	for (size_t i = 0; i < json_array_size(importance) && l->columns < INTERACTION_COLUMNS; i++) {
		const json_t *entry = json_array_get(importance, i);
		const char *name = json_get_text(entry, "column", "");
		if (json_get_number(entry, "mean", 0) > 0 && frame_find(l->rows, name))
			l->column[l->columns++] = name;
	}
}

bool interactions_of(
        const Bundle *b, const Frame *rows, const json_t *importance, size_t output, json_t **ret, GError **error)
{
	json_auto_t *inputs = json_array();
	Looking l = {.b = b,
	        .rows = rows,
	        .count = MIN(rows->rows, (size_t)INTERACTION_ROWS),
	        .output = output,
	        .inputs = inputs};
	size_t i;
	json_t *input, *pairs;
	json_array_foreach (json_at(bundle_header(b), "recipe.inputs"), i, input)
		json_array_append(inputs, json_object_get(input, "name"));
	choose_columns(&l, importance);
	if (l.columns < 2 || l.count < 2) {
		*ret = json_null();
		return true;
	}
	if (!find_pairs(&l, &pairs, error))
		return false;
	*ret = json_pack("{s:I,s:o,s:o}", "rows", (json_int_t)l.count, "of",
	        bundle_classifies(b) ? json_text(bundle_class(b, output)) : json_null(), "pairs", pairs);
	return true;
}
