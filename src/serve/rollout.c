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

/* Inner edges of 20 equal parts of a version's scores on validation rows. */
typedef struct ScoreScale {
	double edges[ROLLOUT_SCORES - 1];
	bool is_known;
} ScoreScale;

struct Rollout {
	int references;
	char *id, *row, *sticky;
	const StrategyKind *kind;
	Shares shares;
	uint64_t salt;
	Served *candidate;
	json_t *params;                    /* as on record: to see that they changed */
	ScoreScale scales[ROLLOUT_ROUTES]; /* of the version that answers a route */
	_Atomic unsigned turn;             /* to share out scores that lie on several edges */
	AtomicRoute routes[ROLLOUT_ROUTES];
	GMutex shadow_lock;
	ShadowCounts shadow;
	uint64_t told; /* what is counted, when news were told last */
};

/* FNV-1a of the text. */
static uint64_t text_hash(const char *text)
{
	uint64_t h = 0xcbf29ce484222325u;
	for (; *text; text++)
		h = (h ^ (unsigned char)*text) * 0x100000001b3u;
	return h;
}

static ScoreScale scale_of(const Served *served)
{
	const json_t *quantiles = json_at(bundle_header(served->bundle), "reference.scores.quantiles");
	ScoreScale scale = {.is_known = json_array_size(quantiles) == ROLLOUT_SCORES + 1};
	for (size_t i = 1; scale.is_known && i < ROLLOUT_SCORES; i++)
		scale.edges[i - 1] = json_number_value(json_array_get(quantiles, i));
	return scale;
}

/* A probability at least lies between 0 and 1. */
static ScoreScale equal_parts(const Served *served)
{
	ScoreScale scale = {.is_known = bundle_classifies(served->bundle)};
	for (size_t i = 1; i < ROLLOUT_SCORES; i++)
		scale.edges[i - 1] = (double)i / ROLLOUT_SCORES;
	return scale;
}

/* Each version on a scale of its own: what it does here that it did not do on its validation rows.  So another kind of model, whose
 * scores have another shape, is not taken for a fault.  A version whose bundle tells nothing is put on the other's scale. */
static void find_scales(Rollout *r, const Served *stable)
{
	ScoreScale own = scale_of(r->candidate), before = stable ? scale_of(stable) : own;
	if (!own.is_known)
		own = before.is_known ? before : equal_parts(r->candidate);
	r->scales[ROLLOUT_STABLE] = before.is_known ? before : own;
	r->scales[ROLLOUT_CANARY] = r->scales[ROLLOUT_SHADOW] = own;
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
	find_scales(r, stable);
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

/* A score that lies on several edges (a tree has few different ones) belongs to the parts beside all of them: it is shared out. */
static bool score_part(Rollout *r, RolloutRoute route, const Scores *s, size_t *ret)
{
	const ScoreScale *scale = &r->scales[route];
	double figure = scores_figure(s, 0);
	size_t first = 0, last;
	while (first < ROLLOUT_SCORES - 1 && figure > scale->edges[first])
		first++;
	for (last = first; last < ROLLOUT_SCORES - 1 && figure == scale->edges[last];)
		last++;
	unsigned turn = last > first ? atomic_fetch_add_explicit(&r->turn, 1, memory_order_relaxed) : 0;
	*ret = first + turn % (last - first + 1);
	return scale->is_known && !isnan(figure);
}

static void bump(_Atomic uint64_t *count)
{
	atomic_fetch_add_explicit(count, 1, memory_order_relaxed);
}

void rollout_count(Rollout *r, RolloutRoute route, int64_t us, const Scores *scores)
{
	AtomicRoute *a = &r->routes[route];
	size_t part;
	bump(&a->requests);
	if (!scores) {
		bump(&a->errors);
		return;
	}
	bump(&a->latency[rollout_latency_bucket(us)]);
	if (score_part(r, route, scores, &part))
		bump(&a->scores[part]);
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

static uint64_t count_of(const RolloutCounts *c)
{
	uint64_t count = c->shadow.dropped + c->shadow.rows; /* which follow a little after their request */
	for (size_t k = 0; k < ROLLOUT_ROUTES; k++)
		count += c->routes[k].requests;
	return count;
}

bool rollout_has_news(const Rollout *r, const RolloutCounts *c)
{
	return count_of(c) != r->told;
}

void rollout_told(Rollout *r, const RolloutCounts *c)
{
	r->told = count_of(c);
}
