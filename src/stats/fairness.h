/* fairness.h: does a model treat groups alike?  Counts of each group in, gaps between groups out.
 *
 *   rate            of whom            says
 *   -------------   ----------------   ---------------------------------------------
 *   selection       everybody          part decided for (said to be the positive class)
 *   true positive   positives          part of those who are, found
 *   false positive  negatives          part of those who are not, marked
 *   precision       decided for        part of the marked who are
 *
 * A gap is the largest rate of any group minus the smallest (or smallest over largest); its interval is of these two groups:
 * Newcombe's method 10 for differences (1998, doi:10.1002/(SICI)1097-0258(19980430)17:8<873::AID-SIM779>3.0.CO;2-I), from
 * Wilson's intervals; Katz' logarithm for the ratio (1978, doi:10.2307/2530610).  The two are chosen for being apart, so with many
 * groups the interval is narrow. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

typedef struct FairGroup {
	double rows, positives, selected, hits; /* hits: positives that were decided for */
	double predicted;                       /* sum of the scores of the positive class */
} FairGroup;

/* A part of some rows. */
typedef struct FairRate {
	double hits, rows;
} FairRate;

FairRate fair_selection(const FairGroup *g);
FairRate fair_true_positive(const FairGroup *g);
FairRate fair_false_positive(const FairGroup *g);
FairRate fair_precision(const FairGroup *g);

typedef struct FairGap {
	double value, low, high;
	size_t most, least; /* the groups with the largest and the smallest rate */
} FairGap;

typedef struct FairMeasure {
	const char *name, *help;
	bool larger_is_better;
	/* NaN when fewer than two groups have the rate. */
	FairGap (*compute)(const FairGroup *groups, size_t count, double level);
} FairMeasure;

extern const FairMeasure FAIR_MEASURES[]; /* ended by a NULL name */
const FairMeasure *fair_measure(const char *name);
