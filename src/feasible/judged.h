/* judged.h: the sample's rows with folds, and what small models say of those they have not learned from.
 *
 * Judged rows are all rows that are judged in the folds 0, 1, ..., fold by fold (in several, where they are judged in several), each in the table's order: the order of model/train_data.h's
 * validation parts.  Scores are rows x outputs of them. */
#pragma once

#include "model/train_data.h"
#include "stats/metric.h"

typedef struct Judged {
	TrainData *d;
	Frame *rows;   /* the sample, all columns */
	int64_t *fold; /* _gyre_fold of each of `rows`; borrowed from them */
	size_t count;  /* judged rows */
	uint32_t *at;  /* which of `rows` each of them is */
	double *y, *weight;
	uint64_t seed;
} Judged;

typedef struct JudgedWanted {
	const char *table, *recipes; /* paths */
	uint64_t seed;
	unsigned threads; /* of the engine */
	size_t memory_mb;
	const char *scratch;
} JudgedWanted;

bool judged_read(const JudgedWanted *wanted, Judged **ret, GError **error);
void judged_free(Judged *j);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Judged, judged_free)

/* Trains a family with some of its params (others at their defaults) for each fold on `part` of the rows it may learn from, and
 * scores the fold.  part 1: all; a smaller part's rows are among a larger one's.  folds: at most so many of them; the scores of
 * others are left as they are. */
typedef struct JudgedModel {
	const char *family;
	const json_t *params; /* may be NULL */
	double part;
	size_t folds; /* 0: all */
} JudgedModel;
bool judged_scores(const Judged *j, const JudgedModel *model, double *ret, GError **error);

/* The rows [from, from + count) as metrics take them.  `decided` (g_free) is made by the threshold best for the metric. */
Scored judged_part(const Judged *j, const double *scores, size_t from, size_t count);
uint32_t *judged_decide(const Scored *s, const MetricKind *metric);

/* {name: {"value", "low", "high"}} of the metrics named by `keep` (object of names), with decisions for `metric`. */
json_t *judged_metrics(const Judged *j, const double *scores, const MetricKind *metric, const json_t *keep);
