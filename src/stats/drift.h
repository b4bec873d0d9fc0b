/* drift.h: do two samples of a column differ, by how much, and is it more than chance?
 *
 * Numbers are walked through once, both samples in ascending order, so they may be streams of any length.  A test takes either
 * every distinct value with how many rows of A and of B have it (KS, Wasserstein), or groups: for numbers ten bins cut at the
 * deciles of A, (low, high], so that one outlier moves no bin; for categories one group each.
 *
 * Effect and significance are two numbers and a drift needs both.  Numbers: the effect is the Kolmogorov-Smirnov gap, p its
 * p.  Categories: the effect is the total variation distance, half the sum of the differences of shares, and p is chi-squared's
 * with the categories together of which fewer than 5 rows were expected in A or in B. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "stats/ks.h"
#include "stats/sketch.h"

enum { DRIFT_NUMBERS = 1 << 0, DRIFT_CATEGORIES = 1 << 1 };

typedef struct DriftGroup {
	double value;
	int64_t a, b; /* rows of A and B with this value, in this bin, of this category */
} DriftGroup;

/* What a test carries from group to group. */
typedef struct DriftSums {
	int64_t rows_a, rows_b; /* of the whole samples */
	int64_t seen_a, seen_b; /* in the groups before this one */
	int64_t groups;         /* before this one */
	double last;            /* value of the group before */
	double sum, other;      /* the test's own, 0 at first */
	int64_t most;           /* the test's own, 0 at first */
} DriftSums;

typedef struct DriftFigure {
	double value, p; /* p: NaN for a test that has none */
} DriftFigure;

typedef struct DriftKind {
	const char *name, *help;
	unsigned types; /* DRIFT_NUMBERS, DRIFT_CATEGORIES */
	bool of_values; /* of numbers, takes every distinct value instead of bins */
	bool has_p;
	void (*add)(DriftSums *s, DriftGroup g);
	DriftFigure (*end)(const DriftSums *s);
} DriftKind;

enum { DRIFT_KINDS = 7, DRIFT_BINS = 10 };
extern const DriftKind *const DRIFT_TESTS[]; /* NULL-ended, DRIFT_KINDS of them */

/* The next value of a sample in ascending order, finite; false at its end. */
typedef struct DriftStream {
	bool (*next)(void *source, double *ret);
	void *source;
	int64_t rows;
} DriftStream;

typedef struct DriftReport {
	unsigned type; /* DRIFT_NUMBERS or DRIFT_CATEGORIES */
	int64_t rows_a, rows_b;
	DriftFigure figures[DRIFT_KINDS]; /* by place in DRIFT_TESTS; of tests that suit the type */
	double effect, p;                 /* p NaN: nothing to test */
} DriftReport;

void drift_numbers(DriftStream a, DriftStream b, DriftReport *ret);
/* The same with A as a sketch and B tallied by it: equal to drift_numbers where the sketch is whole, and else never a larger
 * Kolmogorov-Smirnov gap.  B is what is newer. */
void drift_sketch(const Sketch *a, const SketchTally *b, DriftReport *ret);

/* Categories one by one: begin, add each once in a fixed order, end. */
typedef struct DriftCategories {
	DriftReport *report;
	DriftSums sums[DRIFT_KINDS];
	double distance, chi2, groups; /* of the verdict */
	int64_t rare_a, rare_b;        /* rows of categories that are put together */
} DriftCategories;
void drift_categories_begin(DriftCategories *c, int64_t rows_a, int64_t rows_b, DriftReport *ret);
void drift_categories_add(DriftCategories *c, int64_t a, int64_t b);
void drift_categories_end(DriftCategories *c);

/* A question about one column: its values, or its part of missing values. */
typedef struct DriftQuestion {
	double effect, p;  /* p NaN: not enough data to answer */
	double p_adjusted; /* out */
	bool drifted;      /* out */
} DriftQuestion;

/* Answers all questions of one comparison together: drifted where the p, corrected for how many questions there are
 * (Benjamini-Hochberg), is at most alpha and the effect at least `effect`. */
void drift_judge(DriftQuestion *questions, size_t count, double alpha, double effect);

/* Two rates, by chi-squared with Yates' correction: effect is their difference. */
DriftQuestion drift_rates(int64_t hits_a, int64_t rows_a, int64_t hits_b, int64_t rows_b);

extern const DriftKind DRIFT_CHI2, DRIFT_HELLINGER, DRIFT_JENSEN_SHANNON, DRIFT_KS, DRIFT_L_INFINITY, DRIFT_PSI,
        DRIFT_WASSERSTEIN;
