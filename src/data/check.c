/* check.c: the table of check kinds, and what is common to all checks. */
#include "data/check.h"

#include "data/check_kinds.h"

extern const CheckKind CHECK_ROW_COUNT, CHECK_COLUMN_NAMES, CHECK_TYPE, CHECK_NOT_NULL, CHECK_UNIQUE, CHECK_BETWEEN,
        CHECK_IN_SET, CHECK_REGEX, CHECK_FRESHNESS, CHECK_SQL;
const CheckKind *const CHECK_KINDS[] = {&CHECK_ROW_COUNT, &CHECK_COLUMN_NAMES, &CHECK_TYPE, &CHECK_NOT_NULL,
        &CHECK_UNIQUE, &CHECK_BETWEEN, &CHECK_IN_SET, &CHECK_REGEX, &CHECK_FRESHNESS, &CHECK_SQL, NULL};

static const char *const POLICIES[] = {"fail", "warn", "quarantine", NULL};

const Param CHECK_PARAMS[] = {
        {.name = "check", .type = PARAM_TEXT, .flags = PARAM_REQUIRED, .help = "which kind of check"},
        {.name = "policy",
                .type = PARAM_TEXT,
                .preset = "\"fail\"",
                .choices = POLICIES,
                .help = "what bad rows do: stop the run, warn, or be moved to the quarantine"},
        {.name = "mostly",
                .type = PARAM_REAL,
                .max = 1,
                .help = "share of the judged rows that must be good (1); with quarantine, below it the run stops"},
        {.name = "where", .type = PARAM_TEXT, .help = "SQL condition: only rows under it are judged"},
        {0},
};

const CheckKind *check_kind(const char *name)
{
	for (const CheckKind *const *kind = CHECK_KINDS; *kind; kind++)
		if (g_strcmp0((*kind)->name, name) == 0)
			return *kind;
	return NULL;
}

GPtrArray *check_columns(const json_t *params)
{
	GPtrArray *names = g_ptr_array_new();
	const char *one = json_get_text(params, "column", NULL);
	if (one)
		g_ptr_array_add(names, (void *)one);
	size_t i;
	json_t *name;
	json_array_foreach (json_object_get(params, "columns"), i, name)
		if (json_is_string(name))
			g_ptr_array_add(names, (void *)json_string_value(name));
	return names;
}

char *check_columns_text(const json_t *params)
{
	g_autoptr(GPtrArray) names = check_columns(params);
	if (names->len == 0)
		return NULL;
	g_ptr_array_add(names, NULL);
	return g_strjoinv(", ", (char **)names->pdata);
}

char *check_name_list(const GPtrArray *columns)
{
	GString *sql = g_string_new(NULL);
	for (guint i = 0; i < columns->len; i++) {
		g_autofree char *name = sql_name(columns->pdata[i]);
		g_string_append_printf(sql, "%s%s", i ? ", " : "", name);
	}
	return g_string_free(sql, FALSE);
}

char *check_all_present(const GPtrArray *columns)
{
	GString *sql = g_string_new(NULL);
	for (guint i = 0; i < columns->len; i++) {
		g_autofree char *name = sql_name(columns->pdata[i]);
		g_string_append_printf(sql, "%s%s IS NOT NULL", i ? " AND " : "", name);
	}
	return g_string_free(sql, FALSE);
}

void check_report(ParamReport *report, void *context, const char *path, const char *key, const char *format, ...)
{
	va_list args;
	va_start(args, format);
	g_autofree char *problem = g_strdup_vprintf(format, args);
	va_end(args);
	g_autofree char *where = key ? g_strdup_printf("%s.%s", path, key) : g_strdup(path);
	report(context, where, problem);
}

void check_needs_column(const json_t *params, const char *path, ParamReport *report, void *context)
{
	g_autoptr(GPtrArray) names = check_columns(params);
	if (names->len == 0)
		check_report(report, context, path, NULL, "\"column\" is missing: the column to judge");
}

