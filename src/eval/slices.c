/* slices.c: the search over slices of one and two literals.
 *
 * For each pair of facets one pass over the rows fills a small table of (count, sum, sum of squares) of the loss; so m
 * columns cost m^2/2 passes of a few additions: 15 columns of 500,000 rows take half a second. */
#include "eval/slices.h"

#include <math.h>
#include <string.h>

#include "base/json.h"
#include "stats/test.h"

typedef struct Sums {
	size_t rows;
	double sum, squares;
} Sums;

typedef struct Slice {
	guint facet[2]; /* of the second: G_MAXUINT when there is one literal */
	uint8_t value[2];
	Sums sums;
	double effect, p, adjusted;
} Slice;

typedef struct Search {
	const GPtrArray *facets;
	const double *loss;
	size_t rows, least_rows;
	Sums all;
	GArray *slices; /* of Slice: all looked at */
} Search;

static void sums_add(Sums *s, double loss)
{
	s->rows++;
	s->sum += loss;
	s->squares += loss * loss;
}

static double mean_of(const Sums *s)
{
	return s->sum / (double)s->rows;
}

static double variance_of(const Sums *s)
{
	double mean = mean_of(s);
	return s->rows < 2 ? 0 : MAX(0, (s->squares - (double)s->rows * mean * mean) / (double)(s->rows - 1));
}

static Sums rest_of(const Search *search, const Sums *s)
{
	return (Sums){search->all.rows - s->rows, search->all.sum - s->sum, search->all.squares - s->squares};
}

/* The one-sided Welch test: is the loss inside larger? */
static void judge(const Search *search, Slice *s)
{
	Sums rest = rest_of(search, &s->sums);
	double in = variance_of(&s->sums), out = variance_of(&rest), gap = mean_of(&s->sums) - mean_of(&rest);
	s->effect = in + out > 0 ? sqrt(2) * gap / sqrt(in + out) : 0;
	TestResult test = test_welch((Sample){(double)s->sums.rows, mean_of(&s->sums), in},
	        (Sample){(double)rest.rows, mean_of(&rest), out});
	s->p = gap > 0 ? test.p / 2 : 1 - test.p / 2;
}

static void look_at(Search *search, const Slice *slice)
{
	if (slice->sums.rows < search->least_rows || search->all.rows - slice->sums.rows < search->least_rows)
		return;
	Slice judged = *slice;
	judge(search, &judged);
	g_array_append_val(search->slices, judged);
}

static void look_at_one(Search *search, guint index)
{
	const Facet *f = search->facets->pdata[index];
	Sums sums[SLICE_NONE + 1] = {0};
	for (size_t i = 0; i < search->rows; i++)
		sums_add(&sums[f->codes[i]], search->loss[i]);
	for (size_t v = 0; v < f->values; v++)
		look_at(search, &(Slice){.facet = {index, G_MAXUINT}, .value = {(uint8_t)v, 0}, .sums = sums[v]});
}

static void look_at_two(Search *search, guint first, guint second)
{
	const Facet *a = search->facets->pdata[first], *b = search->facets->pdata[second];
	Sums sums[(SLICE_VALUES + 2) * (SLICE_VALUES + 2)] = {0};
	for (size_t i = 0; i < search->rows; i++)
		if (a->codes[i] != SLICE_NONE && b->codes[i] != SLICE_NONE)
			sums_add(&sums[a->codes[i] * (SLICE_VALUES + 2) + b->codes[i]], search->loss[i]);
	for (size_t v = 0; v < a->values; v++)
		for (size_t w = 0; w < b->values; w++)
			look_at(search, &(Slice){.facet = {first, second},
			                        .value = {(uint8_t)v, (uint8_t)w},
			                        .sums = sums[v * (SLICE_VALUES + 2) + w]});
}

static void correct(GArray *slices)
{
	g_autofree double *p = g_new(double, slices->len + 1);
	for (guint i = 0; i < slices->len; i++)
		p[i] = g_array_index(slices, Slice, i).p;
	correct_benjamini_hochberg(p, slices->len);
	for (guint i = 0; i < slices->len; i++)
		g_array_index(slices, Slice, i).adjusted = p[i];
}

/* Worst first: by effect times the share of rows it explains would favour the large; effect alone favours the tiny; the
 * excess of loss over the rest, summed over its rows, is what mending it could win. */
static double excess(const Search *search, const Slice *s)
{
	Sums rest = rest_of(search, &s->sums);
	return (mean_of(&s->sums) - mean_of(&rest)) * sqrt((double)s->sums.rows);
}

