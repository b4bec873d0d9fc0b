/* fuzz_matcher.c: any text as a matcher of alarms, as POST /api/v1/alarm/silence takes it.  What is accepted holds or does not, and its
 * opposite says the opposite. */
#include <stdint.h>
#include <string.h>

#include "base/json.h"
#include "monitor/matcher.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	g_autofree char *text = g_strndup((const char *)data, size);
	json_auto_t *value = json_text(text), *list = json_pack("[O]", value),
	            *alarm = json_pack(
	                    "{s:s,s:s,s:i,s:s}", "look", "drift", "model", "loans", "version", 3, "subject", "zip");
	if (!matchers_check(list, NULL))
		return 0;
	bool holds = matchers_hold(list, alarm);
	char *equals = strchr(text, '=');
	if (equals && equals > text && equals[-1] != '!' && equals[1] != '~' && !strchr(text, '!')) {
		g_autofree char *name = g_strndup(text, (gsize)(equals - text)),
		                *opposite = g_strconcat(name, "!", equals, NULL);
		json_auto_t *other = json_pack("[s]", opposite);
		g_assert_true(matchers_check(other, NULL) && matchers_hold(other, alarm) != holds);
	}
	return 0;
}
