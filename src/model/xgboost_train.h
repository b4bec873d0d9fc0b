/* xgboost_train.h: one training by XGBoost, from features and labels to flat trees. */
#pragma once

#include <glib.h>
#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "model/family.h"
#include "model/trees.h"
#include "model/view.h"

/* A loss of our own: of a row's margin and label, with its first two derivatives by the margin. */
typedef struct XgboostLoss {
	double parameter;
	double (*value)(double parameter, double margin, double label);
	void (*slopes)(double parameter, double margin, double label, float *ret_first, float *ret_second);
} XgboostLoss;

typedef struct XgboostJob {
	const TrainSet *set;
	const View *view;       /* of its features; NULL: all, as numbers */
	const json_t *settings; /* {"eta": 0.1, ...}: XGBoost's own parameters, beside those below */
	const char *objective;
	double base_score;       /* what its margins begin at, in the objective's own terms */
	const XgboostLoss *loss; /* instead of the objective's and of `watched`; NULL: theirs */
	bool drops_trees;        /* DART */
	uint32_t groups;         /* margins a row */
	uint32_t parallel;       /* trees a round and group */
	unsigned rounds;         /* at most */
	unsigned patience;       /* stop when so many rounds have not improved `watched`; 0: never */
	const char *watched;     /* XGBoost's name of a metric */
	bool watched_grows;
	const float *labels, *valid_labels; /* rows x label_columns */
	const float *margins; /* rows x groups: where the rows' margins begin instead; NULL: at base_score */
	uint32_t label_columns;
	int max_bin;    /* fewer in wide tables */
	TreesLink link; /* of the trees made, with shift and scale */
	double shift, scale;
} XgboostJob;

/* ret: the trees of the best rounds; ret_rounds: how many those are. */
bool xgboost_train(const XgboostJob *job, Trees **ret, unsigned *ret_rounds, GError **error);
/* What other trainings on the same rows would make of them too: ModelFamily.prepare for such a job; its labels are not looked at. */
bool xgboost_prepare(const XgboostJob *job, bool make, Prepared *ret, GError **error);

/* Flat trees from a model saved as UBJSON, the first `count` of it. */
bool trees_from_ubj(const void *bytes, size_t size, const XgboostJob *job, uint32_t count, Trees **ret, GError **error);
