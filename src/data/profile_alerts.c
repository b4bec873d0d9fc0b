/* profile_alerts.c: what in a profile deserves a person's eye.  Thresholds are ydata-profiling's where it has one (missing,
 * zeros and infinite 1 %, more than 50 categories, skewness 20, imbalance 0.5, correlation 0.5 in at most 10 pairs, uniform by
 * chi-square p > 0.999). */
#include <math.h>
#include <string.h>

#include "base/json.h"
#include "data/profile_internal.h"
#include "stats/distribution.h"

static const double SHARE = 0.01, SKEWED = 20, IMBALANCED = 0.5, CORRELATED = 0.5, SAME = 0.9, UNIFORM = 0.999;
/* An AUC of 0.99; data of people and machines that is honestly that good is rare. */
static const double SUSPICIOUS = 0.98;
/* A value this many times the quartiles' distance away is a slip more often than a fact. */
static const double WILD = 50;
enum { CATEGORIES = 50, PAIRS = 10 };

G_GNUC_PRINTF(5, 6)
static void alert(Profile *p, const char *column, const char *kind, const char *severity, const char *format, ...)
{
	va_list args;
	va_start(args, format);
	g_autofree char *text = g_strdup_vprintf(format, args);
	va_end(args);
	json_array_append_new(
	        json_object_get(p->json, "alerts"), json_pack("{s:o,s:s,s:s,s:o}", "column", json_text(column), "kind",
	                                                    kind, "severity", severity, "sentence", json_text(text)));
}

static double share(const Profile *p, double n)
{
	return p->rows ? n / (double)p->rows : 0;
}

static void about_presence(Profile *p, const ProfileColumn *c, bool is_target)
{
	double missing = share(p, (double)(p->rows - c->present));
	if (missing > SHARE || (is_target && missing > 0))
		alert(p, c->name, "missing", missing > 0.5 || is_target ? "warning" : "info",
		        "%s is missing in %.3g %% of the rows%s", c->name, 100 * missing,
		        is_target ? "; they cannot be learned from" : "");
	if (c->distinct <= 1)
		alert(p, c->name, "constant", "warning",
		        c->distinct ? "%s has the same value in all rows" : "%s has no values", c->name);
	else if (json_get_bool(c->json, "unique", false) && !is_target && c->type != COLUMN_REAL)
		alert(p, c->name, "unique", "info",
		        "%s is different in every row: it names rows rather than describing them", c->name);
	else if (c->type == COLUMN_TEXT && c->distinct > CATEGORIES)
		alert(p, c->name, "high_cardinality", "info", "%s has %" G_GINT64_FORMAT " different values", c->name,
		        c->distinct);
}

static void about_balance(Profile *p, const ProfileColumn *c, bool is_target)
{
	double imbalance = json_get_number(c->json, "imbalance", 0);
	const json_t *top = json_at(c->json, "top[0]");
	if (!(imbalance > IMBALANCED))
		return;
	g_autofree char *value = json_is_string(json_object_get(top, "value"))
	                                 ? g_strdup(json_get_text(top, "value", ""))
	                                 : json_canonical(json_object_get(top, "value"));
	alert(p, c->name, "imbalance", is_target ? "warning" : "info", "%s is \"%s\" in %.3g %% of the rows", c->name,
	        value, 100 * share(p, (double)json_get_int(top, "rows", 0)));
}

static double spread_of(const ProfileColumn *c)
{
	const json_t *q = json_object_get(c->json, "quantiles");
	return json_get_number(q, "75", NAN) - json_get_number(q, "25", NAN);
}

/* How far the furthest value is from the median, in quartile distances; 0 when these fall together. */
static double wildest(const ProfileColumn *c)
{
	const json_t *q = json_object_get(c->json, "quantiles");
	double spread = spread_of(c), middle = json_get_number(q, "50", NAN);
	double reach =
	        fmax(json_get_number(c->json, "max", NAN) - middle, middle - json_get_number(c->json, "min", NAN));
	return spread > 0 ? reach / spread : 0;
}

