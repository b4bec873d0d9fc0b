/* test_recipe.c: recipes as a whole: chosen, checked, learnt for all folds at once, kept, applied. */
#include "feature/recipe.h"

#include <float.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/rng.h"
#include "feature/fit.h"
#include "feature/origins.h"
#include "rows.h"

/* A table read in frames of `size` rows with dictionaries of their own, in an order. */
typedef struct Source {
	const Frame *all;
	const uint32_t *order;
	size_t size, at;
	unsigned passes;
} Source;

static bool source_start(void *context, GError **error)
{
	Source *s = context;
	s->at = 0;
	s->passes++;
	return true;
}

static bool source_next(void *context, Frame **ret, GError **error)
{
	Source *s = context;
	size_t to = MIN(s->at + s->size, s->all->rows);
	*ret = s->at < s->all->rows ? rows_slice(s->all, s->order, s->at, to) : NULL;
	s->at = to;
	return true;
}

static json_t *fit(const json_t *plan, const Frame *rows, const json_t *roles, Source *s, size_t folds)
{
	json_auto_t *schema = schema_of(rows);
	g_autoptr(GError) error = NULL;
	json_t *ret = NULL;
	s->all = rows;
	RowSource source = {source_start, source_next, s};
	g_autoptr(Folds) who = folds ? folds_plain(folds) : NULL;
	recipe_fit_folds(plan, schema, roles, &source, 5, who, &ret, &error);
	g_assert_no_error(error);
	return ret;
}

static json_t *plan_of(const char *features, const Frame *rows, const json_t *roles, const char *distinct)
{
	json_auto_t *block = json_of(features);
	json_auto_t *schema = schema_of(rows);
	json_auto_t *about = json_of(distinct);
	g_autoptr(GError) error = NULL;
	json_t *ret = NULL;
	recipe_plan(block, schema, roles, about, &ret, &error);
	g_assert_no_error(error);
	return ret;
}

static Recipe *load(const json_t *recipe)
{
	Recipe *r = NULL;
	g_autoptr(GError) error = NULL;
	g_autofree char *text = json_canonical(recipe);
	json_auto_t *again = json_of(text);
	recipe_load(again, &r, &error);
	g_assert_no_error(error);
	return r;
}

static Frame *copy(const Frame *rows)
{
	return rows_slice(rows, NULL, 0, rows->rows);
}

static float *apply(const Recipe *r, const Frame *rows, bool training)
{
	g_autoptr(Frame) own = copy(rows);
	g_autoptr(GError) error = NULL;
	float *into = g_new(float, rows->rows *recipe_features(r) + 1);
	if (training)
		recipe_apply_training(r, own, into, &error);
	else
		recipe_apply(r, own, into, &error);
	g_assert_no_error(error);
	return into;
}

#define CLASSES "{\"task\": \"classification\", \"target\": \"y\", \"classes\": [\"0\", \"1\"]"

static const char *text_of(const json_t *list, size_t i, const char *key)
{
	return json_string_value(json_object_get(json_array_get(list, i), key));
}

static void test_defaults(void)
{
	g_autoptr(Frame) rows = rows_of("few:text,many:text,unique:text,one:text,when:time,day:time,n:int,x:real,b:"
	                                "bool,id:int,y:int,gone:text");
	json_auto_t *roles = json_of(CLASSES ", \"drop\": [\"gone\"], \"key\": [\"id\"]}");
	json_auto_t *plan = plan_of("null", rows, roles,
	        "{\"rows\": 1000, \"columns\": {\"few\": {\"distinct\": 30}, \"many\": {\"distinct\": 31}, "
	        "\"unique\": {\"distinct\": 700, \"missing\": 230}, \"one\": {\"distinct\": 1}, "
	        "\"when\": {\"days\": 730, \"hours\": true, \"minutes\": true}, "
	        "\"day\": {\"days\": 100, \"hours\": false, \"minutes\": false}}}");
	static const char *const WANT[][2] = {{"one_hot", "few"}, {"target_mean", "many"}, {"count", "many"},
	        {"drop", "unique"}, {"drop", "one"}, {"date_parts", "when"}, {"date_parts", "day"}, {"drop", "id"},
	        {"category", "few"}, {"category", "many"}, {"target_mean", "few"}};
	g_assert_cmpuint(json_array_size(plan), ==, G_N_ELEMENTS(WANT));
	for (size_t i = 0; i < G_N_ELEMENTS(WANT); i++) {
		g_assert_cmpstr(text_of(plan, i, "transform"), ==, WANT[i][0]);
		g_assert_cmpstr(json_string_value(json_at(json_array_get(plan, i), "columns[0]")), ==, WANT[i][1]);
		g_assert_cmpstr(text_of(plan, i, "place"), ==, "default");
		g_assert_true(i >= 8 || text_of(plan, i, "note"));
		g_assert_true(json_is_true(json_object_get(json_array_get(plan, i), "aside")) == (i == 10));
	}
	g_autofree char *when = json_canonical(json_at(plan, "[5].parts"));
	g_autofree char *day = json_canonical(json_at(plan, "[6].parts"));
	g_assert_cmpstr(when, ==, "[\"weekday\",\"minute_of_day\",\"month\"]");
	g_assert_cmpstr(day, ==, "[\"weekday\"]");
}

