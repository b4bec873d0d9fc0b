/* contributions.h: what each feature adds to a row's answer: one number a feature and a base that add up to the margin.
 *
 *       base      what the model says of a row it knows nothing of
 *     + f1 + f2 … what each feature of this row moves it by (Shapley values, or exact terms of a linear model)
 *     = margin    the raw score, whose scale the model's family names
 *
 * A margin is the number itself, a probability, or log odds.  Who puts several models together brings their contributions
 * to the scores first (contributions_to_scores), where they can be averaged whatever the families were. */
#pragma once

#include <glib.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef enum ContributionScale {
	CONTRIBUTION_NUMBER,     /* regression: the answer itself; one margin */
	CONTRIBUTION_LOG,        /* regression: its natural logarithm; one margin */
	CONTRIBUTION_LOG_ODDS,   /* two classes: of the second; one margin */
	CONTRIBUTION_LOG_SHARES, /* a margin each class, made probabilities by softmax */
	CONTRIBUTION_PROBABILITY, /* two classes: one margin, of the second; more: one each.  Cut to 0..1, divided by the sum */
	CONTRIBUTION_SCALES
} ContributionScale;

const char *contribution_scale_name(ContributionScale scale); /* "number", "log", "log odds", … */

typedef struct Contributions {
	ContributionScale scale;
	size_t rows, margins, columns;
	double *values; /* rows x margins x (columns + 1): features in their order, then the base */
} Contributions;

/* All zero. */
Contributions *contributions_new(ContributionScale scale, size_t rows, size_t margins, size_t columns);
void contributions_free(Contributions *c);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Contributions, contributions_free)

/* The columns + 1 numbers of one row and margin. */
static inline double *contributions_at(const Contributions *c, size_t row, size_t margin)
{
	return c->values + (row * c->margins + margin) * (c->columns + 1);
}

size_t contributions_outputs(const Contributions *c); /* scores a row, as ModelFamily.predict gives */

/* What the margins come to: rows x outputs. */
void contributions_scores(const Contributions *c, double *ret);

/* The same rows explained on the scale of the scores: number, or probability (two classes: one margin; more: one each).
 *
 * Between base and margin the scores are followed along the straight line and each step's change is shared among the
 * margins by their slopes (Aumann and Shapley 1974): so the contributions add up to the score, and with one margin they are
 * those of the margin, all scaled alike (the rescale rule of Chen, Lundberg and Lee, doi:10.1038/s41467-022-31384-3). */
Contributions *contributions_to_scores(const Contributions *c);

/* The same on the scale of the scores' logarithms, of scores raised to at least `least`: log odds (two classes) or log shares.
 * Numbers stay as they are. */
Contributions *contributions_to_logs(const Contributions *c, double least);

/* The same for features of which these are the first ones: the others contribute nothing. */
Contributions *contributions_widen(const Contributions *c, size_t columns);

/* Margins of another unit: value = shift + scale * value. */
void contributions_scale(Contributions *c, double shift, double scale);

/* into += weight * from, of the same scale and shape. */
void contributions_add(Contributions *into, const Contributions *from, double weight);

/* Features folded into fewer columns: feature f belongs to the groups group[start[f]] … group[start[f + 1] - 1] and is shared
 * evenly among them.  New contributions with `groups` columns. */
Contributions *contributions_fold(const Contributions *c, const uint32_t *start, const uint32_t *group, size_t groups);
