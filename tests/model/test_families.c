/* test_families.c: what every family must keep, over the whole table. */
#include "model/family.h"
#include "model/update.h"

#include <float.h>
#include <math.h>
#include <string.h>

#include "base/error.h"
#include "base/rng.h"

enum { ROWS = 400, COLUMNS = 6, CLASSES_MOST = 3 };

typedef struct Data {
	float x[2 * ROWS * COLUMNS];
	double y[2 * ROWS], weight[2 * ROWS];
	Matrix matrix;
	TrainSet set;
} Data;

static const unsigned TASKS[] = {TASK_BINARY, TASK_MULTICLASS, TASK_REGRESSION};

static Data *make_data(unsigned task)
{
	Data *t = g_new0(Data, 1);
	Rng rng = rng_stream(3, "data");
	for (size_t i = 0; i < ROWS; i++) {
		float *row = t->x + i * COLUMNS;
		for (size_t j = 0; j < COLUMNS; j++)
			row[j] = j == 5 ? 2.5f : rng_unit(&rng) < 0.1 ? NAN : (float)rng_normal(&rng);
		double z = (isnan(row[0]) ? 1 : (double)row[0]) - (isnan(row[1]) ? 0 : (double)row[1]);
		z += 0.3 * rng_normal(&rng);
		t->y[i] = task == TASK_REGRESSION ? 1000 * z : task == TASK_BINARY ? z > 0 : (z > -1) + (z > 1);
	}
	t->matrix = (Matrix){.rows = ROWS, .columns = COLUMNS, .values = t->x};
	t->set = (TrainSet){.task = task,
	        .classes = task == TASK_REGRESSION ? 0
	                   : task == TASK_BINARY   ? 2
	                                           : 3,
	        .x = &t->matrix,
	        .y = t->y,
	        .metric = task == TASK_REGRESSION ? "rmse" : "log_loss",
	        .seed = 11,
	        .threads = 1};
	return t;
}

static size_t outputs_of(const Data *t)
{
	return MAX(t->set.classes, 1);
}

static char *program; /* of the family command: least squares and logistic regression in plain Python */

/* Small, so that the test takes milliseconds. */
static json_t *quick_params(const ModelFamily *family)
{
	json_auto_t *given = json_object();
	if (param_find(family->params, "rounds"))
		json_object_set_new(given, "rounds", json_integer(30));
	if (param_find(family->params, "trees"))
		json_object_set_new(given, "trees", json_integer(25));
	if (param_find(family->params, "predict")) {
		json_object_set_new(given, "train", json_pack("[s,s,s]", "python3", program, "train"));
		json_object_set_new(given, "predict", json_pack("[s,s,s]", "python3", program, "predict"));
	}
	json_t *params = NULL;
	g_assert_true(param_fill(family->params, family->name, given, &params, NULL));
	return params;
}

/* Of a family whose library is not on this machine. */
static bool lacks_library(const ModelFamily *family)
{
	g_autofree Data *t = make_data(family->tasks & TASK_BINARY ? TASK_BINARY : TASK_REGRESSION);
	json_auto_t *params = quick_params(family);
	g_autoptr(GError) error = NULL;
	void *model = NULL;
	if (family->train(&t->set, params, &model, NULL, &error)) {
		family->free(model);
		return false;
	}
	if (!g_error_matches(error, FAIL, FAIL_UNAVAILABLE))
		g_error("%s: %s", family->name, error->message);
	g_test_skip(error->message);
	return true;
}

static void *train(const ModelFamily *family, const TrainSet *set)
{
	json_auto_t *params = quick_params(family);
	json_auto_t *refit = NULL;
	g_autoptr(GError) error = NULL;
	void *model = NULL;
	family->train(set, params, &model, &refit, &error);
	g_assert_no_error(error);
	if (refit) { /* what a refit gets must be settings of the family */
		json_auto_t *filled = NULL;
		g_assert_true(param_fill(family->params, NULL, refit, &filled, NULL));
	}
	return model;
}

static GBytes *train_and_save(const ModelFamily *family, const TrainSet *set)
{
	void *model = train(family, set);
	GBytes *bytes = NULL;
	g_assert_true(family->save(model, &bytes, NULL));
	family->free(model);
	return bytes;
}

