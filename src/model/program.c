/* program.c: running a program of the user's, or talking to one. */
#include "model/program.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/error.h"
#include "pipeline/limit.h"

#define ANSWER_BYTES 4096
#define SLACK_MB 512 /* of address space that programs reserve and never use */

struct Program {
	pid_t pid;
	int line;
	double seconds;
	char *log, *name;
};

static char **words_of(const json_t *words)
{
	GPtrArray *all = g_ptr_array_new();
	size_t i;
	json_t *word;
	json_array_foreach (words, i, word)
		g_ptr_array_add(all, g_strdup(json_is_string(word) ? json_string_value(word) : ""));
	g_ptr_array_add(all, NULL);
	return (char **)g_ptr_array_free(all, FALSE);
}

/* Who starts a program, and the files it is given: talk: for its standard input and output; -1: nothing, and the log. */
typedef struct Ends {
	pid_t parent;
	int talk, log;
} Ends;

/* Between fork and exec: only calls that are safe there. */
G_GNUC_NORETURN static void become(const ProgramPlan *plan, char **words, char **variables, Ends e)
{
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != e.parent)
		_exit(126);
	setpgid(0, 0);
	signal(SIGTERM, SIG_DFL);
	signal(SIGPIPE, SIG_DFL);
	bool ok = chdir(plan->folder) == 0 && dup2(e.talk >= 0 ? e.talk : open("/dev/null", O_RDONLY), 0) >= 0 &&
	          dup2(e.talk >= 0 ? e.talk : e.log, 1) >= 0 && dup2(e.log, 2) >= 0;
	if (ok && limit_memory_before_exec(plan->memory_mb, SLACK_MB) == 0)
		execvpe(words[0], words, variables);
	_exit(errno == ENOENT ? 127 : 126);
}

static bool start(const ProgramPlan *plan, int talk, pid_t *ret, GError **error)
{
	g_auto(GStrv) words = words_of(plan->words);
	g_auto(GStrv) variables = g_environ_setenv(g_get_environ(), "PYTHONDONTWRITEBYTECODE", "1", TRUE);
	g_autofree char *path = g_build_filename(plan->folder, "log", NULL);
	if (!words[0])
		return fail(error, FAIL_INVALID, "there is no program to run");
	Ends e = {.parent = getpid(), .talk = talk, .log = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600)};
	if (e.log < 0)
		return fail_errno(error, errno, "cannot write %s", path);
	pid_t pid = fork();
	if (pid == 0)
		become(plan, words, variables, e);
	close(e.log);
	if (pid < 0)
		return fail_errno(error, errno, "cannot start %s", words[0]);
	*ret = pid;
	return true;
}

static bool fail_ended(const char *name, const char *log, int status, GError **error)
{
	g_autofree char *tail = limit_log_tail(log);
	const char *before = *tail ? "; its last lines:\n" : "";
	if (WIFSIGNALED(status))
		return fail(error, FAIL_INVALID, "%s was ended by signal %d (%s)%s%s", name, WTERMSIG(status),
		        g_strsignal(WTERMSIG(status)), before, tail);
	if (WEXITSTATUS(status) == 127 && !*tail)
		return fail(error, FAIL_NOT_FOUND, "there is no program %s", name);
	if (WEXITSTATUS(status) == 126 && !*tail)
		return fail(error, FAIL_INVALID, "%s cannot be run: is it executable?", name);
	return fail(error, FAIL_INVALID, "%s ended with status %d%s%s", name, WEXITSTATUS(status), before, tail);
}

/* With its whole group, so that nothing it has started stays. */
static int stop(pid_t pid)
{
	int status = 0;
	kill(-pid, SIGKILL);
	kill(pid, SIGKILL);
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	return status;
}

static const char *name_of(const ProgramPlan *plan)
{
	const char *name = json_string_value(json_array_get(plan->words, 0));
	return name ? name : "the program";
}

