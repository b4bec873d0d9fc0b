/* fuzz_param.c: any text as the value of each type of setting, and any JSON as a table of settings.  What is accepted is
 * accepted again, unchanged. */
#include <stdint.h>
#include <string.h>

#include "base/json.h"
#include "base/param.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char *const COLOURS[] = {"red", "green", NULL};
static const Param PARAMS[] = {
        {"flag", PARAM_BOOL, "yes or no", "false"},
        {"depth", PARAM_INT, "a whole number", "6", .min = -3, .max = 30},
        {"rate", PARAM_REAL, "a number", "0.3", .min = 0, .max = 1},
        {"colour", PARAM_TEXT, "a colour", "\"red\"", .choices = COLOURS},
        {"columns", PARAM_TEXTS, "which columns"},
        {"more", PARAM_JSON, "anything"},
        {NULL},
};

static void fill_twice(const json_t *in)
{
	json_auto_t *filled = NULL;
	if (!param_fill(PARAMS, "input", in, &filled, NULL))
		return;
	json_auto_t *again = NULL;
	g_assert_true(param_fill(PARAMS, "filled", filled, &again, NULL));
	g_assert_true(json_equal(filled, again));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	g_autofree char *text = g_strndup((const char *)data, size);
	for (const Param *p = PARAMS; p->name; p++) {
		json_auto_t *value = NULL;
		if (!param_from_text(p, text, &value, NULL))
			continue;
		json_auto_t *in = json_object();
		json_object_set(in, p->name, value);
		fill_twice(in);
	}
	json_auto_t *value = NULL;
	if (json_parse("input", text, strlen(text), &value, NULL))
		fill_twice(value);
	return 0;
}
