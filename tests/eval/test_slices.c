/* test_slices.c: planted failures are found, and only they. */
#include "eval/slices.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/rng.h"
#include "eval/error_tree.h"

enum { ROWS = 20000 };
static const char *const NOTHING[] = {NULL};

/* Columns city (4 texts), size (real), day (time); the loss is 1 + noise, and 3 more where city = B and size > 8. */
static Frame *planted(double *loss, double extra)
{
	static const char *const CITIES[] = {"A", "B", "C", "D"};
	Rng rng = rng_stream(5, "planted");
	Frame *f = frame_new(ROWS);
	Column *city = column_new("city", COLUMN_TEXT, ROWS, NULL), *size = column_new("size", COLUMN_REAL, ROWS, NULL);
	Column *day = column_new("day", COLUMN_TIME, ROWS, NULL);
	for (size_t i = 0; i < ROWS; i++) {
		const char *name = CITIES[rng_below(&rng, 4)];
		city->codes[i] = dictionary_code(city->dictionary, name, 1);
		size->reals[i] = 10 * rng_unit(&rng);
		day->ints[i] = (int64_t)rng_below(&rng, 400) * 86400 * 1000000;
		loss[i] = 1 + 0.5 * rng_normal(&rng) + (name[0] == 'B' && size->reals[i] > 8 ? extra : 0);
	}
	frame_add(f, city);
	frame_add(f, size);
	frame_add(f, day);
	return f;
}

/* A table of cuts over rows in an engine of its own. */
typedef struct Desk {
	Engine *e;
	GPtrArray *facets;
	Cuts cuts;
} Desk;

static Desk lay(const Frame *f, const double *loss, unsigned threads)
{
	Desk d = {.facets = facets_of(f, NOTHING)};
	EngineLimits limits = {.threads = threads};
	g_autoptr(GError) error = NULL;
	Marks marks = {f->rows, loss, loss, NULL, NULL};
	if (!engine_open(&limits, &d.e, &error) || !engine_append(d.e, "rows", f, &error) ||
	        !cuts_make(d.e, "rows", d.facets, &marks, &d.cuts, &error))
		g_error("%s", error->message);
	return d;
}

static void desk_clear(Desk *d)
{
	engine_close(d->e);
	g_ptr_array_unref(d->facets);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Desk, desk_clear)

static json_t *search(const Desk *d, GPtrArray **ret_where)
{
	json_t *found = NULL;
	g_autoptr(GError) error = NULL;
	if (!slices_find(&d->cuts, 10, &found, ret_where, &error))
		g_error("%s", error->message);
	return found;
}

static void test_planted(void)
{
	g_autofree double *loss = g_new(double, ROWS);
	g_autoptr(Frame) f = planted(loss, 3);
	g_auto(Desk) d = lay(f, loss, 2);
	g_autoptr(GPtrArray) where = NULL;
	json_auto_t *found = search(&d, &where), *row = NULL;
	const json_t *first = json_array_get(json_object_get(found, "worst"), 0);
	const char *text = json_get_text(first, "slice", "");
	if (!strstr(text, "city = B") || !strstr(text, "size > "))
		g_error("expected city = B and size > ..., found: %s", text);
	g_autofree char *sql = g_strdup_printf("SELECT count(*) AS n FROM cuts WHERE %s", (char *)where->pdata[0]);
	g_assert_true(engine_row(d.e, sql, &row, NULL));
	g_assert_cmpint(json_get_int(row, "n", 0), ==, json_get_int(first, "rows", -1));
	g_assert_cmpfloat(json_get_number(first, "p_adjusted", 1), <, 1e-6);
	g_assert_cmpint(json_get_int(found, "tried", 0), >, 50);
}

/* Three literals: neither alone nor in pairs as bad as together. */
static void test_three(void)
{
	g_autofree double *loss = g_new(double, ROWS);
	g_autoptr(Frame) f = planted(loss, 0);
	const Column *city = frame_find(f, "city"), *size = frame_find(f, "size"), *day = frame_find(f, "day");
	for (size_t i = 0; i < ROWS; i++)
		if (strcmp(dictionary_text(city->dictionary, city->codes[i]), "C") == 0 && size->reals[i] > 8 &&
		        (day->ints[i] / 86400000000 + 3) % 7 == 2)
			loss[i] += 4;
	g_auto(Desk) d = lay(f, loss, 1);
	json_auto_t *found = search(&d, NULL);
	bool any = false;
	size_t i;
	json_t *slice;
	json_array_foreach (json_object_get(found, "worst"), i, slice) {
		const char *text = json_get_text(slice, "slice", "");
		any |= strstr(text, "city = C") && strstr(text, "size > ") && strstr(text, "weekday(day) = Wednesday");
	}
	g_assert_true(any);
}

/* Every figure as counted by hand from the codes, and the same bytes on any number of threads. */
static void test_figures(void)
{
	g_autofree double *loss = g_new(double, ROWS);
	g_autoptr(Frame) f = planted(loss, 3);
	g_auto(Desk) one = lay(f, loss, 1), many = lay(f, loss, 4);
	json_auto_t *a = search(&one, NULL), *b = search(&many, NULL);
	g_autofree char *x = json_canonical(a), *y = json_canonical(b);
	g_assert_cmpstr(x, ==, y);
	g_autoptr(GArray) sets = g_array_new(FALSE, FALSE, sizeof(Cell)),
	                  cells = g_array_new(FALSE, FALSE, sizeof(Cell));
	Cell set = {.literals = 2, .facet = {0, 1}};
	g_array_append_val(sets, set);
	g_assert_true(cuts_ask(&one.cuts, sets, NULL, cells, NULL));
	g_assert_cmpuint(cells->len, ==, 20);
	for (guint k = 0; k < cells->len; k++) {
		const Cell *cell = &g_array_index(cells, Cell, k);
		double rows = 0, sum = 0;
		for (size_t i = 0; i < ROWS; i++)
			if (((Facet *)one.facets->pdata[0])->codes[i] == cell->value[0] &&
			        ((Facet *)one.facets->pdata[1])->codes[i] == cell->value[1]) {
				rows++;
				sum += loss[i];
			}
		g_assert_cmpfloat(cell->sums.rows, ==, rows);
		g_assert_cmpfloat_with_epsilon(cell->sums.loss, sum, 1e-5);
	}
}

