/* csv_head.h: what the first bytes of a delimited file tell: its delimiter and the names of its columns. */
#pragma once

#include "data/csv.h"

/* *delimiter: 0 to find it, else kept.  ret_names: of char *, owned, checked by canonical_check_names.  Errors name the file. */
bool csv_head(
        Engine *e, const char *path, const CsvOptions *options, char *delimiter, GPtrArray **ret_names, GError **error);
