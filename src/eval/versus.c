/* versus.c: a bundle against another. */
#include "eval/versus.h"

#include <math.h>
#include <string.h>

#include "base/error.h"
#include "base/json.h"
#include "base/rng.h"
#include "eval/compare.h"
#include "eval/slices.h"
#include "model/family.h"
#include "stats/test.h"

enum { PARTS = 10, SLICE_ROWS_MOST = 200000, SLICE_ROWS_LEAST = 50, SLICES_MOST = 10 };

typedef struct Pair {
	TestSet t;
	Answers a[2];
} Pair;

static void pair_clear(Pair *p)
{
	test_set_clear(&p->t);
	answers_clear(&p->a[0]);
	answers_clear(&p->a[1]);
}

static bool same_question(const Versus *v, GError **error)
{
	const char *differs = question_differs(v->bundles[0], v->bundles[1]);
	return !differs ||
	       fail(error, FAIL_INVALID,
	               "the two models answer different questions: their %s differ, so they cannot be compared",
	               differs);
}

static bool fits_question(const Versus *v, GError **error)
{
	Scored none = {.classes = bundle_classes(v->bundles[0])};
	unsigned task = scored_task(&none);
	return v->metric->tasks & task || fail(error, FAIL_INVALID, "the metric %s is not for this target (%s)",
	                                          v->metric->name, task_words(task));
}

static double value_of(const MetricKind *m, const TestSet *t, const Answers *a)
{
	Scored s = scored_of(t, a);
	return m->compute(&s);
}

static const char *leader(const MetricKind *m, double a, double b)
{
	int sign = metric_compare(m, a, b);
	return sign > 0 ? "a" : sign < 0 ? "b" : NULL;
}

static json_t *name_or_null(const char *name)
{
	return name ? json_string(name) : json_null();
}

static json_t *all_metrics(const Pair *p)
{
	Scored s = scored_of(&p->t, &p->a[0]);
	unsigned task = scored_task(&s);
	json_t *ret = json_object();
	for (const MetricKind *const *m = METRICS; *m; m++) {
		if (!((*m)->tasks & task))
			continue;
		double a = value_of(*m, &p->t, &p->a[0]), b = value_of(*m, &p->t, &p->a[1]);
		json_object_set_new(ret, (*m)->name,
		        json_pack("{s:o,s:o,s:o,s:o}", "a", json_number(a), "b", json_number(b), "difference",
		                json_number(b - a), "better", name_or_null(leader(*m, a, b))));
	}
	return ret;
}

/* compare_answers speaks of model minus champion: here of b minus a. */
static json_t *goal_part(const Versus *v, const Pair *p)
{
	json_t *goal = compare_answers(&p->t, &p->a[1], &p->a[0], v->metric, v->seed);
	json_object_set_new(goal, "a", json_number(value_of(v->metric, &p->t, &p->a[0])));
	json_object_set_new(goal, "b", json_number(value_of(v->metric, &p->t, &p->a[1])));
	return goal;
}

/* The rows of one of the parts. */
static void take_part(const Pair *p, uint64_t seed, unsigned part, Pair *ret)
{
	size_t width = p->a[0].outputs, count = 0;
	*ret = *p;
	ret->t.y = g_new(double, p->t.rows + 1);
	ret->t.weight = p->t.weight ? g_new(double, p->t.rows + 1) : NULL;
	for (unsigned k = 0; k < 2; k++) {
		ret->a[k].scores = g_new(double, p->t.rows *width + 1);
		ret->a[k].decided = p->a[k].decided ? g_new(uint32_t, p->t.rows + 1) : NULL;
	}
	for (size_t i = 0; i < p->t.rows; i++) {
		if (rng_hash(seed, i) % PARTS != part)
			continue;
		ret->t.y[count] = p->t.y[i];
		if (p->t.weight)
			ret->t.weight[count] = p->t.weight[i];
		for (unsigned k = 0; k < 2; k++) {
			memcpy(ret->a[k].scores + count * width, p->a[k].scores + i * width, width * sizeof(double));
			if (p->a[k].decided)
				ret->a[k].decided[count] = p->a[k].decided[i];
		}
		count++;
	}
	ret->t.rows = ret->a[0].rows = ret->a[1].rows = count;
}

/* How much nearer a is to the best value there is: of a bias, either side of 0 is off. */
static double lead_of(const MetricKind *m, double a, double b)
{
	return isinf(m->best) ? a - b : fabs(b - m->best) - fabs(a - m->best);
}

