/* cause.c: findings weighed against each other. */
#include "monitor/cause.h"

#include <math.h>
#include <string.h>

#include "base/error.h"
#include "base/json.h"
#include "monitor/yardstick.h"

enum { COLUMNS_SHOWN = 5, WINDOWS_BEFORE = 20 };

static bool is_text(const json_t *object, const char *key, const char *text)
{
	return g_strcmp0(json_get_text(object, key, NULL), text) == 0;
}

static bool is_notable(const json_t *f)
{
	return is_text(f, "state", "alarm") || is_text(f, "state", "warning");
}

static bool is_of_column(const json_t *f)
{
	return *json_get_text(f, "subject", "") && !is_text(f, "subject", "score") &&
	       !is_text(f, "subject", "decision");
}

/* What a window's findings say together. */
typedef struct Signs {
	bool broken;       /* data that is not as it should be */
	bool parted;       /* estimate and reality */
	bool moved, mixed; /* inputs; and only categories among them */
	bool rate, expected_loss, outcomes_missing;
} Signs;

static bool has_drifted(const json_t *findings, const char *column)
{
	size_t i;
	json_t *f;
	json_array_foreach ((json_t *)findings, i, f)
		if (is_text(f, "look", "drift") && is_text(f, "state", "alarm") && is_text(f, "subject", column))
			return true;
	return false;
}

/* A column that moved reaches beyond what training saw; when most of it lies there, it is another unit, or rubbish. */
static bool has_only_moved(const json_t *findings, const json_t *f)
{
	return is_text(f, "measure", "out_of_range") && json_get_number(f, "value", 1) < 0.5 &&
	       has_drifted(findings, json_get_text(f, "subject", ""));
}

static void read_quality(Signs *s, const json_t *findings, const json_t *f)
{
	bool is_rate = is_text(f, "measure", "rate");
	s->rate = s->rate || is_rate;
	s->broken = s->broken || (!is_rate && !has_only_moved(findings, f));
}

static void read_outcomes(Signs *s, const json_t *f)
{
	static const char *const OF_OUTCOMES[] = {"coverage", "delay", "selection", NULL};
	for (const char *const *measure = OF_OUTCOMES; *measure; measure++)
		s->outcomes_missing = s->outcomes_missing || is_text(f, "measure", *measure);
}

static Signs read_signs(const json_t *findings, const json_t *types)
{
	Signs s = {.mixed = true};
	size_t i;
	json_t *f;
	bool any_column = false;
	json_array_foreach ((json_t *)findings, i, f) {
		bool alarm = is_text(f, "state", "alarm");
		if (is_text(f, "look", "performance") && is_notable(f))
			read_outcomes(&s, f);
		if (!alarm)
			continue;
		if (is_text(f, "look", "quality"))
			read_quality(&s, findings, f);
		s.broken = s.broken || is_text(f, "look", "skew");
		s.parted = s.parted || is_text(f, "measure", "disagreement");
		s.expected_loss = s.expected_loss || is_text(f, "look", "estimate");
		s.moved = s.moved || is_text(f, "look", "multivariate");
		s.mixed = s.mixed && !is_text(f, "look", "multivariate");
		if (!is_text(f, "look", "drift") || !is_of_column(f))
			continue;
		const char *type = json_get_text(types, json_get_text(f, "subject", ""), "");
		s.moved = any_column = true;
		s.mixed = s.mixed && (strcmp(type, "text") == 0 || strcmp(type, "bool") == 0);
	}
	s.mixed = s.mixed && any_column;
	return s;
}

static const char *of_inputs(const Signs *s)
{
	return s->broken ? "quality" : s->mixed ? "traffic_mix" : "input";
}

/* Of what is made of inputs and outcomes alike: broken data explains all else; then what only a concept can do. */
static const char *of_results(const Signs *s)
{
	if (s->broken)
		return "quality";
	if (s->parted)
		return "concept";
	if (s->moved || s->expected_loss)
		return of_inputs(s);
	return s->outcomes_missing ? "label_delay" : s->rate ? "traffic_mix" : "concept";
}

