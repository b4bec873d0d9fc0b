/* command_settings.h: settings of a user's program, some of which a search may draw. */
#pragma once

#include <jansson.h>
#include <stdint.h>

/* Values as they are, but for {"min", "max", "log": bool, "default"} (whole numbers if min and max are) and {"choices": [...],
 * "default"}: draw 0 gives their default (else the middle, the first), others a value drawn by the number.  New reference. */
json_t *command_settings(const json_t *settings, uint64_t draw);
