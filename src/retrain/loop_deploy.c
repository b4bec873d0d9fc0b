/* loop_deploy.c: the phases `judged` and `deploying`: a challenger that won goes into use by the project's strategy.
 *
 * The deployment is begun in the transaction that says so: a kill leaves both or none.  It then is the deployment's own business
 * (serve/deployment.h): it is checked, watched, promoted or rolled back; here it is only followed to its end. */
#include <string.h>

#include "base/error.h"
#include "base/file.h"
#include "base/json.h"
#include "registry/registry.h"
#include "retrain/loop_inside.h"
#include "retrain/retraining.h"
#include "serve/deployment.h"

#define WHO "retraining"

static bool begin_both(const LoopInput *in, const json_t *record, const char *reason, GError **error)
{
	json_auto_t *deployment = NULL, *moved = NULL;
	if (!deployment_begin(in->meta, json_get_text(record, "model", ""), (int)json_get_int(record, "candidate", 0),
	            NULL, json_object_get(in->config, "deploy"), WHO, reason, &deployment, error))
		return false;
	json_auto_t *changes = json_pack("{s:O}", "deployment", json_object_get(deployment, "id"));
	g_autofree char *note = g_strdup_printf("version %d goes into use by %s",
	        (int)json_get_int(record, "candidate", 0), json_get_text(deployment, "strategy", ""));
	RetrainingMove move = {json_get_text(record, "id", ""), PHASE_JUDGED, PHASE_DEPLOYING, note, changes};
	return retraining_move(in->meta, &move, in->now, &moved, error);
}

/* A person may have been quicker. */
static bool in_use_already(const LoopInput *in, const json_t *record, bool *ret, GError **error)
{
	json_auto_t *champion = NULL;
	if (!registry_alias(in->meta, json_get_text(record, "model", ""), ALIAS_CHAMPION, &champion, error))
		return false;
	*ret = champion && json_get_int(champion, "version", 0) == json_get_int(record, "candidate", -1);
	return true;
}

bool loop_begin_deployment(RetrainLoop *l, const LoopInput *in, const json_t *record, GError **error)
{
	json_auto_t *open = NULL;
	bool is_done = false;
	int number = (int)json_get_int(record, "number", 0);
	g_autofree char *reason = g_strdup_printf(
	        "retraining %d: %s", number, json_string_value(json_array_get(json_object_get(record, "reasons"), 0)));
	if (!in_use_already(in, record, &is_done, error))
		return false;
	if (is_done)
		return loop_end(l, in, record, PHASE_DONE, NULL, "a person had put it into use already", error);
	if (!deployment_current(in->meta, json_get_text(record, "model", ""), &open, error))
		return false;
	l->waits = open != NULL;
	if (open) {
		loop_tell(l, "retraining %d waits: version %d is being deployed", number,
		        (int)json_get_int(open, "version", 0));
		return true;
	}
	l->checked = 0;
	if (!meta_begin_durable(in->meta, error) || !meta_end(in->meta, begin_both(in, record, reason, error), error))
		return false;
	loop_tell(l, "retraining %d: version %d goes into use", number, (int)json_get_int(record, "candidate", 0));
	return true;
}

enum { CHECK_AGAIN_S = 5 };

/* Without a server nobody would check it.  Where one does, the check is claimed once, and the other finds nothing to do; it looks
 * again from time to time, as who claimed it may be gone. */
static bool check_it(RetrainLoop *l, const json_t *record, GError **error)
{
	bool done = false;
	json_auto_t *ended = NULL;
	const char *const words[] = {"deploy", "check", "--deployment", json_get_text(record, "deployment", ""), NULL};
	g_autofree char *answer = loop_file(l, record, ".check.json"), *log = loop_file(l, record, ".check.log"),
	                *folder = g_path_get_dirname(answer);
	WorkerOptions options = {
	        .words = words, .program = l->program, .folder = l->folder, .answer = answer, .log = log};
	l->waits = !l->worker && l->checked && g_get_monotonic_time() < l->checked + CHECK_AGAIN_S * G_USEC_PER_SEC;
	if (!l->worker)
		return l->waits || (file_make_folder(folder, error) && worker_start(&options, &l->worker, error));
	if (!worker_poll(l->worker, &done, &ended, error))
		return false;
	if (!done)
		return true;
	worker_stop(l->worker, 0);
	l->worker = NULL;
	l->checked = g_get_monotonic_time();
	if (json_get_text(ended, "error", NULL))
		loop_tell(l, "the check of version %d: %s", (int)json_get_int(record, "candidate", 0),
		        json_get_text(ended, "error", ""));
	return true;
}

static json_t *evidence_of(const json_t *deployment)
{
	static const char *const KEPT[] = {"id", "strategy", "state", "ended_by", "ended_reason"};
	json_t *about = json_object(), *changes = json_pack("{s:{s:o}}", "evidence", "deployment", about);
	for (size_t i = 0; i < G_N_ELEMENTS(KEPT); i++)
		json_object_set(about, KEPT[i], json_object_get(deployment, KEPT[i]));
	return changes;
}

bool loop_follow_deployment(RetrainLoop *l, const LoopInput *in, const json_t *record, GError **error)
{
	json_auto_t *deployment = NULL;
	if (!deployment_get(in->meta, json_get_text(record, "deployment", ""), &deployment, error))
		return false;
	const char *state = json_get_text(deployment, "state", ""), *by = json_get_text(deployment, "ended_by", "?"),
	           *why = json_get_text(deployment, "ended_reason", NULL);
	if (strcmp(state, "checking") == 0 || l->worker)
		return check_it(l, record, error);
	l->waits = strcmp(state, "running") == 0;
	if (l->waits)
		return true;
	bool is_promoted = strcmp(state, "promoted") == 0;
	g_autofree char *reason =
	        is_promoted ? g_strdup_printf("version %d is the champion", (int)json_get_int(record, "candidate", 0))
	                    : g_strdup_printf("the deployment was %s (%s)%s%s",
	                              strcmp(state, "refused") == 0 ? "refused" : "rolled back", by, why ? ": " : "",
	                              why ? why : "");
	return loop_end(
	        l, in, record, is_promoted ? PHASE_DONE : PHASE_REJECTED, evidence_of(deployment), reason, error);
}
