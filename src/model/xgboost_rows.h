/* xgboost_rows.h: rows as XGBoost learns from them: sorted into bins, a byte or two a value, and beside them those it watches.
 *
 * They carry weights, by which the bins are chosen, but no targets and no margins: each training sets its own.  So trainings with
 * different objectives can share them, and those in forked children do (prepared.h).  The process that forks must make them with one
 * thread: then OpenMP has no pool there, and children may use as many as they like.  Of a pool of two only the place would
 * come along, and a child would wait for it for ever (measured with libgomp 12). */
#pragma once

#include <glib.h>
#include <stdbool.h>

#include "model/family.h"
#include "model/view.h"
#include "model/xgboost_calls.h"

typedef struct XgboostRows {
	const XgboostCalls *calls;
	XgbHandle train, valid; /* valid NULL: none are watched */
} XgboostRows;

typedef struct XgboostRowsWanted {
	const TrainSet *set; /* its x, weight, valid, valid_weight and threads */
	const View *view;    /* NULL: all features, as numbers */
	int bins;            /* of a feature, at most */
} XgboostRowsWanted;

bool xgboost_rows_read(const XgboostRowsWanted *wanted, XgboostRows **ret, GError **error);
void xgboost_rows_free(XgboostRows *rows);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(XgboostRows, xgboost_rows_free)

/* As ModelFamily.prepare. */
bool xgboost_rows_prepare(const XgboostRowsWanted *wanted, bool make, Prepared *ret, GError **error);
/* Those that were prepared, if they are these; NULL: there are none.  Borrowed. */
const XgboostRows *xgboost_rows_prepared(const XgboostRowsWanted *wanted);

/* {"data": [address, true], ...}, as XGBoost takes arrays.  Free with g_free. */
char *xgboost_array(const float *values, size_t rows, size_t columns);
/* A field of a matrix, "label" or "base_margin"; array is freed.  false: xgboost_failed says why. */
bool xgboost_set(const XgboostCalls *calls, XgbHandle matrix, const char *field, char *array);
