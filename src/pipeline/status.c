/* status.c: what a run would do, told from keys and records without running anything. */
#include "pipeline/plan.h"

#include "base/error.h"
#include "base/json.h"
#include "pipeline/plan_inside.h"
#include "pipeline/records.h"
#include "pipeline/survey.h"

#include <math.h>

/* The first of its needs that has no result; NULL if all have. */
static const char *waits_for(const Survey *s, const Node *n)
{
	for (guint i = 0; i < n->needs->len; i++) {
		size_t need = g_array_index(n->needs, size_t, i);
		if (!s->views[need].result)
			return plan_node(s->plan, need)->name;
	}
	return NULL;
}

static json_t *names_of(const Plan *p, const GArray *indices)
{
	json_t *names = json_array();
	for (guint i = 0; i < indices->len; i++)
		json_array_append_new(names, json_string(plan_node(p, g_array_index(indices, size_t, i))->name));
	return names;
}

static json_t *digests_of(const View *v)
{
	json_t *digests = json_object();
	const char *name;
	json_t *output;
	json_object_foreach (json_object_get(v->result, "outputs"), name, output)
		json_object_set(digests, name, json_object_get(output, "digest"));
	return digests;
}

static const char *status_of(const View *v, const char *waits)
{
	if (waits)
		return "waiting";
	if (v->result)
		return "fresh";
	return v->has_failed || v->problem ? "failed" : "stale";
}

static bool add_status(Survey *s, size_t index, json_t *into, GError **error)
{
	const Node *n = plan_node(s->plan, index);
	const char *waits = waits_for(s, n);
	double seconds;
	if ((!waits && !survey_look(s, index, error)) || !records_last_seconds(s->meta, n->name, &seconds, error))
		return false;
	const View *v = &s->views[index];
	g_autofree char *why = waits ? g_strdup_printf("waits for %s", waits) : g_strdup(v->why);
	json_t *row = json_pack("{s:s,s:s,s:s,s:o,s:o,s:o,s:o}", "name", n->name, "kind", n->kind->name, "status",
	        status_of(v, waits), "why", json_text(why), "key", json_text(v->key), "seconds", json_number(seconds),
	        "needs", names_of(s->plan, n->needs));
	if (v->result)
		json_object_set_new(row, "outputs", digests_of(v));
	json_array_append_new(into, row);
	return true;
}

bool plan_status(Plan *p, const char *state_folder, json_t **ret, GError **error)
{
	g_autoptr(Meta) meta = NULL;
	g_autoptr(Blobs) blobs = NULL;
	if (!plan_check(p, error) || !meta_open(state_folder, &meta, error) || !blobs_open(state_folder, &blobs, error))
		return false;
	g_autoptr(Survey) s = survey_new(p, meta, blobs);
	json_auto_t *steps = json_array();
	for (guint i = 0; i < p->order->len; i++)
		if (!add_status(s, g_array_index(p->order, size_t, i), steps, error))
			return false;
	*ret = json_pack("{s:O}", "steps", steps);
	return true;
}
