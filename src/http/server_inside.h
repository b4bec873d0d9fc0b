/* server_inside.h: what the parts of the server share. */
#pragma once

#include <gnutls/abstract.h>
#include <microhttpd.h>
#include <stdatomic.h>

#include "http/server.h"

typedef struct Peer Peer;

typedef enum CallState { CALL_READING, CALL_QUEUED, CALL_ANSWERED } CallState;

/* One request, from its head to its answer. */
typedef struct Call {
	Server *server;
	Peer *peer;
	struct MHD_Connection *connection;
	Request request;
	Reply reply;
	char *path, *query; /* owned */
	size_t uri_bytes;   /* of the target as it came, up to its first NUL */
	GString *body;
	bool is_counted; /* among those in flight */
	_Atomic CallState state;
	ServerLane lane; /* that it was handed to */
	bool must_close;
} Call;

typedef struct Lane {
	GThreadPool *pool;
	atomic_uint taken; /* and not yet answered */
	_Atomic uint64_t total;
	unsigned threads, most; /* most: that may be handed at a time */
} Lane;

struct Server {
	ServerOptions options;
	struct MHD_Daemon *daemon;
	unsigned port;
	Lane lanes[SERVER_LANES]; /* LANE_IO's is empty */
	GMutex lanes_lock;        /* closing, and that what it lets in is pushed before it is set */
	atomic_uint handed;       /* to all of them, and not yet resumed */
	bool closing;             /* nothing more is handed over */
	atomic_bool overdue;      /* the time to drain is over: who waits in a lane is refused */
	atomic_uint in_flight;
	atomic_bool draining;

	/* The open connections, and the thread that shuts those that keep the server waiting. */
	GMutex peers_lock;
	Peer *peers; /* a list */
	unsigned peer_count;
	GCond peers_changed;
	GThread *warden;
	bool stop;
};

/* What was begun and is not whole. */
typedef enum Owed { OWES_NOTHING, OWES_HEAD, OWES_BODY } Owed;

enum { PEER_NAME_BYTES = 64 };

/* A connection: a deadline for the client's next move; 0: it is the server's turn. */
struct Peer {
	Peer *next, **link;
	int socket;
	atomic_int_fast64_t deadline; /* us, monotonic */
	atomic_int owes;              /* an Owed; whoever takes this back answers: its I/O thread, or the warden */
	char name[PEER_NAME_BYTES];
};

/* server.c: a call is answered, or refused; then it may go back to its I/O thread. */
void call_answer(Call *c);
void call_refuse(Call *c, unsigned status, const char *why);

/* server_lanes.c */
void lanes_start(Server *s);
/* False: as many are there as may, or the server is about to end. */
bool lanes_take(Server *s, Call *c, ServerLane which);
void lanes_end(Server *s, int64_t until);
void lanes_free(Server *s);
void lanes_load(Server *s, ServerLoad *to);

/* server_peers.c */
/* "127.0.0.1:4711", "[::1]:4711"; "?:0" without an address. */
void peer_name(const struct sockaddr *address, char ret[PEER_NAME_BYTES]);
bool peers_start(Server *s);
void peers_stop(Server *s);
Peer *peer_add(Server *s, struct MHD_Connection *connection);
void peer_remove(Server *s, Peer *p);

/* server_check.c: is the head one that every server on the way reads alike?  0, or the status to refuse it with. */
unsigned check_head(const Call *call, const char *version, const char **ret_why);

/* server_tls.c: one pair of PEM files in a process. */
bool tls_open(const char *certificate, const char *key, GError **error);
void tls_close(void);
gnutls_certificate_retrieve_function3 tls_choose;

/* server_listen.c */
bool server_listen(const char *address, unsigned port, int *ret_socket, unsigned *ret_port, GError **error);
void server_close(int socket);
void server_raise_files(unsigned connections);
