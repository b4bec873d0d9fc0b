/* cloud.c: rows of the training data and of a window as points. */
#include "monitor/cloud.h"

#include <math.h>
#include <string.h>
#include <unistd.h>

#include "base/error.h"
#include "base/file.h"
#include "base/json.h"

#define CUT 5.0

void cloud_clear(Cloud *c)
{
	for (int side = 0; side < 2; side++)
		g_free(c->values[side]);
	for (guint i = 0; c->frequencies && i < c->frequencies->len; i++)
		if (g_array_index(c->frequencies, GArray *, i))
			g_array_unref(g_array_index(c->frequencies, GArray *, i));
	if (c->frequencies)
		g_array_unref(c->frequencies);
	if (c->names)
		g_ptr_array_unref(c->names);
	*c = (Cloud){0};
}

static bool is_text(const LookColumn *c)
{
	return strcmp(c->type, "text") == 0;
}

/* The training rows' own expressions: their names and types are those of the data. */
static char *training_sql(const LookColumn *c)
{
	g_autofree char *name = sql_name(c->name);
	if (is_text(c))
		return g_strdup_printf("%s::VARCHAR", name);
	if (strcmp(c->type, "time") == 0)
		return g_strdup_printf("epoch_us(%s::TIMESTAMP)::DOUBLE", name);
	return g_strdup_printf("%s::DOUBLE", name);
}

static bool read_training(const LookInput *in, const GArray *columns, Frame **ret, GError **error)
{
	gsize size;
	const void *bytes = g_bytes_get_data(bundle_sample(in->bundle), &size);
	g_autofree char *path = NULL;
	g_autoptr(GString) sql = g_string_new("SELECT ");
	int file = g_file_open_tmp("gyre-sample-XXXXXX", &path, error);
	if (file < 0)
		return false;
	close(file);
	g_autofree char *from = sql_parquet(path);
	for (guint i = 0; i < columns->len; i++) {
		g_autofree char *value = training_sql(&g_array_index(columns, LookColumn, i));
		g_string_append_printf(sql, "%s%s AS c%u", i ? ", " : "", value, i);
	}
	g_string_append_printf(sql, " FROM %s LIMIT %d", from, CLOUD_ROWS);
	bool ok = file_write(path, bytes, size, error) && engine_frame(in->engine, sql->str, ret, error);
	unlink(path);
	return ok;
}

static bool read_window(const LookInput *in, const GArray *columns, Frame **ret, GError **error)
{
	g_autoptr(GString) sql = g_string_new("SELECT ");
	for (guint i = 0; i < columns->len; i++) {
		const LookColumn *c = &g_array_index(columns, LookColumn, i);
		g_string_append_printf(sql, is_text(c) ? "%s%s AS c%u" : "%s(%s)::DOUBLE AS c%u", i ? ", " : "",
		        is_text(c) ? c->text : c->number, i);
	}
	g_string_append_printf(sql, " FROM %s WHERE _gyre_error IS NULL ORDER BY hash(_gyre_id), _gyre_id LIMIT %d",
	        in->view, CLOUD_ROWS);
	return engine_frame(in->engine, sql->str, ret, error);
}

typedef struct Counted {
	const char *text;
	double rows;
} Counted;

static int by_rows(const void *a, const void *b)
{
	const Counted *x = a, *y = b;
	if (x->rows != y->rows)
		return x->rows < y->rows ? 1 : -1;
	return strcmp(x->text, y->text);
}

static void count_texts(const Column *c, GHashTable *places, GArray *counted)
{
	for (size_t row = 0; row < c->rows; row++) {
		if (column_is_missing(c, row))
			continue;
		const char *text = dictionary_text(c->dictionary, c->codes[row]);
		guint place = GPOINTER_TO_UINT(g_hash_table_lookup(places, text));
		if (!place) {
			Counted fresh = {text, 0};
			g_array_append_val(counted, fresh);
			place = counted->len;
			g_hash_table_insert(places, (void *)text, GUINT_TO_POINTER(place));
		}
		g_array_index(counted, Counted, place - 1).rows++;
	}
}

