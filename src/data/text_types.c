/* text_types.c: finding the types of texts in at most three passes: a sample picks the type to try, a full pass tries that
 * one only, and a second full pass tries every type on the columns where it failed. */
#include "data/text_types.h"

#include <string.h>

#include "base/error.h"
#include "base/json.h"
#include "base/limits.h"
#include "data/canonical.h"

#define SAMPLE_ROWS 10000
#define SAMPLE "\"_gyre_sample\""

/* The engine's planning grows with more than the number of questions, so a wide table is asked in parts: few columns at a time of the
 * sample, which is at hand, and as many as it bears where each part reads the file again. */
#define SAMPLE_BATCH 16
#define FULL_BATCH 256

/* In the order of preference; TEXT always holds. */
static const ColumnType TYPES[] = {COLUMN_BOOL, COLUMN_INT, COLUMN_REAL, COLUMN_TIME};
#define TYPE_COUNT G_N_ELEMENTS(TYPES)
enum { TRY_ALL = (1 << TYPE_COUNT) - 1, TRY_TIME = 1 << 3 };

typedef struct Guess {
	const char *name;
	unsigned tried; /* bits of TYPES that the next pass looks at */
	bool given;     /* by the user: tried alone, and read freely */
	bool done;
	ColumnType type; /* once found; before that the one to try */
} Guess;

typedef struct Finder {
	Engine *e;
	const char *from;
	const TextRules *rules;
	GArray *guesses; /* of Guess */
	int64_t rows;
} Finder;

static void add_list(GString *sql, const json_t *texts)
{
	size_t i;
	json_t *text;
	json_array_foreach ((json_t *)texts, i, text) {
		g_autofree char *quoted = sql_text(json_string_value(text));
		g_string_append_printf(sql, "%s%s", i ? ", " : "", quoted);
	}
}

/* `value`, or NULL where it means missing; `plain` is what is kept of it.  Never IN: the engine turns a longer list into a
 * join, and a join loses the order of the rows. */
static char *known(const char *value, const char *plain, const TextRules *rules)
{
	bool blanks = rules->find == TEXTS_ALL;
	g_autoptr(GString) sql = g_string_new("CASE WHEN ");
	g_string_append_printf(sql, blanks ? "%s = ''" : "%s IS NULL", value);
	if (json_array_size(rules->nulls)) {
		g_string_append(sql, " OR list_contains([");
		add_list(sql, rules->nulls);
		g_string_append_printf(sql, "], %s)", value);
	}
	return g_strdup_printf("%s THEN NULL ELSE %s END", sql->str, plain);
}

/* The value without what means missing: trimmed where blanks do.  Only a value with a space, or with letters beyond ASCII (which has no
 * other), can have what is trimmed; to look is much cheaper.
 *
 * The column is named an odd number of times, here and in canonical.c: the engine's hash of an expression is the XOR of its parts', so a
 * name that stands in it twice drops out, all columns of a wide table get one hash, and planning takes the square of their number. */
static char *present(const char *column, const TextRules *rules, bool trimmed)
{
	g_autofree char *name = sql_name(column);
	bool blanks = rules->find == TEXTS_ALL, nulls = json_array_size(rules->nulls) > 0;
	if (!blanks && !nulls)
		return g_steal_pointer(&name);
	g_autofree char *as_is = known(name, name, rules);
	if (!blanks)
		return g_steal_pointer(&as_is);
	g_autofree char *trim = g_strdup_printf("trim(%s)", name);
	g_autofree char *spaced = known(trim, trimmed ? trim : name, rules);
	return g_strdup_printf("CASE WHEN contains(%s, ' ') OR strlen(%s) <> length(%s) THEN %s ELSE %s END", name,
	        name, name, spaced, as_is);
}

/* Conditions and casts of a present value $t; $f is the list of formats. */
/* A year has four digits: the engine takes 25-12-23 and 25/12/23 for days of the year 25.  CASE, because it stumbles over some of the
 * texts that begin otherwise. */
#define IS_ISO_TIME                                                              \
	"CASE WHEN $t IS NULL THEN NULL WHEN regexp_matches($t, "                \
	"'^[0-9]{4}[^0-9][^(]*$') THEN TRY_CAST($t AS TIMESTAMPTZ) IS NOT NULL " \
	"ELSE false END"
