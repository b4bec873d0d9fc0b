/* test_ensemble.c: models put together: what selection and stacking choose, and the family that carries them. */
#include <math.h>
#include <string.h>

#include "base/error.h"
#include "base/file.h"
#include "base/json.h"
#include "model/ensemble.h"
#include "model/ensemble_kinds.h"
#include "model/families.h"
#include "model/portfolio.h"
#include "model/trials_list.h"

enum { ROWS = 2000, MODELS = 4 };

/* Candidates made by hand. */
typedef struct Hand {
	TrainData data;
	TrialSetup setup;
	Pool pool;
	size_t end[2];
	double y[ROWS], *scores[MODELS];
	double weights[MODELS];
	Mix mix;
} Hand;

static Hand *hand_new(size_t classes, const char *metric, size_t models)
{
	Hand *h = g_new0(Hand, 1);
	size_t outputs = MAX(classes, 1);
	h->data = (TrainData){.task = classes == 0   ? TASK_REGRESSION
	                              : classes == 2 ? TASK_BINARY
	                                             : TASK_MULTICLASS,
	        .classes = classes,
	        .outputs = outputs,
	        .positive = 1};
	h->setup = (TrialSetup){.data = &h->data, .metric = metric_find(metric), .seed = 4};
	h->end[0] = ROWS / 2;
	h->end[1] = ROWS;
	for (size_t m = 0; m < models; m++)
		h->scores[m] = g_new0(double, ROWS *outputs);
	h->pool = (Pool){.setup = &h->setup,
	        .metric = h->setup.metric,
	        .rows = ROWS,
	        .outputs = outputs,
	        .folds = 2,
	        .count = models,
	        .end = h->end,
	        .y = h->y,
	        .scores = h->scores};
	h->mix.weights = h->weights;
	return h;
}

static void hand_free(Hand *h)
{
	for (size_t m = 0; m < MODELS; m++)
		g_free(h->scores[m]);
	g_free(h->mix.intercepts);
	g_free(h);
}

static void mix(Hand *h, const char *method, size_t most)
{
	json_auto_t *settings = NULL;
	memset(h->weights, 0, sizeof h->weights);
	g_assert_true(param_fill(ENSEMBLE_PARAMS, NULL, NULL, &settings, NULL));
	g_assert_true(ensemble_find(method)->mix(&h->pool, settings, most, &h->mix, NULL));
}

/* Two models off by the same in opposite directions: half of each is right, whatever stands beside them. */
static void test_select_opposites(void)
{
	Hand *h = hand_new(0, "rmse", 4);
	Rng rng = rng_stream(1, "opposites");
	for (size_t i = 0; i < ROWS; i++) {
		double off = rng_normal(&rng);
		h->y[i] = rng_normal(&rng);
		h->scores[0][i] = h->y[i] + off;
		h->scores[1][i] = h->y[i] + off; /* the same again: of equals the one that is in already */
		h->scores[2][i] = h->y[i] - off;
		h->scores[3][i] = 5;
	}
	mix(h, "select", 100);
	const double wanted[] = {1, 0, 1, 0};
	g_assert_cmpmem(h->weights, sizeof wanted, wanted, sizeof wanted);
	mix(h, "select", 1); /* one member may be: the first of the best */
	const double alone[] = {1, 0, 0, 0};
	g_assert_cmpmem(h->weights, sizeof alone, alone, sizeof alone);
	double cost[] = {4, 4, 4, 4}; /* nor is there the time for two */
	h->pool.cost = cost;
	h->pool.seconds = 7;
	mix(h, "select", 100);
	g_assert_cmpmem(h->weights, sizeof alone, alone, sizeof alone);
	h->pool.seconds = 8;
	mix(h, "select", 100);
	g_assert_cmpmem(h->weights, sizeof wanted, wanted, sizeof wanted);
	h->pool.cost = NULL;
	for (size_t i = 0; i < ROWS; i++) { /* the same of a target in other units */
		h->y[i] *= 1e-9;
		for (size_t m = 0; m < 4; m++)
			h->scores[m][i] *= 1e-9;
	}
	mix(h, "select", 100);
	g_assert_cmpmem(h->weights, sizeof wanted, wanted, sizeof wanted);
	hand_free(h);
}

