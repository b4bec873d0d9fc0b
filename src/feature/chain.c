/* chain.c: fitted transforms one behind the other. */
#include "feature/chain.h"

#include <string.h>

#include "base/error.h"
#include "base/json.h"
#include "feature/pick.h"

Link *link_new(const TransformKind *kind, const json_t *params, const char *place)
{
	Link *link = g_new0(Link, 1);
	link->kind = kind;
	link->params = json_incref((json_t *)params);
	link->place = g_strdup(place);
	return link;
}

static void unload(Link *link)
{
	for (unsigned i = 0; i < INNER_FOLDS; i++)
		if (link->inner[i])
			link->kind->free(link->inner[i]);
	if (link->t)
		link->kind->free(link->t);
	link->t = NULL;
	memset(link->inner, 0, sizeof link->inner);
}

void link_free(Link *link)
{
	if (!link)
		return;
	unload(link);
	json_decref(link->params);
	g_free(link->place);
	g_free(link);
}

/* Says in which transform of the recipe it went wrong. */
static bool placed(const Link *link, bool ok, GError **error)
{
	if (!ok)
		g_prefix_error(error, "%s (%s): ", link->place, link->kind->name);
	return ok;
}

static bool load_all(Link *link, const json_t *state, const json_t *cross, GError **error)
{
	if (!link->kind->load(link->params, state, &link->t, error))
		return false;
	if (!cross)
		return true;
	if (!link->kind->sees_target || json_array_size(cross) != INNER_FOLDS)
		return fail(error, FAIL_BROKEN, "%d inner folds are expected", INNER_FOLDS);
	for (unsigned i = 0; i < INNER_FOLDS; i++) {
		json_auto_t *changed = json_object();
		json_object_update(changed, (json_t *)state);
		json_object_update(changed, json_array_get(cross, i));
		if (!link->kind->load(link->params, changed, &link->inner[i], error))
			return false;
	}
	return true;
}

bool link_load(Link *link, const json_t *state, const json_t *cross, GError **error)
{
	return placed(link, load_all(link, state, cross, error), error);
}

static bool check_columns(const Link *link, const Frame *rows, GError **error)
{
	for (size_t i = 0; params_column(link->params, i); i++) {
		const Column *c = rows_find(rows, params_column(link->params, i));
		if (!c)
			return fail(error, FAIL_INVALID, "column \"%s\" is not in the rows",
			        params_column(link->params, i));
		if (!(link->kind->takes >> c->type & 1))
			return fail(
			        error, FAIL_INVALID, "column \"%s\" is of type %s", c->name, column_type_name(c->type));
	}
	return true;
}

/* Puts what was made of some of the rows into columns for all of them, new ones with the first part. */
static void put_back(const Link *link, Frame *rows, const Frame *part, const uint32_t *numbers, bool is_first)
{
	const json_t *names = json_object_get(link->params, "columns");
	for (guint i = 0; i < part->columns->len; i++) {
		const Column *c = part->columns->pdata[i];
		if (names_contain(names, c->name))
			continue;
		if (is_first)
			frame_add(rows, column_new(c->name, COLUMN_REAL, rows->rows, NULL));
		column_put_back(rows_find(rows, c->name), c, numbers);
	}
}

static bool apply_inner(const Link *link, Frame *rows, const uint32_t *inner, GError **error)
{
	const json_t *names = json_object_get(link->params, "columns");
	g_autofree uint32_t *numbers = g_new(uint32_t, MAX(rows->rows, (size_t)1));
	size_t starts[INNER_FOLDS + 1];
	rows_by_group(inner, rows->rows, INNER_FOLDS, numbers, starts);
	for (unsigned i = 0; i < INNER_FOLDS; i++) {
		g_autoptr(Frame) part = frame_pick(rows, names, numbers + starts[i], starts[i + 1] - starts[i]);
		if (!link->kind->apply(link->inner[i], part, error))
			return false;
		put_back(link, rows, part, numbers + starts[i], i == 0);
	}
	return true;
}

bool link_apply(const Link *link, Frame *rows, const uint32_t *inner, GError **error)
{
	if (!link->kind->blind && !check_columns(link, rows, error))
		return placed(link, false, error);
	if (inner && link->kind->sees_target && !link->inner[0])
		return placed(link,
		        fail(error, FAIL_INVALID,
		                "the recipe has no values for training rows: it was made for predicting"),
		        error);
	if (inner && link->inner[0])
		return placed(link, apply_inner(link, rows, inner, error), error);
	return placed(link, link->kind->apply(link->t, rows, error), error);
}

bool inner_folds(const Frame *rows, uint64_t seed, uint32_t **ret, GError **error)
{
	const Column *numbers = rows_find(rows, "_gyre_row");
	if (!numbers || numbers->type != COLUMN_INT)
		return fail(error, FAIL_INVALID, "training rows need the column \"_gyre_row\" of whole numbers");
	uint32_t *inner = g_new(uint32_t, MAX(rows->rows, (size_t)1));
	for (size_t i = 0; i < rows->rows; i++)
		inner[i] = (uint32_t)(rng_hash(seed, (uint64_t)numbers->ints[i]) % INNER_FOLDS);
	*ret = inner;
	return true;
}
