/* verdict.c: criterion by criterion, then all in all.
 *
 * What a quick model reaches counts as what is likely: a long search usually adds a little, seldom much.  Leaks come first,
 * because every other figure is worth nothing while there is one. */
#include "feasible/verdict.h"

#include <math.h>
#include <string.h>

#include "base/json.h"

typedef struct Figure {
	double value, low, high;
} Figure;

typedef struct Criterion {
	char *name; /* owned */
	double bound;
	bool is_least;
	Figure guess, rule, likely, most; /* most: with ten times the rows, or a perfect model's KPI */
} Criterion;

static Figure figure(const json_t *value)
{
	if (json_is_number(value))
		return (Figure){json_number_value(value), json_number_value(value), json_number_value(value)};
	return (Figure){json_get_number(value, "value", NAN), json_get_number(value, "low", NAN),
	        json_get_number(value, "high", NAN)};
}

/* What a bound is held against: of a bias its size, and between low and high it may be 0. */
static Figure bounded(const MetricKind *m, Figure f)
{
	if (!m)
		return f;
	double low = metric_bounded(m, f.low), high = metric_bounded(m, f.high);
	bool turned = low != f.low;
	return (Figure){metric_bounded(m, f.value), !turned ? low : f.high >= 0 ? 0 : high, MAX(low, high)};
}

static const json_t *model_of(const json_t *report, const char *name)
{
	size_t i;
	json_t *model;
	json_array_foreach (json_object_get(report, "models"), i, model)
		if (strcmp(json_get_text(model, "name", ""), name) == 0)
			return model;
	return NULL;
}

static Figure metric_of(const json_t *report, const char *model, const char *metric)
{
	return bounded(metric_find(metric),
	        figure(json_object_get(json_object_get(model_of(report, model), "metrics"), metric)));
}

static bool meets(const Criterion *c, double value)
{
	return c->is_least ? value >= c->bound : value <= c->bound;
}

/* The end of an interval on the side of the bound that is harder, and the easier one. */
static bool surely_meets(const Criterion *c, Figure f)
{
	return meets(c, c->is_least ? f.low : f.high);
}

static bool may_meet(const Criterion *c, Figure f)
{
	return meets(c, c->is_least ? f.high : f.low);
}

static Figure better(const Criterion *c, Figure a, Figure b)
{
	if (isnan(a.value) || isnan(b.value))
		return isnan(a.value) ? b : a;
	return (c->is_least ? a.value >= b.value : a.value <= b.value) ? a : b;
}

static Criterion read_criterion(const json_t *report, const json_t *entry)
{
	const char *kpi = json_get_text(entry, "kpi", NULL), *metric = json_get_text(entry, "metric", "");
	const char *fairness = json_get_text(entry, "fairness", NULL);
	double least = json_get_number(entry, "at_least", NAN), most = json_get_number(entry, "at_most", NAN);
	char *name = fairness ? g_strdup_printf("%s of %s", fairness, json_get_text(entry, "of", ""))
	                      : g_strdup(kpi ? kpi : metric);
	Criterion c = {name, isnan(least) ? most : least, !isnan(least)};
	if (kpi) {
		const json_t *value = json_object_get(json_object_get(report, "value"), kpi);
		c.guess = c.rule = figure(json_object_get(value, "nothing"));
		c.likely = figure(json_object_get(value, "likely"));
		c.most = figure(json_object_get(value, "perfect"));
		return c;
	}
	c.guess = metric_of(report, "baseline", metric);
	c.rule = better(&c, c.guess, metric_of(report, "one_rule", metric));
	c.likely = better(&c, metric_of(report, "linear", metric), metric_of(report, "boosted", metric));
	bool same = strcmp(metric, json_get_text(report, "metric", "")) == 0;
	c.most = same ? bounded(metric_find(metric), figure(json_at(report, "curve.ten_times")))
	              : (Figure){NAN, NAN, NAN};
	return c;
}

static bool has_signal(const json_t *report)
{
	const json_t *signal = json_object_get(report, "signal");
	const MetricKind *m = metric_find(json_get_text(report, "metric", ""));
	double difference = json_get_number(signal, "difference", NAN), p = json_get_number(signal, "p", NAN);
	return m && p < 0.05 && (m->larger_is_better ? difference > 0 : difference < 0);
}

/* Without signal nothing may be hoped for. */
static const char *answer_of(const Criterion *c, bool is_hopeful)
{
	if (isnan(c->likely.value) || isnan(c->bound))
		return "unknown";
	if (surely_meets(c, c->rule))
		return "met_by_rule";
	if (meets(c, c->likely.value))
		return "likely";
	return is_hopeful && (may_meet(c, c->likely) || may_meet(c, c->most)) ? "possible" : "unlikely";
}

static char *sentence_of(const Criterion *c, const char *answer)
{
	const char *side = c->is_least ? "at least" : "at most";
	if (strcmp(answer, "unknown") == 0)
		return g_strdup_printf("%s %s %g cannot be told before there is a model", c->name, side, c->bound);
	if (strcmp(answer, "met_by_rule") == 0)
		return g_strdup_printf("%s %s %g is met by a rule over one column already (%.4g)", c->name, side,
		        c->bound, c->rule.value);
	if (strcmp(answer, "likely") == 0)
		return g_strdup_printf("%s %s %g is within reach: a quick model has %.4g (%.4g to %.4g)", c->name, side,
		        c->bound, c->likely.value, c->likely.low, c->likely.high);
	if (strcmp(answer, "possible") == 0)
		return g_strdup_printf(
		        "%s %s %g is not reached by a quick model (%.4g), but may be: by a search, better "
		        "columns or more rows",
		        c->name, side, c->bound, c->likely.value);
	return g_strdup_printf("%s %s %g is far off: a quick model has %.4g (%.4g to %.4g)", c->name, side, c->bound,
	        c->likely.value, c->likely.low, c->likely.high);
}

