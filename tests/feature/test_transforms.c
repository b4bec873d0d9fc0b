/* test_transforms.c: what every transform promises, over the whole list: learning does not depend on order, cutting and
 * merging; what is learnt survives as JSON; one row is treated as it is among many; odd values do no harm. */
#include "feature/transform.h"

#include "base/error.h"
#include "base/rng.h"
#include "row_same.h"
#include "rows.h"

enum { ROWS = 1500 };

static const char *const NAMES[] = {"b", "i", "r", "s", "t"}; /* by ColumnType; and a second of each, "b2" ... */

static void fill(Column *c, size_t row, Rng *rng)
{
	static const double ODD[] = {0, -0.0, 1e300, -1e-300, 5e-324, 123456789.5};
	uint64_t dice = rng_below(rng, 20);
	if (dice == 0) {
		column_set_missing(c, row);
		return;
	}
	g_autofree char *text = NULL;
	switch (c->type) {
	case COLUMN_BOOL:
		c->bools[row] = rng_below(rng, 3) == 0;
		break;
	case COLUMN_INT:
		c->ints[row] = (int64_t)rng_below(rng, 30) - 5;
		break;
	case COLUMN_REAL:
		c->reals[row] = dice == 1 ? (rng_below(rng, 2) ? NAN : -INFINITY) : rng_normal(rng) * 1000;
		if (dice == 2)
			c->reals[row] = ODD[rng_below(rng, G_N_ELEMENTS(ODD))];
		break;
	case COLUMN_TEXT:
		text = g_strdup_printf("kind %d", (int)(50 * rng_unit(rng) * rng_unit(rng)));
		c->codes[row] = dictionary_code(c->dictionary, text, strlen(text));
		break;
	default:
		c->ints[row] = (int64_t)(rng_unit(rng) * 4e15) - (int64_t)1e15;
	}
}

static Frame *table(void)
{
	Rng rng = rng_stream(1, "table");
	Frame *rows = frame_new(ROWS);
	for (unsigned k = 0; k < 2; k++)
		for (unsigned t = 0; t < COLUMN_TYPES; t++) {
			g_autofree char *name = g_strdup_printf("%s%s", NAMES[t], k ? "2" : "");
			Column *c = column_new(name, (ColumnType)t, ROWS, NULL);
			for (size_t i = 0; i < ROWS; i++)
				fill(c, i, &rng);
			frame_add(rows, c);
		}
	return rows;
}

/* A case: a kind on a type of column, with a target of some number of classes. */
typedef struct Case {
	const TransformKind *kind;
	json_t *params;
	const Frame *rows;
	double target[ROWS];
} Case;

static bool absorb(const Case *c, void *fit, const uint32_t *order, size_t from, size_t to)
{
	g_autoptr(GError) error = NULL;
	g_autoptr(Frame) part = rows_slice(c->rows, order, from, to);
	g_autofree double *target = g_new(double, to - from + 1);
	for (size_t i = from; i < to; i++)
		target[i - from] = c->target[order ? order[i] : i];
	bool ok = c->kind->absorb(fit, part, c->kind->sees_target ? target : NULL, &error);
	g_assert_no_error(error);
	return ok;
}

static void *begin(const Case *c)
{
	void *fit = NULL;
	g_autoptr(GError) error = NULL;
	g_assert_true(c->kind->begin(c->params, &fit, &error));
	return fit;
}

/* Finishes and frees a fit. */
static char *finish(const Case *c, void *fit)
{
	g_autoptr(GError) error = NULL;
	json_auto_t *state = NULL;
	c->kind->finish(fit, &state, &error);
	g_assert_no_error(error);
	c->kind->free_fit(fit);
	return json_canonical(state);
}

static char *learn_in_chunks(const Case *c, const uint32_t *order, size_t size)
{
	void *fit = begin(c);
	for (size_t from = 0; from < ROWS; from += size)
		absorb(c, fit, order, from, MIN(from + size, (size_t)ROWS));
	return finish(c, fit);
}

