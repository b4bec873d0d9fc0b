/* test_step_register.c: the step register: the gate promotes what answers, a person's word stands, twice is once. */
#include "serve/step_register.h"

#include <math.h>
#include <string.h>

#include "base/error.h"
#include "base/file.h"
#include "base/json.h"
#include "registry/registry.h"
#include "serve/predlog.h"
#include "served_kit.h"
#include "store/blobs.h"

typedef struct Place {
	char *folder, *state;
} Place;

static void setup(Place *p, gconstpointer unused)
{
	p->folder = g_dir_make_tmp("gyre-register-XXXXXX", NULL);
	p->state = g_build_filename(p->folder, "state", NULL);
}

static void teardown(Place *p, gconstpointer unused)
{
	g_assert_true(file_remove(p->folder, NULL));
	g_free(p->folder);
	g_free(p->state);
}

static char *input(const Place *p, const char *name, const char *text)
{
	char *path = g_build_filename(p->folder, name, NULL);
	g_assert_true(g_file_set_contents(path, text, -1, NULL));
	return path;
}

/* A regression: 1e300 (1 + 2 (x - 3)), infinite where x is large; `column` is x's name. */
static char *bundle_of(const Place *p, const char *project, const char *column)
{
	enum { LINK_AT = 16, SCALE_AT = 28 }; /* link 0: numbers */
	static const double SCALE = 1e300;
	char *path = g_build_filename(p->folder, "bundle.in", NULL);
	g_autoptr(GBytes) kit = kit_model();
	g_autoptr(GByteArray) numbers = g_bytes_unref_to_array(g_bytes_ref(kit));
	memset(numbers->data + LINK_AT, 0, 4);
	memcpy(numbers->data + SCALE_AT, &SCALE, sizeof SCALE);
	g_autoptr(GBytes) model = g_bytes_new(numbers->data, numbers->len);
	g_autoptr(GError) error = NULL;
	json_auto_t *header = json_pack("{s:s,s:{s:s,s:s},s:s,s:{},s:{s:[{s:s,s:s},{s:s,s:s}],s:[],s:[s,s]}}",
	        "project", project, "roles", "task", "regression", "target", "t", "family", "linear", "params",
	        "recipe", "inputs", "name", column, "type", "real", "name", "n", "type", "real", "transforms",
	        "features", column, "n");
	g_assert_nonnull(header);
	bundle_write(path, header, model, &error);
	g_assert_no_error(error);
	return path;
}

/* Registers a bundle; its registration. */
static json_t *register_file(const Place *p, const char *bundle, bool pass, const char *promote)
{
	g_autoptr(Blobs) blobs = NULL;
	g_autofree char *digest = NULL;
	g_assert_true(blobs_open(p->state, &blobs, NULL) && blobs_put_file(blobs, bundle, false, &digest, NULL, NULL));
	g_autofree char *verdict = input(p, "verdict.in",
	        pass ? "{\"pass\":true,\"reasons\":[]}" : "{\"pass\":false,\"reasons\":[\"roc_auc is too low\"]}");
	g_autofree char *evaluation = input(p, "evaluation.in",
	        "{\"model\":{\"metrics\":{\"roc_auc\":{\"value\":0.75,\"low\":0.7,\"high\":0.8}}},"
	        "\"champion\":{\"digest\":\"abc\"}}");
	const char *const inputs[] = {"bundle", bundle, "verdict", verdict, "evaluation", evaluation, NULL};
	json_auto_t *params =
	        json_pack("{s:s, s:s, s:{s:s}}", "model", "late", "promote", promote, "lineage", "git", "1f3a");
	g_autofree char *out = g_build_filename(p->folder, "registration", NULL);
	g_autoptr(GError) error = NULL;
	json_t *registration = NULL;
	g_assert_true(file_remove(out, NULL)); /* each run of a step has a folder of its own */
	step_test_run(&STEP_REGISTER, params, inputs, p->folder, 1, &error);
	g_assert_no_error(error);
	json_read_file(out, &registration, &error);
	g_assert_no_error(error);
	return registration;
}

/* Each name is another bundle. */
static json_t *do_register(const Place *p, const char *name, bool pass, const char *promote)
{
	g_autofree char *whole = bundle_of(p, name, "x");
	return register_file(p, whole, pass, promote);
}

