/* ensemble_pool.c: gathers the candidates' scores; mixes and compares them. */
#include "model/ensemble_pool.h"

#include <math.h>
#include <string.h>

#include "base/json.h"
#include "model/ensemble.h"
#include "model/families.h"

void pool_clear(Pool *p)
{
	for (size_t m = 0; m < p->count; m++)
		g_free(p->scores[m]);
	g_free(p->scores);
	g_free(p->cost);
	g_free(p->trials);
	g_free(p->end);
	g_free(p->y);
	g_free(p->weight);
}
static double value_of(const Trial *t, const MetricKind *metric)
{
	return t->result ? json_get_number(json_object_get(t->result, "metrics"), metric->name, NAN) : NAN;
}

/* Best first, of equals the earlier. */
static void put_in_order(const MetricKind *metric, const Trial **list, size_t *count, const Trial *t)
{
	size_t place = (*count)++;
	for (; place > 0 && metric_compare(metric, value_of(t, metric), value_of(list[place - 1], metric)) > 0; place--)
		list[place] = list[place - 1];
	list[place] = t;
}

/* How many of its family come before it. */
static size_t rank_in_family(const Trial *const *list, size_t place)
{
	size_t rank = 0;
	for (size_t i = 0; i < place; i++)
		rank += list[i]->family == list[place]->family;
	return rank;
}

/* Done, with a value, and something learnt. */
static void take_candidates(Pool *p, const Trials *t)
{
	size_t all = trials_candidates(t), count = 0, kept = 0;
	g_autofree const Trial **list = g_new0(const Trial *, all + 1);
	for (size_t i = 0; i < all; i++) {
		const Trial *trial = t->list->pdata[i];
		if (trial->family != &FAMILY_BASELINE && trial->family != &FAMILY_ENSEMBLE &&
		        !isnan(value_of(trial, p->setup->metric)))
			put_in_order(p->setup->metric, list, &count, trial);
	}
	for (size_t i = 0; i < count; i++)
		kept += rank_in_family(list, i) < ENSEMBLE_OF_FAMILY;
	size_t others = ENSEMBLE_TRIALS_MOST - MIN(kept, ENSEMBLE_TRIALS_MOST);
	p->trials = g_new0(const Trial *, ENSEMBLE_TRIALS_MOST);
	for (size_t i = 0; i < count && p->count < ENSEMBLE_TRIALS_MOST; i++) {
		bool is_kept = rank_in_family(list, i) < ENSEMBLE_OF_FAMILY;
		if (is_kept || others > 0)
			p->trials[p->count++] = list[i];
		others -= !is_kept && others > 0;
	}
}

static bool is_looked_at(const Pool *p, size_t row)
{
	size_t all = p->setup->data->valid_rows;
	size_t most = MIN(ENSEMBLE_ROWS_MOST, ENSEMBLE_CELLS_MOST / (p->outputs * ENSEMBLE_TRIALS_MOST));
	return all <= most || rng_hash(p->setup->seed, row) % all < most;
}

static void take_rows(Pool *p)
{
	const TrainData *d = p->setup->data;
	p->end = g_new0(size_t, d->fold_count);
	p->y = g_new(double, d->valid_rows);
	p->weight = d->all.weight ? g_new(double, d->valid_rows) : NULL;
	for (size_t k = 0, at = 0; k < d->fold_count; k++) {
		const Part *valid = &d->folds[k].valid;
		for (size_t i = 0; i < valid->x.rows; i++, at++) {
			if (!is_looked_at(p, at))
				continue;
			p->y[p->rows] = valid->y[i];
			if (p->weight)
				p->weight[p->rows] = valid->weight[i];
			p->rows++;
		}
		p->end[p->folds] = p->rows;
		p->folds += p->rows > (p->folds ? p->end[p->folds - 1] : 0);
	}
}

static bool take_scores(Pool *p, GError **error)
{
	size_t outputs = p->outputs;
	p->scores = g_new0(double *, p->count);
	for (size_t m = 0; m < p->count; m++) {
		double *scores;
		if (!trial_scores(p->setup, p->trials[m]->name, &scores, error))
			return false;
		size_t kept = 0;
		for (size_t i = 0; i < p->setup->data->valid_rows; i++)
			if (is_looked_at(p, i))
				memmove(scores + kept++ * outputs, scores + i * outputs, outputs * sizeof *scores);
		p->scores[m] = scores;
	}
	return true;
}

