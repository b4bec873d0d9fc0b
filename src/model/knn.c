/* knn.c: the k nearest training rows, by the distance between features on one scale (scaled_inputs.h).
 *
 * The model is the rows themselves, so there is a limit on how many are kept: above it an even random choice.  Ten thousand
 * rows of 50 features predict some ten thousand rows a second. */
#include "model/families.h"

#include <math.h>
#include <string.h>

#include "base/error.h"
#include "base/json.h"
#include "base/limits.h"
#include "model/bytes.h"
#include "model/knn_search.h"
#include "model/scaled_inputs.h"
#include "model/shapley.h"

#define MAGIC "GYKNN02\n"
#define ROWS_MOST 1000000

typedef struct Knn {
	uint32_t classes, k, by_distance, rows;
	double smoothing;
	ScaledInputs inputs;
	double *share; /* of the classes */
	double *y;     /* class index, or the number */
	float *weight;
	float *value; /* rows x inputs.count */
	KnnPoints points;
} Knn;

static const char *const WEIGHTS[] = {"uniform", "distance", NULL};

static const Param PARAMS[] = {
        {.name = "k",
                .type = PARAM_INT,
                .preset = "20",
                .min = 1,
                .max = 1000,
                .flags = PARAM_TUNABLE | PARAM_LOG,
                .tune_min = 3,
                .tune_max = 100,
                .help = "neighbours that are asked"},
        {.name = "weights",
                .type = PARAM_TEXT,
                .preset = "\"distance\"",
                .choices = WEIGHTS,
                .flags = PARAM_TUNABLE,
                .help = "how much each counts: all alike, or by the inverse of its distance"},
        {.name = "smoothing",
                .type = PARAM_REAL,
                .preset = "1",
                .min = 0,
                .max = 1e6,
                .help = "classes: their shares over all rows count beside the neighbours, as so many of them"},
        {.name = "rows",
                .type = PARAM_INT,
                .preset = "10000",
                .min = 1,
                .max = ROWS_MOST,
                .help = "rows that are kept, at most: of more, a random choice"},
        {NULL},
};

static void knn_free(void *model)
{
	Knn *m = model;
	if (!m)
		return;
	scaled_inputs_clear(&m->inputs);
	knn_points_clear(&m->points);
	g_free(m->share);
	g_free(m->y);
	g_free(m->weight);
	g_free(m->value);
	g_free(m);
}
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Knn, knn_free)

static size_t outputs_of(const Knn *m)
{
	return MAX(m->classes, 1u);
}

static int by_number(const void *a, const void *b)
{
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
	return (x > y) - (x < y);
}

/* The rows that are kept, ascending: those with a weight, or a choice of them. */
static uint32_t *choose_rows(const TrainSet *set, size_t most, uint32_t *ret_count)
{
	uint32_t *row = g_new(uint32_t, set->x->rows + 1);
	size_t count = 0;
	for (size_t i = 0; i < set->x->rows; i++)
		if (!set->weight || (float)set->weight[i] > 0)
			row[count++] = (uint32_t)i;
	if (count > most) {
		Rng rng = rng_stream(set->seed, "knn rows");
		rng_shuffle(&rng, row, count);
		qsort(row, most, sizeof *row, by_number);
		count = most;
	}
	*ret_count = (uint32_t)count;
	return row;
}

/* Behind those that are kept already; there is room. */
static void keep_rows(const TrainSet *set, const uint32_t *row, uint32_t count, Knn *m)
{
	for (uint32_t i = 0; i < count; i++, m->rows++) {
		m->y[m->rows] = set->y[row[i]];
		m->weight[m->rows] = set->weight ? (float)set->weight[row[i]] : 1;
		scaled_inputs_row(&m->inputs, set->x->values + (size_t)row[i] * set->x->columns,
		        m->value + (size_t)m->rows * m->inputs.count, m->inputs.count);
	}
}

static void count_shares(const TrainSet *set, Knn *m)
{
	double total = 0;
	m->share = g_new0(double, outputs_of(m));
	for (size_t i = 0; i < set->x->rows && m->classes; i++) {
		double weight = set->weight ? set->weight[i] : 1;
		m->share[(size_t)set->y[i]] += weight;
		total += weight;
	}
	for (uint32_t k = 0; k < m->classes && total > 0; k++)
		m->share[k] /= total;
}

static bool knn_train(const TrainSet *set, const json_t *params, void **ret_model, json_t **ret_params, GError **error)
{
	g_autoptr(Knn) m = g_new0(Knn, 1);
	m->classes = (uint32_t)set->classes;
	uint32_t count;
	g_autofree uint32_t *row = choose_rows(set, (size_t)json_get_int(params, "rows", 10000), &count);
	if (count == 0)
		return fail(error, FAIL_INVALID, "there are no rows to learn from");
	m->k = MIN((uint32_t)json_get_int(params, "k", 20), count);
	m->by_distance = g_str_equal(json_get_text(params, "weights", "distance"), "distance");
	m->smoothing = json_get_number(params, "smoothing", 1);
	scaled_inputs_measure(set, &m->inputs);
	m->y = g_new(double, (size_t)count + 1);
	m->weight = g_new(float, (size_t)count + 1);
	m->value = g_new(float, (size_t)count * m->inputs.count + 1);
	keep_rows(set, row, count, m);
	count_shares(set, m);
	knn_points_init(&m->points, m->value, m->rows, m->inputs.count);
	*ret_model = g_steal_pointer(&m);
	return true;
}

