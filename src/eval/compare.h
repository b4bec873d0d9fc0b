/* compare.h: is the new model better than the champion, on the same rows? */
#pragma once

#include "eval/findings.h"

/* {"metric","difference" (model - champion; of mean_error the difference of their distances from 0),"low","high","p","test"}: DeLong's test for the ROC AUC of two classes, else a
 * paired bootstrap. */
json_t *compare_answers(
        const TestSet *t, const Answers *model, const Answers *champion, const MetricKind *metric, uint64_t seed);

/* [{"slice","rows","model","champion","difference","p","p_adjusted"}] over the values of the given columns. */
bool compare_slices(Engine *e, const char *test_path, const json_t *columns, const TestSet *t, const Answers *model,
        const Answers *champion, const MetricKind *metric, json_t **ret, GError **error);
