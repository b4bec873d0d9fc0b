/* c_model.h: a model's form as functions of C. */
#pragma once

#include <glib.h>

#include "model/form.h"

/* What the functions of such a model share. */
void c_model_types(GString *to, const ModelForm *form);
/* "static void model_<number>(const float *x, double *s)", those of its members first; gives the number.  next: the first free one. */
unsigned c_model(GString *to, const ModelForm *form, unsigned *next);
