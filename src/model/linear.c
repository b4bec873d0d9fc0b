/* linear.c: logistic, multinomial, ridge and Poisson regression on raw features: filling, standardising and saying what is missing
 * happen inside (linear_columns.h), so the same features serve it and the trees.
 *
 * Kept is what predicting needs, in the raw features' terms:
 *   margin_k = intercept_k + sum_j ( slope_jk * (x_j - centre_j)   or, where x_j is missing,   missing_jk ) */
#include "model/families.h"

#include <math.h>
#include <string.h>

#include "base/error.h"
#include "base/json.h"
#include "base/limits.h"
#include "model/bytes.h"
#include "model/labels.h"
#include "model/linear_fit.h"
#include "stats/softmax.h"

#define MAGIC "GYLINE1\n"

#define MARGIN_MOST 700 /* e^700 is still a number */

typedef enum LinearLink { LINEAR_SCALED, LINEAR_LOGISTIC, LINEAR_SOFTMAX, LINEAR_EXPONENTIAL, LINEAR_LINKS } LinearLink;

typedef struct Linear {
	uint32_t columns, margins;
	LinearLink link;
	double shift, scale;     /* of numbers */
	double *intercept;       /* margins */
	double *centre;          /* columns */
	double *slope, *missing; /* columns x margins */
	double *weight;          /* columns: size of the standardised weights, for importance */
} Linear;

static const char *const PENALTIES[] = {"l2", "elastic_net", NULL};
static const char *const OBJECTIVES[] = {"auto", "squared", "poisson", NULL};

static const Param PARAMS[] = {
        {.name = "l2",
                .type = PARAM_REAL,
                .preset = "1",
                .min = 0,
                .max = 1e12,
                .flags = PARAM_TUNABLE | PARAM_LOG,
                .tune_min = 1e-3,
                .tune_max = 1e4,
                .help = "penalty on the squares of the weights of standardised features"},
        {.name = "l1",
                .type = PARAM_REAL,
                .preset = "0",
                .min = 0,
                .max = 1e12,
                .help = "penalty on their sizes: makes weights of useless features 0"},
        {.name = "penalty",
                .type = PARAM_TEXT,
                .preset = "\"l2\"",
                .choices = PENALTIES,
                .flags = PARAM_TUNABLE,
                .help = "elastic_net: the share l1_ratio of l2 is a penalty on the sizes"},
        {.name = "l1_ratio",
                .type = PARAM_REAL,
                .preset = "0.5",
                .min = 0,
                .max = 1,
                .flags = PARAM_TUNABLE,
                .tune_min = 0.05,
                .tune_max = 1,
                .help = "penalty elastic_net: the share of it that is on sizes, as scikit-learn's"},
        {.name = "objective",
                .type = PARAM_TEXT,
                .preset = "\"auto\"",
                .choices = OBJECTIVES,
                .help = "numbers: auto is squared; poisson for counts: the logarithm of the mean is linear"},
        {.name = "iterations",
                .type = PARAM_INT,
                .preset = "300",
                .min = 1,
                .max = 100000,
                .help = "steps of the fit, at most"},
        {NULL},
};

static void linear_free(void *model)
{
	Linear *m = model;
	if (!m)
		return;
	g_free(m->intercept);
	g_free(m->centre);
	g_free(m->slope);
	g_free(m->missing);
	g_free(m->weight);
	g_free(m);
}
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Linear, linear_free)

static LinearLink link_of(unsigned task, bool counts)
{
	return task == TASK_BINARY       ? LINEAR_LOGISTIC
	       : task == TASK_MULTICLASS ? LINEAR_SOFTMAX
	       : counts                  ? LINEAR_EXPONENTIAL
	                                 : LINEAR_SCALED;
}

/* A present value has its indicator at (0 - share) * scale, a missing one at (1 - share) * scale and itself at 0. */
static void unpack_column(const LinearColumns *c, const LinearWeights *w, size_t j, Linear *m)
{
	int32_t flag = c->indicator[j];
	for (size_t k = 0; k < w->margins; k++) {
		size_t cell = j * w->margins + k;
		double says = flag >= 0 ? w->weight[(size_t)flag * w->margins + k] : 0;
		double step = flag >= 0 ? says * c->scale[flag] : 0;
		m->slope[cell] = w->weight[cell] * c->scale[j];
		m->missing[cell] = step;
		m->intercept[k] -= flag >= 0 ? step * c->mean[flag] : 0;
		m->weight[j] += fabs(w->weight[cell]) + fabs(says);
	}
	m->centre[j] = c->mean[j];
}

