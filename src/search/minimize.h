/* minimize.h: the minimum of a smooth function within bounds, by BFGS on the variables that are free to move.
 *
 * A variable at a bound stays there as long as the function falls outwards (projected gradient, as in Bertsekas 1982,
 * doi:10.1137/0320018).  liblbfgs knows no bounds; with the few dozen variables here the full matrix is cheap. */
#pragma once

#include <stddef.h>

typedef struct Minimize {
	/* The value at x, and its gradient; INFINITY where it is not defined. */
	double (*value)(void *context, const double *x, double *ret_gradient);
	void *context;
	size_t count;
	const double *low, *high; /* NULL: no bounds */
	double tolerance;         /* stop when no free component of the gradient is larger */
	unsigned iterations;
} Minimize;

/* x: where to start, and the result.  Returns the value there. */
double minimize(const Minimize *m, double *x);
