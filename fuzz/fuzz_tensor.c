/* fuzz_tensor.c: one tensor of the Open Inference Protocol: two bytes with the length of its JSON, the JSON, and bytes behind it. */
#include <stddef.h>
#include <stdint.h>

#include "../tests/serve/served_kit.h"
#include "http/tensor.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static Served *s;
	if (!s)
		s = kit_served();
	if (size < 2)
		return 0;
	size_t head = MIN((size_t)data[0] | (size_t)data[1] << 8, size - 2);
	g_autofree char *text = g_malloc(head + 1); /* NUL behind it, as behind a request's body */
	memcpy(text, data + 2, head);
	text[head] = '\0';
	g_autofree uint8_t *binary = g_memdup2(data + 2 + head, size - 2 - head);
	g_autoptr(Batch) b = batch_new(s, 50);
	g_autoptr(GError) error = NULL;
	Scan scan;
	Tensor t;
	scan_start(&scan, text, head);
	if (tensor_scan(&scan, &t, &error) && (t.binary_size < 0 || (size_t)t.binary_size <= size - 2 - head)) {
		bool ok = tensor_add(&t, b, text + head, binary, &error);
		g_assert(ok == !error);
	}
	scan_clear(&scan);
	return 0;
}
