/* rollout_judge.h: does what was seen of a candidate lie within its bounds?  Numbers in, findings out; nothing is read or done.
 *
 * A bound is left when the candidate is worse by more than the bound, and that by more than chance: it is the lower limit of
 * what the difference may be that must lie beyond the bound.
 *
 *     errors       share of failed requests, candidate's less stable's; the limit is that of Newcombe's hybrid score interval
 *                  (doi:10.1002/(SICI)1097-0258(19980430)17:8<873::AID-SIM779>3.0.CO;2-I, method 10)
 *     latency      95th percentile, candidate's in times of stable's, or of one millisecond if that is more (microseconds are
 *                  nobody's worry); by the same interval, more of its requests must take longer than bound x that percentile than
 *                  of the stable ones take longer than the percentile
 *     score_shift  population stability index of where scores lie, each version's among its own on validation rows (rollout.h), less what it is by chance alone,
 *                  (bins - 1) (1/n + 1/m); the limit by the variance of a noncentral chi-squared, which the index times
 *                  n m / (n + m) is about
 *
 * Requests come without end and are judged again and again.  Look k = 0, 1, ... may err with probability
 * risk / ((k + 1) (k + 2)), which sums to `risk` over all looks that will ever be; each is shared among the bounds and among
 * what was seen since the look before and what was seen in all: the first finds late faults, the second small ones. */
#pragma once

#include "serve/rollout.h"

typedef struct Bounds {
	double errors, latency, score_shift;
	uint64_t min_requests; /* of each route, below which a bound is not judged */
} Bounds;

#define ROLLOUT_RISK 0.01 /* that a candidate no worse than the stable version is ever rolled back by itself */

/* What look k may err with, for each bound and span. */
double rollout_alpha(unsigned look);

/* params: DEPLOY_PARAMS filled. */
Bounds bounds_of(const json_t *params);

/* [{"bound", "stable", "candidate", "value": what the bound is held against, "limit": the bound, "sure": bool, more than chance;
 * "left": bool, "enough": bool}]; figures that cannot be told are null.  New reference. */
json_t *rollout_judge(const RouteCounts *stable, const RouteCounts *candidate, const Bounds *b, double alpha);

/* "errors 8 % beside 1 %: ..." of the bounds that were left, or NULL.  Free with g_free. */
char *rollout_reasons(const json_t *findings);
/* Was every bound judged, and kept? */
bool rollout_kept(const json_t *findings);
