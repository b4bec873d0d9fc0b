/* check_column_names.c: the check `columns`: which columns the table has. */
#include "data/check_kinds.h"

static const Param PARAMS[] = {
        {.name = "columns", .type = PARAM_TEXTS, .flags = PARAM_REQUIRED, .help = "the columns the table must have"},
        {.name = "exact", .type = PARAM_BOOL, .preset = "false", .help = "must there be no others, and in this order?"},
        {0},
};

static bool ask(const CheckSubject *s, char **ret, GError **error)
{
	*ret = NULL;
	return true;
}

static char *missing_names(const GPtrArray *wanted, const json_t *schema)
{
	GString *names = g_string_new(NULL);
	for (guint i = 0; i < wanted->len; i++)
		if (!schema_column(schema, wanted->pdata[i]))
			g_string_append_printf(names, "%s%s", names->len ? ", " : "", (char *)wanted->pdata[i]);
	return g_string_free(names, FALSE);
}

/* The first place where the table's columns are others. */
static char *first_difference(const GPtrArray *wanted, const json_t *schema)
{
	const json_t *columns = json_object_get(schema, "columns");
	size_t count = json_array_size(columns);
	for (guint i = 0; i < MAX(wanted->len, count); i++) {
		const char *want = i < wanted->len ? wanted->pdata[i] : "none";
		const char *have = i < count ? json_get_text(json_array_get(columns, i), "name", "") : "none";
		if (i >= wanted->len || i >= count || strcmp(want, have) != 0)
			return g_strdup_printf("column %u is %s where %s is expected", i + 1, have, want);
	}
	return NULL;
}

static bool judge(const CheckSubject *s, const json_t *answer, char **ret_problem, GError **error)
{
	g_autoptr(GPtrArray) wanted = check_columns(s->params);
	g_autofree char *missing = missing_names(wanted, s->schema);
	if (*missing)
		*ret_problem = g_strdup_printf("the table lacks %s", missing);
	else if (json_get_bool(s->params, "exact", false))
		*ret_problem = first_difference(wanted, s->schema);
	return true;
}

extern const CheckKind CHECK_COLUMN_NAMES;
const CheckKind CHECK_COLUMN_NAMES = {
        .name = "columns",
        .help = "the table has these columns",
        .params = PARAMS,
        .ask = ask,
        .judge = judge,
};
