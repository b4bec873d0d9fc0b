/* watch.c: the watch over a project in production, round after round. */
#include "op/watch.h"

#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "base/file.h"
#include "base/json.h"
#include "monitor/outbox.h"
#include "monitor/pass.h"
#include "op/labelled.h"
#include "retrain/online_round.h"
#include "retrain/retraining.h"
#include "retrain/trigger.h"

/* A pass reads the journals, so it is not taken more often than this, however often triggers look. */
#define PASS_EVERY_S 60

/* While a retraining is under way: how soon the next step is tried. */
#define BUSY_MS 200

/* After a round that failed. */
#define RETRY_S 5

struct Watch {
	char *folder;
	unsigned every_s;
	size_t memory_mb;
	bool is_quiet;
	Desk desk;
	bool has_desk;
	RetrainLoop *loop;
	bool leads, told_waits;
	int64_t pass_at; /* monotonic us of the next pass */
	char *problem, *told, *told_trigger;
	char *outcomes; /* what they were known by when retrain.labelled was written */
	int64_t online_at; /* monotonic us before which nothing is learnt: a round that did nothing is not tried at every look */
};

static void tell(void *unused, const char *sentence)
{
	(void)unused;
	fprintf(stderr, "gyre: %s\n", sentence);
}

static void be_silent(void *unused, const char *sentence)
{
	(void)unused;
	(void)sentence;
}

bool watch_open(const WatchOptions *options, Watch **ret, GError **error)
{
	g_autoptr(Project) p = NULL;
	if (!project_read(options->folder, &p, error))
		return false;
	Watch *w = g_new0(Watch, 1);
	w->folder = g_strdup(p->folder);
	w->every_s = MAX(options->every_s, 1u);
	w->memory_mb = options->memory_mb;
	w->is_quiet = options->is_quiet;
	LoopOptions loop = {
	        .folder = p->folder, .state_folder = p->state_folder, .tell = options->is_quiet ? be_silent : tell};
	w->loop = retrain_loop_new(&loop);
	*ret = w;
	return true;
}

static void drop_desk(Watch *w)
{
	if (w->has_desk)
		desk_clear(&w->desk);
	w->has_desk = false;
}

void watch_close(Watch *w)
{
	if (!w)
		return;
	if (w->has_desk)
		retrain_loop_stop(w->loop, w->desk.meta, project_name(w->desk.project), meta_now());
	retrain_loop_free(w->loop);
	drop_desk(w);
	g_free(w->folder);
	g_free(w->problem);
	g_free(w->told);
	g_free(w->told_trigger);
	g_free(w->outcomes);
	g_free(w);
}

/* Told once, as long as it is the same; and once that it is over. */
static void note_problem(Watch *w, GError *problem)
{
	g_free(w->problem);
	w->problem = problem ? g_strdup(problem->message) : NULL;
	if (problem && g_strcmp0(w->told, w->problem) != 0)
		fprintf(stderr, "gyre: %s; it is tried again\n", w->problem);
	if (!problem && w->told)
		fprintf(stderr, "gyre: it goes on\n");
	g_free(w->told);
	w->told = g_strdup(w->problem);
}

/* gyre.yaml may have been edited, the store may have gone and come back: both are opened anew for each look.  A store that is not
 * there is not made: that would be another one. */
static bool open_desk(Watch *w, GError **error)
{
	App app = {.folder = w->folder};
	drop_desk(w);
	w->has_desk = desk_open_sound(&app, &w->desk, error);
	return w->has_desk;
}

static bool pass(Watch *w, GError **error)
{
	json_auto_t *done = NULL;
	size_t i;
	json_t *problem;
	g_autofree char *scratch = g_dir_make_tmp("gyre-monitor-XXXXXX", error);
	if (!scratch)
		return false;
	PassInput input = {.meta = w->desk.meta,
	        .blobs = w->desk.blobs,
	        .state_folder = w->desk.project->state_folder,
	        .project = w->desk.project->config,
	        .memory_mb = w->memory_mb,
	        .scratch = scratch,
	        .now = meta_now()};
	bool ok = monitor_pass(&input, &done, error);
	file_remove(scratch, NULL);
	json_array_foreach (json_object_get(done, "problems"), i, problem)
		if (!w->is_quiet)
			fprintf(stderr, "gyre: monitoring %s: %s\n", json_get_text(problem, "model", ""),
			        json_get_text(problem, "problem", ""));
	return ok;
}

