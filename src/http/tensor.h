/* tensor.h: a named tensor of the Open Inference Protocol, on its way into a batch.
 *
 * A model's columns are tensors of one value a row: shape [n] or [n, 1].  A model whose inputs are all numbers may also be given
 * them as one tensor [n, inputs], in the order of the inputs, as matrices are sent elsewhere.  Data stands in the JSON, nested or
 * flat, or behind it as bytes: little-endian, row-major, BOOL one byte, BYTES a u32 length and the bytes. */
#pragma once

#include "serve/batch.h"

enum { TENSOR_DIMENSIONS = 8 };

typedef struct TensorType {
	const char *name;
	size_t width; /* bytes of a value; 0: BYTES */
	void (*read)(const unsigned char *from, Cell *ret);
} TensorType;

const TensorType *tensor_type(const char *name, size_t length);
const char *tensor_type_of(ColumnType type); /* the datatype a column is announced with */

typedef struct Tensor {
	const char *name;
	size_t name_length;
	const TensorType *type;
	size_t shape[TENSOR_DIMENSIONS], dimensions;
	bool has_shape;
	const char *data;    /* JSON; NULL: none */
	int64_t binary_size; /* -1: not in binary */
} Tensor;

/* One object of "inputs".  Its texts live as long as the Scan. */
bool tensor_scan(Scan *s, Tensor *ret, GError **error);

/* Adds its values.  end: where the JSON ends; binary: its bytes, when binary_size >= 0. */
bool tensor_add(const Tensor *t, Batch *b, const char *end, const unsigned char *binary, GError **error);
