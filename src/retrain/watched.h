/* watched.h: what the trigger new_data looks at: files, or a query over the sources. */
#pragma once

#include <glib.h>
#include <jansson.h>
#include <stdbool.h>

/* {path: "SIZE:TIME"} of every regular file that `watch` names (files, folders, patterns); none named: the files of the sources.
 * A pattern or folder without files is fine; a source's file that is not there is FAIL_NOT_FOUND.  FAIL_LIMIT beyond
 * LIMIT_WATCHED_FILES. */
bool watched_files(const char *folder, const json_t *watch, const json_t *sources, json_t **ret, GError **error);

/* The one value of a query over the sources: number, text or null.  FAIL_INVALID when it gives another shape. */
bool watched_value(const char *folder, const json_t *sources, const char *sql, const char *state_folder, json_t **ret,
        GError **error);