/* Patterns pick what fits, one transform a column; what the block has made something of is left alone. */
static void test_patterns(void)
{
	g_autoptr(Frame) rows =
	        rows_of("s1:text,s2:text,other:text,n:int,y:int,t:time,_gyre_row:int\na,b,c,1,0,2001-01-01,0");
	json_auto_t *roles = json_of(CLASSES "}");
	json_auto_t *plan = plan_of("[{\"transform\": \"ordinal\", \"columns\": [\"s?\"]}, "
	                            "{\"transform\": \"one_hot\", \"columns\": [\"*\", \"n\"], \"keep\": true}]",
	        rows, roles, "{}");
	/* The second picks `other` alone: s1 and s2 are consumed, y is the target. */
	static const char *const WANT[][3] = {{"ordinal", "s1", "features[0]"}, {"ordinal", "s2", "features[0]"},
	        {"one_hot", "other", "features[1]"}, {"one_hot", "n", "features[1]"}, {"date_parts", "t", "default"}};
	g_assert_cmpuint(json_array_size(plan), ==, G_N_ELEMENTS(WANT));
	for (size_t i = 0; i < G_N_ELEMENTS(WANT); i++) {
		g_assert_cmpstr(text_of(plan, i, "transform"), ==, WANT[i][0]);
		g_assert_cmpstr(json_string_value(json_at(json_array_get(plan, i), "columns[0]")), ==, WANT[i][1]);
		g_assert_cmpstr(text_of(plan, i, "place"), ==, WANT[i][2]);
	}
	Source s = {.size = 1};
	json_auto_t *recipes = fit(plan, rows, roles, &s, 0);
	g_autofree char *features = json_canonical(json_at(recipes, "final.features"));
	g_assert_cmpstr(features, ==, "[\"n\",\"s1_code\",\"s2_code\",\"other=c\",\"n=1\",\"t_weekday\",\"t_hour\"]");
}

/* Codes of categories stand behind all numbers, wherever they are made, and no pattern picks them; the recipe says how many
 * there are and what else is made of the same column. */
static void test_categories(void)
{
	g_autoptr(Frame) rows = rows_of("s:text,n:int,y:int,_gyre_row:int\na,1,0,0\nb,2,1,1\na,3,0,2\nb,4,1,3\n,5,0,4");
	json_auto_t *roles = json_of(CLASSES "}");
	json_auto_t *plan = plan_of("[{\"transform\": \"category\", \"columns\": [\"*\"]}, {\"transform\": \"scale\", "
	                            "\"columns\": [\"*\"]}, {\"transform\": \"one_hot\", \"columns\": [\"s\"]}]",
	        rows, roles, "{\"rows\": 5}");
	Source s = {.size = 5};
	json_auto_t *recipes = fit(plan, rows, roles, &s, 0);
	g_autofree char *features = json_canonical(json_at(recipes, "final.features"));
	g_autofree char *kinds = json_canonical(json_at(recipes, "final.kinds"));
	g_assert_cmpstr(features, ==, "[\"n\",\"s=a\",\"s=b\",\"s=missing\",\"s_mean\",\"s_category\"]");
	g_assert_cmpstr(kinds, ==,
	        "{\"s_category\":{\"asides\":[\"s_mean\"],\"categories\":2,\"twins\":[\"s=a\",\"s=b\",\"s=missing\"]}"
	        "}");
	g_autoptr(Recipe) recipe = NULL;
	g_autoptr(GError) error = NULL;
	recipe_load(json_at(recipes, "final"), &recipe, &error);
	g_assert_no_error(error);
	const FeatureKind *kind = recipe_kinds(recipe);
	g_assert_cmpuint(kind[5].categories, ==, 2);
	g_assert_true(kind[3].twin == 5 && !kind[3].aside && kind[4].twin == 5 && kind[4].aside);
	g_assert_cmpuint(kind[0].twin, ==, FEATURE_ALONE);
	g_autofree float *x = apply(recipe, rows, false);
	g_assert_true(x[5] == 0 && x[11] == 1 && isnan(x[29]));
	Matrix all = {.columns = recipe_features(recipe), .kinds = kind};
	g_assert_cmpuint(matrix_numbers(&all), ==, 4);
	json_auto_t *odd = json_deep_copy(json_at(recipes, "final"));
	json_object_set_new(json_object_get(odd, "kinds"), "n", json_pack("{s:i}", "categories", 3));
	g_autoptr(Recipe) none = NULL;
	g_assert_false(recipe_load(odd, &none, &error));
	g_assert_error(error, FAIL, FAIL_BROKEN);
}

