/* test_looks.c: the looks at drift find what changed, name it, stay calm where nothing did, and say where there is too little to tell. */
#include "monitor/look.h"

#include <math.h>

#include "monitor/domain.h"
#include "monitor/reconstruction.h"
#include "monitor/subject.h"
#include "stats/mmd.h"
#include "world.h"

/* What the looks find in an hour of requests. */
static json_t *hour_of(World *w, int hour, int rows, WorldRow row)
{
	world_hour(w, "stable", WORLD_START + hour * HOUR, rows, row);
	json_decref(world_pass(w, true, meta_now()));
	json_t *windows = NULL, *findings = NULL;
	g_assert_true(history_windows(w->meta, "half", WORLD_START + hour * HOUR, 1, &windows, NULL));
	g_assert_cmpint(json_get_int(json_array_get(windows, 0), "rows", 0), ==, rows);
	g_assert_true(history_findings(w->meta, json_get_text(json_array_get(windows, 0), "id", ""), &findings, NULL));
	json_decref(windows);
	return findings;
}

static void check(const json_t *findings, const char *measure, const char *subject, const char *state)
{
	const json_t *f = world_finding(findings, measure, subject);
	if (!f || strcmp(json_get_text(f, "state", ""), state) != 0)
		g_error("%s of %s is %s, not %s", measure, subject, f ? json_get_text(f, "state", "") : "not there",
		        state);
}

static size_t count_state(const json_t *findings, const char *state)
{
	size_t i, count = 0;
	json_t *f;
	json_array_foreach ((json_t *)findings, i, f)
		count += strcmp(json_get_text(f, "state", ""), state) == 0;
	return count;
}

#define DRIFT "{\"every\": \"1h\", \"looks\": {\"drift\": "

static void test_drift(void)
{
	World w;
	world_open(&w, DRIFT "{}}}");
	world_only(&w, "drift");
	json_auto_t *calm = hour_of(&w, 0, 1000, (WorldRow){0});
	g_assert_cmpuint(json_array_size(calm), ==, 6);
	g_assert_cmpuint(count_state(calm, "ok"), ==, 6);
	/* N(0, 1) shifted by 0.5: the gap is 2 Phi(d/2) - 1 = 0.19741 and Wasserstein's distance 0.5, in closed form */
	json_auto_t *moved = hour_of(&w, 1, 4000, (WorldRow){.x_shift = 0.5});
	check(moved, "ks", "x", "alarm");
	check(moved, "ks", "n", "ok");
	check(moved, "ks", "score", "alarm");
	check(moved, "total_variation", "decision", "alarm");
	check(moved, "total_variation", "word", "ok");
	check(moved, "total_variation", "place", "ok");
	const json_t *x = world_finding(moved, "ks", "x"), *tests = json_at(x, "evidence.tests");
	g_assert_cmpfloat_with_epsilon(json_get_number(x, "value", 0), 0.19741, 0.03);
	g_assert_cmpfloat_with_epsilon(json_number_value(json_at(tests, "wasserstein.value")), 0.5, 0.06);
	g_assert_cmpfloat_with_epsilon(json_number_value(json_at(tests, "psi.value")), 0.25, 0.07);
	g_assert_cmpfloat(json_get_number(x, "p", 1), <, 1e-9);
	g_assert_cmpfloat_with_epsilon(json_number_value(json_at(x, "evidence.quantiles.window[2]")), 3.5, 0.1);
	json_auto_t *words = hour_of(&w, 2, 1000, (WorldRow){.word = "b"});
	check(words, "total_variation", "word", "alarm");
	check(words, "ks", "x", "ok");
	const json_t *b = json_at(world_finding(words, "total_variation", "word"), "evidence.moved[0]");
	g_assert_cmpstr(json_get_text(b, "value", ""), ==, "b");
	g_assert_cmpfloat(json_get_number(b, "window", 0), ==, 1);
	json_auto_t *places =
	        hour_of(&w, 3, 1000, (WorldRow){.place = "place 7"}); /* one of many, known by its bucket only */
	check(places, "total_variation", "place", "alarm");
	json_auto_t *few = hour_of(&w, 4, 20, (WorldRow){.x_shift = 5});
	g_assert_cmpuint(count_state(few, "too_few"), ==, 6);
	world_close(&w);
}

