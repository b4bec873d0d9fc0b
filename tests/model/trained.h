/* trained.h: a small table, its recipes, and the step train run on them, for the tests of that step. */
#pragma once

#include <string.h>

#include "base/error.h"
#include "base/file.h"
#include "base/json.h"
#include "data/engine.h"
#include "feature/step_features.h"
#include "model/bundle.h"
#include "model/step_train.h"
#include "pipeline/work.h"

typedef struct Place {
	char *folder, *train, *recipes;
} Place;

static inline char *at(const Place *p, const char *name)
{
	return g_build_filename(p->folder, name, NULL);
}

/* 1,500 rows: x and category make the target, noise does not; some x are missing.  fold: SQL of _gyre_fold from i. */
static inline void make_table(const Place *p, const char *target, const char *fold)
{
	g_autoptr(Engine) e = NULL;
	g_autoptr(GError) error = NULL;
	g_autofree char *sql = g_strdup_printf(
	        "with raw as (select i, (hash(i) %% 1000) / 100.0 - 5 as u, (hash(i + 7777) %% 1000) / 1000.0 as "
	        "noise, "
	        "['red', 'green', 'blue', 'grey'][1 + (hash(i + 99) %% 4)::int] as category from range(1500) t(i)) "
	        "select case when i %% 11 = 0 then null else u end as x, category, noise, (i %% 3 + 1)::double as w, "
	        "%s as "
	        "target, i as _gyre_row, (%s)::bigint as _gyre_fold from raw order by i",
	        target, fold);
	engine_open(NULL, &e, &error);
	g_assert_no_error(error);
	engine_write_parquet(e, sql, p->train, &error);
	g_assert_no_error(error);
}

static inline json_t *roles_of(const char *task, bool weighted)
{
	json_t *roles = json_pack("{s:s,s:s,s:n,s:n,s:[],s:[],s:n,s:n}", "task", task, "target", "target", "positive",
	        "time", "key", "drop", "group", "weight");
	if (weighted)
		json_object_set_new(roles, "weight", json_string("w"));
	return roles;
}

static inline void make_recipes(const Place *p, json_t *roles)
{
	g_autoptr(GError) error = NULL;
	const char *inputs[] = {"train", p->train, NULL};
	g_autofree char *folder = at(p, "features");
	g_autofree char *made = g_build_filename(folder, "recipes", NULL);
	json_auto_t *params = json_pack("{s:o}", "roles", roles);
	step_test_run(&STEP_FEATURES, params, inputs, folder, 1, &error);
	g_assert_no_error(error);
	g_assert_true(file_copy(made, p->recipes, NULL));
}

#define HOLD_OUT "case when i % 5 = 0 then 0 else -1 end"
#define TWO_CLASSES \
	"case when u + case category when 'red' then 2 else 0 end + 3 * noise > 1.5 then 'yes' else 'no' end"

static inline Place *place_new(const char *target, const char *fold, json_t *roles)
{
	Place *p = g_new0(Place, 1);
	p->folder = g_dir_make_tmp("gyre-train-XXXXXX", NULL);
	p->train = at(p, "train.parquet");
	p->recipes = at(p, "recipes");
	make_table(p, target, fold);
	make_recipes(p, roles);
	return p;
}

static inline void place_free(Place *p)
{
	file_remove(p->folder, NULL);
	g_free(p->folder);
	g_free(p->train);
	g_free(p->recipes);
	g_free(p);
}

static inline bool train(const Place *p, const char *settings, const char *name, unsigned cores, GError **error)
{
	g_autofree char *folder = at(p, name);
	json_auto_t *given = json_loads(settings, 0, NULL);
	json_auto_t *params = NULL;
	g_assert_nonnull(given);
	if (!param_fill(STEP_TRAIN.params, "train", given, &params, error))
		return false;
	json_auto_t *spec = json_pack("{s:s,s:s,s:O,s:{s:{s:s,s:s},s:{s:s,s:s}},s:[s,s,s],s:i,s:i}", "step", "train",
	        "kind", "train", "params", params, "inputs", "train", "path", p->train, "digest", "aa", "recipes",
	        "path", p->recipes, "digest", "bb", "outputs", "bundle", "trials", "out_of_fold", "seed", 9, "cores",
	        (int)cores);
	g_assert_true(file_make_folder(folder, NULL));
	g_autoptr(StepRun) s = work_new(&STEP_TRAIN, spec, folder, folder);
	bool ok = work_run(s, error);
	json_auto_t *told = work_told(s);
	g_autofree char *path = g_build_filename(folder, "result.json", NULL);
	g_assert_true(json_write_file(path, told, NULL));
	return ok;
}

static inline void train_well(const Place *p, const char *settings, const char *name, unsigned cores)
{
	g_autoptr(GError) error = NULL;
	train(p, settings, name, cores, &error);
	g_assert_no_error(error);
}

static inline json_t *read_json(const Place *p, const char *name, const char *file)
{
	g_autofree char *path = g_build_filename(p->folder, name, file, NULL);
	g_autoptr(GError) error = NULL;
	json_t *value = NULL;
	json_read_file(path, &value, &error);
	g_assert_no_error(error);
	return value;
}

static inline void assert_same(const Place *p, const char *a, const char *b)
{
	static const char *const FILES[] = {"bundle", "trials", "out_of_fold"};
	for (size_t i = 0; i < G_N_ELEMENTS(FILES); i++) {
		g_autofree char *one = g_build_filename(p->folder, a, FILES[i], NULL);
		g_autofree char *other = g_build_filename(p->folder, b, FILES[i], NULL);
		g_autofree char *x = NULL;
		g_autofree char *y = NULL;
		gsize nx, ny;
		g_assert_true(g_file_get_contents(one, &x, &nx, NULL) && g_file_get_contents(other, &y, &ny, NULL));
		g_assert_cmpmem(x, nx, y, ny);
	}
}

static inline Bundle *open_bundle(const Place *p, const char *name)
{
	g_autofree char *path = g_build_filename(p->folder, name, "bundle", NULL);
	g_autoptr(GError) error = NULL;
	Bundle *b = NULL;
	bundle_load(path, &b, &error);
	g_assert_no_error(error);
	return b;
}

static inline Frame *some_rows(const Place *p)
{
	g_autoptr(Engine) e = NULL;
	Frame *rows = NULL;
	g_autofree char *table = sql_parquet(p->train);
	g_autofree char *sql =
	        g_strdup_printf("select noise, w, x, category, target from %s order by _gyre_row", table);
	g_assert_true(engine_open(NULL, &e, NULL) && engine_frame(e, sql, &rows, NULL));
	return rows;
}

#define QUICK "{\"search\": {\"trials\": 6}, \"params\": {\"boosted\": {\"rounds\": 40}, \"forest\": {\"trees\": 20}}}"

static inline void expect_failure(const Place *p, const char *settings, FailCode code, const char *words)
{
	g_autoptr(GError) error = NULL;
	static unsigned number;
	g_autofree char *name = g_strdup_printf("failure-%u", number++);
	g_assert_false(train(p, settings, name, 2, &error));
	g_assert_error(error, FAIL, (int)code);
	if (!strstr(error->message, words))
		g_error("\"%s\" does not say \"%s\"", error->message, words);
}
