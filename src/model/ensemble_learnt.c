/* ensemble_learnt.c: the members of an ensemble are trained, and asked about rows they have not learnt from. */
#include <math.h>
#include <string.h>

#include "base/error.h"
#include "base/json.h"
#include "model/ensemble.h"
#include "model/families.h"

enum { FOLDS = 5 };

static bool is_in_part(const TrainSet *set, size_t row, uint64_t part, uint64_t of)
{
	return rng_hash(set->seed, row) % of == part;
}

/* Rows of all parts but one, as a set of their own. */
typedef struct Bagged {
	TrainSet set;
	Matrix x;
	double *y, *weight;
} Bagged;

static void bagged_clear(Bagged *b)
{
	g_free(b->x.values);
	g_free(b->y);
	g_free(b->weight);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Bagged, bagged_clear)

static void bag_rows(const TrainSet *set, uint64_t part, uint64_t of, Bagged *b)
{
	size_t columns = set->x->columns, count = 0;
	b->x = *set->x;
	b->x.values = g_new(float, MAX(set->x->rows * columns, 1));
	b->y = g_new(double, MAX(set->x->rows, 1));
	b->weight = set->weight ? g_new(double, MAX(set->x->rows, 1)) : NULL;
	for (size_t i = 0; i < set->x->rows; i++) {
		if (is_in_part(set, i, part, of))
			continue;
		memcpy(b->x.values + count * columns, set->x->values + i * columns, columns * sizeof(float));
		b->y[count] = set->y[i];
		if (b->weight)
			b->weight[count] = set->weight[i];
		count++;
	}
	b->x.rows = count;
	b->set = *set;
	b->set.x = &b->x;
	b->set.y = b->y;
	b->set.weight = b->weight;
	b->set.seed = set->seed + part;
}

bool ensemble_member_train(
        const TrainSet *set, const json_t *given, EnsembleMember *ret, json_t **ret_used, GError **error)
{
	const char *name = json_get_text(given, "family", "");
	const json_t *bag = json_object_get(given, "bag");
	int64_t part = json_get_int(bag, "part", 0), of = json_get_int(bag, "of", 0);
	g_auto(Bagged) bagged = {0};
	json_auto_t *params = NULL;
	json_auto_t *refit = NULL;
	ret->family = family_find(name);
	ret->weight = json_get_number(given, "weight", 1);
	if (!ret->family || ret->family == &FAMILY_ENSEMBLE)
		return fail(error, FAIL_INVALID, "members: \"%s\" is no family that can be a member", name);
	if (bag && (of < 2 || of > 100 || part < 0 || part >= of))
		return fail(error, FAIL_INVALID, "members: a bag has 2 to 100 parts, counted from 0");
	g_autofree char *where = g_strdup_printf("members: %s", name);
	if (!param_fill(ret->family->params, where, json_object_get(given, "params"), &params, error))
		return false;
	if (bag)
		bag_rows(set, (uint64_t)part, (uint64_t)of, &bagged);
	if (!family_train(ret->family, bag ? &bagged.set : set, params, &ret->model, &refit, error))
		return false;
	*ret_used = json_deep_copy(given);
	json_object_set(*ret_used, "params", refit);
	return true;
}

/* Places of the members, the greatest weight first, of equals the earlier. */
static size_t *by_weight(const json_t *given)
{
	size_t count = json_array_size(given), *order = g_new(size_t, MAX(count, 1));
	for (size_t m = 0; m < count; m++) {
		double weight = json_get_number(json_array_get(given, m), "weight", 1);
		size_t place = m;
		for (; place > 0 && json_get_number(json_array_get(given, order[place - 1]), "weight", 1) < weight;
		        place--)
			order[place] = order[place - 1];
		order[place] = m;
	}
	return order;
}

/* Those that were trained close up, in the order in which they were given. */
static size_t close_up(EnsembleMember *members, json_t **used, size_t count)
{
	size_t kept = 0;
	for (size_t m = 0; m < count; m++) {
		if (!members[m].model)
			continue;
		members[kept] = members[m];
		used[kept++] = used[m];
	}
	return kept;
}

/* How far a training of members has come: seconds of those that are trained, in truth and as expected, and the longest of them. */
typedef struct Progress {
	double spent, expected, longest;
} Progress;

/* Members may all take longer than expected, as those before have. */
static bool is_there_time(const TrainSet *set, const Progress *p, size_t member)
{
	double slower = p->expected > 0 ? MAX(1, p->spent / p->expected) : 1;
	double takes = set->expected ? set->expected[member] * slower : p->longest;
	return (double)g_get_monotonic_time() + takes * 1e6 <= (double)set->until;
}

