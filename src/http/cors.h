/* cors.h: which pages of other sites may use a server from a browser (the Fetch standard, CORS), by `--cors`.
 *
 * Without it browsers let no page read an answer.  A page that is named may predict and command; "*" lets all pages do what the role
 * `predict` may; what commands the server still asks for a page of its own, or one that is named, or a token (visit_is_own).  Metrics and
 * health are for no page of another site. */
#pragma once

#include "http/site.h"

/* Is it an origin as browsers send it, "https://example.org:8443", or "*"? */
bool cors_check(const char *const *origins, GError **error);
/* Is this very origin on the list?  "*" does not count. */
bool cors_names(const char *const *origins, const char *origin);

/* Adds what lets the page that asks read the answer. */
void cors_mark(const char *const *origins, const Request *request, Reply *reply);
/* A browser's question before the request; false: something else. */
bool cors_preflight(const char *const *origins, const Request *request, Reply *reply);