static double *predict(const ModelFamily *family, const void *model, const Data *t)
{
	g_autoptr(GError) error = NULL;
	double *p = g_new0(double, ROWS *outputs_of(t));
	family->predict(model, &t->matrix, p, &error);
	g_assert_no_error(error);
	return p;
}

static void check_scores(const Data *t, const double *p)
{
	size_t outputs = outputs_of(t);
	for (size_t i = 0; i < ROWS; i++) {
		double sum = 0;
		for (size_t k = 0; k < outputs; k++) {
			g_assert_true(isfinite(p[i * outputs + k]));
			g_assert_true(!t->set.classes || (p[i * outputs + k] >= 0 && p[i * outputs + k] <= 1));
			sum += p[i * outputs + k];
		}
		g_assert_true(!t->set.classes || fabs(sum - 1) < 1e-12);
	}
}

/* load(save(model)) predicts the same bits, and a row alone gets what it gets among others. */
static void check_kept(const ModelFamily *family, const Data *t, const void *model)
{
	g_autoptr(GBytes) bytes = NULL;
	g_autoptr(GBytes) twice = NULL;
	g_autoptr(GError) error = NULL;
	void *again = NULL;
	size_t columns, outputs;
	g_assert_true(family->save(model, &bytes, NULL));
	family->load(bytes, &again, &error);
	g_assert_no_error(error);
	g_assert_true(family->save(again, &twice, NULL));
	g_assert_true(g_bytes_equal(bytes, twice));
	family->shape(again, &columns, &outputs);
	g_assert_true(columns == 0 || columns == COLUMNS);
	g_assert_cmpuint(outputs, ==, outputs_of(t));
	g_autofree double *before = predict(family, model, t);
	g_autofree double *after = predict(family, again, t);
	g_assert_cmpmem(before, ROWS * outputs * 8, after, ROWS * outputs * 8);
	check_scores(t, after);
	for (size_t i = 0; i < ROWS; i += 37) {
		double alone[CLASSES_MOST];
		Matrix row = {.rows = 1, .columns = COLUMNS, .values = (float *)t->x + i * COLUMNS};
		g_assert_true(family->predict(again, &row, alone, NULL));
		g_assert_cmpmem(alone, outputs * 8, after + i * outputs, outputs * 8);
	}
	family->free(again);
}

/* Contributions add up to the scores, a row alone gets what it gets among others, and what is told on the scale of scores
 * adds up as well. */
static void check_contributions(const ModelFamily *family, const Data *t, const void *model)
{
	size_t outputs = outputs_of(t);
	g_autoptr(GError) error = NULL;
	g_autoptr(Contributions) c = NULL;
	if (!family->contribute)
		return;
	family->contribute(model, &t->matrix, &c, &error);
	g_assert_no_error(error);
	g_assert_cmpuint(contributions_outputs(c), ==, outputs);
	g_autoptr(Contributions) told = contributions_to_scores(c);
	g_autofree double *scores = predict(family, model, t);
	g_autofree double *sums = g_new(double, ROWS *outputs);
	g_autofree double *told_sums = g_new(double, ROWS *outputs);
	contributions_scores(c, sums);
	contributions_scores(told, told_sums);
	double scale = 0;
	for (size_t i = 0; i < ROWS * outputs; i++)
		scale = MAX(scale, fabs(scores[i]));
	for (size_t i = 0; i < ROWS * outputs; i++) {
		g_assert_cmpfloat_with_epsilon(sums[i], scores[i], 1e-5 * scale);
		g_assert_cmpfloat_with_epsilon(told_sums[i], sums[i], 1e-9 * MAX(1, fabs(sums[i])));
	}
	for (size_t i = 0; i < ROWS; i += 37) {
		Matrix row = {.rows = 1, .columns = COLUMNS, .values = (float *)t->x + i * COLUMNS};
		g_autoptr(Contributions) alone = NULL;
		g_assert_true(family->contribute(model, &row, &alone, NULL));
		size_t bytes = c->margins * (c->columns + 1) * sizeof(double);
		g_assert_cmpmem(alone->values, bytes, contributions_at(c, i, 0), bytes);
	}
}

