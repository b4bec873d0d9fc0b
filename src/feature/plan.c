/* plan.c: checks lists of transforms.  One walk over the list serves checking the project, planning and fitting. */
#include "feature/plan.h"

#include <string.h>

#include "base/error.h"
#include "base/json.h"
#include "base/limits.h"
#include "feature/defaults.h"
#include "feature/recipe.h"
#include "feature/roles.h"

typedef struct Walk {
	const json_t *roles;
	RecipePlan *plan;
	Outline *columns; /* the plan's; NULL when only the settings are to be checked */
	GHashTable *read; /* names of raw columns that a transform reads */
	ParamReport *report;
	void *context;
	bool ok, unsure; /* unsure: an earlier entry has a problem */
	/* of the entry at hand: */
	const char *path; /* "features[1]" */
	const char *place, *note;
	const TransformKind *kind;
} Walk;

static void item_free(PlanItem *item)
{
	json_decref(item->params);
	g_free(item->place);
	g_free(item->note);
	g_free(item);
}

void recipe_plan_free(RecipePlan *p)
{
	if (!p)
		return;
	g_ptr_array_unref(p->items);
	outline_free(p->outline);
	json_decref(p->inputs);
	g_free(p);
}

static void problem(Walk *w, const char *key, const char *format, ...) G_GNUC_PRINTF(3, 4);
static void problem(Walk *w, const char *key, const char *format, ...)
{
	va_list args;
	va_start(args, format);
	g_autofree char *sentence = g_strdup_vprintf(format, args);
	va_end(args);
	g_autofree char *path = g_strdup_printf("%s%s%s", w->path, *key ? "." : "", key);
	w->ok = false;
	w->report(w->context, path, sentence);
}

static void no_such_column(Walk *w, const char *name)
{
	const char *near = outline_nearest(w->columns, name);
	if (w->unsure)
		w->ok = false;
	else
		problem(w, "columns", "column \"%s\" is not in the data%s%s%s", name, near ? "; did you mean \"" : "",
		        near ? near : "", near ? "\"?" : "");
}

static char *types_text(unsigned types)
{
	g_autoptr(GString) text = g_string_new(NULL);
	for (unsigned t = 0; t < COLUMN_TYPES; t++)
		if (types >> t & 1)
			g_string_append_printf(text, "%s%s", text->len ? ", " : "", column_type_name((ColumnType)t));
	return g_strdup(text->str);
}

static bool check_column(Walk *w, const OutlineColumn *c)
{
	const char *refusal = roles_refuse(w->roles, c->name);
	if (refusal) {
		problem(w, "columns", "column \"%s\" %s", c->name, refusal);
		return false;
	}
	if (c->categories && !w->kind->blind) {
		problem(w, "columns", "column \"%s\" holds codes of categories: nothing can be made of them", c->name);
		return false;
	}
	if (w->kind->takes >> c->type & 1)
		return true;
	g_autofree char *takes = types_text(w->kind->takes);
	problem(w, "columns", "column \"%s\" is of type %s; %s takes: %s", c->name, column_type_name(c->type),
	        w->kind->name, takes);
	return false;
}

static void add_name(json_t *names, const char *name)
{
	if (!names_contain(names, name))
		json_array_append_new(names, json_string(name));
}

/* Has nothing been made of it yet?  Categories stand beside what else is made of a column. */
static bool is_free(const TransformKind *kind, const OutlineColumn *c)
{
	return !c->categories && !c->aside && (!c->consumed || kind->makes_categories);
}

