/* fleet.h: the models that are served: which versions are loaded, and which one a call gets.
 *
 * What a request needs to know is one immutable RouteTable.  A request pins the current one, without a lock, and lets it go
 * when it has its scores; a change makes a whole new table off the serving threads (bundles loaded, checked and warmed) and
 * swaps one pointer.  So a request sees the old state or the new one, a slow load delays nobody, and what was replaced is
 * freed when the last request that pinned it is done.
 *
 * The registry is looked at every `poll_ms`.  For NAME: the champion (the newest version where there is none) is what a
 * call without a version gets, and every version that an alias points at is loaded too.  NAME@VERSION and NAME@ALIAS load that one
 * only.  A version on its way into use is loaded beside, checked with requests of the stable version, and then gets its share of the
 * calls.  A version that cannot be loaded replaces nothing: the old one stays, under its aliases too, with the reason on record. */
#pragma once

#include <jansson.h>

#include "serve/rollout.h"
#include "serve/served.h"

typedef struct ModelEntry {
	char *name;
	Served *stable;      /* what a call without a version gets; NULL: none could be loaded */
	GPtrArray *versions; /* of Served *, newest first */
	json_t *aliases;     /* {alias: version}: of loaded versions */
	Rollout *rollout;    /* a version on its way into use (serve/deployment.h), loaded and checked; NULL: none */
	json_t *problems;    /* [{"version", "reason"}]: versions that should be here and could not be loaded */
} ModelEntry;

typedef struct RouteTable {
	GPtrArray *models; /* of ModelEntry *, by name */
	GHashTable *by_name;
	unsigned rollouts; /* models that have one */
} RouteTable;

typedef struct Fleet Fleet;

typedef struct FleetOptions {
	const char *state_folder;
	const char *const *models;          /* NAME, NAME@VERSION, NAME@ALIAS; NULL or empty: all of the registry */
	unsigned poll_ms;                   /* 0: 500 */
	void (*tell)(const char *sentence); /* what happens to models; NULL: nobody */
	/* A version is loaded and not in any table yet; false keeps it out.  NULL: nobody wants to know. */
	bool (*loaded)(void *context, const Served *s, GError **error);
	void *context;
	/* Deployments are watched over too: counts written down, candidates checked that nobody checks, judged, promoted and rolled
	 * back (serve/conduct.h).  Else they are followed only. */
	bool conducts;
} FleetOptions;

/* Loads what is asked for; what cannot be found or loaded now is an error. */
bool fleet_open(const FleetOptions *options, Fleet **ret, GError **error);
void fleet_close(Fleet *f);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Fleet, fleet_close)

/* The current table, until fleet_unpin in the same thread.  Pins do not nest. */
const RouteTable *fleet_pin(Fleet *f);
void fleet_unpin(Fleet *f);

/* Every model has a version that answers. */
bool fleet_is_ready(Fleet *f);

/* Looks at the registry at once; ends when what changed is in place.  Not while this thread has a pin. */
bool fleet_refresh(Fleet *f, GError **error);
/* Adds a model (as in FleetOptions.models; one that cannot be loaded is an error, and not added): a version of a model that is
 * served whole beside what is there, of one that is not, alone.  Or takes it out of service, all its versions.  Where that fails nothing is
 * changed.  Not while this thread has a pin. */
bool fleet_load(Fleet *f, const char *reference, GError **error);
bool fleet_unload(Fleet *f, const char *name, GError **error);

const ModelEntry *route_model(const RouteTable *t, const char *name); /* NULL if absent */
/* version: "3", an alias, or NULL for the stable one.  FAIL_NOT_FOUND says what there is; FAIL_UNAVAILABLE: not loaded. */
bool route_find(const RouteTable *t, const char *name, const char *version, const Served **ret, GError **error);