static void check_importance(const ModelFamily *family, const void *model)
{
	double importance[COLUMNS], sum = 0;
	if (!family->importance)
		return;
	g_assert_true(family->importance(model, importance, NULL));
	for (unsigned j = 0; j < COLUMNS; j++) {
		g_assert_cmpfloat(importance[j], >=, 0);
		sum += importance[j];
	}
	g_assert_cmpfloat_with_epsilon(sum, 1, 1e-9);
	g_assert_cmpfloat(importance[0] + importance[1], >, 0.7); /* what the target is made of */
	g_assert_cmpfloat(importance[5], ==, 0);                  /* a constant */
}

/* Bytes cut short or with one changed are refused, or load as another model; they never harm. */
static void check_damage(const ModelFamily *family, const Data *t, const void *model)
{
	g_autoptr(GBytes) bytes = NULL;
	g_assert_true(family->save(model, &bytes, NULL));
	gsize size;
	const uint8_t *data = g_bytes_get_data(bytes, &size);
	for (size_t cut = 0; cut < size; cut += MAX(size / 50, 1)) {
		g_autoptr(GBytes) part = g_bytes_new_from_bytes(bytes, 0, cut);
		g_autoptr(GError) error = NULL;
		void *none = NULL;
		g_assert_false(family->load(part, &none, &error));
		g_assert_error(error, FAIL, FAIL_BROKEN);
	}
	Rng rng = rng_stream(5, family->name);
	for (unsigned turn = 0; turn < 300; turn++) {
		g_autofree uint8_t *changed = g_memdup2(data, size);
		size_t place = rng_below(&rng, turn % 2 ? MIN(size, 64) : size);
		changed[place] = (uint8_t)rng_bits(&rng);
		g_autoptr(GBytes) part = g_bytes_new_static(changed, size);
		void *other = NULL;
		size_t columns, outputs;
		if (!family->load(part, &other, NULL))
			continue;
		family->shape(other, &columns, &outputs);
		g_autofree double *p = g_new0(double, 10 * outputs);
		Matrix rows = {.rows = 10, .columns = COLUMNS, .values = (float *)t->x};
		if (columns == 0 || columns == COLUMNS)
			g_assert_true(family->predict(other, &rows, p, NULL));
		family->free(other);
	}
}

static double loss_of(const Data *t, const double *p)
{
	double loss = 0;
	for (size_t i = 0; i < ROWS; i++)
		loss += t->set.classes ? -log(MAX(p[i * t->set.classes + (size_t)t->y[i]], 1e-12))
		                       : fabs(p[i] - t->y[i]);
	return loss / ROWS;
}

typedef struct Case {
	const ModelFamily *family;
	unsigned task;
} Case;

static void test_contract(gconstpointer data)
{
	const Case *c = data;
	if (lacks_library(((const Case *)data)->family))
		return;
	g_autofree Data *t = make_data(c->task);
	void *model = train(c->family, &t->set);
	check_kept(c->family, t, model);
	check_contributions(c->family, t, model);
	check_importance(c->family, model);
	check_damage(c->family, t, model);
	g_autofree double *p = predict(c->family, model, t);
	g_autofree Data *base = make_data(c->task);
	void *zero = train(FAMILIES[0], &base->set);
	g_autofree double *q = predict(FAMILIES[0], zero, base);
	if (c->family != FAMILIES[0])
		g_assert_cmpfloat(loss_of(t, p), <, 0.7 * loss_of(t, q));
	FAMILIES[0]->free(zero);
	c->family->free(model);
}

static void test_same_seed(gconstpointer data)
{
	const Case *c = data;
	if (lacks_library(((const Case *)data)->family))
		return;
	g_autofree Data *t = make_data(c->task);
	g_autoptr(GBytes) first = train_and_save(c->family, &t->set);
	g_autoptr(GBytes) second = train_and_save(c->family, &t->set);
	g_assert_true(g_bytes_equal(first, second));
}

