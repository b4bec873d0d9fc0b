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

#define MAGIC "GYNBAY1\n"

typedef struct NaiveBayes {
	uint32_t columns, classes;
	double *share;           /* classes */
	double *mean, *variance; /* classes x columns; variance 0: the feature is constant and has no part */
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
	g_free(m);
}
G_DEFINE_AUTOPTR_CLEANUP_FUNC(NaiveBayes, naive_bayes_free)

static double weight_of(const TrainSet *set, size_t row)
{
	return set->weight ? set->weight[row] : 1;
}

/* Of one feature, by class, and over all rows at place `classes`. */
typedef struct Moments {
	double *weight, *mean, *variance;
} Moments;

static void add_means(const TrainSet *set, size_t column, Moments *m)
{
	const Matrix *x = set->x;
	for (size_t i = 0; i < x->rows; i++) {
		double v = (double)x->values[i * x->columns + column], w = weight_of(set, i);
		size_t places[] = {(size_t)set->y[i], set->classes};
		for (size_t p = 0; p < 2 && !isnan(v); p++) {
			m->weight[places[p]] += w;
			m->mean[places[p]] += w * v;
		}
	}
	for (size_t k = 0; k <= set->classes; k++)
		m->mean[k] = m->weight[k] > 0 ? m->mean[k] / m->weight[k] : 0;
}

static void add_variances(const TrainSet *set, size_t column, Moments *m)
{
	const Matrix *x = set->x;
	for (size_t i = 0; i < x->rows; i++) {
		double v = (double)x->values[i * x->columns + column], w = weight_of(set, i);
		size_t places[] = {(size_t)set->y[i], set->classes};
		for (size_t p = 0; p < 2 && !isnan(v); p++)
			m->variance[places[p]] += w * (v - m->mean[places[p]]) * (v - m->mean[places[p]]);
	}
	for (size_t k = 0; k <= set->classes; k++)
		m->variance[k] = m->weight[k] > 0 ? m->variance[k] / m->weight[k] : 0;
}

/* A class without a value of the feature takes that of all rows. */
static void learn_column(const TrainSet *set, size_t column, double smoothing, NaiveBayes *ret)
{
	size_t classes = set->classes;
	g_autofree double *room = g_new0(double, 3 * (classes + 1));
	Moments m = {room, room + classes + 1, room + 2 * (classes + 1)};
	add_means(set, column, &m);
	add_variances(set, column, &m);
	bool constant =
	        sqrt(m.variance[classes]) <= 1e-9 * fabs(m.mean[classes]); /* less is the rounding of the mean */
	for (size_t k = 0; k < classes; k++) {
		size_t from = m.weight[k] > 0 ? k : classes, cell = k * ret->columns + column;
		ret->mean[cell] = m.mean[from];
		ret->variance[cell] = constant ? 0 : m.variance[from] + smoothing * m.variance[classes];
	}
}

static bool naive_bayes_train(
        const TrainSet *set, const json_t *params, void **ret_model, json_t **ret_params, GError **error)
{
	g_autoptr(NaiveBayes) m = g_new0(NaiveBayes, 1);
	size_t cells = set->classes * set->x->columns;
	double total = 0;
	m->columns = (uint32_t)set->x->columns;
	m->classes = (uint32_t)set->classes;
	m->share = g_new0(double, set->classes);
	m->mean = g_new0(double, cells + 1);
	m->variance = g_new0(double, cells + 1);
	for (size_t i = 0; i < set->x->rows; i++) {
		m->share[(size_t)set->y[i]] += weight_of(set, i);
		total += weight_of(set, i);
	}
	if (!(total > 0))
		return fail(error, FAIL_INVALID, "there are no rows to learn from");
	for (size_t k = 0; k < set->classes; k++)
		m->share[k] /= total;
	for (size_t j = 0; j < set->x->columns; j++)
		learn_column(set, j, json_get_number(params, "smoothing", 0.1), m);
	*ret_model = g_steal_pointer(&m);
	if (ret_params)
		*ret_params = json_deep_copy(params);
	return true;
}

static double log_likelihood(const NaiveBayes *m, size_t class_index, const float *x)
{
	const double *mean = m->mean + class_index * m->columns, *variance = m->variance + class_index * m->columns;
	double sum = 0;
	for (size_t j = 0; j < m->columns; j++) {
		double away = (double)x[j] - mean[j];
		if (!isnan(away) && variance[j] > 0)
			sum -= (log(variance[j]) + away * away / variance[j]) / 2;
	}
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
	if (x->columns != m->columns)
		return fail(error, FAIL_INVALID, "the model knows %u features, these rows have %zu", m->columns,
		        x->columns);
	for (size_t i = 0; i < x->rows; i++)
		predict_row(m, x->values + i * x->columns, ret + i * m->classes);
	return true;
}

/* magic, columns, classes, share, mean, variance. */
static bool naive_bayes_save(const void *model, GBytes **ret, GError **error)
{
	const NaiveBayes *m = model;
	size_t cells = (size_t)m->classes * m->columns;
	GByteArray *to = g_byte_array_new();
	write_magic(to, MAGIC);
	write_u32(to, m->columns);
	write_u32(to, m->classes);
	write_items(to, m->share, m->classes, sizeof(double));
	write_items(to, m->mean, cells, sizeof(double));
	write_items(to, m->variance, cells, sizeof(double));
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

static bool naive_bayes_load(GBytes *bytes, void **ret, GError **error)
{
	g_autoptr(NaiveBayes) m = g_new0(NaiveBayes, 1);
	ByteReader r = byte_reader(bytes);
	read_magic(&r, MAGIC);
	m->columns = read_u32(&r);
	m->classes = read_u32(&r);
	r.ok = r.ok && m->columns <= LIMIT_FEATURES && m->classes >= 2 && m->classes <= LIMIT_CLASSES;
	size_t cells = (size_t)m->classes * m->columns;
	m->share = read_items(&r, m->classes, sizeof(double));
	m->mean = read_items(&r, cells, sizeof(double));
	m->variance = read_items(&r, cells, sizeof(double));
	if (!read_ended(&r) || !numbers_fit(m))
		return fail(error, FAIL_BROKEN, "the stored naive Bayes model is damaged");
	*ret = g_steal_pointer(&m);
	return true;
}

static void naive_bayes_shape(const void *model, size_t *ret_columns, size_t *ret_outputs)
{
	*ret_columns = ((const NaiveBayes *)model)->columns;
	*ret_outputs = ((const NaiveBayes *)model)->classes;
}

const ModelFamily FAMILY_NAIVE_BAYES = {
        .name = "naive_bayes",
        .help = "Gaussian naive Bayes: each feature normal within each class, on its own",
        .tasks = TASK_BINARY | TASK_MULTICLASS,
        .params = PARAMS,
        .search_share = 1,
        .train = naive_bayes_train,
        .predict = naive_bayes_predict,
        .save = naive_bayes_save,
        .load = naive_bayes_load,
        .shape = naive_bayes_shape,
        .free = naive_bayes_free,
};
