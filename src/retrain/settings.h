/* settings.h: the block `retrain` of gyre.yaml. */
#pragma once

#include "base/param.h"

extern const char *const RETRAIN_MODES[]; /* NULL-ended */
extern const Param RETRAIN_PARAMS[], RETRAIN_BUDGET_PARAMS[], RETRAIN_JUDGE_PARAMS[], RETRAIN_ONLINE_PARAMS[];

/* Checks the block (NULL: absent) and reports every problem with its path.  Returns it with all defaults: `budget`, `judge` and `online`
 * filled by their tables, and the params of every trigger by its name (`schedule`, a text, becomes {"cron": text}); a trigger
 * that needs settings and has none stays absent.  NULL when there were problems.  New reference. */
json_t *retrain_check(const json_t *block, ParamReport *report, void *context);

/* A length of time of the block, in us. */
int64_t retrain_length(const json_t *retrain, const char *key);