/* Rows of weight 2 are rows that are there twice.  Trees sample rows, so there it holds only on average. */
static void test_weights(gconstpointer data)
{
	const Case *c = data;
	g_autofree Data *weighed = make_data(c->task);
	g_autofree Data *doubled = make_data(c->task);
	size_t rows = ROWS;
	for (size_t i = 0; i < ROWS; i++) {
		weighed->weight[i] = i % 3 == 0 ? 2 : 1;
		if (i % 3)
			continue;
		memcpy(doubled->x + rows * COLUMNS, doubled->x + i * COLUMNS, COLUMNS * sizeof(float));
		doubled->y[rows++] = doubled->y[i];
	}
	weighed->set.weight = weighed->weight;
	doubled->matrix.rows = rows;
	void *one = train(c->family, &weighed->set), *other = train(c->family, &doubled->set);
	doubled->matrix.rows = ROWS;
	g_autofree double *p = predict(c->family, one, weighed);
	g_autofree double *q = predict(c->family, other, doubled);
	double unit = c->task == TASK_REGRESSION ? 1000 : 1;
	for (size_t i = 0; i < ROWS * outputs_of(weighed); i++)
		g_assert_cmpfloat_with_epsilon(p[i], q[i], 1e-5 * unit);
	c->family->free(one);
	c->family->free(other);
}

/* Rows whose features lie far outside of what was seen, all missing, or at the ends of float32. */
static void test_strange_rows(gconstpointer data)
{
	const Case *c = data;
	if (lacks_library(((const Case *)data)->family))
		return;
	g_autofree Data *t = make_data(c->task);
	void *model = train(c->family, &t->set);
	float x[4 * COLUMNS];
	const float strange[] = {NAN, FLT_MAX, -FLT_MAX, 0};
	for (size_t i = 0; i < G_N_ELEMENTS(x); i++)
		x[i] = strange[i / COLUMNS];
	Matrix rows = {.rows = 4, .columns = COLUMNS, .values = x};
	double p[4 * CLASSES_MOST];
	g_assert_true(c->family->predict(model, &rows, p, NULL));
	for (size_t i = 0; i < 4 * outputs_of(t); i++)
		g_assert_true(isfinite(p[i]) && (!t->set.classes || (p[i] >= 0 && p[i] <= 1)));
	rows.columns = COLUMNS - 1;
	size_t columns, outputs;
	c->family->shape(model, &columns, &outputs);
	if (columns) {
		g_autoptr(GError) error = NULL;
		g_assert_false(c->family->predict(model, &rows, p, &error));
		g_assert_error(error, FAIL, FAIL_INVALID);
	}
	c->family->free(model);
}

/* A row of weight 4 is watched as four rows are: half of the watched rows have another row's target and would stop a training early. */
static void test_watched_weights(gconstpointer data)
{
	const ModelFamily *family = ((const Case *)data)->family;
	enum { HALF = ROWS / 2, QUARTER = ROWS / 4, TIMES = 4 };
	static float x[TIMES * HALF * COLUMNS];
	static double y[TIMES * HALF], weight[TIMES * HALF];
	if (lacks_library(family))
		return;
	g_autofree Data *t = make_data(TASK_BINARY);
	json_auto_t *given = json_pack("{s:i}", "rounds", 60), *params = NULL;
	int64_t found[3];
	Matrix watched = {.columns = COLUMNS, .values = x};
	g_assert_true(param_fill(family->params, NULL, given, &params, NULL));
	t->matrix.rows = HALF;
	t->set.valid = &watched;
	t->set.valid_y = y;
	for (int way = 0; way < 3; way++) { /* weighted, repeated, neither */
		watched.rows = 0;
		for (size_t i = 0; i < HALF; i++)
			for (size_t k = 0; k < (way == 1 && i < QUARTER ? TIMES : 1); k++, watched.rows++) {
				memcpy(x + watched.rows * COLUMNS, t->x + (HALF + i) * COLUMNS, COLUMNS * sizeof *x);
				y[watched.rows] = t->y[HALF + (i < QUARTER ? i : (i + 1) % HALF)];
				weight[watched.rows] = i < QUARTER ? TIMES : 1;
			}
		t->set.valid_weight = way == 0 ? weight : NULL;
		json_auto_t *refit = NULL;
		g_autoptr(GError) error = NULL;
		void *model = NULL;
		family->train(&t->set, params, &model, &refit, &error);
		g_assert_no_error(error);
		family->free(model);
		found[way] = json_integer_value(json_object_get(refit, "rounds"));
	}
	g_assert_cmpint(found[0], ==, found[1]);
	g_assert_cmpint(found[0], >, found[2]);
}

