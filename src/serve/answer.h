/* answer.h: predictions as JSON, in Gyre's own words: what its API and its library answer. */
#pragma once

#include "serve/explanation.h"

/* [{"prediction": label or number, "probabilities": {label: number...} (classes only), "explanation": {...} (where asked for)}
 * ...].  explained: NULL, or with `all` NULL: none. */
void answer_write(const Scores *s, const Explanations *explained, GString *to);
