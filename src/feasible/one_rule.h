/* one_rule.h: how far a rule over one column goes: for each of ten parts of a number's range, or each of the ten most frequent
 * texts, what the target was there.  Holte 1993 (doi:10.1023/A:1022631118932): often surprisingly far.
 *
 * The bins come from all rows of the column; what they say, from the rows a fold may learn from. */
#pragma once

#include "feasible/judged.h"

typedef struct OneRule {
	const Column *column; /* of j->rows; NULL: no column can be used */
	double skill;         /* one_rule_skill of its scores */
	double *scores;       /* of the judged rows; g_free */
} OneRule;

/* 0 knows nothing, 1 all: Gini (two classes; the rate of positives may differ between rows learned from and judged), D2 log loss
 * or R2. */
double one_rule_skill(const Judged *j, const double *scores);

/* The skill of every usable column alone, best first; only the first keeps its scores.  GArray of OneRule. */
GArray *one_rules(const Judged *j, const char *const *leave_out);
void one_rules_free(GArray *rules);

/* The scores of one column's rule; g_free. */
double *one_rule_scores(const Judged *j, const Column *column);

/* The rule in words: {"column", "bins": [...]}, learned from all rows. */
json_t *one_rule_json(const Judged *j, const Column *column);
