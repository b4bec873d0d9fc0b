/* batch_cast.c: one value of a request into a typed column, by the rules of frame_conform (data/conform.c). */
#include <math.h>
#include <string.h>

#include "base/error.h"
#include "base/limits.h"
#include "serve/batch_inside.h"

static size_t width_of(ColumnType type)
{
	return type == COLUMN_BOOL ? sizeof(uint8_t) : type == COLUMN_TEXT ? sizeof(uint32_t) : sizeof(int64_t);
}

static bool grow(Batch *b, Gather *g, GError **error)
{
	if (g->count >= b->most)
		return fail(error, FAIL_LIMIT, "a request may have at most %zu rows", b->most);
	size_t room = MIN(MAX(g->room * 2, (size_t)16), MAX(b->most, (size_t)16));
	g->values = g_realloc_n(g->values, room, width_of(g->type));
	if (g->missing)
		g->missing = g_realloc(g->missing, room);
	g->room = room;
	return true;
}

static bool set_missing(Gather *g)
{
	if (!g->missing) {
		g->missing = g_malloc(g->room);
		memset(g->missing, 0, g->count);
	}
	g->missing[g->count] = 1;
	if (g->type == COLUMN_REAL)
		g->reals[g->count] = NAN;
	else
		memset((char *)g->values + g->count * width_of(g->type), 0, width_of(g->type));
	return true;
}

static bool is_missing(const Gather *g, const Cell *c)
{
	return c->type == CELL_NULL || (c->type == CELL_REAL && isnan(c->number)) ||
	       (c->type == CELL_TEXT && c->length == 0 && g->type != COLUMN_TEXT);
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

/* Whole numbers until a fraction comes; then the column holds reals, as one read from a file would. */
static bool put_int(Gather *g, const Cell *c)
{
	double number;
	if (c->type == CELL_INT) {
		g->ints[g->count] = c->integer;
		return true;
	}
	if (!as_number(c, &number))
		return false;
	if (isnan(number))
		return set_missing(g);
	if (number == floor(number) && fabs(number) < 0x1p63) {
		g->ints[g->count] = (int64_t)number;
		return true;
	}
	if (c->type == CELL_TEXT)
		return false;
	for (size_t i = 0; i < g->count; i++)
		g->reals[i] = g->missing && g->missing[i] ? NAN : (double)g->ints[i];
	g->type = COLUMN_REAL;
	g->reals[g->count] = number;
	return true;
}

static bool put_bool(Gather *g, const Cell *c)
{
	double number;
	if (!as_number(c, &number) || (number != 0 && number != 1))
		return false;
	g->bools[g->count] = number == 1;
	return true;
}

static bool put_real(Gather *g, const Cell *c)
{
	if (!as_number(c, &g->reals[g->count]))
		return false;
	return !isnan(g->reals[g->count]) || set_missing(g);
}

static bool put_time(Gather *g, const Cell *c)
{
	if (c->type == CELL_INT) {
		g->ints[g->count] = c->integer;
		return true;
	}
	char text[64];
	if (c->type != CELL_TEXT || c->length >= sizeof text)
		return false;
	memcpy(text, c->text, c->length);
	text[c->length] = '\0';
	return time_parse(text, &g->ints[g->count]);
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

static bool put_text(Gather *g, const Cell *c)
{
	if (!g->dictionary)
		g->dictionary = dictionary_new();
	if (c->type == CELL_TEXT) {
		g->codes[g->count] = dictionary_code(g->dictionary, c->text, c->length);
		return true;
	}
	g_autofree char *text = text_of(c);
	g->codes[g->count] = dictionary_code(g->dictionary, text, strlen(text));
	return true;
}

static bool put(Gather *g, const Cell *c)
{
	switch (g->type) {
	case COLUMN_BOOL:
		return put_bool(g, c);
	case COLUMN_INT:
		return put_int(g, c);
	case COLUMN_REAL:
		return put_real(g, c);
	case COLUMN_TIME:
		return put_time(g, c);
	default:
		return put_text(g, c);
	}
}

static bool refuse_value(const Batch *b, size_t input, const Cell *c, GError **error)
{
	g_autofree char *text = c->type == CELL_TEXT ? g_strndup(c->text, MIN(c->length, (size_t)60)) : text_of(c);
	g_autofree char *shown = g_utf8_make_valid(text, -1);
	return batch_refuse(b, error, "row %zu: column \"%s\": \"%s\" is not of type %s", b->columns[input].count + 1,
	        b->served->input_names[input], shown, column_type_name(b->served->input_types[input]));
}

bool batch_add(Batch *b, size_t input, const Cell *c, GError **error)
{
	Gather *g = &b->columns[input];
	if ((g->count == g->room || g->count >= b->most) && !grow(b, g, error))
		return false;
	if (g->missing)
		g->missing[g->count] = 0;
	if (c->type == CELL_TEXT && c->length > LIMIT_CELL_BYTES)
		return fail(error, FAIL_LIMIT, "row %zu: column \"%s\": a text longer than %d bytes", g->count + 1,
		        b->served->input_names[input], LIMIT_CELL_BYTES);
	if (is_missing(g, c))
		set_missing(g);
	else if (!put(g, c))
		return refuse_value(b, input, c, error);
	g->was_given = true;
	g->count++;
	return true;
}
