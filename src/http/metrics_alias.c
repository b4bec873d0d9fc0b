/* metrics_alias.c: the same counts under the names of TensorFlow Serving and Triton, so that dashboards made for them go on.
 *
 * They stand at TensorFlow Serving's path, not among our own: names with a colon, microseconds and counters without _total are
 * what promtool warns of.  Histograms have our own bounds, in microseconds.  Sums are over routes and protocols, for which the others have
 * no label. */
#include <string.h>

#include "http/metrics.h"

enum { ALIAS_TF = 1 << 0, ALIAS_TRITON = 1 << 1 };
const char *const METRICS_ALIASES[] = {"tf_serving", "triton", NULL};

typedef struct Sum {
	const char *model;
	int version;
	const char *word; /* a status, or a reason */
	uint64_t count, rows, us, buckets[METRICS_BUCKETS];
} Sum;

typedef struct Sums {
	GString *to;
	GArray *sums; /* of Sum; few */
	bool by_version;
	const char *(*word)(unsigned code); /* NULL: all codes are one */
} Sums;

static Sum *find_sum(Sums *s, const Sum *wanted)
{
	for (guint i = 0; i < s->sums->len; i++) {
		Sum *sum = &g_array_index(s->sums, Sum, i);
		if (sum->version == wanted->version && strcmp(sum->model, wanted->model) == 0 &&
		        strcmp(sum->word, wanted->word) == 0)
			return sum;
	}
	g_array_append_val(s->sums, *wanted);
	return &g_array_index(s->sums, Sum, s->sums->len - 1);
}

static void add(void *sums, const MetricsKey *key, const MetricsCounts *counts)
{
	Sums *s = sums;
	Sum wanted = {.model = key->model,
	        .version = s->by_version ? key->version : 0,
	        .word = s->word ? s->word(key->code) : ""};
	if (!*key->model || !wanted.word)
		return;
	Sum *sum = find_sum(s, &wanted);
	sum->count += counts->count;
	sum->rows += counts->rows;
	sum->us += counts->us;
	for (size_t i = 0; i < METRICS_BUCKETS; i++)
		sum->buckets[i] += counts->buckets[i];
}

/* google.rpc.Code's names, by the status TensorFlow Serving maps each to. */
static const char *tf_status(unsigned code)
{
	static const struct {
		unsigned code;
		const char *name;
	} NAMES[] = {{200, "OK"}, {401, "UNAUTHENTICATED"}, {403, "PERMISSION_DENIED"}, {404, "NOT_FOUND"},
	        {409, "ABORTED"}, {413, "RESOURCE_EXHAUSTED"}, {429, "RESOURCE_EXHAUSTED"}, {500, "INTERNAL"},
	        {501, "UNIMPLEMENTED"}, {503, "UNAVAILABLE"}, {504, "DEADLINE_EXCEEDED"}};
	for (size_t i = 0; i < G_N_ELEMENTS(NAMES); i++)
		if (NAMES[i].code == code)
			return NAMES[i].name;
	return "INVALID_ARGUMENT";
}

static const char *when_good(unsigned code)
{
	return code == 200 ? "" : NULL;
}

static const char *triton_reason(unsigned code)
{
	return code == 200 ? NULL : code == 503 ? "REJECTED" : code >= 500 ? "BACKEND" : "OTHER";
}

