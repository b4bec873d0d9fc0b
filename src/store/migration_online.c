/* migration_online.c: what models that learn online have learnt from, and which version came of it.
 *
 * A version, its checkpoint and the outcomes it has taken are written in one transaction: so an outcome teaches once, whoever is killed
 * when. */
#include "store/migrations.h"

const char MIGRATION_ONLINE[] = "CREATE TABLE online_checkpoints ("
                                "	model TEXT NOT NULL,"
                                "	number BIGINT NOT NULL,"
                                "	root BIGINT NOT NULL,"
                                "	parent BIGINT NOT NULL,"
                                "	version BIGINT NOT NULL,"
                                "	outcomes BIGINT NOT NULL,"
                                "	observed BIGINT NOT NULL,"
                                "	created BIGINT NOT NULL,"
                                "	PRIMARY KEY (model, number));"

                                "CREATE TABLE online_taken ("
                                "	model TEXT NOT NULL,"
                                "	id TEXT NOT NULL,"
                                "	number BIGINT NOT NULL,"
                                "	PRIMARY KEY (model, id));";
