/* search.c: the kinds of search. */
#include "model/search.h"

#include <math.h>
#include <string.h>

#include "base/error.h"
#include "base/json.h"
#include "base/limits.h"
#include "model/portfolio.h"
#include "model/transfer.h"

static const char *const METHODS[] = {"auto", "random", "fixed", "grid", "halton", "tpe", "gp", "cmaes", NULL};

const Param SEARCH_PARAMS[] = {
        {.name = "method",
                .type = PARAM_TEXT,
                .preset = "\"auto\"",
                .choices = METHODS,
                .help = "how the next model is chosen, behind each family's defaults (fixed: these alone); auto: tpe "
                        "with a time, else random"},
        {.name = "trials",
                .type = PARAM_INT,
                .preset = "20",
                .min = 1,
                .max = LIMIT_TRIALS,
                .help = "models to try, at most"},
        {.name = "metric", .type = PARAM_TEXT, .help = "what the best is best by; the goal's metric if not given"},
        {.name = "portfolio",
                .type = PARAM_BOOL,
                .preset = "true",
                .help = "behind the defaults, and up to half of the trials, try settings that did well on many other "
                        "tables"},
        {.name = "transfer",
                .type = PARAM_BOOL,
                .preset = "true",
                .help = "behind the defaults, and up to a quarter of the trials, try what did best in earlier searches "
                        "of "
                        "similar data in the same store"},
        {.name = "pruner",
                .type = PARAM_TEXT,
                .preset = "\"none\"",
                .choices = STUDY_PRUNERS,
                .help = "what gives up a trial between its folds, and between rounds of boosting or of a network"},
        {.name = "lag",
                .type = PARAM_INT,
                .preset = "4",
                .min = 1,
                .max = 1000,
                .help = "a trial is chosen knowing those up to its number less this, so that so many can run at once"},
        {.name = "time",
                .type = PARAM_REAL,
                .preset = "0",
                .min = 0,
                .max = 1e9,
                .unit = "s",
                .help = "for the whole step, the last training included; 0: no limit.  With it the result depends on "
                        "the "
                        "machine's speed"},
        {.name = "trial_time",
                .type = PARAM_REAL,
                .preset = "0",
                .min = 0,
                .max = 1e9,
                .unit = "s",
                .help = "give up a single trial after this time; 0: no limit"},
        {.name = "memory_mb",
                .type = PARAM_INT,
                .preset = "0",
                .min = 0,
                .max = 1 << 30,
                .unit = "MiB",
                .help = "for the rows and all trials that run at once; 0: as much as the step may take"},
        {.name = "trial_memory_mb",
                .type = PARAM_INT,
                .preset = "0",
                .min = 0,
                .max = 1 << 30,
                .unit = "MiB",
                .help = "fail a single trial that wants more beside the rows, which all share; 0: an equal part of "
                        "what "
                        "there is"},
        {.name = "rows",
                .type = PARAM_INT,
                .preset = "200000",
                .min = 100,
                .max = LIMIT_ROWS,
                .help = "rows a trial learns from and is judged by, at most: a random part; the winner learns from "
                        "all"},
        {NULL},
};

void search_widen(const SearchSpace *space, const ModelFamily *family, json_t *params)
{
	const json_t *fixed = json_object_get(space->fixed, family->name);
	for (const Param *p = space->is_wide ? family->wide : NULL; p && p->name; p++)
		if (!(p->flags & PARAM_TUNABLE) && !json_object_get(fixed, p->name))
			json_object_set_new(params, p->name, json_loads(p->preset, JSON_DECODE_ANY, NULL));
}

/* The parameter as this search sees it. */
static const Param *seen(const SearchSpace *space, const ModelFamily *family, const Param *p)
{
	const Param *wide = space->is_wide && family->wide ? param_find(family->wide, p->name) : NULL;
	return wide ? wide : p;
}

