/* library.c: shared libraries opened by name. */
#include "base/library.h"

#include <dlfcn.h>
#include <string.h>

#include "base/error.h"

bool library_open(const char *name, const LibraryCall *calls, const char *absent, void *into, GError **error)
{
	void *library = dlopen(name, RTLD_NOW | RTLD_LOCAL);
	if (!library)
		return fail(error, FAIL_UNAVAILABLE, "%s", absent);
	for (; calls->symbol; calls++) {
		void *address = dlsym(library, calls->symbol);
		if (!address)
			return fail(error, FAIL_UNAVAILABLE, "%s has no %s: another version of it is needed", name,
			        calls->symbol);
		memcpy((char *)into + calls->offset, &address, sizeof address);
	}
	return true;
}