#define AS_ISO_TIME "make_timestamp(epoch_us(TRY_CAST($t AS TIMESTAMPTZ)))"

/* "$t" begins so and goes on with a digit: 007 is no number.  Comparisons, for trimming takes ten times as long. */
#define BEGINS(zero) "($t >= '" zero "0' AND $t < '" zero ":')"

typedef struct Reading {
	const char *is, *is_given, *as; /* found, given, cast */
} Reading;

static const Reading READINGS[COLUMN_TYPES] = {
        [COLUMN_BOOL] = {"lower($t) IN ('true','false')",
                "list_contains(['true','yes','t','y','1','false','no','f','n','0'], lower($t))",
                "list_contains(['true','yes','t','y','1'], lower($t))"},
        [COLUMN_INT] = {"CAST(TRY_CAST($t AS BIGINT) AS VARCHAR) = $t",
                "(regexp_full_match($t, '[-+]?[0-9]+([.]0*)?') AND TRY_CAST($t AS BIGINT) IS NOT NULL)",
                "CAST($t AS BIGINT)"},
        [COLUMN_REAL] = {"(TRY_CAST($t AS DOUBLE) IS NOT NULL AND NOT contains($t, '_') AND "
                         "NOT " BEGINS("0") " AND NOT " BEGINS("-0") " AND NOT " BEGINS(
                                 "+0") " AND "
                                       "NOT CASE WHEN strlen($t) > 18 THEN TRY_CAST($t AS BIGINT) IS NULL AND "
                                       "regexp_full_match($t, '[-+]?[0-9]+') ELSE false END)",
                "TRY_CAST($t AS DOUBLE) IS NOT NULL", "CAST($t AS DOUBLE)"},
        /* "epoch", "infinity" and years before Christ are times to the engine, but in nobody's data. */
        [COLUMN_TIME] = {IS_ISO_TIME, IS_ISO_TIME, AS_ISO_TIME},
        [COLUMN_TEXT] = {"$t IS NOT NULL", "$t IS NOT NULL", "$t"},
};
static const Reading FORMATTED = {"(TRY_STRPTIME($t, [$f]) IS NOT NULL OR " IS_ISO_TIME ")",
        "(TRY_STRPTIME($t, [$f]) IS NOT NULL OR " IS_ISO_TIME ")",
        "CASE WHEN $t IS NULL THEN NULL ELSE coalesce(make_timestamp(epoch_us(TRY_STRPTIME($t, [$f]))), " AS_ISO_TIME
        ") END"};

static const Reading *reading(ColumnType type, const TextRules *rules)
{
	return type == COLUMN_TIME && json_array_size(rules->time_formats) ? &FORMATTED : &READINGS[type];
}

static void fill(GString *sql, const char *form, const char *t, const TextRules *rules)
{
	for (; *form; form++) {
		if (form[0] == '$' && form[1] == 't')
			g_string_append(sql, t);
		else if (form[0] == '$' && form[1] == 'f')
			add_list(sql, rules->time_formats);
		else {
			g_string_append_c(sql, *form);
			continue;
		}
		form++;
	}
}

char *text_types_cast(const char *column, const char *type, const TextRules *rules)
{
	ColumnType wanted = COLUMN_TEXT;
	column_type_from_name(type, &wanted);
	g_autofree char *t = present(column, rules, wanted != COLUMN_TEXT);
	GString *sql = g_string_new(NULL);
	fill(sql, reading(wanted, rules)->as, t, rules);
	return g_string_free(sql, FALSE);
}

void text_types_select(GString *sql, const GPtrArray *columns, const json_t *types, const TextRules *rules)
{
	for (guint i = 0; i < columns->len; i++) {
		const char *column = columns->pdata[i];
		g_autofree char *name = sql_name(column);
		g_autofree char *value = text_types_cast(column, json_get_text(types, column, "text"), rules);
		g_string_append_printf(sql, "%s%s AS %s", i ? ", " : "", value, name);
	}
}

/* Is one type tried that was not given?  If it fails, another pass follows; so only the others look at the texts. */
static bool is_single(const Guess *g)
{
	return !g->given && g->tried && (g->tried & (g->tried - 1)) == 0;
}

