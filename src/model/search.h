/* search.h: which models a training tries, with which parameters.
 *
 * Trials are numbered from 0.  What a trial tries depends on the seed, its number and, for methods that learn, on how the trials up
 * to its number less `lag` ended: so a search gives the same whether 1 or 16 of them run at once, and a trial that was done before
 * a crash is not done again.
 *
 * Methods that learn search one space of all families: the family is a choice, and each tunable parameter exists where its family is
 * chosen.  The families' defaults are tried first, and are what such a search knows when it begins. */
#pragma once

#include <glib.h>
#include <jansson.h>
#include <stdbool.h>

#include "model/family.h"
#include "search/study.h"

/* The block `search` of gyre.yaml: method, trials, metric, portfolio, pruner, lag, the limits of time and memory, rows. */
extern const Param SEARCH_PARAMS[];

typedef struct SearchSpace {
	const ModelFamily *const *families; /* to choose from; `count` of them */
	size_t count;
	const json_t *fixed; /* {family: {param: value}}: set by the user, never drawn */
	const json_t
	        *transferred; /* after the defaults, what did well on similar data (model/transfer.h); NULL: none */
	unsigned portfolio;   /* ... and behind it so many settings that did well elsewhere (model/portfolio.h) */
	bool is_wide;         /* families are searched in their wide ranges (ModelFamily.wide) */
	unsigned least_share; /* families of a smaller search_share are tried with what is known only, never drawn */
	uint64_t seed;
} SearchSpace;

typedef struct SearchKind {
	const char *name, *help;
	const char
	        *sampler; /* of search/sampler.h: chooses what is tried behind the defaults; NULL: next chooses all */
	/* What trial `number` tries, of those that are known beforehand; false when there are no more.  ret_params: filled, new reference.
	 * The space has been checked with search_check. */
	bool (*next)(const SearchSpace *space, unsigned number, const ModelFamily **ret_family, json_t **ret_params);
} SearchKind;

extern const SearchKind *const SEARCHES[]; /* NULL-ended */
const SearchKind *search_find(const char *name);
/* What "auto" means: tpe where time is limited, random else.  settings: SEARCH_PARAMS, filled. */
const SearchKind *search_of(const json_t *settings);

/* Gives params what wide ranges presuppose and nobody draws (more rounds), where the user fixed nothing else. */
void search_widen(const SearchSpace *space, const ModelFamily *family, json_t *params);

/* Do the fixed parameters fit their families? */
bool search_check(const SearchSpace *space, GError **error);

/* A study of all families that have something to tune; NULL in *ret when none has.  settings: SEARCH_PARAMS, filled. */
bool search_study(const SearchKind *kind, const SearchSpace *space, const json_t *settings, bool larger_is_better,
        Study **ret, GError **error);
/* What a trial of the study means.  ret_params: filled, new reference. */
void search_from_point(
        const SearchSpace *space, const json_t *point, const ModelFamily **ret_family, json_t **ret_params);
/* And back: the point at which a study has these parameters; NULL when they lie outside.  New reference. */
json_t *search_to_point(const SearchSpace *space, const Study *study, const ModelFamily *family, const json_t *params);