static Linear *unpack(LinearLink link, const LinearColumns *c, const LinearWeights *w, LabelScale scale)
{
	Linear *m = g_new0(Linear, 1);
	m->columns = (uint32_t)c->inputs;
	m->margins = (uint32_t)w->margins;
	m->link = link;
	m->shift = scale.shift;
	m->scale = scale.scale;
	m->intercept = g_memdup2(w->intercept, w->margins * sizeof *w->intercept);
	m->centre = g_new0(double, c->inputs + 1);
	m->slope = g_new0(double, c->inputs * w->margins + 1);
	m->missing = g_new0(double, c->inputs * w->margins + 1);
	m->weight = g_new0(double, c->inputs + 1);
	for (size_t j = 0; j < c->inputs; j++)
		unpack_column(c, w, j, m);
	return m;
}

static double *standardised(const TrainSet *set, LabelScale scale)
{
	double *target = g_new(double, MAX(set->x->rows, 1));
	for (size_t i = 0; i < set->x->rows; i++)
		target[i] = (set->y[i] - scale.shift) / scale.scale;
	return target;
}

static LinearPenalty penalty_of(const TrainSet *set, const json_t *params)
{
	double strength = json_get_number(params, "l2", 1), ratio = json_get_number(params, "l1_ratio", 0.5);
	bool is_net = g_str_equal(json_get_text(params, "penalty", "l2"), "elastic_net");
	bool counts = g_str_equal(json_get_text(params, "objective", "auto"), "poisson");
	return (LinearPenalty){.l2 = is_net ? strength * (1 - ratio) : strength,
	        .l1 = json_get_number(params, "l1", 0) + (is_net ? strength * ratio : 0),
	        .iterations = (int)json_get_int(params, "iterations", 300),
	        .counts = counts && set->task == TASK_REGRESSION};
}

static bool check_objective(const TrainSet *set, const json_t *params, GError **error)
{
	const char *name = json_get_text(params, "objective", "auto");
	return set->task == TASK_REGRESSION || g_str_equal(name, "auto") ||
	       fail(error, FAIL_INVALID, "objective %s is for numbers; classes are learnt by their likelihood: auto",
	               name);
}

static bool check_counts(const TrainSet *set, GError **error)
{
	for (size_t i = 0; i < set->x->rows; i++)
		if (set->y[i] < 0)
			return fail(error, FAIL_INVALID,
			        "objective poisson needs targets of at least 0, and there is one of %g", set->y[i]);
	return true;
}

static bool linear_train(
        const TrainSet *set, const json_t *params, void **ret_model, json_t **ret_params, GError **error)
{
	LinearPenalty penalty = penalty_of(set, params);
	LabelScale scale = penalty.counts ? (LabelScale){0, 1} : label_scale(set);
	if (!check_objective(set, params, error) || (penalty.counts && !check_counts(set, error)))
		return false;
	g_autofree double *target = standardised(set, scale);
	g_autoptr(LinearColumns) columns = linear_columns_measure(set);
	g_autoptr(LinearWeights) weights = NULL;
	if (!(columns->weight > 0))
		return fail(error, FAIL_INVALID, "there are no rows to learn from");
	bool direct = set->task == TASK_REGRESSION && penalty.l1 == 0 && !penalty.counts;
	if (!(direct && linear_fit_cholesky(set, target, columns, &penalty, &weights)) &&
	        !linear_fit_lbfgs(set, target, columns, &penalty, &weights, error))
		return false;
	*ret_model = unpack(link_of(set->task, penalty.counts), columns, weights, scale);
	return true;
}

static size_t outputs_of(const Linear *m)
{
	return m->link == LINEAR_SCALED || m->link == LINEAR_EXPONENTIAL ? 1 : MAX(m->margins, 2u);
}

