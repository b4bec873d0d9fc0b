/* quantiles.c: centroids sorted by mean, and new values waiting behind them until there are enough to merge.
 *
 * A centroid of weight w that has W values before it stands at index W + (w - 1) / 2 of the sorted values.  One whose values
 * are all the same (flat) stands at both its first and its last index, however heavy it is: so small sketches and columns
 * of few values are exact.  Quantiles are read off the straight lines between these points and the two ends. */
#include "stats/quantiles.h"

#include <math.h>
#include <stdint.h>
#include <stdlib.h>

#include "base/error.h"
#include "base/json.h"

enum { EXACT_MOST = 500, WAITING_MOST = 4096, SAVED_MOST = 10000 };
static const double SPREAD = 0.08; /* a centroid's part of all values, over q (1 - q) */

typedef struct Centroid {
	double mean, weight;
	bool flat; /* all its values are `mean` */
} Centroid;

struct Quantiles {
	GArray *centroids; /* of Centroid: the first `sorted` are sorted and merged, the rest are waiting */
	guint sorted;
	double count, min, max;
};

Quantiles *quantiles_new(void)
{
	Quantiles *q = g_new(Quantiles, 1);
	*q = (Quantiles){g_array_new(FALSE, FALSE, sizeof(Centroid)), 0, 0, INFINITY, -INFINITY};
	return q;
}

void quantiles_free(Quantiles *q)
{
	if (!q)
		return;
	g_array_unref(q->centroids);
	g_free(q);
}

static Centroid *centroid_at(const Quantiles *q, guint i)
{
	return &g_array_index(q->centroids, Centroid, i);
}

/* Lighter ones first among equals, so that the order does not depend on qsort. */
static int compare_centroids(const void *a, const void *b)
{
	const Centroid *x = a, *y = b;
	if (x->mean != y->mean)
		return x->mean < y->mean ? -1 : 1;
	if (x->flat != y->flat)
		return x->flat ? -1 : 1; /* so that equal flat ones are neighbours */
	return (x->weight > y->weight) - (x->weight < y->weight);
}

/* May these weights, with `before` values below them, be one centroid? */
static bool may_join(const Quantiles *q, double before, double weight)
{
	double middle = (before + weight / 2) / q->count;
	return weight / q->count <= SPREAD * middle * (1 - middle);
}

static bool may_join_flat(const Quantiles *q, const Centroid *a, const Centroid *b, double before)
{
	return a->flat && b->flat && a->mean == b->mean;
}

static bool may_join_near(const Quantiles *q, const Centroid *a, const Centroid *b, double before)
{
	return may_join(q, before, a->weight + b->weight);
}

/* Joins neighbours from left to right where they may. */
static void join(Quantiles *q, bool (*may)(const Quantiles *q, const Centroid *a, const Centroid *b, double before))
{
	guint last = 0;
	double before = 0;
	for (guint i = 1; i < q->centroids->len; i++) {
		Centroid *into = centroid_at(q, last), next = *centroid_at(q, i);
		if (may(q, into, &next, before)) {
			into->weight += next.weight;
			into->flat = into->flat && next.flat && into->mean == next.mean;
			into->mean += (next.mean - into->mean) * (next.weight / into->weight);
			continue;
		}
		before += into->weight;
		*centroid_at(q, ++last) = next;
	}
	g_array_set_size(q->centroids, MIN(q->centroids->len, last + 1));
}

/* Equal values first: a heavy value is then too heavy to be mixed with its neighbours. */
static void settle(Quantiles *q)
{
	if (q->sorted == q->centroids->len)
		return;
	g_array_sort(q->centroids, compare_centroids);
	join(q, may_join_flat);
	if (q->centroids->len > EXACT_MOST)
		join(q, may_join_near);
	q->sorted = q->centroids->len;
}

static void add_centroid(Quantiles *q, Centroid c)
{
	g_array_append_val(q->centroids, c);
	q->count += c.weight;
	if (q->centroids->len - q->sorted >= WAITING_MOST)
		settle(q);
}

void quantiles_add(Quantiles *q, double value)
{
	if (!isfinite(value))
		return;
	q->min = fmin(q->min, value);
	q->max = fmax(q->max, value);
	add_centroid(q, (Centroid){value, 1, true});
}

void quantiles_merge(Quantiles *into, Quantiles *from)
{
	settle(from);
	for (guint i = 0; i < from->centroids->len; i++)
		add_centroid(into, *centroid_at(from, i));
	into->min = fmin(into->min, from->min);
	into->max = fmax(into->max, from->max);
}

double quantiles_count(const Quantiles *q)
{
	return q->count;
}

/* A point of the curve from index to value. */
typedef struct Point {
	double index, value;
	bool exact; /* a value that was added, not a mean */
} Point;

