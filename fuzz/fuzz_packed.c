/* fuzz_packed.c: any bytes as a packed file.  The walk ends within them; what is whole stays so with itself behind it. */
#include <stdint.h>
#include <string.h>

#include "data/packed.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void look(const uint8_t *data, size_t size, const char *compression)
{
	g_autofree char *tight = g_malloc(2 * size); /* exactly as long: ASan sees a read behind it */
	memcpy(tight, data, size);
	memcpy(tight + size, data, size);
	if (packed_look(tight + size, size, compression) == PACKED_WHOLE)
		g_assert_cmpint(packed_look(tight, 2 * size, compression), ==, PACKED_WHOLE);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (size == 0)
		return 0;
	look(data, size, "gzip");
	look(data, size, "zstd");
	return 0;
}
