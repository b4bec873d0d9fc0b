/* batch_cast.c: one value of a request into a typed column, by the rules of frame_conform (data/conform.c). */
#include <math.h>
#include <string.h>

#include "base/error.h"
#include "base/limits.h"
#include "serve/batch_inside.h"

/* Room for so many cells is no matter, whatever the request. */
enum { CELLS_FREE = 1 << 20 };

/* One long column of a model with thousands of others asks for room that a short request can never fill. */
static bool grow(Batch *b, size_t input, GError **error)
{
	size_t inputs = b->served->inputs, can_be = MAX(b->bytes / inputs + 1, CELLS_FREE / inputs);
	if (b->room >= b->most)
		return fail(error, FAIL_LIMIT, "a request may have at most %zu rows", b->most);
	if (b->room >= can_be)
		return batch_refuse(b, error,
		        "the column \"%s\" has more than %zu values: a request of %zu bytes cannot have so many of "
		        "each",
		        b->served->input_names[input], b->room, b->bytes);
	b->room = MIN(MIN(MAX(b->room * 2, (size_t)16), b->most), can_be);
	size_t cells = b->room * inputs;
	if (cells > b->cells_room) {
		b->cells_room = cells;
		b->cells = g_realloc_n(b->cells, cells, sizeof *b->cells);
	}
	return true;
}

static bool is_missing(ColumnType type, const Cell *c)
{
	return c->type == CELL_NULL || (c->type == CELL_REAL && isnan(c->number)) ||
	       (c->type == CELL_TEXT && c->length == 0 && type != COLUMN_TEXT);
}

/* What lies behind a missing value is 0, or NaN. */
static bool set_missing(RowValue *v)
{
	v->is_missing = 1;
	if (v->type == COLUMN_REAL)
		v->real = NAN;
	return true;
}

/* "true" and "false" are 1 and 0. */
static bool as_number(const Cell *c, double *ret)
{
	if (c->type != CELL_TEXT) {
		*ret = c->number;
		return true;
	}
	if (c->length == 4 && g_ascii_strncasecmp(c->text, "true", 4) == 0)
		*ret = 1;
	else if (c->length == 5 && g_ascii_strncasecmp(c->text, "false", 5) == 0)
		*ret = 0;
	else
		return scan_number(c->text, c->length, ret);
	return true;
}

/* "-12": as many digits as surely fit; all of them count, which a double would not keep. */
static bool as_whole(const Cell *c, int64_t *ret)
{
	bool negative = c->length && *c->text == '-';
	size_t i = negative;
	int64_t value = 0;
	if (c->length == i || c->length > 18)
		return false;
	for (; i < c->length && g_ascii_isdigit(c->text[i]); i++)
		value = value * 10 + (c->text[i] - '0');
	*ret = negative ? -value : value;
	return i == c->length;
}

/* A column of whole numbers keeps a fraction as it is. */
static bool put_int(RowValue *v, const Cell *c)
{
	double number;
	if (c->type == CELL_INT) {
		v->integer = c->integer;
		return true;
	}
	if (c->type == CELL_TEXT && as_whole(c, &v->integer))
		return true;
	if (!as_number(c, &number))
		return false;
	if (isnan(number))
		return set_missing(v);
	if (number == floor(number) && fabs(number) < 0x1p63) {
		v->integer = (int64_t)number;
		return true;
	}
	if (c->type == CELL_TEXT)
		return false;
	v->type = COLUMN_REAL;
	v->real = number;
	return true;
}

static bool put_bool(RowValue *v, const Cell *c)
{
	double number;
	if (!as_number(c, &number) || (number != 0 && number != 1))
		return false;
	v->truth = number == 1;
	return true;
}

static bool put_real(RowValue *v, const Cell *c)
{
	return as_number(c, &v->real) && (!isnan(v->real) || set_missing(v));
}

static bool put_time(RowValue *v, const Cell *c)
{
	if (c->type == CELL_INT) {
		v->integer = c->integer;
		return time_has_text(c->integer);
	}
	char text[64];
	if (c->type != CELL_TEXT || c->length >= sizeof text)
		return false;
	memcpy(text, c->text, c->length);
	text[c->length] = '\0';
	return time_parse(text, &v->integer);
}

/* A number as text is written the way the program writes it everywhere. */
static char *text_of(const Cell *c)
{
	ColumnType type = c->type == CELL_BOOL ? COLUMN_BOOL : c->type == CELL_INT ? COLUMN_INT : COLUMN_REAL;
	g_autoptr(Column) column = column_new("", type, 1, NULL);
	if (type == COLUMN_BOOL)
		column->bools[0] = c->is_true;
	else if (type == COLUMN_INT)
		column->ints[0] = c->integer;
	else
		column->reals[0] = c->number;
	return column_text(column, 0);
}

static bool put_text(Batch *b, RowValue *v, const Cell *c)
{
	g_autofree char *made = c->type == CELL_TEXT ? NULL : text_of(c);
	const char *text = made ? made : c->text;
	v->length = (uint32_t)(made ? strlen(made) : c->length);
	v->text = arena_text(&b->texts, text ? text : "", v->length);
	return true;
}

static bool put(Batch *b, RowValue *v, const Cell *c)
{
	switch ((ColumnType)v->type) {
	case COLUMN_BOOL:
		return put_bool(v, c);
	case COLUMN_INT:
		return put_int(v, c);
	case COLUMN_REAL:
		return put_real(v, c);
	case COLUMN_TIME:
		return put_time(v, c);
	default:
		return put_text(b, v, c);
	}
}

/* "\"abc\"", or "a text". */
static char *shown_value(const Batch *b, const Cell *c)
{
	if (b->hides_values)
		return g_strdup(c->type == CELL_TEXT ? "a text" : c->type == CELL_BOOL ? "a truth value" : "a number");
	g_autofree char *text = c->type == CELL_TEXT ? g_strndup(c->text, MIN(c->length, (size_t)60)) : text_of(c);
	g_autofree char *valid = g_utf8_make_valid(text, -1);
	return g_strdup_printf("\"%s\"", valid);
}

static bool refuse_value(const Batch *b, size_t input, const Cell *c, GError **error)
{
	g_autofree char *shown = shown_value(b, c);
	return batch_refuse(b, error, "row %zu: column \"%s\": %s is not of type %s", b->columns[input].count + 1,
	        b->served->input_names[input], shown, column_type_name(b->served->input_types[input]));
}

bool batch_add(Batch *b, size_t input, const Cell *c, GError **error)
{
	Gather *g = &b->columns[input];
	if (g->count == b->room && !grow(b, input, error))
		return false;
	if (c->type == CELL_TEXT && c->length > LIMIT_CELL_BYTES)
		return fail(error, FAIL_LIMIT, "row %zu: column \"%s\": a text longer than %d bytes", g->count + 1,
		        b->served->input_names[input], LIMIT_CELL_BYTES);
	RowValue *v = batch_cell(b, g->count, input);
	if (b->served->input_types[input] == COLUMN_REAL && (c->type == CELL_REAL || c->type == CELL_INT) &&
	        !isnan(c->number)) { /* what most values are */
		*v = row_real(c->number);
		g->was_given = true;
		g->count++;
		return true;
	}
	*v = (RowValue){.type = (uint8_t)b->served->input_types[input]};
	if (is_missing(b->served->input_types[input], c))
		set_missing(v);
	else if (!put(b, v, c))
		return refuse_value(b, input, c, error);
	g->was_given = true;
	g->count++;
	return true;
}
