/* ops.c: the table of everything a user can do. */
#include <string.h>

#include "op/op.h"

const Param GLOBAL_PARAMS[] = {
        {"project", PARAM_TEXT, "folder of the project (or one below it)", "\".\"", .letter = 'C', .unit = "DIR"},
        {"json", PARAM_BOOL, "print one JSON object for machines", "false"},
        {"quiet", PARAM_BOOL, "no progress", "false", .letter = 'q'},
        {"help", PARAM_BOOL, "show this help", "false", .letter = 'h'},
        {NULL},
};

#define OP_LINE(op) &(op),
const Op *const OPS[] = {OPS_ALL(OP_LINE) NULL};
#undef OP_LINE

const Op *op_find(const char *name)
{
	for (const Op *const *o = OPS; *o; o++)
		if (strcmp((*o)->name, name) == 0)
			return *o;
	return NULL;
}
