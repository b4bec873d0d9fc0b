/* drivers.c: mean contributions of columns, and where they part from permutation importance. */
#include "eval/drivers.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/json.h"
#include "model/explain.h"

enum { FIRST = 5 };
#define LEAST_SHARE 0.05
#define PARTED 0.2

typedef struct Driver {
	const char *name;
	double mean, share, shuffled, direction;
} Driver;

static int by_number(const void *a, const void *b, void *values)
{
	double x = ((const double *)values)[*(const uint32_t *)a], y = ((const double *)values)[*(const uint32_t *)b];
	return x < y ? -1 : x > y;
}

/* Ranks from 0; equal values share the mean of theirs. */
static void rank(double *values, size_t count)
{
	g_autofree uint32_t *order = g_new(uint32_t, count + 1);
	g_autofree double *ranks = g_new(double, count + 1);
	for (size_t i = 0; i < count; i++)
		order[i] = (uint32_t)i;
	g_qsort_with_data(order, (gint)count, sizeof *order, by_number, values);
	for (size_t i = 0, end; i < count; i = end) {
		for (end = i + 1; end < count && values[order[end]] == values[order[i]];)
			end++;
		for (size_t k = i; k < end; k++)
			ranks[order[k]] = (double)(i + end - 1) / 2;
	}
	memcpy(values, ranks, count * sizeof *values);
}

/* Spearman's correlation; changes both. NaN where one does not vary. */
static double rank_correlation(double *x, double *y, size_t count)
{
	double mean = ((double)count - 1) / 2, xx = 0, yy = 0, xy = 0;
	rank(x, count);
	rank(y, count);
	for (size_t i = 0; i < count; i++) {
		xx += (x[i] - mean) * (x[i] - mean);
		yy += (y[i] - mean) * (y[i] - mean);
		xy += (x[i] - mean) * (y[i] - mean);
	}
	return xx > 0 && yy > 0 ? xy / sqrt(xx * yy) : NAN;
}

/* One margin: which way the column moves it.  With a margin each class there is no one way. */
static double direction_of(const Contributions *c, size_t column, const Column *values)
{
	g_autofree double *x = g_new(double, c->rows + 1), *y = g_new(double, c->rows + 1);
	size_t count = 0;
	if (!values || values->type == COLUMN_TEXT || c->margins > 1)
		return NAN;
	for (size_t i = 0; i < c->rows; i++) {
		x[count] = column_number(values, i);
		y[count] = contributions_at(c, i, 0)[column];
		count += !isnan(x[count]);
	}
	return rank_correlation(x, y, count);
}

static double mean_size(const Contributions *c, size_t column)
{
	double sum = 0;
	size_t lines = c->rows * c->margins;
	for (size_t line = 0; line < lines; line++)
		sum += fabs(c->values[line * (c->columns + 1) + column]);
	return sum / (double)MAX(lines, (size_t)1);
}

static double shuffled_share(const json_t *importance, const char *column)
{
	size_t i;
	json_t *entry;
	json_array_foreach ((json_t *)importance, i, entry)
		if (g_strcmp0(json_get_text(entry, "column", ""), column) == 0)
			return json_get_number(entry, "share", 0);
	return 0;
}

static int by_mean(const void *a, const void *b)
{
	const Driver *x = a, *y = b;
	return x->mean < y->mean ? 1 : x->mean > y->mean ? -1 : strcmp(x->name, y->name);
}

/* Larger shares by a measure than this column has. */
static size_t place(const Driver *all, size_t count, const Driver *d, bool shuffled)
{
	size_t larger = 0;
	for (size_t i = 0; i < count; i++)
		larger += shuffled ? all[i].shuffled > d->shuffled : all[i].share > d->share;
	return larger;
}

static bool parts(const Driver *all, size_t count, const Driver *d)
{
	double high = MAX(d->share, d->shuffled), low = MIN(d->share, d->shuffled);
	return high >= LEAST_SHARE && low < PARTED * high && place(all, count, d, d->shuffled > d->share) < FIRST;
}

static json_t *drivers_json(Driver *all, size_t count, const Contributions *c)
{
	json_t *columns = json_array(), *disagree = json_array();
	g_autofree double *x = g_new(double, count + 1), *y = g_new(double, count + 1);
	for (size_t i = 0; i < count; i++) {
		const Driver *d = &all[i];
		x[i] = d->share;
		y[i] = d->shuffled;
		json_array_append_new(columns,
		        json_pack("{s:o,s:o,s:o,s:o}", "column", json_text(d->name), "mean", json_number(d->mean),
		                "share", json_number(d->share), "direction", json_number(d->direction)));
		if (parts(all, count, d))
			json_array_append_new(
			        disagree, json_pack("{s:o,s:o,s:o}", "column", json_text(d->name), "share",
			                          json_number(d->share), "shuffled", json_number(d->shuffled)));
	}
	return json_pack("{s:I,s:s,s:o,s:o,s:o}", "rows", (json_int_t)c->rows, "scale",
	        contribution_scale_name(c->scale), "agreement", json_number(rank_correlation(x, y, count)), "columns",
	        columns, "disagree", disagree);
}

static json_t *measure(const Explainer *e, const Contributions *c, const Frame *rows, const json_t *importance)
{
	const char *const *names = explainer_columns(e);
	g_autofree Driver *all = g_new0(Driver, c->columns + 1);
	double sum = 0;
	for (size_t k = 0; k < c->columns; k++) {
		all[k] = (Driver){.name = names[k],
		        .mean = mean_size(c, k),
		        .shuffled = shuffled_share(importance, names[k]),
		        .direction = direction_of(c, k, frame_find(rows, names[k]))};
		sum += all[k].mean;
	}
	for (size_t k = 0; k < c->columns; k++)
		all[k].share = sum > 0 ? all[k].mean / sum : 0;
	qsort(all, c->columns, sizeof *all, by_mean);
	return drivers_json(all, c->columns, c);
}

/* What explaining a row costs goes by the size of the trees. */
static bool rows_affordable(const Bundle *b, size_t *ret, GError **error)
{
	g_autoptr(GBytes) bytes = NULL;
	*ret = DRIVERS_ASKED_ROWS;
	if (bundle_contribute_asks(b))
		return true;
	if (!bundle_to_bytes(b, &bytes, error))
		return false;
	*ret = (size_t)CLAMP(DRIVERS_BYTES / (double)g_bytes_get_size(bytes), DRIVERS_LEAST, DRIVERS_ROWS);
	return true;
}

bool drivers_of(const Bundle *b, const Frame *rows, const json_t *importance, json_t **ret, GError **error)
{
	g_autoptr(GError) problem = NULL;
	g_autoptr(Explainer) e = NULL;
	g_autoptr(Contributions) c = NULL;
	*ret = json_null();
	if (!explainer_new(b, &e, &problem)) {
		if (problem->code == FAIL_NOT_FOUND || problem->code == FAIL_LIMIT)
			return true;
		g_propagate_error(error, g_steal_pointer(&problem));
		return false;
	}
	g_autofree uint8_t *keep = g_malloc0(rows->rows + 1);
	size_t most;
	if (!rows_affordable(b, &most, error))
		return false;
	memset(keep, 1, MIN(rows->rows, most));
	g_autoptr(Frame) few = frame_filter(rows, keep);
	g_autoptr(Frame) consumed = frame_copy(few);
	if (!explainer_contributions(e, consumed, false, &c, error))
		return false;
	*ret = measure(e, c, few, importance);
	return true;
}
