/* labels.h: targets as the tree families learn them: float32, numbers moved to mean 0 and standard deviation 1.
 *
 * XGBoost 1.7 begins regression at 0.5 whatever the target; on a moved target it begins at the mean.  Scaling makes penalties
 * that count in squares of the target (gamma, alpha) mean the same for metres and for dollars, and float32 enough. */
#pragma once

#include "model/family.h"

typedef struct LabelScale {
	double shift, scale; /* number = shift + scale * label */
} LabelScale;

LabelScale label_scale(const TrainSet *set); /* classification: 0, 1 */
/* rows floats; free with g_free. */
float *labels_scaled(const double *y, size_t rows, LabelScale by);
/* rows x classes: 1 in the column of the row's class. */
float *labels_spread(const double *y, size_t rows, size_t classes);
