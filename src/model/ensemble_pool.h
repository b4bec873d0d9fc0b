/* ensemble_pool.h: what the best trials' models said of rows they never saw, side by side. */
#pragma once

#include <glib.h>
#include <stdbool.h>

#include "model/trials.h"

#define ENSEMBLE_ROWS_MOST 40000u      /* rows a choice looks at: a part by hash; it compares 25 x 25 mixtures */
#define ENSEMBLE_CELLS_MOST (1u << 25) /* rows x outputs x candidates: 256 MB, which many classes would pass */
#define ENSEMBLE_TRIALS_MOST 25u       /* candidates: the best ones */
#define ENSEMBLE_OF_FAMILY 2u          /* ... with so many of each family among them */

/* The candidates' scores on validation rows, best candidate first. */
typedef struct Pool {
	const TrialSetup *setup;
	const MetricKind *metric; /* the search's; the likelihood where that is of decisions between two classes */
	size_t rows, outputs, folds, count;
	size_t *end; /* folds: row behind the last of each */
	double *y, *weight;
	const Trial **trials; /* count, as the next */
	double **scores;      /* rows x outputs each */
	double *cost,
	        seconds; /* each to be trained on all rows, and for all that are taken; NULL: there is time enough */
} Pool;

/* Of trials that are done and have learnt something the best ENSEMBLE_OF_FAMILY of each family, which err differently, and behind
 * them the best of all, up to ENSEMBLE_TRIALS_MOST. */
bool pool_read(const TrialSetup *setup, const Trials *t, Pool *ret, GError **error);
void pool_clear(Pool *p);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Pool, pool_clear)

/* Mean over folds of the metric. */
double pool_value(const Pool *p, const MetricKind *metric, const double *scores);

typedef struct Mix {
	double *weights;    /* one a candidate */
	double *intercepts; /* outputs; NULL: the mean is taken */
	json_t *layer; /* owned: a model as layer: {"family", "params"}; NULL: none.  Then which have weight are its inputs */
	double *scores; /* all validation rows x outputs: what layers said that had not seen the row */
} Mix;

/* What a layer led by, on each of several sets of unseen rows. */
typedef struct Leads {
	double sum, squares, count;
} Leads;
void leads_add(Leads *l, double lead); /* NaN: not counted */
/* The mean, where it is above 0 by more than its standard error; else 0. */
double leads_won(const Leads *l);

/* ret: rows x outputs, what a mixture says. */
void pool_mix(const Pool *p, const Mix *mix, double *ret);

/* By how much the scores `ours` are better than `theirs`, and its standard error, by the delete-a-group jackknife over twenty
 * parts (Kott 2001): it holds for any metric, and knows that both err on the same rows. */
void pool_lead(const Pool *p, const double *ours, const double *theirs, double *ret, double *ret_error);

/* Scores mixed piece by piece: begun, each candidate with a weight added, ended. */
void mix_begin(const Mix *mix, size_t cells, size_t outputs, double *ret);
void mix_add(const Mix *mix, double weight, const double *scores, size_t cells, size_t outputs, double *ret);
void mix_end(const Mix *mix, size_t candidates, size_t cells, size_t outputs, double *ret);
