/* test_study.c: the contract of every sampler and pruner, and studies: same seed, same trials, in whatever order they end. */
#include "kit.h"

#include "base/error.h"

static void test_lists(void)
{
	size_t i = 0;
	for (; SAMPLERS[i]; i++) {
		g_assert_cmpstr(SAMPLERS[i]->name, ==, STUDY_METHODS[i]);
		g_assert_true(sampler_find(SAMPLERS[i]->name) == SAMPLERS[i]);
	}
	g_assert_null(STUDY_METHODS[i]);
	for (i = 0; PRUNERS[i]; i++) {
		g_assert_cmpstr(PRUNERS[i]->name, ==, STUDY_PRUNERS[i]);
		g_assert_true(pruner_find(PRUNERS[i]->name) == PRUNERS[i]);
	}
	g_assert_null(STUDY_PRUNERS[i]);
}

/* A study's trials as text; every fifth fails and every seventh is pruned.  parallel at once, ended in turn or the last first. */
static char *history_of(const char *method, unsigned seed, unsigned parallel, bool last_first)
{
	g_autofree char *settings =
	        g_strdup_printf("{'method':'%s','seed':%u,'parallel':%u,'trials':40}", method, seed, parallel);
	g_autoptr(Study) s = kit_study(SPACE_MIXED, settings);
	GString *text = g_string_new(NULL);
	g_autoptr(GArray) running = g_array_new(FALSE, FALSE, sizeof(unsigned));
	for (;;) {
		for (const StudyTrial *t; running->len < parallel && (t = kit_ask(s));) {
			double again[6];
			g_assert_true(space_point(s->space, t->params, again, NULL));
			g_autofree char *params = json_canonical(t->params);
			g_string_append_printf(text, "%u %s\n", t->tried.number, params);
			g_array_append_val(running, t->tried.number);
		}
		if (running->len == 0)
			break;
		guint at = last_first ? running->len - 1 : 0;
		unsigned n = g_array_index(running, unsigned, at);
		const StudyTrial *t = s->trials->pdata[n];
		g_array_remove_index(running, at);
		if (n % 5 == 4)
			g_assert_null(kit_say(s, json_pack("{s:i,s:b}", "trial", (int)n, "failed", 1)));
		else if (n % 7 == 6)
			g_assert_null(kit_say(s,
			        json_pack("{s:i,s:b,s:i,s:f}", "trial", (int)n, "pruned", 1, "step", 3, "value", 0.5)));
		else
			kit_tell(s, n, kit_mixed(t->tried.point, 6));
	}
	return g_string_free(text, FALSE);
}

static void test_samplers(void)
{
	for (const SamplerKind *const *k = SAMPLERS; *k; k++) {
		g_autofree char *one = history_of((*k)->name, 7, 1, false), *same = history_of((*k)->name, 7, 1, false);
		g_autofree char *other = history_of((*k)->name, 8, 1, false);
		g_autofree char *three = history_of((*k)->name, 7, 3, false),
		                *turned = history_of((*k)->name, 7, 3, true);
		g_assert_cmpstr(one, ==, same);
		g_assert_cmpstr(one, !=, other);
		g_assert_cmpstr(three, ==, turned);
		g_assert_true((*k)->learns == !g_str_equal(one, three));
	}
}

/* Random draws of a logarithmic parameter are even on the logarithm, of choices and whole numbers even over the values. */
static void test_random_is_even(void)
{
	g_autoptr(Study) s = kit_study(SPACE_MIXED, "{'method':'random','parallel':0}");
	double low = 0, b = 0, seven = 0;
	for (int i = 0; i < 4000; i++) {
		const double *p = kit_ask(s)->tried.point;
		low += p[1] < 1e-2;
		b += p[0] == 1;
		seven += p[2] == 7;
		g_assert_true(isnan(p[4]) == (p[0] != 1) && isnan(p[5]) == (p[0] == 1));
	}
	g_assert_cmpfloat(fabs(low / 4000 - 0.5), <, 0.032); /* four standard errors */
	g_assert_cmpfloat(fabs(b / 4000 - 1.0 / 3), <, 0.030);
	g_assert_cmpfloat(fabs(seven / 4000 - 1.0 / 11), <, 0.019);
}

