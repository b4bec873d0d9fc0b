/* onnx_file.c: the protocol buffers of a model walked without being kept: which fields hold what is all it knows of onnx.proto. */
#include "model/onnx_file.h"

#include "base/error.h"

#define DEPTH_MOST 64

typedef enum Message { MODEL, TRAINING, GRAPH, FUNCTION, NODE, ATTRIBUTE, SPARSE, TENSOR, OTHER } Message;

static const struct {
	Message of;
	unsigned field;
	Message holds;
} FIELDS[] = {
        {MODEL, 7, GRAPH},
        {MODEL, 20, TRAINING},
        {MODEL, 25, FUNCTION},
        {TRAINING, 1, GRAPH},
        {TRAINING, 2, GRAPH},
        {GRAPH, 1, NODE},
        {GRAPH, 5, TENSOR},
        {GRAPH, 15, SPARSE},
        {FUNCTION, 7, NODE},
        {FUNCTION, 11, ATTRIBUTE},
        {NODE, 5, ATTRIBUTE},
        {ATTRIBUTE, 5, TENSOR},
        {ATTRIBUTE, 6, GRAPH},
        {ATTRIBUTE, 10, TENSOR},
        {ATTRIBUTE, 11, GRAPH},
        {ATTRIBUTE, 22, SPARSE},
        {ATTRIBUTE, 23, SPARSE},
        {SPARSE, 1, TENSOR},
        {SPARSE, 2, TENSOR},
};

enum { TENSOR_FILES = 13, TENSOR_PLACE = 14, PLACE_IN_MODEL = 0 };
enum { WIRE_NUMBER = 0, WIRE_64 = 1, WIRE_BYTES = 2, WIRE_32 = 5 };

typedef struct Bytes {
	const uint8_t *at, *end;
} Bytes;

typedef struct Item {
	unsigned field, wire;
	uint64_t number;
	Bytes bytes;
} Item;

static bool read_number(Bytes *b, uint64_t *ret)
{
	*ret = 0;
	for (unsigned shift = 0; b->at < b->end && shift < 64; shift += 7) {
		uint8_t byte = *b->at++;
		*ret |= (uint64_t)(byte & 0x7f) << shift;
		if (!(byte & 0x80))
			return true;
	}
	return false;
}

static bool read_item(Bytes *b, Item *ret)
{
	uint64_t key, size = 0;
	if (!read_number(b, &key) || key >> 3 == 0 || key >> 3 > UINT32_MAX)
		return false;
	ret->field = (unsigned)(key >> 3);
	ret->wire = (unsigned)(key & 7);
	if (ret->wire == WIRE_NUMBER)
		return read_number(b, &ret->number);
	if (ret->wire == WIRE_BYTES ? !read_number(b, &size) : ret->wire != WIRE_64 && ret->wire != WIRE_32)
		return false;
	size = ret->wire == WIRE_64 ? 8 : ret->wire == WIRE_32 ? 4 : size;
	if (size > (uint64_t)(b->end - b->at))
		return false;
	ret->bytes = (Bytes){b->at, b->at + size};
	b->at += size;
	return true;
}

static Message held(Message of, unsigned field)
{
	for (size_t i = 0; i < G_N_ELEMENTS(FIELDS); i++)
		if (FIELDS[i].of == of && FIELDS[i].field == field)
			return FIELDS[i].holds;
	return OTHER;
}

static bool walk(Bytes b, Message of, unsigned depth, GError **error)
{
	bool has_graph = false;
	if (depth > DEPTH_MOST)
		return fail(error, FAIL_LIMIT, "the model's graphs are nested deeper than %d", DEPTH_MOST);
	while (b.at < b.end) {
		Item item = {0};
		if (!read_item(&b, &item))
			return fail(error, FAIL_INVALID, "it is no ONNX model, or it is cut off");
		bool elsewhere = of == TENSOR && ((item.field == TENSOR_FILES && item.wire == WIRE_BYTES) ||
		                                         (item.field == TENSOR_PLACE && item.wire == WIRE_NUMBER &&
		                                                 item.number != PLACE_IN_MODEL));
		if (elsewhere)
			return fail(error, FAIL_INVALID,
			        "the model keeps numbers in a file beside it: save it as one file "
			        "(onnx.save_model(..., save_as_external_data=False))");
		Message holds = item.wire == WIRE_BYTES ? held(of, item.field) : OTHER;
		if (holds != OTHER && !walk(item.bytes, holds, depth + 1, error))
			return false;
		has_graph = has_graph || holds == GRAPH;
	}
	return of != MODEL || has_graph || fail(error, FAIL_INVALID, "it is no ONNX model: there is no graph in it");
}

bool onnx_file_check(const uint8_t *bytes, size_t size, GError **error)
{
	return walk((Bytes){bytes, bytes + size}, MODEL, 0, error);
}