/* Walks the points: the minimum, each centroid (a flat one twice), the maximum. */
typedef struct Walk {
	const Quantiles *q;
	guint at;
	double before;
	bool second;
} Walk;

static Point walk_next(Walk *w)
{
	if (w->at == 0 || w->at > w->q->centroids->len) {
		bool start = w->at++ == 0;
		return start ? (Point){0, w->q->min, true} : (Point){w->q->count - 1, w->q->max, true};
	}
	const Centroid *c = centroid_at(w->q, w->at - 1);
	double first = w->before, last = w->before + c->weight - 1;
	bool again = c->flat && c->weight > 1 && !w->second;
	w->second = again;
	if (!again) {
		w->at++;
		w->before += c->weight;
	}
	return c->flat ? (Point){again ? first : last, c->mean, true} : (Point){(first + last) / 2, c->mean, false};
}

static bool walk_ended(const Walk *w)
{
	return w->at > w->q->centroids->len + 1;
}

double quantiles_at(Quantiles *q, double part)
{
	settle(q);
	if (q->count == 0 || isnan(part))
		return NAN;
	double index = CLAMP(part, 0, 1) * (q->count - 1);
	Walk walk = {q};
	Point low = walk_next(&walk);
	while (!walk_ended(&walk)) {
		Point high = walk_next(&walk);
		if (index < high.index) {
			double share = (index - low.index) / (high.index - low.index);
			return low.value + share * (high.value - low.value);
		}
		low = high;
	}
	return q->max;
}

double quantiles_below(Quantiles *q, double value)
{
	settle(q);
	if (q->count == 0 || isnan(value))
		return NAN;
	if (value < q->min || value >= q->max)
		return value < q->min ? 0 : 1;
	Walk walk = {q};
	Point low = walk_next(&walk), high = walk_next(&walk);
	while (high.value <= value) { /* ends: value < max, the last point's */
		low = high;
		high = walk_next(&walk);
	}
	bool nothing_between = high.exact && high.index - low.index <= 1;
	if (low.exact && (low.value == value || nothing_between))
		return (low.index + 1) / q->count;
	double share = (value - low.value) / (high.value - low.value);
	return (low.index + share * (high.index - low.index) + 0.5) / q->count;
}

json_t *quantiles_save(Quantiles *q)
{
	settle(q);
	json_t *means = json_array(), *weights = json_array();
	for (guint i = 0; i < q->centroids->len; i++) {
		const Centroid *c = centroid_at(q, i);
		json_array_append_new(means, json_number(c->mean));
		json_array_append_new(weights, json_integer((json_int_t)(c->flat ? c->weight : -c->weight)));
	}
	return json_pack("{s:I, s:o, s:o, s:o, s:o}", "count", (json_int_t)q->count, "min", json_number(q->min), "max",
	        json_number(q->max), "means", means, "weights", weights);
}

static bool load_centroid(const json_t *mean, const json_t *weight, Centroid *ret)
{
	json_int_t signed_weight = json_integer_value(weight); /* 0 if it is no integer */
	if (!json_is_number(mean) || signed_weight == 0 || signed_weight == INT64_MIN)
		return false;
	*ret = (Centroid){json_number_value(mean), (double)llabs(signed_weight), signed_weight > 0};
	return true;
}

/* Appends what was saved; false if it is not a sketch: out of order, weights of 0, too long. */
static bool load_centroids(Quantiles *q, const json_t *means, const json_t *weights)
{
	size_t count = json_array_size(means);
	if (!json_is_array(means) || json_array_size(weights) != count || count > SAVED_MOST)
		return false;
	double before = -INFINITY;
	for (size_t i = 0; i < count; i++) {
		Centroid c;
		if (!load_centroid(json_array_get(means, i), json_array_get(weights, i), &c) || c.mean < before)
			return false;
		before = c.mean;
		g_array_append_val(q->centroids, c);
		q->count += c.weight;
	}
	q->sorted = q->centroids->len;
	return true;
}

bool quantiles_load(const json_t *saved, Quantiles **ret, GError **error)
{
	g_autoptr(Quantiles) q = quantiles_new();
	bool whole = load_centroids(q, json_object_get(saved, "means"), json_object_get(saved, "weights"));
	if (whole && q->count > 0) {
		q->min = json_get_number(saved, "min", NAN);
		q->max = json_get_number(saved, "max", NAN);
		double first = centroid_at(q, 0)->mean, last = centroid_at(q, q->sorted - 1)->mean;
		whole = q->min <= first && last <= q->max;
	}
	if (!whole || (double)json_get_int(saved, "count", -1) != q->count)
		return fail(error, FAIL_BROKEN, "stored quantiles are not a sketch of any numbers");
	*ret = g_steal_pointer(&q);
	return true;
}