/* Every combination once: k = b has no n. */
static void test_grid_is_whole(void)
{
	g_autoptr(Study) s = kit_study(
	        "{'k':{'type':'text','choices':['a','b']},'n':{'type':'int','min':1,'max':4,'when':{'k':'a'}},"
	        "'x':{'type':'real','min':1,'max':100,'log':true}}",
	        "{'method':'grid','parallel':0}");
	g_autoptr(GHashTable) seen = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
	for (const StudyTrial *t; (t = kit_ask(s));)
		g_assert_true(g_hash_table_add(seen, json_canonical(t->params)));
	g_assert_cmpuint(g_hash_table_size(seen), ==, 4 * 10 + 10);
	g_assert_cmpuint(s->trials->len, ==, 50);
}

/* The first 64 of a two-dimensional Halton sequence lie 16 in each quarter along base 2; random ones never do so evenly. */
static void test_halton_is_even(void)
{
	g_autoptr(Study) s = kit_study(SPACE_BRANIN, "{'method':'halton','parallel':0,'seed':3}");
	unsigned quarter[4] = {0}, third[3] = {0};
	for (int i = 0; i < 72; i++) {
		const double *p = kit_ask(s)->tried.point;
		quarter[(size_t)((p[0] + 5) / 15 * 4)]++;
		third[(size_t)(p[1] / 15 * 3)]++;
	}
	for (int i = 0; i < 4; i++)
		g_assert_cmpuint(quarter[i], ==, 18);
	for (int i = 0; i < 3; i++)
		g_assert_cmpuint(third[i], ==, 24);
}

static int by_size(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;
	return (x > y) - (x < y);
}

static double median_of(const char *space, const char *method, unsigned trials, double (*value)(const double *, size_t))
{
	double found[5];
	for (unsigned seed = 0; seed < 5; seed++)
		found[seed] = kit_run(space, method, seed, trials, value);
	qsort(found, 5, sizeof *found, by_size);
	return found[2];
}

/* Medians of five seeds; the samplers' figures on more problems and seeds are in docs/search.md. */
static void test_learning_pays(void)
{
	double random = median_of(SPACE_SPHERE, "random", 60, kit_sphere);
	g_assert_cmpfloat(median_of(SPACE_SPHERE, "tpe", 60, kit_sphere), <, random / 4);
	g_assert_cmpfloat(median_of(SPACE_SPHERE, "gp", 40, kit_sphere), <, random / 500);
	g_assert_cmpfloat(median_of(SPACE_SPHERE, "cmaes", 300, kit_sphere), <, random / 50);
	random = median_of(SPACE_BRANIN, "random", 60, kit_branin);
	g_assert_cmpfloat(median_of(SPACE_BRANIN, "tpe", 60, kit_branin), <, random / 2);
	g_assert_cmpfloat(median_of(SPACE_BRANIN, "gp", 40, kit_branin), <, random / 100);
	random = median_of(SPACE_MIXED, "random", 60, kit_mixed);
	g_assert_cmpfloat(median_of(SPACE_MIXED, "tpe", 60, kit_mixed), <, random / 2);
	g_assert_cmpfloat(median_of(SPACE_MIXED, "gp", 50, kit_mixed), <, random / 3);
}

/* Larger is better is smaller is better with the sign turned. */
static void test_direction(void)
{
	g_autoptr(Study) down = kit_study(SPACE_BRANIN, "{'seed':2}");
	g_autoptr(Study) up = kit_study(SPACE_BRANIN, "{'seed':2,'direction':'max'}");
	for (unsigned i = 0; i < 30; i++) {
		const StudyTrial *a = kit_ask(down), *b = kit_ask(up);
		g_assert_true(json_equal(a->params, b->params));
		kit_tell(down, i, kit_branin(a->tried.point, 2));
		kit_tell(up, i, -kit_branin(b->tried.point, 2));
	}
	g_assert_cmpuint(study_best(up)->tried.number, ==, study_best(down)->tried.number);
}

