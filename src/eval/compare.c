/* compare.c: the new model and the champion on the same rows. */
#include "eval/compare.h"

#include <math.h>
#include <string.h>

#include "base/json.h"
#include "eval/slices.h"
#include "stats/test.h"

enum { DRAWS = 200, BOOTSTRAP_ROWS = 100000, LEAST_ROWS = 50 };

static Difference differ(const Scored *model, const Scored *champion, const MetricKind *metric, uint64_t seed)
{
	if (strcmp(metric->name, "roc_auc") == 0 && model->classes == 2)
		return test_delong(model, champion, 0.95);
	BootstrapPlan plan = {.draws = DRAWS, .level = 0.95, .seed = seed, .max_rows = BOOTSTRAP_ROWS};
	return test_bootstrap(metric, model, champion, &plan);
}

static const char *test_name(const Scored *s, const MetricKind *metric)
{
	return strcmp(metric->name, "roc_auc") == 0 && s->classes == 2 ? "DeLong" : "paired bootstrap";
}

json_t *compare_answers(
        const TestSet *t, const Answers *model, const Answers *champion, const MetricKind *metric, uint64_t seed)
{
	Scored a = scored_of(t, model), b = scored_of(t, champion);
	Difference d = differ(&a, &b, metric, seed);
	return json_pack("{s:s,s:o,s:o,s:o,s:o,s:s}", "metric", metric->name, "difference", json_number(d.value), "low",
	        json_number(d.low), "high", json_number(d.high), "p", json_number(d.p), "test", test_name(&a, metric));
}

/* One bundle's answers on the rows of a slice. */
typedef struct Part {
	TestSet t;
	Answers a;
} Part;

static void part_take(const TestSet *t, const Answers *a, const Facet *f, uint8_t value, Part *ret)
{
	*ret = (Part){.t = {.classes = t->classes, .positive = t->positive}, .a = {.outputs = a->outputs}};
	size_t count = 0, at = 0;
	for (size_t i = 0; i < t->rows; i++)
		count += f->codes[i] == value;
	ret->t.rows = ret->a.rows = count;
	ret->t.y = g_new(double, MAX(count, (size_t)1));
	ret->t.weight = t->weight ? g_new(double, MAX(count, (size_t)1)) : NULL;
	ret->a.scores = g_new(double, MAX(count * a->outputs, (size_t)1));
	ret->a.decided = a->decided ? g_new(uint32_t, MAX(count, (size_t)1)) : NULL;
	for (size_t i = 0; i < t->rows; i++) {
		if (f->codes[i] != value)
			continue;
		ret->t.y[at] = t->y[i];
		if (t->weight)
			ret->t.weight[at] = t->weight[i];
		if (a->decided)
			ret->a.decided[at] = a->decided[i];
		memcpy(ret->a.scores + at++ * a->outputs, a->scores + i * a->outputs, a->outputs * sizeof(double));
	}
}

static void part_clear(Part *p)
{
	test_set_clear(&p->t);
	answers_clear(&p->a);
}

typedef struct Comparison {
	const TestSet *t;
	const Answers *model, *champion;
	const MetricKind *metric;
} Comparison;

static void compare_value(const Comparison *c, const Facet *f, size_t value, json_t *list)
{
	Part model, champion;
	part_take(c->t, c->model, f, (uint8_t)value, &model);
	part_take(c->t, c->champion, f, (uint8_t)value, &champion);
	Scored a = scored_of(&model.t, &model.a), b = scored_of(&champion.t, &champion.a);
	if (a.rows >= LEAST_ROWS) {
		Difference d = differ(&a, &b, c->metric, 1);
		json_array_append_new(
		        list, json_pack("{s:s,s:I,s:o,s:o,s:o,s:o}", "slice", f->literals[value], "rows",
		                      (json_int_t)a.rows, "model", json_number(d.a), "champion", json_number(d.b),
		                      "difference", json_number(d.value), "p", json_number(d.p)));
	}
	part_clear(&model);
	part_clear(&champion);
}

static void correct(json_t *list)
{
	size_t count = json_array_size(list);
	g_autofree double *p = g_new(double, count + 1);
	for (size_t i = 0; i < count; i++)
		p[i] = json_get_number(json_array_get(list, i), "p", NAN);
	correct_holm(p, count);
	for (size_t i = 0; i < count; i++)
		json_object_set_new(json_array_get(list, i), "p_adjusted", json_number(p[i]));
}

static char *columns_query(const json_t *columns, const char *test_path)
{
	g_autoptr(GString) names = g_string_new(NULL);
	size_t i;
	json_t *name;
	json_array_foreach ((json_t *)columns, i, name) {
		g_autofree char *quoted = sql_name(json_string_value(name));
		g_string_append_printf(names, "%s%s", i ? ", " : "", quoted);
	}
	g_autofree char *table = sql_parquet(test_path);
	return g_strdup_printf("SELECT %s FROM %s", names->str, table);
}

bool compare_slices(Engine *e, const char *test_path, const json_t *columns, const TestSet *t, const Answers *model,
        const Answers *champion, const MetricKind *metric, json_t **ret, GError **error)
{
	static const char *const NOTHING[] = {NULL};
	g_autoptr(Frame) rows = NULL;
	json_t *list = json_array();
	*ret = list;
	if (!json_array_size(columns))
		return true;
	g_autofree char *query = columns_query(columns, test_path);
	if (!engine_frame(e, query, &rows, error)) {
		json_decref(list);
		*ret = NULL;
		return false;
	}
	Comparison c = {t, model, champion, metric};
	g_autoptr(GPtrArray) facets = facets_of(rows, NOTHING);
	for (guint k = 0; k < facets->len; k++) {
		const Facet *f = facets->pdata[k];
		for (size_t v = 0; v < f->values; v++)
			compare_value(&c, f, v, list);
	}
	correct(list);
	return true;
}
