/* periods.c: cuts the table's time into stretches, and counts what is known when. */
#include "retrain/periods.h"

#include <string.h>

#include "base/error.h"
#include "base/json.h"
#include "base/limits.h"

static bool is_word(const char *every)
{
	return strcmp(every, "month") == 0 || strcmp(every, "week") == 0 || strcmp(every, "day") == 0;
}

/* Rows with begin_at and end_at, one a stretch. */
static bool stretches_sql(const PeriodsWanted *w, char **ret, GError **error)
{
	gint64 rows = 0;
	if (is_word(w->every)) {
		*ret = g_strdup_printf(
		        "SELECT epoch_us(date_trunc('%s', moment)) AS begin_at, epoch_us(date_trunc('%s', moment) + "
		        "INTERVAL 1 %s) AS end_at FROM moments GROUP BY ALL ORDER BY begin_at",
		        w->every, w->every, w->every);
		return true;
	}
	if (!g_ascii_string_to_signed(w->every, 10, 1, LIMIT_ROWS, &rows, NULL))
		return fail(error, FAIL_INVALID, "period: month, week, day or a number of rows, not \"%s\"", w->every);
	/* Parts that begin at the same time are one: rows of one time are not parted. */
	*ret = g_strdup_printf(
	        "WITH parts AS (SELECT begin_at, max(last) AS last FROM (SELECT min(epoch_us(moment)) AS begin_at, "
	        "max(epoch_us(moment)) + 1 AS last FROM (SELECT moment, (row_number() OVER (ORDER BY moment) - 1) // "
	        "%" G_GINT64_FORMAT " AS part FROM moments) GROUP BY part) GROUP BY begin_at) SELECT begin_at, "
	        "coalesce(lead(begin_at) OVER (ORDER BY begin_at), last) AS end_at FROM parts ORDER BY begin_at",
	        rows);
	return true;
}

static bool count_between(Engine *e, int64_t from, int64_t until, int64_t *ret, GError **error)
{
	json_auto_t *row = NULL;
	g_autofree char *sql =
	        g_strdup_printf("SELECT count(*) AS rows FROM moments WHERE epoch_us(moment) >= %" G_GINT64_FORMAT
	                        " AND epoch_us(moment) < %" G_GINT64_FORMAT,
	                from, until);
	if (!engine_row(e, sql, &row, error))
		return false;
	*ret = json_get_int(row, "rows", 0);
	return true;
}

static bool count_rows(Engine *e, const PeriodsWanted *w, ReplayPeriod *p, int64_t before, GError **error)
{
	return count_between(e, p->begin, p->end, &p->rows, error) &&
	       count_between(e, before, p->known, &p->fresh, error) &&
	       count_between(e, p->known, p->end - w->delay, &p->arriving, error);
}

/* The oldest time is as early as can be written: the first period knows all before it. */
static bool fill(Engine *e, const PeriodsWanted *w, const json_t *stretches, GArray *periods, GError **error)
{
	size_t count = json_array_size(stretches), i;
	size_t first = count > (size_t)w->last ? count - (size_t)w->last : 1;
	json_t *stretch;
	int64_t before = INT64_MIN / 2;
	json_array_foreach (stretches, i, stretch) {
		ReplayPeriod p = {
		        .begin = json_get_int(stretch, "begin_at", 0), .end = json_get_int(stretch, "end_at", 0)};
		p.known = p.begin - w->delay;
		if (i < MAX(first, (size_t)1) || p.end <= p.begin)
			continue;
		if (!count_rows(e, w, &p, before, error))
			return false;
		if (periods->len == 0 && p.fresh == 0)
			return fail(error, FAIL_INVALID,
			        "nothing is known when the first period begins: outcomes are late by more than a "
			        "period");
		before = p.known;
		g_array_append_val(periods, p);
	}
	return true;
}

bool periods_find(Engine *e, const PeriodsWanted *w, ReplayPeriod **ret, size_t *ret_count, GError **error)
{
	g_autofree char *time = sql_name(w->time), *table = sql_parquet(w->table), *sql = NULL;
	g_autoptr(GArray) periods = g_array_new(FALSE, FALSE, sizeof(ReplayPeriod));
	json_auto_t *stretches = NULL, *columns = NULL;
	g_autofree char *select =
	        g_strdup_printf("SELECT %s AS moment FROM %s WHERE %s IS NOT NULL", time, table, time);
	if (!stretches_sql(w, &sql, error) || !engine_describe(e, select, &columns, error))
		return false;
	if (g_strcmp0(json_get_text(json_array_get(columns, 0), "type", ""), "time") != 0)
		return fail(error, FAIL_INVALID, "column \"%s\" is no time, and a replay goes by time", w->time);
	if (!engine_runf(e, error, "CREATE TEMP VIEW moments AS %s", select) || !engine_rows(e, sql, &stretches, error))
		return false;
	if (json_array_size(stretches) < 2)
		return fail(error, FAIL_INVALID, "all rows lie in one period: there is nothing to replay");
	if (!fill(e, w, stretches, periods, error))
		return false;
	*ret_count = periods->len;
	*ret = (ReplayPeriod *)(void *)g_array_free(g_steal_pointer(&periods), FALSE);
	return true;
}
