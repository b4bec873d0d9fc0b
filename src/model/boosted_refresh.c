/* boosted_refresh.c: passes the fresh rows down each tree, sums what reaches each node, and sets its leaves. */
#include "model/boosted_refresh.h"

#include <math.h>
#include <string.h>

#include "base/error.h"
#include "base/json.h"
#include "model/labels.h"
#include "model/trees_join.h"

typedef struct Sums {
	double first, second; /* derivatives of the loss by the margin */
} Sums;

typedef struct Refresh {
	const TrainSet *set;
	Trees *t;
	double eta, lambda, alpha, least, positive_weight, keep;
	float *labels;
	float *margins; /* rows x groups, of the trees done so far */
	Sums *slopes;   /* rows: of the tree under way */
	Sums *nodes;    /* of that tree */
} Refresh;

static void refresh_clear(Refresh *r)
{
	g_free(r->labels);
	g_free(r->margins);
	g_free(r->slopes);
	g_free(r->nodes);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Refresh, refresh_clear)

static double weight_of(const Refresh *r, size_t row)
{
	double w = r->set->weight ? r->set->weight[row] : 1;
	return r->set->task == TASK_BINARY && r->set->y[row] > 0 ? w * r->positive_weight : w;
}

static double softmax_of(const float *margins, uint32_t groups, uint32_t group)
{
	double largest = -INFINITY, sum = 0;
	for (uint32_t k = 0; k < groups; k++)
		largest = MAX(largest, (double)margins[k]);
	for (uint32_t k = 0; k < groups; k++)
		sum += exp((double)margins[k] - largest);
	return exp((double)margins[group] - largest) / sum;
}

/* XGBoost's own second derivatives, with its factor 2 for more than two classes. */
static Sums slope_of(const Refresh *r, size_t row, uint32_t group)
{
	const Trees *t = r->t;
	const float *margin = r->margins + row * t->groups;
	double w = weight_of(r, row);
	if (t->link == LINK_SCALED)
		return (Sums){w * (double)(margin[0] - r->labels[row]), w};
	double p = t->link == LINK_LOGISTIC ? 1 / (1 + exp(-(double)margin[0])) : softmax_of(margin, t->groups, group);
	double hit = t->link == LINK_LOGISTIC ? r->set->y[row] : r->set->y[row] == group ? 1 : 0;
	return (Sums){w * (p - hit), w * MAX(p * (1 - p) * (t->link == LINK_LOGISTIC ? 1 : 2), 1e-16)};
}

/* All margins of a round are those before it: the trees of one round, a group each, do not see each other. */
static void find_slopes(Refresh *r, uint32_t group)
{
	for (size_t i = 0; i < r->set->x->rows; i++)
		r->slopes[i] = slope_of(r, i, group);
}

static uint32_t next_of(const Trees *t, uint32_t at, const float *x)
{
	const TreeNode *n = &t->nodes[at];
	return n->left + (trees_goes_right(t, n, x[n->feature]) ? 1 : 0);
}

static void sum_nodes(Refresh *r, uint32_t tree)
{
	const Trees *t = r->t;
	uint32_t first = t->start[tree];
	memset(r->nodes, 0, (t->start[tree + 1] - first) * sizeof *r->nodes);
	for (size_t i = 0; i < r->set->x->rows; i++) {
		const float *x = r->set->x->values + i * t->columns;
		for (uint32_t at = first;; at = next_of(t, at, x)) {
			r->nodes[at - first].first += r->slopes[i].first;
			r->nodes[at - first].second += r->slopes[i].second;
			if (!t->nodes[at].is_split)
				break;
		}
	}
}

static double shrunk(double first, double alpha)
{
	return first > alpha ? first - alpha : first < -alpha ? first + alpha : 0;
}

