/* param.c: checking, reading and drawing of settings by their table. */
#include "base/param.h"

#include "base/error.h"
#include "base/json.h"

#include <math.h>
#include <string.h>

const Param *param_find(const Param *params, const char *name)
{
	for (const Param *p = params; p && p->name; p++)
		if (strcmp(p->name, name) == 0)
			return p;
	return NULL;
}

/* Edits that turn one into the other; two letters swapped, the commonest slip, are one edit (optimal string alignment,
 * https://en.wikipedia.org/wiki/Damerau-Levenshtein_distance).  Three rows at a time. */
static size_t edit_distance(const char *a, const char *b)
{
	size_t n = strlen(b), width = n + 1;
	g_autofree size_t *rows = g_new0(size_t, 3 * width);
	size_t *older = rows, *old = rows + width, *row = rows + 2 * width;
	for (size_t j = 0; j <= n; j++)
		row[j] = j;
	for (size_t i = 0; a[i]; i++) {
		size_t *spare = older;
		older = old;
		old = row;
		row = spare;
		row[0] = i + 1;
		for (size_t j = 1; j <= n; j++) {
			bool swapped = i && j > 1 && a[i] == b[j - 2] && a[i - 1] == b[j - 1];
			size_t change = old[j - 1] + (a[i] != b[j - 1]);
			row[j] = MIN(change, MIN(old[j], row[j - 1]) + 1);
			row[j] = swapped ? MIN(row[j], older[j - 2] + 1) : row[j];
		}
	}
	return row[n];
}

const char *nearest_name(const char *text, const char *const *names)
{
	const char *best = NULL;
	size_t best_distance = MAX((size_t)1, strlen(text) / 3) + 1;
	if (strlen(text) > 200)
		return NULL;
	for (; *names; names++) {
		size_t distance = edit_distance(text, *names);
		if (distance < best_distance) {
			best = *names;
			best_distance = distance;
		}
	}
	return best;
}

static const char *nearest_param(const Param *params, const char *name)
{
	g_autoptr(GPtrArray) names = g_ptr_array_new();
	for (const Param *p = params; p->name; p++)
		if (!(p->flags & PARAM_HIDDEN))
			g_ptr_array_add(names, (void *)p->name);
	g_ptr_array_add(names, NULL);
	return nearest_name(name, (const char *const *)names->pdata);
}

static bool has_bounds(const Param *p)
{
	return p->min < p->max;
}

static char *bounds_text(const Param *p)
{
	if (!has_bounds(p))
		return g_strdup("");
	if (isinf(p->max))
		return g_strdup_printf(" of at least %g", p->min);
	if (isinf(p->min))
		return g_strdup_printf(" of at most %g", p->max);
	return g_strdup_printf(" from %g to %g", p->min, p->max);
}

char *param_expects(const Param *p)
{
	g_autofree char *bounds = bounds_text(p);
	g_autofree char *choices = p->choices ? g_strjoinv(", ", (char **)p->choices) : NULL;
	switch (p->type) {
	case PARAM_BOOL:
		return g_strdup("true or false");
	case PARAM_INT:
		return g_strdup_printf("a whole number%s", bounds);
	case PARAM_REAL:
		return g_strdup_printf("a number%s", bounds);
	case PARAM_TEXT:
		return choices ? g_strdup_printf("one of: %s", choices) : g_strdup("a text");
	case PARAM_TEXTS:
		return choices ? g_strdup_printf("a list of: %s", choices) : g_strdup("a list of texts");
	case PARAM_JSON:
		break;
	}
	return g_strdup("a value");
}

static bool is_choice(const Param *p, const json_t *value)
{
	return !p->choices || g_strv_contains(p->choices, json_string_value(value));
}

static bool is_within(const Param *p, double value)
{
	return !has_bounds(p) || (value >= p->min && value <= p->max);
}

static json_t *as_texts(const Param *p, const json_t *value)
{
	if (json_is_string(value))
		return is_choice(p, value) ? json_pack("[O]", value) : NULL;
	if (!json_is_array(value))
		return NULL;
	size_t i;
	json_t *item;
	json_array_foreach (value, i, item)
		if (!json_is_string(item) || !is_choice(p, item))
			return NULL;
	return json_deep_copy(value);
}

