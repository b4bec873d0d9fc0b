/* rollout.c: who gets the candidate, and counting. */
#include "serve/rollout.h"

#include <math.h>
#include <stdatomic.h>
#include <string.h>

#include "base/json.h"
#include "base/rng.h"
#include "store/meta.h"

const char *const ROLLOUT_NAMES[ROLLOUT_ROUTES] = {"stable", "canary", "shadow"};

typedef struct AtomicRoute {
	_Atomic uint64_t requests, errors, latency[ROLLOUT_LATENCIES], scores[ROLLOUT_SCORES];
} AtomicRoute;

struct Rollout {
	int references;
	char *id, *row, *sticky;
	const StrategyKind *kind;
	Shares shares;
	uint64_t salt;
	Served *candidate;
	json_t *params; /* as on record: to see that they changed */
	/* Score histogram: by label where there are more than two classes, else between the edges. */
	double edges[ROLLOUT_SCORES - 1];
	size_t edge_count;
	Dictionary *labels; /* of the stable version; NULL: by edges */
	AtomicRoute routes[ROLLOUT_ROUTES];
	GMutex shadow_lock;
	ShadowCounts shadow;
	uint64_t told; /* requests, when news were told last */
};

/* FNV-1a of the text. */
static uint64_t text_hash(const char *text)
{
	uint64_t h = 0xcbf29ce484222325u;
	for (; *text; text++)
		h = (h ^ (unsigned char)*text) * 0x100000001b3u;
	return h;
}

/* Inner edges of 20 equal parts of the stable version's scores on validation rows, where its bundle tells them; without, a
 * probability has 20 parts of equal width, and a number is not looked at. */
static void find_edges(Rollout *r, const Served *stable)
{
	const json_t *quantiles = json_at(bundle_header(stable->bundle), "reference.scores.quantiles");
	bool classifies = bundle_classifies(stable->bundle);
	size_t told = json_array_size(quantiles);
	for (size_t i = 1; i < ROLLOUT_SCORES; i++) {
		double edge = told == ROLLOUT_SCORES + 1 ? json_number_value(json_array_get(quantiles, i))
		              : classifies               ? (double)i / ROLLOUT_SCORES
		                                         : NAN;
		bool grows = isfinite(edge) && (r->edge_count == 0 || edge > r->edges[r->edge_count - 1]);
		if (grows)
			r->edges[r->edge_count++] = edge;
	}
}

static void find_labels(Rollout *r, const Served *stable)
{
	r->labels = dictionary_new();
	for (size_t k = 0; k < bundle_classes(stable->bundle); k++) {
		const char *label = bundle_class(stable->bundle, k);
		dictionary_code(r->labels, label, strlen(label));
	}
}

Rollout *rollout_new(const json_t *d, Served *candidate, const Served *stable)
{
	Rollout *r = g_new0(Rollout, 1);
	json_t *params = json_object_get(d, "params");
	r->references = 1;
	r->id = g_strdup(json_get_text(d, "id", ""));
	r->row = meta_new_id();
	r->sticky = g_strdup(json_get_text(params, "sticky", NULL));
	r->kind = strategy_find(json_get_text(d, "strategy", ""));
	r->shares = r->kind ? r->kind->shares(json_get_number(params, "percent", 0)) : (Shares){0};
	r->salt = text_hash(r->id);
	r->candidate = served_ref(candidate);
	r->params = json_incref(params);
	g_mutex_init(&r->shadow_lock);
	if (stable && bundle_classes(stable->bundle) > 2)
		find_labels(r, stable);
	else if (stable)
		find_edges(r, stable);
	return r;
}

Rollout *rollout_ref(Rollout *r)
{
	__atomic_add_fetch(&r->references, 1, __ATOMIC_RELAXED);
	return r;
}

void rollout_unref(Rollout *r)
{
	if (!r || __atomic_sub_fetch(&r->references, 1, __ATOMIC_ACQ_REL) != 0)
		return;
	served_unref(r->candidate);
	g_clear_pointer(&r->labels, dictionary_unref);
	json_decref(r->params);
	g_mutex_clear(&r->shadow_lock);
	g_free(r->id);
	g_free(r->row);
	g_free(r->sticky);
	g_free(r);
}

bool rollout_is_last(Rollout *r)
{
	return __atomic_load_n(&r->references, __ATOMIC_ACQUIRE) == 1;
}

const char *rollout_id(const Rollout *r)
{
	return r->id;
}

const char *rollout_row(const Rollout *r)
{
	return r->row;
}

const char *rollout_strategy(const Rollout *r)
{
	return r->kind ? r->kind->name : "";
}

const char *rollout_sticky(const Rollout *r)
{
	return r->sticky;
}

Shares rollout_shares(const Rollout *r)
{
	return r->shares;
}

Served *rollout_candidate(const Rollout *r)
{
	return r->candidate;
}

bool rollout_same(const Rollout *a, const Rollout *b)
{
	return a == b || (a && b && strcmp(a->id, b->id) == 0 && a->candidate == b->candidate && a->kind == b->kind &&
	                         json_equal(a->params, b->params));
}

