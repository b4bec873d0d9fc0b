/* look_concept.c: is what the model learnt still so?  Two answers, both from outcomes:
 *
 *   disagreement   what its scores say the answers are worth, and what they are worth, on the same rows.  Inputs that move change both
 *                  alike; only a change of what follows from the inputs parts them.  So this alarm says concept, and not data
 *   errors         the stream of its errors, watched as the outcomes become known (monitor/error_watch.h): the quickest, and needs
 *                  neither windows nor scores that mean what they say; but inputs that became harder raise errors too */
#include <math.h>
#include <string.h>

#include "base/duration.h"
#include "base/json.h"
#include "monitor/concept_columns.h"
#include "monitor/concept_stream.h"
#include "monitor/error_watch.h"
#include "monitor/expected.h"
#include "monitor/yardstick.h"
#include "stats/test.h"

enum { COLUMNS_SHOWN = 5 };

static const Param PARAMS[] = {
        {"gap", PARAM_REAL, "how far estimate and reality may part, as a part of the estimate", "0.05", .min = 0,
                .max = 10},
        {"alpha", PARAM_REAL, "chance of a false alarm in a window, over all metrics that are compared", "0.01",
                .min = 1e-9, .max = 0.5},
        {"mature", PARAM_REAL, "share of rows that have to be old enough before a window is judged", "0.8", .min = 0,
                .max = 1},
        {"min_rows", PARAM_INT, "outcomes below which there is no answer", "50", .min = 2, .max = 1e9},
        {"watch", PARAM_JSON, "the watch over the stream of errors: detector, settings, warning, warning_settings",
                "{}"},
        {NULL},
};

typedef struct Concept {
	const LookInput *in;
	const json_t *params;
	WindowAnswers *a;
	Expected *x;
	GArray *findings;
	const char *why_not;
} Concept;

/* Compared are two metrics of each task beside the goal's own. */
static const char *const OF_CLASSES[] = {"accuracy", "log_loss"};
static const char *const OF_NUMBERS[] = {"mae", "mean_error"};

enum { COMPARED_MOST = 3 };

static size_t compared(const Concept *c, const GArray *yards, MetricEstimate *ret)
{
	const char *const *usual = c->a->classes ? OF_CLASSES : OF_NUMBERS;
	const MetricKind *goal = yards->len ? g_array_index(yards, Yardstick, 0).metric : NULL;
	size_t count = 0;
	for (size_t i = 0; i < 2; i++)
		ret[count++] = (MetricEstimate){.metric = metric_find(usual[i])};
	if (goal && goal != ret[0].metric && goal != ret[1].metric)
		ret[count++] = (MetricEstimate){.metric = goal};
	return count;
}

/* What counts as far: part of the estimate; of a bias, of the mean error in size. */
static double room_of(const Concept *c, const MetricEstimate *e, const MetricEstimate *first)
{
	double size = strcmp(e->metric->name, "mean_error") == 0 ? first->value : e->value;
	return json_get_number(c->params, "gap", 0.05) * fabs(size);
}

static void add_gap(const Concept *c, const EstimateGap *g, const MetricEstimate *e, double p, double room)
{
	bool is_bias = strcmp(e->metric->name, "mean_error") == 0;
	double loss = is_bias ? fabs(g->realised - g->estimated) : metric_worse(e->metric, g->realised, g->estimated);
	LookBar bar = {fabs(g->realised - g->estimated), room, p, json_get_number(c->params, "alpha", 0.01)};
	FindingState state = c->why_not ? FINDING_TOO_FEW : look_judge(bar);
	if (state == FINDING_ALARM && loss < 0) /* better than it should be: odd, but no harm */
		state = FINDING_WARNING;
	json_t *evidence = json_pack("{s:o,s:o,s:o,s:I}", "estimated", json_number(g->estimated), "realised",
	        json_number(g->realised), "z", json_number(g->z), "rows", (json_int_t)c->a->rows);
	if (c->why_not)
		json_object_set_new(evidence, "why_not", json_string(c->why_not));
	finding_add(c->findings, (Finding){"concept", "disagreement", e->metric->name, g->realised - g->estimated, room,
	                                 p, state, evidence});
}

static bool add_disagreement(const Concept *c, GError **error)
{
	MetricEstimate e[COMPARED_MOST];
	EstimateGap gap[COMPARED_MOST];
	double p[COMPARED_MOST];
	g_autoptr(GArray) yards = NULL;
	if (!yardsticks_read(c->in, &yards, error))
		return false;
	Scored s = answers_scored(c->a, c->in->bundle);
	size_t count = compared(c, yards, e);
	expected_metrics(c->x, c->a, c->in->bundle, e, count);
	for (size_t k = 0; k < count; k++) {
		gap[k] = estimate_gap(e[k], e[k].metric->compute(&s), s.rows, c->x->learnt);
		p[k] = gap[k].p;
	}
	correct_holm(p, count);
	for (size_t k = 0; k < count; k++)
		if (isfinite(e[k].value))
			add_gap(c, &gap[k], &e[k], p[k], room_of(c, &e[k], &e[0]));
	return true;
}

