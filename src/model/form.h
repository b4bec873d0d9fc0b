/* form.h: what a model is, for those who write it down in another language (src/export): everything a score is made of. */
#pragma once

#include "model/trees.h"

typedef enum FormKind { FORM_CONSTANT, FORM_LINEAR, FORM_TREES, FORM_ENSEMBLE } FormKind;
#define FORM_MARGIN_MOST 700 /* e^700 is still a number */

typedef enum FormLink { FORM_SCALED, FORM_LOGISTIC, FORM_SOFTMAX, FORM_EXPONENTIAL } FormLink;

typedef struct ModelForm ModelForm;
struct ModelForm {
	FormKind kind;
	size_t columns; /* features it reads: the first ones */
	size_t outputs;
	/* constant: outputs; borrowed, as all below */
	const double *scores;
	/* linear: margin_k = intercept_k + sum_j (slope_jk (x_j - centre_j), or missing_jk where x_j is); then the link:
	 * shift + scale * margin, a softmax, e^min(margin, FORM_MARGIN_MOST), ... */
	size_t margins;
	FormLink link;
	double shift, scale;
	const double *intercept, *centre, *slope, *missing; /* slope, missing: columns x margins */
	const Trees *trees;
	/* ensemble: without a layer the mean of the members' scores by weight; with one (intercept is there) the softmax of
	 * intercept_k + sum_m weight_m log(max(score_mk, least)), for one output the sum without logarithm and softmax */
	size_t count;
	ModelForm *members; /* owned: form_clear */
	double *weight;
	double least;
};

void form_clear(ModelForm *form);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(ModelForm, form_clear)
