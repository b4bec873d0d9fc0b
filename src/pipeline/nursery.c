/* nursery.c: forking, awaiting and ending the processes of steps.
 *
 * A group is killed while its head is dead but not yet reaped: until then its number cannot be given to anybody else. */
#include "pipeline/nursery.h"

#include "base/digest.h"
#include "base/error.h"
#include "pipeline/worker.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/pidfd.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

typedef struct Child {
	pid_t pid;
	int pidfd, end_fd;
} Child;

typedef struct Nursery {
	const StepKind *const *kinds;
	GArray *children;
	bool is_child; /* this process is a child now and only has to run its step */
	pid_t parent;  /* then: of this process */
	char *folder;
} Nursery;

/* ---- in the child ---- */

static void set_number(const char *name, unsigned value)
{
	g_autofree char *text = g_strdup_printf("%u", value);
	g_setenv(name, text, TRUE);
}

/* The descriptors go to their places, all others are closed. */
static void take_places(const NurseryRequest *r, const int *fds)
{
	int null = open("/dev/null", O_RDONLY | O_CLOEXEC);
	dup2(null, STDIN_FILENO);
	dup2(fds[1], STDOUT_FILENO);
	dup2(fds[1], STDERR_FILENO);
	close(NURSERY_SOCKET);
	if (r->has_progress)
		dup2(fds[2], WORKER_PROGRESS_FD);
	if (r->has_lock)
		dup2(fds[2 + r->has_progress], WORKER_LOCK_FD);
	fcntl(WORKER_LOCK_FD, F_SETFD, FD_CLOEXEC);
	close_range(WORKER_LOCK_FD + 1, ~0U, 0);
}

static void become_child(Nursery *n, const NurseryRequest *r, const int *fds, pid_t parent)
{
	setpgid(0, 0);
	take_places(r, fds);
	if (r->has_progress)
		set_number("GYRE_PROGRESS_FD", WORKER_PROGRESS_FD);
	else
		g_unsetenv("GYRE_PROGRESS_FD");
	set_number("OMP_NUM_THREADS", r->cores);
	set_number("OPENBLAS_NUM_THREADS", r->cores);
	n->is_child = true;
	n->parent = parent;
	n->folder = g_strdup(r->folder);
}

/* ---- in the nursery ---- */

static void answer(pid_t pid)
{
	ssize_t put = send(NURSERY_SOCKET, &pid, sizeof pid, MSG_NOSIGNAL);
	(void)put; /* when the engine is gone, the next read says so */
}

static void start(Nursery *n, const NurseryRequest *r, const int *fds)
{
	pid_t self = getpid(), pid = fork();
	if (pid == 0) {
		become_child(n, r, fds, self);
		return;
	}
	int number = errno;
	int pidfd = pid > 0 ? pidfd_open(pid, 0) : -1;
	if (pid > 0 && pidfd < 0) {
		number = errno;
		kill(pid, SIGKILL);
		waitpid(pid, NULL, 0);
	}
	if (pidfd < 0) {
		close(fds[0]);
		answer(-number);
		return;
	}
	setpgid(pid, pid); /* here too, so that it is done before the engine can send a signal */
	Child child = {pid, pidfd, fds[0]};
	g_array_append_val(n->children, child);
	answer(pid);
}

static void send_signal(const Nursery *n, pid_t pid, int number)
{
	for (guint i = 0; i < n->children->len; i++)
		if (g_array_index(n->children, Child, i).pid == pid)
			kill(-pid, number);
}

static double seconds(struct timeval t)
{
	return (double)t.tv_sec + (double)t.tv_usec / 1e6;
}

static void reap(const Child *child)
{
	int status = 0;
	struct rusage used = {0};
	kill(-child->pid, SIGKILL);
	wait4(child->pid, &status, 0, &used);
	JobEnd end = {
	        .status = WIFEXITED(status) ? WEXITSTATUS(status) : -1,
	        .signal = WIFSIGNALED(status) ? WTERMSIG(status) : 0,
	        .cpu_seconds = seconds(used.ru_utime) + seconds(used.ru_stime),
	        .peak_kb = (uint64_t)used.ru_maxrss,
	};
	ssize_t put = write(child->end_fd, &end, sizeof end);
	(void)put;
	close(child->end_fd);
	close(child->pidfd);
}

