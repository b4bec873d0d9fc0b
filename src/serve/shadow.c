/* shadow.c: the queue of requests for a candidate, and the thread that has them answered. */
#include "serve/shadow.h"

#include <string.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/limits.h"

enum { NICE = 10 };

struct ShadowJob {
	Rollout *rollout;
	char *id;
	const char *protocol;
	int64_t time; /* as in PredLogEntry */
	bool is_timed;
	GPtrArray *inputs; /* rows as JSON objects */
	size_t bytes;      /* of these */
	Scores stable;     /* owns its values and a count of `served` */
};

struct Shadow {
	PredLog *log;
	GThread *thread;
	GMutex lock;
	GCond changed;
	GQueue jobs;
	size_t rows, bytes; /* in the queue */
	bool stop, is_busy;
};

ShadowJob *shadow_job(Rollout *r, const PredLogEntry *entry, const Batch *inputs, const Scores *stable)
{
	ShadowJob *j = g_new0(ShadowJob, 1);
	j->rollout = rollout_ref(r);
	j->id = g_strdup(entry->id);
	j->protocol = entry->protocol;
	j->time = entry->time;
	j->is_timed = entry->is_timed;
	j->inputs = g_ptr_array_new_with_free_func(g_free);
	for (size_t i = 0; i < batch_rows(inputs); i++) {
		char *row = batch_row_json(inputs, i);
		g_ptr_array_add(j->inputs, row);
		j->bytes += strlen(row);
	}
	j->stable = *stable;
	j->stable.values = g_memdup2(stable->values, stable->rows * stable->served->outputs * sizeof *stable->values);
	served_ref((Served *)stable->served);
	return j;
}

void shadow_job_free(ShadowJob *j)
{
	if (!j)
		return;
	served_unref((Served *)j->stable.served);
	scores_clear(&j->stable);
	g_ptr_array_unref(j->inputs);
	rollout_unref(j->rollout);
	g_free(j->id);
	g_free(j);
}

static bool read_row(Batch *b, const char *row, GError **error)
{
	Scan scan;
	scan_start(&scan, row, strlen(row));
	bool ok = batch_scan_object(b, &scan, error);
	scan_clear(&scan);
	return ok;
}

static bool predict(const ShadowJob *j, Batch *b, Scores *ret, GError **error)
{
	for (guint i = 0; i < j->inputs->len; i++)
		if (!read_row(b, j->inputs->pdata[i], error))
			return false;
	return serve_predict(b, ret, error);
}

static void work(Shadow *s, ShadowJob *j)
{
	Scores scores;
	g_autoptr(GError) error = NULL;
	g_autoptr(Batch) b = batch_new(rollout_candidate(j->rollout), j->inputs->len);
	PredLogEntry entry = {.id = j->id,
	        .protocol = j->protocol,
	        .route = ROLLOUT_NAMES[ROLLOUT_SHADOW],
	        .begun = g_get_monotonic_time(),
	        .time = j->time,
	        .is_timed = j->is_timed};
	bool ok = predict(j, b, &scores, &error);
	rollout_count(j->rollout, ROLLOUT_SHADOW, g_get_monotonic_time() - entry.begun, ok ? &scores : NULL);
	if (!ok) {
		if (s->log)
			predlog_add_error(s->log, &entry, rollout_candidate(j->rollout), error->message);
		return;
	}
	rollout_count_shadow(j->rollout, &j->stable, &scores);
	if (s->log && predlog_keeps(s->log, j->id))
		predlog_add(s->log, &entry, &scores, b);
	else if (s->log)
		predlog_sample_out(s->log, scores.rows);
	scores_clear(&scores);
}

static ShadowJob *next(Shadow *s)
{
	g_mutex_lock(&s->lock);
	s->is_busy = false;
	g_cond_broadcast(&s->changed);
	while (!s->stop && g_queue_is_empty(&s->jobs))
		g_cond_wait(&s->changed, &s->lock);
	ShadowJob *j = s->stop ? NULL : g_queue_pop_head(&s->jobs);
	if (j) {
		s->rows -= j->inputs->len;
		s->bytes -= j->bytes;
		s->is_busy = true;
	}
	g_mutex_unlock(&s->lock);
	return j;
}

/* Only this thread's priority: Linux counts threads where POSIX counts processes. */
static gpointer run(gpointer shadow)
{
	ShadowJob *j;
	setpriority(PRIO_PROCESS, (id_t)syscall(SYS_gettid), NICE);
	while ((j = next(shadow))) {
		work(shadow, j);
		shadow_job_free(j);
	}
	return NULL;
}

Shadow *shadow_open(PredLog *log)
{
	Shadow *s = g_new0(Shadow, 1);
	s->log = log;
	g_queue_init(&s->jobs);
	g_mutex_init(&s->lock);
	g_cond_init(&s->changed);
	s->thread = g_thread_new("shadow", run, s);
	return s;
}

void shadow_close(Shadow *s)
{
	if (!s)
		return;
	g_mutex_lock(&s->lock);
	s->stop = true;
	g_cond_broadcast(&s->changed);
	g_mutex_unlock(&s->lock);
	g_thread_join(s->thread);
	g_queue_clear_full(&s->jobs, (GDestroyNotify)shadow_job_free);
	g_mutex_clear(&s->lock);
	g_cond_clear(&s->changed);
	g_free(s);
}

void shadow_add(Shadow *s, ShadowJob *j)
{
	g_mutex_lock(&s->lock);
	bool has_room = s->rows + j->inputs->len <= LIMIT_SHADOW_ROWS && s->bytes + j->bytes <= LIMIT_SHADOW_BYTES;
	if (has_room) {
		s->rows += j->inputs->len;
		s->bytes += j->bytes;
		g_queue_push_tail(&s->jobs, j);
		g_cond_broadcast(&s->changed);
	}
	g_mutex_unlock(&s->lock);
	if (has_room)
		return;
	rollout_count_dropped(j->rollout);
	shadow_job_free(j);
}

void shadow_settle(Shadow *s)
{
	g_mutex_lock(&s->lock);
	while (s->is_busy || !g_queue_is_empty(&s->jobs))
		g_cond_wait(&s->changed, &s->lock);
	g_mutex_unlock(&s->lock);
}
