/* categories.c: columns as categories. */
#include "feature/categories.h"
#include "feature/pick.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/json.h"

static bool is_missing(const Column *c, size_t row)
{
	return column_is_missing(c, row) || (c->type == COLUMN_REAL && isnan(c->reals[row]));
}

/* The bits of a value, by which equal ones are found without writing their text.  -0 is 0. */
static int64_t bits_of(const Column *c, size_t row)
{
	if (c->type == COLUMN_BOOL)
		return c->bools[row];
	if (c->type != COLUMN_REAL)
		return c->ints[row];
	int64_t bits;
	double value = c->reals[row] == 0 ? 0 : c->reals[row];
	memcpy(&bits, &value, sizeof bits);
	return bits;
}

/* Texts of a column of numbers: each distinct value is written once. */
static Column *number_texts(const Column *c)
{
	Column *texts = column_new(c->name, COLUMN_TEXT, c->rows, NULL);
	g_autoptr(GHashTable) seen = g_hash_table_new_full(g_int64_hash, g_int64_equal, g_free, NULL);
	for (size_t i = 0; i < c->rows; i++) {
		if (is_missing(c, i)) {
			column_set_missing(texts, i);
			continue;
		}
		int64_t bits = bits_of(c, i);
		void *code;
		if (!g_hash_table_lookup_extended(seen, &bits, NULL, &code)) {
			g_autofree char *text = column_text(c, i);
			const char *plain = strcmp(text, "-0") == 0 ? "0" : text;
			code = GUINT_TO_POINTER(dictionary_code(texts->dictionary, plain, strlen(plain)));
			g_hash_table_insert(seen, g_memdup2(&bits, sizeof bits), code);
		}
		texts->codes[i] = GPOINTER_TO_UINT(code);
	}
	return texts;
}

const Column *category_view(const Column *c, Column **own)
{
	if (c->type == COLUMN_TEXT)
		return c;
	*own = number_texts(c);
	return *own;
}

/* Joins two columns of texts: each pair of codes is written once. */
static Column *join_two(const Column *a, const Column *b, const char *separator)
{
	Column *ret = column_new(a->name, COLUMN_TEXT, a->rows, NULL);
	g_autoptr(GHashTable) seen = g_hash_table_new_full(g_int64_hash, g_int64_equal, g_free, NULL);
	for (size_t i = 0; i < a->rows; i++) {
		if (column_is_missing(a, i) || column_is_missing(b, i)) {
			column_set_missing(ret, i);
			continue;
		}
		int64_t pair = (int64_t)a->codes[i] << 32 | b->codes[i];
		void *code;
		if (!g_hash_table_lookup_extended(seen, &pair, NULL, &code)) {
			g_autofree char *text = g_strconcat(dictionary_text(a->dictionary, a->codes[i]), separator,
			        dictionary_text(b->dictionary, b->codes[i]), NULL);
			code = GUINT_TO_POINTER(dictionary_code(ret->dictionary, text, strlen(text)));
			g_hash_table_insert(seen, g_memdup2(&pair, sizeof pair), code);
		}
		ret->codes[i] = GPOINTER_TO_UINT(code);
	}
	return ret;
}

Column *category_join(const Frame *rows, const json_t *names, const char *separator, const char *name)
{
	g_autoptr(Column) joined = NULL;
	for (size_t k = 1; k < json_array_size(names); k++) {
		g_autoptr(Column) own_a = NULL;
		g_autoptr(Column) own_b = NULL;
		const Column *a = joined;
		if (!a)
			a = category_view(rows_find(rows, json_string_value(json_array_get(names, 0))), &own_a);
		const Column *b = category_view(rows_find(rows, json_string_value(json_array_get(names, k))), &own_b);
		Column *next = join_two(a, b, separator);
		column_free(joined);
		joined = next;
	}
	g_free(joined->name);
	joined->name = g_strdup(name);
	return g_steal_pointer(&joined);
}

const Column *category_of(const Frame *rows, const json_t *names, Column **own)
{
	if (json_array_size(names) == 1)
		return category_view(rows_find(rows, json_string_value(json_array_get(names, 0))), own);
	*own = category_join(rows, names, CATEGORY_SEPARATOR, "joined");
	return *own;
}

