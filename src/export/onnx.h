/* onnx.h: an ONNX graph under construction: nodes that name their results, written as protocol buffers (onnx.proto, IR version 9).
 *
 * A value is known by its name, which the graph owns.  Attributes are set before the node that takes them. */
#pragma once

#include <glib.h>
#include <stdint.h>

enum { ONNX_FLOAT = 1, ONNX_INT64 = 7, ONNX_STRING = 8, ONNX_BOOL = 9, ONNX_DOUBLE = 11 }; /* TensorProto.DataType */

typedef struct Onnx Onnx;
Onnx *onnx_new(void);
void onnx_free(Onnx *o);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Onnx, onnx_free)

/* Of the next node. */
void onnx_int(Onnx *o, const char *name, int64_t value);
void onnx_text(Onnx *o, const char *name, const char *value);
void onnx_float(Onnx *o, const char *name, float value);
void onnx_ints(Onnx *o, const char *name, const int64_t *values, size_t count);
void onnx_floats(Onnx *o, const char *name, const float *values, size_t count);
void onnx_texts(Onnx *o, const char *name, const char *const *values, size_t count);

/* Its result.  op: "Add"; "ml.LabelEncoder" is one of the domain ai.onnx.ml.  b, c: NULL if it takes fewer. */
const char *onnx_node(Onnx *o, const char *op, const char *a, const char *b, const char *c);
const char *onnx_concat(Onnx *o, const char *const *values, size_t count); /* side by side */
const char *onnx_first(Onnx *o, const char *a, size_t columns);            /* the first columns */
const char *onnx_cast(Onnx *o, const char *a, int type);
void onnx_rename(Onnx *o, const char *a, const char *name); /* under a name of its own, as outputs are */

/* Constants: one value, which fits every row; rows x columns values (rows 0: a list). */
const char *onnx_number(Onnx *o, double value);
const char *onnx_string(Onnx *o, const char *value);
const char *onnx_matrix(Onnx *o, const double *values, size_t rows, size_t columns);
const char *onnx_float_matrix(Onnx *o, const double *values, size_t rows, size_t columns); /* as ONNX_FLOAT */
const char *onnx_list(Onnx *o, const int64_t *values, size_t count);
const char *onnx_strings(Onnx *o, const char *const *values, size_t count);

/* rows x columns.  Inputs come before all else: no value made later is called as they are. */
void onnx_input(Onnx *o, const char *name, int type, size_t columns);
/* The name wanted, with underscores behind where an input has it. */
const char *onnx_free_name(Onnx *o, const char *wanted);
void onnx_output(Onnx *o, const char *name, int type, size_t columns);

/* The whole model. */
void onnx_write(Onnx *o, const char *name, GByteArray *to);
