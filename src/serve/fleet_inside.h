/* fleet_inside.h: what fleet.c and fleet_registry.c share. */
#pragma once

#include "serve/fleet.h"
#include "store/blobs.h"
#include "store/meta.h"

typedef struct Slot Slot;

struct Fleet {
	uint64_t id; /* never used twice, so that a thread knows whose slot it has */
	_Atomic(const RouteTable *) table;
	GMutex slots_lock;
	GPtrArray *slots; /* of Slot * */

	/* Below: under `update`. */
	GMutex update;
	GPtrArray *retired; /* of RouteTable *: replaced, but perhaps still pinned */
	char *state_folder;
	GPtrArray *wanted;    /* references, as texts */
	bool wants_all;       /* every model of the registry but `unwanted` */
	GHashTable *unwanted; /* names */
	GHashTable *failures; /* digest -> Failure: not tried again at every look */
	void (*tell)(const char *sentence);
	bool (*loaded)(void *context, const Served *s, GError **error);
	void *context;
	bool conducts, conduct_fails; /* the last look could not, and that was told */
	GPtrArray *rollouts; /* of Rollout *: those of the table, and others that requests may still count in */
	GHashTable *spawned; /* ids of deployments -> when a process was started to check it */

	/* The thread that looks. */
	unsigned poll_ms;
	GThread *watcher;
	GMutex stop_lock;
	GCond stop_told;
	bool stop;
};

ModelEntry *entry_new(const char *name);
RouteTable *routes_new(void);
void routes_free(RouteTable *t);
void routes_add(RouteTable *t, ModelEntry *e);

/* Under `update`. */
void fleet_swap(Fleet *f, RouteTable *t);
void fleet_free_retired(Fleet *f);

/* The store as one look sees it. */
typedef struct Look {
	Fleet *f;
	Meta *meta;
	Blobs *blobs;
	RouteTable *table; /* being made */
} Look;

void fleet_tell(const Fleet *f, const char *format, ...) G_GNUC_PRINTF(2, 3);

/* A version of the registry, from the table or newly loaded; one reference more. */
bool look_load(const Look *l, const char *name, int version, const char *digest, Served **ret, GError **error);
/* Adds it to the versions of the entry. */
void entry_hold(ModelEntry *e, Served *s);

/* fleet_rollout.c: what is being deployed of a model, and what is done about it. */
bool look_rollout(const Look *l, ModelEntry *e, GError **error);
void look_conduct(const Look *l);
/* Writes down what was counted since the last look; the requests have ended. */
void fleet_end_rollouts(Fleet *f);
