/* fit.c: learning, pass by pass.
 *
 * In the first pass the transforms see the same rows for every recipe, so each learns by cells: rows of the same roles in all folds (and,
 * if it sees the target, one inner fold).  A recipe's state is the merge of the cells its rows are in; what it says
 * without an inner fold is the merge less that fold's.  In later passes rows differ by recipe (earlier transforms have
 * learnt on different rows), so each recipe is a group of its own. */
#include "feature/fit.h"

#include <string.h>

#include "base/error.h"
#include "base/json.h"
#include "base/limits.h"
#include "feature/chain.h"
#include "feature/pick.h"
#include "feature/plan.h"
#include "feature/roles.h"

typedef struct Fitting {
	RecipePlan *plan;
	const json_t *roles;
	RowSource *rows;
	uint64_t seed;
	const Folds *who; /* teaches in which fold; NULL: no folds */
	size_t folds;
	size_t recipes; /* folds, and behind them the one of all rows */
	bool shares;    /* the first pass learns by cells, for all recipes at once */
	bool sees_target;
	GPtrArray **chains; /* by recipe: of Link *, as many as items */
	json_t **entries;   /* by recipe: list of the recipe's transforms */
	/* of the pass at hand: */
	unsigned pass;
	size_t groups;
	void ***fits; /* by item: fits of its cells, group by group; NULL if it does not learn in this pass */
} Fitting;

/* The rows at hand with what goes with them. */
typedef struct Rows {
	Frame *frame;
	uint32_t *group; /* by row */
	uint32_t *inner; /* by row; NULL unless something sees the target */
	double *target;  /* likewise */
} Rows;

static void rows_free(Rows *r)
{
	frame_free(r->frame);
	g_free(r->group);
	g_free(r->inner);
	g_free(r->target);
	*r = (Rows){0};
}

static PlanItem *item_at(const Fitting *f, size_t i)
{
	return f->plan->items->pdata[i];
}

static bool learns_now(const Fitting *f, const PlanItem *item)
{
	return item->learns && item->pass == f->pass;
}

static size_t inner_of(const PlanItem *item)
{
	return item->kind->sees_target ? INNER_FOLDS : 1;
}

static bool at_place(const PlanItem *item, bool ok, GError **error)
{
	if (!ok)
		g_prefix_error(error, "%s (%s): ", item->place, item->kind->name);
	return ok;
}

static bool absorb_cells(Fitting *f, size_t i, const Rows *rows, GError **error)
{
	const PlanItem *item = item_at(f, i);
	const json_t *names = json_object_get(item->params, "columns");
	size_t inner = inner_of(item), cells = f->groups * inner, count = rows->frame->rows;
	g_autofree uint32_t *cell = g_new(uint32_t, MAX(count, (size_t)1));
	g_autofree uint32_t *numbers = g_new(uint32_t, MAX(count, (size_t)1));
	g_autofree size_t *starts = g_new(size_t, cells + 1);
	g_autofree double *target = g_new(double, MAX(count, (size_t)1));
	for (size_t r = 0; r < count; r++)
		cell[r] = rows->group[r] * (uint32_t)inner + (inner > 1 ? rows->inner[r] : 0);
	rows_by_group(cell, count, cells, numbers, starts);
	for (size_t r = 0; rows->target && r < count; r++)
		target[r] = rows->target[numbers[r]];
	for (size_t c = 0; c < cells; c++) {
		if (starts[c] == starts[c + 1])
			continue;
		g_autoptr(Frame) part = frame_pick(rows->frame, names, numbers + starts[c], starts[c + 1] - starts[c]);
		if (!item->kind->absorb(f->fits[i][c], part, rows->target ? target + starts[c] : NULL, error))
			return at_place(item, false, error);
	}
	return true;
}

static bool absorb(Fitting *f, size_t i, const Rows *rows, GError **error)
{
	const PlanItem *item = item_at(f, i);
	if (f->groups * inner_of(item) > 1)
		return absorb_cells(f, i, rows, error);
	return at_place(item, item->kind->absorb(f->fits[i][0], rows->frame, rows->target, error), error);
}

static size_t last_learning(const Fitting *f)
{
	size_t last = 0;
	for (size_t i = 0; i < f->plan->items->len; i++)
		if (learns_now(f, item_at(f, i)))
			last = i;
	return last;
}

/* Goes along the recipe: applies what is known, learns what is to be learnt now.  Transforms that need what is not
 * known yet are passed over; nothing that learns now reads what they make. */
