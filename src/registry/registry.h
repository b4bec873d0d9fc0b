/* registry.h: registered models, versions, aliases and who moved them.
 *
 * MLflow's semantics: versions count 1, 2, 3, never reused; an alias points at one version.  `champion` is the version in
 * use; every move of an alias is kept with time, reason and person.
 *
 * The moves of an alias are a stack.  A move by the gate or by a person is laid on top; a rollback takes the top one off
 * (marks it undone) and points the alias at what it pointed at before.  So a rollback after a rollback goes one further
 * back, never forth again: to go forth, move the alias by name.  Nothing is deleted: rollbacks are moves on record too.
 *
 *     gate -> 1, gate -> 2, override -> 3     champion 3
 *     rollback                                champion 2 (3 undone)
 *     rollback                                champion 1 (2 undone)
 *     gate -> 4, rollback                     champion 1
 *     rollback                                FAIL_NOT_FOUND: nothing before 1
 *
 * Names of models: 1 to 250 characters, none of / : @ nor control characters.  Aliases: letters, digits, _ and -, at most
 * 255, but not "latest", a number, or v and a number, which mean versions. */
#pragma once

#include <glib.h>
#include <jansson.h>
#include <stdbool.h>

#include "store/meta.h"

#define ALIAS_CHAMPION "champion"
#define WHO_GATE "gate" /* who moved an alias when no person did: the step register */

/* What is written here is on the disk when the call returns (meta_begin_durable).
 *
 * Registers a bundle: the same (name, digest) again gives the version it has (*ret_new false) and leaves its record.
 * about: {"run_id", "description", "tags": {}, "lineage": {}, "metrics": {name: value}, "gate": {"pass", "reasons"},
 * "judged_against": digest of the champion of then, or null}; all optional, kept as it is. */
bool registry_add(Meta *m, const char *name, const char *bundle_digest, const json_t *about, int *ret_version,
        bool *ret_new, GError **error);

/* Moves an alias (making it where it is new); to where it is already: nothing is done or recorded.  why: "gate" (it
 * passed) or "override" (whether it did or not); who: a person's name, at an override a must, or WHO_GATE; reason may be
 * NULL. */
bool registry_move(Meta *m, const char *name, const char *alias, int version, const char *why, const char *who,
        const char *reason, GError **error);

/* Moves an alias back to the version it pointed at before its newest move that was not undone; FAIL_NOT_FOUND if none. */
bool registry_rollback(Meta *m, const char *name, const char *alias, const char *who, int *ret_version, GError **error);

/* May the gate move the alias to a version that was registered before (registry_add gave *ret_new false)?  Not against a
 * person's decision: neither when the alias was rolled back from that version, nor while its newest move is one
 * a person made (by rollback or by name) after the version was registered.  *ret_why_not: NULL when it may, else a sentence; g_free. */
bool registry_may_promote(
        Meta *m, const char *name, const char *alias, int version, char **ret_why_not, GError **error);

/* "NAME", "NAME@3" (or "NAME@v3"), "NAME@champion", "NAME@latest": NAME alone is its champion, or its newest version where
 * there is none.
 * {"name","version","digest","created" us,"aliases":[],"run_id"|null,"about":{...}} ; unknown names are FAIL_NOT_FOUND with the
 * nearest known one. */
bool registry_get(Meta *m, const char *reference, json_t **ret, GError **error);

/* The version an alias points at as registry_get gives it; *ret NULL when there is no such model or alias. */
bool registry_alias(Meta *m, const char *name, const char *alias, json_t **ret, GError **error);

/* [{"name","versions","champion": version or null,"updated" us}], by name */
bool registry_models(Meta *m, json_t **ret, GError **error);
/* Versions of a model as registry_get gives them, newest first; and the moves of its aliases, newest first:
 * [{"alias","from": version|null,"to","why","who","reason"|null,"at" us,"undone": bool}]. */
bool registry_versions(Meta *m, const char *name, json_t **ret, GError **error);
bool registry_moves(Meta *m, const char *name, json_t **ret, GError **error);
