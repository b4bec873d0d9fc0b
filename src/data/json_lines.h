/* json_lines.h: JSON lines (and JSON arrays) of flat objects as a view: one column a key, in the order of the first object's
 * keys and then by name.
 *
 * Whole numbers are int, others real, true and false bool, texts text or (all ISO) time; a column of several kinds is text.
 * null and an absent key are missing.  Objects and lists inside are refused. */
#pragma once

#include "data/source.h"

/* compression: "none", "gzip", "zstd".  Uses the params nulls, types and time_format. */
bool json_lines_open(Engine *e, const SourceInput *in, const char *compression, int64_t *ret_rows, GError **error);
