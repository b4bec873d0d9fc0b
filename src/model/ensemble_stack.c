/* ensemble_stack.c: stacking (Wolpert 1992; Breiman 1996): a layer of non-negative weights over what the models say.
 *
 *   minimise  sum_i loss(y_i, b + sum_m w_m z_im) / n  +  r |w - 1/M|^2,   w >= 0
 *
 * z: logarithms of probabilities, loss: -ln of the class's share under the softmax (b of the positive class, two classes only);
 * numbers: half the squared error in units of the target's variance.  Weights are pulled towards the plain mean, and none is
 * negative: of models that agree so much anything else is fitting noise.
 *
 * Is it better than selection?  Models of fold k have not seen that fold's validation rows, so these rows are halved: a layer
 * learns from one half and is judged on the other, where neither it nor the models under it have looked.  (Learning from
 * the other folds' rows would not do: their models have seen the judged ones.)  It has to win by more than the standard error of
 * its lead over all halves; else selection stands.  Beside this layer models are tried as layers, which see the features too
 * (ensemble_unseen.c); of those that win, the one that leads by most is taken. */
#include "model/ensemble_kinds.h"

#include <math.h>
#include <string.h>

#include "base/json.h"
#include "model/ensemble.h"

#define ROUNDS_MOST 50
#define PULL 1e-3
#define CHANGED 1e-7

/* weights, then one intercept */
typedef struct Layer {
	const Pool *p;
	const uint8_t *keep; /* rows to learn from; NULL: all */
	size_t size;         /* members + 1 */
	bool has_intercept;
	double scale; /* 1 / variance of numbers */
	double *at, *gradient, *hessian;
} Layer;

static bool learns(const Layer *l, size_t row)
{
	return !l->keep || l->keep[row];
}

static double input(const Pool *p, size_t m, size_t row, size_t k)
{
	double s = p->scores[m][row * p->outputs + k];
	return p->outputs > 1 ? log(MAX(s, ENSEMBLE_LEAST)) : s;
}

static void margins_of(const Layer *l, const double *at, size_t row, double *ret)
{
	const Pool *p = l->p;
	size_t of = p->outputs > 1 ? p->setup->data->positive : 0;
	for (size_t k = 0; k < p->outputs; k++)
		ret[k] = l->has_intercept && k == of ? at[p->count] : 0;
	for (size_t m = 0; m < p->count; m++)
		ensemble_layer_add(at[m], p->outputs, p->scores[m] + row * p->outputs, ret);
	ensemble_layer_link(p->outputs, ret);
}

static double weight_of(const Pool *p, size_t row)
{
	return p->weight ? p->weight[row] : 1;
}

static double pull(const Layer *l, const double *at)
{
	double sum = 0, even = 1.0 / (double)l->p->count;
	for (size_t m = 0; m < l->p->count; m++)
		sum += (at[m] - even) * (at[m] - even);
	return PULL * sum;
}

static double objective(const Layer *l, const double *at)
{
	const Pool *p = l->p;
	double loss = 0, total = 0;
	g_autofree double *row = g_new(double, p->outputs);
	for (size_t i = 0; i < p->rows; i++) {
		if (!learns(l, i))
			continue;
		margins_of(l, at, i, row);
		double away = row[0] - p->y[i];
		loss += weight_of(p, i) *
		        (p->outputs > 1 ? -log(MAX(row[(size_t)p->y[i]], 1e-300)) : away * away / 2 * l->scale);
		total += weight_of(p, i);
	}
	return total > 0 ? loss / total + pull(l, at) : INFINITY;
}

/* One row's part of gradient and hessian.  z: size x outputs, what each parameter adds to each margin. */
static void add_row(Layer *l, size_t i, const double *said, const double *z)
{
	const Pool *p = l->p;
	size_t outputs = p->outputs, n = l->size;
	double weight = weight_of(p, i) * (outputs > 1 ? 1 : l->scale);
	g_autofree double *mean = g_new0(double, n);
	for (size_t a = 0; a < n; a++) {
		double slope = 0;
		for (size_t k = 0; k < outputs; k++) {
			double truth = outputs > 1 ? (double)(k == (size_t)p->y[i]) : p->y[i];
			slope += (said[k] - truth) * z[a * outputs + k];
			mean[a] += outputs > 1 ? said[k] * z[a * outputs + k] : 0;
		}
		l->gradient[a] += weight * slope;
	}
	for (size_t a = 0; a < n; a++)
		for (size_t b = 0; b <= a; b++) {
			double curve = -mean[a] * mean[b];
			for (size_t k = 0; k < outputs; k++)
				curve += (outputs > 1 ? said[k] : 1) * z[a * outputs + k] * z[b * outputs + k];
			l->hessian[a * n + b] += weight * curve;
		}
}

