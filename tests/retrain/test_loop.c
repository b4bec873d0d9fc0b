/* test_loop.c: retrainings from phase to phase, the program that trains played by a script; and the decision between two models. */
#include "retrain/loop.h"

#include <glib/gstdio.h>
#include <string.h>

#include "base/digest.h"
#include "base/error.h"
#include "base/file.h"
#include "base/json.h"
#include "registry/registry.h"
#include "retrain/challenge.h"
#include "retrain/retraining.h"
#include "retrain/trigger.h"

typedef struct Place {
	char *folder, *program;
	Meta *meta;
	Blobs *blobs;
	json_t *config;
	RetrainLoop *loop;
	int64_t first_wait;
} Place;

static char *base; /* where all of it is; scratch folders in `tmp` below it */

static RetrainLoop *new_loop(const Place *p)
{
	LoopOptions options = {
	        .folder = p->folder, .state_folder = p->folder, .program = p->program, .first_wait = p->first_wait};
	return retrain_loop_new(&options);
}

static void setup(Place *p, gconstpointer unused)
{
	p->folder = g_mkdtemp(g_build_filename(base, "gyre-loop-XXXXXX", NULL));
	p->program = g_build_filename(p->folder, "program", NULL);
	g_assert_true(meta_open(p->folder, &p->meta, NULL));
	g_assert_true(blobs_open(p->folder, &p->blobs, NULL));
	p->config = json_pack("{s:s,s:{s:s,s:{s:i,s:i},s:{s:s,s:i}}}", "project", "late", "retrain", "cooldown", "0",
	        "budget", "runs", 100, "cpu_seconds", 0, "judge", "rule", "better", "min_rows", 1);
	p->loop = new_loop(p);
}

static void teardown(Place *p, gconstpointer unused)
{
	retrain_loop_free(p->loop);
	json_decref(p->config);
	blobs_close(p->blobs);
	meta_close(p->meta);
	g_assert_true(file_remove(p->folder, NULL));
	g_free(p->folder);
	g_free(p->program);
}

/* The program that trains: says this and ends so. */
static void play(const Place *p, const char *answer, const char *ending)
{
	g_autofree char *text = g_strdup_printf("#!/bin/sh\ncat <<'END'\n%s\nEND\n%s\n", answer, ending);
	g_assert_true(g_file_set_contents(p->program, text, -1, NULL));
	g_assert_cmpint(g_chmod(p->program, 0755), ==, 0);
}

/* A version of the model; the champion, when asked. */
static void add_version(const Place *p, int n, bool is_champion)
{
	g_autofree char *digest = digest_of_bytes(&n, sizeof n);
	json_auto_t *about = json_pack("{s:{s:b}}", "gate", "pass", 1);
	int version;
	bool is_new;
	g_assert_true(registry_add(p->meta, "late", digest, about, &version, &is_new, NULL));
	g_assert_cmpint(version, ==, n);
	if (is_champion)
		g_assert_true(registry_move(p->meta, "late", ALIAS_CHAMPION, n, "gate", WHO_GATE, NULL, NULL));
}

static void want(const Place *p)
{
	json_auto_t *cause = trigger_manual_cause("Ada", NULL), *record = NULL;
	bool is_new;
	g_assert_true(retraining_want(p->meta, "late", cause, meta_now(), &record, &is_new, NULL));
}

/* Steps until nothing is under way, or what is waits. */
static void finish(const Place *p)
{
	LoopInput in = {.meta = p->meta, .blobs = p->blobs, .config = p->config};
	bool busy = true;
	int i = 0;
	do {
		g_autoptr(GError) error = NULL;
		in.now = meta_now();
		retrain_loop_step(p->loop, &in, &busy, &error);
		g_assert_no_error(error);
		g_usleep(2000);
	} while (++i < 2000 && busy && !retrain_loop_waits(p->loop));
}

static json_t *newest(const Place *p)
{
	json_t *record = NULL;
	g_assert_true(retraining_get(p->meta, "late", 0, &record, NULL));
	return record;
}

