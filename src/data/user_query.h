/* user_query.h: SQL that people write into gyre.yaml: checked before it runs, and its errors told in its own lines. */
#pragma once

#include "data/engine.h"

/* The query without what ends it (blanks, semicolons, comments are kept inside); free with g_free. */
char *user_query_trim(const char *sql);

/* Is it one query the engine can run now?  The error begins "WHERE, line 2, column 3: " and ends with that line and a mark. */
bool user_query_check(Engine *e, const char *where, const char *sql, GError **error);

/* Is it one condition over the columns of `from`?  Told in the same way. */
bool user_query_check_condition(Engine *e, const char *where, const char *condition, const char *from, GError **error);

/* Runs "CREATE TEMP TABLE table AS query"; `table` is quoted.  An error while it runs is told like those of the check. */
bool user_query_keep(Engine *e, const char *where, const char *sql, const char *table, GError **error);

/* From now on the engine reads and writes no file but these: what a query reads must be declared. */
bool user_query_confine(Engine *e, const GPtrArray *paths, GError **error);
