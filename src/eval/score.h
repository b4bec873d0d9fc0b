/* score.h: test rows with what a bundle says of them. */
#pragma once

#include "data/engine.h"
#include "model/bundle.h"
#include "stats/metric.h"

/* One bundle's answers on the test rows, in their order. */
typedef struct Answers {
	size_t rows, outputs;
	double *scores;    /* rows x outputs */
	uint32_t *decided; /* class decided on; NULL for regression */
} Answers;
void answers_clear(Answers *a);
/* Fills `decided` from the scores; nothing for regression. */
void answers_decide(const Bundle *b, Answers *a);

typedef struct TestSet {
	size_t rows;
	size_t classes; /* 0: regression */
	size_t positive;
	double *y;        /* class index or number; NaN: a label that no training row has */
	size_t strangers; /* how many of these; metrics leave them out */
	double *weight;   /* NULL: none */
} TestSet;
void test_set_clear(TestSet *t);

/* Reads the test rows once and lets every bundle answer them.  bundles: `count` of them, the first gives the roles.  Labels that
 * the first bundle does not know are counted in `strangers`. */
bool score_rows(Engine *e, const char *test_path, Bundle *const *bundles, size_t count, TestSet *ret,
        Answers *ret_answers, GError **error);

/* As the metrics take it; borrowed from both. */
Scored scored_of(const TestSet *t, const Answers *a);

/* What two bundles must share to be compared on the same rows, and do not: "task", "target" or "classes"; NULL: they share all. */
const char *question_differs(const Bundle *a, const Bundle *b);

/* The honest zero: what the reference in the bundle's header says of the target, the same answer for every row. */
bool score_baseline(const Bundle *b, const TestSet *t, Answers *ret, GError **error);

/* The loss of each row: -log of the probability of what was so (at most 34.5), or the squared error.  Free with g_free. */
double *row_losses(const TestSet *t, const Answers *a);
