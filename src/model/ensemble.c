/* ensemble.c: the family `ensemble`: trains its members one after another, and answers with what they say together. */
#include "model/ensemble.h"

#include <math.h>
#include <string.h>

#include "base/error.h"
#include "base/json.h"
#include "base/limits.h"
#include "model/bytes.h"
#include "model/ensemble_layer.h"
#include "model/families.h"

#define MAGIC "GYENSEM1"
#define MAGIC_LAYER "GYENSEM2" /* its layer is a model */
#define BLOCK 1024u            /* rows asked of each member at once */
#define NAME_MOST 64u

typedef EnsembleMember Member;

typedef struct Ensemble {
	size_t count, outputs, intercepts;
	size_t columns,
	        numbers; /* features of members that take categories, and of others; 0: there are none of these */
	Member *members;
	double total, *intercept; /* total: of weights */
	EnsembleLayer layer;
	uint32_t inputs; /* of a layer that is a model */
} Ensemble;

static const Param PARAMS[] = {
        {.name = "members",
                .type = PARAM_JSON,
                .preset = "[{\"family\":\"linear\"},{\"family\":\"forest\"}]",
                .help = "its models: a list of {family, params, weight, bag, input}"},
        {.name = "layer",
                .type = PARAM_JSON,
                .help = "how their answers are put together: {weights, intercepts}, or {family, params, folds}: a "
                        "model that learns from them and the features; without it their mean is taken"},
        {NULL},
};

static void ensemble_free(void *model)
{
	Ensemble *e = model;
	if (!e)
		return;
	for (size_t m = 0; m < e->count; m++)
		if (e->members[m].model)
			e->members[m].family->free(e->members[m].model);
	ensemble_layer_clear(&e->layer);
	g_free(e->members);
	g_free(e->intercept);
	g_free(e);
}
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Ensemble, ensemble_free)

static Ensemble *ensemble_new(size_t members)
{
	Ensemble *e = g_new0(Ensemble, 1);
	e->members = g_new0(Member, members);
	e->count = members;
	return e;
}

/* Does the layer see as many inputs, and the features the members see? */
static bool layer_fits(Ensemble *e)
{
	size_t columns, outputs, front = e->inputs * ensemble_front(e->outputs);
	e->layer.family->shape(e->layer.model, &columns, &outputs);
	size_t *same = e->layer.family->takes_categories ? &e->columns : &e->numbers;
	if (outputs != e->outputs || e->inputs < 1 || e->inputs > e->count)
		return false;
	if (columns == 0) /* it looks at nothing */
		return true;
	if (columns < front || (*same && columns > front && columns - front != *same))
		return false;
	*same = columns > front ? columns - front : *same;
	return !(e->columns && e->numbers > e->columns);
}

/* Do the members fit each other?  NULL, or what is wrong. */
static const char *finish(Ensemble *e)
{
	e->total = 0;
	for (size_t m = 0; m < e->count; m++) {
		size_t columns, outputs, *same = e->members[m].family->takes_categories ? &e->columns : &e->numbers;
		e->members[m].family->shape(e->members[m].model, &columns, &outputs);
		e->outputs = m ? e->outputs : outputs;
		if (outputs != e->outputs || (columns && *same && columns != *same))
			return "its members do not fit each other";
		*same = columns ? columns : *same;
		if (e->columns && e->numbers > e->columns)
			return "its members do not fit each other";
		if (e->layer.family && e->members[m].input >= e->inputs)
			return "a member speaks for an input that is not there";
		if (!isfinite(e->members[m].weight) || e->members[m].weight < 0 || e->members[m].weight > 1e6)
			return "a member's weight is no number from 0 to a million";
		e->total += e->members[m].weight;
	}
	if (e->layer.family && !layer_fits(e))
		return "its layer does not fit its members";
	if (e->intercepts && e->intercepts != e->outputs)
		return "its layer does not fit its members";
	for (size_t k = 0; k < e->intercepts; k++)
		if (!isfinite(e->intercept[k]))
			return "its layer has no finite numbers";
	return e->intercepts || e->total > 0 ? NULL : "its members have no weight";
}

