/* schema_check.c: anomalies and the schema that would accept them. */
#include "data/schema_check.h"

#include <string.h>

#include "base/json.h"

/* More new values than this are not added to a proposed domain: it is dropped, as TFDV does when a domain grows too large. */
#define EXAMPLES 5

typedef struct Expectation {
	const json_t *column; /* of the schema */
	guint rows, present, outside;
	bool has_domain;
} Expectation;

struct SchemaCheck {
	const json_t *schema, *actual;
	json_t *anomalies;
	GArray *expectations; /* of columns that are there and of the right type */
};

static const char *name_of(const json_t *column)
{
	return json_get_text(column, "name", "");
}

char *share_text(double share)
{
	if (share > 0 && share < 0.0001)
		return g_strdup("<0.01%");
	if (share < 0.01)
		return g_strdup_printf("%.2f%%", 100 * share);
	return g_strdup_printf(share < 1 ? "%.1f%%" : "%.0f%%", 100 * share);
}

static json_t *add_anomaly(SchemaCheck *c, const char *column, const char *kind, const char *severity, char *sentence)
{
	json_t *anomaly = json_pack("{s:o,s:s,s:s,s:o}", "column", json_text(column), "kind", kind, "severity",
	        severity, "sentence", json_text(sentence));
	g_free(sentence);
	json_array_append_new(c->anomalies, anomaly);
	return anomaly;
}

/* Not IN: a long list would become a join.  A domain has at most SCHEMA_DOMAIN values unless people made it longer. */
static char *domain_list(const json_t *domain)
{
	GString *list = g_string_new(NULL);
	size_t i;
	json_t *value;
	json_array_foreach ((json_t *)domain, i, value) {
		g_autofree char *quoted = sql_text(json_is_string(value) ? json_string_value(value) : "");
		g_string_append_printf(list, "%s%s", i ? ", " : "", quoted);
	}
	return g_string_free(list, FALSE);
}

static char *outside_condition(const json_t *column)
{
	g_autofree char *name = sql_name(name_of(column));
	g_autofree char *list = domain_list(json_object_get(column, "domain"));
	return g_strdup_printf("%s IS NOT NULL AND NOT list_contains([%s], %s)", name, list, name);
}

static void expect(SchemaCheck *c, const json_t *column, Scan *scan)
{
	g_autofree char *name = sql_name(name_of(column));
	const json_t *domain = json_object_get(column, "domain");
	Expectation x = {.column = column, .has_domain = json_array_size(domain) > 0};
	x.has_domain = x.has_domain && strcmp(json_get_text(column, "type", ""), "text") == 0;
	x.rows = scan_ask(scan, "count(*)");
	x.present = scan_askf(scan, "count(%s)", name);
	if (x.has_domain) {
		g_autofree char *outside = outside_condition(column);
		x.outside = scan_askf(scan, "count(CASE WHEN %s THEN 1 END)", outside);
	}
	g_array_append_val(c->expectations, x);
}

static void compare_column(SchemaCheck *c, const json_t *column, Scan *scan)
{
	const json_t *have = schema_column(c->actual, name_of(column));
	const char *type = json_get_text(column, "type", "");
	if (!have)
		add_anomaly(c, name_of(column), "missing_column", "fail",
		        g_strdup_printf("column \"%s\" is not there any more", name_of(column)));
	else if (strcmp(json_get_text(have, "type", ""), type) != 0)
		add_anomaly(c, name_of(column), "type", "fail",
		        g_strdup_printf("column \"%s\" is of type %s; the schema says %s", name_of(column),
		                json_get_text(have, "type", ""), type));
	else
		expect(c, column, scan);
}

SchemaCheck *schema_check_new(const json_t *schema, const json_t *actual, Scan *scan)
{
	SchemaCheck *c = g_new0(SchemaCheck, 1);
	c->schema = schema;
	c->actual = actual;
	c->anomalies = json_array();
	c->expectations = g_array_new(FALSE, TRUE, sizeof(Expectation));
	size_t i;
	json_t *column;
	json_array_foreach (json_object_get(schema, "columns"), i, column)
		compare_column(c, column, scan);
	json_array_foreach (json_object_get(actual, "columns"), i, column)
		if (!schema_column(schema, name_of(column)))
			add_anomaly(c, name_of(column), "new_column", "warn",
			        g_strdup_printf("column \"%s\" is new; the schema does not have it", name_of(column)));
	return c;
}

void schema_check_free(SchemaCheck *c)
{
	if (!c)
		return;
	json_decref(c->anomalies);
	g_array_unref(c->expectations);
	g_free(c);
}

static bool read_new_values(const Expectation *x, Engine *e, const char *from, json_t **ret, GError **error)
{
	g_autofree char *name = sql_name(name_of(x->column));
	g_autofree char *outside = outside_condition(x->column);
	g_autofree char *sql = g_strdup_printf(
	        "SELECT %s AS value, count(*) AS rows FROM %s WHERE %s GROUP BY 1 ORDER BY 2 DESC, 1 LIMIT %d", name,
	        from, outside, SCHEMA_DOMAIN + 1);
	return engine_rows(e, sql, ret, error);
}

