/* reference.h: pages of the reference that have a file of their own. */
#pragma once

#include <stdio.h>

void reference_limits(FILE *out);
