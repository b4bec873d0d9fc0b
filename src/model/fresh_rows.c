/* fresh_rows.c: one pass over the table in order of time; what the model cannot learn from is left out and counted. */
#include "model/fresh_rows.h"

#include <math.h>
#include <string.h>

#include "base/error.h"
#include "base/json.h"
#include "base/limits.h"
#include "model/reference.h"
#include "model/row_sample.h"

#define STRANGERS_MOST 0.01 /* of the rows: above, the target has got another class */
#define UNKNOWN_MOST 0.2    /* more of the rows than before: worth a warning */

void fresh_rows_clear(FreshRows *f)
{
	matrix_free(f->x);
	g_free(f->y);
	g_free(f->weight);
	g_free(f->time);
	json_decref(f->reference);
	if (f->sample)
		g_bytes_unref(f->sample);
}

typedef struct Reading {
	const Bundle *b;
	const json_t *roles;
	const char *weight, *time; /* names; NULL: none */
	FreshRows *to;
	Reference *reference;
	GArray *values, *y, *weights, *times;
	size_t columns;
	const FeatureKind *kinds; /* the bundle's */
} Reading;

static void reading_clear(Reading *r)
{
	reference_free(r->reference);
	g_array_unref(r->values);
	g_array_unref(r->y);
	g_array_unref(r->weights);
	g_array_unref(r->times);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Reading, reading_clear)

static Frame *usable(Reading *r, const Frame *rows, const double *y)
{
	g_autofree uint8_t *keep = g_new0(uint8_t, MAX(rows->rows, (size_t)1));
	const Column *weight = r->weight ? frame_find(rows, r->weight) : NULL;
	const Column *time = r->time ? frame_find(rows, r->time) : NULL;
	bool classifies = bundle_classifies(r->b);
	double scale = json_get_number(bundle_header(r->b), "weight_scale", 1);
	for (size_t i = 0; i < rows->rows; i++) {
		double w = weight ? scale * column_number(weight, i) : 1;
		r->to->strangers += classifies && y[i] < 0;
		keep[i] = fabs(y[i]) <= LIMIT_TARGET && !(classifies && y[i] < 0) && w > 0 && w <= LIMIT_WEIGHT;
		r->to->left_out += !keep[i];
		if (!keep[i])
			continue;
		int64_t at = time && time->type == COLUMN_TIME && !column_is_missing(time, i) ? time->ints[i] : 0;
		g_array_append_val(r->y, y[i]);
		g_array_append_val(r->weights, w);
		g_array_append_val(r->times, at);
	}
	return frame_filter(rows, keep);
}

static bool add_rows(Reading *r, Frame *rows, GError **error)
{
	g_autofree double *y = g_new(double, MAX(rows->rows, (size_t)1));
	g_autoptr(Matrix) x = NULL;
	if (!target_values(rows, r->roles, y, error))
		return false;
	r->to->read += rows->rows;
	g_autoptr(Frame) kept = usable(r, rows, y);
	g_autofree uint8_t *all = g_malloc(MAX(kept->rows, (size_t)1));
	memset(all, 1, kept->rows);
	reference_add(r->reference, kept, all);
	if (!bundle_features(r->b, kept, &x, error))
		return false;
	if ((guint64)r->values->len + x->rows * x->columns > G_MAXUINT / sizeof(float))
		return fail(
		        error, FAIL_LIMIT, "the fresh rows' features are too many to learn on from: take fewer rows");
	g_array_append_vals(r->values, x->values, (guint)(x->rows * x->columns));
	r->columns = x->columns;
	r->kinds = x->kinds;
	return true;
}

static json_t *target_of(const Reading *r)
{
	const double *y = (const double *)(const void *)r->y->data, *w = (const double *)(const void *)r->weights->data;
	size_t classes = bundle_classes(r->b);
	double total = 0;
	if (!classes) {
		g_autofree double *copy = g_memdup2(y, r->y->len * sizeof *y);
		return reference_numbers(copy, r->y->len);
	}
	g_autofree double *sum = g_new0(double, classes);
	json_t *priors = json_array();
	for (guint i = 0; i < r->y->len; i++) {
		sum[(size_t)y[i]] += w[i];
		total += w[i];
	}
	for (size_t k = 0; k < classes; k++)
		json_array_append_new(priors, json_number(total > 0 ? sum[k] / total : NAN));
	return json_pack("{s:o}", "priors", priors);
}

static void give(Reading *r)
{
	FreshRows *f = r->to;
	Matrix *x = g_new0(Matrix, 1);
	x->rows = r->y->len;
	x->columns = r->columns;
	x->kinds = r->kinds;
	f->reference = reference_json(r->reference, f->read);
	json_object_set_new(f->reference, "target", target_of(r));
	x->values = (float *)(void *)g_array_free(g_steal_pointer(&r->values), FALSE);
	r->values = g_array_new(FALSE, FALSE, sizeof(float));
	f->x = x;
	f->y = g_memdup2(r->y->data, MAX(r->y->len, 1u) * sizeof(double));
	f->weight = r->weight ? g_memdup2(r->weights->data, r->weights->len * sizeof(double)) : NULL;
	f->time = r->time ? g_memdup2(r->times->data, r->times->len * sizeof(int64_t)) : NULL;
}

/* Rows that were logged have the model's inputs only. */
static bool find_time(Engine *e, Reading *r, const char *table, GError **error)
{
	g_autofree char *query = g_strdup_printf("SELECT * FROM %s", table);
	json_auto_t *columns = NULL;
	size_t i;
	json_t *column;
	const char *wanted = r->time;
	r->time = NULL;
	if (!engine_describe(e, query, &columns, error))
		return false;
	json_array_foreach (columns, i, column)
		if (g_strcmp0(json_get_text(column, "name", NULL), wanted) == 0)
			r->time = wanted;
	return true;
}

