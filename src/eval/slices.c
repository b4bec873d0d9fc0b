/* slices.c: the search over slices of one to three literals.
 *
 * Breadth first, by GROUPING SETS over the table of cuts: all of one literal; all of two among the facets that tell most of the
 * loss by themselves; of three, those below the pairs with the largest excess of loss.  So 3 million rows take seconds. */
#include "eval/slices.h"

#include <math.h>
#include <string.h>

#include "base/json.h"
#include "stats/test.h"

enum { PAIR_FACETS = 16, GROWN_PAIRS = 12 };

/* Below an effect of 0.05 a difference is real but of no use. */
#define SMALLEST_EFFECT 0.05

/* Alpha-investing: the wealth to begin with and what a finding earns; of the wealth a quarter is put on each test. */
#define WEALTH 0.05
#define STAKE 0.25

typedef struct Slice {
	Cell cell;
	double effect, p, adjusted;
	bool found;
} Slice;

typedef struct Search {
	const Cuts *cuts;
	Sums all;
	double least_rows;
	GArray *slices; /* of Slice: all looked at */
} Search;

static Sums rest_of(const Search *search, const Sums *s)
{
	return (Sums){search->all.rows - s->rows, search->all.loss - s->loss, search->all.loss2 - s->loss2};
}

/* The one-sided Welch test: is the loss inside larger? */
static void judge(const Search *search, Slice *s)
{
	const Sums *sums = &s->cell.sums;
	Sums rest = rest_of(search, sums);
	double in = sums_variance(sums), out = sums_variance(&rest), gap = sums_mean(sums) - sums_mean(&rest);
	s->effect = in + out > 0 ? sqrt(2) * gap / sqrt(in + out) : 0;
	TestResult test =
	        test_welch((Sample){sums->rows, sums_mean(sums), in}, (Sample){rest.rows, sums_mean(&rest), out});
	s->p = gap > 0 ? test.p / 2 : 1 - test.p / 2;
}

static void look_at(Search *search, const Cell *cell)
{
	Slice s = {.cell = *cell};
	if (cell->sums.rows < search->least_rows || search->all.rows - cell->sums.rows < search->least_rows)
		return;
	judge(search, &s);
	g_array_append_val(search->slices, s);
}

static bool ask(Search *search, const GArray *sets, GError **error)
{
	g_autoptr(GArray) cells = g_array_new(FALSE, FALSE, sizeof(Cell));
	if (!cuts_ask(search->cuts, sets, NULL, cells, error))
		return false;
	for (guint i = 0; i < cells->len; i++) {
		const Cell *cell = &g_array_index(cells, Cell, i);
		if (cell->literals == 0)
			search->all = cell->sums;
	}
	for (guint i = 0; i < cells->len; i++)
		if (g_array_index(cells, Cell, i).literals)
			look_at(search, &g_array_index(cells, Cell, i));
	return true;
}

static bool look_at_one(Search *search, GError **error)
{
	g_autoptr(GArray) sets = g_array_new(FALSE, FALSE, sizeof(Cell)), all = g_array_new(FALSE, FALSE, sizeof(Cell));
	Cell everything = {0};
	g_array_append_val(all, everything);
	if (!ask(search, all, error))
		return false;
	search->least_rows = fmax(30, floor(search->all.rows / 200));
	for (guint i = 0; i < search->cuts->facets->len; i++) {
		Cell set = {.literals = 1, .facet = {i}};
		g_array_append_val(sets, set);
	}
	return !sets->len || ask(search, sets, error);
}

typedef struct Told {
	guint facet;
	double part; /* sum of squares between its values */
} Told;

static int by_part(const void *a, const void *b)
{
	const Told *x = a, *y = b;
	return x->part != y->part ? (x->part < y->part ? 1 : -1) : (x->facet > y->facet) - (x->facet < y->facet);
}

/* The facets whose values differ most in loss, best first: at most PAIR_FACETS. */
static size_t best_facets(const Search *search, guint *ret)
{
	guint count = search->cuts->facets->len;
	g_autofree Told *told = g_new0(Told, (gsize)count + 1);
	for (guint i = 0; i < count; i++)
		told[i].facet = i;
	for (guint i = 0; i < search->slices->len; i++) {
		const Cell *cell = &g_array_index(search->slices, Slice, i).cell;
		double gap = sums_mean(&cell->sums) - sums_mean(&search->all);
		if (cell->literals == 1)
			told[cell->facet[0]].part += cell->sums.rows * gap * gap;
	}
	qsort(told, count, sizeof *told, by_part);
	size_t kept = MIN((size_t)count, (size_t)PAIR_FACETS);
	for (size_t i = 0; i < kept; i++)
		ret[i] = told[i].facet;
	return kept;
}