bool program_run(const ProgramPlan *plan, GError **error)
{
	pid_t pid, ended;
	int status = 0;
	gint64 begun = g_get_monotonic_time();
	g_autofree char *log = g_build_filename(plan->folder, "log", NULL);
	if (!start(plan, -1, &pid, error))
		return false;
	for (useconds_t nap = 1000; (ended = waitpid(pid, &status, WNOHANG)) == 0; nap = MIN(nap * 2, 50000u)) {
		if (plan->seconds > 0 && (double)(g_get_monotonic_time() - begun) / 1e6 > plan->seconds) {
			stop(pid);
			return fail(error, FAIL_LIMIT, "%s took longer than %g s", name_of(plan), plan->seconds);
		}
		usleep(nap);
	}
	if (ended < 0)
		return fail_errno(error, errno, "cannot wait for %s", name_of(plan));
	kill(-pid, SIGKILL); /* what it may have left running */
	return (WIFEXITED(status) && WEXITSTATUS(status) == 0) || fail_ended(name_of(plan), log, status, error);
}

bool program_open(const ProgramPlan *plan, Program **ret, GError **error)
{
	int ends[2];
	pid_t pid;
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) < 0)
		return fail_errno(error, errno, "cannot talk to %s", name_of(plan));
	bool ok = start(plan, ends[1], &pid, error);
	close(ends[1]);
	if (!ok) {
		close(ends[0]);
		return false;
	}
	Program *p = g_new0(Program, 1);
	*p = (Program){.pid = pid,
	        .line = ends[0],
	        .seconds = plan->seconds,
	        .log = g_build_filename(plan->folder, "log", NULL),
	        .name = g_strdup(name_of(plan))};
	*ret = p;
	return true;
}

static bool fail_broken_off(Program *p, GError **error)
{
	int status = 0;
	pid_t ended = 0;
	for (unsigned turn = 0; turn < 200 && (ended = waitpid(p->pid, &status, WNOHANG)) == 0; turn++)
		usleep(5000);
	if (ended == 0)
		status = stop(p->pid);
	p->pid = 0;
	if (WIFEXITED(status) && WEXITSTATUS(status) == 0)
		return fail(error, FAIL_INVALID, "%s ended without an answer", p->name);
	return fail_ended(p->name, p->log, status, error);
}

static bool send_line(Program *p, const char *line, GError **error)
{
	g_autofree char *whole = g_strconcat(line, "\n", NULL);
	for (size_t sent = 0, size = strlen(whole); sent < size;) {
		ssize_t put = send(p->line, whole + sent, size - sent, MSG_NOSIGNAL);
		if (put < 0 && errno == EINTR)
			continue;
		if (put < 0)
			return fail_broken_off(p, error);
		sent += (size_t)put;
	}
	return true;
}

/* How long poll may still wait, in ms; 0: no more. */
static int left_ms(const Program *p, gint64 begun)
{
	double left = p->seconds * 1e3 - (double)(g_get_monotonic_time() - begun) / 1e3;
	return p->seconds > 0 ? (int)CLAMP(left, 0, 1e9) : -1;
}

bool program_ask(Program *p, const char *line, char **ret, GError **error)
{
	gint64 begun = g_get_monotonic_time();
	g_autoptr(GString) answer = g_string_new(NULL);
	if (!send_line(p, line, error))
		return false;
	while (!memchr(answer->str, '\n', answer->len)) {
		char bytes[256];
		struct pollfd wait = {.fd = p->line, .events = POLLIN};
		int ready = poll(&wait, 1, left_ms(p, begun));
		if (ready == 0)
			return fail(error, FAIL_LIMIT, "%s took longer than %g s to answer", p->name, p->seconds);
		ssize_t got = ready < 0 ? -1 : recv(p->line, bytes, sizeof bytes, 0);
		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0)
			return fail_broken_off(p, error);
		g_string_append_len(answer, bytes, got);
		if (answer->len > ANSWER_BYTES)
			return fail(error, FAIL_INVALID, "%s answers with more than a line", p->name);
	}
	const char *end = memchr(answer->str, '\n', answer->len);
	*ret = g_utf8_make_valid(answer->str, end - answer->str);
	return true;
}

void program_close(Program *p)
{
	if (!p)
		return;
	close(p->line);
	if (p->pid)
		stop(p->pid);
	g_free(p->log);
	g_free(p->name);
	g_free(p);
}
