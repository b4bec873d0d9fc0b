/* online_rows.h: outcomes that have taught nothing yet, joined with the logged inputs of their predictions. */
#pragma once

#include "data/engine.h"
#include "model/bundle.h"
#include "retrain/online.h"

/* Where a model's checkpoints stand, beside its champion. */
typedef struct OnlineLast {
	int64_t number, root, version, created, place; /* of the newest checkpoint; number 0: there is none */
	bool goes_on;  /* the champion is its root, or one of the checkpoints of that root */
	int64_t since; /* outcomes received before are not for it */
} OnlineLast;
bool online_last(const OnlineInput *in, int64_t champion, OnlineLast *ret, GError **error);

typedef struct OnlineRows {
	char *path;       /* Parquet, oldest outcome first; NULL: none; free with g_free */
	int64_t rows;     /* in it */
	int64_t observed; /* when the newest of them was */
	int64_t waiting;  /* outcomes beside them: no prediction of theirs is in the log, or they were too many */
	int64_t place;    /* once these have taught, no outcome before this place has anything left to teach */
} OnlineRows;

/* Columns: the bundle's inputs and target under their own names, `_gyre_id`, `_gyre_observed` int us, `_gyre_row`.  Outcomes
 * before the place of `last`, or received before its `since`, are not looked at. */
bool online_rows_write(
        Engine *e, const OnlineInput *in, const Bundle *b, const OnlineLast *last, OnlineRows *ret, GError **error);
