/* server.c: libmicrohttpd behind the seam: gathers a request's body, has it answered here or by another thread, sends the answer.
 *
 * A Call lives from the request line (uri_seen) to the end of its answer (completed), both in the connection's own I/O
 * thread; between suspend and resume it belongs to a lane (server_lanes.c). */
#include "http/server.h"

#include <string.h>

#include "base/error.h"
#include "http/server_inside.h"

enum {
	/* Of a connection.  The library zeroes all of it for every request, so it is no larger than a head of 16 KiB needs; larger
	 * heads it refuses itself. */
	MEMORY_BYTES = 32 << 10,
	LATER_S = 5,               /* the warden's time limits are the ones that count; the library's come after */
	ANSWER_BYTES = 512,        /* the answer to a row or two */
	RESERVE_BYTES = 256 << 10, /* at most so much is reserved on a client's word */
};

/* What browsers and tools of the last ten years speak; nothing older. */
static const char PRIORITIES[] = "NORMAL:-VERS-ALL:+VERS-TLS1.3:+VERS-TLS1.2";

const char *request_header(const Request *r, const char *name)
{
	return MHD_lookup_connection_value(r->connection, MHD_HEADER_KIND, name);
}

char *request_query(const Request *r, const char *key)
{
	g_auto(GStrv) parts = g_strsplit(r->query, "&", -1);
	size_t length = strlen(key);
	for (char **p = parts; *p; p++) {
		if (strncmp(*p, key, length) != 0 || (*p)[length] != '=')
			continue;
		g_strdelimit(*p, "+", ' ');
		return g_uri_unescape_string(*p + length + 1, NULL);
	}
	return NULL;
}

void reply_header(Reply *r, const char *name, const char *value)
{
	if (!r->headers)
		r->headers = g_ptr_array_new_with_free_func(g_free);
	g_ptr_array_add(r->headers, g_strdup(name));
	g_ptr_array_add(r->headers, g_strdup(value));
}

static Peer *peer_of(struct MHD_Connection *connection)
{
	const union MHD_ConnectionInfo *info = MHD_get_connection_info(connection, MHD_CONNECTION_INFO_SOCKET_CONTEXT);
	return info ? info->socket_context : NULL;
}

static void *uri_seen(void *server, const char *uri, struct MHD_Connection *connection)
{
	Call *c = g_new0(Call, 1);
	const char *authority =
	        g_str_has_prefix(uri, "http://") || g_str_has_prefix(uri, "https://") ? strstr(uri, "//") : NULL;
	c->uri_bytes = strlen(uri);
	if (authority) /* the absolute form, as to a proxy; "http://a?b" is "/?b" there */
		uri = authority + 2 + strcspn(authority + 2, "/?");
	const char *mark = strchr(uri, '?');
	c->server = server;
	c->path = authority && *uri != '/' ? g_strdup("/")
	          : mark                   ? g_strndup(uri, (size_t)(mark - uri))
	                                   : g_strdup(uri);
	c->query = g_strdup(mark ? mark + 1 : "");
	c->peer = peer_of(connection);
	if (c->peer)
		atomic_store(&c->peer->owes, OWES_HEAD);
	return c;
}

/* Until when the client has to make its next move; 0, 0: it is the server's turn. */
static void set_deadline(const Call *c, int64_t from, unsigned seconds)
{
	if (c->peer)
		atomic_store(&c->peer->deadline, from + (int64_t)seconds * G_USEC_PER_SEC);
}

static void completed(
        void *server, struct MHD_Connection *connection, void **context, enum MHD_RequestTerminationCode how)
{
	Server *s = server;
	Call *c = *context;
	if (!c)
		return;
	set_deadline(c, g_get_monotonic_time(), s->options.idle_s);
	if (c->peer)
		atomic_store(&c->peer->owes, OWES_NOTHING);
	if (atomic_load(&c->state) == CALL_ANSWERED && s->options.done)
		s->options.done(s->options.context, &c->request, &c->reply);
	if (c->is_counted)
		atomic_fetch_sub(&s->in_flight, 1);
	if (c->body)
		g_string_free(c->body, TRUE);
	if (c->reply.body)
		g_string_free(c->reply.body, TRUE);
	if (c->reply.headers)
		g_ptr_array_unref(c->reply.headers);
	g_free(c->path);
	g_free(c->query);
	g_free(c);
	*context = NULL;
}

static void connected(
        void *server, struct MHD_Connection *connection, void **context, enum MHD_ConnectionNotificationCode what)
{
	if (what == MHD_CONNECTION_NOTIFY_STARTED)
		*context = peer_add(server, connection);
	else if (*context)
		peer_remove(server, *context);
}

