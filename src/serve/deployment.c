/* deployment.c: deployments begun, followed and ended.
 *
 * Every step is one transaction that reads the state it starts from, so two processes that would end the same deployment do it
 * once: the second is told what the first one did. */
#include "serve/deployment.h"

#include <string.h>

#include "base/error.h"
#include "base/json.h"
#include "registry/registry.h"

#define COLUMNS                                                                                                 \
	"id, model, version, stable, strategy, params, state, who, reason, created, started, ended, ended_by, " \
	"ended_reason, undone, evidence, checked_until"

/* The one in progress is the newest, whatever the clock did. */
#define NEWEST_FIRST "ORDER BY CASE WHEN ended IS NULL THEN 0 ELSE 1 END, created DESC, id DESC"

static bool parse_member(json_t *row, const char *key, GError **error)
{
	const char *text = json_get_text(row, key, "{}");
	json_t *value = NULL;
	if (!json_parse("a deployment's record", text, strlen(text), &value, error))
		return false;
	json_object_set_new(row, key, value);
	return true;
}

static bool parse(json_t *row, GError **error)
{
	return parse_member(row, "params", error) && parse_member(row, "evidence", error);
}

static bool read_one(Meta *m, const char *sql, json_t *args, json_t **ret, GError **error)
{
	json_auto_t *row = NULL;
	if (!meta_row(m, sql, args, &row, error) || (row && !parse(row, error)))
		return false;
	*ret = g_steal_pointer(&row);
	return true;
}

bool deployment_get(Meta *m, const char *id, json_t **ret, GError **error)
{
	json_t *found;
	if (!read_one(m, "SELECT " COLUMNS " FROM deployments WHERE id = $1", json_pack("[s]", id), &found, error))
		return false;
	if (!found)
		return fail(error, FAIL_NOT_FOUND, "there is no deployment \"%.60s\"", id);
	*ret = found;
	return true;
}

bool deployment_current(Meta *m, const char *model, json_t **ret, GError **error)
{
	return read_one(m, "SELECT " COLUMNS " FROM deployments WHERE model = $1 AND ended IS NULL",
	        json_pack("[s]", model), ret, error);
}

bool deployment_newest(Meta *m, const char *model, json_t **ret, GError **error)
{
	return read_one(m, "SELECT " COLUMNS " FROM deployments WHERE model = $1 " NEWEST_FIRST " LIMIT 1",
	        json_pack("[s]", model), ret, error);
}

bool deployment_list(Meta *m, const char *model, json_t **ret, GError **error)
{
	json_auto_t *rows = NULL;
	bool ok = model ? meta_run(m, "SELECT " COLUMNS " FROM deployments WHERE model = $1 " NEWEST_FIRST,
	                          json_pack("[s]", model), &rows, error)
	                : meta_run(m, "SELECT " COLUMNS " FROM deployments " NEWEST_FIRST, NULL, &rows, error);
	if (!ok)
		return false;
	size_t i;
	json_t *row;
	json_array_foreach (rows, i, row)
		if (!parse(row, error))
			return false;
	*ret = g_steal_pointer(&rows);
	return true;
}

bool deployment_event(Meta *m, const char *id, const char *event, const char *who, const json_t *about, GError **error)
{
	json_auto_t *none = json_object(), *by = json_text(who ? who : "");
	return meta_run(m,
	        "INSERT INTO deployment_events (deployment_id, number, at, event, who, about)"
	        " SELECT $1, coalesce(max(number), 0) + 1, $2, $3, $4, $5 FROM deployment_events WHERE deployment_id = "
	        "$1",
	        json_pack("[sIsOO]", id, (json_int_t)meta_now(), event, by, about ? about : none), NULL, error);
}

bool deployment_events(Meta *m, const char *id, json_t **ret, GError **error)
{
	json_auto_t *rows = NULL;
	size_t i;
	json_t *row;
	if (!meta_run(m,
	            "SELECT number, at, event, who, about FROM deployment_events WHERE deployment_id = $1 ORDER BY "
	            "number",
	            json_pack("[s]", id), &rows, error))
		return false;
	json_array_foreach (rows, i, row)
		if (!parse_member(row, "about", error))
			return false;
	*ret = g_steal_pointer(&rows);
	return true;
}

/* What is being begun. */
typedef struct Beginning {
	const char *model, *who, *reason;
	int version, stable; /* 0: none beside it */
	const StrategyKind *kind;
	json_t *params;
	char *id;
} Beginning;

static void beginning_clear(Beginning *b)
{
	json_decref(b->params);
	g_free(b->id);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Beginning, beginning_clear)

