/* kinds.h: every transform, one file each; the list is in transform.c. */
#pragma once

#include "feature/transform.h"

extern const TransformKind TRANSFORM_ARITHMETIC;
extern const TransformKind TRANSFORM_BIN;
extern const TransformKind TRANSFORM_CATEGORY;
extern const TransformKind TRANSFORM_CLIP;
extern const TransformKind TRANSFORM_COUNT;
extern const TransformKind TRANSFORM_CROSS;
extern const TransformKind TRANSFORM_DATE_PARTS;
extern const TransformKind TRANSFORM_DROP;
extern const TransformKind TRANSFORM_IMPUTE;
extern const TransformKind TRANSFORM_LOG;
extern const TransformKind TRANSFORM_ONE_HOT;
extern const TransformKind TRANSFORM_ORDINAL;
extern const TransformKind TRANSFORM_SCALE;
extern const TransformKind TRANSFORM_TARGET_MEAN;
extern const TransformKind TRANSFORM_WORDS;

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