static void measure(Layer *l)
{
	const Pool *p = l->p;
	size_t outputs = p->outputs, n = l->size, of = outputs > 1 ? p->setup->data->positive : 0;
	double total = 0;
	g_autofree double *said = g_new(double, outputs);
	g_autofree double *z = g_new0(double, n *outputs);
	memset(l->gradient, 0, n * sizeof *l->gradient);
	memset(l->hessian, 0, n * n * sizeof *l->hessian);
	z[p->count * outputs + of] = l->has_intercept;
	for (size_t i = 0; i < p->rows; i++) {
		if (!learns(l, i))
			continue;
		margins_of(l, l->at, i, said);
		for (size_t c = 0; c < p->count * outputs; c++)
			z[c] = input(p, c / outputs, i, c % outputs);
		add_row(l, i, said, z);
		total += weight_of(p, i);
	}
	for (size_t a = 0; a < n; a++) {
		bool is_weight = a < p->count;
		l->gradient[a] =
		        l->gradient[a] / total + (is_weight ? 2 * PULL * (l->at[a] - 1.0 / (double)p->count) : 0);
		for (size_t b = 0; b <= a; b++)
			l->hessian[b * n + a] = l->hessian[a * n + b] /= total;
		l->hessian[a * n + a] += is_weight ? 2 * PULL : 1e-9;
	}
}

/* The least of the quadratic with weights >= 0, coordinate by coordinate. */
static void solve(const Layer *l, double *step)
{
	size_t n = l->size;
	memset(step, 0, n * sizeof *step);
	for (unsigned turn = 0; turn < 1000; turn++) {
		double moved = 0;
		for (size_t a = 0; a < n; a++) {
			double slope = l->gradient[a];
			for (size_t b = 0; b < n; b++)
				slope += l->hessian[a * n + b] * step[b];
			double to = step[a] - slope / l->hessian[a * n + a];
			to = a < l->p->count ? MAX(to, -l->at[a]) : to;
			moved = MAX(moved, fabs(to - step[a]));
			step[a] = to;
		}
		if (moved < CHANGED / 10)
			return;
	}
}

/* Goes as much of the way as makes it better; how far that was. */
static double move(Layer *l, const double *step, double *value)
{
	g_autofree double *to = g_new(double, l->size);
	double share = 2;
	for (unsigned turn = 0; turn < 14; turn++) {
		double far = 0;
		share /= 2;
		for (size_t a = 0; a < l->size; a++) {
			to[a] = l->at[a] + share * step[a];
			to[a] = a < l->p->count ? MAX(to[a], 0) : to[a];
			far = MAX(far, fabs(to[a] - l->at[a]));
		}
		double there = objective(l, to);
		if (!(there < *value))
			continue;
		*value = there;
		memcpy(l->at, to, l->size * sizeof *to);
		return far;
	}
	return 0;
}

static double variance(const Pool *p)
{
	double sum = 0, squares = 0;
	for (size_t i = 0; i < p->rows; i++)
		sum += p->y[i];
	for (size_t i = 0; i < p->rows; i++)
		squares += (p->y[i] - sum / (double)p->rows) * (p->y[i] - sum / (double)p->rows);
	return squares > 0 ? squares / (double)p->rows : 1;
}

/* ret: members + 1 */
static void layer_fit(const Pool *p, const uint8_t *keep, double *ret)
{
	size_t n = p->count + 1;
	g_autofree double *gradient = g_new(double, n);
	g_autofree double *hessian = g_new(double, n *n);
	g_autofree double *step = g_new(double, n);
	Layer l = {.p = p,
	        .keep = keep,
	        .size = n,
	        .has_intercept = p->outputs <= 2,
	        .scale = p->outputs > 1 ? 1 : 1 / variance(p),
	        .at = ret,
	        .gradient = gradient,
	        .hessian = hessian};
	for (size_t m = 0; m < p->count; m++)
		ret[m] = 1.0 / (double)p->count;
	ret[p->count] = 0;
	double value = objective(&l, ret);
	for (unsigned round = 0; round < ROUNDS_MOST; round++) {
		measure(&l);
		solve(&l, step);
		if (move(&l, step, &value) < CHANGED)
			return;
	}
}

