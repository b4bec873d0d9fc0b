/* server_lanes.c: threads beside those that read: requests are handed over and given back.
 *
 * Each lane has threads of its own and a bound on what waits for them, so that what fills one holds up no other.  Between suspend and
 * resume a call belongs to its lane; given back, it belongs to its I/O thread again, which may free it at once.  Threads are made once:
 * what they keep for themselves (rings, pins) is kept for the server's life. */
#include "http/server_inside.h"

enum { COMMAND_THREADS = 2 };

static void work(gpointer call, gpointer server)
{
	Server *s = server;
	Call *c = call;
	Lane *lane = &s->lanes[c->lane];
	if (atomic_load(&s->overdue))
		call_refuse(c, 503, "the server is ending");
	else
		call_answer(c);
	atomic_fetch_sub(&lane->taken, 1); /* before the answer: who has it may come again */
	MHD_resume_connection(c->connection);
	atomic_fetch_sub(&s->handed, 1);
}

static void lane_start(Server *s, ServerLane which, unsigned threads, unsigned waiting)
{
	s->lanes[which] = (Lane){.pool = g_thread_pool_new(work, s, (gint)threads, TRUE, NULL),
	        .threads = threads,
	        .most = threads + waiting};
}

void lanes_start(Server *s)
{
	g_mutex_init(&s->lanes_lock);
	lane_start(s, LANE_WORKERS, s->options.threads, s->options.queue);
	lane_start(s, LANE_COMMANDS, COMMAND_THREADS, s->options.queue);
	lane_start(s, LANE_LONG, 1, 0);
}

bool lanes_take(Server *s, Call *c, ServerLane which)
{
	Lane *lane = &s->lanes[which];
	g_mutex_lock(&s->lanes_lock);
	bool taken = !s->closing && atomic_load(&lane->taken) < lane->most;
	if (taken) {
		atomic_fetch_add(&lane->taken, 1);
		atomic_fetch_add(&s->handed, 1);
		atomic_fetch_add(&lane->total, 1);
		c->lane = which;
		atomic_store(&c->state, CALL_QUEUED);
		MHD_suspend_connection(c->connection);
		g_thread_pool_push(lane->pool, c, NULL);
	}
	g_mutex_unlock(&s->lanes_lock);
	return taken;
}

static void wait_for_none(const atomic_uint *count, int64_t until)
{
	while (atomic_load((atomic_uint *)count) && g_get_monotonic_time() < until)
		g_usleep(1000);
}

/* The I/O threads serve to the last: so first nothing more is handed over, then the lanes give back what they have.  What was refused for
 * want of time gets a second to be sent. */
void lanes_end(Server *s, int64_t until)
{
	g_mutex_lock(&s->lanes_lock);
	s->closing = true;
	g_mutex_unlock(&s->lanes_lock);
	wait_for_none(&s->handed, until);
	if (atomic_load(&s->handed) == 0)
		return;
	atomic_store(&s->overdue, true);
	wait_for_none(&s->handed, INT64_MAX);
	wait_for_none(&s->in_flight, g_get_monotonic_time() + G_USEC_PER_SEC);
}

void lanes_free(Server *s)
{
	for (int i = 0; i < SERVER_LANES; i++)
		if (s->lanes[i].pool)
			g_thread_pool_free(s->lanes[i].pool, FALSE, TRUE);
	g_mutex_clear(&s->lanes_lock);
}

void lanes_load(Server *s, ServerLoad *to)
{
	for (int i = 0; i < SERVER_LANES; i++) {
		unsigned taken = atomic_load(&s->lanes[i].taken);
		to->handed[i] = atomic_load(&s->lanes[i].total);
		to->queued += taken > s->lanes[i].threads ? taken - s->lanes[i].threads : 0;
	}
}
