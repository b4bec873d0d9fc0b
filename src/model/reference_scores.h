/* reference_scores.h: what a model said of rows it had not seen: "scores" of a bundle's reference (model/reference.h). */
#pragma once

#include <jansson.h>

#include "stats/metric.h"

/* s: scores and what they are of (its y is not looked at); labels: JSON texts, one a class, NULL for numbers; threshold: from which
 * probability on a row is decided positive, two classes. */
json_t *reference_scores(const Scored *s, const json_t *labels, double threshold);
