/* linear_fit.c: fitting by L-BFGS (OWL-QN with an l1 penalty; liblbfgs), in double, one pass over the rows an evaluation.
 *
 * Rows hold x - shift; with z = (x - mean) * scale the margin is b - sum W scale (mean - shift) + sum W scale (x - shift), and
 * the gradient is put right likewise, once per pass. */
#include "model/linear_fit.h"

#include <lbfgs.h>
#include <math.h>
#include <string.h>

#include "base/error.h"

LinearWeights *linear_weights_new(size_t margins, size_t columns)
{
	LinearWeights *w = g_new0(LinearWeights, 1);
	w->margins = margins;
	w->columns = columns;
	w->intercept = g_new0(double, margins);
	w->weight = g_new0(double, margins *columns + 1);
	return w;
}

void linear_weights_free(LinearWeights *w)
{
	if (!w)
		return;
	g_free(w->intercept);
	g_free(w->weight);
	g_free(w);
}

typedef struct Problem {
	const TrainSet *set;
	const double *target;
	const LinearColumns *columns;
	const LinearPenalty *penalty;
	double l2;
	bool counts;
	size_t margins;
	double *slope;                       /* columns x margins: weight * scale */
	double *gradient;                    /* columns x margins: sums of residual * entry */
	double *base, *residual, *residuals; /* margins each; residuals: sum over rows */
	LinearRows *rows;
	LinearRow row;
} Problem;

static void problem_clear(Problem *p)
{
	g_free(p->slope);
	g_free(p->gradient);
	g_free(p->base);
	linear_rows_free(p->rows);
	linear_row_clear(&p->row);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Problem, problem_clear)

static void problem_init(Problem *p)
{
	size_t cells = p->columns->count * p->margins;
	p->slope = g_new0(double, cells + 1);
	p->gradient = g_new0(double, cells + 1);
	p->base = g_new0(double, 3 * p->margins);
	p->residual = p->base + p->margins;
	p->residuals = p->residual + p->margins;
	p->rows = linear_rows_new(p->columns, p->set->x);
	linear_row_init(&p->row, p->columns);
}

/* Loss of one row from its margins, which become dloss / dmargin. */
static double logistic_loss(double y, double *margin)
{
	double z = y > 0 ? -*margin : *margin; /* loss = ln(1 + e^z) */
	double loss = z > 0 ? z + log1p(exp(-z)) : log1p(exp(z));
	double p = z > 0 ? 1 / (1 + exp(-z)) : exp(z) / (1 + exp(z));
	*margin = y > 0 ? -p : p;
	return loss;
}

static double softmax_loss(size_t y, double *margin, size_t margins)
{
	double largest = margin[0], sum = 0;
	for (size_t k = 1; k < margins; k++)
		largest = MAX(largest, margin[k]);
	double of_class = margin[y] - largest;
	for (size_t k = 0; k < margins; k++)
		sum += margin[k] = exp(margin[k] - largest);
	for (size_t k = 0; k < margins; k++)
		margin[k] /= sum;
	margin[y] -= 1;
	return log(sum) - of_class;
}

/* Above, the exponential goes on as a straight line: a first step too far must not leave the finite. */
#define MARGIN_MOST 50

static double count_loss(double y, double *margin)
{
	double at = MIN(*margin, MARGIN_MOST), mean = exp(at);
	double loss = mean * (1 + *margin - at) - y * *margin;
	*margin = mean - y;
	return loss;
}

static double row_loss(const Problem *p, double y, double *margin)
{
	if (p->counts)
		return count_loss(y, margin);
	switch (p->set->task) {
	case TASK_BINARY:
		return logistic_loss(y, margin);
	case TASK_MULTICLASS:
		return softmax_loss((size_t)y, margin, p->margins);
	default:
		*margin -= y;
		return *margin * *margin / 2;
	}
}