/* Rounds stop where the validation rows say, and a refit with the settings given back makes those rounds. */
static void test_early_stopping(gconstpointer data)
{
	const ModelFamily *family = ((const Case *)data)->family;
	if (lacks_library(((const Case *)data)->family))
		return;
	g_autofree Data *t = make_data(TASK_BINARY);
	Matrix half = {.rows = ROWS / 2, .columns = COLUMNS, .values = t->x};
	Matrix rest = {.rows = ROWS / 2, .columns = COLUMNS, .values = t->x + ROWS / 2 * COLUMNS};
	t->set.x = &half;
	t->set.valid = &rest;
	t->set.valid_y = t->y + ROWS / 2;
	json_auto_t *given = json_pack("{s:i,s:i}", "rounds", 400, "patience", 10);
	json_auto_t *params = NULL;
	json_auto_t *refit = NULL;
	json_auto_t *again = NULL;
	g_assert_true(param_fill(family->params, NULL, given, &params, NULL));
	void *stopped = NULL, *fixed = NULL;
	g_autoptr(GBytes) a = NULL;
	g_autoptr(GBytes) b = NULL;
	g_assert_true(family->train(&t->set, params, &stopped, &refit, NULL));
	json_int_t rounds = json_integer_value(json_object_get(refit, "rounds"));
	g_assert_cmpint(rounds, >, 3);
	g_assert_cmpint(rounds, <, 390);
	t->set.valid = NULL;
	g_assert_true(family->train(&t->set, refit, &fixed, &again, NULL));
	g_assert_true(family->save(stopped, &a, NULL) && family->save(fixed, &b, NULL));
	g_assert_true(g_bytes_equal(a, b));
	g_assert_true(json_equal(refit, again));
	family->free(stopped);
	family->free(fixed);
}

static unsigned threads_of_process(void)
{
	g_autoptr(GDir) tasks = g_dir_open("/proc/self/task", 0, NULL);
	unsigned count = 0;
	while (tasks && g_dir_read_name(tasks))
		count++;
	return count;
}

/* With what trainings share, each gives the bytes that it gives without; other rows are not taken for those.  Making it leaves no
 * threads, or forked children would wait for them. */
static void test_prepared(gconstpointer data)
{
	const Case *c = data;
	if (lacks_library(c->family))
		return;
	g_autofree Data *t = make_data(c->task);
	g_autofree double *weight = g_new(double, ROWS);
	Matrix few = {.rows = ROWS / 4, .columns = COLUMNS, .values = t->x};
	json_auto_t *params = quick_params(c->family);
	g_autoptr(GError) error = NULL;
	Prepared planned = {0}, made = {0};
	for (size_t i = 0; i < ROWS; i++)
		weight[i] = (double)(1 + i % 3);
	t->set.weight = weight;
	t->set.valid = &few;
	t->set.valid_y = t->y;
	g_autoptr(GBytes) alone = train_and_save(c->family, &t->set);
	unsigned threads = threads_of_process();
	c->family->prepare(&t->set, params, false, &planned, &error);
	g_assert_no_error(error);
	c->family->prepare(&t->set, params, true, &made, &error);
	g_assert_no_error(error);
	g_assert_cmpuint(threads_of_process(), ==, threads);
	g_assert_cmpstr(planned.key, ==, made.key);
	g_assert_true(!planned.thing && made.thing && planned.kept > 0 && planned.most > 0);
	t->set.prepared = &made;
	for (unsigned turn = 0; turn < 2; turn++) {
		g_autoptr(GBytes) shared = train_and_save(c->family, &t->set);
		g_assert_true(g_bytes_equal(alone, shared));
	}
	g_assert_true(prepared_find(&t->set, made.key) == made.thing && !prepared_find(&t->set, "another"));
	t->set.x = &few;
	g_assert_null(prepared_find(&t->set, made.key));
	prepared_clear(&planned);
	prepared_clear(&made);
}

static GBytes *saved(const ModelFamily *family, const void *model)
{
	GBytes *ret = NULL;
	g_assert_true(family->save(model, &ret, NULL));
	return ret;
}

