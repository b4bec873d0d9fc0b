/* profile_times.c: when rows happened, where time has holes, and how the target goes with time. */
#include <math.h>
#include <string.h>

#include "base/json.h"
#include "data/profile_internal.h"
#include "data/profile_moments.h"

#define SECOND INT64_C(1000000)
#define DAY (86400 * SECOND)

/* Widths people think in; months and years by their mean length, to choose only. */
static const struct {
	const char *step;
	int64_t us;
} STEPS[] = {
        {"1 second", SECOND},
        {"5 seconds", 5 * SECOND},
        {"15 seconds", 15 * SECOND},
        {"1 minute", 60 * SECOND},
        {"5 minutes", 300 * SECOND},
        {"15 minutes", 900 * SECOND},
        {"1 hour", 3600 * SECOND},
        {"3 hours", 3 * 3600 * SECOND},
        {"6 hours", 6 * 3600 * SECOND},
        {"12 hours", 12 * 3600 * SECOND},
        {"1 day", DAY},
        {"2 days", 2 * DAY},
        {"7 days", 7 * DAY},
        {"1 month", DAY * 30},
        {"3 months", DAY * 91},
        {"1 year", DAY * 365},
        {"5 years", DAY * 1826},
        {"10 years", DAY * 3652},
        {"50 years", DAY * 18262},
        {"100 years", DAY * 36525},
        {"1000 years", DAY * 365250},
};

const char *profile_time_step(int64_t from, int64_t to)
{
	for (size_t i = 0; i < G_N_ELEMENTS(STEPS) - 1; i++)
		if (to / STEPS[i].us - from / STEPS[i].us < PROFILE_TIME_BINS)
			return STEPS[i].step;
	return STEPS[G_N_ELEMENTS(STEPS) - 1].step;
}

static const char *step_of(const ProfileColumn *c)
{
	int64_t from, to;
	if (!time_parse(json_get_text(c->json, "min", ""), &from) ||
	        !time_parse(json_get_text(c->json, "max", ""), &to))
		return NULL;
	return profile_time_step(from, to);
}

static bool histogram(Profile *p, ProfileColumn *c, const char *step, GError **error)
{
	json_auto_t *rows = NULL;
	g_autofree char *sql =
	        g_strdup_printf("SELECT time_bucket(INTERVAL '%s', %s) AS \"from\", count(*) AS rows FROM %s "
	                        "WHERE %s IS NOT NULL GROUP BY 1 ORDER BY 1",
	                step, c->quoted, p->view, c->quoted);
	if (!engine_rows(p->e, sql, &rows, error))
		return false;
	json_object_set_new(c->json, "histogram", json_pack("{s:s,s:O}", "step", step, "bins", rows));
	return true;
}

/* Distances of neighbouring times; a gap is more than 10 times the median. */
static bool gaps(Profile *p, ProfileColumn *c, GError **error)
{
	g_autofree char *sql = g_strdup_printf(
	        "CREATE OR REPLACE TEMP TABLE gyre_gaps AS SELECT lag(t) OVER (ORDER BY t) AS a, t AS b, "
	        "epoch_us(t) - epoch_us(a) AS us FROM (SELECT DISTINCT %s AS t FROM %s WHERE %s IS NOT NULL)",
	        c->quoted, p->view, c->quoted);
	json_auto_t *typical = NULL;
	json_auto_t *largest = NULL;
	if (!engine_run(p->e, sql, error) ||
	        !engine_row(p->e, "SELECT quantile_disc(us, 0.5) / 1e6 AS s FROM gyre_gaps", &typical, error) ||
	        !engine_rows(p->e,
	                "SELECT a AS \"from\", b AS \"to\", us / 1e6 AS seconds FROM gyre_gaps WHERE us > 10 * "
	                "(SELECT quantile_disc(us, 0.5) FROM gyre_gaps) ORDER BY us DESC, a LIMIT 3",
	                &largest, error) ||
	        !engine_run(p->e, "DROP TABLE gyre_gaps", error))
		return false;
	json_object_set_new(c->json, "gaps",
	        json_pack("{s:O,s:O}", "typical_s", json_object_get(typical, "s"), "largest", largest));
	return true;
}

/* --- the target over time ---------------------------------------------------------------------------------------- */

enum { MOST_CLASSES = 10 };

