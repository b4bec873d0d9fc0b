/* rollout_judge.c: the bounds, one function each. */
#include "serve/rollout_judge.h"

#include <math.h>
#include <string.h>

#include "base/json.h"
#include "stats/distribution.h"
#include "stats/test.h"

enum { BOUNDS = 3, SPANS = 2, PERCENTILE = 95, LATENCY_FLOOR_US = 1000 };

double rollout_alpha(unsigned look)
{
	return ROLLOUT_RISK / ((double)(look + 1) * (look + 2)) / (BOUNDS * SPANS);
}

Bounds bounds_of(const json_t *params)
{
	return (Bounds){.errors = json_get_number(params, "errors", 0.01),
	        .latency = json_get_number(params, "latency", 1.5),
	        .score_shift = json_get_number(params, "score_shift", 0.5),
	        .min_requests = (uint64_t)json_get_int(params, "min_requests", 200)};
}

typedef struct Judged {
	const char *bound;
	double stable, candidate, value, limit;
	bool is_sure, is_enough;
} Judged;

/* The limit below which candidate's share less stable's lies with probability alpha. */
static double difference_low(double hits_a, double rows_a, double hits_b, double rows_b, double alpha)
{
	double a = hits_a / rows_a, b = hits_b / rows_b, low, high, unused;
	wilson_interval(hits_b, rows_b, 1 - 2 * alpha, &low, &unused);
	wilson_interval(hits_a, rows_a, 1 - 2 * alpha, &unused, &high);
	return b - a - sqrt((b - low) * (b - low) + (high - a) * (high - a));
}

static bool are_enough(const RouteCounts *s, const RouteCounts *c, const Bounds *b)
{
	return s->requests >= b->min_requests && c->requests >= b->min_requests;
}

/* Requests that failed have no latency and no score; where half of them did, what is left is another kind of requests. */
static bool are_most(uint64_t answered_s, uint64_t answered_c, const Bounds *b)
{
	return answered_s * 2 >= b->min_requests && answered_c * 2 >= b->min_requests;
}

static Judged judge_errors(const RouteCounts *s, const RouteCounts *c, const Bounds *b, double alpha)
{
	Judged j = {.bound = "errors",
	        .stable = (double)s->errors / (double)s->requests,
	        .candidate = (double)c->errors / (double)c->requests,
	        .limit = b->errors,
	        .is_enough = are_enough(s, c, b)};
	j.value = j.candidate - j.stable;
	j.is_sure = j.is_enough && difference_low((double)s->errors, (double)s->requests, (double)c->errors,
	                                   (double)c->requests, alpha) > b->errors;
	return j;
}

/* Those of a bucket that may be on either side are not. */
static double slower_than(const RouteCounts *c, double us)
{
	uint64_t sum = 0;
	for (size_t i = 1; i < ROLLOUT_LATENCIES; i++)
		if (rollout_latency_edge(i - 1) >= us * (1 - 1e-9))
			sum += c->latency[i];
	return (double)sum;
}

static Judged judge_latency(const RouteCounts *s, const RouteCounts *c, const Bounds *b, double alpha)
{
	uint64_t answered_s = s->requests - s->errors, answered_c = c->requests - c->errors;
	Judged j = {.bound = "latency",
	        .stable = rollout_latency_quantile(s, PERCENTILE / 100.0),
	        .candidate = rollout_latency_quantile(c, PERCENTILE / 100.0),
	        .limit = b->latency,
	        .is_enough = are_enough(s, c, b) && are_most(answered_s, answered_c, b)};
	double beside = MAX(j.stable, LATENCY_FLOOR_US);
	j.value = j.candidate / beside;
	j.is_sure = j.is_enough && difference_low(slower_than(s, beside), (double)answered_s,
	                                   slower_than(c, b->latency * beside), (double)answered_c, alpha) > 0;
	return j;
}

/* A bin that only one has counts for half a request of the other. */
static double stability_index(const RouteCounts *s, const RouteCounts *c, double n, double m, size_t *ret_bins)
{
	double sum = 0;
	*ret_bins = 0;
	for (size_t i = 0; i < ROLLOUT_SCORES; i++) {
		if (!s->scores[i] && !c->scores[i])
			continue;
		double p = MAX((double)s->scores[i], 0.5) / n, q = MAX((double)c->scores[i], 0.5) / m;
		sum += (q - p) * log(q / p);
		++*ret_bins;
	}
	return sum;
}