/* A trigger that cannot look is told of once, not at every look. */
static void tell_trigger(Watch *w, const json_t *one)
{
	const char *what = json_get_text(one, "reason", NULL);
	g_autofree char *sentence = g_strdup_printf("%s%s: %s", what ? "" : "cannot look at ",
	        json_get_text(one, "trigger", ""), what ? what : json_get_text(one, "error", ""));
	if (w->is_quiet || g_strcmp0(sentence, w->told_trigger) == 0)
		return;
	fprintf(stderr, "gyre: %s\n", sentence);
	g_free(w->told_trigger);
	w->told_trigger = g_steal_pointer(&sentence);
}

static bool look_at_triggers(Watch *w, GError **error)
{
	TriggerInput in = {.meta = w->desk.meta,
	        .model = project_name(w->desk.project),
	        .folder = w->desk.project->folder,
	        .state_folder = w->desk.project->state_folder,
	        .config = w->desk.project->config,
	        .now = meta_now()};
	json_auto_t *told = NULL;
	size_t i;
	json_t *one;
	if (!triggers_look(&in, &told, error))
		return false;
	json_array_foreach (told, i, one)
		tell_trigger(w, one);
	return true;
}

static bool check_leads(Watch *w, GError **error)
{
	if (!retrain_loop_leads(w->loop, project_name(w->desk.project), &w->leads, error))
		return false;
	if (!w->leads && !w->told_waits && !w->is_quiet)
		fprintf(stderr, "gyre: another process watches this project: it takes the triggers and retrainings\n");
	w->told_waits = !w->leads;
	return true;
}

bool watch_begin(Watch *w, GError **error)
{
	return open_desk(w, error) && check_leads(w, error);
}

static bool tell_receivers(Watch *w, GError **error)
{
	json_auto_t *told = NULL;
	return outbox_deliver(
	        w->desk.meta, json_object_get(project_block(w->desk.project, "monitor"), "alarms"), &told, error);
}

/* What the outcomes are known by: how many there are, and how often any was said. */
static bool outcomes_mark(Watch *w, char **ret, GError **error)
{
	json_auto_t *row = NULL;
	if (!meta_row(w->desk.meta,
	            "SELECT count(*) AS n, coalesce(sum(changes), 0) AS changes, coalesce(max(received), 0) AS newest "
	            "FROM "
	            "outcomes WHERE model = $1",
	            json_pack("[s]", project_name(w->desk.project)), &row, error))
		return false;
	*ret = json_canonical(row);
	return true;
}

/* retrain.labelled: rewritten when outcomes came, but not under a run that reads it. */
static bool update_labelled(Watch *w, GError **error)
{
	const char *file = json_get_text(project_block(w->desk.project, "retrain"), "labelled", NULL);
	g_autofree char *mark = NULL;
	json_auto_t *done = NULL;
	g_autoptr(GError) problem = NULL;
	if (!file || retrain_loop_works(w->loop))
		return true;
	if (!outcomes_mark(w, &mark, error))
		return false;
	if (g_strcmp0(mark, w->outcomes) == 0)
		return true;
	if (!labelled_update(&w->desk, file, w->memory_mb, &done, &problem) && problem->code != FAIL_NOT_FOUND) {
		g_propagate_error(error, g_steal_pointer(&problem));
		return false;
	}
	g_free(w->outcomes);
	w->outcomes = g_steal_pointer(&mark);
	return true;
}

static bool learn(Watch *w, OnlineInput *in, const json_t *config, GError **error)
{
	g_autofree char *told = NULL, *scratch = g_dir_make_tmp("gyre-learn-XXXXXX", error);
	if (!scratch)
		return false;
	in->scratch = scratch;
	bool idle = false, ok = online_round(in, config, &idle, &told, error);
	file_remove(scratch, NULL);
	if (told && !w->is_quiet)
		fprintf(stderr, "gyre: %s\n", told);
	if (ok && idle)
		w->online_at = g_get_monotonic_time() + (int64_t)PASS_EVERY_S * G_USEC_PER_SEC;
	return ok;
}