/* The same sums in the same order as below, without the loops over one margin, which took half of the time. */
static double absorb_one(Problem *p, size_t i, double w)
{
	const LinearRow *row = &p->row;
	double margin = *p->base;
	for (size_t e = 0; e < row->count; e++)
		margin += p->slope[row->column[e]] * row->value[e];
	double loss = w * row_loss(p, p->target[i], &margin);
	*p->residuals += margin *= w;
	for (size_t e = 0; e < row->count; e++)
		p->gradient[row->column[e]] += margin * row->value[e];
	return loss;
}

static double absorb_row(Problem *p, size_t i)
{
	const LinearRow *row = &p->row;
	size_t margins = p->margins;
	double w = p->set->weight ? p->set->weight[i] : 1;
	linear_rows_read(p->rows, i, &p->row);
	if (margins == 1)
		return absorb_one(p, i, w);
	memcpy(p->residual, p->base, margins * sizeof *p->residual);
	for (size_t e = 0; e < row->count; e++)
		for (size_t k = 0; k < margins; k++)
			p->residual[k] += p->slope[row->column[e] * margins + k] * row->value[e];
	double loss = w * row_loss(p, p->target[i], p->residual);
	for (size_t k = 0; k < margins; k++)
		p->residuals[k] += p->residual[k] *= w;
	for (size_t e = 0; e < row->count; e++)
		for (size_t k = 0; k < margins; k++)
			p->gradient[row->column[e] * margins + k] += p->residual[k] * row->value[e];
	return loss;
}

/* What leaving the anchor costs, with its slopes. */
static double pull_back(const Problem *p, const double *at, double *gradient)
{
	const LinearWeights *to = p->penalty->anchor;
	size_t margins = p->margins, cells = p->columns->count * margins;
	double cost = 0;
	for (size_t m = 0; to && m < margins + cells; m++) {
		double away = at[m] - (m < margins ? to->intercept[m] : to->weight[m - margins]);
		double pull = p->penalty->pull[m % margins];
		gradient[m] += pull * away / p->columns->weight;
		cost += pull / 2 * away * away;
	}
	return cost;
}

/* at: margins intercepts, then weights by column; the mean loss is minimised, so that one tolerance fits all sizes. */
static lbfgsfloatval_t evaluate(
        void *instance, const lbfgsfloatval_t *at, lbfgsfloatval_t *ret_gradient, int count, lbfgsfloatval_t step)
{
	Problem *p = instance;
	const LinearColumns *c = p->columns;
	size_t margins = p->margins, cells = c->count * margins;
	const double *weight = at + margins;
	double loss = 0;
	memset(ret_gradient, 0, (size_t)count * sizeof *ret_gradient);
	memset(p->gradient, 0, cells * sizeof *p->gradient);
	memset(p->residuals, 0, margins * sizeof *p->residuals);
	memcpy(p->base, at, margins * sizeof *p->base);
	for (size_t m = 0; m < cells; m++) {
		p->slope[m] = weight[m] * c->scale[m / margins];
		p->base[m % margins] -= p->slope[m] * (c->mean[m / margins] - c->shift[m / margins]);
	}
	for (size_t i = 0; i < p->set->x->rows; i++)
		loss += absorb_row(p, i);
	for (size_t k = 0; k < margins; k++)
		ret_gradient[k] = p->residuals[k] / c->weight;
	for (size_t m = 0; m < cells; m++) {
		size_t j = m / margins;
		double moved = p->gradient[m] - p->residuals[m % margins] * (c->mean[j] - c->shift[j]);
		ret_gradient[margins + m] = (moved * c->scale[j] + p->l2 * weight[m]) / c->weight;
		loss += p->l2 / 2 * weight[m] * weight[m];
	}
	return (loss + pull_back(p, at, ret_gradient)) / c->weight;
}

static double log_mean(const Problem *p)
{
	double sum = 0;
	for (size_t i = 0; i < p->set->x->rows; i++)
		sum += (p->set->weight ? p->set->weight[i] : 1) * p->target[i];
	return log((sum + 1e-3) / p->columns->weight);
}