static void expect(const Place *p, const char *phase, const char *words)
{
	json_auto_t *record = newest(p);
	const json_t *reasons = json_object_get(record, "reasons");
	const char *last = json_string_value(json_array_get(reasons, json_array_size(reasons) - 1));
	g_assert_cmpstr(json_get_text(record, "phase", ""), ==, phase);
	if (words && (!last || !strstr(last, words)))
		g_error("expected \"%s\" in: %s", words, last);
}

#define RUN_OF(version, status)                                                          \
	"{\"run\": \"r\", \"status\": \"" status                                         \
	"\", \"steps\": [], \"model\": {\"name\": \"late\", \"version\": " version "}, " \
	"\"gate\": {\"pass\": false, \"reasons\": [\"roc_auc is too low\", \"it is slow\"]}}"

static void test_nothing_to_do(Place *p, gconstpointer unused)
{
	add_version(p, 1, true);
	play(p, RUN_OF("1", "done"), "exit 0");
	want(p);
	finish(p);
	expect(p, PHASE_NOTHING, "version 1 again");
	json_auto_t *record = newest(p);
	g_assert_cmpstr(json_get_text(record, "run_id", ""), ==, "r");
	g_assert_cmpint((int)json_get_int(record, "champion", 0), ==, 1);
	g_assert_cmpint((int)json_get_int(record, "attempts", 0), ==, 1);
}

static void test_first(Place *p, gconstpointer unused)
{
	play(p, RUN_OF("1", "done"), "exit 0");
	want(p);
	LoopInput in = {.meta = p->meta, .blobs = p->blobs, .config = p->config, .now = meta_now()};
	bool busy;
	g_assert_true(retrain_loop_step(p->loop, &in, &busy, NULL)); /* begun without a champion */
	add_version(p, 1, true);                                     /* which the run's own step then makes */
	finish(p);
	expect(p, PHASE_DONE, "first version");
}

static void test_gate(Place *p, gconstpointer unused)
{
	add_version(p, 1, true);
	add_version(p, 2, false);
	play(p, RUN_OF("2", "rejected"), "exit 1");
	want(p);
	finish(p);
	expect(p, PHASE_REJECTED, "roc_auc is too low; it is slow");
	json_auto_t *record = newest(p);
	g_assert_cmpint((int)json_get_int(record, "candidate", 0), ==, 2);
	/* Again, because of a schedule this time: it was decided. */
	json_auto_t *cause = json_pack("{s:s,s:s,s:s}", "trigger", "schedule", "key", "k", "reason", "it is time"),
	            *again = NULL;
	bool is_new;
	g_assert_true(retraining_want(p->meta, "late", cause, meta_now(), &again, &is_new, NULL));
	finish(p);
	expect(p, PHASE_NOTHING, "retraining 1 decided");
}

static void test_failed(Place *p, gconstpointer unused)
{
	add_version(p, 1, true);
	play(p,
	        "{\"run\": \"r\", \"status\": \"failed\", \"steps\": [{\"name\": \"ingest\", \"error\": \"no file "
	        "rows.csv\"}]}",
	        "exit 2");
	want(p);
	finish(p);
	expect(p, PHASE_FAILED, "no file rows.csv");
	play(p, "{\"error\": {\"code\": \"invalid\", \"message\": \"gyre.yaml:3:1: x\"}}", "exit 2");
	want(p);
	finish(p);
	expect(p, PHASE_FAILED, "gyre.yaml:3:1");
	/* Each left the way free for the next. */
	play(p, RUN_OF("1", "done"), "exit 0");
	want(p);
	finish(p);
	expect(p, PHASE_NOTHING, NULL);
}

/* A full disk may be empty again: the retraining stays, and is tried again later. */
static void test_outside(Place *p, gconstpointer unused)
{
	add_version(p, 1, true);
	play(p,
	        "{\"run\": \"r\", \"status\": \"failed\", \"steps\": [{\"name\": \"train\", \"error\": \"no space "
	        "left\"}]}",
	        "exit 3");
	want(p);
	finish(p);
	expect(p, PHASE_RUNNING, NULL);
	play(p, "", "kill -9 $$");
	for (int attempt = 2; attempt <= 6; attempt++) {
		expect(p, PHASE_RUNNING, NULL);
		retrain_loop_free(p->loop); /* another process does not know of the wait */
		p->loop = new_loop(p);
		finish(p);
	}
	expect(p, PHASE_FAILED, "signal");
	json_auto_t *record = newest(p);
	g_assert_cmpint((int)json_get_int(record, "attempts", 0), ==, 6);
}