static int by_excess(const void *a, const void *b, void *context)
{
	double x = excess(context, a), y = excess(context, b);
	return x < y ? 1 : x > y ? -1 : 0;
}

static bool shares_literal(const Slice *a, const Slice *b)
{
	for (int i = 0; i < 2; i++)
		for (int j = 0; j < 2; j++)
			if (a->facet[i] != G_MAXUINT && a->facet[i] == b->facet[j] && a->value[i] == b->value[j])
				return true;
	return false;
}

static bool is_two(const Slice *s)
{
	return s->facet[1] != G_MAXUINT;
}

/* A slice tells something new if no listed one shares a literal with it, or if it is a pair much worse than that one. */
static bool is_new(const GArray *chosen, const Slice *s)
{
	for (guint i = 0; i < chosen->len; i++) {
		const Slice *other = &g_array_index(chosen, Slice, i);
		if (shares_literal(other, s) && !(is_two(s) && !is_two(other) && s->effect > other->effect + 0.1))
			return false;
	}
	return true;
}

/* Below an effect of 0.05 a difference is real but of no use. */
static GArray *choose(Search *search, size_t most)
{
	GArray *chosen = g_array_new(FALSE, FALSE, sizeof(Slice));
	g_array_sort_with_data(search->slices, by_excess, search);
	for (guint i = 0; i < search->slices->len && chosen->len < most; i++) {
		const Slice *s = &g_array_index(search->slices, Slice, i);
		if (s->adjusted < 0.05 && s->effect > 0.05 && is_new(chosen, s))
			g_array_append_vals(chosen, s, 1);
	}
	return chosen;
}

static json_t *slice_json(const Search *search, const Slice *s)
{
	json_t *literals = json_array();
	g_autoptr(GString) text = g_string_new(NULL);
	for (int i = 0; i < 2 && s->facet[i] != G_MAXUINT; i++) {
		const Facet *f = search->facets->pdata[s->facet[i]];
		g_string_append_printf(text, "%s%s", i ? " and " : "", f->literals[s->value[i]]);
		json_array_extend(literals, json_array_get(f->conditions, s->value[i]));
	}
	Sums rest = rest_of(search, &s->sums);
	return json_pack("{s:o,s:o,s:I,s:o,s:o,s:o,s:o,s:o}", "slice", json_text(text->str), "literals", literals,
	        "rows", (json_int_t)s->sums.rows, "loss", json_number(mean_of(&s->sums)), "rest",
	        json_number(mean_of(&rest)), "effect", json_number(s->effect), "p", json_number(s->p), "p_adjusted",
	        json_number(s->adjusted));
}

static uint8_t *rows_in(const Search *search, const Slice *s)
{
	uint8_t *in = g_malloc(MAX(search->rows, (size_t)1));
	memset(in, 1, search->rows);
	for (int k = 0; k < 2 && s->facet[k] != G_MAXUINT; k++) {
		const Facet *f = search->facets->pdata[s->facet[k]];
		for (size_t i = 0; i < search->rows; i++)
			in[i] &= f->codes[i] == s->value[k];
	}
	return in;
}

json_t *slices_find(const GPtrArray *facets, const double *loss, size_t rows, size_t most, GPtrArray **ret_rows)
{
	Search search = {.facets = facets,
	        .loss = loss,
	        .rows = rows,
	        .least_rows = MAX((size_t)30, rows / 200),
	        .slices = g_array_new(FALSE, FALSE, sizeof(Slice))};
	for (size_t i = 0; i < rows; i++)
		sums_add(&search.all, loss[i]);
	for (guint a = 0; a < facets->len; a++) {
		look_at_one(&search, a);
		for (guint b = a + 1; b < facets->len; b++)
			look_at_two(&search, a, b);
	}
	correct(search.slices);
	size_t tried = search.slices->len;
	g_autoptr(GArray) chosen = choose(&search, most);
	json_t *worst = json_array();
	GPtrArray *members = g_ptr_array_new_with_free_func(g_free);
	for (guint i = 0; i < chosen->len; i++) {
		json_array_append_new(worst, slice_json(&search, &g_array_index(chosen, Slice, i)));
		if (ret_rows)
			g_ptr_array_add(members, rows_in(&search, &g_array_index(chosen, Slice, i)));
	}
	if (ret_rows)
		*ret_rows = members;
	else
		g_ptr_array_unref(members);
	g_array_unref(search.slices);
	return json_pack("{s:I,s:o,s:o}", "tried", (json_int_t)tried, "overall",
	        json_number(rows ? mean_of(&search.all) : NAN), "worst", worst);
}
