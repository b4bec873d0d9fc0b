/* worker.c: a command of this program run as a child process. */
#include "retrain/worker.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/error.h"
#include "base/json.h"

/* What is kept of what a failed child said. */
#define LAST_WORDS 2000

struct Worker {
	pid_t pid;
	pid_t parent;
	int out, err;
	char *answer, *log;
};

static void worker_free(Worker *w)
{
	if (w->out >= 0)
		close(w->out);
	if (w->err >= 0)
		close(w->err);
	g_free(w->answer);
	g_free(w->log);
	g_free(w);
}

/* In the child: signals as a program expects them, and no life after the parent's. */
static void become_worker(void *context)
{
	const Worker *w = context;
	sigset_t none;
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	signal(SIGPIPE, SIG_DFL);
	prctl(PR_SET_PDEATHSIG, SIGTERM);
	if (getppid() != w->parent)
		raise(SIGKILL);
	dup2(w->out, STDOUT_FILENO);
	dup2(w->err, STDERR_FILENO);
}

static bool open_file(const char *path, int *ret, GError **error)
{
	*ret = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
	return *ret >= 0 || fail_errno(error, errno, "cannot write %s", path);
}

bool worker_start(const WorkerOptions *options, Worker **ret, GError **error)
{
	g_autoptr(GPtrArray) argv = g_ptr_array_new();
	g_autoptr(GError) problem = NULL;
	GPid pid;
	Worker *w = g_new0(Worker, 1);
	*w = (Worker){.out = -1, .err = -1, .parent = getpid()};
	w->answer = g_strdup(options->answer);
	w->log = g_strdup(options->log);
	g_ptr_array_add(argv, (void *)(options->program ? options->program : "/proc/self/exe"));
	for (const char *const *word = options->words; *word; word++)
		g_ptr_array_add(argv, (void *)*word);
	static const char *const ALWAYS[] = {"--json", "--quiet", "--project"};
	for (size_t i = 0; i < G_N_ELEMENTS(ALWAYS); i++)
		g_ptr_array_add(argv, (void *)ALWAYS[i]);
	g_ptr_array_add(argv, (void *)options->folder);
	g_ptr_array_add(argv, NULL);
	bool ok = open_file(w->answer, &w->out, error) && open_file(w->log, &w->err, error);
	if (ok && !g_spawn_async(NULL, (char **)argv->pdata, NULL, G_SPAWN_DO_NOT_REAP_CHILD, become_worker, w, &pid,
	                  &problem))
		ok = fail(error, FAIL_UNAVAILABLE, "no process could be started: %s", problem->message);
	if (!ok) {
		worker_free(w);
		return false;
	}
	w->pid = pid;
	*ret = w;
	return true;
}

/* The last lines of a file, or NULL when there are none. */
static char *last_words(const char *path)
{
	g_autofree char *text = NULL;
	gsize size;
	if (!g_file_get_contents(path, &text, &size, NULL) || size == 0)
		return NULL;
	char *from = size > LAST_WORDS ? text + size - LAST_WORDS : text;
	return g_strstrip(g_utf8_make_valid(from, -1));
}

static json_t *answer_of(const Worker *w)
{
	json_t *answer = NULL;
	if (!json_read_file(w->answer, &answer, NULL))
		return json_null();
	if (json_is_object(answer))
		return answer;
	json_decref(answer);
	return json_null();
}

static double seconds_of(const struct rusage *used)
{
	return (double)(used->ru_utime.tv_sec + used->ru_stime.tv_sec) +
	       1e-6 * (double)(used->ru_utime.tv_usec + used->ru_stime.tv_usec);
}

bool worker_poll(Worker *w, bool *ret_done, json_t **ret, GError **error)
{
	int status;
	struct rusage used;
	pid_t ended;
	do
		ended = wait4(w->pid, &status, WNOHANG, &used);
	while (ended < 0 && errno == EINTR);
	if (ended < 0)
		return fail_errno(error, errno, "cannot wait for a process");
	*ret_done = ended != 0;
	if (!ended)
		return true;
	w->pid = 0;
	int code = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
	json_t *answer = answer_of(w);
	const char *told = json_get_text(json_object_get(answer, "error"), "message", NULL);
	g_autofree char *said = told ? g_strdup(told) : code ? last_words(w->log) : NULL;
	if (!said && code < 0)
		said = g_strdup_printf("a signal ended it: %s", g_strsignal(WTERMSIG(status)));
	*ret = json_pack("{s:i,s:o,s:o,s:f}", "status", code, "answer", answer, "error", json_text(said), "cpu_seconds",
	        seconds_of(&used));
	return true;
}

void worker_stop(Worker *w, unsigned seconds)
{
	if (!w)
		return;
	int64_t until = g_get_monotonic_time() + (int64_t)seconds * G_USEC_PER_SEC;
	if (w->pid > 0) {
		kill(w->pid, SIGTERM);
		while (waitpid(w->pid, NULL, WNOHANG) == 0) {
			if (g_get_monotonic_time() > until)
				kill(w->pid, SIGKILL);
			g_usleep(10000);
		}
	}
	worker_free(w);
}
