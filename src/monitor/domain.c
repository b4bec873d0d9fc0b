/* domain.c: a model that tells a window from training. */
#include "monitor/domain.h"

#include <math.h>

#include "base/json.h"
#include "base/rng.h"
#include "model/family.h"
#include "stats/distribution.h"
#include "stats/metric.h"

enum { PARTS = 5 };

/* The five models share most of their rows, so their areas go together: deviations are larger by the root of (1/5 + 1/4) / (1/5), as in
 * Nadeau and Bengio (2003, doi:10.1023/A:1024068626366).  Measured on 100 windows without a change: 1.6. */
#define SHARED_ROWS 1.5

/* A small, quick model: what it misses is too small to matter. */
#define SETTINGS                                                                                                      \
	"{\"rounds\": 40, \"patience\": 0, \"eta\": 0.15, \"max_depth\": 4, \"min_child_weight\": 5, \"subsample\": " \
	"0.8}"

typedef struct Telling {
	const Cloud *c;
	const ModelFamily *family;
	json_t *params;
	uint8_t *part[2]; /* of each row */
	uint64_t seed;
	double aucs, variance; /* sums */
	int parts;
	double *share;
} Telling;

static void deal(Telling *t)
{
	Rng rng = rng_stream(t->seed, "parts");
	for (int side = 0; side < 2; side++) {
		size_t rows = t->c->rows[side];
		g_autofree uint32_t *order = g_new(uint32_t, rows + 1);
		for (size_t i = 0; i < rows; i++)
			order[i] = (uint32_t)i;
		rng_shuffle(&rng, order, rows);
		t->part[side] = g_malloc(rows + 1);
		for (size_t i = 0; i < rows; i++)
			t->part[side][order[i]] = (uint8_t)(i % PARTS);
	}
}

/* The rows of one part, or of all others, training first. */
static Matrix *rows_of(const Telling *t, int part, bool inside, double **ret_y)
{
	const Cloud *c = t->c;
	Matrix *m = matrix_new(c->rows[0] + c->rows[1], c->columns);
	*ret_y = g_new(double, m->rows + 1);
	m->rows = 0;
	for (int side = 0; side < 2; side++)
		for (size_t row = 0; row < c->rows[side]; row++) {
			if ((t->part[side][row] == part) != inside)
				continue;
			for (size_t k = 0; k < c->columns; k++)
				m->values[m->rows * c->columns + k] = (float)c->values[side][row * c->columns + k];
			(*ret_y)[m->rows++] = side;
		}
	return m;
}

static void add_shares(Telling *t, const void *model)
{
	g_autofree double *share = g_new0(double, t->c->columns);
	if (!t->family->importance || !t->family->importance(model, share, NULL))
		return;
	for (size_t k = 0; k < t->c->columns; k++)
		t->share[k] += share[k] / PARTS;
}

static bool rank(Telling *t, const void *model, const Matrix *x, const double *y, GError **error)
{
	g_autofree double *scores = g_new(double, 2 * x->rows + 1);
	double ones = 0;
	if (!family_predict(t->family, model, x, scores, error))
		return false;
	for (size_t i = 0; i < x->rows; i++)
		ones += y[i];
	double zeros = (double)x->rows - ones;
	Scored s = {.rows = x->rows, .classes = 2, .y = y, .scores = scores, .positive = 1};
	t->aucs += metric_find("roc_auc")->compute(&s);
	t->variance += (ones + zeros + 1) / (12 * ones * zeros);
	t->parts++;
	return true;
}

static bool one_part(Telling *t, int part, GError **error)
{
	g_autofree double *y = NULL, *judged_y = NULL;
	g_autoptr(Matrix) x = rows_of(t, part, false, &y), judged = rows_of(t, part, true, &judged_y);
	TrainSet set = {.task = TASK_BINARY,
	        .classes = 2,
	        .x = x,
	        .y = y,
	        .metric = "log_loss",
	        .seed = t->seed + (uint64_t)part,
	        .threads = 1};
	void *model;
	if (!family_train(t->family, &set, t->params, &model, NULL, error))
		return false;
	add_shares(t, model);
	bool ok = rank(t, model, judged, judged_y, error);
	t->family->free(model);
	return ok;
}

static double standard_error(double auc, double n, double m)
{
	double q1 = auc / (2 - auc), q2 = 2 * auc * auc / (1 + auc);
	return sqrt((auc * (1 - auc) + (n - 1) * (q1 - auc * auc) + (m - 1) * (q2 - auc * auc)) / (n * m));
}

static void conclude(Telling *t, DomainResult *ret)
{
	double n = (double)t->c->rows[0], m = (double)t->c->rows[1];
	ret->auc = t->aucs / t->parts;
	double spread = 1.96 * SHARED_ROWS * standard_error(ret->auc, n, m);
	ret->low = fmax(ret->auc - spread, 0);
	ret->high = fmin(ret->auc + spread, 1);
	ret->p = normal_above((ret->auc - 0.5) / (SHARED_ROWS * sqrt(t->variance) / t->parts));
	ret->share = g_steal_pointer(&t->share);
}

bool domain_tell(const Cloud *c, uint64_t seed, DomainResult *ret, GError **error)
{
	Telling t = {.c = c, .family = family_find("boosted"), .seed = seed};
	json_auto_t *settings = json_loads(SETTINGS, 0, NULL);
	bool ok = param_fill(t.family->params, NULL, settings, &t.params, error);
	deal(&t);
	t.share = g_new0(double, c->columns + 1);
	for (int part = 0; ok && part < PARTS; part++)
		ok = one_part(&t, part, error);
	if (ok)
		conclude(&t, ret);
	json_decref(t.params);
	g_free(t.part[0]);
	g_free(t.part[1]);
	g_free(t.share);
	return ok;
}