/* The family's defaults under what the user fixed. */
static json_t *fixed_params(const SearchSpace *space, const ModelFamily *family)
{
	json_t *params = NULL;
	param_fill(family->params, NULL, json_object_get(space->fixed, family->name), &params, NULL);
	search_widen(space, family, params);
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

static bool is_transferred(const SearchSpace *space, const ModelFamily *family, const json_t *params)
{
	size_t i;
	json_t *one;
	g_autofree char *spelt = transfer_spelt(family, params);
	json_array_foreach ((json_t *)space->transferred, i, one) {
		const ModelFamily *other = family_find(json_get_text(one, "family", NULL));
		g_autofree char *there = transfer_spelt(other, json_object_get(one, "params"));
		if (g_str_equal(spelt, there))
			return true;
	}
	return false;
}

/* The portfolio without what is tried before it. */
static bool rest_of_portfolio(
        const SearchSpace *space, unsigned number, const ModelFamily **ret_family, json_t **ret_params)
{
	for (unsigned i = 0; portfolio_next(space, i, ret_family, ret_params); i++) {
		if (!is_transferred(space, *ret_family, *ret_params) && number-- == 0)
			return true;
		json_decref(*ret_params);
	}
	return false;
}

/* The defaults, then what did well on similar data, then the portfolio. */
static bool known_next(const SearchSpace *space, unsigned number, const ModelFamily **ret_family, json_t **ret_params)
{
	if (number < space->count)
		return fixed_next(space, number, ret_family, ret_params);
	number -= (unsigned)space->count;
	const json_t *one = json_array_get(space->transferred, number);
	if (one) {
		*ret_family = family_find(json_get_text(one, "family", NULL));
		*ret_params = json_incref(json_object_get(one, "params"));
		return true;
	}
	number -= (unsigned)json_array_size(space->transferred);
	return number < space->portfolio && rest_of_portfolio(space, number, ret_family, ret_params);
}

static unsigned share_of(const SearchSpace *space, const ModelFamily *family)
{
	return family->search_share >= space->least_share ? family->search_share : 0;
}

/* A family by its share, NULL when none has one. */
static const ModelFamily *draw_family(const SearchSpace *space, Rng *rng)
{
	uint64_t total = 0;
	for (size_t i = 0; i < space->count; i++)
		total += share_of(space, space->families[i]);
	if (total == 0)
		return NULL;
	uint64_t at = rng_below(rng, total);
	size_t i = 0;
	for (; at >= share_of(space, space->families[i]); i++)
		at -= share_of(space, space->families[i]);
	return space->families[i];
}

/* Every tunable parameter takes its draw, fixed or not, so that fixing one does not change the others. */
static void draw_params(const SearchSpace *space, const ModelFamily *family, Rng *rng, json_t *params)
{
	const json_t *fixed = json_object_get(space->fixed, family->name);
	for (const Param *p = family->params; p->name; p++) {
		const Param *range = seen(space, family, p);
		if (!(range->flags & PARAM_TUNABLE))
			continue;
		json_t *drawn = param_draw(range, rng);
		if (!json_object_get(fixed, p->name))
			json_object_set(params, p->name, drawn);
		json_decref(drawn);
	}
}

static bool draw(const SearchSpace *space, const char *stream, const ModelFamily **ret_family, json_t **ret_params)
{
	Rng rng = rng_stream(space->seed, stream);
	const ModelFamily *family = draw_family(space, &rng);
	if (!family)
		return false;
	*ret_family = family;
	*ret_params = fixed_params(space, family);
	draw_params(space, family, &rng, *ret_params);
	return true;
}

/* An earlier search by the same seed has drawn the same: what was taken from it is not tried twice. */
static bool random_next(const SearchSpace *space, unsigned number, const ModelFamily **ret_family, json_t **ret_params)
{
	g_autofree char *stream = g_strdup_printf("trial %u", number);
	g_autofree char *other = g_strdup_printf("another trial %u", number);
	if (known_next(space, number, ret_family, ret_params))
		return true;
	if (!draw(space, stream, ret_family, ret_params))
		return false;
	if (!is_transferred(space, *ret_family, *ret_params))
		return true;
	json_decref(*ret_params);
	return draw(space, other, ret_family, ret_params);
}

static const SearchKind SEARCH_RANDOM = {"random",
        "each family's defaults first, then random parameters, most for the family that gains most",
        .next = random_next};
static const SearchKind SEARCH_FIXED = {"fixed", "each family once, with the given parameters", .next = fixed_next};
static const SearchKind SEARCH_GRID = {
        "grid", "all combinations of a few values, shuffled", .sampler = "grid", .next = known_next};
static const SearchKind SEARCH_HALTON = {
        "halton", "points that fill the space evenly", .sampler = "halton", .next = known_next};
static const SearchKind SEARCH_TPE = {
        "tpe", "what looks more like the good trials than like the others", .sampler = "tpe", .next = known_next};
static const SearchKind SEARCH_GP = {
        "gp", "where a Gaussian process expects the most improvement", .sampler = "gp", .next = known_next};
static const SearchKind SEARCH_CMAES = {
        "cmaes", "evolution of the parameters that always exist", .sampler = "cmaes", .next = known_next};

const SearchKind *const SEARCHES[] = {
        &SEARCH_RANDOM, &SEARCH_FIXED, &SEARCH_GRID, &SEARCH_HALTON, &SEARCH_TPE, &SEARCH_GP, &SEARCH_CMAES, NULL};

const SearchKind *search_find(const char *name)
{
	for (const SearchKind *const *k = SEARCHES; name && *k; k++)
		if (strcmp((*k)->name, name) == 0)
			return *k;
	return NULL;
}

const SearchKind *search_of(const json_t *settings)
{
	const char *name = json_get_text(settings, "method", "auto");
	if (!g_str_equal(name, "auto"))
		return search_find(name);
	return json_get_number(settings, "time", 0) > 0 ? &SEARCH_TPE : &SEARCH_RANDOM;
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

static bool is_drawn(const SearchSpace *space, const ModelFamily *family, const Param *p)
{
	return seen(space, family, p)->flags & PARAM_TUNABLE &&
	       !json_object_get(json_object_get(space->fixed, family->name), p->name);
}

static char *dim_name(const ModelFamily *family, const Param *p)
{
	return g_strdup_printf("%s.%s", family->name, p->name);
}

/* {"family": the choice, "FAMILY.PARAM": where it is chosen}.  A single family is no choice. */
static json_t *space_of(const SearchSpace *space)
{
	json_t *about = json_object(), *names = json_array();
	for (size_t i = 0; i < space->count; i++)
		if (share_of(space, space->families[i]) > 0)
			json_array_append_new(names, json_string(space->families[i]->name));
	bool is_choice = json_array_size(names) > 1;
	if (is_choice)
		json_object_set_new(about, "family", json_pack("{s:s,s:O}", "type", "text", "choices", names));
	json_decref(names);
	for (size_t i = 0; i < space->count; i++) {
		const ModelFamily *family = space->families[i];
		for (const Param *p = family->params; share_of(space, family) > 0 && p->name; p++) {
			g_autofree char *name = dim_name(family, p);
			json_t *dim = is_drawn(space, family, p) ? space_from_param(seen(space, family, p)) : NULL;
			if (dim && is_choice)
				json_object_set_new(dim, "when", json_pack("{s:s}", "family", family->name));
			if (dim)
				json_object_set_new(about, name, dim);
		}
	}
	return about;
}

bool search_study(const SearchKind *kind, const SearchSpace *space, const json_t *settings, bool larger_is_better,
        Study **ret, GError **error)
{
	json_auto_t *about = space_of(space);
	*ret = NULL;
	if (json_object_size(about) == 0)
		return true;
	json_auto_t *wanted = json_pack("{s:s,s:I,s:[s],s:O,s:O}", "method", kind->sampler ? kind->sampler : "random",
	        "seed", (json_int_t)(space->seed & 0x1fffffffffffff), "direction", larger_is_better ? "max" : "min",
	        "pruner", json_object_get(settings, "pruner"), "parallel", json_object_get(settings, "lag"));
	return study_new(about, wanted, ret, error);
}

static const ModelFamily *family_at(const SearchSpace *space, const json_t *point)
{
	const char *name = json_get_text(point, "family", NULL);
	for (size_t i = 0; i < space->count; i++) {
		const ModelFamily *family = space->families[i];
		if (share_of(space, family) > 0 && (!name || strcmp(family->name, name) == 0))
			return family;
	}
	return NULL;
}

void search_from_point(
        const SearchSpace *space, const json_t *point, const ModelFamily **ret_family, json_t **ret_params)
{
	const ModelFamily *family = family_at(space, point);
	*ret_family = family;
	*ret_params = fixed_params(space, family);
	for (const Param *p = family->params; p->name; p++) {
		g_autofree char *name = dim_name(family, p);
		json_t *value = json_object_get(point, name);
		if (value)
			json_object_set(*ret_params, p->name, value);
	}
}

json_t *search_to_point(const SearchSpace *space, const Study *study, const ModelFamily *family, const json_t *params)
{
	json_auto_t *point = json_object();
	g_autofree double *room = g_new(double, study->space->count);
	if (json_object_get(study->space->about, "family"))
		json_object_set_new(point, "family", json_string(family->name));
	if (family_at(space, point) != family)
		return NULL;
	for (const Param *p = family->params; p->name; p++) {
		g_autofree char *name = dim_name(family, p);
		if (is_drawn(space, family, p))
			json_object_set(point, name, json_object_get(params, p->name));
	}
	return space_point(study->space, point, room, NULL) ? json_incref(point) : NULL;
}
