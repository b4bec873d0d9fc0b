/* concept_columns.h: in which columns outcomes are no longer what was expected: where the concept changed.
 *
 * Each column is cut at the deciles of the reference profile, or at its categories; rows with no value are a part of their own.  With
 * residuals r and their variances v (monitor/expected.h), in part b S_b = sum r, V_b = sum v and n_b rows.  A column's part in the change is
 * what its cut explains of the residuals beyond what it would by chance, sum (S_b^2 - V_b) / n_b, less the same for all rows as one part:
 * a change that is everywhere alike is of no column.  Its p is that of sum S_b^2 / V_b - S^2 / V, which is chi-squared when nothing
 * differs between the parts. */
#pragma once

#include "monitor/look.h"

/* rows: those whose outcome is known, with the model's inputs as they came; residual and variance: of each.  ret: as many as `most`, largest first, only those beyond
 * chance: [{"column", "share" (of the parts of all columns), "p", "where": {"from", "to": numbers|null} | {"is": text|null}, "rows",
 * "off": mean residual there}]. */
json_t *concept_columns(
        const LookInput *in, const Frame *rows, const double *residual, const double *variance, size_t most);
