/* ensemble_unseen.c: layers that are models, over what the selected models say and the features, judged on rows that neither they nor the
 * models under them have seen.
 *
 * Models of fold k have not seen its validation rows; these are halved, a layer learns from one half and answers for the other.  So each
 * row has an answer of a layer that does not know it, and these answers are the ensemble's scores as any trial's are.  Columns differ
 * between folds (each has a recipe of its own), so nothing goes from one fold to another. */
#include <math.h>
#include <string.h>

#include "base/json.h"
#include "model/ensemble.h"
#include "model/ensemble_kinds.h"
#include "model/ensemble_layer.h"

/* Shallow and slow: there are few rows beside what the models under it had, and what is left to learn is small. */
static const char *const LAYERS[] = {
        "{\"family\":\"boosted\",\"params\":{\"rounds\":80,\"patience\":0,\"eta\":0.05,\"max_depth\":3,"
        "\"min_child_weight\":10,\"subsample\":0.8}}",
        "{\"family\":\"linear\",\"params\":{}}",
};
#define SALT 0x5ca1ab1eu /* other halves than those of the layer of weights */

/* All validation rows, as they lie fold after fold. */
typedef struct Unseen {
	const Pool *p;
	size_t inputs, rows, outputs;
	double **said;      /* inputs: rows x outputs */
	double *y, *weight; /* weight NULL: all 1 */
	double *selected;   /* rows x outputs: what it has to beat */
} Unseen;

static void unseen_clear(Unseen *u)
{
	for (size_t g = 0; u->said && g < u->inputs; g++)
		g_free(u->said[g]);
	g_free(u->said);
	g_free(u->y);
	g_free(u->weight);
	g_free(u->selected);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Unseen, unseen_clear)

static bool unseen_read(const Pool *p, const Mix *mix, Unseen *u, GError **error)
{
	const TrainData *d = p->setup->data;
	size_t cells = d->valid_rows * d->outputs;
	u->p = p;
	u->rows = d->valid_rows;
	u->outputs = d->outputs;
	u->said = g_new0(double *, p->count + 1);
	u->selected = g_new(double, cells + 1);
	trial_rows(d, &u->y, &u->weight);
	mix_begin(mix, cells, d->outputs, u->selected);
	for (size_t m = 0; m < p->count; m++) {
		if (mix->weights[m] == 0)
			continue;
		if (!trial_scores(p->setup, p->trials[m]->name, &u->said[u->inputs], error))
			return false;
		mix_add(mix, mix->weights[m], u->said[u->inputs++], cells, d->outputs, u->selected);
	}
	mix_end(mix, p->count, cells, d->outputs, u->selected);
	return true;
}

static bool is_in_half(const Unseen *u, size_t row, size_t half)
{
	return rng_hash(u->p->setup->seed ^ SALT, row) % 2 == half;
}

/* Some rows of a fold, as a layer is given them. */
typedef struct Half {
	size_t *row, count; /* places in all validation rows */
	double *y, *weight;
	EnsembleRows seen;
} Half;

static void half_clear(Half *h)
{
	g_free(h->row);
	g_free(h->y);
	g_free(h->weight);
	ensemble_rows_clear(&h->seen);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Half, half_clear)

/* from: place of the fold's first row. */
static void half_take(const Unseen *u, size_t fold, size_t from, size_t half, Half *ret)
{
	const Part *valid = &u->p->setup->data->folds[fold].valid;
	size_t rows = valid->x.rows, columns = valid->x.columns, outputs = u->outputs, n = 0;
	Matrix x = {.columns = columns, .kinds = valid->x.kinds};
	g_autofree float *values = x.values = g_new(float, rows *columns + 1);
	g_autofree double *said = g_new(double, u->inputs *rows *outputs + 1);
	g_autofree const double **of = g_new(const double *, u->inputs + 1);
	ret->row = g_new(size_t, rows + 1);
	ret->y = g_new(double, rows + 1);
	ret->weight = u->weight ? g_new(double, rows + 1) : NULL;
	for (size_t i = 0; i < rows; i++) {
		if (!is_in_half(u, from + i, half))
			continue;
		memcpy(values + n * columns, valid->x.values + i * columns, columns * sizeof *values);
		for (size_t g = 0; g < u->inputs; g++)
			memcpy(said + (g * rows + n) * outputs, u->said[g] + (from + i) * outputs,
			        outputs * sizeof *said);
		ret->y[n] = u->y[from + i];
		if (ret->weight)
			ret->weight[n] = u->weight[from + i];
		ret->row[n++] = from + i;
	}
	for (size_t g = 0; g < u->inputs; g++)
		of[g] = said + g * rows * outputs;
	x.rows = ret->count = n;
	ensemble_rows_make(of, u->inputs, outputs, &x, &ret->seen);
}

