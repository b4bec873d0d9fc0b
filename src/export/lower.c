/* lower.c: transforms taken apart into steps over single values.  What each does is what its file in src/feature says; a test
 * runs both over random rows. */
#include "export/lower.h"

#include <math.h>
#include <string.h>

#include "base/error.h"
#include "base/json.h"
#include "feature/outline.h"

typedef struct Lowering {
	Lowered *l;
	GHashTable *place; /* column name -> step number + 1 */
	const char *where; /* of the transform at hand */
	const json_t *params, *state;
	GError **error;
} Lowering;

static void step_free(void *item)
{
	LowerStep *s = item;
	g_free(s->text);
	g_clear_pointer(&s->keys, g_ptr_array_unref);
	g_clear_pointer(&s->key_numbers, g_array_unref);
	g_clear_pointer(&s->values, g_array_unref);
	g_free(s);
}

static void input_free(void *item)
{
	LowerInput *in = item;
	g_free(in->name);
	g_free(in);
}

void lowered_free(Lowered *l)
{
	if (!l)
		return;
	g_ptr_array_unref(l->inputs);
	g_ptr_array_unref(l->steps);
	g_ptr_array_unref(l->names);
	g_array_unref(l->features);
	g_free(l);
}

bool lower_is_text(LowerOp op)
{
	return op == LOWER_TEXT || op == LOWER_FILL_TEXT || op == LOWER_JOIN;
}

bool lower_has(const Lowered *l, LowerOp op)
{
	bool has = false;
	for (guint i = 0; i < l->steps->len; i++)
		has = has || ((const LowerStep *)l->steps->pdata[i])->op == op;
	return has;
}

static bool refuse(const Lowering *w, const char *why)
{
	return fail(w->error, FAIL_INVALID, "%s cannot be exported: %s", w->where, why);
}

static LowerStep *add(Lowering *w, LowerOp op, unsigned a, const char *name)
{
	LowerStep *s = g_new0(LowerStep, 1);
	s->op = op;
	s->a = a;
	s->other = s->missing = NAN;
	g_ptr_array_add(w->l->steps, s);
	if (name)
		g_hash_table_replace(w->place, g_strdup(name), GUINT_TO_POINTER(w->l->steps->len));
	return s;
}

static unsigned last(const Lowering *w)
{
	return w->l->steps->len - 1;
}

static const LowerStep *step_at(const Lowering *w, unsigned place)
{
	return w->l->steps->pdata[place];
}

static bool find(Lowering *w, size_t i, unsigned *ret)
{
	const char *name = params_column(w->params, i);
	unsigned place = name ? GPOINTER_TO_UINT(g_hash_table_lookup(w->place, name)) : 0;
	if (place)
		*ret = place - 1;
	return place || refuse(w, "a column it reads is not there");
}

static bool text_number(const char *text, double *ret)
{
	char *end;
	if (strcmp(text, "true") == 0 || strcmp(text, "false") == 0) {
		*ret = text[0] == 't';
		return true;
	}
	*ret = g_ascii_strtod(text, &end);
	return end != text && !*end;
}

/* Looks the categories of column `a` up; keys as texts, or as the numbers that have these texts. */
static bool look_up(Lowering *w, unsigned a, const json_t *categories, const char *name, LowerStep **ret)
{
	bool is_text = lower_is_text(step_at(w, a)->op);
	LowerStep *s = add(w, is_text ? LOWER_LOOK_UP : LOWER_LOOK_UP_NUMBER, a, name);
	size_t i;
	json_t *one;
	s->keys = g_ptr_array_new_with_free_func(g_free);
	s->key_numbers = g_array_new(FALSE, FALSE, sizeof(double));
	s->values = g_array_new(FALSE, TRUE, sizeof(double));
	json_array_foreach (categories, i, one) {
		double number = 0;
		if (!json_is_string(one) || (!is_text && !text_number(json_string_value(one), &number)))
			return refuse(w, "a category of a column of numbers is no number");
		g_ptr_array_add(s->keys, g_strdup(json_string_value(one)));
		g_array_append_val(s->key_numbers, number);
	}
	g_array_set_size(s->values, s->keys->len);
	*ret = s;
	return true;
}

static void set_value(LowerStep *s, size_t i, double value)
{
	g_array_index(s->values, double, i) = value;
}