/* The value in the declared type, or NULL if it is not of it. */
static json_t *as_declared(const Param *p, const json_t *value)
{
	double number = json_number_value(value);
	switch (p->type) {
	case PARAM_BOOL:
		return json_is_boolean(value) ? json_incref((json_t *)value) : NULL;
	case PARAM_INT:
		if (!json_is_number(value) || number != floor(number) || fabs(number) > 0x1p63 || !is_within(p, number))
			return NULL;
		return json_is_integer(value) ? json_incref((json_t *)value) : json_integer((json_int_t)number);
	case PARAM_REAL:
		return json_is_number(value) && is_within(p, number) ? json_real(number) : NULL;
	case PARAM_TEXT:
		return json_is_string(value) && is_choice(p, value) ? json_incref((json_t *)value) : NULL;
	case PARAM_TEXTS:
		return as_texts(p, value);
	case PARAM_JSON:
		break;
	}
	return json_deep_copy(value);
}

static char *join_path(const char *path, const char *key)
{
	return *path ? g_strdup_printf("%s.%s", path, key) : g_strdup(key);
}

static char *shown(const json_t *value)
{
	g_autofree char *text = json_canonical(value);
	if (strlen(text) <= 60)
		return g_steal_pointer(&text);
	char *end = g_utf8_find_prev_char(text, text + 57);
	return g_strdup_printf("%.*s...", (int)(end - text), text);
}

typedef struct Check {
	const char *path;
	ParamReport *report;
	void *context;
	bool ok;
} Check;

static void problem(Check *check, const char *key, char *sentence)
{
	g_autofree char *path = join_path(check->path, key);
	check->ok = false;
	check->report(check->context, path, sentence);
	g_free(sentence);
}

static void check_unknown(Check *check, const Param *params, const char *key)
{
	const char *near = nearest_param(params, key);
	problem(check, key,
	        near ? g_strdup_printf("unknown key \"%s\"; did you mean \"%s\"?", key, near)
	             : g_strdup_printf("unknown key \"%s\"", key));
}

/* Is an unknown key a misspelling of this one?  Then that is told, and not that this one is missing. */
static bool is_misspelt(const Param *params, const char *name, const json_t *in)
{
	const char *key;
	json_t *value;
	json_object_foreach ((json_t *)in, key, value)
		if (!param_find(params, key) && g_strcmp0(nearest_param(params, key), name) == 0)
			return true;
	return false;
}

static void check_one(Check *check, const Param *params, const Param *p, const json_t *in, json_t *out)
{
	const json_t *value = json_object_get(in, p->name);
	if (!value || json_is_null(value)) {
		if (p->flags & PARAM_REQUIRED && is_misspelt(params, p->name, in))
			check->ok = false;
		else if (p->flags & PARAM_REQUIRED)
			problem(check, p->name, g_strdup_printf("\"%s\" is missing: %s", p->name, p->help));
		else if (p->preset)
			json_object_set_new(out, p->name, json_loads(p->preset, JSON_DECODE_ANY, NULL));
		return;
	}
	json_t *declared = as_declared(p, value);
	if (declared) {
		json_object_set_new(out, p->name, declared);
		return;
	}
	g_autofree char *expects = param_expects(p);
	g_autofree char *given = shown(value);
	const char *near =
	        p->choices && json_is_string(value) ? nearest_name(json_string_value(value), p->choices) : NULL;
	problem(check, p->name,
	        near ? g_strdup_printf("%s is not %s; did you mean \"%s\"?", given, expects, near)
	             : g_strdup_printf("%s is not %s", given, expects));
}

json_t *param_check(const Param *params, const char *path, const json_t *in, ParamReport *report, void *context)
{
	Check check = {.path = path, .report = report, .context = context, .ok = true};
	if (in && !json_is_object(in) && !json_is_null(in)) {
		g_autofree char *given = shown(in);
		g_autofree char *sentence = g_strdup_printf("%s is not a block of keys and values", given);
		report(context, path, sentence);
		return NULL;
	}
	const char *key;
	json_t *value;
	json_object_foreach ((json_t *)in, key, value)
		if (!param_find(params, key))
			check_unknown(&check, params, key);
	json_t *out = json_object();
	for (const Param *p = params; p->name; p++)
		check_one(&check, params, p, in, out);
	if (check.ok)
		return out;
	json_decref(out);
	return NULL;
}

typedef struct First {
	char *path, *problem;
} First;

static void keep_first(void *context, const char *path, const char *sentence)
{
	First *first = context;
	if (first->problem)
		return;
	first->path = g_strdup(path);
	first->problem = g_strdup(sentence);
}