/* "override" is no setting of a project: it goes with one deployment. */
static bool fill_params(Beginning *b, const char *strategy, const json_t *params, GError **error)
{
	json_auto_t *given = params ? json_copy((json_t *)params) : json_object();
	bool override = json_get_bool(given, "override", false);
	json_object_del(given, "override");
	if (strategy)
		json_object_set_new(given, "strategy", json_text(strategy));
	if (!param_fill(DEPLOY_PARAMS, "deploy", given, &b->params, error))
		return false;
	b->kind = strategy_find(json_get_text(b->params, "strategy", ""));
	if (json_object_get(given, "percent") && !b->kind->is_judged)
		return fail(error, FAIL_INVALID,
		        "a deployment by %s has no share of the requests: percent is for canary and shadow",
		        b->kind->name);
	json_object_del(b->params, "strategy");
	if (!json_object_get(b->params, "percent"))
		json_object_set_new(b->params, "percent", json_real(b->kind->percent));
	if (override)
		json_object_set_new(b->params, "override", json_true());
	return true;
}

/* What calls without a version get now: the champion, or the newest where there is none. */
static bool find_stable(Meta *m, Beginning *b, GError **error)
{
	json_auto_t *champion = NULL, *served = NULL;
	if (!registry_alias(m, b->model, ALIAS_CHAMPION, &champion, error) ||
	        !registry_get(m, b->model, &served, error))
		return false;
	if (champion && json_get_int(champion, "version", 0) == b->version)
		return fail(error, FAIL_CONFLICT, "%s@%d is in use already", b->model, b->version);
	int stable = (int)json_get_int(served, "version", 0);
	b->stable = stable == b->version ? 0 : stable;
	if (!b->stable && b->kind->needs_stable)
		return fail(error, FAIL_CONFLICT,
		        "the model \"%s\" has no champion that version %d could stand beside as %s; deploy it with "
		        "--strategy all_at_once",
		        b->model, b->version, b->kind->name);
	return true;
}

static bool check_gate(const json_t *version, const Beginning *b, GError **error)
{
	if (json_get_bool(json_at(version, "about.gate"), "pass", false))
		return true;
	if (!json_get_bool(b->params, "override", false))
		return fail(error, FAIL_CONFLICT,
		        "%s@%d did not pass the gate (gyre model show); to deploy it all the same: --override --by "
		        "NAME --reason WHY",
		        b->model, b->version);
	if (!b->who || !*b->who || !b->reason || !*b->reason)
		return fail(error, FAIL_INVALID, "an override needs a person and a reason: --by NAME --reason WHY");
	return true;
}

static bool check_none(Meta *m, const Beginning *b, GError **error)
{
	json_auto_t *open = NULL;
	if (!deployment_current(m, b->model, &open, error))
		return false;
	return !open ||
	       fail(error, FAIL_CONFLICT,
	               "version %d of the model \"%s\" is being deployed (%s); promote it or roll it back first",
	               (int)json_get_int(open, "version", 0), b->model, json_get_text(open, "strategy", ""));
}

static bool insert(Meta *m, const Beginning *b, GError **error)
{
	json_auto_t *stable = b->stable ? json_integer(b->stable) : json_null();
	json_auto_t *who = json_text(b->who ? b->who : ""), *reason = json_text(b->reason);
	return meta_run(m,
	               "INSERT INTO deployments (id, model, version, stable, strategy, params, state, who, reason, "
	               "created, evidence) VALUES ($1, $2, $3, $4, $5, $6, 'checking', $7, $8, $9, '{}')",
	               json_pack("[ssiOsOOOI]", b->id, b->model, b->version, stable, b->kind->name, b->params, who,
	                       reason, (json_int_t)meta_now()),
	               NULL, error) &&
	       deployment_event(m, b->id, "begun", b->who, NULL, error);
}

static bool begin(Meta *m, Beginning *b, GError **error)
{
	json_auto_t *version = NULL;
	g_autofree char *reference = g_strdup_printf("%s@%d", b->model, b->version);
	return registry_get(m, reference, &version, error) && check_none(m, b, error) && find_stable(m, b, error) &&
	       check_gate(version, b, error) && insert(m, b, error);
}

bool deployment_begin(Meta *m, const char *model, int version, const char *strategy, const json_t *params,
        const char *who, const char *reason, json_t **ret, GError **error)
{
	g_auto(Beginning) b = {.model = model, .version = version, .who = who, .reason = reason, .id = meta_new_id()};
	if (!fill_params(&b, strategy, params, error) || !meta_begin_durable(m, error))
		return false;
	return meta_end(m, begin(m, &b, error), error) && deployment_get(m, b.id, ret, error);
}

