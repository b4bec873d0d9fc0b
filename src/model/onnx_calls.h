/* onnx_calls.h: the calls of ONNX Runtime's C interface that predicting uses, found when first needed.
 *
 * The library gives a table of calls by version; which call stands at which place of version 1 is fixed for good (its header
 * onnxruntime_c_api.h holds itself to that), so neither that header nor one version of the library is needed here.  The library is in the
 * Python wheel of its name (onnxruntime/capi/libonnxruntime.so.VERSION).  It is looked for as the variable GYRE_ONNXRUNTIME says; without
 * it beside the program (../lib/gyre, ../deps/onnxruntime), then where the system looks for libraries. */
#pragma once

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

typedef struct OnnxStatus OnnxStatus; /* NULL: all is well */
typedef struct OnnxEnv OnnxEnv;
typedef struct OnnxOptions OnnxOptions;
typedef struct OnnxRuntime OnnxRuntime; /* a model ready to run; any number of threads may run it at once */
typedef struct OnnxValue OnnxValue;
typedef struct OnnxTypeInfo OnnxTypeInfo;
typedef struct OnnxTensorInfo OnnxTensorInfo;
typedef struct OnnxMemoryInfo OnnxMemoryInfo;
typedef struct OnnxAllocator OnnxAllocator;

typedef enum OnnxKind { ONNX_KIND_TENSOR = 1, ONNX_KIND_SEQUENCE = 2, ONNX_KIND_MAP = 3 } OnnxKind;

/* Types of a tensor's elements, as ONNX numbers them. */
typedef enum OnnxElement {
	ONNX_ELEMENT_FLOAT = 1,
	ONNX_ELEMENT_INT32 = 6,
	ONNX_ELEMENT_INT64 = 7,
	ONNX_ELEMENT_STRING = 8,
	ONNX_ELEMENT_BOOL = 9,
	ONNX_ELEMENT_DOUBLE = 11,
} OnnxElement;

typedef struct OnnxCalls {
	const char *(*status_text)(const OnnxStatus *status);
	OnnxStatus *(*env_new)(int level, const char *name, OnnxEnv **ret);
	OnnxStatus *(*runtime_new)(
	        const OnnxEnv *env, const void *model, size_t size, const OnnxOptions *options, OnnxRuntime **ret);
	OnnxStatus *(*run)(OnnxRuntime *r, const void *options, const char *const *input_names,
	        const OnnxValue *const *inputs, size_t input_count, const char *const *output_names,
	        size_t output_count, OnnxValue **ret);
	OnnxStatus *(*options_new)(OnnxOptions **ret);
	OnnxStatus *(*options_no_arena)(OnnxOptions *options);
	OnnxStatus *(*options_inner_threads)(OnnxOptions *options, int threads);
	OnnxStatus *(*options_outer_threads)(OnnxOptions *options, int threads);
	OnnxStatus *(*input_count)(const OnnxRuntime *r, size_t *ret);
	OnnxStatus *(*output_count)(const OnnxRuntime *r, size_t *ret);
	OnnxStatus *(*input_type)(const OnnxRuntime *r, size_t i, OnnxTypeInfo **ret);
	OnnxStatus *(*output_type)(const OnnxRuntime *r, size_t i, OnnxTypeInfo **ret);
	OnnxStatus *(*input_name)(const OnnxRuntime *r, size_t i, OnnxAllocator *with, char **ret);
	OnnxStatus *(*output_name)(const OnnxRuntime *r, size_t i, OnnxAllocator *with, char **ret);
	OnnxStatus *(*tensor_new)(
	        OnnxAllocator *with, const int64_t *shape, size_t dimensions, int element, OnnxValue **ret);
	OnnxStatus *(*tensor_over)(const OnnxMemoryInfo *where, void *bytes, size_t size, const int64_t *shape,
	        size_t dimensions, int element, OnnxValue **ret);
	OnnxStatus *(*tensor_data)(OnnxValue *value, void **ret);
	OnnxStatus *(*tensor_fill)(OnnxValue *value, const char *const *texts, size_t count);
	OnnxStatus *(*texts_size)(const OnnxValue *value, size_t *ret);
	OnnxStatus *(*texts)(const OnnxValue *value, void *ret, size_t size, size_t *ret_starts, size_t count);
	OnnxStatus *(*tensor_of_type)(const OnnxTypeInfo *type, const OnnxTensorInfo **ret);
	OnnxStatus *(*kind_of_type)(const OnnxTypeInfo *type, int *ret);
	OnnxStatus *(*element)(const OnnxTensorInfo *info, int *ret);
	OnnxStatus *(*dimension_count)(const OnnxTensorInfo *info, size_t *ret);
	OnnxStatus *(*dimensions)(const OnnxTensorInfo *info, int64_t *ret, size_t count);
	OnnxStatus *(*item_count)(const OnnxTensorInfo *info, size_t *ret);
	OnnxStatus *(*tensor_info)(const OnnxValue *value, OnnxTensorInfo **ret);
	OnnxStatus *(*kind)(const OnnxValue *value, int *ret);
	OnnxStatus *(*memory_info_new)(int allocator, int memory, OnnxMemoryInfo **ret);
	OnnxStatus *(*allocator_free)(OnnxAllocator *with, void *memory);
	OnnxStatus *(*allocator)(OnnxAllocator **ret);
	OnnxStatus *(*item)(const OnnxValue *value, int i, OnnxAllocator *with, OnnxValue **ret);
	OnnxStatus *(*size)(const OnnxValue *value, size_t *ret);
	void (*status_free)(OnnxStatus *status);
	void (*runtime_free)(OnnxRuntime *r);
	void (*value_free)(OnnxValue *value);
	void (*type_free)(OnnxTypeInfo *type);
	void (*tensor_info_free)(OnnxTensorInfo *info);
	void (*options_free)(OnnxOptions *options);
} OnnxCalls;

/* The library as it is open in this process: one environment, which writes nothing. */
typedef struct OnnxLibrary {
	OnnxCalls calls;
	OnnxEnv *env;
	OnnxMemoryInfo *memory;
	OnnxAllocator *allocator; /* the usual one */
} OnnxLibrary;

/* FAIL_UNAVAILABLE, saying how to get it. */
bool onnx_library(const OnnxLibrary **ret, GError **error);
/* True for NULL.  Else FAIL_INVALID, "ONNX Runtime could not WHAT: ...", and the status is freed. */
bool onnx_ok(const OnnxLibrary *l, OnnxStatus *status, const char *what, GError **error);