/* Text -> rank + 1, and each rank's share of all rows. */
static GHashTable *rank_categories(const Column *a, const Column *b, GArray **ret_shares)
{
	g_autoptr(GArray) counted = g_array_new(FALSE, FALSE, sizeof(Counted));
	GHashTable *ranks = g_hash_table_new(g_str_hash, g_str_equal);
	count_texts(a, ranks, counted);
	count_texts(b, ranks, counted);
	g_array_sort(counted, by_rows);
	*ret_shares = g_array_new(FALSE, FALSE, sizeof(double));
	for (guint i = 0; i < counted->len; i++) {
		const Counted *c = &g_array_index(counted, Counted, i);
		double share = c->rows / (double)(a->rows + b->rows);
		g_hash_table_insert(ranks, (void *)c->text, GUINT_TO_POINTER(i + 1));
		g_array_append_val(*ret_shares, share);
	}
	return ranks;
}

static double category_rank(const Column *c, size_t row, GHashTable *ranks)
{
	const char *text = dictionary_text(c->dictionary, c->codes[row]);
	return GPOINTER_TO_UINT(g_hash_table_lookup(ranks, text)) - 1;
}

static void fill_side(Cloud *cloud, int side, const Frame *f, guint column, GHashTable *ranks)
{
	const Column *c = f->columns->pdata[column];
	for (size_t row = 0; row < f->rows; row++) {
		double value = column_is_missing(c, row) ? NAN : ranks ? category_rank(c, row, ranks) : c->reals[row];
		cloud->values[side][row * cloud->columns + column] = isfinite(value) ? value : NAN;
	}
}

static void fill(Cloud *cloud, Frame *const sides[2], const GArray *columns)
{
	for (guint i = 0; i < columns->len; i++) {
		const LookColumn *c = &g_array_index(columns, LookColumn, i);
		GArray *shares = NULL;
		g_autoptr(GHashTable) ranks = is_text(c) ? rank_categories(sides[CLOUD_TRAINING]->columns->pdata[i],
		                                                   sides[CLOUD_WINDOW]->columns->pdata[i], &shares)
		                                         : NULL;
		g_array_append_val(cloud->frequencies, shares);
		g_ptr_array_add(cloud->names, (void *)c->name);
		fill_side(cloud, CLOUD_TRAINING, sides[CLOUD_TRAINING], i, ranks);
		fill_side(cloud, CLOUD_WINDOW, sides[CLOUD_WINDOW], i, ranks);
	}
}

bool cloud_read(const LookInput *in, Cloud *ret, GError **error)
{
	g_autoptr(GArray) columns = look_columns(in);
	g_autoptr(Frame) training = NULL, window = NULL;
	*ret = (Cloud){.names = g_ptr_array_new(), .frequencies = g_array_new(FALSE, FALSE, sizeof(GArray *))};
	ret->columns = columns->len;
	if (!bundle_sample(in->bundle) || columns->len == 0)
		return true;
	if (!read_training(in, columns, &training, error) || !read_window(in, columns, &window, error))
		return false;
	Frame *const sides[2] = {training, window};
	for (int side = 0; side < 2; side++) {
		ret->rows[side] = sides[side]->rows;
		ret->values[side] = g_new(double, sides[side]->rows * ret->columns + 1);
	}
	fill(ret, sides, columns);
	return true;
}

/* A category's number for distances: how frequent it is. */
static double plain_value(const Cloud *c, int side, size_t row, size_t column)
{
	double value = c->values[side][row * c->columns + column];
	const GArray *shares = g_array_index(c->frequencies, GArray *, column);
	if (!shares || isnan(value))
		return value;
	return g_array_index(shares, double, (guint)value);
}

static void moments_of(const Cloud *c, size_t column, double *ret_mean, double *ret_deviation)
{
	double sum = 0, squares = 0, count = 0;
	for (size_t row = 0; row < c->rows[CLOUD_TRAINING]; row++) {
		double value = plain_value(c, CLOUD_TRAINING, row, column);
		if (isnan(value))
			continue;
		count++;
		double gap = value - sum;
		sum += gap / count; /* the mean so far: no large sums are subtracted */
		squares += gap * (value - sum);
	}
	double variance = count > 1 ? squares / (count - 1) : 0;
	*ret_mean = sum;
	*ret_deviation = variance > 0 ? sqrt(variance) : 1;
}

double *cloud_scaled(const Cloud *c, int side)
{
	double *scaled = g_new(double, c->rows[side] * c->columns + 1);
	for (size_t column = 0; column < c->columns; column++) {
		double mean, deviation;
		moments_of(c, column, &mean, &deviation);
		for (size_t row = 0; row < c->rows[side]; row++) {
			double value = plain_value(c, side, row, column);
			scaled[row * c->columns + column] =
			        isnan(value) ? 0 : CLAMP((value - mean) / deviation, -CUT, CUT);
		}
	}
	return scaled;
}
