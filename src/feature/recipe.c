/* recipe.c: fitted transforms read from JSON and applied: raw columns in, a dense row of float32 out. */
#include "feature/recipe.h"

#include <float.h>
#include <math.h>
#include <string.h>

#include "base/error.h"
#include "base/file.h"
#include "base/json.h"
#include "base/limits.h"
#include "feature/chain.h"
#include "feature/trace.h"

struct Recipe {
	GPtrArray *links; /* of Link * */
	json_t *inputs;   /* {"columns": [...]} */
	GPtrArray *names; /* of features; NULL-ended */
	FeatureKind *kinds;
	uint64_t seed;
};

void recipe_free(Recipe *r)
{
	if (!r)
		return;
	g_ptr_array_unref(r->links);
	g_ptr_array_unref(r->names);
	json_decref(r->inputs);
	g_free(r->kinds);
	g_free(r);
}

static bool load_link(Recipe *r, const json_t *entry, GError **error)
{
	const char *name = json_get_text(entry, "transform", "");
	const TransformKind *kind = transform_find(name);
	if (!kind)
		return fail(error, FAIL_BROKEN,
		        "the recipe has an unknown transform \"%s\"; was it made by a newer version?", name);
	const char *place = json_get_text(entry, "place", "recipe");
	json_auto_t *params = NULL;
	if (!param_fill(kind->params, place, json_object_get(entry, "params"), &params, error))
		return false;
	if (!params_column(params, 0))
		return fail(error, FAIL_BROKEN, "%s (%s): no columns", place, name);
	Link *link = link_new(kind, params, place);
	g_ptr_array_add(r->links, link);
	return link_load(link, json_object_get(entry, "state"), json_object_get(entry, "cross"), error);
}

static bool check_inputs(const json_t *inputs, GError **error)
{
	size_t i;
	json_t *input;
	ColumnType type;
	json_array_foreach (inputs, i, input)
		if (!json_is_string(json_object_get(input, "name")) ||
		        !column_type_from_name(json_get_text(input, "type", ""), &type))
			return fail(error, FAIL_BROKEN, "input %zu of the recipe has no name or no type", i);
	return true;
}

/* From the features' names to their places. */
static GHashTable *places_of(const Recipe *r)
{
	GHashTable *places = g_hash_table_new(g_str_hash, g_str_equal);
	for (size_t i = recipe_features(r); i-- > 0;)
		g_hash_table_insert(places, r->names->pdata[i], GSIZE_TO_POINTER(i));
	return places;
}

/* recipe_features: it is none. */
static size_t place_of(const Recipe *r, GHashTable *places, const char *name)
{
	void *place;
	return g_hash_table_lookup_extended(places, name, NULL, &place) ? GPOINTER_TO_SIZE(place) : recipe_features(r);
}

/* names: of numbers made of the column whose categories are at `place`. */
static bool load_twins(Recipe *r, GHashTable *places, const json_t *names, size_t place, bool aside)
{
	size_t i;
	json_t *twin;
	json_array_foreach ((json_t *)names, i, twin) {
		size_t other = json_is_string(twin) ? place_of(r, places, json_string_value(twin)) : recipe_features(r);
		if (other >= recipe_features(r))
			return false;
		r->kinds[other].twin = (uint32_t)place;
		r->kinds[other].aside = aside;
	}
	return true;
}

static bool load_kind(Recipe *r, GHashTable *places, const char *name, const json_t *about, GError **error)
{
	size_t place = place_of(r, places, name);
	int64_t categories = json_get_int(about, "categories", 0);
	bool ok = place < recipe_features(r) && categories >= 1 && categories <= LIMIT_CATEGORIES;
	if (ok)
		r->kinds[place].categories = (uint32_t)categories;
	ok = ok && load_twins(r, places, json_object_get(about, "twins"), place, false) &&
	     load_twins(r, places, json_object_get(about, "asides"), place, true);
	return ok || fail(error, FAIL_BROKEN, "the recipe's feature \"%.60s\" is not said rightly", name);
}

/* Numbers, those for views only, categories: in this order. */
static int rank_of(const FeatureKind *kind)
{
	return kind->categories ? 2 : kind->aside ? 1 : 0;
}

static bool load_kinds(Recipe *r, const json_t *kinds, GError **error)
{
	size_t features = recipe_features(r);
	const char *name;
	json_t *about;
	if (json_object_size(kinds) == 0)
		return true;
	g_autoptr(GHashTable) places = places_of(r);
	r->kinds = g_new0(FeatureKind, MAX(features, (size_t)1));
	for (size_t i = 0; i < features; i++)
		r->kinds[i].twin = FEATURE_ALONE;
	json_object_foreach ((json_t *)kinds, name, about)
		if (!load_kind(r, places, name, about, error))
			return false;
	for (size_t i = 0; i < features; i++) {
		const FeatureKind *kind = &r->kinds[i];
		if ((i > 0 && rank_of(kind) < rank_of(kind - 1)) ||
		        (kind->categories && (kind->aside || kind->twin != FEATURE_ALONE)))
			return fail(error, FAIL_BROKEN, "the recipe's categories do not stand behind its numbers");
	}
	return true;
}

