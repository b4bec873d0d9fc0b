/* target_mean.c: what the target was, on average, where the category is the row's: "origin_mean".
 *
 * The m-estimate (Micci-Barreca, SIGKDD Explorations 3(1), 2001, with a constant weight): of n rows of a category whose
 * target sums to s, (s + smoothing * prior) / (n + smoothing), the prior being the mean over all rows.  Regression: the
 * mean of the target; two classes: the share of the second; more: "origin_mean=CLASS", the share of each.
 *
 *   missing, NaN, unseen in training, fewer than min_count rows      the prior
 *
 * With aside: true the column stays free for other transforms, and where its `category` is a feature too, these means reach only
 * models that take the view `target` (model/view.h).
 *
 * A training row must not see its own target: recipes give it what the other inner folds say (finish_without).  The
 * prior stays that of all rows even so: a prior of the other folds would be a little lower just where the fold's own
 * targets are higher, which a model reads as a signal; one constant for all says nothing about any row. */
#include <math.h>

#include "base/error.h"
#include "base/json.h"
#include "base/limits.h"
#include "feature/categories.h"
#include "feature/exact_sum.h"
#include "feature/kinds.h"
#include "feature/pick.h"

static const Param PARAMS[] = {
        PARAM_COLUMNS("columns to encode; patterns match texts; missing and unseen values get the overall mean"),
        {.name = "smoothing",
                .type = PARAM_REAL,
                .preset = "10",
                .min = 0,
                .max = 1e9,
                .flags = PARAM_TUNABLE | PARAM_LOG,
                .tune_min = 1,
                .tune_max = 1000,
                .help = "rows' worth of the overall mean that each category's mean is mixed with"},
        {.name = "min_count",
                .type = PARAM_INT,
                .preset = "2",
                .min = 1,
                .max = LIMIT_ROWS,
                .help = "rows a category needs; rarer ones get the overall mean"},
        {.name = "cross",
                .type = PARAM_BOOL,
                .preset = "false",
                .help = "encode all the columns jointly instead of each on its own"},
        PARAM_KEEP,
        {.name = "aside",
                .type = PARAM_BOOL,
                .preset = "false",
                .help = "only for models that take the view target, beside what else is made of a column whose "
                        "category is kept"},
        {.name = "classes",
                .type = PARAM_JSON,
                .flags = PARAM_HIDDEN,
                .help = "labels of the target in order, set by the recipe; absent for a number"},
        {0},
};

/* Targets of one category, or of all rows.  For classes the counts of each (exact), for numbers their exact sum. */
typedef struct TargetFit {
	json_t *columns;
	uint64_t min_count;
	size_t classes; /* 0: a number */
	CategoryKeys keys;
	GArray *rows;   /* of uint32_t by code: rows with a known target */
	GArray *counts; /* of uint32_t: classes by code */
	GArray *sums;   /* of ExactSum by code */
	uint64_t all_rows;
	GArray *all_counts; /* of uint64_t by class */
	ExactSum all_sum;
} TargetFit;

static bool begin(const json_t *params, void **ret_fit, GError **error)
{
	TargetFit *fit = g_new0(TargetFit, 1);
	fit->columns = json_incref(json_object_get(params, "columns"));
	fit->min_count = (uint64_t)json_get_int(params, "min_count", 2);
	fit->classes = json_array_size(json_object_get(params, "classes"));
	fit->rows = g_array_new(FALSE, TRUE, sizeof(uint32_t));
	fit->counts = g_array_new(FALSE, TRUE, sizeof(uint32_t));
	fit->sums = g_array_new(FALSE, TRUE, sizeof(ExactSum));
	fit->all_counts = g_array_new(FALSE, TRUE, sizeof(uint64_t));
	g_array_set_size(fit->all_counts, (guint)fit->classes);
	g_array_set_clear_func(fit->sums, (GDestroyNotify)exact_sum_clear);
	*ret_fit = fit;
	return true;
}

static void free_fit(void *context)
{
	TargetFit *fit = context;
	json_decref(fit->columns);
	category_keys_clear(&fit->keys);
	g_array_unref(fit->rows);
	g_array_unref(fit->counts);
	g_array_unref(fit->sums);
	g_array_unref(fit->all_counts);
	exact_sum_clear(&fit->all_sum);
	g_free(fit);
}

static bool make_room(TargetFit *fit, GError **error)
{
	guint size = category_keys_size(&fit->keys);
	if (size <= fit->rows->len)
		return true;
	if (fit->classes && size > G_MAXUINT / fit->classes / sizeof(uint32_t))
		return fail(error, FAIL_LIMIT, "%u categories of %zu classes are too many", size, fit->classes);
	g_array_set_size(fit->rows, size);
	if (fit->classes)
		g_array_set_size(fit->counts, size * (guint)fit->classes);
	else
		g_array_set_size(fit->sums, size);
	return true;
}

