/* look_performance.c: how good the answers were, by what became of them.
 *
 * Outcomes belong to the window in which the answer was given, whenever they come: each time more of them are known, it is measured
 * again.  Until most rows are old enough to have theirs, a window says nothing: outcomes that come early are seldom like the others.
 * How many there are, how late they come, and whether the rows that have one are like those that have none, are findings too. */
#include <math.h>
#include <string.h>

#include "base/duration.h"
#include "base/json.h"
#include "monitor/answers.h"
#include "monitor/yardstick.h"
#include "stats/ks.h"
#include "stats/resample.h"

enum { DRAWS = 200, ROWS_MOST = 20000 };

static const Param PARAMS[] = {
        {"loss", PARAM_REAL, "part of the metric's value, as it was in the test, whose loss matters", "0.05", .min = 0,
                .max = 10},
        {"alpha", PARAM_REAL, "chance of a false alarm for each metric the goal names", "0.01", .min = 1e-9,
                .max = 0.5},
        {"coverage", PARAM_REAL, "share of old enough rows that should have an outcome", "0.5", .min = 0, .max = 1},
        {"mature", PARAM_REAL, "share of rows that have to be old enough before a window is judged", "0.8", .min = 0,
                .max = 1},
        {"min_rows", PARAM_INT, "outcomes below which there is no answer", "50", .min = 2, .max = 1e9},
        {NULL},
};

typedef struct Performance {
	const LookInput *in;
	const json_t *params;
	int64_t delay; /* us after which an outcome is usually known */
	double answered, told, mature, mature_told;
	bool any; /* outcome of the model at all: who never gives any needs no warning */
	GArray *findings;
} Performance;

static void add(const Performance *p, const char *measure, Finding f)
{
	f.look = "performance";
	f.measure = measure;
	finding_add(p->findings, f);
}

static bool count_rows(Performance *p, GError **error)
{
	json_auto_t *row = NULL;
	g_autofree char *sql = g_strdup_printf(
	        "SELECT count(*) AS answered, count(_gyre_outcome) AS told, count(*) FILTER (old) AS mature, "
	        "count(_gyre_outcome) FILTER (old) AS mature_told FROM (SELECT _gyre_outcome, epoch_us(_gyre_time) <= "
	        "%" G_GINT64_FORMAT " AS old FROM %s WHERE _gyre_error IS NULL)",
	        p->in->now - p->delay, p->in->view);
	json_auto_t *outcome = NULL;
	if (!engine_row(p->in->engine, sql, &row, error) ||
	        !meta_row(p->in->meta, "SELECT id FROM outcomes WHERE model = $1 LIMIT 1",
	                json_pack("[o]", json_text(p->in->window->model)), &outcome, error))
		return false;
	p->any = outcome != NULL;
	p->answered = json_get_number(row, "answered", 0);
	p->told = json_get_number(row, "told", 0);
	p->mature = json_get_number(row, "mature", 0);
	p->mature_told = json_get_number(row, "mature_told", 0);
	return true;
}

static bool is_mature(const Performance *p)
{
	return p->mature >= json_get_number(p->params, "mature", 0.8) * p->answered;
}

static void add_coverage(const Performance *p)
{
	double least = json_get_number(p->params, "coverage", 0.5), few = json_get_number(p->params, "min_rows", 50);
	double share = p->mature > 0 ? p->mature_told / p->mature : NAN;
	FindingState state = p->mature < few || !is_mature(p) || !p->any ? FINDING_TOO_FEW
	                     : share < least                             ? FINDING_WARNING
	                                                                 : FINDING_OK;
	add(p, "coverage",
	        (Finding){.value = share,
	                .limit = least,
	                .p = NAN,
	                .state = state,
	                .evidence = json_pack(
	                        "{s:f,s:f,s:f}", "rows", p->answered, "outcomes", p->told, "mature", p->mature)});
	add(p, "maturity",
	        (Finding){.value = p->answered > 0 ? p->mature / p->answered : NAN,
	                .limit = json_get_number(p->params, "mature", 0.8),
	                .p = NAN,
	                .state = FINDING_OK});
}

/* How long outcomes took; more than one in twenty later than expected by half warns: whoever set the delay wants to know. */
static bool add_delay(const Performance *p, GError **error)
{
	json_auto_t *row = NULL;
	g_autofree char *sql = g_strdup_printf(
	        "SELECT quantile_cont(late, 0.5) AS median, quantile_cont(late, 0.95) AS most, count(*) FILTER (late < "
	        "0) AS "
	        "before FROM (SELECT (epoch_us(_gyre_observed) - epoch_us(_gyre_time)) / 1e6 AS late FROM %s WHERE "
	        "_gyre_outcome IS NOT NULL AND _gyre_error IS NULL)",
	        p->in->view);
	if (!engine_row(p->in->engine, sql, &row, error))
		return false;
	double most = json_get_number(row, "most", NAN), expected = (double)p->delay / 1e6;
	bool late = expected > 0 && most > 1.5 * expected;
	add(p, "delay",
	        (Finding){.value = json_get_number(row, "median", NAN),
	                .limit = expected > 0 ? expected : NAN,
	                .p = NAN,
	                .state = p->told < json_get_number(p->params, "min_rows", 50) ? FINDING_TOO_FEW
	                         : late                                               ? FINDING_WARNING
	                                                                              : FINDING_OK,
	                .evidence = json_pack("{s:s,s:o,s:o}", "unit", "s", "most", json_number(most), "before",
	                        json_incref(json_object_get(row, "before")))});
	return true;
}

