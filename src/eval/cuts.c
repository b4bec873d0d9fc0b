/* cuts.c: the table of codes and its sums. */
#include "eval/cuts.h"

#include <math.h>
#include <string.h>

#include "base/error.h"

/* Facets in one question: the answer names its set by a bit for each. */
enum { ASK_FACETS = 32, ASK_SETS = 512 };
#define LARGEST 0x1p30

static double unit_of(const double *values, size_t rows)
{
	double most = 0;
	for (size_t i = 0; i < rows; i++)
		if (!isnan(values[i]))
			most = fmax(most, fabs(values[i]));
	return most > 0 ? most / LARGEST : 1;
}

static void fill(Column *to, Column *square, const double *values, double unit)
{
	for (size_t i = 0; i < to->rows; i++) {
		if (isnan(values[i])) {
			column_set_missing(to, i);
			column_set_missing(square, i);
			continue;
		}
		to->ints[i] = llrint(values[i] / unit);
		square->ints[i] = to->ints[i] * to->ints[i];
	}
}

static void add_flag(Frame *f, const char *name, const uint8_t *flags)
{
	Column *c = column_new(name, COLUMN_INT, f->rows, NULL);
	for (size_t i = 0; flags && i < f->rows; i++)
		c->ints[i] = flags[i];
	frame_add(f, c);
}

static Frame *marks_frame(const Marks *m, const Cuts *cuts)
{
	Frame *f = frame_new(m->rows);
	static const char *const NAMES[] = {"l", "l2", "r", "r2"};
	Column *columns[4];
	for (int i = 0; i < 4; i++)
		columns[i] = column_new(NAMES[i], COLUMN_INT, m->rows, NULL);
	fill(columns[0], columns[1], m->loss, cuts->loss_unit);
	fill(columns[2], columns[3], m->residual, cuts->residual_unit);
	for (int i = 0; i < 4; i++)
		frame_add(f, columns[i]);
	add_flag(f, "w", m->wrong);
	add_flag(f, "d", m->differs);
	return f;
}

bool cuts_make(Engine *e, const char *source, const GPtrArray *facets, const Marks *marks, Cuts *ret, GError **error)
{
	Cuts cuts = {e, facets, unit_of(marks->loss, marks->rows), unit_of(marks->residual, marks->rows)};
	g_autoptr(Frame) frame = marks_frame(marks, &cuts);
	g_autoptr(GString) sql = g_string_new("CREATE OR REPLACE TABLE cuts AS SELECT s.*, m.* FROM (SELECT ");
	for (guint i = 0; i < facets->len; i++) {
		const Facet *f = facets->pdata[i];
		g_string_append(sql, "CAST(CASE");
		for (size_t v = 0; v < f->values; v++)
			g_string_append_printf(sql, " WHEN %s THEN %zu", f->tests[v], v);
		g_string_append_printf(sql, " END AS UTINYINT) AS c%u, ", i);
	}
	/* The facets' tests see the data only: a column of theirs may be called as the marks are. */
	g_string_append_printf(
	        sql, "true AS here FROM %s) AS s POSITIONAL JOIN cut_marks AS m; DROP TABLE cut_marks", source);
	if (!engine_append(e, "cut_marks", frame, error) || !engine_run(e, sql->str, error))
		return false;
	*ret = cuts;
	return true;
}

/* Numbers a facet among those of one question. */
static guint number(GArray *asked, guint facet)
{
	for (guint i = 0; i < asked->len; i++)
		if (g_array_index(asked, guint, i) == facet)
			return i;
	g_array_append_val(asked, facet);
	return asked->len - 1;
}

