/* look_models.c: guessing, one rule, a linear model and quick boosting on the same rows, and whether the best of them knows
 * anything. */
#include <math.h>

#include "base/json.h"
#include "base/progress.h"
#include "feasible/look.h"
#include "feasible/one_rule.h"
#include "stats/test.h"

static const char *const NAMES[LOOK_MODELS] = {"baseline", "one_rule", "linear", "boosted"};

json_t *look_boosted_params(void)
{
	return json_pack("{s:i,s:i,s:i}", "rounds", 100, "patience", 0, "max_depth", 5);
}

static bool score_family(Look *l, size_t which, json_t *params, GError **error)
{
	json_auto_t *owned = params;
	const Judged *j = l->judged;
	JudgedModel model = {NAMES[which], owned, 1, 0};
	l->scores[which] = g_new0(double, j->count * j->d->outputs + 1);
	progress_report("models", which, LOOK_MODELS);
	return judged_scores(j, &model, l->scores[which], error);
}

/* Folds differ a little in what guessing says, always against themselves; what all of them say is the honest zero. */
static void level_guesses(Look *l)
{
	const Judged *j = l->judged;
	size_t outputs = j->d->outputs;
	g_autofree double *mean = g_new0(double, outputs);
	double *scores = l->scores[LOOK_BASELINE];
	for (size_t i = 0; i < j->count * outputs; i++)
		mean[i % outputs] += scores[i] / (double)j->count;
	for (size_t i = 0; i < j->count * outputs; i++)
		scores[i] = mean[i % outputs];
}

static void score_rule(Look *l)
{
	const char *const leave_out[] = {json_get_text(l->judged->d->roles, "time", ""), NULL};
	l->rules = one_rules(l->judged, leave_out);
	if (l->rules->len)
		l->scores[LOOK_ONE_RULE] = g_steal_pointer(&g_array_index(l->rules, OneRule, 0).scores);
}

static void add_model(Look *l, json_t *models, size_t which)
{
	if (!l->scores[which])
		return;
	json_array_append_new(models, json_pack("{s:s,s:o}", "name", NAMES[which], "metrics",
	                                      judged_metrics(l->judged, l->scores[which], l->metric, l->keep)));
}

static double value_of(const Look *l, size_t which)
{
	if (!l->scores[which])
		return NAN;
	Scored s = judged_part(l->judged, l->scores[which], 0, l->judged->count);
	g_autofree uint32_t *decided = judged_decide(&s, l->metric);
	s.decided = decided;
	return l->metric->compute(&s);
}

static void choose_best(Look *l)
{
	double best = NAN;
	for (size_t which = LOOK_BOOSTED; which >= LOOK_ONE_RULE; which--) {
		double value = value_of(l, which);
		if (metric_compare(l->metric, value, best) <= 0 && which != LOOK_BOOSTED)
			continue;
		best = value;
		l->best = which;
	}
}

static json_t *signal_of(const Look *l)
{
	enum { DRAWS = 200, ROWS = 20000 };
	const Judged *j = l->judged;
	Scored a = judged_part(j, l->scores[l->best], 0, j->count),
	       b = judged_part(j, l->scores[LOOK_BASELINE], 0, j->count);
	g_autofree uint32_t *decided_a = judged_decide(&a, l->metric), *decided_b = judged_decide(&b, l->metric);
	a.decided = decided_a;
	b.decided = decided_b;
	BootstrapPlan plan = {DRAWS, 0.95, j->seed, ROWS};
	Difference d = test_bootstrap(l->metric, &a, &b, &plan);
	return json_pack("{s:s,s:o,s:o,s:o,s:o}", "model", NAMES[l->best], "difference", json_number(d.value), "low",
	        json_number(d.low), "high", json_number(d.high), "p", json_number(d.p));
}

bool look_models(Look *l, GError **error)
{
	if (!score_family(l, LOOK_BASELINE, NULL, error) || !score_family(l, LOOK_LINEAR, NULL, error) ||
	        !score_family(l, LOOK_BOOSTED, look_boosted_params(), error))
		return false;
	level_guesses(l);
	score_rule(l);
	json_t *models = json_array();
	for (size_t which = 0; which < LOOK_MODELS; which++)
		add_model(l, models, which);
	choose_best(l);
	json_object_set_new(l->report, "models", models);
	json_object_set_new(l->report, "signal", signal_of(l));
	json_object_set_new(l->report, "rule",
	        l->rules->len ? one_rule_json(l->judged, g_array_index(l->rules, OneRule, 0).column) : json_null());
	return true;
}