static void absorb_row(TargetFit *fit, double target, bool has_category, uint32_t code)
{
	fit->all_rows++;
	if (has_category)
		g_array_index(fit->rows, uint32_t, code)++;
	if (fit->classes) {
		size_t class = (size_t)target;
		g_array_index(fit->all_counts, uint64_t, class)++;
		if (has_category)
			g_array_index(fit->counts, uint32_t, code * fit->classes + class)++;
		return;
	}
	exact_sum_add(&fit->all_sum, target);
	if (has_category)
		exact_sum_add(&g_array_index(fit->sums, ExactSum, code), target);
}

static bool is_known(const TargetFit *fit, double target)
{
	return fit->classes ? target >= 0 && target < (double)fit->classes : isfinite(target);
}

static bool absorb(void *context, const Frame *rows, const double *target, GError **error)
{
	TargetFit *fit = context;
	g_autoptr(Column) own = NULL;
	g_autofree uint32_t *own_codes = NULL;
	const Column *texts = category_of(rows, fit->columns, &own);
	const uint32_t *codes = category_keys_codes(&fit->keys, texts, &own_codes);
	if (!make_room(fit, error))
		return false;
	for (size_t i = 0; i < rows->rows; i++)
		if (is_known(fit, target[i]))
			absorb_row(fit, target[i], !column_is_missing(texts, i), codes[i]);
	return true;
}

static bool merge(void *context, const void *other, GError **error)
{
	TargetFit *into = context;
	const TargetFit *from = other;
	g_autofree uint32_t *map = category_keys_map(&into->keys, &from->keys);
	if (!make_room(into, error))
		return false;
	for (guint code = 0; code < from->rows->len; code++) {
		uint32_t to = map ? map[code] : code;
		if (g_array_index(from->rows, uint32_t, code) == 0)
			continue;
		g_array_index(into->rows, uint32_t, to) += g_array_index(from->rows, uint32_t, code);
		for (size_t k = 0; k < into->classes; k++)
			g_array_index(into->counts, uint32_t, to * into->classes + k) +=
			        g_array_index(from->counts, uint32_t, code * into->classes + k);
		if (!into->classes)
			exact_sum_merge(
			        &g_array_index(into->sums, ExactSum, to), &g_array_index(from->sums, ExactSum, code));
	}
	into->all_rows += from->all_rows;
	for (size_t k = 0; k < into->classes; k++)
		g_array_index(into->all_counts, uint64_t, k) += g_array_index(from->all_counts, uint64_t, k);
	exact_sum_merge(&into->all_sum, &from->all_sum);
	return true;
}

/* The values a category has: one for numbers and two classes (the second), else one for each class. */
static size_t outputs_of(size_t classes)
{
	return classes > 2 ? classes : 1;
}

static size_t class_of_output(size_t classes, size_t output)
{
	return classes == 2 ? 1 : output;
}

static GArray *sorted(const TargetFit *fit)
{
	GArray *ret = g_array_new(FALSE, FALSE, sizeof(Category));
	for (guint code = 0; code < fit->rows->len; code++) {
		Category one = {NULL, code, g_array_index(fit->rows, uint32_t, code)};
		if (one.count == 0 || one.count < fit->min_count)
			continue;
		one.text = dictionary_text(fit->keys.texts, code);
		g_array_append_val(ret, one);
	}
	categories_sort((Category *)(void *)ret->data, ret->len);
	return ret;
}

/* Of one category, less what a piece had (its code there, or none). */
static json_t *sum_json(const TargetFit *fit, uint32_t code, size_t output, const TargetFit *piece, uint32_t piece_code)
{
	bool has_piece = piece && piece_code < piece->rows->len;
	if (fit->classes) {
		size_t class = class_of_output(fit->classes, output);
		uint32_t count = g_array_index(fit->counts, uint32_t, code * fit->classes + class);
		if (has_piece)
			count -= g_array_index(piece->counts, uint32_t, piece_code * fit->classes + class);
		return json_integer(count);
	}
	ExactSum sum = {0};
	exact_sum_merge(&sum, &g_array_index(fit->sums, ExactSum, code));
	if (has_piece)
		exact_sum_subtract(&sum, &g_array_index(piece->sums, ExactSum, piece_code));
	json_t *ret = json_number(exact_sum_value(&sum, NULL));
	exact_sum_clear(&sum);
	return ret;
}

