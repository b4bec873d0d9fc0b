/* loop_online.c: the phase `running` of a version that was learnt online: nothing is trained, it is judged by the outcomes that came
 * after it.  Found running after a kill, it is judged again. */
#include "base/error.h"
#include "base/file.h"
#include "base/json.h"
#include "registry/registry.h"
#include "retrain/loop_inside.h"
#include "retrain/online_judge.h"
#include "retrain/online_round.h"
#include "retrain/retraining.h"

static json_t *changes_of(int64_t version, const json_t *found)
{
	return json_pack("{s:I,s:{s:O,s:O}}", "candidate", (json_int_t)version, "evidence", "challenge",
	        json_object_get(found, "challenge"), "behaviour", json_object_get(found, "behaviour"));
}

static bool judge(RetrainLoop *l, const LoopInput *in, int64_t version, json_t **ret, GError **error)
{
	json_auto_t *decision = online_decision(in->config);
	OnlineInput input = online_input(in->config, decision);
	g_autofree char *scratch = g_dir_make_tmp("gyre-challenge-XXXXXX", error);
	if (!scratch)
		return false;
	input.meta = in->meta;
	input.blobs = in->blobs;
	input.state_folder = l->state_folder;
	input.scratch = scratch;
	input.now = in->now;
	bool ok = online_judge(&input, in->config, version, ret, error);
	file_remove(scratch, NULL);
	return ok;
}

bool loop_judge_online(RetrainLoop *l, const LoopInput *in, const json_t *record, GError **error)
{
	json_t *evidence = json_object_get(json_array_get(json_object_get(record, "causes"), 0), "evidence");
	int64_t version = json_get_int(evidence, "version", 0);
	json_auto_t *found = NULL, *champion = NULL;
	g_autoptr(GError) problem = NULL;
	if (!registry_alias(in->meta, json_get_text(record, "model", ""), ALIAS_CHAMPION, &champion, error))
		return false;
	if (json_get_int(champion, "version", 0) == version)
		return loop_end(l, in, record, PHASE_DONE, json_pack("{s:I}", "candidate", (json_int_t)version),
		        "it is in use already", error);
	if (!judge(l, in, version, &found, &problem)) {
		g_autofree char *reason =
		        g_strdup_printf("version %d could not be judged: %s", (int)version, problem->message);
		return loop_not_judged(
		        l, in, record, json_pack("{s:I}", "candidate", (json_int_t)version), problem, reason, error);
	}
	return loop_end(l, in, record, json_get_bool(found, "accept", false) ? PHASE_JUDGED : PHASE_REJECTED,
	        changes_of(version, found), json_get_text(found, "reason", ""), error);
}
