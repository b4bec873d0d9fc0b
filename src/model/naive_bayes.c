/* naive_bayes.c: Gaussian naive Bayes: in each class every feature is normal, and knows nothing of the others.
 *
 *   ln p(class | x) = ln share of the class - sum_j ( ln v_j + (x_j - m_j)^2 / v_j ) / 2 + constant
 *
 * Missing values take no part, in learning and in predicting.  To each variance is added a share of the feature's variance
 * over all rows, so units do not matter.  (scikit-learn adds a share of the largest variance of any feature; on standardised
 * features that is the same.) */
#include "model/families.h"

#include <math.h>

#include "base/error.h"
#include "base/json.h"
#include "base/limits.h"
#include "model/bytes.h"

#define MAGIC "GYNBAY2\n"
#define MAGIC_BEFORE "GYNBAY1\n" /* share, mean and variance alone: it cannot learn on */

/* Of one feature's present values. */
typedef struct Moments {
	double weight, mean, variance;
} Moments;

typedef struct NaiveBayes {
	uint32_t columns, classes;
	double *share;           /* classes */
	double *mean, *variance; /* classes x columns; variance 0: the feature is constant and has no part */
	double smoothing;
	double *total;    /* classes: weight of rows; NULL in a model kept before it could learn on */
	Moments *moments; /* columns x (classes + 1): by class, and of all rows: all above is made of these and total */
} NaiveBayes;

static const Param PARAMS[] = {
        {.name = "smoothing",
                .type = PARAM_REAL,
                .preset = "0.1",
                .min = 1e-12,
                .max = 1e6,
                .flags = PARAM_TUNABLE | PARAM_LOG,
                .tune_min = 1e-6,
                .tune_max = 1,
                .help = "share of a feature's variance that is added to its variance in each class"},
        {NULL},
};

static void naive_bayes_free(void *model)
{
	NaiveBayes *m = model;
	if (!m)
		return;
	g_free(m->share);
	g_free(m->mean);
	g_free(m->variance);
	g_free(m->total);
	g_free(m->moments);
	g_free(m);
}
G_DEFINE_AUTOPTR_CLEANUP_FUNC(NaiveBayes, naive_bayes_free)

static double weight_of(const TrainSet *set, size_t row)
{
	return set->weight ? set->weight[row] : 1;
}

/* m: classes + 1 of one feature. */
static void measure_column(const TrainSet *set, size_t column, Moments *m)
{
	const Matrix *x = set->x;
	for (unsigned pass = 0; pass < 2; pass++) {
		for (size_t i = 0; i < x->rows; i++) {
			double v = (double)x->values[i * x->columns + column], w = weight_of(set, i);
			Moments *of[] = {&m[(size_t)set->y[i]], &m[set->classes]};
			for (size_t p = 0; p < 2 && !isnan(v); p++) {
				of[p]->weight += pass == 0 ? w : 0;
				of[p]->mean += pass == 0 ? w * v : 0;
				of[p]->variance += pass == 0 ? 0 : w * (v - of[p]->mean) * (v - of[p]->mean);
			}
		}
		for (size_t k = 0; k <= set->classes; k++) {
			double *sum = pass == 0 ? &m[k].mean : &m[k].variance;
			*sum = m[k].weight > 0 ? *sum / m[k].weight : 0;
		}
	}
}

/* A class without a value of the feature takes that of all rows. */
static void settle_column(NaiveBayes *m, size_t column)
{
	const Moments *of = m->moments + column * (m->classes + 1), *all = of + m->classes;
	bool constant = sqrt(all->variance) <= 1e-9 * fabs(all->mean); /* less is the rounding of the mean */
	for (size_t k = 0; k < m->classes; k++) {
		const Moments *from = of[k].weight > 0 ? &of[k] : all;
		size_t cell = k * m->columns + column;
		m->mean[cell] = from->mean;
		m->variance[cell] = constant ? 0 : from->variance + m->smoothing * all->variance;
	}
}

