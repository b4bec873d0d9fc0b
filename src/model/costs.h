/* costs.h: what right and wrong decisions cost, where a business figure says it.
 *
 * A figure is of that form when a row's part in it follows from target and prediction alone and the figure is the mean or the
 * sum of these parts: avg(case when prediction = 1 and late = 1 then 40 when prediction = 1 then -10 else 0 end).  Which it is
 * is found by asking: the engine is given tables of one row each, and then one of several, where mean or sum must come out.
 * One that reads other columns, the probability, or is not additive has no such costs. */
#pragma once

#include <jansson.h>

#include "stats/threshold.h"

/* {"tp", "fp", "fn", "tn"}, all numbers; absent ones are 0. */
DecisionCosts costs_from_json(const json_t *costs);

/* table: the training rows; roles: as feature/recipe.h, two classes; positive: index.  grows: more of the figure is better.
 * *ret_found false: it is not of that form.  Opens an engine and closes it with its threads. */
bool costs_from_figure(const char *table, const json_t *roles, size_t positive, const char *sql, bool grows,
        DecisionCosts *ret, bool *ret_found, GError **error);
