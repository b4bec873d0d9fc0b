/* test_conduct.c: a running deployment goes on by itself: looks when they are due and once only, rollback and promotion by what
 * was seen, and what somebody else decided meanwhile. */
#include "serve/conduct.h"

#include "base/digest.h"
#include "base/file.h"
#include "base/json.h"
#include "registry/registry.h"
#include "serve/deployment.h"
#include "served_kit.h"

typedef struct Place {
	char *folder;
	Meta *meta;
	char *id;
} Place;

static void setup(Place *p, gconstpointer unused)
{
	p->folder = g_dir_make_tmp("gyre-conduct-XXXXXX", NULL);
	g_assert_true(meta_open(p->folder, &p->meta, NULL));
	for (int n = 1; n <= 3; n++) {
		g_autofree char *digest = digest_of_bytes(&n, sizeof n);
		json_auto_t *about = json_pack("{s:{s:b}}", "gate", "pass", true);
		int version;
		bool is_new;
		g_assert_true(registry_add(p->meta, "loans", digest, about, &version, &is_new, NULL));
	}
	g_assert_true(registry_move(p->meta, "loans", ALIAS_CHAMPION, 1, "gate", WHO_GATE, NULL, NULL));
}

static void teardown(Place *p, gconstpointer unused)
{
	meta_close(p->meta);
	g_assert_true(file_remove(p->folder, NULL));
	g_free(p->folder);
	g_free(p->id);
}

static void begin(Place *p, const char *strategy, json_t *params)
{
	json_auto_t *d = NULL, *running = NULL, *check = json_object();
	g_assert_true(deployment_begin(p->meta, "loans", 2, strategy, params, "Ada", NULL, &d, NULL));
	json_decref(params);
	p->id = g_strdup(json_get_text(d, "id", ""));
	g_assert_true(deployment_checked(p->meta, p->id, check, NULL, &running, NULL));
}

/* A server's row: so many requests of each route in all, so many failed, all with the same latency and score. */
static void seen(const Place *p, const char *server, RolloutRoute route, uint64_t requests, uint64_t errors)
{
	g_autofree RolloutCounts *c = g_new0(RolloutCounts, 1);
	RouteCounts *r[] = {&c->routes[ROLLOUT_STABLE], &c->routes[route]};
	for (size_t k = 0; k < 2; k++) {
		r[k]->requests = requests;
		r[k]->errors = k ? errors : 0;
		r[k]->latency[10] = r[k]->scores[7] = requests - r[k]->errors;
	}
	json_auto_t *counts = rollout_counts_json(c);
	g_assert_true(meta_run(p->meta,
	        "INSERT INTO deployment_counts (deployment_id, server, counts, updated) VALUES ($1, $2, $3, 0)"
	        " ON CONFLICT (deployment_id, server) DO UPDATE SET counts = excluded.counts",
	        json_pack("[ssO]", p->id, server, counts), NULL, NULL));
}

static json_t *step(const Place *p)
{
	json_auto_t *d = NULL;
	json_t *now = NULL;
	g_autoptr(GError) error = NULL;
	g_assert_true(deployment_get(p->meta, p->id, &d, NULL));
	conduct_step(p->meta, d, &error);
	g_assert_no_error(error);
	g_assert_true(deployment_get(p->meta, p->id, &now, NULL));
	return now;
}

static void expect(const Place *p, const char *state, int look)
{
	json_auto_t *now = step(p);
	g_assert_cmpstr(json_get_text(now, "state", ""), ==, state);
	g_assert_cmpint(json_get_int(json_at(now, "evidence.verdict"), "look", 0), ==, look);
}

static int champion(const Place *p)
{
	json_auto_t *version = NULL;
	g_assert_true(registry_alias(p->meta, "loans", ALIAS_CHAMPION, &version, NULL));
	return (int)json_get_int(version, "version", 0);
}

static void test_looks(Place *p, gconstpointer unused)
{
	begin(p, "canary", json_pack("{s:i}", "min_requests", 100));
	expect(p, "running", 0);
	seen(p, "a", ROLLOUT_CANARY, 60, 0);
	expect(p, "running", 0);
	seen(p, "b", ROLLOUT_CANARY, 40, 0); /* two servers together */
	expect(p, "running", 1);
	expect(p, "running", 1); /* once */
	seen(p, "b", ROLLOUT_CANARY, 139, 0);
	expect(p, "running", 1);
	seen(p, "b", ROLLOUT_CANARY, 140, 0);
	expect(p, "running", 2);
	seen(p, "a", ROLLOUT_CANARY, 10000, 0);
	expect(p, "running", 3);
	seen(p, "a", ROLLOUT_CANARY, 10900, 0); /* a quarter of 10,000 is more than ten times a hundred */
	expect(p, "running", 3);
	seen(p, "a", ROLLOUT_CANARY, 11000, 0);
	expect(p, "running", 4);
	g_assert_cmpint(champion(p), ==, 1);
}

static void test_rollback(Place *p, gconstpointer unused)
{
	begin(p, "canary", json_pack("{s:i}", "min_requests", 100));
	seen(p, "a", ROLLOUT_CANARY, 100, 40);
	json_auto_t *now = step(p);
	g_assert_cmpstr(json_get_text(now, "state", ""), ==, "rolled_back");
	g_assert_cmpstr(json_get_text(now, "ended_by", ""), ==, DEPLOY_WHO_AUTO);
	g_assert_nonnull(strstr(json_get_text(now, "ended_reason", ""), "40 % of its requests failed, beside 0 %"));
	g_assert_cmpint(json_array_size(json_at(now, "evidence.verdict.findings")), ==, 6);
	expect(p, "rolled_back", 1);
}