static void kill_all(Nursery *n)
{
	for (guint i = 0; i < n->children->len; i++) {
		const Child *child = &g_array_index(n->children, Child, i);
		kill(-child->pid, SIGKILL);
		kill(child->pid, SIGKILL);
		reap(child);
	}
	g_array_set_size(n->children, 0);
}

static size_t take_fds(struct msghdr *message, int *ret)
{
	size_t count = 0;
	for (struct cmsghdr *c = CMSG_FIRSTHDR(message); c; c = CMSG_NXTHDR(message, c)) {
		if (c->cmsg_level != SOL_SOCKET || c->cmsg_type != SCM_RIGHTS)
			continue;
		count = MIN((c->cmsg_len - CMSG_LEN(0)) / sizeof(int), NURSERY_FDS);
		memcpy(ret, CMSG_DATA(c), count * sizeof(int));
	}
	return count;
}

/* False when the engine is gone. */
static bool take_request(Nursery *n)
{
	NurseryRequest r;
	union {
		char bytes[CMSG_SPACE(NURSERY_FDS * sizeof(int))];
		struct cmsghdr align;
	} control;
	struct iovec part = {&r, sizeof r};
	struct msghdr message = {.msg_iov = &part,
	        .msg_iovlen = 1,
	        .msg_control = control.bytes,
	        .msg_controllen = sizeof control.bytes};
	ssize_t got = recvmsg(NURSERY_SOCKET, &message, MSG_CMSG_CLOEXEC);
	if (got != sizeof r)
		return got < 0 && errno == EINTR;
	if (r.pid) {
		send_signal(n, r.pid, r.signal);
		return true;
	}
	int fds[NURSERY_FDS];
	size_t count = take_fds(&message, fds);
	start(n, &r, fds);
	for (size_t i = 1; i < count && !n->is_child; i++)
		close(fds[i]);
	return true;
}

static void reap_ended(Nursery *n, const struct pollfd *fds)
{
	for (guint i = n->children->len; i-- > 0;) {
		if (!fds[i].revents)
			continue;
		reap(&g_array_index(n->children, Child, i));
		g_array_remove_index_fast(n->children, i);
	}
}

/* One wait and what it brought; false when it is time to end. */
static bool serve_once(Nursery *n)
{
	g_autoptr(GArray) fds = g_array_new(FALSE, FALSE, sizeof(struct pollfd));
	for (guint i = 0; i < n->children->len; i++) {
		struct pollfd its = {.fd = g_array_index(n->children, Child, i).pidfd, .events = POLLIN};
		g_array_append_val(fds, its);
	}
	struct pollfd own = {.fd = NURSERY_SOCKET, .events = POLLIN};
	g_array_append_val(fds, own);
	struct pollfd *all = (struct pollfd *)(void *)fds->data;
	if (poll(all, fds->len, -1) < 0)
		return errno == EINTR;
	bool is_asked = all[fds->len - 1].revents;
	reap_ended(n, all);
	return !is_asked || take_request(n);
}

int nursery_serve(const StepKind *const *kinds)
{
	Nursery n = {.kinds = kinds, .children = g_array_new(FALSE, FALSE, sizeof(Child))};
	fcntl(NURSERY_SOCKET, F_SETFD, FD_CLOEXEC);
	fcntl(NURSERY_SOCKET, F_DUPFD_CLOEXEC, WORKER_LOCK_FD); /* so that nothing that comes sits in a child's place */
	g_autofree char *warm = digest_of_bytes("", 0);         /* OpenSSL sets itself up once, for all children */
	while (!n.is_child && serve_once(&n))
		continue;
	if (!n.is_child)
		kill_all(&n);
	g_array_free(n.children, TRUE);
	if (!n.is_child)
		return STATUS_DONE;
	g_autofree char *folder = n.folder;
	worker_die_with(n.parent);
	return worker_run(kinds, folder);
}