static void count_problem(void *context, const char *path, const char *problem)
{
	GString *all = context;
	g_string_append_printf(all, "%s: %s\n", path, problem);
}

static void test_problems(void)
{
	g_autoptr(Frame) rows = rows_of("origin:text,n:int,y:int,delay:int,t:time,t_hour:int");
	json_auto_t *schema = schema_of(rows);
	json_auto_t *roles = json_of(CLASSES ", \"drop\": [\"delay\"]}");
	static const struct {
		const char *features, *report, *error;
	} CASES[] = {
	        {"[{\"transform\": \"one_hot\", \"columns\": [\"n\"]}, {\"transform\": \"target_mean\", \"columns\": "
	         "[\"orgin\"]}]",
	                "features[1].columns: column \"orgin\" is not in the data; did you mean \"origin\"?\n",
	                "features[1] (target_mean): column \"orgin\" is not in the data; did you mean \"origin\"?"},
	        {"[{\"transform\": \"onehot\", \"columns\": [\"n\"]}]",
	                "features[0].transform: unknown transform \"onehot\"; did you mean \"one_hot\"?\n",
	                "features[0]: unknown transform \"onehot\"; did you mean \"one_hot\"?"},
	        {"[{\"transform\": \"target_mean\", \"columns\": [\"origin\"], \"smoothing\": -1}]",
	                "features[0].smoothing: -1 is not a number from 0 to 1e+09\n",
	                "features[0] (target_mean): smoothing: -1 is not a number from 0 to 1e+09"},
	        {"[{\"transform\": \"ordinal\", \"columns\": [\"y\", \"delay\", \"t\"]}]",
	                "features[0].columns: column \"y\" is the target: no feature may be made of it\n"
	                "features[0].columns: column \"delay\" is in data.drop: no feature may be made of it\n"
	                "features[0].columns: column \"t\" is of type time; ordinal takes: bool, int, real, text\n",
	                "features[0] (ordinal): column \"y\" is the target: no feature may be made of it"},
	        {"[{\"transform\": \"date_parts\", \"columns\": [\"t\"]}]",
	                "features[0].columns: there is a column \"t_hour\" already, which this would make\n",
	                "features[0] (date_parts): there is a column \"t_hour\" already, which this would make"},
	        {"[{\"transform\": \"category\", \"columns\": [\"n\"]}, {\"transform\": \"log\", \"columns\": "
	         "[\"n_category\"]}]",
	                "features[1].columns: column \"n_category\" holds codes of categories: nothing can be made of "
	                "them\n",
	                "features[1] (log): column \"n_category\" holds codes of categories: nothing can be made of "
	                "them"},
	        {"[{\"transform\": \"one_hot\", \"columns\": [\"z*\"]}]",
	                "features[0].columns: no column of type text matches \"z*\"\n",
	                "features[0] (one_hot): no column of type text matches \"z*\""},
	        {"[{\"transform\": \"cross\", \"columns\": [\"origin\"]}, {\"transform\": \"one_hot\", \"columns\": "
	         "[\"origin_x_n\"]}]",
	                "features[0]: at least two columns are needed\n",
	                "features[0] (cross): at least two columns are needed"},
	        {"[{\"transform\": \"clip\", \"columns\": [\"n\"], \"low\": 2, \"high\": 1}]",
	                "features[0]: the lower bound is above the upper one\n",
	                "features[0] (clip): the lower bound is above the upper one"},
	        {"[{\"transform\": \"scale\", \"columns\": []}]",
	                "features[0].columns: at least one column is needed\n",
	                "features[0] (scale): at least one column is needed"},
	        {"{\"a\": 1}", "features: a list of transforms is expected\n",
	                "features: a list of transforms is expected"},
	        {"[1]", "features[0]: a transform is a block such as {transform: one_hot, columns: [a, b]}\n",
	                "features[0]: a transform is a block such as {transform: one_hot, columns: [a, b]}"},
	};
	for (size_t i = 0; i < G_N_ELEMENTS(CASES); i++) {
		json_auto_t *features = json_of(CASES[i].features);
		json_t *plan = NULL;
		g_autoptr(GString) all = g_string_new(NULL);
		g_autoptr(GError) error = NULL;
		g_assert_false(recipe_validate(features, schema, roles, "features", count_problem, all));
		g_assert_cmpstr(all->str, ==, CASES[i].report);
		g_assert_false(recipe_plan(features, schema, roles, NULL, &plan, &error));
		g_assert_error(error, FAIL, FAIL_INVALID);
		g_assert_cmpstr(error->message, ==, CASES[i].error);
	}
	json_auto_t *fine = json_of("[{\"transform\": \"ordinal\", \"columns\": [\"anything\"]}]");
	g_assert_true(recipe_validate(fine, NULL, roles, "features", count_problem, NULL));
}