const char *cause_of(const json_t *findings, const json_t *finding, const json_t *types)
{
	Signs s = read_signs(findings, types), own = {0};
	read_outcomes(&own, finding);
	if (is_text(finding, "look", "quality") && has_only_moved(findings, finding))
		return of_inputs(&s);
	if (is_text(finding, "look", "quality"))
		return is_text(finding, "measure", "rate") ? "traffic_mix" : "quality";
	if (is_text(finding, "look", "skew") || is_text(finding, "measure", "strangers"))
		return "quality";
	if (is_text(finding, "look", "performance") && own.outcomes_missing)
		return "label_delay";
	if (is_text(finding, "look", "drift") || is_text(finding, "look", "multivariate") ||
	        is_text(finding, "look", "estimate"))
		return of_inputs(&s);
	return of_results(&s);
}

typedef struct Part {
	const char *column;
	double part;
} Part;

static void add_part(GArray *parts, const char *column, double part)
{
	for (guint i = 0; i < parts->len; i++) {
		Part *p = &g_array_index(parts, Part, i);
		if (strcmp(p->column, column) == 0) {
			p->part = MAX(p->part, part);
			return;
		}
	}
	Part fresh = {column, part};
	g_array_append_val(parts, fresh);
}

/* Columns that a finding ranked itself. */
static void add_ranked(GArray *parts, const json_t *f, double weight)
{
	size_t i;
	json_t *one;
	json_array_foreach (json_at(f, "evidence.columns"), i, one)
		add_part(parts, json_get_text(one, "column", ""), weight * json_get_number(one, "share", 0));
}

static bool speaks_for(const json_t *f, const char *cause)
{
	bool is_quality = is_text(f, "look", "quality") || is_text(f, "look", "skew");
	if (strcmp(cause, "quality") == 0)
		return is_quality;
	return is_text(f, "look", "drift") && (strcmp(cause, "input") == 0 || strcmp(cause, "traffic_mix") == 0);
}

/* A column's part: how far it is off, times what the model makes of it.  A tenth of an even share is left to what the model says it does
 * not use: its say is of the training data. */
static double part_of(const json_t *f, const json_t *importance)
{
	double even = importance ? 1.0 / (double)MAX(json_object_size(importance), 1) : 1;
	double weight = importance ? json_get_number(importance, json_get_text(f, "subject", ""), 0) : 1;
	double value = json_get_number(f, "value", 0);
	return (weight + even / 10) * (isfinite(value) ? fabs(value) : 0);
}

static int by_part(const void *a, const void *b)
{
	const Part *x = a, *y = b;
	if (x->part != y->part)
		return x->part < y->part ? 1 : -1;
	return strcmp(x->column, y->column);
}

json_t *cause_columns(const json_t *findings, const char *cause, const json_t *importance)
{
	g_autoptr(GArray) parts = g_array_new(FALSE, FALSE, sizeof(Part));
	bool is_concept = strcmp(cause, "concept") == 0, is_input = strcmp(cause, "input") == 0;
	double total = 0;
	size_t i;
	json_t *f, *list = json_array();
	json_array_foreach ((json_t *)findings, i, f) {
		if (is_concept && is_text(f, "measure", "disagreement") && is_notable(f))
			add_ranked(parts, f, 1);
		if (speaks_for(f, cause) && is_of_column(f) && is_notable(f))
			add_part(parts, json_get_text(f, "subject", ""), part_of(f, importance));
	}
	json_array_foreach ((json_t *)findings, i, f) /* none moved alone */
		if (is_input && parts->len == 0 && is_text(f, "look", "multivariate") && is_notable(f))
			add_ranked(parts, f, 1);
	for (guint k = 0; k < parts->len; k++)
		total += g_array_index(parts, Part, k).part;
	g_array_sort(parts, by_part);
	for (guint k = 0; k < MIN(parts->len, COLUMNS_SHOWN) && total > 0; k++) {
		const Part *p = &g_array_index(parts, Part, k);
		json_array_append_new(
		        list, json_pack("{s:o,s:f}", "column", json_text(p->column), "share", p->part / total));
	}
	return list;
}

