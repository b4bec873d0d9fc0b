/* svm.c: support vector machines: a linear one for any number of rows, radial basis functions for few.
 *
 * There is one margin for regression and two classes, and one a class against the rest for more.  Margins are no probabilities: Platt's
 * curve is fitted on margins of rows the machine has not seen (three folds), and of several classes the curves' values are divided by
 * their sum.  Features are put on one scale (scaled_inputs.h).  The libraries know no row weights: where there are some, rows are drawn
 * by them, with replacement. */
#include "model/families.h"

#include <math.h>
#include <string.h>

#include "base/error.h"
#include "base/json.h"
#include "base/limits.h"
#include "base/rng.h"
#include "model/bytes.h"
#include "model/labels.h"
#include "model/scaled_inputs.h"
#include "model/shapley.h"
#include "model/svm_fit.h"
#include "stats/calibration.h"

#define MAGIC "GYSVM01\n"
#define RADIAL_ROWS 20000 /* libsvm's time grows with the square of the rows */
#define RADIAL_PAIRS 1e9 /* of rows, of all classes' machines: with 4,000 rows of 200 classes they took half a minute */
#define LINEAR_CELLS 30000000 /* liblinear's rows are 16 bytes a cell */
enum { FOLDS = 3 };

typedef struct Svm {
	uint32_t classes, margins;
	uint32_t vectors; /* support vectors; 0: linear */
	double gamma;
	LabelScale label;
	ScaledInputs inputs;
	double *curve;  /* margins x 2: Platt's; classification */
	double *weight; /* linear: margins x (inputs + 1); radial: margins x (vectors + 1), the last: -rho */
	float *vector;  /* vectors x inputs */
} Svm;

static const char *const KERNELS[] = {"auto", "linear", "radial", NULL};
static const Param PARAMS[] = {
        {.name = "kernel",
                .type = PARAM_TEXT,
                .preset = "\"auto\"",
                .choices = KERNELS,
                .flags = PARAM_TUNABLE,
                .help = "linear, radial (basis functions), or auto: radial where `rows` are enough for all"},
        {.name = "cost",
                .type = PARAM_REAL,
                .preset = "1",
                .min = 1e-6,
                .max = 1e6,
                .flags = PARAM_TUNABLE | PARAM_LOG,
                .tune_min = 0.01,
                .tune_max = 100,
                .help = "price of an error (C): the larger, the closer it follows the rows"},
        {.name = "gamma",
                .type = PARAM_REAL,
                .preset = "1",
                .min = 1e-6,
                .max = 1e6,
                .flags = PARAM_TUNABLE | PARAM_LOG,
                .tune_min = 0.03,
                .tune_max = 10,
                .help = "radial: how near a row must be to count, in units of one over the number of inputs"},
        {.name = "tube",
                .type = PARAM_REAL,
                .preset = "0.1",
                .min = 0,
                .max = 10,
                .help = "regression: errors up to this are free, in standard deviations of the target"},
        {.name = "rows",
                .type = PARAM_INT,
                .preset = "10000",
                .min = 10,
                .max = RADIAL_ROWS,
                .help = "radial: rows it learns from, at most: of more, a random choice; of more than ten classes "
                        "fewer"},
        {NULL},
};

static void svm_free(void *model)
{
	Svm *m = model;
	if (!m)
		return;
	scaled_inputs_clear(&m->inputs);
	g_free(m->curve);
	g_free(m->weight);
	g_free(m->vector);
	g_free(m);
}
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Svm, svm_free)

static size_t width_of(const Svm *m)
{
	return (m->vectors ? m->vectors : m->inputs.count) + 1;
}

/* The rows it learns from, on one scale. */
typedef struct Learning {
	const TrainSet *set;
	Svm *m;
	SvmHow how;
	bool radial;
	size_t rows;
	float *x;
	double *label; /* class index, or the scaled number */
	uint8_t *fold;
	double *margin; /* rows: out of fold, of the margin at hand */
} Learning;

