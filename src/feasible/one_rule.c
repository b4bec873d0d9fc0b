/* one_rule.c: rules of one column, made and judged. */
#include "feasible/one_rule.h"

#include <math.h>
#include <string.h>

#include "base/json.h"
#include "eval/facets.h"
#include "feature/roles.h"
#include "stats/order.h"
#include "stats/resample.h"

enum { BINS = 10, MOST_BINS = BINS + 2 }; /* others (texts), and missing */
/* A bin's word counts as so many rows of the whole beside its own. */
static const double PRIOR = 2;

typedef struct Bins {
	uint8_t *of;         /* by row of the sample */
	size_t count;        /* the last one: missing */
	double upper[BINS];  /* numbers: largest value of each bin but the last */
	uint32_t code[BINS]; /* texts; the bin behind them is all others */
	double rows[MOST_BINS];
} Bins;

/* Where nearly all values are the largest, one cut below it: else a flag that is mostly 1 would tell nothing. */
static size_t cut_numbers(const Column *c, Bins *b)
{
	g_autofree double *values = g_new(double, c->rows + 1);
	for (size_t i = 0; i < c->rows; i++)
		values[i] = column_number(c, i);
	size_t known = sort_numbers(values, c->rows), count = 0;
	for (size_t k = 1; known && k < BINS; k++) {
		double cut = values[k * known / BINS];
		if (cut < values[known - 1] && (count == 0 || cut > b->upper[count - 1]))
			b->upper[count++] = cut;
	}
	size_t below = known;
	while (!count && below > 0 && values[below - 1] == values[known - 1])
		below--;
	if (!count && below > 0)
		b->upper[count++] = values[below - 1];
	return count + 1;
}

static uint8_t bin_of_number(const Bins *b, double x)
{
	size_t k = 0;
	while (k + 2 < b->count && x > b->upper[k])
		k++;
	return (uint8_t)k;
}

static size_t most_frequent(const Column *c, Bins *b)
{
	size_t texts = dictionary_size(c->dictionary);
	g_autofree double *rows = g_new0(double, texts + 1);
	for (size_t i = 0; i < c->rows; i++)
		if (!column_is_missing(c, i))
			rows[c->codes[i]]++;
	g_autofree uint32_t *order = order_rows(rows, texts, 1, true);
	size_t count = 0;
	for (; count < MIN(texts, (size_t)BINS) && rows[order[count]] > 0; count++)
		b->code[count] = order[count];
	return count + 1;
}

static uint8_t bin_of_text(const Bins *b, uint32_t code)
{
	size_t k = 0;
	while (k + 2 < b->count && b->code[k] != code)
		k++;
	return (uint8_t)k;
}

static Bins bins_of(const Column *c)
{
	Bins b = {.of = g_malloc(MAX(c->rows, (size_t)1))};
	b.count = (c->type == COLUMN_TEXT ? most_frequent(c, &b) : cut_numbers(c, &b)) + 1;
	for (size_t i = 0; i < c->rows; i++) {
		double x = c->type == COLUMN_TEXT ? 0 : column_number(c, i);
		if (column_is_missing(c, i) || isnan(x))
			b.of[i] = (uint8_t)(b.count - 1);
		else
			b.of[i] = c->type == COLUMN_TEXT ? bin_of_text(&b, c->codes[i]) : bin_of_number(&b, x);
		b.rows[b.of[i]]++;
	}
	return b;
}

/* Sums by bin and output, and weights by bin, of the rows a fold may learn from (fold < 0: of all). */
typedef struct Sums {
	double *sum, weight[MOST_BINS], *all, total;
} Sums;

/* All judged rows learn too, but for their own fold; rows of fold -1 only teach, and are in no judged row: their target is read
 * from the training part of fold 0, which has them in the table's order between the other folds' rows. */
static double *targets_of_rows(const Judged *j, double **ret_weight)
{
	const TrainData *d = j->d;
	double *y = g_new(double, j->rows->rows), *weight = g_new(double, j->rows->rows);
	for (size_t i = 0, at = 0; i < j->rows->rows; i++) {
		y[i] = NAN;
		weight[i] = 1;
		if (j->fold[i] == 0)
			continue;
		y[i] = d->folds[0].train.y[at];
		weight[i] = d->folds[0].train.weight ? d->folds[0].train.weight[at] : 1;
		at++;
	}
	for (size_t i = 0; i < j->count; i++) {
		y[j->at[i]] = j->y[i];
		weight[j->at[i]] = j->weight ? j->weight[i] : 1;
	}
	*ret_weight = weight;
	return y;
}

static Sums sums_of(const Judged *j, const Bins *b, int64_t fold)
{
	size_t outputs = j->d->outputs;
	g_autofree double *weight = NULL, *y = targets_of_rows(j, &weight);
	Sums s = {.sum = g_new0(double, MOST_BINS *outputs), .all = g_new0(double, outputs)};
	for (size_t i = 0; i < j->rows->rows; i++) {
		if (j->fold[i] == fold && fold >= 0)
			continue;
		size_t output = j->d->classes ? (size_t)y[i] : 0;
		double w = weight[i], value = j->d->classes ? w : w * y[i];
		s.sum[b->of[i] * outputs + output] += value;
		s.all[output] += value;
		s.weight[b->of[i]] += w;
		s.total += w;
	}
	return s;
}

