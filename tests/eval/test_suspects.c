/* test_suspects.c: numbers far beyond the usual error are found, by Tukey's fences in each tenth; labels by confident learning. */
#include "eval/suspects.h"

#include <math.h>
#include <string.h>

#include "base/json.h"
#include "base/rng.h"

enum { ROWS = 2000, PLANTED = 5, EVERY = 400 };

typedef struct Numbers {
	double y[ROWS], said[ROWS];
	int64_t place[ROWS];
	Engine *e;
} Numbers;

/* Errors are even within +-1, and ten times as large where more is said; planted ones are off by 3.5 of their quartile ranges. */
static void numbers_fill(Numbers *n)
{
	g_autoptr(GError) error = NULL;
	Rng rng = rng_stream(2, "numbers");
	Frame *f = frame_new(ROWS);
	Column *number = column_new("number", COLUMN_INT, ROWS, NULL);
	for (size_t i = 0; i < ROWS; i++) {
		double size = i % 2 ? 10 : 1, error_of = size * (2 * rng_unit(&rng) - 1);
		n->said[i] = size * 100 + rng_unit(&rng);
		n->y[i] = n->said[i] + (i % EVERY == 7 ? 4.2 * size : error_of);
		n->place[i] = number->ints[i] = (int64_t)(10 * i);
	}
	frame_add(f, number);
	g_assert_true(engine_open(NULL, &n->e, &error) && engine_append(n->e, "numbers", f, &error));
	frame_free(f);
}

static void test_numbers(void)
{
	g_autofree Numbers *n = g_new0(Numbers, 1);
	numbers_fill(n);
	SuspectRows rows = {.e = n->e,
	        .table = "(SELECT *, number AS _gyre_place FROM numbers)",
	        .place = n->place,
	        .rows = ROWS,
	        .outputs = 1,
	        .y = n->y,
	        .scores = n->said};
	json_auto_t *found = NULL;
	g_autoptr(GError) error = NULL;
	size_t i;
	json_t *one;
	g_assert_true(suspects_of(&rows, &found, &error));
	g_assert_cmpint(json_get_int(found, "rows", 0), ==, PLANTED);
	g_assert_cmpfloat_with_epsilon(json_get_number(found, "share", 0), (double)PLANTED / ROWS, 1e-12);
	json_array_foreach (json_object_get(found, "worst"), i, one) {
		json_int_t row = json_integer_value(json_at(one, "row.number")) / 10;
		g_assert_cmpint(row % EVERY, ==, 7);
		g_assert_cmpfloat(json_get_number(one, "actual", NAN), ==, n->y[row]);
		g_assert_cmpfloat(json_get_number(one, "predicted", NAN), ==, n->said[row]);
		/* Quartiles of even errors are -1/2 and 1/2 of their size: 4.2 is 3.7 ranges beyond the upper one. */
		g_assert_cmpfloat_with_epsilon(json_get_number(one, "ranges", NAN), 3.7, 0.7);
	}
	engine_close(n->e);
}

/* Nothing varies, or nothing is known: no scale, no suspects. */
static void test_nothing(void)
{
	static const double SAME[] = {1, 1, 1, 1, 5}, NONE[] = {NAN, NAN};
	g_autoptr(Engine) e = NULL;
	g_assert_true(engine_open(NULL, &e, NULL));
	SuspectRows rows = {
	        .e = e, .table = "(SELECT 0 AS _gyre_place)", .rows = 5, .outputs = 1, .y = SAME, .scores = SAME};
	json_auto_t *found = NULL;
	json_auto_t *none = NULL;
	g_assert_true(suspects_of(&rows, &found, NULL));
	g_assert_cmpint(json_get_int(found, "rows", -1), ==, 0);
	rows.rows = 2;
	rows.y = NONE;
	g_assert_true(suspects_of(&rows, &none, NULL));
	g_assert_cmpint(json_get_int(none, "rows", -1), ==, 0);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/suspects/numbers", test_numbers);
	g_test_add_func("/suspects/nothing", test_nothing);
	return g_test_run();
}
