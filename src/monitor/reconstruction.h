/* reconstruction.h: how well rows fit the directions in which the training rows vary.
 *
 * Principal components of every other training row, as many as hold 65 % of their variance (NannyML's default); the error of a row is the length
 * of what they leave of it.  The errors of the window are held against those of the training rows that the components have
 * not seen, by Welch's test: columns that no longer go together leave more, or less, though each looks as before. */
#pragma once

#include <stddef.h>

typedef struct Reconstruction {
	double training, window; /* mean errors */
	double deviation;        /* of the errors of training rows */
	double p;                /* NaN: too few rows */
	size_t components;
} Reconstruction;

enum { RECONSTRUCTION_COLUMNS = 300 };

/* Scaled rows (monitor/cloud.h); beyond RECONSTRUCTION_COLUMNS, the first so many columns. */
Reconstruction reconstruct(
        const double *training, size_t training_rows, const double *window, size_t window_rows, size_t columns);
