/* detector_adwin.c: ADWIN: a window that grows while the stream is steady and drops its old part when two parts of it differ
 * (Bifet and Gavalda 2007, doi:10.1137/1.9781611972771.42).
 *
 * The window is an exponential histogram: row i holds up to max_buckets sums of 2^i values each, oldest first; when one more
 * comes the two oldest become one of the next row.  So n values need about max_buckets log2(n) buckets, and a cut can be
 * looked for between any two of them.
 *
 *   row 2: [4][4]   row 1: [2]   row 0: [1][1]      <- oldest ... newest: 4+4+2+1+1 values  */
#include <math.h>

#include "base/json.h"
#include "monitor/detector.h"

enum { MAX_BUCKETS = 64, ROWS = 60 };

typedef struct Bucket {
	double total, spread; /* sum, and sum of squared deviations */
} Bucket;

typedef struct Row {
	int count;
	Bucket buckets[MAX_BUCKETS + 1]; /* oldest first */
} Row;

typedef struct Adwin {
	double delta, min_length, grace;
	int64_t clock;
	int max_buckets;
	int64_t tick;
	double width;
	Bucket all;
	GArray *rows; /* of Row */
	bool found;
} Adwin;

/* A side of a cut. */
typedef struct Side {
	double width, total;
} Side;

static const Param PARAMS[] = {
        {"delta", PARAM_REAL, "chance of a false drift", "0.002", .min = 1e-12, .max = 1},
        {"clock", PARAM_INT, "values between two looks", "32", .min = 1, .max = 1e9},
        {"max_buckets", PARAM_INT, "sums kept of each size: more find a change sooner", "5", .min = 2,
                .max = MAX_BUCKETS},
        {"min_window_length", PARAM_INT, "values on each side of a cut", "5", .min = 1, .max = 1e9},
        {"grace_period", PARAM_INT, "values before the first verdict", "10", .min = 0, .max = 1e9},
        {NULL},
};

static Row *row_at(const Adwin *d, guint i)
{
	return &g_array_index(d->rows, Row, i);
}

static void start(Adwin *d)
{
	d->tick = 0;
	d->width = 0;
	d->all = (Bucket){0};
	g_array_set_size(d->rows, 0);
	g_array_set_size(d->rows, 1);
	d->found = false;
}

static bool open_adwin(const json_t *params, void **ret, GError **error)
{
	Adwin *d = g_new0(Adwin, 1);
	d->delta = json_get_number(params, "delta", 0.002);
	d->clock = json_get_int(params, "clock", 32);
	d->max_buckets = (int)json_get_int(params, "max_buckets", 5);
	d->min_length = (double)json_get_int(params, "min_window_length", 5);
	d->grace = (double)json_get_int(params, "grace_period", 10);
	d->rows = g_array_new(FALSE, TRUE, sizeof(Row));
	start(d);
	*ret = d;
	return true;
}

static void row_drop(Row *row, int count)
{
	row->count -= count;
	for (int i = 0; i < row->count; i++)
		row->buckets[i] = row->buckets[i + count];
}

/* Squared deviations that two parts have beyond their own, when they become one. */
static double between(double n1, double mean1, double n2, double mean2)
{
	return n1 * n2 * (mean1 - mean2) * (mean1 - mean2) / (n1 + n2);
}

static void merge_full_rows(Adwin *d)
{
	for (guint i = 0; i < d->rows->len && i < ROWS; i++) {
		if (row_at(d, i)->count <= d->max_buckets)
			return;
		if (i + 1 == d->rows->len)
			g_array_set_size(d->rows, i + 2);
		Row *row = row_at(d, i), *next = row_at(d, i + 1);
		double size = ldexp(1, (int)i);
		Bucket a = row->buckets[0], b = row->buckets[1];
		next->buckets[next->count++] = (Bucket){
		        a.total + b.total, a.spread + b.spread + between(size, a.total / size, size, b.total / size)};
		row_drop(row, 2);
	}
}

static void insert(Adwin *d, double value)
{
	Row *first = row_at(d, 0);
	first->buckets[first->count++] = (Bucket){value, 0};
	if (d->width > 0)
		d->all.spread += between(d->width, d->all.total / d->width, 1, value);
	d->width++;
	d->all.total += value;
	merge_full_rows(d);
}

