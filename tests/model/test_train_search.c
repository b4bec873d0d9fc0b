/* test_train_search.c: the search of the step train: its methods, what is given up early, limits of time and memory, trials that fail. */
#include "model/step_train.h"

#include "trained.h"

static void test_failures(void)
{
	Place *p = place_new(TWO_CLASSES, HOLD_OUT, roles_of("classification", false));
	expect_failure(p, "{\"search\": {\"metric\": \"rmse\"}}", FAIL_INVALID, "rmse is not for this target");
	expect_failure(p, "{\"metric\": \"nonsense\"}", FAIL_INVALID, "no metric \"nonsense\"");
	expect_failure(p, "{\"params\": {\"boosted\": {\"depth\": 3}}}", FAIL_INVALID, "params.boosted");
	expect_failure(p, "{\"search\": {\"trails\": 3}}", FAIL_INVALID, "trials");
	/* A wrong name of a feature is told before any trial. */
	expect_failure(p, "{\"params\": {\"boosted\": {\"monotone\": {\"noice\": 1}}}}", FAIL_INVALID,
	        "models.params.boosted.monotone: there is no feature \"noice\"; did you mean \"noise\"?; features "
	        "are: ");
	expect_failure(p, "{\"params\": {\"boosted\": {\"interactions\": [[\"noise\", \"target\"]]}}}", FAIL_INVALID,
	        "models.params.boosted.interactions: there is no feature \"target\"; features are: ");
	expect_failure(p,
	        "{\"families\": [\"boosted\"], \"params\": {\"boosted\": {\"rounds\": 100000, \"patience\": 0}}, "
	        "\"search\": {\"trials\": 1, \"trial_time\": 0.2}}",
	        FAIL_INVALID, "all trials failed; the first because it took longer than 0.2 s");
	expect_failure(p,
	        "{\"families\": [\"boosted\"], \"params\": {\"boosted\": {\"rounds\": 100000, \"patience\": 0}}, "
	        "\"search\": {\"trials\": 3, \"time\": 0.2}}",
	        FAIL_LIMIT, "time was over");
	expect_failure(p, "{\"search\": {\"memory_mb\": 1}}", FAIL_LIMIT, "search.memory_mb: the rows take");
#ifndef __SANITIZE_ADDRESS__ /* which has its own ways with memory */
	/* Histograms of deep trees want more than a linear model does; the search goes on. */
	train_well(p,
	        "{\"families\": [\"linear\", \"boosted\"], \"params\": {\"boosted\": {\"max_depth\": 14, "
	        "\"min_child_weight\": 0, \"lambda\": 0, \"rounds\": 30, \"patience\": 0}}, "
	        "\"search\": {\"trials\": 2, \"trial_memory_mb\": 8}}",
	        "narrow", 2);
	json_auto_t *narrow = read_json(p, "narrow", "trials");
	g_assert_cmpstr(json_string_value(json_at(narrow, "trials[0].status")), ==, "done");
	g_assert_cmpstr(json_string_value(json_at(narrow, "trials[1].status")), ==, "failed");
	g_assert_nonnull(strstr(json_string_value(json_at(narrow, "trials[1].error")), "limit of 8 MiB"));
#endif
	/* One that fails does not stop the others. */
	train_well(p,
	        "{\"families\": [\"linear\", \"boosted\"], \"params\": {\"boosted\": {\"rounds\": 100000, "
	        "\"patience\": 0}}, "
	        "\"search\": {\"trials\": 2, \"trial_time\": 1}}",
	        "some", 2);
	json_auto_t *trials = read_json(p, "some", "trials");
	g_assert_cmpstr(json_string_value(json_at(trials, "trials[1].status")), ==, "failed");
	g_assert_cmpint(json_get_int(trials, "best", -1), ==, 0);
	place_free(p);
	p = place_new(TWO_CLASSES, "-1", roles_of("classification", false));
	expect_failure(p, "{}", FAIL_INVALID, "no validation rows");
	place_free(p);
}

/* A family that cannot be trained here is not tried; an error only where no other is left.  The library is named anew, so that it is
 * absent wherever the test runs. */
