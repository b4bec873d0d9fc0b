/* inspect_rules.c: one column at a time, how well could it alone predict?
 *
 * A rule says for every bin of the column (up to 200 of equal size; a category each; one for missing) what the target was there.
 * It is judged on rows it was not made from: every fifth of the rows by the rule of the others; or, where rows follow each other
 * in time, a fifth by the rule of those before it.  So a column that names rows scores nothing, however well it
 * remembers. */
#include <math.h>
#include <string.h>

#include "base/json.h"
#include "base/rng.h"
#include "data/profile_measure.h"
#include "project/inspect_internal.h"
#include "stats/association.h"

enum { BINS = 200, BIN_ROWS = 50, FOLDS = 5, SAMPLE = 50000, MOST_CLASSES = 50 };
static const int64_t SAMPLE_CELLS = 20000000;
/* A bin's word counts as so many rows of the whole beside its own. */
static const double PRIOR = 2;

typedef struct Rules {
	Inspect *s;
	Frame *frame;
	size_t rows;
	size_t outputs;    /* classes, or 1 */
	double *y;         /* class or number; NaN missing */
	uint8_t *fold;     /* by whose rules a row is judged; FOLDS: only learned from */
	double *predicted; /* rows x outputs, of one column */
	double *sums;      /* bins x outputs, of one column and fold */
	double *counts;    /* bins */
} Rules;

/* --- bins -------------------------------------------------------------------------------------------------------- */

/* Ranks in equal parts; equal values have equal ranks, so they share a bin. */
static uint32_t bin_numbers(const Column *c, size_t rows, uint32_t *bins)
{
	g_autofree double *x = g_new(double, rows + 1);
	double known = 0;
	for (size_t i = 0; i < rows; i++) {
		x[i] = column_number(c, i);
		known += !isnan(x[i]);
	}
	g_autofree double *ranks = measure_ranks(x, rows);
	uint32_t count = (uint32_t)CLAMP(known / BIN_ROWS, 2, BINS);
	for (size_t i = 0; i < rows; i++)
		bins[i] = isnan(ranks[i]) ? count : (uint32_t)MIN((ranks[i] - 0.5) / known * count, count - 1);
	return count + 1;
}

static uint32_t bin_texts(const Column *c, size_t rows, uint32_t *bins)
{
	uint32_t count = dictionary_size(c->dictionary);
	for (size_t i = 0; i < rows; i++)
		bins[i] = column_is_missing(c, i) ? count : c->codes[i];
	return count + 1;
}

/* --- one rule ---------------------------------------------------------------------------------------------------- */

static void add_row(Rules *r, uint32_t bin, size_t row, double sign)
{
	double *sums = r->sums + (size_t)bin * r->outputs;
	r->counts[bin] += sign;
	if (r->s->classifies)
		sums[(size_t)r->y[row]] += sign;
	else
		sums[0] += sign * r->y[row];
}

/* The word of a bin, drawn towards that of all rows. */
static void say(const Rules *r, uint32_t bin, const double *all, double rows, double *ret)
{
	const double *sums = r->sums + (size_t)bin * r->outputs;
	for (size_t k = 0; k < r->outputs; k++)
		ret[k] = (sums[k] + PRIOR * (all[k] + 1e-9) / rows) / (r->counts[bin] + PRIOR);
}

/* Sums over all rows, once; each fold's own are taken out while it is judged. */
static void predict_folds(Rules *r, const uint32_t *bins, uint32_t bin_count)
{
	g_autofree double *all = g_new0(double, r->outputs);
	memset(r->sums, 0, (size_t)bin_count * r->outputs * sizeof *r->sums);
	memset(r->counts, 0, bin_count * sizeof *r->counts);
	double rows = 0;
	for (size_t i = 0; i < r->rows; i++) {
		if (isnan(r->y[i]))
			continue;
		add_row(r, bins[i], i, 1);
		all[r->s->classifies ? (size_t)r->y[i] : 0] += r->s->classifies ? 1 : r->y[i];
		rows++;
	}
	for (int fold = 0; fold < FOLDS; fold++) {
		for (int out = 1; out >= 0; out--) {
			for (size_t i = 0; i < r->rows; i++) {
				if (r->fold[i] != fold || isnan(r->y[i]))
					continue;
				if (out)
					add_row(r, bins[i], i, -1);
				else
					say(r, bins[i], all, rows, r->predicted + i * r->outputs);
			}
		}
		for (size_t i = 0; i < r->rows; i++)
			if (r->fold[i] == fold && !isnan(r->y[i]))
				add_row(r, bins[i], i, 1);
	}
}

