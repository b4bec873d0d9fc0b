/* fuzz_onnx_file.c: any bytes as an ONNX model. */
#include "model/onnx_file.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	g_autoptr(GError) error = NULL;
	bool ok = onnx_file_check(data, size, &error);
	g_assert_true(ok == !error);
	return 0;
}
