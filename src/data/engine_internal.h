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