bool deployment_claim(Meta *m, const char *id, const char *checker, unsigned seconds, bool *ret_mine, GError **error)
{
	json_auto_t *row = NULL;
	json_int_t now = meta_now(), until = now + (json_int_t)seconds * G_USEC_PER_SEC;
	if (!meta_row(m,
	            "UPDATE deployments SET checker = $2, checked_until = $3 WHERE id = $1 AND state = 'checking'"
	            " AND (checker IS NULL OR checker = $2 OR checked_until < $4) RETURNING id",
	            json_pack("[ssII]", id, checker, until, now), &row, error))
		return false;
	*ret_mine = row != NULL;
	return true;
}

static bool set_evidence(Meta *m, const char *id, const char *key, const json_t *value, GError **error)
{
	json_auto_t *d = NULL;
	if (!deployment_get(m, id, &d, error))
		return false;
	json_t *evidence = json_object_get(d, "evidence");
	json_object_set(evidence, key, (json_t *)value);
	return meta_run(
	        m, "UPDATE deployments SET evidence = $2 WHERE id = $1", json_pack("[sO]", id, evidence), NULL, error);
}

bool deployment_add_evidence(Meta *m, const char *id, const char *key, const json_t *value, GError **error)
{
	return meta_begin_durable(m, error) && meta_end(m, set_evidence(m, id, key, value, error), error);
}

/* From an open state to an end. */
static bool finish(Meta *m, const char *id, const char *state, const char *who, const char *reason, GError **error)
{
	json_auto_t *why = json_text(reason), *by = json_text(who ? who : "");
	json_auto_t *about = json_pack("{s:O}", "reason", why);
	return meta_run(m,
	               "UPDATE deployments SET state = $2, ended = $3, ended_by = $4, ended_reason = $5 WHERE id = $1",
	               json_pack("[ssIOO]", id, state, (json_int_t)meta_now(), by, why), NULL, error) &&
	       deployment_event(m, id, state, who, about, error);
}

static bool start(Meta *m, const char *id, GError **error)
{
	return meta_run(m, "UPDATE deployments SET state = 'running', started = $2 WHERE id = $1",
	               json_pack("[sI]", id, (json_int_t)meta_now()), NULL, error) &&
	       deployment_event(m, id, "checked", DEPLOY_WHO_AUTO, NULL, error);
}

static bool checked(Meta *m, const char *id, const json_t *check, const char *why_not, GError **error)
{
	json_auto_t *d = NULL;
	if (!deployment_get(m, id, &d, error))
		return false;
	if (strcmp(json_get_text(d, "state", ""), "checking") != 0)
		return true;
	return set_evidence(m, id, "check", check, error) &&
	       (why_not ? finish(m, id, "refused", DEPLOY_WHO_AUTO, why_not, error) : start(m, id, error));
}

bool deployment_checked(Meta *m, const char *id, const json_t *check, const char *why_not, json_t **ret, GError **error)
{
	return meta_begin_durable(m, error) && meta_end(m, checked(m, id, check, why_not, error), error) &&
	       deployment_get(m, id, ret, error);
}

/* What the candidate was set beside must be what it replaces. */
static bool check_champion(Meta *m, const json_t *d, GError **error)
{
	json_auto_t *champion = NULL;
	const char *model = json_get_text(d, "model", "");
	if (!registry_alias(m, model, ALIAS_CHAMPION, &champion, error))
		return false;
	int64_t now = json_get_int(champion, "version", 0);
	if (!now || now == json_get_int(d, "stable", 0) || now == json_get_int(d, "version", 0))
		return true;
	return fail(error, FAIL_CONFLICT,
	        "version %d of the model \"%s\" became the champion meanwhile: roll the deployment back, and begin it "
	        "again",
	        (int)now, model);
}

/* The gate's word, or the override the deployment was begun with.  What no person decided is recorded as the gate's, so that it
 * does not stand in the way of the next run's (registry_may_promote). */
static bool promote(Meta *m, const json_t *d, const char *who, const char *reason, GError **error)
{
	const char *model = json_get_text(d, "model", "");
	bool override = json_get_bool(json_object_get(d, "params"), "override", false);
	bool is_auto = g_strcmp0(who, DEPLOY_WHO_AUTO) == 0;
	if (strcmp(json_get_text(d, "state", ""), "running") != 0)
		return fail(error, FAIL_CONFLICT, "version %d of the model \"%s\" is still being checked",
		        (int)json_get_int(d, "version", 0), model);
	if (!check_champion(m, d, error))
		return false;
	return registry_move(m, model, ALIAS_CHAMPION, (int)json_get_int(d, "version", 0),
	               override ? "override" : "gate",
	               override  ? json_get_text(d, "who", "")
	               : is_auto ? WHO_GATE
	                         : who,
	               reason ? reason : json_get_text(d, "reason", NULL), error) &&
	       finish(m, json_get_text(d, "id", ""), "promoted", who, reason, error);
}

