/* alias.c: moving aliases, and back: the stack described in registry.h.
 *
 * Invariant: an alias points at the `to` of its newest move that is neither a rollback nor undone. */
#include "registry/alias.h"

#include <string.h>

#include "base/error.h"
#include "base/json.h"

enum { ALIAS_CHARACTERS = 255 };

static bool has_only_alias_characters(const char *alias)
{
	for (const char *c = alias; *c; c = g_utf8_next_char(c))
		if (!g_unichar_isalnum(g_utf8_get_char(c)) && !strchr("_-", *c))
			return false;
	return true;
}

static bool means_version(const char *alias)
{
	const char *digits = *alias == 'v' || *alias == 'V' ? alias + 1 : alias;
	return strcmp(alias, "latest") == 0 || (*digits && strspn(digits, "0123456789") == strlen(digits));
}

static bool check_alias(const char *alias, GError **error)
{
	if (!alias || !*alias || !g_utf8_validate(alias, -1, NULL) || !has_only_alias_characters(alias))
		return fail(error, FAIL_INVALID, "an alias is made of letters, digits, _ and -");
	if (g_utf8_strlen(alias, -1) > ALIAS_CHARACTERS)
		return fail(error, FAIL_INVALID, "the alias \"%.40s...\" is longer than %d characters", alias,
		        ALIAS_CHARACTERS);
	return !means_version(alias) ||
	       fail(error, FAIL_INVALID, "\"%s\" cannot be an alias: it stands for a version", alias);
}

bool alias_version(Meta *m, const char *name, const char *alias, int *ret, GError **error)
{
	json_auto_t *row = NULL;
	if (!meta_row(m, "SELECT version FROM model_aliases WHERE name = $1 AND alias = $2",
	            json_pack("[ss]", name, alias), &row, error))
		return false;
	*ret = (int)json_get_int(row, "version", 0);
	return true;
}

typedef struct Move {
	const char *name, *alias;
	int from, to; /* from 0: the alias is new */
	const char *why, *who, *reason;
} Move;

static bool record(Meta *m, const Move *move, int64_t *ret_id, GError **error)
{
	json_auto_t *row = NULL;
	json_auto_t *from = move->from ? json_integer(move->from) : json_null();
	json_auto_t *reason = json_text(move->reason);
	json_auto_t *who = json_text(move->who ? move->who : "");
	if (!meta_row(m,
	            "INSERT INTO alias_moves (move_id, name, alias, from_version, to_version, why, who, reason, moved)"
	            " SELECT coalesce(max(move_id), 0) + 1, $1, $2, $3, $4, $5, $6, $7, $8 FROM alias_moves"
	            " RETURNING move_id",
	            json_pack(
	                    "[ssOisOOI]", move->name, move->alias, from, move->to, move->why, who, reason, meta_now()),
	            &row, error))
		return false;
	*ret_id = json_get_int(row, "move_id", 0);
	return true;
}

static bool point(Meta *m, const Move *move, int64_t *ret_id, GError **error)
{
	return meta_run(m,
	               "INSERT INTO model_aliases (name, alias, version) VALUES ($1, $2, $3)"
	               " ON CONFLICT (name, alias) DO UPDATE SET version = excluded.version",
	               json_pack("[ssi]", move->name, move->alias, move->to), NULL, error) &&
	       meta_run(m, "UPDATE models SET updated = $2 WHERE name = $1", json_pack("[sI]", move->name, meta_now()),
	               NULL, error) &&
	       record(m, move, ret_id, error);
}

static bool check_version(Meta *m, const char *name, int version, GError **error)
{
	json_auto_t *row = NULL;
	if (!registry_check_model(m, name, error) ||
	        !meta_row(m, "SELECT 1 AS found FROM model_versions WHERE name = $1 AND version = $2",
	                json_pack("[si]", name, version), &row, error))
		return false;
	return row || fail(error, FAIL_NOT_FOUND, "the model \"%s\" has no version %d", name, version);
}

static bool move_once(Meta *m, Move *move, GError **error)
{
	int64_t id;
	if (!check_version(m, move->name, move->to, error) ||
	        !alias_version(m, move->name, move->alias, &move->from, error))
		return false;
	return move->from == move->to || point(m, move, &id, error);
}

bool registry_move(Meta *m, const char *name, const char *alias, int version, const char *why, const char *who,
        const char *reason, GError **error)
{
	Move move = {.name = name, .alias = alias, .to = version, .why = why, .who = who, .reason = reason};
	if (strcmp(why, "gate") != 0 && strcmp(why, "override") != 0)
		return fail(error, FAIL_INVALID, "an alias moves by \"gate\" or \"override\", not by \"%s\"", why);
	if (strcmp(why, "override") == 0 && (!who || !*who))
		return fail(error, FAIL_INVALID, "an override needs the name of the person who answers for it");
	if (!check_alias(alias, error) || !meta_begin_durable(m, error))
		return false;
	return meta_end(m, move_once(m, &move, error), error);
}

