/* constraints.h: what trees may do with features, named by the user, in XGBoost's words.  Names may be patterns (* and ?), as in
 * the features block. */
#pragma once

#include <jansson.h>

#include "model/view.h"

/* What both of the next need of the names, whatever the view: each is or matches a feature of x. */
bool constraints_check(const Matrix *x, const json_t *monotone, const json_t *interactions, GError **error);
/* {"distance": 1, "age*": -1} becomes "(1,0,-1,...)", a number for each column of the view; NULL: nothing is asked for. */
bool constraints_monotone(const View *view, const Matrix *x, const json_t *given, char **ret, GError **error);
/* [["a", "b*"], ["c"]] becomes "[[0,1],[2],...]". */
bool constraints_interactions(const View *view, const Matrix *x, const json_t *given, char **ret, GError **error);
