/* test_store.c: studies in the store: what was asked and told comes back, for several workers at once; and what watching says. */
#include "kit.h"

#include "base/error.h"
#include "base/file.h"
#include "search/study_store.h"
#include "search/watch.h"

static Meta *open_store(const char *folder)
{
	g_autoptr(GError) error = NULL;
	Meta *m = NULL;
	meta_open(folder, &m, &error);
	g_assert_no_error(error);
	return m;
}

static void create(Meta *m, const char *name, const char *settings)
{
	g_autoptr(GError) error = NULL;
	g_autoptr(Study) old = NULL;
	json_auto_t *space = kit_json(SPACE_MIXED), *wanted = kit_json(settings);
	study_store_create(m, name, space, wanted, &old, &error);
	g_assert_no_error(error);
	g_assert_null(old);
}

/* Of a study of that name that is there; trials: what it had. */
static void extend(Meta *m, const char *name, const char *settings, int trials, unsigned asked)
{
	g_autoptr(GError) error = NULL;
	g_autoptr(Study) old = NULL;
	json_auto_t *space = kit_json(SPACE_MIXED), *wanted = kit_json(settings);
	study_store_create(m, name, space, wanted, &old, &error);
	g_assert_no_error(error);
	g_assert_cmpint(json_get_int(old->settings, "trials", -1), ==, trials);
	g_assert_cmpuint(old->trials->len, ==, asked);
}

static void refuse(Meta *m, const char *name, const char *space, const char *settings, const char *why)
{
	g_autoptr(GError) error = NULL;
	g_autoptr(Study) old = NULL;
	json_auto_t *about = kit_json(space), *wanted = kit_json(settings);
	g_assert_false(study_store_create(m, name, about, wanted, &old, &error));
	g_assert_error(error, FAIL, FAIL_CONFLICT);
	g_assert_nonnull(strstr(error->message, why));
}

static json_t *store_ask(Meta *m, const char *name)
{
	g_autoptr(GError) error = NULL;
	json_t *trial = NULL;
	bool is_waiting;
	study_store_ask(m, name, &trial, &is_waiting, &error);
	g_assert_no_error(error);
	return trial;
}

static bool store_tell(Meta *m, const char *name, json_t *message, bool *ret_prune, GError **error)
{
	json_auto_t *said = message, *answer = NULL, *trial = NULL;
	if (!study_store_tell(m, name, said, &answer, &trial, error))
		return false;
	*ret_prune = json_get_bool(answer, "prune", false);
	return true;
}

/* A study asked through the store gives what one in memory gives: nothing is lost on the way, steps and pruning included. */
static void test_same_as_memory(void)
{
	g_autofree char *folder = g_dir_make_tmp("gyre-study-XXXXXX", NULL);
	g_autoptr(Meta) m = open_store(folder);
	create(m, "one", "{'method':'tpe','pruner':'median','seed':5,'parallel':1}");
	json_auto_t *sorted = kit_json(SPACE_MIXED);
	g_autofree char *canonical = json_canonical(sorted); /* the store keeps members in this order */
	g_autoptr(Study) s = kit_study(canonical, "{'method':'tpe','pruner':'median','seed':5,'parallel':1}");
	unsigned pruned = 0;
	for (unsigned n = 0; n < 25; n++) {
		json_auto_t *asked = store_ask(m, "one");
		const StudyTrial *t = kit_ask(s);
		g_assert_true(json_equal(json_object_get(asked, "params"), t->params));
		bool stop = false;
		double value = t->tried.point[1];
		json_auto_t *answer =
		        kit_say(s, json_pack("{s:i,s:i,s:f}", "trial", (int)n, "step", 1, "value", value));
		g_assert_true(store_tell(
		        m, "one", json_pack("{s:i,s:i,s:f}", "trial", (int)n, "step", 1, "value", value), &stop, NULL));
		g_assert_true(stop == json_get_bool(answer, "prune", false));
		pruned += stop;
		json_t *last = stop ? json_pack("{s:i,s:b}", "trial", (int)n, "pruned", 1)
		                    : json_pack("{s:i,s:f}", "trial", (int)n, "value", value);
		g_assert_true(store_tell(m, "one", json_incref(last), &stop, NULL));
		g_assert_null(kit_say(s, last));
	}
	g_assert_cmpuint(pruned, >, 2);
	file_remove(folder, NULL);
}

/* Trials asked and told in the store and in memory: the same. */
static void answer_both(Meta *m, Study *s, unsigned first, unsigned end)
{
	for (unsigned n = first; n < end; n++) {
		json_auto_t *trial = store_ask(m, "grown");
		const StudyTrial *t = kit_ask(s);
		bool prune;
		g_assert_true(json_equal(json_object_get(trial, "params"), t->params));
		json_t *said = json_pack("{s:i,s:f}", "trial", (int)n, "value", (n * 7 % 13) / 13.0);
		g_assert_true(store_tell(m, "grown", json_incref(said), &prune, NULL));
		g_assert_null(kit_say(s, said));
	}
}

