/* watch.c: the best, the path and the importance of parameters. */
#include "search/watch.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <glib.h>

#include "base/json.h"

#define BINS 5
#define FEWEST 8 /* trials, to say anything of a parameter */

typedef struct Point {
	double value; /* smaller is better */
	double rank;
	const json_t *setting; /* of the parameter that is looked at */
	size_t place;
} Point;

static int compare(double x, double y)
{
	return (x > y) - (x < y);
}

static int by_value(const void *a, const void *b)
{
	const Point *x = a, *y = b;
	int way = compare(x->value, y->value);
	return way ? way : (x->place > y->place) - (x->place < y->place);
}

/* Texts by their spelling, numbers and booleans by size. */
static int by_setting(const void *a, const void *b)
{
	const Point *x = a, *y = b;
	int way = 0;
	if (json_is_string(x->setting) && json_is_string(y->setting))
		way = strcmp(json_string_value(x->setting), json_string_value(y->setting));
	else if (json_is_number(x->setting) && json_is_number(y->setting))
		way = compare(json_number_value(x->setting), json_number_value(y->setting));
	else
		way = (int)json_typeof(x->setting) - (int)json_typeof(y->setting);
	return way ? way : (x->place > y->place) - (x->place < y->place);
}

static bool is_same(const Point *a, const Point *b)
{
	Point x = *a, y = *b;
	x.place = y.place = 0;
	return by_setting(&x, &y) == 0;
}

static void rank(Point *points, size_t count)
{
	qsort(points, count, sizeof *points, by_value);
	for (size_t i = 0, end; i < count; i = end) {
		for (end = i; end < count && points[end].value == points[i].value; end++)
			;
		for (size_t k = i; k < end; k++)
			points[k].rank = ((double)i + (double)end + 1) / 2;
	}
}

/* Points sorted by setting: the end of the group that begins at `from`.  Choices are groups; numbers are cut in BINS, equal ones kept
 * together. */
static size_t group_end(const Point *points, size_t count, size_t from)
{
	size_t end = from + 1;
	if (json_is_number(points[from].setting))
		end = MAX(end, MIN(count, (from * BINS / count + 1) * count / BINS));
	while (end < count && is_same(&points[end], &points[end - 1]))
		end++;
	return end;
}

static double explained(Point *points, size_t count)
{
	double mean = 0, total = 0, within = 0;
	size_t groups = 0;
	qsort(points, count, sizeof *points, by_setting);
	for (size_t i = 0; i < count; i++)
		mean += points[i].rank / (double)count;
	for (size_t i = 0, end; i < count; i = end, groups++) {
		double own = 0;
		end = group_end(points, count, i);
		for (size_t k = i; k < end; k++)
			own += points[k].rank / (double)(end - i);
		for (size_t k = i; k < end; k++) {
			within += (points[k].rank - own) * (points[k].rank - own);
			total += (points[k].rank - mean) * (points[k].rank - mean);
		}
	}
	if (groups < 2 || groups >= count || total == 0)
		return NAN;
	return MAX(0, 1 - within / (double)(count - groups) / (total / (double)(count - 1)));
}

typedef struct Share {
	const char *name;
	double share;
} Share;

static int by_share(const void *a, const void *b)
{
	const Share *x = a, *y = b;
	int way = compare(y->share, x->share);
	return way ? way : strcmp(x->name, y->name);
}

/* The trials with a value that have this parameter; all when name is NULL. */
static size_t collect(const json_t *trials, const char *name, bool larger_is_better, Point *ret)
{
	size_t i, count = 0;
	json_t *trial;
	json_array_foreach ((json_t *)trials, i, trial) {
		const json_t *value = json_object_get(trial, "value");
		const json_t *setting = name ? json_object_get(json_object_get(trial, "params"), name) : value;
		if (!json_is_number(value) || !setting)
			continue;
		double number = json_number_value(value);
		ret[count++] = (Point){larger_is_better ? -number : number, 0, setting, i};
	}
	return count;
}

static json_t *importance(const json_t *trials, bool larger_is_better)
{
	g_autoptr(GHashTable) names = g_hash_table_new(g_str_hash, g_str_equal);
	g_autoptr(GArray) shares = g_array_new(FALSE, FALSE, sizeof(Share));
	g_autofree Point *points = g_new(Point, json_array_size(trials) + 1);
	size_t i;
	json_t *trial, *setting, *list = json_array();
	const char *name;
	json_array_foreach ((json_t *)trials, i, trial)
		json_object_foreach (json_object_get(trial, "params"), name, setting) {
			if (!g_hash_table_add(names, (void *)name))
				continue;
			size_t count = collect(trials, name, larger_is_better, points);
			rank(points, count);
			Share one = {name, count >= FEWEST ? explained(points, count) : NAN};
			if (!isnan(one.share))
				g_array_append_val(shares, one);
		}
	g_array_sort(shares, by_share);
	for (guint k = 0; k < shares->len; k++) {
		const Share *one = &g_array_index(shares, Share, k);
		json_array_append_new(list, json_pack("[s,o]", one->name, json_number(one->share)));
	}
	return list;
}

static json_t *count_states(const json_t *trials)
{
	json_t *counts = json_object(), *trial;
	size_t i;
	json_array_foreach ((json_t *)trials, i, trial) {
		const char *state = json_get_text(trial, "state", "done");
		json_object_set_new(counts, state, json_integer(json_get_int(counts, state, 0) + 1));
	}
	return counts;
}

json_t *watch_trials(const json_t *trials, bool larger_is_better)
{
	g_autofree Point *points = g_new(Point, json_array_size(trials) + 1);
	size_t count = collect(trials, NULL, larger_is_better, points), best = 0;
	json_t *path = json_array(), *about = json_null();
	for (size_t i = 0; i < count; i++) {
		if (i > 0 && points[i].value >= points[best].value)
			continue;
		best = i;
		json_array_append_new(path, json_pack("[I,O]", (json_int_t)points[i].place, points[i].setting));
	}
	if (count > 0) {
		const json_t *trial = json_array_get(trials, points[best].place);
		about = json_pack("{s:I,s:O,s:O}", "trial", (json_int_t)points[best].place, "params",
		        json_object_get(trial, "params"), "value", points[best].setting);
	}
	return json_pack("{s:o,s:o,s:o,s:o}", "best", about, "counts", count_states(trials), "path", path, "importance",
	        importance(trials, larger_is_better));
}
