/* ftrl.c: a linear model that learns row by row and can go on at any time: FTRL-proximal (McMahan et al. 2013,
 * doi:10.1145/2487575.2488200), per coordinate
 *
 *   w = 0 where |z| <= l1, else -(z - sign(z) l1) / ((beta + sqrt n) / alpha + l2)
 *   g = d loss / d margin * x      s = (sqrt(n + g^2) - sqrt n) / alpha      z += g - s w      n += g^2
 *
 * Everything it has learnt is in z and n, so learning on after it was kept is the same as never having stopped.  Features are
 * put on one scale (scaled_inputs.h) that is measured when it first learns and stays; one more input is always 1, without
 * penalty.  Rows are taken in their order: the newest last. */
#include "model/families.h"

#include <math.h>
#include <string.h>

#include "base/error.h"
#include "base/json.h"
#include "base/limits.h"
#include "model/bytes.h"
#include "model/labels.h"
#include "model/scaled_inputs.h"
#include "stats/softmax.h"

#define MAGIC "GYFTRL1\n"

typedef struct Ftrl {
	uint32_t classes, margins; /* margins: one a class where there are more than two */
	double alpha, beta, l1, l2;
	LabelScale label;
	ScaledInputs inputs;
	size_t cells;   /* (inputs.count + 1) x margins */
	double *z, *n;  /* cells each */
	double *weight; /* cells: made of them */
} Ftrl;

static const Param PARAMS[] = {
        {.name = "alpha",
                .type = PARAM_REAL,
                .preset = "0.1",
                .min = 1e-6,
                .max = 100,
                .flags = PARAM_TUNABLE | PARAM_LOG,
                .tune_min = 0.005,
                .tune_max = 1,
                .help = "size of the first steps; they become smaller where much was learnt"},
        {.name = "beta",
                .type = PARAM_REAL,
                .preset = "1",
                .min = 0,
                .max = 1e6,
                .help = "holds the first steps back: the larger, the smaller they are"},
        {.name = "l1",
                .type = PARAM_REAL,
                .preset = "0",
                .min = 0,
                .max = 1e9,
                .help = "penalty on the sizes of weights: makes those of useless features 0"},
        {.name = "l2",
                .type = PARAM_REAL,
                .preset = "1",
                .min = 0,
                .max = 1e9,
                .flags = PARAM_TUNABLE | PARAM_LOG,
                .tune_min = 1e-3,
                .tune_max = 100,
                .help = "penalty on the squares of weights"},
        {.name = "rounds",
                .type = PARAM_INT,
                .preset = "3",
                .min = 1,
                .max = 10000,
                .help = "passes over the rows when first learning; rows that come later are passed once"},
        {NULL},
};

static void ftrl_free(void *model)
{
	Ftrl *m = model;
	if (!m)
		return;
	scaled_inputs_clear(&m->inputs);
	g_free(m->z);
	g_free(m->n);
	g_free(m->weight);
	g_free(m);
}
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Ftrl, ftrl_free)

static size_t outputs_of(const Ftrl *m)
{
	return MAX(m->classes, 1u);
}

/* The last input has no penalty. */
static double weight_of(const Ftrl *m, size_t cell)
{
	bool free_of = cell >= m->cells - m->margins;
	double z = m->z[cell], l1 = free_of ? 0 : m->l1, l2 = free_of ? 0 : m->l2;
	if (fabs(z) <= l1)
		return 0;
	return -(z - copysign(l1, z)) / ((m->beta + sqrt(m->n[cell])) / m->alpha + l2);
}

static void find_weights(Ftrl *m)
{
	for (size_t cell = 0; cell < m->cells; cell++)
		m->weight[cell] = weight_of(m, cell);
}

/* input: inputs.count values, then 1. */
static void margins_of(const Ftrl *m, const float *input, double *ret)
{
	memset(ret, 0, m->margins * sizeof *ret);
	for (size_t j = 0; j <= m->inputs.count; j++)
		for (size_t k = 0; input[j] != 0 && k < m->margins; k++)
			ret[k] += (double)input[j] * m->weight[j * m->margins + k];
}

static double logistic(double margin)
{
	return margin > 0 ? 1 / (1 + exp(-margin)) : exp(margin) / (1 + exp(margin));
}

/* Margins become d loss / d margin. */
static void find_slopes(const Ftrl *m, double y, double *margin)
{
	if (!m->classes) {
		*margin -= (y - m->label.shift) / m->label.scale;
	} else if (m->classes == 2) {
		*margin = logistic(*margin) - y;
	} else {
		softmax(margin, m->margins);
		margin[(size_t)y] -= 1;
	}
}

static void step(Ftrl *m, size_t cell, double g)
{
	double s = (sqrt(m->n[cell] + g * g) - sqrt(m->n[cell])) / m->alpha;
	m->z[cell] += g - s * m->weight[cell];
	m->n[cell] += g * g;
	m->weight[cell] = weight_of(m, cell);
}

