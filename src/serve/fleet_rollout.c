/* fleet_rollout.c: deployments followed: candidates loaded, checked and put beside the stable version; and watched over. */
#include <stdatomic.h>
#include <string.h>

#include "base/error.h"
#include "base/json.h"
#include "registry/registry.h"
#include "serve/child.h"
#include "serve/conduct.h"
#include "serve/deployment.h"
#include "serve/fleet_inside.h"
#include "serve/served_check.h"

enum {
	LEFT_ALONE_US = 3 * 1000000, /* who begins a deployment checks it: only then somebody else should */
	SPAWN_AGAIN_US = 60 * 1000000,
};

/* The rollout of this deployment that is in place already. */
static Rollout *rollout_before(const Look *l, const char *model, const char *id)
{
	const RouteTable *current = atomic_load(&l->f->table);
	const ModelEntry *e = current ? route_model(current, model) : NULL;
	return e && e->rollout && strcmp(rollout_id(e->rollout), id) == 0 ? e->rollout : NULL;
}

static bool load_number(const Look *l, const char *model, int version, Served **ret, GError **error)
{
	json_auto_t *about = NULL;
	g_autofree char *reference = g_strdup_printf("%s@%d", model, version);
	return registry_get(l->meta, reference, &about, error) &&
	       look_load(l, model, version, json_get_text(about, "digest", ""), ret, error);
}

/* Off the serving threads: they meet it checked and warm. */
static bool check(const Served *candidate, const Served *stable, const json_t *d, GError **error)
{
	double slowest;
	bool override = json_get_bool(json_object_get(d, "params"), "override", false);
	return (!stable || override || served_fits(candidate, stable, error)) &&
	       served_replay(candidate, json_at(d, "evidence.check.rows"), &slowest, error);
}

static void put(const Look *l, ModelEntry *e, Rollout *r)
{
	e->rollout = r;
	l->table->rollouts++;
	if (!g_ptr_array_find(l->f->rollouts, r, NULL))
		g_ptr_array_add(l->f->rollouts, rollout_ref(r));
}

/* Without a champion the newest version would be the stable one, which is often the candidate itself. */
static bool pin_stable(const Look *l, ModelEntry *e, const json_t *d, GError **error)
{
	json_auto_t *champion = NULL;
	g_autoptr(Served) before = NULL;
	int version = (int)json_get_int(d, "stable", 0);
	if (!registry_alias(l->meta, e->name, ALIAS_CHAMPION, &champion, error))
		return false;
	if (champion || !version)
		return true;
	if (!load_number(l, e->name, version, &before, error))
		return false;
	served_unref(e->stable);
	e->stable = served_ref(before);
	entry_hold(e, before);
	return true;
}

static bool join(const Look *l, ModelEntry *e, const json_t *d, GError **error)
{
	g_autoptr(Served) candidate = NULL;
	if (!pin_stable(l, e, d, error) ||
	        !load_number(l, e->name, (int)json_get_int(d, "version", 0), &candidate, error))
		return false;
	g_autoptr(Rollout) fresh = rollout_new(d, candidate, e->stable);
	Rollout *before = rollout_before(l, e->name, json_get_text(d, "id", ""));
	bool is_same = rollout_same(before, fresh);
	if (!is_same && !check(candidate, e->stable, d, error))
		return false;
	entry_hold(e, candidate);
	put(l, e, rollout_ref(is_same ? before : fresh));
	return true;
}

/* What is wrong with the candidate itself ends its deployment; what may pass (a store that is away) is tried again. */
static bool refuse(const Look *l, ModelEntry *e, const json_t *d, const GError *problem, GError **error)
{
	json_auto_t *now = NULL;
	bool is_its_own = problem->code != FAIL_UNAVAILABLE && problem->code != FAIL_LIMIT;
	json_array_append_new(e->problems, json_pack("{s:O,s:o}", "version", json_object_get(d, "version"), "reason",
	                                           json_text(problem->message)));
	if (!l->f->conducts || !is_its_own)
		return true;
	g_autofree char *why = g_strdup_printf("a server could not take it: %s", problem->message);
	fleet_tell(l->f, "%s: version %d is rolled back: %s", e->name, (int)json_get_int(d, "version", 0),
	        problem->message);
	return deployment_end(l->meta, e->name, "rolled_back", DEPLOY_WHO_AUTO, why, &now, error);
}