/* Out of fold, so that it learns how far each input can be trusted on rows that input does not know. */
static bool layer_learn(const TrainSet *set, const json_t *params, Ensemble *e, GError **error)
{
	size_t rows = set->x->rows, cells = rows * MAX(set->classes, 1);
	for (size_t m = 0; m < e->count; m++)
		e->inputs = MAX(e->inputs, e->members[m].input + 1);
	g_autofree double *said = g_new(double, e->inputs *cells + 1);
	g_autofree const double **of = g_new(const double *, e->inputs);
	g_auto(EnsembleRows) seen = {0};
	for (size_t g = 0; g < e->inputs; g++)
		of[g] = said + g * cells;
	if (!ensemble_say_unseen(set, params, e->members, said, error))
		return false;
	ensemble_rows_make(of, e->inputs, MAX(set->classes, 1), set->x, &seen);
	return ensemble_layer_train(set, &seen, json_object_get(params, "layer"), &e->layer, error);
}

static bool layer_read(const json_t *layer, Ensemble *e, GError **error)
{
	const json_t *weights = json_object_get(layer, "weights"), *intercepts = json_object_get(layer, "intercepts");
	if (!json_is_object(layer))
		return true;
	e->intercepts = json_array_size(intercepts);
	if (json_array_size(weights) != e->count || e->intercepts < 1 || e->intercepts > LIMIT_CLASSES)
		return fail(
		        error, FAIL_INVALID, "layer: it needs a weight for each member and an intercept each output");
	e->intercept = g_new0(double, e->intercepts);
	for (size_t k = 0; k < e->intercepts; k++)
		e->intercept[k] = json_number_value(json_array_get(intercepts, k));
	for (size_t m = 0; m < e->count; m++)
		e->members[m].weight = json_number_value(json_array_get(weights, m));
	return true;
}

static bool ensemble_train(
        const TrainSet *set, const json_t *params, void **ret_model, json_t **ret_params, GError **error)
{
	const json_t *members = json_object_get(params, "members");
	json_auto_t *used = NULL;
	size_t count = json_array_size(members);
	if (count < 1 || count > ENSEMBLE_MEMBERS_MOST)
		return fail(error, FAIL_INVALID, "members: an ensemble has 1 to %u of them", ENSEMBLE_MEMBERS_MOST);
	g_autoptr(Ensemble) e = ensemble_new(count);
	if (!ensemble_members_train(set, members, e->members, &e->count, &used, error))
		return false;
	const json_t *layer = json_object_get(params, "layer");
	bool is_model = json_object_get(layer, "family") != NULL;
	if (!(is_model ? layer_learn(set, params, e, error) : layer_read(layer, e, error)))
		return false;
	const char *wrong = finish(e);
	if (wrong)
		return fail(error, FAIL_INVALID, "the ensemble cannot be: %s", wrong);
	if (ret_params) {
		*ret_params = json_copy((json_t *)params);
		json_object_set(*ret_params, "members", used);
	}
	*ret_model = g_steal_pointer(&e);
	return true;
}

void ensemble_layer_add(double weight, size_t outputs, const double *scores, double *margins)
{
	for (size_t k = 0; k < outputs; k++)
		margins[k] += weight * (outputs > 1 ? log(MAX(scores[k], ENSEMBLE_LEAST)) : scores[k]);
}

void ensemble_layer_link(size_t outputs, double *margins)
{
	double highest = -INFINITY, sum = 0;
	if (outputs == 1)
		return;
	for (size_t k = 0; k < outputs; k++)
		highest = MAX(highest, margins[k]);
	for (size_t k = 0; k < outputs; k++)
		sum += margins[k] = exp(margins[k] - highest);
	for (size_t k = 0; k < outputs; k++)
		margins[k] /= sum;
}

static void add_scores(const Ensemble *e, double weight, const double *scores, double *into)
{
	if (e->intercepts) {
		ensemble_layer_add(weight, e->outputs, scores, into);
		return;
	}
	for (size_t k = 0; k < e->outputs; k++)
		into[k] += weight * scores[k];
}

static void finish_scores(const Ensemble *e, double *row)
{
	if (e->intercepts)
		ensemble_layer_link(e->outputs, row);
	for (size_t k = 0; !e->intercepts && k < e->outputs; k++)
		row[k] /= e->total;
}

/* What each input says: the mean of its members by weight.  ret: inputs x rows x outputs. */
static bool say(const Ensemble *e, const Matrix *x, double *said, double *ret, GError **error)
{
	size_t cells = x->rows * e->outputs;
	g_autofree double *total = g_new0(double, e->inputs);
	memset(ret, 0, e->inputs * cells * sizeof *ret);
	for (size_t m = 0; m < e->count; m++)
		total[e->members[m].input] += e->members[m].weight;
	for (size_t m = 0; m < e->count; m++) {
		const Member *one = &e->members[m];
		double weight = total[one->input] > 0 ? one->weight / total[one->input] : 0;
		if (!family_predict(one->family, one->model, x, said, error))
			return false;
		for (size_t c = 0; c < cells; c++)
			ret[one->input * cells + c] += weight * said[c];
	}
	return true;
}