/* A table of ROWS rows with a column of many values that says nothing of the target, and one that does. */
static Frame *random_table(size_t rows, unsigned values, size_t folds)
{
	Rng rng = rng_stream(11, "table");
	Frame *all = frame_new(rows);
	Column *noise = column_new("noise", COLUMN_TEXT, rows, NULL),
	       *real = column_new("kind", COLUMN_TEXT, rows, NULL);
	Column *y = column_new("y", COLUMN_INT, rows, NULL), *number = column_new("_gyre_row", COLUMN_INT, rows, NULL);
	Column *fold = column_new("_gyre_fold", COLUMN_INT, rows, NULL), *x = column_new("x", COLUMN_REAL, rows, NULL);
	for (size_t i = 0; i < rows; i++) {
		g_autofree char *text = g_strdup_printf("v%u", (unsigned)rng_below(&rng, values));
		unsigned kind = (unsigned)rng_below(&rng, 40);
		g_autofree char *name = g_strdup_printf("k%u", kind);
		noise->codes[i] = dictionary_code(noise->dictionary, text, strlen(text));
		real->codes[i] = dictionary_code(real->dictionary, name, strlen(name));
		y->ints[i] = rng_unit(&rng) < 0.1 + 0.02 * kind;
		number->ints[i] = (int64_t)i * 3 + 1;
		fold->ints[i] = folds ? (int64_t)rng_below(&rng, folds + 1) - 1 : -1;
		x->reals[i] = rng_normal(&rng);
		if (i % 17 == 0)
			column_set_missing(x, i);
	}
	frame_add(all, noise);
	frame_add(all, real);
	frame_add(all, x);
	frame_add(all, y);
	frame_add(all, number);
	frame_add(all, fold);
	return all;
}

#define ENCODERS                                                                                  \
	"[{\"transform\": \"target_mean\", \"columns\": [\"noise\", \"kind\"]}, "                 \
	"{\"transform\": \"target_mean\", \"columns\": [\"noise\", \"kind\"], \"cross\": true}, " \
	"{\"transform\": \"one_hot\", \"columns\": [\"kind\"]}, {\"transform\": \"count\", \"columns\": [\"noise\"]}]"

/* Transforms of which each learns from what the one before has learnt. */
#define IN_TURN                                                                                              \
	"[{\"transform\": \"impute\", \"columns\": [\"*\"], \"method\": \"auto\", \"indicator\": true}, "    \
	"{\"transform\": \"scale\", \"columns\": [\"x\"]}, {\"transform\": \"log\", \"columns\": [\"x\"]}, " \
	"{\"transform\": \"cross\", \"columns\": [\"noise\", \"kind\"]}, "                                   \
	"{\"transform\": \"bin\", \"columns\": [\"x\"], \"keep\": true}, "                                   \
	"{\"transform\": \"target_mean\", \"columns\": [\"x_bin\", \"noise_x_kind\"]}, "                     \
	"{\"transform\": \"scale\", \"columns\": [\"x_bin_mean\"], \"method\": \"robust\"}, "                \
	"{\"transform\": \"one_hot\", \"columns\": [\"kind\"]}, {\"transform\": \"ordinal\", \"columns\": "  \
	"[\"noise\"]}]"