/* Whoever watched is gone in the middle of a run: the next one runs it again, and one retraining it stays. */
static void test_goes_on(Place *p, gconstpointer unused)
{
	add_version(p, 1, true);
	play(p, "", "exec sleep 60");
	want(p);
	LoopInput in = {.meta = p->meta, .blobs = p->blobs, .config = p->config, .now = meta_now()};
	bool busy;
	for (int i = 0; i < 4; i++)
		g_assert_true(retrain_loop_step(p->loop, &in, &busy, NULL));
	g_assert_true(busy);
	retrain_loop_stop(p->loop, p->meta, "late", in.now);
	json_auto_t *stopped = newest(p);
	g_assert_cmpint((int)json_get_int(stopped, "attempts", 9), ==, 0); /* in order: it does not count */
	retrain_loop_free(p->loop);
	p->loop = new_loop(p);
	play(p, RUN_OF("1", "done"), "exit 0");
	finish(p);
	expect(p, PHASE_NOTHING, NULL);
	json_auto_t *all = NULL;
	g_assert_true(retraining_list(p->meta, "late", 10, &all, NULL));
	g_assert_cmpuint(json_array_size(all), ==, 1);
}

/* Nothing mends a run that is gone: the retraining ends, and the next one has its turn. */
static void test_not_to_be_judged(Place *p, gconstpointer unused)
{
	int n = 2, version;
	bool is_new;
	g_autofree char *digest = digest_of_bytes(&n, sizeof n);
	json_auto_t *about = json_pack("{s:{s:b},s:s}", "gate", "pass", 1, "run_id", "gone");
	add_version(p, 1, true);
	g_assert_true(registry_add(p->meta, "late", digest, about, &version, &is_new, NULL));
	play(p, RUN_OF("2", "done"), "exit 0");
	want(p);
	finish(p);
	expect(p, PHASE_FAILED, "could not be judged");
	play(p, RUN_OF("1", "done"), "exit 0");
	want(p);
	finish(p);
	expect(p, PHASE_NOTHING, NULL);
}

static int events_of(const Place *p, const char *words)
{
	json_auto_t *record = newest(p);
	size_t i;
	int count = 0;
	json_t *event;
	json_array_foreach (json_object_get(record, "events"), i, event)
		count += strstr(json_get_text(event, "note", ""), words) != NULL;
	return count;
}

/* A disk that is full while it is judged: it waits, longer each time, and gives up with the reason after a while. */
static void test_judged_later(Place *p, gconstpointer unused)
{
	g_autofree char *tmp = g_build_filename(base, "tmp", NULL);
	add_version(p, 1, true);
	add_version(p, 2, false);
	play(p, RUN_OF("2", "done"), "exit 0");
	want(p);
	g_assert_cmpint(g_rmdir(tmp), ==, 0); /* no scratch folder can be made */
	for (int i = 0; i < 3; i++)
		finish(p);
	expect(p, PHASE_RUNNING, NULL);
	g_assert_true(retrain_loop_waits(p->loop));
	g_assert_cmpint(events_of(p, "tried again in 30s"), ==, 1); /* it is waited for, not tried at each step */
	p->first_wait = 1;
	retrain_loop_free(p->loop);
	p->loop = new_loop(p);
	for (int i = 0; i < 20; i++)
		finish(p);
	expect(p, PHASE_FAILED, "(tried 6 times)");
	g_assert_cmpint(events_of(p, "it is tried again"), ==, 6);
	p->first_wait = 200 * 1000;
	retrain_loop_free(p->loop);
	p->loop = new_loop(p);
	want(p);
	finish(p);
	expect(p, PHASE_RUNNING, NULL);
	g_assert_cmpint(g_mkdir(tmp, 0700), ==, 0);
	for (int i = 0; i < 2000 && events_of(p, "are gone") == 0; i++)
		finish(p);
	expect(p, PHASE_REJECTED, "test rows of the challenger's run are gone");
	json_auto_t *record = newest(p);
	g_assert_cmpint((int)json_get_int(record, "attempts", 0), ==, 1); /* what was trained was not trained again */
}