/* The rows as the layer sees them. */
static bool see(const Ensemble *e, const Matrix *x, EnsembleRows *ret, GError **error)
{
	size_t cells = x->rows * e->outputs;
	g_autofree double *said = g_new(double, cells + 1);
	g_autofree double *all = g_new(double, e->inputs *cells + 1);
	g_autofree const double **of = g_new(const double *, e->inputs);
	for (size_t g = 0; g < e->inputs; g++)
		of[g] = all + g * cells;
	if (!say(e, x, said, all, error))
		return false;
	ensemble_rows_make(of, e->inputs, e->outputs, x, ret);
	return true;
}

static bool predict_layered(const Ensemble *e, const Matrix *x, double *ret, GError **error)
{
	g_auto(EnsembleRows) seen = {0};
	return see(e, x, &seen, error) && family_predict(e->layer.family, e->layer.model, &seen.x, ret, error);
}

static bool predict_block(const Ensemble *e, const Matrix *x, double *said, double *ret, GError **error)
{
	size_t outputs = e->outputs;
	for (size_t c = 0; c < x->rows * outputs; c++)
		ret[c] = e->intercepts ? e->intercept[c % outputs] : 0;
	for (size_t m = 0; m < e->count; m++) {
		if (!family_predict(e->members[m].family, e->members[m].model, x, said, error))
			return false;
		for (size_t i = 0; i < x->rows; i++)
			add_scores(e, e->members[m].weight, said + i * outputs, ret + i * outputs);
	}
	for (size_t i = 0; i < x->rows; i++)
		finish_scores(e, ret + i * outputs);
	return true;
}

static bool ensemble_predict(const void *model, const Matrix *x, double *ret, GError **error)
{
	const Ensemble *e = model;
	if (e->columns && x->columns != e->columns)
		return fail(error, FAIL_INVALID, "the ensemble needs %zu features, these rows have %zu", e->columns,
		        x->columns);
	g_autofree double *said = g_new(double, MIN(BLOCK, MAX(x->rows, 1)) * e->outputs);
	for (size_t from = 0; from < x->rows; from += BLOCK) {
		Matrix part = {.rows = MIN(x->rows - from, BLOCK),
		        .columns = x->columns,
		        .values = x->values + from * x->columns,
		        .kinds = x->kinds};
		double *into = ret + from * e->outputs;
		if (!(e->layer.family ? predict_layered(e, &part, into, error)
		                      : predict_block(e, &part, said, into, error)))
			return false;
	}
	return true;
}

static bool member_save(const Member *m, GByteArray *to, GError **error)
{
	g_autoptr(GBytes) bytes = NULL;
	gsize size;
	if (!m->family->save(m->model, &bytes, error))
		return false;
	const void *data = g_bytes_get_data(bytes, &size);
	if (size + to->len + 4096 > (gsize)LIMIT_BUNDLE_BYTES)
		return fail(error, FAIL_LIMIT, "the ensemble would be larger than a bundle may be");
	write_u32(to, (uint32_t)strlen(m->family->name));
	write_items(to, m->family->name, strlen(m->family->name), 1);
	write_f64(to, m->weight);
	write_u32(to, (uint32_t)size);
	write_items(to, data, size, 1);
	return true;
}

static bool layer_save(const EnsembleLayer *l, GByteArray *to, GError **error)
{
	const Member as = {.family = l->family, .model = l->model, .weight = 1};
	return member_save(&as, to, error);
}

static bool ensemble_save(const void *model, GBytes **ret, GError **error)
{
	const Ensemble *e = model;
	g_autoptr(GByteArray) to = g_byte_array_new();
	write_magic(to, e->layer.family ? MAGIC_LAYER : MAGIC);
	write_u32(to, (uint32_t)e->count);
	write_u32(to, (uint32_t)e->intercepts);
	if (e->intercepts)
		write_items(to, e->intercept, e->intercepts, sizeof *e->intercept);
	for (size_t m = 0; m < e->count; m++) {
		if (!member_save(&e->members[m], to, error))
			return false;
		if (e->layer.family)
			write_u32(to, e->members[m].input);
	}
	if (e->layer.family && !layer_save(&e->layer, to, error))
		return false;
	*ret = g_byte_array_free_to_bytes(g_steal_pointer(&to));
	return true;
}

