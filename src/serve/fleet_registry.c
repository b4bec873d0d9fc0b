/* fleet_registry.c: what the registry says should be served, loaded and put in place. */
#include "serve/fleet_inside.h"

#include <stdatomic.h>
#include <string.h>

#include "base/error.h"
#include "base/json.h"
#include "registry/registry.h"

enum {
	POLL_MS = 500,
	RETRY_US = 10 * 1000000, /* a bundle that could not be loaded is tried again after this */
};

typedef struct Failure {
	int64_t at;
	int code;
	char *reason;
} Failure;

static void failure_free(void *failure)
{
	g_free(((Failure *)failure)->reason);
	g_free(failure);
}

void fleet_tell(const Fleet *f, const char *format, ...)
{
	if (!f->tell)
		return;
	va_list arguments;
	va_start(arguments, format);
	g_autofree char *sentence = g_strdup_vprintf(format, arguments);
	va_end(arguments);
	f->tell(sentence);
}

static Served *loaded_already(const Look *l, const char *name, int version, const char *digest)
{
	const ModelEntry *made = route_model(l->table, name);
	const RouteTable *current = atomic_load(&l->f->table);
	const ModelEntry *e[] = {made, current ? route_model(current, name) : NULL};
	for (size_t k = 0; k < G_N_ELEMENTS(e); k++)
		for (guint i = 0; e[k] && i < e[k]->versions->len; i++) {
			Served *s = e[k]->versions->pdata[i];
			if (s->version == version && strcmp(s->digest, digest) == 0)
				return served_ref(s);
		}
	return NULL;
}

bool look_load(const Look *l, const char *name, int version, const char *digest, Served **ret, GError **error)
{
	g_autofree char *path = NULL;
	*ret = loaded_already(l, name, version, digest);
	if (*ret)
		return true;
	const Failure *before = g_hash_table_lookup(l->f->failures, digest);
	if (before && meta_now() - before->at < RETRY_US)
		return fail(error, (FailCode)before->code, "%s", before->reason);
	g_autoptr(Served) loaded = NULL;
	g_autoptr(GError) problem = NULL;
	if (blobs_path(l->blobs, digest, &path, &problem) &&
	        served_load(name, version, digest, path, &loaded, &problem) &&
	        (!l->f->loaded || l->f->loaded(l->f->context, loaded, &problem))) {
		g_hash_table_remove(l->f->failures, digest);
		fleet_tell(l->f, "%s@%d is loaded", name, version);
		*ret = g_steal_pointer(&loaded);
		return true;
	}
	if (!before)
		fleet_tell(l->f, "%s@%d cannot be loaded: %s", name, version, problem->message);
	Failure *failure = g_new0(Failure, 1);
	*failure = (Failure){.at = meta_now(), .code = problem->code, .reason = g_strdup(problem->message)};
	g_hash_table_replace(l->f->failures, g_strdup(digest), failure);
	g_propagate_error(error, g_steal_pointer(&problem));
	return false;
}

static bool holds(const ModelEntry *e, int version)
{
	for (guint i = 0; i < e->versions->len; i++)
		if (((const Served *)e->versions->pdata[i])->version == version)
			return true;
	return false;
}

static int newest_first(gconstpointer a, gconstpointer b)
{
	return (*(const Served *const *)b)->version - (*(const Served *const *)a)->version;
}

void entry_hold(ModelEntry *e, Served *s)
{
	if (!holds(e, s->version))
		g_ptr_array_add(e->versions, served_ref(s));
	g_ptr_array_sort(e->versions, newest_first);
}

/* An alias that should move to a version that cannot be loaded stays where it is. */
static void keep_aliases(const Look *l, ModelEntry *e, const json_t *about)
{
	const RouteTable *current = atomic_load(&l->f->table);
	const ModelEntry *before = current ? route_model(current, e->name) : NULL;
	size_t i;
	json_t *alias;
	json_array_foreach (json_object_get(about, "aliases"), i, alias) {
		const char *name = json_string_value(alias);
		json_t *number = before ? json_object_get(before->aliases, name) : NULL;
		for (guint k = 0; number && k < before->versions->len; k++) {
			Served *s = before->versions->pdata[k];
			if (s->version != json_integer_value(number))
				continue;
			entry_hold(e, s);
			json_object_set(e->aliases, name, number);
		}
	}
}