/* {"counts": [rows of each category], "sums": [[per category] of each output]}.  codes: of the categories in
 * `piece`. */
static json_t *sums_json(const TargetFit *fit, const GArray *categories, const TargetFit *piece, const uint32_t *codes)
{
	json_t *counts = json_array(), *sums = json_array();
	for (guint i = 0; i < categories->len; i++) {
		Category c = g_array_index(categories, Category, i);
		bool has_piece = piece && codes[i] < piece->rows->len;
		uint64_t less = has_piece ? g_array_index(piece->rows, uint32_t, codes[i]) : 0;
		json_array_append_new(counts, json_integer((json_int_t)(c.count - less)));
	}
	for (size_t k = 0; k < outputs_of(fit->classes); k++) {
		json_t *list = json_array();
		for (guint i = 0; i < categories->len; i++)
			json_array_append_new(list, sum_json(fit, g_array_index(categories, Category, i).code, k, piece,
			                                    codes ? codes[i] : UINT32_MAX));
		json_array_append_new(sums, list);
	}
	return json_pack("{s:o,s:o}", "counts", counts, "sums", sums);
}

static double prior_of(const TargetFit *fit, size_t output)
{
	double rows = (double)fit->all_rows;
	if (!fit->all_rows)
		return NAN;
	if (!fit->classes)
		return exact_sum_value(&fit->all_sum, NULL) / rows;
	return (double)g_array_index(fit->all_counts, uint64_t, class_of_output(fit->classes, output)) / rows;
}

static bool finish(void *context, json_t **ret_state, GError **error)
{
	TargetFit *fit = context;
	g_autoptr(GArray) categories = sorted(fit);
	json_t *state = sums_json(fit, categories, NULL, NULL), *prior = json_array();
	for (size_t k = 0; k < outputs_of(fit->classes); k++)
		json_array_append_new(prior, json_number(prior_of(fit, k)));
	json_object_set_new(state, "prior", prior);
	json_object_set_new(state, "categories", categories_json(categories));
	*ret_state = state;
	return true;
}

static bool finish_without(void *context, const void *other, json_t **ret_members, GError **error)
{
	TargetFit *fit = context;
	const TargetFit *piece = other;
	g_autoptr(GArray) categories = sorted(fit);
	g_autofree uint32_t *map = category_keys_map(&fit->keys, &piece->keys);
	uint32_t size = category_keys_size(&fit->keys);
	g_autofree uint32_t *codes = g_new(uint32_t, MAX(categories->len, 1u));
	g_autofree uint32_t *back = map ? g_new(uint32_t, size) : NULL;
	for (uint32_t i = 0; back && i < size; i++)
		back[i] = UINT32_MAX;
	for (uint32_t i = 0; back && i < category_keys_size(&piece->keys); i++)
		back[map[i]] = i;
	for (guint i = 0; i < categories->len; i++) {
		uint32_t code = g_array_index(categories, Category, i).code;
		codes[i] = back ? back[code] : code;
	}
	*ret_members = sums_json(fit, categories, piece, codes);
	return true;
}

typedef struct TargetMean {
	json_t *columns;
	Dictionary *known;
	size_t outputs;
	GPtrArray *names;
	double *prior; /* by output */
	double *means; /* outputs of the first category, of the second ... */
} TargetMean;

static void free_target_mean(void *context)
{
	TargetMean *t = context;
	json_decref(t->columns);
	dictionary_unref(t->known);
	g_ptr_array_unref(t->names);
	g_free(t->prior);
	g_free(t->means);
	g_free(t);
}

/* "origin_mean", "origin_x_destination_mean", "origin_mean=CLASS". */
static GPtrArray *names_of(const json_t *params)
{
	const json_t *classes = json_object_get(params, "classes");
	GPtrArray *names = g_ptr_array_new_with_free_func(g_free);
	g_autoptr(GString) base = g_string_new(params_column(params, 0));
	for (size_t i = 1; params_column(params, i); i++)
		g_string_append_printf(base, "_x_%s", params_column(params, i));
	if (json_array_size(classes) <= 2)
		g_ptr_array_add(names, g_strdup_printf("%s_mean", base->str));
	for (size_t k = 0; json_array_size(classes) > 2 && k < json_array_size(classes); k++)
		g_ptr_array_add(
		        names, g_strdup_printf("%s_mean=%s", base->str, json_string_value(json_array_get(classes, k))));
	return names;
}

