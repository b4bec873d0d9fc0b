/* check_unique.c: no two rows have the same value, or the same values of several columns.
 *
 * The first row of each value (in the order of the table) is good, the later ones are bad; rows with a missing part are not
 * judged. */
#include "data/check_kinds.h"

static const Param PARAMS[] = {CHECK_COLUMN, CHECK_COLUMNS, {0}};

static void validate(const json_t *params, const json_t *schema, const char *path, ParamReport *report, void *context)
{
	check_needs_column(params, path, report, context);
}

static bool rule(const CheckSubject *s, CheckRule *ret, GError **error)
{
	g_autoptr(GPtrArray) columns = check_columns(s->params);
	g_autofree char *list = check_name_list(columns);
	g_autofree char *present = check_all_present(columns);
	const char *where = json_get_text(s->params, "where", NULL);
	g_autofree char *judged =
	        where ? g_strdup_printf("%s AND coalesce((%s\n), FALSE)", present, where) : g_strdup(present);
	*ret = (CheckRule){
	        .judged = g_strdup(present),
	        .good = g_strdup_printf(
	                "row_number() OVER (PARTITION BY %s, (%s) ORDER BY \"_gyre_row\") = 1", list, judged),
	        .bad = g_strdup_printf(
	                "count(*) FILTER (WHERE %s) - count(DISTINCT (%s)) FILTER (WHERE %s)", judged, list, judged),
	        .value = g_strdup_printf("concat_ws(', ', %s)", list),
	        .phrase = g_strdup("unique"),
	};
	return true;
}

extern const CheckKind CHECK_UNIQUE;
const CheckKind CHECK_UNIQUE = {
        .name = "unique",
        .help = "no two rows have the same value; quarantine keeps the first of them",
        .params = PARAMS,
        .judges_rows = true,
        .validate = validate,
        .rule = rule,
};
