/* errors.h: what there is to say about a model's mistakes.
 *
 * "errors" of the evaluation:
 * {"suspects":     of the test rows: eval/suspects.h,
 *  "suspects_learnt": of the rows learnt from, by what was said of them out of fold: the same, or null where that is not known,
 *  "disagreement": null (no champion) or, of classes, {"rows", "differ", "share", "model_right": of the rows decided differently,
 *                  those only the model decided rightly, "champion_right", "where": [{"where", "rows", "share"}]}; of numbers,
 *                  {"rows", "mean_difference": mean |model - champion|, "largest"},
 *  "residuals":    [{"column", "where", "rows", "mean", "low", "high"}]: values of a column at which the model is off in one
 *                  direction, farthest from nothing first; numbers: actual - predicted; two classes: share of positives - mean
 *                  score; more: share right - mean score of the class decided on,
 *  "over_time":    null (no time column) or {"column", "periods": [{"from", "to", "rows", "loss", "wrong": share | null}]},
 *  "tree":         eval/error_tree.h} */
#pragma once

#include "eval/cuts.h"
#include "eval/score.h"

typedef struct Mistakes {
	Engine *e;
	const char *test_path;
	const char *train_path, *out_of_fold; /* what was said of the rows learnt from; NULL: not known */
	const Bundle *b;
	const TestSet *t;
	const Answers *a, *champion; /* champion: NULL when there is none */
	const GPtrArray *facets;
} Mistakes;

/* Makes the table of cuts of these rows and answers. */
bool mistakes_cut(const Mistakes *m, Cuts *ret, GError **error);

bool errors_of(const Mistakes *m, const Cuts *cuts, json_t **ret, GError **error);
