/* check_row_count.c: how many rows there are. */
#include "data/check_kinds.h"

static const Param PARAMS[] = {
        {.name = "min", .type = PARAM_INT, .max = 1e18, .help = "the least number of rows"},
        {.name = "max", .type = PARAM_INT, .max = 1e18, .help = "the greatest number of rows"},
        {0},
};

static void validate(const json_t *params, const json_t *schema, const char *path, ParamReport *report, void *context)
{
	if (!json_object_get(params, "min") && !json_object_get(params, "max"))
		check_report(report, context, path, NULL, "neither \"min\" nor \"max\" is given");
}

static bool ask(const CheckSubject *s, char **ret, GError **error)
{
	const char *where = json_get_text(s->params, "where", NULL);
	*ret = where ? g_strdup_printf("count(*) FILTER (WHERE (%s\n))", where) : g_strdup("count(*)");
	return true;
}

static bool judge(const CheckSubject *s, const json_t *answer, char **ret_problem, GError **error)
{
	int64_t rows = json_integer_value(answer);
	int64_t min = json_get_int(s->params, "min", 0), max = json_get_int(s->params, "max", INT64_MAX);
	if (rows < min)
		*ret_problem = g_strdup_printf(
		        "%" G_GINT64_FORMAT " rows where at least %" G_GINT64_FORMAT " are expected", rows, min);
	else if (rows > max)
		*ret_problem = g_strdup_printf(
		        "%" G_GINT64_FORMAT " rows where at most %" G_GINT64_FORMAT " are expected", rows, max);
	return true;
}

extern const CheckKind CHECK_ROW_COUNT;
const CheckKind CHECK_ROW_COUNT = {
        .name = "row_count",
        .help = "the table has so many rows",
        .params = PARAMS,
        .validate = validate,
        .ask = ask,
        .judge = judge,
};
