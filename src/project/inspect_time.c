/* inspect_time.c: which column orders the rows in time; and where there is none, whether the rows follow each other anyway.
 *
 * A wrong "no" costs more than a wrong "yes": rows of one time in train and test flatter every model. */
#include <math.h>
#include <string.h>

#include "base/json.h"
#include "project/inspect_internal.h"
#include "data/column_words.h"

static const double NEARLY = 0.95;

typedef struct Candidate {
	char *name;
	const char *type;
	double up, down, missing; /* shares of neighbours, of rows */
	double min, max, distinct;
	double score;
} Candidate;

static bool measure(const Inspect *s, Candidate *c, GError **error)
{
	g_autofree char *name = sql_name(c->name);
	bool time = strcmp(c->type, "time") == 0;
	g_autofree char *number = time ? g_strdup_printf("epoch_us(%s)", name) : g_strdup(name);
	g_autofree char *sql = g_strdup_printf(
	        "SELECT count(*) FILTER (v >= b) AS up, count(*) FILTER (v <= b) AS down, count(v) AS n, "
	        "CAST(min(v) AS DOUBLE) AS a, CAST(max(v) AS DOUBLE) AS z, approx_count_distinct(v) AS d "
	        "FROM (SELECT %s AS v, lag(%s) OVER () AS b FROM gyre_inspect)",
	        number, number);
	json_auto_t *row = NULL;
	if (!engine_row(s->e, sql, &row, error))
		return false;
	double n = json_get_number(row, "n", 0);
	c->up = json_get_number(row, "up", 0) / fmax(1, n - 1);
	c->down = json_get_number(row, "down", 0) / fmax(1, n - 1);
	c->missing = 1 - n / (double)MAX(s->rows, 1);
	c->min = json_get_number(row, "a", NAN);
	c->max = json_get_number(row, "z", NAN);
	c->distinct = json_get_number(row, "d", 0);
	return true;
}

/* Seconds or milliseconds since 1970 from 1985 to 2096, or a date such as 20010131. */
static bool holds_times(const Candidate *c)
{
	return (c->min > 19000101 && c->max < 21001232) || (c->min > 4.7e8 && c->max < 4e9) ||
	       (c->min > 4.7e11 && c->max < 4e12);
}

static bool holds_years(const Candidate *c)
{
	return c->min >= 1900 && c->max <= 2100;
}

static bool rises(const Candidate *c)
{
	return fmax(c->up, c->down) >= NEARLY && c->distinct >= 3;
}

static double score(const Candidate *c)
{
	if (c->missing > 0.1 || c->distinct < 3 || name_says_birth(c->name))
		return 0;
	if (strcmp(c->type, "time") != 0) {
		bool named = name_says_time(c->name) || name_says_calendar(c->name);
		return named && (holds_times(c) || (holds_years(c) && rises(c))) ? 1 + rises(c) : 0;
	}
	return 2 + 2 * rises(c) + name_says_time(c->name) - 4 * name_says_after(c->name);
}

static void tell(Inspect *s, const Candidate *c)
{
	g_autofree char *reason = g_strdup_printf("%s%s",
	        strcmp(c->type, "time") == 0 ? "it holds times" : "it is named and filled like one",
	        rises(c) ? ", and the rows are in its order" : "");
	json_t *time = json_pack("{s:o,s:o}", "column", json_text(c->name), "reason", json_text(reason));
	json_object_set_new(s->found, "time", time);
	s->time = json_get_text(time, "column", NULL);
}

bool inspect_time(Inspect *s, GError **error)
{
	json_auto_t *columns = NULL;
	size_t i;
	json_t *c;
	g_autofree char *best_name = NULL;
	Candidate best = {.type = "", .score = 0};
	if (!engine_describe(s->e, "SELECT * EXCLUDE (_gyre_row) FROM gyre_inspect", &columns, error))
		return false;
	json_array_foreach (columns, i, c) {
		Candidate at = {.name = (char *)json_get_text(c, "name", ""), .type = json_get_text(c, "type", "")};
		bool time = strcmp(at.type, "time") == 0;
		bool number = strcmp(at.type, "int") == 0 && (name_says_time(at.name) || name_says_calendar(at.name));
		if (strcmp(at.name, s->target) == 0 || (!time && !number))
			continue;
		if (!measure(s, &at, error))
			return false;
		at.score = score(&at);
		if (at.score > best.score)
			best = at;
	}
	if (best.score >= 1)
		tell(s, &best);
	return true;
}

