/* update.h: how a model learns on from fresh rows: the settings that all families share.
 *
 * keep is how much of what was learnt before stays, from 0 (nothing: what the fresh rows say alone, where the family can
 * tell the two apart) to 1 (every row counts the same, whenever it came).  What each family makes of it stands at its update. */
#pragma once

#include "base/param.h"

extern const Param UPDATE_PARAMS[];
