/* check_type.c: a column is of a type. */
#include "data/check_kinds.h"

static const char *const TYPES[] = {"bool", "int", "real", "text", "time", NULL};

static const Param PARAMS[] = {
        {.name = "column", .type = PARAM_TEXT, .flags = PARAM_REQUIRED, .help = "the column to judge"},
        {.name = "type",
                .type = PARAM_TEXTS,
                .choices = TYPES,
                .flags = PARAM_REQUIRED,
                .help = "the type, or a list of types allowed"},
        {0},
};

static bool ask(const CheckSubject *s, char **ret, GError **error)
{
	*ret = NULL;
	return true;
}

static bool judge(const CheckSubject *s, const json_t *answer, char **ret_problem, GError **error)
{
	const char *column = json_get_text(s->params, "column", "");
	const char *type = json_get_text(schema_column(s->schema, column), "type", "none");
	g_autoptr(GString) wanted = g_string_new(NULL);
	size_t i;
	json_t *one;
	json_array_foreach (json_object_get(s->params, "type"), i, one) {
		if (strcmp(json_string_value(one), type) == 0)
			return true;
		g_string_append_printf(wanted, "%s%s", i ? " or " : "", json_string_value(one));
	}
	*ret_problem = g_strdup_printf("column \"%s\" is of type %s where %s is expected", column, type, wanted->str);
	return true;
}

extern const CheckKind CHECK_TYPE;
const CheckKind CHECK_TYPE = {
        .name = "type",
        .help = "a column is of a type",
        .params = PARAMS,
        .ask = ask,
        .judge = judge,
};
