/* test_forks.c: children that do their work, say why not, crash, are too slow, want too much memory; and the search's kinds. */
#include "model/forks.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/error.h"
#include "base/file.h"
#include "model/search.h"

enum { PIECES = 6 };

typedef struct Log {
	char *folder;
	unsigned ended;
	bool ok[64], out_of_time[64];
	char *reason[64];
} Log;

/* 0 writes a file, 1 says why not, 2 crashes, 3 takes too long, 4 wants 2 GiB, 5 writes a file. */
static bool work(void *context, size_t number, GError **error)
{
	const Log *log = context;
	g_autofree char *path = g_strdup_printf("%s/%zu", log->folder, number);
	switch (number) {
	case 1:
		return fail(error, FAIL_INVALID, "the %zuth is no good", number);
	case 2:
		kill(getpid(), SIGUSR1); /* SIGSEGV would be caught by the sanitizers */
		return true;
	case 3:
		sleep(60);
		return true;
	case 4: {
		char *memory = malloc((size_t)2 << 30);
		if (!memory)
			abort(); /* as XGBoost and GLib do, in their ways */
		memset(memory, 1, (size_t)2 << 30);
		free(memory);
		return true;
	}
	default:
		return file_write(path, "done", 4, error);
	}
}

static void ended(void *context, const ForkEnd *end)
{
	Log *log = context;
	log->ended++;
	log->ok[end->number] = end->ok;
	log->out_of_time[end->number] = end->out_of_time;
	log->reason[end->number] = g_strdup(end->reason);
}

static Log *log_new(void)
{
	Log *log = g_new0(Log, 1);
	log->folder = g_dir_make_tmp("gyre-forks-XXXXXX", NULL);
	return log;
}

static void log_free(Log *log)
{
	file_remove(log->folder, NULL);
	for (unsigned i = 0; i < 64; i++)
		g_free(log->reason[i]);
	g_free(log->folder);
	g_free(log);
}

typedef struct Queue {
	Log *log; /* first, as `ended` takes it */
	unsigned begun, most;
	double left;
} Queue;

static bool queue_ready(void *context, size_t number)
{
	Queue *q = context;
	unsigned running = q->begun - q->log->ended;
	q->most = MAX(q->most, running);
	if (number >= 4 || running >= 2)
		return false;
	q->begun++;
	return true;
}

static bool queue_work(void *context, size_t number, GError **error)
{
	(void)context;
	(void)number;
	(void)error;
	return true;
}

static void queue_ended(void *context, const ForkEnd *end)
{
	Queue *q = context;
	q->log->ended++;
	g_assert_true(end->ok);
	q->left--;
}

static double queue_left(void *context)
{
	return ((const Queue *)context)->left;
}

/* Two at a time although there is room for eight, and four of ten, as the queue says; of those two more when its time is over. */
static void test_queue(void)
{
	g_autoptr(GError) error = NULL;
	Queue q = {.log = log_new()};
	ForkPlan plan = {.count = 10,
	        .at_once = 8,
	        .ready = queue_ready,
	        .work = queue_work,
	        .ended = queue_ended,
	        .context = &q};
	g_assert_true(forks_run(&plan, &error));
	g_assert_true(q.log->ended == 4 && q.begun == 4 && q.most <= 2);
	log_free(q.log);
	q = (Queue){.log = log_new(), .left = 2};
	plan.left = queue_left;
	plan.at_once = 1;
	g_assert_true(forks_run(&plan, &error));
	g_assert_cmpuint(q.log->ended, ==, 2);
	log_free(q.log);
}

static void test_ends(void)
{
	g_autoptr(GError) error = NULL;
	Log *log = log_new();
	ForkPlan plan = {.count = PIECES,
	        .at_once = 2,
	        .seconds = 1,
	        .memory_mb = 100,
	        .work = work,
	        .ended = ended,
	        .context = log};
	forks_run(&plan, &error);
	g_assert_no_error(error);
	g_assert_cmpuint(log->ended, ==, PIECES);
	for (unsigned i = 0; i < PIECES; i++)
		g_assert_true(log->ok[i] == (i == 0 || i == 5));
	g_assert_cmpstr(log->reason[1], ==, "the 1th is no good");
	g_assert_nonnull(strstr(log->reason[2], "crashed"));
	g_assert_cmpstr(log->reason[3], ==, "it took longer than 1 s");
#ifndef __SANITIZE_ADDRESS__ /* which ends the process in its own way */
	g_assert_nonnull(strstr(log->reason[4], "memory"));
#endif
	g_autofree char *left = g_build_filename(log->folder, "5", NULL);
	g_assert_true(g_file_test(left, G_FILE_TEST_EXISTS));
	log_free(log);
}

#define LIMIT_MB 100

