/* metrics.c: series of counters, and their text.  Names follow prometheus.io/docs/practices/naming: one prefix, base units, _total
 * on counters. */
#include "http/metrics.h"

#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base/file.h"

/* Seconds.  A tabular model takes microseconds, a batch or a stalled disk seconds. */
static const double BOUNDS[] = {
        50e-6, 100e-6, 250e-6, 500e-6, 1e-3, 2.5e-3, 5e-3, 10e-3, 25e-3, 50e-3, 0.1, 0.25, 0.5, 1, 2.5, 5, 10};
enum { BUCKETS = METRICS_BUCKETS };
G_STATIC_ASSERT(G_N_ELEMENTS(BOUNDS) + 1 == METRICS_BUCKETS);

typedef struct Series {
	MetricsKey key; /* owns its model */
	_Atomic uint64_t buckets[BUCKETS], rows, us;
	_Atomic int64_t last; /* us UTC */
} Series;

struct Metrics {
	uint64_t id;
	GMutex lock;
	GPtrArray *series;
};

/* A thread's way to the series it has used. */
static _Thread_local struct {
	uint64_t metrics;
	GHashTable *known;
} mine;
static GPrivate thread_end = G_PRIVATE_INIT((GDestroyNotify)g_hash_table_unref);

static guint key_hash(gconstpointer key)
{
	const MetricsKey *k = key;
	return g_str_hash(k->model) * 31 + (guint)k->version * 7 + k->code + g_str_hash(k->protocol) * 5 +
	       (guint)*k->route;
}

static gboolean key_equal(gconstpointer a, gconstpointer b)
{
	const MetricsKey *x = a, *y = b;
	return x->version == y->version && x->code == y->code && strcmp(x->model, y->model) == 0 &&
	       strcmp(x->protocol, y->protocol) == 0 && strcmp(x->route, y->route) == 0;
}

Metrics *metrics_new(void)
{
	static uint64_t count;
	Metrics *m = g_new0(Metrics, 1);
	m->id = __atomic_add_fetch(&count, 1, __ATOMIC_RELAXED);
	m->series = g_ptr_array_new();
	return m;
}

void metrics_free(Metrics *m)
{
	for (guint i = 0; i < m->series->len; i++) {
		Series *s = m->series->pdata[i];
		g_free((char *)s->key.model);
		g_free(s);
	}
	g_ptr_array_unref(m->series);
	g_free(m);
}

static Series *find_or_make(Metrics *m, const MetricsKey *key)
{
	Series *found = NULL;
	g_mutex_lock(&m->lock);
	for (guint i = 0; i < m->series->len && !found; i++)
		if (key_equal(&((Series *)m->series->pdata[i])->key, key))
			found = m->series->pdata[i];
	if (!found) {
		found = g_new0(Series, 1);
		found->key = *key;
		found->key.model = g_strdup(key->model);
		g_ptr_array_add(m->series, found);
	}
	g_mutex_unlock(&m->lock);
	return found;
}

static Series *my_series(Metrics *m, const MetricsKey *key)
{
	if (mine.metrics != m->id) {
		mine.known = g_hash_table_new(key_hash, key_equal);
		mine.metrics = m->id;
		g_private_replace(&thread_end, mine.known);
	}
	Series *s = g_hash_table_lookup(mine.known, key);
	if (!s) {
		s = find_or_make(m, key);
		g_hash_table_insert(mine.known, &s->key, s);
	}
	return s;
}

void metrics_count(Metrics *m, const MetricsKey *key, int64_t us, uint64_t rows)
{
	Series *s = my_series(m, key);
	size_t bucket = 0;
	while (bucket < BUCKETS - 1 && (double)us * 1e-6 > BOUNDS[bucket])
		bucket++;
	atomic_fetch_add_explicit(&s->buckets[bucket], 1, memory_order_relaxed);
	atomic_fetch_add_explicit(&s->us, (uint64_t)us, memory_order_relaxed);
	atomic_store_explicit(&s->last, g_get_real_time(), memory_order_relaxed);
	if (rows)
		atomic_fetch_add_explicit(&s->rows, rows, memory_order_relaxed);
}

