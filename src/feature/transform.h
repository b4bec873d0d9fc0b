/* transform.h: a transform makes features out of columns.  Learning is a fold over chunks: begin, absorb any number of
 * frames, merge, finish; so data larger than memory, several threads and folds need no second path.  `apply` is the
 * only function that computes a feature, in training and in serving alike.
 *
 * A kind's whole effect on the columns is known before any data is read (`outline`): so a recipe is checked when it is
 * written, patterns such as "*" are resolved then, and it is clear which transforms can learn in the same pass. */
#pragma once

#include <glib.h>
#include <jansson.h>
#include <stdbool.h>

#include "base/param.h"
#include "data/frame.h"
#include "feature/outline.h"
#include "feature/row.h"

typedef struct TransformKind {
	const char *name, *help;
	const Param *params; /* beside "transform"; all have "columns" */
	unsigned takes;      /* types of the columns it reads: TAKES_ bits */
	unsigned matches;    /* types a pattern picks; 0: as takes.  "*" of one_hot means all texts, not all numbers */
	bool each;  /* columns are independent: the recipe makes a transform of each, unless params say cross: true */
	bool blind; /* looks at no values: its columns need not be there */
	bool consumes; /* a column it has read is no feature any more, unless its params say keep: true */
	/* Its columns are no numbers but codes of categories, those of its state's list "categories". */
	bool makes_categories;
	/* Learns from the target: then its training rows get values learnt without them (cross-fitting).  Such a kind
	 * only adds columns of type real. */
	bool sees_target;
	/* What it does to the columns: those it adds, replaces or removes, but for ones whose names are learnt. */
	void (*outline)(const json_t *params, Outline *columns);
	/* Does it learn under these params?  NULL: yes if there is a `begin`. */
	bool (*learns)(const json_t *params);
	/* A check of what the Param table cannot say; NULL: none. */
	bool (*check)(const json_t *params, GError **error);
	/* Learning; all NULL: nothing to learn.  params is filled.  target: the target of the rows, numbers; for a
	 * classification the class's index, as double; NaN or below 0: unknown.  Only kinds that see the target are
	 * given one. The state does not depend on the order of the rows, nor on how they were cut into frames and
	 * merged. */
	bool (*begin)(const json_t *params, void **ret_fit, GError **error);
	bool (*absorb)(void *fit, const Frame *rows, const double *target, GError **error);
	bool (*merge)(void *into, const void *from, GError **error);
	bool (*finish)(void *fit, json_t **ret_state, GError **error); /* state: plain JSON, deterministic */
	/* Only with sees_target: the members of the state that would differ had the rows of `piece`, which was merged
	 * into `fit`, not been seen.  Load gets the state with these members put in their place. */
	bool (*finish_without)(void *fit, const void *piece, json_t **ret_members, GError **error);
	void (*free_fit)(void *fit);
	/* Use.  state NULL where nothing is learnt.  apply adds, replaces or removes columns of `rows`; any number of
	 * threads may call it with frames of their own. */
	bool (*load)(const json_t *params, const json_t *state, void **ret, GError **error);
	bool (*apply)(const void *t, Frame *rows, GError **error);
	/* The same for one row at a time: which columns apply makes, and the function that fills them (feature/row.h); NULL:
	 * rows with such a transform go through apply. */
	void (*compile)(const void *t, RowCompiler *to);
	void (*free)(void *t);
} TransformKind;

enum {
	TAKES_BOOL = 1 << COLUMN_BOOL,
	TAKES_TEXT = 1 << COLUMN_TEXT,
	TAKES_TIME = 1 << COLUMN_TIME,
	TAKES_NUMBERS = 1 << COLUMN_BOOL | 1 << COLUMN_INT | 1 << COLUMN_REAL,
	TAKES_CATEGORIES = TAKES_NUMBERS | TAKES_TEXT,
	TAKES_ANY = TAKES_CATEGORIES | TAKES_TIME,
};

extern const TransformKind *const TRANSFORMS[]; /* NULL-ended */
const TransformKind *transform_find(const char *name);
bool transform_learns(const TransformKind *kind, const json_t *params);
