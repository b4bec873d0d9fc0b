/* cors.c: https://fetch.spec.whatwg.org/#http-cors-protocol.  Credentials of the browser's own (cookies) are none of ours, so
 * they are never allowed; a token is a header like others. */
#include "http/cors.h"

#include <string.h>

#include "base/error.h"

static const char ALLOWED[] =
        "authorization, content-type, content-encoding, inference-header-content-length, x-request-id, "
        "traceparent, tracestate";
static const char EXPOSED[] =
        "x-request-id, x-gyre-route, inference-header-content-length, retry-after, traceparent, www-authenticate";

static bool is_any(const char *const *origins)
{
	return origins && g_strv_contains(origins, "*");
}

bool cors_check(const char *const *origins, GError **error)
{
	for (const char *const *o = origins; o && *o; o++) {
		const char *host = g_str_has_prefix(*o, "https://")  ? *o + strlen("https://")
		                   : g_str_has_prefix(*o, "http://") ? *o + strlen("http://")
		                                                     : "";
		if (strcmp(*o, "*") != 0 && (!*host || strpbrk(host, "/?#@ *\"")))
			return fail(error, FAIL_INVALID,
			        "--cors takes origins as browsers send them (https://example.org, with :port where it "
			        "is not the usual one) or *, not \"%.100s\"",
			        *o);
	}
	return true;
}

bool cors_names(const char *const *origins, const char *origin)
{
	for (const char *const *o = origins; o && *o; o++)
		if (strcmp(*o, "*") != 0 && g_ascii_strcasecmp(*o, origin) == 0)
			return true;
	return false;
}

/* Has a page from this origin any business there?  method: of the request itself, not of the question before it. */
static bool is_open(const char *const *origins, const char *origin, const char *method, const char *path)
{
	const Protocol *p = protocol_of(path);
	if (!p || p == &PROTOCOL_HEALTH)
		return false;
	return cors_names(origins, origin) || (is_any(origins) && access_need(method, path) & ROLE_PREDICT);
}

static bool allow(const char *const *origins, const Request *request, const char *method, Reply *reply)
{
	const char *origin = request_header(request, "Origin");
	if (!is_any(origins))
		reply_header(reply, "Vary", "Origin");
	if (!origin || !is_open(origins, origin, method, request->path))
		return false;
	reply_header(reply, "Access-Control-Allow-Origin", is_any(origins) ? "*" : origin);
	return true;
}

void cors_mark(const char *const *origins, const Request *request, Reply *reply)
{
	if (allow(origins, request, request->method, reply))
		reply_header(reply, "Access-Control-Expose-Headers", EXPOSED);
}

bool cors_preflight(const char *const *origins, const Request *request, Reply *reply)
{
	if (!origins || strcmp(request->method, "OPTIONS") != 0)
		return false;
	reply->status = 204;
	reply->type = NULL;
	reply_header(reply, "Allow", "GET, HEAD, POST, OPTIONS");
	const char *method = request_header(request, "Access-Control-Request-Method");
	if (!method || !allow(origins, request, method, reply))
		return true;
	reply_header(reply, "Access-Control-Allow-Methods", "GET, HEAD, POST");
	reply_header(reply, "Access-Control-Allow-Headers", ALLOWED);
	reply_header(reply, "Access-Control-Max-Age", "3600");
	return true;
}
