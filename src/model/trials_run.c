/* trials_run.c: trials as they run: asked for one after another, each in a child, their ends told to the study. */
#include <math.h>

#include "base/error.h"
#include "base/json.h"
#include "base/progress.h"
#include "model/forks.h"
#include "model/trials_list.h"
#include "model/trials_share.h"

#define CHILD_MB 192 /* that a trial should have at least: 200,000 rows take a forest about 130 beside what is shared */

#define FAILURES_MOST 5 /* of a family of which no trial came to a result: then it is left out */

#define END_BEFORE \
	0.8 /* of the time there is: the last trial is judged and written down in the rest, or all of it was for nothing */

typedef struct Running {
	Trials *t;
	const TrialSetup *setup;
	const TrialsBudget *budget;
	TrialsShare *share;
	GPtrArray *pieces; /* of Trial *, borrowed: those that children do, in the order they begin */
	size_t at;         /* in the list: the next that is known beforehand */
	bool is_used_up;   /* the study has nothing left to try */
	bool has_yardstick_begun;
	size_t done, total;
	GPtrArray *given_up; /* families, borrowed, that fail and fail */
	GError *problem;     /* a result that could not be read */
} Running;

static void tell(const Running *r)
{
	size_t best;
	g_autofree char *what = NULL;
	if (trials_find_best(r->t, r->setup->metric, &best)) {
		const Trial *t = r->t->list->pdata[best];
		what = g_strdup_printf("trials, best %s %.4g (%s)", r->setup->metric->label,
		        trial_value(t, r->setup->metric), t->family->name);
	}
	progress_report(what ? what : "trials", r->done, r->total);
}

static void say(const Running *r, json_t *message)
{
	json_auto_t *answer = NULL;
	json_auto_t *said = message;
	study_hear(r->t->study, said, &answer, NULL);
}

static void tell_study(const Running *r, const Trial *t)
{
	const json_t *about = t->result ? t->result : t->pruned;
	size_t i;
	json_t *step;
	if (t->asked < 0)
		return;
	json_array_foreach (json_object_get(about, "steps"), i, step)
		say(r, json_pack("{s:i,s:O,s:O}", "trial", t->asked, "step", json_array_get(step, 0), "value",
		               json_array_get(step, 1)));
	if (t->pruned)
		say(r, json_pack("{s:i,s:b}", "trial", t->asked, "pruned", 1));
	else if (t->failure)
		say(r, json_pack("{s:i,s:b}", "trial", t->asked, "failed", 1));
	else
		say(r, json_pack("{s:i,s:o}", "trial", t->asked, "value",
		               json_number(metric_bounded(r->setup->metric, trial_value(t, r->setup->metric)))));
}

/* What a child, or an earlier run, left; false when there is nothing. */
static bool take(Running *r, Trial *t)
{
	json_t *about = NULL;
	if (!r->problem)
		trial_read(r->setup, t->name, t->family, t->params, &about, &r->problem);
	if (!about)
		return false;
	if (json_get_bool(about, "pruned", false))
		t->pruned = about;
	else
		t->result = about;
	tell_study(r, t);
	r->done++;
	return true;
}

/* How trials of the same family ended, as far as this one may know (search.lag): so it does not depend on how many run at once. */
typedef struct FamilyPast {
	unsigned failed, open; /* open: under way still */
	bool has_result;
} FamilyPast;

static FamilyPast past_of(const Running *r, const Trial *t)
{
	FamilyPast past = {0};
	size_t known = study_known(r->t->study, (unsigned)t->asked);
	for (size_t i = 0; i < trials_candidates(r->t); i++) {
		const Trial *other = r->t->list->pdata[i];
		if (other->family != t->family || other->asked < 0 || (size_t)other->asked >= known)
			continue;
		bool has_result = other->result || other->pruned;
		past.has_result = past.has_result || has_result;
		past.failed += other->failure != NULL;
		past.open += !has_result && !other->failure;
	}
	return past;
}

static bool is_hopeless(const Running *r, const Trial *t)
{
	if (t->asked < 0)
		return false;
	FamilyPast past = past_of(r, t);
	return !past.has_result && past.failed >= FAILURES_MOST;
}

static bool may_be_hopeless(const Running *r, const Trial *t)
{
	FamilyPast past = past_of(r, t);
	return past.open && !past.has_result && past.failed + past.open >= FAILURES_MOST;
}

static bool knows_enough(const Running *r, const Trial *t)
{
	return t->asked < 0 ||
	       ((r->t->study->pruner == PRUNERS[0] || study_is_ready(r->t->study, (unsigned)t->asked)) &&
	               !may_be_hopeless(r, t));
}

