/* importance.c: permutation importance of raw columns. */
#include "eval/importance.h"

#include <math.h>
#include <string.h>

#include "base/json.h"
#include "base/progress.h"
#include "base/rng.h"
#include "feature/pick.h"
#include "feature/recipe.h"

static size_t width_of(const Column *c)
{
	return c->type == COLUMN_BOOL ? 1 : c->type == COLUMN_TEXT ? 4 : 8;
}

static Column *shuffled(const Column *c, const uint32_t *order)
{
	size_t width = width_of(c);
	Column *ret = column_new(c->name, c->type, c->rows, c->dictionary);
	if (c->missing)
		ret->missing = g_malloc0(MAX(c->rows, (size_t)1));
	for (size_t i = 0; i < c->rows; i++) {
		memcpy((char *)ret->values + i * width, (const char *)c->values + order[i] * width, width);
		if (c->missing)
			ret->missing[i] = c->missing[order[i]];
	}
	return ret;
}

/* A copy of the rows; the column `name` (NULL: none) in another order. */
static Frame *copy_with(const Frame *rows, const char *name, const uint32_t *order)
{
	g_autofree uint32_t *same = g_new(uint32_t, MAX(rows->rows, (size_t)1));
	for (size_t i = 0; i < rows->rows; i++)
		same[i] = (uint32_t)i;
	Frame *copy = frame_new(rows->rows);
	for (guint i = 0; i < rows->columns->len; i++) {
		const Column *c = rows->columns->pdata[i];
		rows_append(copy, shuffled(c, name && strcmp(c->name, name) == 0 ? order : same));
	}
	return copy;
}

typedef struct Shuffling {
	const Bundle *b;
	const Frame *rows;
	const TestSet *t;
	const MetricKind *metric;
	unsigned repeats;
	uint64_t seed;
	double whole; /* the metric with every column in order */
} Shuffling;

static bool measure(const Shuffling *s, const char *name, const uint32_t *order, double *ret, GError **error)
{
	g_autoptr(Frame) copy = copy_with(s->rows, name, order);
	Answers a = {.rows = s->rows->rows, .outputs = bundle_outputs(s->b)};
	a.scores = g_new(double, MAX(a.rows * a.outputs, (size_t)1));
	bool ok = bundle_predict(s->b, copy, a.scores, error);
	if (ok) {
		answers_decide(s->b, &a);
		Scored scored = scored_of(s->t, &a);
		*ret = s->metric->compute(&scored);
	}
	answers_clear(&a);
	return ok;
}

static int by_mean(const void *a, const void *b, void *context)
{
	double x = json_get_number(*(json_t *const *)a, "mean", 0), y = json_get_number(*(json_t *const *)b, "mean", 0);
	(void)context;
	return x < y ? 1 : x > y ? -1 : 0;
}

static json_t *sorted_with_shares(json_t *list)
{
	size_t count = json_array_size(list);
	double sum = 0;
	g_autofree json_t **entries = g_new(json_t *, count + 1);
	for (size_t i = 0; i < count; i++) {
		entries[i] = json_incref(json_array_get(list, i));
		sum += MAX(0, json_get_number(entries[i], "mean", 0));
	}
	g_qsort_with_data(entries, (gint)count, sizeof *entries, by_mean, NULL);
	json_array_clear(list);
	for (size_t i = 0; i < count; i++) {
		double mean = MAX(0, json_get_number(entries[i], "mean", 0));
		json_object_set_new(entries[i], "share", json_number(sum > 0 ? mean / sum : 0));
		json_array_append_new(list, entries[i]);
	}
	return list;
}

static bool one_column(const Shuffling *s, const char *name, json_t *list, GError **error)
{
	size_t rows = s->rows->rows;
	g_autofree uint32_t *order = g_new(uint32_t, MAX(rows, (size_t)1));
	g_autofree char *stream = g_strdup_printf("importance %s", name);
	Rng rng = rng_stream(s->seed, stream);
	double sum = 0, squares = 0;
	for (unsigned k = 0; k < s->repeats; k++) {
		double value = NAN;
		for (size_t i = 0; i < rows; i++)
			order[i] = (uint32_t)i;
		rng_shuffle(&rng, order, rows);
		if (!measure(s, name, order, &value, error))
			return false;
		double worse = metric_worse(s->metric, value, s->whole);
		sum += worse;
		squares += worse * worse;
	}
	double mean = sum / s->repeats;
	double variance = s->repeats > 1 ? MAX(0, squares - s->repeats * mean * mean) / (s->repeats - 1) : 0;
	json_array_append_new(list, json_pack("{s:o,s:o,s:o}", "column", json_text(name), "mean", json_number(mean),
	                                    "sd", json_number(sqrt(variance))));
	return true;
}

bool importance_of(const Bundle *b, const Frame *rows, const TestSet *t, const MetricKind *metric, uint64_t seed,
        json_t **ret, GError **error)
{
	const json_t *inputs = json_at(bundle_header(b), "recipe.inputs");
	Shuffling s = {.b = b, .rows = rows, .t = t, .metric = metric, .repeats = IMPORTANCE_REPEATS, .seed = seed};
	if (!measure(&s, NULL, NULL, &s.whole, error))
		return false;
	json_auto_t *list = json_array();
	size_t i;
	json_t *input;
	json_array_foreach ((json_t *)inputs, i, input) {
		progress_report("columns shuffled", i, json_array_size(inputs));
		if (!one_column(&s, json_get_text(input, "name", ""), list, error))
			return false;
	}
	*ret = json_incref(sorted_with_shares(list));
	return true;
}
