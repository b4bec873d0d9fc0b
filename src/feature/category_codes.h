/* category_codes.h: categories as their places in a list that was learnt: what ordinal and category have in common.
 *
 * They differ in which categories are in the list, and in what the new column is called: COLUMN and a suffix. */
#pragma once

#include "feature/transform.h"

/* Members of a TransformKind. */
bool category_codes_apply(const void *context, Frame *rows, GError **error);
void category_codes_compile(const void *context, RowCompiler *to);
void category_codes_free(void *context);

/* For its `load`; state: {"categories": [texts]}. */
bool category_codes_load(const json_t *params, const json_t *state, const char *suffix, void **ret, GError **error);
