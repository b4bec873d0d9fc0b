/* test_deployment.c: the states of a deployment, who may end it how, and where the champion stands afterwards. */
#include "serve/deployment.h"

#include <string.h>

#include "base/digest.h"
#include "base/error.h"
#include "base/file.h"
#include "base/json.h"
#include "registry/registry.h"

typedef struct Place {
	char *folder;
	Meta *meta;
} Place;

static void add_version(const Place *p, int n, bool passes)
{
	g_autofree char *digest = digest_of_bytes(&n, sizeof n);
	json_auto_t *about = json_pack("{s:{s:b,s:[]}}", "gate", "pass", passes, "reasons");
	int version;
	bool is_new;
	g_assert_true(registry_add(p->meta, "loans", digest, about, &version, &is_new, NULL));
	g_assert_cmpint(version, ==, n);
}

/* Versions 1 (champion) and 2 passed the gate, 3 did not. */
static void setup(Place *p, gconstpointer unused)
{
	p->folder = g_dir_make_tmp("gyre-deploy-XXXXXX", NULL);
	g_assert_true(meta_open(p->folder, &p->meta, NULL));
	for (int n = 1; n <= 3; n++)
		add_version(p, n, n < 3);
	g_assert_true(registry_move(p->meta, "loans", ALIAS_CHAMPION, 1, "gate", WHO_GATE, NULL, NULL));
}

static void teardown(Place *p, gconstpointer unused)
{
	meta_close(p->meta);
	g_assert_true(file_remove(p->folder, NULL));
	g_free(p->folder);
}

static void expect(GError *error, FailCode code, const char *words)
{
	g_assert_error(error, FAIL, (int)code);
	if (!strstr(error->message, words))
		g_error("expected \"%s\" in: %s", words, error->message);
	g_error_free(error);
}

static int champion(const Place *p)
{
	json_auto_t *version = NULL;
	g_assert_true(registry_alias(p->meta, "loans", ALIAS_CHAMPION, &version, NULL));
	return (int)json_get_int(version, "version", 0);
}

static json_t *begun(const Place *p, int version, const char *strategy)
{
	json_t *d = NULL;
	g_autoptr(GError) error = NULL;
	deployment_begin(p->meta, "loans", version, strategy, NULL, "Ada", NULL, &d, &error);
	g_assert_no_error(error);
	return d;
}

static json_t *check(const Place *p, const json_t *d, const char *why_not)
{
	json_auto_t *about = json_pack("{s:b}", "pass", why_not == NULL);
	json_t *now = NULL;
	g_autoptr(GError) error = NULL;
	deployment_checked(p->meta, json_get_text(d, "id", ""), about, why_not, &now, &error);
	g_assert_no_error(error);
	return now;
}

static json_t *ended(const Place *p, const char *how)
{
	json_t *now = NULL;
	g_autoptr(GError) error = NULL;
	deployment_end(p->meta, "loans", how, "Grace", "because", &now, &error);
	g_assert_no_error(error);
	return now;
}

#define STATE(d) json_get_text(d, "state", "")

