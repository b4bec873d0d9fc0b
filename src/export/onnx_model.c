/* onnx_model.c: trees as one TreeEnsembleRegressor, linear models and networks as products of matrices,
 * ensembles as sums.
 *
 * A split on a set of categories becomes a chain of tests for equality whose yes leads to the same child: the form that ONNX
 * Runtime knows from LightGBM. */
#include "export/onnx_model.h"

#include <float.h>
#include <math.h>

#include "model/scaled_inputs.h"

static const char *both(Onnx *o, const char *op, const char *a, const char *b)
{
	return onnx_node(o, op, a, b, NULL);
}

static const char *with(Onnx *o, const char *op, const char *a, double p)
{
	return both(o, op, a, onnx_number(o, p));
}

/* The columns of an ensemble of trees, as the attributes want them: one list a field. */
typedef struct Lists {
	GArray *tree, *node, *feature, *yes, *no, *missing; /* of int64_t */
	GArray *value;                                      /* of float */
	GPtrArray *mode;
	GArray *leaf_tree, *leaf_node, *leaf_target; /* of int64_t */
	GArray *weight;                              /* of float */
} Lists;

static void put(GArray *to, int64_t value)
{
	g_array_append_val(to, value);
}

typedef struct Test {
	int64_t node, yes, no;
	float value;
	const char *mode;
	bool missing_yes;
} Test;

static void put_node(Lists *l, int64_t tree, int64_t feature, Test t)
{
	put(l->tree, tree);
	put(l->node, t.node);
	put(l->feature, feature);
	put(l->yes, t.yes);
	put(l->no, t.no);
	put(l->missing, t.missing_yes);
	g_array_append_val(l->value, t.value);
	g_ptr_array_add(l->mode, (void *)t.mode);
}

/* Each category of the set a test; the last no is the left child.  extra: the next free number of a node. */
static void put_set(Lists *l, const Trees *t, uint32_t tree, uint32_t at, int64_t *extra)
{
	const TreeNode *n = &t->nodes[at];
	const uint32_t *set = t->sets + tree_node_set(n);
	int64_t first = t->start[tree], node = at - first;
	size_t left = 0;
	for (uint32_t c = 0; c < set[0] * 32; c++)
		left += set[1 + c / 32] >> c % 32 & 1;
	if (left == 0)
		put_node(l, tree, n->feature,
		        (Test){node, n->left - first, n->left + 1 - first, FLT_MAX, "BRANCH_LEQ", !n->missing_right});
	for (uint32_t c = 0; c < set[0] * 32; c++) {
		if (!(set[1 + c / 32] >> c % 32 & 1))
			continue;
		int64_t no = --left ? (*extra)++ : n->left - first;
		put_node(l, tree, n->feature,
		        (Test){node, n->left + 1 - first, no, (float)c, "BRANCH_EQ", n->missing_right});
		node = no;
	}
}

static void put_tree(Lists *l, const Trees *t, uint32_t tree)
{
	int64_t first = t->start[tree], extra = t->start[tree + 1] - first;
	for (uint32_t i = t->start[tree]; i < t->start[tree + 1]; i++) {
		const TreeNode *n = &t->nodes[i];
		if (n->by_set) {
			put_set(l, t, tree, i, &extra);
		} else if (n->is_split) {
			put_node(l, tree, n->feature,
			        (Test){i - first, n->left - first, n->left + 1 - first, n->value, "BRANCH_LT",
			                !n->missing_right});
		} else {
			put_node(l, tree, 0, (Test){i - first, 0, 0, 0, "LEAF", false});
			put(l->leaf_tree, tree);
			put(l->leaf_node, i - first);
			put(l->leaf_target, t->group[tree]);
			g_array_append_val(l->weight, n->value);
		}
	}
}

static void say_ints(Onnx *o, const char *name, GArray *list)
{
	onnx_ints(o, name, (const int64_t *)(const void *)list->data, list->len);
	g_array_unref(list);
}

