/* challenge.h: champion and challenger on the same fresh labelled rows, and what is decided.
 *
 * The rows are the test rows of the challenger's run, which it never saw; those that the champion learnt from, word for word, are
 * left out, so that neither has an advantage; so are outcomes that it learnt from as they arrived, each once.  The test is paired: DeLong's for the ROC AUC of two classes, else a paired bootstrap
 * (eval/versus.h). */
#pragma once

#include "store/blobs.h"
#include "store/meta.h"

typedef struct ChallengeInput {
	Meta *meta;
	Blobs *blobs;
	const json_t *champion, *challenger; /* versions as registry_get gives them */
	const char *rows; /* Parquet of rows that neither learnt from; NULL: the test rows of the challenger's run */
	const json_t *config; /* gyre.yaml, filled */
	const char *scratch;  /* a folder for temporary files */
	size_t memory_mb;
} ChallengeInput;

/* {"accept": bool, "reason": sentence, "rule", "margin", "min_rows", "rows": compared, "left_out": rows that the champion learnt
 * from, or null when its training rows are gone, "versus": eval/versus.h with a the champion and b the challenger, or null}.
 * Models that cannot be compared are no error: the challenger is not accepted, and the reason says why. */
bool challenge_run(const ChallengeInput *in, json_t **ret, GError **error);

/* By the rule of the block `retrain.judge`, from what versus says: is b accepted?  *ret_reason: g_free. */
bool challenge_decide(const json_t *versus, const json_t *judge, char **ret_reason);