/* Errors without correlation and of variances 1, 1/2 and 1/4: the best weights are as 1 : 2 : 4 (inverse variances), and a
 * selection of 25 comes near. */
static void test_select_inverse_variance(void)
{
	Hand *h = hand_new(0, "rmse", 3);
	Rng rng = rng_stream(2, "variances");
	for (size_t i = 0; i < ROWS; i++) {
		h->y[i] = 10 * rng_unit(&rng);
		for (size_t m = 0; m < 3; m++)
			h->scores[m][i] = h->y[i] + rng_normal(&rng) / sqrt((double)(1u << m));
	}
	mix(h, "select", 100);
	double total = h->weights[0] + h->weights[1] + h->weights[2];
	g_assert_cmpfloat_with_epsilon(h->weights[0] / total, 1.0 / 7, 0.06);
	g_assert_cmpfloat_with_epsilon(h->weights[1] / total, 2.0 / 7, 0.06);
	g_assert_cmpfloat_with_epsilon(h->weights[2] / total, 4.0 / 7, 0.06);
	hand_free(h);
}

static void test_vote(void)
{
	Hand *h = hand_new(0, "rmse", 4);
	mix(h, "vote", 3);
	const double wanted[] = {1, 1, 1, 0};
	g_assert_cmpmem(h->weights, sizeof wanted, wanted, sizeof wanted);
	double cost[] = {3, 6, 2, 1};
	const double in_time[] = {1, 0, 1, 0};
	h->pool.cost = cost;
	h->pool.seconds = 5;
	mix(h, "vote", 3);
	g_assert_cmpmem(h->weights, sizeof in_time, in_time, sizeof in_time);
	hand_free(h);
}

/* y = 3 + 2 s + noise: least squares finds 3 and 2; a useless model gets nothing. */
static void test_stack_regression(void)
{
	Hand *h = hand_new(0, "rmse", 2);
	Rng rng = rng_stream(3, "line");
	for (size_t i = 0; i < ROWS; i++) {
		h->scores[0][i] = rng_normal(&rng);
		h->scores[1][i] = -h->scores[0][i] + 0.1 * rng_normal(&rng);
		h->y[i] = 3 + 2 * h->scores[0][i] + 0.2 * rng_normal(&rng);
	}
	mix(h, "stack", 100);
	g_assert_nonnull(h->mix.intercepts);
	g_assert_cmpfloat_with_epsilon(h->mix.intercepts[0], 3, 0.03);
	g_assert_cmpfloat_with_epsilon(h->weights[0], 2, 0.03);
	g_assert_cmpfloat(h->weights[1], ==, 0); /* it would be negative */
	hand_free(h);
}

/* A model whose log odds are half of what they should be: the layer doubles them. */
static void test_stack_classes(void)
{
	Hand *h = hand_new(2, "log_loss", 2);
	Rng rng = rng_stream(4, "odds");
	for (size_t i = 0; i < ROWS; i++) {
		double odds = 2 * rng_normal(&rng), p = 1 / (1 + exp(-odds / 2)), q = 0.3 + 0.4 * rng_unit(&rng);
		h->y[i] = rng_unit(&rng) < 1 / (1 + exp(-odds));
		h->scores[0][2 * i + 1] = p;
		h->scores[0][2 * i] = 1 - p;
		h->scores[1][2 * i + 1] = q;
		h->scores[1][2 * i] = 1 - q;
	}
	mix(h, "stack", 100);
	g_assert_nonnull(h->mix.intercepts);
	g_assert_cmpfloat_with_epsilon(h->weights[0], 2, 0.25);
	g_assert_cmpfloat(h->weights[1], <, 0.4);
	hand_free(h);
}

