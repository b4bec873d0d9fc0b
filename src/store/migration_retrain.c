/* migration_retrain.c: retrainings, each change of their phase, and what triggers remember.
 *
 * The two partial indexes are the promise "no two at once" in the database itself: one retraining of a model that is wanted, and
 * one that is under way. */
#include "store/migrations.h"

const char MIGRATION_RETRAIN[] = "CREATE TABLE retrainings ("
                                 "	id TEXT PRIMARY KEY,"
                                 "	model TEXT NOT NULL,"
                                 "	number BIGINT NOT NULL,"
                                 "	phase TEXT NOT NULL,"
                                 "	causes TEXT NOT NULL,"
                                 "	reasons TEXT NOT NULL,"
                                 "	evidence TEXT NOT NULL,"
                                 "	mode TEXT NOT NULL,"
                                 "	run_id TEXT,"
                                 "	champion BIGINT,"
                                 "	candidate BIGINT,"
                                 "	deployment TEXT,"
                                 "	attempts BIGINT NOT NULL,"
                                 "	cpu_seconds DOUBLE PRECISION NOT NULL,"
                                 "	wanted_at BIGINT NOT NULL,"
                                 "	started_at BIGINT,"
                                 "	ended_at BIGINT,"
                                 "	changed_at BIGINT NOT NULL,"
                                 "	UNIQUE (model, number));"

                                 "CREATE UNIQUE INDEX retraining_wanted ON retrainings (model) WHERE phase = 'wanted';"
                                 "CREATE UNIQUE INDEX retraining_under_way ON retrainings (model)"
                                 "	WHERE phase IN ('running', 'judged', 'deploying');"

                                 "CREATE TABLE retraining_events ("
                                 "	retraining TEXT NOT NULL,"
                                 "	number BIGINT NOT NULL,"
                                 "	phase TEXT NOT NULL,"
                                 "	at BIGINT NOT NULL,"
                                 "	note TEXT NOT NULL,"
                                 "	PRIMARY KEY (retraining, number));"

                                 "CREATE TABLE retrain_triggers ("
                                 "	model TEXT NOT NULL,"
                                 "	name TEXT NOT NULL,"
                                 "	state TEXT NOT NULL,"
                                 "	looked_at BIGINT NOT NULL,"
                                 "	PRIMARY KEY (model, name));";
