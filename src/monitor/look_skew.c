/* look_skew.c: is a row that was in the training data served with the same values?
 *
 * Training and serving often fetch a row's columns in two ways, and one of them is wrong.  Rows of the window are joined to the training rows by data.key,
 * and every input compared: no sketch can show that each row has the value of another. */
#include <math.h>
#include <string.h>

#include "base/error.h"
#include "base/json.h"
#include "monitor/look.h"
#include "stats/distribution.h"
#include "stats/test.h"
#include "store/blobs.h"

static const char *const WAYS[] = {"auto", "inputs", "id", NULL};

static const Param PARAMS[] = {
        {"by", PARAM_TEXT,
                "where data.key is found: in the model's inputs, or (a single column) as the prediction's id",
                "\"auto\"", .choices = WAYS},
        {"differs", PARAM_REAL,
                "share of a column's values that differ from the training data's, from which on it matters", "0.01",
                .min = 0, .max = 1},
        {"alpha", PARAM_REAL, "chance of a false alarm in a window, all columns together", "0.001", .min = 1e-9,
                .max = 0.5},
        {"min_rows", PARAM_INT, "joined rows below which there is no answer", "30", .min = 1, .max = 1e9},
        {NULL},
};

typedef struct Skew {
	const LookInput *in;
	const json_t *params, *key;
	GArray *columns; /* of LookColumn */
	char *training;  /* SQL: read_parquet(...) */
	bool by_id;
	json_t *counts;
} Skew;

/* Can the rows be joined at all, and how? */
static bool has_key(Skew *s)
{
	const char *by = json_get_text(s->params, "by", "auto");
	const json_t *inputs = json_at(bundle_header(s->in->bundle), "recipe.inputs");
	size_t i, k, found = 0;
	json_t *one, *input;
	json_array_foreach ((json_t *)s->key, i, one)
		json_array_foreach ((json_t *)inputs, k, input)
			found += g_strcmp0(json_get_text(input, "name", ""), json_string_value(one)) == 0;
	bool in_inputs = found > 0 && found == json_array_size(s->key);
	s->by_id = strcmp(by, "id") == 0 || (strcmp(by, "auto") == 0 && !in_inputs);
	return s->by_id ? json_array_size(s->key) == 1 : in_inputs;
}

/* The training rows of the bundle; false where they are gone (*error unset). */
static bool find_training(Skew *s, GError **error)
{
	const char *digest =
	        json_get_text(json_object_get(bundle_header(s->in->bundle), "provenance"), "train_digest", "");
	g_autoptr(Blobs) blobs = NULL;
	g_autofree char *path = NULL;
	if (!blobs_open(s->in->state_folder, &blobs, error))
		return false;
	if (blobs_path(blobs, digest, &path, NULL))
		s->training = sql_parquet(path);
	return true;
}

/* A key as it is compared: by the type it has in the training data, as the log may have it as another (1.0, or the text 1).  Whole numbers
 * are compared with all their digits. */
static char *key_sql(const char *column, const char *type)
{
	if (g_strcmp0(type, "int") == 0 || g_strcmp0(type, "real") == 0)
		return g_strdup_printf("CASE WHEN TRY_CAST(%s AS BIGINT)::DOUBLE = TRY_CAST(%s AS DOUBLE) THEN "
		                       "TRY_CAST(%s AS BIGINT)::VARCHAR ELSE TRY_CAST(%s AS DOUBLE)::VARCHAR END",
		        column, column, column, column);
	return g_strdup_printf("TRY_CAST(%s::VARCHAR AS %s)", column,
	        g_strcmp0(type, "time") == 0   ? "TIMESTAMP"
	        : g_strcmp0(type, "bool") == 0 ? "BOOLEAN"
	                                       : "VARCHAR");
}

static const char *type_of(const json_t *columns, const char *name)
{
	size_t i;
	json_t *column;
	json_array_foreach ((json_t *)columns, i, column)
		if (g_strcmp0(json_get_text(column, "name", NULL), name) == 0)
			return json_get_text(column, "type", NULL);
	return NULL;
}

static bool join_sql(const Skew *s, char **ret, GError **error)
{
	g_autoptr(GString) on = g_string_new(NULL);
	g_autofree char *all = g_strdup_printf("SELECT * FROM %s", s->training);
	json_auto_t *columns = NULL;
	size_t i;
	json_t *one;
	if (!engine_describe(s->in->engine, all, &columns, error))
		return false;
	json_array_foreach ((json_t *)s->key, i, one) {
		const char *name = json_string_value(one), *type = type_of(columns, name);
		g_autofree char *own = sql_name(name),
		                *other = s->by_id ? g_strdup("_gyre_id") : look_input_sql(s->in, name),
		                *t = g_strdup_printf("t.%s", own), *w = g_strdup_printf("w.%s", other),
		                *training = key_sql(t, type), *served = key_sql(w, type);
		g_string_append_printf(on, "%s%s = %s", i ? " AND " : "", training, served);
	}
	*ret = g_string_free(g_steal_pointer(&on), FALSE);
	return true;
}

