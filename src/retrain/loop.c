/* loop.c: retrainings of one project taken from phase to phase. */
#include "retrain/loop.h"

#include <string.h>
#include <unistd.h>

#include "base/duration.h"
#include "base/error.h"
#include "base/file.h"
#include "base/json.h"
#include "pipeline/lock.h"
#include "registry/registry.h"
#include "retrain/admission.h"
#include "retrain/loop_inside.h"
#include "retrain/online_round.h"
#include "retrain/retraining.h"

/* What fails for reasons outside (a full disk, a store that is held) is tried again, later each time. */
#define FIRST_WAIT (30 * DURATION_SECOND)

/* After a step that failed: a store that is held for a moment is no reason to wait for long. */
#define STEP_WAIT (DURATION_SECOND / 2)
#define STEP_WAIT_DOUBLED 7

RetrainLoop *retrain_loop_new(const LoopOptions *options)
{
	RetrainLoop *l = g_new0(RetrainLoop, 1);
	l->folder = g_strdup(options->folder);
	l->state_folder = g_strdup(options->state_folder);
	l->program = g_strdup(options->program);
	l->tell = options->tell;
	l->context = options->context;
	l->first_wait = options->first_wait ? options->first_wait : FIRST_WAIT;
	l->lock = -1;
	return l;
}

void retrain_loop_free(RetrainLoop *l)
{
	if (!l)
		return;
	worker_stop(l->worker, 20);
	json_decref(l->ended);
	if (l->lock >= 0)
		close(l->lock);
	g_free(l->folder);
	g_free(l->state_folder);
	g_free(l->program);
	g_free(l->told);
	g_free(l);
}

/* Where the store is not there either, the attempt counts: that is no harm. */
void retrain_loop_stop(RetrainLoop *l, Meta *m, const char *model, int64_t now)
{
	json_auto_t *wanted = NULL, *record = NULL, *moved = NULL, *changes = json_pack("{s:i}", "attempts", -1);
	if (!l->worker)
		return;
	worker_stop(l->worker, 20);
	l->worker = NULL;
	if (!m || !retraining_open(m, model, &wanted, &record, NULL) ||
	        g_strcmp0(json_get_text(record, "phase", NULL), PHASE_RUNNING) != 0)
		return;
	RetrainingMove move = {json_get_text(record, "id", ""), PHASE_RUNNING, PHASE_RUNNING,
	        "stopped in order; it goes on when the watch does", changes};
	retraining_move(m, &move, now, &moved, NULL);
}

bool retrain_loop_leads(RetrainLoop *l, const char *model, bool *ret_leads, GError **error)
{
	g_autofree char *name = g_strdup_printf("retrain %s", model);
	if (l->lock < 0 && !lock_try(l->state_folder, name, &l->lock, error))
		return false;
	*ret_leads = l->lock >= 0;
	return true;
}

void loop_tell(RetrainLoop *l, const char *format, ...)
{
	va_list args;
	va_start(args, format);
	g_autofree char *sentence = g_strdup_vprintf(format, args);
	va_end(args);
	if (!l->tell || g_strcmp0(sentence, l->told) == 0)
		return;
	g_free(l->told);
	l->told = g_strdup(sentence);
	l->tell(l->context, sentence);
}

bool loop_move(RetrainLoop *l, const LoopInput *in, const json_t *record, const char *to, const json_t *changes,
        const char *note, GError **error)
{
	json_auto_t *moved = NULL;
	RetrainingMove move = {.id = json_get_text(record, "id", ""),
	        .from = json_get_text(record, "phase", ""),
	        .to = to,
	        .note = note,
	        .changes = changes};
	if (!retraining_move(in->meta, &move, in->now, &moved, error))
		return false;
	loop_tell(l, "retraining %d is %s%s%s", (int)json_get_int(record, "number", 0), to, note ? ": " : "",
	        note ? note : "");
	return true;
}

bool loop_end(RetrainLoop *l, const LoopInput *in, const json_t *record, const char *to, json_t *changes,
        const char *reason, GError **error)
{
	json_auto_t *all = changes ? changes : json_object();
	json_object_set_new(all, "reasons", json_pack("[o]", json_text(reason)));
	if (!loop_move(l, in, record, to, all, reason, error))
		return false;
	l->judgings = 0;
	l->not_before = 0;
	return true;
}

