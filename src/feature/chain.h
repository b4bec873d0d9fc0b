/* chain.h: fitted transforms one behind the other, as recipes apply them and as fitting builds them up. */
#pragma once

#include "feature/plan.h"

#define INNER_FOLDS 5 /* of cross-fitting; folds by hash of the row's number */

typedef struct Link {
	const TransformKind *kind;
	json_t *params;
	char *place;
	void *t;                  /* NULL: not fitted yet */
	void *inner[INNER_FOLDS]; /* for training rows of each inner fold; NULL: `t` serves */
} Link;

Link *link_new(const TransformKind *kind, const json_t *params, const char *place);
void link_free(Link *link);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Link, link_free)

/* state and cross (a list of members that differ in each inner fold) may be NULL. */
bool link_load(Link *link, const json_t *state, const json_t *cross, GError **error);

/* inner: the inner fold of each row for training rows, NULL for others. */
bool link_apply(const Link *link, Frame *rows, const uint32_t *inner, GError **error);

/* Inner folds by the rows' numbers (the column _gyre_row); free with g_free. */
bool inner_folds(const Frame *rows, uint64_t seed, uint32_t **ret, GError **error);
