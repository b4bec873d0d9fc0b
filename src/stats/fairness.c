/* fairness.c: gaps between groups. */
#include "stats/fairness.h"

#include <glib.h>
#include <math.h>
#include <string.h>

#include "stats/distribution.h"
#include "stats/test.h"

typedef FairRate Rate(const FairGroup *g);

FairRate fair_selection(const FairGroup *g)
{
	return (FairRate){g->selected, g->rows};
}

FairRate fair_true_positive(const FairGroup *g)
{
	return (FairRate){g->hits, g->positives};
}

FairRate fair_false_positive(const FairGroup *g)
{
	return (FairRate){g->selected - g->hits, g->rows - g->positives};
}

FairRate fair_precision(const FairGroup *g)
{
	return (FairRate){g->hits, g->selected};
}

static double part(FairRate r)
{
	return r.hits / r.rows;
}

/* The groups farthest apart; false when there are not two that have the rate. */
static bool extremes(const FairGroup *groups, size_t count, Rate *rate, FairGap *ret)
{
	size_t known = 0;
	*ret = (FairGap){NAN, NAN, NAN, 0, 0};
	for (size_t i = 0; i < count; i++) {
		FairRate r = rate(&groups[i]);
		if (!(r.rows > 0))
			continue;
		if (!known || part(r) > part(rate(&groups[ret->most])))
			ret->most = i;
		if (!known || part(r) < part(rate(&groups[ret->least])))
			ret->least = i;
		known++;
	}
	return known >= 2;
}

static FairGap difference(const FairGroup *groups, size_t count, Rate *rate, double level)
{
	FairGap gap;
	double low[2], high[2];
	if (!extremes(groups, count, rate, &gap))
		return gap;
	FairRate a = rate(&groups[gap.most]), b = rate(&groups[gap.least]);
	wilson_interval(a.hits, a.rows, level, &low[0], &high[0]);
	wilson_interval(b.hits, b.rows, level, &low[1], &high[1]);
	gap.value = part(a) - part(b);
	gap.low = fmax(0, gap.value - hypot(part(a) - low[0], high[1] - part(b)));
	gap.high = fmin(1, gap.value + hypot(high[0] - part(a), part(b) - low[1]));
	return gap;
}

static FairGap parity_difference(const FairGroup *groups, size_t count, double level)
{
	return difference(groups, count, fair_selection, level);
}

static FairGap parity_ratio(const FairGroup *groups, size_t count, double level)
{
	FairGap gap;
	if (!extremes(groups, count, fair_selection, &gap))
		return gap;
	FairRate a = fair_selection(&groups[gap.least]), b = fair_selection(&groups[gap.most]);
	if (b.hits == 0) /* nobody is selected anywhere */
		return gap;
	gap.value = part(a) / part(b);
	gap.low = 0;
	gap.high = 1;
	if (a.hits > 0) {
		double error = sqrt(1 / a.hits - 1 / a.rows + 1 / b.hits - 1 / b.rows);
		double reach = exp(normal_quantile((1 + level) / 2) * error);
		gap.low = gap.value / reach;
		gap.high = fmin(1, gap.value * reach);
	}
	return gap;
}

static FairGap equal_opportunity(const FairGroup *groups, size_t count, double level)
{
	return difference(groups, count, fair_true_positive, level);
}

static FairGap false_positives(const FairGroup *groups, size_t count, double level)
{
	return difference(groups, count, fair_false_positive, level);
}

static FairGap equalised_odds(const FairGroup *groups, size_t count, double level)
{
	FairGap found = equal_opportunity(groups, count, level), marked = false_positives(groups, count, level);
	return isnan(found.value) || marked.value > found.value ? marked : found;
}

static FairGap predictive_parity(const FairGroup *groups, size_t count, double level)
{
	return difference(groups, count, fair_precision, level);
}

const FairMeasure FAIR_MEASURES[] = {
        {"demographic_parity_difference", "largest minus smallest part decided for", false, parity_difference},
        {"demographic_parity_ratio", "smallest over largest part decided for; the four-fifths rule asks for 0.8", true,
                parity_ratio},
        {"equal_opportunity_difference", "largest minus smallest part of the positives that is found", false,
                equal_opportunity},
        {"false_positive_rate_difference", "largest minus smallest part of the negatives that is marked", false,
                false_positives},
        {"equalised_odds_difference", "the larger of the two gaps: found positives, marked negatives", false,
                equalised_odds},
        {"predictive_parity_difference", "largest minus smallest part of the marked that is right", false,
                predictive_parity},
        {NULL},
};

const FairMeasure *fair_measure(const char *name)
{
	for (const FairMeasure *m = FAIR_MEASURES; m->name; m++)
		if (g_strcmp0(m->name, name) == 0)
			return m;
	return NULL;
}
