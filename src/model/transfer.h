/* transfer.h: what did best on similar data before is tried early.
 *
 * A study is the artifact `trials` of an earlier training in the same store (model/step_train.h).  It is an input of the step, so the
 * step's key holds it: the same inputs and seed give the same bytes, whatever came into the store since.
 *
 * How far two tables are apart: the root of the sum of squares of the differences of log10 rows, log10 columns, twice the shares of texts
 * and of missing cells, log2 classes and twice the balance.  0: alike; a study at 2 or farther, such as a table a hundred times as
 * large, or of another task says nothing. */
#pragma once

#include <glib.h>
#include <jansson.h>
#include <stdbool.h>

#include "model/search.h"
#include "model/train_data.h"
#include "stats/metric.h"

#define TRANSFER_STUDIES 4 /* earlier ones that a training may look at, at most */

/* What is known of a table, kept with its study: {"task", "rows", "columns" (of the data, not features), "text": share of them, "missing":
 * share of features' cells, "classes", "balance": of classes, 1: all as frequent (numbers: mean deviation by the standard one)}.
 * New reference. */
json_t *transfer_about(const TrainData *d);

/* May a search with these settings (SEARCH_PARAMS, not filled) try anything of earlier ones?  At most a quarter of its trials. */
unsigned transfer_most(const json_t *search);

typedef struct TransferWanted {
	const SearchSpace *space;
	const MetricKind *metric;
	const json_t *about;          /* of the table at hand */
	const json_t *const *studies; /* NULL: not there */
	const char *const *digests;   /* of the studies */
	size_t count;                 /* of studies */
	unsigned most;
} TransferWanted;

/* The best of the nearest first, one of each study in turn; none that is a family's default or there already:
 * [{"family", "params": filled, "from": digest, "number": of the trial there, "distance"}].  New reference. */
json_t *transfer_find(const TransferWanted *wanted);

/* A family with its parameters as one text, the same for the same; g_free. */
char *transfer_spelt(const ModelFamily *family, const json_t *params);

/* NAN: of another task, or not known. */
double transfer_distance(const json_t *a, const json_t *b);