static void test_other_measures(void)
{
	World w;
	world_open(&w, DRIFT "{\"numbers\": \"psi\", \"number_effect\": 0.05, \"categories\": \"jensen_shannon\", "
	                     "\"category_effect\": 0.1}}}");
	world_only(&w, "drift");
	json_auto_t *calm = hour_of(&w, 0, 1000, (WorldRow){0});
	g_assert_cmpuint(count_state(calm, "ok"), ==, 6);
	json_auto_t *moved = hour_of(&w, 1, 1000, (WorldRow){.x_shift = 0.5, .word = "a"});
	check(moved, "psi", "x", "alarm");
	check(moved, "psi", "n", "ok");
	check(moved, "jensen_shannon", "word", "alarm");
	check(moved, "jensen_shannon", "place", "ok");
	world_close(&w);
}

/* A column that changes by its nature is not looked at. */
static void test_skip(void)
{
	World w;
	world_open(&w, "{\"every\": \"1h\", \"skip\": [\"x\"]}");
	world_only(&w, "drift");
	json_object_set_new(w.project, "data", json_pack("{s:s}", "time", "n"));
	json_auto_t *found = hour_of(&w, 0, 100, (WorldRow){.x_shift = 5});
	g_assert_null(world_finding(found, "ks", "x"));
	g_assert_null(world_finding(found, "ks", "n"));
	g_assert_cmpuint(json_array_size(found), ==, 4);
	world_close(&w);
}

static void test_multivariate(void)
{
	World w;
	world_open(&w, "{\"every\": \"1h\"}");
	world_only(&w, "multivariate");
	json_auto_t *calm = hour_of(&w, 0, 1000, (WorldRow){0});
	g_assert_cmpuint(count_state(calm, "ok"), ==, 3);
	json_auto_t *moved = hour_of(&w, 1, 1000, (WorldRow){.x_shift = 1});
	const json_t *domain = world_finding(moved, "domain_classifier", "");
	check(moved, "domain_classifier", "", "alarm");
	check(moved, "mmd", "", "alarm");
	/* N(0, 1) and N(1, 1): Phi(1 / sqrt 2) = 0.76025 at best */
	g_assert_cmpfloat_with_epsilon(json_get_number(domain, "value", 0), 0.76, 0.03);
	g_assert_cmpstr(json_get_text(json_at(domain, "evidence.columns[0]"), "column", ""), ==, "x");
	json_auto_t *few = hour_of(&w, 2, 150, (WorldRow){.x_shift = 1});
	g_assert_cmpuint(count_state(few, "too_few"), ==, 3);
	world_close(&w);
}

/* NannyML's butterfly: two columns that go together, and a third; then the first two turned by 90 degrees, so that each looks as before
 * and they go against each other. */
static void butterfly(Rng *r, size_t rows, bool turned, double *ret)
{
	for (size_t i = 0; i < rows; i++) {
		double s = rng_normal(r), x = s + rng_normal(r) / 8, y = s + rng_normal(r) / 8;
		ret[3 * i] = turned ? -y : x;
		ret[3 * i + 1] = turned ? x : y;
		ret[3 * i + 2] = rng_normal(r);
	}
}

enum { BUTTERFLY_ROWS = 1000 };

static void make_butterfly(Rng *r, bool turned, Cloud *c)
{
	*c = (Cloud){
	        .columns = 3, .names = g_ptr_array_new(), .frequencies = g_array_new(FALSE, FALSE, sizeof(GArray *))};
	for (int side = 0; side < 2; side++) {
		c->rows[side] = BUTTERFLY_ROWS;
		c->values[side] = g_new(double, 3 * BUTTERFLY_ROWS);
		butterfly(r, BUTTERFLY_ROWS, turned && side == CLOUD_WINDOW, c->values[side]);
	}
	for (int i = 0; i < 3; i++) {
		GArray *none = NULL;
		g_ptr_array_add(c->names, (void *)"column");
		g_array_append_val(c->frequencies, none);
	}
}