static void test_nothing_planted(void)
{
	g_autofree double *loss = g_new(double, ROWS);
	g_autoptr(Frame) f = planted(loss, 0);
	g_auto(Desk) d = lay(f, loss, 1);
	json_auto_t *found = search(&d, NULL), *tree = NULL;
	g_assert_cmpuint(json_array_size(json_object_get(found, "worst")), ==, 0);
	g_assert_true(error_tree_of(&d.cuts, &tree, NULL));
	g_assert_cmpuint(json_array_size(json_object_get(tree, "rules")), ==, 1); /* all rows are alike */
}

/* The tree finds the planted part, its leaves are all rows, and what it explains is what it says. */
static void test_tree(void)
{
	g_autofree double *loss = g_new(double, ROWS);
	g_autoptr(Frame) f = planted(loss, 3);
	g_auto(Desk) d = lay(f, loss, 1);
	json_auto_t *tree = NULL;
	double rows = 0, between = 0, total = 0, mean = 0;
	g_assert_true(error_tree_of(&d.cuts, &tree, NULL));
	const json_t *rules = json_object_get(tree, "rules"), *first = json_array_get(rules, 0);
	const char *rule = json_get_text(first, "rule", "");
	g_assert_true(strstr(rule, "city = B") && strstr(rule, "size > "));
	g_assert_cmpfloat_with_epsilon(json_get_number(first, "loss", 0), 4, 0.1);
	for (size_t i = 0; i < ROWS; i++)
		mean += loss[i] / ROWS;
	for (size_t i = 0; i < ROWS; i++)
		total += (loss[i] - mean) * (loss[i] - mean);
	size_t i;
	json_t *leaf;
	json_array_foreach ((json_t *)rules, i, leaf) {
		double here = json_get_number(leaf, "rows", 0), gap = json_get_number(leaf, "loss", 0) - mean;
		rows += here;
		between += here * gap * gap;
	}
	g_assert_cmpfloat(rows, ==, ROWS);
	g_assert_cmpfloat_with_epsilon(json_get_number(tree, "explained", 0), between / total, 1e-6);
}

static void test_facets(void)
{
	static const char *const CITY[] = {"city", NULL};
	g_autofree double *loss = g_new(double, ROWS);
	g_autoptr(Frame) f = planted(loss, 0);
	g_autoptr(GPtrArray) all = facets_of(f, NOTHING), some = facets_of(f, CITY);
	g_assert_cmpuint(all->len, ==, 3); /* city, size, weekday(day): the times have no hours */
	g_assert_cmpuint(some->len, ==, 2);
	const Facet *size = all->pdata[1];
	size_t counts[SLICE_NONE + 1] = {0};
	for (size_t i = 0; i < ROWS; i++)
		counts[size->codes[i]]++;
	for (size_t v = 0; v < size->values; v++)
		g_assert_cmpuint(counts[v], >, ROWS / size->values - 10);
	g_assert_cmpuint(counts[SLICE_NONE], ==, 0);
}

/* Values that six digits do not tell apart have names of their own; a column that is nearly always at its top is cut below it. */
static void test_numbers_as_words(void)
{
	enum { COUNT = 100 };
	g_autoptr(Frame) f = frame_new(COUNT);
	Column *code = column_new("code", COLUMN_INT, COUNT, NULL), *top = column_new("top", COLUMN_REAL, COUNT, NULL);
	Column *far = column_new("far", COLUMN_INT, COUNT, NULL);
	for (size_t i = 0; i < COUNT; i++) {
		code->ints[i] = 1000001 + (int64_t)i % 2;
		top->reals[i] = i < 15 ? 0.25 * (double)i : 100;
		far->ints[i] = 1000000 + (int64_t)i;
	}
	frame_add(f, code);
	frame_add(f, top);
	frame_add(f, far);
	g_autoptr(GPtrArray) facets = facets_of(f, NOTHING);
	g_assert_cmpuint(facets->len, ==, 3);
	const Facet *a = facets->pdata[0], *b = facets->pdata[1], *c = facets->pdata[2];
	g_assert_cmpstr(a->literals[0], ==, "code = 1000001");
	g_assert_cmpstr(a->literals[1], ==, "code = 1000002");
	g_assert_cmpuint(b->values, ==, 2);
	g_assert_cmpstr(b->literals[0], ==, "top <= 3.5");
	g_assert_cmpstr(b->literals[1], ==, "top > 3.5");
	g_assert_cmpstr(c->literals[1], ==, "far in (1000020, 1000040]");
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/slices/planted", test_planted);
	g_test_add_func("/slices/three", test_three);
	g_test_add_func("/slices/figures", test_figures);
	g_test_add_func("/slices/tree", test_tree);
	g_test_add_func("/slices/nothing", test_nothing_planted);
	g_test_add_func("/slices/facets", test_facets);
	g_test_add_func("/slices/words", test_numbers_as_words);
	return g_test_run();
}
