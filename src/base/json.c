/* json.c: canonical text, checked access and files for JSON. */
#include "base/json.h"

#include "base/error.h"
#include "base/file.h"
#include "base/limits.h"

#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

json_t *json_number(double value)
{
	return isfinite(value) ? json_real(value) : json_null();
}

json_t *json_text(const char *text)
{
	if (!text)
		return json_null();
	if (g_utf8_validate(text, -1, NULL))
		return json_string(text);
	g_autofree char *valid = g_utf8_make_valid(text, -1);
	return json_string(valid);
}

static char *dump(const json_t *value, size_t flags)
{
	char *text = json_dumps(value, flags | JSON_ENCODE_ANY | JSON_REAL_PRECISION(17));
	g_assert(text); /* only invalid UTF-8 or NaN could fail, and neither gets into a json_t */
	char *ret = g_strdup(text);
	free(text);
	return ret;
}

char *json_canonical(const json_t *value)
{
	return dump(value, JSON_SORT_KEYS | JSON_COMPACT);
}

char *json_pretty(const json_t *value)
{
	return dump(value, JSON_INDENT(2));
}

/* jansson's parser recurses; its own bound is 2,048 levels, ours is lower, so count brackets outside strings first. */
static bool nests_too_deep(const char *text, size_t size)
{
	int depth = 0;
	bool inside = false;
	for (size_t i = 0; i < size; i++) {
		char c = text[i];
		if (inside) {
			if (c == '\\')
				i++;
			else if (c == '"')
				inside = false;
		} else if (c == '"') {
			inside = true;
		} else if (c == '{' || c == '[') {
			if (++depth > LIMIT_NESTING)
				return true;
		} else if (c == '}' || c == ']') {
			depth--;
		}
	}
	return false;
}

bool json_parse(const char *where, const char *text, size_t size, json_t **ret, GError **error)
{
	if (nests_too_deep(text, size))
		return fail(error, FAIL_LIMIT, "%s: nested deeper than %d levels", where, LIMIT_NESTING);
	json_error_t problem;
	json_t *value = json_loadb(text, size, JSON_DECODE_ANY | JSON_REJECT_DUPLICATES, &problem);
	if (!value)
		return fail(error, FAIL_INVALID, "%s:%d:%d: not JSON: %s", where, problem.line, problem.column,
		        problem.text);
	*ret = value;
	return true;
}

bool json_read_file(const char *path, json_t **ret, GError **error)
{
	g_autofree char *text = NULL;
	size_t size;
	if (!file_read(path, LIMIT_CONFIG_BYTES, &text, &size, error))
		return false;
	return json_parse(path, text, size, ret, error);
}

bool json_write_file(const char *path, const json_t *value, GError **error)
{
	g_autofree char *text = json_canonical(value);
	return file_write(path, text, strlen(text), error);
}

const char *json_get_text(const json_t *object, const char *key, const char *otherwise)
{
	const char *text = json_string_value(json_object_get(object, key));
	return text ? text : otherwise;
}

double json_get_number(const json_t *object, const char *key, double otherwise)
{
	const json_t *value = json_object_get(object, key);
	if (json_is_null(value))
		return NAN;
	return json_is_number(value) ? json_number_value(value) : otherwise;
}

int64_t json_get_int(const json_t *object, const char *key, int64_t otherwise)
{
	const json_t *value = json_object_get(object, key);
	if (json_is_real(value))
		return (int64_t)json_real_value(value);
	return json_is_integer(value) ? json_integer_value(value) : otherwise;
}

bool json_get_bool(const json_t *object, const char *key, bool otherwise)
{
	const json_t *value = json_object_get(object, key);
	return json_is_boolean(value) ? json_is_true(value) : otherwise;
}

const json_t *json_at(const json_t *value, const char *path)
{
	while (value && *path) {
		if (*path == '[') {
			char *end;
			uint64_t index = g_ascii_strtoull(path + 1, &end, 10);
			value = json_array_get(value, index);
			path = *end == ']' ? end + 1 : end;
		} else {
			if (*path == '.')
				path++;
			size_t length = strcspn(path, ".[");
			g_autofree char *key = g_strndup(path, length);
			value = json_object_get(value, key);
			path += length;
		}
	}
	return value;
}
