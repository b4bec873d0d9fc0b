/* forks.c: a pool of forked children.  Each holds one end of a pipe until it ends: that is how the parent learns of it, and
 * where a child that failed says why. */
#include "model/forks.h"

#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/error.h"
#include "model/footprint.h"
#include "pipeline/limit.h"

#define REASON_BYTES 2000

typedef struct Child {
	pid_t pid;
	int pipe;
	size_t number;
	gint64 begun;
	bool out_of_time, too_slow, too_large;
	gint64 look_at; /* its memory exactly, not before: that costs time */
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

enum {
	TICK_MS = 50,    /* limits of time are seen to on their own time, and at least so often */
	LOOK_MS = 20,    /* how often at the memory of children */
	LOOK_SHARE = 20, /* an exact look is followed by as many times its own time without one */
};

/* Data (heap, private maps) above what there is now; in pages as the sixth number of statm says. */
static void limit_growth(size_t memory_mb)
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
	limit_growth(plan->memory_mb);
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
	if (c->too_large)
		return g_strdup_printf("it took more memory than its limit of %zu MiB", plan->memory_mb);
	if (WIFSIGNALED(status) && is_of_memory(WTERMSIG(status)) && plan->memory_mb)
		return g_strdup_printf("it was stopped (%s), most likely for lack of memory: its limit is %zu MiB",
		        g_strsignal(WTERMSIG(status)), plan->memory_mb);
	if (WIFSIGNALED(status) && is_of_memory(WTERMSIG(status)))
		return g_strdup_printf(
		        "it was stopped (%s), most likely for lack of memory", g_strsignal(WTERMSIG(status)));
	if (WIFSIGNALED(status))
		return g_strdup_printf("it crashed (%s)", g_strsignal(WTERMSIG(status)));
	g_autofree char *said = g_utf8_make_valid(c->reason, (gssize)c->said);
	if (c->said && plan->memory_mb && limit_is_told(said))
		return g_strdup_printf("it wanted more memory than its limit of %zu MiB (%s)", plan->memory_mb, said);
	if (c->said)
		return g_steal_pointer(&said);
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

/* With what it started, which may hold memory and cores for long. */
static void kill_tree(const Child *c)
{
	g_autoptr(GArray) pids = footprint_tree(c->pid);
	for (guint i = 0; i < pids->len; i++)
		kill(g_array_index(pids, pid_t, i), SIGKILL);
}

static bool is_too_large(Child *c, size_t limit_kb)
{
	g_autoptr(GArray) pids = footprint_tree(c->pid);
	gint64 now = g_get_monotonic_time();
	if (footprint_bound_kb(pids) <= limit_kb || now < c->look_at)
		return false;
	bool is_too_large = footprint_exact_kb(pids) > limit_kb;
	gint64 then = g_get_monotonic_time();
	c->look_at = then + LOOK_SHARE * (then - now);
	return is_too_large;
}

static void kill_beyond(Pool *p)
{
	const ForkPlan *plan = p->plan;
	p->is_over = p->is_over || is_out_of_time(p);
	for (unsigned i = 0; i < plan->at_once; i++) {
		Child *c = &p->children[i];
		if (!c->pid || c->too_slow || c->out_of_time || c->too_large)
			continue;
		c->out_of_time = p->is_over;
		c->too_slow = !p->is_over && plan->seconds > 0 && seconds_since(c->begun) > plan->seconds;
		c->too_large = !c->out_of_time && !c->too_slow && plan->memory_mb > 0 &&
		               is_too_large(c, plan->memory_mb << 10);
		if (c->out_of_time || c->too_slow || c->too_large)
			kill_tree(c);
	}
}

/* Milliseconds until something may have to be stopped; -1: never. */
static int patience(const Pool *p)
{
	const ForkPlan *plan = p->plan;
	double left = INFINITY;
	if (plan->left)
		left = plan->left(plan->context);
	else if (plan->budget > 0)
		left = plan->budget - seconds_since(p->begun);
	for (unsigned i = 0; plan->seconds > 0 && i < plan->at_once; i++)
		if (p->children[i].pid)
			left = MIN(left, plan->seconds - seconds_since(p->children[i].begun));
	if (isinf(left) && plan->memory_mb == 0)
		return -1;
	return (int)ceil(CLAMP(left * 1000, 1, plan->memory_mb ? LOOK_MS : TICK_MS));
}

/* At most so many milliseconds; -1: for as long as it takes. */
static void wait_for_some(Pool *p, int most)
{
	unsigned places = p->plan->at_once, count = 0;
	g_autofree struct pollfd *polls = g_new0(struct pollfd, places);
	g_autofree unsigned *of = g_new0(unsigned, places);
	for (unsigned i = 0; i < places; i++)
		if (p->children[i].pid) {
			polls[count] = (struct pollfd){.fd = p->children[i].pipe, .events = POLLIN};
			of[count++] = i;
		}
	int ready = poll(polls, count, most);
	for (unsigned k = 0; ready > 0 && k < count; k++)
		if (polls[k].revents)
			hear(p, &p->children[of[k]]);
	kill_beyond(p);
}

static bool may_begin(Pool *p)
{
	const ForkPlan *plan = p->plan;
	p->is_over = p->is_over || is_out_of_time(p);
	return !p->is_over && p->next < plan->count && (!plan->ready || plan->ready(plan->context, p->next));
}

/* False: meanwhile the time was over. */
static bool is_prepared(Pool *p)
{
	const ForkPlan *plan = p->plan;
	while (plan->prepare && !p->is_over && plan->prepare(plan->context, p->next))
		wait_for_some(p, 0);
	return !p->is_over;
}

bool forks_run(const ForkPlan *plan, GError **error)
{
	g_autofree Child *children = g_new0(Child, MAX(plan->at_once, 1u));
	ForkPlan sound = *plan;
	sound.at_once = MAX(plan->at_once, 1u);
	Pool p = {.plan = &sound, .children = children, .begun = g_get_monotonic_time()};
	bool ok = true;
	for (;;) {
		while (ok && p.running < sound.at_once && may_begin(&p) && is_prepared(&p))
			ok = begin(&p, error);
		if (!p.running)
			return ok;
		wait_for_some(&p, patience(&p));
	}
}
