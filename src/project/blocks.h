/* blocks.h: checks the blocks of gyre.yaml by their tables. */
#pragma once

#include "project/project.h"

/* Checks everything that can be checked without the data and adds what is wrong to p->problems.  Returns the config with all
 * defaults filled in, or NULL when there were errors. */
json_t *blocks_check(Project *p);
