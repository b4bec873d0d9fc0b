/* pmml_model.h: a model's form as a chain of PMML models whose numbers become scores. */
#pragma once

#include "export/pmml.h"
#include "model/bundle.h"
#include "model/form.h"

/* Adds segments that leave margins, and fields of p->locals that make scores of them.  Gives the names of the scores' fields, one an output; g_strfreev. */
char **pmml_model(Pmml *p, const ModelForm *form);

/* The scores put right by a bundle's calibration.  *scores is replaced.  FAIL_INVALID for a method that is not known here. */
bool pmml_calibrate(Pmml *p, const Bundle *b, const json_t *calibration, char ***scores, GError **error);
