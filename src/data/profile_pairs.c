/* profile_pairs.c: how columns go with the target and with each other, on a sample of rows.
 *
 * The sample is every row whose number times 2654435761 (Knuth's multiplier, 2^32 over the golden ratio) falls low modulo 2^32:
 * evenly spread, the same each time, and not in step with any period the data may have. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "data/profile_internal.h"
#include "data/profile_measure.h"
#include "stats/association.h"

enum { SPEARMAN_COLUMNS = 40, CRAMER_COLUMNS = 20, CRAMER_VALUES = 100, INT_CATEGORIES = 10 };
static const int64_t SAMPLE_CELLS = 40000000; /* 320 MB as doubles */

typedef struct Sampled {
	const ProfileColumn *column;
	double *numbers;       /* NaN missing; NULL for text */
	Categories categories; /* codes NULL: not a category */
	double strength;
} Sampled;

typedef struct Pairs {
	Profile *p;
	Frame *frame;
	Sampled *columns;
	size_t rows;
	const Sampled *target; /* NULL: none */
} Pairs;

/* --- the sample -------------------------------------------------------------------------------------------------- */

static char *sample_where(const Profile *p)
{
	int64_t most = MIN(p->sample, SAMPLE_CELLS / (int64_t)MAX(p->count, (size_t)1));
	if (p->rows <= most)
		return g_strdup("true");
	return g_strdup_printf(
	        "(_gyre_row * 2654435761) %% 4294967296 < %.0f", (double)most / (double)p->rows * 0x1p32);
}

static bool take_sample(Pairs *s, GError **error)
{
	Profile *p = s->p;
	g_autoptr(GString) sql = g_string_new("SELECT ");
	for (size_t i = 0; i < p->count; i++)
		g_string_append_printf(sql, "%s%s", i ? ", " : "", p->columns[i].quoted);
	g_autofree char *where = sample_where(p);
	g_string_append_printf(sql, " FROM %s WHERE %s", p->view, where);
	if (!engine_frame(p->e, sql->str, &s->frame, error))
		return false;
	s->rows = s->frame->rows;
	json_object_set_new(p->json, "sampled", json_integer((json_int_t)s->rows));
	return true;
}

static double *numbers_of(const Column *c)
{
	double *ret = g_new(double, c->rows + 1);
	for (size_t i = 0; i < c->rows; i++) {
		ret[i] = column_number(c, i);
		if (isinf(ret[i]))
			ret[i] = NAN;
	}
	return ret;
}

static int compare_doubles(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;
	return (x > y) - (x < y);
}

/* Codes of few distinct numbers, in rising order. */
static Categories codes_of_numbers(const double *x, size_t rows, uint32_t most)
{
	g_autofree double *seen = g_new(double, most + 1);
	uint32_t count = 0;
	for (size_t i = 0; i < rows; i++) {
		if (isnan(x[i]) || (count && bsearch(&x[i], seen, count, sizeof *seen, compare_doubles)))
			continue;
		if (count == most)
			return (Categories){NULL, 0};
		seen[count++] = x[i];
		qsort(seen, count, sizeof *seen, compare_doubles);
	}
	Categories ret = {g_new(uint32_t, rows + 1), count};
	for (size_t i = 0; i < rows; i++) {
		const double *at = isnan(x[i]) ? NULL : bsearch(&x[i], seen, count, sizeof *seen, compare_doubles);
		ret.codes[i] = at ? (uint32_t)(at - seen) : MEASURE_MISSING;
	}
	return ret;
}

static Categories codes_of_texts(const Column *c)
{
	Categories ret = {g_new(uint32_t, c->rows + 1), dictionary_size(c->dictionary)};
	for (size_t i = 0; i < c->rows; i++)
		ret.codes[i] = column_is_missing(c, i) ? MEASURE_MISSING : c->codes[i];
	return ret;
}

