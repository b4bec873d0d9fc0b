/* forks.c: a pool of forked children.  Each holds one end of a pipe until it ends: that is how the parent learns of it, and
 * where a child that failed says why. */
#include "model/forks.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/error.h"

#define REASON_BYTES 2000

typedef struct Child {
	pid_t pid;
	int pipe;
	size_t number;
	gint64 begun;
	bool out_of_time, too_slow;
	char reason[REASON_BYTES + 1];
	size_t said;
} Child;

typedef struct Pool {
	const ForkPlan *plan;
	Child *children; /* at_once places; pid 0: free */
	size_t next, running;
	gint64 begun;
	bool is_over; /* the budget is used up */
} Pool;

static double seconds_since(gint64 then)
{
	return (double)(g_get_monotonic_time() - then) / 1e6;
}

/* Data (heap, private maps) above what there is now; in pages as the sixth number of statm says. */
static void limit_memory(size_t memory_mb)
{
	unsigned long pages = 0;
	FILE *statm = fopen("/proc/self/statm", "re");
	bool known = statm && fscanf(statm, "%*u %*u %*u %*u %*u %lu", &pages) == 1;
	if (statm)
		fclose(statm);
	rlim_t bytes = (rlim_t)pages * (rlim_t)sysconf(_SC_PAGESIZE) + ((rlim_t)memory_mb << 20);
	struct rlimit limit;
	if (!known || memory_mb == 0 || getrlimit(RLIMIT_DATA, &limit) < 0 || bytes >= limit.rlim_cur)
		return;
	limit.rlim_cur = bytes;
	setrlimit(RLIMIT_DATA, &limit);
}

G_GNUC_NORETURN static void be_child(const ForkPlan *plan, size_t number, int out, pid_t parent)
{
	GError *error = NULL;
	prctl(PR_SET_PDEATHSIG, SIGKILL); /* do not outlive the step */
	if (getppid() != parent)
		_exit(1);
	setrlimit(RLIMIT_CORE, &(struct rlimit){0, 0});
	limit_memory(plan->memory_mb);
	bool ok = plan->work(plan->context, number, &error);
	if (!ok) {
		const char *message = error ? error->message : "it failed without a word";
		ssize_t put = write(out, message, MIN(strlen(message), REASON_BYTES));
		(void)put;
	}
	_exit(ok ? 0 : 1);
}

static bool begin(Pool *p, GError **error)
{
	Child *c = p->children;
	while (c->pid)
		c++;
	int ends[2];
	if (pipe2(ends, O_CLOEXEC) < 0)
		return fail_errno(error, errno, "cannot make a pipe");
	pid_t parent = getpid(), pid = fork();
	if (pid < 0) {
		int number = errno;
		close(ends[0]);
		close(ends[1]);
		return fail_errno(error, number, "cannot start a process");
	}
	if (pid == 0)
		be_child(p->plan, p->next, ends[1], parent);
	close(ends[1]);
	*c = (Child){.pid = pid, .pipe = ends[0], .number = p->next++, .begun = g_get_monotonic_time()};
	p->running++;
	return true;
}

/* The kernel's, the C library's and GLib's way to say that there is none left. */
static bool is_of_memory(int number)
{
	return number == SIGKILL || number == SIGABRT || number == SIGTRAP;
}

static char *reason_of(const Child *c, const ForkPlan *plan, int status)
{
	if (c->out_of_time)
		return g_strdup("the search's time was over");
	if (c->too_slow)
		return g_strdup_printf("it took longer than %g s", plan->seconds);
	if (WIFSIGNALED(status) && is_of_memory(WTERMSIG(status)))
		return g_strdup_printf(
		        "it was stopped (%s), most likely for lack of memory", g_strsignal(WTERMSIG(status)));
	if (WIFSIGNALED(status))
		return g_strdup_printf("it crashed (%s)", g_strsignal(WTERMSIG(status)));
	if (c->said)
		return g_utf8_make_valid(c->reason, (gssize)c->said);
	return g_strdup("it ended without a word");
}

