/* rows.h: rows of a file in, rows as CSV out: what `predict` and `data cat` share. */
#pragma once

#include <stdio.h>

#include "data/engine.h"

/* Makes the view "rows" of a file of any format the source kind `file` knows. */
bool rows_open(Engine *e, const char *file, GError **error);

/* Prints rows as CSV, before the first ones (*has_head false) a line of names.  Check ferror(out) in the end. */
void rows_print_csv(FILE *out, const Frame *f, bool *has_head);
