/* settings.h: the block `monitor` of gyre.yaml. */
#pragma once

#include "base/param.h"

extern const Param MONITOR_PARAMS[], MONITOR_LABELS_PARAMS[];

/* Checks the block (NULL: absent) and reports every problem with its path; returns it with all defaults: `labels` filled by its
 * table, and in `looks` every look by its name with its params filled, or false where it is switched off.  NULL when there
 * were problems.  New reference. */
json_t *monitor_check(const json_t *block, ParamReport *report, void *context);
