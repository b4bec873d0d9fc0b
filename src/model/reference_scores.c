/* reference_scores.c: a profile of scores, and how often each class is decided on. */
#include "model/reference_scores.h"

#include <glib.h>

#include "base/json.h"
#include "model/reference.h"

static size_t decided_class(const Scored *s, const double *row, double threshold)
{
	if (s->classes == 2)
		return row[s->positive] >= threshold ? s->positive : 1 - s->positive;
	size_t best = 0;
	for (size_t k = 1; k < s->classes; k++)
		best = row[k] > row[best] ? k : best;
	return best;
}

static json_t *decided_json(const Scored *s, const json_t *labels, double threshold)
{
	g_autofree size_t *counts = g_new0(size_t, s->classes);
	json_t *decided = json_object();
	for (size_t i = 0; i < s->rows; i++)
		counts[decided_class(s, s->scores + i * s->classes, threshold)]++;
	for (size_t k = 0; k < s->classes; k++)
		json_object_set_new(decided, json_string_value(json_array_get(labels, k)),
		        json_number((double)counts[k] / (double)s->rows));
	return decided;
}

static json_t *histogram(const double *values, size_t count)
{
	enum { BINS = 20 };
	size_t counts[BINS] = {0};
	json_t *shares = json_array();
	for (size_t i = 0; i < count; i++)
		counts[(size_t)CLAMP(values[i] * BINS, 0, BINS - 1)]++;
	for (size_t b = 0; b < BINS; b++)
		json_array_append_new(shares, json_number((double)counts[b] / (double)count));
	return shares;
}

json_t *reference_scores(const Scored *s, const json_t *labels, double threshold)
{
	size_t outputs = MAX(s->classes, (size_t)1);
	g_autofree double *one = g_new(double, MAX(s->rows, (size_t)1));
	for (size_t i = 0; i < s->rows; i++) {
		const double *row = s->scores + i * outputs;
		one[i] = row[s->classes ? decided_class(s, row, threshold) : 0];
		if (s->classes == 2)
			one[i] = row[s->positive];
	}
	json_t *about = reference_numbers(one, s->rows);
	json_object_set_new(about, "of", json_string("validation"));
	json_object_set_new(about, "rows", json_integer((json_int_t)s->rows));
	if (s->classes == 2)
		json_object_set_new(about, "histogram", histogram(one, s->rows));
	if (s->classes)
		json_object_set_new(about, "decided", decided_json(s, labels, threshold));
	return about;
}