/* Adds a version of the registry to the entry; what cannot be loaded is written down there. */
static void add_version(const Look *l, ModelEntry *e, const json_t *about, bool as_stable)
{
	g_autoptr(Served) s = NULL;
	g_autoptr(GError) problem = NULL;
	int version = (int)json_get_int(about, "version", 0);
	size_t i;
	json_t *alias;
	if (!look_load(l, e->name, version, json_get_text(about, "digest", ""), &s, &problem)) {
		json_array_append_new(
		        e->problems, json_pack("{s:i,s:o}", "version", version, "reason", json_text(problem->message)));
		keep_aliases(l, e, about);
		return;
	}
	if (as_stable) {
		served_unref(e->stable);
		e->stable = served_ref(s);
	}
	json_array_foreach (json_object_get(about, "aliases"), i, alias)
		json_object_set_new(e->aliases, json_string_value(alias), json_integer(version));
	entry_hold(e, s);
}

/* A stable version that should be replaced by one that cannot be loaded stays. */
static void keep_stable(const Look *l, ModelEntry *e)
{
	const RouteTable *current = atomic_load(&l->f->table);
	const ModelEntry *before = current ? route_model(current, e->name) : NULL;
	if (e->stable || !before || !before->stable)
		return;
	e->stable = served_ref(before->stable);
	entry_hold(e, e->stable);
}

static bool add_all_of(const Look *l, ModelEntry *e, GError **error)
{
	json_auto_t *versions = NULL, *stable = NULL;
	size_t i;
	json_t *about;
	if (!registry_get(l->meta, e->name, &stable, error) || !registry_versions(l->meta, e->name, &versions, error))
		return false;
	add_version(l, e, stable, true);
	json_array_foreach (versions, i, about)
		if (json_array_size(json_object_get(about, "aliases")) &&
		        json_get_int(about, "version", 0) != json_get_int(stable, "version", 0))
			add_version(l, e, about, false);
	return look_rollout(l, e, error);
}

static bool add_reference(const Look *l, const char *reference, GError **error)
{
	const char *at = strrchr(reference, '@');
	g_autofree char *name = at ? g_strndup(reference, (size_t)(at - reference)) : g_strdup(reference);
	json_auto_t *about = NULL;
	if (!registry_get(l->meta, reference, &about, error))
		return false;
	ModelEntry *e = (ModelEntry *)route_model(l->table, name);
	bool is_first = !e;
	if (!e) {
		e = entry_new(name);
		routes_add(l->table, e);
	}
	if (at)
		add_version(l, e, about, is_first);
	else if (!add_all_of(l, e, error))
		return false;
	keep_stable(l, e);
	return true;
}

static bool add_registry(const Look *l, GError **error)
{
	json_auto_t *models = NULL;
	size_t i;
	json_t *model;
	if (!registry_models(l->meta, &models, error))
		return false;
	json_array_foreach (models, i, model) {
		const char *name = json_get_text(model, "name", "");
		if (!g_hash_table_contains(l->f->unwanted, name) && !route_model(l->table, name) &&
		        !add_reference(l, name, error))
			return false;
	}
	return true;
}

static bool look_with(Look *l, GError **error)
{
	if (!meta_open(l->f->state_folder, &l->meta, error) || !blobs_open(l->f->state_folder, &l->blobs, error))
		return false;
	if (l->f->wants_all && !add_registry(l, error))
		return false;
	for (guint i = 0; i < l->f->wanted->len; i++) {
		const char *reference = l->f->wanted->pdata[i];
		bool is_there = l->f->wants_all && route_model(l->table, reference); /* of the registry, whole */
		if (!is_there && !add_reference(l, reference, error))
			return false;
	}
	return true;
}

/* Nothing is swapped when nothing changed: an idle server does not churn. */
static bool same_entry(const ModelEntry *a, const ModelEntry *b)
{
	bool same = a->stable == b->stable && a->rollout == b->rollout && a->versions->len == b->versions->len &&
	            json_equal(a->aliases, b->aliases) && json_equal(a->problems, b->problems);
	for (guint i = 0; same && i < a->versions->len; i++)
		same = a->versions->pdata[i] == b->versions->pdata[i];
	return same;
}

static bool same_table(const RouteTable *a, const RouteTable *b)
{
	if (!a || a->models->len != b->models->len)
		return false;
	for (guint i = 0; i < a->models->len; i++) {
		const ModelEntry *e = b->models->pdata[i], *old = route_model(a, e->name);
		if (!old || !same_entry(old, e))
			return false;
	}
	return true;
}

static void tell_rollout(const Fleet *f, const ModelEntry *e, const Rollout *r)
{
	Shares s = rollout_shares(r);
	if (s.canary > 0 || s.shadow > 0)
		fleet_tell(f, "%s: version %d %s %g %% of the requests (%s)", e->name, rollout_candidate(r)->version,
		        s.canary > 0 ? "answers" : "is given", MAX(s.canary, s.shadow) * 100, rollout_strategy(r));
	else
		fleet_tell(f, "%s: version %d stands by (%s)", e->name, rollout_candidate(r)->version,
		        rollout_strategy(r));
}

