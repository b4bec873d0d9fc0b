/* onnx.c: ONNX graphs as protocol buffers: fields are a number and a kind (0 varint, 2 bytes of a length, 5 four bytes). */
#include "export/onnx.h"

#include <stdbool.h>
#include <string.h>

struct Onnx {
	GByteArray *nodes, *constants, *inputs, *outputs; /* fields of the graph */
	GByteArray *attributes;                           /* of the next node */
	GStringChunk *names;
	GPtrArray *taken; /* names of inputs */
	unsigned next;
};

enum { IR_VERSION = 9, OPSET = 20, OPSET_ML = 3 };
enum { AS_FLOAT = 1, AS_INT = 2, AS_TEXT = 3, AS_FLOATS = 6, AS_INTS = 7, AS_TEXTS = 8 }; /* AttributeProto.type */

Onnx *onnx_new(void)
{
	Onnx *o = g_new0(Onnx, 1);
	o->nodes = g_byte_array_new();
	o->constants = g_byte_array_new();
	o->inputs = g_byte_array_new();
	o->outputs = g_byte_array_new();
	o->attributes = g_byte_array_new();
	o->names = g_string_chunk_new(4096);
	o->taken = g_ptr_array_new();
	return o;
}

void onnx_free(Onnx *o)
{
	if (!o)
		return;
	g_byte_array_unref(o->nodes);
	g_byte_array_unref(o->constants);
	g_byte_array_unref(o->inputs);
	g_byte_array_unref(o->outputs);
	g_byte_array_unref(o->attributes);
	g_string_chunk_free(o->names);
	g_ptr_array_unref(o->taken);
	g_free(o);
}

static void put_varint(GByteArray *to, uint64_t value)
{
	do {
		uint8_t byte = (uint8_t)((value & 127) | (value > 127 ? 128 : 0));
		g_byte_array_append(to, &byte, 1);
		value >>= 7;
	} while (value);
}

static void put_int(GByteArray *to, unsigned field, int64_t value)
{
	put_varint(to, field << 3);
	put_varint(to, (uint64_t)value);
}

static void put_bytes(GByteArray *to, unsigned field, const void *bytes, size_t size)
{
	put_varint(to, field << 3 | 2);
	put_varint(to, size);
	g_byte_array_append(to, bytes, (guint)size);
}

static void put_text(GByteArray *to, unsigned field, const char *text)
{
	put_bytes(to, field, text, strlen(text));
}

/* A message in a message; takes it. */
static void put_message(GByteArray *to, unsigned field, GByteArray *message)
{
	put_bytes(to, field, message->data, message->len);
	g_byte_array_unref(message);
}

static void put_float(GByteArray *to, unsigned field, float value)
{
	put_varint(to, field << 3 | 5);
	g_byte_array_append(to, (const guint8 *)&value, sizeof value);
}

static GByteArray *attribute(const char *name, int type)
{
	GByteArray *a = g_byte_array_new();
	put_text(a, 1, name);
	put_int(a, 20, type);
	return a;
}

void onnx_int(Onnx *o, const char *name, int64_t value)
{
	GByteArray *a = attribute(name, AS_INT);
	put_int(a, 3, value);
	put_message(o->attributes, 5, a);
}

void onnx_text(Onnx *o, const char *name, const char *value)
{
	GByteArray *a = attribute(name, AS_TEXT);
	put_text(a, 4, value);
	put_message(o->attributes, 5, a);
}

void onnx_float(Onnx *o, const char *name, float value)
{
	GByteArray *a = attribute(name, AS_FLOAT);
	put_float(a, 2, value);
	put_message(o->attributes, 5, a);
}

void onnx_ints(Onnx *o, const char *name, const int64_t *values, size_t count)
{
	GByteArray *a = attribute(name, AS_INTS);
	for (size_t i = 0; i < count; i++)
		put_int(a, 8, values[i]);
	put_message(o->attributes, 5, a);
}