static void learning_clear(Learning *l)
{
	g_free(l->x);
	g_free(l->label);
	g_free(l->fold);
	g_free(l->margin);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Learning, learning_clear)

static void take_row(Learning *l, size_t to, size_t from)
{
	const TrainSet *set = l->set;
	size_t count = l->m->inputs.count;
	scaled_inputs_row(&l->m->inputs, set->x->values + from * set->x->columns, l->x + to * count, count);
	l->label[to] = set->classes ? set->y[from] : (set->y[from] - l->m->label.shift) / l->m->label.scale;
	/* By the row, not the draw: drawn twice, it would be judged by a machine that has seen it, whose margins are too sure. */
	l->fold[to] = (uint8_t)(rng_hash(set->seed, from) % FOLDS);
}

/* Rows drawn by weight: cumulated weights and a binary search. */
static void draw_by_weight(Learning *l, Rng *rng)
{
	size_t all = l->set->x->rows;
	g_autofree double *sum = g_new(double, all + 1);
	sum[0] = 0;
	for (size_t i = 0; i < all; i++)
		sum[i + 1] = sum[i] + l->set->weight[i];
	for (size_t k = 0; k < l->rows; k++) {
		double at = rng_unit(rng) * sum[all];
		size_t low = 0, high = all - 1;
		while (low < high) {
			size_t middle = (low + high) / 2;
			if (sum[middle + 1] > at)
				high = middle;
			else
				low = middle + 1;
		}
		take_row(l, k, low);
	}
}

/* All rows, or so many of them, evenly: a row is taken with the chance that as many are still wanted as are left. */
static void draw_evenly(Learning *l, Rng *rng)
{
	size_t all = l->set->x->rows, taken = 0;
	for (size_t i = 0; i < all && taken < l->rows; i++)
		if (rng_unit(rng) * (double)(all - i) < (double)(l->rows - taken))
			take_row(l, taken++, i);
}

/* A machine a class, each of all rows. */
static size_t radial_rows(const Svm *m, const json_t *params)
{
	return MIN((size_t)json_get_int(params, "rows", 10000), (size_t)sqrt(RADIAL_PAIRS / m->margins));
}

static bool begin(Learning *l, const json_t *params, GError **error)
{
	const TrainSet *set = l->set;
	const char *kernel = json_get_text(params, "kernel", "auto");
	size_t most = radial_rows(l->m, params), count = l->m->inputs.count;
	l->radial = strcmp(kernel, "radial") == 0 || (strcmp(kernel, "auto") == 0 && set->x->rows <= most);
	l->rows = l->radial ? MIN(set->x->rows, most) : set->x->rows;
	if (!l->radial && l->rows * (count + 2) > LINEAR_CELLS)
		return fail(error, FAIL_LIMIT,
		        "a linear svm learns from at most %d cells; here are %zu rows of %zu inputs: take the family "
		        "linear",
		        LINEAR_CELLS, l->rows, count);
	l->how = (SvmHow){.cost = json_get_number(params, "cost", 1),
	        .tube = json_get_number(params, "tube", 0.1),
	        .gamma = json_get_number(params, "gamma", 1) / (double)MAX(count, 1),
	        .seed = (unsigned)(set->seed & 0xffffffff)};
	l->x = g_new(float, l->rows *count + 1);
	l->label = g_new(double, l->rows + 1);
	l->fold = g_malloc(l->rows + 1);
	l->margin = g_new(double, l->rows + 1);
	Rng rng = rng_stream(set->seed, "svm");
	(set->weight ? draw_by_weight : draw_evenly)(l, &rng);
	return true;
}

/* -1 and 1 of the class, or the numbers. */
static double side(const Learning *l, size_t row, size_t class)
{
	return l->set->classes == 0 ? l->label[row] : l->label[row] == (double)class ? 1 : -1;
}

