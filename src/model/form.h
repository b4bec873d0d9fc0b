/* form.h: what a model is, for those who write it down in another language (src/export): everything a score is made of. */
#pragma once

#include <stdbool.h>

#include "model/trees.h"

typedef enum FormKind { FORM_CONSTANT, FORM_LINEAR, FORM_TREES, FORM_NETWORK, FORM_ENSEMBLE } FormKind;
#define FORM_LAYERS 5
#define FORM_MARGIN_MOST 700 /* e^700 is still a number */

#define FORM_ODDS_MOST 20.72326583594641 /* log odds of 1 - 1e-9 */

typedef enum FormLink { FORM_SCALED, FORM_LOGISTIC, FORM_SOFTMAX, FORM_EXPONENTIAL, FORM_CURVES } FormLink;

/* sum_o = intercept_o + sum_i weight_io in_i, in that order */
typedef struct FormLayer {
	size_t in, out;
	const double *weight, *intercept; /* in x out; out */
} FormLayer;

typedef struct ScaledInputs ScaledInputs; /* model/scaled_inputs.h */

typedef struct ModelForm ModelForm;
struct ModelForm {
	FormKind kind;
	size_t columns; /* features it reads: the first ones */
	size_t outputs;
	/* constant: outputs; borrowed, as all below */
	const double *scores;
	/* linear: margin_k = intercept_k + sum_j (slope_jk d + square_jk d^2 with d = x_j - centre_j, or missing_jk where x_j is); then the link:
	 * shift + scale * margin, a softmax, e^min(margin, FORM_MARGIN_MOST), ...; FORM_CURVES: p_k = 1 / (1 + e^-(a_k m + b_k)), m being
	 * the margin held within FORM_ODDS_MOST of 0; of one margin the second class's probability, of several shares of their sum */
	size_t margins;
	FormLink link;
	double shift, scale;
	bool is_held; /* with FORM_SCALED: the score is held between low and high */
	double low, high;
	const double *curve; /* margins x 2: a, b */
	const double *intercept, *centre, *slope, *square,
	        *missing; /* slope, square (NULL: none), missing: columns x margins */
	const Trees *trees;
	/* network: features as scaled inputs, or where there are vectors how near they are to each, e^(-gamma |inputs - vector|^2), go
	 * through the layers; sums below 0 become 0, but for the last layer's, which are the margins; then the link, as above (with more than
	 * one layer FORM_SCALED of one margin, or FORM_SOFTMAX) */
	const ScaledInputs *inputs;
	size_t vectors;
	const float *vector; /* vectors x inputs */
	double gamma;
	size_t layers;
	FormLayer layer[FORM_LAYERS];
	bool single;  /* in float32, else in double */
	double *kept; /* owned: numbers made for the form, into which others point; may be NULL */
	/* ensemble: without a layer the mean of the members' scores by weight; with one (intercept is there) the softmax of
	 * intercept_k + sum_m weight_m log(max(score_mk, least)), for one output the sum without logarithm and softmax */
	size_t count;
	ModelForm *members; /* owned: form_clear */
	double *weight;
	double least;
};

void form_clear(ModelForm *form);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(ModelForm, form_clear)
