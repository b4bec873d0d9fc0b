/* error_model.c: what scores mean, or a tree of the errors, and how it is read back. */
#include "model/error_model.h"

#include <math.h>
#include <string.h>

#include "base/error.h"
#include "base/json.h"
#include "model/grow.h"
#include "stats/calibration.h"
#include "stats/estimate.h"
#include "stats/moments.h"

enum { LEAST_ROWS = 200, LEAF_ROWS = 50, DEPTH = 6, LEAVES = 32, NODES_MOST = 2 * LEAVES, LEAF_NUMBERS = 7 };

typedef struct Node {
	size_t feature, left; /* left 0: a leaf */
	double value;
	bool missing_right;
	size_t leaf;
} Node;

struct ErrorModel {
	size_t columns; /* with the prediction */
	Node *nodes;
	ErrorLeaf *leaves;
	size_t node_count, leaf_count;
};

static double *meaning_of(const Scored *s, const json_t *calibration)
{
	double *truth = g_memdup2(s->scores, MAX(s->rows * s->classes, 1) * sizeof *truth);
	g_autoptr(Calibration) c = NULL;
	if (calibration && calibration_load(calibration, s->classes, s->positive, &c, NULL))
		calibration_apply(c, truth, s->rows);
	return truth;
}

static GArray *metrics_of(unsigned task)
{
	GArray *all = g_array_new(FALSE, FALSE, sizeof(MetricEstimate));
	for (const MetricKind *const *m = METRICS; *m; m++) {
		MetricEstimate one = {.metric = *m};
		if ((*m)->tasks & task)
			g_array_append_val(all, one);
	}
	return all;
}

/* Expectations know no weights, so neither does what they are held against. */
static json_t *lean_of(const Scored *s, const json_t *calibration, uint64_t seed)
{
	g_autofree double *truth = meaning_of(s, calibration);
	g_autoptr(GArray) all = metrics_of(scored_task(s));
	MetricEstimate *estimates = (MetricEstimate *)(void *)all->data;
	Scored plain = *s;
	plain.rows = MIN(s->rows, ESTIMATE_NUMBERS / (s->classes * s->classes));
	plain.weight = NULL;
	estimate_values(&plain, truth, seed, estimates, all->len);
	json_t *lean = json_object();
	for (guint i = 0; i < all->len; i++) {
		double off = estimates[i].metric->compute(&plain) - estimates[i].value;
		if (isfinite(off))
			json_object_set_new(lean, estimates[i].metric->name, json_real(off));
	}
	return lean;
}

json_t *error_model_of_classes(const Scored *s, uint64_t seed)
{
	json_t *calibration = NULL, *told = NULL;
	calibration_fit(s, "auto", seed, &calibration, &told);
	json_decref(told);
	json_t *lean = lean_of(s, calibration, seed);
	return json_pack("{s:I,s:o,s:o}", "rows", (json_int_t)s->rows, "calibration",
	        calibration ? calibration : json_null(), "lean", lean);
}

/* Numbers of the rows with a known truth, then the prediction. */
static Matrix *inputs_of(const Matrix *x, const Scored *s)
{
	size_t numbers = matrix_numbers(x), known = 0;
	Matrix *m = matrix_new(s->rows, numbers + 1);
	for (size_t i = 0; i < s->rows; i++) {
		if (!isfinite(s->y[i]) || !isfinite(s->scores[i]))
			continue;
		float *row = m->values + known++ * m->columns;
		memcpy(row, x->values + i * x->columns, numbers * sizeof *row);
		row[numbers] = (float)s->scores[i];
	}
	m->rows = known;
	return m;
}

static double *errors_of(const Scored *s)
{
	double *errors = g_new(double, MAX(s->rows, 1));
	for (size_t i = 0, known = 0; i < s->rows; i++)
		if (isfinite(s->y[i]) && isfinite(s->scores[i]))
			errors[known++] = s->scores[i] - s->y[i];
	return errors;
}

