/* fleet.c: pinning, swapping and freeing of the table of routes.  What stands in a table is decided in fleet_registry.c. */
#include "serve/fleet.h"

#include <stdatomic.h>
#include <string.h>

#include "base/error.h"
#include "base/json.h"
#include "serve/fleet_inside.h"

/* One for each thread that ever pinned: what it is looking at. */
struct Slot {
	_Atomic(const RouteTable *) pinned;
};

static _Thread_local struct {
	uint64_t fleet;
	Slot *slot;
} mine;

static void entry_free(void *entry)
{
	ModelEntry *e = entry;
	g_ptr_array_unref(e->versions);
	served_unref(e->stable);
	rollout_unref(e->rollout);
	json_decref(e->aliases);
	json_decref(e->problems);
	g_free(e->name);
	g_free(e);
}

ModelEntry *entry_new(const char *name)
{
	ModelEntry *e = g_new0(ModelEntry, 1);
	e->name = g_strdup(name);
	e->versions = g_ptr_array_new_with_free_func((GDestroyNotify)served_unref);
	e->aliases = json_object();
	e->problems = json_array();
	return e;
}

RouteTable *routes_new(void)
{
	RouteTable *t = g_new0(RouteTable, 1);
	t->models = g_ptr_array_new_with_free_func(entry_free);
	t->by_name = g_hash_table_new(g_str_hash, g_str_equal);
	return t;
}

void routes_free(RouteTable *t)
{
	if (!t)
		return;
	g_hash_table_destroy(t->by_name);
	g_ptr_array_unref(t->models);
	g_free(t);
}

void routes_add(RouteTable *t, ModelEntry *e)
{
	g_ptr_array_add(t->models, e);
	g_hash_table_insert(t->by_name, e->name, e);
}

static Slot *my_slot(Fleet *f)
{
	if (mine.fleet == f->id)
		return mine.slot;
	Slot *slot = g_new0(Slot, 1);
	g_mutex_lock(&f->slots_lock);
	g_ptr_array_add(f->slots, slot);
	g_mutex_unlock(&f->slots_lock);
	mine.fleet = f->id;
	mine.slot = slot;
	return slot;
}

/* Between reading the pointer and announcing it the table may be swapped and freed: so it is read again. */
const RouteTable *fleet_pin(Fleet *f)
{
	Slot *slot = my_slot(f);
	for (;;) {
		const RouteTable *t = atomic_load(&f->table);
		atomic_store(&slot->pinned, t);
		if (atomic_load(&f->table) == t)
			return t;
	}
}

void fleet_unpin(Fleet *f)
{
	atomic_store(&my_slot(f)->pinned, NULL);
}

static bool is_pinned(Fleet *f, const RouteTable *t)
{
	bool found = false;
	g_mutex_lock(&f->slots_lock);
	for (guint i = 0; i < f->slots->len && !found; i++)
		found = atomic_load(&((Slot *)f->slots->pdata[i])->pinned) == t;
	g_mutex_unlock(&f->slots_lock);
	return found;
}

void fleet_free_retired(Fleet *f)
{
	for (guint i = f->retired->len; i-- > 0;)
		if (!is_pinned(f, f->retired->pdata[i]))
			routes_free(g_ptr_array_steal_index_fast(f->retired, i));
}

void fleet_swap(Fleet *f, RouteTable *t)
{
	const RouteTable *old = atomic_exchange(&f->table, t);
	if (old)
		g_ptr_array_add(f->retired, (void *)old);
	fleet_free_retired(f);
}

bool fleet_is_ready(Fleet *f)
{
	const RouteTable *t = fleet_pin(f);
	bool ready = t->models->len > 0;
	for (guint i = 0; i < t->models->len; i++)
		ready = ready && ((const ModelEntry *)t->models->pdata[i])->stable;
	fleet_unpin(f);
	return ready;
}

const ModelEntry *route_model(const RouteTable *t, const char *name)
{
	return g_hash_table_lookup(t->by_name, name);
}

static bool refuse_name(const RouteTable *t, const char *name, GError **error)
{
	g_autoptr(GString) known = g_string_new(NULL);
	for (guint i = 0; i < t->models->len && known->len < 500; i++)
		g_string_append_printf(known, "%s%s", i ? ", " : "", ((const ModelEntry *)t->models->pdata[i])->name);
	return fail(error, FAIL_NOT_FOUND, "there is no model \"%.100s\" here; served: %s", name,
	        known->len ? known->str : "none");
}

static bool refuse_version(const ModelEntry *e, const char *version, GError **error)
{
	g_autoptr(GString) known = g_string_new(NULL);
	const char *alias;
	json_t *number;
	for (guint i = 0; i < e->versions->len; i++)
		g_string_append_printf(known, "%s%d", i ? ", " : "", ((const Served *)e->versions->pdata[i])->version);
	json_object_foreach (e->aliases, alias, number)
		g_string_append_printf(known, ", %s", alias);
	return fail(error, FAIL_NOT_FOUND, "the model \"%s\" has no version \"%.100s\" here; served: %s", e->name,
	        version, known->len ? known->str : "none");
}

static const Served *find_number(const ModelEntry *e, const char *text)
{
	for (guint i = 0; i < e->versions->len; i++) {
		const Served *s = e->versions->pdata[i];
		char number[16];
		g_snprintf(number, sizeof number, "%d", s->version);
		if (strcmp(number, text) == 0)
			return s;
	}
	return NULL;
}

bool route_find(const RouteTable *t, const char *name, const char *version, const Served **ret, GError **error)
{
	const ModelEntry *e = route_model(t, name);
	const Served *found = NULL;
	if (!e)
		return refuse_name(t, name, error);
	if (!version && !e->stable)
		return fail(error, FAIL_UNAVAILABLE, "no version of the model \"%s\" could be loaded: %s", name,
		        json_get_text(json_array_get(e->problems, 0), "reason", "unknown"));
	if (!version) {
		found = e->stable;
	} else {
		const json_t *number = json_object_get(e->aliases, version);
		g_autofree char *text =
		        number ? g_strdup_printf("%d", (int)json_integer_value(number)) : g_strdup(version);
		found = find_number(e, text);
	}
	if (!found)
		return refuse_version(e, version, error);
	*ret = found;
	return true;
}
