/* curl_calls.c: libcurl, opened when it is first needed. */
#include "base/curl_calls.h"

#include <dlfcn.h>

#include "base/error.h"

bool curl_absent(GError **error)
{
	return fail(error, FAIL_UNAVAILABLE,
	        "this program was built without libcurl's headers: apt-get install libcurl4-openssl-dev and build "
	        "again");
}

#if CURL_HAS_HEADERS

static bool open_library(CurlCalls *curl, GError **error)
{
	void *library = dlopen("libcurl.so.4", RTLD_NOW | RTLD_LOCAL);
	if (!library)
		return fail(error, FAIL_UNAVAILABLE, "libcurl.so.4 cannot be opened: apt-get install libcurl4");
#define X(field, name)                                  \
	*(void **)&curl->field = dlsym(library, #name); \
	if (!curl->field)                               \
		return fail(error, FAIL_UNAVAILABLE, "libcurl.so.4 lacks " #name ": a newer one is needed");
	CURL_CALLS(X)
#undef X
	return curl->global_init(CURL_GLOBAL_DEFAULT) == CURLE_OK ||
	       fail(error, FAIL_UNAVAILABLE, "libcurl cannot be started");
}

bool curl_calls(const CurlCalls **ret, GError **error)
{
	static GMutex mutex;
	static CurlCalls calls;
	static bool is_open;
	g_autoptr(GMutexLocker) locker = g_mutex_locker_new(&mutex);
	is_open = locker && (is_open || open_library(&calls, error));
	*ret = &calls;
	return is_open;
}

bool curl_calls_version(char **ret, GError **error)
{
	const CurlCalls *curl;
	if (!curl_calls(&curl, error))
		return false;
	*ret = g_strdup(curl->version_info(CURLVERSION_NOW)->version);
	return true;
}

#else

bool curl_calls_version(char **ret, GError **error)
{
	(void)ret;
	return curl_absent(error);
}

#endif