static Trees *grow(const Matrix *x, const double *errors, uint64_t seed)
{
	g_autofree float *size = g_new(float, x->rows);
	g_autofree double *sizes = g_new(double, x->rows);
	for (size_t i = 0; i < x->rows; i++)
		size[i] = (float)(sizes[i] = fabs(errors[i]));
	TrainSet set = {.task = TASK_REGRESSION, .x = x, .y = sizes, .seed = seed, .threads = 1};
	g_autoptr(GrowRows) rows = grow_rows_new(&set, size);
	GrowPlan plan = {.max_depth = DEPTH,
	        .min_rows = LEAF_ROWS,
	        .min_weight = LEAF_ROWS,
	        .tries = x->columns,
	        .block = rows->rows,
	        .sample = rows->rows,
	        .best = true};
	Rng rng = rng_stream(seed, "errors");
	g_autoptr(GrownTree) grown = grow_tree(rows, &plan, &rng);
	grown_tree_prune(grown, LEAVES);
	return grown_average(&grown, 1, x->columns);
}

static size_t walk(const Trees *t, const float *row)
{
	uint32_t at = 0;
	while (t->nodes[at].is_split)
		at = t->nodes[at].left + (trees_goes_right(t, &t->nodes[at], row[t->nodes[at].feature]) ? 1 : 0);
	return at;
}

static void append_part(json_t *leaf, const Moments *m)
{
	json_array_append_new(leaf, json_real(m->mean));
	json_array_append_new(leaf, json_real(m->count > 1 ? moments_variance(m) : 0));
}

/* Every node, a leaf with what came to it. */
static json_t *nodes_json(const Trees *t, const Matrix *x, const double *errors)
{
	size_t count = t->start[1];
	g_autofree Moments *parts = g_new(Moments, 3 * count);
	for (size_t n = 0; n < 3 * count; n++)
		parts[n] = MOMENTS_NONE;
	for (size_t i = 0; i < x->rows; i++) {
		Moments *of = parts + 3 * walk(t, x->values + i * x->columns);
		moments_add(of, errors[i]);
		moments_add(of + 1, fabs(errors[i]));
		moments_add(of + 2, errors[i] * errors[i]);
	}
	json_t *nodes = json_array();
	for (size_t n = 0; n < count; n++) {
		const TreeNode *node = &t->nodes[n];
		json_t *one = node->is_split ? json_pack("[i,f,i,i]", (int)node->feature, (double)node->value,
		                                       (int)node->missing_right, (int)node->left)
		                             : json_pack("[I]", (json_int_t)parts[3 * n].count);
		for (size_t k = 0; !node->is_split && k < 3; k++)
			append_part(one, &parts[3 * n + k]);
		json_array_append_new(nodes, one);
	}
	return nodes;
}

bool error_model_of_numbers(const Matrix *x, const Scored *s, uint64_t seed, json_t **ret, GError **error)
{
	g_autoptr(Matrix) inputs = inputs_of(x, s);
	g_autofree double *errors = errors_of(s);
	double absolute = 0;
	*ret = NULL;
	if (inputs->rows < LEAST_ROWS)
		return true;
	g_autoptr(Trees) t = grow(inputs, errors, seed);
	if (!trees_finish(t, error))
		return false;
	for (size_t i = 0; i < inputs->rows; i++)
		absolute += fabs(errors[i]) / (double)inputs->rows;
	*ret = json_pack("{s:I,s:f,s:I,s:o}", "rows", (json_int_t)inputs->rows, "absolute", absolute, "columns",
	        (json_int_t)inputs->columns, "nodes", nodes_json(t, inputs, errors));
	return true;
}

static double number_at(const json_t *node, size_t i)
{
	return json_number_value(json_array_get(node, i));
}

static bool read_leaf(ErrorModel *m, const json_t *node, Node *ret)
{
	double n[LEAF_NUMBERS];
	for (size_t i = 0; i < LEAF_NUMBERS; i++) {
		n[i] = number_at(node, i);
		if (!isfinite(n[i]))
			return false;
	}
	ret->leaf = m->leaf_count;
	m->leaves[m->leaf_count++] = (ErrorLeaf){n[0], {n[1], n[2]}, {n[3], n[4]}, {n[5], n[6]}};
	return n[0] >= 1 && n[2] >= 0 && n[4] >= 0 && n[6] >= 0;
}

