/* calibration.c: the table of calibrations; learning, choosing, keeping and applying one. */
#include "stats/calibration.h"

#include <math.h>
#include <string.h>

#include "base/error.h"
#include "base/json.h"
#include "base/limits.h"
#include "base/rng.h"
#include "stats/calibration_kinds.h"

enum { PARTS = 5, ROWS_LEAST = 100 };

#define NEAREST 1e-9
#define POINTS_MOST 4000000u

const CalibrationKind *const CALIBRATIONS[] = {
        &CALIBRATION_PLATT, &CALIBRATION_BETA, &CALIBRATION_TEMPERATURE, &CALIBRATION_ISOTONIC, NULL};

struct Calibration {
	const CalibrationKind *kind;
	size_t classes, positive, count; /* count: of curves */
	GArray **curves;
};

const CalibrationKind *calibration_find(const char *name)
{
	for (const CalibrationKind *const *k = CALIBRATIONS; name && *k; k++)
		if (strcmp((*k)->name, name) == 0)
			return *k;
	return NULL;
}

double calibration_hold(double p)
{
	return CLAMP(p, NEAREST, 1 - NEAREST);
}

double calibration_logit(double p)
{
	p = calibration_hold(p);
	return log(p) - log1p(-p);
}

double calibration_weight(const Scored *s, size_t row)
{
	bool usable = s->y[row] >= 0 && s->y[row] < (double)s->classes;
	return !usable ? 0 : s->weight ? s->weight[row] : 1;
}

void calibration_free(Calibration *c)
{
	if (!c)
		return;
	for (size_t i = 0; i < c->count; i++)
		if (c->curves[i])
			g_array_unref(c->curves[i]);
	g_free(c->curves);
	g_free(c);
}

static Calibration *calibration_new(const CalibrationKind *kind, size_t classes, size_t positive)
{
	Calibration *c = g_new0(Calibration, 1);
	*c = (Calibration){.kind = kind,
	        .classes = classes,
	        .positive = positive,
	        .count = kind->of_row || classes == 2 ? 1 : classes};
	c->curves = g_new0(GArray *, c->count);
	for (size_t i = 0; i < c->count; i++)
		c->curves[i] = g_array_new(FALSE, FALSE, sizeof(double));
	return c;
}

/* NULL when the rows do not say enough. */
static Calibration *learn(const CalibrationKind *kind, const Scored *s)
{
	g_autoptr(Calibration) c = calibration_new(kind, s->classes, s->positive);
	for (size_t i = 0; i < c->count; i++)
		if (!kind->fit(s, s->classes == 2 ? s->positive : i, c->curves[i]))
			return NULL;
	return g_steal_pointer(&c);
}

static double on_curve(const Calibration *c, size_t curve, double p)
{
	return c->kind->apply(&g_array_index(c->curves[curve], double, 0), c->curves[curve]->len, p);
}

static void apply_row(const Calibration *c, double *row)
{
	double sum = 0;
	if (c->classes == 2 && !c->kind->of_row) {
		row[c->positive] = on_curve(c, 0, row[c->positive]);
		row[1 - c->positive] = 1 - row[c->positive];
		return;
	}
	for (size_t k = 0; k < c->classes; k++)
		sum += on_curve(c, c->count == 1 ? 0 : k, row[k]);
	for (size_t k = 0; sum > 0 && k < c->classes; k++)
		row[k] = on_curve(c, c->count == 1 ? 0 : k, row[k]) / sum;
}

void calibration_apply(const Calibration *c, double *scores, size_t rows)
{
	for (size_t i = 0; i < rows; i++)
		apply_row(c, scores + i * c->classes);
}

static json_t *calibration_json(const Calibration *c)
{
	json_t *json = json_pack("{s:s,s:[]}", "method", c->kind->name, "curves");
	for (size_t i = 0; i < c->count; i++) {
		json_t *curve = json_array();
		for (guint k = 0; k < c->curves[i]->len; k++)
			json_array_append_new(curve, json_real(g_array_index(c->curves[i], double, k)));
		json_array_append_new(json_object_get(json, "curves"), curve);
	}
	return json;
}

static double row_loss(const Scored *s, const double *row, size_t i)
{
	return -log(MAX(row[(size_t)s->y[i]], NEAREST));
}

