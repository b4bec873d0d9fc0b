/* bundle.h: one artifact that predicts: schema, recipe, model, threshold, reference profile and where it all came from.
 *
 * The file:  "GYREBUNDLE 1\n"  u64 length of the header (little-endian)  header (canonical JSON)  parts, each at a multiple
 * of 64.  The header's "parts": {"model": {"offset","size"}, ...} with offsets from the file's start.  Nothing in it depends
 * on when, where or by whom it was made: same inputs and seed, same bytes.
 *
 * Header: {"format": 1, "project", "roles" (feature/recipe.h), "positive": label|null, "schema", "recipe", "family",
 * "params", "calibration": null or absent, or as stats/calibration.h, "threshold": number|null (binary: positive when probability >= threshold), "metrics": {"valid": {...}},
 * "rows", "weight_scale": what row weights are multiplied by before it learns from them (absent: 1), "reference": {"target": {"priors": [share of each class of the training rows]} | {"mean", "sd"}, ...} profile of features
 * and scores for drift, "provenance": {"train_digest", "recipe_digest", "seed",
 * "gyre"}, "parts"}.  Parts: "model", as its family saves it, and "sample" (may be absent): Parquet of at most
 * 2,000 training rows, the model's inputs, chosen by a hash. */
#pragma once

#include <glib.h>
#include <jansson.h>
#include <stdbool.h>

#include "data/frame.h"
#include "feature/origins.h"
#include "feature/row.h"
#include "model/family.h"

typedef struct Bundle Bundle;

/* header without "format" and "parts"; borrowed. */
bool bundle_write(const char *path, const json_t *header, GBytes *model, GError **error);
/* The same with a small sample of the training rows as Parquet, for looks that need rows (monitor/look_multivariate.c). */
bool bundle_write_with(const char *path, const json_t *header, GBytes *model, GBytes *sample, GError **error);

/* Immutable once loaded: any number of threads may predict. */
bool bundle_load(const char *path, Bundle **ret, GError **error);
bool bundle_load_bytes(GBytes *bytes, const char *name_in_errors, Bundle **ret, GError **error);
void bundle_free(Bundle *b);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Bundle, bundle_free)

/* The file it was loaded from, byte for byte. */
bool bundle_to_bytes(const Bundle *b, GBytes **ret, GError **error);

const json_t *bundle_header(const Bundle *b);
bool bundle_classifies(const Bundle *b);
GBytes *bundle_sample(const Bundle *b);                                    /* borrowed; NULL: it has none */
const void *bundle_model(const Bundle *b, const ModelFamily **ret_family); /* borrowed */
size_t bundle_outputs(const Bundle *b);
size_t bundle_classes(const Bundle *b);              /* 0 for regression */
const char *bundle_class(const Bundle *b, size_t i); /* label as in the data */
int bundle_positive(const Bundle *b);                /* class index of the positive class; -1 unless binary */

/* Scores rows: frame_conform to the bundle's inputs, recipe, model, calibration.  rows is consumed.  ret: rows x outputs.  Columns that
 * are not there are an error naming all of them; unseen categories and missing values are what the transforms define. */
bool bundle_predict(const Bundle *b, Frame *rows, double *ret, GError **error);
/* The same without a table, for rows of values of the recipe's inputs (feature/row.h), a row after the other.  Only of a bundle
 * whose recipe could be compiled: all can whose transforms have a compile. */
bool bundle_is_compiled(const Bundle *b);
bool bundle_predict_rows(const Bundle *b, const RowValue *values, size_t rows, double *ret, GError **error);
/* The same from ready features (rows x features), as bundle_features makes them: with their kinds, which the bundle owns. */
bool bundle_predict_matrix(const Bundle *b, const Matrix *x, double *ret, GError **error);
bool bundle_features(const Bundle *b, Frame *rows, Matrix **ret, GError **error);
/* As bundle_predict_matrix, by another model of the same family in its place. */
bool bundle_predict_model(const Bundle *b, const void *model, const Matrix *x, double *ret, GError **error);

/* Probabilities of rows through the bundle's calibration, in place; as they are where it has none. */
void bundle_calibrate(const Bundle *b, double *scores, size_t rows);

/* What the model itself says of its features' weight: one a feature, summing to 1.  FAIL_NOT_FOUND: the family says nothing. */
bool bundle_importance(const Bundle *b, double *ret, GError **error);

/* What each feature contributes to the model's margins, before calibration (model/contributions.h); FAIL_NOT_FOUND where the
 * family cannot tell.  And the columns each feature is made of. */
bool bundle_contribute(const Bundle *b, const Matrix *x, Contributions **ret, GError **error);
bool bundle_contribute_asks(const Bundle *b); /* ModelFamily.contribute_asks */
bool bundle_origins(const Bundle *b, Origins **ret, GError **error);

/* The model as rules, one a leaf of its tree, with the names of features and the scores by output.  FAIL_NOT_FOUND: the family
 * has none. */
bool bundle_rules(const Bundle *b, json_t **ret, GError **error);

/* The class decided on from one row's scores: by threshold in the binary case, else the largest (first of equals). */
size_t bundle_decide(const Bundle *b, const double *scores);