/* Models that are right as they are: a layer has nothing to win, and selection stands. */
static void test_stack_refused(void)
{
	Hand *h = hand_new(3, "log_loss", 3);
	Rng rng = rng_stream(5, "refused");
	for (size_t i = 0; i < ROWS; i++) {
		double sum = 0, at = rng_unit(&rng), p[3];
		for (size_t k = 0; k < 3; k++)
			sum += p[k] = exp(rng_normal(&rng));
		h->y[i] = at < p[0] / sum ? 0 : at < (p[0] + p[1]) / sum ? 1 : 2;
		for (size_t m = 0; m < 3; m++)
			for (size_t k = 0; k < 3; k++)
				h->scores[m][3 * i + k] = m == 0 ? p[k] / sum : 1.0 / 3;
	}
	mix(h, "stack", 100);
	g_assert_null(h->mix.intercepts);
	const double wanted[] = {1, 0, 0, 0};
	g_assert_cmpmem(h->weights, sizeof wanted, wanted, sizeof wanted);
	hand_free(h);
}

static TrainSet small_set(float *x, double *y, Matrix *m)
{
	Rng rng = rng_stream(6, "small");
	for (size_t i = 0; i < 200; i++) {
		x[2 * i] = (float)rng_normal(&rng);
		x[2 * i + 1] = (float)rng_normal(&rng);
		y[i] = (double)(x[2 * i] + x[2 * i + 1]) + 0.1 * rng_normal(&rng);
	}
	*m = (Matrix){.rows = 200, .columns = 2, .values = x};
	return (TrainSet){.task = TASK_REGRESSION, .x = m, .y = y, .metric = "rmse", .seed = 3, .threads = 1};
}

static void *train(const TrainSet *set, const char *params)
{
	json_auto_t *given = json_loads(params, 0, NULL);
	g_autoptr(GError) error = NULL;
	void *model = NULL;
	FAMILY_ENSEMBLE.train(set, given, &model, NULL, &error);
	g_assert_no_error(error);
	return model;
}

/* The mean by weights, and a layer, are what they say: of a linear model and a baseline, whose answers are known. */
static void test_family(void)
{
	float x[400];
	double y[200], linear[200], base[200], mean[200], layer[200];
	Matrix m;
	TrainSet set = small_set(x, y, &m);
	void *models[] = {train(&set, "{\"members\":[{\"family\":\"linear\"}]}"),
	        train(&set, "{\"members\":[{\"family\":\"baseline\"}]}"),
	        train(&set, "{\"members\":[{\"family\":\"linear\",\"weight\":3},{\"family\":\"baseline\"}]}"),
	        train(&set, "{\"members\":[{\"family\":\"linear\"},{\"family\":\"baseline\"}],"
	                    "\"layer\":{\"weights\":[2,0.5],\"intercepts\":[7]}}")};
	double *into[] = {linear, base, mean, layer};
	for (size_t k = 0; k < 4; k++)
		g_assert_true(FAMILY_ENSEMBLE.predict(models[k], &m, into[k], NULL));
	for (size_t i = 0; i < 200; i++) {
		g_assert_cmpfloat_with_epsilon(mean[i], (3 * linear[i] + base[i]) / 4, 1e-12);
		g_assert_cmpfloat_with_epsilon(layer[i], 7 + 2 * linear[i] + base[i] / 2, 1e-12);
	}
	for (size_t k = 0; k < 4; k++) {
		g_autoptr(GBytes) bytes = NULL;
		void *again;
		g_assert_true(FAMILY_ENSEMBLE.save(models[k], &bytes, NULL));
		g_assert_true(FAMILY_ENSEMBLE.load(bytes, &again, NULL));
		FAMILY_ENSEMBLE.predict(again, &m, mean, NULL);
		g_assert_cmpmem(mean, sizeof mean, into[k], sizeof mean);
		FAMILY_ENSEMBLE.free(again);
		FAMILY_ENSEMBLE.free(models[k]);
	}
}

