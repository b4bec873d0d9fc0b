/* batch.c: rows of a request gathered in typed columns; values are cast in batch_cast.c. */
#include "serve/batch.h"

#include <string.h>

#include "base/error.h"
#include "serve/batch_inside.h"

/* A thread keeps the batch it has done with: the next request finds its memory, and the keys of the last row. */
static void spare_free(void *batch);
static GPrivate spare = G_PRIVATE_INIT(spare_free);
enum { SPARE_CELLS = 1 << 16 };

static void spare_free(void *batch)
{
	Batch *b = batch;
	if (!b)
		return;
	g_free(b->cells);
	g_free(b->columns);
	g_free(b->memo);
	arena_clear(&b->texts);
	g_free(b);
}

static void make_room(Batch *b, size_t columns)
{
	if (columns <= b->columns_room)
		return;
	b->columns_room = columns;
	b->columns = g_renew(Gather, b->columns, columns);
	b->memo = g_renew(int, b->memo, columns);
}

Batch *batch_new(const Served *s, size_t most)
{
	Batch *b = g_private_get(&spare);
	if (b)
		g_private_set(&spare, NULL);
	else
		b = g_new0(Batch, 1);
	make_room(b, s->inputs + 1);
	b->served = s;
	b->most = most;
	b->room = s->inputs ? MIN(b->cells_room / s->inputs, most) : 0;
	b->rows = b->filled = 0;
	b->bytes = SIZE_MAX / 2;
	b->hides_values = false;
	for (size_t i = 0; i <= s->inputs; i++)
		b->columns[i] = (Gather){0};
	for (size_t i = 0; i <= s->inputs && (!s->serial || b->known != s->serial); i++)
		b->memo[i] = -1;
	b->known = s->serial;
	return b;
}

void batch_bound(Batch *b, size_t bytes)
{
	b->bytes = bytes;
}

void batch_hide_values(Batch *b)
{
	b->hides_values = true;
}

void batch_free(Batch *b)
{
	if (!b)
		return;
	arena_reset(&b->texts);
	if (b->cells_room > SPARE_CELLS || g_private_get(&spare))
		spare_free(b);
	else
		g_private_set(&spare, b);
}

const Served *batch_served(const Batch *b)
{
	return b->served;
}

size_t batch_rows(const Batch *b)
{
	return b->served->inputs ? b->columns[0].count : b->rows;
}

size_t batch_count(const Batch *b, size_t input)
{
	return b->columns[input].count;
}

bool batch_refuse(const Batch *b, GError **error, const char *format, ...)
{
	va_list arguments;
	va_start(arguments, format);
	g_autofree char *what = g_strdup_vprintf(format, arguments);
	va_end(arguments);
	g_autofree char *inputs = served_inputs_text(b->served);
	return fail(error, FAIL_INVALID, "%s; %s@%d expects %s", what, b->served->name, b->served->version,
	        *inputs ? inputs : "no columns");
}

/* What the Scan stumbled over, as an error. */
static bool refuse_syntax(Scan *s, GError **error)
{
	scan_problem(s, "a value is expected");
	return scan_finish(s, error);
}

bool batch_row_begin(Batch *b, GError **error)
{
	if (b->rows >= b->most)
		return fail(error, FAIL_LIMIT, "a request may have at most %zu rows", b->most);
	b->rows++;
	return true;
}

static bool refuse_absent(const Batch *b, size_t row, GError **error)
{
	g_autoptr(GString) absent = g_string_new(NULL);
	for (size_t i = 0; i < b->served->inputs && absent->len < 1000; i++)
		if (b->columns[i].count < row)
			g_string_append_printf(absent, "%s\"%s\"", absent->len ? ", " : "", b->served->input_names[i]);
	return batch_refuse(b, error, "row %zu lacks %s", row, absent->str);
}

static int find_input(const Batch *b, size_t place, const char *key, size_t length)
{
	int remembered = place < b->served->inputs ? b->memo[place] : -1;
	if (remembered >= 0 && scan_key_is(key, length, b->served->input_names[remembered]))
		return remembered;
	int found = served_input(b->served, key, length);
	if (place < b->served->inputs)
		b->memo[place] = found;
	return found;
}

