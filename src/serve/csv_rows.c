/* csv_rows.c: CSV text into a batch.  A cell without quotes is read where it stands; one with quotes is copied, for its doubled
 * quotes. */
#include "serve/csv_rows.h"

#include <string.h>

#include "base/error.h"
#include "base/limits.h"

typedef struct Csv {
	const char *at, *end;
	GString *quoted; /* the last cell that had quotes */
	const char *problem;
} Csv;

static bool read_quoted(Csv *c, Cell *ret)
{
	g_string_truncate(c->quoted, 0);
	for (c->at++;; c->at++) {
		if (c->at == c->end) {
			c->problem = "a quote that does not end";
			return false;
		}
		if (*c->at == '"' && (c->at + 1 == c->end || c->at[1] != '"'))
			break;
		c->at += *c->at == '"';
		g_string_append_c(c->quoted, *c->at);
	}
	c->at++;
	*ret = (Cell){.type = CELL_TEXT, .text = c->quoted->str, .length = c->quoted->len};
	return true;
}

/* The next cell; *ret_last: it ends its line, which is passed. */
static bool read_cell(Csv *c, Cell *ret, bool *ret_last)
{
	if (c->at < c->end && *c->at == '"') {
		if (!read_quoted(c, ret))
			return false;
	} else {
		const char *begin = c->at;
		while (c->at < c->end && *c->at != ',' && *c->at != '\n' && *c->at != '\r')
			c->at++;
		size_t length = (size_t)(c->at - begin);
		*ret = (Cell){.type = length ? CELL_TEXT : CELL_NULL, .text = begin, .length = length};
	}
	*ret_last = true;
	if (c->at == c->end)
		return true;
	if (*c->at == ',') {
		*ret_last = false;
		c->at++;
		return true;
	}
	c->at += *c->at == '\r';
	if (c->at < c->end && *c->at != '\n')
		c->problem = "a comma or the end of the line is expected behind a cell";
	c->at += c->at < c->end;
	return !c->problem;
}

static bool read_names(Csv *c, GPtrArray *names)
{
	Cell cell;
	bool last = false;
	while (!last && read_cell(c, &cell, &last)) {
		g_ptr_array_add(names, g_strndup(cell.text ? cell.text : "", cell.length));
		if (names->len > LIMIT_COLUMNS)
			c->problem = "too many columns";
		if (c->problem)
			break;
	}
	g_ptr_array_add(names, NULL);
	return !c->problem;
}

static bool read_row(Csv *c, Batch *b, const int *inputs, size_t width, size_t row, GError **error)
{
	size_t place = 0;
	Cell cell;
	for (bool last = false; !last; place++) {
		if (!read_cell(c, &cell, &last))
			return fail(error, FAIL_INVALID, "row %zu: %s", row, c->problem);
		if (place < width && inputs[place] >= 0 && !batch_add(b, (size_t)inputs[place], &cell, error))
			return false;
	}
	return place == width ||
	       batch_refuse(b, error, "row %zu has %zu cells, the line of names %zu", row, place, width);
}

/* Blank lines are passed over, but for a table of one column, where they are a missing value. */
static bool is_blank(Csv *c, size_t width)
{
	if (width == 1 || (*c->at != '\n' && *c->at != '\r'))
		return false;
	c->at++;
	return true;
}

static bool read_rows(Csv *c, Batch *b, GError **error)
{
	g_autoptr(GPtrArray) names = g_ptr_array_new_with_free_func(g_free);
	g_autofree int *inputs = NULL;
	if (!read_names(c, names))
		return fail(error, FAIL_INVALID, "the line of names: %s", c->problem);
	if (!batch_bind(b, (const char *const *)names->pdata, &inputs, error))
		return false;
	for (size_t row = 1; c->at < c->end;)
		if (!is_blank(c, names->len - 1) && !read_row(c, b, inputs, names->len - 1, row++, error))
			return false;
	return true;
}

bool batch_read_csv(Batch *b, const char *text, size_t size, GError **error)
{
	if (!g_utf8_validate_len(text, size, NULL))
		return fail(error, FAIL_INVALID, "the CSV is not UTF-8, or holds a NUL");
	g_autoptr(GString) quoted = g_string_new(NULL);
	Csv c = {.at = text, .end = text ? text + size : NULL, .quoted = quoted};
	if (text && size >= 3 && memcmp(text, "\xef\xbb\xbf", 3) == 0)
		c.at += 3;
	return read_rows(&c, b, error);
}