static bool learn(Fitting *f, GPtrArray *chain, Rows *rows, GError **error)
{
	size_t last = last_learning(f);
	for (size_t i = 0; i <= last && i < f->plan->items->len; i++) {
		const PlanItem *item = item_at(f, i);
		if (learns_now(f, item)) {
			if (!absorb(f, i, rows, error))
				return false;
		} else if (item->pass + item->learns <= f->pass &&
		           !link_apply(chain->pdata[i], rows->frame, rows->inner, error)) {
			return false;
		}
	}
	return true;
}

static bool read_folds(const Fitting *f, const Frame *frame, uint32_t *ret, GError **error)
{
	if (f->who)
		return folds_of_rows(f->who, frame, ret, error);
	memset(ret, 0, frame->rows * sizeof *ret);
	return true;
}

static bool rows_prepare(Fitting *f, Rows *rows, GError **error)
{
	rows->group = g_new(uint32_t, MAX(rows->frame->rows, (size_t)1));
	if (!read_folds(f, rows->frame, rows->group, error))
		return false;
	if (!f->sees_target)
		return true;
	rows->target = g_new(double, MAX(rows->frame->rows, (size_t)1));
	return inner_folds(rows->frame, f->seed, &rows->inner, error) &&
	       target_values(rows->frame, f->roles, rows->target, error);
}

static bool is_member(const Fitting *f, size_t recipe, uint32_t cell)
{
	return recipe == f->folds || folds_role(f->who, cell, recipe) == FOLD_TEACHES;
}

/* Do all recipes learn from the same cells in this pass? */
static bool is_shared(const Fitting *f)
{
	return f->pass == 0 && f->shares;
}

/* The rows of one recipe, to be changed by its transforms. */
static Rows rows_of_recipe(const Fitting *f, const Rows *all, size_t recipe)
{
	size_t count = all->frame->rows, to = 0;
	g_autofree uint8_t *keep = g_new(uint8_t, MAX(count, (size_t)1));
	Rows ret = {.group = g_new(uint32_t, MAX(count, (size_t)1))};
	if (f->sees_target) {
		ret.inner = g_new(uint32_t, MAX(count, (size_t)1));
		ret.target = g_new(double, MAX(count, (size_t)1));
	}
	for (size_t i = 0; i < count; i++) {
		keep[i] = is_member(f, recipe, all->group[i]);
		if (!keep[i])
			continue;
		ret.group[to] = (uint32_t)recipe;
		if (f->sees_target) {
			ret.inner[to] = all->inner[i];
			ret.target[to] = all->target[i];
		}
		to++;
	}
	ret.frame = frame_filter(all->frame, keep);
	return ret;
}

static bool learn_frame(Fitting *f, Rows *rows, GError **error)
{
	if (!rows_prepare(f, rows, error))
		return false;
	if (is_shared(f))
		return learn(f, f->chains[0], rows, error);
	for (size_t r = 0; r < f->recipes; r++) {
		Rows own = rows_of_recipe(f, rows, r);
		bool ok = learn(f, f->chains[r], &own, error);
		rows_free(&own);
		if (!ok)
			return false;
	}
	return true;
}

static bool read_rows(Fitting *f, GError **error)
{
	if (!f->rows->start(f->rows->context, error))
		return false;
	for (;;) {
		Rows rows = {0};
		if (!f->rows->next(f->rows->context, &rows.frame, error))
			return false;
		if (!rows.frame)
			return true;
		bool ok = learn_frame(f, &rows, error);
		rows_free(&rows);
		if (!ok)
			return false;
	}
}

static bool pass_begin(Fitting *f, GError **error)
{
	f->groups = !is_shared(f) ? f->recipes : f->who ? folds_cells(f->who) : 1;
	f->fits = g_new0(void **, f->plan->items->len);
	for (size_t i = 0; i < f->plan->items->len; i++) {
		const PlanItem *item = item_at(f, i);
		if (!learns_now(f, item))
			continue;
		f->fits[i] = g_new0(void *, f->groups *inner_of(item));
		for (size_t c = 0; c < f->groups * inner_of(item); c++)
			if (!item->kind->begin(item->params, &f->fits[i][c], error))
				return at_place(item, false, error);
	}
	return true;
}