static void settle(NaiveBayes *m)
{
	double sum = 0;
	size_t cells = (size_t)m->classes * m->columns;
	m->share = g_new0(double, m->classes);
	m->mean = g_new0(double, cells + 1);
	m->variance = g_new0(double, cells + 1);
	for (size_t k = 0; k < m->classes; k++)
		sum += m->total[k];
	for (size_t k = 0; k < m->classes; k++)
		m->share[k] = m->total[k] / sum;
	for (size_t j = 0; j < m->columns; j++)
		settle_column(m, j);
}

static NaiveBayes *measure(const TrainSet *set, double smoothing)
{
	NaiveBayes *m = g_new0(NaiveBayes, 1);
	m->columns = (uint32_t)set->x->columns;
	m->classes = (uint32_t)set->classes;
	m->smoothing = smoothing;
	m->total = g_new0(double, set->classes);
	m->moments = g_new0(Moments, (set->classes + 1) * set->x->columns + 1);
	for (size_t i = 0; i < set->x->rows; i++)
		m->total[(size_t)set->y[i]] += weight_of(set, i);
	for (size_t j = 0; j < m->columns; j++)
		measure_column(set, j, m->moments + j * (set->classes + 1));
	return m;
}

static bool has_rows(const NaiveBayes *m)
{
	double sum = 0;
	for (size_t k = 0; k < m->classes; k++)
		sum += m->total[k];
	return sum > 0;
}

static bool naive_bayes_train(
        const TrainSet *set, const json_t *params, void **ret_model, json_t **ret_params, GError **error)
{
	g_autoptr(NaiveBayes) m = measure(set, json_get_number(params, "smoothing", 0.1));
	if (!has_rows(m))
		return fail(error, FAIL_INVALID, "there are no rows to learn from");
	settle(m);
	*ret_model = g_steal_pointer(&m);
	return true;
}

/* Moments of both parts together (Chan, Golub and LeVeque, doi:10.1080/00031305.1983.10483115). */
static void join(Moments *into, const Moments *from, double keep)
{
	double old = keep * from->weight, sum = old + into->weight, apart = into->mean - from->mean;
	if (!(sum > 0))
		return;
	double share = into->weight / sum;
	into->variance = (1 - share) * from->variance + share * into->variance + share * (1 - share) * apart * apart;
	into->mean = from->mean + share * apart;
	into->weight = sum;
}

/* With keep 1 exactly what training on all rows gives. */
static bool naive_bayes_update(const void *model, const UpdateSet *set, void **ret_model, GError **error)
{
	const NaiveBayes *old = model;
	double keep = json_get_number(set->how, "keep", 1);
	if (!old->moments)
		return fail(error, FAIL_INVALID,
		        "this naive Bayes model was kept by an earlier version, without what learning on needs: train "
		        "it "
		        "anew");
	g_autoptr(NaiveBayes) m = measure(set->fresh, old->smoothing);
	for (size_t k = 0; k < m->classes; k++)
		m->total[k] += keep * old->total[k];
	for (size_t c = 0; c < (size_t)(m->classes + 1) * m->columns; c++)
		join(&m->moments[c], &old->moments[c], keep);
	if (!has_rows(m))
		return fail(error, FAIL_INVALID, "there are no rows to learn from");
	settle(m);
	*ret_model = g_steal_pointer(&m);
	return true;
}

/* What a feature's value says for a class; missing ones and constants say nothing. */
static double evidence(const NaiveBayes *m, size_t class_index, size_t column, float value)
{
	size_t cell = class_index * m->columns + column;
	double away = (double)value - m->mean[cell], variance = m->variance[cell];
	return isnan(away) || !(variance > 0) ? 0 : -(log(variance) + away * away / variance) / 2;
}

static double log_likelihood(const NaiveBayes *m, size_t class_index, const float *x)
{
	double sum = 0;
	for (size_t j = 0; j < m->columns; j++)
		sum += evidence(m, class_index, j, x[j]);
	return sum;
}

static void predict_row(const NaiveBayes *m, const float *x, double *ret)
{
	double largest = -INFINITY, sum = 0;
	for (size_t k = 0; k < m->classes; k++) {
		ret[k] = m->share[k] > 0 ? log(m->share[k]) + log_likelihood(m, k, x) : -INFINITY;
		largest = MAX(largest, ret[k]);
	}
	for (size_t k = 0; k < m->classes; k++)
		sum += ret[k] = isinf(largest) ? m->share[k] : exp(ret[k] - largest);
	for (size_t k = 0; k < m->classes; k++)
		ret[k] /= sum;
}

