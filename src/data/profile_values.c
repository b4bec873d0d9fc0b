/* profile_values.c: histograms and most frequent values, a small scan of one column each.
 *
 * Histograms span the fences (or the extremes where these are nearer), so one wild value does not squeeze all others into
 * one bin; what lies beyond is counted at both ends.  Bins of whole numbers have whole widths, or they would fill unevenly. */
#include <math.h>
#include <string.h>

#include "base/json.h"
#include "data/profile_internal.h"

/* Up to here distinct values are counted exactly; above, each would cost the memory of a hash table of them. */
static const int64_t EXACT_DISTINCT = 1000000;

typedef struct Bins {
	double from, width;
	int count;
} Bins;

static bool choose_bins(const ProfileColumn *c, Bins *ret)
{
	double low = json_get_number(c->json, "min", NAN), high = json_get_number(c->json, "max", NAN);
	double fence_low = json_number_value(json_at(c->json, "fences[0]"));
	double fence_high = json_number_value(json_at(c->json, "fences[1]"));
	if (fence_high > fence_low) {
		low = fmax(low, fence_low);
		high = fmin(high, fence_high);
	}
	if (!isfinite(low) || !(high > low) || !isfinite(high - low))
		return false;
	int most = (int)CLAMP(sqrt((double)c->present), 5, PROFILE_BINS);
	*ret = (Bins){low, (high - low) / most, most};
	if (c->type == COLUMN_INT) {
		double span = floor(high) - ceil(low) + 1, width = fmax(1, ceil(span / PROFILE_BINS));
		*ret = (Bins){ceil(low) - 0.5, width, (int)ceil(span / width)};
	}
	return ret->width > 0;
}

static bool histogram(Profile *p, ProfileColumn *c, GError **error)
{
	Bins bins;
	if (!choose_bins(c, &bins))
		return true;
	g_autofree char *finite = profile_finite(c), *x = g_strdup_printf("CAST(%s AS DOUBLE)", finite);
	g_autofree char *sql = g_strdup_printf(
	        "SELECT CAST(greatest(-1, least(%d, CASE WHEN x <= CAST('%.17g' AS DOUBLE) THEN least(%d, floor((x - "
	        "CAST('%.17g' AS DOUBLE)) / CAST('%.17g' AS DOUBLE))) ELSE %d END)) AS INTEGER) AS bin, count(*) AS n "
	        "FROM (SELECT %s AS x FROM %s) WHERE x IS NOT NULL GROUP BY 1",
	        bins.count, bins.from + bins.width * bins.count, bins.count - 1, bins.from, bins.width, bins.count, x,
	        p->view);
	json_auto_t *rows = NULL;
	if (!engine_rows(p->e, sql, &rows, error))
		return false;
	g_autofree int64_t *counts = g_new0(int64_t, bins.count + 2);
	size_t i;
	json_t *row;
	json_array_foreach (rows, i, row)
		counts[json_get_int(row, "bin", 0) + 1] = json_get_int(row, "n", 0);
	json_t *edges = json_array(), *inside = json_array();
	for (int k = 0; k <= bins.count; k++)
		json_array_append_new(edges, json_number(bins.from + bins.width * k));
	for (int k = 0; k < bins.count; k++)
		json_array_append_new(inside, json_integer(counts[k + 1]));
	json_object_set_new(c->json, "histogram",
	        json_pack("{s:o,s:o,s:I,s:I}", "edges", edges, "counts", inside, "below", (json_int_t)counts[0],
	                "above", (json_int_t)counts[bins.count + 1]));
	return true;
}

/* The most frequent values, how many there are in all, and how evenly they are spread. */
static bool top_values(Profile *p, ProfileColumn *c, GError **error)
{
	g_autofree char *sql = g_strdup_printf(
	        "WITH v AS (SELECT %s AS value, count(*) AS rows FROM %s WHERE %s IS NOT NULL GROUP BY 1) "
	        "SELECT value, rows, count(*) OVER () AS d FROM v ORDER BY rows DESC, value LIMIT %d",
	        c->quoted, p->view, c->quoted, PROFILE_TOP);
	json_auto_t *rows = NULL;
	if (!engine_rows(p->e, sql, &rows, error))
		return false;
	size_t i;
	json_t *row;
	c->distinct = json_get_int(json_array_get(rows, 0), "d", 0);
	json_array_foreach (rows, i, row)
		json_object_del(row, "d");
	json_object_set(c->json, "top", rows);
	json_object_set_new(c->json, "distinct_exact", json_true());
	return true;
}

/* Entropy of counts: log2 N - sum(n log2 n) / N, where counts that are equal are taken together, in order, so that the
 * sum is the same whatever order the engine hands out groups in. */
static bool imbalance(Profile *p, ProfileColumn *c, GError **error)
{
	if (c->distinct < 2)
		return true;
	g_autofree char *sql = g_strdup_printf(
	        "SELECT n, count(*) AS times FROM (SELECT count(*) AS n FROM %s WHERE %s IS NOT NULL GROUP BY %s) "
	        "GROUP BY n ORDER BY n",
	        p->view, c->quoted, c->quoted);
	g_autoptr(Frame) f = NULL;
	if (!engine_frame(p->e, sql, &f, error))
		return false;
	const Column *n = frame_find(f, "n"), *times = frame_find(f, "times");
	double sum = 0;
	for (size_t i = 0; i < f->rows; i++)
		sum += (double)times->ints[i] * (double)n->ints[i] * log2((double)n->ints[i]);
	double entropy = log2((double)c->present) - sum / (double)c->present;
	json_object_set_new(c->json, "imbalance", json_real(fmax(0, 1 - entropy / log2((double)c->distinct))));
	return true;
}

static bool count_distinct(Profile *p, ProfileColumn *c, GError **error)
{
	bool nearly_unique = c->distinct > c->present - c->present / 10;
	bool exact = c->distinct <= EXACT_DISTINCT || (nearly_unique && c->present <= 20 * EXACT_DISTINCT);
	json_object_set_new(c->json, "distinct_exact", json_boolean(exact));
	if (!exact)
		return true;
	g_autofree char *sql = g_strdup_printf("SELECT count(DISTINCT %s) AS d FROM %s", c->quoted, p->view);
	json_auto_t *row = NULL;
	if (!engine_row(p->e, sql, &row, error))
		return false;
	c->distinct = json_get_int(row, "d", 0);
	return true;
}

static bool values_of(Profile *p, ProfileColumn *c, GError **error)
{
	bool few = c->distinct <= PROFILE_FEW_VALUES && c->type != COLUMN_TIME;
	bool categories = c->type == COLUMN_BOOL || (c->type == COLUMN_TEXT && c->distinct <= EXACT_DISTINCT) || few;
	if (categories && !(top_values(p, c, error) && imbalance(p, c, error)))
		return false;
	if (!categories && !count_distinct(p, c, error))
		return false;
	if (profile_is_number(c) && !histogram(p, c, error))
		return false;
	bool exact = json_get_bool(c->json, "distinct_exact", false);
	json_object_set_new(c->json, "distinct", json_integer(c->distinct));
	json_object_set_new(c->json, "unique", json_boolean(exact && c->present > 1 && c->distinct == c->present));
	json_object_set_new(c->json, "constant", json_boolean(c->distinct <= 1));
	return true;
}

bool profile_values(Profile *p, size_t from, size_t to, GError **error)
{
	for (size_t i = from; i < to; i++)
		if (!values_of(p, &p->columns[i], error))
			return false;
	return true;
}