static void tell_moves(const Fleet *f, const RouteTable *old, const RouteTable *now)
{
	for (guint i = 0; old && i < now->models->len; i++) {
		const ModelEntry *e = now->models->pdata[i], *before = route_model(old, e->name);
		if (before && before->stable && e->stable && before->stable->version != e->stable->version)
			fleet_tell(f, "%s: version %d takes the place of %d", e->name, e->stable->version,
			        before->stable->version);
		if (e->rollout && !(before && rollout_same(before->rollout, e->rollout)))
			tell_rollout(f, e, e->rollout);
		else if (!e->rollout && before && before->rollout)
			fleet_tell(f, "%s: the deployment of version %d has ended", e->name,
			        rollout_candidate(before->rollout)->version);
	}
}

static bool refresh(Fleet *f, GError **error)
{
	Look l = {.f = f, .table = routes_new()};
	bool ok = look_with(&l, error);
	if (ok && f->conducts)
		look_conduct(&l);
	meta_close(l.meta);
	blobs_close(l.blobs);
	const RouteTable *current = atomic_load(&f->table);
	if (ok && !same_table(current, l.table)) {
		tell_moves(f, current, l.table);
		fleet_swap(f, g_steal_pointer(&l.table));
	}
	routes_free(l.table);
	fleet_free_retired(f);
	return ok;
}

bool fleet_refresh(Fleet *f, GError **error)
{
	g_mutex_lock(&f->update);
	bool ok = refresh(f, error);
	g_mutex_unlock(&f->update);
	return ok;
}

/* How many versions of a model could not be loaded, and why the last. */
static size_t problems_of(const Fleet *f, const char *name, const char **ret_last)
{
	const RouteTable *t = atomic_load(&f->table);
	const ModelEntry *e = t ? route_model(t, name) : NULL;
	size_t count = e ? json_array_size(e->problems) : 0;
	*ret_last = count ? json_get_text(json_array_get(e->problems, count - 1), "reason", "") : "";
	return count;
}

/* Who asks by name is told of a bundle that cannot be loaded, and it is tried anew. */
static bool load(Fleet *f, const char *name, bool is_version, GError **error)
{
	const char *reason;
	size_t before = problems_of(f, name, &reason);
	g_hash_table_remove_all(f->failures);
	if (!refresh(f, error))
		return false;
	const ModelEntry *e = route_model(atomic_load(&f->table), name);
	size_t now = problems_of(f, name, &reason);
	if (e && e->stable && !(is_version && now > before))
		return true;
	return fail(error, FAIL_BROKEN, "the model \"%s\" could not be loaded: %s", name, reason);
}

bool fleet_load(Fleet *f, const char *reference, GError **error)
{
	const char *at = strrchr(reference, '@');
	g_autofree char *name = at ? g_strndup(reference, (size_t)(at - reference)) : g_strdup(reference);
	g_mutex_lock(&f->update);
	bool was_unwanted =
	        !at && g_hash_table_remove(f->unwanted, name); /* a version alone does not bring the others */
	bool is_new = !g_ptr_array_find_with_equal_func(f->wanted, reference, g_str_equal, NULL);
	if (is_new)
		g_ptr_array_add(f->wanted, g_strdup(reference));
	bool ok = load(f, name, at != NULL, error);
	if (!ok && is_new)
		g_ptr_array_remove_index(f->wanted, f->wanted->len - 1);
	if (!ok && was_unwanted)
		g_hash_table_add(f->unwanted, g_strdup(name));
	if (!ok && (is_new || was_unwanted))
		refresh(f, NULL);
	g_mutex_unlock(&f->update);
	return ok;
}

/* What is wanted without the model. */
static GPtrArray *wanted_without(const Fleet *f, const char *name)
{
	size_t length = strlen(name);
	GPtrArray *rest = g_ptr_array_new_with_free_func(g_free);
	for (guint i = 0; i < f->wanted->len; i++) {
		const char *reference = f->wanted->pdata[i];
		if (strncmp(reference, name, length) != 0 || (reference[length] && reference[length] != '@'))
			g_ptr_array_add(rest, g_strdup(reference));
	}
	return rest;
}

