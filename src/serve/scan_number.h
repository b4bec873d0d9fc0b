/* scan_number.h: numbers of a Scan. */
#pragma once

#include "serve/scan.h"

/* A number as JSON writes it, at s->at. */
bool scan_json_number(Scan *s, Cell *ret);
/* Only passes it. */
bool scan_pass_number(Scan *s);

/* mantissa * 10^exponent, if its nearest double is certain; else false. */
bool scan_decimal(uint64_t mantissa, int exponent, double *ret);