/* Where it is: told beside every disagreement that warns or alarms. */
static void add_columns(const Concept *c, guint from, Frame *raw)
{
	g_autofree double *residual = g_new(double, MAX(c->a->rows, 1)), *variance = g_new(double, MAX(c->a->rows, 1));
	bool is_needed = false;
	for (guint i = from; i < c->findings->len; i++) {
		FindingState state = g_array_index(c->findings, Finding, i).state;
		is_needed = is_needed || state == FINDING_ALARM || state == FINDING_WARNING;
	}
	if (!is_needed)
		return;
	for (size_t i = 0; i < c->a->rows; i++)
		residual[i] = expected_residual(c->x, c->a, c->in->bundle, i, &variance[i]);
	json_auto_t *columns = concept_columns(c->in, raw, residual, variance, COLUMNS_SHOWN);
	for (guint i = from; i < c->findings->len; i++) {
		Finding *f = &g_array_index(c->findings, Finding, i);
		if (f->state == FINDING_ALARM || f->state == FINDING_WARNING)
			json_object_set(f->evidence, "columns", columns);
	}
}

static const char *why_not(const Concept *c)
{
	int64_t delay = 0, old = 0;
	duration_parse(json_get_text(json_at(c->in->project, "monitor.labels"), "delay", "0s"), &delay);
	for (size_t i = 0; i < c->a->rows; i++)
		old += c->a->time[i] <= c->in->now - delay;
	if ((int64_t)c->a->rows < json_get_int(c->params, "min_rows", 50))
		return "few";
	return (double)old < json_get_number(c->params, "mature", 0.8) * (double)c->a->rows ? "immature" : NULL;
}

static bool look_at_window(Concept *c, GError **error)
{
	AnswersWanted wanted = {.told = true, .inputs = true};
	guint from = c->findings->len;
	if (!window_answers(c->in, &wanted, &c->a, error))
		return false;
	answers_keep_told(c->a);
	if (c->a->rows == 0)
		return true;
	g_autoptr(Frame) raw = frame_copy(c->a->frame);
	if (!expected_read(c->in, c->a, &c->x, error))
		return false;
	c->why_not = why_not(c);
	if (!c->x)
		return true;
	if (!add_disagreement(c, error))
		return false;
	add_columns(c, from, raw);
	return true;
}

static void add_errors(const Concept *c, const json_t *told)
{
	const json_t *events = json_object_get(told, "events"), *last = NULL;
	bool warns = false, rose = false;
	double error = 0;
	size_t i;
	json_t *event;
	json_array_foreach ((json_t *)events, i, event) {
		const char *what = json_get_text(event, "what", "");
		rose = rose || strcmp(what, "rose") == 0;
		warns = warns || strcmp(what, "warning") == 0;
		last = strcmp(what, "warning") == 0 ? last : event;
	}
	for (size_t k = 0; c->a->classes && k < c->a->rows; k++)
		error += ((double)c->a->decided[k] != c->a->y[k]) / (double)c->a->rows;
	FindingState state = rose ? FINDING_ALARM : warns ? FINDING_WARNING : FINDING_OK;
	finding_add(c->findings,
	        (Finding){"concept", "errors", "",
	                last            ? json_get_number(last, "after", NAN)
	                : c->a->classes ? error
	                                : NAN,
	                last ? json_get_number(last, "before", NAN) : NAN, NAN, state, json_incref((json_t *)told)});
}

static bool run(const LookInput *in, const json_t *params, GArray *findings, GError **error)
{
	Concept c = {.in = in, .params = params, .findings = findings};
	json_auto_t *watch = NULL, *told = NULL;
	bool ok = param_fill(ERROR_WATCH_PARAMS, "monitor.looks.concept.watch", json_object_get(params, "watch"),
	                  &watch, error) &&
	          look_at_window(&c, error) && concept_stream_take(in, watch, &told, error);
	if (ok)
		add_errors(&c, told);
	window_answers_free(c.a);
	expected_free(c.x);
	return ok;
}

static void check(json_t *params, const char *path, ParamReport *report, void *context)
{
	g_autofree char *where = g_strdup_printf("%s.watch", path);
	json_t *watch = error_watch_check(json_object_get(params, "watch"), where, report, context);
	if (watch)
		json_object_set_new(params, "watch", watch);
}

static const char *const EITHER_WAY[] = {"disagreement", NULL}, *const AT_ONCE[] = {"errors", NULL};

const LookKind LOOK_CONCEPT = {
        .name = "concept",
        .help = "whether what the model learnt is still so: estimate against reality, and the stream of its errors",
        .params = PARAMS,
        .needs_outcomes = true,
        .run = run,
        .check = check,
        .at_once = AT_ONCE,
        .either_way = EITHER_WAY,
};