static void test_butterfly(void)
{
	Rng r = rng_stream(23, "butterfly");
	for (int turned = 0; turned < 2; turned++) {
		g_auto(Cloud) c = {0};
		make_butterfly(&r, turned, &c);
		DomainResult domain;
		g_assert_true(domain_tell(&c, 1, &domain, NULL));
		g_autofree double *training = cloud_scaled(&c, CLOUD_TRAINING),
		                  *window = cloud_scaled(&c, CLOUD_WINDOW);
		Reconstruction pca = reconstruct(training, BUTTERFLY_ROWS, window, BUTTERFLY_ROWS, 3);
		MmdResult mmd = mmd_test((Points){training, 300, 3}, (Points){window, 300, 3}, 300, &r);
		g_assert_cmpuint(pca.components, <=, 2); /* the first holds 0.66 of the variance */
		if (turned) {
			g_assert_true(domain.auc > 0.9 && domain.p < 1e-9 && domain.low > 0.85);
			g_assert_true(pca.window > 1.3 * pca.training && pca.p < 1e-9);
			g_assert_true(mmd.value > 0.05 && mmd.p < 0.01);
		} else {
			g_assert_true(fabs(domain.auc - 0.5) < 0.08 && domain.low < 0.5 && domain.high > 0.5);
			g_assert_true(pca.p > 0.001 && mmd.p > 0.005 && fabs(mmd.value) < 0.01);
		}
		g_free(domain.share);
	}
}

/* The sums by rows give what the definition gives. */
static void test_mmd(void)
{
	const double a[] = {0, 0, 1, 0, 0, 1}, b[] = {2, 2, 3, 1};
	/* squared distances: within a 1 1 2, within b 2, across 8 10 | 5 5 | 5 9; the sixth of ten in order is 5 */
	double within_a = (2 * exp(-1. / 5) + exp(-2. / 5)) * 2 / 6, within_b = exp(-2. / 5) * 2 / 2,
	       across = (exp(-8. / 5) + exp(-10. / 5) + 3 * exp(-5. / 5) + exp(-9. / 5)) / 6;
	Rng r = rng_stream(1, "mmd");
	MmdResult m = mmd_test((Points){a, 3, 2}, (Points){b, 2, 2}, 99, &r);
	g_assert_cmpfloat_with_epsilon(m.value, within_a + within_b - 2 * across, 1e-12);
	g_assert_true(m.p >= 0.01 && m.p <= 1);
	const double same[] = {1, 1, 1, 1};
	m = mmd_test((Points){same, 2, 1}, (Points){same, 2, 1}, 9, &r);
	g_assert_true(isnan(m.value) && isnan(m.p));
}

/* Half of the training rows had another x than the same rows have now; a key that is there twice is left out. */
static void lay_training(World *w, Engine *e, char **ret_digest)
{
	g_autofree char *path = g_build_filename(w->state, "train", NULL);
	g_autoptr(GError) error = NULL;
	engine_write_parquet(e,
	        "SELECT _gyre_id AS id, x + (_gyre_id[-1] > '4')::INT AS x, n, word, place, n > 4 AS flag, "
	        "_gyre_id[2:]::BIGINT AS nr FROM log WHERE _gyre_id <> 'r7' UNION ALL "
	        "SELECT 'r8', 0, 0, 'q', 'q', true, 8 FROM log LIMIT 1000",
	        path, &error);
	g_assert_no_error(error);
	g_assert_true(blobs_put_file(w->blobs, path, false, ret_digest, NULL, NULL));
}

