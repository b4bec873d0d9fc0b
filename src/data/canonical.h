/* canonical.h: any table in the five types, so that the same rows from CSV, JSON, Parquet or SQL are the same bytes.
 *
 *   bool  BOOLEAN                       real  FLOAT, DOUBLE, DECIMAL; every NaN is the same NaN
 *   int   all ints of at most 63 bits   time  DATE and all TIMESTAMPs, as microseconds UTC
 *   text  VARCHAR, ENUM, UUID, TIME, JSON
 *
 * Longer ints (UBIGINT, HUGEINT) become int when all values fit.  When they do not, unsigned ones, which are ids, become
 * text, and HUGEINT, which is what a sum gives, becomes real.  DECIMALs without a fraction that have a value a double would
 * change count as ids, or as sums where they have 38 digits.  Lists, structs, maps, blobs, bits and intervals are refused. */
#pragma once

#include "data/engine.h"

/* The SELECT that gives the rows of a table, view or "(query)" `from` in the five types.  types: {column: type name} that
 * overrule, or NULL.  Checks the columns' names too.  Free *ret with g_free. */
bool canonical_select(Engine *e, const char *from, const json_t *types, char **ret, GError **error);

/* Are these names of columns a table may have: none empty, none twice (SQL does not tell "A" from "a"), none beginning with
 * _gyre_, at most LIMIT_COLUMNS? */
bool canonical_check_names(const GPtrArray *names, GError **error);

/* Is `name` one of these?  Otherwise the error says "WHERE: there is no column NAME", and the nearest one. */
bool canonical_check_known(const GPtrArray *names, const char *where, const char *name, GError **error);

/* Have two files of one source the same columns, in any order?  The error names a file and the column it lacks. */
bool canonical_check_same(
        const GPtrArray *a, const char *path_a, const GPtrArray *b, const char *path_b, GError **error);
