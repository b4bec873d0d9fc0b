/* figure.h: the figures of the `kpi:` block: what the project earns or saves, and how that is found.
 *
 * A figure is SQL over predictions and outcomes (a text, or {sql: text}), the worth of right and wrong decisions
 * ({worth: {tp, fp, fn, tn}}: the mean over rows), or a number that somebody else measures and sends ({pushed: mean | sum | last}).  A figure of SQL
 * may say what it came to before there was a model: `today`, a number or SQL over the same rows.
 *
 * Whatever its form, the block comes out as
 *     {name: {"sql": text, or "pushed": text; "unit": text, "today": text of SQL, or absent; "per": "prediction" | "period"}} */
#pragma once

#include <jansson.h>
#include <stdbool.h>

#include "base/param.h"

extern const Param FIGURE_PARAMS[];
extern const Param WORTH_PARAMS[];

/* The figures of a kpi block; problems are told by path, and what has one is left out.  goal: its target and positive class are
 * what `worth` is about.  New reference. */
json_t *figures_check(const json_t *kpi, const json_t *goal, ParamReport *report, void *context);

/* Is the goal's target called as a figure's SQL calls what the model says (prediction; with classes, probability)?  Then SQL cannot tell them
 * apart. */
bool figures_confuse(const json_t *goal);

/* {name: SQL} of the figures that have it: what an evaluation before deployment can find.  New reference. */
json_t *figures_sql(const json_t *figures);

/* The goal without criteria on figures that are pushed: what can be judged before deployment.  New reference. */
json_t *figures_goal(const json_t *figures, const json_t *goal);
