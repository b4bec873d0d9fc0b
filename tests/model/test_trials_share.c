/* test_trials_share.c: what trials have in common is made for the second that wants it, within its limits of memory and time, and children
 * see it. */
#include "model/trials_share.h"

#include <string.h>

#include "base/json.h"
#include "base/rng.h"
#include "model/forks.h"
#include "model/xgboost_calls.h"

enum { ROWS = 3000, COLUMNS = 4, FOLDS = 3, PIECES = 4 };

/* Two folds with rows to judge, and one that has none. */
typedef struct Table {
	float x[ROWS * COLUMNS];
	double y[ROWS];
	Fold folds[FOLDS];
	TrainData data;
	TrialSetup setup;
	Trials trials;
	double left;
} Table;

static Part part_of(Table *t, size_t from, size_t rows)
{
	return (Part){.x = {.rows = rows, .columns = COLUMNS, .values = t->x + from * COLUMNS}, .y = t->y + from};
}

static Table *table_new(void)
{
	Table *t = g_new0(Table, 1);
	Rng rng = rng_stream(5, "rows");
	for (size_t i = 0; i < ROWS * COLUMNS; i++)
		t->x[i] = (float)rng_normal(&rng);
	for (size_t i = 0; i < ROWS; i++)
		t->y[i] = t->x[i * COLUMNS] > 0;
	for (size_t k = 0; k < FOLDS; k++) {
		t->folds[k].train = part_of(t, k * 100, 2000);
		t->folds[k].valid = part_of(t, 2500, k == 1 ? 0 : 400);
		t->folds[k].watch = t->folds[k].valid;
	}
	t->data = (TrainData){.task = TASK_BINARY, .classes = 2, .outputs = 2, .folds = t->folds, .fold_count = FOLDS};
	t->setup = (TrialSetup){.data = &t->data, .metric = metric_find("roc_auc"), .seed = 3};
	t->trials.list = g_ptr_array_new();
	return t;
}

static void table_free(Table *t)
{
	g_ptr_array_unref(t->trials.list);
	g_free(t);
}
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Table, table_free)

/* settings: JSON with ' for ". */
static Trial trial_of(const char *family, const char *settings)
{
	g_autofree char *text = g_strdelimit(g_strdup(settings), "'", '"');
	json_auto_t *given = json_loads(text, 0, NULL);
	Trial t = {.family = family_find(family)};
	g_assert_true(param_fill(t.family->params, family, given, &t.params, NULL));
	return t;
}

static double left(void *context)
{
	return ((const Table *)context)->left;
}

static bool lacks_library(void)
{
	const XgboostCalls *calls;
	g_autoptr(GError) error = NULL;
	if (xgboost_calls(&calls, &error))
		return false;
	g_test_skip(error->message);
	return true;
}

/* Until there is no more to do; returns how often there was. */
static unsigned make_all(TrialsShare *s, const Trial *t)
{
	unsigned parts = 0;
	while (trials_share_make(s, t))
		parts++;
	return parts;
}

static void test_second(void)
{
	if (lacks_library())
		return;
	g_autoptr(Table) t = table_new();
	TrialsShareLimits limits = {.bytes = 1e9, .most_bytes = 1e9};
	g_autoptr(TrialsShare) s = trials_share_new(&t->setup, &t->trials, &limits);
	Trial trials[] = {trial_of("boosted", "{}"), trial_of("linear", "{}"), trial_of("boosted", "{'eta': 0.2}"),
	        trial_of("boosted", "{'max_bin': 16}"), trial_of("forest", "{'max_bin': 256}")};
	g_assert_true(make_all(s, &trials[0]) == 0 && !trials_share_of(s, &trials[0]));
	g_assert_true(make_all(s, &trials[1]) == 0 && !trials_share_of(s, &trials[1]));
	g_assert_cmpuint(make_all(s, &trials[2]), ==, FOLDS - 1);
	g_assert_true(make_all(s, &trials[3]) == 0 && !trials_share_of(s, &trials[3]));
	g_assert_true(make_all(s, &trials[4]) == 0);
	const Prepared *shared = trials_share_of(s, &trials[2]);
	g_assert_true(shared && shared[0].thing && !shared[1].thing && shared[2].thing);
	g_assert_true(trials_share_of(s, &trials[0]) == shared);
	g_assert_true(trials_share_of(s, &trials[4]) == shared); /* the same rows, columns and bins */
	/* Where another is known to come, the first has it already; one that is done wants nothing. */
	for (unsigned done = 0; done < 2; done++) {
		g_autoptr(TrialsShare) early = trials_share_new(&t->setup, &t->trials, &limits);
		g_ptr_array_set_size(t->trials.list, 0);
		trials[2].result = done ? json_null() : NULL;
		for (size_t i = 0; i < 3; i++)
			g_ptr_array_add(t->trials.list, &trials[i]);
		g_assert_cmpuint(make_all(early, &trials[0]), ==, done ? 0 : FOLDS - 1);
		g_assert_true((trials_share_of(early, &trials[0]) == NULL) == done);
	}
	for (size_t i = 0; i < G_N_ELEMENTS(trials); i++)
		json_decref(trials[i].params);
}