/* When the time is over, an ensemble is of those members it has: the one of the greatest weight at least. */
static void test_until(void)
{
	float x[400];
	double y[200], alone[200], cut[200];
	Matrix m;
	TrainSet set = small_set(x, y, &m);
	json_auto_t *three =
	        json_loads("{\"members\": [{\"family\": \"baseline\"}, {\"family\": \"linear\", \"weight\": 3}, "
	                   "{\"family\": \"tree\", \"weight\": 2}]}",
	                0, NULL);
	json_auto_t *used = NULL;
	g_autoptr(GError) error = NULL;
	void *model = NULL, *linear = train(&set, "{\"members\":[{\"family\":\"linear\"}]}");
	set.until = 1; /* long ago */
	FAMILY_ENSEMBLE.train(&set, three, &model, &used, &error);
	g_assert_no_error(error);
	g_assert_cmpuint(json_array_size(json_object_get(used, "members")), ==, 1);
	g_assert_cmpstr(json_get_text(json_array_get(json_object_get(used, "members"), 0), "family", ""), ==, "linear");
	g_assert_true(
	        FAMILY_ENSEMBLE.predict(model, &m, cut, NULL) && FAMILY_ENSEMBLE.predict(linear, &m, alone, NULL));
	for (size_t i = 0; i < 200; i++)
		g_assert_cmpfloat_with_epsilon(cut[i], alone[i], 1e-12);
	FAMILY_ENSEMBLE.free(model);
	FAMILY_ENSEMBLE.free(linear);
}

/* Members explained on scales of their own add up to what they say together, as a mean and under a layer. */
static void test_contributions(void)
{
	static const char *const MEMBERS = "\"members\":[{\"family\":\"linear\",\"weight\":2},{\"family\":\"extra_"
	                                   "trees\",\"params\":{\"trees\":5}}]";
	float x[400];
	double y[200], said[200 * 3], sums[200 * 3];
	Matrix m;
	TrainSet set = small_set(x, y, &m);
	for (size_t classes = 2; classes <= 3; classes++)
		for (unsigned layered = 0; layered < 2; layered++) {
			double labels[200];
			for (size_t i = 0; i < 200; i++)
				labels[i] = (double)(x[2 * i] > 0) + (classes == 3 && x[2 * i + 1] > 0.5f);
			set.task = classes == 2 ? TASK_BINARY : TASK_MULTICLASS;
			set.classes = classes;
			set.y = labels;
			set.metric = "log_loss";
			g_autofree char *params = g_strdup_printf("{%s%s%s}", MEMBERS,
			        layered ? ",\"layer\":{\"weights\":[0.7,1.1],\"intercepts\":[0.2,-0.1" : "",
			        !layered       ? ""
			        : classes == 3 ? ",0.3]}"
			                       : "]}");
			void *model = train(&set, params);
			g_autoptr(Contributions) c = NULL;
			g_assert_true(FAMILY_ENSEMBLE.predict(model, &m, said, NULL));
			g_assert_true(FAMILY_ENSEMBLE.contribute(model, &m, &c, NULL));
			g_assert_cmpuint(contributions_outputs(c), ==, classes);
			contributions_scores(c, sums);
			for (size_t i = 0; i < 200 * classes; i++)
				g_assert_cmpfloat_with_epsilon(sums[i], said[i], 1e-5);
			FAMILY_ENSEMBLE.free(model);
		}
}

static const char *const LAYERED[] = {
        "{\"members\":[{\"family\":\"linear\"},{\"family\":\"extra_trees\",\"params\":{\"trees\":5}}],"
        "\"layer\":{\"family\":\"linear\",\"folds\":3}}",
        "{\"members\":[{\"family\":\"linear\",\"input\":0,\"bag\":{\"part\":0,\"of\":2}},{\"family\":\"linear\","
        "\"input\":0,"
        "\"bag\":{\"part\":1,\"of\":2}},{\"family\":\"naive_bayes\",\"input\":1}],"
        "\"layer\":{\"family\":\"linear\"}}"};

