/* predict.h: scores of a request's rows. */
#pragma once

#include "serve/batch.h"

typedef struct Scores {
	const Served *served;
	size_t rows;
	double *values; /* rows x served->outputs; owned */
} Scores;

/* The batch keeps its rows. */
bool serve_predict(const Batch *b, Scores *ret, GError **error);
void scores_clear(Scores *s);

/* Of row i: the score itself for a regression, else the decided class. */
static inline const double *scores_row(const Scores *s, size_t i)
{
	return s->values + i * s->served->outputs;
}
const char *scores_label(const Scores *s, size_t i); /* NULL for a regression */