/* Learning on: the old model stays as it is; after being kept and loaded it comes to the same bytes as without a stop. */
static void test_update(gconstpointer data)
{
	const Case *c = data;
	if (lacks_library(((const Case *)data)->family))
		return;
	g_autofree Data *t = make_data(c->task);
	json_auto_t *params = NULL, *how = NULL;
	g_assert_true(param_fill(c->family->params, NULL, NULL, &params, NULL));
	g_assert_true(param_fill(UPDATE_PARAMS, NULL, NULL, &how, NULL));
	UpdateSet set = {.fresh = &t->set, .params = params, .how = how, .rows_before = ROWS};
	void *model = train(c->family, &t->set), *loaded = NULL, *one = NULL, *other = NULL;
	g_autoptr(GBytes) before = saved(c->family, model);
	g_assert_true(c->family->load(before, &loaded, NULL));
	for (size_t i = 0; i < ROWS; i++) /* another world: numbers move, classes are other ones */
		t->y[i] = c->task == TASK_REGRESSION ? t->y[i] + 500 : (double)(((size_t)t->y[i] + 1) % t->set.classes);
	g_autoptr(GError) error = NULL;
	family_update(c->family, model, &set, &one, &error);
	g_assert_no_error(error);
	g_assert_true(family_update(c->family, loaded, &set, &other, NULL));
	g_autoptr(GBytes) a = saved(c->family, one);
	g_autoptr(GBytes) b = saved(c->family, other);
	g_autoptr(GBytes) after = saved(c->family, model);
	g_assert_true(g_bytes_equal(a, b));
	g_assert_true(g_bytes_equal(before, after));
	g_assert_false(g_bytes_equal(a, before));
	g_autofree double *p = predict(c->family, one, t);
	g_autofree double *q = predict(c->family, model, t);
	check_scores(t, p);
	g_assert_cmpfloat(loss_of(t, p), <, loss_of(t, q));
	Matrix wide = {.rows = ROWS / 2, .columns = 2 * COLUMNS, .values = t->x};
	t->set.x = &wide;
	void *wrong = NULL;
	bool looks = family_update(c->family, model, &set, &wrong, NULL);
	g_assert_true(looks == g_str_equal(c->family->name, "baseline")); /* it looks at no feature */
	void *models[] = {model, loaded, one, other, wrong};
	for (size_t i = 0; i < G_N_ELEMENTS(models); i++)
		c->family->free(models[i]);
}

/* A family that cannot learn on says so. */
static void test_no_update(void)
{
	g_autofree Data *t = make_data(TASK_BINARY);
	UpdateSet set = {.fresh = &t->set};
	void *ret = NULL;
	for (const ModelFamily *const *f = FAMILIES; *f; f++) {
		g_autoptr(GError) error = NULL;
		if ((*f)->update)
			continue;
		g_assert_false(family_update(*f, NULL, &set, &ret, &error));
		g_assert_error(error, FAIL, FAIL_INVALID);
		g_assert_nonnull(strstr(error->message, (*f)->name));
	}
}

static void test_other_tasks(void)
{
	for (size_t i = 0; i < G_N_ELEMENTS(TASKS); i++) {
		g_autofree Data *t = make_data(TASKS[i]);
		for (const ModelFamily *const *f = FAMILIES; *f; f++) {
			g_autoptr(GError) error = NULL;
			json_auto_t *params = quick_params(*f);
			void *model = NULL;
			if ((*f)->tasks & TASKS[i])
				continue;
			g_assert_false(family_train(*f, &t->set, params, &model, NULL, &error));
			g_assert_error(error, FAIL, FAIL_INVALID);
			g_assert_nonnull(strstr(error->message, (*f)->name));
		}
	}
}

/* Where all features are categories, families that take numbers are given none: they answer as the baseline does, or say so. */
static void test_no_features(gconstpointer data)
{
	const Case *c = data;
	g_autofree Data *t = make_data(c->task);
	g_autoptr(GError) error = NULL;
	json_auto_t *params = quick_params(c->family);
	void *model = NULL;
	t->matrix.columns = 0;
	if (!family_train(c->family, &t->set, params, &model, NULL, &error)) {
		g_assert_true(error->code == FAIL_INVALID || error->code == FAIL_UNAVAILABLE);
		return;
	}
	g_autofree double *p = predict(c->family, model, t);
	check_scores(t, p);
	c->family->free(model);
}