/* --- how good it was --------------------------------------------------------------------------------------------- */

static bool is_judged(const Rules *r, size_t i)
{
	return r->fold[i] < FOLDS && !isnan(r->y[i]);
}

static double log_loss(const Rules *r, const double *constant)
{
	double sum = 0, n = 0;
	for (size_t i = 0; i < r->rows; i++) {
		if (!is_judged(r, i))
			continue;
		const double *p = constant ? constant : r->predicted + i * r->outputs;
		double total = 0;
		for (size_t k = 0; k < r->outputs; k++)
			total += p[k];
		sum -= log(fmax(p[(size_t)r->y[i]] / total, 1e-9));
		n++;
	}
	return n > 0 ? sum / n : NAN;
}

static double squared_loss(const Rules *r, const double *constant)
{
	double sum = 0, n = 0;
	for (size_t i = 0; i < r->rows; i++) {
		if (!is_judged(r, i))
			continue;
		double off = r->y[i] - (constant ? *constant : r->predicted[i]);
		sum += off * off;
		n++;
	}
	return n > 0 ? sum / n : NAN;
}

static double binary_auc(const Rules *r)
{
	g_autofree double *score = g_new(double, r->rows + 1), *y = g_new(double, r->rows + 1);
	size_t n = 0;
	for (size_t i = 0; i < r->rows; i++) {
		if (!is_judged(r, i))
			continue;
		score[n] = r->predicted[2 * i + 1] / (r->predicted[2 * i] + r->predicted[2 * i + 1]);
		y[n++] = r->y[i];
	}
	g_autofree uint32_t *codes = g_new(uint32_t, n + 1);
	for (size_t i = 0; i < n; i++)
		codes[i] = (uint32_t)y[i];
	return measure_auc(score, &(Categories){codes, 2}, 1, n);
}

/* The best constant: the shares of the classes, or the mean, of the rows learned from. */
static double plain_loss(const Rules *r)
{
	g_autofree double *constant = g_new0(double, r->outputs);
	double n = 0;
	bool ordered = r->s->time || r->s->ordered;
	for (size_t i = 0; i < r->rows; i++) {
		if (isnan(r->y[i]) || (ordered && r->fold[i] < FOLDS))
			continue;
		constant[r->s->classifies ? (size_t)r->y[i] : 0] += r->s->classifies ? 1 : r->y[i];
		n++;
	}
	for (size_t k = 0; k < r->outputs; k++)
		constant[k] = r->s->classifies ? constant[k] + 1e-6 : constant[k] / fmax(1, n);
	return r->s->classifies ? log_loss(r, constant) : squared_loss(r, constant);
}

static OneRule judge(const Rules *r, double plain)
{
	if (r->s->classifies) {
		double loss = log_loss(r, NULL);
		return (OneRule){r->outputs == 2 ? binary_auc(r) : 1 - loss / plain, loss};
	}
	double loss = squared_loss(r, NULL);
	return (OneRule){plain > 0 ? 1 - loss / plain : NAN, sqrt(loss)};
}

/* --- all columns ------------------------------------------------------------------------------------------------- */

static bool take_sample(Rules *r, GError **error)
{
	const json_t *columns = json_object_get(r->s->profile, "columns");
	int64_t most = MIN(SAMPLE, SAMPLE_CELLS / (int64_t)MAX(json_array_size(columns), (size_t)1));
	double part = fmin(1, (double)most / (double)r->s->rows);
	g_autofree char *sql = g_strdup_printf(
	        "SELECT * FROM gyre_inspect WHERE (_gyre_row * 2654435761) %% 4294967296 < %.0f", part * 0x1p32);
	if (!engine_frame(r->s->e, sql, &r->frame, error))
		return false;
	r->rows = r->frame->rows;
	return true;
}

