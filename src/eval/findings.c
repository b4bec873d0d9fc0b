/* findings.c: slices, hardest rows and latency from a sample of the test rows. */
#include "eval/findings.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/error.h"
#include "base/json.h"
#include "base/rng.h"
#include "eval/slices.h"

enum { WORST_SLICES = 10, LATENCY_ROWS = 1000 };

void sample_clear(RowSample *s)
{
	g_clear_pointer(&s->rows, frame_free);
	test_set_clear(&s->t);
	answers_clear(&s->a);
}

/* Row i is in when its hash is below the share: the same rows whatever the order of reading. */
static uint8_t *choose_rows(size_t rows, size_t most, uint64_t seed, size_t *ret_count)
{
	uint8_t *keep = g_malloc(MAX(rows, (size_t)1));
	uint64_t bound = rows <= most ? UINT64_MAX : (uint64_t)((double)most / (double)rows * 0x1p64);
	*ret_count = 0;
	for (size_t i = 0; i < rows; i++) {
		keep[i] = rng_hash(seed, i) <= bound;
		*ret_count += keep[i];
	}
	return keep;
}

static void keep_answers(const uint8_t *keep, const TestSet *t, const Answers *a, RowSample *s)
{
	size_t rows = s->t.rows, to = 0, width = a->outputs;
	s->t.y = g_new(double, MAX(rows, (size_t)1));
	s->t.weight = t->weight ? g_new(double, MAX(rows, (size_t)1)) : NULL;
	s->a.scores = g_new(double, MAX(rows * width, (size_t)1));
	s->a.decided = a->decided ? g_new(uint32_t, MAX(rows, (size_t)1)) : NULL;
	for (size_t i = 0; i < t->rows; i++) {
		if (!keep[i])
			continue;
		s->t.y[to] = t->y[i];
		if (t->weight)
			s->t.weight[to] = t->weight[i];
		if (a->decided)
			s->a.decided[to] = a->decided[i];
		memcpy(s->a.scores + to * width, a->scores + i * width, width * sizeof(double));
		to++;
	}
}

/* Appends a frame's rows to those before; frames of one reader share their dictionaries. */
static void append_rows(GPtrArray *parts, Frame *rows, size_t *count)
{
	*count += rows->rows;
	g_ptr_array_add(parts, rows);
}

static void copy_part(Column *into, size_t at, const Column *part)
{
	size_t width = into->type == COLUMN_BOOL ? 1 : into->type == COLUMN_TEXT ? 4 : 8;
	memcpy((char *)into->values + at * width, part->values, part->rows * width);
	for (size_t i = 0; part->missing && i < part->rows; i++)
		if (part->missing[i])
			column_set_missing(into, at + i);
}

static Frame *join_parts(const GPtrArray *parts, size_t rows)
{
	Frame *all = frame_new(rows);
	const Frame *first = parts->len ? parts->pdata[0] : NULL;
	for (guint c = 0; first && c < first->columns->len; c++) {
		const Column *like = first->columns->pdata[c];
		Column *whole = column_new(like->name, like->type, rows, like->dictionary);
		size_t at = 0;
		for (guint p = 0; p < parts->len; p++) {
			const Frame *part = parts->pdata[p];
			copy_part(whole, at, part->columns->pdata[c]);
			at += part->rows;
		}
		frame_add(all, whole);
	}
	return all;
}

static bool read_kept(Engine *e, const char *test_path, const uint8_t *keep, Frame **ret, GError **error)
{
	g_autofree char *table = sql_parquet(test_path), *query = g_strdup_printf("SELECT * FROM %s", table);
	g_autoptr(FrameReader) reader = NULL;
	g_autoptr(GPtrArray) parts = g_ptr_array_new_with_free_func((GDestroyNotify)frame_free);
	size_t at = 0, rows = 0;
	if (!engine_read(e, query, 0, &reader, error))
		return false;
	for (;;) {
		g_autoptr(Frame) part = NULL;
		if (!frame_reader_next(reader, &part, error))
			return false;
		if (!part)
			break;
		append_rows(parts, frame_filter(part, keep + at), &rows);
		at += part->rows;
	}
	*ret = join_parts(parts, rows);
	return true;
}