static void test_unready(void)
{
	g_setenv("GYRE_LIGHTGBM", "/nowhere/lib_lightgbm.so", TRUE);
	Place *p = place_new(TWO_CLASSES, HOLD_OUT, roles_of("classification", false));
	train_well(p,
	        "{\"families\": [\"lightgbm\", \"linear\", \"command\", \"onnx\"], \"search\": {\"trials\": 4, "
	        "\"method\": "
	        "\"tpe\"}, \"params\": {\"command\": {\"train\": [\"no-such-program\"], \"predict\": [\"true\"]}}}",
	        "left", 1);
	json_auto_t *trials = read_json(p, "left", "trials"), *told = read_json(p, "left", "result.json");
	size_t i;
	json_t *trial;
	json_array_foreach (json_object_get(trials, "trials"), i, trial) {
		g_assert_cmpstr(json_get_text(trial, "family", ""), ==, "linear");
		g_assert_cmpstr(json_get_text(trial, "status", ""), ==, "done");
	}
	g_assert_cmpstr(json_string_value(json_at(told, "notes.families_unavailable")), ==, "lightgbm, command, onnx");
	expect_failure(p, "{\"families\": [\"lightgbm\", \"command\"]}", FAIL_UNAVAILABLE,
	        "none of them (lightgbm, command) can be tried here: the family lightgbm needs /nowhere");
	expect_failure(p,
	        "{\"families\": [\"command\"], \"params\": {\"command\": {\"train\": [\"./no/learner\"], "
	        "\"predict\": [\"true\"]}}}",
	        FAIL_NOT_FOUND, "needs the program ./no/learner, which is not there");
	place_free(p);
}

/* A program that is there and fails each time is given up after five trials, the same five on one core and three. */
static void test_fails_always(void)
{
	static const char *const METHODS[] = {"random", "tpe"};
	Place *p = place_new(TWO_CLASSES, HOLD_OUT, roles_of("classification", false));
	for (size_t m = 0; m < G_N_ELEMENTS(METHODS); m++) {
		g_autofree char *settings = g_strdup_printf(
		        "{\"families\": [\"linear\", \"command\"], \"search\": {\"trials\": 24, \"lag\": 2, "
		        "\"method\": "
		        "\"%s\"}, \"params\": {\"command\": {\"train\": [\"false\"], \"predict\": [\"true\"]}}, "
		        "\"ensemble\": {\"method\": \"none\"}}",
		        METHODS[m]);
		char *told[2];
		for (unsigned k = 0; k < 2; k++) {
			g_autoptr(GString) errors = g_string_new(NULL);
			g_autofree char *name = g_strdup_printf("always-%zu-%u", m, k);
			train_well(p, settings, name, k ? 3 : 1);
			json_auto_t *trials = read_json(p, name, "trials");
			size_t i, failed = 0, left_out = 0;
			json_t *trial;
			json_array_foreach (json_object_get(trials, "trials"), i, trial) {
				const char *error = json_get_text(trial, "error", "");
				bool is_left_out = strstr(error, "not tried") != NULL;
				left_out += is_left_out;
				failed += *error && !is_left_out;
				g_string_append_printf(errors, "%s\n", error);
			}
			g_assert_cmpuint(failed, >=, 5);
			g_assert_cmpuint(failed, <=, 6); /* one more began before the fifth was known */
			g_assert_cmpuint(left_out, >=, 1);
			told[k] = g_strdup(errors->str);
		}
		g_assert_cmpstr(told[0], ==, told[1]);
		g_free(told[0]);
		g_free(told[1]);
	}
	place_free(p);
}

#define SETTINGS(method, more)                                                                                         \
	"{\"search\": {\"method\": \"" method "\", \"trials\": 16" more "}, \"families\": [\"linear\", \"boosted\"], " \
	"\"params\": {\"boosted\": {\"rounds\": 20, \"max_bin\": 32}}, \"ensemble\": {\"method\": \"none\"}}"

