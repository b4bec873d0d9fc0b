/* errors.c: residuals, disagreement and errors over time. */
#include "eval/errors.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "eval/error_tree.h"
#include "eval/suspects.h"
#include "stats/distribution.h"
#include "stats/test.h"

enum { MOST_RESIDUALS = 20, MOST_PLACES = 5, PERIODS = 12, LEAST_ROWS = 30 };

static double residual(const TestSet *t, const Answers *a, size_t i)
{
	if (!t->classes)
		return t->y[i] - a->scores[i];
	if (isnan(t->y[i]))
		return NAN;
	size_t shown = t->classes == 2 ? t->positive : a->decided[i];
	return (t->y[i] == (double)shown) - a->scores[i * a->outputs + shown];
}

static bool is_wrong(const TestSet *t, const Answers *a, size_t i)
{
	return t->classes && t->y[i] != (double)a->decided[i];
}

bool mistakes_cut(const Mistakes *m, Cuts *ret, GError **error)
{
	size_t rows = m->t->rows;
	g_autofree double *loss = row_losses(m->t, m->a), *residuals = g_new(double, rows + 1);
	g_autofree uint8_t *wrong = g_malloc0(rows + 1), *differs = g_malloc0(rows + 1);
	g_autofree char *source = sql_parquet(m->test_path);
	for (size_t i = 0; i < rows; i++) {
		residuals[i] = residual(m->t, m->a, i);
		wrong[i] = is_wrong(m->t, m->a, i);
		differs[i] = m->champion && m->t->classes && m->a->decided[i] != m->champion->decided[i];
		if (isnan(m->t->y[i]))
			loss[i] = NAN;
	}
	Marks marks = {rows, loss, residuals, wrong, differs};
	return cuts_make(m->e, source, m->facets, &marks, ret, error);
}

/* Every value of every facet. */
static bool ask_values(const Cuts *cuts, GArray *cells, GError **error)
{
	g_autoptr(GArray) sets = g_array_new(FALSE, FALSE, sizeof(Cell));
	for (guint i = 0; i < cuts->facets->len; i++) {
		Cell set = {.literals = 1, .facet = {i}};
		g_array_append_val(sets, set);
	}
	return !sets->len || cuts_ask(cuts, sets, NULL, cells, error);
}

static double mean_of(const Sums *s)
{
	return s->residual / s->rows;
}

static double error_of(const Sums *s)
{
	double mean = mean_of(s), variance = fmax(0, s->residual2 / s->rows - mean * mean);
	return sqrt(variance / (s->rows - 1));
}

static double sureness(const Sums *s)
{
	double error = error_of(s);
	return error > 0 ? fabs(mean_of(s)) / error : 0;
}

static int by_sureness(const void *a, const void *b)
{
	double x = sureness(&((const Cell *)a)->sums), y = sureness(&((const Cell *)b)->sums);
	return x < y ? 1 : x > y ? -1 : 0;
}

/* Those beyond chance, Holm's correction for how many were looked at. */
static json_t *residuals_json(const Cuts *cuts, GArray *cells)
{
	json_t *list = json_array();
	double z = normal_quantile(0.975);
	g_autofree double *p = g_new(double, cells->len + 1);
	g_array_sort(cells, by_sureness);
	for (guint i = 0; i < cells->len; i++) {
		const Sums *s = &g_array_index(cells, Cell, i).sums;
		p[i] = s->rows >= LEAST_ROWS ? normal_two_sided(sureness(s)) : NAN;
	}
	correct_holm(p, cells->len);
	for (guint i = 0; i < cells->len && json_array_size(list) < MOST_RESIDUALS; i++) {
		const Cell *cell = &g_array_index(cells, Cell, i);
		const Facet *f = cuts->facets->pdata[cell->facet[0]];
		double mean = mean_of(&cell->sums), reach = z * error_of(&cell->sums);
		if (p[i] < 0.05)
			json_array_append_new(list,
			        json_pack("{s:o,s:o,s:I,s:f,s:f,s:f}", "column", json_text(f->column), "where",
			                json_text(f->literals[cell->value[0]]), "rows", (json_int_t)cell->sums.rows,
			                "mean", mean, "low", mean - reach, "high", mean + reach));
	}
	return list;
}