static void assert_registration(const json_t *r, int version, const char *flags, int previous)
{
	static const char *const NAMES[] = {"new", "champion", "moved", "pass"};
	GString *found = g_string_new(NULL);
	for (gsize i = 0; i < G_N_ELEMENTS(NAMES); i++)
		if (json_get_bool(r, NAMES[i], false))
			g_string_append_printf(found, "%s ", NAMES[i]);
	g_assert_cmpstr(found->str, ==, flags);
	g_string_free(found, TRUE);
	g_assert_cmpint(json_get_int(r, "version", 0), ==, version);
	g_assert_cmpint(json_get_int(r, "previous_champion", 0), ==, previous);
}

static void test_gate(Place *p, gconstpointer unused)
{
	json_auto_t *rejected = do_register(p, "one", false, "gate");
	assert_registration(rejected, 1, "new ", 0);
	g_assert_cmpstr(json_string_value(json_at(rejected, "reasons[0]")), ==, "roc_auc is too low");
	json_auto_t *first = do_register(p, "two", true, "gate");
	assert_registration(first, 2, "new champion moved pass ", 0);
	json_auto_t *again = do_register(p, "two", true, "gate");
	assert_registration(again, 2, "champion pass ", 2);
	json_auto_t *later = do_register(p, "one", true, "gate"); /* the goal was changed: now it passes */
	assert_registration(later, 1, "champion moved pass ", 2);
	json_auto_t *by_hand = do_register(p, "three", true, "never");
	assert_registration(by_hand, 3, "new pass ", 1);
	g_assert_nonnull(strstr(json_get_text(by_hand, "note", ""), "to a person"));
	json_auto_t *waits = do_register(p, "four", true, "first"); /* there is one in use */
	assert_registration(waits, 4, "new pass ", 1);
	g_assert_nonnull(strstr(json_get_text(waits, "note", ""), "gyre deploy"));
	g_autoptr(Meta) m = NULL;
	json_auto_t *version = NULL;
	g_assert_true(meta_open(p->state, &m, NULL));
	g_assert_true(registry_get(m, "late@2", &version, NULL));
	g_assert_cmpfloat(json_get_number(json_at(version, "about.metrics"), "roc_auc", 0), ==, 0.75);
	g_assert_cmpstr(json_string_value(json_at(version, "about.judged_against")), ==, "abc");
	g_assert_cmpstr(json_string_value(json_at(version, "about.lineage.git")), ==, "1f3a");
	g_assert_cmpstr(
	        json_string_value(json_at(version, "about.lineage.bundle")), ==, json_get_text(version, "digest", "?"));
	g_assert_cmpstr(json_get_text(version, "run_id", ""), ==, "test-run");
}

static void test_persons_word(Place *p, gconstpointer unused)
{
	json_auto_t *one = do_register(p, "one", true, "gate");
	json_auto_t *two = do_register(p, "two", true, "gate");
	assert_registration(two, 2, "new champion moved pass ", 1);
	g_autoptr(Meta) m = NULL;
	int version;
	g_assert_true(meta_open(p->state, &m, NULL));
	g_assert_true(registry_rollback(m, "late", ALIAS_CHAMPION, "Ada", &version, NULL));
	json_auto_t *again = do_register(p, "two", true, "gate");
	assert_registration(again, 2, "pass ", 1);
	g_assert_nonnull(strstr(json_get_text(again, "note", ""), "Ada"));
	json_auto_t *fresh = do_register(p, "three", true, "gate"); /* new work goes through the gate as ever */
	assert_registration(fresh, 3, "new champion moved pass ", 1);
	g_assert_true(registry_move(m, "late", ALIAS_CHAMPION, 1, "override", "Ada", NULL, NULL));
	json_auto_t *held = do_register(p, "three", true, "gate");
	assert_registration(held, 3, "pass ", 1);
}

/* The very first version that passes needs nobody's word. */
static void test_first(Place *p, gconstpointer unused)
{
	json_auto_t *rejected = do_register(p, "one", false, "first");
	assert_registration(rejected, 1, "new ", 0);
	json_auto_t *first = do_register(p, "two", true, "first");
	assert_registration(first, 2, "new champion moved pass ", 0);
	json_auto_t *next = do_register(p, "three", true, "first");
	assert_registration(next, 3, "new pass ", 2);
}

