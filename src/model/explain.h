/* explain.h: why a bundle answers as it does, row by row and by the columns the user knows.
 *
 * The model's contributions of features (model/contributions.h) are folded back to the columns of the data they were made
 * from: all columns of a one-hot encoding, a mean of the target, the parts of a date count for their column.  A feature made
 * of several columns (a cross, a ratio) is shared evenly among them.  They add up to the margin, what the model says before its
 * probabilities are calibrated; or, on the scale of the scores, to the score. */
#pragma once

#include "model/bundle.h"
#include "model/contributions.h"

typedef struct Explainer Explainer;

/* Borrows the bundle.  FAIL_NOT_FOUND: models of its family cannot tell.  Immutable: any number of threads may explain. */
bool explainer_new(const Bundle *b, Explainer **ret, GError **error);
void explainer_free(Explainer *e);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Explainer, explainer_free)

const char *const *explainer_columns(const Explainer *e); /* NULL-ended */

/* By column, of rows that are consumed.  Two classes: one margin, turned to the positive class.  on_scores: on the scale of
 * the scores instead of the model's own, calibrated: base and margin are, and what lies between is shared as before. */
bool explainer_contributions(const Explainer *e, Frame *rows, bool on_scores, Contributions **ret, GError **error);

/* One row: {"prediction": label or number, "score": of the class told about, "class", "scale", "base", "margin",
 * "contributions": {column: number}, largest first}; "score" and "class" for classes only.  scores: of the row, as
 * bundle_predict gives them; class: the one to tell about, -1: the positive one of two, else the one decided on. */
json_t *explainer_row(const Explainer *e, const Contributions *c, size_t row, const double *scores, int class);
