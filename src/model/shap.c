/* shap.c: TreeSHAP by quadrature; the idea is told in shap.h. */
#include "model/shap.h"

#include <math.h>
#include <string.h>

#include "base/error.h"
#include "stats/quadrature.h"

enum {
	DEPTH_MOST = 512, /* families train to 64; beyond, points and memory only serve damaged or hostile models */
	WIDTH = 4,        /* points are handled four at once */
	TOGETHER = 4,     /* rows that go through a tree at once: they share the reading of its tables */
};

typedef double Four __attribute__((vector_size(WIDTH * sizeof(double)), aligned(16)));

/* A node in the order of a walk that goes down before it goes right, with the split that leads to it. */
typedef struct Step {
	uint32_t parent; /* node of that split */
	uint32_t depth, before_depth;
	uint32_t feature;
	uint32_t before; /* the step above that is split on the same feature; 0, the root: none */
	uint32_t fresh;  /* different features on the way here */
	bool right, is_leaf;
	float value;  /* of a leaf */
	double share; /* of the feature on the whole way here: z */
	double step;  /* of this split alone */
	double reach; /* of all splits above: the share of the training rows that come here */
} Step;

/* What a step multiplies by and contributes, for a row that still follows (STAYS), that leaves the way here (LEAVES), or
 * has left it at an earlier split on the same feature.  Of the last: multiplied by `step`, contributes nothing. */
enum { STAYS, LEAVES, HAS_LEFT, STATES };

typedef struct Plan {
	const Trees *t;
	GArray *steps;
	size_t blocks; /* of WIDTH points */
	uint32_t depth;
	double base; /* mean over the training rows */
	Four *at, *weight;
	Four *factor[STATES]; /* steps x blocks */
	Four *worth[2];       /* steps x blocks */
} Plan;

static void plan_clear(Plan *p)
{
	g_array_unref(p->steps);
	g_free(p->at);
	g_free(p->weight);
	for (unsigned s = 0; s < STATES; s++)
		g_free(p->factor[s]);
	for (unsigned s = 0; s < 2; s++)
		g_free(p->worth[s]);
}

static double share_of(const Trees *t, uint32_t parent, uint32_t child)
{
	double above = (double)t->cover[parent], here = (double)t->cover[child];
	return above > 0 ? MIN(here / above, 1) : 0.5;
}

/* The nearest step above, on the path kept in `way`, that is split on the same feature. */
static uint32_t find_before(const Plan *p, const uint32_t *way, uint32_t depth, uint32_t feature)
{
	for (uint32_t d = depth; d-- > 1;)
		if (g_array_index(p->steps, Step, way[d]).feature == feature)
			return way[d];
	return 0;
}

static Step step_under(const Plan *p, const uint32_t *way, uint32_t depth, uint32_t parent, uint32_t child)
{
	const Step *above = &g_array_index(p->steps, Step, way[depth - 1]);
	Step s = {.parent = parent, .depth = depth, .feature = p->t->nodes[parent].feature};
	s.before = find_before(p, way, depth, s.feature);
	const Step *before = &g_array_index(p->steps, Step, s.before);
	s.before_depth = before->depth;
	s.fresh = above->fresh + !s.before;
	s.right = child != p->t->nodes[parent].left;
	s.step = share_of(p->t, parent, child);
	s.share = s.step * (s.before ? before->share : 1);
	s.reach = above->reach * s.step;
	return s;
}

/* Down before right, without recursion: `next` holds the nodes still to be visited, at most one a level and one more. */
static void list_steps(Plan *p, uint32_t tree)
{
	typedef struct Visit {
		uint32_t parent, node, depth;
	} Visit;
	g_autoptr(GArray) next = g_array_new(FALSE, FALSE, sizeof(Visit));
	g_autofree uint32_t *way = g_new0(uint32_t, p->depth + 1);
	Visit root = {0, p->t->start[tree], 0};
	g_array_append_val(next, root);
	while (next->len) {
		Visit v = g_array_index(next, Visit, next->len - 1);
		const TreeNode *n = &p->t->nodes[v.node];
		g_array_set_size(next, next->len - 1);
		Step s = v.depth ? step_under(p, way, v.depth, v.parent, v.node) : (Step){.share = 1, .reach = 1};
		s.is_leaf = !n->is_split;
		s.value = n->value;
		way[v.depth] = p->steps->len;
		g_array_append_val(p->steps, s);
		if (s.is_leaf) {
			p->base += s.reach * (double)n->value;
			continue;
		}
		Visit children[2] = {{v.node, n->left + 1, v.depth + 1}, {v.node, n->left, v.depth + 1}};
		g_array_append_vals(next, children, 2);
	}
}

