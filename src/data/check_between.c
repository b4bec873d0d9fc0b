/* check_between.c: a value lies between two bounds. */
#include "data/check_kinds.h"

static const Param PARAMS[] = {
        {.name = "column", .type = PARAM_TEXT, .flags = PARAM_REQUIRED, .help = "the column to judge"},
        {.name = "min", .type = PARAM_JSON, .help = "the least value allowed: a number, a time or a text"},
        {.name = "max", .type = PARAM_JSON, .help = "the greatest value allowed"},
        {.name = "strict", .type = PARAM_BOOL, .preset = "false", .help = "are the bounds themselves not allowed?"},
        {0},
};

static void validate_bound(
        const json_t *params, const char *key, ColumnType type, const char *path, ParamReport *report, void *context)
{
	const json_t *bound = json_object_get(params, key);
	g_autofree char *sql = NULL;
	if (bound && !check_literal(bound, type, &sql)) {
		g_autofree char *shown = json_canonical(bound);
		check_report(report, context, path, key, "%s is no value of \"%s\", a column of type %s", shown,
		        json_get_text(params, "column", ""), column_type_name(type));
	}
}

static void validate(const json_t *params, const json_t *schema, const char *path, ParamReport *report, void *context)
{
	ColumnType type;
	if (!json_object_get(params, "min") && !json_object_get(params, "max"))
		check_report(report, context, path, NULL, "neither \"min\" nor \"max\" is given");
	if (!check_column_type(schema, json_get_text(params, "column", ""), &type))
		return;
	if (type == COLUMN_BOOL) {
		check_report(report, context, path, "column", "true and false have no order; use in_set");
		return;
	}
	validate_bound(params, "min", type, path, report, context);
	validate_bound(params, "max", type, path, report, context);
}

static char *shown_bound(const json_t *params, const char *key)
{
	const json_t *bound = json_object_get(params, key);
	if (!bound)
		return NULL;
	return json_is_string(bound) ? g_strdup(json_string_value(bound)) : json_canonical(bound);
}

static char *phrase_of(const json_t *params, bool strict)
{
	g_autofree char *min = shown_bound(params, "min"), *max = shown_bound(params, "max");
	if (min && max)
		return g_strdup_printf("between %s and %s%s", min, max, strict ? " (these not included)" : "");
	if (min)
		return g_strdup_printf("%s %s", strict ? "greater than" : "at least", min);
	return g_strdup_printf("%s %s", strict ? "less than" : "at most", max);
}

static void add_bound(GString *sql, const json_t *params, const char *key, ColumnType type, const char *compare)
{
	const json_t *bound = json_object_get(params, key);
	g_autofree char *literal = NULL;
	g_autofree char *name = sql_name(json_get_text(params, "column", ""));
	if (bound && check_literal(bound, type, &literal))
		g_string_append_printf(sql, "%s%s %s %s", sql->len ? " AND " : "", name, compare, literal);
}

static bool rule(const CheckSubject *s, CheckRule *ret, GError **error)
{
	const char *column = json_get_text(s->params, "column", "");
	bool strict = json_get_bool(s->params, "strict", false);
	ColumnType type;
	if (!check_column_type(s->schema, column, &type))
		return fail(error, FAIL_INVALID, "there is no column \"%s\"", column);
	g_autofree char *name = sql_name(column);
	g_autoptr(GString) good = g_string_new(NULL);
	add_bound(good, s->params, "min", type, strict ? ">" : ">=");
	add_bound(good, s->params, "max", type, strict ? "<" : "<=");
	if (type == COLUMN_REAL) /* the engine orders NaN above all numbers */
		g_string_append_printf(good, " AND NOT isnan(%s)", name);
	*ret = (CheckRule){.judged = g_strdup_printf("%s IS NOT NULL", name),
	        .good = g_strdup(good->str),
	        .value = g_strdup(name),
	        .phrase = phrase_of(s->params, strict)};
	return true;
}

extern const CheckKind CHECK_BETWEEN;
const CheckKind CHECK_BETWEEN = {
        .name = "between",
        .help = "values lie between two bounds; NaN does not",
        .params = PARAMS,
        .judges_rows = true,
        .validate = validate,
        .rule = rule,
};
