/* frame.c: typed columns of rows with shared dictionaries. */
#include "data/frame.h"

#include <math.h>
#include <string.h>

#include "base/error.h"
#include "base/json.h"
#include "base/limits.h"

static const struct {
	const char *name;
	size_t width;
} TYPES[COLUMN_TYPES] = {
        [COLUMN_BOOL] = {"bool", sizeof(uint8_t)},
        [COLUMN_INT] = {"int", sizeof(int64_t)},
        [COLUMN_REAL] = {"real", sizeof(double)},
        [COLUMN_TEXT] = {"text", sizeof(uint32_t)},
        [COLUMN_TIME] = {"time", sizeof(int64_t)},
};

const char *column_type_name(ColumnType type)
{
	return TYPES[type].name;
}

bool column_type_from_name(const char *name, ColumnType *ret)
{
	for (unsigned t = 0; name && t < COLUMN_TYPES; t++)
		if (strcmp(TYPES[t].name, name) == 0) {
			*ret = (ColumnType)t;
			return true;
		}
	return false;
}

Column *column_new(const char *name, ColumnType type, size_t rows, Dictionary *dictionary)
{
	Column *c = g_new0(Column, 1);
	c->name = g_strdup(name);
	c->type = type;
	c->rows = rows;
	c->values = g_malloc0_n(MAX(rows, (size_t)1), TYPES[type].width);
	if (type == COLUMN_TEXT)
		c->dictionary = dictionary ? dictionary_ref(dictionary) : dictionary_new();
	return c;
}

void column_free(Column *c)
{
	if (!c)
		return;
	g_free(c->name);
	g_free(c->values);
	g_free(c->missing);
	dictionary_unref(c->dictionary);
	g_free(c);
}

void column_set_missing(Column *c, size_t row)
{
	if (!c->missing)
		c->missing = g_malloc0(c->rows);
	c->missing[row] = 1;
	if (c->type == COLUMN_REAL)
		c->reals[row] = NAN;
}

double column_number(const Column *c, size_t row)
{
	if (column_is_missing(c, row))
		return NAN;
	switch (c->type) {
	case COLUMN_BOOL:
		return c->bools[row];
	case COLUMN_INT:
	case COLUMN_TIME:
		return (double)c->ints[row];
	case COLUMN_REAL:
		return c->reals[row];
	default:
		return NAN;
	}
}

/* The shortest of 15 to 17 digits that reads back as the same number. */
size_t real_text_write(double value, char ret[REAL_TEXT_BYTES])
{
	if (fabs(value) < 1e15 && value == floor(value) && (value != 0 || !signbit(value)))
		return (size_t)g_snprintf(ret, REAL_TEXT_BYTES, "%" G_GINT64_FORMAT, (int64_t)value);
	for (int digits = 15; digits <= 17; digits++) {
		char format[8];
		g_snprintf(format, sizeof format, "%%.%dg", digits);
		g_ascii_formatd(ret, REAL_TEXT_BYTES, format, value);
		if (g_ascii_strtod(ret, NULL) == value)
			break;
	}
	return strlen(ret);
}

char *column_text(const Column *c, size_t row)
{
	char real[REAL_TEXT_BYTES];
	if (column_is_missing(c, row))
		return NULL;
	switch (c->type) {
	case COLUMN_BOOL:
		return g_strdup(c->bools[row] ? "true" : "false");
	case COLUMN_INT:
		return g_strdup_printf("%" G_GINT64_FORMAT, c->ints[row]);
	case COLUMN_REAL:
		real_text_write(c->reals[row], real);
		return g_strdup(real);
	case COLUMN_TEXT:
		return g_strdup(dictionary_text(c->dictionary, c->codes[row]));
	default:
		return time_text(c->ints[row]);
	}
}

json_t *column_json(const Column *c, size_t row)
{
	if (column_is_missing(c, row))
		return json_null();
	switch (c->type) {
	case COLUMN_BOOL:
		return json_boolean(c->bools[row]);
	case COLUMN_INT:
		return json_integer(c->ints[row]);
	case COLUMN_REAL:
		return json_number(c->reals[row]);
	case COLUMN_TEXT:
		return json_text(dictionary_text(c->dictionary, c->codes[row]));
	default: {
		g_autofree char *text = time_text(c->ints[row]);
		return json_string(text);
	}
	}
}

Frame *frame_new(size_t rows)
{
	Frame *f = g_new(Frame, 1);
	f->rows = rows;
	f->columns = g_ptr_array_new_with_free_func((GDestroyNotify)column_free);
	return f;
}

void frame_free(Frame *f)
{
	if (!f)
		return;
	g_ptr_array_unref(f->columns);
	g_free(f);
}

static bool find_index(const Frame *f, const char *name, guint *ret)
{
	for (guint i = 0; i < f->columns->len; i++) {
		const Column *c = f->columns->pdata[i];
		if (strcmp(c->name, name) == 0) {
			*ret = i;
			return true;
		}
	}
	return false;
}

void frame_add(Frame *f, Column *c)
{
	guint i;
	g_assert(c->rows == f->rows);
	if (!find_index(f, c->name, &i)) {
		g_ptr_array_add(f->columns, c);
		return;
	}
	column_free(f->columns->pdata[i]);
	f->columns->pdata[i] = c;
}

Column *frame_find(const Frame *f, const char *name)
{
	guint i;
	return find_index(f, name, &i) ? f->columns->pdata[i] : NULL;
}

bool frame_remove(Frame *f, const char *name)
{
	guint i;
	return find_index(f, name, &i) && g_ptr_array_remove_index(f->columns, i) != NULL;
}

Column *frame_steal(Frame *f, const char *name)
{
	guint i;
	return find_index(f, name, &i) ? g_ptr_array_steal_index(f->columns, i) : NULL;
}

static Column *filter_column(const Column *c, const uint8_t *keep, size_t rows)
{
	size_t width = TYPES[c->type].width, to = 0;
	Column *ret = column_new(c->name, c->type, rows, c->dictionary);
	if (c->missing)
		ret->missing = g_malloc0(MAX(rows, (size_t)1));
	for (size_t i = 0; i < c->rows; i++) {
		if (!keep[i])
			continue;
		memcpy((char *)ret->values + to * width, (const char *)c->values + i * width, width);
		if (c->missing)
			ret->missing[to] = c->missing[i];
		to++;
	}
	return ret;
}

Frame *frame_filter(const Frame *f, const uint8_t *keep)
{
	size_t rows = 0;
	for (size_t i = 0; i < f->rows; i++)
		rows += keep[i] != 0;
	Frame *ret = frame_new(rows);
	for (guint i = 0; i < f->columns->len; i++)
		frame_add(ret, filter_column(f->columns->pdata[i], keep, rows));
	return ret;
}

Frame *frame_copy(const Frame *f)
{
	g_autofree uint8_t *all = g_malloc(MAX(f->rows, (size_t)1));
	memset(all, 1, MAX(f->rows, (size_t)1));
	return frame_filter(f, all);
}
