/* calibration.h: probabilities that mean what they say: of rows given 0.7, seven in ten are positive.
 *
 * A calibration is learnt from scores of rows the model has not seen and then applied to every score.  With two classes it is one
 * curve, of the positive class's probability p; with more, one curve a class against the rest, and what comes out is divided
 * by its sum; or, for `temperature`, one number for the whole row.
 *
 *   platt        1 / (1 + exp(-(a logit p + b))); targets (N+ + 1)/(N+ + 2) and 1/(N- + 2) (Platt 1999)
 *   beta         1 / (1 + exp(-(a ln p - b ln(1 - p) + c))), a, b >= 0 (Kull, Silva Filho and Flach 2017)
 *   temperature  p_k^(1/t) / sum_j p_j^(1/t) (Guo and others 2017)
 *   isotonic     the non-decreasing steps of least squares, by pooling adjacent violators; linear between its points
 *
 * As JSON: {"method", "curves": [[number...]...]}: platt [a, b]; beta [a, b, c]; temperature [t], one for all; isotonic [p, value,
 * p, value...].  Scores as in stats/metric.h.  Probabilities are held to 1e-9 .. 1 - 1e-9 before a logarithm is taken. */
#pragma once

#include "stats/metric.h"

typedef struct CalibrationKind {
	const char *name, *help;
	bool of_row;     /* one curve, for whole rows */
	bool by_auto;    /* `auto` may choose it: it keeps the order of rows, so nothing that ranks gets worse */
	size_t least;    /* numbers of a curve; */
	size_t multiple; /* and how many more there may be at a time, 0: none */
	/* Learns the curve of a class (of the row: of all); false when the rows do not say.  curve: of double. */
	bool (*fit)(const Scored *s, size_t class, GArray *curve);
	bool (*check)(const double *curve, size_t count); /* finite numbers, already; NULL: all are good */
	double (*apply)(const double *curve, size_t count, double p);
} CalibrationKind;

extern const CalibrationKind *const CALIBRATIONS[]; /* NULL-ended; `none` and `auto` are no kinds, but choices */
const CalibrationKind *calibration_find(const char *name);

/* Learns one: by name, "none", or "auto": of those it may choose the one with the lowest log loss, if in five-fold
 * cross-fitting over the rows it is lower than without by more than the standard error of the difference.  *ret NULL: none.
 * ret_told: {"method" (asked for), "taken": name, "gain": of log loss cross-fitted|null, "error": its standard error|null}. */
void calibration_fit(const Scored *s, const char *method, uint64_t seed, json_t **ret, json_t **ret_told);

typedef struct Calibration Calibration;
/* Of outside bytes: everything is checked, FAIL_BROKEN.  classes 2 or more; positive: index, for two. */
bool calibration_load(const json_t *json, size_t classes, size_t positive, Calibration **ret, GError **error);
void calibration_free(Calibration *c);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Calibration, calibration_free)
/* In place; any number of threads at once. */
void calibration_apply(const Calibration *c, double *scores, size_t rows);

/* For the kinds: p held off 0 and 1, and its log odds; the weight of a usable row (0: leave it out). */
double calibration_hold(double p);
double calibration_logit(double p);
double calibration_weight(const Scored *s, size_t row);
