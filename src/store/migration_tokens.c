/* migration_tokens.c: who may call a server: names, roles, and what a secret becomes when it is salted and hashed.
 *
 * A row stays when its token is revoked, so that a name in an old access log can still be told, and a server whose tokens are
 * all revoked lets nobody in instead of everybody. */
#include "store/migrations.h"

const char MIGRATION_TOKENS[] = "CREATE TABLE tokens ("
                                "	id TEXT PRIMARY KEY,"
                                "	name TEXT NOT NULL,"
                                "	roles TEXT NOT NULL,"
                                "	salt TEXT NOT NULL,"
                                "	hash TEXT NOT NULL,"
                                "	by_whom TEXT NOT NULL,"
                                "	created BIGINT NOT NULL,"
                                "	expires BIGINT,"
                                "	revoked BIGINT);"

                                "CREATE INDEX tokens_by_name ON tokens (name);";
