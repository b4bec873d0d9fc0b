/* test_step_update.c: a bundle learns on, in one step or outcome by outcome: same recipe, judged on the newest rows, the same bytes for the same inputs, the parent on
 * record; and rows the recipe does not fit are refused. */
#include "retrain/step_online.h"
#include "retrain/step_update.h"

#include <math.h>
#include <string.h>

#include "base/error.h"
#include "base/file.h"
#include "base/json.h"
#include "data/engine.h"
#include "feature/step_features.h"
#include "model/bundle.h"
#include "model/step_train.h"

typedef struct Place {
	char *folder, *old;
} Place;

static char *at(const Place *p, const char *name)
{
	return g_build_filename(p->folder, name, NULL);
}

/* sign: which way the target goes with x; the second half of the rows is later. */
static char *make_rows(const Place *p, const char *name, int from, int sign, const char *more)
{
	g_autoptr(Engine) e = NULL;
	g_autoptr(GError) error = NULL;
	char *path = at(p, name);
	g_autofree char *sql = g_strdup_printf(
	        "with raw as (select i, (hash(i) %% 1000) / 100.0 - 5 as u, (hash(i + 7777) %% 1000) / 500.0 - 1 as n "
	        "from range(%d, %d) t(i)) select u as x, ['red', 'green', 'blue'][1 + (hash(i + 99) %% 3)::int] as c, "
	        "timestamp '2024-01-01' + interval (i) minute as at, case when %d * u + n > 0 then 'yes' else 'no' end "
	        "as "
	        "target, i as _gyre_row, (case when i %% 5 = 0 then 0 else -1 end)::bigint as _gyre_fold %s from raw "
	        "order by "
	        "hash(i)",
	        from, from + 1500, sign, more);
	engine_open(NULL, &e, &error);
	g_assert_no_error(error);
	engine_write_parquet(e, sql, path, &error);
	g_assert_no_error(error);
	return path;
}

static void run_step(const StepKind *kind, const char *params, const char *const *inputs, const char *folder)
{
	g_autoptr(GError) error = NULL;
	json_auto_t *given = json_loads(params, 0, NULL);
	g_assert_nonnull(given);
	step_test_run(kind, given, inputs, folder, 3, &error);
	g_assert_no_error(error);
}

static Place place_new(const char *family)
{
	Place p = {.folder = g_dir_make_tmp("gyre-update-XXXXXX", NULL)};
	g_autofree char *rows = make_rows(&p, "train.parquet", 0, 1, ""), *features = at(&p, "features");
	g_autofree char *recipes = g_build_filename(features, "recipes", NULL), *trained = at(&p, "trained");
	g_autofree char *params =
	        g_strdup_printf("{\"families\": [\"%s\"], \"search\": {\"trials\": 1}, \"params\": {\"ftrl\": "
	                        "{\"alpha\": 0.5}}, \"ensemble\": {\"method\": \"none\"}}",
	                family);
	const char *for_features[] = {"train", rows, NULL}, *for_train[] = {"train", rows, "recipes", recipes, NULL};
	run_step(&STEP_FEATURES,
	        "{\"roles\": {\"task\": \"classification\", \"target\": \"target\", \"positive\": \"yes\", \"time\": "
	        "\"at\", "
	        "\"key\": [], \"drop\": [], \"group\": null, \"weight\": null}, \"features\": [{\"transform\": "
	        "\"drop\", "
	        "\"columns\": [\"at\"]}]}",
	        for_features, features);
	run_step(&STEP_TRAIN, params, for_train, trained);
	p.old = g_build_filename(trained, "bundle", NULL);
	return p;
}

static void place_clear(Place *p)
{
	file_remove(p->folder, NULL);
	g_free(p->folder);
	g_free(p->old);
}

static bool update(const Place *p, const char *rows, const char *params, const char *name, GError **error)
{
	const char *inputs[] = {"bundle", p->old, "rows", rows, NULL};
	g_autofree char *folder = at(p, name);
	json_auto_t *given = json_loads(params, 0, NULL);
	g_assert_nonnull(given);
	return step_test_run(&STEP_UPDATE, given, inputs, folder, 3, error);
}