bool batch_row_fill(Batch *b, Scan *s, GError **error)
{
	const char *key;
	size_t length;
	Cell cell;
	if (!scan_enter(s, '{'))
		return refuse_syntax(s, error);
	for (size_t place = 0; scan_more(s, '}'); place++) {
		if (!scan_key(s, &key, &length))
			return refuse_syntax(s, error);
		int input = find_input(b, place, key, length);
		if (input < 0 || b->columns[input].count == b->rows) { /* none of ours, or given before */
			if (!scan_skip(s, NULL))
				return refuse_syntax(s, error);
			continue;
		}
		if (!batch_scan_value(s, &cell))
			return refuse_syntax(s, error);
		if (!batch_add(b, (size_t)input, &cell, error))
			return false;
		b->filled++;
	}
	return !s->problem || refuse_syntax(s, error);
}

bool batch_row_end(Batch *b, GError **error)
{
	bool is_whole = b->filled == b->served->inputs;
	b->filled = 0;
	return is_whole || refuse_absent(b, b->rows, error);
}

void batch_row_pad(Batch *b)
{
	const Cell missing = {.type = CELL_NULL};
	for (size_t i = 0; i < b->served->inputs; i++)
		if (b->columns[i].count < b->rows)
			batch_add(b, i, &missing, NULL);
	b->filled = 0;
}

bool batch_scan_object(Batch *b, Scan *s, GError **error)
{
	return batch_row_begin(b, error) && batch_row_fill(b, s, error) && batch_row_end(b, error);
}

bool batch_scan_list(Batch *b, Scan *s, GError **error)
{
	size_t place = 0;
	Cell cell;
	if (!batch_row_begin(b, error))
		return false;
	if (!scan_enter(s, '['))
		return refuse_syntax(s, error);
	for (; scan_more(s, ']'); place++) {
		if (!scan_cell(s, &cell))
			return refuse_syntax(s, error);
		if (place < b->served->inputs && !batch_add(b, place, &cell, error))
			return false;
	}
	if (s->problem)
		return refuse_syntax(s, error);
	if (place != b->served->inputs)
		return batch_refuse(b, error, "row %zu has %zu values, not %zu", b->rows, place, b->served->inputs);
	return true;
}

static bool scan_bare(Batch *b, Scan *s, GError **error)
{
	Cell cell;
	if (b->served->inputs != 1)
		return batch_refuse(b, error, "row %zu is a single value", b->rows + 1);
	if (!batch_row_begin(b, error))
		return false;
	return scan_cell(s, &cell) ? batch_add(b, 0, &cell, error) : refuse_syntax(s, error);
}

bool batch_scan_rows(Batch *b, Scan *s, GError **error)
{
	if (!scan_enter(s, '['))
		return refuse_syntax(s, error);
	while (scan_more(s, ']')) {
		char first = scan_peek(s);
		bool ok = first == '{'   ? batch_scan_object(b, s, error)
		          : first == '[' ? batch_scan_list(b, s, error)
		                         : scan_bare(b, s, error);
		if (!ok)
			return false;
	}
	return !s->problem || refuse_syntax(s, error);
}

/* A value, or a list of one. */
bool batch_scan_value(Scan *s, Cell *ret)
{
	if (scan_peek(s) != '[')
		return scan_cell(s, ret);
	scan_enter(s, '[');
	if (!scan_more(s, ']') || !scan_cell(s, ret))
		return scan_problem(s, "one value is expected");
	return !scan_more(s, ']') && (!s->problem || scan_problem(s, "one value is expected"));
}

static bool scan_column(Batch *b, size_t input, Scan *s, GError **error)
{
	Cell cell;
	if (scan_peek(s) != '[')
		return scan_cell(s, &cell) ? batch_add(b, input, &cell, error) : refuse_syntax(s, error);
	scan_enter(s, '[');
	while (scan_more(s, ']')) {
		if (!batch_scan_value(s, &cell))
			return refuse_syntax(s, error);
		if (!batch_add(b, input, &cell, error))
			return false;
	}
	return !s->problem || refuse_syntax(s, error);
}

