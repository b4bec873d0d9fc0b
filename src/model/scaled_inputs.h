/* scaled_inputs.h: features on one scale, as networks, distances and linear machines take them: about 1 in size, never missing,
 * never huge.
 *
 * A value is moved by the median and divided by the distance between the quartiles (where that is 0, by half the range), then
 * bent: z / sqrt(1 + (z/3)^2), which leaves the middle as it is and keeps outliers within 3.  Missing is 0, and one with
 * more than 0.5 % missing gets a second input that is 1 where it is.  (Holzmueller, Grinsztajn, Steinwart 2024,
 * arXiv:2407.04491.) */
#pragma once

#include "model/bytes.h"
#include "model/family.h"

typedef struct ScaledInputs {
	uint32_t columns, count; /* features; inputs: features, then flags */
	double *centre, *scale;  /* columns; scale 0: constant, always 0 */
	uint32_t *flag;          /* columns: the input that says it is missing, 0: none */
} ScaledInputs;

void scaled_inputs_measure(const TrainSet *set, ScaledInputs *ret);
void scaled_inputs_copy(const ScaledInputs *in, ScaledInputs *ret);
void scaled_inputs_clear(ScaledInputs *in);

/* ret: `stride` floats, those behind the inputs 0. */
void scaled_inputs_row(const ScaledInputs *in, const float *features, float *ret, size_t stride);

/* The features of the middle row, whose inputs are 0; free with g_free. */
float *scaled_inputs_base(const ScaledInputs *in);

/* Of a sum over the inputs, what each feature adds: ret: columns.  weight: of input i at weight[i * stride]. */
void scaled_inputs_terms(const ScaledInputs *in, const float *inputs, const double *weight, size_t stride, double *ret);

void scaled_inputs_write(const ScaledInputs *in, GByteArray *to);
void scaled_inputs_read(ByteReader *r, ScaledInputs *ret); /* turns the reader bad where they are damaged */
