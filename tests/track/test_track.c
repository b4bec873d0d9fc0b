/* test_track.c: MLflow's rules for experiments, runs and what is logged of them.  The rules (truncation, latest value,
 * duplicates, lifecycle) are those of MLflow 3's SQL store; the examples are ours. */
#include "track/track.h"

#include <float.h>
#include <math.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/error.h"
#include "base/file.h"
#include "base/json.h"

typedef struct Place {
	char *folder;
	Meta *meta;
	char *run; /* one that is running, in Default */
} Place;

static void setup(Place *p, gconstpointer unused)
{
	p->folder = g_dir_make_tmp("gyre-track-XXXXXX", NULL);
	g_assert_true(meta_open(p->folder, &p->meta, NULL));
	g_assert_true(track_start(p->meta, "0", "first", NULL, &p->run, NULL));
}

static void teardown(Place *p, gconstpointer unused)
{
	g_free(p->run);
	meta_close(p->meta);
	g_assert_true(file_remove(p->folder, NULL));
	g_free(p->folder);
}

static void expect(GError **error, FailCode code, const char *words)
{
	g_assert_error(*error, FAIL, (int)code);
	if (!strstr((*error)->message, words))
		g_error("expected \"%s\" in: %s", words, (*error)->message);
	g_clear_error(error);
}

static json_t *get(const Place *p, const char *id)
{
	json_t *run = NULL;
	g_autoptr(GError) error = NULL;
	track_get(p->meta, id, &run, &error);
	g_assert_no_error(error);
	return run;
}

static void assert_json(const json_t *value, const char *text)
{
	g_autofree char *found = json_canonical(value);
	g_assert_cmpstr(found, ==, text);
}

static void log_metric(const Place *p, const char *key, double value, gint64 timestamp, gint64 step)
{
	g_autoptr(GError) error = NULL;
	track_metric(p->meta, p->run, key, value, timestamp, step, &error);
	g_assert_no_error(error);
}

static void assert_latest(const Place *p, const char *key, const char *text)
{
	json_auto_t *run = get(p, p->run);
	assert_json(json_object_get(json_object_get(run, "metrics"), key), text);
}

static void assert_history(const Place *p, const char *key, const char *text)
{
	json_auto_t *points = NULL;
	g_assert_true(track_history(p->meta, p->run, key, &points, NULL));
	assert_json(points, text);
}

static void test_experiments(Place *p, gconstpointer unused)
{
	g_autofree char *def = NULL, *one = NULL, *two = NULL, *again = NULL, *gone = NULL;
	g_assert_true(track_experiment(p->meta, "Default", &def, NULL));
	g_assert_true(track_experiment(p->meta, "flights", &one, NULL));
	g_assert_true(track_experiment(p->meta, "Flüge/2001", &two, NULL));
	g_assert_true(track_experiment(p->meta, "flights", &again, NULL));
	g_assert_cmpstr(def, ==, "0");
	g_assert_cmpstr(one, ==, "1");
	g_assert_cmpstr(two, ==, "2");
	g_assert_cmpstr(again, ==, "1");
	g_autofree char *longest = g_strnfill(500, 'x'), *longer = g_strnfill(501, 'x');
	g_autoptr(GError) error = NULL;
	g_assert_false(track_experiment(p->meta, longer, &gone, &error));
	expect(&error, FAIL_INVALID, "500 characters");
	g_assert_true(track_experiment(p->meta, longest, &gone, NULL));
	char *never = NULL;
	g_assert_false(track_experiment(p->meta, "", &never, &error));
	expect(&error, FAIL_INVALID, "name");
	g_assert_false(track_start(p->meta, "17", NULL, NULL, &never, &error));
	expect(&error, FAIL_NOT_FOUND, "17");
	g_assert_false(track_start(p->meta, "x", NULL, NULL, &never, &error));
	expect(&error, FAIL_INVALID, "whole number");
	g_assert_null(never);
}