static void assert_unfit(const Place *p, const char *bundle, int version, int champion, const char *part)
{
	g_autoptr(Meta) m = NULL;
	json_auto_t *r = register_file(p, bundle, true, "gate"), *now = NULL;
	assert_registration(r, version, "new pass ", champion);
	g_assert_false(json_get_bool(r, "fit", true));
	g_assert_nonnull(strstr(json_get_text(r, "note", ""), "not fit for production"));
	g_assert_nonnull(strstr(json_get_text(r, "note", ""), part));
	g_assert_true(meta_open(p->state, &m, NULL) && registry_alias(m, "late", ALIAS_CHAMPION, &now, NULL));
	g_assert_cmpint(json_get_int(now, "version", 0), ==, champion);
}

/* A row that was answered, and one whose answer was no number; `column` as in bundle_of. */
static void log_rows(const Place *p, const char *bundle, const char *column)
{
	g_autoptr(Served) s = NULL;
	PredLogOptions options = {.state_folder = p->state, .share = 1, .flush_ms = 1};
	PredLog *l;
	g_assert_true(served_load("late", 1, "digest", bundle, &s, NULL));
	g_assert_true(predlog_open(&options, &l, NULL) && predlog_announce(l, s, NULL));
	for (int i = 0; i < 2; i++) {
		g_autoptr(Batch) b = batch_new(s, 1);
		g_autofree char *row = g_strdup_printf("{\"%s\": %s, \"n\": 1}", column, i ? "1e300" : "4");
		PredLogEntry entry = {.id = i ? "b" : "a", .protocol = "test", .route = "stable"};
		Scan scan;
		Scores scores;
		scan_start(&scan, row, strlen(row));
		g_assert_true(batch_scan_object(b, &scan, NULL) && serve_predict(b, &scores, NULL));
		g_assert_true(isfinite(scores.values[0]) == (i == 0));
		predlog_add(l, &entry, &scores, b);
		scores_clear(&scores);
	}
	predlog_close(l);
}

/* What cannot answer is a version, and never the champion. */
static void test_unfit(Place *p, gconstpointer unused)
{
	g_autofree char *bundle = bundle_of(p, "one", "x"), *bytes = NULL, *cut = NULL;
	gsize size;
	json_auto_t *first = register_file(p, bundle, true, "gate");
	assert_registration(first, 1, "new champion moved pass ", 0);
	g_assert_true(json_get_bool(first, "fit", false));
	g_assert_true(g_file_get_contents(bundle, &bytes, &size, NULL));
	cut = g_build_filename(p->folder, "cut.in", NULL);
	g_assert_true(g_file_set_contents(cut, bytes, (gssize)size / 2, NULL));
	assert_unfit(p, cut, 2, 1, "damaged");
	/* Nobody asks yet: other inputs are fine. */
	g_autofree char *other = bundle_of(p, "two", "y");
	json_auto_t *free_to_change = register_file(p, other, true, "gate");
	assert_registration(free_to_change, 3, "new champion moved pass ", 1);
	log_rows(p, other, "y");
	g_autofree char *third = bundle_of(p, "three", "z");
	assert_unfit(p, third, 4, 3, "\"z\"");
	g_autofree char *fourth = bundle_of(p, "four", "y");
	json_auto_t *fits = register_file(p, fourth, true, "gate");
	assert_registration(fits, 5, "new champion moved pass ", 3);
}

/* An input that is called as a column of the log is asked what it was asked, not what was answered. */
static void test_input_names(Place *p, gconstpointer unused)
{
	g_autofree char *bundle = bundle_of(p, "one", "prediction");
	json_auto_t *first = register_file(p, bundle, true, "gate");
	assert_registration(first, 1, "new champion moved pass ", 0);
	log_rows(p, bundle, "prediction");
	g_autofree char *next = bundle_of(p, "two", "prediction");
	json_auto_t *fits = register_file(p, next, true, "gate");
	g_assert_cmpstr(json_get_text(fits, "note", NULL), ==, NULL);
	assert_registration(fits, 2, "new champion moved pass ", 1);
}

#define ADD(name, function) g_test_add("/step-register/" name, Place, NULL, setup, function, teardown)

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	ADD("gate", test_gate);
	ADD("persons-word", test_persons_word);
	ADD("first", test_first);
	ADD("unfit", test_unfit);
	ADD("input-names", test_input_names);
	return g_test_run();
}
