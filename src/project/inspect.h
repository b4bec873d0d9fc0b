/* inspect.h: looks at data and says what a project on it could be: the task, who rows are, what must not be a feature, how
 * to split, what to check, what to hope for.  Everything is a proposal with its reason; draft.h writes it down for people
 * to change.
 *
 * Findings:
 * {"project": a name for it,
 *  "data": {"sources", "query"?},
 *  "rows", "looked_at": rows, "columns": how many,
 *  "goal": {"task", "target", "positive": label|null, "reasons": [sentences], "classes": [{"label", "rows"}]|null,
 *           "metric", "at_least"|"at_most", "metric_reason"},
 *  "time": {"column", "reason"}|null, "key": {"columns", "reason"}|null, "group": {"column", "reason"}|null,
 *  "drop": [{"column", "kind": "leak"|"after"|"identifier"|"text"|"constant", "reason"}],
 *  "split": {"by", "test", "reason"},
 *  "checks": [as in data.checks],
 *  "models": {"families", "trials", "reason"},
 *  "slices": [columns],
 *  "neighbours": {"agree", "chance"}?: how often the target of a row is that of the row before, where that is striking,
 *  "notes": [sentences: what a person should know or decide],
 *  "profile": data/profile.h's} */
#pragma once

#include "data/engine.h"

/* data: the block as in gyre.yaml, {"sources": {name: {"kind", ...}}, "query"?}, or one source of kind file, {"path", ...}, which
 * then gets the file's name; relative paths start at `folder`.  FAIL_NOT_FOUND for a file or column that is not there,
 * FAIL_INVALID where nothing can be predicted. */
bool inspect_data(Engine *e, const char *folder, const json_t *data, const char *target, json_t **ret, GError **error);
