/* periods.h: the periods of a table, for a replay. */
#pragma once

#include "data/engine.h"
#include "retrain/replay.h"

typedef struct PeriodsWanted {
	const char *table; /* path of the Parquet file */
	const char *time;  /* its column of times */
	const char *every; /* "month", "week", "day", or a number of rows */
	int64_t delay;     /* us, until outcomes are known */
	int64_t last;      /* replay so many of the newest; what came before only teaches */
} PeriodsWanted;

/* Those with rows, oldest first, without the first stretch, which only teaches; free with g_free.  FAIL_INVALID when fewer than two
 * stretches have rows, or nothing is known when the first begins. */
bool periods_find(Engine *e, const PeriodsWanted *w, ReplayPeriod **ret, size_t *ret_count, GError **error);
