/* fuzz_yaml.c: any bytes as YAML.  What is refused is refused with a place; what is accepted reads back equal from its
 * canonical JSON, which is YAML too. */
#include <stdint.h>
#include <string.h>

#include "base/json.h"
#include "base/yaml.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* DEL is a character of JSON, but not of YAML. */
static bool is_yaml_too(const char *json)
{
	return !strchr(json, 0x7f) && strlen(json) < 1000; /* nor may a key be longer than 1,024 */
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	g_autoptr(Yaml) y = NULL;
	g_autoptr(GError) error = NULL;
	int line, column;
	if (!yaml_parse("input", (const char *)data, size, &y, &error)) {
		g_assert_true(g_str_has_prefix(error->message, "input"));
		return 0;
	}
	yaml_position(y, "a.b[2].c", &line, &column);
	g_assert_true(line >= 1 && column >= 1);
	g_autofree char *text = json_canonical(yaml_root(y));
	if (!is_yaml_too(text))
		return 0;
	g_autoptr(Yaml) again = NULL;
	g_assert_true(yaml_parse("canonical", text, strlen(text), &again, NULL));
	g_assert_true(json_equal(yaml_root(y), yaml_root(again)) || strstr(text, "null"));
	return 0;
}