bool param_fill(const Param *params, const char *where, const json_t *in, json_t **ret, GError **error)
{
	First first = {0};
	json_t *out = param_check(params, "", in, keep_first, &first);
	if (!out && first.problem)
		fail(error, FAIL_INVALID, "%s%s%s%s%s", where ? where : "", where ? ": " : "", first.path,
		        *first.path ? ": " : "", first.problem);
	g_free(first.path);
	g_free(first.problem);
	if (!out)
		return false;
	*ret = out;
	return true;
}

static json_t *from_text(const Param *p, const char *text)
{
	if (p->type == PARAM_TEXT)
		return json_text(text);
	if (p->type == PARAM_TEXTS) {
		json_t *list = json_array();
		g_auto(GStrv) parts = g_strsplit(text, ",", -1);
		for (char **part = parts; *part; part++)
			json_array_append_new(list, json_text(*part));
		return list;
	}
	json_t *value = json_loads(text, JSON_DECODE_ANY, NULL);
	return value || p->type != PARAM_JSON ? value : json_text(text);
}

bool param_from_text(const Param *p, const char *text, json_t **ret, GError **error)
{
	json_auto_t *typed = from_text(p, text);
	json_t *declared = typed ? as_declared(p, typed) : NULL;
	if (!declared) {
		g_autofree char *expects = param_expects(p);
		const char *near = p->choices ? nearest_name(text, p->choices) : NULL;
		return fail(error, FAIL_INVALID, "%s: \"%s\" is not %s%s%s%s", p->name, text, expects,
		        near ? "; did you mean \"" : "", near ? near : "", near ? "\"?" : "");
	}
	*ret = declared;
	return true;
}

json_t *param_draw(const Param *p, Rng *rng)
{
	double low = p->tune_min, high = p->tune_max;
	if (low == 0 && high == 0) {
		low = p->min;
		high = p->max;
	}
	if (p->choices)
		return json_string(p->choices[rng_below(rng, g_strv_length((char **)p->choices))]);
	if (p->type == PARAM_BOOL)
		return json_boolean(rng_bits(rng) >> 63);
	if (p->type == PARAM_INT && !(p->flags & PARAM_LOG))
		return json_integer((json_int_t)low + (json_int_t)rng_below(rng, (uint64_t)(high - low) + 1));
	double unit = rng_unit(rng);
	double value = p->flags & PARAM_LOG ? exp(log(low) + unit * (log(high) - log(low))) : low + unit * (high - low);
	return p->type == PARAM_INT ? json_integer((json_int_t)round(value)) : json_real(value);
}

static const char *const TYPE_NAMES[] = {
        [PARAM_BOOL] = "boolean",
        [PARAM_INT] = "integer",
        [PARAM_REAL] = "number",
        [PARAM_TEXT] = "string",
        [PARAM_TEXTS] = "array",
};

static json_t *schema_of(const Param *p)
{
	json_t *schema = json_pack("{s:s}", "description", p->help);
	if (p->type != PARAM_JSON)
		json_object_set_new(schema, "type", json_string(TYPE_NAMES[p->type]));
	json_t *choices = p->choices ? json_array() : NULL;
	for (const char *const *c = p->choices; c && *c; c++)
		json_array_append_new(choices, json_string(*c));
	if (p->type == PARAM_TEXTS)
		json_object_set_new(schema, "items",
		        choices ? json_pack("{s:s,s:o}", "type", "string", "enum", choices)
		                : json_pack("{s:s}", "type", "string"));
	else if (choices)
		json_object_set_new(schema, "enum", choices);
	if (has_bounds(p) && !isinf(p->min))
		json_object_set_new(schema, "minimum", json_real(p->min));
	if (has_bounds(p) && !isinf(p->max))
		json_object_set_new(schema, "maximum", json_real(p->max));
	if (p->preset)
		json_object_set_new(schema, "default", json_loads(p->preset, JSON_DECODE_ANY, NULL));
	return schema;
}

json_t *param_schema(const Param *params)
{
	json_t *properties = json_object();
	json_t *required = json_array();
	for (const Param *p = params; p->name; p++) {
		if (p->flags & PARAM_HIDDEN)
			continue;
		json_object_set_new(properties, p->name, schema_of(p));
		if (p->flags & PARAM_REQUIRED)
			json_array_append_new(required, json_string(p->name));
	}
	return json_pack("{s:s,s:o,s:o,s:b}", "type", "object", "properties", properties, "required", required,
	        "additionalProperties", 0);
}
