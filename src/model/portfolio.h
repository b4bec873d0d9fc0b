/* portfolio.h: settings that did well on many other tables, tried before anything is drawn.
 *
 * A search of twenty trials is too short to find good settings by chance; those that were best together over hundreds of public
 * data sets (TabRepo, Salinas and Erickson 2023) are a better beginning, and differ enough to make an ensemble.  Each family
 * keeps its own list in a file portfolio_FAMILY.c: JSON texts, the most useful first. */
#pragma once

#include "model/search.h"

extern const char *const PORTFOLIO_BOOSTED[]; /* NULL-ended, as all */
extern const char *const PORTFOLIO_BOOSTED_WIDE[];
extern const char *const PORTFOLIO_LIGHTGBM[];
extern const char *const PORTFOLIO_FOREST[];
extern const char *const PORTFOLIO_EXTRA_TREES[];
extern const char *const PORTFOLIO_NONE[]; /* of families whose defaults say whether more of them is worth the time */

/* The entry of that number over all families of the space, one of each family in turn, the family with the larger search share
 * first; what the user fixed goes before what an entry says.  False when there are no more.  ret_params: filled, new
 * reference. */
bool portfolio_next(const SearchSpace *space, unsigned number, const ModelFamily **ret_family, json_t **ret_params);
