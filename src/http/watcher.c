/* watcher.c: `gyre monitor watch` beside a server. */
#include "http/watcher.h"

#include <glib.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

/* One that dies is started again after a second, then two, four ... up to a minute; one that lived for a minute begins anew. */
enum { FIRST_WAIT_S = 1, LONGEST_WAIT_S = 60, LIVED_S = 60, END_S = 30 };

struct Watcher {
	char *folder;
	void (*tell)(const char *sentence);
	pid_t parent, pid;         /* pid 0: not running */
	int64_t started, start_at; /* monotonic us */
	unsigned wait_s;
};

Watcher *watcher_new(const char *folder, void (*tell)(const char *sentence))
{
	Watcher *w = g_new0(Watcher, 1);
	w->folder = g_strdup(folder);
	w->tell = tell;
	w->parent = getpid();
	w->wait_s = FIRST_WAIT_S;
	return w;
}

/* In the child: signals as a program expects them, and no life after the server's. */
static void become_watcher(void *context)
{
	const Watcher *w = context;
	sigset_t none;
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	signal(SIGPIPE, SIG_DFL);
	prctl(PR_SET_PDEATHSIG, SIGTERM);
	if (getppid() != w->parent)
		raise(SIGKILL);
}

static void start(Watcher *w)
{
	const char *const argv[] = {"/proc/self/exe", "monitor", "watch", "--project", w->folder, NULL};
	g_autoptr(GError) problem = NULL;
	GPid pid = 0;
	w->started = g_get_monotonic_time();
	if (g_spawn_async(NULL, (char **)argv, NULL, G_SPAWN_DO_NOT_REAP_CHILD | G_SPAWN_STDOUT_TO_DEV_NULL,
	            become_watcher, w, &pid, &problem)) {
		w->pid = pid;
		return;
	}
	g_autofree char *sentence = g_strdup_printf("the watch could not be started: %s", problem->message);
	w->tell(sentence);
	w->start_at = w->started + (int64_t)LONGEST_WAIT_S * G_USEC_PER_SEC;
}

static void note_end(Watcher *w, int status)
{
	int64_t now = g_get_monotonic_time();
	if (now - w->started > (int64_t)LIVED_S * G_USEC_PER_SEC)
		w->wait_s = FIRST_WAIT_S;
	g_autofree char *how = WIFSIGNALED(status) ? g_strdup(g_strsignal(WTERMSIG(status)))
	                                           : g_strdup_printf("status %d", WEXITSTATUS(status));
	g_autofree char *sentence =
	        g_strdup_printf("the watch ended (%s) and is started again in %u s", how, w->wait_s);
	w->tell(sentence);
	w->pid = 0;
	w->start_at = now + (int64_t)w->wait_s * G_USEC_PER_SEC;
	w->wait_s = MIN(2 * w->wait_s, (unsigned)LONGEST_WAIT_S);
}

void watcher_look(Watcher *w)
{
	int status;
	if (w->pid && waitpid(w->pid, &status, WNOHANG) == w->pid)
		note_end(w, status);
	if (!w->pid && g_get_monotonic_time() >= w->start_at)
		start(w);
}

void watcher_ask(Watcher *w)
{
	if (w->pid)
		kill(w->pid, SIGTERM);
}

void watcher_free(Watcher *w)
{
	int64_t until = g_get_monotonic_time() + (int64_t)END_S * G_USEC_PER_SEC;
	while (w->pid && waitpid(w->pid, NULL, WNOHANG) == 0) {
		if (g_get_monotonic_time() > until)
			kill(w->pid, SIGKILL);
		g_usleep(10000);
	}
	g_free(w->folder);
	g_free(w);
}