static void pass_rows(Ftrl *m, const TrainSet *set)
{
	size_t count = m->inputs.count;
	g_autofree float *input = g_new(float, count + 1);
	g_autofree double *slope = g_new(double, m->margins);
	for (size_t i = 0; i < set->x->rows; i++) {
		double weight = set->weight ? set->weight[i] : 1;
		scaled_inputs_row(&m->inputs, set->x->values + i * set->x->columns, input, count);
		input[count] = 1;
		margins_of(m, input, slope);
		find_slopes(m, set->y[i], slope);
		for (size_t j = 0; weight > 0 && j <= count; j++)
			for (size_t k = 0; input[j] != 0 && k < m->margins; k++)
				step(m, j * m->margins + k, weight * slope[k] * (double)input[j]);
	}
}

static Ftrl *ftrl_new(const TrainSet *set, const json_t *params)
{
	Ftrl *m = g_new0(Ftrl, 1);
	m->classes = (uint32_t)set->classes;
	m->margins = set->classes > 2 ? m->classes : 1;
	m->alpha = json_get_number(params, "alpha", 0.1);
	m->beta = json_get_number(params, "beta", 1);
	m->l1 = json_get_number(params, "l1", 0);
	m->l2 = json_get_number(params, "l2", 1);
	m->label = label_scale(set);
	scaled_inputs_measure(set, &m->inputs);
	for (uint32_t j = 0; j < m->inputs.columns; j++) /* constant so far: in rows to come it may not be */
		m->inputs.scale[j] = m->inputs.scale[j] > 0 ? m->inputs.scale[j] : 1;
	m->cells = ((size_t)m->inputs.count + 1) * m->margins;
	m->z = g_new0(double, m->cells);
	m->n = g_new0(double, m->cells);
	m->weight = g_new0(double, m->cells);
	return m;
}

static bool ftrl_train(const TrainSet *set, const json_t *params, void **ret_model, json_t **ret_params, GError **error)
{
	if (set->x->rows == 0)
		return fail(error, FAIL_INVALID, "there are no rows to learn from");
	Ftrl *m = ftrl_new(set, params);
	for (int64_t round = json_get_int(params, "rounds", 3); round > 0; round--)
		pass_rows(m, set);
	*ret_model = m;
	return true;
}

static bool ftrl_predict(const void *model, const Matrix *x, double *ret, GError **error)
{
	const Ftrl *m = model;
	size_t count = m->inputs.count;
	if (!matrix_check_columns(x, m->inputs.columns, error))
		return false;
	g_autofree float *input = g_new(float, count + 1);
	for (size_t i = 0; i < x->rows; i++, ret += outputs_of(m)) {
		scaled_inputs_row(&m->inputs, x->values + i * x->columns, input, count);
		input[count] = 1;
		margins_of(m, input, ret);
		if (!m->classes) {
			*ret = m->label.shift + m->label.scale * *ret;
		} else if (m->classes > 2) {
			softmax(ret, m->classes);
		} else {
			double margin = *ret;
			ret[0] = logistic(-margin);
			ret[1] = 1 - ret[0];
		}
	}
	return true;
}

/* magic, classes, alpha, beta, l1, l2, shift, scale, inputs, z, n. */
static bool ftrl_save(const void *model, GBytes **ret, GError **error)
{
	const Ftrl *m = model;
	GByteArray *to = g_byte_array_new();
	write_magic(to, MAGIC);
	write_u32(to, m->classes);
	const double numbers[] = {m->alpha, m->beta, m->l1, m->l2, m->label.shift, m->label.scale};
	write_items(to, numbers, G_N_ELEMENTS(numbers), sizeof *numbers);
	scaled_inputs_write(&m->inputs, to);
	write_items(to, m->z, m->cells, sizeof *m->z);
	write_items(to, m->n, m->cells, sizeof *m->n);
	*ret = g_byte_array_free_to_bytes(to);
	return true;
}

static bool numbers_fit(const Ftrl *m)
{
	if (!(m->alpha > 0) || !(m->beta >= 0) || !(m->l1 >= 0) || !(m->l2 >= 0) || !(m->label.scale > 0))
		return false;
	for (size_t c = 0; c < m->cells; c++)
		if (!isfinite(m->z[c]) || !(m->n[c] >= 0))
			return false;
	return true;
}

static bool ftrl_load(GBytes *bytes, void **ret, GError **error)
{
	g_autoptr(Ftrl) m = g_new0(Ftrl, 1);
	ByteReader r = byte_reader(bytes);
	double *numbers[] = {&m->alpha, &m->beta, &m->l1, &m->l2, &m->label.shift, &m->label.scale};
	read_magic(&r, MAGIC);
	m->classes = read_u32(&r);
	for (size_t i = 0; i < G_N_ELEMENTS(numbers); i++)
		*numbers[i] = read_f64(&r);
	r.ok = r.ok && m->classes <= LIMIT_CLASSES && m->classes != 1;
	scaled_inputs_read(&r, &m->inputs);
	m->margins = m->classes > 2 ? m->classes : 1;
	m->cells = r.ok ? ((size_t)m->inputs.count + 1) * m->margins : 0;
	m->z = read_items(&r, m->cells, sizeof *m->z);
	m->n = read_items(&r, m->cells, sizeof *m->n);
	if (!read_ended(&r) || !numbers_fit(m))
		return fail(error, FAIL_BROKEN, "the stored online model is damaged");
	m->weight = g_new0(double, m->cells);
	find_weights(m);
	*ret = g_steal_pointer(&m);
	return true;
}

