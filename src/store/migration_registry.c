/* migration_registry.c: registered models, their versions, and every move of every alias.
 *
 * last_version only grows, so that a version's number is never given twice.  alias_moves is never deleted from: undone_by
 * marks a move that a rollback took back, and names that rollback (see registry/registry.h). */
#include "store/migrations.h"

const char MIGRATION_REGISTRY[] = "CREATE TABLE models ("
                                  "	name TEXT PRIMARY KEY,"
                                  "	description TEXT,"
                                  "	last_version BIGINT NOT NULL,"
                                  "	created BIGINT NOT NULL,"
                                  "	updated BIGINT NOT NULL);"

                                  "CREATE TABLE model_versions ("
                                  "	name TEXT NOT NULL REFERENCES models (name),"
                                  "	version BIGINT NOT NULL,"
                                  "	digest TEXT NOT NULL,"
                                  "	run_id TEXT,"
                                  "	about TEXT NOT NULL,"
                                  "	created BIGINT NOT NULL,"
                                  "	PRIMARY KEY (name, version),"
                                  "	UNIQUE (name, digest));"

                                  "CREATE TABLE model_aliases ("
                                  "	name TEXT NOT NULL,"
                                  "	alias TEXT NOT NULL,"
                                  "	version BIGINT NOT NULL,"
                                  "	PRIMARY KEY (name, alias),"
                                  "	FOREIGN KEY (name, version) REFERENCES model_versions (name, version));"

                                  "CREATE TABLE alias_moves ("
                                  "	move_id BIGINT PRIMARY KEY,"
                                  "	name TEXT NOT NULL,"
                                  "	alias TEXT NOT NULL,"
                                  "	from_version BIGINT,"
                                  "	to_version BIGINT NOT NULL,"
                                  "	why TEXT NOT NULL CHECK (why IN ('gate', 'override', 'rollback')),"
                                  "	who TEXT NOT NULL,"
                                  "	reason TEXT,"
                                  "	moved BIGINT NOT NULL,"
                                  "	undone_by BIGINT REFERENCES alias_moves (move_id),"
                                  "	FOREIGN KEY (name, to_version) REFERENCES model_versions (name, version));"
                                  "CREATE INDEX alias_moves_by_alias ON alias_moves (name, alias, move_id);";