static void pass_end(Fitting *f)
{
	for (size_t i = 0; f->fits && i < f->plan->items->len; i++) {
		const PlanItem *item = item_at(f, i);
		for (size_t c = 0; f->fits[i] && c < f->groups * inner_of(item); c++)
			if (f->fits[i][c])
				item->kind->free_fit(f->fits[i][c]);
		g_free(f->fits[i]);
	}
	g_clear_pointer(&f->fits, g_free);
}

/* Do the rows of a group belong to the recipe in this pass? */
static bool is_group_of(const Fitting *f, size_t recipe, size_t group)
{
	return is_shared(f) ? is_member(f, recipe, (uint32_t)group) : group == recipe;
}

/* What the rows of a recipe say: all of them, or those of one inner fold (inner < INNER_FOLDS). */
static bool gather(Fitting *f, size_t i, size_t recipe, size_t inner, void **ret, GError **error)
{
	const PlanItem *item = item_at(f, i);
	void *all;
	if (!item->kind->begin(item->params, &all, error))
		return false;
	for (size_t c = 0; c < f->groups * inner_of(item); c++) {
		if (!is_group_of(f, recipe, c / inner_of(item)) || (inner < INNER_FOLDS && c % INNER_FOLDS != inner))
			continue;
		if (!item->kind->merge(all, f->fits[i][c], error)) {
			item->kind->free_fit(all);
			return false;
		}
	}
	*ret = all;
	return true;
}

static bool finish_inner(Fitting *f, size_t i, size_t recipe, void *all, json_t *cross, GError **error)
{
	const TransformKind *kind = item_at(f, i)->kind;
	for (size_t inner = 0; inner < INNER_FOLDS; inner++) {
		void *piece;
		json_t *members = NULL;
		if (!gather(f, i, recipe, inner, &piece, error))
			return false;
		bool ok = kind->finish_without(all, piece, &members, error);
		kind->free_fit(piece);
		if (!ok)
			return false;
		json_array_append_new(cross, members);
	}
	return true;
}

static bool finish_item(Fitting *f, size_t i, size_t recipe, GError **error)
{
	const PlanItem *item = item_at(f, i);
	json_auto_t *state = NULL;
	json_auto_t *cross = item->kind->sees_target ? json_array() : NULL;
	void *all;
	if (!gather(f, i, recipe, INNER_FOLDS, &all, error))
		return at_place(item, false, error);
	bool ok = item->kind->finish(all, &state, error) && (!cross || finish_inner(f, i, recipe, all, cross, error));
	item->kind->free_fit(all);
	if (!ok)
		return at_place(item, false, error);
	json_t *entry = json_array_get(f->entries[recipe], i);
	json_object_set(entry, "state", state);
	if (cross)
		json_object_set(entry, "cross", cross);
	return link_load(f->chains[recipe]->pdata[i], state, cross, error);
}

static bool pass_finish(Fitting *f, GError **error)
{
	for (size_t r = 0; r < f->recipes; r++)
		for (size_t i = 0; i < f->plan->items->len; i++)
			if (f->fits[i] && !finish_item(f, i, r, error))
				return false;
	return true;
}

static bool run_pass(Fitting *f, unsigned pass, GError **error)
{
	f->pass = pass;
	bool ok = pass_begin(f, error) && read_rows(f, error) && pass_finish(f, error);
	pass_end(f);
	return ok;
}

static bool chains_begin(Fitting *f, GError **error)
{
	f->chains = g_new0(GPtrArray *, f->recipes);
	f->entries = g_new0(json_t *, f->recipes);
	for (size_t r = 0; r < f->recipes; r++) {
		f->chains[r] = g_ptr_array_new_with_free_func((GDestroyNotify)link_free);
		f->entries[r] = json_array();
		for (size_t i = 0; i < f->plan->items->len; i++) {
			const PlanItem *item = item_at(f, i);
			Link *link = link_new(item->kind, item->params, item->place);
			g_ptr_array_add(f->chains[r], link);
			json_array_append_new(f->entries[r], json_pack("{s:s,s:O,s:s}", "transform", item->kind->name,
			                                             "params", item->params, "place", item->place));
			if (!item->learns && !link_load(link, NULL, NULL, error))
				return false;
		}
	}
	return true;
}

static void fitting_clear(Fitting *f)
{
	for (size_t r = 0; f->chains && r < f->recipes; r++) {
		if (f->chains[r])
			g_ptr_array_unref(f->chains[r]);
		json_decref(f->entries[r]);
	}
	g_free(f->chains);
	g_free(f->entries);
	recipe_plan_free(f->plan);
}

