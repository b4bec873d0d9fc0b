/* pick.h: columns of a frame by their names, some rows of it by their numbers, and values put back at them. */
#pragma once

#include <stdint.h>

#include "data/frame.h"

/* As frame_find, but looks first where the last column was found: transforms of thousands of columns, each of one, come
 * in the order of the columns.  (Looking from the start took 28 ms for a row of 2,000 scaled columns.) */
Column *rows_find(const Frame *rows, const char *name);
/* Puts a column in the place of the one of its name. */
void rows_replace(Frame *rows, Column *c);
/* Puts a column behind all others, whose name the caller knows to be new; recipes see to it when they are fitted.  (frame_add
 * looks through all columns: copies of wide frames took the square of them.) */
void rows_append(Frame *rows, Column *c);

/* The rows `rows[0 .. count)`, in that order, of the named columns (a list of texts).  Dictionaries are shared. */
Frame *frame_pick(const Frame *f, const json_t *names, const uint32_t *rows, size_t count);

/* into[rows[i]] = from[i], for columns of type real. */
void column_put_back(Column *into, const Column *from, const uint32_t *rows);

/* Sorts row numbers by group, keeping their order: rows of group g are ret[starts[g] .. starts[g+1]). starts: groups +
 * 1. */
void rows_by_group(const uint32_t *group, size_t rows, size_t groups, uint32_t *ret, size_t *starts);
