/* step_features.c: learns the recipes from the training rows. */
#include "feature/step_features.h"

#include <string.h>

#include "base/error.h"
#include "base/json.h"
#include "base/limits.h"
#include "base/progress.h"
#include "data/engine.h"
#include "feature/categories.h"
#include "feature/fit.h"
#include "feature/outline.h"
#include "feature/roles.h"

typedef struct Training {
	Engine *engine;
	char *table; /* read_parquet(...) */
	json_t *schema, *roles;
	Folds *folds;
	uint64_t rows, done;
	unsigned passes;
	char *query;    /* of the rows */
	size_t columns; /* it reads */
	FrameReader *reader;
} Training;

static void training_clear(Training *t)
{
	if (t->reader)
		frame_reader_free(t->reader);
	engine_close(t->engine);
	folds_free(t->folds);
	json_decref(t->schema);
	json_decref(t->roles);
	g_free(t->table);
	g_free(t->query);
}

/* Bytes of one frame: a table of thousands of columns is read in shorter ones. */
enum { FRAME_BYTES = 64 << 20, FRAME_ROWS_LEAST = 2048, FRAME_ROWS_MOST = 65536 };

static bool rows_start(void *context, GError **error)
{
	Training *t = context;
	size_t rows = FRAME_BYTES / sizeof(double) / MAX(t->columns, (size_t)1);
	g_clear_pointer(&t->reader, frame_reader_free);
	return engine_read(t->engine, t->query, CLAMP(rows, FRAME_ROWS_LEAST, FRAME_ROWS_MOST), &t->reader, error);
}

static bool rows_next(void *context, Frame **ret, GError **error)
{
	Training *t = context;
	progress_report("features", t->done, t->rows * t->passes);
	if (!frame_reader_next(t->reader, ret, error))
		return false;
	t->done += *ret ? (*ret)->rows : 0;
	return true;
}

static bool open_table(Training *t, StepRun *s, GError **error)
{
	EngineLimits limits = {step_cores(s), step_memory_mb(s), step_scratch(s)};
	json_t *columns;
	t->table = sql_parquet(step_input(s, "train"));
	g_autofree char *all = g_strdup_printf("select * from %s", t->table);
	if (!engine_open(&limits, &t->engine, error) || !engine_describe(t->engine, all, &columns, error))
		return false;
	t->schema = json_pack("{s:o}", "columns", columns);
	return true;
}

/* The labels there are, in the order of categories (numbers by value). */
static bool find_classes(Training *t, json_t **ret, GError **error)
{
	const char *target = json_get_text(t->roles, "target", "");
	g_autofree char *name = sql_name(target);
	g_autofree char *query = g_strdup_printf(
	        "select distinct %s from %s where %s is not null limit %d", name, t->table, name, LIMIT_CLASSES + 2);
	g_autoptr(Frame) labels = NULL;
	if (!engine_frame(t->engine, query, &labels, error))
		return false;
	g_autoptr(CategoryCounts) counts = category_counts_new();
	g_autoptr(Column) own = NULL;
	category_counts_add(counts, category_view(labels->columns->pdata[0], &own));
	g_autoptr(GArray) classes = category_counts_sorted(counts, 1);
	if (classes->len > LIMIT_CLASSES)
		return fail(error, FAIL_LIMIT,
		        "the target \"%s\" has more than %d different values; a number of so many is for task: "
		        "regression",
		        target, LIMIT_CLASSES);
	*ret = categories_json(classes);
	return true;
}

static bool check_classes(const json_t *roles, GError **error)
{
	const json_t *classes = json_object_get(roles, "classes");
	const char *positive = json_get_text(roles, "positive", NULL), *target = json_get_text(roles, "target", "");
	if (json_array_size(classes) == 0)
		return fail(error, FAIL_INVALID, "the target \"%s\" is missing in all rows", target);
	if (json_array_size(classes) == 1)
		return fail(error, FAIL_INVALID, "the target \"%s\" is always \"%s\": there is nothing to learn",
		        target, json_string_value(json_array_get(classes, 0)));
	if (!positive || names_contain(classes, positive))
		return true;
	g_autofree char *all = json_canonical(classes);
	return fail(error, FAIL_INVALID, "the positive class \"%s\" is not among the values of \"%s\": %.200s",
	        positive, target, all);
}

