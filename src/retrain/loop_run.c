/* loop_run.c: the phase `running`: a child trains, and what it made is judged. */
#include <string.h>

#include "base/duration.h"
#include "base/error.h"
#include "base/file.h"
#include "base/json.h"
#include "registry/registry.h"
#include "retrain/admission.h"
#include "retrain/challenge.h"
#include "retrain/loop_inside.h"
#include "retrain/retraining.h"
#include "retrain/step_fresh.h"

#define JUDGE_MEMORY_MB 1024

static bool start_run(RetrainLoop *l, const LoopInput *in, const json_t *record, GError **error)
{
	const char *const words[] = {"run", "--candidate", "--mode", json_get_text(record, "mode", "retrain"), NULL};
	int64_t attempts = json_get_int(record, "attempts", 0);
	if (attempts >= LOOP_MOST_ATTEMPTS) { /* also where its watchers died */
		g_autofree char *reason =
		        g_strdup_printf("it was begun %d times and never came to an end", (int)attempts);
		return loop_end(l, in, record, PHASE_FAILED, NULL, reason, error);
	}
	g_autofree char *answer = loop_file(l, record, ".json"), *log = loop_file(l, record, ".log"),
	                *folder = g_path_get_dirname(answer);
	json_auto_t *changes = json_pack("{s:i}", "attempts", 1), *moved = NULL;
	RetrainingMove count = {json_get_text(record, "id", ""), PHASE_RUNNING, PHASE_RUNNING,
	        attempts ? "begun again: what was finished before is taken from the cache" : "the pipeline runs",
	        changes};
	WorkerOptions options = {
	        .words = words, .program = l->program, .folder = l->folder, .answer = answer, .log = log};
	return file_make_folder(folder, error) && retraining_move(in->meta, &count, in->now, &moved, error) &&
	       worker_start(&options, &l->worker, error);
}

/* What is kept of a run: not the whole answer, which the run's own record has. */
static json_t *evidence_of(const json_t *answer)
{
	static const char *const KEPT[] = {"run", "status", "model", "metrics", "gate"};
	json_t *run = json_object();
	for (size_t i = 0; i < G_N_ELEMENTS(KEPT); i++)
		if (json_object_get(answer, KEPT[i]))
			json_object_set(run, KEPT[i], json_object_get(answer, KEPT[i]));
	return json_pack("{s:o}", "run", run);
}

static json_t *changes_of(const json_t *ended, const json_t *answer)
{
	json_t *changes = json_pack(
	        "{s:O,s:o}", "cpu_seconds", json_object_get(ended, "cpu_seconds"), "evidence", evidence_of(answer));
	const json_t *version = json_object_get(json_object_get(answer, "model"), "version");
	if (json_is_string(json_object_get(answer, "run")))
		json_object_set(changes, "run_id", json_object_get(answer, "run"));
	if (json_is_integer(version))
		json_object_set(changes, "candidate", (json_t *)version);
	return changes;
}

static char *joined(const json_t *reasons)
{
	g_autoptr(GString) all = g_string_new(NULL);
	size_t i;
	json_t *reason;
	json_array_foreach ((json_t *)reasons, i, reason)
		g_string_append_printf(all, "%s%s", i ? "; " : "", json_string_value(reason));
	return g_strdup(all->len ? all->str : "the gate said no");
}

/* Outside is tried again; what is wrong with the data or the configuration will not get better by itself. */
static bool run_failed(RetrainLoop *l, const LoopInput *in, const json_t *record, const json_t *ended, GError **error)
{
	int64_t attempts = json_get_int(record, "attempts", 0);
	const json_t *answer = json_object_get(ended, "answer");
	int status = (int)json_get_int(ended, "status", -1);
	const char *said = json_get_text(ended, "error", NULL);
	size_t i;
	json_t *step;
	bool is_known = false;
	json_array_foreach (json_object_get(answer, "steps"), i, step) {
		said = json_get_text(step, "error", said);
		is_known = is_known || (strcmp(json_get_text(step, "name", ""), STEP_FRESH_NAME) == 0 &&
		                               g_strcmp0(json_get_text(step, "error_code", NULL), "conflict") == 0);
	}
	json_auto_t *changes = changes_of(ended, answer);
	if (is_known)
		return loop_end(l, in, record, PHASE_NOTHING, g_steal_pointer(&changes), said, error);
	if ((status != STATUS_OUTSIDE && status >= 0) || attempts >= LOOP_MOST_ATTEMPTS)
		return loop_end(
		        l, in, record, PHASE_FAILED, g_steal_pointer(&changes), said ? said : "the run failed", error);
	int64_t wait = loop_wait(l, attempts);
	g_autofree char *text = duration_text(wait);
	g_autofree char *note =
	        g_strdup_printf("%s; it is tried again in %s", said ? said : "the run ended without a word", text);
	l->not_before = g_get_monotonic_time() + wait;
	return loop_move(l, in, record, PHASE_RUNNING, changes, note, error);
}

static bool version_of(const LoopInput *in, const char *model, int64_t number, json_t **ret, GError **error)
{
	g_autofree char *reference = g_strdup_printf("%s@%" G_GINT64_FORMAT, model, number);
	return registry_get(in->meta, reference, ret, error);
}

static bool is_passing(const GError *problem)
{
	return problem->domain != FAIL || problem->code == FAIL_UNAVAILABLE || problem->code == FAIL_CONFLICT;
}