void onnx_floats(Onnx *o, const char *name, const float *values, size_t count)
{
	GByteArray *a = attribute(name, AS_FLOATS);
	for (size_t i = 0; i < count; i++)
		put_float(a, 7, values[i]);
	put_message(o->attributes, 5, a);
}

void onnx_texts(Onnx *o, const char *name, const char *const *values, size_t count)
{
	GByteArray *a = attribute(name, AS_TEXTS);
	for (size_t i = 0; i < count; i++)
		put_text(a, 9, values[i]);
	put_message(o->attributes, 5, a);
}

static bool is_taken(const Onnx *o, const char *name)
{
	for (guint i = 0; i < o->taken->len; i++)
		if (strcmp(o->taken->pdata[i], name) == 0)
			return true;
	return false;
}

static const char *new_name(Onnx *o)
{
	char name[32];
	do
		g_snprintf(name, sizeof name, "_%u", o->next++);
	while (is_taken(o, name));
	return g_string_chunk_insert(o->names, name);
}

const char *onnx_free_name(Onnx *o, const char *wanted)
{
	g_autoptr(GString) name = g_string_new(wanted);
	while (is_taken(o, name->str))
		g_string_append_c(name, '_');
	return g_string_chunk_insert(o->names, name->str);
}

static void add_node(Onnx *o, const char *op, const char *const *inputs, size_t count, const char *output)
{
	GByteArray *n = g_byte_array_new();
	bool is_ml = g_str_has_prefix(op, "ml.");
	for (size_t i = 0; i < count; i++)
		put_text(n, 1, inputs[i]);
	put_text(n, 2, output);
	put_text(n, 4, is_ml ? op + 3 : op);
	g_byte_array_append(n, o->attributes->data, o->attributes->len);
	g_byte_array_set_size(o->attributes, 0);
	if (is_ml)
		put_text(n, 7, "ai.onnx.ml");
	put_message(o->nodes, 1, n);
}

const char *onnx_node(Onnx *o, const char *op, const char *a, const char *b, const char *c)
{
	const char *inputs[] = {a, b, c}, *output = new_name(o);
	add_node(o, op, inputs, c ? 3 : b ? 2 : 1, output);
	return output;
}

const char *onnx_concat(Onnx *o, const char *const *values, size_t count)
{
	const char *output = new_name(o);
	onnx_int(o, "axis", 1);
	add_node(o, "Concat", values, count, output);
	return output;
}

const char *onnx_first(Onnx *o, const char *a, size_t columns)
{
	const char *from = onnx_list(o, (const int64_t[]){0}, 1), *axes = onnx_list(o, (const int64_t[]){1}, 1);
	const char *inputs[] = {a, from, onnx_list(o, (const int64_t[]){(int64_t)columns}, 1), axes},
	           *output = new_name(o);
	add_node(o, "Slice", inputs, 4, output);
	return output;
}

const char *onnx_cast(Onnx *o, const char *a, int type)
{
	onnx_int(o, "to", type);
	return onnx_node(o, "Cast", a, NULL, NULL);
}

void onnx_rename(Onnx *o, const char *a, const char *name)
{
	add_node(o, "Identity", &a, 1, name);
}

/* TensorProto up to its data. */
static GByteArray *tensor(const char *name, int type, const int64_t *dims, size_t count)
{
	GByteArray *t = g_byte_array_new();
	for (size_t i = 0; i < count; i++)
		put_int(t, 1, dims[i]);
	put_int(t, 2, type);
	put_text(t, 8, name);
	return t;
}

static const char *add_numbers(Onnx *o, const void *values, int type, const int64_t *dims, size_t count)
{
	const char *name = new_name(o);
	GByteArray *t = tensor(name, type, dims, count);
	size_t size = type == ONNX_FLOAT ? sizeof(float) : sizeof(int64_t);
	for (size_t i = 0; i < count; i++)
		size *= (size_t)dims[i];
	put_bytes(t, 9, values, size);
	put_message(o->constants, 5, t);
	return name;
}