/* Another process: the rows it replays are read with the data engine, which would double this one's memory. */
static void spawn_check(const Look *l, const json_t *d)
{
	const char *id = json_get_text(d, "id", "");
	int64_t now = meta_now(), *at = g_hash_table_lookup(l->f->spawned, id);
	if (now - json_get_int(d, "created", 0) < LEFT_ALONE_US || json_get_int(d, "checked_until", 0) > now ||
	        (at && now - *at < SPAWN_AGAIN_US))
		return;
	const char *const words[] = {
	        "deploy", "check", "--deployment", id, "--quiet", "--project", l->f->state_folder, NULL};
	g_hash_table_replace(l->f->spawned, g_strdup(id), g_memdup2(&now, sizeof now));
	child_leave(words);
}

/* After a promotion: the version before is loaded for a while yet, so that going back is a switch. */
static void keep_before(const Look *l, ModelEntry *e, const json_t *d)
{
	const StrategyKind *kind = strategy_find(json_get_text(d, "strategy", ""));
	int64_t until =
	        json_get_int(d, "ended", 0) + json_get_int(json_object_get(d, "params"), "soak", 0) * G_USEC_PER_SEC;
	int stable = (int)json_get_int(d, "stable", 0);
	g_autoptr(Served) before = NULL;
	if (!kind || !kind->keeps_stable || !stable || meta_now() > until ||
	        !load_number(l, e->name, stable, &before, NULL))
		return;
	entry_hold(e, before);
}

bool look_rollout(const Look *l, ModelEntry *e, GError **error)
{
	json_auto_t *d = NULL;
	g_autoptr(GError) problem = NULL;
	if (!deployment_newest(l->meta, e->name, &d, error))
		return false;
	const char *state = json_get_text(d, "state", "");
	if (strcmp(state, "checking") == 0 && l->f->conducts)
		spawn_check(l, d);
	else if (strcmp(state, "promoted") == 0)
		keep_before(l, e, d);
	else if (strcmp(state, "running") == 0 && !join(l, e, d, &problem))
		return refuse(l, e, d, problem, error);
	return true;
}

/* Counts of rollouts that only this list knows can grow no more. */
static bool write_counts(const Look *l, GError **error)
{
	GPtrArray *all = l->f->rollouts;
	for (guint i = all->len; i-- > 0;) {
		bool is_last = rollout_is_last(all->pdata[i]);
		if (!conduct_write(l->meta, all->pdata[i], error))
			return false;
		if (is_last)
			g_ptr_array_remove_index(all, i);
	}
	return true;
}

static bool conduct(const Look *l, GError **error)
{
	if (!write_counts(l, error))
		return false;
	for (guint i = 0; i < l->table->models->len; i++) {
		const ModelEntry *e = l->table->models->pdata[i];
		json_auto_t *d = NULL;
		if (e->rollout &&
		        (!deployment_current(l->meta, e->name, &d, error) || (d && !conduct_step(l->meta, d, error))))
			return false;
	}
	return true;
}

/* A store that cannot be written keeps nobody from being served.  Told when it begins. */
void look_conduct(const Look *l)
{
	g_autoptr(GError) problem = NULL;
	bool was_told = l->f->conduct_fails;
	l->f->conduct_fails = !conduct(l, &problem);
	if (l->f->conduct_fails && !was_told)
		fleet_tell(l->f, "deployments could not be watched over: %s", problem->message);
}

void fleet_end_rollouts(Fleet *f)
{
	g_autoptr(Meta) m = NULL;
	g_autoptr(GError) problem = NULL;
	bool ok = !f->conducts || f->rollouts->len == 0 || meta_open(f->state_folder, &m, &problem);
	for (guint i = 0; ok && m && i < f->rollouts->len; i++)
		ok = conduct_write(m, f->rollouts->pdata[i], &problem);
	if (!ok)
		fleet_tell(f, "counts of a deployment could not be written down: %s", problem->message);
}
