/* test_slices.c: planted failures are found, and only they. */
#include "eval/slices.h"

#include <math.h>
#include <string.h>

#include "base/json.h"
#include "base/rng.h"

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

static void test_planted(void)
{
	g_autofree double *loss = g_new(double, ROWS);
	g_autoptr(Frame) f = planted(loss, 3);
	g_autoptr(GPtrArray) facets = facets_of(f, NOTHING), rows = NULL;
	json_auto_t *found = slices_find(facets, loss, ROWS, 10, &rows);
	const json_t *first = json_array_get(json_object_get(found, "worst"), 0);
	const char *text = json_get_text(first, "slice", "");
	if (!strstr(text, "city = B") || !strstr(text, "size > "))
		g_error("expected city = B and size > ..., found: %s", text);
	size_t members = 0;
	for (size_t i = 0; i < ROWS; i++)
		members += ((uint8_t *)rows->pdata[0])[i];
	g_assert_cmpuint(members, ==, (size_t)json_get_int(first, "rows", 0));
	g_assert_cmpfloat(json_get_number(first, "p_adjusted", 1), <, 1e-6);
	g_assert_cmpint(json_get_int(found, "tried", 0), >, 50);
}

static void test_nothing_planted(void)
{
	g_autofree double *loss = g_new(double, ROWS);
	g_autoptr(Frame) f = planted(loss, 0);
	g_autoptr(GPtrArray) facets = facets_of(f, NOTHING);
	json_auto_t *found = slices_find(facets, loss, ROWS, 10, NULL);
	g_assert_cmpuint(json_array_size(json_object_get(found, "worst")), ==, 0);
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

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/slices/planted", test_planted);
	g_test_add_func("/slices/nothing", test_nothing_planted);
	g_test_add_func("/slices/facets", test_facets);
	return g_test_run();
}
