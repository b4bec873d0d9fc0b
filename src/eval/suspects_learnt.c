/* suspects_learnt.c: reads what was said out of fold, one row for each row that was judged. */
#include <math.h>
#include <string.h>

#include "base/json.h"
#include "eval/suspects.h"

typedef struct Judged {
	size_t rows, outputs;
	int64_t *place;
	double *y, *scores;
} Judged;

static void judged_clear(Judged *j)
{
	g_free(j->place);
	g_free(j->y);
	g_free(j->scores);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Judged, judged_clear)

/* One row a row, by number: repeats are averaged. */
static bool query_of(Engine *e, const Bundle *b, const char *out_of_fold, char **ret, GError **error)
{
	g_autofree char *table = sql_parquet(out_of_fold), *all = g_strconcat("SELECT * FROM ", table, NULL);
	json_auto_t *columns = NULL;
	if (!engine_describe(e, all, &columns, error))
		return false;
	g_autoptr(GString) sql = g_string_new("SELECT _gyre_row, any_value(actual)");
	for (size_t k = bundle_classes(b) ? 4 : 3; k < json_array_size(columns); k++) {
		g_autofree char *name = sql_name(json_get_text(json_array_get(columns, k), "name", ""));
		g_string_append_printf(sql, ", avg(%s)", name);
	}
	g_string_append_printf(sql, " FROM %s GROUP BY _gyre_row ORDER BY _gyre_row", table);
	*ret = g_string_free(g_steal_pointer(&sql), FALSE);
	return true;
}

static double class_of(const Bundle *b, const Column *labels, size_t row)
{
	const char *label = dictionary_text(labels->dictionary, labels->codes[row]);
	for (size_t k = 0; k < bundle_classes(b); k++)
		if (strcmp(bundle_class(b, k), label) == 0)
			return (double)k;
	return NAN;
}

static bool read_judged(Engine *e, const Bundle *b, const char *out_of_fold, Judged *ret, GError **error)
{
	g_autofree char *query = NULL;
	g_autoptr(Frame) f = NULL;
	if (!query_of(e, b, out_of_fold, &query, error) || !engine_frame(e, query, &f, error))
		return false;
	ret->rows = f->rows;
	ret->outputs = f->columns->len - 2;
	ret->place = g_new(int64_t, f->rows + 1);
	ret->y = g_new(double, f->rows + 1);
	ret->scores = g_new(double, f->rows * ret->outputs + 1);
	const Column *actual = f->columns->pdata[1];
	for (size_t i = 0; i < f->rows; i++) {
		ret->place[i] = ((const Column *)f->columns->pdata[0])->ints[i];
		ret->y[i] = bundle_classes(b) ? class_of(b, actual, i) : column_number(actual, i);
		for (size_t k = 0; k < ret->outputs; k++)
			ret->scores[i * ret->outputs + k] = ((const Column *)f->columns->pdata[2 + k])->reals[i];
	}
	return true;
}

bool suspects_learnt(
        Engine *e, const Bundle *b, const char *train, const char *out_of_fold, json_t **ret, GError **error)
{
	g_auto(Judged) j = {0};
	if (!read_judged(e, b, out_of_fold, &j, error))
		return false;
	g_autofree char *parquet = sql_parquet(train),
	                *table = g_strdup_printf("(SELECT *, _gyre_row AS _gyre_place FROM %s)", parquet);
	SuspectRows rows = {.e = e,
	        .b = b,
	        .table = table,
	        .place = j.place,
	        .rows = j.rows,
	        .classes = bundle_classes(b),
	        .outputs = j.outputs,
	        .y = j.y,
	        .scores = j.scores};
	return suspects_of(&rows, ret, error);
}