static void test_promoted_and_taken_back(Place *p, gconstpointer unused)
{
	json_auto_t *d = begun(p, 2, "canary"), *none = NULL;
	g_assert_cmpstr(STATE(d), ==, "checking");
	g_assert_cmpint(json_get_int(d, "stable", 0), ==, 1);
	g_assert_cmpfloat(json_get_number(json_object_get(d, "params"), "percent", 0), ==, 10);
	json_auto_t *running = check(p, d, NULL);
	g_assert_cmpstr(STATE(running), ==, "running");
	g_assert_true(json_get_bool(json_at(running, "evidence.check"), "pass", false));
	g_assert_cmpint(champion(p), ==, 1);
	json_auto_t *promoted = ended(p, "promoted");
	g_assert_cmpstr(STATE(promoted), ==, "promoted");
	g_assert_cmpint(champion(p), ==, 2);
	g_assert_true(deployment_current(p->meta, "loans", &none, NULL));
	g_assert_null(none);
	json_auto_t *back = ended(p, "rolled_back"), *events = NULL;
	g_assert_cmpstr(STATE(back), ==, "rolled_back");
	g_assert_cmpint(json_get_int(back, "undone", 0), >=, json_get_int(back, "ended", 0));
	g_assert_cmpint(champion(p), ==, 1);
	g_assert_true(deployment_events(p->meta, json_get_text(d, "id", ""), &events, NULL));
	static const char *const EVENTS[] = {"begun", "checked", "promoted", "rolled_back"};
	g_assert_cmpuint(json_array_size(events), ==, G_N_ELEMENTS(EVENTS));
	for (size_t i = 0; i < G_N_ELEMENTS(EVENTS); i++)
		g_assert_cmpstr(json_get_text(json_array_get(events, i), "event", ""), ==, EVENTS[i]);
	g_assert_cmpint(json_get_int(json_at(json_array_get(events, 3), "about"), "back_to", 0), ==, 1);
}

static void test_rolled_back(Place *p, gconstpointer unused)
{
	json_auto_t *d = begun(p, 2, "shadow"), *running = check(p, d, NULL), *back = ended(p, "rolled_back");
	GError *error = NULL;
	json_t *none;
	g_assert_cmpfloat(json_get_number(json_object_get(d, "params"), "percent", 0), ==, 100);
	g_assert_cmpstr(STATE(running), ==, "running");
	g_assert_cmpstr(STATE(back), ==, "rolled_back");
	g_assert_cmpstr(json_get_text(back, "ended_reason", ""), ==, "because");
	g_assert_cmpint(champion(p), ==, 1);
	g_assert_false(deployment_end(p->meta, "loans", "rolled_back", "x", NULL, &none, &error));
	expect(error, FAIL_NOT_FOUND, "no deployment");
}

static void test_refused(Place *p, gconstpointer unused)
{
	json_auto_t *d = begun(p, 2, "blue_green"), *refused = check(p, d, "it does not load"), *list = NULL;
	g_assert_cmpstr(STATE(refused), ==, "refused");
	g_assert_cmpstr(json_get_text(refused, "ended_reason", ""), ==, "it does not load");
	/* What was refused stays so. */
	json_auto_t *again = check(p, d, NULL);
	g_assert_cmpstr(STATE(again), ==, "refused");
	json_auto_t *next = begun(p, 2, "canary");
	g_assert_true(deployment_list(p->meta, "loans", &list, NULL));
	g_assert_cmpuint(json_array_size(list), ==, 2);
	g_assert_cmpstr(json_get_text(json_array_get(list, 0), "id", ""), ==, json_get_text(next, "id", ""));
}

static void test_conflicts(Place *p, gconstpointer unused)
{
	json_t *none;
	GError *error = NULL;
	g_assert_false(deployment_begin(p->meta, "loans", 1, "canary", NULL, "Ada", NULL, &none, &error));
	expect(g_steal_pointer(&error), FAIL_CONFLICT, "in use already");
	g_assert_false(deployment_begin(p->meta, "loans", 9, "canary", NULL, "Ada", NULL, &none, &error));
	expect(g_steal_pointer(&error), FAIL_NOT_FOUND, "no version 9");
	g_assert_false(deployment_begin(p->meta, "loans", 2, "canery", NULL, "Ada", NULL, &none, &error));
	expect(g_steal_pointer(&error), FAIL_INVALID, "canary");
	g_assert_false(deployment_begin(p->meta, "loans", 3, "canary", NULL, "Ada", NULL, &none, &error));
	expect(g_steal_pointer(&error), FAIL_CONFLICT, "gate");
	g_assert_false(deployment_end(p->meta, "loans", "promoted", "Ada", NULL, &none, &error));
	expect(g_steal_pointer(&error), FAIL_NOT_FOUND, "in progress");
	json_auto_t *share = json_pack("{s:f}", "percent", 10.0);
	g_assert_false(deployment_begin(p->meta, "loans", 2, NULL, share, "Ada", NULL, &none, &error));
	expect(g_steal_pointer(&error), FAIL_INVALID, "has no share");
	json_auto_t *d = begun(p, 2, NULL);
	g_assert_cmpstr(json_get_text(d, "strategy", ""), ==, "all_at_once");
	g_assert_false(deployment_begin(p->meta, "loans", 2, NULL, NULL, "Ada", NULL, &none, &error));
	expect(g_steal_pointer(&error), FAIL_CONFLICT, "being deployed");
	g_assert_false(deployment_end(p->meta, "loans", "promoted", "Ada", NULL, &none, &error));
	expect(g_steal_pointer(&error), FAIL_CONFLICT, "still being checked");
}

