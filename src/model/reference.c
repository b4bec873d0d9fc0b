/* reference.c: a profile of the training rows, from a sample held in memory column by column. */
#include "model/reference.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "stats/sketch.h"

#define QUANTILES 20  /* steps: 21 values */
#define TOP_TEXTS 200 /* more different ones go into buckets */
#define TOP_NUMBERS 50

typedef struct Kept {
	char *name;
	ColumnType type;
	size_t missing;
	GArray *values;         /* doubles: numbers, times, bools */
	GArray *counts;         /* size_t by code: texts */
	Dictionary *dictionary; /* of texts */
} Kept;

struct Reference {
	GPtrArray *columns; /* of Kept * */
	size_t rows;
};

static void kept_free(Kept *k)
{
	g_free(k->name);
	g_array_unref(k->values);
	g_array_unref(k->counts);
	dictionary_unref(k->dictionary);
	g_free(k);
}

Reference *reference_new(const json_t *inputs)
{
	Reference *r = g_new0(Reference, 1);
	size_t i;
	json_t *column;
	r->columns = g_ptr_array_new_with_free_func((GDestroyNotify)kept_free);
	json_array_foreach (json_object_get(inputs, "columns"), i, column) {
		Kept *k = g_new0(Kept, 1);
		k->name = g_strdup(json_get_text(column, "name", ""));
		column_type_from_name(json_get_text(column, "type", "real"), &k->type);
		k->values = g_array_new(FALSE, FALSE, sizeof(double));
		k->counts = g_array_new(FALSE, TRUE, sizeof(size_t));
		g_ptr_array_add(r->columns, k);
	}
	return r;
}

void reference_free(Reference *r)
{
	if (!r)
		return;
	g_ptr_array_unref(r->columns);
	g_free(r);
}

static void keep_value(Kept *k, const Column *c, size_t row)
{
	double number = column_number(c, row);
	if (column_is_missing(c, row) || (c->type != COLUMN_TEXT && !isfinite(number))) {
		k->missing++;
		return;
	}
	if (c->type != COLUMN_TEXT) {
		g_array_append_val(k->values, number);
		return;
	}
	if (c->codes[row] >= k->counts->len)
		g_array_set_size(k->counts, c->codes[row] + 1);
	g_array_index(k->counts, size_t, c->codes[row])++;
}

void reference_add(Reference *r, const Frame *rows, const uint8_t *keep)
{
	for (guint i = 0; i < r->columns->len; i++) {
		Kept *k = r->columns->pdata[i];
		const Column *c = frame_find(rows, k->name);
		if (!c)
			continue;
		k->type = c->type;
		if (c->dictionary && !k->dictionary)
			k->dictionary = dictionary_ref(c->dictionary);
		for (size_t row = 0; row < rows->rows; row++)
			if (keep[row])
				keep_value(k, c, row);
	}
	for (size_t row = 0; row < rows->rows; row++)
		r->rows += keep[row] != 0;
}

static int by_number(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;
	return (x > y) - (x < y);
}

json_t *reference_numbers(double *values, size_t count)
{
	size_t n = 0;
	double sum = 0, squares = 0;
	for (size_t i = 0; i < count; i++)
		if (!isnan(values[i]))
			values[n++] = values[i];
	if (n)
		qsort(values, n, sizeof *values, by_number);
	for (size_t i = 0; i < n; i++)
		sum += values[i];
	double mean = n ? sum / (double)n : NAN;
	for (size_t i = 0; i < n; i++)
		squares += (values[i] - mean) * (values[i] - mean);
	json_t *quantiles = json_array();
	for (unsigned q = 0; n && q <= QUANTILES; q++) { /* linear between order statistics, as NumPy's default */
		double at = (double)(n - 1) * q / QUANTILES;
		size_t low = (size_t)at, high = MIN(low + 1, n - 1);
		double value = values[low] + (at - (double)low) * (values[high] - values[low]);
		json_array_append_new(quantiles, json_number(value));
	}
	Sketch sketch;
	sketch_of(values, n, &sketch);
	return json_pack("{s:o,s:o,s:o,s:o}", "mean", json_number(mean), "sd",
	        json_number(n > 1 ? sqrt(squares / (double)(n - 1)) : NAN), "quantiles", quantiles, "sketch",
	        sketch_save(&sketch));
}

typedef struct Counted {
	char *text; /* texts */
	double number;
	size_t count;
} Counted;