static bool damaged(const char *what, GError **error)
{
	return fail(error, FAIL_BROKEN, "the stored ensemble is damaged: %s", what);
}

static bool member_load(ByteReader *r, Member *ret, GError **error)
{
	uint32_t length = read_u32(r);
	g_autofree char *bytes = length <= NAME_MOST ? read_items(r, length, 1) : NULL;
	g_autofree char *name = bytes ? g_strndup(bytes, length) : NULL;
	ret->weight = read_f64(r);
	uint32_t size = read_u32(r);
	void *data = read_items(r, size, 1);
	g_autoptr(GBytes) part = data ? g_bytes_new_take(data, size) : NULL;
	ret->family = family_find(name);
	if (!part || !ret->family || ret->family == &FAMILY_ENSEMBLE)
		return damaged("a member is cut short or of no known family", error);
	return ret->family->load(part, &ret->model, error);
}

static bool layer_load(ByteReader *r, EnsembleLayer *ret, GError **error)
{
	Member as = {0};
	if (!member_load(r, &as, error))
		return false;
	*ret = (EnsembleLayer){as.family, as.model};
	return true;
}

static bool parts_load(ByteReader *r, bool is_layered, Ensemble *e, GError **error)
{
	for (size_t m = 0; r->ok && m < e->count; m++) {
		if (!member_load(r, &e->members[m], error))
			return false;
		e->members[m].input = is_layered ? read_u32(r) : (uint32_t)m;
		if (e->members[m].input >= e->count)
			return damaged("a member speaks for no input", error);
		e->inputs = MAX(e->inputs, e->members[m].input + 1);
	}
	return !r->ok || !is_layered || layer_load(r, &e->layer, error);
}

static bool ensemble_load(GBytes *bytes, void **ret, GError **error)
{
	ByteReader r = byte_reader(bytes), layered = r;
	bool is_layered = read_magic(&layered, MAGIC_LAYER);
	if (is_layered)
		r = layered;
	else
		read_magic(&r, MAGIC);
	uint32_t count = read_u32(&r), intercepts = read_u32(&r);
	if (!r.ok || count < 1 || count > ENSEMBLE_MEMBERS_MOST || intercepts > LIMIT_CLASSES)
		return damaged("it does not begin like one", error);
	g_autoptr(Ensemble) e = ensemble_new(count);
	e->intercepts = intercepts;
	e->intercept = intercepts ? read_items(&r, intercepts, sizeof *e->intercept) : NULL;
	if (!parts_load(&r, is_layered, e, error))
		return false;
	if (!read_ended(&r))
		return damaged("it is too short or too long", error);
	const char *wrong = finish(e);
	if (wrong)
		return damaged(wrong, error);
	*ret = g_steal_pointer(&e);
	return true;
}

/* The members' shares by their weights; those that know none of their own are left out. */
static bool ensemble_importance(const void *model, double *ret, GError **error)
{
	const Ensemble *e = model;
	if (e->layer.family)
		return fail(error, FAIL_NOT_FOUND,
		        "what a layer makes of its members is told by contributions, or by shuffling");
	double total = 0;
	size_t all = MAX(e->columns, e->numbers);
	g_autofree double *one = g_new0(double, MAX(all, 1));
	memset(ret, 0, all * sizeof *ret);
	for (size_t m = 0; m < e->count; m++) {
		const Member *member = &e->members[m];
		size_t columns, outputs;
		member->family->shape(member->model, &columns, &outputs);
		if (!member->family->importance || columns == 0 || member->weight == 0)
			continue;
		if (!member->family->importance(member->model, one, error))
			return false;
		total += member->weight;
		for (size_t j = 0; j < columns; j++)
			ret[j] += member->weight * one[j];
	}
	if (total == 0)
		return fail(error, FAIL_NOT_FOUND, "no member of the ensemble has an importance of its own");
	for (size_t j = 0; j < all; j++)
		ret[j] /= total;
	return true;
}

/* What moved each input: its members' contributions to the logarithms of their scores, by weight. */
static bool contribute_inputs(const Ensemble *e, const Matrix *x, Contributions **ret, GError **error)
{
	for (size_t m = 0; m < e->count; m++) {
		const Member *member = &e->members[m];
		Contributions **into = &ret[member->input];
		g_autoptr(Contributions) own = NULL;
		if (!family_contribute(member->family, member->model, x, &own, error))
			return false;
		g_autoptr(Contributions) told = contributions_to_logs(own, ENSEMBLE_LEAST);
		if (!*into)
			*into = contributions_new(told->scale, told->rows, told->margins, told->columns);
		contributions_add(*into, told, member->weight);
	}
	return true;
}