/* No rows, but all columns: shows what a recipe makes of them. */
static Frame *empty_inputs(const RecipePlan *plan)
{
	Frame *frame = frame_new(0);
	size_t i;
	json_t *input;
	json_array_foreach (plan->inputs, i, input) {
		ColumnType type = COLUMN_REAL;
		column_type_from_name(json_get_text(input, "type", NULL), &type);
		frame_add(frame, column_new(json_get_text(input, "name", ""), type, 0, NULL));
	}
	return frame;
}

/* What the columns of numbers and categories are made of: by name, the item that made them; those that are as they were
 * in the data are not there. */
typedef struct Made {
	Frame *frame;
	GHashTable *by;         /* of PlanItem *, by name of a column */
	GHashTable *categories; /* of json_t *, numbers, likewise */
} Made;

static void made_clear(Made *m)
{
	frame_free(m->frame);
	g_hash_table_destroy(m->by);
	g_hash_table_destroy(m->categories);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Made, made_clear)

static const char *only_source(const Made *m, const char *name)
{
	const PlanItem *item = g_hash_table_lookup(m->by, name);
	return item && !params_column(item->params, 1) ? params_column(item->params, 0) : NULL;
}

static bool make_empty(const Fitting *f, size_t recipe, Made *m, GError **error)
{
	m->frame = empty_inputs(f->plan);
	m->by = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
	m->categories = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, (GDestroyNotify)json_decref);
	for (guint i = 0; i < f->chains[recipe]->len; i++) {
		PlanItem *item = item_at(f, i);
		guint before = m->frame->columns->len;
		if (!link_apply(f->chains[recipe]->pdata[i], m->frame, NULL, error))
			return false;
		const json_t *state = json_object_get(json_array_get(f->entries[recipe], i), "state");
		size_t categories = json_array_size(json_object_get(state, "categories"));
		for (guint k = before; k < m->frame->columns->len; k++) {
			const char *name = ((Column *)m->frame->columns->pdata[k])->name;
			g_hash_table_insert(m->by, g_strdup(name), item);
			if (item->kind->makes_categories)
				g_hash_table_insert(m->categories, g_strdup(name),
				        json_integer((json_int_t)MAX(categories, (size_t)1)));
		}
	}
	return true;
}

/* Is it a number for views only?  Then the categories of the same column are a feature too. */
static bool is_aside(const Made *m, const char *name)
{
	const PlanItem *item = g_hash_table_lookup(m->by, name);
	const char *source = only_source(m, name);
	if (!source || !json_get_bool(item->params, "aside", false))
		return false;
	g_autofree char *category = g_strdup_printf("%s_category", source);
	return g_hash_table_contains(m->categories, category);
}

/* Numbers in the frame's order, then those for views only, then categories. */
static bool list_features(const Fitting *f, const Made *m, json_t *ret, GError **error)
{
	g_autoptr(GHashTable) seen = g_hash_table_new(g_str_hash, g_str_equal);
	json_auto_t *categories = json_array(), *asides = json_array();
	for (guint i = 0; i < m->frame->columns->len; i++) {
		const Column *c = m->frame->columns->pdata[i];
		if (!g_hash_table_add(seen, c->name))
			return fail(error, FAIL_INVALID, "two columns would be named \"%s\"; rename one in data.query",
			        c->name);
		if (plan_is_feature(f->plan, f->roles, c->name, c->type))
			json_array_append_new(g_hash_table_contains(m->categories, c->name) ? categories
			                      : is_aside(m, c->name)                        ? asides
			                                                                    : ret,
			        json_string(c->name));
	}
	json_array_extend(ret, asides);
	json_array_extend(ret, categories);
	if (json_array_size(ret) == 0)
		return fail(
		        error, FAIL_INVALID, "no features are left: all columns are dropped, unusable or the target");
	if (json_array_size(ret) > LIMIT_FEATURES)
		return fail(error, FAIL_LIMIT,
		        "%zu features; at most %d are allowed: lower max_categories of one_hot, or drop columns",
		        json_array_size(ret), LIMIT_FEATURES);
	return true;
}

/* Which of the features that are no categories are made of `source` alone, for all or for views only. */
static json_t *made_of(const Made *m, const json_t *features, const char *source, bool aside)
{
	json_t *ret = json_array(), *feature;
	size_t i;
	json_array_foreach ((json_t *)features, i, feature) {
		const char *name = json_string_value(feature);
		if (!g_hash_table_contains(m->categories, name) && g_strcmp0(only_source(m, name), source) == 0 &&
		        is_aside(m, name) == aside)
			json_array_append(ret, feature);
	}
	return ret;
}