void category_keys_clear(CategoryKeys *k)
{
	dictionary_unref(k->texts);
	k->texts = NULL;
}

static uint32_t copy_code(Dictionary *into, const Dictionary *from, uint32_t code)
{
	const char *text = dictionary_text(from, code);
	return dictionary_code(into, text, strlen(text));
}

/* Codes stay what they were: they are given in the order of the texts. */
static void make_own(CategoryKeys *k)
{
	if (k->own)
		return;
	Dictionary *own = dictionary_new();
	for (uint32_t code = 0; code < dictionary_size(k->texts); code++)
		copy_code(own, k->texts, code);
	dictionary_unref(k->texts);
	k->texts = own;
	k->own = true;
}

static bool adopt(CategoryKeys *k, Dictionary *d)
{
	if (!k->texts)
		k->texts = dictionary_ref(d);
	return k->texts == d;
}

const uint32_t *category_keys_codes(CategoryKeys *k, const Column *c, uint32_t **own)
{
	if (adopt(k, c->dictionary))
		return c->codes;
	make_own(k);
	g_autofree uint32_t *map = g_new(uint32_t, MAX(dictionary_size(c->dictionary), 1u));
	for (uint32_t code = 0; code < dictionary_size(c->dictionary); code++)
		map[code] = CATEGORY_UNSEEN;
	uint32_t *ret = g_new0(uint32_t, MAX(c->rows, (size_t)1));
	for (size_t i = 0; i < c->rows; i++) {
		if (column_is_missing(c, i))
			continue;
		if (map[c->codes[i]] == CATEGORY_UNSEEN)
			map[c->codes[i]] = copy_code(k->texts, c->dictionary, c->codes[i]);
		ret[i] = map[c->codes[i]];
	}
	*own = ret;
	return ret;
}

uint32_t *category_keys_map(CategoryKeys *into, const CategoryKeys *from)
{
	if (!from->texts || adopt(into, from->texts))
		return NULL;
	make_own(into);
	uint32_t size = dictionary_size(from->texts);
	uint32_t *map = g_new(uint32_t, MAX(size, 1u));
	for (uint32_t code = 0; code < size; code++)
		map[code] = copy_code(into->texts, from->texts, code);
	return map;
}

uint32_t category_keys_size(const CategoryKeys *k)
{
	return k->texts ? dictionary_size(k->texts) : 0;
}

CategoryCounts *category_counts_new(void)
{
	CategoryCounts *c = g_new0(CategoryCounts, 1);
	c->counts = g_array_new(FALSE, TRUE, sizeof(uint64_t));
	return c;
}

void category_counts_free(CategoryCounts *c)
{
	if (!c)
		return;
	category_keys_clear(&c->keys);
	g_array_unref(c->counts);
	g_free(c);
}

static void make_room(GArray *counts, guint size)
{
	if (counts->len < size)
		g_array_set_size(counts, size);
}

void category_counts_add(CategoryCounts *counts, const Column *texts)
{
	g_autofree uint32_t *own = NULL;
	const uint32_t *codes = category_keys_codes(&counts->keys, texts, &own);
	make_room(counts->counts, category_keys_size(&counts->keys));
	uint64_t *count = (uint64_t *)(void *)counts->counts->data;
	for (size_t i = 0; i < texts->rows; i++)
		if (column_is_missing(texts, i))
			counts->missing++;
		else
			count[codes[i]]++;
	counts->rows += texts->rows;
}

void category_counts_merge(CategoryCounts *into, const CategoryCounts *from)
{
	g_autofree uint32_t *map = category_keys_map(&into->keys, &from->keys);
	make_room(into->counts, category_keys_size(&into->keys));
	for (guint code = 0; code < from->counts->len; code++)
		g_array_index(into->counts, uint64_t, map ? map[code] : code) +=
		        g_array_index(from->counts, uint64_t, code);
	into->missing += from->missing;
	into->rows += from->rows;
}

