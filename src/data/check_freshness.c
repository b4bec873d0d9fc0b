/* check_freshness.c: the newest row is not too old.
 *
 * A step must not look at the clock, or its result could not be kept; the time to compare with is given, and stands in the
 * result. */
#include "data/check_kinds.h"

static const Param PARAMS[] = {
        {.name = "column", .type = PARAM_TEXT, .help = "a time column; without it data.time"},
        {.name = "within",
                .type = PARAM_TEXT,
                .flags = PARAM_REQUIRED,
                .help = "how old the newest row may be: 90m, 24h, 7d"},
        {.name = "now", .type = PARAM_TEXT, .help = "the time to compare with; without it the hour the run begins in"},
        {0},
};

/* "90m" in microseconds. */
static bool duration(const char *text, int64_t *ret)
{
	static const struct {
		char unit;
		double seconds;
	} UNITS[] = {{'s', 1}, {'m', 60}, {'h', 3600}, {'d', 86400}, {'w', 604800}};
	char *end;
	double amount = g_ascii_strtod(text, &end);
	if (end == text || amount < 0 || !(amount < 1e9))
		return false;
	for (size_t i = 0; i < G_N_ELEMENTS(UNITS); i++)
		if (end[0] == UNITS[i].unit && end[1] == '\0') {
			*ret = (int64_t)(amount * UNITS[i].seconds * 1e6);
			return true;
		}
	return false;
}

static void validate(const json_t *params, const json_t *schema, const char *path, ParamReport *report, void *context)
{
	int64_t us;
	ColumnType type;
	const char *now = json_get_text(params, "now", NULL);
	if (!duration(json_get_text(params, "within", ""), &us))
		check_report(report, context, path, "within", "\"%s\" is no length of time such as 90m, 24h or 7d",
		        json_get_text(params, "within", ""));
	if (now && !time_parse(now, &us))
		check_report(report, context, path, "now", "\"%s\" is no time such as 2001-02-03 04:05:06", now);
	if (check_column_type(schema, json_get_text(params, "column", ""), &type) && type != COLUMN_TIME)
		check_report(report, context, path, "column", "\"%s\" is of type %s, not time",
		        json_get_text(params, "column", ""), column_type_name(type));
}

static const char *column_of(const CheckSubject *s)
{
	return json_get_text(s->params, "column", s->time);
}

static bool ask(const CheckSubject *s, char **ret, GError **error)
{
	const char *column = column_of(s), *where = json_get_text(s->params, "where", "TRUE");
	ColumnType type;
	if (!column)
		return fail(error, FAIL_INVALID, "freshness: name the column, or data.time");
	if (!check_column_type(s->schema, column, &type) || type != COLUMN_TIME)
		return fail(error, FAIL_INVALID, "freshness: \"%s\" is no time column", column);
	g_autofree char *name = sql_name(column);
	*ret = g_strdup_printf("max(%s) FILTER (WHERE (%s\n))", name, where);
	return true;
}

static char *age_text(int64_t us)
{
	double hours = (double)us / 3.6e9;
	return hours < 48 ? g_strdup_printf("%.1f hours", hours) : g_strdup_printf("%.1f days", hours / 24);
}

static bool judge(const CheckSubject *s, const json_t *answer, char **ret_problem, GError **error)
{
	const char *now = json_get_text(s->params, "now", s->now), *newest = json_string_value(answer);
	int64_t now_us, newest_us, within = 0;
	if (!now || !time_parse(now, &now_us))
		return fail(error, FAIL_INVALID, "freshness: the time to compare with is not given (now)");
	duration(json_get_text(s->params, "within", ""), &within);
	if (!newest || !time_parse(newest, &newest_us)) {
		*ret_problem = g_strdup_printf("column \"%s\" has no time at all", column_of(s));
		return true;
	}
	if (now_us - newest_us <= within)
		return true;
	g_autofree char *age = age_text(now_us - newest_us);
	*ret_problem = g_strdup_printf("the newest row is of %s (%s), %s before %s, where %s is allowed", newest,
	        column_of(s), age, now, json_get_text(s->params, "within", ""));
	return true;
}

extern const CheckKind CHECK_FRESHNESS;
const CheckKind CHECK_FRESHNESS = {
        .name = "freshness",
        .help = "the newest row is not too old",
        .params = PARAMS,
        .validate = validate,
        .ask = ask,
        .judge = judge,
};
