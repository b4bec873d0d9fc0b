/* trees_mean.h: what families have in common whose answer is the mean of many trees that know nothing of each other. */
#pragma once

#include "model/family.h"
#include "model/grow.h"
#include "model/labels.h"

typedef struct TreesMean {
	const TrainSet *set;
	const json_t *params; /* of the family, filled */
	LabelScale scale;     /* of the labels */
	uint32_t trees;
} TreesMean;

/* Grows them. */
typedef bool (*TreesMeanGrow)(const TreesMean *wanted, Trees **ret, GError **error);

bool trees_mean_train(TreesMeanGrow grow, const TrainSet *set, const json_t *params, void **ret_model, GError **error);

/* Fresh trees, a share of all, take the places of the oldest: the model keeps its size, and after 1 / share updates nothing old is left. */
bool trees_mean_update(TreesMeanGrow grow, const void *model, const UpdateSet *set, void **ret_model, GError **error);

/* Where trees are grown by grow.h: the rows they see, at least one, with at least one feature; and the model made of them. */
bool trees_mean_rows(const TreesMean *wanted, GrowRows **ret, GError **error);
bool trees_mean_of(const TreesMean *wanted, GrownTree *const *trees, size_t count, Trees **ret, GError **error);