/* --- order without a time ---------------------------------------------------------------------------------------- */

typedef struct Neighbours {
	double pairs, agree, chance; /* chance: how often two rows at random agree */
	double classes_late;         /* classes among the last fifth of the rows */
} Neighbours;

static const char NEIGHBOURS_SQL[] =
        "WITH m AS (SELECT %s AS _gyre_m FROM gyre_inspect), v AS (SELECT %s AS z, _gyre_row AS r FROM gyre_inspect, m "
        "WHERE %s IS NOT NULL), w AS (SELECT z, lag(z) OVER (ORDER BY r) AS b, r FROM v), "
        "k AS (SELECT CAST(count(*) AS DOUBLE) AS n FROM v GROUP BY z) "
        "SELECT count(b) AS pairs, count(*) FILTER (z = b) AS agree, "
        "count(DISTINCT z) FILTER (r >= %" G_GINT64_FORMAT ") AS late, "
        "(SELECT sum(n * n) / (sum(n) * sum(n)) FROM k) AS chance FROM w";

/* A number counts as two classes, above and below its median. */
static bool compare_neighbours(const Inspect *s, Neighbours *ret, GError **error)
{
	g_autofree char *y = sql_name(s->target);
	g_autofree char *median =
	        s->classifies ? g_strdup("any_value(0)") : g_strdup_printf("quantile_disc(%s, 0.5)", y);
	g_autofree char *z = s->classifies ? g_strdup(y) : g_strdup_printf("(%s > _gyre_m)", y);
	g_autofree char *sql = g_strdup_printf(NEIGHBOURS_SQL, median, z, y, s->rows - s->rows / 5);
	json_auto_t *row = NULL;
	if (!engine_row(s->e, sql, &row, error))
		return false;
	ret->pairs = json_get_number(row, "pairs", 0);
	ret->agree = json_get_number(row, "agree", 0) / fmax(1, ret->pairs);
	ret->chance = json_get_number(row, "chance", 1);
	ret->classes_late = json_get_number(row, "late", 0);
	return true;
}

static bool any_column(const Inspect *s, bool says(const char *))
{
	size_t i;
	json_t *c;
	json_array_foreach (json_object_get(s->profile, "columns"), i, c)
		if (strcmp(json_get_text(c, "name", ""), s->target) != 0 && says(json_get_text(c, "name", "")))
			return true;
	return false;
}

/* Rows in blocks of one class each are sorted by the target, not by time. */
static bool is_sorted(const Inspect *s, const Neighbours *n)
{
	double changes = n->pairs * (1 - n->agree);
	return changes < 20 + 2 * (double)s->classes || n->classes_late < 2;
}

/* Cohen's kappa of neighbours: 0 for shuffled rows. */
static double likeness(const Neighbours *n)
{
	return n->chance < 1 ? (n->agree - n->chance) / (1 - n->chance) : 0;
}

static bool is_sure(const Neighbours *n)
{
	double error = sqrt(n->chance * (1 - n->chance) / fmax(1, n->pairs));
	return likeness(n) >= 0.15 && n->agree - n->chance > 10 * error;
}

bool inspect_order(Inspect *s, GError **error)
{
	Neighbours n;
	if (s->time)
		return true;
	if (!compare_neighbours(s, &n, error))
		return false;
	if (!is_sure(&n))
		return true;
	if (is_sorted(s, &n)) {
		inspect_note(s, "the rows are sorted by %s; their order is not used", s->target);
		return true;
	}
	bool calendar = any_column(s, name_says_calendar), place = any_column(s, name_says_place);
	s->ordered = calendar || !place;
	if (!s->ordered)
		inspect_note(s,
		        "rows next to each other have alike %s (%.3g %% agree where chance gives %.3g %%): they are "
		        "likely "
		        "ordered by place; a model tested on shuffled rows looks better than it is elsewhere",
		        s->target, 100 * n.agree, 100 * n.chance);
	json_object_set_new(s->found, "neighbours", json_pack("{s:f,s:f}", "agree", n.agree, "chance", n.chance));
	return true;
}