static void test_moved_meanwhile(Place *p, gconstpointer unused)
{
	json_auto_t *d = begun(p, 2, "canary"), *running = check(p, d, NULL);
	json_t *none;
	GError *error = NULL;
	g_assert_cmpstr(STATE(running), ==, "running");
	g_assert_true(registry_move(p->meta, "loans", ALIAS_CHAMPION, 3, "override", "Bob", NULL, NULL));
	g_assert_false(deployment_end(p->meta, "loans", "promoted", "Ada", NULL, &none, &error));
	expect(error, FAIL_CONFLICT, "version 3 of the model \"loans\" became the champion meanwhile");
	g_assert_cmpint(champion(p), ==, 3);
	json_auto_t *back = ended(p, "rolled_back");
	g_assert_cmpstr(STATE(back), ==, "rolled_back");
	g_assert_cmpint(champion(p), ==, 3);
}

static void test_override(Place *p, gconstpointer unused)
{
	json_auto_t *params = json_pack("{s:b,s:f}", "override", true, "percent", 25.0), *d = NULL, *moves = NULL;
	GError *error = NULL;
	g_assert_false(deployment_begin(p->meta, "loans", 3, "canary", params, "Ada", NULL, &d, &error));
	expect(g_steal_pointer(&error), FAIL_INVALID, "reason");
	g_assert_true(deployment_begin(p->meta, "loans", 3, "canary", params, "Ada", "urgent", &d, NULL));
	json_auto_t *running = check(p, d, NULL), *promoted = ended(p, "promoted");
	g_assert_cmpstr(STATE(running), ==, "running");
	g_assert_cmpstr(STATE(promoted), ==, "promoted");
	g_assert_true(registry_moves(p->meta, "loans", &moves, NULL));
	g_assert_cmpstr(json_get_text(json_array_get(moves, 0), "why", ""), ==, "override");
	g_assert_cmpstr(json_get_text(json_array_get(moves, 0), "who", ""), ==, "Ada");
}

/* Without a champion the newest version is what is served: nothing stands beside it. */
static void test_first(Place *p, gconstpointer unused)
{
	g_autofree char *digest = digest_of_bytes("x", 1);
	json_auto_t *about = json_pack("{s:{s:b}}", "gate", "pass", true), *d = NULL;
	int version;
	bool is_new;
	json_t *none;
	GError *error = NULL;
	g_assert_true(registry_add(p->meta, "fresh", digest, about, &version, &is_new, NULL));
	g_assert_false(deployment_begin(p->meta, "fresh", 1, "canary", NULL, "Ada", NULL, &none, &error));
	expect(error, FAIL_CONFLICT, "all_at_once");
	g_assert_true(deployment_begin(p->meta, "fresh", 1, "all_at_once", NULL, "Ada", NULL, &d, NULL));
	g_assert_true(json_is_null(json_object_get(d, "stable")));
}