static Sampled sampled(const Pairs *s, size_t i)
{
	const ProfileColumn *pc = &s->p->columns[i];
	const Column *c = s->frame->columns->pdata[i];
	Sampled ret = {.column = pc, .strength = NAN};
	bool is_class = s->p->classifies && s->p->target && strcmp(pc->name, s->p->target) == 0;
	if (c->type == COLUMN_TEXT) {
		ret.categories = codes_of_texts(c);
		return ret;
	}
	ret.numbers = numbers_of(c);
	if (c->type == COLUMN_BOOL || is_class || (c->type == COLUMN_INT && pc->distinct <= INT_CATEGORIES))
		ret.categories = codes_of_numbers(ret.numbers, s->rows, is_class ? 1000 : INT_CATEGORIES);
	return ret;
}

/* --- with the target --------------------------------------------------------------------------------------------- */

/* Of two classes the one that is larger, as a number or as text. */
static uint32_t larger_class(const Pairs *s)
{
	const Column *c = frame_find(s->frame, s->target->column->name);
	if (c->type != COLUMN_TEXT)
		return 1; /* codes of numbers rise */
	return strcmp(dictionary_text(c->dictionary, 0), dictionary_text(c->dictionary, 1)) > 0 ? 0 : 1;
}

static double associate(const Pairs *s, const Sampled *c, const char **measure)
{
	const Sampled *t = s->target;
	bool as_number = c->numbers && !(c->column->type == COLUMN_BOOL);
	if (s->p->classifies) {
		*measure = as_number ? t->categories.count == 2 ? "auc" : "correlation_ratio" : "cramers_v";
		if (!as_number)
			return measure_cramers_v(&c->categories, &t->categories, s->rows);
		return t->categories.count == 2 ? measure_auc(c->numbers, &t->categories, larger_class(s), s->rows)
		                                : measure_correlation_ratio(&t->categories, c->numbers, s->rows);
	}
	*measure = as_number ? "spearman" : "correlation_ratio";
	return as_number ? correlation_spearman(c->numbers, t->numbers, s->rows)
	                 : measure_correlation_ratio(&c->categories, t->numbers, s->rows);
}

static void tell_association(const Pairs *s, Sampled *c)
{
	const char *measure = NULL;
	bool fits = s->p->classifies ? s->target->categories.count > 1 : s->target->numbers != NULL;
	bool names_rows = c->column->type == COLUMN_TEXT && c->categories.count > s->rows / 2;
	if (c == s->target || !fits || names_rows)
		return;
	double value = associate(s, c, &measure);
	if (isnan(value))
		return;
	c->strength = strcmp(measure, "auc") == 0 ? fabs(2 * value - 1) : fabs(value);
	json_object_set_new(c->column->json, "association",
	        json_pack("{s:s,s:f,s:f}", "measure", measure, "value", value, "strength", c->strength));
}

/* --- with each other --------------------------------------------------------------------------------------------- */

static int by_strength(const void *a, const void *b)
{
	const Sampled *x = *(Sampled *const *)a, *y = *(Sampled *const *)b;
	double p = isnan(x->strength) ? -1 : x->strength, q = isnan(y->strength) ? -1 : y->strength;
	if (p != q)
		return p < q ? 1 : -1;
	return x < y ? -1 : x > y;
}

static int by_place(const void *a, const void *b)
{
	const Sampled *x = *(Sampled *const *)a, *y = *(Sampled *const *)b;
	return x < y ? -1 : x > y;
}

static bool is_ranked(const Sampled *c)
{
	return profile_is_number(c->column) && c->column->distinct > 2;
}

static bool is_category(const Sampled *c)
{
	return c->categories.codes && c->column->distinct > 1 && c->column->distinct <= CRAMER_VALUES;
}

/* The columns that fit, at most `most`: those that go best with the target, in the table's order. */
static GPtrArray *choose(const Pairs *s, bool fits(const Sampled *), guint most)
{
	GPtrArray *chosen = g_ptr_array_new();
	for (size_t i = 0; i < s->p->count; i++)
		if (fits(&s->columns[i]))
			g_ptr_array_add(chosen, &s->columns[i]);
	if (chosen->len > most) {
		g_ptr_array_sort(chosen, by_strength);
		g_ptr_array_set_size(chosen, (gint)most);
		g_ptr_array_sort(chosen, by_place);
	}
	return chosen;
}

