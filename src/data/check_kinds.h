/* check_kinds.h: what the files of check kinds share. */
#pragma once

#include <string.h>

#include "base/error.h"
#include "base/json.h"
#include "data/check.h"
#include "data/schema.h"

#define CHECK_COLUMN                                                                \
	{                                                                           \
		.name = "column", .type = PARAM_TEXT, .help = "the column to judge" \
	}
#define CHECK_COLUMNS                                                                                \
	{                                                                                            \
		.name = "columns", .type = PARAM_TEXTS, .help = "or several columns, taken together" \
	}

/* The names under column and columns, in order; borrowed. */
GPtrArray *check_columns(const json_t *params);

/* Reports when neither column nor columns is given. */
void check_needs_column(const json_t *params, const char *path, ParamReport *report, void *context);

/* Reports FORMAT at PATH.KEY (PATH alone for a NULL key). */
void check_report(ParamReport *report, void *context, const char *path, const char *key, const char *format, ...)
        G_GNUC_PRINTF(5, 6);

/* A JSON value as SQL of a column's type; false if it is none.  Free with g_free. */
bool check_literal(const json_t *value, ColumnType type, char **ret);

/* The type of a column in a schema; false if it is not there. */
bool check_column_type(const json_t *schema, const char *column, ColumnType *ret);

/* "a" IS NOT NULL AND "b" IS NOT NULL */
char *check_all_present(const GPtrArray *columns);
/* "a", "b" */
char *check_name_list(const GPtrArray *columns);