static json_t *bayes_part(const Versus *v, const Pair *p)
{
	double differences[PARTS];
	double whole = value_of(v->metric, &p->t, &p->a[0]);
	bool is_bounded = isfinite(v->metric->worst) && isfinite(v->metric->best);
	double rope = is_bounded ? 0.01 : 0.01 * fabs(whole);
	for (unsigned part = 0; part < PARTS; part++) {
		Pair some;
		take_part(p, v->seed, part, &some);
		differences[part] = lead_of(
		        v->metric, value_of(v->metric, &some.t, &some.a[0]), value_of(v->metric, &some.t, &some.a[1]));
		pair_clear(&some);
		if (isnan(differences[part]))
			return json_null();
	}
	FoldDifferences d = {.values = differences, .count = PARTS};
	Practical says = test_bayes_t(&d, rope);
	return json_pack("{s:o,s:i,s:o,s:o,s:o}", "rope", json_number(rope), "parts", PARTS, "a", json_number(says.a),
	        "same", json_number(says.same), "b", json_number(says.b));
}

static json_t *decisions_part(const Pair *p)
{
	const uint32_t *a = p->a[0].decided, *b = p->a[1].decided;
	size_t differ = 0, only_a = 0, only_b = 0;
	double moved = 0;
	for (size_t i = 0; i < p->t.rows; i++) {
		if (a && b) {
			differ += a[i] != b[i];
			only_a += a[i] != b[i] && (double)a[i] == p->t.y[i];
			only_b += a[i] != b[i] && (double)b[i] == p->t.y[i];
			continue;
		}
		double near_a = fabs(p->a[0].scores[i] - p->t.y[i]), near_b = fabs(p->a[1].scores[i] - p->t.y[i]);
		only_a += near_a < near_b;
		only_b += near_b < near_a;
		moved += fabs(p->a[1].scores[i] - p->a[0].scores[i]);
	}
	double rows = (double)MAX(p->t.rows, (size_t)1);
	if (!a)
		return json_pack("{s:I,s:I,s:o}", "closer_a", (json_int_t)only_a, "closer_b", (json_int_t)only_b,
		        "mean_difference", json_number(moved / rows));
	TestResult r = test_mcnemar((double)only_a, (double)only_b);
	return json_pack("{s:I,s:o,s:I,s:I,s:o,s:s}", "differ", (json_int_t)differ, "share",
	        json_number((double)differ / rows), "only_a", (json_int_t)only_a, "only_b", (json_int_t)only_b, "p",
	        json_number(r.p), "test", "McNemar");
}

typedef struct Found {
	const Facet *facet;
	size_t value;
	Sample in, out;
	double loss[2], differ, p;
} Found;

static int by_difference(const void *a, const void *b)
{
	double x = fabs(((const Found *)a)->in.mean), y = fabs(((const Found *)b)->in.mean);
	return x < y ? 1 : x > y ? -1 : 0;
}

/* Sums of the differences of loss, in a slice and outside. */
static Found measure(const Facet *f, size_t value, const RowSample *s, double *const loss[2])
{
	Found found = {.facet = f, .value = value, .p = NAN};
	double sum[2] = {0}, squares[2] = {0}, count[2] = {0};
	for (size_t i = 0; i < s[0].t.rows; i++) {
		double d = loss[1][i] - loss[0][i];
		bool in = f->codes[i] == value;
		if (isnan(d))
			continue;
		count[in]++;
		sum[in] += d;
		squares[in] += d * d;
		if (!in)
			continue;
		found.loss[0] += loss[0][i];
		found.loss[1] += loss[1][i];
		found.differ += s[0].a.decided && s[0].a.decided[i] != s[1].a.decided[i];
	}
	for (unsigned k = 0; k < 2; k++) {
		Sample *to = k ? &found.in : &found.out;
		to->count = count[k];
		to->mean = sum[k] / MAX(count[k], 1);
		to->variance = MAX(0, squares[k] - count[k] * to->mean * to->mean) / MAX(count[k] - 1, 1);
	}
	return found;
}

static json_t *found_json(const Found *f, bool classifies)
{
	double rows = f->in.count;
	return json_pack("{s:s,s:I,s:o,s:o,s:o,s:o,s:o}", "slice", f->facet->literals[f->value], "rows",
	        (json_int_t)rows, "a", json_number(f->loss[0] / rows), "b", json_number(f->loss[1] / rows),
	        "difference", json_number(f->in.mean), "differ",
	        classifies ? json_number(f->differ / rows) : json_null(), "p_adjusted", json_number(f->p));
}

