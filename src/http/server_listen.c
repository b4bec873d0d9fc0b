/* server_listen.c: the socket that listens, and room for as many connections as are allowed. */
#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/error.h"
#include "http/server_inside.h"

enum { BACKLOG = 4096, OWN_FILES = 200 };

static bool listen_at(const struct addrinfo *a, const char *address, unsigned port, int *ret, GError **error)
{
	int fd = socket(a->ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return fail_errno(error, errno, "cannot listen on %s port %u", address, port);
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &(int){1}, sizeof(int));
	if (bind(fd, a->ai_addr, a->ai_addrlen) < 0 || listen(fd, BACKLOG) < 0) {
		int number = errno;
		close(fd);
		if (number == EADDRINUSE)
			return fail(error, FAIL_CONFLICT, "port %u of %s is in use: choose another with --port", port,
			        address);
		return fail_errno(error, number, "cannot listen on %s port %u", address, port);
	}
	*ret = fd;
	return true;
}

static unsigned port_of(int fd)
{
	struct sockaddr_storage own;
	socklen_t size = sizeof own;
	if (getsockname(fd, (struct sockaddr *)&own, &size) < 0)
		return 0;
	return own.ss_family == AF_INET6 ? ntohs(((const struct sockaddr_in6 *)&own)->sin6_port)
	                                 : ntohs(((const struct sockaddr_in *)&own)->sin_port);
}

bool server_listen(const char *address, unsigned port, int *ret_socket, unsigned *ret_port, GError **error)
{
	struct addrinfo hints = {.ai_socktype = SOCK_STREAM, .ai_flags = AI_NUMERICHOST | AI_NUMERICSERV | AI_PASSIVE};
	struct addrinfo *found;
	char service[16];
	g_snprintf(service, sizeof service, "%u", port);
	if (getaddrinfo(address, service, &hints, &found) != 0)
		return fail(error, FAIL_INVALID,
		        "\"%s\" is no address to listen on: give 127.0.0.1, ::1, 0.0.0.0 or the like", address);
	bool ok = listen_at(found, address, port, ret_socket, error);
	freeaddrinfo(found);
	if (ok)
		*ret_port = port_of(*ret_socket);
	return ok;
}

void server_close(int socket)
{
	if (socket >= 0)
		close(socket);
}

void server_raise_files(unsigned connections)
{
	struct rlimit limit;
	if (getrlimit(RLIMIT_NOFILE, &limit) < 0 || limit.rlim_cur >= connections + OWN_FILES)
		return;
	limit.rlim_cur = MIN((rlim_t)connections + OWN_FILES, limit.rlim_max);
	setrlimit(RLIMIT_NOFILE, &limit);
}