/* Two objectives that cannot both be best: x^2 and (x - 2)^2; y is of no use.  Nothing beats what lies between 0 and 2; of 40 points
 * 7 would lie near there by chance. */
static void test_objectives(void)
{
	g_autoptr(Study) s = kit_study(SPACE_BRANIN, "{'method':'tpe','direction':['min','min']}");
	unsigned good = 0;
	for (unsigned i = 0; i < 80; i++) {
		double x = kit_ask(s)->tried.point[0];
		good += i >= 40 && x >= -0.25 && x <= 2.25;
		json_decref(
		        kit_say(s, json_pack("{s:i,s:[f,f]}", "trial", (int)i, "values", x * x, (x - 2) * (x - 2))));
	}
	g_assert_cmpuint(good, >=, 14);
	g_autoptr(GError) error = NULL;
	json_auto_t *wrong = json_pack("{s:i,s:f}", "trial", (int)kit_ask(s)->tried.number, "value", 1.0);
	json_t *answer;
	g_assert_false(study_hear(s, wrong, &answer, &error));
	g_assert_cmpstr(error->message, ==, "1 values where 2 are expected");
}

static void test_messages(void)
{
	static const struct {
		const char *message, *words;
	} CASES[] = {
	        {"3", "a message is a JSON object"},
	        {"{'value':1}", "\"trial\" is the number"},
	        {"{'trial':5,'value':1}", "there is no trial 5"},
	        {"{'trial':-1,'value':1}", "there is no trial -1"},
	        {"{'trial':0,'value':1}", "trial 0 has ended already"},
	        {"{'trial':1}", "a message has a \"value\""},
	        {"{'trial':1,'value':'x'}", "values are numbers"},
	        {"{'trial':1,'values':[]}", "a message has a \"value\""},
	        {"{'trial':1,'step':1.5,'value':1}", "a \"step\" is a whole number"},
	        {"{'trial':1,'step':1}", "a \"step\" is a whole number"},
	};
	g_autoptr(Study) s = kit_study(SPACE_BRANIN, "{'parallel':2,'trials':3,'first':[{'x':1,'y':2}]}");
	g_assert_true(kit_ask(s)->tried.point[1] == 2);
	kit_ask(s);
	g_assert_null(kit_ask(s)); /* waits */
	kit_tell(s, 0, 1);
	kit_ask(s);
	g_assert_null(kit_ask(s)); /* that was all */
	for (size_t i = 0; i < G_N_ELEMENTS(CASES); i++) {
		json_auto_t *message = kit_json(CASES[i].message);
		json_t *answer = NULL;
		g_autoptr(GError) error = NULL;
		g_assert_false(study_hear(s, message, &answer, &error));
		if (!strstr(error->message, CASES[i].words))
			g_error("\"%s\" has no \"%s\"", error->message, CASES[i].words);
	}
	g_autoptr(GError) error = NULL;
	json_auto_t *space = kit_json(SPACE_BRANIN), *settings = kit_json("{'first':[{'x':1}]}");
	Study *none = NULL;
	g_assert_false(study_new(space, settings, &none, &error));
	g_assert_cmpstr(error->message, ==, "first[0]: y is missing");
}

