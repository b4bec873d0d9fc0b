/* admission.c: cool-down and budget. */
#include "retrain/admission.h"

#include <string.h>

#include "base/duration.h"
#include "base/json.h"
#include "data/frame.h"
#include "retrain/online_round.h"
#include "retrain/settings.h"

bool admission_is_asked(const json_t *record)
{
	size_t i;
	json_t *cause;
	json_array_foreach (json_object_get(record, "causes"), i, cause)
		if (g_strcmp0(json_get_text(cause, "trigger", NULL), "manual") == 0)
			return true;
	return false;
}

static json_t *wait_until(int64_t until, const char *why)
{
	g_autofree char *when = time_text(until);
	g_autofree char *sentence = g_strdup_printf("waits until %s UTC: %s", when, why);
	return json_pack("{s:o,s:I}", "reason", json_text(sentence), "until", (json_int_t)until);
}

/* The last one that ended after it had begun, by number.  An end in the future was written by a clock that was wrong: how long ago
 * it really was nobody knows, and the cool-down has to end some day, so it counts as over. */
static bool check_cooldown(
        Meta *m, const char *model, const json_t *retrain, int64_t now, json_t **ret_wait, GError **error)
{
	json_auto_t *last = NULL;
	int64_t length = retrain_length(retrain, "cooldown");
	if (!meta_row(m,
	            "SELECT ended_at FROM retrainings WHERE model = $1 AND started_at IS NOT NULL AND ended_at IS NOT "
	            "NULL AND mode <> 'online' ORDER BY number DESC LIMIT 1",
	            json_pack("[s]", model), &last, error))
		return false;
	int64_t ended = json_get_int(last, "ended_at", 0);
	if (!last || ended > now || now - ended >= length)
		return true;
	g_autofree char *text = duration_text(length);
	g_autofree char *why = g_strdup_printf("the cool-down after the last retraining is %s", text);
	*ret_wait = wait_until(ended + length, why);
	return true;
}

/* Retrainings begun within 24 hours of now, on either side: one "in the future" began before the clock was set back. */
static bool check_budget(
        Meta *m, const char *model, const json_t *retrain, int64_t now, json_t **ret_wait, GError **error)
{
	const json_t *budget = json_object_get(retrain, "budget");
	json_auto_t *spent = NULL;
	if (!meta_row(m,
	            "SELECT count(*) AS runs, coalesce(sum(cpu_seconds), 0) AS cpu, min(started_at) AS first FROM "
	            "retrainings WHERE model = $1 AND started_at > $2 AND started_at < $3 AND mode <> 'online'",
	            json_pack("[s,I,I]", model, (json_int_t)(now - DURATION_DAY), (json_int_t)(now + DURATION_DAY)),
	            &spent, error))
		return false;
	int64_t runs = json_get_int(spent, "runs", 0), most = json_get_int(budget, "runs", 4);
	double cpu = json_get_number(spent, "cpu", 0), cpu_most = json_get_number(budget, "cpu_seconds", 0);
	g_autofree char *why = NULL;
	if (runs >= most)
		why = g_strdup_printf(
		        "%d retrainings were begun within 24 hours, all that the budget allows", (int)runs);
	else if (cpu_most > 0 && cpu >= cpu_most)
		why = g_strdup_printf("retraining took %.0f s of processor time within 24 hours; the budget is %.0f s",
		        cpu, cpu_most);
	if (why)
		*ret_wait = wait_until(MIN(json_get_int(spent, "first", now), now) + DURATION_DAY, why);
	return true;
}

bool admission_check(
        Meta *m, const json_t *wanted, const json_t *retrain, int64_t now, json_t **ret_wait, GError **error)
{
	const char *model = json_get_text(wanted, "model", "");
	json_auto_t *wait = NULL;
	if (!admission_is_asked(wanted) && !online_is_cause(wanted) &&
	        (!check_cooldown(m, model, retrain, now, &wait, error) ||
	                (!wait && !check_budget(m, model, retrain, now, &wait, error))))
		return false;
	*ret_wait = g_steal_pointer(&wait);
	return true;
}