static char *key_list(const Skew *s)
{
	g_autoptr(GString) list = g_string_new(NULL);
	size_t i;
	json_t *one;
	json_array_foreach ((json_t *)s->key, i, one) {
		g_autofree char *name = sql_name(json_string_value(one));
		g_string_append_printf(list, "%s%s", i ? ", " : "", name);
	}
	return g_string_free(g_steal_pointer(&list), FALSE);
}

/* Numbers differ by more than a rounding; what is missing on one side only differs. */
static void add_difference(const Skew *s, GString *sql, guint i)
{
	const LookColumn *c = &g_array_index(s->columns, LookColumn, i);
	g_autofree char *training = sql_name(c->name), *served = look_input_sql(s->in, c->name);
	bool is_number = strcmp(c->type, "int") == 0 || strcmp(c->type, "real") == 0;
	const char *type = is_number                      ? "DOUBLE"
	                   : strcmp(c->type, "time") == 0 ? "TIMESTAMP"
	                   : strcmp(c->type, "bool") == 0 ? "BOOLEAN"
	                                                  : "VARCHAR";
	g_string_append_printf(sql, ", count_if(TRY_CAST(t.%s AS %s) IS DISTINCT FROM TRY_CAST(w.%s AS %s)", training,
	        type, served, type);
	if (is_number)
		g_string_append_printf(sql,
		        " AND NOT coalesce(abs(TRY_CAST(t.%s AS DOUBLE) - TRY_CAST(w.%s AS DOUBLE)) <= 1e-9 * "
		        "abs(TRY_CAST(t.%s AS DOUBLE)), false)",
		        training, served, training);
	g_string_append_printf(sql, ") AS d%u", i);
}

/* Keys that several training rows have tell nothing. */
static bool compare(Skew *s, GError **error)
{
	g_autoptr(GString) sql = g_string_new("SELECT count(*) AS rows");
	g_autofree char *on = NULL, *keys = key_list(s);
	if (!join_sql(s, &on, error))
		return false;
	for (guint i = 0; i < s->columns->len; i++)
		add_difference(s, sql, i);
	g_string_append_printf(sql,
	        " FROM (SELECT * FROM %s WHERE _gyre_error IS NULL) AS w JOIN (SELECT * FROM %s QUALIFY count(*) OVER "
	        "(PARTITION BY "
	        "%s) = 1) AS t ON %s",
	        s->in->view, s->training, keys, on);
	return engine_row(s->in->engine, sql->str, &s->counts, error);
}

static bool is_key(const Skew *s, const char *name)
{
	size_t i;
	json_t *one;
	json_array_foreach ((json_t *)s->key, i, one)
		if (g_strcmp0(json_string_value(one), name) == 0)
			return true;
	return false;
}

static double least_rows(const Skew *s)
{
	return json_get_number(s->params, "min_rows", 30);
}

static double p_of(const Skew *s, double hits, double rows)
{
	double limit = json_get_number(s->params, "differs", 0.01);
	if (rows < least_rows(s))
		return NAN;
	return hits > 0 ? 1 - binomial_below(hits - 1, rows, limit) : 1;
}

static void judge(const Skew *s, GArray *findings)
{
	double rows = json_get_number(s->counts, "rows", 0), limit = json_get_number(s->params, "differs", 0.01),
	       alpha = json_get_number(s->params, "alpha", 0.001);
	guint count = s->columns->len;
	g_autofree double *hits = g_new0(double, count + 1), *p = g_new0(double, count + 1);
	for (guint i = 0; i < count; i++) {
		g_autofree char *key = g_strdup_printf("d%u", i);
		hits[i] = json_get_number(s->counts, key, 0);
		p[i] = is_key(s, g_array_index(s->columns, LookColumn, i).name) ? NAN : p_of(s, hits[i], rows);
	}
	correct_benjamini_hochberg(p, count);
	for (guint i = 0; i < count; i++) {
		const LookColumn *c = &g_array_index(s->columns, LookColumn, i);
		if (is_key(s, c->name))
			continue;
		LookBar bar = {rows > 0 ? hits[i] / rows : NAN, limit, p[i], alpha};
		finding_add(findings, (Finding){"skew", "differs", c->name, bar.effect, limit, p[i], look_judge(bar),
		                              json_pack("{s:f,s:f}", "rows", rows, "different", hits[i])});
	}
}

static bool run(const LookInput *in, const json_t *params, GArray *findings, GError **error)
{
	Skew s = {.in = in, .params = params, .key = json_at(in->project, "data.key"), .columns = look_columns(in)};
	bool ok = !has_key(&s) || find_training(&s, error);
	if (ok && s.training) {
		ok = compare(&s, error);
		if (ok)
			judge(&s, findings);
	}
	json_decref(s.counts);
	g_free(s.training);
	g_array_unref(s.columns);
	return ok;
}

const LookKind LOOK_SKEW = {
        .name = "skew",
        .help = "rows that were in the training data: are they served with the same values",
        .params = PARAMS,
        .run = run,
};
