/* fuzz_head.c: what a client sends, byte for byte, to a real server in this process: its head as libmicrohttpd and server_check.c read
 * it, and all that is then made of paths, queries and headers: roles, tokens, origins, packed bodies, traces.
 *
 * A connection is a pair of sockets, so an input costs no port.  What is handled must be what two servers would read alike. */
#include <poll.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/error.h"
#include "http/coding.h"
#include "http/cors.h"
#include "http/envelope.h"
#include "http/metrics.h"
#include "http/server_inside.h"
#include "http/trace.h"

enum { PATIENCE_MS = 5 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_sound(const Request *r)
{
	bool has_length = request_header(r, "Content-Length"), has_coding = request_header(r, "Transfer-Encoding");
	g_assert(!has_length || !has_coding);
	g_assert(r->path && r->query && r->body[r->size] == '\0');
	if (has_length)
		g_assert(r->size == g_ascii_strtoull(request_header(r, "Content-Length"), NULL, 10));
}

static void use_path(const Request *r)
{
	g_auto(PathParts) parts = {0};
	static const char *const KEYS[] = {"model", "a", ""};
	const Protocol *p = protocol_of(r->path);
	g_assert(!p || p->name);
	for (size_t i = 0; i < G_N_ELEMENTS(KEYS); i++)
		g_free(request_query(r, KEYS[i]));
	if (path_split(r->path, &parts, NULL))
		for (unsigned i = 0; i < parts.count; i++)
			g_assert(g_utf8_validate(parts.part[i], -1, NULL) && !strchr(parts.part[i], '/'));
	/* What a role guards is found by the path as sent: who predicts may not load. */
	unsigned need = access_need(r->method, r->path);
	if (p == &PROTOCOL_INFERENCE && parts.count == 5 && strcmp(parts.part[1], "repository") == 0 &&
	        strcmp(r->method, "POST") == 0)
		g_assert(!(need & (ROLE_PREDICT | ROLE_READ)));
}

static void handle(void *site, const Request *request, Reply *reply)
{
	g_auto(Envelope) envelope = {0};
	g_autoptr(GError) error = NULL;
	Trace trace;
	char text[TRACE_TEXT];
	Visit v = {.site = site, .request = request, .reply = reply, .begun = request->whole};
	check_sound(request);
	use_path(request);
	if (trace_read(request_header(request, "traceparent"), 1, &trace)) {
		trace_write(&trace, text);
		g_assert(strlen(text) == TRACE_TEXT - 1 && trace_read(text, 2, &trace));
	}
	if (cors_preflight(v.site->cors, request, reply))
		return;
	if (envelope_open(&v, &envelope, &error))
		g_assert(envelope.plain.size <= v.site->body_most && envelope.plain.body[envelope.plain.size] == '\0');
	else
		reply->status = (unsigned)fail_http_status(error);
	visit_is_own(&v, NULL);
	for (int i = 0; i < 100; i++)
		g_string_append(reply->body, "0.25, 0.75, ");
	envelope_close(&v);
	envelope_log(&v, request);
}

static ServerLane lane(void *site, const Request *request)
{
	(void)site;
	(void)request;
	return LANE_IO;
}

static Server *start(void)
{
	static const char *const ORIGINS[] = {"https://a.example", NULL};
	static Site site = {.body_most = 1 << 20, .packs = true, .cors = ORIGINS, .is_local = true, .seed = 7};
	Server *s = NULL;
	GError *error = NULL;
	site.metrics = metrics_new();
	site.access = access_new(ACCESS_NEVER);
	access_log_open("/dev/null", &site.access_log, &error);
	g_assert_no_error(error);
	ServerOptions options = {.listen = "127.0.0.1",
	        .threads = 1,
	        .connections = 100,
	        .queue = 1,
	        .body_bytes = site.body_most,
	        .idle_s = 60,
	        .read_s = 60,
	        .write_s = 60,
	        .admit = site_admit,
	        .handle = handle,
	        .lane = lane,
	        .refuse = site_refuse,
	        .context = &site};
	server_start(&options, &s, &error);
	g_assert_no_error(error);
	return s;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static Server *s;
	static const struct sockaddr_storage NOBODY = {.ss_family = AF_UNIX};
	char answer[4096];
	int ends[2];
	ssize_t n, all = 0;
	if (!s)
		s = start();
	g_assert(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) == 0);
	g_assert(MHD_add_connection(s->daemon, ends[1], (const struct sockaddr *)&NOBODY, sizeof(sa_family_t)) ==
	         MHD_YES);
	for (size_t sent = 0; sent < size; sent += (size_t)n)
		if ((n = send(ends[0], data + sent, size - sent, MSG_NOSIGNAL)) <= 0)
			break;
	shutdown(ends[0], SHUT_WR);
	/* A request that is not whole is waited for until the idle time is over: here nobody does. */
	struct pollfd wait = {.fd = ends[0], .events = POLLIN};
	while (poll(&wait, 1, PATIENCE_MS) > 0 && (n = recv(ends[0], answer, sizeof answer, 0)) > 0) {
		g_assert(all > 0 || n < 9 || memcmp(answer, "HTTP/1.", 7) == 0);
		all += n;
	}
	close(ends[0]);
	return 0;
}