static void say_floats(Onnx *o, const char *name, GArray *list)
{
	onnx_floats(o, name, (const float *)(const void *)list->data, list->len);
	g_array_unref(list);
}

static GArray *ints(void)
{
	return g_array_new(FALSE, FALSE, sizeof(int64_t));
}

static const char *margins_of(Onnx *o, const Trees *t, const char *x)
{
	Lists l = {ints(), ints(), ints(), ints(), ints(), ints(), g_array_new(FALSE, FALSE, sizeof(float)),
	        g_ptr_array_new(), ints(), ints(), ints(), g_array_new(FALSE, FALSE, sizeof(float))};
	for (uint32_t i = 0; i < t->count; i++)
		put_tree(&l, t, i);
	onnx_int(o, "n_targets", t->groups);
	onnx_texts(o, "nodes_modes", (const char *const *)l.mode->pdata, l.mode->len);
	g_ptr_array_unref(l.mode);
	say_ints(o, "nodes_treeids", l.tree);
	say_ints(o, "nodes_nodeids", l.node);
	say_ints(o, "nodes_featureids", l.feature);
	say_ints(o, "nodes_truenodeids", l.yes);
	say_ints(o, "nodes_falsenodeids", l.no);
	say_ints(o, "nodes_missing_value_tracks_true", l.missing);
	say_floats(o, "nodes_values", l.value);
	say_ints(o, "target_treeids", l.leaf_tree);
	say_ints(o, "target_nodeids", l.leaf_node);
	say_ints(o, "target_ids", l.leaf_target);
	say_floats(o, "target_weights", l.weight);
	return onnx_cast(o, onnx_node(o, "ml.TreeEnsembleRegressor", x, NULL, NULL), ONNX_DOUBLE);
}

static const char *sum_of(Onnx *o, const char *a)
{
	return both(o, "ReduceSum", a, onnx_list(o, (const int64_t[]){1}, 1));
}

static const char *two_classes(Onnx *o, const char *second)
{
	const char *parts[] = {both(o, "Sub", onnx_number(o, 1), second), second};
	return onnx_concat(o, parts, 2);
}

static const char *inverse(Onnx *o, const char *margins) /* 1 / (1 + e^-margin) */
{
	const char *away = onnx_node(o, "Exp", onnx_node(o, "Neg", margins, NULL, NULL), NULL, NULL);
	return both(o, "Div", onnx_number(o, 1), with(o, "Add", away, 1));
}

static const char *logistic(Onnx *o, const char *margin)
{
	return two_classes(o, inverse(o, margin));
}

static const char *softmax(Onnx *o, const char *margins)
{
	onnx_int(o, "axis", 1);
	return onnx_node(o, "Softmax", margins, NULL, NULL);
}

static const char *scaled(Onnx *o, const char *margin, double shift, double scale)
{
	return with(o, "Add", with(o, "Mul", margin, scale), shift);
}

static const char *exponential(Onnx *o, const char *margin, double scale)
{
	return with(o, "Mul", onnx_node(o, "Exp", with(o, "Min", margin, FORM_MARGIN_MOST), NULL, NULL), scale);
}

/* Each by their sum; where it is 0, alike. */
static const char *by_sum(Onnx *o, const char *parts, size_t count)
{
	const char *sum = sum_of(o, parts), *is_there = with(o, "Greater", sum, 0);
	return onnx_node(o, "Where", is_there, both(o, "Div", parts, sum), onnx_number(o, 1.0 / (double)count));
}

static const char *shares(Onnx *o, const char *margins, size_t groups)
{
	const char *cut = with(o, "Min", with(o, "Max", margins, 0), 1);
	return groups == 1 ? two_classes(o, cut) : by_sum(o, cut, groups);
}