/* Every method: the same on one core and three, and after a crash; the defaults first, no trial twice. */
static void test_methods(void)
{
	static const char *const METHODS[] = {
#ifndef __SANITIZE_ADDRESS__ /* forks are slow with it, and the samplers have tests of their own */
	        SETTINGS("random", ""), SETTINGS("grid", ""), SETTINGS("halton", ""), SETTINGS("cmaes", ""),
#endif
	        SETTINGS("tpe", ""), SETTINGS("gp", ", \"lag\": 2")};
	Place *p = place_new(TWO_CLASSES, HOLD_OUT, roles_of("classification", false));
	for (size_t m = 0; m < G_N_ELEMENTS(METHODS); m++) {
		g_autofree char *one = g_strdup_printf("one-%zu", m);
		g_autofree char *three = g_strdup_printf("three-%zu", m);
		train_well(p, METHODS[m], one, 1);
		train_well(p, METHODS[m], three, 3);
		assert_same(p, one, three);
		static const char *const LOST[] = {
		        "bundle", "trials", "scratch/model.json", "scratch/trial-3.json", "scratch/trial-7.json"};
		for (size_t i = 0; i < G_N_ELEMENTS(LOST); i++) {
			g_autofree char *path = g_build_filename(p->folder, three, LOST[i], NULL);
			g_assert_true(file_remove(path, NULL));
		}
		train_well(p, METHODS[m], three, 2);
		assert_same(p, one, three);
		json_auto_t *trials = read_json(p, one, "trials");
		const json_t *list = json_object_get(trials, "trials");
		g_autoptr(GHashTable) seen = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
		g_assert_cmpuint(json_array_size(list), ==, 16);
		g_assert_false(json_get_bool(trials, "cut", true));
		g_assert_cmpstr(json_get_text(json_array_get(list, 0), "family", ""), ==, "linear");
		g_assert_cmpstr(json_get_text(json_array_get(list, 1), "family", ""), ==, "boosted");
		for (size_t i = 0; i < 16; i++)
			g_hash_table_add(seen, json_canonical(json_object_get(json_array_get(list, i), "params")));
		g_assert_cmpuint(g_hash_table_size(seen), >=, 14);
	}
	place_free(p);
}

/* Over five folds a pruner gives up what is hopeless after some, the same on one core and three; and never the best. */
static void test_pruned(void)
{
	Place *p = place_new(TWO_CLASSES, "i % 5", roles_of("classification", false));
	train_well(p, SETTINGS("random", ", \"pruner\": \"median\""), "one", 1);
	train_well(p, SETTINGS("random", ", \"pruner\": \"median\""), "three", 3);
	assert_same(p, "one", "three");
	json_auto_t *trials = read_json(p, "one", "trials");
	const json_t *list = json_object_get(trials, "trials");
	size_t pruned = 0;
	for (size_t i = 0; i < json_array_size(list); i++) {
		const json_t *one = json_array_get(list, i);
		if (strcmp(json_get_text(one, "status", ""), "pruned") != 0)
			continue;
		size_t steps = json_array_size(json_object_get(one, "steps"));
		size_t rungs = json_array_size(json_object_get(one, "curve"));
		g_assert_true(steps + rungs >= 1 && steps < 5 && !json_object_get(one, "metrics"));
		pruned++;
	}
	g_assert_cmpuint(pruned, >=, 1);
	train_well(p, SETTINGS("tpe", ", \"pruner\": \"wilcoxon\""), "paired", 2);
	place_free(p);
}

#define ROUNDS(pruner)                                                                                     \
	"{\"search\": {\"method\": \"tpe\", \"trials\": 12, \"portfolio\": false, \"pruner\": \"" pruner   \
	"\"}, \"families\": [\"boosted\"], \"params\": {\"boosted\": {\"rounds\": 25, \"max_bin\": 32}}, " \
	"\"ensemble\": {\"method\": \"none\"}}"

/* On a hold-out there is one fold: what is hopeless is given up between its rounds, by what earlier trials of the same family were at
 * the same round; the same on one core and three, and after a crash. */