/* Same rows in any order and any pieces: the same recipes, to the byte. */
static void check_order(const char *features)
{
	g_autoptr(Frame) rows = random_table(3000, 200, 3);
	json_auto_t *roles = json_of(CLASSES "}");
	json_auto_t *plan = plan_of(features, rows, roles, "{}");
	g_autofree uint32_t *order = g_new(uint32_t, rows->rows);
	Rng rng = rng_stream(1, "order");
	for (uint32_t i = 0; i < rows->rows; i++)
		order[i] = i;
	rng_shuffle(&rng, order, rows->rows);
	Source whole = {.size = 3000}, shuffled = {.size = 711, .order = order};
	json_auto_t *a = fit(plan, rows, roles, &whole, 3);
	json_auto_t *b = fit(plan, rows, roles, &shuffled, 3);
	g_autofree char *x = json_canonical(a);
	g_autofree char *y = json_canonical(b);
	g_assert_cmpstr(x, ==, y);
}

static void test_order(void)
{
	check_order(ENCODERS);
	check_order(IN_TURN);
}

/* The recipe of a fold is the one fitted on the other folds' rows alone. */
static void check_folds(const char *features, unsigned passes)
{
	g_autoptr(Frame) rows = random_table(2000, 100, 3);
	json_auto_t *roles = json_of(CLASSES "}");
	json_auto_t *plan = plan_of(features, rows, roles, "{}");
	Source all = {.size = 500};
	json_auto_t *recipes = fit(plan, rows, roles, &all, 3);
	g_assert_cmpuint(all.passes, ==, passes);
	g_assert_cmpuint(json_array_size(json_object_get(recipes, "folds")), ==, 3);
	for (int64_t k = 0; k <= 3; k++) {
		g_autofree uint8_t *keep = g_new(uint8_t, rows->rows);
		for (size_t i = 0; i < rows->rows; i++)
			keep[i] = k == 3 || frame_find(rows, "_gyre_fold")->ints[i] != k;
		g_autoptr(Frame) some = frame_filter(rows, keep);
		Source s = {.size = 333};
		json_auto_t *alone = fit(plan, some, roles, &s, 0);
		json_t *is = k == 3 ? json_object_get(recipes, "final")
		                    : json_array_get(json_object_get(recipes, "folds"), (size_t)k);
		g_assert_true(json_equal(is, json_object_get(alone, "final")));
	}
}

static void test_folds(void)
{
	check_folds(ENCODERS, 1);
	check_folds(IN_TURN, 5); /* impute, scale, bin, target_mean, scale */
}

/* What is learnt in turn is what is learnt one after the other by hand: the scale of the imputed column. */
static void test_in_turn(void)
{
	g_autoptr(Frame) rows = rows_of("x:real,y:int,_gyre_row:int\n1,0,0\n,1,1\n2,0,2\n9,1,3");
	json_auto_t *roles = json_of("{\"task\": \"regression\", \"target\": \"y\"}");
	json_auto_t *plan = plan_of("[{\"transform\": \"impute\", \"columns\": [\"x\"]}, "
	                            "{\"transform\": \"scale\", \"columns\": [\"x\"], \"method\": \"minmax\"}]",
	        rows, roles, "{}");
	Source s = {.size = 3};
	json_auto_t *recipes = fit(plan, rows, roles, &s, 0);
	g_assert_cmpuint(s.passes, ==, 2);
	g_autoptr(Recipe) r = load(json_object_get(recipes, "final"));
	g_autofree float *is = apply(r, rows, false);
	g_assert_cmpuint(recipe_features(r), ==, 1);
	g_assert_cmpfloat(is[0], ==, 0);
	g_assert_cmpfloat(is[1], ==, 0.125f);
	g_assert_cmpfloat(is[3], ==, 1);
}

typedef struct Scored {
	float score;
	bool y;
} Scored;

static int by_score(const void *a, const void *b)
{
	float x = ((const Scored *)a)->score, y = ((const Scored *)b)->score;
	return x < y ? -1 : x > y;
}

