/* mlp_inputs.h: features as a neural network takes them: about 1 in size, never missing, never huge.
 *
 * A value is moved by the median and divided by the distance between the quartiles (where that is 0, by half the range), then
 * bent: z / sqrt(1 + (z/3)^2), which leaves the middle as it is and keeps outliers within 3.  Missing is 0, and one with
 * more than 0.5 % missing gets a second input that is 1 where it is.  (Holzmueller, Grinsztajn, Steinwart 2024,
 * arXiv:2407.04491.) */
#pragma once

#include "model/bytes.h"
#include "model/family.h"

typedef struct MlpInputs {
	uint32_t columns, count; /* features; inputs: features, then flags */
	double *centre, *scale;  /* columns; scale 0: constant, always 0 */
	uint32_t *flag;          /* columns: the input that says it is missing, 0: none */
} MlpInputs;

void mlp_inputs_measure(const TrainSet *set, MlpInputs *ret);
void mlp_inputs_clear(MlpInputs *in);

/* ret: `stride` floats, those behind the inputs 0. */
void mlp_inputs_row(const MlpInputs *in, const float *features, float *ret, size_t stride);

void mlp_inputs_write(const MlpInputs *in, GByteArray *to);
void mlp_inputs_read(ByteReader *r, MlpInputs *ret); /* turns the reader bad where they are damaged */
