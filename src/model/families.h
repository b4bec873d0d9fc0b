/* families.h: the families there are, one file each; family.c lists them. */
#pragma once

#include "model/family.h"

extern const ModelFamily FAMILY_BASELINE;    /* the honest zero: what can be said without looking at a row */
extern const ModelFamily FAMILY_LINEAR;      /* logistic and multinomial regression, ridge */
extern const ModelFamily FAMILY_TREE;        /* one readable tree */
extern const ModelFamily FAMILY_FTRL;        /* linear, row by row */
extern const ModelFamily FAMILY_NAIVE_BAYES; /* Gaussian naive Bayes */
extern const ModelFamily FAMILY_SVM;         /* support vector machines */
extern const ModelFamily FAMILY_KNN;         /* nearest neighbours */
extern const ModelFamily FAMILY_FOREST;      /* random forest */
extern const ModelFamily FAMILY_EXTRA_TREES; /* trees with random thresholds */
extern const ModelFamily FAMILY_MLP;         /* a small neural network */
extern const ModelFamily FAMILY_BOOSTED;     /* gradient boosted trees */
extern const ModelFamily FAMILY_LIGHTGBM;    /* gradient boosted trees by LightGBM */
extern const ModelFamily FAMILY_COMMAND;     /* the user's own program */
extern const ModelFamily FAMILY_ONNX;        /* a model that exists already */
extern const ModelFamily FAMILY_ENSEMBLE;    /* several models as one */