static GArray *skew_of(World *w, Engine *e, const char *key)
{
	g_autofree char *path = g_build_filename(w->state, "bundle", NULL), *digest = NULL;
	g_autoptr(GBytes) model = world_model();
	g_autoptr(Bundle) b = NULL;
	g_autoptr(GError) error = NULL;
	json_auto_t *header = world_header(), *params = NULL, *project = json_pack("{s:{s:[s]}}", "data", "key", key);
	MonitorWindow window = {.model = "half", .version = 1, .route = "stable"};
	lay_training(w, e, &digest);
	/* A bool that is text in the log, and a whole number that is 1.0, as another version has another type under their names. */
	json_t *inputs = (json_t *)json_at(header, "recipe.inputs");
	json_array_append_new(inputs, json_pack("{s:s,s:s}", "name", "flag", "type", "bool"));
	json_array_append_new(inputs, json_pack("{s:s,s:s}", "name", "nr", "type", "int"));
	g_assert_true(engine_run(e,
	        "CREATE OR REPLACE VIEW seen AS SELECT *, (n > 4)::VARCHAR AS flag, _gyre_id[2:]::DOUBLE AS nr FROM "
	        "log",
	        NULL));
	json_object_set_new(header, "provenance", json_pack("{s:s}", "train_digest", digest));
	g_assert_true(bundle_write(path, header, model, NULL) && bundle_load(path, &b, NULL));
	g_assert_true(param_fill(look_kind("skew")->params, NULL, NULL, &params, NULL));
	LookInput in = {.window = &window,
	        .engine = e,
	        .view = "seen",
	        .bundle = b,
	        .project = project,
	        .meta = w->meta,
	        .state_folder = w->state};
	g_autoptr(GArray) columns = look_columns(&in);
	g_autofree char *sql = g_strdup_printf(
	        "SELECT sum(%s) - sum((n > 4)::INT) AS off FROM seen", g_array_index(columns, LookColumn, 4).number);
	json_auto_t *row = NULL;
	g_assert_true(engine_row(e, sql, &row, NULL));
	g_assert_cmpfloat(json_get_number(row, "off", -1), ==, 0);
	GArray *findings = findings_new();
	look_kind("skew")->run(&in, params, findings, &error);
	g_assert_no_error(error);
	return findings;
}

static void test_skew(void)
{
	World w;
	g_autoptr(Engine) e = NULL;
	EngineLimits limits = {.threads = 1};
	world_open(&w, "{}");
	world_hour(&w, "stable", WORLD_START, 300, (WorldRow){0});
	world_flush(&w);
	g_assert_true(engine_open(&limits, &e, NULL) && predlog_view(e, w.state, "half", "log", NULL));
	for (int by_input = 0; by_input < 2; by_input++) {
		g_autoptr(GArray) found = skew_of(&w, e, by_input ? "nr" : "id");
		g_assert_cmpuint(found->len, ==, by_input ? 5 : 6);
		for (guint i = 0; i < found->len; i++) {
			const Finding *f = &g_array_index(found, Finding, i);
			bool is_x = strcmp(f->subject, "x") == 0;
			g_assert_cmpint(f->state, ==, is_x ? FINDING_ALARM : FINDING_OK);
			g_assert_cmpfloat(json_get_number(f->evidence, "rows", 0), ==, 298);
			g_assert_true(is_x ? fabs(f->value - 0.5) < 0.03 : f->value == 0);
		}
	}
	world_close(&w);
}

/* The bucket of a text is the same here and in the data engine. */
static void test_buckets(void)
{
	static const char *const TEXTS[] = {"", "a", "place 7", "Zürich", "it's"};
	g_autoptr(Engine) e = NULL;
	EngineLimits limits = {.threads = 1};
	g_assert_true(engine_open(&limits, &e, NULL));
	for (size_t i = 0; i < G_N_ELEMENTS(TEXTS); i++) {
		g_autofree char *text = sql_text(TEXTS[i]);
		g_autofree char *sql = g_strdup_printf("SELECT substr(md5(%s), 1, 2) AS d", text);
		json_auto_t *row = NULL;
		g_assert_true(engine_row(e, sql, &row, NULL));
		g_assert_cmpuint(sketch_bucket_of_md5(json_get_text(row, "d", "")), ==, sketch_bucket(TEXTS[i]));
	}
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/looks/drift", test_drift);
	g_test_add_func("/looks/other_measures", test_other_measures);
	g_test_add_func("/looks/skip", test_skip);
	g_test_add_func("/looks/multivariate", test_multivariate);
	g_test_add_func("/looks/butterfly", test_butterfly);
	g_test_add_func("/looks/mmd", test_mmd);
	g_test_add_func("/looks/skew", test_skew);
	g_test_add_func("/looks/buckets", test_buckets);
	return g_test_run();
}
