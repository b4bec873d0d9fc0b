/* test_loopback.c: answers that come in pieces, and what is no answer. */
#include "serve/loopback.h"

#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/error.h"

typedef struct Peer {
	int socket;
	const char *const *pieces; /* NULL-ended */
} Peer;

/* Takes one connection, reads a request, says its pieces and hangs up. */
static gpointer speak(gpointer peer)
{
	Peer *p = peer;
	char request[4096];
	int c = accept(p->socket, NULL, NULL);
	g_assert_cmpint(recv(c, request, sizeof request, 0), >, 0);
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

static bool ask(const char *const *pieces, unsigned *ret_status, char **ret_body, GError **error)
{
	Peer p = {.pieces = pieces};
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
	g_assert_true(ask(PIECES, &status, &body, NULL));
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
		g_assert_false(ask(CASES[i], &status, &body, &error));
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

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/loopback/pieces", test_pieces);
	g_test_add_func("/loopback/none", test_none);
	g_test_add_func("/loopback/nobody", test_nobody);
	return g_test_run();
}