/* The index times n m / (n + m) is about noncentral chi-squared: its mean is freedom + m, its variance 2 (freedom + 2 m). */
static double index_low(double index, double n, double m, size_t bins, double alpha)
{
	double size = n * m / (n + m), freedom = (double)bins - 1;
	return index - normal_quantile(1 - alpha) * sqrt(2 * (freedom + 2 * size * index)) / size;
}

static Judged judge_scores(const RouteCounts *s, const RouteCounts *c, const Bounds *b, double alpha)
{
	uint64_t n = 0, m = 0;
	size_t bins;
	for (size_t i = 0; i < ROLLOUT_SCORES; i++) {
		n += s->scores[i];
		m += c->scores[i];
	}
	Judged j = {.bound = "score_shift",
	        .stable = NAN,
	        .candidate = NAN,
	        .value = NAN,
	        .limit = b->score_shift,
	        .is_enough = are_enough(s, c, b) && are_most(n, m, b)};
	if (!n && !m) /* the stable version's bundle tells no scores: nothing to judge, which keeps nobody back */
		j.is_enough = are_enough(s, c, b);
	if (!n || !m)
		return j;
	double index = stability_index(s, c, (double)n, (double)m, &bins);
	j.value = MAX(index - (double)(bins - 1) * (1 / (double)n + 1 / (double)m), 0);
	j.is_sure = j.is_enough && index_low(j.value, (double)n, (double)m, bins, alpha) > b->score_shift;
	return j;
}

static json_t *judged_json(const Judged *j)
{
	bool left = j->is_enough && j->is_sure && j->value > j->limit;
	return json_pack("{s:s,s:o,s:o,s:o,s:f,s:b,s:b,s:b}", "bound", j->bound, "stable", json_number(j->stable),
	        "candidate", json_number(j->candidate), "value", json_number(j->value), "limit", j->limit, "sure",
	        j->is_sure, "left", left, "enough", j->is_enough);
}

json_t *rollout_judge(const RouteCounts *stable, const RouteCounts *candidate, const Bounds *b, double alpha)
{
	Judged judged[BOUNDS] = {judge_errors(stable, candidate, b, alpha), judge_latency(stable, candidate, b, alpha),
	        judge_scores(stable, candidate, b, alpha)};
	json_t *findings = json_array();
	for (size_t i = 0; i < BOUNDS; i++)
		json_array_append_new(findings, judged_json(&judged[i]));
	return findings;
}

static void add_reason(GString *to, const json_t *f)
{
	const char *bound = json_get_text(f, "bound", "");
	double stable = json_get_number(f, "stable", NAN), candidate = json_get_number(f, "candidate", NAN),
	       value = json_get_number(f, "value", NAN), limit = json_get_number(f, "limit", NAN);
	g_string_append(to, to->len ? "; " : "");
	if (strcmp(bound, "errors") == 0)
		g_string_append_printf(to, "%.3g %% of its requests failed, beside %.3g %% (bound: %.3g %% more)",
		        candidate * 100, stable * 100, limit * 100);
	else if (strcmp(bound, "latency") == 0)
		g_string_append_printf(to,
		        "its 95th percentile of latency is %.3g ms, beside %.3g ms (bound: %.3g times as much)",
		        candidate / 1000, stable / 1000, limit);
	else
		g_string_append_printf(
		        to, "its scores lie elsewhere: a stability index of %.3g (bound: %.3g)", value, limit);
}

char *rollout_reasons(const json_t *findings)
{
	g_autoptr(GString) text = g_string_new(NULL);
	size_t i;
	json_t *f;
	json_auto_t *told = json_object(); /* once a bound, though it be left in all and lately */
	json_array_foreach ((json_t *)findings, i, f) {
		const char *bound = json_get_text(f, "bound", "");
		if (!json_get_bool(f, "left", false) || json_object_get(told, bound))
			continue;
		json_object_set_new(told, bound, json_true());
		add_reason(text, f);
	}
	return text->len ? g_string_free(g_steal_pointer(&text), FALSE) : NULL;
}

bool rollout_kept(const json_t *findings)
{
	size_t i;
	json_t *f;
	bool kept = json_array_size(findings) > 0;
	json_array_foreach ((json_t *)findings, i, f)
		kept = kept && json_get_bool(f, "enough", false) && !json_get_bool(f, "left", false);
	return kept;
}
