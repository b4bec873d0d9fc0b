/* engine_internal.h: what engine*.c share. */
#pragma once

#include "data/duckdb_calls.h"
#include "data/engine.h"

struct Engine {
	duckdb_database database;
	duckdb_connection connection;
};

/* Sets the error from one of DuckDB's messages; returns false. */
bool engine_fail(GError **error, const char *message);

/* Runs what is pending to the point where its result can be fetched.  This thread takes part in the work; when there is none for it,
 * it sleeps, where the library's own call would turn in a loop as long as another thread is at work. */
bool engine_execute(duckdb_pending_result pending, duckdb_result *ret, GError **error);
