/* radix.h: numbers in ascending order, fast. */
#pragma once

#include <stddef.h>

/* Sorts finite numbers by radix, in time linear in `count`; `scratch` has room for as many.  -0 comes before 0. */
void radix_sort(double *values, double *scratch, size_t count);
