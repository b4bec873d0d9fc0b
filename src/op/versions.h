/* versions.h: the versions of the data that a project's store knows. */
#pragma once

#include "op/desk.h"

/* Every version there is, newest first, each content once: what `ingest` left, as the engine wrote it down:
 * [{"digest","created","rows","columns","bytes","run","about": the output `ingest`}] */
bool versions_of(const Desk *d, json_t **ret, GError **error);

/* The version a digest's first characters name; the newest for NULL.  Borrowed from the list; NULL with an error. */
json_t *versions_find(const json_t *versions, const char *prefix, GError **error);
