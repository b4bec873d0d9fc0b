/* check_in_set.c: a value is one of a list. */
#include "data/check_kinds.h"

/* A list is searched from its start for each row; from here on the engine's hash join is faster. */
#define LONG_LIST 200

static const Param PARAMS[] = {
        {.name = "column", .type = PARAM_TEXT, .flags = PARAM_REQUIRED, .help = "the column to judge"},
        {.name = "values", .type = PARAM_JSON, .flags = PARAM_REQUIRED, .help = "the list of values allowed"},
        {0},
};

static void validate(const json_t *params, const json_t *schema, const char *path, ParamReport *report, void *context)
{
	const json_t *values = json_object_get(params, "values");
	ColumnType type;
	size_t i;
	json_t *value;
	if (!json_is_array(values) || json_array_size(values) == 0) {
		check_report(report, context, path, "values", "a list of at least one value is expected");
		return;
	}
	if (!check_column_type(schema, json_get_text(params, "column", ""), &type))
		return;
	json_array_foreach ((json_t *)values, i, value) {
		g_autofree char *sql = NULL, *shown = json_canonical(value);
		if (!check_literal(value, type, &sql))
			check_report(report, context, path, "values", "%s is no value of \"%s\", a column of type %s",
			        shown, json_get_text(params, "column", ""), column_type_name(type));
	}
}

static char *phrase_of(const json_t *values)
{
	if (json_array_size(values) > 5)
		return g_strdup_printf("one of the %zu values allowed", json_array_size(values));
	g_autofree char *list = json_canonical(values);
	return g_strdup_printf("one of %s", list);
}

static bool rule(const CheckSubject *s, CheckRule *ret, GError **error)
{
	const char *column = json_get_text(s->params, "column", "");
	const json_t *values = json_object_get(s->params, "values");
	ColumnType type;
	if (!check_column_type(s->schema, column, &type))
		return fail(error, FAIL_INVALID, "there is no column \"%s\"", column);
	g_autoptr(GString) list = g_string_new(NULL);
	size_t i;
	json_t *value;
	json_array_foreach ((json_t *)values, i, value) {
		g_autofree char *literal = NULL;
		if (check_literal(value, type, &literal))
			g_string_append_printf(list, "%s%s", i ? ", " : "", literal);
	}
	g_autofree char *name = sql_name(column);
	*ret = (CheckRule){.judged = g_strdup_printf("%s IS NOT NULL", name),
	        .good = json_array_size(values) < LONG_LIST
	                        ? g_strdup_printf("list_contains([%s], %s)", list->str, name)
	                        : g_strdup_printf("%s IN (%s)", name, list->str),
	        .value = g_strdup(name),
	        .phrase = phrase_of(values)};
	return true;
}

extern const CheckKind CHECK_IN_SET;
const CheckKind CHECK_IN_SET = {
        .name = "in_set",
        .help = "values are of a list",
        .params = PARAMS,
        .judges_rows = true,
        .validate = validate,
        .rule = rule,
};
