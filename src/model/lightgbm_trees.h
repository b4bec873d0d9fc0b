/* lightgbm_trees.h: LightGBM's model, as it writes it down, turned into flat trees. */
#pragma once

#include "model/trees.h"
#include "model/view.h"

typedef struct LightgbmForm {
	const View *view; /* whose features the model speaks of */
	uint32_t columns; /* of the whole matrix */
	uint32_t groups;  /* margins a row */
	TreesLink link;
	double shift, scale;
} LightgbmForm;

/* text: of LGBM_BoosterSaveModelToString.  FAIL_BROKEN: a form that is not known. */
bool trees_from_lightgbm(const char *text, const LightgbmForm *form, Trees **ret, GError **error);