static void test_experiment_tags(Place *p, gconstpointer unused)
{
	g_assert_true(track_experiment_tag(p->meta, "0", "team", "a", NULL));
	g_assert_true(track_experiment_tag(p->meta, "0", "team", "b", NULL));
	g_autofree char *longer = g_strnfill(5001, 'x');
	g_autoptr(GError) error = NULL;
	g_assert_false(track_experiment_tag(p->meta, "0", "team", longer, &error));
	expect(&error, FAIL_INVALID, "5000");
	json_auto_t *all = NULL;
	g_assert_true(track_experiments(p->meta, &all, NULL));
	g_assert_cmpuint(json_array_size(all), ==, 1);
	const json_t *first = json_array_get(all, 0);
	assert_json(json_object_get(first, "tags"), "{\"team\":\"b\"}");
	g_assert_cmpint(json_get_int(first, "runs", 0), ==, 1);
	g_assert_cmpstr(json_get_text(first, "name", ""), ==, "Default");
}

/* MLflow brings back every run with its experiment, also those deleted before (a known fault); ours does not. */
static void test_experiment_lifecycle(Place *p, gconstpointer unused)
{
	g_autofree char *id = NULL, *kept = NULL, *gone = NULL, *never = NULL;
	g_assert_true(track_experiment(p->meta, "e", &id, NULL));
	g_assert_true(track_start(p->meta, id, "kept", NULL, &kept, NULL));
	g_assert_true(track_start(p->meta, id, "gone", NULL, &gone, NULL));
	g_assert_true(track_delete(p->meta, gone, NULL));
	g_assert_true(track_experiment_delete(p->meta, id, NULL));
	g_autoptr(GError) error = NULL;
	g_assert_false(track_experiment(p->meta, "e", &never, &error));
	expect(&error, FAIL_CONFLICT, "deleted");
	g_assert_false(track_start(p->meta, id, "new", NULL, &never, &error));
	expect(&error, FAIL_CONFLICT, "deleted");
	g_assert_false(track_param(p->meta, kept, "k", "v", &error));
	expect(&error, FAIL_CONFLICT, "deleted");
	g_assert_false(track_experiment_delete(p->meta, id, &error));
	expect(&error, FAIL_NOT_FOUND, "active");
	g_assert_true(track_experiment_restore(p->meta, id, NULL));
	g_assert_true(track_param(p->meta, kept, "k", "v", NULL));
	json_auto_t *run = get(p, gone);
	g_assert_cmpstr(json_get_text(run, "lifecycle", ""), ==, "deleted");
}

static void test_run(Place *p, gconstpointer unused)
{
	json_auto_t *run = get(p, p->run);
	g_assert_cmpstr(json_get_text(run, "status", ""), ==, "RUNNING");
	g_assert_cmpstr(json_get_text(run, "name", ""), ==, "first");
	g_assert_cmpstr(json_get_text(run, "experiment", ""), ==, "Default");
	g_assert_cmpstr(json_get_text(run, "experiment_id", ""), ==, "0");
	assert_json(json_object_get(run, "tags"), "{\"mlflow.runName\":\"first\"}");
	g_assert_true(json_is_null(json_object_get(run, "end")));
	g_assert_true(json_is_null(json_object_get(run, "parent")));
	g_assert_cmpint(ABS(json_get_int(run, "start", 0) - g_get_real_time()), <, 60 * G_USEC_PER_SEC);
	g_assert_true(track_end(p->meta, p->run, RUN_FAILED, NULL));
	json_auto_t *ended = get(p, p->run);
	g_assert_cmpstr(json_get_text(ended, "status", ""), ==, "FAILED");
	g_assert_cmpint(json_get_int(ended, "end", 0), >=, json_get_int(ended, "start", 0));
}

static void test_run_lifecycle(Place *p, gconstpointer unused)
{
	g_assert_true(track_delete(p->meta, p->run, NULL));
	g_assert_true(track_delete(p->meta, p->run, NULL));
	g_autoptr(GError) error = NULL;
	g_assert_false(track_metric(p->meta, p->run, "m", 1, 0, 0, &error));
	expect(&error, FAIL_CONFLICT, "deleted");
	g_assert_false(track_end(p->meta, p->run, RUN_FINISHED, &error));
	expect(&error, FAIL_CONFLICT, "deleted");
	json_auto_t *none = NULL, *one = NULL;
	g_assert_true(track_list(p->meta, "0", NULL, 10, &none, NULL));
	assert_json(none, "[]");
	g_assert_true(track_restore(p->meta, p->run, NULL));
	g_assert_true(track_metric(p->meta, p->run, "m", 1, 0, 0, NULL));
	g_assert_true(track_list(p->meta, "0", NULL, 10, &one, NULL));
	g_assert_cmpuint(json_array_size(one), ==, 1);
	g_assert_false(track_restore(p->meta, "nobody", &error));
	expect(&error, FAIL_NOT_FOUND, "nobody");
}