static bool as_number(const char *text, double *ret)
{
	char *end;
	*ret = g_ascii_strtod(text, &end);
	return end != text && !*end && isfinite(*ret);
}

static int by_text(const void *a, const void *b)
{
	return strcmp(((const Category *)a)->text, ((const Category *)b)->text);
}

static int by_number(const void *a, const void *b)
{
	double x = 0, y = 0;
	as_number(((const Category *)a)->text, &x);
	as_number(((const Category *)b)->text, &y);
	return x < y ? -1 : x > y ? 1 : by_text(a, b);
}

void categories_sort(Category *categories, size_t count)
{
	bool numbers = true;
	double value;
	for (size_t i = 0; i < count && numbers; i++)
		numbers = as_number(categories[i].text, &value);
	if (count)
		qsort(categories, count, sizeof *categories, numbers ? by_number : by_text);
}

GArray *category_counts_sorted(const CategoryCounts *c, uint64_t min_count)
{
	GArray *ret = g_array_new(FALSE, FALSE, sizeof(Category));
	for (guint code = 0; code < c->counts->len; code++) {
		uint64_t count = g_array_index(c->counts, uint64_t, code);
		Category one = {NULL, code, count};
		if (count == 0 || count < min_count)
			continue;
		one.text = dictionary_text(c->keys.texts, code);
		g_array_append_val(ret, one);
	}
	categories_sort((Category *)(void *)ret->data, ret->len);
	return ret;
}

/* During the cut `code` is the place in the order, to break ties and to go back to it. */
static int by_count(const void *a, const void *b)
{
	const Category *x = a, *y = b;
	if (x->count != y->count)
		return x->count > y->count ? -1 : 1;
	return x->code < y->code ? -1 : x->code > y->code;
}

static int by_place(const void *a, const void *b)
{
	const Category *x = a, *y = b;
	return x->code < y->code ? -1 : x->code > y->code;
}

void categories_keep_frequent(GArray *categories, size_t most)
{
	if (categories->len <= most)
		return;
	for (guint i = 0; i < categories->len; i++)
		g_array_index(categories, Category, i).code = i;
	qsort(categories->data, categories->len, sizeof(Category), by_count);
	g_array_set_size(categories, (guint)most);
	if (most)
		qsort(categories->data, most, sizeof(Category), by_place);
}

json_t *categories_json(const GArray *categories)
{
	json_t *list = json_array();
	for (guint i = 0; i < categories->len; i++)
		json_array_append_new(list, json_text(g_array_index(categories, Category, i).text));
	return list;
}

bool categories_load(const json_t *list, Dictionary **ret, GError **error)
{
	g_autoptr(Dictionary) known = dictionary_new();
	size_t i;
	json_t *text;
	if (!json_is_array(list))
		return fail(error, FAIL_BROKEN, "the list of categories is missing");
	json_array_foreach (list, i, text)
		if (!json_is_string(text) ||
		        dictionary_code(known, json_string_value(text), json_string_length(text)) != i)
			return fail(error, FAIL_BROKEN, "category %zu is no text or is there twice", i);
	*ret = g_steal_pointer(&known);
	return true;
}

static uint32_t find_one(const Dictionary *known, const Dictionary *texts, uint32_t code)
{
	const char *text = dictionary_text(texts, code);
	uint32_t place;
	return dictionary_find(known, text, strlen(text), &place) ? place : (uint32_t)CATEGORY_UNSEEN;
}

/* A whole dictionary is looked up at once when it is the smaller: rows then cost one array access each. */
void categories_find(const Dictionary *known, const Column *texts, uint32_t *ret)
{
	uint32_t size = dictionary_size(texts->dictionary);
	g_autofree uint32_t *map = size <= texts->rows ? g_new(uint32_t, size + 1) : NULL;
	for (uint32_t code = 0; map && code < size; code++)
		map[code] = find_one(known, texts->dictionary, code);
	for (size_t i = 0; i < texts->rows; i++) {
		if (column_is_missing(texts, i))
			ret[i] = CATEGORY_MISSING;
		else
			ret[i] = map ? map[texts->codes[i]] : find_one(known, texts->dictionary, texts->codes[i]);
	}
}