/* Extended, a study gives what one without an end does; nothing but its end changes, and what is another study is refused. */
static void test_extended(void)
{
	g_autofree char *folder = g_dir_make_tmp("gyre-study-XXXXXX", NULL);
	g_autoptr(Meta) m = open_store(folder);
	json_auto_t *sorted = kit_json(SPACE_MIXED);
	g_autofree char *canonical = json_canonical(sorted);
	g_autoptr(Study) whole = kit_study(canonical, "{'seed':5,'parallel':1}");
	create(m, "grown", "{'seed':5,'parallel':1,'trials':11}");
	answer_both(m, whole, 0, 11);
	g_assert_null(store_ask(m, "grown"));
	refuse(m, "grown", SPACE_MIXED, "{'seed':5,'parallel':1,'trials':11}", "another number of trials");
	refuse(m, "grown", SPACE_MIXED, "{'seed':6,'parallel':1,'trials':20}", "another seed (5, not 6)");
	refuse(m, "grown", SPACE_BRANIN, "{'seed':5,'parallel':1,'trials':20}", "another space");
	g_assert_null(store_ask(m, "grown"));
	extend(m, "grown", "{'trials':13,'parallel':1,'seed':5}", 11, 11);
	answer_both(m, whole, 11, 13);
	g_assert_null(store_ask(m, "grown"));
	extend(m, "grown", "{'seed':5,'parallel':1}", 13, 13);
	answer_both(m, whole, 13, 14);
	extend(m, "grown", "{'seed':5,'parallel':1,'trials':10}", 0, 14);
	g_assert_null(store_ask(m, "grown"));
	file_remove(folder, NULL);
}

static gpointer work(gpointer folder)
{
	g_autoptr(Meta) m = open_store(folder);
	for (json_t *trial; (trial = store_ask(m, "shared")); json_decref(trial)) {
		bool prune;
		g_assert_true(store_tell(m, "shared",
		        json_pack("{s:O,s:f}", "trial", json_object_get(trial, "trial"), "value", 1.0), &prune, NULL));
	}
	return NULL;
}

/* No trial is given twice, and none is lost. */
static void test_workers(void)
{
	g_autofree char *folder = g_dir_make_tmp("gyre-study-XXXXXX", NULL);
	g_autoptr(Meta) m = open_store(folder);
	create(m, "shared", "{'trials':24,'parallel':0}");
	GThread *workers[4];
	for (int i = 0; i < 4; i++)
		workers[i] = g_thread_new("worker", work, folder);
	for (int i = 0; i < 4; i++)
		g_thread_join(workers[i]);
	g_autoptr(Study) s = NULL;
	g_assert_true(study_store_load(m, "shared", &s, NULL));
	g_assert_cmpuint(s->trials->len, ==, 24);
	for (guint i = 0; i < 24; i++)
		g_assert_true(((const StudyTrial *)s->trials->pdata[i])->tried.state == TRIED_DONE);
	file_remove(folder, NULL);
}

static void test_refused(void)
{
	g_autofree char *folder = g_dir_make_tmp("gyre-study-XXXXXX", NULL);
	g_autoptr(Meta) m = open_store(folder);
	g_autoptr(GError) error = NULL;
	g_autoptr(Study) old = NULL;
	json_auto_t *space = kit_json(SPACE_BRANIN);
	bool prune;
	create(m, "a", "{}");
	refuse(m, "a", SPACE_BRANIN, "{}", "another space");
	refuse(m, "a", SPACE_MIXED, "{}", "the same");
	g_assert_false(study_store_create(m, "a/b", space, NULL, &old, &error));
	g_assert_error(error, FAIL, FAIL_INVALID);
	g_clear_error(&error);
	g_assert_false(store_tell(m, "b", json_pack("{s:i,s:f}", "trial", 0, "value", 1.0), &prune, &error));
	g_assert_error(error, FAIL, FAIL_NOT_FOUND);
	g_clear_error(&error);
	g_assert_false(store_tell(m, "a", json_pack("{s:i,s:f}", "trial", 0, "value", 1.0), &prune, &error));
	g_assert_error(error, FAIL, FAIL_NOT_FOUND);
	file_remove(folder, NULL);
}

/* The value is x, and c adds a little; y does nothing.  Ranks by x in five bins: 1 - 1/25 of the variance is between them. */
static void test_watch(void)
{
	Rng rng = rng_stream(1, "watch");
	json_auto_t *trials = json_array();
	for (int i = 0; i < 400; i++) {
		double x = rng_unit(&rng), y = rng_unit(&rng);
		bool c = rng_bits(&rng) >> 63;
		json_t *trial = json_pack("{s:{s:f,s:f,s:s,s:i},s:f,s:s}", "params", "x", x, "y", y, "c", c ? "u" : "v",
		        "same", 3, "value", x + (c ? 0.1 : 0), "state", "done");
		json_array_append_new(trials, trial);
	}
	json_array_append_new(trials, json_pack("{s:{s:f},s:n,s:s}", "params", "x", 0.5, "value", "state", "failed"));
	json_auto_t *up = watch_trials(trials, true), *down = watch_trials(trials, false);
	const json_t *list = json_object_get(down, "importance");
	g_assert_cmpstr(json_string_value(json_at(list, "[0][0]")), ==, "x");
	g_assert_cmpfloat(fabs(json_number_value(json_at(list, "[0][1]")) - 0.93), <, 0.04);
	g_assert_cmpstr(json_string_value(json_at(list, "[1][0]")), ==, "c");
	g_assert_cmpfloat(json_number_value(json_at(list, "[2][1]")), <, 0.03);
	g_assert_cmpuint(json_array_size(list), ==, 3);
	g_assert_cmpint(json_integer_value(json_at(up, "counts.done")), ==, 400);
	g_assert_cmpint(json_integer_value(json_at(up, "counts.failed")), ==, 1);
	double first = json_number_value(json_at(up, "path[0][1]"));
	g_assert_true(json_number_value(json_at(up, "best.value")) > first);
	g_assert_true(json_number_value(json_at(down, "best.value")) < first);
	json_auto_t *none = json_array(), *empty = watch_trials(none, true);
	g_assert_true(json_is_null(json_object_get(empty, "best")));
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/store/same as memory", test_same_as_memory);
	g_test_add_func("/store/extended", test_extended);
	g_test_add_func("/store/workers", test_workers);
	g_test_add_func("/store/refused", test_refused);
	g_test_add_func("/store/watch", test_watch);
	return g_test_run();
}