static json_t *about(const Place *p, const char *name)
{
	g_autofree char *path = g_build_filename(p->folder, name, "about", NULL);
	json_t *ret = NULL;
	g_assert_true(json_read_file(path, &ret, NULL));
	return ret;
}

static Bundle *updated(const Place *p, const char *name)
{
	g_autofree char *path = g_build_filename(p->folder, name, "bundle", NULL);
	g_autoptr(GError) error = NULL;
	Bundle *b = NULL;
	bundle_load(path, &b, &error);
	g_assert_no_error(error);
	return b;
}

/* The world turned round: what learnt on is better on the newest rows, by the goal's metric, and says whose child it is. */
static void test_family(gconstpointer data)
{
	Place p = place_new(data);
	g_autoptr(GError) error = NULL;
	g_autofree char *rows = make_rows(&p, "fresh.parquet", 1500, -1, "");
	const char *params = "{\"threads\": 1, \"how\": {\"keep\": 0.05, \"share\": 1, \"trees\": \"grow\"}}";
	update(&p, rows, params, "one", &error);
	g_assert_no_error(error);
	update(&p, rows, params, "two", &error);
	g_assert_no_error(error);
	json_auto_t *told = about(&p, "one");
	double before = json_number_value(json_at(told, "old.roc_auc")),
	       after = json_number_value(json_at(told, "new.roc_auc"));
	g_assert_cmpfloat(after, >, before + 0.3);
	g_assert_cmpint(json_integer_value(json_at(told, "rows.judged")), ==, 300);
	g_autoptr(Bundle) b = updated(&p, "one");
	g_autoptr(Bundle) old = NULL;
	g_assert_true(bundle_load(p.old, &old, NULL));
	const json_t *header = bundle_header(b), *was = bundle_header(old);
	g_assert_true(json_equal(json_object_get(header, "recipe"), json_object_get(was, "recipe")));
	g_assert_true(json_is_string(json_at(header, "provenance.parent")));
	g_assert_cmpint(json_get_int(header, "rows", 0), ==, json_get_int(was, "rows", 0) + 1500);
	g_autofree char *one = g_build_filename(p.folder, "one", "bundle", NULL);
	g_autofree char *two = g_build_filename(p.folder, "two", "bundle", NULL);
	g_autofree char *a = NULL, *c = NULL;
	gsize size, other;
	g_assert_true(g_file_get_contents(one, &a, &size, NULL) && g_file_get_contents(two, &c, &other, NULL));
	g_assert_true(size == other && memcmp(a, c, size) == 0);
	place_clear(&p);
}

static void refuse(const Place *p, const char *rows, const char *says)
{
	g_autoptr(GError) error = NULL;
	g_assert_false(update(p, rows, "{}", "refused", &error));
	g_assert_error(error, FAIL, FAIL_INVALID);
	if (!strstr(error->message, says))
		g_error("%s", error->message);
}

static void test_fits(void)
{
	Place p = place_new("naive_bayes");
	g_autoptr(GError) error = NULL;
	g_autofree char *gone = make_rows(&p, "gone.parquet", 0, 1, ", null::double as y");
	g_autoptr(Engine) e = NULL;
	g_assert_true(engine_open(NULL, &e, NULL));
	g_autofree char *strange = at(&p, "strange.parquet"), *empty = at(&p, "empty.parquet"),
	                *blank = at(&p, "blank.parquet");
	g_autofree char *some = at(&p, "some.parquet"), *from = sql_parquet(gone);
	g_autofree char *a =
	        g_strdup_printf("select * replace (case when _gyre_row %% 9 = 0 then 'maybe' else target end as "
	                        "target) from %s",
	                from);
	g_autofree char *b = g_strdup_printf("select * replace (null::double as x) from %s", from);
	g_autofree char *c = g_strdup_printf("select * from %s where false", from);
	g_autofree char *d =
	        g_strdup_printf("select * replace (case when _gyre_row %% 2 = 0 then 'black' else c end as c) "
	                        "from %s",
	                from);
	g_assert_true(engine_write_parquet(e, a, strange, NULL) && engine_write_parquet(e, b, blank, NULL) &&
	              engine_write_parquet(e, c, empty, NULL) && engine_write_parquet(e, d, some, NULL));
	refuse(&p, strange, "label");
	refuse(&p, blank, "\"x\"");
	refuse(&p, empty, "none of the 0 fresh rows");
	update(&p, some, "{\"held_out\": 0}", "some", &error);
	g_assert_no_error(error);
	json_auto_t *told = about(&p, "some");
	g_assert_cmpuint(json_array_size(json_object_get(told, "warnings")), ==, 1);
	g_assert_true(json_is_null(json_object_get(told, "new")) || !json_object_get(told, "new"));
	place_clear(&p);
	p = place_new("svm");
	g_autofree char *again = make_rows(&p, "again.parquet", 0, 1, "");
	refuse(&p, again, "svm");
	place_clear(&p);
}