bool ensemble_members_train(const TrainSet *set, const json_t *given, EnsembleMember *ret, size_t *ret_count,
        json_t **ret_used, GError **error)
{
	size_t count = json_array_size(given), kept = 0;
	g_autofree size_t *order = by_weight(given);
	g_autofree json_t **used = g_new0(json_t *, MAX(count, 1));
	Progress p = {0};
	TrainSet whole = *set;
	bool ok = true;
	whole.until = 0; /* a member is trained to its end or not at all */
	for (size_t k = 0; k < count && ok; k++) {
		gint64 begun = g_get_monotonic_time();
		size_t m = order[k];
		const json_t *one = json_array_get(given, m);
		if (k > 0 && set->until && !is_there_time(set, &p, m))
			continue;
		ok = ensemble_member_train(&whole, one, &ret[m], &used[m], error);
		ret[m].input = (uint32_t)CLAMP(json_get_int(one, "input", (json_int_t)m), 0, ENSEMBLE_MEMBERS_MOST);
		double took = (double)(g_get_monotonic_time() - begun) / 1e6;
		p = (Progress){
		        p.spent + took, p.expected + (set->expected ? set->expected[m] : 0), MAX(p.longest, took)};
	}
	kept = close_up(ret, used, count);
	*ret_used = json_array();
	*ret_count = kept;
	for (size_t m = 0; m < kept; m++)
		json_array_append_new(*ret_used, used[m]);
	return ok;
}

/* A member's answers on the part it was trained without. */
static bool say_of_part(
        const TrainSet *set, const EnsembleMember *m, uint64_t part, uint64_t of, double *ret, GError **error)
{
	size_t columns = set->x->columns, outputs = MAX(set->classes, 1), count = 0;
	Matrix x = *set->x;
	g_autofree float *values = x.values = g_new(float, MAX(set->x->rows * columns, 1));
	for (size_t i = 0; i < set->x->rows; i++)
		if (is_in_part(set, i, part, of))
			memcpy(values + count++ * columns, set->x->values + i * columns, columns * sizeof *values);
	x.rows = count;
	g_autofree double *said = g_new(double, count *outputs + 1);
	if (!family_predict(m->family, m->model, &x, said, error))
		return false;
	for (size_t i = 0, at = 0; i < set->x->rows; i++)
		if (is_in_part(set, i, part, of))
			memcpy(ret + i * outputs, said + at++ * outputs, outputs * sizeof *ret);
	return true;
}

/* A member that has learnt from all rows: others like it, each without one part, answer for it. */
static bool say_by_others(const TrainSet *set, const json_t *given, uint64_t folds, double *ret, GError **error)
{
	for (uint64_t part = 0; part < folds; part++) {
		json_auto_t *bagged = json_copy((json_t *)given);
		json_auto_t *used = NULL;
		EnsembleMember other = {0};
		json_object_set_new(
		        bagged, "bag", json_pack("{s:I,s:I}", "part", (json_int_t)part, "of", (json_int_t)folds));
		if (!ensemble_member_train(set, bagged, &other, &used, error))
			return false;
		bool ok = say_of_part(set, &other, part, folds, ret, error);
		other.family->free(other.model);
		if (!ok)
			return false;
	}
	return true;
}

bool ensemble_say_unseen(
        const TrainSet *set, const json_t *params, const EnsembleMember *members, double *ret, GError **error)
{
	size_t cells = set->x->rows * MAX(set->classes, 1), inputs = 0, m;
	int64_t folds = json_get_int(json_object_get(params, "layer"), "folds", FOLDS);
	json_t *given;
	if (folds < 2 || folds > 100)
		return fail(error, FAIL_INVALID, "layer: folds are 2 to 100");
	json_array_foreach (json_object_get(params, "members"), m, given)
		inputs = MAX(inputs, (size_t)members[m].input + 1);
	for (size_t c = 0; c < inputs * cells; c++)
		ret[c] = NAN;
	json_array_foreach (json_object_get(params, "members"), m, given) {
		const json_t *bag = json_object_get(given, "bag");
		double *into = ret + members[m].input * cells;
		bool ok = bag ? say_of_part(set, &members[m], (uint64_t)json_get_int(bag, "part", 0),
		                        (uint64_t)json_get_int(bag, "of", 2), into, error)
		              : say_by_others(set, given, (uint64_t)folds, into, error);
		if (!ok)
			return false;
	}
	for (size_t c = 0; c < inputs * cells; c++)
		if (isnan(ret[c]))
			return fail(error, FAIL_INVALID,
			        "layer: of each input, the bag has to have every part, or there is none");
	return true;
}