/* Where it has not the room or the time, trials do without; what could be made is not half there. */
static void test_limits(void)
{
	static const struct {
		double bytes, most, trial_time, left;
	} CASES[] = {{1000, 1e9, 0, 1e9}, {1e9, 1000, 0, 1e9}, {1e9, 1e9, 1e-6, 1e9}, {1e9, 1e9, 0, 1e-6}};
	if (lacks_library())
		return;
	g_autoptr(Table) t = table_new();
	Trial trials[] = {trial_of("boosted", "{}"), trial_of("boosted", "{}")};
	for (size_t i = 0; i < G_N_ELEMENTS(CASES); i++) {
		TrialsShareLimits limits = {.bytes = CASES[i].bytes,
		        .most_bytes = CASES[i].most,
		        .trial_time = CASES[i].trial_time,
		        .left = left,
		        .context = t};
		t->left = CASES[i].left;
		g_autoptr(TrialsShare) s = trials_share_new(&t->setup, &t->trials, &limits);
		for (unsigned turn = 0; turn < 4; turn++)
			g_assert_true(make_all(s, &trials[turn % 2]) == 0 && !trials_share_of(s, &trials[turn % 2]));
	}
	json_decref(trials[0].params);
	json_decref(trials[1].params);
}

typedef struct Family {
	Table *table;
	TrialsShare *share;
	Trial trials[PIECES];
	unsigned good;
} Family;

static bool make(void *context, size_t number)
{
	Family *f = context;
	return trials_share_make(f->share, &f->trials[number]);
}

/* Trained with what is shared, and without: the same bytes. */
static bool work(void *context, size_t number, GError **error)
{
	const Family *f = context;
	const Trial *t = &f->trials[number];
	const ModelFamily *family = t->family;
	GBytes *bytes[2] = {NULL, NULL};
	for (unsigned i = 0; i < 2; i++) {
		TrialSetup setup = f->table->setup;
		void *model = NULL;
		setup.prepared = i ? trials_share_of(f->share, t) : NULL;
		if ((setup.prepared != NULL) != (i == 1 && number > 0))
			return false;
		TrainSet set = trial_train_set(&setup, &f->table->folds[2]);
		set.threads = 2; /* more than the process that forked has ever had */
		if (!family->train(&set, t->params, &model, NULL, error) || !family->save(model, &bytes[i], error))
			return false;
		family->free(model);
	}
	return g_bytes_equal(bytes[0], bytes[1]);
}

static void ended(void *context, const ForkEnd *end)
{
	((Family *)context)->good += end->ok;
}

static void test_children(void)
{
	if (lacks_library())
		return;
	g_autoptr(Table) t = table_new();
	g_autoptr(GError) error = NULL;
	TrialsShareLimits limits = {.bytes = 1e9, .most_bytes = 1e9};
	g_autoptr(TrialsShare) s = trials_share_new(&t->setup, &t->trials, &limits);
	Family f = {.table = t, .share = s};
	for (size_t i = 0; i < PIECES; i++)
		f.trials[i] = trial_of("boosted", "{'rounds': 10}");
	ForkPlan plan = {
	        .count = 4, .at_once = 2, .seconds = 60, .prepare = make, .work = work, .ended = ended, .context = &f};
	forks_run(&plan, &error);
	g_assert_no_error(error);
	g_assert_cmpuint(f.good, ==, PIECES);
	for (size_t i = 0; i < PIECES; i++)
		json_decref(f.trials[i].params);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/trials_share/second", test_second);
	g_test_add_func("/trials_share/limits", test_limits);
	g_test_add_func("/trials_share/children", test_children);
	return g_test_run();
}