static json_t *first_values(const json_t *rows, char **ret_text)
{
	json_t *values = json_array();
	GString *text = g_string_new(NULL);
	for (size_t i = 0; i < MIN(json_array_size(rows), (size_t)EXAMPLES); i++) {
		json_t *value = json_object_get(json_array_get(rows, i), "value");
		json_array_append(values, value);
		g_string_append_printf(text, "%s%s", i ? ", " : "", json_string_value(value));
	}
	if (json_array_size(rows) > EXAMPLES)
		g_string_append(text, ", ...");
	*ret_text = g_string_free(text, FALSE);
	return values;
}

static void tell_gaps(SchemaCheck *c, const Expectation *x, const Scan *scan)
{
	int64_t rows = scan_count(scan, x->rows), gaps = rows - scan_count(scan, x->present);
	if (gaps == 0 || !json_get_bool(x->column, "required", false))
		return;
	g_autofree char *share = share_text((double)gaps / (double)rows);
	json_t *anomaly = add_anomaly(c, name_of(x->column), "missing_values", "fail",
	        g_strdup_printf("column \"%s\" misses %" G_GINT64_FORMAT
	                        " values (%s); the schema says it has them all",
	                name_of(x->column), gaps, share));
	json_object_set_new(anomaly, "fraction", json_real((double)gaps / (double)rows));
}

static bool tell_new_values(SchemaCheck *c, const Expectation *x, const Scan *scan, Engine *e, const char *from,
        json_t **ret_values, GError **error)
{
	int64_t rows = scan_count(scan, x->rows), outside = x->has_domain ? scan_count(scan, x->outside) : 0;
	if (outside == 0)
		return true;
	if (!read_new_values(x, e, from, ret_values, error))
		return false;
	g_autofree char *share = share_text((double)outside / (double)rows), *list = NULL;
	json_t *examples = first_values(*ret_values, &list);
	json_t *anomaly = add_anomaly(c, name_of(x->column), "new_values", "warn",
	        g_strdup_printf(
	                "column \"%s\" has values missing from the schema: %s (%s)", name_of(x->column), list, share));
	json_object_set_new(anomaly, "fraction", json_real((double)outside / (double)rows));
	json_object_set_new(anomaly, "examples", examples);
	return true;
}

static int by_text(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static json_t *joined_domain(const json_t *domain, const json_t *new_rows)
{
	g_autoptr(GPtrArray) all = g_ptr_array_new();
	size_t i;
	json_t *item;
	json_array_foreach ((json_t *)domain, i, item)
		g_ptr_array_add(all, (void *)json_string_value(item));
	json_array_foreach ((json_t *)new_rows, i, item)
		g_ptr_array_add(all, (void *)json_get_text(item, "value", ""));
	g_ptr_array_sort(all, by_text);
	json_t *joined = json_array();
	for (guint k = 0; k < all->len; k++)
		json_array_append_new(joined, json_string(all->pdata[k]));
	return joined;
}

/* The column's entry as it would have to be. */
static json_t *relax(const Expectation *x, const Scan *scan, const json_t *new_rows)
{
	json_t *entry = json_copy((json_t *)x->column);
	if (scan_count(scan, x->present) < scan_count(scan, x->rows))
		json_object_set_new(entry, "required", json_false());
	if (json_array_size(new_rows) == 0)
		return entry;
	const json_t *domain = json_object_get(x->column, "domain");
	if (json_array_size(domain) + json_array_size(new_rows) > SCHEMA_DOMAIN)
		json_object_del(entry, "domain");
	else
		json_object_set_new(entry, "domain", joined_domain(domain, new_rows));
	return entry;
}

/* In the order of the table: relaxed entries where the type held, the table's own where it is new or of another type. */
static json_t *relaxed_schema(const SchemaCheck *c, const json_t *relaxed)
{
	json_t *columns = json_array();
	size_t i;
	json_t *column;
	json_array_foreach (json_object_get(c->actual, "columns"), i, column) {
		json_t *known = json_object_get(relaxed, name_of(column));
		json_array_append(columns, known ? known : column);
	}
	return json_pack("{s:o}", "columns", columns);
}

bool schema_check_finish(SchemaCheck *c, const Scan *scan, Engine *e, const char *from, json_t **ret_anomalies,
        json_t **ret_relaxed, GError **error)
{
	json_auto_t *relaxed = json_object();
	for (guint i = 0; i < c->expectations->len; i++) {
		const Expectation *x = &g_array_index(c->expectations, Expectation, i);
		json_auto_t *values = NULL;
		tell_gaps(c, x, scan);
		if (!tell_new_values(c, x, scan, e, from, &values, error))
			return false;
		json_object_set_new(relaxed, name_of(x->column), relax(x, scan, values));
	}
	*ret_anomalies = json_incref(c->anomalies);
	if (ret_relaxed)
		*ret_relaxed = relaxed_schema(c, relaxed);
	return true;
}