/* The library frees the body with free(), which is what g_malloc's memory comes from. */
static enum MHD_Result send_reply(Call *c)
{
	Reply *r = &c->reply;
	size_t size = r->body->len;
	void *bytes = g_string_free(g_steal_pointer(&r->body), FALSE);
	struct MHD_Response *response = MHD_create_response_from_buffer(size, bytes, MHD_RESPMEM_MUST_FREE);
	if (!response) {
		g_free(bytes);
		return MHD_NO;
	}
	if (r->type)
		MHD_add_response_header(response, MHD_HTTP_HEADER_CONTENT_TYPE, r->type);
	for (guint i = 0; r->headers && i + 1 < r->headers->len; i += 2)
		MHD_add_response_header(response, r->headers->pdata[i], r->headers->pdata[i + 1]);
	if (c->must_close || atomic_load(&c->server->draining))
		MHD_add_response_header(response, MHD_HTTP_HEADER_CONNECTION, "close");
	set_deadline(c, g_get_monotonic_time(), c->server->options.write_s);
	enum MHD_Result result = MHD_queue_response(c->connection, r->status, response);
	MHD_destroy_response(response);
	return result;
}

void call_refuse(Call *c, unsigned status, const char *why)
{
	const ServerOptions *o = &c->server->options;
	c->reply.status = status;
	o->refuse(o->context, &c->request, why, &c->reply);
	atomic_store(&c->state, CALL_ANSWERED);
}

void call_answer(Call *c)
{
	const ServerOptions *o = &c->server->options;
	o->handle(o->context, &c->request, &c->reply);
	atomic_store(&c->state, CALL_ANSWERED);
}

/* A body that is on its way to a call that was not let in is not read. */
static bool admit(Call *c)
{
	const ServerOptions *o = &c->server->options;
	if (!o->admit || o->admit(o->context, &c->request, &c->reply))
		return true;
	const char *length = request_header(&c->request, MHD_HTTP_HEADER_CONTENT_LENGTH);
	c->must_close =
	        request_header(&c->request, MHD_HTTP_HEADER_TRANSFER_ENCODING) || (length && strcmp(length, "0") != 0);
	atomic_store(&c->state, CALL_ANSWERED);
	return false;
}

/* False: what the client owed came too late, and that was told. */
static bool take_back(Call *c)
{
	return !c->peer || atomic_exchange(&c->peer->owes, OWES_NOTHING) != OWES_NOTHING;
}

static enum MHD_Result begin(Call *c, struct MHD_Connection *connection, const char *method, const char *version)
{
	Server *s = c->server;
	const char *why;
	int64_t now = g_get_monotonic_time();
	c->connection = connection;
	if (!take_back(c))
		return MHD_NO;
	c->reply = (Reply){.status = 200, .type = "application/json", .body = g_string_sized_new(ANSWER_BYTES)};
	c->request = (Request){.method = method,
	        .path = c->path,
	        .query = c->query,
	        .body = "",
	        .peer = c->peer ? c->peer->name : "",
	        .started = now,
	        .whole = now,
	        .connection = connection};
	set_deadline(c, now, s->options.read_s);
	unsigned status = check_head(c, version, &why);
	if (status) {
		c->must_close = true;
		call_refuse(c, status, why);
		return send_reply(c);
	}
	if (!admit(c))
		return send_reply(c);
	if (c->peer)
		atomic_store(&c->peer->owes, OWES_BODY);
	return MHD_YES;
}

static void gather(Call *c, const char *data, size_t size)
{
	const Server *s = c->server;
	if (!c->body) {
		const char *length = request_header(&c->request, MHD_HTTP_HEADER_CONTENT_LENGTH);
		uint64_t told = length ? g_ascii_strtoull(length, NULL, 10) : size;
		c->body = g_string_sized_new(MIN(told, (uint64_t)RESERVE_BYTES));
	}
	if (c->must_close)
		return;
	if (c->body->len + size > s->options.body_bytes) { /* only chunked bodies get here */
		c->must_close = true;
		g_string_free(g_steal_pointer(&c->body), TRUE);
		c->body = g_string_new(NULL);
		return;
	}
	g_string_append_len(c->body, data, (gssize)size);
}

static enum MHD_Result dispatch(Call *c)
{
	Server *s = c->server;
	if (!take_back(c))
		return MHD_NO;
	c->request.whole = g_get_monotonic_time();
	set_deadline(c, 0, 0);
	c->is_counted = true;
	atomic_fetch_add(&s->in_flight, 1);
	if (c->body) {
		c->request.body = c->body->str;
		c->request.size = c->body->len;
	}
	if (c->must_close) {
		call_refuse(c, 413, "the body is larger than this server takes");
		return send_reply(c);
	}
	ServerLane lane = s->options.lane(s->options.context, &c->request);
	if (lane == LANE_IO) {
		call_answer(c);
		return send_reply(c);
	}
	if (lanes_take(s, c, lane))
		return MHD_YES;
	reply_header(&c->reply, MHD_HTTP_HEADER_RETRY_AFTER, lane == LANE_LONG ? "5" : "1");
	call_refuse(c, 503,
	        lane == LANE_LONG ? "a command that takes its time is under way: try again when it is done"
	                          : "too many requests are waiting already");
	return send_reply(c);
}

