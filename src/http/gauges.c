/* gauges.c: a thread that reads monitoring's gauges from the store. */
#include "http/gauges.h"

#include "monitor/gauges.h"

#define QUIET (300 * G_USEC_PER_SEC) /* nobody has scraped for so long: the store is left alone */

struct GaugesReader {
	GThread *thread;
	GMutex lock;
	GCond wake;
	char *state_folder, *text;
	int64_t asked; /* us, monotonic: of the last scrape; 0: none yet */
	bool ending;
};

/* The old text stays when the store cannot be read. */
static void read_once(GaugesReader *r, Meta **meta)
{
	g_autoptr(GString) text = g_string_new(NULL);
	bool ok = (*meta || meta_open(r->state_folder, meta, NULL)) && gauges_write(*meta, meta_now(), text, NULL);
	if (!ok) {
		g_clear_pointer(meta, meta_close);
		return;
	}
	g_mutex_lock(&r->lock);
	g_free(r->text);
	r->text = g_string_free(g_steal_pointer(&text), FALSE);
	g_mutex_unlock(&r->lock);
}

/* Returns how long to wait for the next: reading takes no more than a twentieth of a core, however much there is. */
static int64_t timed_read(GaugesReader *r, Meta **meta)
{
	int64_t begun = g_get_monotonic_time();
	read_once(r, meta);
	return MAX((int64_t)GAUGES_SECONDS * G_USEC_PER_SEC, 20 * (g_get_monotonic_time() - begun));
}

static gpointer run(gpointer reader)
{
	GaugesReader *r = reader;
	Meta *meta = NULL;
	int64_t pause = timed_read(r, &meta);
	g_mutex_lock(&r->lock);
	while (!r->ending) {
		g_cond_wait_until(&r->wake, &r->lock, g_get_monotonic_time() + pause);
		bool wanted = !r->ending && r->asked && g_get_monotonic_time() - r->asked < QUIET;
		g_mutex_unlock(&r->lock);
		if (wanted)
			pause = timed_read(r, &meta);
		g_mutex_lock(&r->lock);
	}
	g_mutex_unlock(&r->lock);
	meta_close(meta);
	return NULL;
}

GaugesReader *gauges_start(const char *state_folder)
{
	GaugesReader *r = g_new0(GaugesReader, 1);
	g_mutex_init(&r->lock);
	g_cond_init(&r->wake);
	r->state_folder = g_strdup(state_folder);
	r->thread = g_thread_new("gauges", run, r);
	return r;
}

void gauges_stop(GaugesReader *r)
{
	if (!r)
		return;
	g_mutex_lock(&r->lock);
	r->ending = true;
	g_cond_signal(&r->wake);
	g_mutex_unlock(&r->lock);
	g_thread_join(r->thread);
	g_mutex_clear(&r->lock);
	g_cond_clear(&r->wake);
	g_free(r->state_folder);
	g_free(r->text);
	g_free(r);
}

void gauges_append(GaugesReader *r, GString *to)
{
	if (!r)
		return;
	g_mutex_lock(&r->lock);
	r->asked = g_get_monotonic_time();
	if (r->text)
		g_string_append(to, r->text);
	g_mutex_unlock(&r->lock);
}
