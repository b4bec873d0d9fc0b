/* onnx_session.h: an ONNX model open in ONNX Runtime, with one thread of its own: whoever asks brings the thread. */
#pragma once

#include "model/onnx_binding.h"

typedef struct OnnxSession OnnxSession;

/* model: looked through by onnx_file_check before.  FAIL_INVALID where the library does not take it, FAIL_UNAVAILABLE without the library. */
bool onnx_session_open(GBytes *model, OnnxSession **ret, GError **error);
void onnx_session_free(OnnxSession *s);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(OnnxSession, onnx_session_free)
const OnnxPorts *onnx_session_ports(const OnnxSession *s);

/* Scores of rows, as ModelFamily.predict gives them.  Any number of threads at once.  FAIL_INVALID: the model does not take the rows, or answers
 * with what are no scores. */
bool onnx_session_predict(const OnnxSession *s, const OnnxBinding *b, const Matrix *x, double *ret, GError **error);

/* What the model itself says the class of each row is, where an output does: "2" for the number 2.  *ret: NULL-ended, g_strfreev; NULL if no output
 * does. */
bool onnx_session_labels(const OnnxSession *s, const OnnxBinding *b, const Matrix *x, char ***ret, GError **error);
