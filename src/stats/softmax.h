/* softmax.h: margins of classes as their shares. */
#pragma once

#include <stddef.h>

/* e^margin over the sum of all, in place; the largest is taken from each first, so that none is too large for a double. */
void softmax(double *margins, size_t count);