static void test_params(Place *p, gconstpointer unused)
{
	g_autoptr(GError) error = NULL;
	g_assert_true(track_param(p->meta, p->run, "depth", "6", NULL));
	g_assert_true(track_param(p->meta, p->run, "depth", "6", NULL));
	g_assert_false(track_param(p->meta, p->run, "depth", "7", &error));
	expect(&error, FAIL_CONFLICT, "\"6\" already and cannot become \"7\"");
	g_assert_true(track_param(p->meta, p->run, "empty", "", NULL));
	g_autofree char *long_value = g_strnfill(7000, 'y');
	g_assert_true(track_param(p->meta, p->run, "long", long_value, NULL));
	g_assert_true(track_param(p->meta, p->run, "long", long_value, NULL)); /* the same after cutting */
	json_auto_t *run = get(p, p->run);
	const json_t *params = json_object_get(run, "params");
	g_assert_cmpuint(strlen(json_get_text(params, "long", "")), ==, 6000);
	g_assert_cmpstr(json_get_text(params, "depth", ""), ==, "6");
	g_assert_cmpstr(json_get_text(params, "empty", "?"), ==, "");
	g_assert_false(track_param(p->meta, "nobody", "k", "v", &error));
	expect(&error, FAIL_NOT_FOUND, "nobody");
	g_assert_false(track_param(p->meta, p->run, "bad", "\xff", &error));
	expect(&error, FAIL_INVALID, "UTF-8");
}

static void test_keys(Place *p, gconstpointer unused)
{
	static const char *const GOOD[] = {"a", "val/loss", "a.b-c_d e:f", "größe", "a/..b", "x/y", "Δ1"};
	static const char *const BAD[] = {"", "/a", "a/", "a//b", "./a", "a/./b", "a/../b", "..", "..a", ".", "a[0]",
	        "a,b", "a\"b", "a\nb", "a\xff"};
	g_autofree char *longest = g_strnfill(250, 'k'), *longer = g_strnfill(251, 'k');
	for (gsize i = 0; i < G_N_ELEMENTS(GOOD); i++)
		g_assert_true(track_tag(p->meta, p->run, GOOD[i], "v", NULL));
	g_autoptr(GError) error = NULL;
	for (gsize i = 0; i < G_N_ELEMENTS(BAD); i++) {
		g_assert_false(track_tag(p->meta, p->run, BAD[i], "v", &error));
		expect(&error, FAIL_INVALID, "tag");
		g_assert_false(track_param(p->meta, p->run, BAD[i], "v", &error));
		expect(&error, FAIL_INVALID, "parameter");
		g_assert_false(track_metric(p->meta, p->run, BAD[i], 1, 0, 0, &error));
		expect(&error, FAIL_INVALID, "metric");
	}
	g_assert_true(track_tag(p->meta, p->run, longest, "v", NULL));
	g_assert_false(track_tag(p->meta, p->run, longer, "v", &error));
	expect(&error, FAIL_INVALID, "250");
}

static void test_tags(Place *p, gconstpointer unused)
{
	g_assert_true(track_tag(p->meta, p->run, "note", "one", NULL));
	g_assert_true(track_tag(p->meta, p->run, "note", "two", NULL));
	g_assert_true(track_tag(p->meta, p->run, "mlflow.runName", "renamed", NULL));
	GString *wide = g_string_new(NULL);
	for (int i = 0; i < 9000; i++)
		g_string_append(wide, "ü"); /* limits count characters, not bytes */
	g_assert_true(track_tag(p->meta, p->run, "wide", wide->str, NULL));
	g_string_free(wide, TRUE);
	json_auto_t *run = get(p, p->run);
	g_assert_cmpstr(json_get_text(run, "name", ""), ==, "renamed");
	g_assert_cmpstr(json_get_text(json_object_get(run, "tags"), "note", ""), ==, "two");
	g_assert_cmpint(g_utf8_strlen(json_get_text(json_object_get(run, "tags"), "wide", ""), -1), ==, 8000);
}

