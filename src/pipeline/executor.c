/* executor.c: the executors there are. */
#include "pipeline/executor.h"

#include <string.h>

extern const Executor EXECUTOR_LOCAL;

const Executor *const EXECUTORS[] = {&EXECUTOR_LOCAL, NULL};

const Executor *executor_find(const char *name)
{
	for (const Executor *const *x = EXECUTORS; *x; x++)
		if (strcmp((*x)->name, name) == 0)
			return *x;
	return NULL;
}
