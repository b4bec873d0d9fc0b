/* migration_outcomes.c: what really happened, by prediction: the newest word wins, and how often it changed is kept. */
#include "store/migrations.h"

const char MIGRATION_OUTCOMES[] = "CREATE TABLE outcomes ("
                                  "	model TEXT NOT NULL,"
                                  "	id TEXT NOT NULL,"
                                  "	value TEXT,"
                                  "	observed BIGINT NOT NULL,"
                                  "	received BIGINT NOT NULL,"
                                  "	changes BIGINT NOT NULL,"
                                  "	PRIMARY KEY (model, id));"

                                  "CREATE INDEX outcomes_by_received ON outcomes (model, received);";
