/* trigger.c: the table of triggers, and one look of each. */
#include "retrain/trigger.h"

#include <string.h>

#include "base/error.h"
#include "base/json.h"
#include "retrain/retraining.h"
#include "retrain/triggers.h"

const TriggerKind *const TRIGGERS[] = {
        &TRIGGER_SCHEDULE,
        &TRIGGER_NEW_DATA,
        &TRIGGER_DRIFT,
        &TRIGGER_DECAY,
        &TRIGGER_KPI,
        &TRIGGER_MANUAL,
        NULL,
};

const TriggerKind *trigger_kind(const char *name)
{
	for (const TriggerKind *const *k = TRIGGERS; *k; k++)
		if (g_strcmp0((*k)->name, name) == 0)
			return *k;
	return NULL;
}

static bool read_state(const TriggerInput *in, const char *name, json_t **ret, GError **error)
{
	json_auto_t *row = NULL;
	if (!meta_row(in->meta, "SELECT state FROM retrain_triggers WHERE model = $1 AND name = $2",
	            json_pack("[s,s]", in->model, name), &row, error))
		return false;
	const char *text = json_get_text(row, "state", "{}");
	return json_parse("what a trigger remembers", text, strlen(text), ret, error);
}

static bool write_state(const TriggerInput *in, const char *name, json_t *state, GError **error)
{
	return meta_run(in->meta,
	        "INSERT INTO retrain_triggers (model, name, state, looked_at) VALUES ($1, $2, $3, $4) "
	        "ON CONFLICT (model, name) DO UPDATE SET state = excluded.state, looked_at = excluded.looked_at",
	        json_pack("[s,s,O,I]", in->model, name, state, (json_int_t)in->now), NULL, error);
}

static bool keep(
        const TriggerInput *in, const TriggerKind *kind, json_t *state, json_t *cause, json_t *told, GError **error)
{
	json_auto_t *record = NULL;
	bool is_new = false;
	if (!write_state(in, kind->name, state, error))
		return false;
	if (!cause)
		return true;
	json_object_set_new(cause, "trigger", json_string(kind->name));
	if (!retraining_want(in->meta, in->model, cause, in->now, &record, &is_new, error))
		return false;
	if (is_new)
		json_array_append_new(told,
		        json_pack("{s:s,s:O}", "trigger", kind->name, "reason", json_object_get(cause, "reason")));
	return true;
}

/* The look itself is outside the transaction: it may take its time, and must not hold up other writers. */
static bool look(const TriggerInput *in, const TriggerKind *kind, json_t *told, GError **error)
{
	const json_t *params = json_object_get(json_object_get(in->config, "retrain"), kind->name);
	json_auto_t *state = NULL, *next = NULL, *cause = NULL;
	g_autoptr(GError) problem = NULL;
	if (!read_state(in, kind->name, &state, error))
		return false;
	if (!kind->look(in, params, state, &next, &cause, &problem)) {
		json_array_append_new(
		        told, json_pack("{s:s,s:o}", "trigger", kind->name, "error", json_text(problem->message)));
		return true;
	}
	if (!cause && json_equal(state, next))
		return true;
	return meta_begin_durable(in->meta, error) &&
	       meta_end(in->meta, keep(in, kind, next, cause, told, error), error);
}

bool triggers_look(const TriggerInput *in, json_t **ret, GError **error)
{
	json_auto_t *told = json_array();
	size_t i;
	json_t *name;
	json_array_foreach (json_object_get(json_object_get(in->config, "retrain"), "on"), i, name) {
		const TriggerKind *kind = trigger_kind(json_string_value(name));
		if (kind && kind->look && !look(in, kind, told, error))
			return false;
	}
	*ret = g_steal_pointer(&told);
	return true;
}