/* The latest is the greatest by (step, timestamp, value), whatever came last. */
static void test_latest(Place *p, gconstpointer unused)
{
	log_metric(p, "m", 0.5, 100, 2);
	log_metric(p, "m", 0.9, 200, 1); /* later, but an earlier step */
	assert_latest(p, "m", "0.5");
	log_metric(p, "m", 0.25, 101, 2);
	assert_latest(p, "m", "0.25");
	log_metric(p, "m", 0.125, 101, 2); /* smaller at the same place */
	assert_latest(p, "m", "0.25");
	log_metric(p, "m", 0.75, 101, 2);
	assert_latest(p, "m", "0.75");
	log_metric(p, "m", -1, 0, 3);
	assert_latest(p, "m", "-1.0");
	log_metric(p, "m", 7, 0, -5); /* steps may be negative */
	assert_latest(p, "m", "-1.0");
	assert_history(p, "m",
	        "[{\"step\":-5,\"timestamp\":0,\"value\":7.0},{\"step\":1,\"timestamp\":200,\"value\":0."
	        "90000000000000002},"
	        "{\"step\":2,\"timestamp\":100,\"value\":0.5},{\"step\":2,\"timestamp\":101,\"value\":0.125},"
	        "{\"step\":2,\"timestamp\":101,\"value\":0.25},{\"step\":2,\"timestamp\":101,\"value\":0.75},"
	        "{\"step\":3,\"timestamp\":0,\"value\":-1.0}]");
}

/* A client's retry sends the same again: kept once, NaN as well (where MLflow answers 400). */
static void test_duplicates(Place *p, gconstpointer unused)
{
	for (int i = 0; i < 3; i++) {
		log_metric(p, "m", 1, 5, 0);
		log_metric(p, "nan", NAN, 5, 0);
	}
	assert_history(p, "m", "[{\"step\":0,\"timestamp\":5,\"value\":1.0}]");
	assert_history(p, "nan", "[{\"step\":0,\"timestamp\":5,\"value\":null}]");
	assert_latest(p, "nan", "null");
	log_metric(p, "nan", 0, 5, 0); /* 0 is another value than NaN, though both are kept as 0 */
	assert_history(
	        p, "nan", "[{\"step\":0,\"timestamp\":5,\"value\":0.0},{\"step\":0,\"timestamp\":5,\"value\":null}]");
	assert_latest(p, "nan", "null");
	log_metric(p, "nan", 0.5, 5, 0);
	assert_latest(p, "nan", "0.5");
	assert_history(p, "unknown", "[]");
}

static void test_extremes(Place *p, gconstpointer unused)
{
	log_metric(p, "inf", INFINITY, 0, 0);
	log_metric(p, "minus", -INFINITY, 0, 0);
	log_metric(p, "tiny", 4.9406564584124654e-324, G_MAXINT64, G_MAXINT64);
	json_auto_t *run = get(p, p->run);
	const json_t *metrics = json_object_get(run, "metrics");
	g_assert_cmpfloat(json_get_number(metrics, "inf", 0), ==, DBL_MAX);
	g_assert_cmpfloat(json_get_number(metrics, "minus", 0), ==, -DBL_MAX);
	g_assert_cmpfloat(json_get_number(metrics, "tiny", 0), ==, 4.9406564584124654e-324);
	g_autoptr(GError) error = NULL;
	g_assert_false(track_metric(p->meta, p->run, "m", 1, -1, 0, &error));
	expect(&error, FAIL_INVALID, "1970");
}