static void margins_of(const Linear *m, const float *x, double *ret)
{
	memcpy(ret, m->intercept, m->margins * sizeof *ret);
	for (size_t j = 0; j < m->columns; j++) {
		bool is_missing = isnan(x[j]);
		double value = is_missing ? 1 : (double)x[j] - m->centre[j];
		const double *by = (is_missing ? m->missing : m->slope) + j * m->margins;
		for (size_t k = 0; k < m->margins; k++)
			ret[k] += by[k] * value;
	}
}

static bool linear_predict(const void *model, const Matrix *x, double *ret, GError **error)
{
	const Linear *m = model;
	size_t outputs = outputs_of(m);
	if (!matrix_check_columns(x, m->columns, error))
		return false;
	for (size_t i = 0; i < x->rows; i++, ret += outputs) {
		margins_of(m, x->values + i * x->columns, ret);
		if (m->link == LINEAR_SCALED) {
			*ret = m->shift + m->scale * *ret;
		} else if (m->link == LINEAR_EXPONENTIAL) {
			*ret = exp(MIN(*ret, MARGIN_MOST));
		} else if (m->link == LINEAR_SOFTMAX) {
			softmax(ret, outputs);
		} else {
			double margin = *ret;
			ret[0] = 1 / (1 + exp(margin));
			ret[1] = 1 / (1 + exp(-margin));
		}
	}
	return true;
}

static bool is_absent(const Matrix *x, size_t column)
{
	for (size_t i = 0; i < x->rows; i++)
		if (!isnan(x->values[i * x->columns + column]))
			return false;
	return true;
}

/* What moving a feature's centre to that of the fresh rows adds to the intercept; of one that says nothing in them, all it
 * adds to their margins. */
static double moved_by(const Linear *old, const UpdateSet *set, const LinearColumns *c, size_t j, size_t k)
{
	size_t cell = j * old->margins + k;
	bool is_silent = !(c->scale[j] > 0) && c->indicator[j] < 0;
	return is_silent && is_absent(set->fresh->x, j) ? old->missing[cell]
	                                                : old->slope[cell] * (c->mean[j] - old->centre[j]);
}

/* The old model in the terms of the fresh rows' columns: the same answers for every row. */
static LinearWeights *anchor_of(const Linear *old, const UpdateSet *set, const LinearColumns *c)
{
	LinearWeights *w = linear_weights_new(old->margins, c->count);
	memcpy(w->intercept, old->intercept, old->margins * sizeof *w->intercept);
	for (size_t j = 0; j < c->inputs; j++) {
		int32_t flag = c->indicator[j];
		for (size_t k = 0; k < old->margins; k++) {
			size_t cell = j * old->margins + k;
			double moved = moved_by(old, set, c, j, k);
			double step = flag >= 0 ? old->missing[cell] - moved : 0;
			w->intercept[k] += moved + (flag >= 0 ? step * c->mean[flag] : 0);
			w->weight[cell] = c->scale[j] > 0 ? old->slope[cell] / c->scale[j] : 0;
			if (flag >= 0)
				w->weight[(size_t)flag * old->margins + k] = step / c->scale[flag];
		}
	}
	return w;
}

/* What the fresh rows say nothing of stays: a feature that is constant in them, and what it means that one is missing. */
static void restore_column(const Linear *old, const UpdateSet *set, const LinearColumns *c, size_t j, Linear *m)
{
	bool varies = c->scale[j] > 0;
	for (size_t k = 0; k < m->margins; k++) {
		size_t cell = j * m->margins + k;
		double moved = moved_by(old, set, c, j, k);
		if (c->indicator[j] < 0)
			m->missing[cell] = old->missing[cell] - (varies ? moved : 0);
		else
			m->missing[cell] += varies ? 0 : moved;
		if (varies)
			continue;
		m->slope[cell] = old->slope[cell];
		m->intercept[k] -= moved;
	}
	if (!varies)
		m->centre[j] = old->centre[j];
}

static bool check_old(const Linear *old, const UpdateSet *set, bool counts, GError **error)
{
	if (!matrix_check_columns(set->fresh->x, old->columns, error))
		return false;
	if (old->link != link_of(set->fresh->task, counts) ||
	        (old->link == LINEAR_SOFTMAX && old->margins != set->fresh->classes))
		return fail(error, FAIL_INVALID, "these rows have another kind of target than the model");
	return !counts || check_counts(set->fresh, error);
}

