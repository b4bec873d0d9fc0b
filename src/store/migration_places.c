/* migration_places.c: in which order outcomes were said.
 *
 * Each word on an outcome has a place in the order of its model's words, given in the transaction that writes it: whoever has read
 * all up to a place finds what was said since behind it, whatever a clock did meanwhile.  What is older than this column has the place 0.
 * A checkpoint's place: no outcome before it has anything left to teach. */
#include "store/migrations.h"

const char MIGRATION_PLACES[] = "ALTER TABLE outcomes ADD COLUMN place BIGINT NOT NULL DEFAULT 0;"
                                "CREATE INDEX outcomes_by_place ON outcomes (model, place, id);"
                                "ALTER TABLE online_checkpoints ADD COLUMN place BIGINT NOT NULL DEFAULT 0;";
