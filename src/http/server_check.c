/* server_check.c: refuses heads that two servers could read in two ways (request smuggling), or that are too large.
 *
 * libmicrohttpd 0.9.75, in its strictest mode, lets pass: two different Content-Lengths, Content-Length beside chunked, a NUL in
 * a value or in the target (which it cuts there), a missing Host, a space before a colon (so that a Content-Length counts for
 * nothing), folded lines; and "gzip, chunked" makes it wait for ever.
 *
 * It reads a head in place: from the method on, header_size bytes, with a NUL written behind each name and value.  So between the
 * end of a value and the next name there can be nothing but the end of a line; anything else was hidden behind a NUL that the
 * client sent, or was folded and stands elsewhere. */
#include <string.h>
#include <strings.h>

#include "http/server_inside.h"

enum { HEAD_BYTES = 16 << 10 };

typedef struct Head {
	unsigned lengths, codings, hosts, expects;
	bool is_chunked, has_nul, has_bad_name;
	const char *length;
	const char *begin, *end, *at; /* of the head; behind the value looked at last */
} Head;

/* RFC 9110's token. */
static bool is_token(const char *name, size_t size)
{
	static const char OTHERS[] = "!#$%&'*+-.^_`|~";
	for (size_t i = 0; i < size; i++)
		if (!g_ascii_isalnum(name[i]) && !(name[i] && strchr(OTHERS, name[i])))
			return false;
	return size > 0;
}

/* Only ends of lines between what was read and what comes next? */
static bool is_gap(const char *from, const char *to)
{
	for (; from < to; from++)
		if (*from && !strchr(" \t\r\n", *from))
			return false;
	return from == to;
}

static void pass(Head *h, const char *name, size_t name_size, const char *value, size_t value_size)
{
	const char *after = value_size ? value + value_size : name + name_size;
	bool inside = name >= h->begin && after > name && after <= h->end;
	h->has_nul = h->has_nul || !inside || (h->at && !is_gap(h->at, name));
	h->at = inside ? after : h->at;
}

static enum MHD_Result look_at(void *context, enum MHD_ValueKind kind, const char *name, size_t name_size,
        const char *value, size_t value_size)
{
	Head *h = context;
	h->has_bad_name = h->has_bad_name || !is_token(name, name_size);
	pass(h, name, name_size, value, value_size);
	if (strcasecmp(name, MHD_HTTP_HEADER_CONTENT_LENGTH) == 0) {
		h->lengths++;
		h->length = value;
	} else if (strcasecmp(name, MHD_HTTP_HEADER_TRANSFER_ENCODING) == 0) {
		h->codings++;
		h->is_chunked = value && strcasecmp(value, "chunked") == 0;
	} else if (strcasecmp(name, MHD_HTTP_HEADER_HOST) == 0) {
		h->hosts++;
	} else if (strcasecmp(name, MHD_HTTP_HEADER_EXPECT) == 0) {
		h->expects += value && strcasecmp(value, "100-continue") != 0;
	}
	return MHD_YES;
}

static bool is_digits(const char *text)
{
	size_t length = text ? strlen(text) : 0;
	return length > 0 && length < 19 && strspn(text, "0123456789") == length;
}

/* Between method and version there is the target and nothing else: the library cuts it at a NUL, and passes over further spaces. */
static bool is_line(const Call *call, const char *version)
{
	const char *method = call->request.method, *target = method + strlen(method) + 1;
	return version > target && (size_t)(version - target) == call->uri_bytes + 1;
}

/* Everything the head holds, judged together. */
static Head read_head(struct MHD_Connection *connection, const char *method)
{
	const union MHD_ConnectionInfo *info =
	        MHD_get_connection_info(connection, MHD_CONNECTION_INFO_REQUEST_HEADER_SIZE);
	Head h = {.begin = method, .end = info ? method + info->header_size : method};
	MHD_get_connection_values_n(connection, MHD_HEADER_KIND, look_at, &h);
	h.has_nul = h.has_nul || (h.at && !is_gap(h.at, h.end));
	return h;
}

unsigned check_head(const Call *call, const char *version, const char **ret_why)
{
	Head h = read_head(call->connection, call->request.method);
	size_t body_limit = call->server->options.body_bytes;
	*ret_why = NULL;
	if (!is_line(call, version))
		return *ret_why = "the request line holds a NUL byte, or more than one space between its parts", 400;
	if (h.has_bad_name)
		return *ret_why = "the name of a header is not one", 400;
	if (h.has_nul)
		return *ret_why = "a header holds a NUL byte, or is folded over several lines", 400;
	if (h.lengths > 1)
		return *ret_why = "Content-Length is given more than once", 400;
	if (h.lengths && h.codings)
		return *ret_why = "Content-Length and Transfer-Encoding are given both", 400;
	if (h.codings > 1 || (h.codings && !h.is_chunked))
		return *ret_why = "no transfer coding but chunked is known", 501;
	if (h.lengths && !is_digits(h.length))
		return *ret_why = "Content-Length is no number", 400;
	if (h.hosts > 1 || (h.hosts == 0 && strcmp(version, MHD_HTTP_VERSION_1_1) == 0))
		return *ret_why = "one Host header is expected", 400;
	if (h.expects)
		return *ret_why = "no expectation but 100-continue is known", 417;
	if (h.end - h.begin > HEAD_BYTES) /* the request line with its query, too */
		return *ret_why = "the head is larger than 16 KiB", 431;
	if (h.lengths && g_ascii_strtoull(h.length, NULL, 10) > body_limit)
		return *ret_why = "the body is larger than this server takes", 413;
	return 0;
}