static double distance(const float *a, const float *b, size_t count)
{
	double sum = 0;
	for (size_t j = 0; j < count; j++)
		sum += ((double)a[j] - (double)b[j]) * ((double)a[j] - (double)b[j]);
	return sum;
}

static double linear_margin(const double *weight, const float *x, size_t count)
{
	double sum = weight[count];
	for (size_t j = 0; j < count; j++)
		sum += weight[j] * (double)x[j];
	return sum;
}

/* What was learnt of some rows: weights of the inputs, or a coefficient of each of these rows; the constant is the last. */
typedef struct Part {
	float *x;
	double *y, *weight;
	size_t rows;
} Part;

static void part_clear(Part *p)
{
	g_free(p->x);
	g_free(p->y);
	g_free(p->weight);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Part, part_clear)

/* Learns from all rows but those of a fold (-1: all).  *ret_seen false: there is only one side. */
static bool learn(const Learning *l, size_t class, int without, Part *p, bool *ret_seen, GError **error)
{
	size_t count = l->m->inputs.count;
	bool sides[2] = {false, false};
	p->x = g_new(float, l->rows *count + 1);
	p->y = g_new(double, l->rows + 1);
	for (size_t i = 0; i < l->rows; i++) {
		if (l->fold[i] == without)
			continue;
		memcpy(p->x + p->rows * count, l->x + i * count, count * sizeof *p->x);
		p->y[p->rows] = side(l, i, class);
		sides[p->y[p->rows] > 0] = true;
		p->rows++;
	}
	p->weight = g_new0(double, (l->radial ? p->rows : count) + 1);
	*ret_seen = l->set->classes ? sides[0] && sides[1] : p->rows > 0;
	if (!*ret_seen)
		return true;
	SvmRows rows = {.x = p->x, .rows = p->rows, .columns = count, .y = p->y, .regression = l->set->classes == 0};
	if (!l->radial)
		return svm_fit_linear(&rows, &l->how, p->weight, error);
	double rho;
	if (!svm_fit_radial(&rows, &l->how, p->weight, &rho, error))
		return false;
	p->weight[p->rows] = -rho;
	return true;
}

static double part_margin(const Learning *l, const Part *p, const float *x)
{
	size_t count = l->m->inputs.count;
	if (!l->radial)
		return linear_margin(p->weight, x, count);
	double sum = p->weight[p->rows];
	for (size_t k = 0; k < p->rows; k++)
		if (p->weight[k] != 0)
			sum += p->weight[k] * exp(-l->how.gamma * distance(x, p->x + k * count, count));
	return sum;
}

/* Platt's curve of a class on margins out of fold. */
static void fit_curve(const Learning *l, size_t class, double *ret)
{
	g_autofree double *scores = g_new(double, 2 * l->rows), *y = g_new(double, l->rows);
	g_autoptr(GArray) curve = g_array_new(FALSE, FALSE, sizeof(double));
	for (size_t i = 0; i < l->rows; i++) {
		y[i] = side(l, i, class) > 0;
		scores[2 * i + 1] = 1 / (1 + exp(-l->margin[i]));
		scores[2 * i] = 1 - scores[2 * i + 1];
	}
	Scored s = {.rows = l->rows, .classes = 2, .y = y, .scores = scores, .positive = 1};
	ret[0] = 1;
	ret[1] = 0;
	if (calibration_find("platt")->fit(&s, 1, curve) && curve->len == 2)
		memcpy(ret, curve->data, 2 * sizeof *ret);
}

static bool find_curve(Learning *l, size_t class, double *ret, GError **error)
{
	for (int f = 0; f < FOLDS; f++) {
		g_auto(Part) p = {0};
		bool seen;
		if (!learn(l, class, f, &p, &seen, error))
			return false;
		for (size_t i = 0; i < l->rows; i++)
			if (l->fold[i] == f)
				l->margin[i] = seen ? part_margin(l, &p, l->x + i * l->m->inputs.count) : 0;
	}
	fit_curve(l, class, ret);
	return true;
}