/* Less is thought of having been learnt (n), so steps are larger again; the weights stay where they are. */
static void forget(Ftrl *m, double keep)
{
	for (size_t cell = 0; keep < 1 && cell < m->cells; cell++) {
		bool free_of = cell >= m->cells - m->margins;
		double w = m->weight[cell], l1 = free_of ? 0 : m->l1, l2 = free_of ? 0 : m->l2;
		m->n[cell] *= keep;
		if (w != 0)
			m->z[cell] = -w * ((m->beta + sqrt(m->n[cell])) / m->alpha + l2) - copysign(l1, w);
	}
	find_weights(m);
}

/* Everything it has learnt is in what is kept: the copy goes on from there. */
static bool ftrl_update(const void *model, const UpdateSet *set, void **ret_model, GError **error)
{
	const Ftrl *m = model;
	g_autoptr(GBytes) kept = NULL;
	if (!matrix_check_columns(set->fresh->x, m->inputs.columns, error))
		return false;
	if (set->fresh->classes != m->classes)
		return fail(error, FAIL_INVALID, "the model knows %u classes, these rows have %zu", m->classes,
		        set->fresh->classes);
	if (!ftrl_save(model, &kept, error) || !ftrl_load(kept, ret_model, error))
		return false;
	forget(*ret_model, json_get_number(set->how, "keep", 1));
	pass_rows(*ret_model, set->fresh);
	return true;
}

static double size_of(const Ftrl *m, size_t input)
{
	double sum = 0;
	for (size_t k = 0; k < m->margins; k++)
		sum += fabs(m->weight[input * m->margins + k]);
	return sum;
}

static bool ftrl_importance(const void *model, double *ret, GError **error)
{
	const Ftrl *m = model;
	double sum = 0;
	for (size_t j = 0; j < m->inputs.columns; j++) {
		ret[j] = size_of(m, j) + (m->inputs.flag[j] ? size_of(m, m->inputs.flag[j]) : 0);
		sum += ret[j];
	}
	for (size_t j = 0; j < m->inputs.columns; j++)
		ret[j] = sum > 0 ? ret[j] / sum : 1.0 / m->inputs.columns;
	return true;
}

/* A sum over the inputs, so exact. */
static bool ftrl_contribute(const void *model, const Matrix *x, Contributions **ret, GError **error)
{
	const Ftrl *m = model;
	size_t count = m->inputs.count;
	if (!matrix_check_columns(x, m->inputs.columns, error))
		return false;
	g_autofree float *input = g_new(float, count + 1);
	Contributions *c = contributions_new(m->classes == 0   ? CONTRIBUTION_NUMBER
	                                     : m->classes == 2 ? CONTRIBUTION_LOG_ODDS
	                                                       : CONTRIBUTION_LOG_SHARES,
	        x->rows, m->margins, x->columns);
	for (size_t i = 0; i < x->rows; i++) {
		scaled_inputs_row(&m->inputs, x->values + i * x->columns, input, count);
		for (size_t k = 0; k < m->margins; k++) {
			double *values = contributions_at(c, i, k);
			scaled_inputs_terms(&m->inputs, input, m->weight + k, m->margins, values);
			values[x->columns] = m->weight[count * m->margins + k];
		}
	}
	if (!m->classes)
		contributions_scale(c, m->label.shift, m->label.scale);
	*ret = c;
	return true;
}

static void ftrl_shape(const void *model, size_t *ret_columns, size_t *ret_outputs)
{
	*ret_columns = ((const Ftrl *)model)->inputs.columns;
	*ret_outputs = outputs_of(model);
}

static bool ftrl_form(const void *model, ModelForm *ret, GError **error)
{
	const Ftrl *m = model;
	size_t count = m->inputs.count;
	*ret = (ModelForm){.kind = FORM_NETWORK,
	        .columns = m->inputs.columns,
	        .outputs = outputs_of(m),
	        .margins = m->margins,
	        .link = m->classes > 2   ? FORM_SOFTMAX
	                : m->classes > 0 ? FORM_LOGISTIC
	                                 : FORM_SCALED,
	        .shift = m->label.shift,
	        .scale = m->label.scale,
	        .inputs = &m->inputs,
	        .layers = 1,
	        .layer = {{count, m->margins, m->weight, m->weight + count * m->margins}}};
	return true;
}

const ModelFamily FAMILY_FTRL = {
        .name = "ftrl",
        .help = "linear, learning row by row (FTRL-proximal): goes on learning where it stopped",
        .tasks = TASK_ANY,
        .params = PARAMS,
        .search_share = 1,
        .train = ftrl_train,
        .update = ftrl_update,
        .predict = ftrl_predict,
        .save = ftrl_save,
        .load = ftrl_load,
        .contribute = ftrl_contribute,
        .importance = ftrl_importance,
        .shape = ftrl_shape,
        .form = ftrl_form,
        .free = ftrl_free,
};
