/* loop.c: the loop of a run.
 *
 * One thread waits, with poll, for whatever comes first: a step's end (pidfd), its progress (pipe), a lock that another run
 * let go, a signal, a time limit.  Each step that is over may settle others: cached ones are over at once, those to run
 * are put in order of height, so that the longest way to the end starts first. */
#include "base/error.h"
#include "pipeline/lock.h"
#include "pipeline/run_inside.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <unistd.h>

/* ---- what can be decided without running ---- */

void engine_over(Engine *e, Task *t)
{
	t->phase = TASK_OVER;
	e->over++;
	const GArray *after = t->node->needed_by;
	for (guint i = 0; i < after->len; i++) {
		Task *next = &e->tasks[g_array_index(after, size_t, i)];
		if (--next->missing == 0 && next->is_wanted)
			g_queue_push_tail(&e->open, next);
	}
}

static const char *failed_need(const Engine *e, const Task *t)
{
	for (guint i = 0; i < t->node->needs->len; i++) {
		const Task *need = &e->tasks[g_array_index(t->node->needs, size_t, i)];
		if (strcmp(need->status, "failed") == 0 || strcmp(need->status, "skipped") == 0)
			return need->node->name;
	}
	return NULL;
}

static bool is_sooner(const Task *x, const Task *y)
{
	return x->node->height != y->node->height ? x->node->height > y->node->height : x->index < y->index;
}

/* The soonest stands last.  A binary search, because a plan may make thousands ready one by one. */
static void make_ready(Engine *e, Task *t)
{
	guint low = 0, high = e->ready->len;
	while (low < high) {
		guint middle = low + (high - low) / 2;
		if (is_sooner(t, g_ptr_array_index(e->ready, middle)))
			low = middle + 1;
		else
			high = middle;
	}
	t->phase = TASK_READY;
	g_ptr_array_insert(e->ready, (int)low, t);
}

static bool settle_one(Engine *e, Task *t, GError **error)
{
	const char *failed = failed_need(e, t);
	if (failed) {
		g_autofree char *why = g_strdup_printf("it needs %s", failed);
		return publish_skipped(e, t, why, error);
	}
	if (e->stopped_by)
		return publish_skipped(e, t, "the run was stopped", error);
	if (!survey_look(e->survey, t->index, error))
		return false;
	const View *v = &e->survey->views[t->index];
	if (v->problem)
		return publish_failure(e, t, v->problem, NULL, error);
	if (v->result && !t->is_forced)
		publish_cached(e, t);
	else
		make_ready(e, t);
	return true;
}

static bool settle(Engine *e, GError **error)
{
	Task *t;
	while ((t = g_queue_pop_head(&e->open)))
		if (!settle_one(e, t, error))
			return false;
	return publish_rest(e, error);
}

/* ---- keys that another run holds ---- */

typedef struct LockWait {
	char *state_folder, *key;
	size_t index;
	int socket;
} LockWait;

/* In a thread of its own, as file locks know no other way to wait.  When the run is over before the lock is had, nobody listens
 * and the lock is let go again. */
static void *wait_for_lock(void *context)
{
	LockWait *wait = context;
	LockTaken taken = {wait->index, -1};
	lock_wait(wait->state_folder, wait->key, &taken.fd, NULL);
	if (send(wait->socket, &taken, sizeof taken, MSG_NOSIGNAL) < 0 && taken.fd >= 0)
		close(taken.fd);
	close(wait->socket);
	g_free(wait->state_folder);
	g_free(wait->key);
	g_free(wait);
	return NULL;
}

static bool wait_elsewhere(Engine *e, Task *t, GError **error)
{
	LockWait *wait = g_new(LockWait, 1);
	*wait = (LockWait){
	        .state_folder = g_strdup(e->state_folder),
	        .key = g_strdup(e->survey->views[t->index].key),
	        .index = t->index,
	        .socket = fcntl(e->lock_sockets[1], F_DUPFD_CLOEXEC, 10),
	};
	GThread *thread = g_thread_try_new("lock", wait_for_lock, wait, NULL);
	if (!thread)
		return fail(error, FAIL_UNAVAILABLE, "cannot start a thread");
	g_thread_unref(thread);
	t->phase = TASK_LOCKING;
	e->locking++;
	engine_tell(e, &(RunEvent){.kind = EVENT_STEP_WAITS, .step = t->node->name});
	return true;
}

static bool take_lock(Engine *e, const LockTaken *taken, GError **error)
{
	Task *t = &e->tasks[taken->index];
	if (taken->fd < 0)
		return fail(error, FAIL_UNAVAILABLE, "cannot lock step %s", t->node->name);
	t->lock_fd = taken->fd;
	if (t->phase != TASK_LOCKING) {
		engine_unlock(t);
		return true;
	}
	e->locking--;
	make_ready(e, t);
	return true;
}

static bool take_locks(Engine *e, GError **error)
{
	LockTaken taken;
	while (recv(e->lock_sockets[0], &taken, sizeof taken, MSG_DONTWAIT) == sizeof taken)
		if (!take_lock(e, &taken, error))
			return false;
	return true;
}

void engine_unlock(Task *t)
{
	if (t->lock_fd >= 0)
		close(t->lock_fd);
	t->lock_fd = -1;
}

/* ---- starting ---- */

static bool has_room(const Engine *e, const Task *t)
{
	return t->node->all_cores ? e->cores_free == e->cores : e->cores_free > 0;
}