/* Keeps the rows that are support vectors of any margin. */
static void keep_vectors(Svm *m, const Learning *l, const double *all)
{
	size_t count = m->inputs.count, kept = 0;
	m->vector = g_new(float, l->rows *count + 1);
	m->weight = g_new0(double, m->margins *(l->rows + 1));
	g_autofree size_t *row = g_new(size_t, l->rows + 1);
	for (size_t i = 0; i < l->rows; i++) {
		bool used = false;
		for (size_t k = 0; k < m->margins; k++)
			used = used || all[k * (l->rows + 1) + i] != 0;
		if (!used)
			continue;
		memcpy(m->vector + kept * count, l->x + i * count, count * sizeof *m->vector);
		row[kept++] = i;
	}
	m->vectors = (uint32_t)MAX(kept, 1); /* none: one that counts nothing, so that the kind is known */
	if (kept == 0)
		memset(m->vector, 0, count * sizeof *m->vector);
	for (size_t k = 0; k < m->margins; k++) {
		for (size_t v = 0; v < kept; v++)
			m->weight[k * (m->vectors + 1) + v] = all[k * (l->rows + 1) + row[v]];
		m->weight[k * (m->vectors + 1) + m->vectors] = all[k * (l->rows + 1) + l->rows];
	}
}

static bool learn_all(Learning *l, GError **error)
{
	Svm *m = l->m;
	size_t width = (l->radial ? l->rows : m->inputs.count) + 1;
	g_autofree double *all = g_new0(double, m->margins *width);
	for (size_t k = 0; k < m->margins; k++) {
		g_auto(Part) p = {0};
		bool seen;
		size_t class = m->classes == 2 ? 1 : k;
		if (!learn(l, class, -1, &p, &seen, error))
			return false;
		memcpy(all + k * width, p.weight, width * sizeof *all);
		if (m->classes && !find_curve(l, class, m->curve + 2 * k, error))
			return false;
	}
	if (l->radial)
		keep_vectors(m, l, all);
	else
		m->weight = g_steal_pointer(&all);
	m->gamma = l->how.gamma;
	return true;
}

static bool svm_train_family(
        const TrainSet *set, const json_t *params, void **ret_model, json_t **ret_params, GError **error)
{
	g_autoptr(Svm) m = g_new0(Svm, 1);
	g_auto(Learning) l = {.set = set, .m = m};
	if (set->x->rows == 0)
		return fail(error, FAIL_INVALID, "there are no rows to learn from");
	m->classes = (uint32_t)set->classes;
	m->margins = set->classes > 2 ? m->classes : 1;
	m->label = label_scale(set);
	m->curve = g_new0(double, 2 * m->margins);
	scaled_inputs_measure(set, &m->inputs);
	if (!begin(&l, params, error) || !learn_all(&l, error))
		return false;
	*ret_model = g_steal_pointer(&m);
	return true;
}

/* near: a place for the vectors' weights of this row. */
static void margins_of(const Svm *m, const float *x, double *near, double *ret)
{
	size_t count = m->inputs.count, width = width_of(m);
	for (size_t v = 0; v < m->vectors; v++)
		near[v] = exp(-m->gamma * distance(x, m->vector + v * count, count));
	for (size_t k = 0; k < m->margins; k++) {
		const double *weight = m->weight + k * width;
		double sum = weight[width - 1];
		for (size_t v = 0; v < m->vectors; v++)
			sum += weight[v] * near[v];
		ret[k] = m->vectors ? sum : linear_margin(weight, x, count);
	}
}

