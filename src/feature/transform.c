/* transform.c: the list of transforms. */
#include "feature/transform.h"

#include <string.h>

#include "feature/kinds.h"

const TransformKind *const TRANSFORMS[] = {
        &TRANSFORM_ARITHMETIC,
        &TRANSFORM_BIN,
        &TRANSFORM_CATEGORY,
        &TRANSFORM_CLIP,
        &TRANSFORM_COUNT,
        &TRANSFORM_CROSS,
        &TRANSFORM_DATE_PARTS,
        &TRANSFORM_DROP,
        &TRANSFORM_IMPUTE,
        &TRANSFORM_LOG,
        &TRANSFORM_ONE_HOT,
        &TRANSFORM_ORDINAL,
        &TRANSFORM_SCALE,
        &TRANSFORM_TARGET_MEAN,
        &TRANSFORM_WORDS,
        NULL,
};

const TransformKind *transform_find(const char *name)
{
	for (const TransformKind *const *k = TRANSFORMS; *k; k++)
		if (strcmp((*k)->name, name) == 0)
			return *k;
	return NULL;
}

bool transform_learns(const TransformKind *kind, const json_t *params)
{
	return kind->begin && (!kind->learns || kind->learns(params));
}