/* With the lock in hand, the result is looked for once more: another run may have left it just before. */
static bool start(Engine *e, Task *t, GError **error)
{
	const View *v = &e->survey->views[t->index];
	if (t->lock_fd < 0 && !lock_try(e->state_folder, v->key, &t->lock_fd, error))
		return false;
	if (t->lock_fd < 0)
		return wait_elsewhere(e, t, error);
	if (!t->is_forced && !survey_look_again(e->survey, t->index, error))
		return false;
	if (!t->is_forced && v->result) {
		engine_unlock(t);
		publish_cached(e, t);
		return settle(e, error);
	}
	g_autoptr(GError) problem = NULL;
	if (task_start(e, t, &problem))
		return true;
	return publish_failure(e, t, problem, NULL, error) && settle(e, error);
}

/* Strictly in order: a step that wants all cores is not overtaken, or it might never get them. */
static bool start_ready(Engine *e, GError **error)
{
	while (e->ready->len && has_room(e, g_ptr_array_index(e->ready, e->ready->len - 1)) && !e->stopped_by) {
		Task *t = g_ptr_array_remove_index(e->ready, e->ready->len - 1);
		if (!start(e, t, error))
			return false;
	}
	return true;
}

/* ---- waiting ---- */

static int wait_ms(const Engine *e)
{
	int64_t until = e->options->tick_ms ? e->next_tick : INT64_MAX;
	for (guint i = 0; i < e->running->len; i++) {
		const Task *t = g_ptr_array_index(e->running, i);
		if (t->kill_at)
			until = MIN(until, t->kill_at);
	}
	if (until == INT64_MAX)
		return -1;
	return (int)CLAMP((until - engine_clock() + 999) / 1000, 0, 3600000);
}

static bool publish_unstarted(Engine *e, GError **error)
{
	g_ptr_array_set_size(e->ready, 0);
	for (size_t i = 0; i < e->plan->nodes->len; i++) {
		Task *t = &e->tasks[i];
		if (t->phase != TASK_READY && t->phase != TASK_LOCKING)
			continue;
		e->locking -= t->phase == TASK_LOCKING;
		engine_unlock(t);
		if (!publish_skipped(e, t, "the run was stopped", error))
			return false;
	}
	return true;
}

static bool take_signals(Engine *e, GError **error)
{
	struct signalfd_siginfo info;
	while (e->signal_fd >= 0 && read(e->signal_fd, &info, sizeof info) == sizeof info) {
		e->stopped_by = (int)info.ssi_signo;
		for (guint i = 0; i < e->running->len; i++)
			task_stop(e, g_ptr_array_index(e->running, i));
		if (!publish_unstarted(e, error))
			return false;
	}
	return true;
}

static void enforce_limits(Engine *e)
{
	int64_t now = engine_clock();
	for (guint i = 0; i < e->running->len; i++) {
		Task *t = g_ptr_array_index(e->running, i);
		if (!t->kill_at || now < t->kill_at)
			continue;
		t->is_late = t->is_late || t->kills == 0;
		task_stop(e, t);
	}
}

static void tick(Engine *e)
{
	if (!e->options->tick_ms || engine_clock() < e->next_tick)
		return;
	e->next_tick = engine_clock() + (int64_t)e->options->tick_ms * 1000;
	engine_tell(e, &(RunEvent){.kind = EVENT_TICK});
}

/* fds: two of the engine's own, then two for each running task. */
static void list_fds(const Engine *e, GArray *fds)
{
	struct pollfd own[] = {{.fd = e->lock_sockets[0], .events = POLLIN}, {.fd = e->signal_fd, .events = POLLIN}};
	g_array_append_vals(fds, own, 2);
	for (guint i = 0; i < e->running->len; i++) {
		const Task *t = g_ptr_array_index(e->running, i);
		struct pollfd its[] = {{.fd = t->job_fd, .events = POLLIN}, {.fd = t->progress_fd, .events = POLLIN}};
		g_array_append_vals(fds, its, 2);
	}
}

static bool serve_tasks(Engine *e, const GArray *fds, GError **error)
{
	g_autoptr(GPtrArray) served = g_ptr_array_copy(e->running, NULL, NULL);
	for (guint i = 0; i < served->len; i++) {
		Task *t = g_ptr_array_index(served, i);
		if (g_array_index(fds, struct pollfd, 3 + 2 * i).revents)
			task_read_progress(e, t);
		if (g_array_index(fds, struct pollfd, 2 + 2 * i).revents && !task_collect(e, t, error))
			return false;
	}
	return true;
}

static bool wait_for_events(Engine *e, GError **error)
{
	g_autoptr(GArray) fds = g_array_new(FALSE, FALSE, sizeof(struct pollfd));
	list_fds(e, fds);
	if (poll((struct pollfd *)(void *)fds->data, fds->len, wait_ms(e)) < 0)
		return errno == EINTR || fail_errno(error, errno, "cannot wait for the steps");
	tick(e);
	return serve_tasks(e, fds, error) && take_locks(e, error) && take_signals(e, error);
}

bool engine_loop(Engine *e, GError **error)
{
	for (guint i = 0; i < e->plan->order->len; i++) {
		Task *t = &e->tasks[g_array_index(e->plan->order, size_t, i)];
		if (t->is_wanted && t->missing == 0)
			g_queue_push_tail(&e->open, t);
	}
	for (;;) {
		if (!settle(e, error) || !start_ready(e, error))
			return false;
		if (!e->running->len && !e->locking && !e->ready->len)
			return true;
		if (!wait_for_events(e, error))
			return false;
		enforce_limits(e);
	}
}