static char *learn_merged(const Case *c, size_t parts)
{
	void *all = begin(c);
	for (size_t p = 0; p < parts; p++) {
		void *part = begin(c);
		absorb(c, part, NULL, ROWS * p / parts, ROWS * (p + 1) / parts);
		g_assert_true(c->kind->merge(all, part, NULL));
		c->kind->free_fit(part);
	}
	return finish(c, all);
}

static void check_learning(const Case *c, const char *whole)
{
	uint32_t order[ROWS];
	Rng rng = rng_stream(2, "order");
	for (uint32_t i = 0; i < ROWS; i++)
		order[i] = i;
	rng_shuffle(&rng, order, ROWS);
	g_autofree char *chunked = learn_in_chunks(c, NULL, 97);
	g_autofree char *single = learn_in_chunks(c, order, 1);
	g_autofree char *shuffled = learn_in_chunks(c, order, ROWS);
	g_autofree char *merged = learn_merged(c, 3);
	g_assert_cmpstr(chunked, ==, whole);
	g_assert_cmpstr(single, ==, whole);
	g_assert_cmpstr(shuffled, ==, whole);
	g_assert_cmpstr(merged, ==, whole);
}

static void *load(const Case *c, const char *state)
{
	void *t = NULL;
	g_autoptr(GError) error = NULL;
	json_auto_t *value = state ? json_of(state) : NULL;
	c->kind->load(c->params, value, &t, &error);
	g_assert_no_error(error);
	return t;
}

static void apply(const Case *c, const void *t, Frame *rows)
{
	g_autoptr(GError) error = NULL;
	c->kind->apply(t, rows, &error);
	g_assert_no_error(error);
}

/* One row alone gets what it gets among all, whatever its dictionary. */
static void check_rows_alone(const Case *c, const void *t, const Frame *made)
{
	for (size_t i = 0; i < ROWS; i += 7) {
		g_autoptr(Frame) one = rows_slice(c->rows, NULL, i, i + 1);
		apply(c, t, one);
		g_assert_cmpuint(one->columns->len, ==, made->columns->len);
		for (guint k = 0; k < one->columns->len; k++) {
			const Column *a = one->columns->pdata[k], *b = made->columns->pdata[k];
			g_assert_cmpstr(a->name, ==, b->name);
			g_assert_true(same_cell(a, 0, b, i));
		}
	}
}

/* What the outline said is what came out. */
static void check_outline(const Case *c, const Frame *made)
{
	json_auto_t *schema = schema_of(c->rows);
	g_autoptr(Outline) outline = outline_new(schema);
	outline->names = json_object_get(c->params, "columns");
	c->kind->outline(c->params, outline);
	g_assert_null(outline->conflict);
	for (guint k = 0; k < outline->columns->len; k++) {
		const OutlineColumn *said = outline->columns->pdata[k];
		const Column *is = frame_find(made, said->name);
		g_assert_nonnull(is);
		g_assert_cmpint(is->type, ==, said->type);
		g_assert_cmpuint(is->rows, ==, made->rows);
	}
	for (guint k = 0; k < made->columns->len; k++) {
		const Column *is = made->columns->pdata[k];
		g_assert_true(outline_find(outline, is->name) || (c->kind->begin && strchr(is->name, '=')));
		if (c->kind->sees_target && !frame_find(c->rows, is->name))
			g_assert_cmpint(is->type, ==, COLUMN_REAL);
	}
}

/* Values that training has not had, and a row of nothing but missing ones. */
static Frame *unseen_rows(void)
{
	return rows_of("b:bool,i:int,r:real,s:text,t:time,b2:bool,i2:int,r2:real,s2:text,t2:time\n"
	               ",,,,,,,,,\n"
	               "true,9223372036854775807,inf,never seen,2999-12-31 23:59:59,true,"
	               "-9223372036854775808,nan,never,1583-01-01\n"
	               "false,-7,-1e308,kind 1,1900-01-01,false,77,1e-308,kind 2,0001-01-01");
}