static bool live(const Place *p, const char *rows, const char *known, const char *params, const char *name)
{
	const char *inputs[] = {"bundle", p->old, "rows", rows, "known", known, NULL};
	g_autofree char *folder = at(p, name);
	json_auto_t *given = json_loads(params, 0, NULL);
	g_autoptr(GError) error = NULL;
	g_assert_nonnull(given);
	bool ok = step_test_run(&STEP_ONLINE, given, inputs, folder, 3, &error);
	g_assert_no_error(error);
	return ok;
}

static double *read_scores(const Place *p, const char *name)
{
	g_autofree char *path = g_build_filename(p->folder, name, "scores", NULL);
	char *bytes = NULL;
	gsize size;
	g_assert_true(g_file_get_contents(path, &bytes, &size, NULL));
	g_assert_cmpuint(size, ==, 1500 * 3 * sizeof(double));
	return (double *)(void *)bytes;
}

static void check_same_model(const Place *p, const char *one, const char *other)
{
	g_autoptr(Bundle) x = updated(p, one);
	g_autoptr(Bundle) y = updated(p, other);
	g_autoptr(GBytes) a = NULL;
	g_autoptr(GBytes) b = NULL;
	const ModelFamily *family;
	const void *model = bundle_model(x, &family);
	g_assert_true(family->save(model, &a, NULL) && family->save(bundle_model(y, &family), &b, NULL));
	g_assert_true(g_bytes_equal(a, b));
}

#define PERIOD "\"time\": \"at\", \"from\": \"2024-01-02 01:00:00\", \"until\": \"2024-01-03 02:00:00\", \"sips\": "

/* Rows 1500 to 3000 are minutes from 2024-01-02 01:00 on.  Outcomes that arrive after the period teach nothing in it; those that
 * arrive in it do, and the model at its end is the same in however many sips it learnt. */
static void test_online(void)
{
	Place p = place_new("ftrl");
	g_autofree char *rows = make_rows(&p, "rows.parquet", 1500, -1, "");
	live(&p, rows, rows, "{" PERIOD "40, \"delay\": 900000000000}", "late");
	live(&p, rows, rows, "{" PERIOD "1}", "at once");
	live(&p, rows, rows, "{" PERIOD "50}", "by sips");
	g_autofree double *late = read_scores(&p, "late"), *once = read_scores(&p, "at once"),
	                  *sips = read_scores(&p, "by sips");
	double moved = 0;
	for (size_t i = 0; i < 1500; i++) {
		g_assert_cmpfloat(late[2 * i], ==, once[2 * i]);
		moved += fabs(sips[2 * i] - once[2 * i]);
	}
	g_assert_cmpfloat(moved, >, 150);
	check_same_model(&p, "at once", "by sips");
	place_clear(&p);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_data_func("/update/naive_bayes", "naive_bayes", test_family);
	g_test_add_data_func("/update/linear", "linear", test_family);
	g_test_add_data_func("/update/ftrl", "ftrl", test_family);
	g_test_add_data_func("/update/boosted", "boosted", test_family);
	g_test_add_data_func("/update/forest", "forest", test_family);
	g_test_add_func("/update/fits", test_fits);
	g_test_add_func("/update/online", test_online);
	return g_test_run();
}
