/* family.c: the table of families. */
#include "model/family.h"

#include <string.h>

#include "base/json.h"
#include "model/families.h"

const ModelFamily *const FAMILIES[] = {
        &FAMILY_BASELINE, &FAMILY_LINEAR, &FAMILY_FOREST, &FAMILY_BOOSTED, &FAMILY_ENSEMBLE, NULL};

const ModelFamily *family_find(const char *name)
{
	for (const ModelFamily *const *f = FAMILIES; name && *f; f++)
		if (strcmp((*f)->name, name) == 0)
			return *f;
	return NULL;
}

unsigned task_of(const json_t *roles)
{
	if (g_str_equal(json_get_text(roles, "task", "classification"), "regression"))
		return TASK_REGRESSION;
	return json_array_size(json_object_get(roles, "classes")) > 2 ? TASK_MULTICLASS : TASK_BINARY;
}

size_t task_outputs(size_t classes)
{
	return MAX(classes, (size_t)1);
}
