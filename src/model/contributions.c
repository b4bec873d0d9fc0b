/* contributions.c: contributions of features: from margins to scores, added, folded. */
#include "model/contributions.h"

#include <math.h>
#include <string.h>

#include "stats/quadrature.h"
#include "stats/softmax.h"

const char *contribution_scale_name(ContributionScale scale)
{
	static const char *const NAMES[CONTRIBUTION_SCALES] = {
	        "number", "log", "log odds", "log shares", "probability"};
	return NAMES[scale];
}

Contributions *contributions_new(ContributionScale scale, size_t rows, size_t margins, size_t columns)
{
	Contributions *c = g_new0(Contributions, 1);
	c->scale = scale;
	c->rows = rows;
	c->margins = margins;
	c->columns = columns;
	c->values = g_new0(double, MAX(rows * margins * (columns + 1), (size_t)1));
	return c;
}

void contributions_free(Contributions *c)
{
	if (c)
		g_free(c->values);
	g_free(c);
}

size_t contributions_outputs(const Contributions *c)
{
	if (c->scale == CONTRIBUTION_NUMBER || c->scale == CONTRIBUTION_LOG)
		return 1;
	return MAX(c->margins, (size_t)2);
}

static double sigmoid(double z)
{
	return 1 / (1 + exp(-z));
}

static void shares(const double *margin, size_t count, double *ret)
{
	double sum = 0;
	for (size_t k = 0; k < count; k++)
		sum += ret[k] = CLAMP(margin[k], 0, 1);
	for (size_t k = 0; k < count; k++)
		ret[k] = sum > 0 ? ret[k] / sum : 1 / (double)count;
}

/* A value for each margin: with two classes that of the second. */
static void link_margins(ContributionScale scale, size_t margins, const double *margin, double *ret)
{
	switch (scale) {
	case CONTRIBUTION_LOG:
		ret[0] = exp(MIN(margin[0], 700));
		break;
	case CONTRIBUTION_LOG_ODDS:
		ret[0] = sigmoid(margin[0]);
		break;
	case CONTRIBUTION_LOG_SHARES:
		memcpy(ret, margin, margins * sizeof *ret);
		softmax(ret, margins);
		break;
	case CONTRIBUTION_PROBABILITY:
		if (margins > 1)
			shares(margin, margins, ret);
		else
			ret[0] = CLAMP(margin[0], 0, 1);
		break;
	case CONTRIBUTION_NUMBER:
	case CONTRIBUTION_SCALES:
		ret[0] = margin[0];
		break;
	}
}

static double sum_of(const double *values, size_t count)
{
	double sum = 0;
	for (size_t j = 0; j < count; j++)
		sum += values[j];
	return sum;
}

void contributions_scores(const Contributions *c, double *ret)
{
	size_t outputs = contributions_outputs(c);
	g_autofree double *margin = g_new(double, c->margins);
	for (size_t i = 0; i < c->rows; i++, ret += outputs) {
		for (size_t k = 0; k < c->margins; k++)
			margin[k] = sum_of(contributions_at(c, i, k), c->columns + 1);
		link_margins(c->scale, c->margins, margin, ret);
		if (outputs > c->margins) {
			ret[1] = ret[0];
			ret[0] = 1 - ret[1];
		}
	}
}

/* d score_o / d margin_k, where the scores of that place are known; sum: of the margins, each cut to 0..1. */
static double slope(ContributionScale scale, const double *margin, const double *score, double sum, size_t o, size_t k)
{
	double own = o == k ? 1 : 0;
	if (scale == CONTRIBUTION_LOG_SHARES)
		return score[o] * (own - score[k]);
	bool is_cut = margin[k] < 0 || margin[k] > 1;
	return is_cut || !(sum > 0) ? 0 : (own - score[o]) / sum;
}

enum { PATH_POINTS = 24 };

typedef struct Path {
	double at[PATH_POINTS], weight[PATH_POINTS];
	double *from, *to, *here, *score, *slopes; /* margins each; slopes: margins x margins */
	double *score_from, *score_to;
	double least; /* above 0: followed are the logarithms of scores raised to it */
} Path;

/* Scores as they are followed. */
static void take_logs(const Contributions *c, const Path *p, double *scores)
{
	if (!(p->least > 0))
		return;
	if (c->margins == 1) {
		scores[0] = log(MAX(scores[0], p->least)) - log(MAX(1 - scores[0], p->least));
		return;
	}
	for (size_t k = 0; k < c->margins; k++)
		scores[k] = log(MAX(scores[k], p->least));
}

/* What the slope of a score is for its logarithm. */
static double log_slope(const Path *p, double score)
{
	return !(p->least > 0) ? 1 : score > p->least ? 1 / score : 0;
}

/* Mean slopes along the line from base to margin. */
static void follow(const Contributions *c, Path *p)
{
	size_t count = c->margins;
	memset(p->slopes, 0, count * count * sizeof *p->slopes);
	for (size_t q = 0; q < PATH_POINTS; q++) {
		double sum = 0;
		for (size_t k = 0; k < count; k++) {
			p->here[k] = p->from[k] + p->at[q] * (p->to[k] - p->from[k]);
			sum += CLAMP(p->here[k], 0, 1);
		}
		link_margins(c->scale, count, p->here, p->score);
		for (size_t o = 0; o < count; o++)
			for (size_t k = 0; k < count; k++)
				p->slopes[o * count + k] += p->weight[q] * log_slope(p, p->score[o]) *
				                            slope(c->scale, p->here, p->score, sum, o, k);
	}
}

