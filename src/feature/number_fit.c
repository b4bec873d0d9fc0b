/* number_fit.c: learning about the finite values of one column of numbers. */
#include "feature/number_fit.h"

#include <math.h>

#include "feature/outline.h"
#include "feature/pick.h"

NumberFit *number_fit_new(const json_t *params, unsigned wants)
{
	NumberFit *fit = g_new0(NumberFit, 1);
	fit->params = json_incref((json_t *)params);
	fit->wants = wants;
	fit->min = fit->max = NAN;
	return fit;
}

void number_fit_free(void *context)
{
	NumberFit *fit = context;
	json_decref(fit->params);
	exact_moments_clear(&fit->moments);
	value_counts_clear(&fit->values);
	g_free(fit);
}

void number_fit_add(NumberFit *fit, const Column *c)
{
	for (size_t i = 0; i < c->rows; i++) {
		double value = column_number(c, i);
		if (!isfinite(value))
			continue;
		fit->count++;
		fit->min = fmin(fit->min, value);
		fit->max = fmax(fit->max, value);
		if (fit->wants & NUMBER_MOMENTS && fabs(value) < 1e150)
			exact_moments_add(&fit->moments, value);
		if (fit->wants & NUMBER_VALUES)
			value_counts_add(&fit->values, value);
	}
}

bool number_fit_absorb(void *context, const Frame *rows, const double *target, GError **error)
{
	NumberFit *fit = context;
	number_fit_add(fit, rows_find(rows, params_column(fit->params, 0)));
	return true;
}

bool number_fit_merge(void *context, const void *other, GError **error)
{
	NumberFit *into = context;
	const NumberFit *from = other;
	into->count += from->count;
	into->min = fmin(into->min, from->min);
	into->max = fmax(into->max, from->max);
	exact_moments_merge(&into->moments, &from->moments);
	value_counts_merge(&into->values, &from->values);
	return true;
}
