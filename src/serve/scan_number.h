/* scan_number.h: numbers of a Scan. */
#pragma once

#include "serve/scan.h"

/* A number as JSON writes it, at s->at. */
bool scan_json_number(Scan *s, Cell *ret);