/* All or nothing: a model whose caller was told that it could not go does not go later. */
static bool unload(Fleet *f, const char *name, GError **error)
{
	GPtrArray *before = f->wanted;
	f->wanted = wanted_without(f, name);
	bool is_new = g_hash_table_add(f->unwanted, g_strdup(name));
	bool ok = refresh(f, error);
	if (!ok) {
		GPtrArray *tried = f->wanted;
		f->wanted = before;
		before = tried;
		if (is_new)
			g_hash_table_remove(f->unwanted, name);
	}
	g_ptr_array_unref(before);
	return ok;
}

bool fleet_unload(Fleet *f, const char *name, GError **error)
{
	g_mutex_lock(&f->update);
	bool ok = route_model(atomic_load(&f->table), name)
	                  ? unload(f, name, error)
	                  : fail(error, FAIL_NOT_FOUND, "there is no model \"%.100s\" here", name);
	g_mutex_unlock(&f->update);
	return ok;
}

static bool stopped_within(Fleet *f)
{
	int64_t until = g_get_monotonic_time() + (int64_t)f->poll_ms * 1000;
	g_mutex_lock(&f->stop_lock);
	while (!f->stop && g_cond_wait_until(&f->stop_told, &f->stop_lock, until))
		;
	bool stop = f->stop;
	g_mutex_unlock(&f->stop_lock);
	return stop;
}

/* A store that is away for a while takes nothing out of service: told once, then looked for again. */
static gpointer watch(gpointer fleet)
{
	Fleet *f = fleet;
	bool was_well = true;
	while (!stopped_within(f)) {
		g_autoptr(GError) problem = NULL;
		bool is_well = fleet_refresh(f, &problem);
		if (was_well && !is_well)
			fleet_tell(f, "the registry cannot be read, what is loaded stays: %s", problem->message);
		was_well = is_well;
	}
	return NULL;
}

static Fleet *new_fleet(const FleetOptions *o)
{
	static uint64_t count;
	Fleet *f = g_new0(Fleet, 1);
	f->id = __atomic_add_fetch(&count, 1, __ATOMIC_RELAXED);
	f->state_folder = g_strdup(o->state_folder);
	f->poll_ms = o->poll_ms ? o->poll_ms : POLL_MS;
	f->tell = o->tell;
	f->loaded = o->loaded;
	f->context = o->context;
	f->slots = g_ptr_array_new_with_free_func(g_free);
	f->retired = g_ptr_array_new();
	f->wanted = g_ptr_array_new_with_free_func(g_free);
	f->unwanted = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
	f->failures = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, failure_free);
	f->conducts = o->conducts;
	f->rollouts = g_ptr_array_new_with_free_func((GDestroyNotify)rollout_unref);
	f->spawned = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
	for (size_t i = 0; o->models && o->models[i]; i++)
		g_ptr_array_add(f->wanted, g_strdup(o->models[i]));
	f->wants_all = f->wanted->len == 0;
	return f;
}

/* At the start a model that cannot be served is the caller's to know, not a line in a log. */
static bool check_start(const Fleet *f, GError **error)
{
	const RouteTable *t = atomic_load(&f->table);
	for (guint i = 0; i < t->models->len; i++) {
		const ModelEntry *e = t->models->pdata[i];
		if (!e->stable)
			return fail(
			        error, FAIL_BROKEN, "%s", json_get_text(json_array_get(e->problems, 0), "reason", ""));
	}
	if (t->models->len == 0)
		return fail(error, FAIL_NOT_FOUND, "there is no registered model to serve yet; try: gyre run");
	return true;
}

bool fleet_open(const FleetOptions *options, Fleet **ret, GError **error)
{
	g_autoptr(Fleet) f = new_fleet(options);
	if (!fleet_refresh(f, error))
		return false;
	if (!atomic_load(&f->table))
		fleet_swap(f, routes_new());
	if (!check_start(f, error))
		return false;
	f->watcher = g_thread_new("watch", watch, f);
	*ret = g_steal_pointer(&f);
	return true;
}

void fleet_close(Fleet *f)
{
	if (!f)
		return;
	g_mutex_lock(&f->stop_lock);
	f->stop = true;
	g_cond_signal(&f->stop_told);
	g_mutex_unlock(&f->stop_lock);
	if (f->watcher)
		g_thread_join(f->watcher);
	fleet_end_rollouts(f);
	routes_free((RouteTable *)atomic_load(&f->table));
	for (guint i = 0; i < f->retired->len; i++)
		routes_free(f->retired->pdata[i]);
	g_ptr_array_unref(f->retired);
	g_ptr_array_unref(f->slots);
	g_ptr_array_unref(f->wanted);
	g_hash_table_destroy(f->unwanted);
	g_hash_table_destroy(f->failures);
	g_hash_table_destroy(f->spawned);
	g_ptr_array_unref(f->rollouts);
	g_free(f->state_folder);
	g_free(f);
}
