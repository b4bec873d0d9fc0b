/* schema_check.h: a table held to a schema, in the manner of TFDV: what is other becomes an anomaly, and the schema that would
 * accept it is proposed.
 *
 * An anomaly is {"column", "kind", "severity", "sentence"} and for values "fraction" (of the rows) and "examples":
 *
 *   kind             severity
 *   missing_column   fail      the schema has it, the table not
 *   type             fail      it is of another type
 *   missing_values   fail      a column that had no gaps has some
 *   new_column       warn      the table has it, the schema not
 *   new_values       warn      texts outside the domain
 */
#pragma once

#include "data/scan.h"
#include "data/schema.h"

typedef struct SchemaCheck SchemaCheck;

/* Compares names and types at once, and asks the scan for the rest.  `actual`: the table's own columns.  Both schemas must
 * outlive the check. */
SchemaCheck *schema_check_new(const json_t *schema, const json_t *actual, Scan *scan);
void schema_check_free(SchemaCheck *c);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(SchemaCheck, schema_check_free)

/* After the scan was run over `from`: the anomalies, and the relaxed schema (which NULL does not ask for).  Examples are read
 * for columns with new values only. */
bool schema_check_finish(SchemaCheck *c, const Scan *scan, Engine *e, const char *from, json_t **ret_anomalies,
        json_t **ret_relaxed, GError **error);

/* "0.4%", "<0.01%": a share of rows in words.  Free with g_free. */
char *share_text(double share);
