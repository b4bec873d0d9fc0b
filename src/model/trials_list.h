/* trials_list.h: what planning, running and choosing among trials share. */
#pragma once

#include "model/trials.h"

/* Before the yardstick.  name and params are taken. */
Trial *trials_append(Trials *t, char *name, const ModelFamily *family, json_t *params);

/* The mean over folds; NAN: not done, or not defined. */
double trial_value(const Trial *t, const MetricKind *metric);
/* The best of the candidates; false: none is done. */
bool trials_find_best(const Trials *t, const MetricKind *metric, size_t *ret);
