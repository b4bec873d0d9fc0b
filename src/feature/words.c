/* words.c: a bag of words: how often the words of a text fall in each of some buckets: "body~0", "body~1", ...
 *
 * A word is a run of letters, digits and of bytes beyond ASCII (so of any UTF-8 letter), in lower case as far as ASCII goes; it falls in
 * the bucket that its FNV-1a hash says (Fowler, Noll and Vo; 64 bits), so no list of words has to be kept and words never seen in training
 * have a place too.  With pairs: true, so does each pair of neighbours.  What stands in a bucket:
 *
 *   count     how many of its words the text has
 *   binary    1 where it has any
 *   log       ln(1 + count)
 *   tf_idf    log, times 1 + ln((1 + n) / (1 + d)) for n training rows of which d have the bucket (as scikit-learn's
 *             TfidfTransformer with smooth_idf), and the row divided by its length
 *
 * A missing text has no words. */
#include <math.h>
#include <string.h>

#include "base/error.h"
#include "base/json.h"
#include "base/limits.h"
#include "feature/kinds.h"
#include "feature/pick.h"

static const char *const WEIGHTS[] = {"count", "binary", "log", "tf_idf", NULL};
enum { COUNT, BINARY, LOG, TF_IDF };

static const Param PARAMS[] = {
        PARAM_COLUMNS("columns of texts"),
        {.name = "buckets",
                .type = PARAM_INT,
                .preset = "256",
                .min = 1,
                .max = LIMIT_WORD_BUCKETS,
                .help = "features made of each column: the more, the fewer words share one"},
        {.name = "weight",
                .type = PARAM_TEXT,
                .preset = "\"log\"",
                .choices = WEIGHTS,
                .help = "count, binary, log (ln of 1 + count), or tf_idf: words in few rows weigh more"},
        {.name = "pairs", .type = PARAM_BOOL, .preset = "false", .help = "pairs of neighbouring words too"},
        {.name = "min_length",
                .type = PARAM_INT,
                .preset = "2",
                .min = 1,
                .max = 100,
                .help = "bytes a word has, at least"},
        PARAM_KEEP,
        {0},
};

/* How a text is read. */
typedef struct Reader {
	uint32_t buckets;
	size_t least;
	bool pairs;
} Reader;

static Reader reader_of(const json_t *params)
{
	return (Reader){.buckets = (uint32_t)json_get_int(params, "buckets", 256),
	        .least = (size_t)json_get_int(params, "min_length", 2),
	        .pairs = json_get_bool(params, "pairs", false)};
}

