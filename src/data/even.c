/* even.c: by way of a table filled by one thread. */
#include "data/even.h"

#define TABLE "\"_gyre_even\""

bool even_write(Engine *e, const char *query, unsigned threads, const char *path, GError **error)
{
	return engine_run(e, "SET threads = 1", error) &&
	       engine_runf(e, error, "CREATE OR REPLACE TEMP TABLE %s AS %s", TABLE, query) &&
	       engine_runf(e, error, "SET threads = %u", MAX(1, threads)) &&
	       engine_write_parquet(e, "SELECT * FROM " TABLE, path, error) &&
	       engine_run(e, "DROP TABLE " TABLE, error);
}
