/* child.c: other processes of this program. */
#include "serve/child.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/error.h"

/* Between fork and exec, as well.  A server blocks the signals that end it, and a child would inherit that. */
static void hear_signals(void *unused)
{
	sigset_t none;
	(void)unused;
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	signal(SIGPIPE, SIG_DFL);
}

/* Between fork and exec: only calls that are safe there, in a program of many threads too.  A parent that died before it could be
 * tied to is told by its child's having another. */
static void die_with_parent(void *parent)
{
	hear_signals(NULL);
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != *(const pid_t *)parent)
		raise(SIGKILL);
}

static GPtrArray *argv_of(const char *const *words)
{
	GPtrArray *argv = g_ptr_array_new();
	g_ptr_array_add(argv, (void *)"/proc/self/exe");
	for (; *words; words++)
		g_ptr_array_add(argv, (void *)*words);
	g_ptr_array_add(argv, NULL);
	return argv;
}

void child_leave(const char *const *words)
{
	g_autoptr(GPtrArray) argv = argv_of(words);
	g_spawn_async(NULL, (char **)argv->pdata, NULL, G_SPAWN_STDOUT_TO_DEV_NULL | G_SPAWN_STDERR_TO_DEV_NULL,
	        hear_signals, NULL, NULL, NULL);
}

bool child_start(const char *const *words, Child *ret, GError **error)
{
	g_autoptr(GPtrArray) argv = argv_of(words);
	g_autoptr(GError) problem = NULL;
	Child c;
	pid_t parent = getpid();
	if (!g_spawn_async_with_pipes(NULL, (char **)argv->pdata, NULL,
	            G_SPAWN_DO_NOT_REAP_CHILD | G_SPAWN_STDOUT_TO_DEV_NULL, die_with_parent, &parent, &c.pid, NULL,
	            NULL, &c.said, &problem))
		return fail(error, FAIL_UNAVAILABLE, "no process could be started: %s", problem->message);
	*ret = c;
	return true;
}

static bool has_ended(pid_t pid)
{
	return waitpid(pid, NULL, WNOHANG) != 0;
}

void child_stop(Child *c, unsigned seconds)
{
	int64_t until = g_get_monotonic_time() + (int64_t)seconds * G_USEC_PER_SEC;
	if (!c->pid)
		return;
	kill(c->pid, SIGTERM);
	bool ended = has_ended(c->pid);
	while (!ended && g_get_monotonic_time() < until) {
		g_usleep(5000);
		ended = has_ended(c->pid);
	}
	if (!ended) {
		kill(c->pid, SIGKILL);
		waitpid(c->pid, NULL, 0);
	}
	close(c->said);
	c->pid = 0;
}

/* The next piece of what it says; false at its end, and when the time is over. */
static bool hear(const Child *c, int64_t until, GString *to)
{
	char part[4096];
	struct pollfd wait = {.fd = c->said, .events = POLLIN};
	ssize_t size;
	int ready;
	do
		ready = poll(&wait, 1, (int)(MAX(until - g_get_monotonic_time(), 0) / 1000));
	while (ready < 0 && errno == EINTR);
	if (ready <= 0)
		return false;
	do
		size = read(c->said, part, sizeof part);
	while (size < 0 && errno == EINTR);
	if (size > 0)
		g_string_append_len(to, part, size);
	return size > 0;
}

/* "gyre: listening on http://127.0.0.1:4711\n", whole. */
static unsigned port_in(const char *said)
{
	const char *at = strstr(said, "listening on http://");
	const char *end = at ? strchr(at, '\n') : NULL;
	g_autofree char *line = end ? g_strndup(at, (size_t)(end - at)) : NULL;
	const char *colon = line ? strrchr(line, ':') : NULL;
	return colon ? (unsigned)g_ascii_strtoull(colon + 1, NULL, 10) : 0;
}

bool child_port(Child *c, unsigned seconds, unsigned *ret, GError **error)
{
	int64_t until = g_get_monotonic_time() + (int64_t)seconds * G_USEC_PER_SEC;
	g_autoptr(GString) said = g_string_new(NULL);
	unsigned port = 0;
	while (!port && hear(c, until, said))
		port = port_in(said->str);
	g_strchomp(said->str);
	if (!port)
		return fail(error, FAIL_BROKEN, "%s",
		        *said->str ? said->str : "the server ended, or took too long, without a word");
	*ret = port;
	return true;
}
