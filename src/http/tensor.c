/* tensor.c: tensors read from JSON and from bytes. */
#include "http/tensor.h"

#include <math.h>
#include <string.h>

#include "base/error.h"

#define INTEGER_READER(name, Number)                                                                 \
	static void name(const unsigned char *from, Cell *ret)                                       \
	{                                                                                            \
		Number value;                                                                        \
		memcpy(&value, from, sizeof value);                                                  \
		*ret = (Cell){.type = CELL_INT, .integer = (int64_t)value, .number = (double)value}; \
	}
#define REAL_READER(name, Number)                                          \
	static void name(const unsigned char *from, Cell *ret)             \
	{                                                                  \
		Number value;                                              \
		memcpy(&value, from, sizeof value);                        \
		*ret = (Cell){.type = CELL_REAL, .number = (double)value}; \
	}

INTEGER_READER(read_int8, int8_t)
INTEGER_READER(read_int16, int16_t)
INTEGER_READER(read_int32, int32_t)
INTEGER_READER(read_int64, int64_t)
INTEGER_READER(read_uint8, uint8_t)
INTEGER_READER(read_uint16, uint16_t)
INTEGER_READER(read_uint32, uint32_t)
REAL_READER(read_fp32, float)
REAL_READER(read_fp64, double)

static void read_uint64(const unsigned char *from, Cell *ret)
{
	uint64_t value;
	memcpy(&value, from, sizeof value);
	*ret = (Cell){.type = value > INT64_MAX ? CELL_REAL : CELL_INT,
	        .integer = (int64_t)(value & INT64_MAX),
	        .number = (double)value};
}

static void read_bool(const unsigned char *from, Cell *ret)
{
	*ret = (Cell){.type = CELL_BOOL, .is_true = *from != 0, .number = *from != 0};
}

/* IEEE 754 half precision. */
static void read_fp16(const unsigned char *from, Cell *ret)
{
	unsigned bits = from[0] | (unsigned)from[1] << 8;
	int exponent = bits >> 10 & 31;
	double fraction = bits & 1023;
	double magnitude = exponent == 0    ? ldexp(fraction, -24)
	                   : exponent == 31 ? (fraction != 0 ? NAN : INFINITY)
	                                    : ldexp(fraction + 1024, exponent - 25);
	*ret = (Cell){.type = CELL_REAL, .number = bits >> 15 ? -magnitude : magnitude};
}

static void read_bf16(const unsigned char *from, Cell *ret)
{
	const unsigned char wide[4] = {0, 0, from[0], from[1]};
	read_fp32(wide, ret);
}

static const TensorType TYPES[] = {
        {"BOOL", 1, read_bool},
        {"INT8", 1, read_int8},
        {"INT16", 2, read_int16},
        {"INT32", 4, read_int32},
        {"INT64", 8, read_int64},
        {"UINT8", 1, read_uint8},
        {"UINT16", 2, read_uint16},
        {"UINT32", 4, read_uint32},
        {"UINT64", 8, read_uint64},
        {"FP16", 2, read_fp16},
        {"BF16", 2, read_bf16},
        {"FP32", 4, read_fp32},
        {"FP64", 8, read_fp64},
        {"BYTES", 0, NULL},
};

const TensorType *tensor_type(const char *name, size_t length)
{
	for (size_t i = 0; i < G_N_ELEMENTS(TYPES); i++)
		if (scan_key_is(name, length, TYPES[i].name))
			return &TYPES[i];
	return NULL;
}

const char *tensor_type_of(ColumnType type)
{
	static const char *const NAMES[COLUMN_TYPES] = {"BOOL", "INT64", "FP64", "BYTES", "BYTES"};
	return NAMES[type];
}

static bool scan_shape(Scan *s, Tensor *t)
{
	Cell cell;
	t->has_shape = true;
	t->dimensions = 0;
	if (!scan_enter(s, '['))
		return false;
	while (scan_more(s, ']')) {
		if (!scan_cell(s, &cell))
			return false;
		if (cell.type != CELL_INT || cell.integer < 0 || cell.integer > INT32_MAX)
			return scan_problem(s, "a shape holds whole numbers from 0 on");
		if (t->dimensions == TENSOR_DIMENSIONS)
			return scan_problem(s, "a shape has at most 8 dimensions");
		t->shape[t->dimensions++] = (size_t)cell.integer;
	}
	return !s->problem;
}

static bool scan_parameters(Scan *s, Tensor *t)
{
	const char *key;
	size_t length;
	Cell cell;
	if (!scan_enter(s, '{'))
		return false;
	while (scan_more(s, '}') && scan_key(s, &key, &length)) {
		if (!scan_key_is(key, length, "binary_data_size")) {
			if (!scan_skip(s, NULL))
				return false;
			continue;
		}
		if (!scan_cell(s, &cell))
			return false;
		if (cell.type != CELL_INT || cell.integer < 0)
			return scan_problem(s, "binary_data_size is a whole number from 0 on");
		t->binary_size = cell.integer;
	}
	return !s->problem;
}

static bool scan_member(Scan *s, const char *key, size_t length, Tensor *t)
{
	Cell cell;
	if (scan_key_is(key, length, "shape"))
		return scan_shape(s, t);
	if (scan_key_is(key, length, "parameters"))
		return scan_parameters(s, t);
	if (scan_key_is(key, length, "data"))
		return scan_pass(s, &t->data);
	bool name = scan_key_is(key, length, "name");
	if (!name && !scan_key_is(key, length, "datatype"))
		return scan_skip(s, NULL);
	if (!scan_cell(s, &cell))
		return false;
	if (cell.type != CELL_TEXT)
		return scan_problem(s, "a text is expected");
	if (name) {
		t->name = cell.text;
		t->name_length = cell.length;
	} else if (!(t->type = tensor_type(cell.text, cell.length))) {
		return scan_problem(
		        s, "an unknown datatype: BOOL, INT8 to INT64, UINT8 to UINT64, FP16, BF16, FP32, FP64, BYTES");
	}
	return true;
}