static void check_unseen(const Case *c, const void *t)
{
	g_autoptr(Frame) rows = unseen_rows();
	apply(c, t, rows);
	g_autoptr(Frame) none = rows_slice(c->rows, NULL, 0, 0);
	apply(c, t, none);
	g_assert_cmpuint(none->columns->len, ==, rows->columns->len);
}

static void check_bad_state(const Case *c)
{
	static const char *const BAD[] = {
	        "{}", "[]", "null", "{\"categories\": [1]}", "{\"categories\": [\"a\", \"a\"]}"};
	for (size_t i = 0; i < G_N_ELEMENTS(BAD); i++) {
		json_auto_t *state = json_of(BAD[i]);
		void *t = NULL;
		g_autoptr(GError) error = NULL;
		g_assert_false(c->kind->load(c->params, state, &t, &error));
		g_assert_error(error, FAIL, FAIL_BROKEN);
		g_assert_null(t);
	}
}

/* Nothing to learn from is no reason to fall over. */
static void check_no_rows(const Case *c)
{
	g_autofree char *state = finish(c, begin(c));
	void *t = load(c, state);
	g_autoptr(Frame) rows = rows_slice(c->rows, NULL, 0, ROWS);
	apply(c, t, rows);
	c->kind->free(t);
}

/* A category of every text there is then: so that texts are compared too. */
static json_t *category_entry(const Column *c)
{
	json_t *seen = json_array();
	for (uint32_t code = 0; code < MIN(dictionary_size(c->dictionary), 40u); code++)
		json_array_append_new(seen, json_string(dictionary_text(c->dictionary, code)));
	return json_pack("{s:s,s:{s:[s]},s:{s:o}}", "transform", "category", "params", "columns", c->name, "state",
	        "categories", seen);
}

/* The transform as a recipe of its own, whose features are all that comes out. */
static Recipe *recipe_of(const Case *c, const char *state, const Frame *made)
{
	json_auto_t *schema = schema_of(c->rows);
	json_auto_t *inputs = json_incref(json_object_get(schema, "columns"));
	json_t *features = json_array(), *transforms = json_array();
	json_t *entry = json_pack("{s:s,s:O}", "transform", c->kind->name, "params", c->params);
	if (state)
		json_object_set_new(entry, "state", json_of(state));
	json_array_append_new(transforms, entry);
	for (guint k = 0; k < made->columns->len; k++) {
		const Column *column = made->columns->pdata[k];
		g_autofree char *name = g_strdup_printf("%s_category", column->name);
		if (column->type == COLUMN_TEXT && frame_find(made, name))
			continue;
		if (column->type == COLUMN_TEXT)
			json_array_append_new(transforms, category_entry(column));
		if (column->type != COLUMN_TIME)
			json_array_append_new(features,
			        json_sprintf("%s%s", column->name, column->type == COLUMN_TEXT ? "_category" : ""));
	}
	json_auto_t *recipe =
	        json_pack("{s:O,s:o,s:o}", "inputs", inputs, "transforms", transforms, "features", features);
	g_autoptr(GError) error = NULL;
	Recipe *r = NULL;
	recipe_load(recipe, &r, &error);
	g_assert_no_error(error);
	return r;
}

static void check_compiled(const Case *c, const char *state, const Frame *made, const Frame *unseen)
{
	g_autoptr(Recipe) r = recipe_of(c, state, made);
	g_autoptr(Frame) rows = rows_slice(c->rows, NULL, 0, ROWS);
	g_assert_true(same_by_row(r, rows));
	g_assert_true(same_by_row(r, unseen));
}

static void check_case(const Case *c)
{
	g_autofree char *state = NULL;
	if (transform_learns(c->kind, c->params)) {
		state = learn_in_chunks(c, NULL, ROWS);
		check_learning(c, state);
		check_bad_state(c);
		check_no_rows(c);
	}
	void *t = load(c, state);
	g_autoptr(Frame) made = rows_slice(c->rows, NULL, 0, ROWS);
	apply(c, t, made);
	check_rows_alone(c, t, made);
	check_outline(c, made);
	check_unseen(c, t);
	g_autoptr(Frame) unseen = unseen_rows();
	check_compiled(c, state, made, unseen);
	c->kind->free(t);
}

