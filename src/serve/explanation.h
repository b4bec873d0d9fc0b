/* explanation.h: what each column of a request's rows contributes to their scores, for answers that are asked to tell. */
#pragma once

#include "model/contributions.h"
#include "serve/predict.h"

typedef struct Explanations {
	const Scores *scores;
	Contributions *all; /* on the scale of the scores; owned; NULL: none were asked for */
} Explanations;

/* FAIL_INVALID when models of this family cannot tell; FAIL_LIMIT for more rows than LIMIT_EXPLAINED_REQUEST.  To be asked before rows
 * are predicted where they are logged, for what is predicted is logged as answered. */
bool explanations_allowed(const Batch *b, GError **error);
/* Only of rows that are allowed; else the same errors. */
bool explanations_make(const Batch *b, const Scores *s, Explanations *ret, GError **error);
void explanations_clear(Explanations *x);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Explanations, explanations_clear)

/* {"class", "score", "scale", "base", "margin", "contributions": {column: number, the largest first}}: base and contributions
 * add up to the score.  Classes only: "class" (of two the positive one, else the one decided on) and "score", its probability. */
void explanation_write(const Explanations *x, size_t row, GString *to);
