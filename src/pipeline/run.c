/* run.c: a run from its first record to its last. */
#include "pipeline/run.h"

#include "base/error.h"
#include "base/file.h"
#include "base/json.h"
#include "pipeline/lock.h"
#include "pipeline/records.h"
#include "pipeline/run_inside.h"
#include "track/track.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <unistd.h>

char *engine_path(const Engine *e, const char *folder, const char *name)
{
	return g_build_filename(e->state_folder, folder, name, NULL);
}

void engine_tell(const Engine *e, const RunEvent *event)
{
	if (e->options->observe)
		e->options->observe(e->options->context, event);
}

int64_t engine_clock(void)
{
	return g_get_monotonic_time();
}

/* ---- which steps, and what there is before the first ---- */

static void want(Engine *e, size_t index)
{
	GArray *open = g_array_new(FALSE, FALSE, sizeof(size_t));
	g_array_append_val(open, index);
	while (open->len) {
		size_t at = g_array_index(open, size_t, open->len - 1);
		g_array_set_size(open, open->len - 1);
		if (e->tasks[at].is_wanted)
			continue;
		e->tasks[at].is_wanted = true;
		const GArray *needs = plan_node(e->plan, at)->needs;
		g_array_append_vals(open, needs->data, needs->len);
	}
	g_array_free(open, TRUE);
}

static bool want_only(Engine *e, GError **error)
{
	g_autoptr(GPtrArray) names = g_ptr_array_new();
	for (size_t i = 0; i < e->plan->nodes->len; i++)
		g_ptr_array_add(names, plan_node(e->plan, i)->name);
	g_ptr_array_add(names, NULL);
	for (const char *const *name = e->options->only; *name; name++) {
		size_t index = plan_find(e->plan, *name);
		const char *near = index == NO_NODE ? nearest_name(*name, (const char *const *)names->pdata) : NULL;
		if (index == NO_NODE)
			return fail(error, FAIL_NOT_FOUND, "there is no step \"%s\"%s%s%s", *name,
			        near ? "; did you mean \"" : "", near ? near : "", near ? "\"?" : "");
		want(e, index);
		e->tasks[index].is_forced = e->options->force;
	}
	return true;
}

static bool choose_tasks(Engine *e, GError **error)
{
	e->tasks = g_new0(Task, e->plan->nodes->len);
	for (size_t i = 0; i < e->plan->nodes->len; i++) {
		Task *t = &e->tasks[i];
		*t = (Task){.index = i, .node = plan_node(e->plan, i), .lock_fd = -1, .job_fd = -1, .progress_fd = -1};
		t->missing = t->node->needs->len;
		t->is_wanted = !e->options->only;
		t->is_forced = !e->options->only && e->options->force;
	}
	for (guint i = 0; i < e->plan->order->len; i++)
		e->tasks[g_array_index(e->plan->order, size_t, i)].position = i;
	return !e->options->only || want_only(e, error);
}

static bool open_store(Engine *e, GError **error)
{
	static const char *const FOLDERS[] = {"work", "logs", NULL};
	for (const char *const *name = FOLDERS; *name; name++) {
		g_autofree char *folder = engine_path(e, *name, NULL);
		if (!file_make_folder(folder, error))
			return false;
	}
	if (!meta_open(e->state_folder, &e->meta, error) || !blobs_open(e->state_folder, &e->blobs, error))
		return false;
	e->survey = survey_new(e->plan, e->meta, e->blobs);
	return plan_run_recover(e->meta, e->state_folder, error);
}

static bool open_executor(Engine *e, GError **error)
{
	const char *name = e->options->executor ? e->options->executor : "local";
	const Executor *executor = executor_find(name);
	if (!executor)
		return fail(error, FAIL_INVALID, "there is no executor \"%s\"", name);
	if (!executor->open(e->options->executor_params, &e->x, error))
		return false;
	e->executor = executor;
	return true;
}

static bool open_signals(Engine *e, GError **error)
{
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, e->lock_sockets) < 0)
		return fail_errno(error, errno, "cannot make a socket");
	if (!e->options->catch_signals)
		return true;
	sigset_t caught;
	sigemptyset(&caught);
	sigaddset(&caught, SIGINT);
	sigaddset(&caught, SIGTERM);
	sigaddset(&caught, SIGHUP);
	pthread_sigmask(SIG_BLOCK, &caught, &e->signals_before);
	e->signal_fd = signalfd(-1, &caught, SFD_CLOEXEC | SFD_NONBLOCK);
	return e->signal_fd >= 0 || fail_errno(error, errno, "cannot watch for signals");
}

static bool add_tags(Engine *e, GError **error)
{
	const char *key;
	json_t *value;
	json_object_foreach ((json_t *)e->options->tags, key, value)
		if (!track_tag(e->meta, e->run_id, key, json_string_value(value), error))
			return false;
	return true;
}

static bool begin_tracked(Engine *e, GError **error)
{
	const char *experiment = e->options->experiment ? e->options->experiment : "Default";
	const char *name = e->options->name ? e->options->name : "pipeline";
	if (!track_experiment(e->meta, experiment, &e->experiment_id, error) ||
	        !track_start(e->meta, e->experiment_id, name, NULL, &e->run_id, error) || !add_tags(e, error))
		return false;
	return lock_try(e->state_folder, e->run_id, &e->run_lock, error) &&
	       records_begin_run(e->meta, e->run_id, error);
}

