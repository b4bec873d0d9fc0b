/* schema.h: what columns a table has, of which type, whether values may be missing, and which categories are known.
 *
 * {"columns": [{"name": "origin", "type": "text", "required": true,
 *               "domain": ["ABE", ...] (texts that repeat, with at most 100 distinct values) }...]}
 *
 * Inferred once by the rules of TFDV (presence from what was seen; no numeric bounds, which over-fit), kept in the
 * project's schema.json for people to edit, and from then on checked. */
#pragma once

#include <jansson.h>
#include <stdbool.h>

#include "data/engine.h"

#define SCHEMA_DOMAIN 100 /* TFDV's max_string_domain_size */

/* The schema of a query's result, with domains and presence found in one scan (and a second one over the columns of few
 * distinct texts, for these). */
bool schema_infer(Engine *e, const char *query, json_t **ret, GError **error);

/* The same, and what was counted on the way: {"rows", "columns": [{"name", "type", "missing"}]}.  A text with a NUL byte or
 * longer than LIMIT_CELL_BYTES is an error. */
bool schema_scan(Engine *e, const char *query, json_t **ret_schema, json_t **ret_counts, GError **error);

/* The entry of a column, or NULL.  Borrowed. */
const json_t *schema_column(const json_t *schema, const char *name);
