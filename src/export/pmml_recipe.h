/* pmml_recipe.h: a recipe as derived fields of PMML. */
#pragma once

#include "export/lower.h"
#include "export/pmml.h"

/* Fields for all steps, and one in float32 for each feature, whose names are added to p->features.  FAIL_INVALID where XML has no character
 * for a text's. */
bool pmml_recipe(Pmml *p, const Lowered *l, GError **error);