/* A layer that is a model: kept and loaded it says the same, a row alone what it says among others, and contributions add up. */
static void test_layered(void)
{
	float x[400];
	double y[200], said[600], after[600], sums[600];
	Matrix m;
	TrainSet set = small_set(x, y, &m);
	set.metric = "log_loss";
	set.y = y;
	for (size_t c = 0; c < 4; c++) {
		size_t classes = 2 + c / 2;
		for (size_t i = 0; i < 200; i++)
			y[i] = (double)(x[2 * i] > 0) + (classes == 3 && x[2 * i + 1] > 0.5f);
		set.task = classes == 2 ? TASK_BINARY : TASK_MULTICLASS;
		set.classes = classes;
		void *model = train(&set, LAYERED[c % 2]), *again;
		g_autoptr(GBytes) bytes = NULL;
		g_autoptr(Contributions) told = NULL;
		g_assert_true(FAMILY_ENSEMBLE.save(model, &bytes, NULL));
		g_assert_true(FAMILY_ENSEMBLE.load(bytes, &again, NULL));
		FAMILY_ENSEMBLE.predict(model, &m, said, NULL);
		FAMILY_ENSEMBLE.predict(again, &m, after, NULL);
		g_assert_cmpmem(said, 200 * classes * 8, after, 200 * classes * 8);
		Matrix one = {.rows = 1, .columns = 2, .values = x + 2 * 77};
		FAMILY_ENSEMBLE.predict(again, &one, after, NULL);
		g_assert_cmpmem(said + 77 * classes, classes * 8, after, classes * 8);
		g_assert_true(FAMILY_ENSEMBLE.contribute(model, &m, &told, NULL));
		contributions_scores(told, sums);
		for (size_t i = 0; i < 200 * classes; i++)
			g_assert_cmpfloat_with_epsilon(sums[i], said[i], 1e-5);
		ModelForm form;
		g_assert_false(family_form(&FAMILY_ENSEMBLE, model, &form, NULL));
		FAMILY_ENSEMBLE.free(model);
		FAMILY_ENSEMBLE.free(again);
	}
}

/* The nearest row alone knows every label it has learnt and nothing of others: a layer that learns out of fold does not trust it. */
static void test_layer_out_of_fold(void)
{
	float x[400];
	double y[200], said[200], sum = 0;
	Matrix m;
	TrainSet set = small_set(x, y, &m);
	Rng rng = rng_stream(7, "noise");
	for (size_t i = 0; i < 200; i++)
		y[i] = rng_normal(&rng);
	void *model = train(
	        &set, "{\"members\":[{\"family\":\"knn\",\"params\":{\"k\":1}}],\"layer\":{\"family\":\"linear\"}}");
	FAMILY_ENSEMBLE.predict(model, &m, said, NULL);
	for (size_t i = 0; i < 200; i++)
		sum += said[i] * y[i] / 200;
	g_assert_cmpfloat(fabs(sum), <, 0.3); /* 1 if it said what it had learnt */
	FAMILY_ENSEMBLE.free(model);
}

