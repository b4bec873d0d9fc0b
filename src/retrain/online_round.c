/* online_round.c: what is due, a version that is to be judged, and learning on. */
#include "retrain/online_round.h"

#include <string.h>

#include "base/duration.h"
#include "base/error.h"
#include "base/json.h"
#include "goal/goal.h"
#include "registry/registry.h"
#include "retrain/online_judge.h"
#include "retrain/online_rows.h"
#include "retrain/retraining.h"
#include "retrain/settings.h"

#define MOST 1000000

bool online_is_cause(const json_t *record)
{
	size_t i;
	json_t *cause;
	json_array_foreach (json_object_get(record, "causes"), i, cause)
		if (g_strcmp0(json_get_text(cause, "trigger", NULL), TRIGGER_ONLINE) != 0)
			return false;
	return json_array_size(json_object_get(record, "causes")) > 0;
}

json_t *online_decision(const json_t *config)
{
	const json_t *goal = json_object_get(config, "goal");
	json_t *costs = json_object_get(goal, "costs");
	return json_pack("{s:o,s:o,s:o}", "metric", json_text(goal_metric_named(goal)), "costs",
	        costs ? json_incref(costs) : json_null(), "figure", goal_figure(goal, json_object_get(config, "kpi")));
}

OnlineInput online_input(const json_t *config, const json_t *decision)
{
	const json_t *settings = json_at(config, "retrain.online");
	OnlineInput in = {.model = json_get_text(config, "project", ""),
	        .decision = decision,
	        .keep = json_get_number(settings, "keep", 1),
	        .after_root = json_is_string(json_at(config, "retrain.labelled")),
	        .least = 1,
	        .most = MOST,
	        .seed = (uint64_t)json_get_int(config, "seed", 1)};
	duration_parse(json_get_text(json_object_get(config, "monitor"), "late", "0s"), &in.patience);
	return in;
}

/* How many outcomes make a version now: fewer when the last one is old.  A time in the future was written by a clock that was wrong. */
static int64_t wanted_now(const OnlineInput *in, const json_t *config, const OnlineLast *last)
{
	const json_t *online = json_at(config, "retrain.online");
	int64_t every = retrain_length(online, "every");
	bool is_old = last->number && (last->created > in->now || in->now - last->created >= every);
	return is_old ? 1 : json_get_int(online, "outcomes", 500);
}

static bool read_last(const OnlineInput *in, OnlineLast *ret, GError **error)
{
	json_auto_t *champion = NULL;
	if (!registry_alias(in->meta, in->model, ALIAS_CHAMPION, &champion, error))
		return false;
	if (!champion)
		return fail(error, FAIL_NOT_FOUND, "%s has no champion that could learn on", in->model);
	return online_last(in, json_get_int(champion, "version", 0), ret, error);
}

bool online_due(const OnlineInput *in, const json_t *config, bool *ret_due, GError **error)
{
	json_auto_t *row = NULL;
	OnlineLast last;
	if (!read_last(in, &last, error) ||
	        !meta_row(in->meta,
	                "SELECT count(*) AS n FROM outcomes o LEFT JOIN online_taken t ON t.model = o.model AND t.id = "
	                "o.id WHERE "
	                "o.model = $1 AND o.place >= $2 AND o.value IS NOT NULL AND t.id IS NULL AND o.received >= $3",
	                json_pack("[s,I,I]", in->model, (json_int_t)last.place, (json_int_t)last.since), &row, error))
		return false;
	*ret_due = json_get_int(row, "n", 0) >= wanted_now(in, config, &last);
	return true;
}

static bool count_waiting(const OnlineInput *in, const OnlineLast *last, int64_t *ret, GError **error)
{
	EngineLimits limits = {1, 512, in->scratch};
	json_auto_t *champion = NULL;
	g_autofree char *path = NULL;
	g_autoptr(Engine) e = NULL;
	g_autoptr(Bundle) b = NULL;
	OnlineRows rows = {0};
	bool ok = registry_alias(in->meta, in->model, ALIAS_CHAMPION, &champion, error) &&
	          blobs_path(in->blobs, json_get_text(champion, "digest", ""), &path, error) &&
	          bundle_load(path, &b, error) && engine_open(&limits, &e, error) &&
	          online_rows_write(e, in, b, last, &rows, error);
	*ret = rows.rows;
	g_free(rows.path);
	return ok;
}

/* *ret_wait: outcomes that came are not to teach yet: a version is to be judged by them. */
static bool judge_first(
        const OnlineInput *in, const json_t *config, int64_t waiting, bool *ret_wait, char **ret_told, GError **error)
{
	json_auto_t *wanted = NULL, *under_way = NULL, *about = NULL, *record = NULL;
	bool is_new;
	*ret_wait = false;
	if (!retraining_open(in->meta, in->model, &wanted, &under_way, error))
		return false;
	*ret_wait = (wanted && online_is_cause(wanted)) ||
	            (under_way && online_is_cause(under_way) &&
	                    g_strcmp0(json_get_text(under_way, "phase", NULL), PHASE_RUNNING) == 0);
	if (wanted || under_way)
		return true;
	if (!online_candidate(
	            in, waiting, json_get_int(json_at(config, "retrain.judge"), "min_rows", 100), &about, error))
		return false;
	*ret_wait = about != NULL;
	if (!about)
		return true;
	int version = (int)json_get_int(about, "version", 0);
	json_auto_t *cause = json_pack("{s:s,s:o,s:o,s:O}", "trigger", TRIGGER_ONLINE, "key",
	        json_sprintf("online:%d", version), "reason",
	        json_sprintf("version %d has learnt from %d outcomes, and %d came after it", version,
	                (int)json_get_int(about, "outcomes", 0), (int)json_get_int(about, "rows", 0)),
	        "evidence", about);
	if (!retraining_want(in->meta, in->model, cause, in->now, &record, &is_new, error))
		return false;
	*ret_told = g_strdup(json_get_text(cause, "reason", ""));
	return true;
}

static bool learn(const OnlineInput *in, int64_t least, char **ret_told, GError **error)
{
	json_auto_t *done = NULL;
	OnlineInput now = *in;
	now.least = least;
	if (!online_learn(&now, &done, error))
		return false;
	if (json_is_integer(json_object_get(done, "version")))
		*ret_told = g_strdup_printf("version %d has learnt from %d outcome%s",
		        (int)json_get_int(done, "version", 0), (int)json_get_int(done, "outcomes", 0),
		        json_get_int(done, "outcomes", 0) == 1 ? "" : "s");
	return true;
}

bool online_round(const OnlineInput *in, const json_t *config, bool *ret_idle, char **ret_told, GError **error)
{
	OnlineLast last;
	int64_t waiting;
	bool wait;
	*ret_told = NULL;
	if (!read_last(in, &last, error) || !count_waiting(in, &last, &waiting, error))
		return false;
	int64_t least = wanted_now(in, config, &last);
	*ret_idle = waiting < least;
	if (*ret_idle)
		return true;
	return judge_first(in, config, waiting, &wait, ret_told, error) && (wait || learn(in, least, ret_told, error));
}
