/* trigger_manual.c: someone asked for it: `gyre retrain`, POST /api/v1/retrain. */
#include "retrain/triggers.h"

#include "base/json.h"

static const Param PARAMS[] = {{NULL}};

json_t *trigger_manual_cause(const char *who, const char *reason)
{
	g_autofree char *id = meta_new_id();
	g_autofree char *key = g_strconcat("manual:", id, NULL);
	g_autofree char *sentence =
	        reason ? g_strdup_printf("%s asked for it: %s", who, reason) : g_strdup_printf("%s asked for it", who);
	return json_pack("{s:s,s:s,s:o,s:{s:o}}", "trigger", TRIGGER_MANUAL.name, "key", key, "reason",
	        json_text(sentence), "evidence", "who", json_text(who));
}

const TriggerKind TRIGGER_MANUAL = {
        .name = "manual",
        .help = "someone asks for it: gyre retrain; always possible, whatever `on` says",
        .params = PARAMS,
};
