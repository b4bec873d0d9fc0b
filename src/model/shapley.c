/* shapley.c: one call of predict for each row: the base, and all steps of all orders. */
#include "model/shapley.h"

#include <math.h>
#include <string.h>

#include "base/rng.h"

#define SEED 2009

/* orders x count places in `player`, each order a permutation; every second the reverse of the one before. */
static uint32_t *orders_new(size_t count)
{
	uint32_t *orders = g_new(uint32_t, SHAPLEY_ORDERS * count + 1);
	Rng rng = rng_stream(SEED, "shapley");
	for (size_t o = 0; o < SHAPLEY_ORDERS; o += 2) {
		uint32_t *there = orders + o * count, *back = there + count;
		for (size_t k = 0; k < count; k++)
			there[k] = (uint32_t)k;
		rng_shuffle(&rng, there, count);
		for (size_t k = 0; k < count; k++)
			back[k] = there[count - 1 - k];
	}
	return orders;
}

static bool differs(float a, float b)
{
	return isnan(a) || isnan(b) ? isnan(a) != isnan(b) : a != b;
}

static size_t players_of(const ShapleyModel *m, const float *row, size_t columns, uint32_t *ret)
{
	size_t count = 0;
	for (size_t j = 0; j < columns; j++)
		if (differs(row[j], m->base[j]))
			ret[count++] = (uint32_t)j;
	return count;
}

/* A row on its way from the base. */
typedef struct Way {
	uint32_t *player, *orders; /* features that differ; SHAPLEY_ORDERS x count */
	size_t count;
	double *scores; /* of the base, then of each step */
} Way;

static void way_clear(Way *w)
{
	g_free(w->player);
	g_free(w->orders);
	g_free(w->scores);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Way, way_clear)

/* The base, then for each order the row of each step. */
static void lay_steps(const ShapleyModel *m, const float *row, const Way *w, Matrix *steps)
{
	size_t bytes = steps->columns * sizeof(float);
	float *to = steps->values;
	memcpy(to, m->base, bytes);
	for (size_t i = 0; i < SHAPLEY_ORDERS * w->count; i++) {
		const float *before = i % w->count ? to : m->base;
		to += steps->columns;
		memcpy(to, before, bytes);
		uint32_t j = w->player[w->orders[i]];
		to[j] = row[j];
	}
}

/* Two classes have one margin, of the second. */
static double score_of(const ShapleyModel *m, const double *scores, size_t step, size_t margin)
{
	return scores[step * m->outputs + (m->is_class && m->outputs == 2 ? 1 : margin)];
}

static void add_up(const ShapleyModel *m, const Way *w, Contributions *c, size_t row)
{
	for (size_t k = 0; k < c->margins; k++) {
		double *values = contributions_at(c, row, k), base = score_of(m, w->scores, 0, k);
		values[c->columns] = base;
		for (size_t i = 0; i < SHAPLEY_ORDERS * w->count; i++) {
			double before = i % w->count ? score_of(m, w->scores, i, k) : base;
			values[w->player[w->orders[i]]] += (score_of(m, w->scores, i + 1, k) - before) / SHAPLEY_ORDERS;
		}
	}
}

static bool contribute_row(const ShapleyModel *m, const Matrix *x, size_t row, Contributions *c, GError **error)
{
	const float *values = x->values + row * x->columns;
	g_auto(Way) w = {.player = g_new(uint32_t, x->columns + 1)};
	w.count = players_of(m, values, x->columns, w.player);
	w.orders = orders_new(w.count);
	Matrix steps = {.rows = 1 + SHAPLEY_ORDERS * w.count, .columns = x->columns};
	g_autofree float *cells = steps.values = g_new(float, steps.rows * x->columns + 1);
	w.scores = g_new(double, steps.rows * m->outputs);
	lay_steps(m, values, &w, &steps);
	if (!m->predict(m->model, &steps, w.scores, error))
		return false;
	add_up(m, &w, c, row);
	return true;
}

bool shapley_contribute(const ShapleyModel *m, const Matrix *x, Contributions **ret, GError **error)
{
	size_t margins = m->is_class && m->outputs == 2 ? 1 : m->outputs;
	g_autoptr(Contributions) c = contributions_new(
	        m->is_class ? CONTRIBUTION_PROBABILITY : CONTRIBUTION_NUMBER, x->rows, margins, x->columns);
	for (size_t i = 0; i < x->rows; i++)
		if (!contribute_row(m, x, i, c, error))
			return false;
	*ret = g_steal_pointer(&c);
	return true;
}
