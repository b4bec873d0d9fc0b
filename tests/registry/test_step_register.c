/* test_step_register.c: the step register: the gate promotes, a person's word stands, twice is once. */
#include "registry/step_register.h"

#include <string.h>

#include "base/error.h"
#include "base/file.h"
#include "base/json.h"
#include "registry/registry.h"

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

/* Registers the bundle with these bytes; its registration. */
static json_t *do_register(const Place *p, const char *bytes, bool pass, const char *promote)
{
	g_autofree char *bundle = input(p, "bundle.in", bytes);
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

#define ADD(name, function) g_test_add("/step-register/" name, Place, NULL, setup, function, teardown)

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	ADD("gate", test_gate);
	ADD("persons-word", test_persons_word);
	ADD("first", test_first);
	return g_test_run();
}