/* What a pass asks of one column: n present, v of each type tried, and of texts the longest and how many have a NUL. */
static void add_question(GString *inner, GString *outer, const Finder *f, guint i)
{
	const Guess *g = &g_array_index(f->guesses, Guess, i);
	g_autofree char *value = present(g->name, f->rules, true);
	g_autofree char *t = g_strdup_printf("t%u", i);
	g_string_append_printf(inner, ", %s AS %s", value, t);
	g_string_append_printf(outer, ", count(%s) AS n%u", t, i);
	if (!is_single(g))
		g_string_append_printf(
		        outer, ", max(strlen(%s)) AS m%u, count_if(contains(%s, chr(0))) AS z%u", t, i, t, i);
	for (guint k = 0; k < TYPE_COUNT; k++) {
		if (!(g->tried & 1u << k))
			continue;
		const Reading *r = reading(TYPES[k], f->rules);
		g_string_append(outer, ", count_if(");
		fill(outer, g->given ? r->is_given : r->is, t, f->rules);
		g_string_append_printf(outer, ") AS v%u_%u", i, k);
	}
}

/* Asks about the columns from `from` on, at most `most` of those that are not done; *ret_next: where the next go on. */
static bool ask_some(
        const Finder *f, const char *table, guint from, guint most, guint *ret_next, json_t *answers, GError **error)
{
	g_autoptr(GString) inner = g_string_new("SELECT 1 AS one");
	g_autoptr(GString) outer = g_string_new("SELECT count(*) AS rows");
	guint i = from;
	for (guint asked = 0; i < f->guesses->len && asked < most; i++)
		if (!g_array_index(f->guesses, Guess, i).done) {
			add_question(inner, outer, f, i);
			asked++;
		}
	json_auto_t *row = NULL;
	g_autofree char *sql = g_strdup_printf("%s FROM (%s FROM %s)", outer->str, inner->str, table);
	if (!engine_row(f->e, sql, &row, error))
		return false;
	json_object_update(answers, row);
	*ret_next = i;
	return true;
}

static bool ask(const Finder *f, const char *table, guint most, json_t **ret, GError **error)
{
	json_auto_t *answers = json_object();
	guint next = 0;
	do {
		if (!ask_some(f, table, next, most, &next, answers, error))
			return false;
	} while (next < f->guesses->len);
	*ret = json_incref(answers);
	return true;
}

static bool ask_sample(const Finder *f, json_t **ret, GError **error)
{
	return engine_runf(f->e, error, "CREATE OR REPLACE TEMP TABLE " SAMPLE " AS SELECT * FROM %s LIMIT %d", f->from,
	               SAMPLE_ROWS) &&
	       ask(f, SAMPLE, SAMPLE_BATCH, ret, error) && engine_run(f->e, "DROP TABLE " SAMPLE, error);
}

static int64_t answer(const json_t *answers, char what, guint column)
{
	char key[32];
	g_snprintf(key, sizeof key, "%c%u", what, column);
	return json_get_int(answers, key, 0);
}

/* The bits of the types that all present values are of. */
static unsigned held(const json_t *answers, const Guess *g, guint column)
{
	unsigned all = 0;
	for (guint k = 0; k < TYPE_COUNT; k++) {
		char key[32];
		g_snprintf(key, sizeof key, "v%u_%u", column, k);
		if (g->tried & 1u << k && json_get_int(answers, key, 0) == answer(answers, 'n', column))
			all |= 1u << k;
	}
	return all;
}

static unsigned first_bit(unsigned bits)
{
	return bits & (~bits + 1);
}

/* After the sample: try the first type that held; with no value at all, every type; with none that held it is text. */
static void aim(Finder *f, const json_t *answers)
{
	for (guint i = 0; i < f->guesses->len; i++) {
		Guess *g = &g_array_index(f->guesses, Guess, i);
		if (!g->given && answer(answers, 'n', i) > 0)
			g->tried = first_bit(held(answers, g, i));
	}
}

/* The row of the first value under a condition, for the sentence about it. */
static bool find_row(const Finder *f, const Guess *g, const char *form, json_t **ret, GError **error)
{
	g_autofree char *value = present(g->name, f->rules, true);
	g_autoptr(GString) condition = g_string_new(NULL);
	fill(condition, form, "t", f->rules);
	g_autofree char *sql =
	        g_strdup_printf("SELECT i, left(t, 60) AS t FROM (SELECT row_number() OVER () AS i, %s AS t "
	                        "FROM %s) WHERE %s LIMIT 1",
	                value, f->from, condition->str);
	return engine_row(f->e, sql, ret, error);
}