/* How many places of `most` go to `chosen` fresh rows: by how many they are beside all rows before, of which keep counts. */
static uint32_t fresh_places(const Knn *old, const UpdateSet *set, uint32_t chosen, uint32_t most)
{
	double keep = json_get_number(set->how, "keep", 1), fresh = (double)set->fresh->x->rows;
	double before = keep * MAX(set->rows_before, (double)old->rows);
	uint32_t fair = (uint32_t)CLAMP(most * fresh / (before + fresh) + 0.5, 1, most);
	uint32_t free = keep > 0 ? most - MIN(old->rows, most) : most; /* nobody has to go for these */
	return MIN(chosen, MAX(fair, free));
}

/* Rows `row` of the old model, behind which there is room for more. */
static Knn *copy_rows(const Knn *old, const uint32_t *row, uint32_t count, uint32_t room)
{
	Knn *m = g_new0(Knn, 1);
	size_t width = old->inputs.count;
	m->classes = old->classes;
	m->by_distance = old->by_distance;
	m->smoothing = old->smoothing;
	scaled_inputs_copy(&old->inputs, &m->inputs);
	m->rows = count;
	m->y = g_new(double, (size_t)count + room + 1);
	m->weight = g_new(float, (size_t)count + room + 1);
	m->value = g_new(float, ((size_t)count + room) * width + 1);
	for (uint32_t i = 0; i < count; i++) {
		m->y[i] = old->y[row[i]];
		m->weight[i] = old->weight[row[i]];
		memcpy(m->value + i * width, old->value + row[i] * width, width * sizeof *m->value);
	}
	return m;
}

static void mix_shares(const Knn *old, const UpdateSet *set, Knn *m)
{
	double before = json_get_number(set->how, "keep", 1) * set->rows_before, fresh = (double)set->fresh->x->rows;
	count_shares(set->fresh, m);
	for (uint32_t k = 0; k < m->classes && before > 0; k++)
		m->share[k] = (before * old->share[k] + fresh * m->share[k]) / (before + fresh);
}

/* Fresh rows join those that were kept; where there are too many, chance decides who goes, so that what is kept is a choice of
 * all rows there ever were (keep 1), or of the fresh ones alone (0).  What is far and what is near stays measured as it was. */
static bool knn_update(const void *model, const UpdateSet *set, void **ret_model, GError **error)
{
	const Knn *old = model;
	uint32_t most = (uint32_t)json_get_int(set->params, "rows", 10000), fresh, all;
	g_autofree uint32_t *chosen = choose_rows(set->fresh, most, &all);
	if (all == 0)
		return fail(error, FAIL_INVALID, "there are no rows to learn on from");
	fresh = fresh_places(old, set, all, most);
	Rng rng = rng_stream(set->fresh->seed, "knn update");
	rng_shuffle(&rng, chosen, all);
	qsort(chosen, fresh, sizeof *chosen, by_number);
	g_autofree uint32_t *stays = g_new(uint32_t, old->rows);
	uint32_t stay = json_get_number(set->how, "keep", 1) > 0 ? MIN(old->rows, most - fresh) : 0;
	for (uint32_t i = 0; i < old->rows; i++)
		stays[i] = i;
	rng_shuffle(&rng, stays, old->rows);
	qsort(stays, stay, sizeof *stays, by_number);
	g_autoptr(Knn) m = copy_rows(old, stays, stay, fresh);
	keep_rows(set->fresh, chosen, fresh, m);
	mix_shares(old, set, m);
	m->k = MIN((uint32_t)json_get_int(set->params, "k", 20), m->rows);
	knn_points_init(&m->points, m->value, m->rows, m->inputs.count);
	*ret_model = g_steal_pointer(&m);
	return true;
}

/* Neighbours at no distance at all are the only ones that count. */
static double vote(const Knn *m, const KnnNear *near, size_t i)
{
	double weight = (double)m->weight[near[i].point];
	if (!m->by_distance)
		return weight;
	if (near[0].squared == 0)
		return near[i].squared == 0 ? weight : 0;
	return weight / sqrt(near[i].squared);
}

static void answer(const Knn *m, const KnnNear *near, double *ret)
{
	double total = 0;
	memset(ret, 0, outputs_of(m) * sizeof *ret);
	for (size_t i = 0; i < m->k; i++) {
		double v = vote(m, near, i);
		total += v;
		ret[m->classes ? (size_t)m->y[near[i].point] : 0] += m->classes ? v : v * m->y[near[i].point];
	}
	double own = m->classes ? m->k / (m->k + m->smoothing) : 1;
	for (size_t k = 0; k < outputs_of(m); k++)
		ret[k] = own * ret[k] / total + (1 - own) * m->share[k];
}

