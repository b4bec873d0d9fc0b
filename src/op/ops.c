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

const Op *const OPS[] = {&OP_NEW, &OP_CHECK, &OP_FEASIBLE, &OP_RUN, &OP_STATUS, &OP_REPORT, &OP_PREDICT, &OP_OUTCOME,
        &OP_LOG_SEAL, &OP_LOG, &OP_EXPLAIN, &OP_SERVE, &OP_MODEL_LS, &OP_MODEL_SHOW, &OP_MODEL_RULES, &OP_MODEL_COMPARE,
        &OP_MODEL_CARD, &OP_MODEL_ERRORS, &OP_MODEL_FAIRNESS, &OP_MODEL_PROMOTE, &OP_MODEL_ROLLBACK, &OP_MODEL_EXPORT,
        &OP_DATA_LOG, &OP_DATA_SHOW, &OP_DATA_PROFILE, &OP_DATA_DIFF, &OP_DATA_COMPARE, &OP_DATA_CAT, &OP_DATA_FOLDS,
        &OP_MONITOR_DETECT, &OP_RUNS, &OP_RUNS_SHOW, &OP_RUNS_COMPARE, &OP_LOGS, &OP_SEARCH_CREATE, &OP_SEARCH_LS,
        &OP_SEARCH_ASK, &OP_SEARCH_TELL, &OP_SEARCH_WATCH, &OP_SEARCH_PIPE, &OP_LINEAGE, &OP_DOCTOR, &OP_COMPLETION,
        &OP_REFERENCE, &OP_VERSION, NULL};

const Op *op_find(const char *name)
{
	for (const Op *const *o = OPS; *o; o++)
		if (strcmp((*o)->name, name) == 0)
			return *o;
	return NULL;
}