int64_t loop_wait(const RetrainLoop *l, int64_t times)
{
	return l->first_wait << CLAMP(times - 1, 0, 10);
}

char *loop_file(const RetrainLoop *l, const json_t *record, const char *ending)
{
	g_autofree char *name = g_strdup_printf("%s%s", json_get_text(record, "id", ""), ending);
	return g_build_filename(l->state_folder, "retrain", name, NULL);
}

/* What learns online is judged; whatever else causes a retraining trains anew, and the learning then begins with what came of it. */
static const char *mode_of(const json_t *wanted, const json_t *retrain)
{
	const char *mode = json_get_text(retrain, "mode", "retrain");
	if (online_is_cause(wanted))
		return TRIGGER_ONLINE;
	return strcmp(mode, TRIGGER_ONLINE) == 0 ? "retrain" : mode;
}

/* The champion of now is who the challenger will have to beat. */
static bool begin_wanted(RetrainLoop *l, const LoopInput *in, const json_t *wanted, bool *ret_busy, GError **error)
{
	const char *model = json_get_text(wanted, "model", "");
	const json_t *retrain = json_object_get(in->config, "retrain");
	json_auto_t *wait = NULL, *champion = NULL;
	if (!admission_check(in->meta, wanted, retrain, in->now, &wait, error) ||
	        !registry_alias(in->meta, model, ALIAS_CHAMPION, &champion, error))
		return false;
	if (wait) {
		loop_tell(l, "retraining %d %s", (int)json_get_int(wanted, "number", 0),
		        json_get_text(wait, "reason", ""));
		return true;
	}
	json_auto_t *changes = json_pack("{s:s}", "mode", mode_of(wanted, retrain));
	if (champion)
		json_object_set(changes, "champion", json_object_get(champion, "version"));
	*ret_busy = true;
	return loop_move(l, in, wanted, PHASE_RUNNING, changes, NULL, error);
}

static bool step_under_way(RetrainLoop *l, const LoopInput *in, const json_t *record, GError **error)
{
	const char *phase = json_get_text(record, "phase", "");
	if (strcmp(phase, PHASE_RUNNING) == 0 && strcmp(json_get_text(record, "mode", ""), TRIGGER_ONLINE) == 0)
		return loop_judge_online(l, in, record, error);
	if (strcmp(phase, PHASE_RUNNING) == 0)
		return loop_run(l, in, record, error);
	if (strcmp(phase, PHASE_JUDGED) == 0)
		return loop_begin_deployment(l, in, record, error);
	return loop_follow_deployment(l, in, record, error);
}

/* Whatever failed may fail again, and judging, say, takes long: so each time it is left alone for longer. */
static bool step_or_wait(RetrainLoop *l, const LoopInput *in, const json_t *record, GError **error)
{
	l->waits = g_get_monotonic_time() < l->not_before;
	if (l->waits)
		return true;
	if (step_under_way(l, in, record, error)) {
		l->failures = 0;
		return true;
	}
	int64_t again = g_get_monotonic_time() + (STEP_WAIT << MIN(l->failures, STEP_WAIT_DOUBLED));
	l->failures++;
	l->not_before = MAX(l->not_before, again);
	return false;
}

bool retrain_loop_works(const RetrainLoop *l)
{
	return l->worker != NULL;
}

bool retrain_loop_waits(const RetrainLoop *l)
{
	return l->waits;
}

bool retrain_loop_step(RetrainLoop *l, const LoopInput *in, bool *ret_busy, GError **error)
{
	json_auto_t *wanted = NULL, *under_way = NULL;
	const char *model = json_get_text(in->config, "project", "");
	*ret_busy = false;
	l->waits = false;
	if (!retraining_open(in->meta, model, &wanted, &under_way, error))
		return false;
	if (under_way) {
		*ret_busy = true;
		return step_or_wait(l, in, under_way, error);
	}
	return !wanted || begin_wanted(l, in, wanted, ret_busy, error);
}