/* After the promotion: the champion goes back, as far as nobody has moved it since. */
static bool take_back(Meta *m, const json_t *d, const char *who, const char *reason, GError **error)
{
	const char *id = json_get_text(d, "id", ""), *model = json_get_text(d, "model", "");
	json_auto_t *champion = NULL, *why = json_text(reason);
	int version;
	if (!registry_alias(m, model, ALIAS_CHAMPION, &champion, error))
		return false;
	if (json_get_int(champion, "version", 0) != json_get_int(d, "version", 0))
		return fail(error, FAIL_CONFLICT,
		        "version %d of the model \"%s\" is not the champion any more: there is nothing to take back",
		        (int)json_get_int(d, "version", 0), model);
	if (!registry_rollback(
	            m, model, ALIAS_CHAMPION, g_strcmp0(who, DEPLOY_WHO_AUTO) == 0 ? WHO_GATE : who, &version, error))
		return false;
	json_auto_t *about = json_pack("{s:O,s:i}", "reason", why, "back_to", version);
	return meta_run(m, "UPDATE deployments SET state = 'rolled_back', undone = $2 WHERE id = $1",
	               json_pack("[sI]", id, (json_int_t)meta_now()), NULL, error) &&
	       deployment_event(m, id, "rolled_back", who, about, error);
}

static bool share(Meta *m, const char *model, double percent, const char *who, json_t **ret_open, GError **error)
{
	json_auto_t *open = NULL;
	if (!deployment_current(m, model, &open, error))
		return false;
	if (!open || strcmp(json_get_text(open, "state", ""), "running") != 0)
		return fail(error, FAIL_NOT_FOUND, "no deployment of the model \"%s\" is running", model);
	const StrategyKind *kind = strategy_find(json_get_text(open, "strategy", ""));
	if (!kind || !kind->is_judged)
		return fail(
		        error, FAIL_INVALID, "a deployment by %s has no share", json_get_text(open, "strategy", ""));
	json_t *params = json_object_get(open, "params");
	json_auto_t *about = json_pack("{s:O,s:f}", "from", json_object_get(params, "percent"), "to", percent);
	json_object_set_new(params, "percent", json_real(percent));
	*ret_open = json_incref(open);
	return meta_run(m, "UPDATE deployments SET params = $2 WHERE id = $1",
	               json_pack("[OO]", json_object_get(open, "id"), params), NULL, error) &&
	       deployment_event(m, json_get_text(open, "id", ""), "share", who, about, error);
}

bool deployment_share(Meta *m, const char *model, double percent, const char *who, json_t **ret, GError **error)
{
	json_auto_t *open = NULL;
	if (!(percent >= 0 && percent <= 100))
		return fail(error, FAIL_INVALID, "a share lies between 0 and 100 %%");
	if (!meta_begin_durable(m, error))
		return false;
	return meta_end(m, share(m, model, percent, who, &open, error), error) &&
	       deployment_get(m, json_get_text(open, "id", ""), ret, error);
}

static bool roll_back(Meta *m, const json_t *open, const char *model, const char *who, const char *reason,
        json_t **ret_which, GError **error)
{
	json_auto_t *last = NULL;
	if (open) {
		*ret_which = json_incref((json_t *)open);
		return finish(m, json_get_text(open, "id", ""), "rolled_back", who, reason, error);
	}
	if (!deployment_newest(m, model, &last, error))
		return false;
	if (!last || strcmp(json_get_text(last, "state", ""), "promoted") != 0)
		return fail(error, FAIL_NOT_FOUND, "no deployment of the model \"%s\" is there to roll back", model);
	*ret_which = json_incref(last);
	return take_back(m, last, who, reason, error);
}

static bool end(Meta *m, const char *model, const char *how, const char *who, const char *reason, json_t **ret_which,
        GError **error)
{
	json_auto_t *open = NULL;
	if (!deployment_current(m, model, &open, error))
		return false;
	if (strcmp(how, "rolled_back") == 0)
		return roll_back(m, open, model, who, reason, ret_which, error);
	if (!open)
		return fail(error, FAIL_NOT_FOUND, "no deployment of the model \"%s\" is in progress", model);
	*ret_which = json_incref(open);
	return promote(m, open, who, reason, error);
}

bool deployment_end(
        Meta *m, const char *model, const char *how, const char *who, const char *reason, json_t **ret, GError **error)
{
	json_auto_t *which = NULL;
	if (strcmp(how, "promoted") != 0 && strcmp(how, "rolled_back") != 0)
		return fail(error, FAIL_INVALID, "a deployment ends as promoted or rolled_back, not as \"%s\"", how);
	if (!meta_begin_durable(m, error))
		return false;
	return meta_end(m, end(m, model, how, who, reason, &which, error), error) &&
	       deployment_get(m, json_get_text(which, "id", ""), ret, error);
}