static bool is_below(const Rollout *r, const char *key, double share)
{
	return share > 0 && (double)(rng_hash(r->salt, text_hash(key)) >> 11) * 0x1p-53 < share;
}

bool rollout_is_canary(const Rollout *r, const char *key)
{
	return is_below(r, key, r->shares.canary);
}

bool rollout_is_shadowed(const Rollout *r, const char *key)
{
	return is_below(r, key, r->shares.shadow);
}

size_t rollout_latency_bucket(int64_t us)
{
	double place = us > 1 ? ceil(log2((double)us) * ROLLOUT_OCTAVE) : 0;
	return (size_t)MIN(place, ROLLOUT_LATENCIES - 1);
}

double rollout_latency_edge(size_t bucket)
{
	return exp2((double)bucket / ROLLOUT_OCTAVE);
}

double rollout_latency_quantile(const RouteCounts *c, double share)
{
	uint64_t total = 0, seen = 0;
	for (size_t i = 0; i < ROLLOUT_LATENCIES; i++)
		total += c->latency[i];
	for (size_t i = 0; i < ROLLOUT_LATENCIES; i++) {
		seen += c->latency[i];
		if (seen && (double)seen >= share * (double)total)
			return rollout_latency_edge(i);
	}
	return NAN;
}

double scores_figure(const Scores *s, size_t row)
{
	const Bundle *b = s->served->bundle;
	const double *scores = scores_row(s, row);
	int positive = bundle_positive(b);
	if (!bundle_classifies(b))
		return scores[0];
	return scores[positive >= 0 ? (size_t)positive : bundle_decide(b, scores)];
}

static bool score_bin(const Rollout *r, const Scores *s, size_t *ret)
{
	if (r->labels) {
		const char *label = scores_label(s, 0);
		uint32_t code = ROLLOUT_SCORES - 1; /* a label the stable version has not */
		if (label)
			dictionary_find(r->labels, label, strlen(label), &code);
		*ret = MIN(code, (uint32_t)ROLLOUT_SCORES - 1);
		return true;
	}
	double figure = scores_figure(s, 0);
	size_t bin = 0;
	while (bin < r->edge_count && figure > r->edges[bin])
		bin++;
	*ret = bin;
	return r->edge_count > 0 && !isnan(figure);
}

static void bump(_Atomic uint64_t *count)
{
	atomic_fetch_add_explicit(count, 1, memory_order_relaxed);
}

void rollout_count(Rollout *r, RolloutRoute route, int64_t us, const Scores *scores)
{
	AtomicRoute *a = &r->routes[route];
	size_t bin;
	bump(&a->requests);
	if (!scores) {
		bump(&a->errors);
		return;
	}
	bump(&a->latency[rollout_latency_bucket(us)]);
	if (score_bin(r, scores, &bin))
		bump(&a->scores[bin]);
}

void rollout_count_shadow(Rollout *r, const Scores *stable, const Scores *shadow)
{
	ShadowCounts sum = {0};
	for (size_t i = 0; i < MIN(stable->rows, shadow->rows); i++) {
		double gap = fabs(scores_figure(stable, i) - scores_figure(shadow, i));
		sum.rows++;
		sum.different += g_strcmp0(scores_label(stable, i), scores_label(shadow, i)) != 0;
		if (isfinite(gap)) {
			sum.difference += gap;
			sum.most = MAX(sum.most, gap);
		}
	}
	g_mutex_lock(&r->shadow_lock);
	r->shadow.rows += sum.rows;
	r->shadow.different += sum.different;
	r->shadow.difference += sum.difference;
	r->shadow.most = MAX(r->shadow.most, sum.most);
	g_mutex_unlock(&r->shadow_lock);
}

void rollout_count_dropped(Rollout *r)
{
	g_mutex_lock(&r->shadow_lock);
	r->shadow.dropped++;
	g_mutex_unlock(&r->shadow_lock);
}

void rollout_counts(Rollout *r, RolloutCounts *ret)
{
	for (size_t k = 0; k < ROLLOUT_ROUTES; k++) {
		AtomicRoute *a = &r->routes[k];
		RouteCounts *to = &ret->routes[k];
		to->requests = atomic_load(&a->requests);
		to->errors = atomic_load(&a->errors);
		for (size_t i = 0; i < ROLLOUT_LATENCIES; i++)
			to->latency[i] = atomic_load_explicit(&a->latency[i], memory_order_relaxed);
		for (size_t i = 0; i < ROLLOUT_SCORES; i++)
			to->scores[i] = atomic_load_explicit(&a->scores[i], memory_order_relaxed);
	}
	g_mutex_lock(&r->shadow_lock);
	ret->shadow = r->shadow;
	g_mutex_unlock(&r->shadow_lock);
}

bool rollout_has_news(Rollout *r, const RolloutCounts *c)
{
	uint64_t now = c->shadow.dropped;
	for (size_t k = 0; k < ROLLOUT_ROUTES; k++)
		now += c->routes[k].requests;
	bool has_news = now != r->told;
	r->told = now;
	return has_news;
}
