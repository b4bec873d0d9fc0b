/* fuzz_time.c: any text as a time.  What is read is written, and read again as the same moment. */
#include <stdint.h>

#include "data/frame.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	g_autofree char *text = g_strndup((const char *)data, size);
	int64_t us, again;
	if (!time_parse(text, &us))
		return 0;
	g_autofree char *written = time_text(us);
	g_assert_true(time_parse(written, &again));
	g_assert_cmpint(us, ==, again);
	return 0;
}