static void add_series(MetricsModel *to, Series *s)
{
	uint64_t count = 0, us = atomic_load(&s->us);
	for (size_t i = 0; i < BUCKETS; i++)
		count += atomic_load(&s->buckets[i]);
	bool ok = s->key.code < 400;
	*(ok ? &to->answered : &to->refused) += count;
	*(ok ? &to->answered_us : &to->refused_us) += us;
	to->rows += atomic_load(&s->rows);
	to->last = MAX(to->last, atomic_load(&s->last));
}

MetricsModel metrics_model(Metrics *m, const char *model, int version)
{
	MetricsModel ret = {0};
	g_mutex_lock(&m->lock);
	for (guint i = 0; i < m->series->len; i++) {
		Series *s = m->series->pdata[i];
		if (s->key.version == version && strcmp(s->key.model, model) == 0)
			add_series(&ret, s);
	}
	g_mutex_unlock(&m->lock);
	return ret;
}

void metrics_label(GString *to, const char *name, const char *value)
{
	g_string_append_printf(to, "%s=\"", name);
	for (; *value; value++) {
		if (*value == '"' || *value == '\\')
			g_string_append_c(to, '\\');
		g_string_append(to, *value == '\n' ? "\\n" : (const char[]){*value, 0});
	}
	g_string_append_c(to, '"');
}

static void write_key(GString *to, const MetricsKey *k)
{
	char version[16] = "", code[16];
	if (k->version)
		g_snprintf(version, sizeof version, "%d", k->version);
	g_snprintf(code, sizeof code, "%u", k->code);
	const char *const labels[][2] = {{"model", k->model}, {"version", version}, {"route", k->route},
	        {"protocol", k->protocol}, {"code", code}};
	for (size_t i = 0; i < G_N_ELEMENTS(labels); i++) {
		g_string_append(to, i ? "," : "");
		metrics_label(to, labels[i][0], labels[i][1]);
	}
}

static void write_head(GString *to, const char *name, const char *type, const char *help)
{
	g_string_append_printf(to, "# HELP %s %s\n# TYPE %s %s\n", name, help, name, type);
}

static void write_one(GString *to, const char *name, const char *type, const char *help, double value)
{
	write_head(to, name, type, help);
	g_string_append_printf(to, "%s %.17g\n", name, value);
}

void metrics_histogram(GString *to, const char *name, const char *labels, const uint64_t *buckets, double unit)
{
	uint64_t sum = 0;
	for (size_t i = 0; i < BUCKETS; i++) {
		sum += buckets[i];
		g_string_append_printf(to, "%s_bucket{%s,le=\"", name, labels);
		if (i < BUCKETS - 1)
			g_string_append_printf(to, "%.15g\"} %" G_GUINT64_FORMAT "\n", BOUNDS[i] * unit, sum);
		else
			g_string_append_printf(to, "+Inf\"} %" G_GUINT64_FORMAT "\n", sum);
	}
}

static MetricsCounts counts_of(const Series *series)
{
	Series *s = (Series *)series;
	MetricsCounts c = {.rows = atomic_load(&s->rows), .us = atomic_load(&s->us)};
	for (size_t i = 0; i < BUCKETS; i++)
		c.count += c.buckets[i] = atomic_load(&s->buckets[i]);
	return c;
}

void metrics_each(
        Metrics *m, void (*each)(void *context, const MetricsKey *key, const MetricsCounts *counts), void *context)
{
	g_mutex_lock(&m->lock);
	for (guint i = 0; i < m->series->len; i++) {
		const Series *s = m->series->pdata[i];
		MetricsCounts counts = counts_of(s);
		each(context, &s->key, &counts);
	}
	g_mutex_unlock(&m->lock);
}

static void write_histogram(GString *to, const Series *s)
{
	static const char NAME[] = "gyre_request_duration_seconds";
	MetricsCounts c = counts_of(s);
	g_autoptr(GString) labels = g_string_new(NULL);
	write_key(labels, &s->key);
	metrics_histogram(to, NAME, labels->str, c.buckets, 1);
	g_string_append_printf(to, "%s_sum{%s} %.17g\n%s_count{%s} %" G_GUINT64_FORMAT "\n", NAME, labels->str,
	        (double)c.us * 1e-6, NAME, labels->str, c.count);
}