/* retrain.mode: online. */
static bool learn_online(Watch *w, GError **error)
{
	const json_t *config = w->desk.project->config;
	bool is_due = false;
	if (g_strcmp0(json_get_text(json_object_get(config, "retrain"), "mode", NULL), "online") != 0 ||
	        g_get_monotonic_time() < w->online_at)
		return true;
	json_auto_t *decision = online_decision(config);
	OnlineInput in = online_input(config, decision);
	in.meta = w->desk.meta;
	in.blobs = w->desk.blobs;
	in.state_folder = w->desk.project->state_folder;
	in.now = meta_now();
	g_autoptr(GError) problem = NULL;
	if ((!online_due(&in, config, &is_due, &problem) || (is_due && !learn(w, &in, config, &problem))) &&
	        problem->code != FAIL_NOT_FOUND) {
		g_propagate_error(error, g_steal_pointer(&problem));
		return false;
	}
	return true;
}

static bool look(Watch *w, GError **error)
{
	if (!watch_begin(w, error))
		return false;
	if (!w->leads)
		return true;
	if (g_get_monotonic_time() >= w->pass_at) {
		if (!pass(w, error) || !update_labelled(w, error))
			return false;
		w->pass_at = g_get_monotonic_time() + (int64_t)PASS_EVERY_S * G_USEC_PER_SEC;
	}
	return tell_receivers(w, error) && look_at_triggers(w, error) && learn_online(w, error);
}

void watch_look(Watch *w)
{
	g_autoptr(GError) problem = NULL;
	look(w, &problem);
	note_problem(w, problem);
}

void watch_step(Watch *w, bool *ret_busy)
{
	g_autoptr(GError) problem = NULL;
	*ret_busy = false;
	if (!w->has_desk || !w->leads)
		return;
	LoopInput in = {
	        .meta = w->desk.meta, .blobs = w->desk.blobs, .config = w->desk.project->config, .now = meta_now()};
	if (!retrain_loop_step(w->loop, &in, ret_busy, &problem))
		note_problem(w, problem);
}

const char *watch_problem(const Watch *w)
{
	return w->problem;
}

void watch_block_signals(sigset_t *ret)
{
	sigemptyset(ret);
	sigaddset(ret, SIGTERM);
	sigaddset(ret, SIGINT);
	sigaddset(ret, SIGHUP);
	pthread_sigmask(SIG_BLOCK, ret, NULL);
	signal(SIGPIPE, SIG_IGN);
}

/* A signal, or 0 when the time is over. */
static int wait_ms(const sigset_t *signals, int64_t ms)
{
	struct timespec time = {.tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000};
	int signal = sigtimedwait(signals, NULL, &time);
	return MAX(signal, 0);
}

int watch_finish(Watch *w, const sigset_t *signals)
{
	for (;;) {
		bool busy;
		watch_step(w, &busy);
		if (!busy || w->problem || retrain_loop_waits(w->loop))
			return 0;
		int signal = wait_ms(signals, BUSY_MS);
		if (signal == SIGTERM || signal == SIGINT)
			return signal;
	}
}

int watch_rounds(Watch *w, const sigset_t *signals)
{
	int64_t look_at = 0;
	for (;;) {
		bool busy = false;
		if (g_get_monotonic_time() >= look_at) {
			watch_look(w);
			look_at = g_get_monotonic_time() +
			          (int64_t)(w->problem ? MIN(RETRY_S, w->every_s) : w->every_s) * G_USEC_PER_SEC;
		}
		watch_step(w, &busy);
		int64_t left = MAX(look_at - g_get_monotonic_time(), 0) / 1000;
		int signal = wait_ms(signals, busy ? MIN(BUSY_MS, left) : left);
		if (signal == SIGTERM || signal == SIGINT)
			return signal;
		if (signal) /* SIGHUP: look now */
			look_at = 0;
	}
}