static bool knn_predict(const void *model, const Matrix *x, double *ret, GError **error)
{
	const Knn *m = model;
	size_t width = m->inputs.count;
	if (!matrix_check_columns(x, m->inputs.columns, error))
		return false;
	g_autofree float *inputs = g_new(float, KNN_TOGETHER *width + 1);
	g_autofree KnnNear *near = g_new(KnnNear, KNN_TOGETHER * (size_t)m->k);
	for (size_t from = 0; from < x->rows; from += KNN_TOGETHER) {
		size_t rows = MIN(x->rows - from, (size_t)KNN_TOGETHER);
		for (size_t r = 0; r < rows; r++)
			scaled_inputs_row(&m->inputs, x->values + (from + r) * x->columns, inputs + r * width, width);
		knn_nearest(&m->points, inputs, rows, m->k, near);
		for (size_t r = 0; r < rows; r++)
			answer(m, near + r * m->k, ret + (from + r) * outputs_of(m));
	}
	return true;
}

/* magic, classes, k, by_distance, rows, smoothing, inputs, share, y, weight, value. */
static bool knn_save(const void *model, GBytes **ret, GError **error)
{
	const Knn *m = model;
	GByteArray *to = g_byte_array_new();
	write_magic(to, MAGIC);
	write_u32(to, m->classes);
	write_u32(to, m->k);
	write_u32(to, m->by_distance);
	write_u32(to, m->rows);
	write_f64(to, m->smoothing);
	scaled_inputs_write(&m->inputs, to);
	write_items(to, m->share, outputs_of(m), sizeof *m->share);
	write_items(to, m->y, m->rows, sizeof *m->y);
	write_items(to, m->weight, m->rows, sizeof *m->weight);
	write_items(to, m->value, (size_t)m->rows * m->inputs.count, sizeof *m->value);
	*ret = g_byte_array_free_to_bytes(to);
	return true;
}

static bool numbers_fit(const Knn *m)
{
	for (uint32_t i = 0; i < m->rows; i++) {
		if (!(m->weight[i] > 0) || !isfinite(m->weight[i]) || !isfinite(m->y[i]))
			return false;
		if (m->classes && !(m->y[i] >= 0 && m->y[i] < m->classes))
			return false;
	}
	for (size_t k = 0; k < outputs_of(m); k++)
		if (!(m->share[k] >= 0 && m->share[k] <= 1))
			return false;
	for (size_t i = 0; i < (size_t)m->rows * m->inputs.count; i++)
		if (!(fabsf(m->value[i]) <= 4)) /* what scaled_inputs_row makes lies within 3 */
			return false;
	return m->smoothing >= 0 && isfinite(m->smoothing);
}

static bool knn_load(GBytes *bytes, void **ret, GError **error)
{
	g_autoptr(Knn) m = g_new0(Knn, 1);
	ByteReader r = byte_reader(bytes);
	read_magic(&r, MAGIC);
	m->classes = read_u32(&r);
	m->k = read_u32(&r);
	m->by_distance = read_u32(&r);
	m->rows = read_u32(&r);
	m->smoothing = read_f64(&r);
	r.ok = r.ok && m->classes <= LIMIT_CLASSES && m->classes != 1 && m->by_distance <= 1 && m->k >= 1 &&
	       m->k <= m->rows && m->rows <= ROWS_MOST;
	scaled_inputs_read(&r, &m->inputs);
	m->share = read_items(&r, outputs_of(m), sizeof *m->share);
	m->y = read_items(&r, m->rows, sizeof *m->y);
	m->weight = read_items(&r, m->rows, sizeof *m->weight);
	m->value = read_items(&r, (size_t)m->rows * m->inputs.count, sizeof *m->value);
	if (!read_ended(&r) || !numbers_fit(m))
		return fail(error, FAIL_BROKEN, "the stored neighbours are damaged");
	knn_points_init(&m->points, m->value, m->rows, m->inputs.count);
	*ret = g_steal_pointer(&m);
	return true;
}

/* By asking: features work together. */
static bool knn_contribute(const void *model, const Matrix *x, Contributions **ret, GError **error)
{
	const Knn *m = model;
	g_autofree float *base = scaled_inputs_base(&m->inputs);
	ShapleyModel asked = {model, knn_predict, outputs_of(m), m->classes > 0, base};
	return shapley_contribute(&asked, x, ret, error);
}

static bool always_asks(const void *model)
{
	return true;
}

static void knn_shape(const void *model, size_t *ret_columns, size_t *ret_outputs)
{
	*ret_columns = ((const Knn *)model)->inputs.columns;
	*ret_outputs = outputs_of(model);
}

const ModelFamily FAMILY_KNN = {
        .name = "knn",
        .help = "the nearest training rows: their share of each class, or their mean",
        .tasks = TASK_ANY,
        .params = PARAMS,
        .search_share = 1,
        .train = knn_train,
        .update = knn_update,
        .predict = knn_predict,
        .save = knn_save,
        .load = knn_load,
        .contribute = knn_contribute,
        .contribute_asks = always_asks,
        .shape = knn_shape,
        .free = knn_free,
};