/* Mean gain in log loss over rows that the calibration did not learn from, and its standard error. */
static bool cross_fit(const CalibrationKind *kind, const Scored *s, uint64_t seed, double *ret_gain, double *ret_error)
{
	double total = 0, sum = 0, squares = 0, count = 0;
	g_autofree double *weight = g_new(double, MAX(s->rows, 1));
	g_autofree double *row = g_new(double, s->classes);
	for (size_t part = 0; part < PARTS; part++) {
		Scored others = *s;
		others.weight = weight;
		for (size_t i = 0; i < s->rows; i++)
			weight[i] = rng_hash(seed, i) % PARTS == part ? 0 : calibration_weight(s, i);
		g_autoptr(Calibration) c = learn(kind, &others);
		if (!c)
			return false;
		for (size_t i = 0; i < s->rows; i++) {
			double w = calibration_weight(s, i);
			if (rng_hash(seed, i) % PARTS != part || w == 0)
				continue;
			memcpy(row, s->scores + i * s->classes, s->classes * sizeof *row);
			double before = row_loss(s, row, i);
			apply_row(c, row);
			double gain = before - row_loss(s, row, i);
			total += w;
			sum += w * gain;
			squares += w * gain * gain;
			count++;
		}
	}
	if (count < ROWS_LEAST)
		return false;
	*ret_gain = sum / total;
	*ret_error = sqrt(MAX(squares / total - *ret_gain * *ret_gain, 0) / (count - 1));
	return true;
}

static const CalibrationKind *choose(const Scored *s, uint64_t seed, double *ret_gain, double *ret_error)
{
	const CalibrationKind *best = NULL;
	for (const CalibrationKind *const *k = CALIBRATIONS; *k; k++) {
		double gain, uncertain;
		if (!(*k)->by_auto || !cross_fit(*k, s, seed, &gain, &uncertain))
			continue;
		if (isnan(*ret_gain) || gain > *ret_gain) {
			*ret_gain = gain;
			*ret_error = uncertain;
			best = *k;
		}
	}
	return *ret_gain > *ret_error ? best : NULL;
}

void calibration_fit(const Scored *s, const char *method, uint64_t seed, json_t **ret, json_t **ret_told)
{
	double gain = NAN, uncertain = NAN;
	const CalibrationKind *kind = calibration_find(method);
	if (kind)
		cross_fit(kind, s, seed, &gain, &uncertain);
	else if (strcmp(method, "auto") == 0)
		kind = choose(s, seed, &gain, &uncertain);
	g_autoptr(Calibration) c = kind ? learn(kind, s) : NULL;
	*ret = c ? calibration_json(c) : NULL;
	*ret_told = json_pack("{s:s,s:s,s:o,s:o}", "method", method, "taken", c ? kind->name : "none", "gain",
	        json_number(gain), "error", json_number(uncertain));
}

static bool damaged(GError **error)
{
	return fail(error, FAIL_BROKEN, "the calibration is damaged");
}

static bool read_curve(const CalibrationKind *kind, const json_t *from, GArray *into, GError **error)
{
	size_t count = json_array_size(from), i;
	json_t *number;
	bool fits = count == kind->least ||
	            (kind->multiple && count > kind->least && (count - kind->least) % kind->multiple == 0);
	if (!fits || count > POINTS_MOST)
		return damaged(error);
	json_array_foreach (from, i, number) {
		double value = json_number_value(number);
		if (!json_is_number(number) || !isfinite(value) || fabs(value) > 1e100)
			return damaged(error);
		g_array_append_val(into, value);
	}
	return !kind->check || kind->check(&g_array_index(into, double, 0), count) || damaged(error);
}

bool calibration_load(const json_t *json, size_t classes, size_t positive, Calibration **ret, GError **error)
{
	const CalibrationKind *kind = calibration_find(json_get_text(json, "method", NULL));
	const json_t *curves = json_object_get(json, "curves");
	if (!kind)
		return fail(error, FAIL_BROKEN, "it has a calibration that this program does not know");
	g_autoptr(Calibration) c = calibration_new(kind, classes, positive);
	if (json_array_size(curves) != c->count)
		return damaged(error);
	for (size_t i = 0; i < c->count; i++)
		if (!read_curve(kind, json_array_get(curves, i), c->curves[i], error))
			return false;
	*ret = g_steal_pointer(&c);
	return true;
}