/* A program with a fault, say: what it would be drawn for is not tried. */
static void pass_over(Running *r, Trial *t)
{
	if (!g_ptr_array_find(r->given_up, t->family, NULL)) {
		progress_note("%s is not tried any more: all of its trials failed, %d and more", t->family->name,
		        FAILURES_MOST);
		g_ptr_array_add(r->given_up, (void *)t->family);
	}
	t->failure = g_strdup_printf("not tried: the trials of %s before it had all failed", t->family->name);
	tell_study(r, t);
	r->done++;
}

/* NULL: none, or not yet. */
static Trial *ask(Running *r)
{
	const StudyTrial *asked = NULL;
	const ModelFamily *family;
	json_t *params;
	bool is_waiting = false;
	if (!r->problem)
		study_ask(r->t->study, &asked, &is_waiting, &r->problem);
	if (!asked) {
		r->is_used_up = r->is_used_up || (!is_waiting && !r->problem);
		return NULL;
	}
	search_from_point(r->t->space, asked->params, &family, &params);
	g_autofree char *name = g_strdup_printf("%zu", trials_candidates(r->t));
	Trial *t = trials_append(r->t, g_steal_pointer(&name), family, params);
	t->asked = (int)asked->tried.number;
	r->at++;
	return t;
}

static Trial *next(Running *r)
{
	size_t known = trials_candidates(r->t);
	if (r->at < known) {
		Trial *t = r->t->list->pdata[r->at];
		r->at += knows_enough(r, t);
		return knows_enough(r, t) ? t : NULL;
	}
	if (r->t->learns && known < r->t->count && !r->is_used_up) {
		Trial *asked = ask(r);
		if (asked || !r->is_used_up)
			return asked;
	}
	if (!r->t->has_yardstick || r->has_yardstick_begun)
		return NULL;
	r->has_yardstick_begun = true;
	return r->t->list->pdata[known];
}

static bool ready(void *context, size_t piece)
{
	Running *r = context;
	while (r->pieces->len <= piece) {
		Trial *t = next(r);
		if (!t)
			return false;
		if (is_hopeless(r, t))
			pass_over(r, t);
		else if (!take(r, t))
			g_ptr_array_add(r->pieces, t);
	}
	return true;
}

static bool prepare(void *context, size_t piece)
{
	const Running *r = context;
	return trials_share_make(r->share, r->pieces->pdata[piece]);
}

/* In the child: what the pruner is told. */
typedef struct Watched {
	Running *running;
	const Trial *trial;
	double sum, count; /* the metric over the folds on which it is defined */
	GPtrArray *
	        curves; /* of Tried *: what trials of the same family told between their rounds, as far as this one may know */
	Tried own;
} Watched;

static void curve_free(void *tried)
{
	g_array_unref(((Tried *)tried)->steps);
	g_free(tried);
}

static GArray *steps_new(const json_t *curve)
{
	GArray *steps = g_array_new(FALSE, FALSE, sizeof(TriedStep));
	size_t i;
	json_t *one;
	json_array_foreach (curve, i, one) {
		TriedStep step = {
		        json_integer_value(json_array_get(one, 0)), json_number_value(json_array_get(one, 1))};
		g_array_append_val(steps, step);
	}
	return steps;
}

/* Families measure themselves in different ways, so that rounds of one say nothing about another's. */
static void gather_curves(Watched *w)
{
	const Trials *t = w->running->t;
	size_t known = study_known(t->study, (unsigned)w->trial->asked);
	w->curves = g_ptr_array_new_with_free_func(curve_free);
	w->own = (Tried){.number = (unsigned)w->trial->asked, .value = NAN, .steps = steps_new(NULL)};
	for (size_t i = 0; i < trials_candidates(t); i++) {
		const Trial *other = t->list->pdata[i];
		const json_t *about = other->result ? other->result : other->pruned;
		if (other->asked < 0 || (size_t)other->asked >= known || other->family != w->trial->family || !about)
			continue;
		Tried *tried = g_new0(Tried, 1);
		tried->number = (unsigned)other->asked;
		tried->state = other->result ? TRIED_DONE : TRIED_PRUNED;
		tried->value = NAN;
		tried->steps = steps_new(json_object_get(about, "curve"));
		g_ptr_array_add(w->curves, tried);
	}
}

static void watched_clear(Watched *w)
{
	if (!w->curves)
		return;
	g_ptr_array_unref(w->curves);
	g_array_unref(w->own.steps);
}

static bool stop_round(void *context, unsigned rounds, double value)
{
	Watched *w = context;
	const Study *s = w->running->t->study;
	TriedStep step = {rounds, value};
	if (!w->curves)
		gather_curves(w);
	g_array_append_val(w->own.steps, step);
	History h = {.space = s->space,
	        .trials = (const Tried *const *)w->curves->pdata,
	        .count = w->curves->len,
	        .seed = (uint64_t)json_get_int(s->settings, "seed", 0)};
	return s->pruner->stop(&h, &w->own);
}

