/* look_estimate.c: how good the answers are expected to be, before their outcomes are known: of all rows of the window, beside what the
 * outcomes say later (look_performance.c).
 *
 * It holds while only the inputs change.  A change of the concept it cannot see: look_concept.c finds that, once there are outcomes, as
 * estimate and reality part. */
#include <math.h>

#include "base/json.h"
#include "monitor/expected.h"
#include "monitor/yardstick.h"

static const Param PARAMS[] = {
        {"loss", PARAM_REAL, "part of the metric's value, as it was in the test, whose loss matters", "0.05", .min = 0,
                .max = 10},
        {"alpha", PARAM_REAL, "chance of a false alarm for each metric the goal names", "0.01", .min = 1e-9,
                .max = 0.5},
        {"min_rows", PARAM_INT, "rows below which there is no answer", "50", .min = 2, .max = 1e9},
        {NULL},
};

static void add_all(const LookInput *in, const json_t *params, const Expected *x, const WindowAnswers *a,
        const GArray *yards, GArray *findings)
{
	g_autofree MetricEstimate *estimates = g_new0(MetricEstimate, yards->len);
	for (guint k = 0; k < yards->len; k++)
		estimates[k].metric = g_array_index(yards, Yardstick, k).metric;
	expected_metrics(x, a, in->bundle, estimates, yards->len);
	for (guint k = 0; k < yards->len; k++) {
		Measured m = {estimates[k].value, estimates[k].sd, (double)a->answered,
		        json_get_number(params, "loss", 0.05), json_get_number(params, "alpha", 0.01), NULL};
		m.why_not = (int64_t)a->rows < json_get_int(params, "min_rows", 50) ? "few" : NULL;
		Yardstick y = g_array_index(yards, Yardstick, k);
		y.reference = y.validation;
		y.of = "validation";
		if (isfinite(m.value))
			yardstick_add(&y, &m, "estimate", NULL, findings);
	}
}

static bool run(const LookInput *in, const json_t *params, GArray *findings, GError **error)
{
	AnswersWanted wanted = {.inputs = bundle_classes(in->bundle) == 0};
	g_autoptr(WindowAnswers) a = NULL;
	g_autoptr(Expected) x = NULL;
	g_autoptr(GArray) yards = NULL;
	if (!window_answers(in, &wanted, &a, error) || !expected_read(in, a, &x, error) ||
	        !yardsticks_read(in, &yards, error))
		return false;
	if (x && a->rows > 0)
		add_all(in, params, x, a, yards, findings);
	else if (a->rows > 0)
		finding_add(findings, (Finding){"estimate", "errors", "", NAN, NAN, NAN, FINDING_TOO_FEW,
		                              json_pack("{s:s}", "why_not", "the bundle keeps nothing of its errors")});
	return true;
}

static const char *const EITHER_WAY[] = {"mean_error", NULL};

const LookKind LOOK_ESTIMATE = {
        .name = "estimate",
        .help = "how good the answers are expected to be while their outcomes are not known",
        .params = PARAMS,
        .run = run,
        .either_way = EITHER_WAY,
};
