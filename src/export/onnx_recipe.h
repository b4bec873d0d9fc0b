/* onnx_recipe.h: a lowered recipe as nodes of an ONNX graph. */
#pragma once

#include "export/lower.h"
#include "export/onnx.h"

/* Declares the inputs (numbers and times double, texts string, one column each) and gives the features, rows x features float. */
bool onnx_recipe(Onnx *o, const Lowered *l, const char **ret, GError **error);