static void test_one_leads(Place *p, gconstpointer unused)
{
	bool leads = false;
	g_autoptr(RetrainLoop) other = new_loop(p);
	g_assert_true(retrain_loop_leads(p->loop, "late", &leads, NULL) && leads);
	g_assert_true(retrain_loop_leads(other, "late", &leads, NULL) && !leads);
	retrain_loop_free(p->loop);
	p->loop = NULL;
	g_assert_true(retrain_loop_leads(other, "late", &leads, NULL) && leads);
}

/* What versus says, by the rule. */
static void decide(const char *better, double difference, const char *rule, double margin, bool accept)
{
	json_auto_t *versus = json_pack("{s:s,s:i,s:{s:s,s:f,s:f,s:f,s:f,s:f,s:f}}", "better", better, "rows", 500,
	        "goal", "metric", "roc_auc", "a", 0.7, "b", 0.7 + difference, "difference", difference, "low",
	        difference - 0.01, "high", difference + 0.01, "p", 0.01);
	json_auto_t *judge = json_pack("{s:s,s:f}", "rule", rule, "margin", margin);
	g_autofree char *reason = NULL;
	g_assert_true(challenge_decide(versus, judge, &reason) == accept);
	g_assert_nonnull(strstr(reason, "on the same 500 fresh rows"));
}

/* One class only among the fresh rows: nothing is told, so the champion stays, and the reason says why. */
static void undecided(const char *rule)
{
	json_auto_t *versus = json_pack("{s:n,s:i,s:{s:s,s:n,s:n,s:n,s:n,s:n,s:n}}", "better", "rows", 500, "goal",
	        "metric", "roc_auc", "a", "b", "difference", "low", "high", "p");
	json_auto_t *judge = json_pack("{s:s,s:f}", "rule", rule, "margin", 0.1);
	g_autofree char *reason = NULL;
	g_assert_false(challenge_decide(versus, judge, &reason));
	g_assert_nonnull(strstr(reason, "cannot be told"));
	g_assert_null(strstr(reason, "nan"));
}

static void test_decide(void)
{
	decide("b", 0.05, "better", 0, true);
	decide("", 0.005, "better", 0, false);
	decide("a", -0.05, "better", 0.1, false);
	decide("b", 0.05, "no_worse", 0, true);
	decide("", -0.005, "no_worse", 0, true);
	decide("a", -0.05, "no_worse", 0.02, false);
	decide("a", -0.05, "no_worse", 0.06, true);
	undecided("better");
	undecided("no_worse");
}

#define ADD(name, f) g_test_add("/loop/" name, Place, NULL, setup, f, teardown)

int main(int argc, char **argv)
{
	g_autofree char *pattern = g_strdup_printf(
	                        "%s/gyre-loops-XXXXXX", g_getenv("TMPDIR") ? g_getenv("TMPDIR") : "/tmp"),
	                *tmp = g_strdup_printf("%s/tmp", g_mkdtemp(pattern));
	base = pattern;
	g_setenv("TMPDIR", tmp, TRUE); /* before anybody asks for it: it is kept */
	g_assert_cmpint(g_mkdir(tmp, 0700), ==, 0);
	g_test_init(&argc, &argv, NULL);
	ADD("nothing_to_do", test_nothing_to_do);
	ADD("first", test_first);
	ADD("gate", test_gate);
	ADD("failed", test_failed);
	ADD("outside", test_outside);
	ADD("goes_on", test_goes_on);
	ADD("not_to_be_judged", test_not_to_be_judged);
	ADD("judged_later", test_judged_later);
	ADD("one_leads", test_one_leads);
	g_test_add_func("/loop/decide", test_decide);
	int status = g_test_run();
	file_remove(base, NULL);
	return status;
}