static bool complete_roles(Training *t, const json_t *roles, GError **error)
{
	const char *target = json_get_text(roles, "target", "");
	json_t *classes = NULL;
	t->roles = json_copy((json_t *)roles);
	g_autoptr(Outline) columns = outline_new(t->schema);
	if (!outline_find(columns, target)) {
		const char *near = outline_nearest(columns, target);
		return fail(error, FAIL_INVALID, "the target \"%s\" is not in the data%s%s%s", target,
		        near ? "; did you mean \"" : "", near ? near : "", near ? "\"?" : "");
	}
	if (strcmp(json_get_text(roles, "task", ""), "classification") != 0)
		return true;
	if (!json_is_array(json_object_get(roles, "classes"))) {
		if (!find_classes(t, &classes, error))
			return false;
		json_object_set_new(t->roles, "classes", classes);
	}
	return check_classes(t->roles, error);
}

/* What the choice of transforms asks of a column, as SQL with the column's number in the names. */
static void ask(GString *query, const OutlineColumn *c, guint i)
{
	g_autofree char *name = sql_name(c->name);
	if (c->type == COLUMN_TEXT)
		g_string_append_printf(
		        query, ", count(distinct %s) as \"distinct%u\", count(%s) as \"present%u\"", name, i, name, i);
	else if (c->type == COLUMN_TIME)
		g_string_append_printf(query,
		        ", date_diff('day', min(%1$s) filter (isfinite(%1$s)), max(%1$s) filter (isfinite(%1$s))) as "
		        "\"days%2$u\""
		        ", bool_or(%1$s <> date_trunc('day', %1$s)) filter (isfinite(%1$s)) as \"hours%2$u\""
		        ", bool_or(%1$s <> date_trunc('hour', %1$s)) filter (isfinite(%1$s)) as \"minutes%2$u\"",
		        name, i);
}

static json_t *answer(const json_t *row, const OutlineColumn *c, guint i)
{
	static const char *const KEYS[] = {"distinct", "present", "days", "hours", "minutes"};
	json_t *about = json_object();
	for (size_t k = 0; k < G_N_ELEMENTS(KEYS); k++) {
		g_autofree char *key = g_strdup_printf("%s%u", KEYS[k], i);
		const json_t *value = json_object_get(row, key);
		if (value)
			json_object_set(about, KEYS[k], (json_t *)value);
	}
	int64_t rows = json_get_int(row, "rows", 0);
	if (c->type == COLUMN_TEXT)
		json_object_set_new(about, "missing", json_integer(rows - json_get_int(about, "present", rows)));
	return about;
}

/* One scan: rows, and what the choice of transforms goes by. */
static bool count(Training *t, json_t **ret, GError **error)
{
	g_autoptr(Outline) columns = outline_new(t->schema);
	g_autoptr(GString) query = g_string_new("select count(*) as \"rows\"");
	json_auto_t *row = NULL;
	json_t *about = json_object();
	for (guint i = 0; i < columns->columns->len; i++) {
		const OutlineColumn *c = columns->columns->pdata[i];
		if (!roles_refuse(t->roles, c->name))
			ask(query, c, i);
	}
	g_string_append_printf(query, " from %s", t->table);
	*ret = json_pack("{s:o}", "columns", about);
	if (!engine_row(t->engine, query->str, &row, error)) {
		g_clear_pointer(ret, json_decref);
		return false;
	}
	for (guint i = 0; i < columns->columns->len; i++) {
		const OutlineColumn *c = columns->columns->pdata[i];
		if (!roles_refuse(t->roles, c->name) && (c->type == COLUMN_TEXT || c->type == COLUMN_TIME))
			json_object_set_new(about, c->name, answer(row, c, i));
	}
	t->rows = (uint64_t)json_get_int(row, "rows", 0);
	json_object_set_new(*ret, "rows", json_integer((json_int_t)t->rows));
	return true;
}

