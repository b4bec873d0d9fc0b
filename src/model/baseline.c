/* baseline.c: the honest zero: the same answer for every row.  Classes get their share of the training rows; a number gets the
 * mean, or the median where the metric counts absolute errors (it minimises them).  What does not beat this has learnt
 * nothing. */
#include "model/families.h"

#include <math.h>
#include <string.h>

#include "base/error.h"
#include "base/json.h"
#include "base/limits.h"
#include "model/bytes.h"

#define MAGIC "GYBASE2\n"
#define MAGIC_BEFORE "GYBASE1\n" /* without is_median and weight */

typedef struct Baseline {
	size_t outputs;
	bool is_median;
	double weight; /* of the rows it was learnt from; NAN: not kept */
	double *scores;
} Baseline;

static const char *const STATISTICS[] = {"auto", "mean", "median", NULL};

static const Param PARAMS[] = {
        {.name = "statistic",
                .type = PARAM_TEXT,
                .preset = "\"auto\"",
                .choices = STATISTICS,
                .help = "regression: what to answer; auto is the median when the metric counts absolute errors"},
        {NULL},
};

static void baseline_free(void *model)
{
	Baseline *b = model;
	if (b)
		g_free(b->scores);
	g_free(b);
}

static Baseline *baseline_new(size_t outputs)
{
	Baseline *b = g_new0(Baseline, 1);
	b->outputs = outputs;
	b->scores = g_new0(double, outputs);
	return b;
}

static double weight_of(const TrainSet *set, size_t row)
{
	return set->weight ? set->weight[row] : 1;
}

static double weight_of_all(const TrainSet *set)
{
	double total = 0;
	for (size_t i = 0; i < set->x->rows; i++)
		total += weight_of(set, i);
	return total;
}

static void count_classes(const TrainSet *set, double *ret)
{
	double total = 0;
	for (size_t i = 0; i < set->x->rows; i++) {
		ret[(size_t)set->y[i]] += weight_of(set, i);
		total += weight_of(set, i);
	}
	for (size_t c = 0; c < set->classes; c++)
		ret[c] = total > 0 ? ret[c] / total : 1 / (double)set->classes;
}

static double mean_of(const TrainSet *set)
{
	double sum = 0, total = 0;
	for (size_t i = 0; i < set->x->rows; i++) {
		sum += weight_of(set, i) * set->y[i];
		total += weight_of(set, i);
	}
	return total > 0 ? sum / total : 0;
}

typedef struct Weighed {
	double value, weight;
} Weighed;

static int by_value(const void *a, const void *b)
{
	double x = ((const Weighed *)a)->value, y = ((const Weighed *)b)->value;
	return (x > y) - (x < y);
}

/* The middle of the weights; halfway between two values when the half falls between them, as for rows in pairs. */
static double median_of(const TrainSet *set)
{
	size_t rows = set->x->rows;
	g_autofree Weighed *sorted = g_new(Weighed, MAX(rows, 1));
	double total = 0, below = 0;
	for (size_t i = 0; i < rows; i++) {
		sorted[i] = (Weighed){set->y[i], weight_of(set, i)};
		total += sorted[i].weight;
	}
	qsort(sorted, rows, sizeof *sorted, by_value);
	for (size_t i = 0; i < rows; i++) {
		below += sorted[i].weight;
		if (below > total / 2)
			return sorted[i].value;
		if (below == total / 2 && i + 1 < rows)
			return (sorted[i].value + sorted[i + 1].value) / 2;
	}
	return 0;
}

static bool wants_median(const TrainSet *set, const json_t *params)
{
	static const char *const ABSOLUTE[] = {"mae", "median_ae", "mape", NULL};
	const char *statistic = json_get_text(params, "statistic", "auto");
	if (g_str_equal(statistic, "auto"))
		return set->metric && g_strv_contains(ABSOLUTE, set->metric);
	return g_str_equal(statistic, "median");
}

static bool baseline_train(
        const TrainSet *set, const json_t *params, void **ret_model, json_t **ret_params, GError **error)
{
	Baseline *b = baseline_new(task_outputs(set->classes));
	b->is_median = !set->classes && wants_median(set, params);
	b->weight = weight_of_all(set);
	if (set->classes)
		count_classes(set, b->scores);
	else
		b->scores[0] = b->is_median ? median_of(set) : mean_of(set);
	*ret_model = b;
	return true;
}