/* Margins become probabilities, in place; ret has room for all classes. */
static void probabilities(const Svm *m, double *ret)
{
	double sum = 0;
	for (size_t k = 0; k < m->margins; k++) {
		double p = 1 / (1 + exp(-ret[k]));
		ret[k] = calibration_find("platt")->apply(m->curve + 2 * k, 2, p);
		sum += ret[k];
	}
	if (m->classes == 2) {
		ret[1] = ret[0];
		ret[0] = 1 - ret[1];
		return;
	}
	for (size_t k = 0; k < m->classes; k++)
		ret[k] = sum > 0 ? ret[k] / sum : 1.0 / m->classes;
}

static bool svm_predict_family(const void *model, const Matrix *x, double *ret, GError **error)
{
	const Svm *m = model;
	if (!matrix_check_columns(x, m->inputs.columns, error))
		return false;
	g_autofree float *input = g_new(float, m->inputs.count + 1);
	g_autofree double *near = g_new(double, m->vectors + 1);
	for (size_t i = 0; i < x->rows; i++, ret += MAX(m->classes, 1u)) {
		scaled_inputs_row(&m->inputs, x->values + i * x->columns, input, m->inputs.count);
		margins_of(m, input, near, ret);
		if (m->classes)
			probabilities(m, ret);
		else
			*ret = m->label.shift + m->label.scale * *ret;
	}
	return true;
}

/* magic, classes, vectors, gamma, shift, scale, inputs, curves, weights, vectors. */
static bool svm_save(const void *model, GBytes **ret, GError **error)
{
	const Svm *m = model;
	GByteArray *to = g_byte_array_new();
	write_magic(to, MAGIC);
	write_u32(to, m->classes);
	write_u32(to, m->vectors);
	const double numbers[] = {m->gamma, m->label.shift, m->label.scale};
	write_items(to, numbers, G_N_ELEMENTS(numbers), sizeof *numbers);
	scaled_inputs_write(&m->inputs, to);
	write_items(to, m->curve, 2 * m->margins, sizeof *m->curve);
	write_items(to, m->weight, m->margins * width_of(m), sizeof *m->weight);
	write_items(to, m->vector, (size_t)m->vectors * m->inputs.count, sizeof *m->vector);
	*ret = g_byte_array_free_to_bytes(to);
	return true;
}

static bool numbers_fit(const Svm *m)
{
	bool good = isfinite(m->gamma) && m->gamma >= 0 && isfinite(m->label.shift) && m->label.scale > 0;
	for (size_t i = 0; good && i < 2 * m->margins; i++)
		good = isfinite(m->curve[i]);
	for (size_t i = 0; good && i < m->margins * width_of(m); i++)
		good = isfinite(m->weight[i]);
	for (size_t i = 0; good && i < (size_t)m->vectors * m->inputs.count; i++)
		good = isfinite(m->vector[i]);
	return good;
}

static bool svm_load(GBytes *bytes, void **ret, GError **error)
{
	g_autoptr(Svm) m = g_new0(Svm, 1);
	ByteReader r = byte_reader(bytes);
	double *numbers[] = {&m->gamma, &m->label.shift, &m->label.scale};
	read_magic(&r, MAGIC);
	m->classes = read_u32(&r);
	m->vectors = read_u32(&r);
	for (size_t i = 0; i < G_N_ELEMENTS(numbers); i++)
		*numbers[i] = read_f64(&r);
	r.ok = r.ok && m->classes <= LIMIT_CLASSES && m->classes != 1 && m->vectors <= RADIAL_ROWS;
	scaled_inputs_read(&r, &m->inputs);
	m->margins = m->classes > 2 ? m->classes : 1;
	m->curve = read_items(&r, 2 * m->margins, sizeof *m->curve);
	m->weight = read_items(&r, m->margins * width_of(m), sizeof *m->weight);
	m->vector = read_items(&r, (size_t)m->vectors * m->inputs.count, sizeof *m->vector);
	if (!read_ended(&r) || !numbers_fit(m))
		return fail(error, FAIL_BROKEN, "the stored support vector machine is damaged");
	*ret = g_steal_pointer(&m);
	return true;
}

