/* lower.h: a recipe as a short program over single values, which every export writes down in its own language.
 *
 * Two kinds of places: numbers (double, NaN missing; booleans are 0 and 1, times microseconds since 1970 UTC) and texts (or
 * missing).  Each step makes one new place of earlier ones; the features are places, rounded to float32 at the end: infinity
 * becomes missing, too large a number the largest float. */
#pragma once

#include <glib.h>
#include <jansson.h>
#include <stdbool.h>

typedef enum LowerOp {
	LOWER_NUMBER,         /* input `index` */
	LOWER_TEXT,           /* input `index`, a text */
	LOWER_LOOK_UP,        /* text a: keys -> values; `other` if it is none of them, `missing` if it is missing */
	LOWER_LOOK_UP_NUMBER, /* the same for a number: key_numbers */
	LOWER_EQUALS,         /* a == p ? 1 : 0 */
	LOWER_AFFINE,         /* (a - p) / q */
	LOWER_LOG,            /* v = a + p: sign(v) log(1 + |v|) */
	LOWER_CLIP,           /* from p to q; NaN: no bound */
	LOWER_FILL,           /* p where a is missing or infinite */
	LOWER_ABSENT,         /* 1 where a is missing or infinite, else 0 */
	LOWER_FILL_TEXT,      /* `text` where a is missing */
	LOWER_ABSENT_TEXT,
	LOWER_BIN,        /* how many of values are not above a */
	LOWER_RATIO,      /* a / b; missing if b is 0 */
	LOWER_DIFFERENCE, /* a - b */
	LOWER_PRODUCT,
	LOWER_SUM,
	LOWER_JOIN,      /* texts a and b with `text` between; missing if one is */
	LOWER_DATE_PART, /* `text`: a part of date_parts */
	LOWER_WORDS,     /* text a: words in `count` buckets, a list of numbers as feature/words.c makes them */
	LOWER_ITEM,      /* number `index` of the list a */
} LowerOp;

typedef struct LowerStep {
	LowerOp op;
	unsigned a, b; /* places: numbers of steps */
	size_t index;
	double p, q;
	char *text;
	GPtrArray *keys;              /* texts */
	GArray *key_numbers, *values; /* doubles */
	double other, missing;
	/* words: `text` is how they weigh; values are one a bucket for tf_idf, else none */
	unsigned count, least;
	bool pairs;
} LowerStep;

typedef struct LowerInput {
	char *name;
	const char *type; /* "bool", "int", "real", "text" or "time" */
} LowerInput;

typedef struct Lowered {
	GPtrArray *inputs; /* of LowerInput * */
	GPtrArray *steps;  /* of LowerStep * */
	GArray *features;  /* of unsigned: steps */
	GPtrArray *names;  /* of features */
} Lowered;

/* FAIL_INVALID, naming the transform, where one cannot be said so. */
bool lower_recipe(const json_t *recipe, Lowered **ret, GError **error);
void lowered_free(Lowered *l);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Lowered, lowered_free)

bool lower_is_text(LowerOp op); /* is the place a text? */
bool lower_has(const Lowered *l, LowerOp op);