static char *question(const GArray *sets, guint from, guint to, const char *where, GArray *asked)
{
	g_autoptr(GString) groups = g_string_new(NULL), names = g_string_new(NULL);
	for (guint s = from; s < to; s++) {
		const Cell *set = &g_array_index(sets, Cell, s);
		g_string_append(groups, s > from ? ", (" : "(");
		for (size_t k = 0; k < set->literals; k++) {
			number(asked, set->facet[k]);
			g_string_append_printf(groups, "%sc%u", k ? ", " : "", set->facet[k]);
		}
		g_string_append_c(groups, ')');
	}
	for (guint i = 0; i < asked->len; i++)
		g_string_append_printf(names, "%sc%u", i ? ", " : "", g_array_index(asked, guint, i));
	g_autofree char *bits = asked->len ? g_strdup_printf("GROUPING(%s)", names->str) : g_strdup("0");
	return g_strdup_printf(
	        "SELECT %s::BIGINT AS g, count(l)::BIGINT AS n, coalesce(sum(l), 0)::DOUBLE, coalesce(sum(l2), "
	        "0)::DOUBLE, "
	        "coalesce(sum(r), 0)::DOUBLE, coalesce(sum(r2), 0)::DOUBLE, coalesce(sum(w), 0)::BIGINT, "
	        "coalesce(sum(d), "
	        "0)::BIGINT%s%s FROM cuts WHERE l IS NOT NULL AND (%s) GROUP BY GROUPING SETS (%s) ORDER BY ALL",
	        bits, asked->len ? ", " : "", names->str, where ? where : "true", groups->str);
}

/* One row of the answer; false for rows that are in no value of one of its facets. */
static bool read_cell(const Cuts *c, const Frame *f, size_t row, const GArray *asked, Cell *ret)
{
	Column **columns = (Column **)f->columns->pdata;
	int64_t bits = columns[0]->ints[row];
	*ret = (Cell){.literals = 0};
	for (guint i = 0; i < asked->len; i++) {
		if (bits >> (asked->len - 1 - i) & 1)
			continue;
		if (column_is_missing(columns[8 + i], row) || ret->literals == CUT_LITERALS)
			return false;
		ret->facet[ret->literals] = g_array_index(asked, guint, i);
		ret->value[ret->literals++] = (uint8_t)columns[8 + i]->ints[row];
	}
	double loss = c->loss_unit, residual = c->residual_unit;
	ret->sums = (Sums){(double)columns[1]->ints[row], columns[2]->reals[row] * loss,
	        columns[3]->reals[row] * loss * loss, columns[4]->reals[row] * residual,
	        columns[5]->reals[row] * residual * residual, (double)columns[6]->ints[row],
	        (double)columns[7]->ints[row]};
	return true;
}

static bool ask_part(const Cuts *c, const char *sql, const GArray *asked, GArray *ret, GError **error)
{
	g_autoptr(Frame) f = NULL;
	if (!engine_frame(c->e, sql, &f, error))
		return false;
	for (size_t i = 0; i < f->rows; i++) {
		Cell cell;
		if (read_cell(c, f, i, asked, &cell))
			g_array_append_val(ret, cell);
	}
	return true;
}

bool cuts_ask(const Cuts *c, const GArray *sets, const char *where, GArray *ret, GError **error)
{
	for (guint from = 0, to; from < sets->len; from = to) {
		g_autoptr(GArray) asked = g_array_new(FALSE, FALSE, sizeof(guint));
		for (to = from; to < sets->len && to - from < ASK_SETS && asked->len + CUT_LITERALS <= ASK_FACETS; to++)
			for (size_t k = 0; k < g_array_index(sets, Cell, to).literals; k++)
				number(asked, g_array_index(sets, Cell, to).facet[k]);
		g_autofree char *sql = question(sets, from, to, where, asked);
		if (!ask_part(c, sql, asked, ret, error))
			return false;
	}
	return true;
}

char *cell_where(const Cell *cell)
{
	GString *text = g_string_new(cell->literals ? NULL : "true");
	for (size_t k = 0; k < cell->literals; k++)
		g_string_append_printf(text, "%sc%u = %u", k ? " AND " : "", cell->facet[k], cell->value[k]);
	return g_string_free(text, FALSE);
}

char *cell_words(const Cuts *c, const Cell *cell)
{
	GString *text = g_string_new(NULL);
	for (size_t k = 0; k < cell->literals; k++) {
		const Facet *f = c->facets->pdata[cell->facet[k]];
		g_string_append_printf(text, "%s%s", k ? " and " : "", f->literals[cell->value[k]]);
	}
	return g_string_free(text, FALSE);
}

double sums_mean(const Sums *s)
{
	return s->loss / s->rows;
}

double sums_variance(const Sums *s)
{
	double mean = sums_mean(s);
	return s->rows < 2 ? 0 : fmax(0, (s->loss2 - s->rows * mean * mean) / (s->rows - 1));
}