/* The goal's own metric: as it was, else as it is expected. */
static json_t *metric_loss(const json_t *findings)
{
	static const char *const LOOKS_AT[] = {"performance", "estimate"};
	size_t i;
	json_t *f;
	for (size_t k = 0; k < G_N_ELEMENTS(LOOKS_AT); k++)
		json_array_foreach ((json_t *)findings, i, f) {
			const json_t *evidence = json_object_get(f, "evidence");
			const MetricKind *metric = metric_find(json_get_text(f, "measure", ""));
			if (!is_text(f, "look", LOOKS_AT[k]) || !metric || !json_get_bool(evidence, "named", false) ||
			        is_text(f, "state", "too_few"))
				continue;
			double value = json_get_number(f, "value", NAN),
			       was = json_get_number(evidence, "reference", NAN);
			return json_pack("{s:s,s:o,s:o,s:o,s:s}", "metric", metric->name, "value", json_number(value),
			        "reference", json_number(was), "loss", json_number(metric_worse(metric, value, was)),
			        "of", k == 0 ? "realised" : "estimated");
		}
	return json_null();
}

/* Is less of the figure better?  As the goal's bound says. */
static bool shrinks(const json_t *project, const char *figure)
{
	size_t i;
	json_t *criterion;
	json_array_foreach ((json_t *)json_at(project, "goal.success"), i, criterion)
		if (is_text(criterion, "kpi", figure))
			return json_is_number(json_object_get(criterion, "at_most"));
	return false;
}

static bool usual_figure(const CauseInput *in, const char *figure, double *ret, GError **error)
{
	const MonitorWindow *w = in->window;
	json_auto_t *row = NULL;
	if (!meta_row(in->meta,
	            "SELECT avg(value) AS usual FROM (SELECT f.value FROM monitor_windows AS w JOIN monitor_findings "
	            "AS f ON "
	            "f.window_id = w.id WHERE w.model = $1 AND w.version = $2 AND w.route = $3 AND w.begin_at < $4 AND "
	            "f.look = "
	            "'kpi' AND f.measure = $5 AND f.state = 'ok' ORDER BY w.begin_at DESC LIMIT $6) AS before",
	            json_pack("[o,i,s,I,s,i]", json_text(w->model), w->version, w->route, (json_int_t)w->begin, figure,
	                    WINDOWS_BEFORE),
	            &row, error))
		return false;
	*ret = json_is_number(json_object_get(row, "usual")) ? json_get_number(row, "usual", NAN) : NAN;
	return true;
}

static bool money_loss(const CauseInput *in, const json_t *findings, json_t **ret, GError **error)
{
	size_t i;
	json_t *f;
	*ret = NULL;
	json_array_foreach ((json_t *)findings, i, f) {
		const char *figure = json_get_text(f, "measure", "");
		double value = json_get_number(f, "value", NAN), usual;
		if (!is_text(f, "look", "kpi") || is_text(f, "state", "too_few") || *json_get_text(f, "subject", ""))
			continue;
		if (!usual_figure(in, figure, &usual, error))
			return false;
		*ret = json_pack("{s:s,s:o,s:o,s:o}", "kpi", figure, "value", json_number(value), "usual",
		        json_number(usual), "loss",
		        json_number(shrinks(in->project, figure) ? value - usual : usual - value));
		return true;
	}
	*ret = json_null();
	return true;
}

/* {column: share} of what the model itself says of its features' weight, a feature's divided among the columns it is made of; null
 * where it says nothing. */