/* One setting of a kind; settings that it refuses are left out. */
static void check_setting(const TransformKind *kind, const Frame *rows, const json_t *given, unsigned classes)
{
	g_autoptr(GError) error = NULL;
	g_autoptr(GError) refused = NULL;
	Case c = {.kind = kind, .rows = rows};
	param_fill(kind->params, kind->name, given, &c.params, &error);
	g_assert_no_error(error);
	Rng rng = rng_stream(3, "target");
	for (size_t i = 0; i < ROWS; i++)
		c.target[i] = classes ? (double)rng_below(&rng, classes) : rng_normal(&rng) * 1e6;
	c.target[5] = NAN;
	c.target[6] = -1;
	if (!kind->check || kind->check(c.params, &refused))
		check_case(&c);
	json_decref(c.params);
}

static bool has_texts(const json_t *given)
{
	return strchr("s", *json_string_value(json_array_get(json_object_get(given, "columns"), 0))) != NULL;
}

/* The defaults, and every choice and every switch by itself. */
static void check_settings(const TransformKind *kind, const Frame *rows, json_t *given, unsigned classes)
{
	check_setting(kind, rows, given, classes);
	for (const Param *p = kind->params; p->name; p++) {
		for (const char *const *choice = p->type == PARAM_TEXT ? p->choices : NULL; choice && *choice;
		        choice++) {
			bool numeric = strcmp(*choice, "mean") == 0 || strcmp(*choice, "median") == 0;
			json_object_set_new(given, p->name, json_string(*choice));
			if (!(numeric && has_texts(given)))
				check_setting(kind, rows, given, classes);
			json_object_del(given, p->name);
		}
		if (p->type == PARAM_BOOL) {
			json_object_set_new(given, p->name, json_true());
			check_setting(kind, rows, given, classes);
			json_object_del(given, p->name);
		}
	}
}

static void check_type(const TransformKind *kind, const Frame *rows, unsigned type, unsigned classes)
{
	static const char *const LABELS[] = {NULL, NULL, "[\"no\", \"yes\"]", "[\"x\", \"y\", \"z\"]"};
	json_auto_t *given = json_pack("{s:[s]}", "columns", NAMES[type]);
	g_autofree char *second = g_strdup_printf("%s2", NAMES[type]);
	if (classes && param_find(kind->params, "classes"))
		json_object_set_new(given, "classes", json_of(LABELS[classes]));
	if (kind->each)
		check_settings(kind, rows, given, classes);
	json_array_append_new(json_object_get(given, "columns"), json_string(second));
	if (param_find(kind->params, "cross"))
		json_object_set_new(given, "cross", json_true());
	if (!kind->each || param_find(kind->params, "cross"))
		check_settings(kind, rows, given, classes);
}

static void test_kind(const void *context)
{
	const TransformKind *kind = context;
	g_autoptr(Frame) rows = table();
	g_assert_nonnull(param_find(kind->params, "columns"));
	g_assert_true(kind->help && kind->outline && kind->load && kind->apply && kind->free);
	g_assert_true(!kind->sees_target || kind->finish_without);
	for (unsigned type = 0; type < COLUMN_TYPES; type++) {
		if (!(kind->takes >> type & 1))
			continue;
		check_type(kind, rows, type, 0);
		if (kind->sees_target) {
			check_type(kind, rows, type, 2);
			check_type(kind, rows, type, 3);
		}
	}
}

static void test_list(void)
{
	for (const TransformKind *const *k = TRANSFORMS; *k; k++) {
		g_assert_true(transform_find((*k)->name) == *k);
		g_assert_true(k[1] == NULL || strcmp((*k)->name, k[1]->name) < 0);
	}
	g_assert_null(transform_find("no such"));
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/transforms/list", test_list);
	for (const TransformKind *const *k = TRANSFORMS; *k; k++) {
		g_autofree char *path = g_strdup_printf("/transforms/%s", (*k)->name);
		g_test_add_data_func(path, *k, test_kind);
	}
	return g_test_run();
}