static bool prepare_query(Training *t, const json_t *plan, GError **error)
{
	json_auto_t *names = NULL;
	json_t *one;
	size_t i;
	if (!recipe_fit_reads(plan, t->schema, t->roles, &t->passes, &names, error))
		return false;
	if (folds_count(t->folds))
		json_array_append_new(names, json_string(folds_column(t->folds)));
	g_autoptr(GString) query = g_string_new("select ");
	json_array_foreach (names, i, one) {
		g_autofree char *name = sql_name(json_string_value(one));
		g_string_append_printf(query, "%s%s", i ? ", " : "", name);
	}
	g_string_append_printf(query, " from %s", t->table);
	t->query = g_strdup(query->str);
	t->columns = json_array_size(names);
	return true;
}

static void tell(StepRun *s, const Training *t, const json_t *plan, const json_t *recipes)
{
	size_t i;
	json_t *entry, *notes = json_object();
	json_array_foreach (plan, i, entry) {
		const char *note = json_get_text(entry, "note", NULL), *column = params_column(entry, 0);
		g_autofree char *text =
		        g_strdup_printf("%s: %s", json_get_text(entry, "transform", ""), note ? note : "");
		if (note)
			json_object_set_new(notes, column, json_text(text));
	}
	step_note(s, "chosen", notes);
	step_metric(s, "rows", (double)t->rows);
	step_metric(s, "passes", t->passes);
	step_metric(s, "features", (double)json_array_size(json_object_get(recipes, "features")));
}

static bool make_recipes(Training *t, StepRun *s, const json_t *params, GError **error)
{
	json_auto_t *about = NULL;
	json_auto_t *plan = NULL;
	json_auto_t *recipes = NULL;
	if (!open_table(t, s, error) || !complete_roles(t, json_object_get(params, "roles"), error) ||
	        !folds_read(t->engine, t->table, &t->folds, error) || !count(t, &about, error) ||
	        !recipe_plan(json_object_get(params, "features"), t->schema, t->roles, about, &plan, error) ||
	        !prepare_query(t, plan, error))
		return false;
	RowSource rows = {rows_start, rows_next, t};
	if (!recipe_fit_folds(plan, t->schema, t->roles, &rows, step_seed(s), folds_count(t->folds) ? t->folds : NULL,
	            &recipes, error))
		return false;
	progress_report("features", t->rows * t->passes, t->rows * t->passes);
	json_object_set(recipes, "roles", t->roles);
	json_object_set(recipes, "plan", plan);
	json_object_set(recipes, "features", json_object_get(json_object_get(recipes, "final"), "features"));
	tell(s, t, plan, recipes);
	return step_output_json(s, "recipes", recipes, error);
}

static bool run(StepRun *s, const json_t *params, GError **error)
{
	Training t = {0};
	bool ok = make_recipes(&t, s, params, error);
	training_clear(&t);
	return ok;
}

static const Param PARAMS[] = {
        {.name = "features",
                .type = PARAM_JSON,
                .help = "transforms in their order; for what they leave without numbers some are chosen by type"},
        {.name = "roles",
                .type = PARAM_JSON,
                .flags = PARAM_REQUIRED,
                .help = "task, target, classes, time, key, drop, group and weight, from the project's other blocks"},
        {0},
};
static const char *const INPUTS[] = {"train", NULL};
static const char *const OUTPUTS[] = {"recipes", NULL};

const StepKind STEP_FEATURES = {
        .name = "features",
        .help = "learns how to make features of the columns",
        .version = 3,
        .params = PARAMS,
        .inputs = INPUTS,
        .outputs = OUTPUTS,
        .flags = STEP_ALL_CORES,
        .run = run,
};
