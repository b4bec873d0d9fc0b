/* step_register.c: the step that makes a judged bundle a version, and the champion when the gate lets it and it answers.
 *
 * It writes to the store, so it may be killed and run again at any moment: the version is a transaction and the move another, which looks
 * anew at what it starts from; the same bundle is the same version.  Between the two the version is asked what a server would be asked:
 * one that cannot answer gets no further.  What a person did to the alias stands (registry_may_promote). */
#include "serve/step_register.h"

#include <string.h>

#include "base/error.h"
#include "base/json.h"
#include "registry/registry.h"
#include "serve/infra.h"

static const char *const PROMOTE[] = {"gate", "first", "never", NULL};
static const Param PARAMS[] = {
        {"model", PARAM_TEXT, "name of the registered model", .flags = PARAM_REQUIRED},
        {"promote", PARAM_TEXT,
                "when it becomes the champion: gate: when it passes the gate and answers; first: only while there is "
                "none, "
                "versions then "
                "go into use by a deployment; never: a person does it",
                "\"gate\"", .choices = PROMOTE},
        {"description", PARAM_TEXT, "kept with the version"},
        {"lineage", PARAM_JSON, "kept with the version: code, configuration and environment it came from"},
        {NULL},
};

/* What is being registered, and what came of it. */
typedef struct Registration {
	const char *model, *digest;
	const char *when; /* param "promote" */
	bool passes;
	int version, champion_before; /* 0: none */
	bool is_new, is_moved;
	bool was_tried, is_fit;
	char *note; /* why a passing version did not become the champion, or NULL */
} Registration;

static void registration_clear(Registration *r)
{
	g_free(r->note);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Registration, registration_clear)

static json_t *lineage_of(const StepRun *s, const json_t *params)
{
	const json_t *given = json_object_get(params, "lineage");
	json_t *lineage = json_is_object(given) ? json_copy((json_t *)given) : json_object();
	static const char *const READ[] = {"bundle", "evaluation", "verdict"};
	for (size_t i = 0; i < G_N_ELEMENTS(READ); i++)
		json_object_set_new(lineage, READ[i], json_text(step_input_digest(s, READ[i])));
	return lineage;
}

/* {name: value} of the evaluation's {name: {"value", "low", "high"}}. */
static json_t *metrics_of(const json_t *evaluation)
{
	json_t *metrics = json_object();
	const char *name;
	json_t *measured;
	json_object_foreach ((json_t *)json_at(evaluation, "model.metrics"), name, measured) {
		json_t *value = json_is_object(measured) ? json_object_get(measured, "value") : measured;
		json_object_set(metrics, name, value);
	}
	return metrics;
}

static json_t *about_of(const StepRun *s, const json_t *params, const json_t *verdict, const json_t *evaluation)
{
	json_t *about = json_object();
	const json_t *reasons = json_object_get(verdict, "reasons"), *against = json_at(evaluation, "champion.digest");
	json_object_set_new(about, "run_id", json_text(step_run_id(s)));
	json_object_set_new(about, "description", json_text(json_get_text(params, "description", NULL)));
	json_object_set_new(about, "lineage", lineage_of(s, params));
	json_object_set_new(about, "metrics", metrics_of(evaluation));
	json_object_set_new(about, "judged_against", json_text(json_string_value(against)));
	json_object_set_new(about, "gate",
	        json_pack("{s:b, s:o}", "pass", json_get_bool(verdict, "pass", false), "reasons",
	                reasons ? json_deep_copy(reasons) : json_array()));
	return about;
}

/* r->note is set where it may not become the champion; *ret: whether it is to be made so. */
static bool may_promote(Meta *m, Registration *r, bool *ret, GError **error)
{
	json_auto_t *champion = NULL;
	*ret = false;
	if (!registry_alias(m, r->model, ALIAS_CHAMPION, &champion, error))
		return false;
	r->champion_before = (int)json_get_int(champion, "version", 0);
	if (!r->passes || r->champion_before == r->version)
		return true;
	if (strcmp(r->when, "never") == 0)
		r->note = g_strdup("the project's settings leave promoting to a person");
	else if (strcmp(r->when, "first") == 0 && r->champion_before)
		r->note = g_strdup("a version of this project goes into use by a deployment: gyre deploy");
	else if (!registry_may_promote(m, r->model, ALIAS_CHAMPION, r->version, &r->note, error))
		return false;
	*ret = !r->note;
	return true;
}