/* A whole number below `end`; anything else is `end`. */
static size_t index_at(const json_t *node, size_t i, size_t end)
{
	const json_t *value = json_array_get(node, i);
	json_int_t n = json_is_integer(value) ? json_integer_value(value) : -1;
	return n >= 0 && (uint64_t)n < end ? (size_t)n : end;
}

/* Children stand behind their parent, so every walk ends. */
static bool read_node(ErrorModel *m, const json_t *node, size_t place)
{
	Node *n = &m->nodes[place];
	if (json_array_size(node) == LEAF_NUMBERS)
		return read_leaf(m, node, n);
	n->feature = index_at(node, 0, m->columns);
	n->value = number_at(node, 1);
	n->missing_right = number_at(node, 2) != 0;
	n->left = index_at(node, 3, m->node_count);
	return json_array_size(node) == 4 && n->feature < m->columns && n->left > place &&
	       n->left + 1 < m->node_count && isfinite(n->value);
}

bool error_model_load(const json_t *errors, size_t columns, ErrorModel **ret, GError **error)
{
	const json_t *nodes = json_object_get(errors, "nodes");
	size_t count = json_array_size(nodes);
	if (json_get_int(errors, "columns", 0) != (json_int_t)columns + 1 || count == 0 || count > NODES_MOST)
		return fail(error, FAIL_BROKEN, "the bundle's tree of its errors does not fit its features");
	g_autoptr(ErrorModel) m = g_new0(ErrorModel, 1);
	m->columns = columns + 1;
	m->node_count = count;
	m->nodes = g_new0(Node, count);
	m->leaves = g_new0(ErrorLeaf, count);
	for (size_t i = 0; i < count; i++)
		if (!read_node(m, json_array_get(nodes, i), i))
			return fail(error, FAIL_BROKEN, "the bundle's tree of its errors is damaged");
	*ret = g_steal_pointer(&m);
	return true;
}

void error_model_free(ErrorModel *m)
{
	if (!m)
		return;
	g_free(m->nodes);
	g_free(m->leaves);
	g_free(m);
}

size_t error_model_leaves(const ErrorModel *m)
{
	return m->leaf_count;
}

const ErrorLeaf *error_model_leaf(const ErrorModel *m, size_t leaf)
{
	return &m->leaves[leaf];
}

size_t error_model_place(const ErrorModel *m, const float *row, double prediction)
{
	const Node *n = m->nodes;
	while (n->left) {
		double x = n->feature + 1 == m->columns ? (double)(float)prediction : (double)row[n->feature];
		bool right = isnan(x) ? n->missing_right : x >= n->value;
		n = m->nodes + n->left + (right ? 1 : 0);
	}
	return n->leaf;
}

/* A leaf's mean is known as well as its rows allow; that part of the error is the same for all who come there. */
static void add_part(ErrorPart *sum, const ErrorPart *leaf, double share, double rows, double learnt)
{
	sum->mean += share * leaf->mean;
	sum->variance += share * leaf->variance / rows + share * share * leaf->variance / learnt;
}

ErrorSum error_model_expect(const ErrorModel *m, const double *counts)
{
	ErrorSum sum = {0};
	for (size_t k = 0; k < m->leaf_count; k++)
		sum.rows += counts[k];
	for (size_t k = 0; k < m->leaf_count && sum.rows > 0; k++) {
		const ErrorLeaf *leaf = &m->leaves[k];
		double share = counts[k] / sum.rows;
		add_part(&sum.error, &leaf->error, share, sum.rows, leaf->rows);
		add_part(&sum.absolute, &leaf->absolute, share, sum.rows, leaf->rows);
		add_part(&sum.square, &leaf->square, share, sum.rows, leaf->rows);
	}
	return sum;
}
