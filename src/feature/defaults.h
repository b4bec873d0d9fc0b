/* defaults.h: transforms chosen by column type for what a project's own list leaves without numbers.
 *
 *   bool, int, real    stay as they are; a column that alone is the key is dropped
 *   time               date_parts: weekday; minute_of_day if times of the day differ (hour if only whole hours do);
 *                      month if the data span two years.  Not year or epoch: values that training has never seen
 *   text               no or one value: dropped.  At most 30 values: one_hot.  Nearly unique (more than 9 distinct in
 * 10): dropped
 *                      Else count, and target_mean (ordinal for a target of more than 10 classes).  Of three values or
 *                      more also category, for the families of models that know categories, and, where the target's mean
 *                      is not there yet, target_mean aside: for views only
 */
#pragma once

#include "feature/outline.h"

enum {
	DEFAULT_ONE_HOT = 30, /* values: as many columns are still few beside what linear models and trees cope with */
	DEFAULT_CATEGORIES = 3,    /* values: of two, a column of 0 and 1 says all */
	DEFAULT_MEAN_CLASSES = 10, /* classes: target_mean makes a column for each */
	DEFAULT_MONTH_DAYS =
	        730, /* days: each month is then seen twice; in less, the month is but the time that passes */
};

/* columns: after the project's own list.  distinct: as in recipe_plan.  A list of entries with "note". */
json_t *defaults_choose(const Outline *columns, const json_t *roles, const json_t *distinct);