/* A share and a mean of both parts are those of all rows; a median is not. */
static bool baseline_update(const void *model, const UpdateSet *set, void **ret_model, GError **error)
{
	const Baseline *old = model;
	double keep = json_get_number(set->how, "keep", 1), fresh = weight_of_all(set->fresh);
	if (old->is_median || isnan(old->weight))
		return fail(error, FAIL_INVALID,
		        old->is_median ? "a median cannot be carried on without the rows it was of: train it anew"
		                       : "this baseline was kept without the weight of its rows: train it anew");
	Baseline *b = baseline_new(old->outputs);
	b->weight = keep * old->weight + fresh;
	if (set->fresh->classes)
		count_classes(set->fresh, b->scores);
	else
		b->scores[0] = mean_of(set->fresh);
	for (size_t i = 0; b->weight > 0 && i < b->outputs; i++)
		b->scores[i] = (keep * old->weight * old->scores[i] + fresh * b->scores[i]) / b->weight;
	*ret_model = b;
	return true;
}

static bool baseline_predict(const void *model, const Matrix *x, double *ret, GError **error)
{
	const Baseline *b = model;
	for (size_t i = 0; i < x->rows; i++)
		memcpy(ret + i * b->outputs, b->scores, b->outputs * sizeof *ret);
	return true;
}

static bool baseline_save(const void *model, GBytes **ret, GError **error)
{
	const Baseline *b = model;
	GByteArray *to = g_byte_array_new();
	write_magic(to, MAGIC);
	write_u32(to, (uint32_t)b->outputs);
	write_u32(to, b->is_median);
	write_f64(to, b->weight);
	write_items(to, b->scores, b->outputs, sizeof *b->scores);
	*ret = g_byte_array_free_to_bytes(to);
	return true;
}

static bool baseline_load(GBytes *bytes, void **ret, GError **error)
{
	ByteReader r = byte_reader(bytes), before = r;
	bool is_before = read_magic(&before, MAGIC_BEFORE);
	if (is_before)
		r = before;
	else
		read_magic(&r, MAGIC);
	uint32_t outputs = read_u32(&r), is_median = is_before ? 0 : read_u32(&r);
	double weight = is_before ? NAN : read_f64(&r);
	g_autofree double *scores = read_items(&r, outputs, sizeof *scores);
	if (!read_ended(&r) || outputs < 1 || outputs > LIMIT_CLASSES || is_median > 1 || weight < 0)
		return fail(error, FAIL_BROKEN, "the stored baseline model is damaged");
	Baseline *b = g_new0(Baseline, 1);
	b->outputs = outputs;
	b->is_median = is_median;
	b->weight = weight;
	b->scores = g_steal_pointer(&scores);
	*ret = b;
	return true;
}

/* No feature moves it: all is base. */
static bool baseline_contribute(const void *model, const Matrix *x, Contributions **ret, GError **error)
{
	const Baseline *b = model;
	bool is_number = b->outputs == 1;
	size_t margins = b->outputs == 2 ? 1 : b->outputs;
	Contributions *c = contributions_new(
	        is_number ? CONTRIBUTION_NUMBER : CONTRIBUTION_PROBABILITY, x->rows, margins, x->columns);
	for (size_t i = 0; i < x->rows; i++)
		for (size_t k = 0; k < margins; k++)
			contributions_at(c, i, k)[x->columns] = b->scores[b->outputs - margins + k];
	*ret = c;
	return true;
}

static void baseline_shape(const void *model, size_t *ret_columns, size_t *ret_outputs)
{
	*ret_columns = 0;
	*ret_outputs = ((const Baseline *)model)->outputs;
}

static bool baseline_form(const void *model, ModelForm *ret, GError **error)
{
	const Baseline *b = model;
	*ret = (ModelForm){.kind = FORM_CONSTANT, .outputs = b->outputs, .scores = b->scores};
	return true;
}

const ModelFamily FAMILY_BASELINE = {
        .name = "baseline",
        .help = "the share of each class, or the mean: what any model has to beat",
        .tasks = TASK_ANY,
        .params = PARAMS,
        .train = baseline_train,
        .update = baseline_update,
        .predict = baseline_predict,
        .save = baseline_save,
        .load = baseline_load,
        .contribute = baseline_contribute,
        .shape = baseline_shape,
        .form = baseline_form,
        .free = baseline_free,
};
