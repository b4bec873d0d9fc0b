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
