/* yardstick.c: what a metric was, and whether it has become worse. */
#include "monitor/yardstick.h"

#include <math.h>
#include <string.h>

#include "base/json.h"
#include "goal/goal.h"
#include "registry/registry.h"
#include "stats/distribution.h"

#define NORMAL_95 1.959963984540054 /* half a 95 % interval, in standard errors */

static const char *const USUAL_BINARY[] = {"roc_auc", "log_loss", "accuracy", "precision", "recall", "f1", NULL};
static const char *const USUAL_CLASSES[] = {"accuracy", "balanced_accuracy", "log_loss", "f1", NULL};
static const char *const USUAL_NUMBER[] = {"rmse", "mae", "r2", "mean_error", NULL};

static unsigned task_bit(size_t classes)
{
	return classes == 0 ? METRIC_REGRESSION : classes == 2 ? METRIC_BINARY : METRIC_MULTICLASS;
}

static Yardstick *find(GArray *all, const MetricKind *metric)
{
	for (guint i = 0; i < all->len; i++)
		if (g_array_index(all, Yardstick, i).metric == metric)
			return &g_array_index(all, Yardstick, i);
	return NULL;
}

static Yardstick *take(GArray *all, const char *name, size_t classes)
{
	const MetricKind *metric = name ? metric_find(name) : NULL;
	if (!metric || !(metric->tasks & task_bit(classes)))
		return NULL;
	if (!find(all, metric)) {
		Yardstick fresh = {.metric = metric,
		        .reference = NAN,
		        .champion = NAN,
		        .of = "validation",
		        .least = NAN,
		        .most = NAN};
		g_array_append_val(all, fresh);
	}
	return find(all, metric);
}

static void take_goal(GArray *all, const json_t *goal, size_t classes)
{
	Yardstick *y = take(all, goal_metric(goal, classes), classes);
	size_t i;
	json_t *criterion;
	if (y)
		y->is_named = true;
	json_array_foreach (json_object_get(goal, "success"), i, criterion) {
		y = take(all, json_get_text(criterion, "metric", NULL), classes);
		if (!y)
			continue;
		y->is_named = true;
		if (json_is_number(json_object_get(criterion, "at_least")))
			y->least = json_get_number(criterion, "at_least", NAN);
		if (json_is_number(json_object_get(criterion, "at_most")))
			y->most = json_get_number(criterion, "at_most", NAN);
	}
}

/* The test says more than the validation, by which the model was chosen. */
static void take_references(GArray *all, const Bundle *b, const json_t *tested)
{
	const json_t *valid = json_at(bundle_header(b), "metrics.valid");
	double rows = json_get_number(json_at(bundle_header(b), "reference.scores"), "rows", 0);
	for (guint i = 0; i < all->len; i++) {
		Yardstick *y = &g_array_index(all, Yardstick, i);
		const char *name = y->metric->name;
		y->rows = rows;
		y->reference = y->validation = json_get_number(valid, name, NAN);
		if (json_is_number(json_object_get(tested, name))) {
			y->reference = json_get_number(tested, name, NAN);
			y->of = "test";
		}
	}
}

static bool take_champion(GArray *all, const LookInput *in, GError **error)
{
	json_auto_t *champion = NULL;
	if (!registry_alias(in->meta, in->window->model, ALIAS_CHAMPION, &champion, error))
		return false;
	for (guint i = 0; champion && json_get_int(champion, "version", 0) != in->window->version && i < all->len;
	        i++) {
		Yardstick *y = &g_array_index(all, Yardstick, i);
		y->champion = json_get_number(json_at(champion, "about.metrics"), y->metric->name, NAN);
	}
	return true;
}