static void test_pruned_rounds(void)
{
	static const char *const PRUNED[] = {ROUNDS("median"), ROUNDS("hyperband")};
	Place *p = place_new(TWO_CLASSES, HOLD_OUT, roles_of("classification", false));
	size_t pruned = 0;
	for (size_t m = 0; m < G_N_ELEMENTS(PRUNED); m++) {
		g_autofree char *one = g_strdup_printf("one-%zu", m);
		g_autofree char *three = g_strdup_printf("three-%zu", m);
		g_autofree char *lost = g_build_filename(p->folder, three, "scratch", "trial-5.json", NULL);
		train_well(p, PRUNED[m], one, 1);
		train_well(p, PRUNED[m], three, 3);
		g_assert_true(file_remove(lost, NULL));
		train_well(p, PRUNED[m], three, 2);
		assert_same(p, one, three);
		json_auto_t *trials = read_json(p, one, "trials");
		size_t i;
		json_t *trial;
		json_array_foreach (json_object_get(trials, "trials"), i, trial) {
			const json_t *curve = json_object_get(trial, "curve");
			if (strcmp(json_get_text(trial, "status", ""), "pruned") != 0)
				continue;
			g_assert_cmpint(json_integer_value(json_array_get(json_array_get(curve, 0), 0)), ==, 10);
			g_assert_null(json_object_get(trial, "metrics"));
			pruned++;
		}
		g_assert_cmpstr(json_get_text(json_array_get(json_object_get(trials, "trials"),
		                                      (size_t)json_get_int(trials, "best", 0)),
		                        "status", ""),
		        ==, "done");
	}
	g_assert_cmpuint(pruned, >=, 2);
	place_free(p);
}

/* A limit on the time of the whole step ends the search, leaves what is found, and says so; the count of trials does not. */
static void test_time(void)
{
	Place *p = place_new(TWO_CLASSES, HOLD_OUT, roles_of("classification", false));
	train_well(p,
	        "{\"search\": {\"method\": \"tpe\", \"trials\": 100000, \"time\": 2}, \"families\": [\"linear\", "
	        "\"boosted\"]}",
	        "cut", 2);
	json_auto_t *trials = read_json(p, "cut", "trials");
	g_assert_true(json_get_bool(trials, "cut", false));
	g_assert_cmpuint(json_array_size(json_object_get(trials, "trials")), <, 100000);
	g_autoptr(Bundle) b = open_bundle(p, "cut");
	g_assert_nonnull(b);
	g_assert_cmpstr(json_get_text(json_at(trials, "trials[0]"), "family", ""), ==, "boosted"); /* what gains most */
	/* A trial that would go on for ever ends with the best it has. */
	train_well(p,
	        "{\"search\": {\"trials\": 1, \"time\": 6}, \"families\": [\"boosted\"], \"params\": {\"boosted\": "
	        "{\"rounds\": 100000, \"patience\": 100000}}, \"ensemble\": {\"method\": \"none\"}}",
	        "long", 1);
	json_auto_t *one = read_json(p, "long", "trials");
	g_assert_cmpstr(json_string_value(json_at(one, "trials[0].status")), ==, "done");
	g_assert_cmpstr(json_get_text(one, "method", ""), ==, "tpe");
	place_free(p);
}

/* A model that learns well and, once there is a file `hang`, never ends to learn from all rows: of 1,500 rows 1,200 teach in a trial.
 * It leaves its number in `pid`. */
static char *sleeper(const Place *p, const char *families, unsigned trials, int seconds)
{
	return g_strdup_printf(
	        "{\"families\": [%s], \"search\": {\"trials\": %u, \"method\": \"fixed\", \"time\": %d}, \"params\": "
	        "{\"command\": {\"train\": [\"sh\", \"-c\", \"if [ -e %s/hang ] && [ $(wc -l < target.csv) -gt 1300 ]; "
	        "then echo $$ > %s/pid; sleep 100000 & wait; fi; : > model/none\"], \"predict\": [\"sh\", \"-c\", "
	        "\"while read rows scores; do awk -F, 'NR > 1 {p = 1 / (1 + exp(-$1)); print 1 - p \\\",\\\" p}' $rows "
	        "> $scores; echo ok; done\"]}, \"tree\": {\"max_depth\": 1}}, \"ensemble\": {\"method\": \"none\"}}",
	        families, trials, seconds, p->folder, p->folder);
}

static const char *winner_of(const json_t *trials)
{
	size_t best = (size_t)json_get_int(trials, "best", 0);
	return json_get_text(json_array_get(json_object_get(trials, "trials"), best), "family", "");
}

static bool is_alive(const char *pid)
{
	g_autofree char *path = g_strdup_printf("/proc/%ld/stat", strtol(pid, NULL, 10));
	g_autofree char *stat = NULL;
	return g_file_get_contents(path, &stat, NULL, NULL) && !strstr(stat, ") Z ");
}

