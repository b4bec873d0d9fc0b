/* softmax.c: shares that sum to 1. */
#include "stats/softmax.h"

#include <glib.h>
#include <math.h>

void softmax(double *margins, size_t count)
{
	double largest = margins[0], sum = 0;
	for (size_t k = 1; k < count; k++)
		largest = MAX(largest, margins[k]);
	for (size_t k = 0; k < count; k++)
		sum += margins[k] = exp(margins[k] - largest);
	for (size_t k = 0; k < count; k++)
		margins[k] /= sum;
}