/* Category codes; of one_hot with places behind them for other and missing. */
static bool lower_codes(Lowering *w, const char *ending, LowerStep **ret)
{
	unsigned a;
	g_autofree char *name = ending ? g_strdup_printf("%s%s", params_column(w->params, 0), ending) : NULL;
	if (!find(w, 0, &a) || !look_up(w, a, json_object_get(w->state, "categories"), name, ret))
		return false;
	for (guint i = 0; i < (*ret)->keys->len; i++)
		set_value(*ret, i, i);
	return true;
}

static bool lower_ordinal(Lowering *w)
{
	LowerStep *s;
	return lower_codes(w, "_code", &s);
}

static bool lower_category(Lowering *w)
{
	LowerStep *s;
	return lower_codes(w, "_category", &s);
}

static void add_indicator(Lowering *w, unsigned place, double code, const char *category)
{
	g_autofree char *name = g_strdup_printf("%s=%s", params_column(w->params, 0), category);
	add(w, LOWER_EQUALS, place, name)->p = code;
}

static bool lower_one_hot(Lowering *w)
{
	LowerStep *s;
	if (!lower_codes(w, NULL, &s))
		return false;
	unsigned place = last(w), known = s->keys->len;
	bool other = json_get_bool(w->state, "other", false), missing = json_get_bool(w->state, "missing", false);
	double of_missing = known + 1.0;
	s->other = known;
	s->missing = of_missing;
	if (s->op == LOWER_LOOK_UP) { /* the text "missing" goes where missing values go */
		g_ptr_array_add(s->keys, g_strdup("missing"));
		g_array_append_val(s->values, of_missing);
	}
	for (unsigned i = 0; i < known; i++)
		add_indicator(w, place, i, s->keys->pdata[i]);
	if (other)
		add_indicator(w, place, known, "other");
	if (missing)
		add_indicator(w, place, of_missing, "missing");
	return true;
}

static bool lower_count(Lowering *w)
{
	LowerStep *s;
	const json_t *counts = json_object_get(w->state, "counts");
	double rows = MAX(json_get_number(w->state, "rows", 0), 1);
	if (!lower_codes(w, "_count", &s))
		return false;
	for (guint i = 0; i < s->keys->len; i++)
		set_value(s, i, json_number_value(json_array_get(counts, i)) / rows);
	s->other = 0;
	s->missing = json_get_number(w->state, "missing", 0) / rows;
	return true;
}

static bool join(Lowering *w, const char *separator, unsigned *ret)
{
	unsigned a, b;
	if (!find(w, 0, &a))
		return false;
	for (size_t i = 1; params_column(w->params, i); i++) {
		if (!find(w, i, &b))
			return false;
		if (!lower_is_text(step_at(w, a)->op) || !lower_is_text(step_at(w, b)->op))
			return refuse(w, "it joins columns that are no texts");
		LowerStep *s = add(w, LOWER_JOIN, a, NULL);
		s->b = b;
		s->text = g_strdup(separator);
		a = last(w);
	}
	*ret = a;
	return true;
}

static char *joined_name(const json_t *params)
{
	g_autoptr(GString) name = g_string_new(params_column(params, 0));
	for (size_t i = 1; params_column(params, i); i++)
		g_string_append_printf(name, "_x_%s", params_column(params, i));
	return g_strdup(name->str);
}

static bool lower_target_mean(Lowering *w)
{
	const json_t *counts = json_object_get(w->state, "counts"), *classes = json_object_get(w->params, "classes");
	double smoothing = json_get_number(w->params, "smoothing", 10);
	size_t outputs = json_array_size(json_object_get(w->state, "sums"));
	g_autofree char *base = joined_name(w->params);
	unsigned a;
	if (!join(w, "\x1f", &a))
		return false;
	for (size_t k = 0; k < outputs; k++) {
		const json_t *sums = json_array_get(json_object_get(w->state, "sums"), k);
		const json_t *prior_json = json_array_get(json_object_get(w->state, "prior"), k);
		double prior = json_is_number(prior_json) ? json_number_value(prior_json) : NAN;
		const char *label = outputs > 1 ? json_string_value(json_array_get(classes, k)) : NULL;
		g_autofree char *name = g_strdup_printf("%s_mean%s%s", base, label ? "=" : "", label ? label : "");
		LowerStep *s;
		if (!look_up(w, a, json_object_get(w->state, "categories"), name, &s))
			return false;
		for (guint i = 0; i < s->keys->len; i++) {
			double n = json_number_value(json_array_get(counts, i)) + smoothing;
			double sum = json_number_value(json_array_get(sums, i)) + smoothing * prior;
			set_value(s, i, n > 0 ? sum / n : prior);
		}
		s->other = s->missing = prior;
	}
	return true;
}

