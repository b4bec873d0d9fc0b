/* outcomes.h: the outcomes of a model as a table of the engine. */
#pragma once

#include "data/engine.h"
#include "store/meta.h"

/* Makes the table `table`: id text, value text (NULL: taken back), observed time, changes int (how often it was said).
 * *ret: how many there are.  Memory does not grow with them beyond the engine's. */
bool outcomes_table(Engine *e, Meta *m, const char *model, const char *table, int64_t *ret, GError **error);

/* The same table, of the predictions whose ids a query gives, as one column. */
bool outcomes_of(Engine *e, Meta *m, const char *model, const char *ids, const char *table, GError **error);

/* Makes the table `table`: id text, of what was said of outcomes after a place (store/migration_places.c).  *ret: how many. */
bool outcomes_said_since(
        Engine *e, Meta *m, const char *model, int64_t place, const char *table, int64_t *ret, GError **error);