static void drop_oldest(Adwin *d)
{
	guint last = d->rows->len - 1;
	Row *row = row_at(d, last);
	Bucket oldest = row->buckets[0];
	double size = ldexp(1, (int)last);
	d->width -= size;
	d->all.total -= oldest.total;
	d->all.spread -= oldest.spread + between(size, oldest.total / size, d->width, d->all.total / d->width);
	row_drop(row, 1);
	if (row->count == 0)
		g_array_set_size(d->rows, last);
}

static bool differ(const Adwin *d, Side old, Side new)
{
	if (old.width < d->min_length || new.width < d->min_length)
		return false;
	double confidence = log(2 * log(d->width) / d->delta);
	double m = 1 / (old.width - d->min_length + 1) + 1 / (new.width - d->min_length + 1);
	double reach = sqrt(2 * m * d->all.spread / d->width * confidence) + 2.0 / 3 * confidence * m;
	return fabs(old.total / old.width - new.total / new.width) > reach;
}

/* Is there a cut, from the oldest bucket on, whose sides differ? */
static bool has_cut(const Adwin *d)
{
	Side old = {0}, new = {d->width, d->all.total};
	for (guint i = d->rows->len; i-- > 0;) {
		const Row *row = row_at(d, i);
		double size = ldexp(1, (int)i);
		for (int k = 0; k < row->count; k++) {
			old.width += size;
			old.total += row->buckets[k].total;
			new.width -= size;
			new.total -= row->buckets[k].total;
			bool newest = i == 0 && k == row->count - 1;
			if (!newest && differ(d, old, new))
				return true;
		}
	}
	return false;
}

static unsigned add(void *state, double value)
{
	Adwin *d = state;
	if (d->found)
		start(d);
	insert(d, value);
	if (++d->tick % d->clock != 0 || d->width <= d->grace)
		return 0;
	while (has_cut(d)) {
		d->found = true;
		drop_oldest(d);
	}
	return d->found ? DETECTOR_DRIFT : 0;
}

static DetectorWindow window(const void *state)
{
	const Adwin *d = state;
	return (DetectorWindow){d->width, d->width > 0 ? d->all.total / d->width : 0, d->all.spread};
}

/* [tick, width, total, spread, found, rows; for each row: its count, and total and spread of each bucket] */
static json_t *save(const void *state)
{
	const Adwin *d = state;
	json_t *kept = json_pack("[I,f,f,f,b,i]", (json_int_t)d->tick, d->width, d->all.total, d->all.spread, d->found,
	        (int)d->rows->len);
	for (guint i = 0; i < d->rows->len; i++) {
		const Row *row = row_at(d, i);
		json_array_append_new(kept, json_integer(row->count));
		for (int k = 0; k < row->count; k++) {
			json_array_append_new(kept, json_real(row->buckets[k].total));
			json_array_append_new(kept, json_real(row->buckets[k].spread));
		}
	}
	return kept;
}

static bool load_rows(Adwin *d, const json_t *saved, size_t at, guint rows)
{
	g_array_set_size(d->rows, 0);
	g_array_set_size(d->rows, rows);
	for (guint i = 0; i < rows; i++) {
		Row *row = row_at(d, i);
		json_int_t count = json_integer_value(json_array_get(saved, at++));
		if (count < 0 || count > d->max_buckets)
			return false;
		row->count = (int)count;
		for (int k = 0; k < row->count; k++) {
			row->buckets[k].total = json_number_value(json_array_get(saved, at++));
			row->buckets[k].spread = json_number_value(json_array_get(saved, at++));
		}
	}
	return at == json_array_size(saved);
}

static bool load(void *state, const json_t *saved)
{
	Adwin *d = state;
	json_int_t rows = json_integer_value(json_array_get(saved, 5));
	d->tick = json_integer_value(json_array_get(saved, 0));
	d->width = json_number_value(json_array_get(saved, 1));
	d->all.total = json_number_value(json_array_get(saved, 2));
	d->all.spread = json_number_value(json_array_get(saved, 3));
	d->found = json_is_true(json_array_get(saved, 4));
	return rows >= 1 && rows <= ROWS && load_rows(d, saved, 6, (guint)rows);
}

static void free_adwin(void *state)
{
	Adwin *d = state;
	g_array_unref(d->rows);
	g_free(d);
}

const DetectorKind DETECTOR_ADWIN = {
        .name = "adwin",
        .help = "two parts of an adaptive window have different means: for any number, few false alarms",
        .params = PARAMS,
        .open = open_adwin,
        .add = add,
        .window = window,
        .save = save,
        .load = load,
        .free = free_adwin,
};
