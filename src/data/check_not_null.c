/* check_not_null.c: a value must be there. */
#include "data/check_kinds.h"

static const Param PARAMS[] = {CHECK_COLUMN, CHECK_COLUMNS, {0}};

static void validate(const json_t *params, const json_t *schema, const char *path, ParamReport *report, void *context)
{
	check_needs_column(params, path, report, context);
}

static bool rule(const CheckSubject *s, CheckRule *ret, GError **error)
{
	g_autoptr(GPtrArray) columns = check_columns(s->params);
	*ret = (CheckRule){.judged = g_strdup("TRUE"),
	        .good = check_all_present(columns),
	        .value = g_strdup("NULL"),
	        .phrase = g_strdup("present")};
	return true;
}

extern const CheckKind CHECK_NOT_NULL;
const CheckKind CHECK_NOT_NULL = {
        .name = "not_null",
        .help = "no value is missing",
        .params = PARAMS,
        .judges_rows = true,
        .validate = validate,
        .rule = rule,
};
