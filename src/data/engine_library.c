/* engine_library.c: finds and opens libduckdb.so: $GYRE_DUCKDB, then beside the installed program, then where the build
 * found it. */
#include "data/duckdb_calls.h"

#include <dlfcn.h>
#include <string.h>

#include "base/error.h"

Duck duck;

static char *beside_program(void)
{
	g_autofree char *program = g_file_read_link("/proc/self/exe", NULL);
	if (!program)
		return NULL;
	g_autofree char *folder = g_path_get_dirname(program);
	return g_build_filename(folder, "..", "lib", "gyre", "libduckdb.so", NULL);
}

static void *open_library(GError **error)
{
	g_autofree char *installed = beside_program();
	const char *const places[] = {g_getenv("GYRE_DUCKDB"), installed, GYRE_DUCKDB_LIBRARY};
	g_autoptr(GString) tried = g_string_new(NULL);
	for (size_t i = 0; i < G_N_ELEMENTS(places); i++) {
		if (!places[i] || !*places[i])
			continue;
		void *library = dlopen(places[i], RTLD_NOW | RTLD_LOCAL);
		if (library)
			return library;
		bool exists = g_file_test(places[i], G_FILE_TEST_EXISTS);
		g_string_append_printf(tried, "\n  %s: %s", places[i], exists ? dlerror() : "not there");
	}
	fail(error, FAIL_UNAVAILABLE, "the DuckDB library cannot be opened:%s", tried->str);
	return NULL;
}

bool duck_load(GError **error)
{
	static GMutex mutex;
	static bool loaded;
	g_autoptr(GMutexLocker) locker = g_mutex_locker_new(&mutex);
	if (loaded)
		return locker != NULL;
	void *library = open_library(error);
	if (!library)
		return false;
#define X(name)                                                 \
	*(void **)&duck.name = dlsym(library, "duckdb_" #name); \
	if (!duck.name)                                         \
		return fail(                                    \
		        error, FAIL_UNAVAILABLE, "the DuckDB library lacks duckdb_" #name ": version 1.4 is needed");
	DUCK_CALLS(X)
#undef X
	loaded = true;
	return true;
}