static double value_on(const Pool *p, const uint8_t *judged, const double *scores)
{
	g_autofree double *weight = g_new(double, p->rows);
	for (size_t i = 0; i < p->rows; i++)
		weight[i] = judged[i] ? weight_of(p, i) : 0;
	Scored s = {.rows = p->rows,
	        .classes = p->setup->data->classes,
	        .y = p->y,
	        .scores = scores,
	        .weight = weight,
	        .positive = p->setup->data->positive};
	return p->metric->compute(&s);
}

/* By how much a layer that learnt from `keep` is better than `selected` on `judged`. */
static double lead(const Pool *p, const uint8_t *keep, const uint8_t *judged, const double *selected)
{
	g_autofree double *at = g_new(double, p->count + 1);
	g_autofree double *scores = g_new0(double, p->rows * p->outputs);
	layer_fit(p, keep, at);
	Layer l = {.p = p, .size = p->count + 1, .has_intercept = p->outputs <= 2};
	for (size_t i = 0; i < p->rows; i++)
		margins_of(&l, at, i, scores + i * p->outputs);
	double ours = value_on(p, judged, scores), theirs = value_on(p, judged, selected);
	return metric_worse(p->metric, theirs, ours);
}

/* The rows of fold k that are of this half, and those of the other. */
static void halves(const Pool *p, size_t fold, size_t half, uint8_t *ret_keep, uint8_t *ret_judged)
{
	for (size_t i = 0; i < p->rows; i++) {
		bool inside = i < p->end[fold] && (fold == 0 || i >= p->end[fold - 1]);
		bool ours = rng_hash(p->setup->seed, i) % 2 == half;
		ret_keep[i] = inside && ours;
		ret_judged[i] = inside && !ours;
	}
}

/* By how much a layer of weights is better, 0 where it is not surely. */
static double layer_won(const Pool *p, const double *selected)
{
	g_autofree uint8_t *keep = g_malloc(MAX(p->rows, 1));
	g_autofree uint8_t *judged = g_malloc(MAX(p->rows, 1));
	Leads leads = {0};
	for (size_t k = 0; k < 2 * p->folds; k++) {
		halves(p, k / 2, k % 2, keep, judged);
		leads_add(&leads, lead(p, keep, judged, selected));
	}
	return leads_won(&leads);
}

/* The layer of weights, where it wins. */
static double stack_weights(const Pool *p, size_t most, const double *selected, Mix *ret)
{
	g_autofree double *at = g_new(double, p->count + 1);
	size_t members = 0;
	layer_fit(p, NULL, at);
	for (size_t m = 0; m < p->count; m++)
		members += at[m] > 0;
	double won = members > 0 && members <= most ? layer_won(p, selected) : 0;
	if (!(won > 0))
		return 0;
	ret->intercepts = g_new0(double, p->outputs);
	if (p->outputs <= 2)
		ret->intercepts[p->outputs > 1 ? p->setup->data->positive : 0] = at[p->count];
	memcpy(ret->weights, at, p->count * sizeof *at);
	return won;
}

bool ensemble_stack(const Pool *p, const json_t *settings, size_t most, Mix *ret, GError **error)
{
	g_autofree double *selected = g_new0(double, p->rows * p->outputs);
	if (!ensemble_select(p, settings, most, ret, error))
		return false;
	pool_mix(p, ret, selected);
	g_autofree double *chosen = g_memdup2(ret->weights, p->count * sizeof *chosen);
	const Mix mean = {.weights = chosen};
	double won = stack_weights(p, most, selected, ret);
	if (!ensemble_unseen(p, &mean, won, ret, error))
		return false;
	if (ret->layer) {
		g_clear_pointer(&ret->intercepts, g_free);
		memcpy(ret->weights, chosen, p->count * sizeof *chosen);
	}
	return true;
}
