/* split_internal.h: what split*.c share: one split under way, and the views it works on.
 *
 *   gyre_rows    the table with _gyre_row
 *   gyre_parts   gyre_rows with _gyre_part (a SplitPart); by content also _gyre_p, the row's place
 *   gyre_split   gyre_rows with _gyre_part and _gyre_fold, and _gyre_folds where there are letters (data/folds.h) */
#pragma once

#include "data/split.h"

typedef enum SplitPart {
	SPLIT_TRAIN,
	SPLIT_VALID,
	SPLIT_TEST,
	SPLIT_NO_TARGET, /* from here on: left out */
	SPLIT_NO_TIME,
	SPLIT_AFTER_TEST,
	SPLIT_IN_GAP, /* too near before the test part */
	SPLIT_PARTS
} SplitPart;

/* One of test and valid: a fraction of the rows, or when fraction is 0 a range whose ends are as the user wrote them. */
typedef struct SplitSize {
	double fraction;
	char *from, *to; /* to NULL: no end */
} SplitSize;

/* Who teaches in folds by time and order.  Lengths are SQL to add to a place in the order, NULL: none. */
typedef struct SplitWindow {
	bool is_all;   /* rows behind the judged block teach too */
	char *length;  /* only so far back; NULL: from the start */
	char *gap;     /* before the judged block nobody teaches */
	char *embargo; /* nor behind it */
} SplitWindow;

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
	int folds;   /* 0: a hold-out */
	int repeats; /* of the folds, at least 1 */
	SplitWindow window;
	const char *fold_by; /* column whose values are the folds; NULL: none */
	bool has_letters;    /* gyre_split has _gyre_folds */
	int64_t rows;        /* of the table */
	int64_t usable;      /* with a target, and a time where that is asked for */
	char *target_ok;     /* SQL: is there a target? */
	char *time_ok;       /* SQL: can the row be ordered?  "true" unless by time */
	json_t *warnings;
} Split;

/* split_cut.c: makes the view gyre_split. */
bool split_cut(Split *s, GError **error);

/* split_folds.c: makes gyre_split of gyre_parts.  cuts: for folds in order, the SQL of where each block but the first begins. */
typedef struct FoldPlan {
	const char *fold;                  /* SQL of _gyre_fold over gyre_parts; NULL: by the map of fold_by */
	char *const *cuts;                 /* NULL: not in order */
	const char *valid_from, *valid_to; /* of a hold-out in order; NULL: none */
} FoldPlan;
bool split_folds(Split *s, const FoldPlan *plan, GError **error);
/* The window of SPLIT_PARAMS as SQL, once the type of the order is known; type NULL: only checks what can be. */
bool split_window(const json_t *params, bool is_ordered, const char *type, SplitWindow *ret, GError **error);
void split_window_clear(SplitWindow *w);
/* split_groups.c: the table gyre_fold_of (v: a value as text, f: its fold) of s->fold_by's values among rows to learn from; sets s->folds. */
bool split_map(Split *s, GError **error);
/* By group, whether its classes are kept equal or not. */
bool split_by_group(const Split *s);
/* SQL of what is kept equal in all parts: the class, or the tenth of the target's range by rank; "0" for nothing. */
char *split_stratum(const Split *s);

/* split_report.c: the JSON of split.h, or why the parts are of no use. */
bool split_report(Split *s, json_t **ret, GError **error);

G_GNUC_PRINTF(2, 3) void split_warn(Split *s, const char *format, ...);

/* The type of a column of the table, or NULL. */
const char *split_type(const Split *s, const char *column);

/* The column that orders the rows, as SQL, and its type. */
char *split_order(const Split *s);
const char *split_order_type(const Split *s);