/* One linear margin is a sum over the inputs, and Platt's curve is a line in its log odds. */
static void contribute_linear(const Svm *m, const Matrix *x, Contributions *c)
{
	size_t count = m->inputs.count;
	double slope = m->classes ? m->curve[0] : 1, shift = m->classes ? m->curve[1] : 0;
	g_autofree float *input = g_new(float, count + 1);
	for (size_t i = 0; i < x->rows; i++) {
		double *values = contributions_at(c, i, 0);
		scaled_inputs_row(&m->inputs, x->values + i * x->columns, input, count);
		scaled_inputs_terms(&m->inputs, input, m->weight, 1, values);
		values[x->columns] = m->weight[count];
	}
	contributions_scale(c, shift, slope);
	if (!m->classes)
		contributions_scale(c, m->label.shift, m->label.scale);
}

/* Are there basis functions, or several curves whose values are divided by their sum? */
static bool svm_asks(const void *model)
{
	const Svm *m = model;
	return m->vectors || m->margins > 1;
}

static bool svm_contribute(const void *model, const Matrix *x, Contributions **ret, GError **error)
{
	const Svm *m = model;
	if (!matrix_check_columns(x, m->inputs.columns, error))
		return false;
	if (svm_asks(m)) {
		g_autofree float *base = scaled_inputs_base(&m->inputs);
		ShapleyModel asked = {model, svm_predict_family, MAX(m->classes, 1u), m->classes > 0, base};
		return shapley_contribute(&asked, x, ret, error);
	}
	*ret = contributions_new(m->classes ? CONTRIBUTION_LOG_ODDS : CONTRIBUTION_NUMBER, x->rows, 1, x->columns);
	contribute_linear(m, x, *ret);
	return true;
}

static void svm_shape(const void *model, size_t *ret_columns, size_t *ret_outputs)
{
	const Svm *m = model;
	*ret_columns = m->inputs.columns;
	*ret_outputs = MAX(m->classes, 1u);
}

/* Which kernel "auto" means is known with the rows, and a search draws both: it wants both libraries. */
static bool svm_ready(const char *code, const json_t *params, GError **error)
{
	const char *kernel = json_get_text(params, "kernel", "auto");
	return (g_str_equal(kernel, "linear") || svm_radial_ready(error)) &&
	       (g_str_equal(kernel, "radial") || svm_linear_ready(error));
}

static bool svm_form(const void *model, ModelForm *ret, GError **error)
{
	const Svm *m = model;
	size_t width = width_of(m), in = width - 1;
	double *to = g_new(double, width * m->margins);
	*ret = (ModelForm){.kind = FORM_NETWORK,
	        .columns = m->inputs.columns,
	        .outputs = MAX(m->classes, 1u),
	        .margins = m->margins,
	        .link = m->classes ? FORM_CURVES : FORM_SCALED,
	        .shift = m->label.shift,
	        .scale = m->label.scale,
	        .curve = m->curve,
	        .inputs = &m->inputs,
	        .vectors = m->vectors,
	        .vector = m->vector,
	        .gamma = m->gamma,
	        .layers = 1,
	        .layer = {{in, m->margins, to, to + in * m->margins}},
	        .kept = to};
	for (size_t i = 0; i < width; i++)
		for (size_t k = 0; k < m->margins; k++)
			to[i * m->margins + k] = m->weight[k * width + i];
	return true;
}

const ModelFamily FAMILY_SVM = {
        .name = "svm",
        .help = "support vector machine: linear, or of radial basis functions for few rows",
        .tasks = TASK_ANY,
        .params = PARAMS,
        .search_share = 1,
        .ready = svm_ready,
        .train = svm_train_family,
        .predict = svm_predict_family,
        .save = svm_save,
        .load = svm_load,
        .contribute = svm_contribute,
        .contribute_asks = svm_asks,
        .shape = svm_shape,
        .form = svm_form,
        .free = svm_free,
};
