/* rows.h: small tables for the tests of features, written as text. */
#pragma once

#include <glib.h>
#include <jansson.h>
#include <math.h>
#include <string.h>

#include "base/json.h"
#include "data/frame.h"

/* "n:int,s:text\n1,a\n,b": a header with types, then rows; nothing between the commas is missing. */
static inline Frame *rows_of(const char *text)
{
	g_auto(GStrv) lines = g_strsplit(text, "\n", -1);
	g_auto(GStrv) head = g_strsplit(lines[0], ",", -1);
	Frame *rows = frame_new(g_strv_length(lines) - 1);
	for (size_t k = 0; head[k]; k++) {
		g_auto(GStrv) part = g_strsplit(head[k], ":", 2);
		ColumnType type = COLUMN_REAL;
		g_assert_true(column_type_from_name(part[1], &type));
		Column *c = column_new(part[0], type, rows->rows, NULL);
		for (size_t i = 0; i < rows->rows; i++) {
			g_auto(GStrv) cells = g_strsplit(lines[i + 1], ",", -1);
			const char *cell = *cells ? cells[k] : ""; /* of an empty line there are no cells */
			if (!*cell)
				column_set_missing(c, i);
			else if (type == COLUMN_BOOL)
				c->bools[i] = strcmp(cell, "true") == 0;
			else if (type == COLUMN_INT)
				c->ints[i] = g_ascii_strtoll(cell, NULL, 10);
			else if (type == COLUMN_REAL)
				c->reals[i] = g_ascii_strtod(cell, NULL);
			else if (type == COLUMN_TEXT)
				c->codes[i] = dictionary_code(c->dictionary, cell, strlen(cell));
			else
				g_assert_true(time_parse(cell, &c->ints[i]));
		}
		frame_add(rows, c);
	}
	return rows;
}

/* The rows [from, to) with dictionaries of their own, so that codes differ from the whole's. */
static inline Frame *rows_slice(const Frame *all, const uint32_t *order, size_t from, size_t to)
{
	Frame *rows = frame_new(to - from);
	for (guint k = 0; k < all->columns->len; k++) {
		const Column *c = all->columns->pdata[k];
		Column *own = column_new(c->name, c->type, to - from, NULL);
		for (size_t i = from; i < to; i++) {
			size_t row = order ? order[i] : i;
			if (column_is_missing(c, row)) {
				column_set_missing(own, i - from);
			} else if (c->type == COLUMN_TEXT) {
				const char *text = dictionary_text(c->dictionary, c->codes[row]);
				own->codes[i - from] = dictionary_code(own->dictionary, text, strlen(text));
			} else if (c->type == COLUMN_BOOL) {
				own->bools[i - from] = c->bools[row];
			} else {
				own->ints[i - from] = c->ints[row];
			}
		}
		frame_add(rows, own);
	}
	return rows;
}

static inline json_t *json_of(const char *text)
{
	json_t *value = json_loads(text, JSON_DECODE_ANY, NULL);
	if (!value)
		g_error("not JSON: %s", text);
	return value;
}

/* {"columns": [{"name","type"}...]} of a table. */
static inline json_t *schema_of(const Frame *rows)
{
	json_t *columns = json_array();
	for (guint k = 0; k < rows->columns->len; k++) {
		const Column *c = rows->columns->pdata[k];
		json_array_append_new(
		        columns, json_pack("{s:s,s:s}", "name", c->name, "type", column_type_name(c->type)));
	}
	return json_pack("{s:o}", "columns", columns);
}

static inline bool same_number(double a, double b)
{
	return a == b || (isnan(a) && isnan(b));
}

/* Do two cells hold the same? */
static inline bool same_cell(const Column *a, size_t i, const Column *b, size_t j)
{
	if (a->type != b->type || column_is_missing(a, i) != column_is_missing(b, j))
		return false;
	g_autofree char *x = column_text(a, i);
	g_autofree char *y = column_text(b, j);
	return g_strcmp0(x, y) == 0;
}
