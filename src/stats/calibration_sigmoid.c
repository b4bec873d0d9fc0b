/* calibration_sigmoid.c: platt and beta: logistic regressions of two and three coefficients, by Newton's method. */
#include "stats/calibration_kinds.h"

#include <math.h>
#include <string.h>

enum { MOST = 3, ROUNDS = 100 };

typedef struct Regression {
	const Scored *s;
	size_t class, count; /* coefficients */
	double low, high;    /* what rows of other classes, and of this one, should get */
	double (*input)(double p, size_t i);
	const size_t *inputs; /* count: which inputs take part */
} Regression;

/* Loss, slope and curvature at these coefficients. */
static double measure(const Regression *r, const double *at, double *slope, double (*curve)[MOST])
{
	double loss = 0, z[MOST];
	memset(slope, 0, MOST * sizeof *slope);
	memset(curve, 0, MOST * sizeof *curve);
	for (size_t i = 0; i < r->s->rows; i++) {
		double w = calibration_weight(r->s, i), margin = 0;
		if (w == 0) /* its class may be none */
			continue;
		double p = calibration_hold(r->s->scores[i * r->s->classes + r->class]);
		double target = (size_t)r->s->y[i] == r->class ? r->high : r->low;
		for (size_t a = 0; a < r->count; a++)
			margin += at[a] * (z[a] = r->input(p, r->inputs[a]));
		double q = 1 / (1 + exp(-margin));
		loss += w * (log1p(exp(-fabs(margin))) + MAX(margin, 0) - target * margin);
		for (size_t a = 0; a < r->count; a++) {
			slope[a] += w * (q - target) * z[a];
			for (size_t b = 0; b < r->count; b++)
				curve[a][b] += w * q * (1 - q) * z[a] * z[b];
		}
	}
	return loss;
}

/* step = -curve^-1 slope, by elimination; the diagonal is lifted a little, so that it always exists. */
static void newton_step(double (*curve)[MOST], const double *slope, size_t count, double *step)
{
	for (size_t a = 0; a < count; a++) {
		curve[a][a] += 1e-9 + 1e-9 * curve[a][a];
		step[a] = -slope[a];
	}
	for (size_t a = 0; a < count; a++)
		for (size_t b = a + 1; b < count; b++) {
			double share = curve[b][a] / curve[a][a];
			for (size_t c = a; c < count; c++)
				curve[b][c] -= share * curve[a][c];
			step[b] -= share * step[a];
		}
	for (size_t a = count; a-- > 0;) {
		for (size_t c = a + 1; c < count; c++)
			step[a] -= curve[a][c] * step[c];
		step[a] /= curve[a][a];
	}
}

static void regress(const Regression *r, double *at)
{
	double slope[MOST], step[MOST], to[MOST], unused[MOST], curve[MOST][MOST], other[MOST][MOST];
	double loss = measure(r, at, slope, curve);
	for (unsigned round = 0; round < ROUNDS; round++) {
		double share = 1, there = INFINITY, far = 0;
		newton_step(curve, slope, r->count, step);
		for (unsigned turn = 0; turn < 20 && !(there <= loss); turn++, share /= 2) {
			for (size_t a = 0; a < r->count; a++)
				to[a] = at[a] + share * step[a];
			there = measure(r, to, unused, other);
		}
		if (!(there <= loss))
			return;
		for (size_t a = 0; a < r->count; a++)
			far = MAX(far, fabs(to[a] - at[a]));
		memcpy(at, to, r->count * sizeof *at);
		if (far < 1e-10)
			return;
		loss = measure(r, at, slope, curve);
	}
}

/* Weight of the class and of all others; false when one of them has none. */
static bool count_sides(const Scored *s, size_t class, double *ret_of, double *ret_others)
{
	*ret_of = *ret_others = 0;
	for (size_t i = 0; i < s->rows; i++) {
		double w = calibration_weight(s, i);
		if (w > 0)
			*((size_t)s->y[i] == class ? ret_of : ret_others) += w;
	}
	return *ret_of > 0 && *ret_others > 0;
}

static double platt_input(double p, size_t i)
{
	return i == 0 ? calibration_logit(p) : 1;
}

static bool platt_fit(const Scored *s, size_t class, GArray *curve)
{
	static const size_t INPUTS[] = {0, 1};
	double of, others, at[MOST] = {1, 0};
	if (!count_sides(s, class, &of, &others))
		return false;
	Regression r = {.s = s,
	        .class = class,
	        .count = 2,
	        .low = 1 / (others + 2),
	        .high = (of + 1) / (of + 2),
	        .input = platt_input,
	        .inputs = INPUTS};
	regress(&r, at);
	g_array_append_vals(curve, at, 2);
	return at[0] > 0;
}

static double platt_apply(const double *curve, size_t count, double p)
{
	return 1 / (1 + exp(-(curve[0] * calibration_logit(p) + curve[1])));
}

static double beta_input(double p, size_t i)
{
	return i == 0 ? log(p) : i == 1 ? -log1p(-p) : 1;
}

static bool beta_fit(const Scored *s, size_t class, GArray *curve)
{
	static const size_t BOTH[] = {0, 1, 2}, FIRST[] = {0, 2}, SECOND[] = {1, 2};
	double of, others, at[MOST] = {1, 1, 0};
	if (!count_sides(s, class, &of, &others))
		return false;
	Regression r = {.s = s, .class = class, .count = 3, .high = 1, .input = beta_input, .inputs = BOTH};
	regress(&r, at);
	bool drop_first = at[0] < 0, drop_second = at[1] < 0;
	if (drop_first || drop_second) { /* the one that would be negative is 0, the others are learnt again */
		double two[MOST] = {1, 0};
		r.count = 2;
		r.inputs = drop_first ? SECOND : FIRST;
		regress(&r, two);
		at[0] = drop_first ? 0 : two[0];
		at[1] = drop_first ? two[0] : 0;
		at[2] = two[1];
	}
	g_array_append_vals(curve, at, 3);
	return at[0] >= 0 && at[1] >= 0 && at[0] + at[1] > 0;
}

static double beta_apply(const double *curve, size_t count, double p)
{
	p = calibration_hold(p);
	return 1 / (1 + exp(-(curve[0] * log(p) - curve[1] * log1p(-p) + curve[2])));
}

const CalibrationKind CALIBRATION_PLATT = {.name = "platt",
        .help = "a logistic curve over the log odds",
        .by_auto = true,
        .least = 2,
        .fit = platt_fit,
        .apply = platt_apply};

const CalibrationKind CALIBRATION_BETA = {.name = "beta",
        .help = "a curve of three numbers, for models that are too sure on one side only",
        .by_auto = true,
        .least = 3,
        .fit = beta_fit,
        .apply = beta_apply};