static double value_of(const Unseen *u, const Half *h, const double *scores)
{
	g_autofree double *own = g_new(double, h->count * u->outputs + 1);
	for (size_t i = 0; i < h->count; i++)
		memcpy(own + i * u->outputs, scores + h->row[i] * u->outputs, u->outputs * sizeof *own);
	Scored s = {.rows = h->count,
	        .classes = u->p->setup->data->classes,
	        .y = h->y,
	        .scores = own,
	        .weight = h->weight,
	        .positive = u->p->setup->data->positive};
	return u->p->metric->compute(&s);
}

/* Learns from one half, answers for the other in `scores`. */
static bool answer(
        const Unseen *u, const json_t *settings, const Half *learn, const Half *other, double *scores, GError **error)
{
	const TrialSetup *setup = u->p->setup;
	TrainSet set = {.task = setup->data->task,
	        .classes = setup->data->classes,
	        .x = &learn->seen.x,
	        .y = learn->y,
	        .weight = learn->weight,
	        .metric = setup->metric->name,
	        .seed = setup->seed,
	        .threads = 1};
	EnsembleLayer layer = {0};
	g_autofree double *said = g_new(double, other->count * u->outputs + 1);
	if (!ensemble_layer_train(&set, &learn->seen, settings, &layer, error))
		return false;
	bool ok = family_predict(layer.family, layer.model, &other->seen.x, said, error);
	ensemble_layer_clear(&layer);
	for (size_t i = 0; ok && i < other->count; i++)
		memcpy(scores + other->row[i] * u->outputs, said + i * u->outputs, u->outputs * sizeof *scores);
	return ok;
}

/* Both ways round in every fold; the leads over what was selected are added. */
static bool cross(const Unseen *u, const json_t *settings, double *scores, Leads *leads, GError **error)
{
	const TrainData *d = u->p->setup->data;
	for (size_t k = 0, from = 0; k < d->fold_count; from += d->folds[k++].valid.x.rows) {
		g_auto(Half) first = {0};
		g_auto(Half) second = {0};
		if (d->folds[k].valid.x.rows == 0)
			continue;
		half_take(u, k, from, 0, &first);
		half_take(u, k, from, 1, &second);
		for (size_t h = 0; h < 2; h++) {
			const Half *learn = h ? &second : &first, *judged = h ? &first : &second;
			if (!learn->count || !judged->count || !answer(u, settings, learn, judged, scores, error))
				return false;
			double ours = value_of(u, judged, scores), theirs = value_of(u, judged, u->selected);
			leads_add(leads, metric_worse(u->p->metric, theirs, ours));
		}
	}
	return true;
}

/* A layer whose family is not to be had here, or cannot learn from so few rows, is left out. */
static void try_layer(const Unseen *u, const char *text, double *best, Mix *ret)
{
	json_auto_t *settings = json_loads(text, 0, NULL);
	size_t cells = u->rows * u->outputs;
	g_autofree double *scores = g_memdup2(u->selected, (cells + 1) * sizeof *scores);
	g_autoptr(GError) problem = NULL;
	Leads leads = {0};
	if (!cross(u, settings, scores, &leads, &problem))
		return;
	double mean = leads_won(&leads);
	if (!(mean > *best))
		return;
	*best = mean;
	g_free(ret->scores);
	json_decref(ret->layer);
	ret->scores = g_steal_pointer(&scores);
	ret->layer = json_incref(settings);
}

bool ensemble_unseen(const Pool *p, const Mix *selected, double lead, Mix *ret, GError **error)
{
	g_auto(Unseen) u = {0};
	if (p->setup->data->fold_count == 0)
		return true;
	if (!unseen_read(p, selected, &u, error))
		return false;
	for (size_t k = 0; k < G_N_ELEMENTS(LAYERS); k++)
		try_layer(&u, LAYERS[k], &lead, ret);
	return true;
}