/* What a pattern picks: columns of fitting type that are or could become features. */
static void resolve_pattern(Walk *w, const char *pattern, json_t *names)
{
	unsigned types = w->kind->matches ? w->kind->matches : w->kind->takes;
	size_t before = json_array_size(names);
	for (guint i = 0; i < w->columns->columns->len; i++) {
		const OutlineColumn *c = w->columns->columns->pdata[i];
		bool is_time =
		        c->raw && c->type != COLUMN_TIME && strcmp(json_get_text(w->roles, "time", ""), c->name) == 0;
		if (types >> c->type & 1 && is_free(w->kind, c) && !is_time && !roles_refuse(w->roles, c->name) &&
		        g_pattern_match_simple(pattern, c->name))
			add_name(names, c->name);
	}
	g_autofree char *takes = types_text(types);
	if (json_array_size(names) == before && strcmp(pattern, "*") != 0 && !w->unsure)
		problem(w, "columns", "no column of type %s matches \"%s\"", takes, pattern);
}

static json_t *resolve(Walk *w, const json_t *given)
{
	json_t *names = json_array(), *one;
	size_t i;
	json_array_foreach (given, i, one) {
		const char *name = json_string_value(one);
		const OutlineColumn *c = outline_find(w->columns, name);
		if (!c && strpbrk(name, "*?"))
			resolve_pattern(w, name, names);
		else if (!c)
			no_such_column(w, name);
		else if (check_column(w, c))
			add_name(names, name);
	}
	return names;
}

static unsigned pass_of(Walk *w, const json_t *names)
{
	unsigned pass = 0;
	size_t i;
	json_t *name;
	json_array_foreach (names, i, name) {
		const OutlineColumn *c = outline_find(w->columns, json_string_value(name));
		pass = MAX(pass, c->pass);
		if (c->raw && !w->kind->blind)
			g_hash_table_add(w->read, g_strdup(c->name));
	}
	return pass;
}

static void consume(Walk *w, const json_t *params, const json_t *names)
{
	bool keep = json_get_bool(params, "keep", false), aside = json_get_bool(params, "aside", false);
	size_t i;
	json_t *name;
	json_array_foreach (names, i, name) {
		OutlineColumn *c = outline_find(w->columns, json_string_value(name));
		bool is_number = TAKES_NUMBERS >> c->type & 1;
		if (w->kind->consumes && !aside && !(keep && is_number))
			c->consumed = true;
	}
}

/* One transform with its columns; params is taken. */
static void add_item(Walk *w, json_t *params)
{
	const json_t *names = json_object_get(params, "columns");
	PlanItem *item = g_new0(PlanItem, 1);
	*item = (PlanItem){w->kind, params, g_strdup(w->place), g_strdup(w->note), transform_learns(w->kind, params),
	        pass_of(w, names)};
	g_ptr_array_add(w->plan->items, item);
	if (item->learns)
		w->plan->passes = MAX(w->plan->passes, item->pass + 1);
	w->columns->pass = item->pass + item->learns;
	w->columns->names = names;
	consume(w, params, names);
	w->kind->outline(params, w->columns);
	if (w->columns->conflict)
		problem(w, "columns", "there is a column \"%s\" already, which this would make", w->columns->conflict);
	g_clear_pointer(&w->columns->conflict, g_free);
}

/* With columns resolved, if they are known. */
static bool check_params(Walk *w, const json_t *params)
{
	g_autoptr(GError) error = NULL;
	if (w->kind->check && !w->kind->check(params, &error))
		problem(w, "", "%s", error->message);
	return w->ok;
}

static void add_items(Walk *w, json_t *params)
{
	json_auto_t *names = resolve(w, json_object_get(params, "columns"));
	size_t i;
	json_t *name;
	if (!w->ok)
		return;
	if (!w->kind->each || json_get_bool(params, "cross", false)) {
		json_auto_t *own = json_copy(params);
		json_object_set(own, "columns", names);
		if (check_params(w, own) && json_array_size(names))
			add_item(w, json_incref(own));
		return;
	}
	if (!check_params(w, params))
		return;
	json_array_foreach (names, i, name) {
		json_t *own = json_copy(params);
		json_object_set_new(own, "columns", json_pack("[O]", name));
		add_item(w, own);
	}
}

static const char *const MARKS[] = {"transform", "place", "note"}; /* members of an entry that are no params */