static bool check_given(const Batch *b, GError **error)
{
	for (size_t i = 0; i < b->served->inputs; i++)
		if (!b->columns[i].was_given)
			return batch_refuse(b, error, "the column \"%s\" is not given", b->served->input_names[i]);
	return true;
}

bool batch_scan_columns(Batch *b, Scan *s, GError **error)
{
	const char *key;
	size_t length;
	if (scan_peek(s) != '{') {
		if (b->served->inputs != 1)
			return batch_refuse(b, error, "columns are given by name");
		return scan_column(b, 0, s, error);
	}
	scan_enter(s, '{');
	while (scan_more(s, '}')) {
		if (!scan_key(s, &key, &length))
			return refuse_syntax(s, error);
		int input = served_input(b->served, key, length);
		if (input < 0 || b->columns[input].was_given) {
			if (!scan_skip(s, NULL))
				return refuse_syntax(s, error);
			continue;
		}
		b->columns[input].was_given = true;
		if (!scan_column(b, (size_t)input, s, error))
			return false;
	}
	return s->problem ? refuse_syntax(s, error) : check_given(b, error);
}

static bool scan_table_row(Batch *b, const int *inputs, size_t width, Scan *s, GError **error)
{
	size_t place = 0;
	Cell cell;
	if (!batch_row_begin(b, error))
		return false;
	if (!scan_enter(s, '['))
		return refuse_syntax(s, error);
	for (; scan_more(s, ']'); place++) {
		bool wanted = place < width && inputs[place] >= 0;
		if (wanted ? !scan_cell(s, &cell) : !scan_skip(s, NULL))
			return refuse_syntax(s, error);
		if (wanted && !batch_add(b, (size_t)inputs[place], &cell, error))
			return false;
	}
	if (s->problem)
		return refuse_syntax(s, error);
	return place == width || batch_refuse(b, error, "row %zu has %zu values, not %zu", b->rows, place, width);
}

bool batch_bind(Batch *b, const char *const *names, int **ret, GError **error)
{
	size_t width = g_strv_length((char **)names);
	g_autofree int *inputs = g_new(int, width + 1);
	for (size_t i = 0; i < width; i++) {
		int input = served_input(b->served, names[i], strlen(names[i]));
		inputs[i] = input >= 0 && b->columns[input].was_given ? -1 : input;
		if (input >= 0)
			b->columns[input].was_given = true;
	}
	if (!check_given(b, error))
		return false;
	*ret = g_steal_pointer(&inputs);
	return true;
}

bool batch_scan_table(Batch *b, const char *const *names, Scan *s, GError **error)
{
	g_autofree int *inputs = NULL;
	size_t width = g_strv_length((char **)names);
	if (!batch_bind(b, names, &inputs, error))
		return false;
	if (!scan_enter(s, '['))
		return refuse_syntax(s, error);
	while (scan_more(s, ']'))
		if (!scan_table_row(b, inputs, width, s, error))
			return false;
	return !s->problem || refuse_syntax(s, error);
}

bool batch_is_whole(const Batch *b, GError **error)
{
	if (batch_rows(b) == 0)
		return batch_refuse(b, error, "there are no rows");
	for (size_t i = 0; i < b->served->inputs; i++)
		if (b->columns[i].count != b->columns[0].count)
			return batch_refuse(b, error, "the column \"%s\" has %zu values, \"%s\" has %zu",
			        b->served->input_names[i], b->columns[i].count, b->served->input_names[0],
			        b->columns[0].count);
	return true;
}

const RowValue *batch_values(const Batch *b)
{
	return b->cells;
}

void batch_clear(Batch *b)
{
	memset(b->columns, 0, (b->served->inputs + 1) * sizeof *b->columns);
	b->rows = b->filled = 0;
	arena_reset(&b->texts);
}