/* Intercepts at the classes' shares, or the mean count: the model without weights, from where the first steps are sound. */
static void begin_at_shares(const Problem *p, double *at)
{
	g_autofree double *share = g_new0(double, MAX(p->set->classes, 1));
	if (p->counts)
		at[0] = log_mean(p);
	if (!p->set->classes)
		return;
	for (size_t i = 0; i < p->set->x->rows; i++)
		share[(size_t)p->target[i]] += p->set->weight ? p->set->weight[i] : 1;
	for (size_t k = 0; k < p->set->classes; k++)
		share[k] = log((share[k] + 0.5) / (p->columns->weight + 0.5 * (double)p->set->classes));
	if (p->margins == 1)
		at[0] = share[1] - share[0];
	else
		memcpy(at, share, p->margins * sizeof *at);
}

/* Line searches end in an error when the objective can no longer be told from its rounding: the point reached is the answer. */
static bool is_answer(int status)
{
	static const int FINE[] = {LBFGS_SUCCESS, LBFGS_STOP, LBFGS_ALREADY_MINIMIZED, LBFGSERR_MAXIMUMITERATION,
	        LBFGSERR_ROUNDING_ERROR, LBFGSERR_MINIMUMSTEP, LBFGSERR_MAXIMUMSTEP, LBFGSERR_MAXIMUMLINESEARCH,
	        LBFGSERR_WIDTHTOOSMALL, LBFGSERR_INCREASEGRADIENT, LBFGSERR_OUTOFINTERVAL, LBFGSERR_INCORRECT_TMINMAX};
	for (size_t i = 0; i < G_N_ELEMENTS(FINE); i++)
		if (status == FINE[i])
			return true;
	return false;
}

static bool all_finite(const double *values, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (!isfinite(values[i]))
			return false;
	return true;
}

bool linear_fit_lbfgs(const TrainSet *set, const double *target, const LinearColumns *c, const LinearPenalty *penalty,
        LinearWeights **ret, GError **error)
{
	g_auto(Problem) p = {.set = set,
	        .target = target,
	        .columns = c,
	        .penalty = penalty,
	        .l2 = penalty->l2,
	        .counts = penalty->counts};
	p.margins = set->task == TASK_MULTICLASS ? set->classes : 1;
	problem_init(&p);
	size_t variables = p.margins * (c->count + 1);
	if (variables > G_MAXINT / 2)
		return fail(error, FAIL_LIMIT, "%zu weights are more than a linear model may have", variables);
	double *at = lbfgs_malloc((int)variables);
	if (penalty->anchor) {
		memcpy(at, penalty->anchor->intercept, p.margins * sizeof *at);
		memcpy(at + p.margins, penalty->anchor->weight, p.margins * c->count * sizeof *at);
	} else {
		begin_at_shares(&p, at);
	}
	lbfgs_parameter_t how;
	lbfgs_parameter_init(&how);
	how.epsilon = 1e-6;
	how.max_iterations = penalty->iterations;
	if (penalty->l1 > 0) {
		how.orthantwise_c = penalty->l1 / c->weight;
		how.orthantwise_start = (int)p.margins;
		how.orthantwise_end = (int)variables;
		how.linesearch = LBFGS_LINESEARCH_BACKTRACKING;
	}
	int status = lbfgs((int)variables, at, NULL, evaluate, NULL, &p, &how);
	bool ok = is_answer(status) && all_finite(at, variables);
	if (ok) {
		*ret = linear_weights_new(p.margins, c->count);
		memcpy((*ret)->intercept, at, p.margins * sizeof *at);
		memcpy((*ret)->weight, at + p.margins, p.margins * c->count * sizeof *at);
	}
	lbfgs_free(at);
	return ok || fail(error, FAIL_INVALID, "the linear model could not be fitted (L-BFGS status %d)", status);
}
