/* test_retraining.c: the record of a retraining: one wanted, one under way, every change once. */
#include "retrain/retraining.h"

#include <string.h>

#include "base/duration.h"
#include "base/error.h"
#include "base/file.h"
#include "base/json.h"
#include "retrain/admission.h"
#include "retrain/settings.h"
#include "retrain/trigger.h"

#define HOUR (3600 * DURATION_SECOND)

typedef struct Place {
	char *folder;
	Meta *meta;
} Place;

static void setup(Place *p, gconstpointer unused)
{
	p->folder = g_dir_make_tmp("gyre-retraining-XXXXXX", NULL);
	g_assert_true(meta_open(p->folder, &p->meta, NULL));
}

static void teardown(Place *p, gconstpointer unused)
{
	meta_close(p->meta);
	g_assert_true(file_remove(p->folder, NULL));
	g_free(p->folder);
}

static json_t *want(const Place *p, const char *trigger, const char *key, bool is_new, int64_t now)
{
	json_auto_t *cause = json_pack("{s:s,s:s,s:s}", "trigger", trigger, "key", key, "reason", "because");
	json_t *record = NULL;
	bool found_new = !is_new;
	g_autoptr(GError) error = NULL;
	retraining_want(p->meta, "late", cause, now, &record, &found_new, &error);
	g_assert_no_error(error);
	g_assert_true(found_new == is_new);
	return record;
}

static bool move(const Place *p, const json_t *record, const char *from, const char *to, json_t *changes, int64_t now)
{
	json_auto_t *owned = changes, *moved = NULL;
	RetrainingMove step = {json_get_text(record, "id", ""), from, to, "so it is", owned};
	g_autoptr(GError) error = NULL;
	if (retraining_move(p->meta, &step, now, &moved, &error))
		return true;
	g_assert_error(error, FAIL, FAIL_CONFLICT);
	return false;
}

static void test_causes(Place *p, gconstpointer unused)
{
	json_auto_t *a = want(p, "drift", "k1", true, 1), *same = want(p, "drift", "k1", false, 2),
	            *b = want(p, "schedule", "k2", true, 3);
	g_assert_cmpstr(json_get_text(a, "id", "a"), ==, json_get_text(b, "id", "b"));
	g_assert_cmpuint(json_array_size(json_object_get(b, "causes")), ==, 2);
	g_assert_cmpint((int)json_get_int(same, "number", 0), ==, 1);
	/* While one is under way, further causes are the next one's. */
	g_assert_true(move(p, a, PHASE_WANTED, PHASE_RUNNING, NULL, 4));
	json_auto_t *next = want(p, "drift", "k3", true, 5);
	g_assert_cmpint((int)json_get_int(next, "number", 0), ==, 2);
	/* Which may not begin before the first has ended: the database refuses. */
	RetrainingMove begin = {json_get_text(next, "id", ""), PHASE_WANTED, PHASE_RUNNING, NULL, NULL};
	json_auto_t *moved = NULL;
	g_assert_false(retraining_move(p->meta, &begin, 6, &moved, NULL));
	g_assert_true(move(p, a, PHASE_RUNNING, PHASE_NOTHING, NULL, 7));
	g_assert_true(move(p, next, PHASE_WANTED, PHASE_RUNNING, NULL, 8));
}

static void test_moves(Place *p, gconstpointer unused)
{
	json_auto_t *r = want(p, "manual", "k", true, 10);
	g_assert_true(move(p, r, PHASE_WANTED, PHASE_RUNNING, json_pack("{s:i}", "attempts", 1), 20));
	g_assert_false(move(p, r, PHASE_WANTED, PHASE_RUNNING, NULL, 21)); /* once */
	g_assert_true(move(
	        p, r, PHASE_RUNNING, PHASE_RUNNING, json_pack("{s:i,s:f}", "attempts", 1, "cpu_seconds", 1.5), 22));
	g_assert_true(move(p, r, PHASE_RUNNING, PHASE_JUDGED,
	        json_pack("{s:s,s:i,s:i,s:f,s:{s:i},s:[s]}", "run_id", "r1", "champion", 1, "candidate", 2,
	                "cpu_seconds", 2.0, "evidence", "versus", 1, "reasons", "better"),
	        30));
	g_assert_true(move(p, r, PHASE_JUDGED, PHASE_DEPLOYING,
	        json_pack("{s:s,s:{s:i},s:[s]}", "deployment", "d", "evidence", "deployment", 2, "reasons", "canary"),
	        40));
	g_assert_true(move(p, r, PHASE_DEPLOYING, PHASE_DONE, NULL, 50));
	g_assert_false(move(p, r, PHASE_DEPLOYING, PHASE_DONE, NULL, 51));
	json_auto_t *got = NULL, *of = NULL, *none = NULL;
	g_assert_true(retraining_get(p->meta, "late", 0, &got, NULL));
	g_assert_cmpstr(json_get_text(got, "phase", ""), ==, PHASE_DONE);
	g_assert_cmpint((int)json_get_int(got, "attempts", 0), ==, 2);
	g_assert_cmpfloat(json_get_number(got, "cpu_seconds", 0), ==, 3.5);
	g_assert_cmpint((int)json_get_int(got, "started", 0), ==, 20);
	g_assert_cmpint((int)json_get_int(got, "ended", 0), ==, 50);
	g_assert_cmpuint(json_array_size(json_object_get(got, "reasons")), ==, 2);
	g_assert_cmpuint(json_object_size(json_object_get(got, "evidence")), ==, 2);
	g_assert_cmpuint(json_array_size(json_object_get(got, "events")), ==, 6);
	g_assert_true(retraining_of_version(p->meta, "late", 2, "other", &of, NULL));
	g_assert_nonnull(of);
	g_assert_true(retraining_of_version(p->meta, "late", 2, json_get_text(r, "id", ""), &none, NULL));
	g_assert_null(none);
	g_autoptr(GError) error = NULL;
	g_assert_false(retraining_get(p->meta, "late", 9, &none, &error));
	g_assert_error(error, FAIL, FAIL_NOT_FOUND);
}

