/* key.h: what a step's result can depend on, as JSON; its digest is the step's key.
 *
 * {"format": 1, "kind", "version", "params", "inputs": {name: digest}, "outputs": [names, sorted], "seed"}, for commands also
 * "command": [words], "files": {path: digest}, "environment": {name: digest of the value, or null when not set}.  Values of
 * variables are kept as digests because they are often secrets.  Canonical JSON quotes every text, so no two
 * different components have the same bytes; "format" is raised when the encoding itself changes. */
#pragma once

#include "pipeline/plan_inside.h"

/* inputs: {name: {"digest", ...}}; files: {path: digest} or NULL.  New reference. */
json_t *key_components(const Node *n, const json_t *inputs, const json_t *files);

/* What differs, in words: "param trials changed from 20 to 30; input snapshot changed".  NULL if nothing does.  g_free. */
char *key_difference(const json_t *before, const json_t *now);
