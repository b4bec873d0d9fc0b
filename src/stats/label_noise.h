/* label_noise.h: labels that the rest of the data contradicts, by confident learning.
 *
 * Northcutt, Jiang and Chuang 2021 (doi:10.1613/jair.1.12125): class j is claimed for a row when its probability is at least what
 * rows labelled j get on average, of several such classes the most probable.  Rows whose claim is not their label are suspects;
 * the claims per label, brought to the labels' own counts, estimate how many labels are wrong.
 *
 * It cannot tell a wrong label from a row that is hard: where classes overlap, the share is an upper estimate. */
#pragma once

#include "stats/metric.h"

typedef struct LabelSuspect {
	uint32_t row, suggested;   /* suggested: class index */
	double confidence, margin; /* probability of the suggested class; of it less that of the label */
} LabelSuspect;

typedef struct LabelNoise {
	double share; /* of the rows, NaN without any claim */
	LabelSuspect *suspects;
	size_t count; /* largest margin first, then by row */
} LabelNoise;

/* s: classification, probabilities by models that have not learned from the row (out of fold).  Rows count by weight in the
 * share. */
LabelNoise *label_noise(const Scored *s);
void label_noise_free(LabelNoise *n);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(LabelNoise, label_noise_free)