static void test_claim(Place *p, gconstpointer unused)
{
	json_auto_t *d = begun(p, 2, "canary");
	const char *id = json_get_text(d, "id", "");
	bool mine = false;
	g_assert_true(deployment_claim(p->meta, id, "a", 60, &mine, NULL) && mine);
	g_assert_true(deployment_claim(p->meta, id, "b", 60, &mine, NULL) && !mine);
	g_assert_true(deployment_claim(p->meta, id, "a", 0, &mine, NULL) && mine);
	g_usleep(2000);
	g_assert_true(deployment_claim(p->meta, id, "b", 60, &mine, NULL) && mine);
	json_auto_t *running = check(p, d, NULL);
	g_assert_true(deployment_claim(p->meta, id, "b", 60, &mine, NULL) && !mine);
}

static void test_share(Place *p, gconstpointer unused)
{
	json_auto_t *d = begun(p, 2, "canary"), *now = NULL, *events = NULL;
	json_t *none;
	GError *error = NULL;
	g_assert_false(deployment_share(p->meta, "loans", 50, "Ada", &none, &error));
	expect(g_steal_pointer(&error), FAIL_NOT_FOUND, "running");
	json_auto_t *running = check(p, d, NULL);
	g_assert_cmpstr(STATE(running), ==, "running");
	g_assert_true(deployment_share(p->meta, "loans", 50, "Ada", &now, NULL));
	g_assert_cmpfloat(json_get_number(json_object_get(now, "params"), "percent", 0), ==, 50);
	g_assert_false(deployment_share(p->meta, "loans", 101, "Ada", &none, &error));
	expect(g_steal_pointer(&error), FAIL_INVALID, "between");
	g_assert_true(deployment_events(p->meta, json_get_text(d, "id", ""), &events, NULL));
	g_assert_cmpfloat(json_get_number(json_at(json_array_get(events, 2), "about"), "from", 0), ==, 10);
	json_auto_t *back = ended(p, "rolled_back"), *green = begun(p, 2, "blue_green"),
	            *stands = check(p, green, NULL);
	g_assert_true(back && stands);
	g_assert_false(deployment_share(p->meta, "loans", 50, "Ada", &none, &error));
	expect(g_steal_pointer(&error), FAIL_INVALID, "no share");
}

static void test_strategies(void)
{
	const Param *p = param_find(DEPLOY_PARAMS, "strategy");
	size_t i = 0;
	for (; STRATEGIES[i]; i++) {
		const StrategyKind *k = STRATEGIES[i];
		Shares s = k->shares(k->percent);
		g_assert_cmpstr(k->name, ==, p->choices[i]);
		g_assert_true(strategy_find(k->name) == k && k->help);
		g_assert_true(s.canary >= 0 && s.canary <= 1 && s.shadow >= 0 && s.shadow <= 1);
		g_assert_true(!k->is_judged || (k->waits && k->needs_stable && s.canary + s.shadow > 0));
	}
	g_assert_null(p->choices[i]);
	g_assert_null(strategy_find("at_random"));
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add("/deployment/promoted", Place, NULL, setup, test_promoted_and_taken_back, teardown);
	g_test_add("/deployment/rolled_back", Place, NULL, setup, test_rolled_back, teardown);
	g_test_add("/deployment/refused", Place, NULL, setup, test_refused, teardown);
	g_test_add("/deployment/conflicts", Place, NULL, setup, test_conflicts, teardown);
	g_test_add("/deployment/moved_meanwhile", Place, NULL, setup, test_moved_meanwhile, teardown);
	g_test_add("/deployment/override", Place, NULL, setup, test_override, teardown);
	g_test_add("/deployment/first", Place, NULL, setup, test_first, teardown);
	g_test_add("/deployment/claim", Place, NULL, setup, test_claim, teardown);
	g_test_add("/deployment/share", Place, NULL, setup, test_share, teardown);
	g_test_add_func("/deployment/strategies", test_strategies);
	return g_test_run();
}