static void counted_clear(void *counted)
{
	g_free(((Counted *)counted)->text);
}

/* Most frequent first; equals in the order of their texts or numbers. */
static int by_count(const void *a, const void *b)
{
	const Counted *x = a, *y = b;
	if (x->count != y->count)
		return x->count < y->count ? 1 : -1;
	if (x->text)
		return strcmp(x->text, y->text);
	return (x->number > y->number) - (x->number < y->number);
}

static GArray *count_texts(const Kept *k)
{
	GArray *all = g_array_new(FALSE, FALSE, sizeof(Counted));
	g_array_set_clear_func(all, counted_clear);
	for (guint code = 0; code < k->counts->len; code++) {
		Counted c = {.count = g_array_index(k->counts, size_t, code)};
		if (c.count == 0)
			continue;
		c.text = g_strdup(dictionary_text(k->dictionary, code));
		g_array_append_val(all, c);
	}
	return all;
}

/* Of numbers in order; NULL when too many differ. */
static GArray *count_numbers(const Kept *k)
{
	g_autoptr(GArray) all = g_array_new(FALSE, FALSE, sizeof(Counted));
	for (guint i = 0; i < k->values->len; i++) {
		double value = g_array_index(k->values, double, i);
		Counted *last = all->len ? &g_array_index(all, Counted, all->len - 1) : NULL;
		Counted fresh = {.number = value, .count = 1};
		if (last && last->number == value)
			last->count++;
		else if (all->len == TOP_NUMBERS)
			return NULL;
		else
			g_array_append_val(all, fresh);
	}
	return g_steal_pointer(&all);
}

static void add_top(json_t *about, GArray *all, size_t rows)
{
	json_t *top = json_array();
	size_t other = 0;
	g_array_sort(all, by_count);
	for (guint i = 0; i < all->len; i++) {
		const Counted *c = &g_array_index(all, Counted, i);
		json_t *value = c->text ? json_text(c->text) : json_number(c->number);
		if (i < TOP_TEXTS)
			json_array_append_new(
			        top, json_pack("[o,o]", value, json_number((double)c->count / (double)rows)));
		else
			json_decref(value);
		other += i < TOP_TEXTS ? 0 : c->count;
	}
	json_object_set_new(about, "distinct", json_integer(all->len));
	json_object_set_new(about, "top", top);
	json_object_set_new(about, "other", json_number((double)other / (double)rows));
}

/* Which categories are frequent in a sample is chance where there are many, so a test of the frequent ones would find them less
 * frequent in any other sample.  Into which bucket a category falls has nothing to do with how frequent it is. */
static json_t *bucket_shares(const GArray *all, size_t rows)
{
	size_t counts[SKETCH_BUCKETS] = {0};
	json_t *shares = json_array();
	for (guint i = 0; i < all->len; i++)
		counts[sketch_bucket(g_array_index(all, Counted, i).text)] += g_array_index(all, Counted, i).count;
	for (size_t b = 0; b < SKETCH_BUCKETS; b++)
		json_array_append_new(shares, json_number((double)counts[b] / (double)rows));
	return shares;
}

static json_t *column_json_of(const Kept *k, size_t rows)
{
	json_t *about = json_pack("{s:s,s:o}", "type", column_type_name(k->type), "missing",
	        json_number(rows ? (double)k->missing / (double)rows : NAN));
	g_autoptr(GArray) counted = NULL;
	if (k->type != COLUMN_TEXT) {
		json_t *numbers = reference_numbers((double *)(void *)k->values->data, k->values->len);
		json_object_update(about, numbers);
		json_decref(numbers);
		counted = count_numbers(k);
	} else {
		counted = count_texts(k);
		if (counted->len > TOP_TEXTS)
			json_object_set_new(about, "buckets", bucket_shares(counted, rows));
	}
	if (counted && rows)
		add_top(about, counted, rows);
	return about;
}

json_t *reference_json(const Reference *r, size_t of)
{
	json_t *inputs = json_object();
	for (guint i = 0; i < r->columns->len; i++) {
		const Kept *k = r->columns->pdata[i];
		json_object_set_new(inputs, k->name, column_json_of(k, r->rows));
	}
	return json_pack("{s:I,s:I,s:o}", "rows", (json_int_t)r->rows, "of", (json_int_t)of, "inputs", inputs);
}