static bool is_complete(const double *x, size_t rows)
{
	for (size_t i = 0; i < rows; i++)
		if (isnan(x[i]))
			return false;
	return true;
}

/* Where nothing is missing ranks are made once per column, not once per pair. */
typedef struct Ranked {
	const double *numbers;
	double *ranks; /* NULL: has missing values */
} Ranked;

static double rank_correlation(const Ranked *a, const Ranked *b, size_t rows)
{
	if (a->ranks && b->ranks)
		return correlation_pearson(a->ranks, b->ranks, rows);
	return correlation_spearman(a->numbers, b->numbers, rows);
}

static json_t *square(size_t size)
{
	json_t *matrix = json_array();
	for (size_t i = 0; i < size; i++) {
		json_t *row = json_array();
		for (size_t k = 0; k < size; k++)
			json_array_append_new(row, k == i ? json_real(1) : json_null());
		json_array_append_new(matrix, row);
	}
	return matrix;
}

static void set_both(json_t *matrix, size_t i, size_t k, double value)
{
	json_array_set_new(json_array_get(matrix, i), k, json_number(value));
	json_array_set_new(json_array_get(matrix, k), i, json_number(value));
}

static json_t *named_matrix(const GPtrArray *chosen, json_t *matrix)
{
	json_t *names = json_array();
	for (guint i = 0; i < chosen->len; i++)
		json_array_append_new(names, json_text(((const Sampled *)chosen->pdata[i])->column->name));
	return json_pack("{s:o,s:o}", "columns", names, "matrix", matrix);
}

static void tell_spearman(const Pairs *s)
{
	g_autoptr(GPtrArray) chosen = choose(s, is_ranked, SPEARMAN_COLUMNS);
	g_autofree Ranked *ranked = g_new0(Ranked, chosen->len + 1);
	json_t *matrix = square(chosen->len);
	for (guint i = 0; i < chosen->len; i++) {
		const Sampled *c = chosen->pdata[i];
		ranked[i].numbers = c->numbers;
		if (is_complete(c->numbers, s->rows))
			ranked[i].ranks = measure_ranks(c->numbers, s->rows);
		for (guint k = 0; k < i; k++)
			set_both(matrix, i, k, rank_correlation(&ranked[i], &ranked[k], s->rows));
	}
	for (guint i = 0; i < chosen->len; i++)
		g_free(ranked[i].ranks);
	json_object_set_new(s->p->json, "spearman", named_matrix(chosen, matrix));
}

static void tell_cramers_v(const Pairs *s)
{
	g_autoptr(GPtrArray) chosen = choose(s, is_category, CRAMER_COLUMNS);
	json_t *matrix = square(chosen->len);
	for (guint i = 0; i < chosen->len; i++)
		for (guint k = 0; k < i; k++) {
			const Sampled *a = chosen->pdata[i], *b = chosen->pdata[k];
			set_both(matrix, i, k, measure_cramers_v(&a->categories, &b->categories, s->rows));
		}
	json_object_set_new(s->p->json, "cramers_v", named_matrix(chosen, matrix));
}

bool profile_pairs(Profile *p, GError **error)
{
	Pairs s = {.p = p};
	if (!take_sample(&s, error))
		return false;
	s.columns = g_new0(Sampled, p->count + 1);
	for (size_t i = 0; i < p->count; i++) {
		s.columns[i] = sampled(&s, i);
		if (p->target && strcmp(p->columns[i].name, p->target) == 0)
			s.target = &s.columns[i];
	}
	for (size_t i = 0; s.target && i < p->count; i++)
		tell_association(&s, &s.columns[i]);
	tell_spearman(&s);
	tell_cramers_v(&s);
	for (size_t i = 0; i < p->count; i++) {
		g_free(s.columns[i].numbers);
		g_free(s.columns[i].categories.codes);
	}
	g_free(s.columns);
	frame_free(s.frame);
	return true;
}
