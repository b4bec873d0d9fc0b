/* label_noise.c: the claims of confident learning, counted. */
#include "stats/label_noise.h"

#include <math.h>
#include <stdlib.h>

#include "stats/metric_part.h"

typedef struct Claims {
	size_t classes;
	double *threshold, *weight; /* classes: mean probability of a class among rows labelled so; their weight */
	double *claimed, *right;    /* classes, by label: rows with any claim; with that of their label */
} Claims;

static Claims claims_new(const Scored *s)
{
	size_t k = s->classes;
	double *room = g_new0(double, 4 * k);
	Claims c = {k, room, room + k, room + 2 * k, room + 3 * k};
	for (size_t i = 0; i < s->rows; i++) {
		double w = row_weight(s, i);
		if (w == 0)
			continue;
		c.threshold[row_class(s, i)] += w * row_scores(s, i)[row_class(s, i)];
		c.weight[row_class(s, i)] += w;
	}
	for (size_t j = 0; j < k; j++)
		c.threshold[j] = c.weight[j] > 0 ? c.threshold[j] / c.weight[j] : INFINITY;
	return c;
}

/* The class claimed for a row, or `classes` for none. */
static size_t claim(const Claims *c, const double *scores)
{
	size_t best = c->classes;
	for (size_t j = 0; j < c->classes; j++)
		if (scores[j] >= c->threshold[j] && (best == c->classes || scores[j] > scores[best]))
			best = j;
	return best;
}

static int by_margin(const void *a, const void *b)
{
	const LabelSuspect *x = a, *y = b;
	if (x->margin != y->margin)
		return x->margin < y->margin ? 1 : -1;
	return (x->row > y->row) - (x->row < y->row);
}

static double wrong_share(const Claims *c)
{
	double wrong = 0, all = 0;
	for (size_t j = 0; j < c->classes; j++) {
		if (c->claimed[j] == 0)
			continue;
		wrong += c->weight[j] * (1 - c->right[j] / c->claimed[j]);
		all += c->weight[j];
	}
	return wrong / all;
}

LabelNoise *label_noise(const Scored *s)
{
	g_assert(s->classes >= 2);
	LabelNoise *ret = g_new0(LabelNoise, 1);
	Claims c = claims_new(s);
	ret->suspects = g_new(LabelSuspect, s->rows);
	for (size_t i = 0; i < s->rows; i++) {
		double w = row_weight(s, i);
		const double *scores = row_scores(s, i);
		size_t found = w > 0 ? claim(&c, scores) : c.classes, label = w > 0 ? row_class(s, i) : 0;
		if (found == c.classes)
			continue;
		c.claimed[label] += w;
		c.right[label] += found == label ? w : 0;
		if (found != label)
			ret->suspects[ret->count++] = (LabelSuspect){
			        (uint32_t)i, (uint32_t)found, scores[found], scores[found] - scores[label]};
	}
	ret->share = wrong_share(&c);
	if (ret->count)
		qsort(ret->suspects, ret->count, sizeof *ret->suspects, by_margin);
	g_free(c.threshold);
	return ret;
}

void label_noise_free(LabelNoise *n)
{
	if (!n)
		return;
	g_free(n->suspects);
	g_free(n);
}
