/* slices.h: where a model fails: conjunctions of one or two literals whose rows have a larger loss than the rest.
 *
 * Chung et al., "Automated Data Slicing for Model Validation" (ICDE 2019): effect size phi = sqrt(2) (mean in - mean out) /
 * sqrt(var in + var out), and a Welch test, here corrected for all slices looked at (Benjamini-Hochberg).  Columns are cut
 * into at most 12 values: texts by frequency, numbers at quantiles, times by hour of day, weekday or month. */
#pragma once

#include "data/engine.h"

/* A column as a few values: a code per row (SLICE_NONE: in no slice) and how each code reads. */
typedef struct Facet {
	char *column;
	uint8_t *codes;
	size_t values;
	char **literals;    /* "origin = ORD", "distance > 1200" */
	json_t *conditions; /* [{"column","op","value"}...], one list a value */
} Facet;

#define SLICE_VALUES 12
#define SLICE_NONE 255

void facet_free(Facet *f);
/* Cuts every column but `leave_out` (NULL-ended) of the rows into facets: array of Facet *, freed with it. */
GPtrArray *facets_of(const Frame *rows, const char *const *leave_out);

/* {"tried", "overall", "worst": [...]} as eval/evaluate.h tells, without "metric"; at most `most` slices.  loss: one a row.
 * ret_rows: for each slice of "worst" a byte a row (1: in it); array freed with g_ptr_array_unref; may be NULL. */
json_t *slices_find(const GPtrArray *facets, const double *loss, size_t rows, size_t most, GPtrArray **ret_rows);
