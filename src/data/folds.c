/* folds.c: cells: rows of the same roles in all folds. */
#include "data/folds.h"

#include <string.h>

#include "base/error.h"
#include "base/json.h"
#include "base/limits.h"

struct Folds {
	size_t count, cells;
	bool is_plain;    /* by _gyre_fold: cell = fold + 1 */
	GPtrArray *roles; /* not plain: of char *, the letters of each cell */
	GHashTable *cell; /* letters to cell + 1 */
	size_t *rows;     /* by cell */
};

void folds_free(Folds *f)
{
	if (!f)
		return;
	if (f->roles)
		g_ptr_array_unref(f->roles);
	if (f->cell)
		g_hash_table_unref(f->cell);
	g_free(f->rows);
	g_free(f);
}

Folds *folds_plain(size_t count)
{
	Folds *f = g_new0(Folds, 1);
	f->count = count;
	f->cells = count + 1;
	f->is_plain = true;
	f->rows = g_new0(size_t, f->cells);
	return f;
}

static bool too_many(size_t folds, GError **error)
{
	return fail(error, FAIL_LIMIT, "%zu folds; at most %d are allowed", folds, LIMIT_FOLDS);
}

static bool read_plain(Engine *e, const char *table, Folds **ret, GError **error)
{
	json_auto_t *list = NULL;
	json_t *row;
	size_t i;
	int64_t last = -1;
	g_autofree char *sql =
	        g_strdup_printf("SELECT _gyre_fold AS fold, count(*) AS n FROM %s GROUP BY 1 ORDER BY 1", table);
	if (!engine_rows(e, sql, &list, error))
		return false;
	json_array_foreach (list, i, row) {
		last = json_get_int(row, "fold", G_MININT64);
		if (last < -1)
			return fail(error, FAIL_INVALID, "a row to learn from has no fold of -1 or more");
	}
	if (last >= LIMIT_FOLDS)
		return too_many((size_t)last + 1, error);
	*ret = folds_plain((size_t)(last + 1));
	json_array_foreach (list, i, row)
		(*ret)->rows[json_get_int(row, "fold", -1) + 1] = (size_t)json_get_int(row, "n", 0);
	return true;
}

static bool add_cell(Folds *f, const char *letters, size_t rows, GError **error)
{
	size_t length = strlen(letters);
	if (length != strspn(letters, "tv-") || !length || (f->count && f->count != length))
		return fail(error, FAIL_INVALID,
		        "\"%s\" says of no %zu folds who teaches (t), is judged (v) or neither (-)", letters,
		        f->count ? f->count : length);
	if (length > LIMIT_FOLDS)
		return too_many(length, error);
	f->count = length;
	g_ptr_array_add(f->roles, g_strdup(letters));
	g_hash_table_insert(f->cell, f->roles->pdata[f->roles->len - 1], GSIZE_TO_POINTER(f->roles->len));
	f->rows[f->cells++] = rows;
	return true;
}

static bool read_letters(Engine *e, const char *table, Folds **ret, GError **error)
{
	json_auto_t *list = NULL;
	json_t *row;
	size_t i;
	g_autofree char *sql =
	        g_strdup_printf("SELECT _gyre_folds AS roles, count(*) AS n FROM %s GROUP BY 1 ORDER BY 1", table);
	if (!engine_rows(e, sql, &list, error))
		return false;
	g_autoptr(Folds) f = g_new0(Folds, 1);
	f->roles = g_ptr_array_new_with_free_func(g_free);
	f->cell = g_hash_table_new(g_str_hash, g_str_equal);
	f->rows = g_new0(size_t, json_array_size(list) + 1);
	json_array_foreach (list, i, row)
		if (!add_cell(f, json_get_text(row, "roles", ""), (size_t)json_get_int(row, "n", 0), error))
			return false;
	*ret = g_steal_pointer(&f);
	return true;
}

bool folds_read(Engine *e, const char *table, Folds **ret, GError **error)
{
	json_auto_t *columns = NULL;
	json_t *column;
	size_t i;
	g_autofree char *sql = g_strdup_printf("SELECT * FROM %s", table);
	if (!engine_describe(e, sql, &columns, error))
		return false;
	json_array_foreach (columns, i, column)
		if (strcmp(json_get_text(column, "name", ""), "_gyre_folds") == 0)
			return read_letters(e, table, ret, error);
	return read_plain(e, table, ret, error);
}

size_t folds_count(const Folds *f)
{
	return f->count;
}

size_t folds_cells(const Folds *f)
{
	return f->cells;
}

FoldRole folds_role(const Folds *f, size_t cell, size_t fold)
{
	if (f->is_plain)
		return cell == fold + 1 ? FOLD_JUDGED : FOLD_TEACHES;
	char letter = ((const char *)f->roles->pdata[cell])[fold];
	return letter == 'v' ? FOLD_JUDGED : letter == 't' ? FOLD_TEACHES : FOLD_APART;
}

size_t folds_rows(const Folds *f, size_t fold, FoldRole role)
{
	size_t rows = 0;
	for (size_t cell = 0; cell < f->cells; cell++)
		rows += folds_role(f, cell, fold) == role ? f->rows[cell] : 0;
	return rows;
}

size_t folds_all_rows(const Folds *f)
{
	size_t rows = 0;
	for (size_t cell = 0; cell < f->cells; cell++)
		rows += f->rows[cell];
	return rows;
}

const char *folds_column(const Folds *f)
{
	return f->is_plain ? "_gyre_fold" : "_gyre_folds";
}

static bool cells_of_numbers(const Folds *f, const Column *c, uint32_t *ret, GError **error)
{
	for (size_t i = 0; i < c->rows; i++) {
		if (column_is_missing(c, i) || c->ints[i] < -1 || c->ints[i] >= (int64_t)f->count)
			return fail(error, FAIL_INVALID, "fold %" G_GINT64_FORMAT " of a row is not from -1 to %zu",
			        c->ints[i], f->count - 1);
		ret[i] = (uint32_t)(c->ints[i] + 1);
	}
	return true;
}

static bool cells_of_letters(const Folds *f, const Column *c, uint32_t *ret, GError **error)
{
	uint32_t texts = dictionary_size(c->dictionary);
	g_autofree size_t *cell = g_new(size_t, texts + 1);
	for (uint32_t k = 0; k < texts; k++)
		cell[k] = GPOINTER_TO_SIZE(g_hash_table_lookup(f->cell, dictionary_text(c->dictionary, k)));
	for (size_t i = 0; i < c->rows; i++) {
		if (column_is_missing(c, i) || !cell[c->codes[i]])
			return fail(error, FAIL_BROKEN, "a row's roles in the folds are not among those of the table");
		ret[i] = (uint32_t)cell[c->codes[i]] - 1;
	}
	return true;
}

bool folds_of_rows(const Folds *f, const Frame *rows, uint32_t *ret, GError **error)
{
	const Column *c = frame_find(rows, folds_column(f));
	if (!c || c->type != (f->is_plain ? COLUMN_INT : COLUMN_TEXT))
		return fail(error, FAIL_INVALID, "training rows need the column \"%s\" of %s", folds_column(f),
		        f->is_plain ? "whole numbers" : "letters");
	return f->is_plain ? cells_of_numbers(f, c, ret, error) : cells_of_letters(f, c, ret, error);
}
