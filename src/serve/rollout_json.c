/* rollout_json.c: counts of a rollout as JSON, which the store keeps a server each, and added up again. */
#include "base/json.h"
#include "serve/rollout.h"

static json_t *count_json(uint64_t n)
{
	return json_integer((json_int_t)n);
}

static json_t *route_json(const RouteCounts *c)
{
	json_t *latency = json_object(), *scores = json_array();
	for (size_t i = 0; i < ROLLOUT_LATENCIES; i++) {
		char bucket[8];
		if (!c->latency[i])
			continue;
		g_snprintf(bucket, sizeof bucket, "%zu", i);
		json_object_set_new(latency, bucket, count_json(c->latency[i]));
	}
	for (size_t i = 0; i < ROLLOUT_SCORES; i++)
		json_array_append_new(scores, count_json(c->scores[i]));
	return json_pack("{s:o,s:o,s:o,s:o}", "requests", count_json(c->requests), "errors", count_json(c->errors),
	        "latency", latency, "scores", scores);
}

json_t *rollout_counts_json(const RolloutCounts *c)
{
	json_t *routes = json_object();
	for (size_t k = 0; k < ROLLOUT_ROUTES; k++)
		json_object_set_new(routes, ROLLOUT_NAMES[k], route_json(&c->routes[k]));
	return json_pack("{s:o,s:{s:o,s:o,s:o,s:o,s:o}}", "routes", routes, "shadow", "rows",
	        count_json(c->shadow.rows), "different", count_json(c->shadow.different), "difference",
	        json_number(c->shadow.difference), "most", json_number(c->shadow.most), "dropped",
	        count_json(c->shadow.dropped));
}

static uint64_t count_of(const json_t *object, const char *key)
{
	return (uint64_t)MAX(json_get_int(object, key, 0), 0);
}

static void add_route(RouteCounts *to, const json_t *from)
{
	const char *bucket;
	json_t *count;
	const json_t *scores = json_object_get(from, "scores");
	to->requests += count_of(from, "requests");
	to->errors += count_of(from, "errors");
	json_object_foreach (json_object_get(from, "latency"), bucket, count) {
		guint64 i = g_ascii_strtoull(bucket, NULL, 10);
		if (i < ROLLOUT_LATENCIES)
			to->latency[i] += (uint64_t)json_integer_value(count);
	}
	for (size_t i = 0; i < ROLLOUT_SCORES; i++)
		to->scores[i] += (uint64_t)json_integer_value(json_array_get(scores, i));
}

void rollout_counts_add(RolloutCounts *to, const json_t *counts)
{
	const json_t *routes = json_object_get(counts, "routes"), *shadow = json_object_get(counts, "shadow");
	for (size_t k = 0; k < ROLLOUT_ROUTES; k++)
		add_route(&to->routes[k], json_object_get(routes, ROLLOUT_NAMES[k]));
	to->shadow.rows += count_of(shadow, "rows");
	to->shadow.different += count_of(shadow, "different");
	to->shadow.difference += json_get_number(shadow, "difference", 0);
	to->shadow.most = MAX(to->shadow.most, json_get_number(shadow, "most", 0));
	to->shadow.dropped += count_of(shadow, "dropped");
}