bool sample_take(Engine *e, const char *test_path, const TestSet *t, const Answers *a, size_t most, uint64_t seed,
        RowSample *ret, GError **error)
{
	size_t count;
	g_autofree uint8_t *keep = choose_rows(t->rows, most, seed, &count);
	RowSample s = {.t = *t, .a = *a};
	s.t.rows = s.a.rows = count;
	if (!read_kept(e, test_path, keep, &s.rows, error))
		return false;
	keep_answers(keep, t, a, &s);
	*ret = s;
	return true;
}

/* The target, what only exists afterwards and our own columns tell nothing about where the model fails. */
GPtrArray *columns_left_out(const Bundle *b)
{
	const json_t *roles = json_object_get(bundle_header(b), "roles");
	GPtrArray *names = g_ptr_array_new();
	size_t i;
	json_t *name;
	g_ptr_array_add(names, (void *)json_get_text(roles, "target", ""));
	json_array_foreach (json_object_get(roles, "drop"), i, name)
		g_ptr_array_add(names, (void *)json_string_value(name));
	g_ptr_array_add(names, NULL);
	return names;
}

/* The metric and the confusion table of the rows in a slice. */
static void add_slice_figures(
        const RowSample *s, const MetricKind *metric, const uint8_t *in, json_t *slice, json_t *confusions)
{
	TestSet t = {.rows = 0, .classes = s->t.classes, .positive = s->t.positive};
	Answers a = {.outputs = s->a.outputs};
	RowSample part = {.t = t, .a = a};
	for (size_t i = 0; i < s->t.rows; i++)
		part.t.rows += in[i];
	part.a.rows = part.t.rows;
	keep_answers(in, &s->t, &s->a, &part);
	Scored scored = scored_of(&part.t, &part.a);
	json_object_set_new(slice, "metric", json_number(metric->compute(&scored)));
	if (s->t.classes && s->t.classes <= 10) {
		size_t classes = s->t.classes;
		g_autofree json_int_t *counts = g_new0(json_int_t, classes * classes);
		for (size_t i = 0; i < part.t.rows; i++)
			if (!isnan(part.t.y[i]))
				counts[(size_t)part.t.y[i] * classes + part.a.decided[i]]++;
		json_t *table = json_array();
		for (size_t i = 0; i < classes; i++) {
			json_t *line = json_array();
			for (size_t j = 0; j < classes; j++)
				json_array_append_new(line, json_integer(counts[i * classes + j]));
			json_array_append_new(table, line);
		}
		json_array_append_new(confusions, json_pack("{s:O,s:I,s:o}", "slice", json_object_get(slice, "slice"),
		                                          "rows", (json_int_t)part.t.rows, "confusion", table));
	}
	sample_clear(&part);
}

/* A byte a row: is it in the slice? */
static bool members_of(const Cuts *cuts, const char *where, size_t rows, uint8_t **ret, GError **error)
{
	g_autofree char *sql = g_strdup_printf("SELECT coalesce(%s, false) AS member FROM cuts", where);
	g_autofree uint8_t *in = g_malloc0(rows + 1);
	g_autoptr(FrameReader) reader = NULL;
	size_t at = 0;
	if (!engine_read(cuts->e, sql, 0, &reader, error))
		return false;
	for (;;) {
		g_autoptr(Frame) part = NULL;
		if (!frame_reader_next(reader, &part, error))
			return false;
		if (!part)
			break;
		const Column *member = part->columns->pdata[0];
		memcpy(in + at, member->bools, MIN(part->rows, rows - at));
		at += MIN(part->rows, rows - at);
	}
	*ret = g_steal_pointer(&in);
	return true;
}