/* Of a histogram of equal widths over all values. */
static bool is_uniform(const ProfileColumn *c)
{
	const json_t *h = json_object_get(c->json, "histogram"), *counts = json_object_get(h, "counts"), *n;
	size_t bins = json_array_size(counts), i;
	double chi2 = 0, expected = bins ? (double)c->present / (double)bins : 0;
	if (bins < 5 || expected < 5 || json_get_int(h, "below", 0) || json_get_int(h, "above", 0))
		return false;
	json_array_foreach (counts, i, n)
		chi2 += pow((double)json_integer_value(n) - expected, 2) / expected;
	return chi2_above(chi2, (double)bins - 1) > UNIFORM;
}

static void about_numbers(Profile *p, const ProfileColumn *c)
{
	double zeros = share(p, json_get_number(c->json, "zeros", 0));
	double odd = json_get_number(c->json, "infinities", 0) + json_get_number(c->json, "nans", 0);
	double skewness = json_get_number(c->json, "skewness", 0), outliers = json_get_number(c->json, "outliers", 0);
	if (zeros > SHARE && c->distinct > PROFILE_FEW_VALUES)
		alert(p, c->name, "zeros", "info", "%s is 0 in %.3g %% of the rows", c->name, 100 * zeros);
	if (odd > 0)
		alert(p, c->name, "infinite", share(p, odd) > SHARE ? "warning" : "info",
		        "%s is infinite or not a number in %.0f rows", c->name, odd);
	if (fabs(skewness) > SKEWED)
		alert(p, c->name, "skewed", "warning",
		        "%s is very skewed (%.3g): a few large values stand for most of its sum", c->name, skewness);
	if (wildest(c) > WILD)
		alert(p, c->name, "outliers", "warning",
		        "%s has values from %.6g to %.6g, up to %.0f times its usual spread away from the middle: "
		        "slips?",
		        c->name, json_get_number(c->json, "min", NAN), json_get_number(c->json, "max", NAN),
		        wildest(c));
	else if (share(p, outliers) > SHARE && spread_of(c) > 0)
		alert(p, c->name, "outliers", "info", "%.3g %% of %s lies far out", 100 * share(p, outliers), c->name);
	if (is_uniform(c))
		alert(p, c->name, "uniform", "info",
		        "%s is spread evenly from %.6g to %.6g, like a number someone gave out", c->name,
		        json_get_number(c->json, "min", NAN), json_get_number(c->json, "max", NAN));
}

static void about_text(Profile *p, const ProfileColumn *c)
{
	const json_t *length = json_object_get(c->json, "length");
	int64_t min = json_get_int(length, "min", 0);
	if (c->distinct > 1 && min == json_get_int(length, "max", -1) && min > 1)
		alert(p, c->name, "constant_length", "info", "all values of %s have %d characters", c->name, (int)min);
}

static void about_association(Profile *p, const ProfileColumn *c)
{
	const json_t *a = json_object_get(c->json, "association");
	if (json_get_number(a, "strength", 0) < SUSPICIOUS)
		return;
	alert(p, c->name, "suspicious", "warning",
	        "%s alone tells nearly all of %s (%s %.4g): is it known before the outcome is?", c->name, p->target,
	        json_get_text(a, "measure", ""), json_get_number(a, "value", NAN));
}

static void about_column(Profile *p, const ProfileColumn *c)
{
	bool is_target = p->target && strcmp(p->target, c->name) == 0;
	about_presence(p, c, is_target);
	if (c->distinct <= 1)
		return;
	about_balance(p, c, is_target);
	if (profile_is_number(c))
		about_numbers(p, c);
	if (c->type == COLUMN_TEXT)
		about_text(p, c);
	about_association(p, c);
}

/* --- pairs ------------------------------------------------------------------------------------------------------- */

typedef struct Pair {
	const char *a, *b, *what;
	double value;
} Pair;

static int by_value(const void *a, const void *b)
{
	double x = fabs(((const Pair *)a)->value), y = fabs(((const Pair *)b)->value);
	return (x < y) - (x > y);
}