const char *onnx_number(Onnx *o, double value)
{
	return add_numbers(o, &value, ONNX_DOUBLE, (const int64_t[]){1}, 1);
}

const char *onnx_matrix(Onnx *o, const double *values, size_t rows, size_t columns)
{
	int64_t dims[] = {(int64_t)rows, (int64_t)columns};
	return add_numbers(o, values, ONNX_DOUBLE, rows ? dims : dims + 1, rows ? 2 : 1);
}

const char *onnx_float_matrix(Onnx *o, const double *values, size_t rows, size_t columns)
{
	int64_t dims[] = {(int64_t)rows, (int64_t)columns};
	size_t count = MAX(rows, (size_t)1) * columns;
	g_autofree float *single = g_new(float, count + 1);
	for (size_t i = 0; i < count; i++)
		single[i] = (float)values[i];
	return add_numbers(o, single, ONNX_FLOAT, rows ? dims : dims + 1, rows ? 2 : 1);
}

const char *onnx_list(Onnx *o, const int64_t *values, size_t count)
{
	return add_numbers(o, values, ONNX_INT64, (const int64_t[]){(int64_t)count}, 1);
}

const char *onnx_strings(Onnx *o, const char *const *values, size_t count)
{
	const char *name = new_name(o);
	GByteArray *t = tensor(name, ONNX_STRING, (const int64_t[]){(int64_t)count}, 1);
	for (size_t i = 0; i < count; i++)
		put_text(t, 6, values[i]);
	put_message(o->constants, 5, t);
	return name;
}

const char *onnx_string(Onnx *o, const char *value)
{
	return onnx_strings(o, &value, 1);
}

/* ValueInfoProto of rows x columns, the number of rows free. */
static void put_value(GByteArray *to, unsigned field, const char *name, int type, size_t columns)
{
	GByteArray *rows = g_byte_array_new(), *width = g_byte_array_new(), *shape = g_byte_array_new();
	GByteArray *tensor_type = g_byte_array_new(), *type_proto = g_byte_array_new(), *value = g_byte_array_new();
	put_text(rows, 2, "rows");
	put_int(width, 1, (int64_t)columns);
	put_message(shape, 1, rows);
	put_message(shape, 1, width);
	put_int(tensor_type, 1, type);
	put_message(tensor_type, 2, shape);
	put_message(type_proto, 1, tensor_type);
	put_text(value, 1, name);
	put_message(value, 2, type_proto);
	put_message(to, field, value);
}

void onnx_input(Onnx *o, const char *name, int type, size_t columns)
{
	put_value(o->inputs, 11, name, type, columns);
	g_ptr_array_add(o->taken, g_string_chunk_insert(o->names, name));
}

void onnx_output(Onnx *o, const char *name, int type, size_t columns)
{
	put_value(o->outputs, 12, name, type, columns);
}

static void put_opset(GByteArray *to, const char *domain, int64_t version)
{
	GByteArray *opset = g_byte_array_new();
	put_text(opset, 1, domain);
	put_int(opset, 2, version);
	put_message(to, 8, opset);
}

void onnx_write(Onnx *o, const char *name, GByteArray *to)
{
	GByteArray *graph = g_byte_array_new();
	g_byte_array_append(graph, o->nodes->data, o->nodes->len);
	put_text(graph, 2, name);
	g_byte_array_append(graph, o->constants->data, o->constants->len);
	g_byte_array_append(graph, o->inputs->data, o->inputs->len);
	g_byte_array_append(graph, o->outputs->data, o->outputs->len);
	put_int(to, 1, IR_VERSION);
	put_text(to, 2, "gyre");
	put_text(to, 3, GYRE_VERSION);
	put_message(to, 7, graph);
	put_opset(to, "", OPSET);
	put_opset(to, "ai.onnx.ml", OPSET_ML);
}