bool check_column_type(const json_t *schema, const char *column, ColumnType *ret)
{
	const json_t *entry = schema ? schema_column(schema, column) : NULL;
	return entry && column_type_from_name(json_get_text(entry, "type", ""), ret);
}

static bool number_literal(const json_t *value, ColumnType type, char **ret)
{
	if (json_is_integer(value))
		*ret = g_strdup_printf("%" JSON_INTEGER_FORMAT, json_integer_value(value));
	else if (json_is_real(value)) {
		char text[G_ASCII_DTOSTR_BUF_SIZE];
		*ret = g_strdup_printf(
		        "CAST('%s' AS DOUBLE)", g_ascii_dtostr(text, sizeof text, json_real_value(value)));
	} else
		return false;
	return type == COLUMN_INT || type == COLUMN_REAL;
}

bool check_literal(const json_t *value, ColumnType type, char **ret)
{
	const char *text = json_string_value(value);
	int64_t us;
	if (type == COLUMN_BOOL && json_is_boolean(value)) {
		*ret = g_strdup(json_is_true(value) ? "TRUE" : "FALSE");
		return true;
	}
	if (type == COLUMN_TEXT && text) {
		*ret = sql_text(text);
		return true;
	}
	if (type == COLUMN_TIME && text && time_parse(text, &us)) {
		*ret = g_strdup_printf("make_timestamp(%" G_GINT64_FORMAT ")", us);
		return true;
	}
	return (type == COLUMN_INT || type == COLUMN_REAL) && number_literal(value, type, ret);
}

/* The kind's own table and the common one as one; ended like both. */
static Param *joined_params(const CheckKind *kind)
{
	g_autoptr(GArray) all = g_array_new(TRUE, TRUE, sizeof(Param));
	for (const Param *p = CHECK_PARAMS; p->name; p++)
		g_array_append_val(all, *p);
	for (const Param *p = kind->params; p->name; p++)
		g_array_append_val(all, *p);
	return (Param *)g_array_free(g_steal_pointer(&all), FALSE);
}

static void report_kind(const json_t *check, const char *path, ParamReport *report, void *context)
{
	const char *names[G_N_ELEMENTS(CHECK_KINDS)] = {NULL};
	for (size_t i = 0; CHECK_KINDS[i]; i++)
		names[i] = CHECK_KINDS[i]->name;
	const char *name = json_get_text(check, "check", NULL);
	g_autofree char *known = g_strjoinv(", ", (char **)names);
	const char *near = name ? nearest_name(name, names) : NULL;
	if (!name)
		check_report(
		        report, context, path, NULL, "a check is a block with its kind under \"check\": %s", known);
	else
		check_report(report, context, path, "check", "\"%s\" is not a check (%s)%s%s%s", name, known,
		        near ? "; did you mean \"" : "", near ? near : "", near ? "\"?" : "");
}

static void report_unknown_columns(
        const json_t *params, const json_t *schema, const char *path, ParamReport *report, void *context)
{
	g_autoptr(GPtrArray) used = check_columns(params);
	g_autoptr(GPtrArray) known = g_ptr_array_new();
	size_t i;
	json_t *column;
	json_array_foreach (json_object_get(schema, "columns"), i, column)
		g_ptr_array_add(known, (void *)json_get_text(column, "name", ""));
	g_ptr_array_add(known, NULL);
	for (guint k = 0; k < used->len; k++) {
		const char *name = used->pdata[k];
		if (g_strv_contains((const char *const *)known->pdata, name))
			continue;
		const char *near = nearest_name(name, (const char *const *)known->pdata);
		check_report(report, context, path, json_object_get(params, "column") && k == 0 ? "column" : "columns",
		        "there is no column \"%s\"%s%s%s", name, near ? "; did you mean \"" : "", near ? near : "",
		        near ? "\"?" : "");
	}
}

