/* trigger_schedule.c: at times of day.
 *
 * What is remembered is the last time that was due, not when the watcher looked.  Times that were missed (the watcher did not run,
 * the clock leapt) are one cause together, and it says how many there were.  A clock that is set back a little comes upon the same
 * time again: it is past already and stays so.  One that is set back so far that more than one time would be passed over was
 * wrong before: then counting begins anew from now. */
#include "retrain/triggers.h"

#include "base/duration.h"
#include "base/json.h"
#include "data/frame.h"
#include "retrain/cron.h"

/* More than so many missed times are not counted one by one: it only takes time. */
#define MOST_MISSED 1000

static const Param PARAMS[] = {
        {"cron", PARAM_TEXT, "five fields: minute hour day month weekday, or @daily, @weekly ...",
                .flags = PARAM_REQUIRED},
        {"zone", PARAM_TEXT, "time zone the times are of", "\"UTC\""},
        {NULL},
};

static void check(const json_t *params, const char *path, ParamReport *report, void *context)
{
	g_autoptr(Cron) cron = NULL;
	g_autoptr(GError) error = NULL;
	if (!cron_parse(json_get_text(params, "cron", ""), json_get_text(params, "zone", "UTC"), &cron, &error))
		report(context, path, error->message);
}

static json_t *cause_of(const char *line, int64_t due, int count, int64_t now)
{
	g_autofree char *when = time_text(due);
	g_autofree char *key = g_strdup_printf("schedule:%s", when);
	g_autofree char *late = duration_text(now - due);
	GString *sentence = g_string_new(NULL);
	g_string_printf(sentence, "the schedule \"%s\" was due at %s UTC", line, when);
	if (count > 1)
		g_string_append_printf(sentence, "; %s%d times before that were missed",
		        count == MOST_MISSED ? "at least " : "", count - 1);
	json_t *cause = json_pack("{s:s,s:o,s:{s:s,s:i,s:s}}", "key", key, "reason", json_text(sentence->str),
	        "evidence", "due", when, "missed", count - 1, "late", late);
	g_string_free(sentence, TRUE);
	return cause;
}

/* The last time that was due; now where nothing is remembered, the line is another one, or the clock was far ahead. */
static int64_t begin_from(const Cron *cron, const json_t *state, const char *line, const char *zone, int64_t now)
{
	int64_t last = json_get_int(state, "last", 0);
	if (!last || g_strcmp0(json_get_text(state, "cron", NULL), line) != 0 ||
	        g_strcmp0(json_get_text(state, "zone", NULL), zone) != 0)
		return now;
	int64_t next = cron_next(cron, now), after_next = next == CRON_NEVER ? CRON_NEVER : cron_next(cron, next);
	return last >= after_next ? now : last;
}

static bool look(const TriggerInput *in, const json_t *params, const json_t *state, json_t **ret_state,
        json_t **ret_cause, GError **error)
{
	const char *line = json_get_text(params, "cron", ""), *zone = json_get_text(params, "zone", "UTC");
	g_autoptr(Cron) cron = NULL;
	if (!cron_parse(line, zone, &cron, error))
		return false;
	int64_t last = begin_from(cron, state, line, zone, in->now), due;
	int count = cron_count(cron, last, in->now, MOST_MISSED, &due);
	/* Where counting stopped early, the rest is missed too. */
	int64_t reached = count == MOST_MISSED ? in->now : count ? due : last;
	if (count)
		*ret_cause = cause_of(line, due, count, in->now);
	*ret_state = json_pack("{s:I,s:s,s:s}", "last", (json_int_t)reached, "cron", line, "zone", zone);
	return true;
}

const TriggerKind TRIGGER_SCHEDULE = {
        .name = "schedule",
        .help = "at times of day, by the fields of cron in a named time zone; missed times are told and made up for "
                "once",
        .params = PARAMS,
        .check = check,
        .look = look,
        .needs_block = true,
};