static bool read_sample(Engine *e, const Reading *r, const char *table, GError **error)
{
	RowSample sample = {.table = table,
	        .number = "file_row_number",
	        .inputs = json_at(bundle_header(r->b), "recipe.inputs"),
	        .seed = 1};
	return row_sample_read(e, &sample, &r->to->sample, error);
}

static bool read_all(Engine *e, Reading *r, const char *path, GError **error)
{
	g_autofree char *table = sql_parquet(path);
	if (!find_time(e, r, table, error))
		return false;
	g_autofree char *time = r->time ? sql_name(r->time) : NULL;
	g_autofree char *order = time ? g_strdup_printf(" ORDER BY %s, file_row_number", time) : g_strdup("");
	g_autofree char *inner = g_strndup(table, strlen(table) - 1);
	g_autofree char *numbered = g_strdup_printf("%s, file_row_number = true)", inner);
	g_autofree char *query = g_strdup_printf("SELECT * EXCLUDE (file_row_number) FROM %s%s", numbered, order);
	g_autoptr(FrameReader) reader = NULL;
	if (!read_sample(e, r, numbered, error) || !engine_read(e, query, 0, &reader, error))
		return false;
	for (;;) {
		g_autoptr(Frame) rows = NULL;
		if (!frame_reader_next(reader, &rows, error))
			return false;
		if (!rows)
			return true;
		if (!add_rows(r, rows, error))
			return false;
	}
}

bool fresh_rows_read(Engine *e, const Bundle *b, const char *rows, FreshRows *ret, GError **error)
{
	const json_t *header = bundle_header(b), *roles = json_object_get(header, "roles");
	json_auto_t *inputs = json_pack("{s:O}", "columns", json_at(header, "recipe.inputs"));
	g_auto(FreshRows) f = {0};
	g_auto(Reading) r = {.b = b,
	        .roles = roles,
	        .weight = json_get_text(roles, "weight", NULL),
	        .time = json_get_text(roles, "time", NULL),
	        .to = &f,
	        .reference = reference_new(inputs),
	        .values = g_array_new(FALSE, FALSE, sizeof(float)),
	        .y = g_array_new(FALSE, FALSE, sizeof(double)),
	        .weights = g_array_new(FALSE, FALSE, sizeof(double)),
	        .times = g_array_new(FALSE, FALSE, sizeof(int64_t))};
	if (!read_all(e, &r, rows, error))
		return false;
	if (r.y->len == 0)
		return fail(error, FAIL_INVALID, "none of the %zu fresh rows has a target the model can learn from",
		        f.read);
	give(&r);
	*ret = f;
	memset(&f, 0, sizeof f);
	return true;
}

TrainSet fresh_rows_part(const FreshRows *f, const Bundle *b, size_t from, size_t end, Matrix *room)
{
	const json_t *roles = json_object_get(bundle_header(b), "roles");
	*room = *f->x;
	room->rows = end - from;
	room->values = f->x->values + from * f->x->columns;
	return (TrainSet){.task = task_of(roles),
	        .classes = bundle_classes(b),
	        .x = room,
	        .y = f->y + from,
	        .weight = f->weight ? f->weight + from : NULL};
}

/* The share of rows whose value is none of those the old profile lists; only where it lists all there were. */
static double unknown_share(const json_t *before, const json_t *now)
{
	double known = 0, listed = 0;
	size_t i, k;
	json_t *pair, *other;
	if (g_strcmp0(json_get_text(before, "type", ""), "text") != 0 || json_get_number(before, "other", 1) > 0)
		return 0;
	json_array_foreach (json_object_get(now, "top"), i, pair) {
		listed += json_number_value(json_array_get(pair, 1));
		json_array_foreach (json_object_get(before, "top"), k, other)
			if (json_equal(json_array_get(pair, 0), json_array_get(other, 0)))
				known += json_number_value(json_array_get(pair, 1));
	}
	return listed - known;
}

static bool check_column(const char *name, const json_t *before, const json_t *now, json_t *warnings, GError **error)
{
	double was = json_get_number(before, "missing", 0), is = json_get_number(now, "missing", 0);
	double unknown = unknown_share(before, now);
	if (is >= 1 && was < 1)
		return fail(error, FAIL_INVALID,
		        "column \"%s\" has no value in any fresh row, and the model reads it: see where it went, or "
		        "train "
		        "anew without it",
		        name);
	if (is - was > UNKNOWN_MOST)
		json_array_append_new(
		        warnings, json_sprintf("%.0f %% of the fresh rows have no value of \"%s\", before %.0f %%",
		                          100 * is, name, 100 * was));
	if (unknown > UNKNOWN_MOST)
		json_array_append_new(warnings,
		        json_sprintf(
		                "%.0f %% of the fresh rows have a value of \"%s\" that the recipe has never seen: a "
		                "recipe is only made anew by training anew",
		                100 * unknown, name));
	return true;
}

bool fresh_rows_check(const FreshRows *f, const Bundle *b, json_t *warnings, GError **error)
{
	const char *name;
	json_t *now;
	if ((double)f->strangers > STRANGERS_MOST * (double)f->read)
		return fail(error, FAIL_INVALID,
		        "%zu of %zu fresh rows have a label the model does not know: only training anew can learn it",
		        f->strangers, f->read);
	json_object_foreach (json_object_get(f->reference, "inputs"), name, now) {
		const json_t *inputs = json_at(bundle_header(b), "reference.inputs");
		if (!check_column(name, json_object_get(inputs, name), now, warnings, error))
			return false;
	}
	return true;
}
