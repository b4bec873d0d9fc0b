/* curl_calls.h: libcurl, opened when it is first needed: every command starts without it and its twenty libraries.
 *
 * CURL_HAS_HEADERS is 0 where the program was built without curl/curl.h; then there are no calls, and whoever needs them says so by
 * curl_absent. */
#pragma once

#include <glib.h>
#include <stdbool.h>

#if __has_include(<curl/curl.h>)
#define CURL_HAS_HEADERS 1
#include <curl/curl.h>

#define CURL_CALLS(X)                        \
	X(global_init, curl_global_init)     \
	X(version_info, curl_version_info)   \
	X(easy_init, curl_easy_init)         \
	X(easy_setopt, curl_easy_setopt)     \
	X(easy_perform, curl_easy_perform)   \
	X(easy_getinfo, curl_easy_getinfo)   \
	X(easy_strerror, curl_easy_strerror) \
	X(easy_cleanup, curl_easy_cleanup)   \
	X(slist_append, curl_slist_append)   \
	X(slist_free_all, curl_slist_free_all)

#define X(field, name) __typeof__(&(name)) field;
typedef struct CurlCalls {
	CURL_CALLS(X)
} CurlCalls;
#undef X

/* FAIL_UNAVAILABLE, saying what to install.  Any thread. */
bool curl_calls(const CurlCalls **ret, GError **error);
#else
#define CURL_HAS_HEADERS 0
#endif

/* libcurl's version; FAIL_UNAVAILABLE where it cannot be used.  Free with g_free. */
bool curl_calls_version(char **ret, GError **error);
/* Always false: FAIL_UNAVAILABLE of a program that was built without the headers. */
bool curl_absent(GError **error);