static void choose_points(Plan *p)
{
	uint32_t most = 1;
	for (guint k = 0; k < p->steps->len; k++)
		most = MAX(most, g_array_index(p->steps, Step, k).fresh);
	size_t points = (most + 1) / 2;
	p->blocks = (points + WIDTH - 1) / WIDTH;
	p->at = g_new0(Four, p->blocks);
	p->weight = g_new0(Four, p->blocks);
	double *at = (double *)p->at, *weight = (double *)p->weight;
	quadrature_gauss(points, at, weight);
	for (size_t q = points; q < p->blocks * WIDTH; q++)
		at[q] = 0.5; /* counts for nothing, with its weight of 0 */
}

/* What a row's own way counts (1) or not (0), mixed at t with the share that goes there anyway. */
static double mixed(double t, double own, double share)
{
	return t * own + (1 - t) * share;
}

static void fill_step(Plan *p, size_t k)
{
	const Step *s = &g_array_index(p->steps, Step, k), *before = &g_array_index(p->steps, Step, s->before);
	const double *at = (const double *)p->at, *weight = (const double *)p->weight;
	size_t points = p->blocks * WIDTH;
	double *factor[STATES], *worth[2];
	for (unsigned state = 0; state < STATES; state++)
		factor[state] = (double *)p->factor[state] + k * points;
	for (unsigned state = 0; state < 2; state++)
		worth[state] = (double *)p->worth[state] + k * points;
	for (size_t q = 0; q < points; q++) {
		double t = at[q], stays = mixed(t, 1, s->share), leaves = mixed(t, 0, s->share);
		double upper = s->before ? mixed(t, 1, before->share) : 1;
		double said = s->before ? weight[q] * (1 - before->share) / upper : 0;
		factor[STAYS][q] = stays / upper;
		factor[LEAVES][q] = leaves / upper;
		factor[HAS_LEFT][q] = s->step;
		worth[STAYS][q] = weight[q] * (1 - s->share) / stays - said;
		worth[LEAVES][q] = -weight[q] / (1 - t) - said; /* (0 - z) / ((1 - t) z) */
	}
}

static void plan_make(Plan *p, const Trees *t, uint32_t tree)
{
	*p = (Plan){.t = t, .depth = t->depth[tree], .steps = g_array_new(FALSE, FALSE, sizeof(Step))};
	list_steps(p, tree);
	choose_points(p);
	size_t cells = p->steps->len * p->blocks;
	for (unsigned s = 0; s < STATES; s++)
		p->factor[s] = g_new(Four, cells);
	for (unsigned s = 0; s < 2; s++)
		p->worth[s] = g_new(Four, cells);
	for (size_t k = 1; k < p->steps->len; k++)
		fill_step(p, k);
}

/* Some rows on their way through a tree.  A level of `product` and `sum` is TOGETHER x blocks. */
typedef struct Walk {
	const Plan *p;
	const float *x[TOGETHER];
	double *phi[TOGETHER]; /* columns + 1 */
	Four *product;         /* levels: what the splits above multiply to */
	Four *sum;             /* levels: of value times product over the leaves below */
	uint8_t *state;        /* levels x TOGETHER */
	uint32_t *way;         /* levels: the step there */
} Walk;

static inline void enter(Walk *w, uint32_t k, const Step *s)
{
	const Plan *p = w->p;
	size_t level = TOGETHER * p->blocks;
	const TreeNode *split = &p->t->nodes[s->parent];
	const uint8_t *earlier = w->state + (size_t)s->before_depth * TOGETHER;
	Four *into = w->product + s->depth * level;
	const Four *from = into - level;
	for (unsigned r = 0; r < TOGETHER; r++) {
		bool follows = trees_goes_right(p->t, split, w->x[r][s->feature]) == s->right;
		unsigned state = earlier[r] != STAYS ? HAS_LEFT : follows ? STAYS : LEAVES;
		const Four *factor = p->factor[state] + (size_t)k * p->blocks;
		w->state[(size_t)s->depth * TOGETHER + r] = (uint8_t)state;
		for (size_t b = 0; b < p->blocks; b++)
			into[r * p->blocks + b] = from[r * p->blocks + b] * factor[b];
	}
}

/* All leaves below are summed: the split that led here is paid, and its level added to the one above. */
static inline void leave(Walk *w, uint32_t depth)
{
	const Plan *p = w->p;
	size_t level = TOGETHER * p->blocks;
	uint32_t k = w->way[depth];
	const Step *s = &g_array_index(p->steps, Step, k);
	const Four *sum = w->sum + depth * level;
	Four *above = w->sum + (depth - 1) * level;
	for (unsigned r = 0; r < TOGETHER; r++) {
		unsigned state = w->state[(size_t)depth * TOGETHER + r];
		for (size_t b = 0; b < p->blocks; b++)
			above[r * p->blocks + b] += sum[r * p->blocks + b];
		if (state == HAS_LEFT)
			continue;
		const Four *worth = p->worth[state] + (size_t)k * p->blocks;
		Four paid = {0};
		for (size_t b = 0; b < p->blocks; b++)
			paid += sum[r * p->blocks + b] * worth[b];
		w->phi[r][s->feature] += (paid[0] + paid[1]) + (paid[2] + paid[3]);
	}
}