static enum MHD_Result access_seen(void *server, struct MHD_Connection *connection, const char *url, const char *method,
        const char *version, const char *data, size_t *size, void **context)
{
	Call *c = *context;
	if (!c)
		return MHD_NO;
	if (!c->connection)
		return begin(c, connection, method, version);
	if (atomic_load(&c->state) == CALL_ANSWERED) {
		*size = 0;
		return c->reply.body ? send_reply(c) : MHD_YES;
	}
	if (*size) {
		gather(c, data, *size);
		*size = 0;
		return MHD_YES;
	}
	return dispatch(c);
}

static struct MHD_Daemon *start_daemon(Server *s, int socket)
{
	const ServerOptions *o = &s->options;
	unsigned flags = MHD_USE_EPOLL_INTERNAL_THREAD | MHD_ALLOW_SUSPEND_RESUME | MHD_USE_ITC;
	struct MHD_OptionItem options[] = {
	        {MHD_OPTION_LISTEN_SOCKET, socket, NULL},
	        {MHD_OPTION_CONNECTION_LIMIT, (intptr_t)o->connections, NULL},
	        {MHD_OPTION_CONNECTION_MEMORY_LIMIT, MEMORY_BYTES, NULL},
	        {MHD_OPTION_CONNECTION_TIMEOUT, (intptr_t)(MAX(MAX(o->idle_s, o->read_s), o->write_s) + LATER_S), NULL},
	        {MHD_OPTION_STRICT_FOR_CLIENT, 1, NULL},
	        {MHD_OPTION_URI_LOG_CALLBACK, (intptr_t)uri_seen, s},
	        {MHD_OPTION_NOTIFY_COMPLETED, (intptr_t)completed, s},
	        {MHD_OPTION_NOTIFY_CONNECTION, (intptr_t)connected, s},
	        {MHD_OPTION_THREAD_POOL_SIZE, o->threads > 1 ? (intptr_t)o->threads : 0, NULL},
	        {o->certificate ? MHD_OPTION_HTTPS_PRIORITIES : MHD_OPTION_END, 0, (void *)PRIORITIES},
	        {MHD_OPTION_HTTPS_CERT_CALLBACK2, 0, (void *)tls_choose},
	        {MHD_OPTION_END, 0, NULL},
	};
	return MHD_start_daemon(o->certificate ? flags | MHD_USE_TLS : flags, 0, NULL, NULL, access_seen, s,
	        MHD_OPTION_ARRAY, options, MHD_OPTION_END);
}

bool server_start(const ServerOptions *options, Server **ret, GError **error)
{
	int socket;
	Server *s = g_new0(Server, 1);
	s->options = *options;
	if (!s->options.threads)
		s->options.threads = g_get_num_processors();
	s->options.connections = MAX(s->options.connections, s->options.threads);
	if ((options->certificate && !tls_open(options->certificate, options->key, error)) ||
	        !server_listen(options->listen, options->port, &socket, &s->port, error)) {
		tls_close();
		g_free(s);
		return false;
	}
	server_raise_files(s->options.connections);
	g_mutex_init(&s->peers_lock);
	g_cond_init(&s->peers_changed);
	peers_start(s);
	lanes_start(s);
	*ret = s; /* the first request may come, and ask for the server's load, before this returns */
	s->daemon = start_daemon(s, socket);
	if (!s->daemon) {
		*ret = NULL;
		server_stop(s, 0);
		return fail(error, FAIL_UNAVAILABLE, "the HTTP server could not be started");
	}
	return true;
}

unsigned server_port(const Server *s)
{
	return s->port;
}

ServerLoad server_load(const Server *s)
{
	Server *mine = (Server *)s;
	g_mutex_lock(&mine->peers_lock);
	unsigned connections = s->peer_count;
	g_mutex_unlock(&mine->peers_lock);
	ServerLoad load = {.connections = connections, .in_flight = atomic_load(&mine->in_flight)};
	lanes_load(mine, &load);
	return load;
}

void server_drain(Server *s)
{
	atomic_store(&s->draining, true);
}

/* Whoever is connected may have sent a request that is still on its way: they get a second to be heard. */
static void wait_for_calls(Server *s, int64_t until)
{
	int64_t now = g_get_monotonic_time(), quiet = MIN(until, now + G_USEC_PER_SEC);
	for (; now < until; now = g_get_monotonic_time()) {
		ServerLoad load = server_load(s);
		if (load.connections == 0 || (load.in_flight == 0 && now >= quiet))
			return;
		g_usleep(10000);
	}
}

void server_stop(Server *s, unsigned seconds)
{
	int64_t until = g_get_monotonic_time() + (int64_t)seconds * G_USEC_PER_SEC;
	server_drain(s);
	if (s->daemon) {
		server_close(MHD_quiesce_daemon(s->daemon));
		wait_for_calls(s, until);
		lanes_end(s, until);
		MHD_stop_daemon(s->daemon);
	}
	lanes_free(s);
	peers_stop(s);
	tls_close();
	g_mutex_clear(&s->peers_lock);
	g_cond_clear(&s->peers_changed);
	g_free(s);
}
