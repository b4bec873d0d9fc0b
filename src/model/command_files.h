/* command_files.h: which files of a project the family `command` needs. */
#pragma once

#include <glib.h>
#include <jansson.h>
#include <stdbool.h>

/* The files of the project that the family's program is made of: those of params.files, and words of its commands that name
 * one; sorted, each once.  params: the family's, not filled; may be NULL.  Paths below the folder, of g_malloc'd texts. */
bool command_files(const char *folder, const json_t *params, GPtrArray *ret, GError **error);