/* How far the loss of a row is bent at the old model's answer, on average, by margin: times the rows it was learnt from, that
 * is how sure each of its weights is. */
static double *curvature(const Linear *old, const TrainSet *set)
{
	g_autofree double *margin = g_new(double, old->margins);
	double *ret = g_new0(double, old->margins), total = 0;
	for (size_t i = 0; i < set->x->rows; i++) {
		double w = set->weight ? set->weight[i] : 1;
		margins_of(old, set->x->values + i * set->x->columns, margin);
		if (old->link == LINEAR_SOFTMAX)
			softmax(margin, old->margins);
		for (size_t k = 0; k < old->margins; k++) {
			double p = old->link == LINEAR_LOGISTIC ? 1 / (1 + exp(-margin[k])) : margin[k];
			ret[k] += w * (old->link == LINEAR_SCALED               ? 1
			                      : old->link == LINEAR_EXPONENTIAL ? exp(MIN(margin[k], MARGIN_MOST))
			                                                        : p * (1 - p));
		}
		total += w;
	}
	for (size_t k = 0; k < old->margins; k++)
		ret[k] = total > 0 ? ret[k] / total : 0;
	return ret;
}

/* The fresh rows' loss, and for the rows before them the quadratic form that theirs is near its minimum, taken as one of
 * independent columns (Laplace's approximation with a diagonal): its weight is keep.  With keep 0 this is training anew. */
static bool linear_update(const void *model, const UpdateSet *set, void **ret_model, GError **error)
{
	const Linear *old = model;
	LinearPenalty penalty = penalty_of(set->fresh, set->params);
	LabelScale scale = {old->shift, old->scale};
	double keep = json_get_number(set->how, "keep", 1), l2 = penalty.l2;
	if (!check_old(old, set, penalty.counts, error))
		return false;
	g_autofree double *target = standardised(set->fresh, scale);
	g_autofree double *pull = curvature(old, set->fresh);
	g_autoptr(LinearColumns) columns = linear_columns_measure(set->fresh);
	if (!(columns->weight > 0))
		return fail(error, FAIL_INVALID, "there are no rows to learn from");
	g_autoptr(LinearWeights) anchor = anchor_of(old, set, columns);
	g_autoptr(LinearWeights) weights = NULL;
	for (size_t k = 0; k < old->margins; k++)
		pull[k] = keep * (l2 + set->rows_before * pull[k]);
	penalty.l2 = (1 - keep) * l2;
	penalty.anchor = anchor;
	penalty.pull = pull;
	if (!linear_fit_lbfgs(set->fresh, target, columns, &penalty, &weights, error))
		return false;
	Linear *m = unpack(old->link, columns, weights, scale);
	for (size_t j = 0; j < columns->inputs; j++)
		restore_column(old, set, columns, j, m);
	*ret_model = m;
	return true;
}

/* magic, columns, margins, link, shift, scale, intercept, centre, slope, missing, weight. */
static bool linear_save(const void *model, GBytes **ret, GError **error)
{
	const Linear *m = model;
	size_t cells = (size_t)m->columns * m->margins;
	GByteArray *to = g_byte_array_new();
	write_magic(to, MAGIC);
	write_u32(to, m->columns);
	write_u32(to, m->margins);
	write_u32(to, m->link);
	write_f64(to, m->shift);
	write_f64(to, m->scale);
	write_items(to, m->intercept, m->margins, sizeof(double));
	write_items(to, m->centre, m->columns, sizeof(double));
	write_items(to, m->slope, cells, sizeof(double));
	write_items(to, m->missing, cells, sizeof(double));
	write_items(to, m->weight, m->columns, sizeof(double));
	*ret = g_byte_array_free_to_bytes(to);
	return true;
}

