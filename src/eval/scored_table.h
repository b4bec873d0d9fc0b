/* scored_table.h: the test rows as a table of the engine, with what a bundle said: what KPI expressions and the artifact
 * `scored` read. */
#pragma once

#include "eval/score.h"

/* Makes the table `name` (rows of test_path in order): all columns of the test rows and prediction (in the target's type),
 * for classification probability (of the positive class; multiclass: of the predicted one), and loss.  A column of the data that is
 * called prediction or probability is hidden behind the answer; one that is called loss keeps its name. */
bool scored_table(Engine *e, const char *name, const char *test_path, const Bundle *b, const TestSet *t,
        const Answers *a, GError **error);

/* The columns of the data that are seen beside the answers, as a list for SELECT; the target always is.  Free with g_free. */
char *scored_columns(const char *target, bool classifies);

/* Evaluates each expression of the kpi block over a table: {name: number|null}; an expression the engine refuses is
 * FAIL_INVALID naming it. */
bool kpi_values(Engine *e, const json_t *kpi, const char *table, json_t **ret, GError **error);
