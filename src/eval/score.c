/* score.c: test rows with what a bundle says of them. */
#include "eval/score.h"

#include <math.h>
#include <string.h>

#include "base/error.h"
#include "base/json.h"
#include "base/limits.h"
#include "base/progress.h"
#include "feature/recipe.h"

void answers_clear(Answers *a)
{
	g_clear_pointer(&a->scores, g_free);
	g_clear_pointer(&a->decided, g_free);
}

void test_set_clear(TestSet *t)
{
	g_clear_pointer(&t->y, g_free);
	g_clear_pointer(&t->weight, g_free);
}

Scored scored_of(const TestSet *t, const Answers *a)
{
	return (Scored){.rows = t->rows,
	        .classes = t->classes,
	        .y = t->y,
	        .scores = a->scores,
	        .weight = t->weight,
	        .decided = a->decided,
	        .positive = t->positive};
}

void answers_decide(const Bundle *b, Answers *a)
{
	if (!bundle_classifies(b))
		return;
	a->decided = g_new(uint32_t, MAX(a->rows, (size_t)1));
	for (size_t i = 0; i < a->rows; i++)
		a->decided[i] = (uint32_t)bundle_decide(b, a->scores + i * a->outputs);
}

static bool add_rows(const Frame *rows, const json_t *roles, TestSet *t, GError **error)
{
	const char *weight = json_get_text(roles, "weight", NULL);
	t->y = g_renew(double, t->y, t->rows + rows->rows);
	if (!target_values(rows, roles, t->y + t->rows, error))
		return false;
	for (size_t i = 0; t->classes && i < rows->rows; i++) {
		double *y = &t->y[t->rows + i];
		if (*y >= 0 || isnan(*y))
			continue;
		*y = NAN;
		t->strangers++;
	}
	const Column *c = weight ? frame_find(rows, weight) : NULL;
	if (c) {
		t->weight = g_renew(double, t->weight, t->rows + rows->rows);
		if (!weight_values(c, t->weight + t->rows, error))
			return false;
	}
	return true;
}

static bool answer(Bundle *b, const Frame *rows, Answers *a, GError **error)
{
	a->outputs = bundle_outputs(b);
	a->scores = g_renew(double, a->scores, (a->rows + rows->rows) * a->outputs);
	g_autoptr(Frame) copy = frame_copy(rows);
	if (!bundle_predict(b, copy, a->scores + a->rows * a->outputs, error))
		return false;
	a->rows += rows->rows;
	return true;
}

static bool score_all(
        FrameReader *reader, Bundle *const *bundles, size_t count, TestSet *t, Answers *answers, GError **error)
{
	const json_t *roles = json_object_get(bundle_header(bundles[0]), "roles");
	for (;;) {
		g_autoptr(Frame) rows = NULL;
		if (!frame_reader_next(reader, &rows, error))
			return false;
		if (!rows)
			break;
		if (!add_rows(rows, roles, t, error))
			return false;
		for (size_t k = 0; k < count; k++)
			if (!answer(bundles[k], rows, &answers[k], error))
				return false;
		t->rows += rows->rows;
		progress_report("rows scored", t->rows, 0);
	}
	for (size_t k = 0; k < count; k++)
		answers_decide(bundles[k], &answers[k]);
	return true;
}

bool score_rows(Engine *e, const char *test_path, Bundle *const *bundles, size_t count, TestSet *ret,
        Answers *ret_answers, GError **error)
{
	g_autofree char *table = sql_parquet(test_path), *query = g_strdup_printf("SELECT * FROM %s", table);
	g_autoptr(FrameReader) reader = NULL;
	TestSet t = {.classes = bundle_classes(bundles[0])};
	t.positive = t.classes == 2 ? (size_t)bundle_positive(bundles[0]) : 0;
	g_autofree Answers *answers = g_new0(Answers, count);
	bool ok = engine_read(e, query, 0, &reader, error) && score_all(reader, bundles, count, &t, answers, error);
	if (!ok) {
		test_set_clear(&t);
		for (size_t k = 0; k < count; k++)
			answers_clear(&answers[k]);
		return false;
	}
	*ret = t;
	memcpy(ret_answers, answers, count * sizeof *answers);
	return true;
}

const char *question_differs(const Bundle *a, const Bundle *b)
{
	const json_t *x = json_object_get(bundle_header(a), "roles"), *y = json_object_get(bundle_header(b), "roles");
	static const char *const MUST[] = {"task", "target", "classes"};
	for (size_t i = 0; i < G_N_ELEMENTS(MUST); i++) {
		const json_t *of_a = json_object_get(x, MUST[i]), *of_b = json_object_get(y, MUST[i]);
		bool both_have_none = !of_a && !of_b; /* classes, of numbers; json_equal takes them for different */
		if (!both_have_none && !json_equal(of_a, of_b))
			return MUST[i];
	}
	return NULL;
}

bool score_baseline(const Bundle *b, const TestSet *t, Answers *ret, GError **error)
{
	const json_t *target = json_at(bundle_header(b), "reference.target");
	size_t outputs = bundle_outputs(b);
	g_autofree double *zero = g_new(double, outputs);
	if (!target)
		return fail(error, FAIL_BROKEN, "the bundle has no reference of its target");
	for (size_t i = 0; i < outputs; i++)
		zero[i] = t->classes ? json_number_value(json_array_get(json_object_get(target, "priors"), i))
		                     : json_get_number(target, "mean", NAN);
	Answers a = {.rows = t->rows, .outputs = outputs, .scores = g_new(double, MAX(t->rows * outputs, (size_t)1))};
	for (size_t i = 0; i < t->rows; i++)
		memcpy(a.scores + i * outputs, zero, outputs * sizeof *zero);
	if (t->classes) {
		uint32_t most = 0;
		for (uint32_t c = 1; c < outputs; c++)
			most = zero[c] > zero[most] ? c : most;
		a.decided = g_new(uint32_t, MAX(t->rows, (size_t)1));
		for (size_t i = 0; i < t->rows; i++)
			a.decided[i] = most;
	}
	*ret = a;
	return true;
}

double *row_losses(const TestSet *t, const Answers *a)
{
	double *loss = g_new(double, MAX(t->rows, (size_t)1));
	for (size_t i = 0; i < t->rows; i++) {
		if (t->classes) {
			double p = isnan(t->y[i]) ? 0 : a->scores[i * a->outputs + (size_t)t->y[i]];
			loss[i] = -log(MAX(p, 1e-15));
		} else {
			double error = a->scores[i] - t->y[i];
			loss[i] = error * error;
		}
	}
	return loss;
}