bool find_slices(
        const Cuts *cuts, const TestSet *t, const Answers *a, const MetricKind *metric, json_t **ret, GError **error)
{
	g_autoptr(GPtrArray) where = NULL;
	json_auto_t *slices = NULL, *confusions = json_array();
	RowSample all = {.t = *t, .a = *a};
	if (!slices_find(cuts, WORST_SLICES, &slices, &where, error))
		return false;
	json_object_set_new(slices, "metric", json_string(t->classes ? "log loss" : "squared error"));
	for (guint i = 0; i < where->len; i++) {
		g_autofree uint8_t *in = NULL;
		if (!members_of(cuts, where->pdata[i], t->rows, &in, error))
			return false;
		add_slice_figures(&all, metric, in, json_array_get(json_object_get(slices, "worst"), i), confusions);
	}
	*ret = json_pack("{s:O,s:O}", "slices", slices, "confusion_by_slice", confusions);
	return true;
}

static json_t *row_json(const Frame *rows, size_t row)
{
	json_t *object = json_object();
	for (guint i = 0; i < rows->columns->len; i++) {
		const Column *c = rows->columns->pdata[i];
		if (!g_str_has_prefix(c->name, "_gyre_"))
			json_object_set_new(object, c->name, column_json(c, row));
	}
	return object;
}

static json_t *hard_row(const Bundle *b, const RowSample *s, size_t row, double loss)
{
	json_t *entry = json_pack("{s:o,s:o}", "row", row_json(s->rows, row), "loss", json_number(loss));
	if (!s->t.classes) {
		json_object_set_new(entry, "actual", json_number(s->t.y[row]));
		json_object_set_new(entry, "predicted", json_number(s->a.scores[row]));
		return entry;
	}
	uint32_t decided = s->a.decided[row];
	bool known = !isnan(s->t.y[row]);
	json_object_set_new(
	        entry, "actual", json_text(known ? bundle_class(b, (size_t)s->t.y[row]) : "a label not learnt"));
	json_object_set_new(entry, "predicted", json_text(bundle_class(b, decided)));
	size_t shown = s->t.classes == 2 ? s->t.positive : decided;
	json_object_set_new(entry, "score", json_number(s->a.scores[row * s->a.outputs + shown]));
	return entry;
}

json_t *find_hardest(const Bundle *b, const RowSample *s, size_t most)
{
	g_autofree double *loss = row_losses(&s->t, &s->a);
	json_t *list = json_array();
	for (size_t k = 0; k < MIN(most, s->t.rows); k++) {
		size_t worst = 0;
		for (size_t i = 1; i < s->t.rows; i++)
			worst = loss[i] > loss[worst] ? i : worst;
		json_array_append_new(list, hard_row(b, s, worst, loss[worst]));
		loss[worst] = -INFINITY;
	}
	return list;
}

static int by_value(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;
	return x < y ? -1 : x > y;
}

/* Processor time of this thread: what other programs do on the machine is not the model's. */
static double thread_ms(void)
{
	struct timespec now;
	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
	return (double)now.tv_sec * 1e3 + (double)now.tv_nsec / 1e6;
}

bool measure_latency(const Bundle *b, const RowSample *s, json_t **ret, GError **error)
{
	size_t count = MIN((size_t)LATENCY_ROWS, s->t.rows);
	g_autofree double *ms = g_new0(double, count + 1), *scores = g_new(double, bundle_outputs(b));
	g_autofree uint8_t *keep = g_malloc0(MAX(s->t.rows, (size_t)1));
	for (size_t i = 0; i < count; i++) {
		keep[i] = 1;
		g_autoptr(Frame) row = frame_filter(s->rows, keep);
		keep[i] = 0;
		double start = thread_ms();
		if (!bundle_predict(b, row, scores, error))
			return false;
		ms[i] = thread_ms() - start;
	}
	qsort(ms, count, sizeof *ms, by_value);
	*ret = json_pack("{s:I,s:o,s:o}", "rows", (json_int_t)count, "p50_ms", json_number(count ? ms[count / 2] : NAN),
	        "p99_ms", json_number(count ? ms[count * 99 / 100] : NAN));
	return true;
}