static void walk(Walk *w)
{
	const Plan *p = w->p;
	size_t level = TOGETHER * p->blocks;
	for (uint32_t k = 0; k < p->steps->len; k++) {
		const Step *s = &g_array_index(p->steps, Step, k);
		Four *sum = w->sum + s->depth * level, *product = w->product + s->depth * level;
		w->way[s->depth] = k;
		if (k)
			enter(w, k, s);
		for (size_t i = 0; i < level; i++)
			sum[i] = s->is_leaf ? product[i] * (double)s->value : (Four){0};
		uint32_t next = k + 1 < p->steps->len ? g_array_index(p->steps, Step, k + 1).depth : 1;
		for (uint32_t depth = s->depth; depth >= next && depth > 0; depth--)
			leave(w, depth);
	}
}

static void walk_start(Walk *w, const Plan *p)
{
	size_t level = TOGETHER * p->blocks, levels = (size_t)p->depth + 1;
	*w = (Walk){.p = p,
	        .product = g_new(Four, level * levels),
	        .sum = g_new(Four, level * levels),
	        .state = g_new0(uint8_t, levels * TOGETHER),
	        .way = g_new0(uint32_t, levels)};
	for (size_t i = 0; i < level; i++)
		w->product[i] = (Four){1, 1, 1, 1};
}

static void walk_clear(Walk *w)
{
	g_free(w->product);
	g_free(w->sum);
	g_free(w->state);
	g_free(w->way);
}

static void explain_tree(const Plan *p, uint32_t group, const float *x, Contributions *into)
{
	Walk w;
	walk_start(&w, p);
	g_autofree double *spare = g_new0(double, into->columns + 1); /* places without a row write here */
	for (size_t first = 0; first < into->rows; first += TOGETHER) {
		for (size_t r = 0; r < TOGETHER; r++) {
			bool is_row = first + r < into->rows;
			size_t row = is_row ? first + r : first;
			w.x[r] = x + row * p->t->columns;
			w.phi[r] = is_row ? contributions_at(into, row, group) : spare;
			w.phi[r][into->columns] += p->base;
		}
		walk(&w);
	}
	walk_clear(&w);
}

static ContributionScale scale_of(TreesLink link)
{
	static const ContributionScale SCALES[TREES_LINKS] = {[LINK_SCALED] = CONTRIBUTION_NUMBER,
	        [LINK_LOGISTIC] = CONTRIBUTION_LOG_ODDS,
	        [LINK_SOFTMAX] = CONTRIBUTION_LOG_SHARES,
	        [LINK_EXPONENTIAL] = CONTRIBUTION_LOG,
	        [LINK_SHARES] = CONTRIBUTION_PROBABILITY};
	return SCALES[link];
}

static bool check(const Trees *t, GError **error)
{
	if (!t->cover && t->count)
		return fail(error, FAIL_NOT_FOUND,
		        "this model was trained before the shares of its training rows were kept, which explaining "
		        "needs: train it again");
	for (uint32_t i = 0; i < t->count; i++)
		if (t->depth[i] > DEPTH_MOST)
			return fail(error, FAIL_LIMIT, "a tree of %u levels cannot be explained: at most %d",
			        t->depth[i], DEPTH_MOST);
	return true;
}

bool trees_contribute(const Trees *t, const float *x, size_t rows, Contributions **ret, GError **error)
{
	if (!check(t, error))
		return false;
	Contributions *c = contributions_new(scale_of(t->link), rows, t->groups, t->columns);
	for (uint32_t tree = 0; tree < t->count; tree++) {
		Plan p;
		plan_make(&p, t, tree);
		explain_tree(&p, t->group[tree], x, c);
		plan_clear(&p);
	}
	if (t->link == LINK_SCALED)
		contributions_scale(c, t->shift, t->scale);
	if (t->link == LINK_EXPONENTIAL)
		contributions_scale(c, log(t->scale), 1);
	*ret = c;
	return true;
}

bool trees_model_contribute(const void *model, const Matrix *x, Contributions **ret, GError **error)
{
	const Trees *t = model;
	if (!matrix_check_columns(x, t->columns, error))
		return false;
	return trees_contribute(t, x->values, x->rows, ret, error);
}
