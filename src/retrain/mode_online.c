/* mode_online.c: a linear model that learns from each outcome as it arrives, within the period too (retrain/step_online.h). */
#include <string.h>

#include "base/json.h"
#include "data/frame.h"
#include "retrain/mode.h"

static char *refuse(const ReplaySettings *set)
{
	const ModelFamily *family = family_find(set->online);
	return family && family->update
	               ? NULL
	               : g_strdup_printf("a model of the family %s cannot learn from single outcomes", set->online);
}

static bool live(Replay *r, size_t p, const char *before, ReplayAnswer *ret, GError **error)
{
	const ReplaySettings *set = r->set;
	const ReplayPeriod *period = &r->periods[p];
	g_autofree char *period_name = g_strdup_printf("period_%zu", p),
	                *known_name = g_strdup_printf("arriving_%zu", p);
	g_autofree char *name = g_strdup_printf("online_%zu", p), *rows = NULL, *known = NULL;
	g_autofree char *from = time_text(period->begin), *until = time_text(period->end);
	ReplayStretch whole = {period->begin, period->end, 0}, arriving = {period->known, period->end - set->delay, 0};
	if (!replay_rows(r, period_name, &whole, &rows, error) || !replay_rows(r, known_name, &arriving, &known, error))
		return false;
	const PlanInput inputs[] = {{.name = "bundle", .from = before}, {.name = "rows", .from = rows},
	        {.name = "known", .from = known}, {NULL}};
	json_t *params = json_pack("{s:s,s:s,s:s,s:I,s:I,s:f}", "time", set->time, "from", from, "until", until,
	        "delay", (json_int_t)set->delay, "sips", (json_int_t)set->sips, "keep", set->keep);
	json_object_update(params, (json_t *)set->decision);
	PlanStep step = {.name = name, .kind = "online", .inputs = inputs};
	g_ptr_array_add(ret->steps, g_strdup(name));
	ret->bundle = g_strconcat(name, ".bundle", NULL);
	ret->scores = g_strconcat(name, ".scores", NULL);
	return replay_add(r, &step, params, error);
}

static bool prepare(Replay *r, size_t p, ReplayAnswer *ret, GError **error)
{
	g_autofree char *before = p ? g_strdup_printf("online_%zu.bundle", p - 1) : NULL;
	if (!before && !replay_train(r, 0, r->set->online, 0, ret, error))
		return false;
	if (!before)
		before = g_steal_pointer(&ret->bundle);
	return live(r, p, before, ret, error);
}

const ModeKind MODE_ONLINE = {
        .name = "online",
        .help = "a linear model that learns from each outcome as it arrives",
        .refuse = refuse,
        .prepare = prepare,
};