static void write_series(Metrics *m, GString *to)
{
	g_mutex_lock(&m->lock);
	write_head(to, "gyre_request_duration_seconds", "histogram", "Time from a whole request to its answer.");
	for (guint i = 0; i < m->series->len; i++)
		write_histogram(to, m->series->pdata[i]);
	write_head(to, "gyre_predictions_total", "counter", "Rows predicted.");
	for (guint i = 0; i < m->series->len; i++) {
		Series *s = m->series->pdata[i];
		uint64_t rows = atomic_load(&s->rows);
		if (!rows)
			continue;
		g_string_append(to, "gyre_predictions_total{");
		write_key(to, &s->key);
		g_string_append_printf(to, "} %" G_GUINT64_FORMAT "\n", rows);
	}
	g_mutex_unlock(&m->lock);
}

/* Which versions are loaded, since when, and what could not be loaded. */
static void write_models(Site *site, GString *to)
{
	const RouteTable *t = fleet_pin(site->fleet);
	write_head(to, "gyre_model_loaded_timestamp_seconds", "gauge", "When the version was loaded.");
	for (guint i = 0; i < t->models->len; i++) {
		const ModelEntry *e = t->models->pdata[i];
		for (guint k = 0; k < e->versions->len; k++) {
			const Served *s = e->versions->pdata[k];
			g_string_append(to, "gyre_model_loaded_timestamp_seconds{");
			metrics_label(to, "model", s->name);
			g_string_append_printf(to, ",version=\"%d\",stable=\"%s\"} %.3f\n", s->version,
			        s == e->stable ? "true" : "false", (double)s->loaded / 1e6);
		}
	}
	write_head(to, "gyre_model_load_failures", "gauge", "Versions that should be loaded and cannot be.");
	for (guint i = 0; i < t->models->len; i++) {
		const ModelEntry *e = t->models->pdata[i];
		g_string_append(to, "gyre_model_load_failures{");
		metrics_label(to, "model", e->name);
		g_string_append_printf(to, "} %zu\n", json_array_size(e->problems));
	}
	fleet_unpin(site->fleet);
}

typedef void WriteRollout(GString *to, const char *labels, Rollout *r);

static void write_share(GString *to, const char *labels, Rollout *r)
{
	Shares s = rollout_shares(r);
	g_string_append_printf(to, "gyre_deployment_share{%s,strategy=\"%s\"} %g\n", labels, rollout_strategy(r),
	        MAX(s.canary, s.shadow));
}

static ShadowCounts shadow_of(Rollout *r)
{
	g_autofree RolloutCounts *c = g_new0(RolloutCounts, 1);
	rollout_counts(r, c);
	return c->shadow;
}

static void write_shadow_rows(GString *to, const char *labels, Rollout *r)
{
	ShadowCounts c = shadow_of(r);
	g_string_append_printf(to,
	        "gyre_shadow_rows_total{%s,decision=\"same\"} %" G_GUINT64_FORMAT
	        "\ngyre_shadow_rows_total{%s,decision=\"different\"} %" G_GUINT64_FORMAT "\n",
	        labels, c.rows - c.different, labels, c.different);
}

static void write_shadow_difference(GString *to, const char *labels, Rollout *r)
{
	g_string_append_printf(to, "gyre_shadow_score_difference_total{%s} %.17g\n", labels, shadow_of(r).difference);
}

static void write_shadow_dropped(GString *to, const char *labels, Rollout *r)
{
	g_string_append_printf(
	        to, "gyre_shadow_dropped_total{%s} %" G_GUINT64_FORMAT "\n", labels, shadow_of(r).dropped);
}

/* One family of samples, of each model that has a version on its way. */
static void write_rollouts(const RouteTable *t, GString *to, WriteRollout *write)
{
	for (guint i = 0; i < t->models->len; i++) {
		const ModelEntry *e = t->models->pdata[i];
		g_autoptr(GString) labels = g_string_new(NULL);
		if (!e->rollout)
			continue;
		metrics_label(labels, "model", e->name);
		g_string_append_printf(labels, ",version=\"%d\"", rollout_candidate(e->rollout)->version);
		write(to, labels->str, e->rollout);
	}
}

