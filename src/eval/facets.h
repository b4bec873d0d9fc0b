/* facets.h: columns cut into a few values that people would name. */
#pragma once

#include "data/engine.h"

/* A column as a few values: a code per row (SLICE_NONE: in no slice), how each code reads, and how the engine tests for it. */
typedef struct Facet {
	char *column;
	char *sql; /* what the engine reads as `column` */
	uint8_t *codes;
	size_t values;
	char **literals;    /* "origin = ORD", "distance > 1200" */
	char **tests;       /* the same in SQL, over the columns of the rows */
	json_t *conditions; /* [{"column","op","value"}...], one list a value */
} Facet;

#define SLICE_VALUES 12
#define SLICE_NONE 255

void facet_free(Facet *f);
/* How a value reads: whole numbers by all their digits (1000001 is not 1e+06), others by six, or (exactly) by as many as tell them
 * from their neighbours.  Free with g_free. */
char *facet_number(double value, bool exactly);
/* Cuts every column but `leave_out` (NULL-ended) of the rows into facets: array of Facet *, freed with it. */
GPtrArray *facets_of(const Frame *rows, const char *const *leave_out);
