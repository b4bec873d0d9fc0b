/* xgboost_rows.c: reads rows into XGBoost's matrices.
 *
 * Training rows go in as a quantile matrix: binned while they are read, so XGBoost holds a byte a value beside our four, and another where
 * it has them by column (an ordinary matrix of its own would hold eight).  A view that leaves columns out is handed over in blocks,
 * so the rows are never copied as a whole. */
#include "model/xgboost_rows.h"

#include "base/error.h"

#define BLOCK 65536u /* rows handed over at once when they have to be copied */

/* Measured with XGBoost 1.7, 200,000 rows of 40 columns of different numbers: 2.1 bytes a value (4.1 where a fifth is missing) kept
 * and 12 while they are sorted, in 0.17 us.  Watched rows are an ordinary matrix. */
#define KEPT_BYTES 5.0
#define MOST_BYTES 14.0
#define SECONDS 2.5e-7

typedef struct Reading {
	const XgboostRowsWanted *wanted;
	const XgboostCalls *calls;
	XgbHandle proxy;
	size_t read;     /* rows handed over */
	bool has_failed; /* inside the callback */
	float *block;    /* those of a narrower view */
} Reading;

static void reading_clear(Reading *r)
{
	if (r->proxy)
		r->calls->matrix_free(r->proxy);
	g_free(r->block);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Reading, reading_clear)

void xgboost_rows_free(XgboostRows *rows)
{
	if (!rows)
		return;
	if (rows->valid)
		rows->calls->matrix_free(rows->valid);
	if (rows->train)
		rows->calls->matrix_free(rows->train);
	g_free(rows);
}

char *xgboost_array(const float *values, size_t rows, size_t columns)
{
	return g_strdup_printf("{\"data\":[%" G_GUINTPTR_FORMAT
	                       ",true],\"shape\":[%zu,%zu],\"typestr\":\"<f4\",\"version\":3}",
	        (guintptr)values, rows, columns);
}

bool xgboost_set(const XgboostCalls *calls, XgbHandle matrix, const char *field, char *array)
{
	g_autofree char *owned = array;
	return calls->set_info(matrix, field, owned) == 0;
}

static bool is_copied(const XgboostRowsWanted *w)
{
	return w->view && !w->view->is_whole;
}

static size_t columns_of(const XgboostRowsWanted *w)
{
	return w->view ? w->view->columns : w->set->x->columns;
}

static bool set_types(const Reading *r, XgbHandle matrix)
{
	const View *view = r->wanted->view;
	bool any = false;
	if (!view)
		return true;
	g_autofree const char **types = g_new(const char *, MAX(view->columns, (size_t)1));
	for (size_t j = 0; j < view->columns; j++) {
		types[j] = view->categories[j] ? "c" : "q";
		any = any || view->categories[j];
	}
	return !any || r->calls->set_texts(matrix, "feature_type", types, view->columns) == 0;
}

static float *narrow(const double *values, size_t count)
{
	float *ret = g_new(float, MAX(count, 1));
	for (size_t i = 0; i < count; i++)
		ret[i] = (float)values[i];
	return ret;
}

static void source_reset(void *source)
{
	((Reading *)source)->read = 0;
}

/* XGBoost asks for the next part of the rows: all of them at once where they can stay where they are. */
static int source_next(void *source)
{
	Reading *r = source;
	const XgboostRowsWanted *w = r->wanted;
	const Matrix *x = w->set->x;
	size_t from = r->read;
	if (from >= x->rows || r->has_failed)
		return 0;
	size_t rows = is_copied(w) ? MIN(x->rows - from, BLOCK) : x->rows;
	r->read += rows;
	if (is_copied(w))
		view_rows(w->view, x, from, rows, r->block);
	g_autofree char *array = xgboost_array(is_copied(w) ? r->block : x->values, rows, columns_of(w));
	g_autofree float *weight = w->set->weight ? narrow(w->set->weight + from, rows) : NULL;
	bool ok = r->calls->proxy_set_dense(r->proxy, array) == 0 && set_types(r, r->proxy) &&
	          (!weight || xgboost_set(r->calls, r->proxy, "weight", xgboost_array(weight, rows, 1)));
	r->has_failed = !ok;
	return ok;
}

