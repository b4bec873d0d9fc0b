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
	GString *body;
	bool is_counted; /* among those in flight */
	_Atomic CallState state;
	bool must_close;
} Call;

struct Server {
	ServerOptions options;
	struct MHD_Daemon *daemon;
	unsigned port;
	GThreadPool *workers;
	GMutex pool_lock;    /* closing, and that what it lets in is pushed before it is set */
	bool closing;        /* no more calls for the workers */
	atomic_uint handed;  /* to the workers, and not yet resumed */
	atomic_bool overdue; /* the time to drain is over: who waits for a worker is refused */
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

/* A connection: a deadline for the client's next move; 0: it is the server's turn. */
struct Peer {
	Peer *next, **link;
	int socket;
	atomic_int_fast64_t deadline; /* us, monotonic */
	atomic_bool
	        owes_body; /* of a head that was read; whoever takes this back answers: its I/O thread, or the warden */
	char name[64];
};

/* server_peers.c */
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