static void test_levels(Place *p, gconstpointer unused)
{
	g_autofree char *a = NULL, *b = NULL, *never = NULL;
	g_assert_true(track_start(p->meta, "0", NULL, p->run, &a, NULL));
	g_usleep(10);
	g_assert_true(track_start(p->meta, "0", NULL, p->run, &b, NULL));
	json_auto_t *top = NULL, *below = NULL, *newest = NULL, *everywhere = NULL;
	g_assert_true(track_list(p->meta, "0", NULL, 10, &top, NULL));
	g_assert_cmpuint(json_array_size(top), ==, 1);
	g_assert_true(track_list(p->meta, "0", p->run, 10, &below, NULL));
	g_assert_cmpuint(json_array_size(below), ==, 2);
	const json_t *first = json_array_get(below, 0);
	g_assert_cmpstr(json_get_text(first, "run_id", ""), ==, b);
	g_assert_cmpstr(json_get_text(first, "parent", ""), ==, p->run);
	g_assert_cmpstr(json_get_text(json_object_get(first, "tags"), "mlflow.parentRunId", ""), ==, p->run);
	g_assert_true(g_str_has_prefix(json_get_text(first, "name", ""), "run-"));
	g_assert_true(track_list(p->meta, NULL, p->run, 1, &newest, NULL));
	g_assert_cmpuint(json_array_size(newest), ==, 1);
	g_assert_true(track_list(p->meta, NULL, NULL, 10, &everywhere, NULL));
	g_assert_cmpuint(json_array_size(everywhere), ==, 1);
	g_autoptr(GError) error = NULL;
	g_assert_false(track_start(p->meta, "0", NULL, "nobody", &never, &error));
	expect(&error, FAIL_NOT_FOUND, "nobody");
}

static void test_find(Place *p, gconstpointer unused)
{
	g_autofree char *found = NULL, *prefix = g_strndup(p->run, 8), *upper = g_ascii_strup(p->run, -1), *same = NULL;
	g_autoptr(GError) error = NULL;
	g_assert_true(track_find(p->meta, prefix, &found, NULL));
	g_assert_cmpstr(found, ==, p->run);
	g_assert_true(track_find(p->meta, upper, &same, NULL));
	g_assert_cmpstr(same, ==, p->run);
	char *never = NULL;
	g_assert_false(track_find(p->meta, "abc", &never, &error));
	expect(&error, FAIL_INVALID, "4 or more");
	g_assert_false(track_find(p->meta, "%%%%%", &never, &error));
	expect(&error, FAIL_INVALID, "%%%%%");
	g_assert_true(meta_run(p->meta,
	        "INSERT INTO runs (run_id, experiment_id, name, status) VALUES ('ffff0001', 0, 'x', 'RUNNING'),"
	        " ('ffff0002', 0, 'y', 'RUNNING')",
	        NULL, NULL, NULL));
	g_assert_false(track_find(p->meta, "ffff", &never, &error));
	expect(&error, FAIL_INVALID, "ffff0001, ffff0002");
	g_assert_false(track_find(p->meta, "ffff0003", &never, &error));
	expect(&error, FAIL_NOT_FOUND, "ffff0003");
	g_assert_null(never);
}

static void test_import(Place *p, gconstpointer unused)
{
	json_auto_t *run =
	        json_pack("{s:s, s:I, s:I, s:{s:i, s:s, s:[i,i]}, s:{s:f, s:n, s:[{s:f,s:i},{s:f,s:i,s:I}]}, s:{s:s}}",
	                "name", "trial 7", "start", (json_int_t)1000000, "end", (json_int_t)3500000, "params", "depth",
	                6, "family", "boosted", "shape", 1, 2, "metrics", "roc_auc", 0.75, "lift", "loss", "value", 0.5,
	                "step", 0, "value", 0.25, "step", 1, "timestamp", (json_int_t)2000, "tags", "winner", "yes");
	g_autofree char *id = NULL;
	g_autoptr(GError) error = NULL;
	track_import(p->meta, "0", p->run, run, &id, &error);
	g_assert_no_error(error);
	json_auto_t *kept = get(p, id);
	json_object_del(kept, "run_id");
	json_object_del(kept, "parent");
	json_object_del(kept, "user");
	json_object_del(json_object_get(kept, "tags"), "mlflow.parentRunId");
	assert_json(kept,
	        "{\"end\":3500000,\"experiment\":\"Default\",\"experiment_id\":\"0\",\"lifecycle\":\"active\","
	        "\"metrics\":{\"lift\":null,\"loss\":0.25,\"roc_auc\":0.75},\"name\":\"trial 7\","
	        "\"params\":{\"depth\":\"6\",\"family\":\"boosted\",\"shape\":\"[1,2]\"},\"start\":1000000,"
	        "\"status\":\"FINISHED\",\"tags\":{\"mlflow.runName\":\"trial 7\",\"winner\":\"yes\"}}");
	json_auto_t *points = NULL;
	g_assert_true(track_history(p->meta, id, "loss", &points, NULL));
	assert_json(points,
	        "[{\"step\":0,\"timestamp\":3500,\"value\":0.5},{\"step\":1,\"timestamp\":2000,\"value\":0.25}]");
}