/* One model is right where the feature is below 0, the other where it is above: only a layer that sees the feature can tell. */
static void test_layer_wins(void)
{
	Hand *h = hand_new(0, "rmse", 2);
	static float x[ROWS];
	Fold folds[2] = {{{{0}}}};
	Trial trials[2] = {{.name = "0"}, {.name = "1"}};
	const Trial *of[2] = {&trials[0], &trials[1]};
	g_autofree char *folder = g_dir_make_tmp("gyre-layer-XXXXXX", NULL);
	Rng rng = rng_stream(8, "regions");
	for (size_t i = 0; i < ROWS; i++) {
		x[i] = (float)rng_normal(&rng);
		h->y[i] = rng_normal(&rng);
		for (size_t m = 0; m < 2; m++)
			h->scores[m][i] = (x[i] > 0) == (m == 1) ? h->y[i] : rng_normal(&rng);
	}
	for (size_t k = 0; k < 2; k++)
		folds[k].valid = (Part){
		        .x = {.rows = ROWS / 2, .columns = 1, .values = x + k * ROWS / 2}, .y = h->y + k * ROWS / 2};
	h->data.folds = folds;
	h->data.fold_count = 2;
	h->data.valid_rows = ROWS;
	h->setup.folder = folder;
	h->pool.trials = of;
	for (size_t m = 0; m < 2; m++) {
		g_autofree char *path = g_strdup_printf("%s/trial-%zu.scores", folder, m);
		g_assert_true(g_file_set_contents(path, (char *)h->scores[m], ROWS * 8, NULL));
	}
	mix(h, "stack", 100);
	g_assert_cmpstr(json_get_text(h->mix.layer, "family", ""), ==, "boosted");
	double squares = 0, halves = 0;
	for (size_t i = 0; i < ROWS; i++) {
		squares += (h->mix.scores[i] - h->y[i]) * (h->mix.scores[i] - h->y[i]) / ROWS;
		double mean = (h->scores[0][i] + h->scores[1][i]) / 2 - h->y[i];
		halves += mean * mean / ROWS;
	}
	g_assert_cmpfloat(squares, <, 0.5 * halves);
	g_free(h->mix.scores);
	json_decref(h->mix.layer);
	file_remove(folder, NULL);
	hand_free(h);
}

/* A bag's baselines are means of the rows without one part, so their mean over all parts is nearly the mean of all. */
static void test_bag(void)
{
	float x[400];
	double y[200], one[200], sum = 0, all = 0;
	Matrix m;
	TrainSet set = small_set(x, y, &m);
	for (size_t i = 0; i < 200; i++)
		all += y[i] / 200;
	for (unsigned part = 0; part < 4; part++) {
		g_autofree char *params = g_strdup_printf(
		        "{\"members\":[{\"family\":\"baseline\",\"bag\":{\"part\":%u,\"of\":4}}]}", part);
		void *model = train(&set, params);
		double left_in = 0, count = 0;
		for (size_t i = 0; i < 200; i++) {
			bool out = rng_hash(set.seed, i) % 4 == part;
			left_in += out ? 0 : y[i];
			count += !out;
		}
		g_assert_true(FAMILY_ENSEMBLE.predict(model, &m, one, NULL));
		g_assert_cmpfloat_with_epsilon(one[0], left_in / count, 1e-12);
		g_assert_cmpfloat(count, <, 175);
		sum += one[0] / 4;
		FAMILY_ENSEMBLE.free(model);
	}
	g_assert_cmpfloat_with_epsilon(sum, all, 0.05);
}