static bool try_version(const StepRun *s, Meta *m, Registration *r, GError **error)
{
	g_autoptr(Blobs) blobs = NULL;
	g_autofree char *why_not = NULL;
	if (!blobs_open(step_state_folder(s), &blobs, error))
		return false;
	InfraInput in = {.state_folder = step_state_folder(s),
	        .meta = m,
	        .blobs = blobs,
	        .model = r->model,
	        .version = r->version,
	        .stable = r->champion_before};
	if (!infra_answers(&in, &why_not, error))
		return false;
	r->was_tried = true;
	r->is_fit = !why_not;
	if (why_not)
		r->note = g_strdup_printf("it is not fit for production: %s", why_not);
	return true;
}

static bool move(Meta *m, Registration *r, GError **error)
{
	bool may;
	if (!may_promote(m, r, &may, error))
		return false;
	if (!may)
		return true;
	r->is_moved = true;
	return registry_move(m, r->model, ALIAS_CHAMPION, r->version, "gate", WHO_GATE, NULL, error);
}

static bool add(Meta *m, Registration *r, const json_t *about, GError **error)
{
	return meta_begin_durable(m, error) &&
	       meta_end(m, registry_add(m, r->model, r->digest, about, &r->version, &r->is_new, error), error);
}

static bool write_to_store(const StepRun *s, Registration *r, const json_t *about, GError **error)
{
	g_autoptr(Meta) m = NULL;
	bool may;
	if (!meta_open(step_state_folder(s), &m, error) || !add(m, r, about, error) || !may_promote(m, r, &may, error))
		return false;
	if (!may)
		return true;
	if (!try_version(s, m, r, error))
		return false;
	return !r->is_fit || (meta_begin_durable(m, error) && meta_end(m, move(m, r, error), error));
}

static json_t *registration_json(const Registration *r, const json_t *verdict)
{
	const json_t *reasons = json_object_get(verdict, "reasons");
	json_t *out = json_pack("{s:s, s:i, s:s, s:b, s:b, s:b, s:b}", "model", r->model, "version", r->version,
	        "digest", r->digest, "new", r->is_new, "champion", r->is_moved || r->champion_before == r->version,
	        "moved", r->is_moved, "pass", r->passes);
	json_object_set_new(
	        out, "previous_champion", r->champion_before ? json_integer(r->champion_before) : json_null());
	json_object_set_new(out, "reasons", reasons ? json_deep_copy(reasons) : json_array());
	json_object_set_new(out, "fit", r->was_tried ? json_boolean(r->is_fit) : json_null());
	json_object_set_new(out, "note", json_text(r->note));
	return out;
}

static bool run(StepRun *s, const json_t *params, GError **error)
{
	json_auto_t *verdict = NULL, *evaluation = NULL;
	if (!step_input_json(s, "verdict", &verdict, error) || !step_input_json(s, "evaluation", &evaluation, error))
		return false;
	g_auto(Registration) r = {
	        .model = json_get_text(params, "model", ""),
	        .digest = step_input_digest(s, "bundle"),
	        .passes = json_get_bool(verdict, "pass", false),
	        .when = json_get_text(params, "promote", "gate"),
	};
	json_auto_t *about = about_of(s, params, verdict, evaluation);
	if (!write_to_store(s, &r, about, error))
		return false;
	json_auto_t *out = registration_json(&r, verdict);
	return step_output_json(s, "registration", out, error);
}

static const char *const INPUTS[] = {"bundle", "verdict", "evaluation", NULL};
static const char *const OUTPUTS[] = {"registration", NULL};

const StepKind STEP_REGISTER = {
        .name = "register",
        .help = "make the bundle a version, and the champion when the gate passes and it answers",
        .version = 3,
        .params = PARAMS,
        .inputs = INPUTS,
        .outputs = OUTPUTS,
        .flags = STEP_EFFECT,
        .run = run,
};