static bool linear_load(GBytes *bytes, void **ret, GError **error)
{
	g_autoptr(Linear) m = g_new0(Linear, 1);
	ByteReader r = byte_reader(bytes);
	read_magic(&r, MAGIC);
	m->columns = read_u32(&r);
	m->margins = read_u32(&r);
	m->link = (LinearLink)read_u32(&r);
	m->shift = read_f64(&r);
	m->scale = read_f64(&r);
	r.ok = r.ok && m->columns <= LIMIT_FEATURES && m->margins >= 1 && m->margins <= LIMIT_CLASSES &&
	       m->link < LINEAR_LINKS && (m->margins > 1) == (m->link == LINEAR_SOFTMAX);
	size_t cells = (size_t)m->columns * m->margins;
	m->intercept = read_items(&r, m->margins, sizeof(double));
	m->centre = read_items(&r, m->columns, sizeof(double));
	m->slope = read_items(&r, cells, sizeof(double));
	m->missing = read_items(&r, cells, sizeof(double));
	m->weight = read_items(&r, m->columns, sizeof(double));
	if (!read_ended(&r))
		return fail(error, FAIL_BROKEN, "the stored linear model is damaged");
	*ret = g_steal_pointer(&m);
	return true;
}

/* A term each feature; the base is what the model says where all of them are at their mean. */
static void contribute_row(const Linear *m, const float *x, size_t row, Contributions *into)
{
	for (size_t k = 0; k < m->margins; k++) {
		double *values = contributions_at(into, row, k);
		for (size_t j = 0; j < m->columns; j++) {
			size_t cell = j * m->margins + k;
			values[j] = isnan(x[j]) ? m->missing[cell] : m->slope[cell] * ((double)x[j] - m->centre[j]);
		}
		values[m->columns] = m->intercept[k];
	}
}

static bool linear_contribute(const void *model, const Matrix *x, Contributions **ret, GError **error)
{
	static const ContributionScale SCALES[LINEAR_LINKS] = {
	        CONTRIBUTION_NUMBER, CONTRIBUTION_LOG_ODDS, CONTRIBUTION_LOG_SHARES, CONTRIBUTION_LOG};
	const Linear *m = model;
	if (!matrix_check_columns(x, m->columns, error))
		return false;
	Contributions *c = contributions_new(SCALES[m->link], x->rows, m->margins, m->columns);
	for (size_t i = 0; i < x->rows; i++)
		contribute_row(m, x->values + i * x->columns, i, c);
	if (m->link == LINEAR_SCALED)
		contributions_scale(c, m->shift, m->scale);
	*ret = c;
	return true;
}

static bool linear_importance(const void *model, double *ret, GError **error)
{
	const Linear *m = model;
	double sum = 0;
	for (size_t j = 0; j < m->columns; j++)
		sum += m->weight[j];
	for (size_t j = 0; j < m->columns; j++)
		ret[j] = sum > 0 ? m->weight[j] / sum : 1.0 / m->columns;
	return true;
}

static void linear_shape(const void *model, size_t *ret_columns, size_t *ret_outputs)
{
	*ret_columns = ((const Linear *)model)->columns;
	*ret_outputs = outputs_of(model);
}

static bool linear_form(const void *model, ModelForm *ret, GError **error)
{
	static const FormLink LINKS[] = {FORM_SCALED, FORM_LOGISTIC, FORM_SOFTMAX, FORM_EXPONENTIAL};
	const Linear *m = model;
	*ret = (ModelForm){.kind = FORM_LINEAR,
	        .columns = m->columns,
	        .outputs = outputs_of(m),
	        .margins = m->margins,
	        .link = LINKS[m->link],
	        .shift = m->shift,
	        .scale = m->scale,
	        .intercept = m->intercept,
	        .centre = m->centre,
	        .slope = m->slope,
	        .missing = m->missing};
	return true;
}

const ModelFamily FAMILY_LINEAR = {
        .name = "linear",
        .help = "logistic regression for classes, ridge for numbers, Poisson regression for counts; elastic net",
        .tasks = TASK_ANY,
        .params = PARAMS,
        .search_share = 1,
        .train = linear_train,
        .update = linear_update,
        .predict = linear_predict,
        .save = linear_save,
        .load = linear_load,
        .contribute = linear_contribute,
        .importance = linear_importance,
        .shape = linear_shape,
        .form = linear_form,
        .free = linear_free,
};
