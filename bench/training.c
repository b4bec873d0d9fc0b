/* training.c: what training through a family costs beside the library that does the work, on the same matrix with the same settings and
 * one thread.
 *
 * usage: training ROWS COLUMNS FOLDER     prints {"boosted": {"ours", "library"}, "watched": {...}, "linear": {"ours"}} in CPU seconds;
 *                                         leaves x.f32 and y.f32 in FOLDER for peers that are not in this process
 *
 * Each is done three times in turn and the least is told: what others do on the machine only adds. */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include <math.h>

#include "base/file.h"
#include "base/json.h"
#include "base/rng.h"
#include "model/families.h"
#include "model/xgboost_calls.h"
#include "model/xgboost_rows.h"
#include "model/xgboost_train.h"

enum { TIMES = 3, ROUNDS = 100, VALID = 25000 };

typedef struct Table {
	Matrix x, valid;
	double *y, *valid_y;
	float *labels, *valid_labels;
} Table;

static double cpu_seconds(void)
{
	struct timespec t;
	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void die(const char *what)
{
	fprintf(stderr, "training: %s\n", what);
	exit(2);
}

/* Five columns matter, two of them together; one in twenty values is missing. */
static void fill(Matrix *x, double *y, float *labels, Rng *rng)
{
	for (size_t i = 0; i < x->rows; i++) {
		float *row = x->values + i * x->columns;
		double margin = 0;
		for (size_t j = 0; j < x->columns; j++) {
			double v = rng_normal(rng);
			row[j] = rng_unit(rng) < 0.05 ? NAN : (float)v;
			margin += j < 3 ? v / (double)(j + 1) : 0;
		}
		margin += isnan(row[3]) || isnan(row[4]) ? 0 : (double)(row[3] * row[4]);
		y[i] = rng_unit(rng) < 1 / (1 + exp(-margin));
		labels[i] = (float)y[i];
	}
}

static Table table_new(size_t rows, size_t columns)
{
	Rng rng = rng_stream(1, "training bench");
	Table t = {.x = {rows, columns, g_new(float, rows *columns), NULL, NULL},
	        .valid = {VALID, columns, g_new(float, VALID *columns), NULL, NULL},
	        .y = g_new(double, rows),
	        .valid_y = g_new(double, VALID),
	        .labels = g_new(float, rows),
	        .valid_labels = g_new(float, VALID)};
	fill(&t.x, t.y, t.labels, &rng);
	fill(&t.valid, t.valid_y, t.valid_labels, &rng);
	return t;
}

static double ours(const Table *t, const ModelFamily *family, const json_t *params, bool watched)
{
	TrainSet set = {.task = TASK_BINARY,
	        .classes = 2,
	        .x = &t->x,
	        .y = t->y,
	        .valid = watched ? &t->valid : NULL,
	        .valid_y = t->valid_y,
	        .metric = "log_loss",
	        .seed = 1,
	        .threads = 1};
	g_autoptr(GError) error = NULL;
	void *model;
	double since = cpu_seconds();
	if (!family->train(&set, params, &model, NULL, &error))
		die(error->message);
	double took = cpu_seconds() - since;
	family->free(model);
	return took;
}

static XgbHandle matrix_of(const XgboostCalls *x, const Matrix *m, const float *labels)
{
	g_autofree char *array = xgboost_array(m->values, m->rows, m->columns);
	g_autofree char *of_labels = xgboost_array(labels, m->rows, 1);
	XgbHandle ret;
	if (x->dense_new(array, "{\"missing\":NaN,\"nthread\":1}", &ret) || x->set_info(ret, "label", of_labels))
		die(x->last_error());
	return ret;
}

/* As its own documentation trains. */
static double library(const Table *t, const XgboostCalls *x, const json_t *params, bool watched)
{
	static const char *const SAME[] = {"eta", "max_depth", "min_child_weight", "subsample", "colsample_bytree",
	        "lambda", "alpha", "gamma", "max_delta_step", "max_bin", NULL};
	double since = cpu_seconds();
	XgbHandle matrices[2] = {matrix_of(x, &t->x, t->labels),
	        watched ? matrix_of(x, &t->valid, t->valid_labels) : NULL},
	          booster;
	if (x->booster_new(matrices, watched ? 2 : 1, &booster))
		die(x->last_error());
	x->set_param(booster, "tree_method", "hist");
	x->set_param(booster, "objective", "binary:logistic");
	x->set_param(booster, "nthread", "1");
	x->set_param(booster, "eval_metric", "logloss");
	for (const char *const *name = SAME; *name; name++) {
		g_autofree char *value = json_dumps(json_object_get(params, *name), JSON_ENCODE_ANY);
		x->set_param(booster, *name, value);
	}
	for (int round = 0; round < ROUNDS; round++) {
		const char *names[] = {"valid"}, *text;
		if (x->update(booster, round, matrices[0]) ||
		        (watched && x->evaluate(booster, round, &matrices[1], names, 1, &text)))
			die(x->last_error());
	}
	double took = cpu_seconds() - since;
	x->booster_free(booster);
	x->matrix_free(matrices[0]);
	if (watched)
		x->matrix_free(matrices[1]);
	return took;
}

static json_t *params_of(const ModelFamily *family, json_t *given)
{
	json_t *params = NULL;
	g_autoptr(GError) error = NULL;
	if (!param_fill(family->params, "params", given, &params, &error))
		die(error->message);
	json_decref(given);
	return params;
}

static json_t *beside_library(const Table *t, const XgboostCalls *x, bool watched)
{
	/* patience beyond the rounds: both go through all of them */
	json_auto_t *params = params_of(
	        &FAMILY_BOOSTED, json_pack("{s:i,s:i}", "rounds", ROUNDS, "patience", watched ? 2 * ROUNDS : 0));
	double least[2] = {INFINITY, INFINITY};
	for (unsigned k = 0; k < TIMES; k++) {
		least[0] = MIN(least[0], ours(t, &FAMILY_BOOSTED, params, watched));
		least[1] = MIN(least[1], library(t, x, params, watched));
	}
	return json_pack("{s:f,s:f}", "ours", least[0], "library", least[1]);
}

static void leave(const Table *t, const char *folder)
{
	g_autofree char *x = g_build_filename(folder, "x.f32", NULL), *y = g_build_filename(folder, "y.f32", NULL);
	if (!file_write(x, t->x.values, t->x.rows * t->x.columns * sizeof(float), NULL) ||
	        !file_write(y, t->labels, t->x.rows * sizeof(float), NULL))
		die("cannot write the table");
}

int main(int argc, char **argv)
{
	const XgboostCalls *x;
	g_autoptr(GError) error = NULL;
	if (argc != 4)
		die("ROWS COLUMNS FOLDER");
	Table t = table_new((size_t)atol(argv[1]), (size_t)atol(argv[2]));
	if (!xgboost_calls(&x, &error))
		die(error->message);
	leave(&t, argv[3]);
	json_t *plain = beside_library(&t, x, false), *watched = beside_library(&t, x, true);
	json_auto_t *params = params_of(&FAMILY_LINEAR, json_object());
	double linear = INFINITY;
	for (unsigned k = 0; k < TIMES; k++)
		linear = MIN(linear, ours(&t, &FAMILY_LINEAR, params, false));
	json_auto_t *all =
	        json_pack("{s:o,s:o,s:{s:f}}", "boosted", plain, "watched", watched, "linear", "ours", linear);
	json_dumpf(all, stdout, 0);
	puts("");
	return 0;
}
