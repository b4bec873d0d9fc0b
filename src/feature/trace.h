/* trace.h: a recipe's insides, for those who ask what its features are made of. */
#pragma once

#include "feature/recipe.h"

/* Borrowed from the recipe. */
typedef struct RecipeTrace {
	const GPtrArray *links; /* of Link *, feature/chain.h */
	const json_t *inputs;   /* [{"name","type"}...] */
	const char *const *names;
	size_t features;
} RecipeTrace;

RecipeTrace recipe_trace(const Recipe *r);