bool tensor_scan(Scan *s, Tensor *t, GError **error)
{
	const char *key;
	size_t length;
	*t = (Tensor){.binary_size = -1};
	if (scan_enter(s, '{'))
		while (scan_more(s, '}') && scan_key(s, &key, &length) && scan_member(s, key, length, t))
			;
	if (s->problem)
		return scan_finish(s, error);
	if (!t->name || !t->type || !t->has_shape)
		return fail(error, FAIL_INVALID, "an input needs name, shape and datatype");
	if (!t->data && t->binary_size < 0)
		return fail(error, FAIL_INVALID, "the input \"%.*s\" has no data",
		        (int)MIN(t->name_length, (size_t)100), t->name);
	return true;
}

/* Where its values go: value i to column `first + i % width`; place: that remainder, of the next. */
typedef struct Aim {
	Batch *b;
	const Tensor *t;
	size_t first, width, values, done, place;
} Aim;

static int label_length(const Tensor *t)
{
	return (int)MIN(t->name_length, (size_t)100);
}

static bool take_aim(const Tensor *t, Batch *b, Aim *ret, GError **error)
{
	const Served *s = batch_served(b);
	int input = served_input(s, t->name, t->name_length);
	size_t rows = t->dimensions ? t->shape[0] : 1, width = 1;
	for (size_t i = 1; i < t->dimensions; i++) {
		if (t->shape[i] && width > SIZE_MAX / 1024 / t->shape[i])
			return fail(
			        error, FAIL_INVALID, "the shape of \"%.*s\" is too large", label_length(t), t->name);
		width *= t->shape[i];
	}
	bool is_matrix = input < 0 && width == s->inputs;
	if (input < 0 && !is_matrix) /* an input that the model does not have */
		return batch_refuse(b, error, "the input \"%.*s\" of %zu values a row is not one of the model's",
		        label_length(t), t->name, width);
	if (input >= 0 && width != 1)
		return batch_refuse(
		        b, error, "the input \"%.*s\" has %zu values a row, not one", label_length(t), t->name, width);
	size_t first = input < 0 ? 0 : (size_t)input, after = input < 0 ? s->inputs : first + 1;
	for (size_t i = first; i < after; i++)
		if (batch_count(b, i))
			return batch_refuse(b, error, "the input \"%s\" is given twice", s->input_names[i]);
	*ret = (Aim){.b = b, .t = t, .first = first, .width = width, .values = rows * width};
	return true;
}

static bool refuse_count(const Aim *a, GError **error)
{
	return batch_refuse(a->b, error, "the shape of \"%.*s\" (%zu values) does not match its data",
	        label_length(a->t), a->t->name, a->values);
}

static bool hit(Aim *a, const Cell *cell, GError **error)
{
	if (a->done == a->values)
		return refuse_count(a, error);
	size_t input = a->first + a->place;
	a->done++;
	a->place = a->place + 1 == a->width ? 0 : a->place + 1;
	return batch_add(a->b, input, cell, error);
}

static bool add_json(Aim *a, Scan *s, GError **error)
{
	Cell cell;
	if (scan_peek(s) != '[')
		return scan_cell(s, &cell) ? hit(a, &cell, error) : scan_finish(s, error);
	if (!scan_enter(s, '['))
		return scan_finish(s, error);
	while (scan_more(s, ']'))
		if (!add_json(a, s, error))
			return false;
	return !s->problem || scan_finish(s, error);
}

static bool add_texts(Aim *a, const unsigned char *at, size_t size, GError **error)
{
	while (size) {
		uint32_t length;
		if (size < sizeof length)
			return refuse_count(a, error);
		memcpy(&length, at, sizeof length);
		at += sizeof length;
		size -= sizeof length;
		if (length > size)
			return refuse_count(a, error);
		Cell cell = {.type = CELL_TEXT, .text = (const char *)at, .length = length};
		if (!g_utf8_validate_len(cell.text, length, NULL))
			return batch_refuse(
			        a->b, error, "a text of \"%.*s\" is not UTF-8", label_length(a->t), a->t->name);
		if (!hit(a, &cell, error))
			return false;
		at += length;
		size -= length;
	}
	return true;
}

static bool add_bytes(Aim *a, const unsigned char *at, size_t size, GError **error)
{
	const TensorType *type = a->t->type;
	if (!type->width)
		return add_texts(a, at, size, error);
	if (size % type->width || size / type->width != a->values)
		return refuse_count(a, error);
	for (; a->done < a->values; at += type->width) {
		Cell cell;
		type->read(at, &cell);
		if (!hit(a, &cell, error))
			return false;
	}
	return true;
}

bool tensor_add(const Tensor *t, Batch *b, const char *end, const unsigned char *binary, GError **error)
{
	Aim a;
	if (!take_aim(t, b, &a, error))
		return false;
	if (t->binary_size >= 0)
		return add_bytes(&a, binary, (size_t)t->binary_size, error) &&
		       (a.done == a.values || refuse_count(&a, error));
	Scan s = {.start = t->data, .at = t->data, .end = end};
	bool ok = add_json(&a, &s, error);
	scan_clear(&s);
	return ok && (a.done == a.values || refuse_count(&a, error));
}