static bool undo(Meta *m, Move *move, GError **error)
{
	json_auto_t *row = NULL;
	int64_t id;
	if (!meta_row(m,
	            "SELECT move_id, from_version, to_version FROM alias_moves"
	            " WHERE name = $1 AND alias = $2 AND why <> 'rollback' AND undone_by IS NULL"
	            " ORDER BY move_id DESC LIMIT 1",
	            json_pack("[ss]", move->name, move->alias), &row, error))
		return false;
	move->from = (int)json_get_int(row, "to_version", 0);
	move->to = (int)json_get_int(row, "from_version", 0);
	if (!move->from)
		return fail(error, FAIL_NOT_FOUND, "the model \"%s\" has no %s to roll back", move->name, move->alias);
	if (!move->to)
		return fail(error, FAIL_NOT_FOUND,
		        "the %s of the model \"%s\" is version %d, and there was none before it to go back to",
		        move->alias, move->name, move->from);
	return point(m, move, &id, error) &&
	       meta_run(m, "UPDATE alias_moves SET undone_by = $2 WHERE move_id = $1",
	               json_pack("[II]", json_get_int(row, "move_id", 0), id), NULL, error);
}

bool registry_rollback(Meta *m, const char *name, const char *alias, const char *who, int *ret_version, GError **error)
{
	Move move = {.name = name, .alias = alias, .why = "rollback", .who = who};
	if (!meta_begin_durable(m, error))
		return false;
	bool ok = registry_check_model(m, name, error) && undo(m, &move, error);
	if (!meta_end(m, ok, error))
		return false;
	*ret_version = move.to;
	return true;
}

/* The newest move of the alias, if a person made it after the version was registered. */
static bool newest_by_hand(Meta *m, const char *name, const char *alias, int version, json_t **ret, GError **error)
{
	return meta_row(m,
	        "SELECT a.who, a.to_version FROM alias_moves a WHERE a.name = $1 AND a.alias = $2"
	        " AND a.move_id = (SELECT max(b.move_id) FROM alias_moves b WHERE b.name = $1 AND b.alias = $2)"
	        " AND a.who <> $4"
	        " AND a.moved >= (SELECT v.created FROM model_versions v WHERE v.name = $1 AND v.version = $3)",
	        json_pack("[ssis]", name, alias, version, WHO_GATE), ret, error);
}

static bool was_rolled_back(Meta *m, const char *name, const char *alias, int version, json_t **ret, GError **error)
{
	return meta_row(m,
	        "SELECT r.who FROM alias_moves a JOIN alias_moves r ON r.move_id = a.undone_by"
	        " WHERE a.name = $1 AND a.alias = $2 AND a.to_version = $3 ORDER BY r.move_id DESC LIMIT 1",
	        json_pack("[ssi]", name, alias, version), ret, error);
}

bool registry_may_promote(Meta *m, const char *name, const char *alias, int version, char **ret_why_not, GError **error)
{
	json_auto_t *rolled_back = NULL, *by_hand = NULL;
	if (!was_rolled_back(m, name, alias, version, &rolled_back, error) ||
	        !newest_by_hand(m, name, alias, version, &by_hand, error))
		return false;
	*ret_why_not = NULL;
	if (rolled_back)
		*ret_why_not = g_strdup_printf(
		        "%s was rolled back from version %d by %s; promote it by name if it shall return", alias,
		        version, json_get_text(rolled_back, "who", ""));
	else if (by_hand)
		*ret_why_not = g_strdup_printf("%s was moved to version %d by %s after version %d was registered",
		        alias, (int)json_get_int(by_hand, "to_version", 0), json_get_text(by_hand, "who", ""), version);
	return true;
}

bool registry_moves(Meta *m, const char *name, json_t **ret, GError **error)
{
	json_auto_t *rows = NULL;
	if (!registry_check_model(m, name, error) ||
	        !meta_run(m,
	                "SELECT alias, from_version AS \"from\", to_version AS \"to\", why, who, reason, moved AS at,"
	                " undone_by IS NOT NULL AS undone FROM alias_moves WHERE name = $1 ORDER BY move_id DESC",
	                json_pack("[s]", name), &rows, error))
		return false;
	json_t *row;
	size_t i;
	json_array_foreach (rows, i, row)
		json_object_set_new(row, "undone", json_boolean(json_get_int(row, "undone", 0)));
	*ret = g_steal_pointer(&rows);
	return true;
}
