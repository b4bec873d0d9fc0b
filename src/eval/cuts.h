/* cuts.h: the test rows as a table of the engine in which every column is a code of a few values and every row carries how
 * wrong the model was: what slices, residuals and the tree of the loss are read from, by GROUPING SETS, at any number of rows.
 *
 *   table cuts:  c0 c1 ...  code of each facet (NULL: in none)
 *                l l2 r r2  loss, its square, residual, its square
 *                w d        decided wrongly; decided differently from another model (0 or 1)
 *
 * l and r are whole numbers in units that make the largest 2^30, so that sums are exact and the same on any number of threads;
 * a row without a loss (a label not learnt) has NULL. */
#pragma once

#include "eval/facets.h"

/* What each row carries; all `rows` long. */
typedef struct Marks {
	size_t rows;
	const double *loss, *residual;  /* NaN: none */
	const uint8_t *wrong, *differs; /* NULL: none */
} Marks;

typedef struct Cuts {
	Engine *e;
	const GPtrArray *facets; /* borrowed */
	double loss_unit, residual_unit;
} Cuts;

/* Sums over some rows. */
typedef struct Sums {
	double rows, loss, loss2, residual, residual2, wrong, differs;
} Sums;

enum { CUT_LITERALS = 3 };

/* Rows that have these values of these facets. */
typedef struct Cell {
	size_t literals; /* 0: all rows */
	guint facet[CUT_LITERALS];
	uint8_t value[CUT_LITERALS];
	Sums sums;
} Cell;

/* Makes the table "cuts" of the rows of `source` (a FROM item), in their order.  The facets are borrowed by *ret. */
bool cuts_make(Engine *e, const char *source, const GPtrArray *facets, const Marks *marks, Cuts *ret, GError **error);

/* Adds the cells of each set of facets, rows of a condition over the table (NULL: all), to an array of Cell.  sets: Cells of which
 * only literals and facet are read. */
bool cuts_ask(const Cuts *c, const GArray *sets, const char *where, GArray *ret, GError **error);

/* "c3 = 1 AND c5 = 0"; "true" of all rows.  Free with g_free. */
char *cell_where(const Cell *cell);
/* "origin = ORD and hour > 17".  Free with g_free. */
char *cell_words(const Cuts *c, const Cell *cell);

double sums_mean(const Sums *s);     /* of the loss */
double sums_variance(const Sums *s); /* of the loss, with rows - 1 */