/* As many sums and counts as categories, for every output; what is not trusted may not decide how much is allocated. */
static bool check_sizes(const TargetMean *t, const json_t *state, GError **error)
{
	const json_t *counts = json_object_get(state, "counts"), *sums = json_object_get(state, "sums");
	size_t categories = dictionary_size(t->known);
	bool ok = json_array_size(counts) == categories && json_array_size(sums) == t->outputs &&
	          json_array_size(json_object_get(state, "prior")) == t->outputs;
	for (size_t k = 0; ok && k < t->outputs; k++)
		ok = json_array_size(json_array_get(sums, k)) == categories && json_is_array(json_array_get(sums, k));
	return ok || fail(error, FAIL_BROKEN, "sums and counts are not as many as categories");
}

static bool load_means(TargetMean *t, const json_t *params, const json_t *state, GError **error)
{
	const json_t *counts = json_object_get(state, "counts"), *sums = json_object_get(state, "sums");
	double smoothing = json_get_number(params, "smoothing", 10);
	size_t categories = dictionary_size(t->known);
	if (!check_sizes(t, state, error))
		return false;
	t->prior = g_new(double, t->outputs);
	t->means = g_new(double, MAX(categories * t->outputs, (size_t)1));
	for (size_t k = 0; k < t->outputs; k++) {
		const json_t *list = json_array_get(sums, k);
		const json_t *prior = json_array_get(json_object_get(state, "prior"), k);
		t->prior[k] = json_is_number(prior) ? json_number_value(prior) : NAN;
		for (size_t i = 0; i < categories; i++) {
			double n = json_number_value(json_array_get(counts, i)) + smoothing;
			double s = json_number_value(json_array_get(list, i)) + smoothing * t->prior[k];
			t->means[i * t->outputs + k] = n > 0 ? s / n : t->prior[k];
		}
	}
	return true;
}

static bool load(const json_t *params, const json_t *state, void **ret, GError **error)
{
	Dictionary *known;
	if (!categories_load(json_object_get(state, "categories"), &known, error))
		return false;
	TargetMean *t = g_new0(TargetMean, 1);
	t->columns = json_incref(json_object_get(params, "columns"));
	t->known = known;
	t->names = names_of(params);
	t->outputs = t->names->len;
	if (!load_means(t, params, state, error)) {
		free_target_mean(t);
		return false;
	}
	*ret = t;
	return true;
}

static double mean_of(const TargetMean *t, uint32_t place, size_t output)
{
	return place < CATEGORY_UNSEEN ? t->means[place * t->outputs + output] : t->prior[output];
}

static bool apply(const void *context, Frame *rows, GError **error)
{
	const TargetMean *t = context;
	g_autoptr(Column) own = NULL;
	const Column *texts = category_of(rows, t->columns, &own);
	g_autofree uint32_t *places = g_new(uint32_t, MAX(rows->rows, (size_t)1));
	categories_find(t->known, texts, places);
	for (size_t k = 0; k < t->outputs; k++) {
		Column *c = column_new(t->names->pdata[k], COLUMN_REAL, rows->rows, NULL);
		for (size_t i = 0; i < rows->rows; i++)
			c->reals[i] = mean_of(t, places[i], k);
		rows_append(rows, c);
	}
	return true;
}

static void run(const RowStep *step, RowValue *values, Arena *texts)
{
	const TargetMean *t = step->t;
	RowValue category = row_join(values, step->from, step->reads, CATEGORY_SEPARATOR, texts);
	uint32_t place = row_find(t->known, &category);
	for (size_t k = 0; k < t->outputs; k++)
		values[step->into + k] = row_real(mean_of(t, place, k));
}

static void compile(const void *context, RowCompiler *to)
{
	const TargetMean *t = context;
	row_run(to, run);
	for (guint i = 0; i < t->names->len; i++)
		row_append(to, t->names->pdata[i], COLUMN_REAL);
}

static void outline(const json_t *params, Outline *columns)
{
	g_autoptr(GPtrArray) names = names_of(params);
	for (guint i = 0; i < names->len; i++) {
		outline_set(columns, names->pdata[i], COLUMN_REAL);
		outline_find(columns, names->pdata[i])->aside = json_get_bool(params, "aside", false);
	}
}

const TransformKind TRANSFORM_TARGET_MEAN = {
        .name = "target_mean",
        .help = "the mean of the target for each category, shrunk towards the overall mean",
        .params = PARAMS,
        .takes = TAKES_CATEGORIES,
        .matches = TAKES_TEXT,
        .each = true,
        .consumes = true,
        .sees_target = true,
        .outline = outline,
        .begin = begin,
        .absorb = absorb,
        .merge = merge,
        .finish = finish,
        .finish_without = finish_without,
        .free_fit = free_fit,
        .load = load,
        .apply = apply,
        .compile = compile,
        .free = free_target_mean,
};
