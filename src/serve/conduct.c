/* conduct.c: counts in the store, looks, and how a deployment ends by itself. */
#include "serve/conduct.h"

#include <string.h>

#include "base/json.h"
#include "registry/registry.h"
#include "serve/deployment.h"
#include "serve/rollout_judge.h"

enum { LOOK_GROWTH = 4, LOOK_MOST = 10, LEFT_ALONE_US = 10 * 1000000 };

bool conduct_counts(Meta *m, const char *id, RolloutCounts *ret, GError **error)
{
	json_auto_t *rows = NULL;
	size_t i;
	json_t *row;
	if (!meta_run(m, "SELECT counts FROM deployment_counts WHERE deployment_id = $1", json_pack("[s]", id), &rows,
	            error))
		return false;
	*ret = (RolloutCounts){0};
	json_array_foreach (rows, i, row) {
		const char *text = json_get_text(row, "counts", "{}");
		json_auto_t *counts = NULL;
		if (!json_parse("a deployment's counts", text, strlen(text), &counts, error))
			return false;
		rollout_counts_add(ret, counts);
	}
	return true;
}

bool conduct_write(Meta *m, Rollout *r, GError **error)
{
	g_autofree RolloutCounts *c = g_new0(RolloutCounts, 1);
	rollout_counts(r, c);
	if (!rollout_has_news(r, c))
		return true;
	json_auto_t *counts = rollout_counts_json(c);
	if (!meta_run(m,
	            "INSERT INTO deployment_counts (deployment_id, server, counts, updated) VALUES ($1, $2, $3, $4)"
	            " ON CONFLICT (deployment_id, server) DO UPDATE SET counts = excluded.counts, updated = "
	            "excluded.updated",
	            json_pack("[ssOI]", rollout_id(r), rollout_row(r), counts, (json_int_t)meta_now()), NULL, error))
		return false;
	rollout_told(r, c);
	return true;
}

/* What a look needs. */
typedef struct Seen {
	const json_t *d;
	const StrategyKind *kind;
	Bounds bounds;
	RolloutCounts all, before; /* in all; at the look before */
	unsigned looks;            /* taken so far */
} Seen;

static bool last_look(Meta *m, const char *id, json_t **ret, GError **error)
{
	json_auto_t *row = NULL;
	if (!meta_row(m,
	            "SELECT about FROM deployment_events WHERE deployment_id = $1 AND event = 'look'"
	            " ORDER BY number DESC LIMIT 1",
	            json_pack("[s]", id), &row, error))
		return false;
	const char *text = json_get_text(row, "about", "{}");
	return json_parse("a deployment's event", text, strlen(text), ret, error);
}

static bool see(Meta *m, const json_t *d, Seen *ret, GError **error)
{
	const char *id = json_get_text(d, "id", "");
	json_auto_t *last = NULL;
	*ret = (Seen){.d = d,
	        .kind = strategy_find(json_get_text(d, "strategy", "")),
	        .bounds = bounds_of(json_object_get(d, "params"))};
	if (!conduct_counts(m, id, &ret->all, error) || !last_look(m, id, &last, error))
		return false;
	ret->looks = (unsigned)json_get_int(last, "look", 0);
	rollout_counts_add(&ret->before, json_object_get(last, "counts"));
	return true;
}

/* Of the route that is judged: a strategy has one of the two. */
static RolloutRoute candidate_route(const Seen *s)
{
	return s->all.routes[ROLLOUT_SHADOW].requests ? ROLLOUT_SHADOW : ROLLOUT_CANARY;
}

static bool is_due(const Seen *s)
{
	RolloutRoute r = candidate_route(s);
	uint64_t all = s->all.routes[r].requests, since = all - s->before.routes[r].requests;
	uint64_t block = MAX(s->bounds.min_requests, all / LOOK_GROWTH);
	return since >= MIN(block, s->bounds.min_requests * LOOK_MOST);
}

static RouteCounts less(const RouteCounts *a, const RouteCounts *b)
{
	RouteCounts c = {.requests = a->requests - b->requests, .errors = a->errors - b->errors};
	for (size_t i = 0; i < ROLLOUT_LATENCIES; i++)
		c.latency[i] = a->latency[i] - b->latency[i];
	for (size_t i = 0; i < ROLLOUT_SCORES; i++)
		c.scores[i] = a->scores[i] - b->scores[i];
	return c;
}

static void add_span(json_t *to, const char *span, json_t *findings)
{
	size_t i;
	json_t *f;
	json_array_foreach (findings, i, f)
		json_object_set_new(f, "span", json_string(span));
	json_array_extend(to, findings);
	json_decref(findings);
}

/* Where the stable version was hardly asked since the look before (a large share for the candidate), all it ever did stands
 * beside. */
