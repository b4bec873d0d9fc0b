/* origins.h: which columns of the data each feature is made of.
 *
 * Found by watching the recipe at work on a frame of no rows: what a transform adds is made of what it reads, and so of what
 * that was made of.  So no transform has to say it, and one written later cannot get it wrong. */
#pragma once

#include "feature/recipe.h"

typedef struct Origins {
	size_t features, columns;
	char **names;     /* columns: the recipe's inputs; NULL-ended */
	uint32_t *start;  /* features + 1 */
	uint32_t *column; /* of feature f: column[start[f]] … column[start[f + 1] - 1], rising */
} Origins;

bool recipe_origins(const Recipe *r, Origins **ret, GError **error);
void origins_free(Origins *o);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Origins, origins_free)
