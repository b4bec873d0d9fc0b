/* apart.h: a command run as a process of its own, for servers: whatever it loads or fills its memory with, the server neither grows by it
 * nor ends with it. */
#pragma once

#include "op/op.h"

/* The command's result, or its error.  given: its parameters, as they were given.  Takes as long as the command does; when the server is
 * ending (app->is_ending), app->end_s more at most, and is then FAIL_UNAVAILABLE: such commands may be killed and given again. */
bool op_apart(const App *app, const Op *op, const json_t *given, json_t **ret, GError **error);
