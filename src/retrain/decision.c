/* decision.c: metric and threshold from the params of a step. */
#include "retrain/decision.h"

#include <math.h>

#include "base/error.h"
#include "base/json.h"
#include "model/costs.h"

static bool find_metric(const char *name, unsigned task, const MetricKind **ret, GError **error)
{
	*ret = metric_find(name);
	if (!*ret)
		return fail(error, FAIL_INVALID, "there is no metric \"%s\"", name);
	return (*ret)->tasks & task || fail(error, FAIL_INVALID, "the metric %s is not for this target", name);
}

static bool find_costs(const json_t *params, const Bundle *b, const char *rows, Decision *ret, GError **error)
{
	const json_t *costs = json_object_get(params, "costs"), *figure = json_object_get(params, "figure");
	const char *sql = json_get_text(figure, "sql", NULL);
	ret->has_costs = json_is_object(costs);
	if (ret->has_costs)
		ret->costs = costs_from_json(costs);
	if (ret->has_costs || !sql)
		return true;
	return costs_from_figure(rows, json_object_get(bundle_header(b), "roles"), (size_t)bundle_positive(b), sql,
	        json_get_bool(figure, "grows", true), &ret->costs, &ret->has_costs, error);
}

static const char *usual_metric(unsigned task)
{
	return task == TASK_BINARY ? "roc_auc" : task == TASK_MULTICLASS ? "log_loss" : "rmse";
}

bool decision_read(const json_t *params, const Bundle *b, const char *rows, Decision *ret, GError **error)
{
	unsigned task = task_of(json_object_get(bundle_header(b), "roles"));
	const char *metric = json_get_text(params, "metric", usual_metric(task));
	Decision d = {0};
	if (!find_metric(metric, task, &d.metric, error) ||
	        !find_metric(json_get_text(params, "threshold_metric", metric), task, &d.threshold_by, error))
		return false;
	const MetricKind *of_decisions = metric_find(d.threshold_by->threshold_by);
	d.threshold_by = of_decisions ? of_decisions : d.threshold_by;
	if (task != TASK_BINARY)
		d.threshold_by = NULL;
	else if (!find_costs(params, b, rows, &d, error))
		return false;
	*ret = d;
	return true;
}

static bool has_both(const Scored *s)
{
	bool seen[2] = {false, false};
	for (size_t i = 0; i < s->rows; i++)
		if (!isnan(s->y[i]) && s->y[i] >= 0)
			seen[s->y[i] > 0] = true;
	return seen[0] && seen[1];
}

json_t *decision_threshold(const Decision *d, const Scored *s, const json_t *before)
{
	if (!d->threshold_by || s->rows < DECISION_ROWS_LEAST || !has_both(s))
		return before ? json_incref((json_t *)before) : json_null();
	Threshold found = d->has_costs ? threshold_choose_costs(s, &d->costs) : threshold_choose(s, d->threshold_by);
	return json_number(found.threshold);
}
