/* pick.c: some rows of a frame. */
#include "feature/pick.h"

#include <string.h>

/* Where this thread found the last column. */
static _Thread_local guint last;

static bool find_index(const Frame *rows, const char *name)
{
	guint columns = rows->columns->len;
	for (guint k = 0, i = last < columns ? last : 0; k < columns; k++, i = i + 1 < columns ? i + 1 : 0)
		if (strcmp(((const Column *)rows->columns->pdata[i])->name, name) == 0) {
			last = i;
			return true;
		}
	return false;
}

Column *rows_find(const Frame *rows, const char *name)
{
	return find_index(rows, name) ? rows->columns->pdata[last] : NULL;
}

void rows_replace(Frame *rows, Column *c)
{
	bool found = find_index(rows, c->name);
	g_assert(c->rows == rows->rows && found);
	column_free(rows->columns->pdata[last]);
	rows->columns->pdata[last] = c;
}

void rows_append(Frame *rows, Column *c)
{
	g_assert(c->rows == rows->rows);
	g_ptr_array_add(rows->columns, c);
}

static Column *pick_column(const Column *c, const uint32_t *rows, size_t count)
{
	Column *ret = column_new(c->name, c->type, count, c->dictionary);
	if (c->type == COLUMN_BOOL)
		for (size_t i = 0; i < count; i++)
			ret->bools[i] = c->bools[rows[i]];
	else if (c->type == COLUMN_TEXT)
		for (size_t i = 0; i < count; i++)
			ret->codes[i] = c->codes[rows[i]];
	else
		for (size_t i = 0; i < count; i++)
			ret->ints[i] = c->ints[rows[i]]; /* reals too: eight bytes are eight bytes */
	if (!c->missing)
		return ret;
	ret->missing = g_malloc(MAX(count, (size_t)1));
	for (size_t i = 0; i < count; i++)
		ret->missing[i] = c->missing[rows[i]];
	return ret;
}

Frame *frame_pick(const Frame *f, const json_t *names, const uint32_t *rows, size_t count)
{
	g_autoptr(GHashTable) seen =
	        g_hash_table_new(g_str_hash, g_str_equal); /* a frame of thousands looks through all of them */
	Frame *ret = frame_new(count);
	size_t i;
	json_t *name;
	json_array_foreach (names, i, name)
		if (g_hash_table_add(seen, (void *)json_string_value(name)))
			rows_append(ret, pick_column(rows_find(f, json_string_value(name)), rows, count));
	return ret;
}

void column_put_back(Column *into, const Column *from, const uint32_t *rows)
{
	for (size_t i = 0; i < from->rows; i++)
		into->reals[rows[i]] = from->reals[i];
}

void rows_by_group(const uint32_t *group, size_t rows, size_t groups, uint32_t *ret, size_t *starts)
{
	memset(starts, 0, (groups + 1) * sizeof *starts);
	for (size_t i = 0; i < rows; i++)
		starts[group[i] + 1]++;
	for (size_t g = 0; g < groups; g++)
		starts[g + 1] += starts[g];
	for (size_t i = 0; i < rows; i++)
		ret[starts[group[i]]++] = (uint32_t)i;
	memmove(starts + 1, starts, groups * sizeof *starts);
	starts[0] = 0;
}
