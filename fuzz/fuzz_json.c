/* fuzz_json.c: any bytes as JSON.  What is accepted has a canonical text that is accepted again and stays as it is. */
#include <stdint.h>
#include <string.h>

#include "base/json.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	json_auto_t *value = NULL;
	if (!json_parse("input", (const char *)data, size, &value, NULL))
		return 0;
	g_autofree char *text = json_canonical(value);
	json_auto_t *again = NULL;
	g_assert_true(json_parse("canonical", text, strlen(text), &again, NULL));
	g_autofree char *same = json_canonical(again);
	g_assert_cmpstr(text, ==, same);
	json_at(value, "a.b[2].c");
	g_free(json_pretty(value));
	return 0;
}
