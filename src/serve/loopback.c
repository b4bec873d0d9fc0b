/* loopback.c: as much of HTTP/1.1 as talking to our own server takes: a body with Content-Length each way. */
#include "serve/loopback.h"

#include <errno.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include "base/error.h"

enum { ANSWER_BYTES = 16 << 20 };

struct Loopback {
	int socket;
	unsigned port;
	GString *read; /* not used up yet */
};

bool loopback_open(unsigned port, unsigned seconds, Loopback **ret, GError **error)
{
	struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
	struct timeval limit = {.tv_sec = seconds};
	to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	int s = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (s < 0)
		return fail_errno(error, errno, "no connection can be made");
	setsockopt(s, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
	setsockopt(s, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit);
	if (connect(s, (struct sockaddr *)&to, sizeof to) < 0) {
		int number = errno;
		close(s);
		return fail_errno(error, number, "port %u cannot be reached", port);
	}
	*ret = g_new0(Loopback, 1);
	(*ret)->socket = s;
	(*ret)->port = port;
	(*ret)->read = g_string_new(NULL);
	return true;
}

void loopback_close(Loopback *l)
{
	if (!l)
		return;
	close(l->socket);
	g_string_free(l->read, TRUE);
	g_free(l);
}

static bool send_all(const Loopback *l, const char *bytes, size_t size, GError **error)
{
	while (size > 0) {
		ssize_t sent = send(l->socket, bytes, size, MSG_NOSIGNAL);
		if (sent < 0 && errno == EINTR)
			continue;
		if (sent < 0)
			return fail(error, FAIL_UNAVAILABLE, "the request could not be sent: %s", g_strerror(errno));
		bytes += sent;
		size -= (size_t)sent;
	}
	return true;
}

/* A process that is stopped and goes on finds its waiting interrupted, as by a signal: that is no word of the server's. */
static bool receive(Loopback *l, GError **error)
{
	char part[16384];
	ssize_t size;
	do
		size = recv(l->socket, part, sizeof part, 0);
	while (size < 0 && errno == EINTR);
	if (size <= 0 || l->read->len > ANSWER_BYTES)
		return fail(error, FAIL_UNAVAILABLE, "no whole answer came");
	g_string_append_len(l->read, part, size);
	return true;
}

/* "HTTP/1.1 200 OK" and its Content-Length. */
static bool read_head(const char *head, unsigned *ret_status, size_t *ret_length)
{
	const char *space = strchr(head, ' ');
	g_auto(GStrv) lines = g_strsplit(head, "\r\n", -1);
	bool found = false;
	*ret_status = space ? (unsigned)g_ascii_strtoull(space, NULL, 10) : 0;
	for (char **line = lines; *line; line++)
		if (g_ascii_strncasecmp(*line, "content-length:", 15) == 0) {
			*ret_length = g_ascii_strtoull(*line + 15, NULL, 10);
			found = *ret_length <= ANSWER_BYTES;
		}
	return found && *ret_status >= 100;
}

static bool read_answer(Loopback *l, unsigned *ret_status, char **ret_body, GError **error)
{
	const char *end;
	size_t length;
	while (!(end = strstr(l->read->str, "\r\n\r\n")))
		if (!receive(l, error))
			return false;
	size_t head = (size_t)(end - l->read->str) + 4;
	g_autofree char *text = g_strndup(l->read->str, head);
	if (!read_head(text, ret_status, &length))
		return fail(error, FAIL_UNAVAILABLE, "what came back is no answer");
	while (l->read->len < head + length)
		if (!receive(l, error))
			return false;
	*ret_body = g_strndup(l->read->str + head, length);
	g_string_erase(l->read, 0, (gssize)(head + length));
	return true;
}

bool loopback_post(
        Loopback *l, const char *path, const char *json, unsigned *ret_status, char **ret_body, GError **error)
{
	g_autofree char *head = g_strdup_printf("POST %s HTTP/1.1\r\nHost: 127.0.0.1:%u\r\n"
	                                        "Content-Type: application/json\r\nContent-Length: %zu\r\n\r\n",
	        path, l->port, strlen(json));
	g_autofree char *all = g_strconcat(head, json, NULL);
	return send_all(l, all, strlen(all), error) && read_answer(l, ret_status, ret_body, error);
}