static char *waits(const Place *p, const json_t *wanted, const char *retrain, int64_t now)
{
	json_auto_t *block = json_loads(retrain, 0, NULL), *wait = NULL;
	g_assert_true(admission_check(p->meta, wanted, block, now, &wait, NULL));
	return g_strdup(json_get_text(wait, "reason", NULL));
}

static void run_one(const Place *p, const char *key, double cpu, int64_t now)
{
	json_auto_t *r = want(p, "drift", key, true, now);
	g_assert_true(move(p, r, PHASE_WANTED, PHASE_RUNNING, NULL, now));
	g_assert_true(move(p, r, PHASE_RUNNING, PHASE_REJECTED, json_pack("{s:f}", "cpu_seconds", cpu), now));
}

static void test_admission(Place *p, gconstpointer unused)
{
	const char *free = "{\"cooldown\": \"0\", \"budget\": {\"runs\": 100, \"cpu_seconds\": 0}}";
	const char *cool = "{\"cooldown\": \"1h\", \"budget\": {\"runs\": 100, \"cpu_seconds\": 0}}";
	const char *runs = "{\"cooldown\": \"0\", \"budget\": {\"runs\": 2, \"cpu_seconds\": 0}}";
	const char *cpu = "{\"cooldown\": \"0\", \"budget\": {\"runs\": 100, \"cpu_seconds\": 20}}";
	int64_t now = 1000 * HOUR;
	run_one(p, "a", 15, now);
	run_one(p, "b", 10, now + HOUR);
	json_auto_t *w = want(p, "drift", "c", true, now + HOUR);
	int64_t soon = now + HOUR + HOUR / 2;
	g_assert_null(waits(p, w, free, soon));
	g_autofree char *a = waits(p, w, cool, soon), *b = waits(p, w, runs, soon), *c = waits(p, w, cpu, soon);
	g_assert_nonnull(strstr(a, "cool-down"));
	g_assert_nonnull(strstr(b, "2 retrainings"));
	g_assert_nonnull(strstr(c, "processor time"));
	g_assert_null(waits(p, w, cool, now + 2 * HOUR));
	g_assert_null(waits(p, w, runs, now + 24 * HOUR));
	/* The clock was set back by an hour: the budget still counts what was begun, the cool-down is over. */
	g_autofree char *d = waits(p, w, runs, now);
	g_assert_nonnull(d);
	g_assert_null(waits(p, w, cool, now));
	/* A person's wish goes before both. */
	json_auto_t *asked = want(p, "manual", "m", true, soon);
	g_assert_null(waits(p, asked, runs, soon));
}

/* A wish that was taken back cost nothing: neither a cool-down follows nor does the budget know of it. */
static void test_taken_back(Place *p, gconstpointer unused)
{
	const char *both = "{\"cooldown\": \"1h\", \"budget\": {\"runs\": 1, \"cpu_seconds\": 0}}";
	json_auto_t *r = want(p, "drift", "a", true, HOUR);
	g_assert_true(move(p, r, PHASE_WANTED, PHASE_REJECTED, NULL, HOUR));
	json_auto_t *got = NULL, *next = want(p, "drift", "b", true, HOUR);
	g_assert_null(waits(p, next, both, HOUR));
	g_assert_true(retraining_get(p->meta, "late", 1, &got, NULL));
	g_assert_true(json_is_null(json_object_get(got, "started")));
	g_assert_cmpint(json_get_int(got, "ended", 0), ==, HOUR);
}

#define ADD(name, f) g_test_add("/retraining/" name, Place, NULL, setup, f, teardown)

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	ADD("causes", test_causes);
	ADD("moves", test_moves);
	ADD("admission", test_admission);
	ADD("taken_back", test_taken_back);
	return g_test_run();
}
