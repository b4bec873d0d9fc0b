/* search.c: the kinds of search. */
#include "model/search.h"

#include <math.h>
#include <string.h>

#include "base/error.h"
#include "base/json.h"
#include "base/limits.h"

static const char *const METHODS[] = {"random", "fixed", NULL};

const Param SEARCH_PARAMS[] = {
        {.name = "method",
                .type = PARAM_TEXT,
                .preset = "\"random\"",
                .choices = METHODS,
                .help = "random: each family's defaults, then random parameters; fixed: each family once"},
        {.name = "trials",
                .type = PARAM_INT,
                .preset = "20",
                .min = 1,
                .max = LIMIT_TRIALS,
                .help = "models to try, at most"},
        {.name = "metric", .type = PARAM_TEXT, .help = "what the best is best by; the goal's metric if not given"},
        {.name = "time",
                .type = PARAM_REAL,
                .preset = "0",
                .min = 0,
                .max = 1e9,
                .unit = "s",
                .help = "stop trying after this time; 0: no limit.  With it the result depends on the machine's speed"},
        {.name = "trial_time",
                .type = PARAM_REAL,
                .preset = "0",
                .min = 0,
                .max = 1e9,
                .unit = "s",
                .help = "give up a single trial after this time; 0: no limit"},
        {.name = "rows",
                .type = PARAM_INT,
                .preset = "200000",
                .min = 100,
                .max = LIMIT_ROWS,
                .help = "rows a trial learns from and is judged by, at most: a random part; the winner learns from "
                        "all"},
        {NULL},
};

/* The family's defaults under what the user fixed. */
static json_t *fixed_params(const SearchSpace *space, const ModelFamily *family)
{
	json_t *params = NULL;
	param_fill(family->params, NULL, json_object_get(space->fixed, family->name), &params, NULL);
	return params;
}

static bool fixed_next(const SearchSpace *space, unsigned number, const ModelFamily **ret_family, json_t **ret_params)
{
	if (number >= space->count)
		return false;
	*ret_family = space->families[number];
	*ret_params = fixed_params(space, *ret_family);
	return true;
}

/* A family by its share, NULL when none has one. */
static const ModelFamily *draw_family(const SearchSpace *space, Rng *rng)
{
	uint64_t total = 0;
	for (size_t i = 0; i < space->count; i++)
		total += space->families[i]->search_share;
	if (total == 0)
		return NULL;
	uint64_t at = rng_below(rng, total);
	size_t i = 0;
	for (; at >= space->families[i]->search_share; i++)
		at -= space->families[i]->search_share;
	return space->families[i];
}

/* Every tunable parameter takes its draw, fixed or not, so that fixing one does not change the others. */
static void draw_params(const SearchSpace *space, const ModelFamily *family, Rng *rng, json_t *params)
{
	const json_t *fixed = json_object_get(space->fixed, family->name);
	for (const Param *p = family->params; p->name; p++) {
		if (!(p->flags & PARAM_TUNABLE))
			continue;
		json_t *drawn = param_draw(p, rng);
		if (!json_object_get(fixed, p->name))
			json_object_set(params, p->name, drawn);
		json_decref(drawn);
	}
}

static bool random_next(const SearchSpace *space, unsigned number, const ModelFamily **ret_family, json_t **ret_params)
{
	if (number < space->count)
		return fixed_next(space, number, ret_family, ret_params);
	g_autofree char *stream = g_strdup_printf("trial %u", number);
	Rng rng = rng_stream(space->seed, stream);
	const ModelFamily *family = draw_family(space, &rng);
	if (!family)
		return false;
	*ret_family = family;
	*ret_params = fixed_params(space, family);
	draw_params(space, family, &rng, *ret_params);
	return true;
}

static const SearchKind SEARCH_RANDOM = {"random",
        "each family's defaults first, then random parameters, most for the family that gains most", random_next};
static const SearchKind SEARCH_FIXED = {"fixed", "each family once, with the given parameters", fixed_next};

const SearchKind *const SEARCHES[] = {&SEARCH_RANDOM, &SEARCH_FIXED, NULL};

const SearchKind *search_find(const char *name)
{
	for (const SearchKind *const *k = SEARCHES; name && *k; k++)
		if (strcmp((*k)->name, name) == 0)
			return *k;
	return NULL;
}

bool search_check(const SearchSpace *space, GError **error)
{
	const char *name;
	json_t *given;
	json_object_foreach ((json_t *)space->fixed, name, given) {
		const ModelFamily *family = family_find(name);
		g_autofree char *where = g_strdup_printf("params.%s", name);
		json_auto_t *params = NULL;
		if (!family)
			return fail(error, FAIL_INVALID, "%s: there is no family of that name", where);
		if (!param_fill(family->params, where, given, &params, error))
			return false;
	}
	return true;
}
