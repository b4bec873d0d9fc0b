/* outline.h: the columns there are at one place of a recipe: names and types, without values. */
#pragma once

#include <glib.h>
#include <jansson.h>
#include <stdbool.h>

#include "data/frame.h"

typedef struct OutlineColumn {
	char *name;
	ColumnType type;
	bool raw;        /* as it is in the data */
	bool categories; /* codes of categories: a feature, but nothing that transforms may reckon with */
	bool aside;      /* a number for views only: likewise */
	bool consumed;   /* a transform made something else of it: no feature in its own right */
	unsigned pass;   /* how often the rows must have been read before its values are known */
} OutlineColumn;

typedef struct Outline {
	GPtrArray *columns; /* of OutlineColumn *, in the order of a frame's */
	/* Of the transform whose outline is made now: */
	unsigned pass;       /* given to the columns it sets */
	const json_t *names; /* of the columns it reads: it may replace these */
	char *conflict;      /* another column that it would replace; owned */
} Outline;

/* schema: {"columns": [{"name","type"}...]}; columns whose type is none of the five are left out. */
Outline *outline_new(const json_t *schema);
void outline_free(Outline *o);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Outline, outline_free)
OutlineColumn *outline_find(const Outline *o, const char *name);
/* Adds a column, or replaces one the transform reads in its place (it stays consumed if it was). */
void outline_set(Outline *o, const char *name, ColumnType type);
void outline_setf(Outline *o, ColumnType type, const char *format, ...) G_GNUC_PRINTF(3, 4);
void outline_remove(Outline *o, const char *name);

/* The name nearest to one that is not there, or NULL.  Borrowed. */
const char *outline_nearest(const Outline *o, const char *name);

/* Column number i of params.columns; NULL beyond the end. */
const char *params_column(const json_t *params, size_t i);
bool names_contain(const json_t *names, const char *name); /* is the text in the list? */