static json_t *fill_params(Walk *w, const json_t *entry)
{
	json_auto_t *given = json_copy((json_t *)entry);
	for (size_t i = 0; i < G_N_ELEMENTS(MARKS); i++)
		json_object_del(given, MARKS[i]);
	if (param_find(w->kind->params, "classes") && roles_classes(w->roles))
		json_object_set(given, "classes", (json_t *)roles_classes(w->roles));
	json_t *params = param_check(w->kind->params, w->path, given, w->report, w->context);
	w->ok = w->ok && params;
	return params;
}

static const TransformKind *find_kind(Walk *w, const json_t *entry)
{
	const char *name = json_get_text(entry, "transform", NULL);
	const TransformKind *kind = name ? transform_find(name) : NULL;
	if (kind)
		return kind;
	g_autoptr(GPtrArray) names = g_ptr_array_new();
	for (const TransformKind *const *k = TRANSFORMS; *k; k++)
		g_ptr_array_add(names, (void *)(*k)->name);
	g_ptr_array_add(names, NULL);
	const char *near = name ? nearest_name(name, (const char *const *)names->pdata) : NULL;
	g_autofree char *all = g_strjoinv(", ", (char **)names->pdata);
	if (near)
		problem(w, "transform", "unknown transform \"%s\"; did you mean \"%s\"?", name, near);
	else if (name)
		problem(w, "transform", "unknown transform \"%s\"; there are: %s", name, all);
	else
		problem(w, "", "\"transform\" is missing; there are: %s", all);
	return NULL;
}

static void walk_entry(Walk *w, const char *path, const json_t *entry)
{
	w->path = path;
	w->place = json_get_text(entry, "place", path);
	w->note = json_get_text(entry, "note", NULL);
	if (!json_is_object(entry)) {
		problem(w, "", "a transform is a block such as {transform: one_hot, columns: [a, b]}");
		return;
	}
	w->kind = find_kind(w, entry);
	if (!w->kind)
		return;
	json_auto_t *params = fill_params(w, entry);
	if (params && json_array_size(json_object_get(params, "columns")) == 0)
		problem(w, "columns", "at least one column is needed");
	else if (params && w->columns)
		add_items(w, params);
	else if (params)
		check_params(w, params);
}

/* After a problem, columns that the entry would have made are not known; so that a later entry reads one is no problem
 * of its own. */
static void walk_next(Walk *w, const char *path, const json_t *entry)
{
	bool before = w->ok;
	w->unsure = !before;
	w->ok = true;
	walk_entry(w, path, entry);
	w->ok = w->ok && before;
}

static bool walk_list(Walk *w, const char *path, const json_t *list)
{
	size_t i;
	json_t *entry;
	w->path = path;
	if (list && !json_is_null(list) && !json_is_array(list))
		problem(w, "", "a list of transforms is expected");
	json_array_foreach (list, i, entry) {
		g_autofree char *at = g_strdup_printf("%s[%zu]", path, i);
		walk_next(w, at, entry);
	}
	return w->ok;
}

static void walk_begin(Walk *w, const json_t *schema)
{
	w->ok = true;
	w->plan = g_new0(RecipePlan, 1);
	w->plan->items = g_ptr_array_new_with_free_func((GDestroyNotify)item_free);
	w->plan->inputs = json_array();
	w->read = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
	if (schema)
		w->columns = w->plan->outline = outline_new(schema);
}

static void walk_end(Walk *w)
{
	recipe_plan_free(w->plan);
	g_hash_table_destroy(w->read);
}

bool plan_is_feature(const RecipePlan *p, const json_t *roles, const char *name, ColumnType type)
{
	const OutlineColumn *c = outline_find(p->outline, name);
	if (type == COLUMN_TEXT || type == COLUMN_TIME || (c && c->consumed) || roles_refuse(roles, name))
		return false;
	return !(c && c->raw && strcmp(json_get_text(roles, "time", ""), name) == 0);
}