static bool look_at_two(Search *search, const guint *facets, size_t count, GError **error)
{
	g_autoptr(GArray) sets = g_array_new(FALSE, FALSE, sizeof(Cell));
	for (size_t a = 0; a < count; a++)
		for (size_t b = a + 1; b < count; b++) {
			Cell set = {.literals = 2, .facet = {MIN(facets[a], facets[b]), MAX(facets[a], facets[b])}};
			g_array_append_val(sets, set);
		}
	return !sets->len || ask(search, sets, error);
}

/* The excess of loss over the rest, by the root of its rows: by rows it would favour the large, by effect alone the tiny. */
static double excess(const Search *search, const Slice *s)
{
	Sums rest = rest_of(search, &s->cell.sums);
	return (sums_mean(&s->cell.sums) - sums_mean(&rest)) * sqrt(s->cell.sums.rows);
}

static int by_excess(const void *a, const void *b, void *context)
{
	double x = excess(context, a), y = excess(context, b);
	return x < y ? 1 : x > y ? -1 : 0;
}

/* The rows of a pair, divided once more by each other facet. */
static bool grow(Search *search, const Slice *pair, const guint *facets, size_t count, GError **error)
{
	g_autofree char *where = cell_where(&pair->cell);
	g_autoptr(GArray) sets = g_array_new(FALSE, FALSE, sizeof(Cell)),
	                  cells = g_array_new(FALSE, FALSE, sizeof(Cell));
	for (size_t i = 0; i < count; i++) {
		Cell set = {.literals = 1, .facet = {facets[i]}};
		if (facets[i] != pair->cell.facet[0] && facets[i] != pair->cell.facet[1])
			g_array_append_val(sets, set);
	}
	if (!sets->len || !cuts_ask(search->cuts, sets, where, cells, error))
		return !sets->len;
	for (guint i = 0; i < cells->len; i++) {
		const Cell *part = &g_array_index(cells, Cell, i);
		Cell cell = pair->cell;
		cell.facet[cell.literals] = part->facet[0];
		cell.value[cell.literals++] = part->value[0];
		cell.sums = part->sums;
		look_at(search, &cell);
	}
	return true;
}

static bool same_cell(const Cell *a, const Cell *b)
{
	size_t shared = 0;
	for (size_t i = 0; i < a->literals; i++)
		for (size_t j = 0; j < b->literals; j++)
			shared += a->facet[i] == b->facet[j] && a->value[i] == b->value[j];
	return a->literals == b->literals && shared == a->literals;
}

static bool is_listed(const GArray *slices, guint from, const Cell *cell)
{
	for (guint i = from; i < slices->len; i++)
		if (same_cell(&g_array_index(slices, Slice, i).cell, cell))
			return true;
	return false;
}