static bool load_all(Recipe *r, const json_t *recipe, GError **error)
{
	const json_t *features = json_object_get(recipe, "features"), *inputs = json_object_get(recipe, "inputs");
	size_t i;
	json_t *one;
	if (!json_is_array(features) || !json_is_array(inputs) || !json_is_array(json_object_get(recipe, "transforms")))
		return fail(error, FAIL_BROKEN, "not a recipe: inputs, transforms and features are expected");
	if (!check_inputs(inputs, error))
		return false;
	r->inputs = json_pack("{s:O}", "columns", inputs);
	r->seed = (uint64_t)json_get_int(recipe, "seed", 0);
	json_array_foreach (json_object_get(recipe, "transforms"), i, one)
		if (!load_link(r, one, error))
			return false;
	json_array_foreach (features, i, one) {
		if (!json_is_string(one))
			return fail(error, FAIL_BROKEN, "feature %zu of the recipe has no name", i);
		g_ptr_array_add(r->names, g_strdup(json_string_value(one)));
	}
	g_ptr_array_add(r->names, NULL);
	return load_kinds(r, json_object_get(recipe, "kinds"), error);
}

bool recipe_load(const json_t *recipe, Recipe **ret, GError **error)
{
	g_autoptr(Recipe) r = g_new0(Recipe, 1);
	r->links = g_ptr_array_new_with_free_func((GDestroyNotify)link_free);
	r->names = g_ptr_array_new_with_free_func(g_free);
	if (!load_all(r, recipe, error))
		return false;
	*ret = g_steal_pointer(&r);
	return true;
}

size_t recipe_features(const Recipe *r)
{
	return r->names->len - 1;
}

const char *const *recipe_feature_names(const Recipe *r)
{
	return (const char *const *)r->names->pdata;
}

const FeatureKind *recipe_kinds(const Recipe *r)
{
	return r->kinds;
}

const json_t *recipe_inputs(const Recipe *r)
{
	return r->inputs;
}

RecipeTrace recipe_trace(const Recipe *r)
{
	return (RecipeTrace){
	        r->links, json_object_get(r->inputs, "columns"), recipe_feature_names(r), recipe_features(r)};
}

/* Infinity is missing: no family of models can use it.  A finite number too large for a float is the largest float. */
static float feature_value(double value)
{
	if (!isfinite(value))
		return NAN;
	return (float)CLAMP(value, -FLT_MAX, FLT_MAX);
}

static void fill_column(const Column *c, size_t from, size_t to, float *into, size_t stride)
{
	if (c->type == COLUMN_BOOL)
		for (size_t i = from; i < to; i++, into += stride)
			*into = c->bools[i];
	else if (c->type == COLUMN_REAL)
		for (size_t i = from; i < to; i++, into += stride)
			*into = feature_value(c->reals[i]);
	else
		for (size_t i = from; i < to; i++, into += stride)
			*into = (float)c->ints[i];
	if (!c->missing)
		return;
	into -= stride * (to - from);
	for (size_t i = from; i < to; i++, into += stride)
		if (c->missing[i])
			*into = NAN;
}

/* The features in their order; they stand in the frame in that order, among other columns. */
static bool find_features(const Recipe *r, const Frame *rows, const Column **ret, GError **error)
{
	size_t found = 0, features = recipe_features(r);
	for (guint i = 0; i < rows->columns->len && found < features; i++) {
		const Column *c = rows->columns->pdata[i];
		if (c->type != COLUMN_TEXT && c->type != COLUMN_TIME && strcmp(c->name, r->names->pdata[found]) == 0)
			ret[found++] = c;
	}
	if (found == features)
		return true;
	/* In another order, or not there at all. */
	for (; found < features; found++) {
		const Column *c = frame_find(rows, r->names->pdata[found]);
		if (!c || c->type == COLUMN_TEXT || c->type == COLUMN_TIME)
			return fail(error, FAIL_INVALID,
			        "the recipe's feature \"%s\" is not among the columns, or is no number",
			        (const char *)r->names->pdata[found]);
		ret[found] = c;
	}
	return true;
}

/* By blocks of rows that stay in the cache while column after column is laid into them. */
static bool fill(const Recipe *r, const Frame *rows, float *into, GError **error)
{
	enum { BLOCK = 256 };
	size_t features = recipe_features(r);
	g_autofree const Column **columns = g_new(const Column *, MAX(features, (size_t)1));
	if (!find_features(r, rows, columns, error))
		return false;
	for (size_t from = 0; from < rows->rows; from += BLOCK) {
		size_t to = MIN(from + BLOCK, rows->rows);
		for (size_t k = 0; k < features; k++)
			fill_column(columns[k], from, to, into + from * features + k, features);
	}
	return true;
}

static bool apply_links(const Recipe *r, Frame *rows, const uint32_t *inner, GError **error)
{
	for (guint i = 0; i < r->links->len; i++)
		if (!link_apply(r->links->pdata[i], rows, inner, error))
			return false;
	return true;
}

bool recipe_apply(const Recipe *r, Frame *rows, float *into, GError **error)
{
	return apply_links(r, rows, NULL, error) && fill(r, rows, into, error);
}

static bool needs_inner(const Recipe *r)
{
	for (guint i = 0; i < r->links->len; i++)
		if (((const Link *)r->links->pdata[i])->kind->sees_target)
			return true;
	return false;
}

bool recipe_apply_training(const Recipe *r, Frame *rows, float *into, GError **error)
{
	g_autofree uint32_t *inner = NULL;
	if (needs_inner(r) && !inner_folds(rows, r->seed, &inner, error))
		return false;
	return apply_links(r, rows, inner, error) && fill(r, rows, into, error);
}

json_t *recipe_strip(const json_t *recipe)
{
	json_t *ret = json_deep_copy(recipe), *transform;
	size_t i;
	json_array_foreach (json_object_get(ret, "transforms"), i, transform)
		json_object_del(transform, "cross");
	json_object_del(ret, "seed");
	return ret;
}

bool recipes_read(const char *path, json_t **ret, GError **error)
{
	g_autofree char *text = NULL;
	size_t size;
	if (!file_read(path, LIMIT_RECIPES_BYTES, &text, &size, error))
		return false;
	return json_parse(path, text, size, ret, error);
}