static bool importance_of_columns(const Bundle *b, json_t **ret, GError **error)
{
	g_autoptr(Origins) origins = NULL;
	g_autoptr(GError) problem = NULL;
	*ret = NULL;
	if (!bundle_origins(b, &origins, error))
		return false;
	g_autofree double *share = g_new0(double, MAX(origins->features, 1)),
	                  *column = g_new0(double, MAX(origins->columns, 1));
	if (!bundle_importance(b, share, &problem)) {
		if (problem->code == FAIL_NOT_FOUND)
			return true;
		g_propagate_error(error, g_steal_pointer(&problem));
		return false;
	}
	for (size_t f = 0; f < origins->features; f++) {
		uint32_t from = origins->start[f], to = origins->start[f + 1];
		for (uint32_t k = from; k < to; k++)
			column[origins->column[k]] += share[f] / (to - from);
	}
	*ret = json_object();
	for (size_t c = 0; c < origins->columns; c++)
		json_object_set_new(*ret, origins->names[c], json_number(column[c]));
	return true;
}

static json_t *types_of(const Bundle *b)
{
	json_t *types = json_object(), *input;
	size_t i;
	json_array_foreach ((json_t *)json_at(bundle_header(b), "recipe.inputs"), i, input)
		json_object_set(types, json_get_text(input, "name", ""), json_object_get(input, "type"));
	return types;
}

static void add_columns(GString *s, const json_t *columns)
{
	size_t i;
	json_t *one;
	json_array_foreach ((json_t *)columns, i, one)
		if (i < 3)
			g_string_append_printf(s, "%s%s (%.0f %%)", i ? ", " : ": ", json_get_text(one, "column", ""),
			        100 * json_get_number(one, "share", 0));
}

static char *summary_of(const char *cause, const json_t *columns, const json_t *metric, const json_t *money)
{
	static const char *const SAID[][2] = {{"quality", "the data that comes in is not as it should be"},
	        {"concept", "what follows from the inputs has changed"}, {"input", "the inputs have moved"},
	        {"traffic_mix", "other cases are asked about than in training"},
	        {"label_delay", "outcomes are late, missing, or only of some cases"}};
	GString *s = g_string_new(NULL);
	for (size_t i = 0; i < G_N_ELEMENTS(SAID); i++)
		if (strcmp(SAID[i][0], cause) == 0)
			g_string_append(s, SAID[i][1]);
	add_columns(s, columns);
	if (json_get_number(metric, "loss", 0) > 0)
		g_string_append_printf(s, "; %s %s %.4g, %.4g when it was made", json_get_text(metric, "metric", ""),
		        is_text(metric, "of", "realised") ? "is" : "is expected to be",
		        json_get_number(metric, "value", NAN), json_get_number(metric, "reference", NAN));
	if (json_get_number(money, "loss", 0) > 0)
		g_string_append_printf(s, "; %s %.4g, usually %.4g", json_get_text(money, "kpi", ""),
		        json_get_number(money, "value", NAN), json_get_number(money, "usual", NAN));
	return g_string_free(s, FALSE);
}

static void tell_one(
        const json_t *findings, json_t *f, const json_t *types, const json_t *importance, const json_t *loss)
{
	const char *cause = cause_of(findings, f, types);
	json_auto_t *columns = cause_columns(findings, cause, importance);
	g_autofree char *summary =
	        summary_of(cause, columns, json_object_get(loss, "metric"), json_object_get(loss, "money"));
	json_t *evidence = json_object_get(f, "evidence");
	if (!json_is_object(evidence)) {
		evidence = json_object();
		json_object_set_new(f, "evidence", evidence);
	}
	json_object_set_new(evidence, "cause",
	        json_pack("{s:s,s:o,s:O,s:O}", "cause", cause, "summary", json_text(summary), "columns", columns,
	                "loss", loss));
}

bool cause_tell(const CauseInput *in, json_t *findings, GError **error)
{
	json_auto_t *types = NULL, *importance = NULL, *loss = json_object();
	json_t *money, *f;
	bool any = false;
	size_t i;
	json_array_foreach (findings, i, f)
		any = any || is_notable(f);
	if (!any)
		return true;
	if (!importance_of_columns(in->bundle, &importance, error) || !money_loss(in, findings, &money, error))
		return false;
	types = types_of(in->bundle);
	json_object_set_new(loss, "metric", metric_loss(findings));
	json_object_set_new(loss, "money", money);
	json_array_foreach (findings, i, f)
		if (is_notable(f))
			tell_one(findings, f, types, importance, loss);
	return true;
}
