/* delivery.c: how a team delivers models. */
#include "impact/delivery.h"

#include <math.h>
#include <stdlib.h>

#include "base/json.h"

/* Of each move: its time, when the data of the version's run was taken in, and when it was rolled back, where it was. */
static bool moves(Meta *m, const char *model, int64_t since, int64_t until, json_t **ret, GError **error)
{
	return meta_run(m,
	        "SELECT a.moved AS moved, u.moved AS undone, (SELECT MIN(x.started) FROM executions x WHERE x.run_id = "
	        "v.run_id AND "
	        "x.step = 'ingest') AS ingested FROM alias_moves a JOIN model_versions v ON v.name = a.name AND "
	        "v.version = "
	        "a.to_version LEFT JOIN alias_moves u ON u.move_id = a.undone_by WHERE a.name = $1 AND a.alias = "
	        "'champion' AND "
	        "a.why <> 'rollback' AND a.moved >= $2 AND a.moved < $3 ORDER BY a.move_id",
	        json_pack("[s,I,I]", model, (json_int_t)since, (json_int_t)until), ret, error);
}

static bool champion(Meta *m, const char *model, json_t **ret, GError **error)
{
	return meta_row(m,
	        "SELECT v.created AS created, (SELECT MIN(x.started) FROM executions x WHERE x.run_id = v.run_id AND "
	        "x.step = "
	        "'ingest') AS ingested FROM model_aliases a JOIN model_versions v ON v.name = a.name AND v.version = "
	        "a.version "
	        "WHERE a.name = $1 AND a.alias = 'champion'",
	        json_pack("[s]", model), ret, error);
}

static bool versions(Meta *m, const char *model, int64_t since, int64_t until, json_t **ret, GError **error)
{
	return meta_row(m,
	        "SELECT COUNT(*) AS versions, COUNT(DISTINCT a.to_version) AS accepted FROM model_versions v LEFT JOIN "
	        "alias_moves a ON a.name = v.name AND a.to_version = v.version AND a.alias = 'champion' AND a.why <> "
	        "'rollback' "
	        "WHERE v.name = $1 AND v.created >= $2 AND v.created < $3",
	        json_pack("[s,I,I]", model, (json_int_t)since, (json_int_t)until), ret, error);
}

static int by_size(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;
	return (x > y) - (x < y);
}

/* The median of to - from in seconds over the rows that have both; NaN without any.  *ret_count: how many. */
static double median_span(const json_t *rows, const char *from, const char *to, size_t *ret_count)
{
	size_t count = 0, i;
	json_t *row;
	g_autofree double *spans = g_new(double, json_array_size(rows) + 1);
	json_array_foreach ((json_t *)rows, i, row)
		if (json_is_integer(json_object_get(row, from)) && json_is_integer(json_object_get(row, to)))
			spans[count++] = (double)(json_get_int(row, to, 0) - json_get_int(row, from, 0)) / 1e6;
	qsort(spans, count, sizeof *spans, by_size);
	*ret_count = count;
	return count ? (spans[(count - 1) / 2] + spans[count / 2]) / 2 : NAN;
}

/* What came later has no age yet. */
static double age(const json_t *row, const char *since, int64_t until)
{
	int64_t from = json_get_int(row, since, 0);
	return json_is_integer(json_object_get(row, since)) && from <= until ? (double)(until - from) / 1e6 : NAN;
}

bool delivery_of(Meta *m, const char *model, int64_t since, int64_t until, json_t **ret, GError **error)
{
	json_auto_t *moved = NULL, *now = NULL, *made = NULL;
	if (!moves(m, model, since, until, &moved, error) || !champion(m, model, &now, error) ||
	        !versions(m, model, since, until, &made, error))
		return false;
	size_t with_data, failures;
	double lead = median_span(moved, "ingested", "moved", &with_data),
	       restore = median_span(moved, "moved", "undone", &failures);
	double count = (double)json_array_size(moved), days = (double)(until - since) / 86400e6;
	double often = days >= 1 ? count / days * 30 : NAN; /* a few hours say nothing of a month */
	double all = json_get_number(made, "versions", 0), accepted = json_get_number(made, "accepted", 0);
	*ret = json_pack("{s:i,s:o,s:o,s:i,s:o,s:o,s:o,s:o,s:O,s:o}", "deployments", (int)count, "per_30_days",
	        json_number(often), "lead_time_s", json_number(lead), "failures", (int)failures, "failure_rate",
	        json_number(count > 0 ? (double)failures / count : NAN), "restore_s", json_number(restore), "age_s",
	        json_number(age(now, "created", until)), "data_age_s", json_number(age(now, "ingested", until)),
	        "versions", json_object_get(made, "versions"), "accepted", json_number(all > 0 ? accepted / all : NAN));
	return true;
}
