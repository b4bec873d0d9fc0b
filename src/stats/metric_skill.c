/* metric_skill.c: metrics that set a loss against that of knowing nothing: 1 is perfect, 0 no better than the share of each
 * class, the median, the mean.  Nothing is known of the features, but all of the target on the rows measured. */
#include "stats/metric_part.h"

#include <math.h>

double skill_of(double mean, double nothing)
{
	return nothing > 0 ? 1 - mean / nothing : NAN;
}

static double skill_of_rows(const Scored *s, const MetricKind *m)
{
	return skill_of(mean_of_rows(s, m->of_row), m->of_nothing(s));
}

/* Sum over classes of a function of the class's share. */
static double of_shares(const Scored *s, double (*term)(double share))
{
	g_autofree double *weight = g_new0(double, s->classes);
	double total = 0, sum = 0;
	for (size_t i = 0; i < s->rows; i++) {
		double w = row_weight(s, i);
		if (w == 0)
			continue;
		weight[row_class(s, i)] += w;
		total += w;
	}
	for (size_t c = 0; c < s->classes; c++)
		sum += weight[c] > 0 ? term(weight[c] / total) : 0;
	return sum;
}

static double entropy_term(double share)
{
	return -share * log(share);
}

static double gini_term(double share)
{
	return share * (1 - share);
}

static double nothing_log_loss(const Scored *s)
{
	return of_shares(s, entropy_term);
}

/* Of two classes only one counts, as in the Brier score. */
static double nothing_brier(const Scored *s)
{
	return of_shares(s, gini_term) / (s->classes == 2 ? 2 : 1);
}

static double row_log_loss(const Scored *s, size_t i)
{
	return METRIC_LOG_LOSS.of_row(s, i);
}

static double row_brier(const Scored *s, size_t i)
{
	return METRIC_BRIER.of_row(s, i);
}

static double row_absolute(const Scored *s, size_t i)
{
	return fabs(s->scores[i] - s->y[i]);
}

typedef struct Weighted {
	double value, weight;
} Weighted;

static void swap(Weighted *a, Weighted *b)
{
	Weighted kept = *a;
	*a = *b;
	*b = kept;
}

static double middle_of(double a, double b, double c)
{
	return fmax(fmin(a, b), fmin(fmax(a, b), c));
}

/* The value at which half of the weight is reached.  Hoare's selection with three parts, so equal values cost nothing extra: a
 * bootstrap asks 200 times, and sorting would be most of its time.  Moves the list about. */
static double weighted_median(Weighted *list, size_t count)
{
	double wanted = 0;
	for (size_t i = 0; i < count; i++)
		wanted += list[i].weight / 2;
	size_t from = 0, to = count;
	while (to - from > 1) {
		double pivot = middle_of(list[from].value, list[from + (to - from) / 2].value, list[to - 1].value);
		double below = 0, equal = 0;
		size_t low = from, high = to;
		for (size_t i = from; i < high;) {
			if (list[i].value < pivot) {
				below += list[i].weight;
				swap(&list[i++], &list[low++]);
			} else if (list[i].value > pivot) {
				swap(&list[i], &list[--high]);
			} else {
				equal += list[i++].weight;
			}
		}
		if (wanted < below) {
			to = low;
		} else if (wanted <= below + equal || high == to) {
			return pivot;
		} else {
			wanted -= below + equal;
			from = high;
		}
	}
	return count ? list[from].value : NAN;
}

static double nothing_absolute(const Scored *s)
{
	g_autofree Weighted *list = g_new(Weighted, s->rows);
	size_t count = 0;
	for (size_t i = 0; i < s->rows; i++)
		if (row_weight(s, i) > 0)
			list[count++] = (Weighted){s->y[i], row_weight(s, i)};
	double median = weighted_median(list, count), sum = 0, total = 0;
	for (size_t i = 0; i < count; i++) {
		sum += list[i].weight * fabs(list[i].value - median);
		total += list[i].weight;
	}
	return sum / total;
}

static double d2_log_loss(const Scored *s)
{
	return skill_of_rows(s, &METRIC_D2_LOG_LOSS);
}

static double d2_brier(const Scored *s)
{
	return skill_of_rows(s, &METRIC_D2_BRIER);
}

static double d2_absolute_error(const Scored *s)
{
	return skill_of_rows(s, &METRIC_D2_ABSOLUTE_ERROR);
}

static double row_y(const Scored *s, size_t i)
{
	return s->y[i];
}

static double row_error(const Scored *s, size_t i)
{
	return s->y[i] - s->scores[i];
}

/* As R2, but a constant bias of the predictions costs nothing.  Two passes, so that a large mean does not eat the spread. */
static double explained_variance(const Scored *s)
{
	double mean = mean_of_rows(s, row_y), bias = mean_of_rows(s, row_error), left = 0, spread = 0, total = 0;
	for (size_t i = 0; i < s->rows; i++) {
		double w = row_weight(s, i);
		if (w == 0)
			continue;
		double off = row_error(s, i) - bias, away = s->y[i] - mean;
		left += w * off * off;
		spread += w * away * away;
		total += w;
	}
	double rounding = 1e-15 * fabs(mean);
	return spread > total * rounding * rounding ? 1 - left / spread : NAN;
}

const MetricKind METRIC_D2_LOG_LOSS = {"d2_log_loss", "D\302\262 log loss",
        "part of the log loss of knowing only the classes' shares that is saved", METRIC_BINARY | METRIC_MULTICLASS,
        true, -INFINITY, 1, d2_log_loss, .threshold_by = "balanced_accuracy", .of_row = row_log_loss,
        .of_nothing = nothing_log_loss};
const MetricKind METRIC_D2_BRIER = {"d2_brier", "D\302\262 Brier",
        "part of the Brier score of knowing only the classes' shares that is saved", METRIC_BINARY | METRIC_MULTICLASS,
        true, -INFINITY, 1, d2_brier, .threshold_by = "balanced_accuracy", .of_row = row_brier,
        .of_nothing = nothing_brier};
const MetricKind METRIC_D2_ABSOLUTE_ERROR = {"d2_absolute_error", "D\302\262 absolute error",
        "part of the mean absolute error of always saying the median that is saved", METRIC_REGRESSION, true, -INFINITY,
        1, d2_absolute_error, .of_row = row_absolute, .of_nothing = nothing_absolute};
const MetricKind METRIC_EXPLAINED_VARIANCE = {"explained_variance", "Explained variance",
        "part of the target's variance that is predicted, a constant bias forgiven", METRIC_REGRESSION, true, -INFINITY,
        1, explained_variance};