static bool stop(void *context, size_t folds, double value, double *ret_told)
{
	Watched *w = context;
	Study *s = w->running->t->study;
	json_auto_t *answer = NULL;
	value = metric_bounded(w->running->setup->metric, value);
	w->sum += isnan(value) ? 0 : value;
	w->count += !isnan(value);
	*ret_told = s->pruner->is_paired ? value : w->count > 0 ? w->sum / w->count : NAN;
	json_auto_t *message = json_pack(
	        "{s:i,s:I,s:o}", "trial", w->trial->asked, "step", (json_int_t)folds, "value", json_number(*ret_told));
	/* A fold on which the metric is not defined says nothing against the trial. */
	return study_hear(s, message, &answer, NULL) && !isnan(*ret_told) && json_get_bool(answer, "prune", false);
}

static double left(void *context)
{
	const Running *r = context;
	return r->budget->left(r->budget->context);
}

static bool work(void *context, size_t piece, GError **error)
{
	Running *r = context;
	const Trial *t = r->pieces->pdata[piece];
	Watched watched = {.running = r, .trial = t};
	TrialWatch watch = {.stop = stop, .context = &watched};
	TrialSetup setup = *r->setup;
	bool is_watched = t->asked >= 0 && r->t->study->pruner != PRUNERS[0];
	if (setup.seconds > 0 && r->budget->left)
		setup.seconds = CLAMP(END_BEFORE * left(r), 0.01, setup.seconds);
	watch.stop_round = is_watched && !r->t->study->pruner->is_paired ? stop_round : NULL;
	setup.watch = is_watched ? &watch : NULL;
	setup.prepared = trials_share_of(r->share, t);
	bool ok = trial_run(&setup, t->name, t->family, t->params, error);
	watched_clear(&watched);
	return ok;
}

static void ended(void *context, const ForkEnd *end)
{
	Running *r = context;
	Trial *t = r->pieces->pdata[end->number];
	t->seconds = end->seconds;
	t->cpu_seconds = end->cpu_seconds;
	t->peak_mb = end->peak_mb;
	r->t->is_cut = r->t->is_cut || end->out_of_time;
	if (end->ok)
		take(r, t);
	if (!end->ok && !end->out_of_time) {
		t->failure = g_strdup(end->reason);
		progress_note("trial %s (%s) failed: %s", t->name, t->family->name, end->reason);
		tell_study(r, t);
		r->done++;
	}
	tell(r);
}

/* Was all begun that there is to try? */
static bool is_whole(const Running *r)
{
	size_t known = trials_candidates(r->t);
	bool asked_all = !r->t->learns || known >= r->t->count || r->is_used_up;
	return r->at >= known && asked_all && r->has_yardstick_begun == r->t->has_yardstick;
}

/* Memory is divided: each child has its part, and what they share another, at most a quarter and never at the cost of a child. */
static void plan_memory(Running *r, ForkPlan *plan)
{
	const TrialsBudget *b = r->budget;
	size_t each = b->trial_memory_mb ? b->trial_memory_mb : CHILD_MB;
	plan->at_once = (unsigned)CLAMP(MIN(b->at_once, b->memory_mb / each), 1, MAX(plan->count, 1));
	size_t spare = b->memory_mb > plan->at_once * each ? b->memory_mb - plan->at_once * each : 0;
	size_t wanted = (size_t)ceil(trials_share_wanted(r->setup, r->t) / 0x1p20);
	size_t shared = MIN(MIN(spare, b->memory_mb / 4), wanted);
	size_t part = (b->memory_mb - shared) / plan->at_once;
	plan->memory_mb = MIN(part, b->trial_memory_mb ? each : SIZE_MAX);
	TrialsShareLimits limits = {.bytes = (double)shared * 0x1p20,
	        .most_bytes = (double)part * 0x1p20, /* that of the child to come */
	        .trial_time = b->trial_time,
	        .left = plan->left,
	        .context = r};
	r->share = trials_share_new(r->setup, r->t, &limits);
}

bool trials_run(Trials *t, const TrialSetup *setup, const TrialsBudget *budget, GError **error)
{
	g_autoptr(GPtrArray) pieces = g_ptr_array_new(), given_up = g_ptr_array_new();
	size_t known = trials_candidates(t), total = (t->learns ? t->count : known) + t->has_yardstick;
	Running r = {.t = t, .setup = setup, .budget = budget, .pieces = pieces, .given_up = given_up, .total = total};
	ForkPlan plan = {.count = total,
	        .seconds = budget->trial_time,
	        .left = budget->left ? left : NULL,
	        .ready = ready,
	        .prepare = prepare,
	        .work = work,
	        .ended = ended,
	        .context = &r};
	plan_memory(&r, &plan);
	tell(&r);
	bool ok = forks_run(&plan, error);
	trials_share_free(r.share);
	t->is_cut = t->is_cut || !is_whole(&r);
	if (ok && r.problem) {
		g_propagate_error(error, r.problem);
		return false;
	}
	g_clear_error(&r.problem);
	return ok;
}