static void sums_clear(Sums *s)
{
	g_free(s->sum);
	g_free(s->all);
}

/* What a bin says, drawn towards what all rows say. */
static void say(const Judged *j, const Sums *s, size_t bin, double *ret)
{
	size_t outputs = j->d->outputs;
	for (size_t k = 0; k < outputs; k++)
		ret[k] = (s->sum[bin * outputs + k] + PRIOR * s->all[k] / s->total) / (s->weight[bin] + PRIOR);
}

double *one_rule_scores(const Judged *j, const Column *column)
{
	size_t outputs = j->d->outputs;
	double *ret = g_new(double, MAX(j->count, (size_t)1) * outputs);
	Bins b = bins_of(column);
	for (size_t k = 0, from = 0; k < j->d->fold_count; k++) {
		Sums s = sums_of(j, &b, (int64_t)k);
		for (size_t i = 0; i < j->d->folds[k].valid.x.rows; i++, from++)
			say(j, &s, b.of[j->at[from]], ret + from * outputs);
		sums_clear(&s);
	}
	g_free(b.of);
	return ret;
}

static int by_skill(const void *a, const void *b)
{
	const OneRule *x = a, *y = b;
	if (x->skill != y->skill && !(isnan(x->skill) && isnan(y->skill)))
		return isnan(y->skill) || x->skill > y->skill ? -1 : 1;
	return strcmp(x->column->name, y->column->name);
}

double one_rule_skill(const Judged *j, const double *scores)
{
	static const char *const BY_CLASSES[] = {"r2", "gini", "d2_log_loss"};
	size_t classes = j->d->classes;
	Scored s = judged_part(j, scores, 0, j->count);
	return metric_find(BY_CLASSES[classes == 0 ? 0 : classes == 2 ? 1 : 2])->compute(&s);
}

GArray *one_rules(const Judged *j, const char *const *leave_out)
{
	GArray *rules = g_array_new(FALSE, FALSE, sizeof(OneRule));
	for (guint i = 0; i < j->rows->columns->len; i++) {
		const Column *c = j->rows->columns->pdata[i];
		if (roles_refuse(j->d->roles, c->name) || g_str_has_prefix(c->name, "_gyre_") ||
		        g_strv_contains(leave_out, c->name))
			continue;
		OneRule rule = {c, NAN, one_rule_scores(j, c)};
		rule.skill = one_rule_skill(j, rule.scores);
		g_array_append_val(rules, rule);
	}
	g_array_sort(rules, by_skill);
	for (guint i = 1; i < rules->len; i++)
		g_clear_pointer(&g_array_index(rules, OneRule, i).scores, g_free);
	return rules;
}

void one_rules_free(GArray *rules)
{
	for (guint i = 0; rules && i < rules->len; i++)
		g_free(g_array_index(rules, OneRule, i).scores);
	if (rules)
		g_array_unref(rules);
}

/* --- in words ---------------------------------------------------------------------------------------------------- */

static char *number_word(const Column *c, double x)
{
	if (c->type == COLUMN_TIME)
		return time_text((int64_t)x);
	return facet_number(x, false);
}

static char *when(const Column *c, const Bins *b, size_t k)
{
	if (k == b->count - 1)
		return g_strdup("missing");
	if (c->type == COLUMN_TEXT)
		return k == b->count - 2 ? g_strdup("any other") : g_strdup(dictionary_text(c->dictionary, b->code[k]));
	g_autofree char *above = k > 0 ? number_word(c, b->upper[k - 1]) : NULL;
	g_autofree char *upper = k + 2 < b->count ? number_word(c, b->upper[k]) : NULL;
	if (!above && !upper)
		return g_strdup("present");
	if (!above)
		return g_strdup_printf("up to %s", upper);
	return upper ? g_strdup_printf("above %s, up to %s", above, upper) : g_strdup_printf("above %s", above);
}

static json_t *bin_json(const Judged *j, const Sums *s, size_t bin, const char *words)
{
	size_t outputs = j->d->outputs, best = 0;
	g_autofree double *said = g_new(double, outputs);
	say(j, s, bin, said);
	for (size_t k = 1; k < outputs; k++)
		if (said[k] > said[best])
			best = k;
	if (!j->d->classes)
		return json_pack("{s:o,s:o,s:n}", "when", json_text(words), "says", json_number(said[0]), "share");
	size_t shown = j->d->classes == 2 ? j->d->positive : best;
	const json_t *label = json_array_get(roles_classes(j->d->roles), shown);
	return json_pack("{s:o,s:O,s:o}", "when", json_text(words), "says", label, "share", json_number(said[shown]));
}

json_t *one_rule_json(const Judged *j, const Column *column)
{
	Bins b = bins_of(column);
	Sums s = sums_of(j, &b, -1);
	json_t *bins = json_array();
	for (size_t k = 0; k < b.count; k++) {
		if (b.rows[k] == 0)
			continue;
		g_autofree char *words = when(column, &b, k);
		json_t *bin = bin_json(j, &s, k, words);
		json_object_set_new(bin, "rows", json_integer((json_int_t)b.rows[k]));
		json_array_append_new(bins, bin);
	}
	sums_clear(&s);
	g_free(b.of);
	return json_pack("{s:s,s:o}", "column", column->name, "bins", bins);
}