/* In steps of a MiB, each written to, until there is no more; *reached is shared with the parent. */
static bool fill(unsigned *reached, unsigned most)
{
	for (*reached = 0; *reached < most; (*reached)++) {
		char *memory = mmap(NULL, 1 << 20, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
		if (memory == MAP_FAILED)
			return false;
		memset(memory, 1, 1 << 20);
	}
	return true;
}

typedef struct Filling {
	Log *log;
	unsigned *reached;
	char *inherited; /* 2 LIMIT_MB */
} Filling;

/* 0 takes nine tenths of its limit, 1 all it can get, 2 has two processes with two thirds each, 3 writes to what it shares. */
static bool fill_work(void *context, size_t number, GError **error)
{
	const Filling *f = context;
	if (number == 0)
		return fill(f->reached, LIMIT_MB * 9 / 10) || fail(error, FAIL_LIMIT, "too little");
	if (number == 1)
		return fill(f->reached + 1, 10 * LIMIT_MB) || fail(error, FAIL_LIMIT, "Cannot allocate memory");
	for (unsigned i = 0; number == 2 && i < 2; i++)
		if (fork() == 0) {
			fill(f->reached + 2 + i, LIMIT_MB * 2 / 3);
			for (;;)
				pause();
		}
	if (number == 3)
		memset(f->inherited, 2, (size_t)2 * LIMIT_MB << 20);
	for (;;)
		pause();
}

static void fill_ended(void *context, const ForkEnd *end)
{
	ended(((const Filling *)context)->log, end);
}

/* A limit on memory holds within 5 % from below and above; for a trial with the programs it starts and for what it copies of the
 * shared rows, too.  The others go on. */
static void test_memory(void)
{
	size_t inherited = (size_t)2 * LIMIT_MB << 20;
	Filling f = {.log = log_new()};
	f.reached = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	f.inherited = mmap(NULL, inherited, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	g_assert_true(f.reached != MAP_FAILED && f.inherited != MAP_FAILED);
	memset(f.inherited, 1, inherited);
	ForkPlan plan = {
	        .count = 4, .at_once = 2, .memory_mb = LIMIT_MB, .work = fill_work, .ended = fill_ended, .context = &f};
	g_assert_true(forks_run(&plan, NULL));
	g_assert_true(f.log->ok[0]);
	g_assert_cmpuint(f.reached[1], >=, LIMIT_MB * 95 / 100);
	g_assert_cmpuint(f.reached[1], <=, LIMIT_MB * 105 / 100);
	for (unsigned i = 1; i < 4; i++)
		g_assert_nonnull(strstr(f.log->reason[i], "memory than its limit of 100 MiB"));
	munmap(f.reached, 4096);
	munmap(f.inherited, inherited);
	log_free(f.log);
}

static bool nap(void *context, size_t number, GError **error)
{
	g_usleep(number == 0 ? 1000 : 30000000);
	return true;
}

static void test_budget(void)
{
	Log *log = log_new();
	ForkPlan plan = {.count = 50, .at_once = 2, .budget = 0.3, .work = nap, .ended = ended, .context = log};
	g_assert_true(forks_run(&plan, NULL));
	g_assert_true(log->ok[0]);
	g_assert_cmpuint(log->ended, <, 10); /* the rest was never begun */
	g_assert_true(!log->ok[1] && log->out_of_time[1]);
	log_free(log);
}

static json_t *drawn(const SearchSpace *space, unsigned number)
{
	const ModelFamily *family;
	json_t *params;
	g_assert_true(SEARCHES[0]->next(space, number, &family, &params));
	json_object_set_new(params, "family", json_string(family->name));
	return params;
}

/* Trial n is the same whoever asks, and in whatever order; a fixed parameter stays and moves no other. */
static void test_random(void)
{
	const ModelFamily *families[] = {family_find("baseline"), family_find("linear"), family_find("boosted")};
	SearchSpace space = {.families = families, .count = 3, .seed = 4};
	json_auto_t *fixed = json_pack("{s:{s:i}}", "boosted", "max_depth", 2);
	SearchSpace pinned = {.families = families, .count = 3, .seed = 4, .fixed = fixed};
	unsigned boosted = 0, baseline = 0;
	for (unsigned number = 60; number-- > 0;) {
		json_auto_t *a = drawn(&space, number);
		json_auto_t *b = drawn(&space, number);
		json_auto_t *c = drawn(&pinned, number);
		g_assert_true(json_equal(a, b));
		const char *family = json_string_value(json_object_get(a, "family"));
		boosted += strcmp(family, "boosted") == 0;
		baseline += strcmp(family, "baseline") == 0;
		if (strcmp(family, "boosted") == 0) {
			g_assert_cmpint(json_integer_value(json_object_get(c, "max_depth")), ==, 2);
			json_object_set(c, "max_depth", json_object_get(a, "max_depth"));
		}
		g_assert_true(json_equal(a, c));
	}
	g_assert_cmpuint(baseline, ==, 1);
	g_assert_cmpuint(boosted, >, 30);
	json_auto_t *first = drawn(&space, 2);
	g_assert_cmpstr(json_string_value(json_object_get(first, "family")), ==, "boosted");
	g_assert_cmpint(json_integer_value(json_object_get(first, "max_depth")), ==, 6); /* defaults first */
	json_auto_t *x = drawn(&space, 5);
	json_auto_t *y = drawn(&space, 6);
	g_assert_false(json_equal(x, y));
}

/* What a family's wide space says fits the family. */
static void test_wide(void)
{
	for (const ModelFamily *const *f = FAMILIES; *f; f++) {
		if (!(*f)->wide)
			continue;
		SearchSpace space = {.families = f, .count = 1, .portfolio = 100, .is_wide = true, .seed = 1};
		for (const Param *w = (*f)->wide; w && w->name; w++) {
			const Param *p = param_find((*f)->params, w->name);
			g_assert_true(p && p->type == w->type);
			if (w->flags & PARAM_TUNABLE)
				g_assert_true(
				        w->tune_min < w->tune_max && w->tune_min >= p->min && w->tune_max <= p->max);
			else
				g_assert_nonnull(w->preset);
		}
		for (const char *const *e = (*f)->wide_portfolio; e && *e; e++) {
			json_auto_t *entry = json_loads(*e, 0, NULL), *filled = NULL;
			g_assert_true(param_fill((*f)->params, NULL, entry, &filled, NULL));
		}
		json_auto_t *first = drawn(&space, 0), *later = drawn(&space, 200);
		for (const Param *w = (*f)->wide; w && w->name; w++) {
			json_auto_t *preset = w->preset ? json_loads(w->preset, JSON_DECODE_ANY, NULL) : NULL;
			double value = json_number_value(json_object_get(later, w->name));
			if (w->flags & PARAM_TUNABLE)
				g_assert_true(value >= w->tune_min && value <= w->tune_max);
			else
				g_assert_true(json_equal(json_object_get(first, w->name), preset));
		}
	}
}

/* Families of a small share are tried with what is known, and not drawn. */
static void test_least_share(void)
{
	const ModelFamily *families[] = {family_find("boosted"), family_find("forest")};
	SearchSpace space = {.families = families, .count = 2, .least_share = 2, .seed = 3};
	json_auto_t *known = drawn(&space, 1);
	g_assert_cmpstr(json_string_value(json_object_get(known, "family")), ==, "forest");
	for (unsigned i = 2; i < 40; i++) {
		json_auto_t *one = drawn(&space, i);
		g_assert_cmpstr(json_string_value(json_object_get(one, "family")), ==, "boosted");
	}
}

static void test_searches(void)
{
	const ModelFamily *families[] = {family_find("baseline")};
	SearchSpace space = {.families = families, .count = 1, .seed = 4};
	const ModelFamily *family;
	for (const SearchKind *const *k = SEARCHES; *k; k++) {
		json_auto_t *params = NULL;
		g_assert_true(search_find((*k)->name) == *k);
		g_assert_true((*k)->next(&space, 0, &family, &params));
		g_assert_true(json_is_object(params));
		g_assert_false((*k)->next(&space, 1, &family, &params)); /* nothing of the baseline can be tuned */
	}
	const Param *method = param_find(SEARCH_PARAMS, "method");
	for (const char *const *name = method->choices; *name; name++) {
		json_auto_t *settings = json_pack("{s:s}", "method", *name);
		g_assert_nonnull(search_of(settings));
		g_assert_true(g_str_equal(*name, "auto") || search_of(settings) == search_find(*name));
	}
	json_auto_t *timed = json_pack("{s:s,s:i}", "method", "auto", "time", 60);
	g_assert_cmpstr(search_of(timed)->name, ==, "tpe");
	json_auto_t *fixed = json_pack("{s:{s:i}}", "boosted", "depth", 2);
	space.fixed = fixed;
	g_autoptr(GError) error = NULL;
	g_assert_false(search_check(&space, &error));
	g_assert_nonnull(strstr(error->message, "params.boosted"));
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/forks/queue", test_queue);
	g_test_add_func("/forks/ends", test_ends);
	g_test_add_func("/forks/memory", test_memory);
	g_test_add_func("/forks/budget", test_budget);
	g_test_add_func("/search/random", test_random);
	g_test_add_func("/search/kinds", test_searches);
	g_test_add_func("/search/wide", test_wide);
	g_test_add_func("/search/least-share", test_least_share);
	return g_test_run();
}