/* All or nothing. */
static void test_import_refused(Place *p, gconstpointer unused)
{
	json_auto_t *bad_key = json_pack("{s:{s:i}, s:{s:f}}", "params", "a", 1, "metrics", "a[0]", 1.0);
	json_auto_t *bad_value = json_pack("{s:{s:s}}", "metrics", "a", "high");
	json_auto_t *bad_status = json_pack("{s:s}", "status", "DONE");
	char *never = NULL;
	g_autoptr(GError) error = NULL;
	g_assert_false(track_import(p->meta, "0", NULL, bad_key, &never, &error));
	expect(&error, FAIL_INVALID, "a[0]");
	g_assert_false(track_import(p->meta, "0", NULL, bad_value, &never, &error));
	expect(&error, FAIL_INVALID, "not a number");
	g_assert_false(track_import(p->meta, "0", NULL, bad_status, &never, &error));
	expect(&error, FAIL_INVALID, "DONE");
	json_auto_t *runs = NULL;
	g_assert_true(track_list(p->meta, "0", NULL, 10, &runs, NULL));
	g_assert_cmpuint(json_array_size(runs), ==, 1);
	g_assert_null(never);
}

enum { WRITERS = 4, EACH = 40 };

static int write_metrics(const char *folder, const char *run, int writer)
{
	Meta *m = NULL;
	g_autofree char *id = NULL;
	if (!meta_open(folder, &m, NULL) || !track_experiment(m, "shared", &id, NULL))
		return 1;
	for (int i = 0; i < EACH; i++)
		if (!track_metric(m, run, "m", writer, i, i * WRITERS + writer, NULL))
			return 2;
	meta_close(m);
	return strcmp(id, "1") == 0 ? 0 : 3;
}

static void test_processes(Place *p, gconstpointer unused)
{
	pid_t children[WRITERS];
	for (int i = 0; i < WRITERS; i++)
		if ((children[i] = fork()) == 0)
			_exit(write_metrics(p->folder, p->run, i));
	for (int i = 0; i < WRITERS; i++) {
		int status;
		g_assert_cmpint(waitpid(children[i], &status, 0), ==, children[i]);
		g_assert_cmpint(status, ==, 0);
	}
	json_auto_t *points = NULL;
	g_assert_true(track_history(p->meta, p->run, "m", &points, NULL));
	g_assert_cmpuint(json_array_size(points), ==, WRITERS * EACH);
	assert_latest(p, "m", "3.0");
}

#define ADD(name, function) g_test_add("/track/" name, Place, NULL, setup, function, teardown)

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	ADD("experiments", test_experiments);
	ADD("experiment-tags", test_experiment_tags);
	ADD("experiment-lifecycle", test_experiment_lifecycle);
	ADD("run", test_run);
	ADD("run-lifecycle", test_run_lifecycle);
	ADD("params", test_params);
	ADD("keys", test_keys);
	ADD("tags", test_tags);
	ADD("latest", test_latest);
	ADD("duplicates", test_duplicates);
	ADD("extremes", test_extremes);
	ADD("levels", test_levels);
	ADD("find", test_find);
	ADD("import", test_import);
	ADD("import-refused", test_import_refused);
	ADD("processes", test_processes);
	return g_test_run();
}
