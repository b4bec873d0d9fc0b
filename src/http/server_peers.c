/* server_peers.c: the open connections, and the warden who shuts those whose client keeps the server waiting.
 *
 * libmicrohttpd's own time limit counts from the last byte, so a client that sends one byte a second keeps its connection for
 * ever.  Here every turn of the client has a deadline: a head, then a body.  The socket is only shut down, under the lock
 * that its removal takes: closing it stays with the library. */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include "http/server_inside.h"

enum { ROUND_US = 250 * 1000 };

void peer_name(const struct sockaddr *address, char ret[PEER_NAME_BYTES])
{
	char text[INET6_ADDRSTRLEN] = "?";
	unsigned port = 0;
	bool six = address && address->sa_family == AF_INET6;
	if (address && address->sa_family == AF_INET) {
		const struct sockaddr_in *in = (const void *)address;
		inet_ntop(AF_INET, &in->sin_addr, text, sizeof text);
		port = ntohs(in->sin_port);
	} else if (six) {
		const struct sockaddr_in6 *in = (const void *)address;
		inet_ntop(AF_INET6, &in->sin6_addr, text, sizeof text);
		port = ntohs(in->sin6_port);
	}
	g_snprintf(ret, PEER_NAME_BYTES, six ? "[%s]:%u" : "%s:%u", text, port);
}

Peer *peer_add(Server *s, struct MHD_Connection *connection)
{
	const union MHD_ConnectionInfo *socket = MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD);
	const union MHD_ConnectionInfo *address =
	        MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CLIENT_ADDRESS);
	Peer *p = g_new0(Peer, 1);
	p->socket = socket ? socket->connect_fd : -1;
	peer_name(address ? address->client_addr : NULL, p->name);
	/* Answers are small and complete: waiting for more of them (Nagle) only adds 40 ms. */
	setsockopt(p->socket, IPPROTO_TCP, TCP_NODELAY, &(int){1}, sizeof(int));
	atomic_store(&p->deadline, g_get_monotonic_time() + (int64_t)s->options.idle_s * G_USEC_PER_SEC);
	g_mutex_lock(&s->peers_lock);
	p->next = s->peers;
	p->link = &s->peers;
	if (p->next)
		p->next->link = &p->next;
	s->peers = p;
	s->peer_count++;
	g_mutex_unlock(&s->peers_lock);
	return p;
}

void peer_remove(Server *s, Peer *p)
{
	g_mutex_lock(&s->peers_lock);
	*p->link = p->next;
	if (p->next)
		p->next->link = p->link;
	s->peer_count--;
	g_cond_signal(&s->peers_changed);
	g_mutex_unlock(&s->peers_lock);
	g_free(p);
}

/* Straight to the socket: the library answers only requests that are whole.  Nothing else was written since the request began. */
static void tell_late(const Peer *p, Owed owed)
{
	static const char *const PARTS[] = {[OWES_HEAD] = "head", [OWES_BODY] = "body"};
	char body[96], text[256];
	int length = g_snprintf(
	        body, sizeof body, "{\"error\": \"the %s of the request did not come in time\"}\n", PARTS[owed]);
	int size = g_snprintf(text, sizeof text,
	        "HTTP/1.1 408 Request Timeout\r\nContent-Type: application/json\r\nConnection: close\r\n"
	        "Content-Length: %d\r\n\r\n%s",
	        length, body);
	ssize_t sent = send(p->socket, text, (size_t)size, MSG_DONTWAIT | MSG_NOSIGNAL);
	(void)sent; /* who does not read it is shut out all the same */
}

static void shut_late(Server *s)
{
	int64_t now = g_get_monotonic_time();
	for (Peer *p = s->peers; p; p = p->next) {
		int64_t deadline = atomic_load(&p->deadline);
		if (!deadline || deadline >= now)
			continue;
		Owed owed = (Owed)atomic_exchange(&p->owes, OWES_NOTHING);
		if (owed != OWES_NOTHING && !s->options.certificate)
			tell_late(p, owed);
		shutdown(p->socket, SHUT_RDWR);
	}
}

static gpointer keep_watch(gpointer server)
{
	Server *s = server;
	g_mutex_lock(&s->peers_lock);
	while (!s->stop) {
		g_cond_wait_until(&s->peers_changed, &s->peers_lock, g_get_monotonic_time() + ROUND_US);
		shut_late(s);
	}
	g_mutex_unlock(&s->peers_lock);
	return NULL;
}

bool peers_start(Server *s)
{
	s->warden = g_thread_new("warden", keep_watch, s);
	return true;
}

void peers_stop(Server *s)
{
	g_mutex_lock(&s->peers_lock);
	s->stop = true;
	g_cond_broadcast(&s->peers_changed);
	g_mutex_unlock(&s->peers_lock);
	if (s->warden)
		g_thread_join(s->warden);
}
