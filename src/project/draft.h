/* draft.h: findings (inspect.h) written down as a gyre.yaml that explains itself.  What only a person knows is a TODO, which
 * `gyre check` asks for without refusing the file. */
#pragma once

#include <jansson.h>

/* Free with g_free. */
char *draft_yaml(const json_t *findings);
