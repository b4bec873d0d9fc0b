/* meta_sqlite.h: what meta.c and meta_open.c share; nobody else includes it. */
#pragma once

#include <sqlite3.h>

#include "store/meta.h"

struct Meta {
	sqlite3 *db;
	char *path;
	GHashTable *statements; /* SQL text -> sqlite3_stmt, prepared once */
	int depth;              /* of transactions within each other */
	bool durable;           /* the open transaction waits for the disk */
	bool lost;              /* the database took the open transaction back by itself, after a failure inside it */
	bool read_only;
};

/* An SQLite result code as an error in the user's words; `sql` (may be NULL) is named when the statement is at fault. */
bool meta_fail(const Meta *m, int code, const char *sql, GError **error);