/* Ten trials of 27 steps; the later, the worse.  Returns how many of the 27 each took. */
static void prune(const char *pruner, unsigned *ret_steps, unsigned trials, double (*value)(unsigned trial, int step))
{
	g_autofree char *settings = g_strdup_printf("{'method':'random','pruner':'%s','seed':4}", pruner);
	g_autoptr(Study) s = kit_study(SPACE_BRANIN, settings);
	for (unsigned n = 0; n < trials; n++) {
		bool stop = false;
		kit_ask(s);
		for (ret_steps[n] = 0; ret_steps[n] < 27 && !stop; ret_steps[n]++) {
			json_auto_t *answer =
			        kit_say(s, json_pack("{s:i,s:i,s:f}", "trial", (int)n, "step", (int)ret_steps[n] + 1,
			                           "value", value(n, (int)ret_steps[n])));
			stop = json_is_true(json_object_get(answer, "prune"));
		}
		if (stop)
			kit_say(s, json_pack("{s:i,s:b}", "trial", (int)n, "pruned", 1));
		else
			kit_tell(s, n, value(n, 26));
	}
}

static double rising(unsigned trial, int step)
{
	return 100 + trial - step;
}

static double falling(unsigned trial, int step)
{
	return 100.0 - trial - step;
}

/* Noise that is the same in every trial, and a difference that is not. */
static double folds(unsigned trial, int step)
{
	return 10 * sin(step) + 0.1 * trial + 0.01 * sin(7.0 * step + trial);
}

static void test_pruners(void)
{
	for (const PrunerKind *const *k = PRUNERS + 1; *k; k++) {
		unsigned worse[30], better[30], spent = 0;
		prune((*k)->name, worse, 30, (*k)->is_paired ? folds : rising);
		prune((*k)->name, better, 30, falling);
		for (unsigned n = 0; n < 30; n++) {
			g_assert_cmpuint(better[n], ==, 27); /* what gets better each time goes on */
			spent += worse[n];
		}
		g_assert_cmpuint(worse[0], ==, 27);
		g_assert_cmpuint(spent, <, 30 * 27 * 2 / 3);
	}
	unsigned steps[30];
	prune("median", steps, 10, rising);
	for (unsigned n = 0; n < 10; n++) /* five finish first; then at the first step */
		g_assert_cmpuint(steps[n], ==, n < 5 ? 27 : 1);
	prune("wilcoxon", steps, 2, folds);
	g_assert_cmpuint(steps[1], ==, 4); /* 1/16 is below 0.1, 1/8 is not */
}

/* p of the six pairs is 3/64 (scipy 1.17.1 wilcoxon(a, b, alternative="greater", method="exact"): 0.046875); of the first four, one of
 * which is the other way round, 3/16, of five 3/32. */
static void test_wilcoxon(void)
{
	static const double A[] = {.31, .28, .4, .33, .5, .29}, B[] = {.25, .27, .35, .30, .41, .31};
	g_autoptr(Study) s = kit_study(SPACE_BRANIN, "{'pruner':'wilcoxon'}");
	kit_ask(s);
	for (int i = 0; i < 6; i++)
		json_decref(kit_say(s, json_pack("{s:i,s:i,s:f}", "trial", 0, "step", i, "value", B[i])));
	kit_tell(s, 0, 0.315);
	kit_ask(s);
	static const int ORDER[] = {5, 0, 1, 2, 3, 4};
	static const bool STOPS[] = {false, false, false, false, true, true};
	for (int i = 0; i < 6; i++) {
		json_auto_t *answer =
		        kit_say(s, json_pack("{s:i,s:i,s:f}", "trial", 1, "step", ORDER[i], "value", A[ORDER[i]]));
		g_assert_true(json_is_true(json_object_get(answer, "prune")) == STOPS[i]);
	}
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/study/lists", test_lists);
	g_test_add_func("/study/samplers", test_samplers);
	g_test_add_func("/study/random", test_random_is_even);
	g_test_add_func("/study/grid", test_grid_is_whole);
	g_test_add_func("/study/halton", test_halton_is_even);
	g_test_add_func("/study/learning", test_learning_pays);
	g_test_add_func("/study/direction", test_direction);
	g_test_add_func("/study/objectives", test_objectives);
	g_test_add_func("/study/messages", test_messages);
	g_test_add_func("/study/pruners", test_pruners);
	g_test_add_func("/study/wilcoxon", test_wilcoxon);
	return g_test_run();
}