static bool naive_bayes_predict(const void *model, const Matrix *x, double *ret, GError **error)
{
	const NaiveBayes *m = model;
	if (!matrix_check_columns(x, m->columns, error))
		return false;
	for (size_t i = 0; i < x->rows; i++)
		predict_row(m, x->values + i * x->columns, ret + i * m->classes);
	return true;
}

/* A class that no row had. */
#define NEVER (-1e9)
#define BELOW_ALL (-1e300) /* the same in a form: its share is 0 beside any other class */

static void contribute_row(const NaiveBayes *m, const float *x, size_t row, Contributions *into)
{
	for (size_t k = 0; k < into->margins; k++) {
		double *values = contributions_at(into, row, k);
		size_t class = m->classes == 2 ? 1 : k;
		for (size_t j = 0; j < m->columns; j++)
			values[j] = evidence(m, class, j, x[j]) - (m->classes == 2 ? evidence(m, 0, j, x[j]) : 0);
		values[m->columns] = m->share[class] > 0 ? log(m->share[class]) : NEVER;
		if (m->classes == 2)
			values[m->columns] -= m->share[0] > 0 ? log(m->share[0]) : NEVER;
	}
}

/* Exact: features know nothing of each other, so their evidence adds up. */
static bool naive_bayes_contribute(const void *model, const Matrix *x, Contributions **ret, GError **error)
{
	const NaiveBayes *m = model;
	if (!matrix_check_columns(x, m->columns, error))
		return false;
	bool two = m->classes == 2;
	*ret = contributions_new(
	        two ? CONTRIBUTION_LOG_ODDS : CONTRIBUTION_LOG_SHARES, x->rows, two ? 1 : m->classes, m->columns);
	for (size_t i = 0; i < x->rows; i++)
		contribute_row(m, x->values + i * x->columns, i, *ret);
	return true;
}

/* magic, columns, classes, smoothing, total, moments; before: share, mean, variance. */
static bool naive_bayes_save(const void *model, GBytes **ret, GError **error)
{
	const NaiveBayes *m = model;
	size_t cells = (size_t)m->classes * m->columns;
	GByteArray *to = g_byte_array_new();
	write_magic(to, m->moments ? MAGIC : MAGIC_BEFORE);
	write_u32(to, m->columns);
	write_u32(to, m->classes);
	if (m->moments) {
		write_f64(to, m->smoothing);
		write_items(to, m->total, m->classes, sizeof(double));
		write_items(to, m->moments, cells + m->columns, sizeof(Moments));
	} else {
		write_items(to, m->share, m->classes, sizeof(double));
		write_items(to, m->mean, cells, sizeof(double));
		write_items(to, m->variance, cells, sizeof(double));
	}
	*ret = g_byte_array_free_to_bytes(to);
	return true;
}

static bool numbers_fit(const NaiveBayes *m)
{
	double sum = 0;
	for (size_t k = 0; k < m->classes; k++) {
		if (!(m->share[k] >= 0 && m->share[k] <= 1))
			return false;
		sum += m->share[k];
	}
	for (size_t c = 0; c < (size_t)m->classes * m->columns; c++)
		if (!isfinite(m->mean[c]) || !(m->variance[c] >= 0) || !isfinite(m->variance[c]))
			return false;
	return sum > 0.5;
}

static bool moments_fit(const NaiveBayes *m)
{
	if (!(m->smoothing >= 0) || !isfinite(m->smoothing) || !has_rows(m))
		return false;
	for (size_t k = 0; k < m->classes; k++)
		if (!(m->total[k] >= 0) || !isfinite(m->total[k]))
			return false;
	for (size_t c = 0; c < (size_t)(m->classes + 1) * m->columns; c++) {
		const Moments *of = &m->moments[c];
		if (!(of->weight >= 0) || !isfinite(of->mean) || !(of->variance >= 0) || !isfinite(of->variance))
			return false;
	}
	return true;
}

static void read_before(ByteReader *r, NaiveBayes *m)
{
	size_t cells = (size_t)m->classes * m->columns;
	m->share = read_items(r, m->classes, sizeof(double));
	m->mean = read_items(r, cells, sizeof(double));
	m->variance = read_items(r, cells, sizeof(double));
}