static void write_deployments(Site *site, GString *to)
{
	const RouteTable *t = fleet_pin(site->fleet);
	write_head(to, "gyre_deployment_share", "gauge",
	        "Share of the requests that a version being deployed answers, or is given as a shadow.");
	write_rollouts(t, to, write_share);
	write_head(
	        to, "gyre_shadow_rows_total", "counter", "Rows that the stable version and the shadow both answered.");
	write_rollouts(t, to, write_shadow_rows);
	write_head(to, "gyre_shadow_score_difference_total", "counter",
	        "Sum over those rows of the distance between the two scores.");
	write_rollouts(t, to, write_shadow_difference);
	write_head(to, "gyre_shadow_dropped_total", "counter", "Requests for which the shadow had no room.");
	write_rollouts(t, to, write_shadow_dropped);
	fleet_unpin(site->fleet);
}

static void write_log(Site *site, GString *to)
{
	if (!site->log)
		return;
	PredLogCounts c = predlog_counts(site->log);
	write_head(to, "gyre_prediction_log_rows_total", "counter", "Rows of the prediction log.");
	g_string_append_printf(to,
	        "gyre_prediction_log_rows_total{state=\"logged\"} %" G_GUINT64_FORMAT
	        "\ngyre_prediction_log_rows_total{state=\"sampled_out\"} %" G_GUINT64_FORMAT
	        "\ngyre_prediction_log_rows_total{state=\"dropped\"} %" G_GUINT64_FORMAT "\n",
	        c.logged, c.sampled_out, c.dropped);
}

/* The second number of /proc/self/statm, in pages. */
static double resident_bytes(void)
{
	g_autofree char *text = NULL;
	size_t size;
	if (!file_read("/proc/self/statm", 4096, &text, &size, NULL))
		return 0;
	const char *space = strchr(text, ' ');
	return space ? (double)g_ascii_strtoull(space, NULL, 10) * (double)sysconf(_SC_PAGESIZE) : 0;
}

static void write_handed(const ServerLoad *load, GString *to)
{
	static const char *const LANES[SERVER_LANES] = {NULL, "workers", "commands", "long"};
	write_head(to, "gyre_requests_handed_total", "counter",
	        "Requests that the threads that read them left to others: large ones, commands, and commands that take "
	        "long.");
	for (int i = LANE_WORKERS; i < SERVER_LANES; i++)
		g_string_append_printf(
		        to, "gyre_requests_handed_total{to=\"%s\"} %" G_GUINT64_FORMAT "\n", LANES[i], load->handed[i]);
}

static void write_process(Site *site, GString *to)
{
	struct rusage used;
	getrusage(RUSAGE_SELF, &used);
	double cpu = (double)(used.ru_utime.tv_sec + used.ru_stime.tv_sec) +
	             (double)(used.ru_utime.tv_usec + used.ru_stime.tv_usec) / 1e6;
	ServerLoad load = server_load(site->server);
	write_one(to, "gyre_ready", "gauge", "1: every model answers and the server is not shutting down.",
	        site_is_ready(site));
	write_one(to, "gyre_connections", "gauge", "Open connections.", load.connections);
	write_one(to, "gyre_requests_in_flight", "gauge", "Requests that are being answered.", load.in_flight);
	write_one(to, "gyre_requests_queued", "gauge", "Requests that wait for a thread.", load.queued);
	write_handed(&load, to);
	write_one(to, "process_cpu_seconds_total", "counter", "User and system CPU time spent.", cpu);
	write_one(to, "process_resident_memory_bytes", "gauge", "Resident memory size.", resident_bytes());
	write_one(to, "process_start_time_seconds", "gauge", "When the server began to serve.",
	        (double)site->started / 1e6);
	if (site->access_log)
		write_one(to, "gyre_access_log_dropped_total", "counter",
		        "Lines of the access log that could not be written.",
		        (double)access_log_dropped(site->access_log));
	write_head(to, "gyre_build_info", "gauge", "The version of the program.");
	g_string_append(to, "gyre_build_info{version=\"" GYRE_VERSION "\"} 1\n");
}

void metrics_write(Metrics *m, Site *site, GString *to)
{
	write_series(m, to);
	write_models(site, to);
	write_deployments(site, to);
	write_log(site, to);
	write_process(site, to);
	gauges_append(site->gauges, to);
}
