/* sketch.c: a sample of numbers kept in small. */
#include "stats/sketch.h"

#include <math.h>
#include <string.h>

#include "base/json.h"
#include "base/limits.h"

static void add_edge(Sketch *s, const double *sorted, size_t count, size_t at)
{
	size_t low = at, high = count; /* the first place whose value is larger */
	if (s->count && s->edges[s->count - 1] == sorted[at])
		return;
	while (low < high) {
		size_t middle = low + (high - low) / 2;
		if (sorted[middle] <= sorted[at])
			low = middle + 1;
		else
			high = middle;
	}
	s->edges[s->count] = sorted[at];
	s->below[s->count++] = (int64_t)low;
}

static bool few_values(const double *sorted, size_t count)
{
	size_t distinct = count > 0;
	for (size_t i = 1; i < count && distinct <= SKETCH_STEPS + 1; i++)
		distinct += sorted[i] != sorted[i - 1];
	return distinct <= SKETCH_STEPS + 1;
}

void sketch_of(const double *sorted, size_t count, Sketch *ret)
{
	ret->count = 0;
	if (count == 0)
		return;
	if (few_values(sorted, count)) {
		for (size_t i = 0; i < count; i = (size_t)ret->below[ret->count - 1])
			add_edge(ret, sorted, count, i);
		return;
	}
	for (size_t k = 0; k <= SKETCH_STEPS; k++)
		add_edge(ret, sorted, count, (count - 1) * k / SKETCH_STEPS);
}

int64_t sketch_rows(const Sketch *s)
{
	return s->count ? s->below[s->count - 1] : 0;
}

json_t *sketch_save(const Sketch *s)
{
	json_t *edges = json_array(), *below = json_array();
	for (size_t i = 0; i < s->count; i++) {
		json_array_append_new(edges, json_number(s->edges[i]));
		json_array_append_new(below, json_integer(s->below[i]));
	}
	return json_pack("{s:o,s:o}", "edges", edges, "below", below);
}

bool sketch_load(const json_t *saved, Sketch *ret)
{
	const json_t *edges = json_object_get(saved, "edges"), *below = json_object_get(saved, "below");
	size_t count = json_array_size(edges);
	if (count > SKETCH_STEPS + 1 || json_array_size(below) != count || !json_is_array(edges))
		return false;
	ret->count = 0;
	for (size_t i = 0; i < count; i++) {
		const json_t *edge = json_array_get(edges, i), *rows = json_array_get(below, i);
		if (!json_is_number(edge) || !json_is_integer(rows) || json_integer_value(rows) > LIMIT_ROWS)
			return false;
		ret->edges[i] = json_number_value(edge);
		ret->below[i] = json_integer_value(rows);
		if (i ? ret->edges[i] <= ret->edges[i - 1] || ret->below[i] <= ret->below[i - 1] : ret->below[i] <= 0)
			return false;
	}
	ret->count = count;
	return true;
}

void sketch_add(const Sketch *s, SketchTally *t, double value)
{
	size_t low = 0, left = s->count;
	if (!isfinite(value)) {
		t->missing++;
		return;
	}
	t->rows++;
	if (s->count == 0 || value > s->edges[s->count - 1]) {
		t->high++;
		t->high_sum += value;
		return;
	}
	if (value < s->edges[0]) {
		t->low++;
		t->low_sum += value;
		return;
	}
	while (left > 1) { /* the first edge at or above; no branch that depends on the value */
		size_t half = left / 2;
		low += s->edges[low + half - 1] < value ? half : 0;
		left -= half;
	}
	t->bins[low]++;
}

/* The first byte of its MD5, which the data engine can compute too. */
unsigned sketch_bucket(const char *text)
{
	g_autofree char *digest = g_compute_checksum_for_string(G_CHECKSUM_MD5, text, -1);
	return sketch_bucket_of_md5(digest);
}

unsigned sketch_bucket_of_md5(const char *digits)
{
	return (unsigned)(g_ascii_xdigit_value(digits[0]) << 4 | g_ascii_xdigit_value(digits[1])) % SKETCH_BUCKETS;
}