/* Area under the ROC curve by ranks (Mann and Whitney), ties half. */
static double area(const float *features, size_t stride, const Frame *rows)
{
	size_t n = rows->rows, ones = 0;
	g_autofree Scored *scored = g_new(Scored, n);
	double sum = 0;
	for (size_t i = 0; i < n; i++)
		scored[i] = (Scored){features[i * stride], frame_find(rows, "y")->ints[i]};
	qsort(scored, n, sizeof *scored, by_score);
	for (size_t i = 0; i < n;) {
		size_t j = i;
		while (j < n && scored[j].score == scored[i].score)
			j++;
		for (size_t k = i; k < j; k++)
			if (scored[k].y) {
				sum += (double)(i + j + 1) / 2;
				ones++;
			}
		i = j;
	}
	return (sum - (double)ones * (double)(ones + 1) / 2) / ((double)ones * (double)(n - ones));
}

/* A column of many values that says nothing: what training sees of it must say nothing either, although the values
 * learnt from all rows, applied to the same rows, would predict them well.  The column that does say something keeps
 * it. */
static void test_no_leak(void)
{
	g_autoptr(Frame) rows = random_table(20000, 6000, 0);
	json_auto_t *roles = json_of(CLASSES "}");
	json_auto_t *plan =
	        plan_of("[{\"transform\": \"target_mean\", \"columns\": [\"noise\", \"kind\"], \"smoothing\": 1}]",
	                rows, roles, "{}");
	Source s = {.size = 4096};
	json_auto_t *recipes = fit(plan, rows, roles, &s, 0);
	g_autoptr(Recipe) r = load(json_object_get(recipes, "final"));
	g_assert_cmpstr(recipe_feature_names(r)[1], ==, "noise_mean");
	g_autofree float *leaking = apply(r, rows, false);
	g_autofree float *honest = apply(r, rows, true);
	g_assert_cmpfloat(area(leaking + 1, 3, rows), >, 0.7);
	g_assert_cmpfloat(fabs(area(honest + 1, 3, rows) - 0.5), <, 0.012); /* three standard errors */
	g_assert_cmpfloat(area(honest + 2, 3, rows), >, 0.7);
}

/* Each value but once: all have the prior, and nothing tells rows apart. */
static void test_no_leak_unique(void)
{
	g_autoptr(Frame) rows = random_table(500, 1, 0);
	json_auto_t *roles = json_of(CLASSES "}");
	Column *noise = frame_find(rows, "noise");
	for (size_t i = 0; i < rows->rows; i++) {
		g_autofree char *text = g_strdup_printf("row %zu", i);
		noise->codes[i] = dictionary_code(noise->dictionary, text, strlen(text));
	}
	json_auto_t *plan = plan_of(
	        "[{\"transform\": \"target_mean\", \"columns\": \"noise\", \"min_count\": 1}]", rows, roles, "{}");
	Source s = {.size = 500};
	json_auto_t *recipes = fit(plan, rows, roles, &s, 0);
	g_autoptr(Recipe) r = load(json_object_get(recipes, "final"));
	size_t stride = recipe_features(r);
	g_autofree float *honest = apply(r, rows, true);
	for (size_t i = 1; i < rows->rows; i++)
		g_assert_cmpfloat(honest[1], ==, honest[i * stride + 1]);
}

static void test_strip(void)
{
	g_autoptr(Frame) rows = random_table(300, 20, 0);
	json_auto_t *roles = json_of(CLASSES "}");
	json_auto_t *plan = plan_of(ENCODERS, rows, roles, "{}");
	Source s = {.size = 300};
	json_auto_t *recipes = fit(plan, rows, roles, &s, 0);
	json_auto_t *stripped = recipe_strip(json_object_get(recipes, "final"));
	g_autofree char *text = json_canonical(stripped);
	g_assert_null(strstr(text, "\"cross\":["));
	g_autoptr(Recipe) full = load(json_object_get(recipes, "final"));
	g_autoptr(Recipe) r = load(stripped);
	g_autofree float *a = apply(full, rows, false);
	g_autofree float *b = apply(r, rows, false);
	g_assert_cmpmem(a, 300 * recipe_features(r) * sizeof *a, b, 300 * recipe_features(r) * sizeof *b);
	g_autoptr(Frame) own = copy(rows);
	g_autoptr(GError) error = NULL;
	g_assert_false(recipe_apply_training(r, own, b, &error));
	g_assert_error(error, FAIL, FAIL_INVALID);
}

