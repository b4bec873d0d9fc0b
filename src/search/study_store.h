/* study_store.h: studies in the metadata store, for programs that ask for trials and tell about them, several at once.
 *
 * Asking and telling hold the right to write from their first look at the study until it is on the disk, so no two workers
 * get the same trial, and none is lost. */
#pragma once

#include "search/study.h"
#include "store/meta.h"

/* Where there is a study of that name with the same space and settings, but for another number of trials, it gets that number:
 * it is extended, or ends sooner; what was asked for stays.  FAIL_CONFLICT where anything else differs, or nothing.  A name is of
 * letters, digits, dots, dashes and underscores.  *ret_old: the study as it was; NULL: a new one was made. */
bool study_store_create(
        Meta *m, const char *name, const json_t *space, const json_t *settings, Study **ret_old, GError **error);
/* FAIL_NOT_FOUND. */
bool study_store_load(Meta *m, const char *name, Study **ret, GError **error);
/* Array of {"study", "method", "created", "trials", "done"}, the newest first. */
bool study_store_list(Meta *m, json_t **ret, GError **error);

/* As study_ask; *ret: {"trial", "params"}, or NULL when there is none now. */
bool study_store_ask(Meta *m, const char *name, json_t **ret, bool *ret_is_waiting, GError **error);
/* As study_hear; *ret_trial: the trial as it is now (study_trial_json). */
bool study_store_tell(
        Meta *m, const char *name, const json_t *message, json_t **ret_answer, json_t **ret_trial, GError **error);
