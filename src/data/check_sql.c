/* check_sql.c: what the other kinds cannot say: a condition every row must meet, or a query for rows that must not be. */
#include "data/check_kinds.h"
#include "data/user_query.h"

static const Param PARAMS[] = {
        {.name = "condition", .type = PARAM_TEXT, .help = "SQL that is true for a good row: \"arrival > departure\""},
        {.name = "query", .type = PARAM_TEXT, .help = "or a query that gives the bad rows; the table is called data"},
        {0},
};

static void validate(const json_t *params, const json_t *schema, const char *path, ParamReport *report, void *context)
{
	if (!json_object_get(params, "condition") == !json_object_get(params, "query"))
		check_report(report, context, path, NULL, "give either \"condition\" or \"query\"");
	if (json_object_get(params, "query") && json_object_get(params, "where"))
		check_report(report, context, path, "where", "with a query, put the condition into the query");
}

/* As in SQL's own CHECK: a condition that is unknown because a value is missing is not broken. */
static bool rule(const CheckSubject *s, CheckRule *ret, GError **error)
{
	const char *condition = json_get_text(s->params, "condition", "");
	*ret = (CheckRule){.judged = g_strdup_printf("(%s\n) IS NOT NULL", condition),
	        .good = g_strdup_printf("(%s\n)", condition),
	        .value = g_strdup("NULL"),
	        .phrase = g_strdup_printf("such that %s", condition)};
	return true;
}

static bool ask(const CheckSubject *s, char **ret, GError **error)
{
	g_autofree char *query = user_query_trim(json_get_text(s->params, "query", ""));
	*ret = g_strdup_printf("(SELECT count(*) FROM (%s\n))", query);
	return true;
}

static bool judge(const CheckSubject *s, const json_t *answer, char **ret_problem, GError **error)
{
	int64_t rows = json_integer_value(answer);
	if (rows > 0)
		*ret_problem =
		        g_strdup_printf("the query gives %" G_GINT64_FORMAT " rows where none are expected", rows);
	return true;
}

extern const CheckKind CHECK_SQL;
const CheckKind CHECK_SQL = {
        .name = "sql",
        .help = "rows meet a condition in SQL, or a query finds no bad rows",
        .params = PARAMS,
        .judges_rows = true,
        .table_param = "query",
        .validate = validate,
        .rule = rule,
        .ask = ask,
        .judge = judge,
};
