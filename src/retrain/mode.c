/* mode.c: the table of modes. */
#include "retrain/mode.h"

#include <string.h>

const ModeKind *const MODES[] = {&MODE_NONE, &MODE_RETRAIN, &MODE_FINE_TUNE, &MODE_ONLINE, NULL};

const ModeKind *mode_find(const char *name)
{
	for (const ModeKind *const *m = MODES; name && *m; m++)
		if (strcmp((*m)->name, name) == 0)
			return *m;
	return NULL;
}