static bool judges_rows(const CheckKind *kind, const json_t *params)
{
	return kind->judges_rows && !(kind->table_param && json_object_get(params, kind->table_param));
}

static void report_misfits(
        const CheckKind *kind, const json_t *params, const char *path, ParamReport *report, void *context)
{
	if (judges_rows(kind, params))
		return;
	if (strcmp(json_get_text(params, "policy", ""), "quarantine") == 0)
		check_report(report, context, path, "policy",
		        "%s judges the table, not rows, so nothing can be moved to the quarantine; use fail or warn",
		        kind->name);
	if (json_object_get(params, "mostly"))
		check_report(report, context, path, "mostly",
		        "%s judges the table, not rows, so there is no share of good rows", kind->name);
}

typedef struct Counting {
	ParamReport *report;
	void *context;
	bool ok;
} Counting;

static void count_problem(void *context, const char *path, const char *problem)
{
	Counting *c = context;
	c->ok = false;
	c->report(c->context, path, problem);
}

/* Filled params, or NULL after problems. */
static json_t *fill(const json_t *check, const char *path, const json_t *schema, ParamReport *report, void *context)
{
	Counting counting = {.report = report, .context = context, .ok = true};
	const CheckKind *kind = check_kind(json_get_text(check, "check", NULL));
	if (!kind) {
		report_kind(check, path, report, context);
		return NULL;
	}
	g_autofree Param *params = joined_params(kind);
	json_t *filled = param_check(params, path, check, count_problem, &counting);
	if (!filled)
		return NULL;
	report_misfits(kind, filled, path, count_problem, &counting);
	/* The kind `columns` says itself what the table must have. */
	if (schema && kind != &CHECK_COLUMN_NAMES)
		report_unknown_columns(filled, schema, path, count_problem, &counting);
	if (kind->validate && counting.ok)
		kind->validate(filled, schema, path, count_problem, &counting);
	if (counting.ok)
		return filled;
	json_decref(filled);
	return NULL;
}

bool checks_validate(const json_t *checks, const char *path, const json_t *schema, ParamReport *report, void *context)
{
	if (!json_is_array(checks)) {
		report(context, path, "a list of checks is expected, such as [{check: not_null, column: id}]");
		return false;
	}
	bool ok = true;
	size_t i;
	json_t *check;
	json_array_foreach ((json_t *)checks, i, check) {
		g_autofree char *where = g_strdup_printf("%s[%zu]", path, i);
		json_auto_t *filled = fill(check, where, schema, report, context);
		ok = ok && filled;
	}
	return ok;
}

bool checks_need_now(const json_t *checks)
{
	size_t i;
	json_t *check;
	json_array_foreach ((json_t *)checks, i, check)
		if (check_kind(json_get_text(check, "check", NULL)) == &CHECK_FRESHNESS &&
		        !json_object_get(check, "now"))
			return true;
	return false;
}

typedef struct First {
	char *text;
} First;

static void keep_first(void *context, const char *path, const char *problem)
{
	First *first = context;
	if (!first->text)
		first->text = g_strdup_printf("%s: %s", path, problem);
}

bool check_load(const json_t *given, const char *path, const json_t *schema, Check *ret, GError **error)
{
	First first = {0};
	json_t *params = fill(given, path, schema, keep_first, &first);
	if (!params) {
		fail(error, FAIL_INVALID, "%s", first.text);
		g_free(first.text);
		return false;
	}
	const char *policy = json_get_text(params, "policy", "fail");
	*ret = (Check){.kind = check_kind(json_get_text(params, "check", NULL)), .params = params};
	ret->judges_rows = judges_rows(ret->kind, params);
	while (strcmp(POLICIES[ret->policy], policy) != 0)
		ret->policy++;
	return true;
}

void check_clear(Check *c)
{
	json_decref(c->params);
}

void check_rule_clear(CheckRule *r)
{
	g_free(r->judged);
	g_free(r->good);
	g_free(r->bad);
	g_free(r->value);
	g_free(r->phrase);
}
