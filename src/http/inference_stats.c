/* inference_stats.c: GET /v2/models[/NAME[/versions/V]]/stats, in Triton's form.
 *
 * A request's time is not taken apart: all of it, reading and writing included, counts as inference.  Nothing waits in a queue
 * to be batched, and nothing is cached. */
#include "http/inference.h"

#include "http/metrics.h"

static json_t *duration(uint64_t count, uint64_t us)
{
	return json_pack("{s:I,s:I}", "count", (json_int_t)count, "ns", (json_int_t)us * 1000);
}

static json_t *stats_of(const Visit *v, const Served *s)
{
	MetricsModel m = metrics_model(v->site->metrics, s->name, s->version);
	g_autofree char *version = g_strdup_printf("%d", s->version);
	json_t *parts = json_pack("{s:o,s:o,s:o,s:o,s:o,s:o,s:o,s:o}", "success", duration(m.answered, m.answered_us),
	        "fail", duration(m.refused, m.refused_us), "queue", duration(m.answered, 0), "compute_input",
	        duration(m.answered, 0), "compute_infer", duration(m.answered, m.answered_us), "compute_output",
	        duration(m.answered, 0), "cache_hit", duration(0, 0), "cache_miss", duration(0, 0));
	return json_pack("{s:s,s:s,s:I,s:I,s:I,s:o,s:{},s:[],s:[]}", "name", s->name, "version", version,
	        "last_inference", (json_int_t)(m.last / 1000), "inference_count", (json_int_t)m.rows, "execution_count",
	        (json_int_t)m.answered, "inference_stats", parts, "response_stats", "batch_stats", "memory_usage");
}

static void add_versions(const Visit *v, const ModelEntry *e, json_t *to)
{
	for (guint i = e->versions->len; i-- > 0;)
		json_array_append_new(to, stats_of(v, e->versions->pdata[i]));
}

bool inference_stats(Visit *v, const char *model, const char *version, GError **error)
{
	const Served *s;
	const RouteTable *t = visit_routes(v);
	if (model && !visit_find(v, model, version, &s, error))
		return false;
	json_t *list = json_array();
	if (model && version)
		json_array_append_new(list, stats_of(v, s));
	else if (model)
		add_versions(v, route_model(t, model), list);
	for (guint i = 0; !model && i < t->models->len; i++)
		add_versions(v, t->models->pdata[i], list);
	reply_json(v->reply, json_pack("{s:o}", "model_stats", list));
	return true;
}
