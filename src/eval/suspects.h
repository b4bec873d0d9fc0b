/* suspects.h: rows whose label is probably wrong: the model is sure of another class, on rows it never learnt from.
 *
 * Confident learning (Northcutt, Jiang and Chuang 2021, doi:10.1613/jair.1.12125): the threshold of a class is the mean score that its
 * own rows give it; a row is suspect when the likeliest of the classes above their thresholds is not its label.
 *
 * {"rows": how many suspects, "share", "thresholds": {class: threshold}, "pairs": [{"label", "likely", "rows"}] most first,
 *  "worst": [{"row": {column: value}, "label", "likely", "score": of the likely class, "own": of the label}] surest first} */
#pragma once

#include "eval/errors.h"

bool suspects_of(const Mistakes *m, json_t **ret, GError **error);
