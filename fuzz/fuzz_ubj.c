/* fuzz_ubj.c: any bytes as Universal Binary JSON. */
#include "model/ubj.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void look(Ubj value)
{
	UbjArray a = ubj_array(value);
	double sum = 0;
	for (size_t i = 0; i < a.count && i < 100; i++) {
		sum += ubj_number(&a, i);
		ubj_skip(&a.items);
	}
	volatile double kept = sum;
	(void)kept;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	Ubj top = {data, data + size, true}, whole = top;
	look(top);
	look(ubj_member(top, "a"));
	look(ubj_member(ubj_member(top, "a"), "b"));
	ubj_skip(&whole);
	return 0;
}