static bool contribute_layered(const Ensemble *e, const Matrix *x, Contributions **ret, GError **error)
{
	g_auto(EnsembleRows) seen = {0};
	g_autofree Contributions **inputs = g_new0(Contributions *, e->inputs);
	bool ok = see(e, x, &seen, error) && contribute_inputs(e, x, inputs, error) &&
	          ensemble_layer_contribute(&e->layer, &seen, inputs, e->inputs, ret, error);
	for (size_t g = 0; g < e->inputs; g++)
		contributions_free(inputs[g]);
	return ok;
}

/* Of members whose contributions are on different scales: a mean of scores is explained on theirs, a layer's margins on
 * that of their logarithms. */
static bool ensemble_contribute(const void *model, const Matrix *x, Contributions **ret, GError **error)
{
	const Ensemble *e = model;
	g_autoptr(Contributions) all = NULL;
	if (e->layer.family)
		return contribute_layered(e, x, ret, error);
	for (size_t m = 0; m < e->count; m++) {
		const Member *member = &e->members[m];
		g_autoptr(Contributions) own = NULL;
		g_autoptr(Contributions) told = NULL;
		if (!family_contribute(member->family, member->model, x, &own, error))
			return false;
		told = e->intercepts ? contributions_to_logs(own, ENSEMBLE_LEAST) : contributions_to_scores(own);
		if (!all)
			all = contributions_new(told->scale, told->rows, told->margins, told->columns);
		contributions_add(all, told, member->weight / (e->intercepts ? 1 : e->total));
	}
	for (size_t i = 0; e->intercepts && i < x->rows; i++)
		for (size_t k = 0; k < all->margins; k++)
			contributions_at(all, i, k)[all->columns] +=
			        all->margins < e->outputs ? e->intercept[1] - e->intercept[0] : e->intercept[k];
	*ret = g_steal_pointer(&all);
	return true;
}

static bool ensemble_asks(const void *model)
{
	const Ensemble *e = model;
	for (size_t m = 0; m < e->count; m++)
		if (e->members[m].family->contribute_asks && e->members[m].family->contribute_asks(e->members[m].model))
			return true;
	return e->layer.family && e->layer.family->contribute_asks && e->layer.family->contribute_asks(e->layer.model);
}

static void ensemble_shape(const void *model, size_t *ret_columns, size_t *ret_outputs)
{
	const Ensemble *e = model;
	*ret_columns = MAX(e->columns, e->numbers);
	*ret_outputs = ((const Ensemble *)model)->outputs;
}

static bool ensemble_form(const void *model, ModelForm *ret, GError **error)
{
	const Ensemble *e = model;
	if (e->layer.family)
		return fail(error, FAIL_INVALID,
		        "an ensemble under a layer that is a model cannot be written in another form: train with "
		        "ensemble: {method: select}");
	ModelForm form = {.kind = FORM_ENSEMBLE,
	        .columns = MAX(e->columns, e->numbers),
	        .outputs = e->outputs,
	        .intercept = e->intercepts ? e->intercept : NULL,
	        .count = e->count,
	        .members = g_new0(ModelForm, e->count),
	        .weight = g_new0(double, e->count),
	        .least = ENSEMBLE_LEAST};
	for (size_t m = 0; m < e->count; m++) {
		form.weight[m] = e->intercepts ? e->members[m].weight : e->members[m].weight / e->total;
		if (family_form(e->members[m].family, e->members[m].model, &form.members[m], error))
			continue;
		form_clear(&form);
		return false;
	}
	*ret = form;
	return true;
}

const ModelFamily FAMILY_ENSEMBLE = {
        .name = "ensemble",
        .help = "several models whose answers are put together; models.ensemble makes one of the models tried",
        .tasks = TASK_ANY,
        .params = PARAMS,
        .takes_categories = true,
        .train = ensemble_train,
        .predict = ensemble_predict,
        .save = ensemble_save,
        .load = ensemble_load,
        .contribute = ensemble_contribute,
        .contribute_asks = ensemble_asks,
        .importance = ensemble_importance,
        .shape = ensemble_shape,
        .form = ensemble_form,
        .free = ensemble_free,
};
