/* step_outer.c: the step `outer`: a fold is set aside, and the other folds become those of the rest. */
#include "base/error.h"
#include "base/json.h"
#include "data/folds.h"
#include "data/steps.h"

typedef struct Outer {
	Engine *e;
	char *table;
	Folds *folds;
	size_t count, fold; /* folds there are; the one set aside */
	bool has_letters;
} Outer;

static void outer_clear(Outer *o)
{
	engine_close(o->e);
	folds_free(o->folds);
	g_free(o->table);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Outer, outer_clear)

static bool choose(Outer *o, int64_t from_end, GError **error)
{
	if (!folds_read(o->e, o->table, &o->folds, error))
		return false;
	o->count = folds_count(o->folds);
	o->has_letters = g_str_equal(folds_column(o->folds), "_gyre_folds");
	if (from_end > (int64_t)o->count || o->count < 2)
		return fail(error, FAIL_INVALID,
		        "models.nested: the split has %zu folds, so none of them can be the one that is number "
		        "%" G_GINT64_FORMAT " from the end and judged by a search over the others: set split.folds",
		        o->count, from_end);
	o->fold = o->count - (size_t)from_end;
	return true;
}

/* SQL: the letters of the folds that stay, of a row that teaches in the one set aside. */
static char *letter_of(size_t fold)
{
	return g_strdup_printf("substr(_gyre_folds, %zu, 1)", fold + 1);
}

/* A fold stays if rows that teach in the one set aside are judged in it, and others teach: it is a fold of the rest. */
static bool folds_left(const Outer *o, GArray *ret, GError **error)
{
	g_autoptr(GString) sql = g_string_new("SELECT 0 AS none");
	json_auto_t *row = NULL;
	g_autofree char *own = letter_of(o->fold);
	for (size_t k = 0; k < o->count; k++) {
		g_autofree char *letter = letter_of(k);
		g_string_append_printf(sql, ", bool_or(%s = 'v') AND bool_or(%s = 't') AS k%zu", letter, letter, k);
	}
	g_string_append_printf(sql, " FROM %s WHERE %s = 't'", o->table, own);
	if (!engine_row(o->e, sql->str, &row, error))
		return false;
	for (size_t k = 0; k < o->count; k++) {
		g_autofree char *name = g_strdup_printf("k%zu", k);
		if (k != o->fold && json_get_bool(row, name, false))
			g_array_append_val(ret, k);
	}
	return ret->len > 0 || fail(error, FAIL_INVALID,
	                               "models.nested: behind fold %zu of %zu there are no folds for a search: name "
	                               "fewer, or more folds",
	                               o->fold + 1, o->count);
}

static bool queries_by_letters(const Outer *o, char **ret_train, char **ret_test, GError **error)
{
	g_autoptr(GArray) left = g_array_new(FALSE, FALSE, sizeof(size_t));
	g_autoptr(GString) letters = g_string_new("concat(");
	g_autofree char *own = letter_of(o->fold);
	if (!folds_left(o, left, error))
		return false;
	for (guint i = 0; i < left->len; i++) {
		g_autofree char *letter = letter_of(g_array_index(left, size_t, i));
		g_string_append_printf(letters, "%s%s", i ? ", " : "", letter);
	}
	g_string_append_c(letters, ')');
	*ret_train = g_strdup_printf("SELECT * REPLACE (CAST(strpos(%s, 'v') - 1 AS BIGINT) AS _gyre_fold, %s AS "
	                             "_gyre_folds) FROM %s WHERE %s = 't' ORDER BY _gyre_row",
	        letters->str, letters->str, o->table, own);
	*ret_test = g_strdup_printf(
	        "SELECT * EXCLUDE (_gyre_fold, _gyre_folds) FROM %s WHERE %s = 'v' ORDER BY _gyre_row", o->table, own);
	return true;
}

static bool queries_plain(const Outer *o, char **ret_train, char **ret_test, GError **error)
{
	bool others_teach = o->count > 2 || folds_rows(o->folds, o->fold, FOLD_TEACHES) >
	                                            folds_rows(o->folds, 1 - o->fold, FOLD_JUDGED);
	if (!others_teach)
		return fail(error, FAIL_INVALID,
		        "models.nested: two folds leave none for a search: set split.folds to 3 or more");
	*ret_train = g_strdup_printf("SELECT * REPLACE (CAST(_gyre_fold - (_gyre_fold > %zu)::INT AS BIGINT) AS "
	                             "_gyre_fold) FROM %s WHERE _gyre_fold <> %zu ORDER BY _gyre_row",
	        o->fold, o->table, o->fold);
	*ret_test = g_strdup_printf(
	        "SELECT * EXCLUDE (_gyre_fold) FROM %s WHERE _gyre_fold = %zu ORDER BY _gyre_row", o->table, o->fold);
	return true;
}

static bool run(StepRun *s, const json_t *params, GError **error)
{
	EngineLimits limits = {step_cores(s), step_memory_mb(s), step_scratch(s)};
	g_auto(Outer) o = {.table = sql_parquet(step_input(s, "train"))};
	g_autofree char *train = NULL, *test = NULL;
	if (!engine_open(&limits, &o.e, error) || !choose(&o, json_get_int(params, "from_end", 1), error))
		return false;
	if (!(o.has_letters ? queries_by_letters : queries_plain)(&o, &train, &test, error))
		return false;
	return engine_write_parquet(o.e, train, step_output(s, "train"), error) &&
	       engine_write_parquet(o.e, test, step_output(s, "test"), error);
}

static const Param PARAMS[] = {
        {"from_end", PARAM_INT, "which of the folds is set aside: 1 the last, 2 the one before it", "1", .min = 1,
                .max = 200},
        {NULL},
};
static const char *const INPUTS[] = {"train", NULL};
static const char *const OUTPUTS[] = {"train", "test", NULL};

const StepKind STEP_OUTER = {
        .name = "outer",
        .help = "sets one fold aside, to judge a search over the others",
        .version = 1,
        .params = PARAMS,
        .inputs = INPUTS,
        .outputs = OUTPUTS,
        .flags = STEP_ALL_CORES,
        .run = run,
};