static bool refuse(const Finder *f, const Guess *g, const char *form, const char *sentence, GError **error)
{
	json_auto_t *where = NULL;
	if (!find_row(f, g, form, &where, error))
		return false;
	return fail(error, FAIL_INVALID, "column \"%s\", row %" G_GINT64_FORMAT ": %s", g->name,
	        json_get_int(where, "i", 0), sentence);
}

static bool refuse_given(const Finder *f, const Guess *g, int64_t wrong, GError **error)
{
	json_auto_t *where = NULL;
	g_autofree char *form = g_strdup_printf("NOT %s", reading(g->type, f->rules)->is_given);
	if (!find_row(f, g, form, &where, error))
		return false;
	return fail(error, FAIL_INVALID,
	        "column \"%s\", row %" G_GINT64_FORMAT
	        ": \"%s\" is not of type %s, which `types` gives the column (so are "
	        "%" G_GINT64_FORMAT " of its values); give another type, or name what stands for missing under `nulls`",
	        g->name, json_get_int(where, "i", 0), json_get_text(where, "t", ""), column_type_name(g->type), wrong);
}

static bool check_texts(const Finder *f, const Guess *g, guint i, const json_t *answers, GError **error)
{
	if (answer(answers, 'z', i) > 0)
		return refuse(
		        f, g, "contains($t, chr(0))", "there is a NUL byte in the text; is this a text file?", error);
	if (answer(answers, 'm', i) <= LIMIT_CELL_BYTES)
		return true;
	g_autofree char *form = g_strdup_printf("strlen($t) > %d", LIMIT_CELL_BYTES);
	return refuse(f, g, form,
	        "a text of more than 16 MiB; a missing quote swallows the rest of a file into one cell", error);
}

static bool conclude_given(const Finder *f, Guess *g, guint i, const json_t *answers, GError **error)
{
	g->done = true;
	if (!g->tried || held(answers, g, i))
		return true;
	char key[32];
	g_snprintf(key, sizeof key, "v%u_%d", i, g_bit_nth_lsf(g->tried, -1));
	return refuse_given(f, g, answer(answers, 'n', i) - json_get_int(answers, key, 0), error);
}

/* After a full pass over one column: its type is found, or another pass has to try the other types. */
static bool conclude(const Finder *f, guint i, const json_t *answers, GError **error)
{
	Guess *g = &g_array_index(f->guesses, Guess, i);
	if (!is_single(g) && !check_texts(f, g, i, answers, error))
		return false;
	if (g->given)
		return conclude_given(f, g, i, answers, error);
	unsigned types = held(answers, g, i);
	bool any = answer(answers, 'n', i) > 0;
	g->done = !any || types || !is_single(g);
	g->type = any && types ? TYPES[g_bit_nth_lsf(types, -1)] : COLUMN_TEXT;
	if (!g->done)
		g->tried = f->rules->find == TEXTS_ALL ? TRY_ALL & ~g->tried : 0;
	return true;
}

static bool full_pass(Finder *f, GError **error)
{
	json_auto_t *answers = NULL;
	if (!ask(f, f->from, FULL_BATCH, &answers, error))
		return false;
	f->rows = json_get_int(answers, "rows", 0);
	for (guint i = 0; i < f->guesses->len; i++)
		if (!g_array_index(f->guesses, Guess, i).done && !conclude(f, i, answers, error))
			return false;
	return true;
}

static bool all_done(const Finder *f)
{
	for (guint i = 0; i < f->guesses->len; i++)
		if (!g_array_index(f->guesses, Guess, i).done)
			return false;
	return true;
}

static unsigned bit_of(ColumnType type)
{
	for (guint k = 0; k < TYPE_COUNT; k++)
		if (TYPES[k] == type)
			return 1u << k;
	return 0;
}

