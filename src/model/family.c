/* family.c: the table of families. */
#include "model/family.h"

#include <math.h>
#include <string.h>

#include "base/error.h"
#include "base/json.h"
#include "model/families.h"

const ModelFamily *const FAMILIES[] = {
        &FAMILY_BASELINE,
        &FAMILY_LINEAR,
        &FAMILY_TREE,
        &FAMILY_FTRL,
        &FAMILY_NAIVE_BAYES,
        &FAMILY_SVM,
        &FAMILY_KNN,
        &FAMILY_FOREST,
        &FAMILY_EXTRA_TREES,
        &FAMILY_MLP,
        &FAMILY_BOOSTED,
        &FAMILY_LIGHTGBM,
        &FAMILY_COMMAND,
        &FAMILY_ONNX,
        &FAMILY_ENSEMBLE,
        NULL,
};

const ModelFamily *family_find(const char *name)
{
	for (const ModelFamily *const *f = FAMILIES; name && *f; f++)
		if (strcmp((*f)->name, name) == 0)
			return *f;
	return NULL;
}

static int by_name(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

bool families_files(const char *folder, const json_t *params, GPtrArray *ret, GError **error)
{
	for (const ModelFamily *const *f = FAMILIES; *f; f++)
		if ((*f)->files && !(*f)->files(folder, json_object_get(params, (*f)->name), ret, error))
			return false;
	g_ptr_array_sort(ret, by_name);
	for (guint i = ret->len; i-- > 1;)
		if (strcmp(ret->pdata[i], ret->pdata[i - 1]) == 0)
			g_ptr_array_remove_index(ret, i);
	return true;
}

size_t family_columns(const ModelFamily *family, const FeatureKind *kinds, size_t columns)
{
	Matrix all = {.columns = columns, .kinds = kinds};
	return family->takes_categories ? columns : matrix_numbers(&all);
}

bool family_ready(const ModelFamily *family, const char *code, const json_t *params, GError **error)
{
	json_auto_t *filled = NULL;
	return !family->ready ||
	       (param_fill(family->params, family->name, params, &filled, error) && family->ready(code, filled, error));
}

bool family_fits(const ModelFamily *family, const Matrix *x, const json_t *params, GError **error)
{
	json_auto_t *filled = NULL;
	return !family->fits ||
	       (param_fill(family->params, family->name, params, &filled, error) && family->fits(x, filled, error));
}

bool family_train(const ModelFamily *family, const TrainSet *set, const json_t *params, void **ret_model,
        json_t **ret_params, GError **error)
{
	TrainSet narrow = *set;
	Matrix x, valid;
	if (!(family->tasks & set->task))
		return fail(error, FAIL_INVALID, "the family %s cannot learn %s", family->name, task_words(set->task));
	size_t columns = family_columns(family, set->x->kinds, set->x->columns);
	g_autofree float *own_x = matrix_narrow(set->x, columns, &x);
	g_autofree float *own_valid = set->valid ? matrix_narrow(set->valid, columns, &valid) : NULL;
	narrow.x = &x;
	narrow.valid = set->valid ? &valid : NULL;
	if (ret_params)
		*ret_params = NULL;
	if (!family->train(&narrow, params, ret_model, ret_params, error))
		return false;
	if (ret_params && !*ret_params)
		*ret_params = json_deep_copy(params);
	return true;
}

static bool check_fresh(const ModelFamily *family, const void *model, const TrainSet *fresh, GError **error)
{
	size_t columns, outputs;
	family->shape(model, &columns, &outputs);
	if (columns > 0 && !matrix_check_columns(fresh->x, columns, error))
		return false;
	if (outputs != task_outputs(fresh->classes))
		return fail(error, FAIL_INVALID, "the model knows %zu classes, these rows have %zu",
		        outputs > 1 ? outputs : 0, fresh->classes);
	return fresh->x->rows > 0 || fail(error, FAIL_INVALID, "there are no rows to learn on from");
}

bool family_update(const ModelFamily *family, const void *model, const UpdateSet *set, void **ret_model, GError **error)
{
	TrainSet fresh = *set->fresh;
	UpdateSet narrow = *set;
	Matrix x;
	if (!family->update)
		return fail(error, FAIL_INVALID,
		        "a model of the family %s cannot learn on from fresh rows: train it anew", family->name);
	g_autofree float *own = matrix_narrow(fresh.x, family_columns(family, fresh.x->kinds, fresh.x->columns), &x);
	fresh.x = &x;
	fresh.valid = NULL;
	fresh.valid_y = NULL;
	fresh.valid_weight = NULL;
	narrow.fresh = &fresh;
	return check_fresh(family, model, &fresh, error) && family->update(model, &narrow, ret_model, error);
}

bool family_predict(const ModelFamily *family, const void *model, const Matrix *x, double *ret, GError **error)
{
	Matrix narrow;
	g_autofree float *own = matrix_narrow(x, family_columns(family, x->kinds, x->columns), &narrow);
	return family->predict(model, &narrow, ret, error);
}

bool family_contribute(
        const ModelFamily *family, const void *model, const Matrix *x, Contributions **ret, GError **error)
{
	Matrix narrow;
	g_autofree float *own = matrix_narrow(x, family_columns(family, x->kinds, x->columns), &narrow);
	g_autoptr(Contributions) c = NULL;
	if (!family->contribute)
		return fail(error, FAIL_NOT_FOUND,
		        "a model of the family %s cannot tell what each column contributes to a row's answer",
		        family->name);
	if (!family->contribute(model, &narrow, &c, error))
		return false;
	*ret = narrow.columns < x->columns ? contributions_widen(c, x->columns) : g_steal_pointer(&c);
	return true;
}

/* The families whose models can be written down, but for the ensemble. */
static char *names_with_form(void)
{
	g_autoptr(GString) names = g_string_new(NULL);
	for (const ModelFamily *const *f = FAMILIES; *f; f++)
		if ((*f)->form && *f != &FAMILY_ENSEMBLE)
			g_string_append_printf(names, "%s%s", names->len ? ", " : "", (*f)->name);
	return g_string_free(g_steal_pointer(&names), FALSE);
}

bool family_form(const ModelFamily *family, const void *model, ModelForm *ret, GError **error)
{
	*ret = (ModelForm){0};
	if (!family->form) {
		g_autofree char *others = names_with_form();
		return fail(error, FAIL_INVALID,
		        "a model of the family %s cannot be written in another form; those of %s can, and ensembles of "
		        "these (models.families)",
		        family->name, others);
	}
	return family->form(model, ret, error);
}

#define FIRST_LOOK 10 /* rounds: before, a training says little of where it will end */

/* The last rung that has been reached; 0: none. */
static unsigned rung_below(double rounds)
{
	unsigned rung = 0;
	for (unsigned next = FIRST_LOOK; next <= rounds; next *= 2)
		rung = next;
	return rung;
}

static bool is_given_up(const TrainRounds *r)
{
	const TrainWatch *watch = r->set->watch;
	unsigned rung = rung_below(r->done * r->pace), before = rung_below((r->done - 1) * r->pace);
	return watch && r->best && rung > before &&
	       watch->stop(watch->context, rung, r->larger_is_better ? -r->best_value : r->best_value);
}

bool train_round(TrainRounds *r, double value)
{
	r->done++;
	if (!isnan(value) && (!r->best || (r->larger_is_better ? value > r->best_value : value < r->best_value))) {
		r->best = r->done;
		r->best_value = value;
	}
	bool is_enough = r->patience && r->best && r->done - r->best >= r->patience;
	bool is_late = r->set->until && r->best && g_get_monotonic_time() >= r->set->until;
	return !is_enough && !is_late && !is_given_up(r);
}

json_t *train_rounds_params(const json_t *params, unsigned rounds)
{
	json_t *refit = json_deep_copy(params);
	json_object_set_new(refit, "rounds", json_integer(rounds));
	json_object_set_new(refit, "patience", json_integer(0));
	return refit;
}

unsigned task_of(const json_t *roles)
{
	if (g_str_equal(json_get_text(roles, "task", "classification"), "regression"))
		return TASK_REGRESSION;
	return json_array_size(json_object_get(roles, "classes")) > 2 ? TASK_MULTICLASS : TASK_BINARY;
}

const char *task_words(unsigned task)
{
	return task == TASK_BINARY ? "two classes" : task == TASK_MULTICLASS ? "more than two classes" : "numbers";
}

size_t task_outputs(size_t classes)
{
	return MAX(classes, (size_t)1);
}