bool pool_read(const TrialSetup *setup, const Trials *t, Pool *p, GError **error)
{
	p->setup = setup;
	p->outputs = setup->data->outputs;
	p->metric =
	        setup->data->task == TASK_BINARY && setup->metric->of_counts ? metric_find("log_loss") : setup->metric;
	take_candidates(p, t);
	take_rows(p);
	return take_scores(p, error);
}

double pool_value(const Pool *p, const MetricKind *metric, const double *scores)
{
	double sum = 0, count = 0;
	for (size_t k = 0, from = 0; k < p->folds; from = p->end[k++]) {
		Scored part = {.rows = p->end[k] - from,
		        .classes = p->setup->data->classes,
		        .y = p->y + from,
		        .scores = scores + from * p->outputs,
		        .weight = p->weight ? p->weight + from : NULL,
		        .positive = p->setup->data->positive};
		double value = metric->compute(&part);
		sum += isnan(value) ? 0 : value;
		count += !isnan(value);
	}
	return count > 0 ? sum / count : NAN;
}

enum { LEAD_PARTS = 20 };

/* The lead without one part of the rows. */
static double lead_without(const Pool *p, size_t part, const double *ours, const double *theirs)
{
	Pool less = *p;
	g_autofree double *weight = g_new(double, MAX(p->rows, 1));
	for (size_t i = 0; i < p->rows; i++)
		weight[i] = rng_hash(p->setup->seed, i) % LEAD_PARTS == part ? 0 : p->weight ? p->weight[i] : 1;
	less.weight = weight;
	return metric_worse(p->metric, pool_value(&less, p->metric, theirs), pool_value(&less, p->metric, ours));
}

void pool_lead(const Pool *p, const double *ours, const double *theirs, double *ret, double *ret_error)
{
	double leads[LEAD_PARTS], sum = 0, squares = 0;
	*ret = lead_without(p, LEAD_PARTS, ours, theirs);
	for (size_t k = 0; k < LEAD_PARTS; k++)
		sum += leads[k] = lead_without(p, k, ours, theirs);
	for (size_t k = 0; k < LEAD_PARTS; k++)
		squares += (leads[k] - sum / LEAD_PARTS) * (leads[k] - sum / LEAD_PARTS);
	*ret_error = sqrt(squares * (LEAD_PARTS - 1) / LEAD_PARTS);
}

void leads_add(Leads *l, double lead)
{
	if (isnan(lead))
		return;
	l->sum += lead;
	l->squares += lead * lead;
	l->count++;
}

double leads_won(const Leads *l)
{
	if (l->count < 2)
		return 0;
	double mean = l->sum / l->count,
	       spread = MAX(l->squares / l->count - mean * mean, 0) * l->count / (l->count - 1);
	return mean > sqrt(spread / l->count) ? mean : 0;
}

void mix_begin(const Mix *mix, size_t cells, size_t outputs, double *ret)
{
	for (size_t c = 0; c < cells; c++)
		ret[c] = mix->intercepts ? mix->intercepts[c % outputs] : 0;
}

void mix_add(const Mix *mix, double weight, const double *scores, size_t cells, size_t outputs, double *ret)
{
	for (size_t c = 0; mix->intercepts && c < cells; c += outputs)
		ensemble_layer_add(weight, outputs, scores + c, ret + c);
	for (size_t c = 0; !mix->intercepts && c < cells; c++)
		ret[c] += weight * scores[c];
}

void mix_end(const Mix *mix, size_t candidates, size_t cells, size_t outputs, double *ret)
{
	double total = 0;
	for (size_t m = 0; m < candidates; m++)
		total += mix->weights[m];
	for (size_t c = 0; mix->intercepts && c < cells; c += outputs)
		ensemble_layer_link(outputs, ret + c);
	for (size_t c = 0; !mix->intercepts && c < cells; c++)
		ret[c] /= total;
}

/* The looked-at rows of all. */
static void gather(const Pool *p, const double *scores, double *ret)
{
	size_t kept = 0;
	for (size_t i = 0; i < p->setup->data->valid_rows; i++)
		if (is_looked_at(p, i))
			memcpy(ret + kept++ * p->outputs, scores + i * p->outputs, p->outputs * sizeof *ret);
}

void pool_mix(const Pool *p, const Mix *mix, double *ret)
{
	if (mix->layer) {
		gather(p, mix->scores, ret);
		return;
	}
	size_t cells = p->rows * p->outputs;
	mix_begin(mix, cells, p->outputs, ret);
	for (size_t m = 0; m < p->count; m++)
		if (mix->weights[m] > 0)
			mix_add(mix, mix->weights[m], p->scores[m], cells, p->outputs, ret);
	mix_end(mix, p->count, cells, p->outputs, ret);
}