/* Trains with all the time there is, and once more, from the trials that are there, when the last training never ends. */
static bool train_late(const Place *p, const char *families, unsigned count, const char *name, GError **error)
{
	static const char *const LOST[] = {"bundle", "trials", "scratch/model.json"};
	g_autofree char *hang = at(p, "hang");
	g_autofree char *pid_file = at(p, "pid");
	g_autofree char *ample = sleeper(p, families, count, 0);
	g_autofree char *short_of = sleeper(p, families, count, 1);
	g_autofree char *pid = NULL;
	train_well(p, ample, name, 2);
	json_auto_t *trials = read_json(p, name, "trials");
	g_assert_cmpstr(winner_of(trials), ==, "command");
	for (size_t i = 0; i < G_N_ELEMENTS(LOST); i++) {
		g_autofree char *path = g_build_filename(p->folder, name, LOST[i], NULL);
		g_assert_true(file_remove(path, NULL));
	}
	g_assert_true(g_file_set_contents(hang, "", 0, NULL));
	bool ok = train(p, short_of, name, 2, error);
	/* On a busy machine it may be stopped before it said who it is.  Killed it is, dead in a moment. */
	g_file_get_contents(pid_file, &pid, NULL, NULL);
	while (pid && is_alive(pid))
		g_usleep(1000);
	g_assert_true(file_remove(hang, NULL) && file_remove(pid_file, NULL));
	return ok;
}

/* What stands in for an ensemble that was stopped learns to its end: the time that was the ensemble's is over for that alone. */
static void test_late_ensemble(void)
{
	static const char *const LOST[] = {"bundle", "trials", "scratch/model.json"};
	static const char *const SETTINGS =
	        "{\"families\": [\"boosted\", \"command\"], \"search\": {\"trials\": 2, \"method\": \"fixed\", "
	        "\"time\": %d}, "
	        "\"params\": {\"boosted\": {\"rounds\": 60, \"patience\": 0}, \"command\": {\"train\": [\"sh\", "
	        "\"-c\", "
	        "\"if [ -e %s/hang ] && [ $(wc -l < target.csv) -gt 1300 ]; then sleep 100000 & wait; fi; : > "
	        "model/none\"], "
	        "\"predict\": [\"sh\", \"-c\", \"while read rows scores; do awk -F, 'NR > 1 {p = 1 / (1 + exp(-$1)); "
	        "print 1 - p "
	        "\\\",\\\" p}' $rows > $scores; echo ok; done\"]}}, \"ensemble\": {\"method\": \"vote\"}}";
	Place *p = place_new(TWO_CLASSES, HOLD_OUT, roles_of("classification", false));
	g_autofree char *ample = g_strdup_printf(SETTINGS, 0, p->folder);
	g_autofree char *short_of = g_strdup_printf(SETTINGS, 2, p->folder);
	g_autofree char *hang = at(p, "hang");
	g_autofree char *folder = at(p, "ensemble");
	train_well(p, ample, "ensemble", 2);
	for (size_t i = 0; i < G_N_ELEMENTS(LOST); i++) {
		g_autofree char *path = g_build_filename(folder, LOST[i], NULL);
		g_assert_true(file_remove(path, NULL));
	}
	g_assert_true(g_file_set_contents(hang, "", 0, NULL));
	train_well(p, short_of, "ensemble", 2);
	json_auto_t *trials = read_json(p, "ensemble", "trials");
	g_assert_cmpstr(winner_of(trials), ==, "boosted");
	g_autofree char *alone = g_strdup_printf(SETTINGS, 0, p->folder);
	char *vote = strstr(alone, "vote");
	memcpy(vote, "none", 4);
	g_assert_true(file_remove(hang, NULL));
	train_well(p, alone, "alone", 2);
	g_autofree char *late_model = at(p, "ensemble/scratch/model.bin");
	g_autofree char *model = at(p, "alone/scratch/model.bin");
	g_autofree char *a = NULL, *b = NULL;
	gsize na, nb;
	g_assert_true(g_file_get_contents(late_model, &a, &na, NULL) && g_file_get_contents(model, &b, &nb, NULL));
	g_assert_cmpmem(a, na, b, nb);
	place_free(p);
}

/* A last training that overruns the limit is killed with what it started.  The best for which there is the time takes its place, guessing
 * only where there is nothing else; with no other the step fails. */
