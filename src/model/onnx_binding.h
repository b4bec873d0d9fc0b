/* onnx_binding.h: how a brought ONNX model is tied to a project: which features fill its inputs, and which output holds the scores.
 *
 * As JSON, which a model is kept with: {"columns": features it is handed, "outputs": scores a row, "one_row": the model takes one row at a time,
 * "inputs": [{"name", "element": "float", "flat": rows without a second dimension, "features": [places], "labels": [a category's text by its code,
 * or null for numbers; one a feature]}], "output": name, "margins": scores are on the scale before the logistic or softmax,
 * "classes": [labels of the project], "order": [which of them each of the model's is], "base": [a usual value of each feature, null: missing], against
 * which explaining sets a row; without it all are missing}. */
#pragma once

#include "model/family.h"
#include "model/onnx_calls.h"

enum { ONNX_DIMENSIONS_MOST = 4 };

/* An input or output as the model declares it. */
typedef struct OnnxPort {
	char *name;
	int kind, element;                   /* OnnxKind, OnnxElement; others are what nothing here takes */
	size_t dimensions;                   /* 0: it does not say */
	int64_t shape[ONNX_DIMENSIONS_MOST]; /* -1: any */
} OnnxPort;

typedef struct OnnxPorts {
	OnnxPort *inputs, *outputs;
	size_t input_count, output_count;
} OnnxPorts;
void onnx_ports_clear(OnnxPorts *p);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(OnnxPorts, onnx_ports_clear)

/* "probabilities" (float, rows x 3).  g_free. */
char *onnx_port_text(const OnnxPort *p);

typedef struct OnnxInput {
	char *name;
	int element;
	bool flat;
	size_t width;
	size_t *features; /* width places */
	char ***labels;   /* width NULL-ended lists; NULL in place of one: numbers */
	size_t *known;    /* width lengths of these lists */
} OnnxInput;

typedef struct OnnxBinding {
	size_t columns, outputs, input_count;
	OnnxInput *inputs;
	char *output;
	bool one_row, margins;
	char **classes; /* NULL-ended */
	size_t *order;  /* outputs */
	float *base;    /* columns */
} OnnxBinding;

/* Ties a model to what a training hands it: names and kinds of set->x, labels of categories and classes of set->recipe and set->roles; params: those of
 * the family, for where names do not say.  FAIL_INVALID, saying what the model wants and what there is.  *ret: new reference. */
bool onnx_bind(const OnnxPorts *ports, const TrainSet *set, const json_t *params, json_t **ret, GError **error);

/* FAIL_BROKEN.  about: from anywhere. */
bool onnx_binding_read(const json_t *about, OnnxBinding **ret, GError **error);
void onnx_binding_free(OnnxBinding *b);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(OnnxBinding, onnx_binding_free)

/* Which class a model's word for one is: its label, or the same number or truth ("1" and "1.0", "True" and "true"); -1: none. */
int onnx_class_of(const OnnxBinding *b, const char *word);