static bool naive_bayes_load(GBytes *bytes, void **ret, GError **error)
{
	g_autoptr(NaiveBayes) m = g_new0(NaiveBayes, 1);
	ByteReader r = byte_reader(bytes), before = r;
	bool is_before = read_magic(&before, MAGIC_BEFORE);
	if (is_before)
		r = before;
	else
		read_magic(&r, MAGIC);
	m->columns = read_u32(&r);
	m->classes = read_u32(&r);
	r.ok = r.ok && m->columns <= LIMIT_FEATURES && m->classes >= 2 && m->classes <= LIMIT_CLASSES;
	if (r.ok && is_before) {
		read_before(&r, m);
	} else if (r.ok) {
		m->smoothing = read_f64(&r);
		m->total = read_items(&r, m->classes, sizeof(double));
		m->moments = read_items(&r, (size_t)(m->classes + 1) * m->columns, sizeof(Moments));
	}
	bool ok = read_ended(&r) && (is_before || moments_fit(m));
	if (ok && !is_before)
		settle(m);
	if (!ok || !numbers_fit(m))
		return fail(error, FAIL_BROKEN, "the stored naive Bayes model is damaged");
	*ret = g_steal_pointer(&m);
	return true;
}

static void naive_bayes_shape(const void *model, size_t *ret_columns, size_t *ret_outputs)
{
	*ret_columns = ((const NaiveBayes *)model)->columns;
	*ret_outputs = ((const NaiveBayes *)model)->classes;
}

/* A feature's evidence for each class, as a square in what it is away from the middle of the classes' means. */
static void put_column(const NaiveBayes *m, size_t column, double *numbers)
{
	size_t classes = m->classes, cells = m->columns * classes;
	double *intercept = numbers, *centre = intercept + classes, *slope = centre + m->columns;
	double *square = slope + cells, *missing = square + cells, sum = 0;
	for (size_t k = 0; k < classes; k++)
		sum += m->mean[k * m->columns + column];
	centre[column] = sum / (double)classes;
	for (size_t k = 0; k < classes; k++) {
		size_t cell = column * classes + k;
		double variance = m->variance[k * m->columns + column];
		double away = m->mean[k * m->columns + column] - centre[column];
		if (!(variance > 0))
			continue;
		double at_centre = -(log(variance) + away * away / variance) / 2;
		intercept[k] += at_centre;
		missing[cell] = -at_centre;
		slope[cell] = away / variance;
		square[cell] = -0.5 / variance;
	}
}

static bool naive_bayes_form(const void *model, ModelForm *ret, GError **error)
{
	const NaiveBayes *m = model;
	size_t classes = m->classes, cells = m->columns * classes;
	double *numbers = g_new0(double, classes + m->columns + 3 * cells);
	*ret = (ModelForm){.kind = FORM_LINEAR,
	        .columns = m->columns,
	        .outputs = classes,
	        .margins = classes,
	        .link = FORM_SOFTMAX,
	        .intercept = numbers,
	        .centre = numbers + classes,
	        .slope = numbers + classes + m->columns,
	        .square = numbers + classes + m->columns + cells,
	        .missing = numbers + classes + m->columns + 2 * cells,
	        .kept = numbers};
	for (size_t k = 0; k < classes; k++)
		numbers[k] = m->share[k] > 0 ? log(m->share[k]) : BELOW_ALL;
	for (size_t j = 0; j < m->columns; j++)
		put_column(m, j, numbers);
	return true;
}

const ModelFamily FAMILY_NAIVE_BAYES = {
        .name = "naive_bayes",
        .help = "Gaussian naive Bayes: each feature normal within each class, on its own",
        .tasks = TASK_BINARY | TASK_MULTICLASS,
        .params = PARAMS,
        .search_share = 1,
        .train = naive_bayes_train,
        .update = naive_bayes_update,
        .predict = naive_bayes_predict,
        .save = naive_bayes_save,
        .load = naive_bayes_load,
        .contribute = naive_bayes_contribute,
        .shape = naive_bayes_shape,
        .form = naive_bayes_form,
        .free = naive_bayes_free,
};
