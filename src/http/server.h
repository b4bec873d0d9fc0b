/* server.h: HTTP in and out: requests with their whole body to one function, its replies back.  The only place that knows
 * libmicrohttpd; everything above sees Request and Reply.
 *
 * Each I/O thread has its own epoll and calls `handle` itself for small requests.  What `lane` says takes longer goes to other threads, with
 * a bounded queue (full: 503 with Retry-After), so a large batch holds up no small request, and a command no batch.
 *
 * What a client sends is refused before anything reads it when its framing is ambiguous: Content-Length given twice or beside
 * chunked, a transfer coding other than chunked, no Host, a NUL in a header or in the request line; the connection is then
 * closed.  A head has 16 KiB, a body 64 MiB.  A connection must complete a head (with TLS, its handshake too) within the idle
 * time of being opened or last answered, a body within the read time, and take its answer within the write time, however slowly
 * it trickles.  Who is late with what was begun is told 408. */
#pragma once

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

typedef struct Request {
	const char *method;
	const char *path;  /* as sent, with its percent signs, without the query */
	const char *query; /* behind the '?'; "" if none */
	const char *body;  /* a NUL stands behind the last byte */
	size_t size;
	const char *peer; /* "127.0.0.1:4711" */
	int64_t started;  /* us, monotonic: when its head was complete */
	int64_t whole; /* when its body was, too: what an answer's time is counted from, waiting for a worker included */
	uint64_t caller; /* who asks, as `admit` has it; 0: nobody in particular */
	void *connection;
} Request;

/* A header's value, NULL if absent.  Names in any case. */
const char *request_header(const Request *r, const char *name);
/* A value of the query, decoded; NULL if absent.  Free with g_free. */
char *request_query(const Request *r, const char *key);

typedef struct Reply {
	unsigned status;  /* 200 */
	const char *type; /* "application/json"; static */
	GString *body;
	GPtrArray *headers; /* name, value, name, value ... as texts */
	void *left;         /* what `handle` leaves for `done` */
} Reply;

void reply_header(Reply *r, const char *name, const char *value);

/* Who answers a request. */
typedef enum ServerLane {
	LANE_IO,       /* the I/O thread that read it, at once */
	LANE_WORKERS,  /* as many threads as read */
	LANE_COMMANDS, /* two threads */
	LANE_LONG,     /* one thread, and nothing waits for it: who comes meanwhile is told to come back */
	SERVER_LANES
} ServerLane;

typedef struct ServerOptions {
	const char *listen;            /* an address, IPv4 or IPv6 */
	unsigned port;                 /* 0: any that is free */
	const char *certificate, *key; /* PEM files, the chain and its key: TLS 1.2 and 1.3; NULL: plain HTTP */
	unsigned threads;              /* I/O threads, and as many workers; 0: as many as the machine has cores */
	unsigned connections;
	unsigned queue; /* requests that may wait for the workers, and as many for the commands' threads */
	size_t body_bytes;
	unsigned idle_s, read_s, write_s;
	/* When the head is there and sound; false: `reply` is the answer, and a body is not waited for.  NULL: all are let in. */
	bool (*admit)(void *context, Request *request, Reply *reply);
	void (*handle)(void *context, const Request *request, Reply *reply);
	ServerLane (*lane)(void *context, const Request *request);
	/* The body of an answer the server itself gives (400, 408, 413, 431, 503), in the form the path's clients expect. */
	void (*refuse)(void *context, const Request *request, const char *sentence, Reply *reply);
	/* After the answer is given to the socket; NULL: nobody wants to know. */
	void (*done)(void *context, const Request *request, const Reply *reply);
	void *context;
} ServerOptions;

typedef struct Server Server;

bool server_start(const ServerOptions *options, Server **ret, GError **error);
unsigned server_port(const Server *s);

/* Reads the files of the certificate again if they changed, or `always`; who connects from now on gets it.  An error leaves
 * the one before, and is told once for each change. */
bool server_renew(bool always, bool *ret_renewed, GError **error);

typedef struct ServerLoad {
	unsigned connections, in_flight, queued;
	uint64_t handed[SERVER_LANES]; /* since the start */
} ServerLoad;
ServerLoad server_load(const Server *s);

/* From now on every answer closes its connection. */
void server_drain(Server *s);
/* No new connections; waits until those that are open have been answered, at most `seconds`, then frees the server. */
void server_stop(Server *s, unsigned seconds);
