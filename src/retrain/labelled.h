/* labelled.h: answered requests whose outcome is known, as rows to learn from.
 *
 * One row a prediction: the model's inputs and the outcome under the target's name, by the types of schema.json (without one: as the log has
 * them, and the outcome as text).  Whole numbers that came with a fraction are real.
 * Where data.time is no input, the time of the prediction stands under its name.  Refused requests and shadow answers are left out, and
 * so are outcomes that are not of the target's type.  Ordered by time, so the same predictions and outcomes give the same bytes. */
#pragma once

#include "data/engine.h"
#include "store/meta.h"

typedef struct LabelledInput {
	Meta *meta;
	const char *state_folder, *model;
	const char *target, *time; /* names of columns; time NULL: none */
	const json_t *schema;      /* of the project (data/schema.h), or NULL */
	size_t memory_mb;
} LabelledInput;

/* Replaces the Parquet file at `path` in one step, and leaves it alone where its bytes are the same (*ret_changed false).
 * FAIL_NOT_FOUND: nothing was predicted yet. */
bool labelled_write(const LabelledInput *in, const char *path, int64_t *ret_rows, bool *ret_changed, GError **error);