static bool lower_cross(Lowering *w)
{
	g_autofree char *name = joined_name(w->params);
	unsigned a;
	if (!join(w, json_get_text(w->params, "separator", "|"), &a))
		return false;
	g_hash_table_replace(w->place, g_steal_pointer(&name), GUINT_TO_POINTER(a + 1));
	return true;
}

static bool lower_date_parts(Lowering *w)
{
	size_t i;
	json_t *part;
	unsigned a;
	if (!find(w, 0, &a))
		return false;
	json_array_foreach (json_object_get(w->params, "parts"), i, part) {
		g_autofree char *name = g_strdup_printf("%s_%s", params_column(w->params, 0), json_string_value(part));
		add(w, LOWER_DATE_PART, a, name)->text = g_strdup(json_string_value(part));
	}
	return true;
}

static bool lower_impute(Lowering *w)
{
	const char *name = params_column(w->params, 0);
	const json_t *state = json_object_get(w->state, "value");
	const json_t *value = state ? state : json_object_get(w->params, "value");
	unsigned a;
	if (!find(w, 0, &a))
		return false;
	bool is_text = lower_is_text(step_at(w, a)->op);
	if (json_get_bool(w->params, "indicator", false)) {
		g_autofree char *said = g_strdup_printf("%s_missing", name);
		add(w, is_text ? LOWER_ABSENT_TEXT : LOWER_ABSENT, a, said);
	}
	LowerStep *s = add(w, is_text ? LOWER_FILL_TEXT : LOWER_FILL, a, name);
	s->p = json_number_value(value);
	if (is_text)
		s->text = g_strdup(json_is_string(value) ? json_string_value(value) : "missing");
	return true;
}

/* In its place, with two numbers. */
static bool change(Lowering *w, LowerOp op, double p, double q)
{
	unsigned a;
	if (!find(w, 0, &a))
		return false;
	LowerStep *s = add(w, op, a, params_column(w->params, 0));
	s->p = p;
	s->q = q;
	return true;
}

static bool lower_scale(Lowering *w)
{
	return change(w, LOWER_AFFINE, json_get_number(w->state, "center", 0), json_get_number(w->state, "scale", 1));
}

static bool lower_log(Lowering *w)
{
	return change(w, LOWER_LOG, json_get_number(w->params, "offset", 0), 0);
}

static double bound(const Lowering *w, const char *name)
{
	double learnt = json_get_number(w->state, name, NAN);
	return isnan(learnt) ? json_get_number(w->params, name, NAN) : learnt;
}

static bool lower_clip(Lowering *w)
{
	return change(w, LOWER_CLIP, bound(w, "low"), bound(w, "high"));
}

static bool lower_bin(Lowering *w)
{
	g_autofree char *name = g_strdup_printf("%s_bin", params_column(w->params, 0));
	size_t i;
	json_t *edge;
	unsigned a;
	if (!find(w, 0, &a))
		return false;
	LowerStep *s = add(w, LOWER_BIN, a, name);
	s->values = g_array_new(FALSE, FALSE, sizeof(double));
	json_array_foreach (json_object_get(w->state, "edges"), i, edge) {
		double value = json_number_value(edge);
		g_array_append_val(s->values, value);
	}
	return true;
}

static bool lower_arithmetic(Lowering *w)
{
	static const struct {
		const char *name, *word;
		LowerOp op;
	} OPERATIONS[] = {{"ratio", "over", LOWER_RATIO}, {"difference", "minus", LOWER_DIFFERENCE},
	        {"product", "times", LOWER_PRODUCT}, {"sum", "plus", LOWER_SUM}};
	const char *asked = json_get_text(w->params, "operation", "ratio");
	unsigned a, b;
	if (!find(w, 0, &a) || !find(w, 1, &b))
		return false;
	for (size_t i = 0; i < G_N_ELEMENTS(OPERATIONS); i++) {
		if (strcmp(OPERATIONS[i].name, asked) != 0)
			continue;
		g_autofree char *name = g_strdup_printf(
		        "%s_%s_%s", params_column(w->params, 0), OPERATIONS[i].word, params_column(w->params, 1));
		add(w, OPERATIONS[i].op, a, name)->b = b;
		return true;
	}
	return refuse(w, "its operation is not known here");
}

