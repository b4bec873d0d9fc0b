/* learning_gate.c: the paired comparison, and what follows from it. */
#include "retrain/learning_gate.h"

#include <math.h>

#include "base/json.h"
#include "eval/compare.h"

/* *ret_loss: how much worse it is for having learnt on. */
static json_t *compare(const LearningGate *g, double *ret_loss)
{
	TestSet t = {.rows = g->rows,
	        .classes = bundle_classes(g->b),
	        .positive = bundle_classes(g->b) == 2 ? (size_t)bundle_positive(g->b) : 0,
	        .y = g->y};
	Answers old = {.rows = g->rows, .outputs = bundle_outputs(g->b), .scores = g->old};
	Answers learnt = {.rows = g->rows, .outputs = bundle_outputs(g->b), .scores = g->learnt};
	answers_decide(g->b, &old);
	answers_decide(g->b, &learnt);
	json_t *comparison = compare_answers(&t, &learnt, &old, g->metric, g->seed);
	Scored after = scored_of(&t, &learnt), before = scored_of(&t, &old);
	*ret_loss = metric_worse(g->metric, g->metric->compute(&after), g->metric->compute(&before));
	g_free(old.decided);
	g_free(learnt.decided);
	return comparison;
}

json_t *learning_gate(const LearningGate *g)
{
	double loss = NAN;
	json_auto_t *comparison = g->learnt ? compare(g, &loss) : json_null(), *reasons = json_array();
	double low = json_get_number(comparison, "low", NAN), high = json_get_number(comparison, "high", NAN);
	if (isnan(low) || isnan(high))
		json_array_append_new(reasons,
		        json_sprintf("%zu rows are too few to tell whether learning on made it better", g->rows));
	else if ((high < 0 || low > 0) && loss > 0)
		json_array_append_new(reasons,
		        json_sprintf("having learnt on, it is worse on the newest %zu rows: %s %+.4f (%+.4f to %+.4f)",
		                g->rows, g->metric->name, json_get_number(comparison, "difference", NAN), low, high));
	return json_pack("{s:b,s:O,s:I,s:O}", "pass", (int)(json_array_size(reasons) == 0), "reasons", reasons, "rows",
	        (json_int_t)g->rows, "comparison", comparison);
}