static void test_refused(void)
{
	static const struct {
		const char *params, *words;
	} CASES[] = {
	        {"{\"members\":[]}", "1 to 256"},
	        {"{\"members\":[{\"family\":\"ensemble\"}]}", "no family that can be a member"},
	        {"{\"members\":[{\"family\":\"oracle\"}]}", "no family that can be a member"},
	        {"{\"members\":[{\"family\":\"linear\",\"params\":{\"depth\":2}}]}", "members: linear"},
	        {"{\"members\":[{\"family\":\"linear\",\"bag\":{\"part\":5,\"of\":5}}]}", "2 to 100 parts"},
	        {"{\"members\":[{\"family\":\"linear\",\"weight\":-1}]}", "weight"},
	        {"{\"members\":[{\"family\":\"linear\",\"weight\":0}]}", "no weight"},
	        {"{\"members\":[{\"family\":\"linear\"}],\"layer\":{\"weights\":[1],\"intercepts\":[0,0]}}", "layer"},
	        {"{\"members\":[{\"family\":\"linear\"}],\"layer\":{\"weights\":[],\"intercepts\":[0]}}", "layer"},
	        {"{\"members\":[{\"family\":\"linear\"}],\"layer\":{\"family\":\"onnx\"}}", "can be a layer"},
	};
	float x[400];
	double y[200];
	Matrix m;
	TrainSet set = small_set(x, y, &m);
	for (size_t c = 0; c < G_N_ELEMENTS(CASES); c++) {
		json_auto_t *given = json_loads(CASES[c].params, 0, NULL);
		g_autoptr(GError) error = NULL;
		void *model = NULL;
		g_assert_false(FAMILY_ENSEMBLE.train(&set, given, &model, NULL, &error));
		g_assert_error(error, FAIL, FAIL_INVALID);
		if (!strstr(error->message, CASES[c].words))
			g_error("\"%s\" does not say \"%s\"", error->message, CASES[c].words);
	}
	json_auto_t *unfit = json_loads("{\"members\":[{\"family\":\"naive_bayes\"}]}", 0, NULL);
	g_autoptr(GError) error = NULL;
	void *model = NULL;
	set.task = TASK_REGRESSION;
	set.classes = 0;
	g_assert_false(FAMILY_ENSEMBLE.train(&set, unfit, &model, NULL, &error));
	g_assert_error(error, FAIL, FAIL_INVALID);
	g_assert_nonnull(strstr(error->message, "naive_bayes cannot learn numbers"));
}

/* Every entry is settings of its family; families take turns, the one with the larger share first; what is fixed stays. */
static void test_portfolio(void)
{
	const ModelFamily *families[] = {&FAMILY_BASELINE, &FAMILY_FOREST, &FAMILY_BOOSTED};
	json_auto_t *fixed = json_pack("{s:{s:i}}", "boosted", "max_depth", 3);
	SearchSpace space = {.families = families, .count = 3, .fixed = fixed, .seed = 1};
	const ModelFamily *family;
	json_t *params;
	unsigned number = 0;
	for (; portfolio_next(&space, number, &family, &params); number++) {
		g_assert_nonnull(params);
		if (number < 4)
			g_assert_true(family == (number % 2 ? &FAMILY_FOREST : &FAMILY_BOOSTED));
		if (family == &FAMILY_BOOSTED)
			g_assert_cmpint(json_get_int(params, "max_depth", 0), ==, 3);
		json_decref(params);
	}
	g_assert_cmpuint(number, >, 6);
	for (const ModelFamily *const *f = FAMILIES; *f; f++)
		for (size_t i = 0; (*f)->portfolio && (*f)->portfolio[i]; i++) {
			json_auto_t *entry = json_loads((*f)->portfolio[i], 0, NULL);
			json_auto_t *filled = NULL;
			g_assert_true(param_fill((*f)->params, (*f)->name, entry, &filled, NULL));
		}
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/ensemble/select/opposites", test_select_opposites);
	g_test_add_func("/ensemble/select/inverse-variance", test_select_inverse_variance);
	g_test_add_func("/ensemble/vote", test_vote);
	g_test_add_func("/ensemble/stack/regression", test_stack_regression);
	g_test_add_func("/ensemble/stack/classes", test_stack_classes);
	g_test_add_func("/ensemble/stack/refused", test_stack_refused);
	g_test_add_func("/ensemble/family", test_family);
	g_test_add_func("/ensemble/until", test_until);
	g_test_add_func("/ensemble/contributions", test_contributions);
	g_test_add_func("/ensemble/layered", test_layered);
	g_test_add_func("/ensemble/layer/out-of-fold", test_layer_out_of_fold);
	g_test_add_func("/ensemble/layer/wins", test_layer_wins);
	g_test_add_func("/ensemble/bag", test_bag);
	g_test_add_func("/ensemble/refused", test_refused);
	g_test_add_func("/ensemble/portfolio", test_portfolio);
	return g_test_run();
}
