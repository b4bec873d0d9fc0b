/* test_registry.c: versions, aliases, and the way back. */
#include "registry/registry.h"

#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/digest.h"
#include "base/error.h"
#include "base/file.h"
#include "base/json.h"

typedef struct Place {
	char *folder;
	Meta *meta;
} Place;

static void setup(Place *p, gconstpointer unused)
{
	p->folder = g_dir_make_tmp("gyre-registry-XXXXXX", NULL);
	g_assert_true(meta_open(p->folder, &p->meta, NULL));
}

static void teardown(Place *p, gconstpointer unused)
{
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

/* Bundle number n of the model. */
static int add(Meta *m, const char *name, int n, bool is_new)
{
	g_autofree char *digest = digest_of_bytes(&n, sizeof n);
	json_auto_t *about = json_pack("{s:s, s:{s:i}}", "run_id", "r", "metrics", "n", n);
	int version = 0;
	bool found_new = !is_new;
	g_autoptr(GError) error = NULL;
	registry_add(m, name, digest, about, &version, &found_new, &error);
	g_assert_no_error(error);
	g_assert_cmpint(found_new, ==, is_new);
	return version;
}

static void move(const Place *p, int version, const char *why)
{
	g_autoptr(GError) error = NULL;
	const char *who = strcmp(why, "gate") == 0 ? WHO_GATE : "Ada";
	registry_move(p->meta, "late", ALIAS_CHAMPION, version, why, who, "because", &error);
	g_assert_no_error(error);
}

static int champion(const Place *p)
{
	json_auto_t *version = NULL;
	g_assert_true(registry_alias(p->meta, "late", ALIAS_CHAMPION, &version, NULL));
	return (int)json_get_int(version, "version", 0);
}

static int back(const Place *p)
{
	int version = 0;
	return registry_rollback(p->meta, "late", ALIAS_CHAMPION, "Grace", &version, NULL) ? version : 0;
}

static void add_versions(const Place *p, int count)
{
	for (int n = 1; n <= count; n++)
		g_assert_cmpint(add(p->meta, "late", n, true), ==, n);
}

static gint64 version_at(const Place *p, const char *reference)
{
	json_auto_t *version = NULL;
	g_autoptr(GError) error = NULL;
	registry_get(p->meta, reference, &version, &error);
	g_assert_no_error(error);
	return json_get_int(version, "version", 0);
}

static void expect_unknown(const Place *p, const char *reference, const char *words)
{
	json_t *version = NULL;
	g_autoptr(GError) error = NULL;
	g_assert_false(registry_get(p->meta, reference, &version, &error));
	expect(&error, FAIL_NOT_FOUND, words);
	g_assert_null(version);
}

static void test_versions(Place *p, gconstpointer unused)
{
	add_versions(p, 3);
	g_assert_cmpint(add(p->meta, "late", 2, false), ==, 2);
	g_assert_cmpint(add(p->meta, "other", 2, true), ==, 1);
	json_auto_t *versions = NULL, *models = NULL;
	g_assert_true(registry_versions(p->meta, "late", &versions, NULL));
	g_assert_cmpuint(json_array_size(versions), ==, 3);
	g_assert_cmpint(json_get_int(json_array_get(versions, 0), "version", 0), ==, 3);
	g_assert_cmpint(json_get_int(json_at(versions, "[2].about.metrics"), "n", 0), ==, 1);
	g_assert_cmpstr(json_string_value(json_at(versions, "[0].run_id")), ==, "r");
	g_assert_true(registry_models(p->meta, &models, NULL));
	g_assert_cmpint(json_get_int(json_array_get(models, 0), "versions", 0), ==, 3);
	g_assert_true(json_is_null(json_at(models, "[0].champion")));
	g_assert_cmpstr(json_get_text(json_array_get(models, 1), "name", ""), ==, "other");
}

static void test_references(Place *p, gconstpointer unused)
{
	add_versions(p, 3);
	g_assert_cmpint(version_at(p, "late"), ==, 3); /* no champion: the newest */
	move(p, 2, "gate");
	g_assert_cmpint(version_at(p, "late"), ==, 2);
	g_assert_cmpint(version_at(p, "late@champion"), ==, 2);
	g_assert_cmpint(version_at(p, "late@1"), ==, 1);
	g_assert_cmpint(version_at(p, "late@v3"), ==, 3);
	g_assert_cmpint(version_at(p, "late@latest"), ==, 3);
	json_auto_t *version = NULL, *none = NULL;
	g_assert_true(registry_get(p->meta, "late@2", &version, NULL));
	g_assert_cmpstr(json_string_value(json_at(version, "aliases[0]")), ==, "champion");
	g_assert_true(digest_is_valid(json_get_text(version, "digest", "")));
	g_assert_true(registry_alias(p->meta, "nobody", "champion", &none, NULL));
	g_assert_null(none);
	expect_unknown(p, "lata", "did you mean \"late\"?");
	expect_unknown(p, "elephant", "there is: late");
	expect_unknown(p, "late@champoin", "did you mean \"champion\"?");
	expect_unknown(p, "late@9", "no version 9");
	expect_unknown(p, "late@0", "no version 0");
	expect_unknown(p, "late@99999999999999999999", "99999999999999999999");
	expect_unknown(p, "late@", "alias");
	expect_unknown(p, "", "model");
}

/* The story in registry.h. */
static void test_rollback(Place *p, gconstpointer unused)
{
	add_versions(p, 4);
	g_assert_cmpint(back(p), ==, 0);
	move(p, 1, "gate");
	g_assert_cmpint(back(p), ==, 0);
	move(p, 2, "gate");
	move(p, 2, "gate"); /* no move at all */
	move(p, 3, "override");
	g_assert_cmpint(back(p), ==, 2);
	g_assert_cmpint(back(p), ==, 1);
	g_assert_cmpint(back(p), ==, 0);
	g_assert_cmpint(champion(p), ==, 1);
	move(p, 4, "gate");
	g_assert_cmpint(back(p), ==, 1);
	g_assert_cmpint(back(p), ==, 0);
	json_auto_t *moves = NULL;
	g_assert_true(registry_moves(p->meta, "late", &moves, NULL));
	GString *story = g_string_new(NULL);
	size_t i;
	json_t *one;
	json_array_foreach (moves, i, one)
		g_string_append_printf(story, "%s %d>%d%s; ", json_get_text(one, "why", ""),
		        (int)json_get_int(one, "from", 0), (int)json_get_int(one, "to", 0),
		        json_get_bool(one, "undone", false) ? " undone" : "");
	g_assert_cmpstr(story->str, ==,
	        "rollback 4>1; gate 1>4 undone; rollback 2>1; rollback 3>2; override 2>3 undone; gate 1>2 undone; "
	        "gate 0>1; ");
	g_string_free(story, TRUE);
	g_assert_cmpstr(json_string_value(json_at(moves, "[0].who")), ==, "Grace");
	g_assert_cmpstr(json_string_value(json_at(moves, "[1].reason")), ==, "because");
}

/* Against a plain stack: random moves and rollbacks. */
static void test_rollback_random(Place *p, gconstpointer unused)
{
	enum { VERSIONS = 5, ROUNDS = 200 };
	add_versions(p, VERSIONS);
	int stack[ROUNDS + 1] = {0}, top = 0;
	g_assert_true(meta_begin(p->meta, NULL));
	for (int i = 0; i < ROUNDS; i++) {
		if (g_test_rand_int_range(0, 3)) {
			int to = g_test_rand_int_range(1, VERSIONS + 1);
			move(p, to, g_test_rand_int_range(0, 2) ? "gate" : "override");
			if (stack[top] != to)
				stack[++top] = to;
		} else if (top > 1) {
			g_assert_cmpint(back(p), ==, stack[--top]);
		} else {
			g_assert_cmpint(back(p), ==, 0);
		}
		g_assert_cmpint(champion(p), ==, stack[top]);
	}
	g_assert_true(meta_end(p->meta, true, NULL));
}

static void test_refused(Place *p, gconstpointer unused)
{
	add_versions(p, 1);
	g_autoptr(GError) error = NULL;
	g_assert_false(registry_move(p->meta, "late", "champion", 2, "gate", "x", NULL, &error));
	expect(&error, FAIL_NOT_FOUND, "no version 2");
	g_assert_false(registry_move(p->meta, "lote", "champion", 1, "gate", "x", NULL, &error));
	expect(&error, FAIL_NOT_FOUND, "did you mean \"late\"?");
	g_assert_false(registry_move(p->meta, "late", "champion", 1, "override", "", NULL, &error));
	expect(&error, FAIL_INVALID, "name of the person");
	g_assert_false(registry_move(p->meta, "late", "champion", 1, "rollback", "x", NULL, &error));
	expect(&error, FAIL_INVALID, "rollback");
	static const char *const BAD[] = {"", "latest", "3", "v3", "V12", "a b", "a@b", "a/b"};
	for (gsize i = 0; i < G_N_ELEMENTS(BAD); i++) {
		g_assert_false(registry_move(p->meta, "late", BAD[i], 1, "gate", "x", NULL, &error));
		expect(&error, FAIL_INVALID, "alias");
	}
	g_assert_true(registry_move(p->meta, "late", "v3b-größe_", 1, "gate", "x", NULL, NULL));
	static const char *const NAMES[] = {"", "a/b", "a:b", "a@b", "a\nb", "\xff"};
	g_autofree char *digest = digest_of_bytes("x", 1);
	int version = 0;
	bool is_new;
	for (gsize i = 0; i < G_N_ELEMENTS(NAMES); i++) {
		g_assert_false(registry_add(p->meta, NAMES[i], digest, NULL, &version, &is_new, &error));
		expect(&error, FAIL_INVALID, "model");
	}
	g_assert_false(registry_add(p->meta, "m", "abc", NULL, &version, &is_new, &error));
	expect(&error, FAIL_INVALID, "digest");
}

static bool may(const Place *p, int version, const char *words)
{
	g_autofree char *why_not = NULL;
	g_assert_true(registry_may_promote(p->meta, "late", ALIAS_CHAMPION, version, &why_not, NULL));
	if (why_not && !strstr(why_not, words))
		g_error("expected \"%s\" in: %s", words, why_not);
	return !why_not;
}

static void test_may_promote(Place *p, gconstpointer unused)
{
	add_versions(p, 2);
	g_assert_true(may(p, 1, ""));
	move(p, 1, "gate");
	move(p, 2, "gate");
	g_assert_true(may(p, 1, "")); /* the gate may take its own decision back */
	g_assert_cmpint(back(p), ==, 1);
	g_assert_false(may(p, 2, "rolled back from version 2 by Grace"));
	g_assert_cmpint(add(p->meta, "late", 3, true), ==, 3);
	move(p, 3, "gate"); /* new since: the rollback is history for the others, not for 2 */
	g_assert_true(may(p, 1, ""));
	g_assert_false(may(p, 2, "rolled back"));
	move(p, 1, "override");
	g_assert_false(may(p, 3, "moved to version 1 by Ada after version 3"));
	move(p, 3, "gate");
	g_assert_true(may(p, 1, ""));
	/* a person, choosing among versions that passed */
	g_assert_true(registry_move(p->meta, "late", ALIAS_CHAMPION, 1, "gate", "Grace", NULL, NULL));
	g_assert_false(may(p, 3, "moved to version 1 by Grace after version 3"));
}

enum { WRITERS = 4, EACH = 15 };

static int register_many(const char *folder, int writer)
{
	Meta *m = NULL;
	if (!meta_open(folder, &m, NULL))
		return 1;
	for (int i = 0; i < EACH; i++) {
		g_autofree char *digest = digest_of_bytes(&i, sizeof i); /* all writers the same ones */
		int version;
		bool is_new;
		if (!registry_add(m, "late", digest, NULL, &version, &is_new, NULL) ||
		        !registry_move(m, "late", ALIAS_CHAMPION, version, "gate", "x", NULL, NULL))
			return 2;
	}
	meta_close(m);
	return 0;
}

static void test_processes(Place *p, gconstpointer unused)
{
	pid_t children[WRITERS];
	for (int i = 0; i < WRITERS; i++)
		if ((children[i] = fork()) == 0)
			_exit(register_many(p->folder, i));
	for (int i = 0; i < WRITERS; i++) {
		int status;
		g_assert_cmpint(waitpid(children[i], &status, 0), ==, children[i]);
		g_assert_cmpint(status, ==, 0);
	}
	json_auto_t *versions = NULL, *moves = NULL;
	g_assert_true(registry_versions(p->meta, "late", &versions, NULL));
	g_assert_cmpuint(json_array_size(versions), ==, EACH);
	g_assert_cmpint(json_get_int(json_array_get(versions, 0), "version", 0), ==, EACH);
	g_assert_true(registry_moves(p->meta, "late", &moves, NULL));
	for (size_t i = 0; i + 1 < json_array_size(moves); i++) /* each move begins where the one before it ended */
		g_assert_cmpint(json_get_int(json_array_get(moves, i), "from", 0), ==,
		        json_get_int(json_array_get(moves, i + 1), "to", 0));
}

#define ADD(name, function) g_test_add("/registry/" name, Place, NULL, setup, function, teardown)

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	ADD("versions", test_versions);
	ADD("references", test_references);
	ADD("rollback", test_rollback);
	ADD("rollback-random", test_rollback_random);
	ADD("refused", test_refused);
	ADD("may-promote", test_may_promote);
	ADD("processes", test_processes);
	return g_test_run();
}
