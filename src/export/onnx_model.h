/* onnx_model.h: a model's form as nodes of an ONNX graph. */
#pragma once

#include "export/onnx.h"
#include "model/form.h"

/* x: features, rows x columns float; gives the scores, rows x outputs double. */
const char *onnx_model(Onnx *o, const ModelForm *form, size_t columns, const char *x);
