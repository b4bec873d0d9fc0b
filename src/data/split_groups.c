/* split_groups.c: folds that follow from the values of a column: the user's own, one a group, or groups dealt out so that the classes
 * are as equal as can be. */
#include <string.h>

#include "base/error.h"
#include "base/json.h"
#include "base/limits.h"
#include "data/split_internal.h"

bool split_by_group(const Split *s)
{
	return strcmp(s->by, "group") == 0 || strcmp(s->by, "stratified_group") == 0;
}

char *split_stratum(const Split *s)
{
	g_autofree char *target = sql_name(s->target);
	if (!g_str_has_prefix(s->by, "stratified"))
		return g_strdup("0");
	if (s->classifies)
		return g_strdup_printf("CAST(%s AS VARCHAR)", target);
	return g_strdup_printf("((rank() OVER (ORDER BY %s) - 1) * 10) // count(*) OVER ()", target);
}

/* A fold for each value, in the values' order. */
static bool map_values(Split *s, GError **error)
{
	g_autofree char *name = sql_name(s->fold_by);
	json_auto_t *row = NULL;
	if (!engine_runf(s->e, error,
	            "CREATE OR REPLACE TEMP TABLE gyre_fold_of AS SELECT CAST(v AS VARCHAR) AS v, row_number() OVER "
	            "(ORDER BY "
	            "v) - 1 AS f FROM (SELECT DISTINCT %s AS v FROM gyre_parts WHERE _gyre_part = 0 AND %s IS NOT "
	            "NULL)",
	            name, name) ||
	        !engine_row(s->e, "SELECT count(*) AS n FROM gyre_fold_of", &row, error))
		return false;
	int64_t folds = json_get_int(row, "n", 0);
	if (folds > LIMIT_FOLDS)
		return fail(error, FAIL_LIMIT,
		        "\"%s\" has %" G_GINT64_FORMAT " values among the rows to learn from; at most %d can be folds",
		        s->fold_by, folds, LIMIT_FOLDS);
	if (folds == 0 || (folds == 1 && json_get_bool(s->params, "each_group", false)))
		return fail(error, FAIL_INVALID,
		        "\"%s\" has %s among the rows to learn from: there is nothing to fold by", s->fold_by,
		        folds ? "one value" : "no values");
	s->folds = (int)folds;
	return true;
}

/* Groups and how many rows of each stratum they have; strata are numbered by first appearance. */
typedef struct Deal {
	size_t groups, strata;
	const Column *group; /* text, one a (group, stratum), groups together */
	double *total;       /* by stratum */
	double *dealt;       /* folds x strata */
	uint32_t *stratum;   /* of each row of the frame */
	const int64_t *rows;
} Deal;

/* What the fold's sum of squared shares would grow by: the smaller, the more equal the folds. */
static double growth(const Deal *d, size_t fold, size_t from, size_t to)
{
	double sum = 0;
	for (size_t i = from; i < to; i++) {
		double total = d->total[d->stratum[i]], had = d->dealt[fold * d->strata + d->stratum[i]] / total,
		       more = (double)d->rows[i] / total;
		sum += more * (2 * had + more);
	}
	return sum;
}

/* Large groups come first: small ones can even out what they leave. */
static json_t *deal(Deal *d, size_t rows, int folds)
{
	json_t *list = json_array();
	for (size_t from = 0, to; from < rows; from = to) {
		size_t best = 0;
		for (to = from; to < rows && d->group->codes[to] == d->group->codes[from]; to++)
			;
		for (size_t fold = 1; fold < (size_t)folds; fold++)
			if (growth(d, fold, from, to) < growth(d, best, from, to))
				best = fold;
		for (size_t i = from; i < to; i++)
			d->dealt[best * d->strata + d->stratum[i]] += (double)d->rows[i];
		json_array_append_new(list, json_integer((json_int_t)best));
		d->groups++;
	}
	return list;
}

static const char COUNT_SQL[] = "CREATE OR REPLACE TEMP TABLE gyre_again AS SELECT CAST(%s AS VARCHAR) AS g, CAST(%s "
                                "AS VARCHAR) AS s FROM gyre_parts "
                                "WHERE _gyre_part = 0; ";
static const char GROUPS_SQL[] = "SELECT coalesce(g, '') AS g, s, n FROM (SELECT g, s, count(*) AS n, sum(count(*)) "
                                 "OVER (PARTITION BY g) AS size FROM "
                                 "gyre_again GROUP BY g, s) ORDER BY size DESC, g, s";

static Frame *map_frame(const Deal *d, const json_t *folds, size_t rows)
{
	Frame *f = frame_new(d->groups);
	Column *v = column_new("v", COLUMN_TEXT, d->groups, d->group->dictionary);
	Column *fold = column_new("f", COLUMN_INT, d->groups, NULL);
	for (size_t i = 0, at = 0; i < rows; i++) {
		if (i && d->group->codes[i] == d->group->codes[i - 1])
			continue;
		v->codes[at] = d->group->codes[i];
		fold->ints[at] = json_integer_value(json_array_get(folds, at));
		at++;
	}
	frame_add(f, v);
	frame_add(f, fold);
	return f;
}

static bool map_groups(Split *s, GError **error)
{
	g_autofree char *name = sql_name(s->group), *same = split_stratum(s);
	g_autoptr(Frame) f = NULL;
	if (!engine_runf(s->e, error, COUNT_SQL, name, same) || !engine_frame(s->e, GROUPS_SQL, &f, error))
		return false;
	const Column *stratum = frame_find(f, "s");
	Deal d = {.group = frame_find(f, "g"),
	        .strata = dictionary_size(stratum->dictionary),
	        .stratum = stratum->codes,
	        .rows = frame_find(f, "n")->ints};
	d.total = g_new0(double, d.strata + 1);
	d.dealt = g_new0(double, (d.strata + 1) * (size_t)s->folds);
	for (size_t i = 0; i < f->rows; i++)
		d.total[d.stratum[i]] += (double)d.rows[i];
	json_auto_t *folds = deal(&d, f->rows, s->folds);
	g_autoptr(Frame) map = map_frame(&d, folds, f->rows);
	g_free(d.total);
	g_free(d.dealt);
	return engine_run(s->e, "DROP TABLE IF EXISTS gyre_fold_of", error) &&
	       engine_append(s->e, "gyre_fold_of", map, error);
}

bool split_map(Split *s, GError **error)
{
	return strcmp(s->by, "stratified_group") == 0 && s->folds ? map_groups(s, error) : map_values(s, error);
}
