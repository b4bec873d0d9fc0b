/* executor_local.c: steps as processes of this machine, started and awaited by a nursery (pipeline/nursery.h), which is
 * started with the first of them. */
#include "pipeline/executor.h"

#include "base/error.h"
#include "pipeline/nursery.h"

#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <signal.h>
#include <spawn.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

typedef struct Local {
	int socket; /* -1: not started */
	pid_t nursery;
} Local;

typedef struct LocalJob {
	pid_t pid;
	int end_fd;
} LocalJob;

static bool local_open(const json_t *params, void **ret, GError **error)
{
	Local *x = g_new(Local, 1);
	*x = (Local){.socket = -1};
	*ret = x;
	return true;
}

/* A group of its own, so that Ctrl-C at the terminal reaches the engine only; no blocked signals, and the usual actions. */
static void set_attributes(posix_spawnattr_t *about)
{
	sigset_t none, usual;
	sigemptyset(&none);
	sigemptyset(&usual);
	sigaddset(&usual, SIGPIPE);
	sigaddset(&usual, SIGINT);
	sigaddset(&usual, SIGTERM);
	sigaddset(&usual, SIGHUP);
	posix_spawnattr_setpgroup(about, 0);
	posix_spawnattr_setsigmask(about, &none);
	posix_spawnattr_setsigdefault(about, &usual);
	posix_spawnattr_setflags(about, POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
}

static int spawn(const char *const *words, int socket, pid_t *ret)
{
	/* Threads that spin while they wait cost more than they gain as soon as two steps share the cores. */
	g_auto(GStrv) variables = g_environ_setenv(g_get_environ(), "OMP_WAIT_POLICY", "passive", TRUE);
	posix_spawn_file_actions_t files;
	posix_spawnattr_t about;
	posix_spawn_file_actions_init(&files);
	posix_spawnattr_init(&about);
	posix_spawn_file_actions_addopen(&files, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
	posix_spawn_file_actions_adddup2(&files, socket, NURSERY_SOCKET);
	set_attributes(&about);
	int number = posix_spawn(ret, words[0], &files, &about, (char *const *)words, variables);
	posix_spawn_file_actions_destroy(&files);
	posix_spawnattr_destroy(&about);
	return number;
}

static bool start_nursery(Local *x, const JobSpec *spec, GError **error)
{
	int ends[2];
	if (x->socket >= 0)
		return true;
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) < 0)
		return fail_errno(error, errno, "cannot make a socket");
	guint count = g_strv_length((char **)spec->program);
	g_autofree const char **words = g_new0(const char *, count + 2);
	memcpy(words, spec->program, count * sizeof *words);
	words[count] = "-";
	int number = spawn(words, ends[1], &x->nursery);
	close(ends[1]);
	if (number) {
		close(ends[0]);
		return fail_errno(error, number, "cannot start %s", words[0]);
	}
	x->socket = ends[0];
	return true;
}

static bool send_start(const Local *x, const JobSpec *spec, int end_fd, int log_fd, GError **error)
{
	NurseryRequest r = {
	        .cores = spec->cores, .has_progress = spec->progress_fd >= 0, .has_lock = spec->lock_fd >= 0};
	int fds[NURSERY_FDS] = {end_fd, log_fd};
	size_t count = 2;
	if (r.has_progress)
		fds[count++] = spec->progress_fd;
	if (r.has_lock)
		fds[count++] = spec->lock_fd;
	if (g_strlcpy(r.folder, spec->folder, sizeof r.folder) >= sizeof r.folder)
		return fail(error, FAIL_LIMIT, "the path %s is too long", spec->folder);
	union {
		char bytes[CMSG_SPACE(NURSERY_FDS * sizeof(int))];
		struct cmsghdr align;
	} control = {0};
	control.align = (struct cmsghdr){
	        .cmsg_level = SOL_SOCKET, .cmsg_type = SCM_RIGHTS, .cmsg_len = CMSG_LEN(count * sizeof(int))};
	memcpy(CMSG_DATA(&control.align), fds, count * sizeof(int));
	struct iovec part = {&r, sizeof r};
	struct msghdr message = {.msg_iov = &part,
	        .msg_iovlen = 1,
	        .msg_control = control.bytes,
	        .msg_controllen = CMSG_SPACE(count * sizeof(int))};
	if (sendmsg(x->socket, &message, MSG_NOSIGNAL) < 0)
		return fail_errno(error, errno, "cannot start a step");
	return true;
}

static bool ask(const Local *x, const JobSpec *spec, int end_fd, int log_fd, pid_t *ret, GError **error)
{
	if (!send_start(x, spec, end_fd, log_fd, error))
		return false;
	pid_t pid = 0;
	ssize_t got;
	do
		got = recv(x->socket, &pid, sizeof pid, 0);
	while (got < 0 && errno == EINTR);
	if (got != sizeof pid)
		return fail(error, FAIL_UNAVAILABLE, "%s could not be started to run steps", spec->program[0]);
	if (pid < 0)
		return fail_errno(error, -pid, "cannot start a step");
	*ret = pid;
	return true;
}

static bool submit_with_end(Local *x, const JobSpec *spec, int end_fd, pid_t *ret, GError **error)
{
	int log_fd = open(spec->log, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
	if (log_fd < 0)
		return fail_errno(error, errno, "cannot write %s", spec->log);
	bool ok = start_nursery(x, spec, error) && ask(x, spec, end_fd, log_fd, ret, error);
	close(log_fd);
	return ok;
}

static bool local_submit(void *context, const JobSpec *spec, void **ret_job, int *ret_fd, GError **error)
{
	int ends[2];
	pid_t pid = 0;
	if (pipe2(ends, O_CLOEXEC | O_NONBLOCK) < 0)
		return fail_errno(error, errno, "cannot make a pipe");
	bool ok = submit_with_end(context, spec, ends[1], &pid, error);
	close(ends[1]);
	if (!ok) {
		close(ends[0]);
		return false;
	}
	LocalJob *job = g_new(LocalJob, 1);
	*job = (LocalJob){pid, ends[0]};
	*ret_job = job;
	*ret_fd = ends[0];
	return true;
}

static bool local_collect(void *x, void *handle, bool *ret_ended, JobEnd *ret, GError **error)
{
	LocalJob *job = handle;
	JobEnd end;
	ssize_t got = read(job->end_fd, &end, sizeof end);
	*ret_ended = got >= 0 || (errno != EAGAIN && errno != EINTR);
	if (!*ret_ended)
		return true;
	/* An end without words: the nursery was killed, and its children with it. */
	*ret = got == sizeof end ? end : (JobEnd){.status = -1, .signal = SIGKILL, .cpu_seconds = NAN};
	close(job->end_fd);
	g_free(job);
	return true;
}

static void local_signal(void *context, void *handle, int number)
{
	const Local *x = context;
	const LocalJob *job = handle;
	NurseryRequest r = {.pid = job->pid, .signal = number};
	ssize_t put = send(x->socket, &r, sizeof r, MSG_NOSIGNAL);
	(void)put; /* when it is gone, so are its children */
}

static void local_close(void *context)
{
	Local *x = context;
	if (x->socket >= 0) {
		close(x->socket);
		waitpid(x->nursery, NULL, 0);
	}
	g_free(x);
}

const Executor EXECUTOR_LOCAL = {
        .name = "local",
        .help = "processes of this machine",
        .open = local_open,
        .submit = local_submit,
        .collect = local_collect,
        .signal = local_signal,
        .close = local_close,
};