/* Classes in order of appearance; those beyond MOST_CLASSES are left out. */
static void read_target(Rules *r)
{
	const Column *c = frame_find(r->frame, r->s->target);
	g_autoptr(GHashTable) classes = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
	r->y = g_new(double, r->rows + 1);
	for (size_t i = 0; i < r->rows; i++) {
		r->y[i] = r->s->classifies ? NAN : column_number(c, i);
		char *label = r->s->classifies ? column_text(c, i) : NULL;
		if (!label)
			continue;
		void *code = g_hash_table_lookup(classes, label);
		if (!code && g_hash_table_size(classes) < MOST_CLASSES) {
			code = GUINT_TO_POINTER(g_hash_table_size(classes) + 1);
			g_hash_table_insert(classes, g_strdup(label), code);
		}
		if (code)
			r->y[i] = GPOINTER_TO_UINT(code) - 1;
		g_free(label);
	}
	r->outputs = r->s->classifies ? MAX(2, g_hash_table_size(classes)) : 1;
}

/* 1 .. rows by time, or by number where the order itself is the time; NaN: no time. */
static double *places_in_time(const Rules *r)
{
	double *place = g_new(double, r->rows + 1);
	for (size_t i = 0; i < r->rows; i++)
		place[i] = r->s->time ? column_number(frame_find(r->frame, r->s->time), i) : (double)i + 1;
	if (!r->s->time)
		return place;
	double *ranks = measure_ranks(place, r->rows);
	g_free(place);
	return ranks;
}

/* One fold: the fifth of the rows that begins at `from`, judged by those before; those after do not exist. */
static void fold_in_time(Rules *r, const double *place, const double *y, double from)
{
	double rows = (double)r->rows;
	for (size_t i = 0; i < r->rows; i++) {
		bool judged = place[i] > from * rows, later = place[i] > (from + 0.2) * rows + 0.5;
		r->fold[i] = judged ? 0 : FOLDS; /* without a time: only learned from */
		r->y[i] = later ? NAN : y[i];
	}
}

static bool is_target(const Rules *r, const Column *c)
{
	return strcmp(c->name, r->s->target) == 0 || strcmp(c->name, "_gyre_row") == 0;
}

static void judge_columns(Rules *r, OneRule *rules)
{
	g_autofree uint32_t *bins = g_new(uint32_t, r->rows + 1);
	double plain = plain_loss(r);
	r->s->plain_loss = r->s->classifies ? plain : sqrt(plain);
	r->predicted = g_new0(double, r->rows * r->outputs + 1);
	size_t columns = json_array_size(json_object_get(r->s->profile, "columns"));
	for (size_t k = 0; k < columns; k++) {
		const Column *c = r->frame->columns->pdata[k];
		rules[k] = (OneRule){NAN, NAN};
		if (is_target(r, c))
			continue;
		uint32_t count = c->type == COLUMN_TEXT ? bin_texts(c, r->rows, bins) : bin_numbers(c, r->rows, bins);
		r->sums = g_new(double, (size_t)count * r->outputs);
		r->counts = g_new(double, count);
		predict_folds(r, bins, count);
		rules[k] = judge(r, plain);
		g_free(r->sums);
		g_free(r->counts);
	}
	g_free(r->predicted);
}

static void judge_in_time(Rules *r)
{
	g_autofree double *place = places_in_time(r), *y = g_memdup2(r->y, r->rows * sizeof *y);
	fold_in_time(r, place, y, 0.6);
	judge_columns(r, r->s->early_rules);
	fold_in_time(r, place, y, 0.8);
	judge_columns(r, r->s->rules);
}

static void judge_shuffled(Rules *r)
{
	for (size_t i = 0; i < r->rows; i++)
		r->fold[i] = (uint8_t)(rng_hash(1, i) % FOLDS);
	judge_columns(r, r->s->rules);
	size_t columns = json_array_size(json_object_get(r->s->profile, "columns"));
	memcpy(r->s->early_rules, r->s->rules, columns * sizeof(OneRule));
}

bool inspect_rules(Inspect *s, GError **error)
{
	Rules r = {.s = s};
	if (!take_sample(&r, error))
		return false;
	read_target(&r);
	r.fold = g_new(uint8_t, r.rows + 1);
	if (s->time || s->ordered)
		judge_in_time(&r);
	else
		judge_shuffled(&r);
	g_free(r.y);
	g_free(r.fold);
	frame_free(r.frame);
	return true;
}
