/* tree_params.h: what families of trees have in common: knobs that mean the same wherever they stand, and the functions of a model that is
 * a Trees.  Presets and what a search draws from are each family's own. */
#pragma once

#include "base/param.h"
#include "model/trees.h"
#include "model/view.h"

#define TREE_PARAM_TREES                                                                     \
	{                                                                                    \
		.name = "trees", .type = PARAM_INT, .preset = "100", .min = 1, .max = 10000, \
		.help = "trees whose answers are averaged"                                   \
	}

/* preset_: text; from, to: what a search draws from. */
#define TREE_PARAM_LEAF_ROWS(preset_, from, to)                                                          \
	{                                                                                                \
		.name = "min_child_weight", .type = PARAM_REAL, .preset = preset_, .min = 0, .max = 1e9, \
		.flags = PARAM_TUNABLE | PARAM_LOG, .tune_min = from, .tune_max = to,                    \
		.help = "rows (their weight) in a leaf, at least"                                        \
	}

#define TREE_PARAM_BINS(preset_)                                                                 \
	{                                                                                        \
		.name = "max_bin", .type = PARAM_INT, .preset = preset_, .min = 2, .max = 65535, \
		.help = "steps into which each feature's values are sorted, at most"             \
	}

#define TREE_PARAM_VIEW(preset_)                                                                                      \
	{                                                                                                             \
		.name = "view", .type = PARAM_TEXT, .preset = preset_, .choices = VIEW_NAMES, .flags = PARAM_TUNABLE, \
		.help = VIEW_HELP                                                                                     \
	}

/* Of a ModelFamily. */
#define TREES_FUNCTIONS                                                                                         \
	.predict = trees_model_predict, .save = trees_model_save, .load = trees_model_load,                     \
	.contribute = trees_model_contribute, .importance = trees_model_importance, .shape = trees_model_shape, \
	.form = trees_model_form, .free = trees_model_free
