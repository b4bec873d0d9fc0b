/* behaviour_rows.c: test rows asked twice: as they are, and with a change. */
#include <string.h>

#include "base/error.h"
#include "base/json.h"
#include "eval/behaviours.h"

void asked_twice_clear(AskedTwice *a)
{
	if (a->sample.rows)
		sample_clear(&a->sample);
	answers_clear(&a->changed);
}

bool ask_once(const BehaviourInput *in, size_t most, AskedTwice *ret, GError **error)
{
	return sample_take(in->e, in->test_path, in->t, in->a, most, in->seed, &ret->sample, error);
}

bool ask_again(const BehaviourInput *in, Frame *rows, AskedTwice *a, GError **error)
{
	answers_clear(&a->changed);
	a->changed = (Answers){.rows = rows->rows, .outputs = bundle_outputs(in->b)};
	a->changed.scores = g_new(double, MAX(rows->rows * a->changed.outputs, (size_t)1));
	if (!bundle_predict(in->b, rows, a->changed.scores, error))
		return false;
	answers_decide(in->b, &a->changed);
	return true;
}

bool score_column(const Bundle *b, const char *class, size_t *ret, GError **error)
{
	size_t classes = bundle_classes(b);
	for (size_t i = 0; class && i < classes; i++)
		if (g_strcmp0(bundle_class(b, i), class) == 0) {
			*ret = i;
			return true;
		}
	if (class)
		return fail(error, FAIL_INVALID, "the model knows no class \"%s\"", class);
	if (classes > 2)
		return fail(error, FAIL_INVALID,
		        "the model tells %zu classes apart: say which one is meant (class: ...)", classes);
	*ret = bundle_positive(b) >= 0 ? (size_t)bundle_positive(b) : 0;
	return true;
}

json_t *example_row(const BehaviourInput *in, const AskedTwice *a, size_t row)
{
	json_t *object = json_object(), *column;
	size_t i;
	json_array_foreach (json_object_get(json_object_get(bundle_header(in->b), "recipe"), "inputs"), i, column) {
		const Column *c = frame_find(a->sample.rows, json_get_text(column, "name", ""));
		if (c)
			json_object_set_new(object, c->name, column_json(c, row));
	}
	return object;
}
