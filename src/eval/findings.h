/* findings.h: the parts of an evaluation that show single rows and slices. */
#pragma once

#include "eval/cuts.h"
#include "eval/score.h"

/* The test rows that the closer looks (slices, importance, hardest rows) are taken from: all of them up to `most`, else
 * a seeded sample. */
typedef struct RowSample {
	Frame *rows;
	TestSet t;
	Answers a;
} RowSample;
void sample_clear(RowSample *s);
bool sample_take(Engine *e, const char *test_path, const TestSet *t, const Answers *a, size_t most, uint64_t seed,
        RowSample *ret, GError **error);

/* {"slices": {...}, "confusion_by_slice": [...]} as eval/evaluate.h tells. */
bool find_slices(
        const Cuts *cuts, const TestSet *t, const Answers *a, const MetricKind *metric, json_t **ret, GError **error);

/* The columns that tell nothing about where a model fails: the target, what only exists afterwards.  Borrowed names, NULL-ended. */
GPtrArray *columns_left_out(const Bundle *b);

/* The rows with the largest loss. */
json_t *find_hardest(const Bundle *b, const RowSample *s, size_t most);

/* {"rows", "p50_ms", "p99_ms"}: processor time for one row at a time, from columns to decision. */
bool measure_latency(const Bundle *b, const RowSample *s, json_t **ret, GError **error);
