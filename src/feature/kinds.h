/* kinds.h: every transform, one file each; the list is in transform.c. */
#pragma once

#include "feature/transform.h"

extern const TransformKind TRANSFORM_ARITHMETIC, TRANSFORM_BIN, TRANSFORM_CATEGORY, TRANSFORM_CLIP, TRANSFORM_COUNT,
        TRANSFORM_CROSS, TRANSFORM_DATE_PARTS, TRANSFORM_DROP, TRANSFORM_IMPUTE, TRANSFORM_LOG, TRANSFORM_ONE_HOT,
        TRANSFORM_ORDINAL, TRANSFORM_SCALE, TRANSFORM_TARGET_MEAN;

/* What nearly every table begins and ends with. */
#define PARAM_COLUMNS(text)                                                                   \
	{                                                                                     \
		.name = "columns", .type = PARAM_TEXTS, .help = text, .flags = PARAM_REQUIRED \
	}
#define PARAM_KEEP                                                                        \
	{                                                                                 \
		.name = "keep", .type = PARAM_BOOL, .preset = "false",                    \
		.help = "keep a column of numbers as a feature beside what is made of it" \
	}
