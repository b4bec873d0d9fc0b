/* onnx_calls.c: ONNX Runtime's library, opened when first needed. */
#include "model/onnx_calls.h"

#include <string.h>

#include "base/error.h"
#include "base/library.h"

#define LIBRARY "libonnxruntime.so.1"
#define VERSION_OF_TABLE 1
enum { LOG_FATAL = 4, ARENA = 1, MEMORY_DEFAULT = 0 };

typedef struct ApiBase {
	const void *(*table)(uint32_t version); /* NULL where the library does not know that version */
	const char *(*version)(void);
} ApiBase;

typedef struct Entry {
	const ApiBase *(*base)(void);
} Entry;

/* Which place of the table is which call. */
static const struct {
	unsigned place;
	size_t offset;
} PLACES[] = {
        {2, offsetof(OnnxCalls, status_text)},
        {3, offsetof(OnnxCalls, env_new)},
        {8, offsetof(OnnxCalls, runtime_new)},
        {9, offsetof(OnnxCalls, run)},
        {10, offsetof(OnnxCalls, options_new)},
        {19, offsetof(OnnxCalls, options_no_arena)},
        {24, offsetof(OnnxCalls, options_inner_threads)},
        {25, offsetof(OnnxCalls, options_outer_threads)},
        {30, offsetof(OnnxCalls, input_count)},
        {31, offsetof(OnnxCalls, output_count)},
        {33, offsetof(OnnxCalls, input_type)},
        {34, offsetof(OnnxCalls, output_type)},
        {36, offsetof(OnnxCalls, input_name)},
        {37, offsetof(OnnxCalls, output_name)},
        {48, offsetof(OnnxCalls, tensor_new)},
        {49, offsetof(OnnxCalls, tensor_over)},
        {51, offsetof(OnnxCalls, tensor_data)},
        {52, offsetof(OnnxCalls, tensor_fill)},
        {53, offsetof(OnnxCalls, texts_size)},
        {54, offsetof(OnnxCalls, texts)},
        {55, offsetof(OnnxCalls, tensor_of_type)},
        {56, offsetof(OnnxCalls, kind_of_type)},
        {60, offsetof(OnnxCalls, element)},
        {61, offsetof(OnnxCalls, dimension_count)},
        {62, offsetof(OnnxCalls, dimensions)},
        {64, offsetof(OnnxCalls, item_count)},
        {65, offsetof(OnnxCalls, tensor_info)},
        {67, offsetof(OnnxCalls, kind)},
        {69, offsetof(OnnxCalls, memory_info_new)},
        {76, offsetof(OnnxCalls, allocator_free)},
        {78, offsetof(OnnxCalls, allocator)},
        {80, offsetof(OnnxCalls, item)},
        {81, offsetof(OnnxCalls, size)},
        {93, offsetof(OnnxCalls, status_free)},
        {95, offsetof(OnnxCalls, runtime_free)},
        {96, offsetof(OnnxCalls, value_free)},
        {98, offsetof(OnnxCalls, type_free)},
        {99, offsetof(OnnxCalls, tensor_info_free)},
        {100, offsetof(OnnxCalls, options_free)},
};

G_STATIC_ASSERT(G_N_ELEMENTS(PLACES) * sizeof(void *) == sizeof(OnnxCalls)); /* none is left out */

/* As the variable says; beside the installed program; where deps/install puts it, seen from the program in a folder of builds; else
 * the system knows. */
static char *find_library(void)
{
	static const char *const BESIDE[] = {"../lib/gyre/" LIBRARY, "../deps/onnxruntime/" LIBRARY};
	const char *variable = g_getenv("GYRE_ONNXRUNTIME"), *named = variable && *variable ? variable : NULL;
	g_autofree char *program = named ? NULL : g_file_read_link("/proc/self/exe", NULL);
	g_autofree char *folder = program ? g_path_get_dirname(program) : NULL;
	for (size_t i = 0; folder && i < G_N_ELEMENTS(BESIDE); i++) {
		g_autofree char *path = g_build_filename(folder, BESIDE[i], NULL);
		if (g_file_test(path, G_FILE_TEST_EXISTS))
			return g_steal_pointer(&path);
	}
	return g_strdup(named ? named : LIBRARY);
}

static bool take_calls(OnnxCalls *into, GError **error)
{
	Entry entry;
	const LibraryCall TABLE[] = {{"OrtGetApiBase", offsetof(Entry, base)}, {0}};
	g_autofree char *name = find_library();
	g_autofree char *absent = g_strdup_printf(
	        "the family onnx needs ONNX Runtime's library, and %s is not there or cannot be opened.  deps/install "
	        "onnxruntime in Gyre's source installs it; or: pip install onnxruntime, and set GYRE_ONNXRUNTIME to "
	        "the path "
	        "of its onnxruntime/capi/libonnxruntime.so.VERSION",
	        name);
	if (!library_open(name, TABLE, absent, &entry, error))
		return false;
	const ApiBase *base = entry.base();
	void *const *table = base ? base->table(VERSION_OF_TABLE) : NULL;
	if (!table)
		return fail(error, FAIL_UNAVAILABLE, "%s does not offer version %d of ONNX Runtime's interface", name,
		        VERSION_OF_TABLE);
	for (size_t i = 0; i < G_N_ELEMENTS(PLACES); i++)
		memcpy((char *)into + PLACES[i].offset, &table[PLACES[i].place], sizeof table[0]);
	return true;
}

static bool open_library(OnnxLibrary *l, GError **error)
{
	return take_calls(&l->calls, error) &&
	       onnx_ok(l, l->calls.env_new(LOG_FATAL, "gyre", &l->env), "begin", error) &&
	       onnx_ok(l, l->calls.memory_info_new(ARENA, MEMORY_DEFAULT, &l->memory), "begin", error) &&
	       onnx_ok(l, l->calls.allocator(&l->allocator), "begin", error);
}

static GMutex lock;

bool onnx_library(const OnnxLibrary **ret, GError **error)
{
	static OnnxLibrary library;
	static bool is_open;
	g_mutex_lock(&lock);
	is_open = is_open || open_library(&library, error);
	bool ok = is_open;
	g_mutex_unlock(&lock);
	if (ok)
		*ret = &library;
	return ok;
}

bool onnx_ok(const OnnxLibrary *l, OnnxStatus *status, const char *what, GError **error)
{
	if (!status)
		return true;
	fail(error, FAIL_INVALID, "ONNX Runtime could not %s: %.600s", what, l->calls.status_text(status));
	l->calls.status_free(status);
	return false;
}
