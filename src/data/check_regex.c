/* check_regex.c: a text has a form, told by a regular expression of RE2 (no back-references). */
#include "data/check_kinds.h"

static const Param PARAMS[] = {
        {.name = "column", .type = PARAM_TEXT, .flags = PARAM_REQUIRED, .help = "the column to judge"},
        {.name = "pattern",
                .type = PARAM_TEXT,
                .flags = PARAM_REQUIRED,
                .help = "RE2 regular expression that must be found in the value; ^ and $ tie it to its ends"},
        {0},
};

static bool rule(const CheckSubject *s, CheckRule *ret, GError **error)
{
	g_autofree char *name = sql_name(json_get_text(s->params, "column", ""));
	const char *pattern = json_get_text(s->params, "pattern", "");
	g_autofree char *quoted = sql_text(pattern);
	*ret = (CheckRule){.judged = g_strdup_printf("%s IS NOT NULL", name),
	        .good = g_strdup_printf("regexp_matches(CAST(%s AS VARCHAR), %s)", name, quoted),
	        .value = g_strdup(name),
	        .phrase = g_strdup_printf("of the form %s", pattern)};
	return true;
}

extern const CheckKind CHECK_REGEX;
const CheckKind CHECK_REGEX = {
        .name = "regex",
        .help = "texts have a form",
        .params = PARAMS,
        .judges_rows = true,
        .rule = rule,
};
