/* migration_scopes.c: how far passes of monitoring have read, so that the next one need not read all again.
 *
 * The files of the prediction log that were seen, with the times of their first and last rows (us); and of each model the beginning of the
 * oldest rows that are in no measured window, the place of the newest outcome seen, and how far a replay went. */
#include "store/migrations.h"

const char MIGRATION_SCOPES[] = "CREATE TABLE monitor_files ("
                                "	model TEXT NOT NULL,"
                                "	file TEXT NOT NULL,"
                                "	first_at BIGINT NOT NULL,"
                                "	last_at BIGINT NOT NULL,"
                                "	PRIMARY KEY (model, file));"

                                "CREATE TABLE monitor_scopes ("
                                "	model TEXT PRIMARY KEY,"
                                "	open_from BIGINT NOT NULL,"
                                "	place BIGINT NOT NULL,"
                                "	replayed_to BIGINT NOT NULL,"
                                "	arrived BIGINT NOT NULL);";