/* What the sampled line misses of the whole change is given to the features by their size. */
static void settle(double *values, size_t columns, double change)
{
	double missing = change - sum_of(values, columns), size = 0;
	for (size_t j = 0; j < columns; j++)
		size += fabs(values[j]);
	for (size_t j = 0; j < columns && size > 0; j++)
		values[j] += missing * fabs(values[j]) / size;
	if (!(size > 0))
		values[columns] += missing;
}

static void rescale_one(const Contributions *c, size_t row, const Path *p, double *ret)
{
	const double *values = contributions_at(c, row, 0);
	double moved = p->to[0] - p->from[0], change = p->score_to[0] - p->score_from[0];
	double factor = fabs(moved) > 1e-12 ? change / moved : 0;
	for (size_t j = 0; j < c->columns; j++)
		ret[j] = factor * values[j];
}

static void rescale_row(const Contributions *c, size_t row, Path *p, Contributions *ret)
{
	for (size_t k = 0; k < c->margins; k++) {
		const double *values = contributions_at(c, row, k);
		p->from[k] = values[c->columns];
		p->to[k] = sum_of(values, c->columns + 1);
	}
	link_margins(c->scale, c->margins, p->from, p->score_from);
	link_margins(c->scale, c->margins, p->to, p->score_to);
	take_logs(c, p, p->score_from);
	take_logs(c, p, p->score_to);
	if (c->margins > 1)
		follow(c, p);
	for (size_t o = 0; o < c->margins; o++) {
		double *into = contributions_at(ret, row, o);
		into[c->columns] = p->score_from[o];
		if (c->margins == 1) {
			rescale_one(c, row, p, into);
		} else {
			for (size_t k = 0; k < c->margins; k++)
				for (size_t j = 0; j < c->columns; j++)
					into[j] += p->slopes[o * c->margins + k] * contributions_at(c, row, k)[j];
		}
		settle(into, c->columns, p->score_to[o] - p->score_from[o]);
	}
}

/* least 0: to scores. */
static Contributions *follow_rows(const Contributions *c, ContributionScale scale, double least)
{
	Contributions *ret = contributions_new(scale, c->rows, c->margins, c->columns);
	size_t count = c->margins;
	g_autofree double *room = g_new0(double, 6 * count + count * count);
	Path p = {.from = room,
	        .to = room + count,
	        .here = room + 2 * count,
	        .score = room + 3 * count,
	        .score_from = room + 4 * count,
	        .score_to = room + 5 * count,
	        .slopes = room + 6 * count,
	        .least = least};
	quadrature_gauss(PATH_POINTS, p.at, p.weight);
	for (size_t i = 0; i < c->rows; i++)
		rescale_row(c, i, &p, ret);
	return ret;
}

static Contributions *copy_of(const Contributions *c)
{
	Contributions *ret = contributions_new(c->scale, c->rows, c->margins, c->columns);
	contributions_add(ret, c, 1);
	return ret;
}

Contributions *contributions_to_scores(const Contributions *c)
{
	if (c->scale == CONTRIBUTION_NUMBER)
		return copy_of(c);
	return follow_rows(c, c->scale == CONTRIBUTION_LOG ? CONTRIBUTION_NUMBER : CONTRIBUTION_PROBABILITY, 0);
}

Contributions *contributions_to_logs(const Contributions *c, double least)
{
	if (contributions_outputs(c) == 1)
		return contributions_to_scores(c);
	return follow_rows(c, c->margins == 1 ? CONTRIBUTION_LOG_ODDS : CONTRIBUTION_LOG_SHARES, least);
}

Contributions *contributions_widen(const Contributions *c, size_t columns)
{
	Contributions *ret = contributions_new(c->scale, c->rows, c->margins, columns);
	for (size_t line = 0; line < c->rows * c->margins; line++) {
		const double *from = c->values + line * (c->columns + 1);
		double *into = ret->values + line * (columns + 1);
		memcpy(into, from, c->columns * sizeof *into);
		into[columns] = from[c->columns];
	}
	return ret;
}

void contributions_scale(Contributions *c, double shift, double scale)
{
	for (size_t line = 0; line < c->rows * c->margins; line++) {
		double *values = c->values + line * (c->columns + 1);
		for (size_t j = 0; j <= c->columns; j++)
			values[j] *= scale;
		values[c->columns] += shift;
	}
}

void contributions_add(Contributions *into, const Contributions *from, double weight)
{
	size_t count = into->rows * into->margins * (into->columns + 1);
	for (size_t i = 0; i < count; i++)
		into->values[i] += weight * from->values[i];
}

Contributions *contributions_fold(const Contributions *c, const uint32_t *start, const uint32_t *group, size_t groups)
{
	Contributions *ret = contributions_new(c->scale, c->rows, c->margins, groups);
	for (size_t line = 0; line < c->rows * c->margins; line++) {
		const double *from = c->values + line * (c->columns + 1);
		double *into = ret->values + line * (groups + 1);
		into[groups] = from[c->columns];
		for (size_t f = 0; f < c->columns; f++)
			for (uint32_t i = start[f]; i < start[f + 1]; i++)
				into[group[i]] += from[f] / (start[f + 1] - start[f]);
	}
	return ret;
}
