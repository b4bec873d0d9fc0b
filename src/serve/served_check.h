/* served_check.h: may a version take the place of another? */
#pragma once

#include "serve/served.h"

/* Requests made for `stable` fit: every input of the candidate is one of the stable version's, of a type its values can be read
 * as, and the task is the same.  FAIL_CONFLICT names what does not. */
bool served_fits(const Served *candidate, const Served *stable, GError **error);

/* Answers rows ([{input: value}], as served_example gives them), each with finite scores.  *ret_slowest_us: of one row.  The error
 * goes on record: it names the row, the column and what is wrong, and shows no value. */
bool served_replay(const Served *s, const json_t *rows, double *ret_slowest_us, GError **error);