static unsigned char letter(unsigned char c)
{
	return c >= 'A' && c <= 'Z'                                            ? (unsigned char)(c + 32)
	       : (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c >= 0x80 ? c
	                                                                       : 0;
}

#define FNV_BASIS UINT64_C(0xcbf29ce484222325)
#define FNV_PRIME UINT64_C(0x100000001b3)

/* Sums of 0 at first. */
static void count_words(const Reader *r, const char *text, size_t length, double *counts)
{
	uint64_t before = 0;
	for (size_t i = 0; i < length;) {
		uint64_t hash = FNV_BASIS;
		size_t from = i;
		unsigned char c;
		for (; i < length && (c = letter((unsigned char)text[i])); i++)
			hash = (hash ^ c) * FNV_PRIME;
		if (i - from >= r->least) {
			counts[hash % r->buckets]++;
			if (r->pairs && before)
				counts[((before ^ ' ') * FNV_PRIME ^ hash) * FNV_PRIME % r->buckets]++;
			before = hash;
		}
		while (i < length && !letter((unsigned char)text[i]))
			i++;
	}
}

/* What is learnt for tf_idf. */
typedef struct WordFit {
	char *column;
	Reader reader;
	uint64_t rows;
	uint64_t *rows_with; /* buckets */
	double *counts;      /* of the row at hand */
} WordFit;

static bool is_tf_idf(const json_t *params)
{
	return strcmp(json_get_text(params, "weight", "log"), "tf_idf") == 0;
}

static bool begin(const json_t *params, void **ret_fit, GError **error)
{
	WordFit *fit = g_new0(WordFit, 1);
	fit->column = g_strdup(params_column(params, 0));
	fit->reader = reader_of(params);
	fit->rows_with = g_new0(uint64_t, fit->reader.buckets);
	fit->counts = g_new0(double, fit->reader.buckets);
	*ret_fit = fit;
	return true;
}

static void free_fit(void *context)
{
	WordFit *fit = context;
	g_free(fit->column);
	g_free(fit->rows_with);
	g_free(fit->counts);
	g_free(fit);
}

static bool absorb(void *context, const Frame *rows, const double *target, GError **error)
{
	WordFit *fit = context;
	const Column *c = rows_find(rows, fit->column);
	fit->rows += rows->rows;
	for (size_t i = 0; i < rows->rows; i++) {
		if (column_is_missing(c, i))
			continue;
		const char *text = dictionary_text(c->dictionary, c->codes[i]);
		memset(fit->counts, 0, fit->reader.buckets * sizeof *fit->counts);
		count_words(&fit->reader, text, strlen(text), fit->counts);
		for (uint32_t b = 0; b < fit->reader.buckets; b++)
			fit->rows_with[b] += fit->counts[b] > 0;
	}
	return true;
}

static bool merge(void *context, const void *other, GError **error)
{
	WordFit *into = context;
	const WordFit *from = other;
	into->rows += from->rows;
	for (uint32_t b = 0; b < into->reader.buckets; b++)
		into->rows_with[b] += from->rows_with[b];
	return true;
}

static bool finish(void *context, json_t **ret_state, GError **error)
{
	const WordFit *fit = context;
	json_t *with = json_array();
	for (uint32_t b = 0; b < fit->reader.buckets; b++)
		json_array_append_new(with, json_integer((json_int_t)fit->rows_with[b]));
	*ret_state = json_pack("{s:I,s:o}", "rows", (json_int_t)fit->rows, "rows_with", with);
	return true;
}

typedef struct Words {
	char *column;
	Reader reader;
	int weight;
	double *idf; /* tf_idf: one a bucket; else NULL */
	GPtrArray *names;
} Words;

static void free_words(void *context)
{
	Words *t = context;
	g_free(t->column);
	g_free(t->idf);
	g_ptr_array_unref(t->names);
	g_free(t);
}

static bool load_idf(Words *t, const json_t *state, GError **error)
{
	const json_t *with = json_object_get(state, "rows_with");
	double rows = json_get_number(state, "rows", -1);
	size_t i;
	json_t *of;
	if (json_array_size(with) != t->reader.buckets || !(rows >= 0))
		return fail(error, FAIL_BROKEN, "rows_with of %u buckets is expected", t->reader.buckets);
	t->idf = g_new0(double, t->reader.buckets);
	json_array_foreach ((json_t *)with, i, of) {
		double d = json_number_value(of);
		if (!(d >= 0) || d > rows)
			return fail(error, FAIL_BROKEN, "rows_with counts more rows than there are");
		t->idf[i] = 1 + log((1 + rows) / (1 + d));
	}
	return true;
}

static bool load(const json_t *params, const json_t *state, void **ret, GError **error)
{
	const char *weight = json_get_text(params, "weight", "log");
	Words *t = g_new0(Words, 1);
	t->column = g_strdup(params_column(params, 0));
	t->reader = reader_of(params);
	t->names = g_ptr_array_new_with_free_func(g_free);
	while (WEIGHTS[t->weight] && strcmp(WEIGHTS[t->weight], weight) != 0)
		t->weight++;
	for (uint32_t b = 0; b < t->reader.buckets; b++)
		g_ptr_array_add(t->names, g_strdup_printf("%s~%u", t->column, b));
	if (t->weight == TF_IDF && !load_idf(t, state, error)) {
		free_words(t);
		return false;
	}
	*ret = t;
	return true;
}

/* counts become features. */
static void weigh(const Words *t, double *counts)
{
	double squares = 0;
	for (uint32_t b = 0; b < t->reader.buckets; b++) {
		double count = counts[b];
		counts[b] = t->weight == COUNT    ? count
		            : t->weight == BINARY ? (count > 0 ? 1 : 0)
		                                  : log1p(count) * (t->idf ? t->idf[b] : 1);
		squares += counts[b] * counts[b];
	}
	for (uint32_t b = 0; t->idf && squares > 0 && b < t->reader.buckets; b++)
		counts[b] /= sqrt(squares);
}

static void features_of(const Words *t, const char *text, size_t length, double *ret)
{
	memset(ret, 0, t->reader.buckets * sizeof *ret);
	if (text)
		count_words(&t->reader, text, length, ret);
	weigh(t, ret);
}

static bool apply(const void *context, Frame *rows, GError **error)
{
	const Words *t = context;
	const Column *c = rows_find(rows, t->column);
	g_autofree double *features = g_new(double, t->reader.buckets);
	g_autofree double **into = g_new(double *, t->reader.buckets);
	for (uint32_t b = 0; b < t->reader.buckets; b++) {
		Column *made = column_new(t->names->pdata[b], COLUMN_REAL, rows->rows, NULL);
		into[b] = made->reals;
		rows_append(rows, made);
	}
	for (size_t i = 0; i < rows->rows; i++) {
		const char *text = column_is_missing(c, i) ? NULL : dictionary_text(c->dictionary, c->codes[i]);
		features_of(t, text, text ? strlen(text) : 0, features);
		for (uint32_t b = 0; b < t->reader.buckets; b++)
			into[b][i] = features[b];
	}
	return true;
}

static void run(const RowStep *step, RowValue *values, Arena *texts)
{
	const Words *t = step->t;
	const RowValue *v = &values[step->from[0]];
	double features[LIMIT_WORD_BUCKETS];
	features_of(t, v->is_missing ? NULL : v->text, v->length, features);
	for (uint32_t b = 0; b < t->reader.buckets; b++)
		values[step->into + b] = row_real(features[b]);
}

static void compile(const void *context, RowCompiler *to)
{
	const Words *t = context;
	row_run(to, run);
	for (uint32_t b = 0; b < t->reader.buckets; b++)
		row_append(to, t->names->pdata[b], COLUMN_REAL);
}

static void outline(const json_t *params, Outline *columns)
{
	for (int64_t b = 0; b < json_get_int(params, "buckets", 256); b++)
		outline_setf(columns, COLUMN_REAL, "%s~%d", params_column(params, 0), (int)b);
}

const TransformKind TRANSFORM_WORDS = {
        .name = "words",
        .help = "a bag of words: how often the words of a text fall in each of some buckets",
        .params = PARAMS,
        .takes = TAKES_TEXT,
        .each = true,
        .consumes = true,
        .outline = outline,
        .learns = is_tf_idf,
        .begin = begin,
        .absorb = absorb,
        .merge = merge,
        .finish = finish,
        .free_fit = free_fit,
        .load = load,
        .apply = apply,
        .compile = compile,
        .free = free_words,
};