/* What does not pass, a bundle that is gone or damaged, would stand in the way for ever. */
bool loop_not_judged(RetrainLoop *l, const LoopInput *in, const json_t *record, json_t *changes, const GError *problem,
        const char *reason, GError **error)
{
	if (!is_passing(problem))
		return loop_end(l, in, record, PHASE_FAILED, changes, reason, error);
	if (++l->judgings >= LOOP_MOST_ATTEMPTS) {
		g_autofree char *often = g_strdup_printf("%s (tried %u times)", reason, l->judgings);
		return loop_end(l, in, record, PHASE_FAILED, changes, often, error);
	}
	json_decref(changes);
	int64_t wait = loop_wait(l, l->judgings);
	g_autofree char *text = duration_text(wait);
	g_autofree char *note = g_strdup_printf("%s; it is tried again in %s", reason, text);
	l->not_before = g_get_monotonic_time() + wait;
	return loop_move(l, in, record, PHASE_RUNNING, NULL, note, error);
}

static bool challenge(const LoopInput *in, const json_t *record, int64_t candidate, const json_t *champion,
        json_t **ret, GError **error)
{
	json_auto_t *challenger = NULL;
	g_autofree char *scratch = g_dir_make_tmp("gyre-challenge-XXXXXX", error);
	if (!scratch)
		return false;
	bool ok = version_of(in, json_get_text(record, "model", ""), candidate, &challenger, error);
	ChallengeInput input = {.meta = in->meta,
	        .blobs = in->blobs,
	        .champion = champion,
	        .challenger = challenger,
	        .config = in->config,
	        .scratch = scratch,
	        .memory_mb = JUDGE_MEMORY_MB};
	ok = ok && challenge_run(&input, ret, error);
	file_remove(scratch, NULL);
	return ok;
}

static bool judge(RetrainLoop *l, const LoopInput *in, const json_t *record, json_t *changes, const json_t *champion,
        GError **error)
{
	json_auto_t *found = NULL;
	g_autoptr(GError) problem = NULL;
	if (!challenge(in, record, json_get_int(changes, "candidate", 0), champion, &found, &problem)) {
		g_autofree char *sentence = g_strdup_printf("the challenger could not be judged: %s", problem->message);
		return loop_not_judged(l, in, record, json_incref(changes), problem, sentence, error);
	}
	const char *reason = json_get_text(found, "reason", "");
	json_object_set(json_object_get(changes, "evidence"), "challenge", found);
	bool accept = json_get_bool(found, "accept", false);
	return loop_end(l, in, record, accept ? PHASE_JUDGED : PHASE_REJECTED, json_incref(changes), reason, error);
}

/* A version that is the champion, or that an earlier retraining decided about, is nothing new: the data and the settings are what
 * they were.  A person who asks is given a new judgement. */
static bool known_already(
        const LoopInput *in, const json_t *record, const json_t *champion, int64_t version, char **ret, GError **error)
{
	const char *model = json_get_text(record, "model", "");
	json_auto_t *earlier = NULL;
	bool has_before = json_is_integer(json_object_get(record, "champion"));
	if (!retraining_of_version(in->meta, model, version, json_get_text(record, "id", ""), &earlier, error))
		return false;
	if (json_get_int(champion, "version", 0) == version && has_before)
		*ret = g_strdup_printf(
		        "the pipeline gives version %d again, which is in use: neither data nor settings changed",
		        (int)version);
	else if (earlier && !admission_is_asked(record))
		*ret = g_strdup_printf("the pipeline gives version %d again, which retraining %d decided about (%s)",
		        (int)version, (int)json_get_int(earlier, "number", 0), json_get_text(earlier, "phase", ""));
	return true;
}

static bool run_ended(RetrainLoop *l, const LoopInput *in, const json_t *record, const json_t *ended, GError **error)
{
	const json_t *answer = json_object_get(ended, "answer");
	const char *status = json_get_text(answer, "status", "failed"), *model = json_get_text(record, "model", "");
	json_auto_t *changes = changes_of(ended, answer), *champion = NULL;
	int64_t version = json_get_int(changes, "candidate", 0);
	g_autofree char *known = NULL;
	if (!version || (strcmp(status, "done") != 0 && strcmp(status, "rejected") != 0))
		return run_failed(l, in, record, ended, error);
	if (!registry_alias(in->meta, model, ALIAS_CHAMPION, &champion, error) ||
	        !known_already(in, record, champion, version, &known, error))
		return false;
	if (known)
		return loop_end(l, in, record, PHASE_NOTHING, g_steal_pointer(&changes), known, error);
	if (strcmp(status, "rejected") == 0) {
		g_autofree char *why = joined(json_object_get(json_object_get(answer, "gate"), "reasons"));
		return loop_end(l, in, record, PHASE_REJECTED, g_steal_pointer(&changes), why, error);
	}
	if (json_get_int(champion, "version", 0) == version)
		return loop_end(l, in, record, PHASE_DONE, g_steal_pointer(&changes),
		        "it is the first version, and in use: there was no champion to beat", error);
	if (!champion)
		return loop_end(l, in, record, PHASE_REJECTED, g_steal_pointer(&changes),
		        "the champion was taken away while the challenger was trained", error);
	return judge(l, in, record, changes, champion, error);
}

bool loop_run(RetrainLoop *l, const LoopInput *in, const json_t *record, GError **error)
{
	bool done = false;
	json_auto_t *ended = NULL;
	if (!l->worker && !l->ended)
		return start_run(l, in, record, error);
	if (!l->worker) {
		bool ok = run_ended(l, in, record, l->ended, error);
		if (ok && !l->judgings) /* else it will be judged again */
			g_clear_pointer(&l->ended, json_decref);
		return ok;
	}
	if (!worker_poll(l->worker, &done, &ended, error))
		return false;
	if (!done)
		return true;
	worker_stop(l->worker, 0);
	l->worker = NULL;
	/* Kept until the record has moved: where the store is not there now, the answer is not lost. */
	l->ended = json_incref(ended);
	return true;
}
