/* test_loopback.c: answers that come in pieces, what is no answer, and waiting that signals interrupt (as a stop and a continuation in a
 * terminal do). */
#include "serve/loopback.h"

#include <netinet/in.h>
#include <pthread.h>
#include <signal.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/error.h"
#include "serve/child.h"

typedef struct Peer {
	int socket;
	bool interrupts; /* whoever waits for it, before it speaks */
	pthread_t who;
	const char *const *pieces; /* NULL-ended */
} Peer;

static void pass_over(int signal)
{
	(void)signal;
}

static void interrupt(const Peer *p)
{
	for (int i = 0; p->interrupts && i < 20; i++) {
		g_usleep(1000);
		pthread_kill(p->who, SIGUSR1);
	}
}

/* Takes one connection, reads a request, says its pieces and hangs up. */
static gpointer speak(gpointer peer)
{
	Peer *p = peer;
	char request[4096];
	int c = accept(p->socket, NULL, NULL);
	g_assert_cmpint(recv(c, request, sizeof request, 0), >, 0);
	interrupt(p);
	for (const char *const *piece = p->pieces; *piece; piece++) {
		g_assert_cmpint(send(c, *piece, strlen(*piece), MSG_NOSIGNAL), ==, strlen(*piece));
		g_usleep(1000);
	}
	close(c);
	return NULL;
}

static unsigned listen_at(int *ret)
{
	struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t size = sizeof at;
	*ret = socket(AF_INET, SOCK_STREAM, 0);
	g_assert_cmpint(bind(*ret, (struct sockaddr *)&at, sizeof at), ==, 0);
	g_assert_cmpint(listen(*ret, 1), ==, 0);
	g_assert_cmpint(getsockname(*ret, (struct sockaddr *)&at, &size), ==, 0);
	return ntohs(at.sin_port);
}

static bool ask(Peer p, unsigned *ret_status, char **ret_body, GError **error)
{
	unsigned port = listen_at(&p.socket);
	GThread *thread = g_thread_new("peer", speak, &p);
	g_autoptr(Loopback) l = NULL;
	g_assert_true(loopback_open(port, 10, &l, NULL));
	bool ok = loopback_post(l, "/x", "{}", ret_status, ret_body, error);
	g_thread_join(thread);
	close(p.socket);
	return ok;
}

static void test_pieces(void)
{
	static const char *const PIECES[] = {
	        "HTTP/1.1 40", "9 Conflict\r\nContent-Le", "ngth: 5\r\n\r", "\nab", "cde", NULL};
	unsigned status;
	g_autofree char *body = NULL;
	g_assert_true(ask((Peer){.pieces = PIECES}, &status, &body, NULL));
	g_assert_cmpuint(status, ==, 409);
	g_assert_cmpstr(body, ==, "abcde");
}

static void test_none(void)
{
	static const char *const SHORT[] = {"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nab", NULL};
	static const char *const BARE[] = {"HTTP/1.1 200 OK\r\n\r\nab", NULL}, *const SILENT[] = {"", NULL};
	static const char *const LONG[] = {"HTTP/1.1 200 OK\r\nContent-Length: 99999999999999999999\r\n\r\n", NULL};
	static const char *const *const CASES[] = {SHORT, BARE, SILENT, LONG};
	for (size_t i = 0; i < G_N_ELEMENTS(CASES); i++) {
		unsigned status;
		char *body;
		GError *error = NULL;
		g_assert_false(ask((Peer){.pieces = CASES[i]}, &status, &body, &error));
		g_assert_error(error, FAIL, FAIL_UNAVAILABLE);
		g_error_free(error);
	}
}

static void test_nobody(void)
{
	int socket;
	unsigned port = listen_at(&socket);
	Loopback *l;
	close(socket);
	g_assert_false(loopback_open(port, 1, &l, NULL));
}

static gpointer say_port(gpointer peer)
{
	static const char SAID[] = "gyre: listening on http://127.0.0.1:4711\n";
	Peer *p = peer;
	interrupt(p);
	g_assert_cmpint(write(p->socket, SAID, sizeof SAID - 1), ==, sizeof SAID - 1);
	close(p->socket);
	return NULL;
}

/* A signal that is handled says nothing of the server. */
static void test_interrupted(void)
{
	static const char *const PIECES[] = {"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok", NULL};
	struct sigaction handled = {.sa_handler = pass_over}, before;
	Peer p = {.pieces = PIECES, .interrupts = true, .who = pthread_self()};
	unsigned status, port;
	int said[2];
	g_autofree char *body = NULL;
	g_autoptr(GError) error = NULL;
	g_assert_cmpint(sigaction(SIGUSR1, &handled, &before), ==, 0);
	ask(p, &status, &body, &error);
	g_assert_no_error(error);
	g_assert_cmpstr(body, ==, "ok");
	g_assert_cmpint(pipe(said), ==, 0);
	p.socket = said[1];
	Child c = {.said = said[0]};
	GThread *thread = g_thread_new("child", say_port, &p);
	child_port(&c, 10, &port, &error);
	g_assert_no_error(error);
	g_assert_cmpuint(port, ==, 4711);
	g_thread_join(thread);
	close(said[0]);
	sigaction(SIGUSR1, &before, NULL);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/loopback/pieces", test_pieces);
	g_test_add_func("/loopback/none", test_none);
	g_test_add_func("/loopback/nobody", test_nobody);
	g_test_add_func("/loopback/interrupted", test_interrupted);
	return g_test_run();
}
