/* ensemble_layer.h: a model as the layer of an ensemble: it learns from what the members say and from the features themselves, so it
 * may trust one member here and another there.
 *
 * A row as it sees it has in front, for each input, what is said: the log odds of two classes, the logarithms of the shares of more (of
 * probabilities raised to at least ENSEMBLE_LEAST), the number; behind that the features, categories last as ever. */
#pragma once

#include "model/family.h"

typedef struct EnsembleLayer {
	const ModelFamily *family; /* NULL: the layer is weights, or none */
	void *model;
} EnsembleLayer;

void ensemble_layer_clear(EnsembleLayer *l);

size_t ensemble_front(size_t outputs); /* columns of one input */

/* Rows to be seen.  said: of each input, what it says of the rows of x: rows x outputs. */
typedef struct EnsembleRows {
	Matrix x;
	FeatureKind *kinds;
} EnsembleRows;
void ensemble_rows_make(const double *const *said, size_t inputs, size_t outputs, const Matrix *x, EnsembleRows *ret);
void ensemble_rows_clear(EnsembleRows *r);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(EnsembleRows, ensemble_rows_clear)

/* settings: {"family", "params"}.  set: the rows' task, targets, weights; its x is not looked at.  FAIL_INVALID for a family that cannot
 * be a layer. */
bool ensemble_layer_train(
        const TrainSet *set, const EnsembleRows *rows, const json_t *settings, EnsembleLayer *ret, GError **error);

/* What the features contribute: the layer's own, and what it makes of an input is shared among the features as they moved that input
 * (Chen, Lundberg and Lee, doi:10.1038/s41467-022-31384-3); an input that hardly moved, by the sizes of its parts.  inputs: contributions of each
 * to what the layer sees of it, for the same rows. */
bool ensemble_layer_contribute(const EnsembleLayer *l, const EnsembleRows *rows, Contributions *const *inputs,
        size_t count, Contributions **ret, GError **error);
