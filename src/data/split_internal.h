/* split_internal.h: what split*.c share: one split under way, and the views it works on.
 *
 *   gyre_rows    the table with _gyre_row
 *   gyre_split   gyre_rows with _gyre_part (a SplitPart) and _gyre_fold */
#pragma once

#include "data/split.h"

typedef enum SplitPart {
	SPLIT_TRAIN,
	SPLIT_VALID,
	SPLIT_TEST,
	SPLIT_NO_TARGET, /* from here on: left out */
	SPLIT_NO_TIME,
	SPLIT_AFTER_TEST,
	SPLIT_PARTS
} SplitPart;

/* One of test and valid: a fraction of the rows, or when fraction is 0 a range whose ends are as the user wrote them. */
typedef struct SplitSize {
	double fraction;
	char *from, *to; /* to NULL: no end */
} SplitSize;

typedef struct Split {
	Engine *e;
	const json_t *params;
	uint64_t seed;
	json_t *columns; /* of the table, as engine_describe gives them */
	const char *by;
	const char *target, *time, *group;
	bool classifies;
	bool ordered; /* by time or order: places are cuts through one column */
	SplitSize test, valid;
	int folds;       /* 0: a hold-out */
	int64_t rows;    /* of the table */
	int64_t usable;  /* with a target, and a time where that is asked for */
	char *target_ok; /* SQL: is there a target? */
	char *time_ok;   /* SQL: can the row be ordered?  "true" unless by time */
	json_t *warnings;
} Split;

/* split_cut.c: makes the view gyre_split. */
bool split_cut(Split *s, GError **error);

/* split_report.c: the JSON of split.h, or why the parts are of no use. */
bool split_report(Split *s, json_t **ret, GError **error);

G_GNUC_PRINTF(2, 3) void split_warn(Split *s, const char *format, ...);

/* The type of a column of the table, or NULL. */
const char *split_type(const Split *s, const char *column);

/* The column that orders the rows, as SQL, and its type. */
char *split_order(const Split *s);
const char *split_order_type(const Split *s);