static json_t *slices_of(const Versus *v, const RowSample *s)
{
	const char *leave_out[] = {json_string_value(json_at(bundle_header(v->bundles[0]), "roles.target")), NULL};
	g_autoptr(GPtrArray) facets = facets_of(s[0].rows, leave_out);
	g_autofree double *loss_a = row_losses(&s[0].t, &s[0].a), *loss_b = row_losses(&s[1].t, &s[1].a);
	double *const loss[2] = {loss_a, loss_b};
	g_autoptr(GArray) all = g_array_new(FALSE, FALSE, sizeof(Found));
	for (guint k = 0; k < facets->len; k++) {
		const Facet *f = facets->pdata[k];
		for (size_t value = 0; value < f->values; value++) {
			Found found = measure(f, value, s, loss);
			if (found.in.count < SLICE_ROWS_LEAST || found.out.count < SLICE_ROWS_LEAST)
				continue;
			found.p = test_welch(found.in, found.out).p;
			g_array_append_val(all, found);
		}
	}
	g_autofree double *p = g_new(double, all->len + 1);
	for (guint i = 0; i < all->len; i++)
		p[i] = g_array_index(all, Found, i).p;
	correct_benjamini_hochberg(p, all->len);
	for (guint i = 0; i < all->len; i++)
		g_array_index(all, Found, i).p = p[i];
	g_array_sort(all, by_difference);
	json_t *list = json_array();
	for (guint i = 0; i < all->len && json_array_size(list) < SLICES_MOST; i++) {
		const Found *f = &g_array_index(all, Found, i);
		if (f->p < 0.05)
			json_array_append_new(list, found_json(f, s[0].a.decided != NULL));
	}
	return list;
}

static bool slices_part(const Versus *v, const Pair *p, json_t **ret, GError **error)
{
	RowSample s[2] = {{0}};
	bool ok = sample_take(v->e, v->path, &p->t, &p->a[0], SLICE_ROWS_MOST, v->seed, &s[0], error) &&
	          sample_take(v->e, v->path, &p->t, &p->a[1], SLICE_ROWS_MOST, v->seed, &s[1], error);
	if (ok)
		*ret = slices_of(v, s);
	sample_clear(&s[0]);
	sample_clear(&s[1]);
	return ok;
}

/* Who leads by more than chance: the interval of the difference keeps clear of 0. */
static const char *winner(const MetricKind *m, const json_t *goal)
{
	double low = json_get_number(goal, "low", NAN), high = json_get_number(goal, "high", NAN);
	if (!(low > 0) && !(high < 0))
		return NULL;
	return leader(m, json_get_number(goal, "a", NAN), json_get_number(goal, "b", NAN));
}

static char *interval_text(const MetricKind *m, const json_t *goal)
{
	return g_strdup_printf("%s %.4g of A and %.4g of B (difference %+.4g, 95 %% interval %+.4g to %+.4g)", m->label,
	        json_get_number(goal, "a", NAN), json_get_number(goal, "b", NAN),
	        json_get_number(goal, "difference", NAN), json_get_number(goal, "low", NAN),
	        json_get_number(goal, "high", NAN));
}

static json_t *verdict_of(const Versus *v, const json_t *ret, const char *better)
{
	const json_t *goal = json_object_get(ret, "goal"), *bayes = json_object_get(ret, "bayes");
	g_autofree char *figures = interval_text(v->metric, goal);
	double same = json_get_number(bayes, "same", 0);
	const char *small = same > 0.95 ? ", but by so little that it hardly matters" : "";
	if (!json_is_number(json_object_get(goal, "low")))
		return json_sprintf(
		        "It cannot be told which is better: %s has no value on these rows.", v->metric->label);
	if (better)
		return json_sprintf("%s is better%s: %s.", *better == 'a' ? "A" : "B", small, figures);
	return json_sprintf("%s: %s.",
	        same > 0.95 ? "They are the same in practice"
	                    : "No difference that chance could not make on these rows",
	        figures);
}

static bool compare(const Versus *v, const Pair *p, json_t **ret, GError **error)
{
	json_auto_t *slices = NULL;
	if (p->t.rows < 2)
		return fail(error, FAIL_INVALID, "there are %zu rows to compare the models on", p->t.rows);
	if (!slices_part(v, p, &slices, error))
		return false;
	json_t *all = json_pack("{s:I,s:s,s:o,s:o,s:o,s:o,s:O}", "rows", (json_int_t)p->t.rows, "metric",
	        v->metric->name, "goal", goal_part(v, p), "bayes", bayes_part(v, p), "metrics", all_metrics(p),
	        "decisions", decisions_part(p), "slices", slices);
	const char *better = winner(v->metric, json_object_get(all, "goal"));
	json_object_set_new(all, "better", name_or_null(better));
	json_object_set_new(all, "verdict", verdict_of(v, all, better));
	*ret = all;
	return true;
}

bool versus_compare(const Versus *v, json_t **ret, GError **error)
{
	Pair p = {0};
	bool ok = same_question(v, error) && fits_question(v, error) &&
	          score_rows(v->e, v->path, v->bundles, 2, &p.t, p.a, error) && compare(v, &p, ret, error);
	pair_clear(&p);
	return ok;
}