static bool look_at_three(Search *search, const guint *facets, size_t count, GError **error)
{
	g_autoptr(GArray) pairs = g_array_new(FALSE, FALSE, sizeof(Slice));
	g_array_sort_with_data(search->slices, by_excess, search);
	for (guint i = 0; i < search->slices->len && pairs->len < GROWN_PAIRS; i++) {
		const Slice *s = &g_array_index(search->slices, Slice, i);
		if (s->cell.literals == 2 && s->effect > SMALLEST_EFFECT)
			g_array_append_vals(pairs, s, 1);
	}
	guint before = search->slices->len;
	for (guint i = 0; i < pairs->len; i++)
		if (!grow(search, &g_array_index(pairs, Slice, i), facets, count, error))
			return false;
	/* Two pairs that share a literal lead to the same three. */
	for (guint i = search->slices->len; i-- > before;)
		if (is_listed(search->slices, i + 1, &g_array_index(search->slices, Slice, i).cell))
			g_array_remove_index(search->slices, i);
	return true;
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

static int by_promise(const void *a, const void *b)
{
	const Slice *x = *(Slice *const *)a, *y = *(Slice *const *)b;
	if (x->cell.literals != y->cell.literals)
		return x->cell.literals < y->cell.literals ? -1 : 1;
	if (x->cell.sums.rows != y->cell.sums.rows)
		return x->cell.sums.rows > y->cell.sums.rows ? -1 : 1;
	return x->effect > y->effect ? -1 : x->effect < y->effect;
}

static void invest(GArray *slices)
{
	g_autoptr(GPtrArray) worth = g_ptr_array_new();
	double wealth = WEALTH;
	for (guint i = 0; i < slices->len; i++)
		if (g_array_index(slices, Slice, i).effect > SMALLEST_EFFECT)
			g_ptr_array_add(worth, &g_array_index(slices, Slice, i));
	if (worth->len)
		qsort(worth->pdata, worth->len, sizeof *worth->pdata, by_promise);
	for (guint i = 0; i < worth->len; i++) {
		Slice *s = worth->pdata[i];
		double stake = wealth * STAKE;
		s->found = s->p <= stake / (1 + stake);
		wealth += s->found ? WEALTH : -stake;
	}
}

static bool shares_literal(const Cell *a, const Cell *b)
{
	for (size_t i = 0; i < a->literals; i++)
		for (size_t j = 0; j < b->literals; j++)
			if (a->facet[i] == b->facet[j] && a->value[i] == b->value[j])
				return true;
	return false;
}

/* A slice tells something new if no listed one shares a literal with it, or if it is narrower and much worse than that one. */
static bool is_new(const GArray *chosen, const Slice *s)
{
	for (guint i = 0; i < chosen->len; i++) {
		const Slice *other = &g_array_index(chosen, Slice, i);
		bool narrower = s->cell.literals > other->cell.literals && s->effect > other->effect + 0.1;
		if (shares_literal(&other->cell, &s->cell) && !narrower)
			return false;
	}
	return true;
}

static GArray *choose(Search *search, size_t most)
{
	GArray *chosen = g_array_new(FALSE, FALSE, sizeof(Slice));
	g_array_sort_with_data(search->slices, by_excess, search);
	for (guint i = 0; i < search->slices->len && chosen->len < most; i++) {
		const Slice *s = &g_array_index(search->slices, Slice, i);
		if (s->found && is_new(chosen, s))
			g_array_append_vals(chosen, s, 1);
	}
	return chosen;
}

static json_t *slice_json(const Search *search, const Slice *s)
{
	json_t *literals = json_array();
	g_autofree char *text = cell_words(search->cuts, &s->cell);
	for (size_t i = 0; i < s->cell.literals; i++) {
		const Facet *f = search->cuts->facets->pdata[s->cell.facet[i]];
		json_array_extend(literals, json_array_get(f->conditions, s->cell.value[i]));
	}
	Sums rest = rest_of(search, &s->cell.sums);
	return json_pack("{s:o,s:o,s:I,s:o,s:o,s:o,s:o,s:o}", "slice", json_text(text), "literals", literals, "rows",
	        (json_int_t)s->cell.sums.rows, "loss", json_number(sums_mean(&s->cell.sums)), "rest",
	        json_number(sums_mean(&rest)), "effect", json_number(s->effect), "p", json_number(s->p), "p_adjusted",
	        json_number(s->adjusted));
}

static bool search_all(Search *search, GError **error)
{
	guint facets[PAIR_FACETS];
	if (!look_at_one(search, error))
		return false;
	size_t count = best_facets(search, facets);
	if (!look_at_two(search, facets, count, error) || !look_at_three(search, facets, count, error))
		return false;
	correct(search->slices);
	invest(search->slices);
	return true;
}

bool slices_find(const Cuts *cuts, size_t most, json_t **ret, GPtrArray **ret_where, GError **error)
{
	g_autoptr(GArray) slices = g_array_new(FALSE, FALSE, sizeof(Slice));
	Search search = {.cuts = cuts, .slices = slices};
	if (!search_all(&search, error))
		return false;
	g_autoptr(GArray) chosen = choose(&search, most);
	json_t *worst = json_array();
	GPtrArray *where = g_ptr_array_new_with_free_func(g_free);
	for (guint i = 0; i < chosen->len; i++) {
		const Slice *s = &g_array_index(chosen, Slice, i);
		json_array_append_new(worst, slice_json(&search, s));
		g_ptr_array_add(where, cell_where(&s->cell));
	}
	*ret = json_pack("{s:I,s:o,s:o}", "tried", (json_int_t)slices->len, "overall",
	        json_number(search.all.rows > 0 ? sums_mean(&search.all) : NAN), "worst", worst);
	if (ret_where)
		*ret_where = where;
	else
		g_ptr_array_unref(where);
	return true;
}
