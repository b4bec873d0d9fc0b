/* categories.h: columns whose values are names of kinds: seen as texts, counted, ordered and looked up.
 *
 * Any column can be one: its values' texts (column_text) are the categories, missing and NaN are missing.  Categories
 * have one total order everywhere: by value if all are finite numbers, else by bytes. */
#pragma once

#include <glib.h>
#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "data/frame.h"

enum { CATEGORY_MISSING = UINT32_MAX, CATEGORY_UNSEEN = UINT32_MAX - 1 };

/* The column as texts: itself if it is of text, else a new one, which *own then holds for freeing. */
const Column *category_view(const Column *c, Column **own);

/* One column of the texts of several, with the separator between; missing where any is missing. */
Column *category_join(const Frame *rows, const json_t *names, const char *separator, const char *name);
#define CATEGORY_SEPARATOR "\x1f" /* hardly any data contains it */
/* The categories of params.columns: of one column, or of several joined by CATEGORY_SEPARATOR.
 * *own: to be freed. */
const Column *category_of(const Frame *rows, const json_t *names, Column **own);

/* Numbers for the categories seen while learning.  The first dictionary that comes is shared, so that its codes serve
 * as they are; only when a second one comes a dictionary of our own is made. */
typedef struct CategoryKeys {
	Dictionary *texts;
	bool own;
} CategoryKeys;
void category_keys_clear(CategoryKeys *k);
/* Codes under `k` of the column's rows (its own array, or *own); missing rows have any code. */
const uint32_t *category_keys_codes(CategoryKeys *k, const Column *c, uint32_t **own);
/* Codes under `into` of all codes of `from`; NULL: the same. */
uint32_t *category_keys_map(CategoryKeys *into, const CategoryKeys *from);
uint32_t category_keys_size(const CategoryKeys *k);

/* How often each category was seen. */
typedef struct CategoryCounts {
	CategoryKeys keys;
	GArray *counts; /* of uint64_t by code; may be shorter than the dictionary */
	uint64_t missing, rows;
} CategoryCounts;
CategoryCounts *category_counts_new(void);
void category_counts_free(CategoryCounts *c);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(CategoryCounts, category_counts_free)
void category_counts_add(CategoryCounts *counts, const Column *texts);
void category_counts_merge(CategoryCounts *into, const CategoryCounts *from);

typedef struct Category {
	const char *text; /* borrowed from the dictionary */
	uint32_t code;
	uint64_t count;
} Category;
/* The categories seen at least `min_count` times, in their order.  An array of Category. */
GArray *category_counts_sorted(const CategoryCounts *c, uint64_t min_count);
void categories_sort(Category *categories, size_t count);
/* Keeps the `most` most frequent (of equals the first in order), in order. */
void categories_keep_frequent(GArray *categories, size_t most);

/* Categories known when a transform is applied: code = place in the list.  Constant, so any number of threads may
 * look. */
bool categories_load(const json_t *list, Dictionary **ret, GError **error);
/* The place of each row's category, or CATEGORY_MISSING or _UNSEEN; ret: rows. */
void categories_find(const Dictionary *known, const Column *texts, uint32_t *ret);
json_t *categories_json(const GArray *categories);