/* Infinities are missing, what a float cannot hold is its largest; the order of the frame's columns does not matter. */
static void test_values(void)
{
	g_autoptr(Frame) rows =
	        rows_of("x:real,n:int,b:bool,y:int\n1.5,7,true,0\ninf,,false,1\n-1e300,-3,,0\nnan,0,true,1");
	json_auto_t *roles = json_of(CLASSES "}");
	json_auto_t *plan = plan_of("null", rows, roles, "{}");
	Source s = {.size = 4};
	json_auto_t *recipes = fit(plan, rows, roles, &s, 0);
	g_assert_cmpuint(s.passes, ==, 0);
	g_autoptr(Recipe) r = load(json_object_get(recipes, "final"));
	const float want[] = {1.5f, 7, 1, NAN, NAN, 0, -FLT_MAX, -3, NAN, NAN, 0, 1};
	g_assert_cmpuint(recipe_features(r), ==, 3);
	g_assert_cmpuint(json_array_size(json_object_get(recipe_inputs(r), "columns")), ==, 3);
	g_autofree float *is = apply(r, rows, false);
	g_autofree float *training = apply(r, rows, true);
	g_autoptr(Frame) turned = rows_of("n:int,b:bool,x:real,extra:text\n7,true,1.5,e");
	g_autofree float *first = apply(r, turned, false);
	for (size_t i = 0; i < G_N_ELEMENTS(want); i++) {
		g_assert_true(same_number(is[i], want[i]) && same_number(training[i], want[i]));
		g_assert_true(i >= 3 || first[i] == want[i]);
	}
}

static void test_target(void)
{
	g_autoptr(Frame) rows = rows_of("y:real\n10\n9\n\n9.5\nnan");
	json_auto_t *classes =
	        json_of("{\"task\": \"classification\", \"target\": \"y\", \"classes\": [\"9\", \"10\"]}");
	json_auto_t *number = json_of("{\"task\": \"regression\", \"target\": \"y\"}");
	json_auto_t *absent = json_of("{\"task\": \"regression\", \"target\": \"z\"}");
	const double want_class[] = {1, 0, NAN, -1, NAN}, want_number[] = {10, 9, NAN, 9.5, NAN};
	double is[5];
	g_assert_true(target_values(rows, classes, is, NULL));
	for (size_t i = 0; i < 5; i++)
		g_assert_true(same_number(is[i], want_class[i]));
	g_assert_true(target_values(rows, number, is, NULL));
	for (size_t i = 0; i < 5; i++)
		g_assert_true(same_number(is[i], want_number[i]));
	g_autoptr(GError) error = NULL;
	g_assert_false(target_values(rows, absent, is, &error));
	g_assert_error(error, FAIL, FAIL_INVALID);
}

static void test_broken(void)
{
	static const char *const BAD[] = {"{}", "[]", "{\"inputs\": [], \"features\": [1], \"transforms\": []}",
	        "{\"inputs\": [], \"features\": [], \"transforms\": [{\"transform\": \"new\"}]}",
	        "{\"inputs\": [], \"features\": [], \"transforms\": [{\"transform\": \"count\", \"params\": {}}]}",
	        "{\"inputs\": [], \"features\": [], \"transforms\": [{\"transform\": \"count\", \"params\": "
	        "{\"columns\": []}}]}",
	        "{\"inputs\": [], \"features\": [], \"transforms\": [{\"transform\": \"count\", \"params\": "
	        "{\"columns\": "
	        "[\"a\"]}}]}"};
	for (size_t i = 0; i < G_N_ELEMENTS(BAD); i++) {
		json_auto_t *recipe = json_of(BAD[i]);
		Recipe *r = NULL;
		g_autoptr(GError) error = NULL;
		g_assert_false(recipe_load(recipe, &r, &error));
		g_assert_nonnull(error);
		g_assert_null(r);
	}
	/* A recipe whose column is not in the rows. */
	json_auto_t *recipe =
	        json_of("{\"inputs\": [], \"features\": [\"a\"], \"transforms\": [{\"transform\": \"date_parts\", "
	                "\"place\": \"features[2]\", \"params\": {\"columns\": [\"a\"]}}]}");
	g_autoptr(Recipe) r = load(recipe);
	g_autoptr(Frame) rows = rows_of("b:time\n");
	g_autoptr(GError) error = NULL;
	float into[1];
	g_assert_false(recipe_apply(r, rows, into, &error));
	g_assert_cmpstr(error->message, ==, "features[2] (date_parts): column \"a\" is not in the rows");
}

