/* figures.h: business figures of a model in use as JSON, period by period. */
#pragma once

#include "impact/measure.h"
#include "op/produced.h"

/* {"at_least": x} or {"at_most": x} of a criterion; null for NULL.  New reference. */
json_t *figures_goal_json(const json_t *criterion);

/* Sets "periods" of `to`, as `gyre kpi` tells them; in: its parameters by and versions. */
bool figures_periods(Produced *p, const char *name, const json_t *figure, const json_t *in, json_t *to, GError **error);
/* The same for a figure that is pushed. */
bool figures_pushed(Produced *p, const char *name, const json_t *figure, const json_t *in, json_t *to, GError **error);