static const char *curves(Onnx *o, const ModelForm *f, const char *margins)
{
	g_autofree double *slope = g_new(double, f->margins), *shift = g_new(double, f->margins);
	for (size_t k = 0; k < f->margins; k++) {
		slope[k] = f->curve[2 * k];
		shift[k] = f->curve[2 * k + 1];
	}
	const char *odds = with(o, "Min", with(o, "Max", margins, -FORM_ODDS_MOST), FORM_ODDS_MOST);
	const char *steep = both(o, "Mul", odds, onnx_matrix(o, slope, 0, f->margins));
	const char *p = inverse(o, both(o, "Add", steep, onnx_matrix(o, shift, 0, f->margins)));
	return f->margins == 1 ? two_classes(o, p) : by_sum(o, p, f->margins);
}

static const char *trees(Onnx *o, const Trees *t, const char *x)
{
	const char *m = margins_of(o, t, x);
	switch (t->link) {
	case LINK_SCALED:
		return scaled(o, m, t->shift, t->scale);
	case LINK_LOGISTIC:
		return logistic(o, m);
	case LINK_SOFTMAX:
		return softmax(o, m);
	case LINK_EXPONENTIAL:
		return exponential(o, m, t->scale);
	default:
		return shares(o, m, t->groups);
	}
}

static const char *held(Onnx *o, const ModelForm *f, const char *score)
{
	return f->is_held ? with(o, "Min", with(o, "Max", score, f->low), f->high) : score;
}

static const char *linked(Onnx *o, const ModelForm *f, const char *margins)
{
	switch (f->link) {
	case FORM_SCALED:
		return held(o, f, scaled(o, margins, f->shift, f->scale));
	case FORM_LOGISTIC:
		return logistic(o, margins);
	case FORM_SOFTMAX:
		return softmax(o, margins);
	case FORM_CURVES:
		return curves(o, f, margins);
	default:
		return exponential(o, margins, 1);
	}
}

static const char *linear(Onnx *o, const ModelForm *f, const char *x)
{
	const char *value = onnx_cast(o, x, ONNX_DOUBLE), *absent = onnx_node(o, "IsNaN", value, NULL, NULL);
	const char *moved = both(o, "Sub", value, onnx_matrix(o, f->centre, 0, f->columns));
	const char *present = onnx_node(o, "Where", absent, onnx_number(o, 0), moved);
	const char *by = both(o, "MatMul", present, onnx_matrix(o, f->slope, f->columns, f->margins));
	if (f->square) {
		const char *square = onnx_matrix(o, f->square, f->columns, f->margins);
		by = both(o, "Add", by, both(o, "MatMul", both(o, "Mul", present, present), square));
	}
	const char *missing = onnx_matrix(o, f->missing, f->columns, f->margins);
	const char *of_absent = both(o, "MatMul", onnx_cast(o, absent, ONNX_DOUBLE), missing);
	const char *m = both(o, "Add", both(o, "Add", by, of_absent), onnx_matrix(o, f->intercept, 0, f->margins));
	return linked(o, f, m);
}

/* 1 for each feature that has a flag where it is missing; NULL: none has. */
static const char *flags(Onnx *o, const ScaledInputs *in, const char *absent)
{
	g_autoptr(GArray) flagged = g_array_new(FALSE, FALSE, sizeof(int64_t));
	for (uint32_t j = 0; j < in->columns; j++)
		if (in->flag[j])
			put(flagged, j);
	if (flagged->len == 0)
		return NULL;
	const char *all = onnx_cast(o, absent, ONNX_FLOAT);
	const char *which = onnx_list(o, (const int64_t *)(const void *)flagged->data, flagged->len);
	onnx_int(o, "axis", 1);
	return both(o, "Gather", all, which);
}

/* rows x inputs float: model/scaled_inputs.h. */
static const char *scaled_inputs(Onnx *o, const ScaledInputs *in, const char *x)
{
	const char *value = onnx_cast(o, x, ONNX_DOUBLE), *absent = onnx_node(o, "IsNaN", value, NULL, NULL);
	const char *away = both(o, "Sub", value, onnx_matrix(o, in->centre, 0, in->columns));
	const char *z = both(o, "Mul", away, onnx_matrix(o, in->scale, 0, in->columns));
	const char *ninth = with(o, "Div", both(o, "Mul", z, z), 9);
	const char *bent = both(o, "Div", z, onnx_node(o, "Sqrt", with(o, "Add", ninth, 1), NULL, NULL));
	const char *values[] = {
	        onnx_cast(o, onnx_node(o, "Where", absent, onnx_number(o, 0), bent), ONNX_FLOAT), flags(o, in, absent)};
	return values[1] ? onnx_concat(o, values, 2) : values[0];
}

