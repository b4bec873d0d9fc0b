/* recipe.h: the fitted transforms in their order: raw columns in, features out.
 *
 * As JSON: {"inputs": [{"name","type"}...] raw columns it needs, "transforms": [{"transform", "params": {...},
 * "place": "features[0]"|"default", "state": {...}, "cross": [members of the state without each inner fold, ...]
 * (training only; stripped from bundles)}...], "features": ["distance", "origin=ABE", ...], "seed" (of the inner folds;
 * training only)}.
 *
 * "kinds" is there when features are categories: {"origin_category": {"categories": 229, "twins": ["origin_mean",
 * "origin_count"], "asides": ["origin_mean"]}}: how many, which numbers are made of the same column, and which of those for views only
 * (where there are any).  These features stand last, and before them the asides.
 *
 * Features are all columns of numbers there are in the end, in this order, but for the roles below and for columns
 * something else was made of ("consumed": one-hot encoded, dated, ...).  NaN stands for missing, and infinities become
 * it. */
#pragma once

#include <glib.h>
#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/param.h"
#include "data/frame.h"
#include "feature/matrix.h"

/* Checks `features` (the block of gyre.yaml, may be NULL), resolves its patterns, makes one transform a column where
 * columns are independent, and adds transforms by column type (feature/defaults.h) for whatever it leaves unnumeric:
 * times become date_parts, texts one_hot (few values) or target_mean and count (many), booleans and numbers stay.
 * distinct: {"rows": n, "columns": {name: {"distinct": n, "missing": n} (texts), {"days": span, "hours", "minutes":
 * bools: do times of the day differ, and within the hour} (times)}} as the features step counts it; parts may be
 * absent.
 * Gives the full list of {"transform", "columns", ...params, "place": "features[0]"|"default", "note" (why, by
 * default)}. */
bool recipe_plan(const json_t *features, const json_t *schema, const json_t *roles, const json_t *distinct,
        json_t **ret, GError **error);

/* Checks the block and reports every problem with its path ("features[1].columns").  path: where the block stands.
 * schema NULL: only kinds and settings are checked, not columns. */
bool recipe_validate(const json_t *features, const json_t *schema, const json_t *roles, const char *path,
        ParamReport *report, void *context);

/* roles: {"task": "classification"|"regression", "target": name, "classes": [labels as text, in order]
 * (classification),
 *         "time": name|null, "drop": [names], "key": [names], "group": name|null, "weight": name|null}
 * target, drop, weight, group and columns named _gyre_* are never features, nor may transforms read them; time (if it
 * is a column of numbers) only through transforms. */

/* A source of training rows that can be read from the start any number of times: frames with the raw columns, the
 * target and _gyre_row (int64, the row's number in the data). */
typedef struct RowSource {
	bool (*start)(void *context, GError **error);
	bool (*next)(void *context, Frame **ret, GError **error); /* *ret, given away, is NULL at the end */
	void *context;
} RowSource;

/* Fits the transforms of `plan` in order, in as few passes as their dependence allows. */
bool recipe_fit(const json_t *plan, const json_t *schema, const json_t *roles, RowSource *rows, uint64_t seed,
        json_t **ret, GError **error);

typedef struct Recipe Recipe;
bool recipe_load(const json_t *recipe, Recipe **ret,
        GError **error); /* immutable afterwards: any number of threads may apply it */
void recipe_free(Recipe *r);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Recipe, recipe_free)
size_t recipe_features(const Recipe *r);
const FeatureKind *recipe_kinds(const Recipe *r); /* of the features; NULL: all are numbers; borrowed */
const char *const *recipe_feature_names(const Recipe *r);
const json_t *recipe_inputs(const Recipe *r); /* schema-like: {"columns": [...]}; borrowed */

/* Turns rows (conformed to recipe_inputs; consumed: columns change) into features at into[0 .. rows*features). */
bool recipe_apply(const Recipe *r, Frame *rows, float *into, GError **error);
/* The same for the rows the recipe was fitted on: cross-fitted values for transforms that see the target. Needs
 * _gyre_row. */
bool recipe_apply_training(const Recipe *r, Frame *rows, float *into, GError **error);

/* Without "cross": what a bundle keeps.  New reference. */
json_t *recipe_strip(const json_t *recipe);

/* The artifact of the features step: {"roles", "plan", "folds": [recipe...], "final": recipe, "features": [names of
 * final's]}. */
bool recipes_read(const char *path, json_t **ret, GError **error);

/* Class indices, or numbers, of the target column under the roles; a label that is not among the classes is -1, a
 * missing or infinite target NaN. ret: rows doubles. */
bool target_values(const Frame *rows, const json_t *roles, double *ret, GError **error);
/* The weights of rows (rows->rows numbers); FAIL_INVALID for one that is below 0 or above LIMIT_WEIGHT. */
bool weight_values(const Column *weights, double *ret, GError **error);