static json_t *bin_of(json_t *bins, const char *from)
{
	json_t *last = json_array_get(bins, json_array_size(bins) - 1);
	if (strcmp(json_get_text(last, "from", ""), from) == 0)
		return last;
	json_array_append_new(bins, json_pack("{s:s,s:i,s:{}}", "from", from, "rows", 0, "rates"));
	return json_array_get(bins, json_array_size(bins) - 1);
}

static json_t *class_bins(const Frame *f)
{
	json_t *bins = json_array(), *bin, *n;
	const Column *from = frame_find(f, "from"), *label = frame_find(f, "y"), *rows = frame_find(f, "rows");
	const char *key;
	size_t i;
	for (i = 0; i < f->rows; i++) {
		g_autofree char *time = column_text(from, i), *text = column_text(label, i);
		bin = bin_of(bins, time);
		json_object_set_new(bin, "rows", json_integer(json_get_int(bin, "rows", 0) + rows->ints[i]));
		json_object_set_new(json_object_get(bin, "rates"), text, json_integer(rows->ints[i]));
	}
	json_array_foreach (bins, i, bin)
		json_object_foreach (json_object_get(bin, "rates"), key, n)
			json_object_set_new(json_object_get(bin, "rates"), key,
			        json_real((double)json_integer_value(n) / (double)json_get_int(bin, "rows", 1)));
	return bins;
}

static bool classes_over_time(Profile *p, const char *bucket, const char *y, json_t **ret, GError **error)
{
	g_autoptr(Frame) f = NULL;
	g_autofree char *sql = g_strdup_printf("SELECT %s AS \"from\", %s AS y, count(*) AS rows FROM %s WHERE "
	                                       "%s IS NOT NULL AND %s IS NOT NULL GROUP BY 1, 2 ORDER BY 1, 2",
	        bucket, y, p->view, bucket, y);
	if (!engine_frame(p->e, sql, &f, error))
		return false;
	*ret = class_bins(f);
	return true;
}

static bool means_over_time(Profile *p, const ProfileColumn *target, const char *bucket, json_t **ret, GError **error)
{
	g_autofree char *x = profile_finite(target);
	MomentBase base =
	        moment_base(json_get_number(target->json, "min", NAN), json_get_number(target->json, "max", NAN),
	                json_get_number(json_object_get(target->json, "quantiles"), "50", NAN));
	g_autofree char *sums = moment_sql(x, base, "y");
	g_autofree char *sql =
	        g_strdup_printf("SELECT %s AS \"from\"%s FROM %s WHERE %s IS NOT NULL AND %s IS NOT NULL "
	                        "GROUP BY 1 ORDER BY 1",
	                bucket, sums, p->view, bucket, x);
	json_auto_t *rows = NULL;
	if (!engine_rows(p->e, sql, &rows, error))
		return false;
	*ret = json_array();
	size_t i;
	json_t *row;
	json_array_foreach (rows, i, row)
		json_array_append_new(*ret,
		        json_pack("{s:O,s:O,s:o}", "from", json_object_get(row, "from"), "rows",
		                json_object_get(row, "y_n"), "mean", json_number(moments_of(row, "y", base).mean)));
	return true;
}

bool profile_target_over_time(Profile *p, GError **error)
{
	const ProfileColumn *target = p->target ? profile_column(p, p->target) : NULL;
	const ProfileColumn *time = p->time ? profile_column(p, p->time) : NULL;
	const char *step = time && time->type == COLUMN_TIME ? step_of(time) : NULL;
	json_object_set_new(p->json, "target_over_time", json_null());
	bool fits = target && (p->classifies ? target->distinct <= MOST_CLASSES : profile_is_number(target));
	if (!step || !fits)
		return true;
	g_autofree char *bucket = g_strdup_printf("time_bucket(INTERVAL '%s', %s)", step, time->quoted);
	json_t *bins = NULL;
	bool ok = p->classifies ? classes_over_time(p, bucket, target->quoted, &bins, error)
	                        : means_over_time(p, target, bucket, &bins, error);
	if (ok)
		json_object_set_new(p->json, "target_over_time", json_pack("{s:s,s:o}", "step", step, "bins", bins));
	return ok;
}

bool profile_times(Profile *p, size_t from, size_t to, GError **error)
{
	for (size_t i = from; i < to; i++) {
		ProfileColumn *c = &p->columns[i];
		const char *step = c->type == COLUMN_TIME ? step_of(c) : NULL;
		if (step && (!histogram(p, c, step, error) || !gaps(p, c, error)))
			return false;
	}
	return true;
}
