/* model_look.h: what the evaluation of a registered version says: for the ops that show parts of it. */
#pragma once

#include "op/desk.h"

/* The positional param "model", as every one of these ops takes it. */
extern const Param MODEL_LOOK_PARAMS[];

/* The evaluation of the version that in.model names (without: the project's own model): "model" is set to "NAME@3". */
bool model_look(App *app, const json_t *in, json_t **ret_evaluation, GError **error);