static void test_weights(void)
{
	g_autoptr(GError) error = NULL;
	double got[3];
	Column *w = column_new("w", COLUMN_REAL, 3, NULL);
	w->reals[0] = 2;
	w->reals[1] = 0;
	column_set_missing(w, 2);
	g_assert_true(weight_values(w, got, &error) && got[0] == 2 && got[1] == 0 && isnan(got[2]));
	w->reals[1] = -1;
	g_assert_false(weight_values(w, got, &error));
	g_assert_true(error->code == FAIL_INVALID && strstr(error->message, "the weight -1"));
	w->reals[1] = INFINITY;
	g_assert_false(weight_values(w, got, NULL));
	column_free(w);
}

/* Features lead back to the columns they are made of, over several transforms, learnt names included. */
static void test_origins(void)
{
	g_autoptr(Frame) rows = rows_of("a:text,b:text,n:int,x:real,when:time,y:int,_gyre_row:int\n"
	                                "p,u,1,0.5,2020-01-01 10:00:00,0,0\nq,v,2,1.5,2020-02-02 12:00:00,1,1\n"
	                                "p,v,3,2.5,2020-03-03 14:00:00,1,2\nq,u,4,3.5,2020-04-04 16:00:00,0,3");
	json_auto_t *roles = json_of(CLASSES "}");
	json_auto_t *plan = plan_of("[{\"transform\": \"cross\", \"columns\": [\"a\", \"b\"]},"
	                            "{\"transform\": \"target_mean\", \"columns\": [\"a_x_b\"]},"
	                            "{\"transform\": \"one_hot\", \"columns\": [\"a\"], \"keep\": true},"
	                            "{\"transform\": \"scale\", \"columns\": [\"x\"]},"
	                            "{\"transform\": \"arithmetic\", \"columns\": [\"n\", \"x\"]},"
	                            "{\"transform\": \"date_parts\", \"columns\": [\"when\"], \"parts\": [\"hour\"]}]",
	        rows, roles, "{}");
	Source s = {.size = 4};
	json_auto_t *fitted = fit(plan, rows, roles, &s, 0);
	g_autoptr(Recipe) r = load(json_object_get(fitted, "final"));
	g_autoptr(Origins) o = NULL;
	g_autoptr(GError) error = NULL;
	recipe_origins(r, &o, &error);
	g_assert_no_error(error);
	g_assert_cmpuint(o->features, ==, recipe_features(r));
	for (size_t f = 0; f < o->features; f++) {
		const char *name = recipe_feature_names(r)[f];
		g_autoptr(GString) from = g_string_new(NULL);
		for (uint32_t i = o->start[f]; i < o->start[f + 1]; i++)
			g_string_append_printf(from, "%s ", o->names[o->column[i]]);
		const char *wanted = g_str_has_prefix(name, "a_x_b")  ? "a b "
		                     : strstr(name, "_over_")         ? "n x "
		                     : *name == 'a'                   ? "a "
		                     : *name == 'b'                   ? "b "
		                     : g_str_has_prefix(name, "when") ? "when "
		                     : *name == 'n'                   ? "n "
		                                                      : "x ";
		g_assert_cmpstr(from->str, ==, wanted);
	}
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/recipe/defaults", test_defaults);
	g_test_add_func("/recipe/weights", test_weights);
	g_test_add_func("/recipe/patterns", test_patterns);
	g_test_add_func("/recipe/categories", test_categories);
	g_test_add_func("/recipe/problems", test_problems);
	g_test_add_func("/recipe/order", test_order);
	g_test_add_func("/recipe/folds", test_folds);
	g_test_add_func("/recipe/in_turn", test_in_turn);
	g_test_add_func("/recipe/no_leak", test_no_leak);
	g_test_add_func("/recipe/no_leak/unique", test_no_leak_unique);
	g_test_add_func("/recipe/strip", test_strip);
	g_test_add_func("/recipe/values", test_values);
	g_test_add_func("/recipe/target", test_target);
	g_test_add_func("/recipe/broken", test_broken);
	g_test_add_func("/recipe/origins", test_origins);
	return g_test_run();
}