static void test_late(void)
{
	Place *p = place_new(TWO_CLASSES, HOLD_OUT, roles_of("classification", false));
	g_autoptr(GError) error = NULL;
	train_late(p, "\"baseline\", \"tree\", \"command\"", 3, "three", &error);
	g_assert_no_error(error);
	json_auto_t *three = read_json(p, "three", "trials");
	g_assert_cmpstr(winner_of(three), ==, "tree");
	train_late(p, "\"baseline\", \"command\"", 2, "two", &error);
	g_assert_no_error(error);
	json_auto_t *trials = read_json(p, "two", "trials");
	g_assert_true(json_get_bool(trials, "cut", false));
	g_assert_cmpstr(winner_of(trials), ==, "baseline");
	g_assert_false(train_late(p, "\"command\"", 2, "one", &error));
	g_assert_error(error, FAIL, FAIL_LIMIT);
	g_assert_nonnull(strstr(error->message, "before a model was trained on all rows"));
	place_free(p);
}

static const json_t *member_of(const json_t *trials, size_t m)
{
	const json_t *last = json_array_get(json_object_get(trials, "trials"), (size_t)json_get_int(trials, "best", 0));
	return json_array_get(json_object_get(json_object_get(last, "params"), "members"), m);
}

/* As a training gives them back: what was the whole number of a default is a number. */
static json_t *as_trained(const json_t *member)
{
	json_t *trained = json_deep_copy(member), *value;
	const char *name;
	json_object_foreach (json_object_get(trained, "params"), name, value)
		if (json_is_integer(value) && !g_str_equal(name, "rounds"))
			json_object_set_new(
			        json_object_get(trained, "params"), name, json_real(json_number_value(value)));
	return trained;
}

/* An ensemble of which one member could be trained in time is told as what it is: that member's trial. */
static void test_cut_ensemble(void)
{
	static const char *const SETTINGS =
	        "{\"families\": [\"linear\", \"tree\"], \"search\": {\"trials\": 2, \"method\": "
	        "\"fixed\"}, \"ensemble\": {\"method\": \"vote\"}}";
	Place *p = place_new(TWO_CLASSES, HOLD_OUT, roles_of("classification", false));
	g_autofree char *model = at(p, "vote/scratch/model.json");
	json_auto_t *refit = NULL;
	train_well(p, SETTINGS, "vote", 2);
	json_auto_t *whole = read_json(p, "vote", "trials");
	g_assert_nonnull(member_of(whole, 1));
	g_assert_true(json_read_file(model, &refit, NULL));
	json_object_set_new(refit, "used", json_pack("{s:[o]}", "members", as_trained(member_of(whole, 0))));
	g_assert_true(json_write_file(model, refit, NULL));
	train_well(p, SETTINGS, "vote", 2);
	json_auto_t *cut = read_json(p, "vote", "trials");
	g_assert_cmpint(json_integer_value(json_at(cut, "ensemble.untrained")), ==, 1);
	g_assert_true(json_get_bool(cut, "cut", false));
	g_assert_cmpstr(
	        json_get_text(member_of(cut, 0), "family", ""), ==, json_get_text(member_of(whole, 0), "family", ""));
	g_assert_null(member_of(cut, 1));
	bool is_linear = g_str_equal(json_get_text(member_of(cut, 0), "family", ""), "linear");
	const json_t *list = json_object_get(cut, "trials");
	g_assert_true(json_equal(json_object_get(json_array_get(list, 2), "metrics"),
	        json_object_get(json_array_get(list, is_linear ? 0 : 1), "metrics")));
	place_free(p);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_autofree char *version = NULL;
	g_autoptr(GError) error = NULL;
	if (!engine_version(&version, &error)) {
		g_print("1..0 # SKIP %s\n", error->message);
		return 0;
	}
	g_test_add_func("/train/failures", test_failures);
	g_test_add_func("/train/unready families", test_unready);
	g_test_add_func("/train/fails always families", test_fails_always);
	g_test_add_func("/train/methods", test_methods);
	g_test_add_func("/train/pruned", test_pruned);
	g_test_add_func("/train/pruned_rounds", test_pruned_rounds);
	g_test_add_func("/train/time", test_time);
	g_test_add_func("/train/late-ensemble", test_late_ensemble);
	g_test_add_func("/train/cut-ensemble", test_cut_ensemble);
	g_test_add_func("/train/late", test_late);
	return g_test_run();
}