static void write_tf(Metrics *m, GString *to)
{
	static const char COUNT[] = ":tensorflow:serving:request_count",
	                  LATENCY[] = ":tensorflow:serving:request_latency";
	g_autoptr(GArray) by_status = g_array_new(FALSE, FALSE, sizeof(Sum)),
	                  by_model = g_array_new(FALSE, FALSE, sizeof(Sum));
	Sums statuses = {.sums = by_status, .word = tf_status}, models = {.sums = by_model};
	metrics_each(m, add, &statuses);
	metrics_each(m, add, &models);
	g_string_append_printf(to, "# TYPE %s counter\n", COUNT);
	for (guint i = 0; i < by_status->len; i++) {
		const Sum *s = &g_array_index(by_status, Sum, i);
		g_string_append_printf(to, "%s{", COUNT);
		metrics_label(to, "model_name", s->model);
		g_string_append_printf(to, ",status=\"%s\"} %" G_GUINT64_FORMAT "\n", s->word, s->count);
	}
	g_string_append_printf(to, "# TYPE %s histogram\n", LATENCY);
	for (guint i = 0; i < by_model->len; i++) {
		const Sum *s = &g_array_index(by_model, Sum, i);
		g_autoptr(GString) labels = g_string_new(NULL);
		metrics_label(labels, "model_name", s->model);
		g_string_append(labels, ",API=\"predict\",entrypoint=\"REST\"");
		metrics_histogram(to, LATENCY, labels->str, s->buckets, 1e6);
		g_string_append_printf(to, "%s_sum{%s} %" G_GUINT64_FORMAT "\n%s_count{%s} %" G_GUINT64_FORMAT "\n",
		        LATENCY, labels->str, s->us, LATENCY, labels->str, s->count);
	}
	g_string_append(to, "# TYPE :tensorflow:serving:request_example_count_total counter\n");
	for (guint i = 0; i < by_model->len; i++) {
		const Sum *s = &g_array_index(by_model, Sum, i);
		g_string_append(to, ":tensorflow:serving:request_example_count_total{");
		metrics_label(to, "model", s->model);
		g_string_append_printf(to, "} %" G_GUINT64_FORMAT "\n", s->rows);
	}
}

static uint64_t count_of(const Sum *s)
{
	return s->count;
}

static uint64_t rows_of(const Sum *s)
{
	return s->rows;
}

static uint64_t us_of(const Sum *s)
{
	return s->us;
}

static void write_triton(Metrics *m, GString *to)
{
	static const struct {
		const char *name, *help;
		const char *(*word)(unsigned code);
		uint64_t (*value)(const Sum *s);
	} COUNTERS[] = {
	        {"nv_inference_request_success", "Number of successful inference requests, all batch sizes", when_good,
	                count_of},
	        {"nv_inference_request_failure", "Number of failed inference requests, all batch sizes", triton_reason,
	                count_of},
	        {"nv_inference_count", "Number of inferences performed (does not include cached requests)", when_good,
	                rows_of},
	        {"nv_inference_exec_count", "Number of model executions performed (does not include cached requests)",
	                when_good, count_of},
	        {"nv_inference_request_duration_us", "Cumulative inference request duration in microseconds", when_good,
	                us_of},
	};
	for (size_t f = 0; f < G_N_ELEMENTS(COUNTERS); f++) {
		g_autoptr(GArray) list = g_array_new(FALSE, FALSE, sizeof(Sum));
		Sums sums = {.sums = list, .by_version = true, .word = COUNTERS[f].word};
		metrics_each(m, add, &sums);
		g_string_append_printf(
		        to, "# HELP %s %s\n# TYPE %s counter\n", COUNTERS[f].name, COUNTERS[f].help, COUNTERS[f].name);
		for (guint i = 0; i < list->len; i++) {
			const Sum *s = &g_array_index(list, Sum, i);
			g_string_append_printf(to, "%s{", COUNTERS[f].name);
			metrics_label(to, "model", s->model);
			g_string_append_printf(to, ",version=\"%d\"", s->version);
			if (*s->word)
				g_string_append_printf(to, ",reason=\"%s\"", s->word);
			g_string_append_printf(to, "} %" G_GUINT64_FORMAT "\n", COUNTERS[f].value(s));
		}
	}
}

void metrics_write_aliases(Metrics *m, const char *const *aliases, GString *to)
{
	unsigned wanted = 0;
	for (unsigned i = 0; METRICS_ALIASES[i]; i++)
		if (g_strv_contains(aliases, METRICS_ALIASES[i]))
			wanted |= 1u << i;
	if (wanted & ALIAS_TF)
		write_tf(m, to);
	if (wanted & ALIAS_TRITON)
		write_triton(m, to);
}
