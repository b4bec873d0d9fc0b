/* watch.h: what a search has come to: its best, its path, and what matters.
 *
 * Importance of a parameter: the part of the variance of the trials' ranks (1: the best) that its values explain, in bins of
 * equal counts for numbers, by choice for others; corrected for chance (epsilon squared, Kelley 1935), so at least 0 and about
 * 0 for a parameter that does nothing.  A parameter under a condition counts over the trials that have it.  It looks at one
 * parameter at a time: what matters only together with another shows as little. */
#pragma once

#include <jansson.h>
#include <stdbool.h>

/* trials: array of {"params": {...}, "value": number|null, "state"} in their order; those with a value have ended well.
 * {"best": {"trial": index, "params", "value"}|null, "counts": {state: n}, "path": [[index, best so far]...] (each improvement),
 *  "importance": [[param, share]...] (the most first)}.  New reference. */
json_t *watch_trials(const json_t *trials, bool larger_is_better);
