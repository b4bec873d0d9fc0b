/* behaviour_latency.c: an answer is quick enough. */
#include <math.h>

#include "base/json.h"
#include "eval/behaviours.h"

static const Param PARAMS[] = {
        {"p99_ms", PARAM_REAL, "processor time that 99 of 100 answers to one row may take at most", .min = 0,
                .max = 1e9, .unit = "ms", .flags = PARAM_REQUIRED},
        {"rows", PARAM_INT, "test rows that are asked one by one", "1000", .min = 1, .max = 1e6},
        {NULL},
};

static bool run(const BehaviourInput *in, const json_t *params, BehaviourFound *ret, GError **error)
{
	g_auto(AskedTwice) a = {0};
	json_auto_t *found = NULL;
	if (!ask_once(in, (size_t)json_get_int(params, "rows", 1000), &a, error) ||
	        !measure_latency(in->b, &a.sample, &found, error))
		return false;
	double most = json_get_number(params, "p99_ms", 0);
	ret->found = json_get_number(found, "p99_ms", NAN);
	ret->rows = json_get_int(found, "rows", 0);
	ret->pass = ret->found <= most;
	ret->wanted = g_strdup_printf("at most %.3g ms", most);
	ret->sentence = g_strdup_printf("99 of 100 rows are answered within %.3g ms", ret->found);
	return true;
}

const BehaviourKind BEHAVIOUR_LATENCY = {
        .name = "latency",
        .help = "an answer to one row takes no longer than this",
        .params = PARAMS,
        .run = run,
};