static float leaf_of(const Refresh *r, double value, double cover, Sums fresh)
{
	double before = -value / r->eta * (cover + r->lambda);
	before += before > 0 ? r->alpha : before < 0 ? -r->alpha : 0;
	double first = r->keep * before + fresh.first, second = r->keep * cover + fresh.second;
	if (fresh.second < r->least || !(fresh.second > 0)) /* too little to go by */
		return (float)value;
	return (float)(-r->eta * shrunk(first, r->alpha) / (second + r->lambda));
}

static void set_leaves(Refresh *r, uint32_t tree)
{
	Trees *t = r->t;
	uint32_t first = t->start[tree];
	for (uint32_t at = first; at < t->start[tree + 1]; at++) {
		double cover = (double)t->cover[at];
		Sums fresh = r->nodes[at - first];
		if (!t->nodes[at].is_split)
			t->nodes[at].value = leaf_of(r, (double)t->nodes[at].value, cover, fresh);
		t->cover[at] = (float)(r->keep * cover + fresh.second);
	}
}

static void add_tree(Refresh *r, uint32_t tree)
{
	const Trees *t = r->t;
	for (size_t i = 0; i < r->set->x->rows; i++) {
		const float *x = r->set->x->values + i * t->columns;
		uint32_t at = t->start[tree];
		while (t->nodes[at].is_split)
			at = next_of(t, at, x);
		r->margins[i * t->groups + t->group[tree]] += t->nodes[at].value;
	}
}

static void refresh_round(Refresh *r, uint32_t from, uint32_t end)
{
	for (uint32_t tree = from; tree < end; tree++) {
		find_slopes(r, r->t->group[tree]);
		sum_nodes(r, tree);
		set_leaves(r, tree);
	}
	for (uint32_t tree = from; tree < end; tree++)
		add_tree(r, tree);
}

static bool check(const Trees *old, const UpdateSet *set, GError **error)
{
	const char *objective = json_get_text(set->params, "objective", "auto");
	bool plain = g_str_equal(objective, "auto") || g_str_equal(objective, "squared");
	if (!plain)
		return fail(error, FAIL_INVALID,
		        "trees: refresh knows the likelihood of classes and the squared error, not the objective %s; "
		        "trees: "
		        "grow works with it",
		        objective);
	if (g_str_equal(json_get_text(set->params, "booster", "gbtree"), "dart"))
		return fail(
		        error, FAIL_INVALID, "trees: refresh is not for the booster dart; trees: grow works with it");
	return old->cover ||
	       fail(error, FAIL_INVALID,
	               "this model was kept by an earlier version, without the weights of its leaves: trees: "
	               "grow works with it");
}

bool boosted_refresh(const Trees *old, const UpdateSet *set, Trees **ret, GError **error)
{
	const TrainSet *fresh = set->fresh;
	uint32_t largest = 1;
	if (!check(old, set, error))
		return false;
	for (uint32_t i = 0; i < old->count; i++)
		largest = MAX(largest, old->start[i + 1] - old->start[i]);
	g_auto(Refresh) r = {.set = fresh,
	        .t = trees_copy(old),
	        .eta = json_get_number(set->params, "eta", 0.3),
	        .lambda = json_get_number(set->params, "lambda", 1),
	        .alpha = json_get_number(set->params, "alpha", 0),
	        .least = json_get_number(set->params, "min_child_weight", 1),
	        .positive_weight = json_get_number(set->params, "scale_pos_weight", 1),
	        .keep = json_get_number(set->how, "keep", 1),
	        .labels = labels_scaled(fresh->y, fresh->x->rows, (LabelScale){old->shift, old->scale}),
	        .margins = g_new0(float, MAX(fresh->x->rows * old->groups, (size_t)1)),
	        .slopes = g_new(Sums, MAX(fresh->x->rows, (size_t)1)),
	        .nodes = g_new(Sums, largest)};
	for (uint32_t from = 0; from < old->count; from += old->groups)
		refresh_round(&r, from, MIN(from + old->groups, old->count));
	*ret = r.t;
	return trees_finish(r.t, error);
}