/* {"origin_category": {"categories": 229, "twins": ["origin_mean", ...]}, ...}; NULL: there are none. */
static json_t *kinds_json(const Made *m, const json_t *features)
{
	json_t *kinds = json_object(), *feature;
	size_t i;
	json_array_foreach (features, i, feature) {
		const char *name = json_string_value(feature), *source = only_source(m, name);
		json_t *categories = g_hash_table_lookup(m->categories, name);
		if (!categories)
			continue;
		json_t *kind =
		        json_pack("{s:O,s:o}", "categories", categories, "twins", made_of(m, features, source, false));
		json_t *asides = made_of(m, features, source, true);
		if (json_array_size(asides))
			json_object_set(kind, "asides", asides);
		json_decref(asides);
		json_object_set_new(kinds, name, kind);
	}
	if (json_object_size(kinds))
		return kinds;
	json_decref(kinds);
	return NULL;
}

static bool recipe_json(const Fitting *f, size_t recipe, json_t **ret, GError **error)
{
	g_auto(Made) made = {0};
	json_auto_t *features = json_array();
	if (!make_empty(f, recipe, &made, error) || !list_features(f, &made, features, error))
		return false;
	*ret = json_pack(
	        "{s:O,s:O,s:O}", "inputs", f->plan->inputs, "transforms", f->entries[recipe], "features", features);
	json_auto_t *kinds = kinds_json(&made, features);
	if (kinds)
		json_object_set(*ret, "kinds", kinds);
	if (f->sees_target)
		json_object_set_new(*ret, "seed", json_integer((json_int_t)f->seed));
	return true;
}

static bool fit_all(Fitting *f, json_t **ret, GError **error)
{
	json_auto_t *folds = json_array();
	json_t *one;
	if (!chains_begin(f, error))
		return false;
	for (unsigned pass = 0; pass < f->plan->passes; pass++)
		if (!run_pass(f, pass, error))
			return false;
	for (size_t r = 0; r < f->recipes; r++) {
		if (!recipe_json(f, r, &one, error))
			return false;
		json_array_append_new(folds, one);
	}
	one = json_incref(json_array_get(folds, f->folds));
	json_array_remove(folds, f->folds);
	*ret = json_pack("{s:O,s:o}", "folds", folds, "final", one);
	return true;
}

bool recipe_fit_folds(const json_t *plan, const json_t *schema, const json_t *roles, RowSource *rows, uint64_t seed,
        const Folds *folds, json_t **ret, GError **error)
{
	enum { CELLS_A_RECIPE = 4 }; /* more: merging them costs more than learning once for each recipe */
	size_t count = folds ? folds_count(folds) : 0;
	Fitting f = {.roles = roles, .rows = rows, .seed = seed, .who = folds, .folds = count, .recipes = count + 1};
	f.shares = !folds || folds_cells(folds) <= CELLS_A_RECIPE * f.recipes;
	if (!recipe_plan_compile(plan, schema, roles, &f.plan, error))
		return false;
	f.sees_target = plan_sees_target(f.plan);
	bool ok = fit_all(&f, ret, error);
	fitting_clear(&f);
	return ok;
}

bool recipe_fit(const json_t *plan, const json_t *schema, const json_t *roles, RowSource *rows, uint64_t seed,
        json_t **ret, GError **error)
{
	json_auto_t *both = NULL;
	if (!recipe_fit_folds(plan, schema, roles, rows, seed, NULL, &both, error))
		return false;
	*ret = json_incref(json_object_get(both, "final"));
	return true;
}

bool recipe_fit_reads(const json_t *plan, const json_t *schema, const json_t *roles, unsigned *ret_passes,
        json_t **ret_names, GError **error)
{
	g_autoptr(RecipePlan) p = NULL;
	if (!recipe_plan_compile(plan, schema, roles, &p, error))
		return false;
	json_t *names = json_array(), *input;
	size_t i;
	json_array_foreach (p->inputs, i, input)
		json_array_append(names, json_object_get(input, "name"));
	if (plan_sees_target(p)) {
		json_array_append(names, json_object_get(roles, "target"));
		json_array_append_new(names, json_string("_gyre_row"));
	}
	*ret_passes = p->passes;
	*ret_names = names;
	return true;
}
