/* migration_paths.c: where bytes were read, for ever: file_digests knows only what a file holds now, and forgets a path when its
 * file is written anew; what a model was made from must still be told then. */
#include "store/migrations.h"

const char MIGRATION_PATHS[] = "CREATE TABLE file_paths ("
                               "	digest TEXT NOT NULL,"
                               "	path TEXT NOT NULL,"
                               "	PRIMARY KEY (digest, path));"

                               "INSERT INTO file_paths (digest, path) SELECT DISTINCT digest, path FROM file_digests;";