/* Ten thousand good requests do not hide a hundred bad ones. */
static void test_late_fault(Place *p, gconstpointer unused)
{
	begin(p, "shadow", json_pack("{s:i}", "min_requests", 100));
	seen(p, "a", ROLLOUT_SHADOW, 10000, 0);
	expect(p, "running", 1);
	seen(p, "a", ROLLOUT_SHADOW, 11000, 60);
	expect(p, "rolled_back", 2);
}

static void test_by_hand(Place *p, gconstpointer unused)
{
	begin(p, "canary",
	        json_pack(
	                "{s:i,s:s,s:s,s:i}", "min_requests", 100, "rollback", "by_hand", "promote", "auto", "soak", 0));
	seen(p, "a", ROLLOUT_CANARY, 100, 100);
	json_auto_t *now = step(p);
	g_assert_cmpstr(json_get_text(now, "state", ""), ==, "running");
	g_assert_nonnull(json_get_text(json_at(now, "evidence.verdict"), "left", NULL));
}

static void test_promotion(Place *p, gconstpointer unused)
{
	json_auto_t *moves = NULL;
	begin(p, "canary", json_pack("{s:i,s:s,s:i}", "min_requests", 100, "promote", "auto", "soak", 0));
	expect(p, "running", 0); /* nothing seen yet */
	seen(p, "a", ROLLOUT_CANARY, 100, 0);
	expect(p, "promoted", 1);
	g_assert_cmpint(champion(p), ==, 2);
	/* Not a person's decision: it does not stand in the way of the next run's. */
	g_assert_true(registry_moves(p->meta, "loans", &moves, NULL));
	g_assert_cmpstr(json_get_text(json_array_get(moves, 0), "who", ""), ==, WHO_GATE);
}

static void test_soak(Place *p, gconstpointer unused)
{
	begin(p, "canary", json_pack("{s:i,s:s,s:i}", "min_requests", 100, "promote", "auto", "soak", 1000));
	seen(p, "a", ROLLOUT_CANARY, 100, 0);
	expect(p, "running", 1);
	g_assert_true(meta_run(p->meta, "UPDATE deployments SET started = started - 1001000000", NULL, NULL, NULL));
	expect(p, "promoted", 1);
}

/* Nothing is counted of it: only the soak time decides. */
static void test_blue_green(Place *p, gconstpointer unused)
{
	begin(p, "blue_green", json_pack("{s:s,s:i}", "promote", "auto", "soak", 0));
	expect(p, "promoted", 0);
	g_assert_cmpint(champion(p), ==, 2);
}

/* Killed between its check and its promotion: nobody else would end it. */
static void test_all_at_once(Place *p, gconstpointer unused)
{
	begin(p, "all_at_once", NULL);
	expect(p, "running", 0); /* who began it promotes it */
	g_assert_true(meta_run(p->meta, "UPDATE deployments SET started = started - 11000000", NULL, NULL, NULL));
	expect(p, "promoted", 0);
	g_assert_cmpint(champion(p), ==, 2);
}

static void test_moved_to_it(Place *p, gconstpointer unused)
{
	begin(p, "canary", NULL);
	g_assert_true(registry_move(p->meta, "loans", ALIAS_CHAMPION, 2, "gate", "Ada", NULL, NULL));
	expect(p, "promoted", 0);
}

static void test_moved_past_it(Place *p, gconstpointer unused)
{
	begin(p, "canary", NULL);
	g_assert_true(registry_move(p->meta, "loans", ALIAS_CHAMPION, 3, "gate", "Ada", NULL, NULL));
	expect(p, "rolled_back", 0);
	g_assert_cmpint(champion(p), ==, 3);
}

static int64_t counts_kept(const Place *p)
{
	json_auto_t *row = NULL;
	g_assert_true(meta_row(p->meta, "SELECT count(*) AS n FROM deployment_counts", NULL, &row, NULL));
	return json_get_int(row, "n", -1);
}

/* What could not be written down is not taken for told: it is written when the store can be written again. */
static void test_counts_late(Place *p, gconstpointer unused)
{
	json_auto_t *d = NULL;
	g_autoptr(Served) s = kit_served();
	begin(p, "canary", NULL);
	g_assert_true(deployment_get(p->meta, p->id, &d, NULL));
	g_autoptr(Rollout) r = rollout_new(d, s, s);
	rollout_count(r, ROLLOUT_STABLE, 100, NULL);
	g_assert_true(meta_run(p->meta, "ALTER TABLE deployment_counts RENAME TO away", NULL, NULL, NULL));
	g_assert_false(conduct_write(p->meta, r, NULL));
	g_assert_true(meta_run(p->meta, "ALTER TABLE away RENAME TO deployment_counts", NULL, NULL, NULL));
	g_assert_cmpint(counts_kept(p), ==, 0);
	g_assert_true(conduct_write(p->meta, r, NULL));
	g_assert_cmpint(counts_kept(p), ==, 1);
}

static const struct {
	const char *name;
	void (*test)(Place *p, gconstpointer unused);
} TESTS[] = {
        {"/conduct/looks", test_looks},
        {"/conduct/rollback", test_rollback},
        {"/conduct/all_at_once", test_all_at_once},
        {"/conduct/counts_late", test_counts_late},
        {"/conduct/late_fault", test_late_fault},
        {"/conduct/by_hand", test_by_hand},
        {"/conduct/promotion", test_promotion},
        {"/conduct/soak", test_soak},
        {"/conduct/blue_green", test_blue_green},
        {"/conduct/moved_to_it", test_moved_to_it},
        {"/conduct/moved_past_it", test_moved_past_it},
};

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	for (size_t i = 0; i < G_N_ELEMENTS(TESTS); i++)
		g_test_add(TESTS[i].name, Place, NULL, setup, TESTS[i].test, teardown);
	return g_test_run();
}