static json_t *criterion_json(const Criterion *c, bool is_hopeful)
{
	const char *answer = answer_of(c, is_hopeful);
	g_autofree char *wanted = g_strdup_printf("%s %g", c->is_least ? "at least" : "at most", c->bound);
	g_autofree char *words = sentence_of(c, answer);
	return json_pack("{s:s,s:s,s:o,s:o,s:o,s:o,s:o,s:s,s:s}", "criterion", c->name, "wanted", wanted, "baseline",
	        json_number(c->guess.value), "one_rule", json_number(c->rule.value), "likely",
	        json_number(c->likely.value), "low", json_number(c->likely.low), "high", json_number(c->likely.high),
	        "answer", answer, "sentence", words);
}

static size_t count_answers(const json_t *criteria, const char *answer)
{
	size_t i, count = 0;
	json_t *entry;
	json_array_foreach (criteria, i, entry)
		count += strcmp(json_get_text(entry, "answer", ""), answer) == 0;
	return count;
}

static const struct {
	const char *answer, *sentence;
} ANSWERS[] = {
        {"check_leaks", "Cannot be told yet: a column gives the answer away. Is it known when the prediction is made?"},
        {"no", "No, not with these columns."},
        {"no_model_needed", "No model is needed: for this goal a rule over one column is good enough."},
        {"maybe", "Perhaps: it is close."},
        {"yes", "Yes, as far as a quick look can tell."},
};

static size_t choose(const json_t *report, const json_t *criteria)
{
	size_t told = json_array_size(criteria) - count_answers(criteria, "unknown");
	if (json_array_size(json_object_get(report, "leaks")))
		return 0;
	if (!has_signal(report) || count_answers(criteria, "unlikely"))
		return 1;
	if (told && count_answers(criteria, "met_by_rule") == told)
		return 2;
	return count_answers(criteria, "possible") ? 3 : 4;
}

static void add_reason(json_t *reasons, const char *text)
{
	if (text)
		json_array_append_new(reasons, json_text(text));
}

static void add_signal(const json_t *report, json_t *reasons)
{
	const char *metric = json_get_text(report, "metric", "");
	const char *best = json_get_text(json_object_get(report, "signal"), "model", "");
	Figure model = metric_of(report, best, metric), guess = metric_of(report, "baseline", metric);
	g_autofree char *text =
	        has_signal(report)
	                ? g_strdup_printf("There is signal: %s has %s %.4g, guessing has %.4g", best, metric,
	                          model.value, guess.value)
	                : g_strdup_printf("No signal was found: the best quick model has %s %.4g, guessing has %.4g, "
	                                  "and the difference may be chance (p = %.2g)",
	                          metric, model.value, guess.value,
	                          json_get_number(json_object_get(report, "signal"), "p", NAN));
	add_reason(reasons, text);
}

/* A goal may be set lower than what is to be had. */
static void add_gain(const json_t *report, const json_t *criteria, json_t *reasons)
{
	const char *metric = json_get_text(report, "metric", "");
	Figure rule = metric_of(report, "one_rule", metric), linear = metric_of(report, "linear", metric),
	       model = metric_of(report, "boosted", metric);
	const MetricKind *m = metric_find(metric);
	if (m && metric_compare(m, linear.value, model.value) > 0)
		model = linear;
	if (!count_answers(criteria, "met_by_rule") || !m || metric_compare(m, model.value, rule.value) <= 0)
		return;
	g_autofree char *text =
	        g_strdup_printf("A model would reach %s %.4g instead of the rule's %.4g: if that is worth "
	                        "something, set the goal higher",
	                metric, model.value, rule.value);
	add_reason(reasons, text);
}

static json_t *reasons_of(const json_t *report, const json_t *criteria)
{
	json_t *reasons = json_array(), *entry;
	size_t i;
	json_array_foreach (json_object_get(report, "leaks"), i, entry)
		add_reason(reasons, json_get_text(entry, "sentence", NULL));
	add_signal(report, reasons);
	json_array_foreach (criteria, i, entry)
		add_reason(reasons, json_get_text(entry, "sentence", NULL));
	add_gain(report, criteria, reasons);
	add_reason(reasons, json_get_text(json_object_get(report, "curve"), "sentence", NULL));
	add_reason(reasons, json_get_text(json_object_get(report, "time"), "sentence", NULL));
	add_reason(reasons, json_get_text(json_object_get(report, "stretches"), "sentence", NULL));
	return reasons;
}

void verdict_add(json_t *report, const json_t *goal)
{
	json_auto_t *criteria = json_array();
	size_t i;
	json_t *entry;
	json_array_foreach (json_object_get(goal, "success"), i, entry) {
		Criterion c = read_criterion(report, entry);
		json_array_append_new(criteria, criterion_json(&c, has_signal(report)));
		g_free(c.name);
	}
	size_t at = choose(report, criteria);
	json_object_set(report, "criteria", criteria);
	json_object_set_new(report, "verdict",
	        json_pack("{s:s,s:s,s:o}", "answer", ANSWERS[at].answer, "sentence", ANSWERS[at].sentence, "reasons",
	                reasons_of(report, criteria)));
}