/* In one transaction, and locked before it is seen: whoever sees a running run may look whether its engine lives. */
static bool begin_run(Engine *e, GError **error)
{
	if (!meta_begin(e->meta, error) || !meta_end(e->meta, begin_tracked(e, error), error))
		return false;
	g_autofree char *logs = engine_path(e, "logs", e->run_id);
	return file_make_folder(logs, error);
}

static bool open_engine(Engine *e, GError **error)
{
	return plan_check(e->plan, error) && choose_tasks(e, error) && open_store(e, error) &&
	       open_executor(e, error) && open_signals(e, error) && begin_run(e, error);
}

/* ---- the end ---- */

static bool end_run(Engine *e, GError **error)
{
	RunStatus status = e->stopped_by ? RUN_KILLED : e->has_failures ? RUN_FAILED : RUN_FINISHED;
	const char *word = e->stopped_by ? "killed" : e->has_failures ? "failed" : "done";
	if (!meta_begin(e->meta, error))
		return false;
	bool ok = track_end(e->meta, e->run_id, status, error) && records_end_run(e->meta, e->run_id, word, error);
	return meta_end(e->meta, ok, error);
}

static bool make_report(Engine *e, json_t **ret, GError **error)
{
	json_t *report;
	if (!end_run(e, error) || !plan_run_record(e->meta, e->run_id, &report, error))
		return false;
	if (e->stopped_by) {
		json_object_set_new(report, "status", json_string("failed"));
		g_autofree char *name = g_strdup_printf("SIG%s", sigabbrev_np(e->stopped_by));
		json_object_set_new(report, "stopped", json_string(name));
	}
	*ret = report;
	return true;
}

/* Steps that still run when something of ours fails: nobody will take their results. */
static void kill_running(Engine *e)
{
	for (guint i = 0; i < e->running->len; i++) {
		Task *t = g_ptr_array_index(e->running, i);
		e->executor->signal(e->x, t->job, SIGKILL);
		struct pollfd end = {.fd = t->job_fd, .events = POLLIN};
		poll(&end, 1, 5000);
		bool ended = false;
		JobEnd unused;
		e->executor->collect(e->x, t->job, &ended, &unused, NULL);
	}
}

/* No thread can send a lock any more after the shutdown; those that were sent before are let go. */
static void close_sockets(Engine *e)
{
	if (e->lock_sockets[0] < 0)
		return;
	shutdown(e->lock_sockets[0], SHUT_RD);
	LockTaken taken;
	while (recv(e->lock_sockets[0], &taken, sizeof taken, MSG_DONTWAIT) == sizeof taken)
		close(taken.fd);
	close(e->lock_sockets[0]);
	close(e->lock_sockets[1]);
}

static void close_engine(Engine *e)
{
	kill_running(e);
	close_sockets(e);
	for (size_t i = 0; e->tasks && i < e->plan->nodes->len; i++)
		task_clear(&e->tasks[i]);
	if (e->signal_fd >= 0) {
		close(e->signal_fd);
		pthread_sigmask(SIG_SETMASK, &e->signals_before, NULL);
	}
	if (e->executor)
		e->executor->close(e->x);
	if (e->run_lock >= 0)
		close(e->run_lock);
	if (e->survey)
		survey_free(e->survey);
	g_clear_pointer(&e->blobs, blobs_close);
	g_clear_pointer(&e->meta, meta_close);
	g_ptr_array_free(e->ready, TRUE);
	g_ptr_array_free(e->running, TRUE);
	g_ptr_array_free(e->unwritten, TRUE);
	g_queue_clear(&e->open);
	g_free(e->tasks);
	g_free(e->state_folder);
	g_free(e->run_id);
	g_free(e->experiment_id);
}

static size_t count_wanted(const Engine *e)
{
	size_t count = 0;
	for (size_t i = 0; i < e->plan->nodes->len; i++)
		count += e->tasks[i].is_wanted;
	return count;
}

static bool run(Engine *e, json_t **ret, GError **error)
{
	int64_t started = engine_clock();
	if (!open_engine(e, error))
		return false;
	engine_tell(e, &(RunEvent){.kind = EVENT_RUN_STARTED, .text = e->run_id, .total = count_wanted(e)});
	e->next_tick = engine_clock() + (int64_t)e->options->tick_ms * 1000;
	if (!engine_loop(e, error) || !make_report(e, ret, error))
		return false;
	engine_tell(e, &(RunEvent){.kind = EVENT_RUN_ENDED,
	                       .status = json_get_text(*ret, "status", ""),
	                       .text = e->run_id,
	                       .seconds = (double)(engine_clock() - started) / G_USEC_PER_SEC});
	return true;
}

bool plan_run(Plan *p, const RunOptions *options, json_t **ret, GError **error)
{
	Engine e = {
	        .plan = p,
	        .options = options,
	        .state_folder = g_canonicalize_filename(options->state_folder, NULL),
	        .ready = g_ptr_array_new(),
	        .running = g_ptr_array_new(),
	        .unwritten = g_ptr_array_new(),
	        .lock_sockets = {-1, -1},
	        .signal_fd = -1,
	        .run_lock = -1,
	        .cores = options->cores ? options->cores : g_get_num_processors(),
	};
	e.cores_free = e.cores;
	bool ok = run(&e, ret, error);
	close_engine(&e);
	return ok;
}
