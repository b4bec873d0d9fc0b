/* scored_table.c: the test rows with what a bundle said, as a table. */
#include "eval/scored_table.h"

#include <string.h>

#include "base/error.h"
#include "base/json.h"

static Frame *answers_frame(const Bundle *b, const TestSet *t, const Answers *a)
{
	Frame *f = frame_new(t->rows);
	Column *prediction = column_new("prediction", t->classes ? COLUMN_TEXT : COLUMN_REAL, t->rows, NULL);
	Column *probability = t->classes ? column_new("probability", COLUMN_REAL, t->rows, NULL) : NULL;
	Column *loss = column_new("loss", COLUMN_REAL, t->rows, NULL);
	g_autofree double *losses = row_losses(t, a);
	for (size_t i = 0; i < t->rows; i++) {
		loss->reals[i] = losses[i];
		if (!t->classes) {
			prediction->reals[i] = a->scores[i];
			continue;
		}
		const char *label = bundle_class(b, a->decided[i]);
		prediction->codes[i] = dictionary_code(prediction->dictionary, label, strlen(label));
		probability->reals[i] = a->scores[i * a->outputs + (t->classes == 2 ? t->positive : a->decided[i])];
	}
	frame_add(f, prediction);
	if (probability)
		frame_add(f, probability);
	frame_add(f, loss);
	return f;
}

/* Labels are texts; in the table they get the target's own type back, so that prediction = late can be asked. */
static bool target_type(Engine *e, const char *test, const char *target, char **ret, GError **error)
{
	json_auto_t *row = NULL;
	g_autofree char *name = sql_name(target), *table = sql_parquet(test);
	g_autofree char *sql = g_strdup_printf("SELECT typeof(%s) AS type FROM %s LIMIT 1", name, table);
	if (!engine_row(e, sql, &row, error))
		return false;
	*ret = g_strdup(json_get_text(row, "type", "VARCHAR"));
	return true;
}

char *scored_columns(const char *target, bool classifies)
{
	g_autofree char *text = sql_text(target);
	return g_strdup_printf("COLUMNS(lambda c: lower(c) NOT IN ('prediction'%s) OR c = %s)",
	        classifies ? ", 'probability'" : "", text);
}

bool scored_table(Engine *e, const char *name, const char *test_path, const Bundle *b, const TestSet *t,
        const Answers *a, GError **error)
{
	const char *target = json_get_text(json_object_get(bundle_header(b), "roles"), "target", "");
	g_autofree char *type = NULL, *test = sql_parquet(test_path), *quoted = sql_name(name);
	g_autofree char *part = g_strconcat(name, "_answers", NULL), *quoted_part = sql_name(part);
	g_autofree char *columns = scored_columns(target, t->classes > 0);
	g_autoptr(Frame) answers = answers_frame(b, t, a);
	return target_type(e, test_path, target, &type, error) && engine_append(e, part, answers, error) &&
	       engine_runf(e, error,
	               "CREATE TABLE %s AS SELECT t.*, a.* REPLACE (CAST(a.prediction AS %s) AS prediction) FROM "
	               "(SELECT %s FROM %s) t POSITIONAL JOIN %s a; DROP TABLE %s",
	               quoted, t->classes ? type : "DOUBLE", columns, test, quoted_part, quoted_part);
}

bool kpi_values(Engine *e, const json_t *kpi, const char *table, json_t **ret, GError **error)
{
	json_auto_t *values = json_object();
	const char *name;
	json_t *expression;
	g_autofree char *quoted = sql_name(table);
	json_object_foreach ((json_t *)kpi, name, expression) {
		json_auto_t *row = NULL;
		g_autoptr(GError) problem = NULL;
		/* One group of all rows: what is no aggregate is refused, not answered by the first row. */
		g_autofree char *sql = g_strdup_printf("SELECT CAST(%s AS DOUBLE) AS value FROM %s GROUP BY ()",
		        json_string_value(expression), quoted);
		if (!engine_row(e, sql, &row, &problem))
			return fail(error, FAIL_INVALID, "kpi.%s: %s", name, problem->message);
		json_object_set(values, name, json_object_get(row, "value"));
	}
	*ret = json_incref(values);
	return true;
}