static bool start(Finder *f, const GPtrArray *columns, GError **error)
{
	static const unsigned TRIED[] = {[TEXTS_ALL] = TRY_ALL, [TEXTS_TIMES] = TRY_TIME, [TEXTS_GIVEN] = 0};
	for (guint i = 0; i < columns->len; i++) {
		Guess g = {.name = columns->pdata[i], .type = COLUMN_TEXT, .tried = TRIED[f->rules->find]};
		const char *given = json_get_text(f->rules->types, g.name, NULL);
		if (given && !column_type_from_name(given, &g.type))
			return fail(error, FAIL_INVALID, "types: \"%s\" is not a type (bool, int, real, text, time)",
			        given);
		g.given = given != NULL;
		if (given)
			g.tried = bit_of(g.type);
		g_array_append_val(f->guesses, g);
	}
	return true;
}

static json_t *found(const Finder *f)
{
	json_t *types = json_object();
	for (guint i = 0; i < f->guesses->len; i++) {
		const Guess *g = &g_array_index(f->guesses, Guess, i);
		json_object_set_new(types, g->name, json_string(column_type_name(g->type)));
	}
	return types;
}

bool text_types_find(Engine *e, const char *from, const GPtrArray *columns, const TextRules *rules, json_t **ret_types,
        int64_t *ret_rows, GError **error)
{
	g_autoptr(GArray) guesses = g_array_new(FALSE, TRUE, sizeof(Guess));
	Finder f = {.e = e, .from = from, .rules = rules, .guesses = guesses};
	json_auto_t *sample = NULL;
	if (!start(&f, columns, error) || !ask_sample(&f, &sample, error))
		return false;
	aim(&f, sample);
	if (!full_pass(&f, error) || (!all_done(&f) && !full_pass(&f, error)))
		return false;
	*ret_types = found(&f);
	*ret_rows = f.rows;
	return true;
}

/* Splits the columns of `from` into texts and others. */
static bool text_columns(Engine *e, const char *from, GPtrArray *texts, json_t **ret_columns, GError **error)
{
	g_autofree char *sql = g_strdup_printf("DESCRIBE SELECT * FROM %s", from);
	if (!engine_rows(e, sql, ret_columns, error))
		return false;
	size_t i;
	json_t *column;
	json_array_foreach (*ret_columns, i, column)
		if (strcmp(json_get_text(column, "column_type", ""), "VARCHAR") == 0)
			g_ptr_array_add(texts, (void *)json_get_text(column, "column_name", ""));
	return true;
}

/* What is given for columns that are not texts is a plain cast. */
static char *replacements(const GPtrArray *texts, const json_t *types, const TextRules *rules)
{
	GString *sql = g_string_new(NULL);
	for (guint i = 0; i < texts->len; i++) {
		g_autofree char *name = sql_name(texts->pdata[i]);
		g_autofree char *value =
		        text_types_cast(texts->pdata[i], json_get_text(types, texts->pdata[i], "text"), rules);
		g_string_append_printf(sql, "%s%s AS %s", sql->len ? ", " : "", value, name);
	}
	return g_string_free(sql, FALSE);
}

static json_t *given_to_others(const GPtrArray *texts, const json_t *types)
{
	json_t *others = json_object();
	const char *name;
	json_t *type;
	json_object_foreach ((json_t *)types, name, type)
		if (!g_ptr_array_find_with_equal_func((GPtrArray *)texts, name, g_str_equal, NULL))
			json_object_set(others, name, type);
	return others;
}

bool text_types_retype(
        Engine *e, const char *from, const char *view, const TextRules *rules, int64_t *ret_rows, GError **error)
{
	g_autoptr(GPtrArray) texts = g_ptr_array_new();
	json_auto_t *columns = NULL, *types = NULL;
	int64_t rows = 0;
	if (!text_columns(e, from, texts, &columns, error) ||
	        !text_types_find(e, from, texts, rules, &types, &rows, error))
		return false;
	g_autofree char *replaced = replacements(texts, types, rules);
	g_autofree char *inner =
	        texts->len ? g_strdup_printf("(SELECT * REPLACE (%s) FROM %s)", replaced, from) : g_strdup(from);
	json_auto_t *others = given_to_others(texts, rules->types);
	g_autofree char *select = NULL;
	if (!canonical_select(e, inner, others, &select, error))
		return false;
	if (ret_rows)
		*ret_rows = rows;
	return engine_runf(e, error, "CREATE OR REPLACE VIEW %s AS %s", view, select);
}