/* |a - v|^2 = |a|^2 + |v|^2 - 2 a v, rows x vectors. */
static const char *nearness(Onnx *o, const ModelForm *f, const char *inputs)
{
	size_t count = f->inputs->count;
	g_autofree double *turned = g_new(double, count * f->vectors + 1), *square = g_new0(double, f->vectors);
	for (size_t v = 0; v < f->vectors; v++)
		for (size_t i = 0; i < count; i++) {
			double value = (double)f->vector[v * count + i];
			turned[i * f->vectors + v] = value;
			square[v] += value * value;
		}
	const char *product = both(o, "MatMul", inputs, onnx_matrix(o, turned, count, f->vectors));
	const char *own = sum_of(o, both(o, "Mul", inputs, inputs));
	const char *squares = both(o, "Add", own, onnx_matrix(o, square, 0, f->vectors));
	const char *apart = both(o, "Sub", squares, with(o, "Mul", product, 2));
	return onnx_node(o, "Exp", with(o, "Mul", apart, -f->gamma), NULL, NULL);
}

static const char *network(Onnx *o, const ModelForm *f, const char *x)
{
	const char *at = scaled_inputs(o, f->inputs, x);
	if (!f->single)
		at = onnx_cast(o, at, ONNX_DOUBLE);
	if (f->vectors)
		at = nearness(o, f, at);
	for (size_t l = 0; l < f->layers; l++) {
		const FormLayer *y = &f->layer[l];
		const char *weight = (f->single ? onnx_float_matrix : onnx_matrix)(o, y->weight, y->in, y->out);
		at = onnx_node(o, "Gemm", at, weight,
		        (f->single ? onnx_float_matrix : onnx_matrix)(o, y->intercept, 0, y->out));
		if (l + 1 < f->layers)
			at = onnx_node(o, "Relu", at, NULL, NULL);
	}
	return linked(o, f, f->single ? onnx_cast(o, at, ONNX_DOUBLE) : at);
}

/* The same for each row: a column of zeros, to which it is added. */
static const char *constant(Onnx *o, const ModelForm *f, const char *x)
{
	const char *zeros = with(o, "Mul", onnx_cast(o, onnx_node(o, "IsNaN", x, NULL, NULL), ONNX_DOUBLE), 0);
	return both(o, "Add", sum_of(o, zeros), onnx_matrix(o, f->scores, 0, f->outputs));
}

static const char *ensemble(Onnx *o, const ModelForm *f, size_t columns, const char *x)
{
	const char *sum = NULL;
	bool by_logs = f->intercept && f->outputs > 1;
	for (size_t i = 0; i < f->count; i++) {
		const char *said = onnx_model(o, &f->members[i], columns, x);
		if (by_logs)
			said = onnx_node(o, "Log", with(o, "Max", said, f->least), NULL, NULL);
		said = with(o, "Mul", said, f->weight[i]);
		sum = sum ? both(o, "Add", sum, said) : said;
	}
	if (f->intercept)
		sum = both(o, "Add", sum, onnx_matrix(o, f->intercept, 0, f->outputs));
	return by_logs ? softmax(o, sum) : sum;
}

const char *onnx_model(Onnx *o, const ModelForm *form, size_t columns, const char *x)
{
	if (form->columns && form->columns < columns) {
		x = onnx_first(o, x, form->columns);
		columns = form->columns;
	}
	switch (form->kind) {
	case FORM_LINEAR:
		return linear(o, form, x);
	case FORM_TREES:
		return trees(o, form->trees, x);
	case FORM_NETWORK:
		return network(o, form, x);
	case FORM_ENSEMBLE:
		return ensemble(o, form, columns, x);
	default:
		return constant(o, form, x);
	}
}