bool yardsticks_read(const LookInput *in, GArray **ret, GError **error)
{
	size_t classes = bundle_classes(in->bundle);
	const char *const *usual = classes == 0 ? USUAL_NUMBER : classes == 2 ? USUAL_BINARY : USUAL_CLASSES;
	g_autofree char *reference = g_strdup_printf("%s@%d", in->window->model, in->window->version);
	json_auto_t *about = NULL;
	if (!registry_get(in->meta, reference, &about, error))
		return false;
	g_autoptr(GArray) all = g_array_new(FALSE, FALSE, sizeof(Yardstick));
	take_goal(all, json_object_get(in->project, "goal"), classes);
	for (const char *const *name = usual; *name; name++)
		take(all, *name, classes);
	take_references(all, in->bundle, json_at(about, "about.metrics"));
	if (!take_champion(all, in, error))
		return false;
	*ret = g_steal_pointer(&all);
	return true;
}

/* One-sided p of "it is no worse than that", which is itself known from `rows` rows (0: exactly). */
static double p_worse(const Measured *m, double loss, double rows)
{
	double se = m->error * sqrt(1 + (rows > 0 ? m->rows / rows : 0));
	if (!isfinite(loss) || !isfinite(se))
		return NAN;
	return se > 0 ? normal_above(loss / se) : loss > 0 ? 0 : 1;
}

/* A version that was let through although it did not reach the bound is no news every window. */
static void add_goal(const Yardstick *y, const Measured *m, const char *look, GArray *findings)
{
	bool is_least = isfinite(y->least);
	double value = metric_bounded(y->metric, m->value), before = metric_bounded(y->metric, y->reference);
	double bound = is_least ? y->least : y->most, beyond = is_least ? bound - value : value - bound;
	double p = p_worse(m, beyond, 0);
	bool is_known = is_least ? before < bound : before > bound;
	FindingState state = m->why_not || isnan(p)       ? FINDING_TOO_FEW
	                     : beyond <= 0                ? FINDING_OK
	                     : p <= m->alpha && !is_known ? FINDING_ALARM
	                                                  : FINDING_WARNING;
	if (isfinite(bound))
		finding_add(findings, (Finding){look, "goal", y->metric->name, value, bound, p, state, NULL});
}

/* Metrics the goal does not name only inform. */
static FindingState judge(const Yardstick *y, const Measured *m, double loss, double room, double p)
{
	FindingState state = m->why_not ? FINDING_TOO_FEW : look_judge((LookBar){loss, room, p, m->alpha});
	return y->is_named || m->why_not ? state : FINDING_OK;
}

/* Where it alarms; of a bias on the side where the value is. */
static double limit_of(const Yardstick *y, double value, double room)
{
	if (strcmp(y->metric->name, "mean_error") == 0)
		return copysign(fabs(y->reference) + room, value);
	return y->reference + (y->metric->larger_is_better ? -room : room);
}

void yardstick_add(const Yardstick *y, const Measured *m, const char *look, json_t *evidence, GArray *findings)
{
	double loss = metric_worse(y->metric, m->value, y->reference), room = m->loss * fabs(y->reference);
	double p = p_worse(m, loss, y->rows);
	const char *why_not = m->why_not ? m->why_not : isnan(y->reference) ? "no reference" : NULL;
	evidence = evidence ? evidence : json_object();
	json_object_set_new(evidence, "low", json_number(m->value - NORMAL_95 * m->error));
	json_object_set_new(evidence, "high", json_number(m->value + NORMAL_95 * m->error));
	json_object_set_new(evidence, "rows", json_number(m->rows));
	json_object_set_new(evidence, "reference", json_number(y->reference));
	json_object_set_new(evidence, "reference_of", json_string(y->of));
	if (isfinite(y->champion))
		json_object_set_new(evidence, "champion", json_number(y->champion));
	json_object_set_new(evidence, "named", json_boolean(y->is_named));
	if (why_not)
		json_object_set_new(evidence, "why_not", json_string(why_not));
	finding_add(findings, (Finding){look, y->metric->name, "", m->value, limit_of(y, m->value, room), p,
	                              judge(y, m, loss, room, p), evidence});
	if (y->is_named)
		add_goal(y, m, look, findings);
}