/* Raw columns that a transform reads or that are features as they are. */
static void find_inputs(Walk *w, const json_t *schema)
{
	g_autoptr(Outline) raw = outline_new(schema);
	for (guint i = 0; i < raw->columns->len; i++) {
		const OutlineColumn *c = raw->columns->pdata[i];
		const OutlineColumn *last = outline_find(w->columns, c->name);
		bool is_feature = last && last->raw && plan_is_feature(w->plan, w->roles, c->name, c->type);
		if (is_feature || g_hash_table_contains(w->read, c->name))
			json_array_append_new(w->plan->inputs,
			        json_pack("{s:s,s:s}", "name", c->name, "type", column_type_name(c->type)));
	}
}

/* "features[1].columns" and a problem become "features[1] (target_mean): problem". */
typedef struct First {
	Walk *walk;
	GError **error;
	bool found;
} First;

static void keep_first(void *context, const char *path, const char *sentence)
{
	First *first = context;
	Walk *w = first->walk;
	if (first->found)
		return;
	first->found = true;
	const char *rest = g_str_has_prefix(path, w->path) ? path + strlen(w->path) : path;
	rest += *rest == '.';
	bool shown = *rest && strcmp(rest, "columns") != 0 && strcmp(rest, "transform") != 0;
	const char *kind = w->kind ? w->kind->name : NULL;
	fail(first->error, FAIL_INVALID, "%s%s%s%s: %s%s%s", w->place ? w->place : w->path, kind ? " (" : "",
	        kind ? kind : "", kind ? ")" : "", shown ? rest : "", shown ? ": " : "", sentence);
}

bool recipe_plan_compile(
        const json_t *plan, const json_t *schema, const json_t *roles, RecipePlan **ret, GError **error)
{
	Walk w = {.roles = roles, .report = keep_first};
	First first = {.walk = &w, .error = error};
	w.context = &first;
	walk_begin(&w, schema);
	bool ok = walk_list(&w, "features", plan);
	if (ok) {
		find_inputs(&w, schema);
		*ret = g_steal_pointer(&w.plan);
	}
	walk_end(&w);
	return ok;
}

bool plan_sees_target(const RecipePlan *p)
{
	for (guint i = 0; i < p->items->len; i++)
		if (((PlanItem *)p->items->pdata[i])->kind->sees_target)
			return true;
	return false;
}

bool recipe_validate(const json_t *features, const json_t *schema, const json_t *roles, const char *path,
        ParamReport *report, void *context)
{
	Walk w = {.roles = roles, .report = report, .context = context};
	walk_begin(&w, schema);
	walk_list(&w, path, features);
	walk_end(&w);
	return w.ok;
}

static json_t *plan_json(const RecipePlan *p)
{
	json_t *list = json_array();
	for (guint i = 0; i < p->items->len; i++) {
		const PlanItem *item = p->items->pdata[i];
		json_t *entry = json_pack("{s:s}", "transform", item->kind->name);
		json_object_update(entry, item->params);
		json_object_del(entry, "classes");
		json_object_set_new(entry, "place", json_string(item->place));
		if (item->note)
			json_object_set_new(entry, "note", json_string(item->note));
		json_array_append_new(list, entry);
	}
	return list;
}

bool recipe_plan(const json_t *features, const json_t *schema, const json_t *roles, const json_t *distinct,
        json_t **ret, GError **error)
{
	Walk w = {.roles = roles, .report = keep_first};
	First first = {.walk = &w, .error = error};
	w.context = &first;
	walk_begin(&w, schema);
	bool ok = walk_list(&w, "features", features);
	if (ok) {
		json_auto_t *rest = defaults_choose(w.columns, roles, distinct);
		ok = walk_list(&w, "default", rest);
	}
	if (ok)
		*ret = plan_json(w.plan);
	walk_end(&w);
	return ok;
}