static bool read_valid(const Reading *r, const char *config, XgbHandle *ret)
{
	const XgboostRowsWanted *w = r->wanted;
	const Matrix *valid = w->set->valid;
	g_autofree float *copy = NULL;
	if (is_copied(w)) {
		copy = g_new(float, MAX(valid->rows * columns_of(w), (size_t)1));
		view_rows(w->view, valid, 0, valid->rows, copy);
	}
	g_autofree char *rows = xgboost_array(copy ? copy : valid->values, valid->rows, columns_of(w));
	g_autofree float *weight = w->set->valid_weight ? narrow(w->set->valid_weight, valid->rows) : NULL;
	return r->calls->dense_new(rows, config, ret) == 0 && set_types(r, *ret) &&
	       (!weight || xgboost_set(r->calls, *ret, "weight", xgboost_array(weight, valid->rows, 1)));
}

bool xgboost_rows_read(const XgboostRowsWanted *wanted, XgboostRows **ret, GError **error)
{
	const TrainSet *set = wanted->set;
	g_auto(Reading) r = {.wanted = wanted};
	g_autoptr(XgboostRows) rows = g_new0(XgboostRows, 1);
	g_autofree char *config =
	        g_strdup_printf("{\"missing\":NaN,\"nthread\":%u,\"max_bin\":%d}", MAX(set->threads, 1u), wanted->bins);
	if (!xgboost_calls(&r.calls, error))
		return false;
	rows->calls = r.calls;
	if (is_copied(wanted))
		r.block = g_new(float, MIN(set->x->rows, BLOCK) * columns_of(wanted));
	if (r.calls->proxy_new(&r.proxy) != 0 ||
	        r.calls->quantile_new(&r, r.proxy, NULL, source_reset, source_next, config, &rows->train) != 0 ||
	        r.has_failed)
		return xgboost_failed(r.calls, "read the training rows", error);
	if (set->valid && !read_valid(&r, config, &rows->valid))
		return xgboost_failed(r.calls, "read the validation rows", error);
	*ret = g_steal_pointer(&rows);
	return true;
}

/* "xgboost 256 0 1 3c": bins, and the columns, those of categories marked. */
static char *key_of(const XgboostRowsWanted *w)
{
	GString *key = g_string_new(NULL);
	g_string_printf(key, "xgboost %d", w->bins);
	for (size_t j = 0; j < columns_of(w); j++)
		g_string_append_printf(key, " %u%s", w->view ? w->view->column[j] : (unsigned)j,
		        w->view && w->view->categories[j] ? "c" : "");
	return g_string_free(key, FALSE);
}

static void free_thing(void *rows)
{
	xgboost_rows_free(rows);
}

bool xgboost_rows_prepare(const XgboostRowsWanted *wanted, bool make, Prepared *ret, GError **error)
{
	const TrainSet *set = wanted->set;
	double rows = (double)set->x->rows, columns = (double)columns_of(wanted), values = rows * columns;
	double watched = set->valid ? (double)set->valid->rows * (columns * 8 + 4) : 0;
	double wide = wanted->bins > 256 ? 2 : 1; /* bytes of a bin's number */
	XgboostRows *made = NULL;
	if (make && !xgboost_rows_read(wanted, &made, error))
		return false;
	*ret = (Prepared){.x = set->x,
	        .valid = set->valid,
	        .key = key_of(wanted),
	        .kept = KEPT_BYTES * wide * values + 16 * rows + watched,
	        .most = MOST_BYTES * values + 16 * rows + watched + (double)sizeof(float) * BLOCK * columns,
	        .seconds = SECONDS * values,
	        .thing = made,
	        .free = free_thing};
	return true;
}

const XgboostRows *xgboost_rows_prepared(const XgboostRowsWanted *wanted)
{
	if (!wanted->set->prepared)
		return NULL;
	g_autofree char *key = key_of(wanted);
	return prepared_find(wanted->set, key);
}
