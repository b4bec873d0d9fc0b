/* search.h: which models a training tries, with which parameters.
 *
 * Trials are numbered from 0, and what a trial tries depends on the seed and its number only (a search that learns from
 * earlier trials would also be given their results, by number): so a search gives the same whether 1 or 16 of them run at
 * once, and a trial that was done before a crash is not done again. */
#pragma once

#include <glib.h>
#include <jansson.h>
#include <stdbool.h>

#include "model/family.h"

/* The block `search` of gyre.yaml: method, trials, metric, time, trial_time, rows. */
extern const Param SEARCH_PARAMS[];

typedef struct SearchSpace {
	const ModelFamily *const *families; /* to choose from; `count` of them */
	size_t count;
	const json_t *fixed; /* {family: {param: value}}: set by the user, never drawn */
	uint64_t seed;
} SearchSpace;

typedef struct SearchKind {
	const char *name, *help;
	/* What trial `number` tries; false when the search has nothing left to try.  ret_params: filled, new reference.
	 * The space has been checked with search_check. */
	bool (*next)(const SearchSpace *space, unsigned number, const ModelFamily **ret_family, json_t **ret_params);
} SearchKind;

extern const SearchKind *const SEARCHES[]; /* NULL-ended */
const SearchKind *search_find(const char *name);

/* Do the fixed parameters fit their families? */
bool search_check(const SearchSpace *space, GError **error);