static void collect_pairs(const Profile *p, const char *key, const char *what, GArray *pairs)
{
	const json_t *matrix = json_object_get(p->json, key), *names = json_object_get(matrix, "columns");
	for (size_t i = 0; i < json_array_size(names); i++)
		for (size_t k = 0; k < i; k++) {
			const json_t *v = json_array_get(json_array_get(json_object_get(matrix, "matrix"), i), k);
			Pair pair = {json_string_value(json_array_get(names, k)),
			        json_string_value(json_array_get(names, i)), what, json_number_value(v)};
			bool with_target = p->target && (!strcmp(pair.a, p->target) || !strcmp(pair.b, p->target));
			if (fabs(pair.value) >= CORRELATED && !with_target)
				g_array_append_val(pairs, pair);
		}
}

static void about_pairs(Profile *p)
{
	g_autoptr(GArray) pairs = g_array_new(false, false, sizeof(Pair));
	collect_pairs(p, "spearman", "rank correlation", pairs);
	collect_pairs(p, "cramers_v", "Cramer's V", pairs);
	g_array_sort(pairs, by_value);
	for (guint i = 0; i < MIN(pairs->len, (guint)PAIRS); i++) {
		const Pair *pair = &g_array_index(pairs, Pair, i);
		bool same = fabs(pair->value) >= SAME;
		alert(p, pair->b, "correlated", "info", "%s and %s %s (%s %.3g)", pair->a, pair->b,
		        same ? "say nearly the same" : "go together", pair->what, pair->value);
	}
}

/* --- rows and time ----------------------------------------------------------------------------------------------- */

static void about_duplicates(Profile *p)
{
	int64_t n = json_get_int(json_object_get(p->json, "duplicates"), "rows", 0);
	if (n)
		alert(p, NULL, "duplicates", share(p, (double)n) > SHARE ? "warning" : "info",
		        "%" G_GINT64_FORMAT " rows (%.3g %%) are the same as an earlier one", n,
		        100 * share(p, (double)n));
}

/* Rows and events of a class in one half of the time. */
typedef struct Half {
	double rows, events;
} Half;

static void halves(const json_t *bins, int64_t all, const char *label, Half ret[2])
{
	double seen = 0;
	size_t i;
	json_t *bin;
	ret[0] = ret[1] = (Half){0, 0};
	json_array_foreach (bins, i, bin) {
		double rows = json_get_number(bin, "rows", 0);
		Half *half = &ret[seen + rows / 2 > (double)all / 2];
		half->rows += rows;
		half->events += rows * json_get_number(json_object_get(bin, "rates"), label, 0);
		seen += rows;
	}
}

/* Said when the halves differ by a fifth and by more than 5 standard errors. */
static void about_shift(Profile *p)
{
	const json_t *bins = json_object_get(json_object_get(p->json, "target_over_time"), "bins");
	const ProfileColumn *target = p->target ? profile_column(p, p->target) : NULL;
	if (!bins || !p->classifies || target->distinct != 2)
		return;
	const json_t *first = json_object_get(json_array_get(bins, 0), "rates");
	const char *label = NULL, *key;
	json_t *rate;
	json_object_foreach ((json_t *)first, key, rate)
		if (!label || strcmp(key, label) > 0)
			label = key;
	Half h[2];
	if (!label)
		return;
	halves(bins, target->present, label, h);
	double a = h[0].events / h[0].rows, b = h[1].events / h[1].rows;
	double error = sqrt(a * (1 - a) / h[0].rows + b * (1 - b) / h[1].rows);
	if (fabs(a - b) > 5 * error && fabs(a - b) > 0.2 * fmin(a, b))
		alert(p, p->target, "target_shift", "warning",
		        "%s is \"%s\" in %.3g %% of the earlier and %.3g %% of the later half: what is learned ages",
		        p->target, label, 100 * a, 100 * b);
}

void profile_alerts(Profile *p)
{
	json_object_set_new(p->json, "alerts", json_array());
	for (size_t i = 0; i < p->count; i++)
		about_column(p, &p->columns[i]);
	about_duplicates(p);
	about_shift(p);
	about_pairs(p);
}