static void end(Pool *p, Child *c)
{
	int status = 0;
	struct rusage used = {0};
	close(c->pipe);
	while (wait4(c->pid, &status, 0, &used) < 0 && errno == EINTR)
		;
	bool ok = WIFEXITED(status) && WEXITSTATUS(status) == 0;
	g_autofree char *reason = ok ? NULL : reason_of(c, p->plan, status);
	ForkEnd told = {
	        .number = c->number,
	        .ok = ok,
	        .reason = reason,
	        .out_of_time = !ok && c->out_of_time,
	        .seconds = seconds_since(c->begun),
	        .cpu_seconds = (double)(used.ru_utime.tv_sec + used.ru_stime.tv_sec) +
	                       (double)(used.ru_utime.tv_usec + used.ru_stime.tv_usec) / 1e6,
	        .peak_mb = (double)used.ru_maxrss / 1024,
	};
	c->pid = 0;
	p->running--;
	p->plan->ended(p->plan->context, &told);
}

/* Bytes of a child's last words, or its end. */
static void hear(Pool *p, Child *c)
{
	char bytes[512];
	ssize_t got = read(c->pipe, bytes, sizeof bytes);
	if (got < 0 && errno == EINTR)
		return;
	if (got <= 0) {
		end(p, c);
		return;
	}
	size_t fits = MIN((size_t)got, REASON_BYTES - c->said);
	memcpy(c->reason + c->said, bytes, fits);
	c->said += fits;
}

static bool is_out_of_time(const Pool *p)
{
	const ForkPlan *plan = p->plan;
	if (plan->left)
		return plan->left(plan->context) <= 0;
	return plan->budget > 0 && seconds_since(p->begun) > plan->budget;
}

static void kill_late(Pool *p)
{
	const ForkPlan *plan = p->plan;
	p->is_over = p->is_over || is_out_of_time(p);
	for (unsigned i = 0; i < plan->at_once; i++) {
		Child *c = &p->children[i];
		if (!c->pid || c->too_slow || c->out_of_time)
			continue;
		c->out_of_time = p->is_over;
		c->too_slow = !p->is_over && plan->seconds > 0 && seconds_since(c->begun) > plan->seconds;
		if (c->out_of_time || c->too_slow)
			kill(c->pid, SIGKILL);
	}
}

static void wait_for_some(Pool *p)
{
	unsigned places = p->plan->at_once, count = 0;
	g_autofree struct pollfd *polls = g_new0(struct pollfd, places);
	g_autofree unsigned *of = g_new0(unsigned, places);
	bool timed = p->plan->seconds > 0 || p->plan->budget > 0 || p->plan->left;
	for (unsigned i = 0; i < places; i++)
		if (p->children[i].pid) {
			polls[count] = (struct pollfd){.fd = p->children[i].pipe, .events = POLLIN};
			of[count++] = i;
		}
	int ready = poll(polls, count, timed ? 50 : -1);
	for (unsigned k = 0; ready > 0 && k < count; k++)
		if (polls[k].revents)
			hear(p, &p->children[of[k]]);
	kill_late(p);
}

static bool may_begin(Pool *p)
{
	const ForkPlan *plan = p->plan;
	p->is_over = p->is_over || is_out_of_time(p);
	return !p->is_over && p->next < plan->count && (!plan->ready || plan->ready(plan->context, p->next));
}

bool forks_run(const ForkPlan *plan, GError **error)
{
	g_autofree Child *children = g_new0(Child, MAX(plan->at_once, 1u));
	ForkPlan sound = *plan;
	sound.at_once = MAX(plan->at_once, 1u);
	Pool p = {.plan = &sound, .children = children, .begun = g_get_monotonic_time()};
	bool ok = true;
	for (;;) {
		while (ok && p.running < sound.at_once && may_begin(&p))
			ok = begin(&p, error);
		if (!p.running)
			return ok;
		wait_for_some(&p);
	}
}
