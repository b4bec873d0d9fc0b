/* conform.c: makes rows that came from outside fit the schema a model was trained on. */
#include <math.h>
#include <string.h>

#include "base/error.h"
#include "data/frame.h"

/* A row's value as a number, from whatever it was; false if it is none. */
static bool as_number(const Column *c, size_t row, double *ret)
{
	if (c->type != COLUMN_TEXT) {
		*ret = column_number(c, row);
		return true;
	}
	const char *text = dictionary_text(c->dictionary, c->codes[row]);
	char *end;
	*ret = g_ascii_strtod(text, &end);
	while (g_ascii_isspace(*end))
		end++;
	if (*text && !*end)
		return true;
	if (g_ascii_strcasecmp(text, "true") && g_ascii_strcasecmp(text, "false"))
		return false;
	*ret = g_ascii_strcasecmp(text, "true") == 0;
	return true;
}

static bool as_int(const Column *c, size_t row, int64_t *ret)
{
	return c->type == COLUMN_TEXT && g_ascii_string_to_signed(dictionary_text(c->dictionary, c->codes[row]), 10,
	                                         G_MININT64, G_MAXINT64, ret, NULL);
}

static bool as_time(const Column *c, size_t row, int64_t *ret)
{
	if (c->type == COLUMN_TEXT)
		return time_parse(dictionary_text(c->dictionary, c->codes[row]), ret);
	if (c->type != COLUMN_INT)
		return false;
	*ret = c->ints[row];
	return true;
}

/* Casts one value that is not missing; *ret_missing for a NaN where the type has none. */
static bool cast_value(const Column *from, size_t row, Column *to)
{
	double number;
	switch (to->type) {
	case COLUMN_TEXT: {
		g_autofree char *text = column_text(from, row);
		to->codes[row] = dictionary_code(to->dictionary, text, strlen(text));
		return true;
	}
	case COLUMN_TIME:
		return as_time(from, row, &to->ints[row]);
	case COLUMN_REAL:
		return as_number(from, row, &to->reals[row]);
	case COLUMN_INT:
		if (as_int(from, row, &to->ints[row])) /* to the last digit, which a double has not */
			return true;
		if (!as_number(from, row, &number) || !(fabs(number) < 0x1p63))
			return false;
		to->ints[row] = (int64_t)number;
		return number == floor(number);
	default:
		if (!as_number(from, row, &number) || (number != 0 && number != 1))
			return false;
		to->bools[row] = number == 1;
		return true;
	}
}

static bool cast_column(const Column *from, ColumnType type, bool lenient, Column **ret, GError **error)
{
	g_autoptr(Column) to = column_new(from->name, type, from->rows, NULL);
	for (size_t i = 0; i < from->rows; i++) {
		if (column_is_missing(from, i)) {
			column_set_missing(to, i);
			continue;
		}
		bool empty = from->type == COLUMN_TEXT && !*dictionary_text(from->dictionary, from->codes[i]);
		if (!empty && cast_value(from, i, to))
			continue;
		if (!empty && !lenient) {
			g_autofree char *text = column_text(from, i);
			return fail(error, FAIL_INVALID, "row %zu: column \"%s\": \"%.60s\" is not of type %s", i + 1,
			        from->name, text, column_type_name(type));
		}
		column_set_missing(to, i);
	}
	*ret = g_steal_pointer(&to);
	return true;
}

/* A whole-number column that holds fractions now, or numbers where reals were: reals take any number, and an int column of
 * the training data read as real must not lose its fractions, so it stays real. */
static bool fits(const Column *c, ColumnType wanted)
{
	return c->type == wanted || (wanted == COLUMN_INT && c->type == COLUMN_REAL);
}

static bool conform_column(Frame *f, Frame *out, const json_t *entry, bool lenient, GError **error)
{
	const char *name = json_string_value(json_object_get(entry, "name"));
	ColumnType type;
	if (!column_type_from_name(json_string_value(json_object_get(entry, "type")), &type))
		return fail(error, FAIL_BROKEN, "the schema's column \"%s\" has no type", name);
	g_autoptr(Column) c = frame_steal(f, name);
	if (!fits(c, type)) {
		Column *cast = NULL;
		if (!cast_column(c, type, lenient, &cast, error))
			return false;
		column_free(c);
		c = cast;
	}
	frame_add(out, g_steal_pointer(&c));
	return true;
}

static bool check_present(const Frame *f, const json_t *columns, const char *const *optional, GError **error)
{
	g_autoptr(GString) absent = g_string_new(NULL);
	size_t i;
	json_t *entry;
	json_array_foreach (columns, i, entry) {
		const char *name = json_string_value(json_object_get(entry, "name"));
		if (!frame_find(f, name) && !(optional && g_strv_contains(optional, name)))
			g_string_append_printf(absent, "%s\"%s\"", absent->len ? ", " : "", name);
	}
	if (absent->len)
		return fail(error, FAIL_INVALID, "the data lacks %s %s",
		        strchr(absent->str, ',') ? "the columns" : "the column", absent->str);
	return true;
}

bool frame_conform(Frame *f, const json_t *schema, const char *const *optional, bool lenient, GError **error)
{
	const json_t *columns = json_object_get(schema, "columns");
	if (!check_present(f, columns, optional, error))
		return false;
	g_autoptr(Frame) out = frame_new(f->rows);
	size_t i;
	json_t *entry;
	json_array_foreach (columns, i, entry)
		if (frame_find(f, json_string_value(json_object_get(entry, "name"))) &&
		        !conform_column(f, out, entry, lenient, error))
			return false;
	GPtrArray *old = f->columns;
	f->columns = out->columns;
	out->columns = old;
	return true;
}
