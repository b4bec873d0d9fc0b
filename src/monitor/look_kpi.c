/* look_kpi.c: what a window's predictions brought, in the project's own figures, against the goal.
 *
 * An alarm when the whole 95 % interval lies beyond the goal's bound, a warning when the value does. */
#include <math.h>

#include "base/json.h"
#include "impact/measure.h"
#include "monitor/look.h"
#include "stats/distribution.h"

static const Param PARAMS[] = {
        {"min_rows", PARAM_INT, "known outcomes below which there is no answer", "100", .min = FIGURE_GROUPS,
                .max = 1e9},
        {NULL},
};

static const json_t *criterion_of(const json_t *goal, const char *figure)
{
	size_t i;
	json_t *criterion;
	json_array_foreach (json_object_get(goal, "success"), i, criterion)
		if (g_strcmp0(json_get_text(criterion, "kpi", NULL), figure) == 0)
			return criterion;
	return NULL;
}

/* How far inside the bound, in standard errors: negative beyond it.  NaN without a bound. */
static Finding judge(const FigureCell *c, const json_t *criterion, int64_t min_rows)
{
	double least = json_get_number(criterion, "at_least", NAN), most = json_get_number(criterion, "at_most", NAN);
	double bound = isnan(least) ? most : least;
	bool beyond = isnan(least) ? c->value.value > most : c->value.value < least,
	     surely = isnan(least) ? c->value.low > most : c->value.high < least;
	return (Finding){
	        .value = c->value.value,
	        .limit = bound,
	        .p = isnan(bound) ? NAN
	                          : student_two_sided((c->value.value - bound) / c->value.error, FIGURE_GROUPS - 1),
	        .state = c->rows < min_rows || isnan(c->value.value) ? FINDING_TOO_FEW
	                 : isnan(bound)                              ? FINDING_OK
	                 : surely                                    ? FINDING_ALARM
	                 : beyond                                    ? FINDING_WARNING
	                                                             : FINDING_OK,
	        .evidence = json_pack("{s:o,s:o,s:o,s:o,s:I}", "low", json_number(c->value.low), "high",
	                json_number(c->value.high), "today", json_number(c->today.value), "gain",
	                json_number(c->gain.value), "outcomes", (json_int_t)c->rows),
	};
}

static bool run(const LookInput *in, const json_t *params, GArray *findings, GError **error)
{
	const char *name;
	json_t *figure, *figures = json_object_get(in->project, "figures");
	const FigureKeys whole = {0};
	if (!json_object_size(figures) || !figure_rows(in->engine, in->view, in->bundle, true, "_gyre_kpi_rows", error))
		return !json_object_size(figures);
	json_object_foreach (figures, name, figure) {
		g_autoptr(GPtrArray) cells = NULL;
		if (!json_object_get(figure, "sql"))
			continue;
		if (!figure_measure(in->engine, "_gyre_kpi_rows", name, figure, &whole, &cells, error))
			return false;
		if (cells->len == 0)
			continue;
		Finding f = judge(cells->pdata[0], criterion_of(json_object_get(in->project, "goal"), name),
		        json_get_int(params, "min_rows", 100));
		f.look = "kpi";
		f.measure = name;
		f.subject = "";
		if (json_object_get(figure, "unit"))
			json_object_set(f.evidence, "unit", json_object_get(figure, "unit"));
		finding_add(findings, f);
	}
	return true;
}

const LookKind LOOK_KPI = {
        .name = "kpi",
        .help = "what the predictions brought, in the project's own figures, against the goal",
        .params = PARAMS,
        .needs_outcomes = true,
        .run = run,
};