static json_t *judge(const Seen *s, bool *ret_kept)
{
	RolloutRoute r = candidate_route(s);
	const RouteCounts *stable = &s->all.routes[ROLLOUT_STABLE], *candidate = &s->all.routes[r];
	RouteCounts stable_since = less(stable, &s->before.routes[ROLLOUT_STABLE]),
	            since = less(candidate, &s->before.routes[r]);
	double alpha = rollout_alpha(s->looks);
	bool is_asked = stable_since.requests >= s->bounds.min_requests;
	json_t *findings = json_array(), *all = rollout_judge(stable, candidate, &s->bounds, alpha);
	*ret_kept = rollout_kept(all);
	add_span(findings, "all", all);
	add_span(findings, "since", rollout_judge(is_asked ? &stable_since : stable, &since, &s->bounds, alpha));
	return findings;
}

static bool end_with(Meta *m, const json_t *d, const char *how, const char *reason, GError **error)
{
	json_auto_t *now = NULL;
	return deployment_end(m, json_get_text(d, "model", ""), how, DEPLOY_WHO_AUTO, reason, &now, error);
}

static bool write_look(Meta *m, const Seen *s, const json_t *findings, const json_t *verdict, GError **error)
{
	const char *id = json_get_text(s->d, "id", "");
	json_auto_t *about = json_pack("{s:i,s:O,s:o}", "look", (int)s->looks + 1, "findings", findings, "counts",
	        rollout_counts_json(&s->all));
	return deployment_event(m, id, "look", DEPLOY_WHO_AUTO, about, error) &&
	       deployment_add_evidence(m, id, "verdict", verdict, error);
}

static bool look(Meta *m, const Seen *s, GError **error)
{
	bool kept;
	json_auto_t *findings = judge(s, &kept);
	g_autofree char *reasons = rollout_reasons(findings);
	json_auto_t *verdict = json_pack("{s:i,s:I,s:O,s:o,s:b}", "look", (int)s->looks + 1, "at",
	        (json_int_t)meta_now(), "findings", findings, "left", json_text(reasons), "kept", kept && !reasons);
	bool rolls_back = g_strcmp0(json_get_text(json_object_get(s->d, "params"), "rollback", ""), "auto") == 0;
	return write_look(m, s, findings, verdict, error) &&
	       (!reasons || !rolls_back || end_with(m, s->d, "rolled_back", reasons, error));
}

/* Again within the transaction: another server may have looked meanwhile, or somebody ended it. */
static bool look_in(Meta *m, const char *id, GError **error)
{
	json_auto_t *d = NULL;
	Seen s;
	if (!deployment_get(m, id, &d, error))
		return false;
	if (!json_is_null(json_object_get(d, "ended")))
		return true;
	return see(m, d, &s, error) && (!is_due(&s) || look(m, &s, error));
}

static bool look_if_due(Meta *m, const json_t *d, GError **error)
{
	Seen s;
	if (!see(m, d, &s, error))
		return false;
	if (!s.kind || !s.kind->is_judged || !is_due(&s))
		return true;
	return meta_begin_durable(m, error) && meta_end(m, look_in(m, json_get_text(d, "id", ""), error), error);
}

/* Somebody moved the champion past the deployment. */
static bool settle(Meta *m, const json_t *d, bool *ret_ended, GError **error)
{
	json_auto_t *champion = NULL;
	if (!registry_alias(m, json_get_text(d, "model", ""), ALIAS_CHAMPION, &champion, error))
		return false;
	int64_t now = json_get_int(champion, "version", 0);
	*ret_ended = now && now != json_get_int(d, "stable", 0);
	if (!*ret_ended)
		return true;
	if (now == json_get_int(d, "version", 0))
		return end_with(m, d, "promoted", "it was made the champion by name", error);
	g_autofree char *why = g_strdup_printf("version %d became the champion meanwhile", (int)now);
	return end_with(m, d, "rolled_back", why, error);
}

/* A strategy that waits for nobody is promoted by who began it; found running a while later, that was killed in between. */
static bool may_promote(const json_t *d, const StrategyKind *kind)
{
	const json_t *params = json_object_get(d, "params"), *verdict = json_at(d, "evidence.verdict");
	int64_t soak = json_get_int(params, "soak", 0) * G_USEC_PER_SEC;
	if (!kind->waits)
		return meta_now() - json_get_int(d, "started", 0) >= LEFT_ALONE_US;
	return g_strcmp0(json_get_text(params, "promote", ""), "auto") == 0 &&
	       meta_now() - json_get_int(d, "started", 0) >= soak &&
	       (!kind->is_judged || json_get_bool(verdict, "kept", false));
}

bool conduct_step(Meta *m, const json_t *d, GError **error)
{
	json_auto_t *now = NULL;
	bool ended;
	const char *id = json_get_text(d, "id", "");
	if (!settle(m, d, &ended, error) || (!ended && !look_if_due(m, d, error)) ||
	        !deployment_get(m, id, &now, error))
		return false;
	const StrategyKind *kind = strategy_find(json_get_text(now, "strategy", ""));
	if (ended || !kind || !json_is_null(json_object_get(now, "ended")) || !may_promote(now, kind))
		return true;
	return end_with(m, now, "promoted",
	        !kind->waits      ? "who began it was stopped before it was promoted"
	        : kind->is_judged ? "it kept its bounds for the soak time"
	                          : "its soak time is over",
	        error);
}