static int by_differs(const void *a, const void *b)
{
	const Sums *x = &((const Cell *)a)->sums, *y = &((const Cell *)b)->sums;
	double p = x->differs / x->rows, q = y->differs / y->rows;
	return p < q ? 1 : p > q ? -1 : 0;
}

static json_t *places_json(const Cuts *cuts, GArray *cells)
{
	json_t *list = json_array();
	g_array_sort(cells, by_differs);
	for (guint i = 0; i < cells->len && json_array_size(list) < MOST_PLACES; i++) {
		const Cell *cell = &g_array_index(cells, Cell, i);
		g_autofree char *text = cell_words(cuts, cell);
		if (cell->sums.rows >= LEAST_ROWS && cell->sums.differs > 0)
			json_array_append_new(list,
			        json_pack("{s:o,s:I,s:f}", "where", json_text(text), "rows",
			                (json_int_t)cell->sums.rows, "share", cell->sums.differs / cell->sums.rows));
	}
	return list;
}

static json_t *numbers_differ(const Mistakes *m)
{
	double sum = 0, largest = 0;
	for (size_t i = 0; i < m->t->rows; i++) {
		double gap = fabs(m->a->scores[i] - m->champion->scores[i]);
		sum += gap;
		largest = fmax(largest, gap);
	}
	return json_pack("{s:I,s:o,s:o}", "rows", (json_int_t)m->t->rows, "mean_difference",
	        json_number(sum / (double)m->t->rows), "largest", json_number(largest));
}

static json_t *disagreement(const Mistakes *m, const Cuts *cuts, GArray *cells)
{
	json_int_t differ = 0, model = 0, champion = 0;
	if (!m->champion)
		return json_null();
	if (!m->t->classes)
		return numbers_differ(m);
	for (size_t i = 0; i < m->t->rows; i++) {
		if (m->a->decided[i] == m->champion->decided[i])
			continue;
		differ++;
		model += m->t->y[i] == (double)m->a->decided[i];
		champion += m->t->y[i] == (double)m->champion->decided[i];
	}
	return json_pack("{s:I,s:I,s:o,s:I,s:I,s:o}", "rows", (json_int_t)m->t->rows, "differ", differ, "share",
	        json_number((double)differ / (double)m->t->rows), "model_right", model, "champion_right", champion,
	        "where", places_json(cuts, cells));
}

/* "time", "int", "real" or another type of the column that orders rows. */
static bool type_of(Engine *e, const char *test_path, const char *column, char **ret, GError **error)
{
	json_auto_t *columns = NULL;
	g_autofree char *name = sql_name(column), *table = sql_parquet(test_path),
	                *sql = g_strdup_printf("SELECT %s FROM %s", name, table);
	if (!engine_describe(e, sql, &columns, error))
		return false;
	*ret = g_strdup(json_get_text(json_array_get(columns, 0), "type", "none"));
	return true;
}

/* Periods of equal length, so that equal times are never torn apart. */
static char *periods_sql(const char *column, bool is_time, const char *test_path)
{
	g_autofree char *name = sql_name(column), *table = sql_parquet(test_path),
	                *moment = g_strdup_printf(is_time ? "epoch_us(s.%s::TIMESTAMP)::DOUBLE" : "s.%s::DOUBLE", name);
	const char *before = is_time ? "strftime(make_timestamp(" : "(",
	           *after = is_time ? "(moment)::BIGINT), '%Y-%m-%d %H:%M:%S')" : "(moment))";
	g_autofree char *from = g_strconcat(before, "min", after, NULL), *to = g_strconcat(before, "max", after, NULL);
	return g_strdup_printf(
	        "WITH marked AS (SELECT %s AS moment, m.l, m.w FROM %s AS s POSITIONAL JOIN cuts AS m), span AS "
	        "(SELECT min(moment) AS low, max(moment) AS high FROM marked WHERE isfinite(moment)) SELECT %s "
	        "AS begins, %s AS ends, count(l) AS n, sum(l)::DOUBLE AS loss, sum(w)::DOUBLE AS wrong FROM "
	        "marked, span WHERE isfinite(moment) AND l IS NOT NULL GROUP BY CASE WHEN high > low THEN "
	        "least(%d, floor((moment - low) / (high - low) * %d)) ELSE 0 END ORDER BY min(moment)",
	        moment, table, from, to, PERIODS - 1, PERIODS);
}