static bool lower_words(Lowering *w)
{
	const json_t *with = json_object_get(w->state, "rows_with");
	double rows = json_get_number(w->state, "rows", 0);
	unsigned a;
	if (!find(w, 0, &a))
		return false;
	LowerStep *s = add(w, LOWER_WORDS, a, NULL);
	s->text = g_strdup(json_get_text(w->params, "weight", "log"));
	s->count = (unsigned)json_get_int(w->params, "buckets", 256);
	s->least = (unsigned)json_get_int(w->params, "min_length", 2);
	s->pairs = json_get_bool(w->params, "pairs", false);
	s->values = g_array_new(FALSE, FALSE, sizeof(double));
	for (unsigned b = 0; strcmp(s->text, "tf_idf") == 0 && b < s->count; b++) {
		double idf = 1 + log((1 + rows) / (1 + json_number_value(json_array_get(with, b))));
		g_array_append_val(s->values, idf);
	}
	unsigned list = last(w);
	for (unsigned b = 0; b < s->count; b++) {
		g_autofree char *name = g_strdup_printf("%s~%u", params_column(w->params, 0), b);
		add(w, LOWER_ITEM, list, name)->index = b;
	}
	return true;
}

static bool lower_drop(Lowering *w)
{
	g_hash_table_remove(w->place, params_column(w->params, 0));
	return true;
}

static const struct {
	const char *transform;
	bool (*lower)(Lowering *w);
} TABLE[] = {
        {"arithmetic", lower_arithmetic},
        {"bin", lower_bin},
        {"category", lower_category},
        {"clip", lower_clip},
        {"count", lower_count},
        {"cross", lower_cross},
        {"date_parts", lower_date_parts},
        {"drop", lower_drop},
        {"impute", lower_impute},
        {"log", lower_log},
        {"one_hot", lower_one_hot},
        {"ordinal", lower_ordinal},
        {"scale", lower_scale},
        {"target_mean", lower_target_mean},
        {"words", lower_words},
};

static bool lower_entry(Lowering *w, const json_t *entry)
{
	const char *name = json_get_text(entry, "transform", "");
	w->params = json_object_get(entry, "params");
	w->state = json_object_get(entry, "state");
	g_autofree char *where = g_strdup_printf("%s (%s)", json_get_text(entry, "place", "the recipe"), name);
	w->where = where;
	for (size_t i = 0; i < G_N_ELEMENTS(TABLE); i++)
		if (strcmp(TABLE[i].transform, name) == 0)
			return TABLE[i].lower(w);
	return refuse(w, "this transform can only be applied by Gyre itself");
}

static void lower_inputs(Lowering *w, const json_t *inputs)
{
	size_t i;
	json_t *input;
	json_array_foreach (inputs, i, input) {
		const char *type = json_get_text(input, "type", "real"), *name = json_get_text(input, "name", "");
		LowerInput *in = g_new0(LowerInput, 1);
		in->name = g_strdup(name);
		in->type = g_intern_string(type);
		g_ptr_array_add(w->l->inputs, in);
		add(w, strcmp(type, "text") == 0 ? LOWER_TEXT : LOWER_NUMBER, 0, name)->index = i;
	}
}

static bool lower_features(Lowering *w, const json_t *features)
{
	size_t i;
	json_t *feature;
	json_array_foreach (features, i, feature) {
		unsigned place = GPOINTER_TO_UINT(g_hash_table_lookup(w->place, json_string_value(feature)));
		if (!place || lower_is_text(step_at(w, place - 1)->op))
			return fail(w->error, FAIL_INVALID, "the feature \"%s\" cannot be exported",
			        json_string_value(feature));
		place--;
		g_array_append_val(w->l->features, place);
		g_ptr_array_add(w->l->names, g_strdup(json_string_value(feature)));
	}
	return true;
}

bool lower_recipe(const json_t *recipe, Lowered **ret, GError **error)
{
	g_autoptr(Lowered) l = g_new0(Lowered, 1);
	g_autoptr(GHashTable) place = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
	Lowering w = {.l = l, .place = place, .error = error};
	size_t i;
	json_t *entry;
	l->inputs = g_ptr_array_new_with_free_func(input_free);
	l->steps = g_ptr_array_new_with_free_func(step_free);
	l->names = g_ptr_array_new_with_free_func(g_free);
	l->features = g_array_new(FALSE, FALSE, sizeof(unsigned));
	lower_inputs(&w, json_object_get(recipe, "inputs"));
	json_array_foreach (json_object_get(recipe, "transforms"), i, entry)
		if (!lower_entry(&w, entry))
			return false;
	if (!lower_features(&w, json_object_get(recipe, "features")))
		return false;
	*ret = g_steal_pointer(&l);
	return true;
}