static int by_number(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;
	return (x > y) - (x < y);
}

/* The score that is looked at: of the positive class, of the class decided on, or the number. */
static double score_of(const WindowAnswers *a, const Bundle *b, size_t row)
{
	int positive = bundle_positive(b);
	size_t of = positive >= 0 ? (size_t)positive : a->decided ? a->decided[row] : 0;
	return a->scores[row * a->outputs + of];
}

/* Are the rows with an outcome like those without?  If not, what is measured on them says little of the others. */
static bool add_selection(const Performance *p, GError **error)
{
	enum { LEAST = 50 };
	AnswersWanted wanted = {0};
	g_autoptr(WindowAnswers) a = NULL;
	if (p->told < LEAST || p->answered - p->told < LEAST)
		return true;
	if (!window_answers(p->in, &wanted, &a, error))
		return false;
	g_autofree double *with = g_new(double, MAX(a->rows, 1)), *without = g_new(double, MAX(a->rows, 1));
	size_t n = 0, m = 0;
	for (size_t i = 0; i < a->rows; i++) {
		double score = score_of(a, p->in->bundle, i);
		if (isfinite(score) && isfinite(a->y[i]))
			with[n++] = score;
		else if (isfinite(score))
			without[m++] = score;
	}
	if (n < LEAST || m < LEAST)
		return true;
	qsort(with, n, sizeof *with, by_number);
	qsort(without, m, sizeof *without, by_number);
	KsGap steps = ks_gap(with, n, without, m);
	double gap = ks_value(steps), p_value = ks_p(steps);
	FindingState state = look_judge((LookBar){gap, 0.1, p_value, json_get_number(p->params, "alpha", 0.01)});
	add(p, "selection",
	        (Finding){.value = gap,
	                .limit = 0.1,
	                .p = p_value,
	                .state = state == FINDING_ALARM ? FINDING_WARNING : FINDING_OK,
	                .evidence = json_pack("{s:I,s:I}", "with", (json_int_t)n, "without", (json_int_t)m)});
	return true;
}

/* Standard errors by drawing rows with replacement; on so many rows that more would not change them, and scaled. */
static void errors_of(const Scored *s, const GArray *yards, double *ret)
{
	size_t count;
	g_autofree uint32_t *chosen = resample_choose(s->rows, ROWS_MOST, 1, &count);
	g_autoptr(Resample) r = resample_new(s, chosen, count);
	g_autofree uint8_t *drawn = g_malloc(MAX(count, 1));
	for (guint k = 0; k < yards->len; k++) {
		const MetricKind *metric = g_array_index(yards, Yardstick, k).metric;
		double sum = 0, squares = 0, base = metric->compute(resample_weigh(r, NULL)), n = 0;
		for (unsigned d = 0; d < DRAWS; d++) {
			resample_draw(drawn, count, 1, d);
			double off = metric->compute(resample_weigh(r, drawn)) - base;
			n += isfinite(off) ? 1 : 0;
			sum += isfinite(off) ? off : 0;
			squares += isfinite(off) ? off * off : 0;
		}
		ret[k] = n > DRAWS / 2
		                 ? sqrt(MAX(squares - sum * sum / n, 0) / (n - 1) * (double)count / (double)s->rows)
		                 : NAN;
	}
}

static bool add_metrics(const Performance *p, GError **error)
{
	AnswersWanted wanted = {.told = true, .plain = true};
	g_autoptr(WindowAnswers) a = NULL;
	g_autoptr(GArray) yards = NULL;
	if (!window_answers(p->in, &wanted, &a, error) || !yardsticks_read(p->in, &yards, error))
		return false;
	int64_t strangers = a->strangers;
	answers_keep_told(a);
	Scored s = answers_scored(a, p->in->bundle);
	g_autofree double *errors = g_new(double, yards->len);
	if (a->rows > 0)
		errors_of(&s, yards, errors);
	for (guint k = 0; k < yards->len && a->rows > 0; k++) {
		const Yardstick *y = &g_array_index(yards, Yardstick, k);
		Measured m = {y->metric->compute(&s), errors[k], (double)a->rows,
		        json_get_number(p->params, "loss", 0.05), json_get_number(p->params, "alpha", 0.01), NULL};
		m.why_not = a->rows < (size_t)json_get_int(p->params, "min_rows", 50) ? "few"
		            : is_mature(p)                                            ? NULL
		                                                                      : "immature";
		yardstick_add(y, &m, "performance", json_pack("{s:f}", "coverage", p->told / MAX(p->answered, 1)),
		        p->findings);
	}
	if (strangers > 0)
		add(p, "strangers",
		        (Finding){.value = (double)strangers, .limit = NAN, .p = NAN, .state = FINDING_WARNING});
	return true;
}

static bool run(const LookInput *in, const json_t *params, GArray *findings, GError **error)
{
	Performance p = {.in = in, .params = params, .findings = findings};
	duration_parse(json_get_text(json_at(in->project, "monitor.labels"), "delay", "0s"), &p.delay);
	if (!count_rows(&p, error))
		return false;
	if (p.answered == 0)
		return true;
	add_coverage(&p);
	return p.told == 0 || (add_delay(&p, error) && add_selection(&p, error) && add_metrics(&p, error));
}

static const char *const EITHER_WAY[] = {"mean_error", NULL};

const LookKind LOOK_PERFORMANCE = {
        .name = "performance",
        .help = "how good the answers were, by what became of them, beside the version's test and the goal",
        .params = PARAMS,
        .uses_outcomes = true,
        .run = run,
        .either_way = EITHER_WAY,
};