static bool over_time(const Mistakes *m, const Cuts *cuts, json_t **ret, GError **error)
{
	const char *column = json_get_text(json_object_get(bundle_header(m->b), "roles"), "time", NULL);
	g_autofree char *type = NULL;
	json_auto_t *rows = NULL;
	size_t i;
	json_t *row;
	*ret = json_null();
	if (!column)
		return true;
	if (!type_of(m->e, m->test_path, column, &type, error))
		return false;
	bool is_time = strcmp(type, "time") == 0;
	if (!is_time && strcmp(type, "int") != 0 && strcmp(type, "real") != 0)
		return true;
	g_autofree char *sql = periods_sql(column, is_time, m->test_path);
	if (!engine_rows(m->e, sql, &rows, error))
		return false;
	json_t *periods = json_array();
	json_array_foreach (rows, i, row) {
		double count = json_get_number(row, "n", 0), loss = json_get_number(row, "loss", NAN) * cuts->loss_unit;
		double wrong = m->t->classes ? json_get_number(row, "wrong", NAN) / count : NAN;
		json_array_append_new(
		        periods, json_pack("{s:O,s:O,s:I,s:o,s:o}", "from", json_object_get(row, "begins"), "to",
		                         json_object_get(row, "ends"), "rows", (json_int_t)count, "loss",
		                         json_number(loss / count), "wrong", json_number(wrong)));
	}
	*ret = json_pack("{s:s,s:o}", "column", column, "periods", periods);
	return true;
}

static bool test_suspects(const Mistakes *m, json_t **ret, GError **error)
{
	g_autofree char *path = sql_parquet(m->test_path),
	                *table = g_strdup_printf("(SELECT *, row_number() OVER () - 1 AS _gyre_place FROM %s)", path);
	SuspectRows rows = {.e = m->e,
	        .b = m->b,
	        .table = table,
	        .rows = m->t->rows,
	        .classes = m->t->classes,
	        .outputs = m->a->outputs,
	        .y = m->t->y,
	        .scores = m->a->scores};
	return suspects_of(&rows, ret, error);
}

static bool learnt_suspects(const Mistakes *m, json_t **ret, GError **error)
{
	*ret = json_null();
	return !m->out_of_fold || suspects_learnt(m->e, m->b, m->train_path, m->out_of_fold, ret, error);
}

bool errors_of(const Mistakes *m, const Cuts *cuts, json_t **ret, GError **error)
{
	g_autoptr(GArray) cells = g_array_new(FALSE, FALSE, sizeof(Cell));
	json_auto_t *suspects = NULL, *learnt = NULL, *time = NULL, *tree = NULL;
	if (!ask_values(cuts, cells, error) || !test_suspects(m, &suspects, error) ||
	        !learnt_suspects(m, &learnt, error) || !over_time(m, cuts, &time, error) ||
	        !error_tree_of(cuts, &tree, error))
		return false;
	json_t *residuals = residuals_json(cuts, cells);
	*ret = json_pack("{s:O,s:O,s:o,s:o,s:O,s:O}", "suspects", suspects, "suspects_learnt", learnt, "disagreement",
	        disagreement(m, cuts, cells), "residuals", residuals, "over_time", time, "tree", tree);
	return true;
}
