/* category_fit.h: learning which categories one column has and how often: what one_hot, ordinal and count have in
 * common. */
#pragma once

#include "feature/categories.h"

typedef struct CategoryFit {
	json_t *params;
	CategoryCounts *counts;
} CategoryFit;

/* Members of a TransformKind. */
bool category_fit_begin(const json_t *params, void **ret_fit, GError **error);
bool category_fit_absorb(void *context, const Frame *rows, const double *target, GError **error);
bool category_fit_merge(void *into, const void *from, GError **error);
void category_fit_free(void *context);