typedef struct Rungs {
	unsigned count, rung[8];
	double value[8];
} Rungs;

static bool note_rung(void *context, unsigned rung, double value)
{
	Rungs *seen = context;
	seen->rung[seen->count] = rung;
	seen->value[seen->count++] = value;
	return rung == 40;
}

/* Rounds end `patience` after the best, or where the watch says so; a value that is not known is never the best. */
static void test_rounds(void)
{
	TrainSet set = {0};
	const double values[] = {NAN, 0.5, 0.7, 0.6, 0.7, 0.69, 0.9};
	TrainRounds r = {.set = &set, .patience = 3, .pace = 1, .larger_is_better = true};
	size_t done = 0;
	while (train_round(&r, values[done++]))
		;
	g_assert_true(done == 6 && r.done == 6 && r.best == 3 && r.best_value == 0.7);
	Rungs seen = {0};
	TrainWatch watch = {note_rung, &seen};
	set.watch = &watch;
	TrainRounds slow = {.set = &set, .pace = 0.5}; /* 20 rounds are worth 10 */
	while (train_round(&slow, 100.0 - slow.done))
		;
	g_assert_true(
	        slow.done == 80 && slow.best == 80 && seen.count == 3 && seen.rung[0] == 10 && seen.rung[2] == 40);
	g_assert_cmpfloat(seen.value[0], ==, 100.0 - 19);
	TrainRounds blind = {.set = &set, .patience = 2, .pace = 1};
	while (blind.done < 90 && train_round(&blind, NAN))
		;
	g_assert_true(blind.done == 90 && blind.best == 0 && seen.count == 3);
}

static void test_table(void)
{
	for (const ModelFamily *const *f = FAMILIES; *f; f++) {
		json_auto_t *params = NULL;
		g_autoptr(GError) error = NULL;
		g_assert_true(family_find((*f)->name) == *f);
		param_fill((*f)->params, NULL, NULL, &params, &error);
		g_assert_no_error(error);
		Rng rng = rng_stream(1, (*f)->name);
		for (unsigned turn = 0; turn < 200; turn++) { /* whatever a search draws is allowed */
			json_auto_t *filled = NULL;
			for (const Param *p = (*f)->params; p->name; p++)
				if (p->flags & PARAM_TUNABLE)
					json_object_set_new(params, p->name, param_draw(p, &rng));
			param_fill((*f)->params, NULL, params, &filled, &error);
			g_assert_no_error(error);
		}
	}
}

static void add(const char *what, const Case *c, GTestDataFunc run)
{
	g_autofree char *path = g_strdup_printf("/families/%s/%s/%u", what, c->family->name, c->task);
	g_test_add_data_func_full(path, g_memdup2(c, sizeof *c), run, g_free);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	program = g_test_build_filename(G_TEST_DIST, "model", "learner.py", NULL);
	g_test_add_func("/families/table", test_table);
	g_test_add_func("/families/no update", test_no_update);
	g_test_add_func("/families/rounds", test_rounds);
	g_test_add_func("/families/other tasks", test_other_tasks);
	for (const ModelFamily *const *f = FAMILIES; *f; f++)
		for (size_t i = 0; i < G_N_ELEMENTS(TASKS); i++) {
			Case c = {*f, TASKS[i]};
			bool is_brought =
			        (*f)->files && param_find((*f)->params, "file"); /* tests/interop/onnx_family */
			if (!((*f)->tasks & TASKS[i]) || is_brought)
				continue;
			add("contract", &c, test_contract);
			add("same seed", &c, test_same_seed);
			if (!param_find((*f)->params, "predict"))
				add("no features", &c, test_no_features);
			add("strange rows", &c, test_strange_rows);
			if ((*f)->prepare)
				add("prepared", &c, test_prepared);
			if ((*f)->update)
				add("update", &c, test_update);
			if (TASKS[i] == TASK_BINARY && param_find((*f)->params, "patience")) {
				add("early stopping", &c, test_early_stopping);
				add("watched weights", &c, test_watched_weights);
			}
			if (g_str_equal((*f)->name, "baseline") || g_str_equal((*f)->name, "linear") ||
			        g_str_equal((*f)->name, "naive_bayes"))
				add("weights", &c, test_weights);
		}
	return g_test_run();
}
