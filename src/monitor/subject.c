/* subject.c: columns, scores and decisions of a window, tallied by the reference profile. */
#include "monitor/subject.h"

#include <math.h>
#include <string.h>

#include "base/json.h"

enum { TALLY_ROWS = 8192 }; /* of a hundred columns, and they still fit a cache */

static void category_clear(void *category)
{
	g_free(((SubjectCategory *)category)->text);
}

static void subject_clear(void *subject)
{
	Subject *s = subject;
	g_free(s->sql);
	if (s->categories)
		g_array_unref(s->categories);
}

static int64_t rows_of_share(const json_t *share, int64_t rows)
{
	return json_is_number(share) ? llround(json_number_value(share) * (double)rows) : 0;
}

static void add_category(Subject *s, const char *text, int64_t rows)
{
	SubjectCategory c = {.text = g_strdup(text), .reference = rows};
	g_array_append_val(s->categories, c);
	s->rows_reference += rows;
}

static void make_categories(Subject *s)
{
	s->is_category = true;
	s->categories = g_array_new(FALSE, TRUE, sizeof(SubjectCategory));
	g_array_set_clear_func(s->categories, category_clear);
}

/* All categories, or buckets of them; bools are 0 and 1 in the profile and true and false in the log. */
static void know_categories(Subject *s, const json_t *about, int64_t rows)
{
	const json_t *top = json_object_get(about, "top"), *buckets = json_object_get(about, "buckets");
	size_t i;
	json_t *one;
	make_categories(s);
	if (json_array_size(buckets) == SKETCH_BUCKETS)
		json_array_foreach ((json_t *)buckets, i, one)
			add_category(s, NULL, rows_of_share(one, rows));
	else if (json_get_number(about, "other", 1) == 0)
		json_array_foreach ((json_t *)top, i, one) {
			const json_t *value = json_array_get(one, 0);
			const char *text = json_is_string(value)           ? json_string_value(value)
			                   : json_number_value(value) != 0 ? "true"
			                                                   : "false";
			add_category(s, text, rows_of_share(json_array_get(one, 1), rows));
		}
	s->is_known = s->rows_reference > 0;
}

static void know_numbers(Subject *s, const json_t *about)
{
	s->deviation = json_get_number(about, "sd", NAN);
	s->is_known = sketch_load(json_object_get(about, "sketch"), &s->sketch) && s->sketch.count > 0;
	if (!s->is_known)
		s->sketch.count = 0;
	s->rows_reference = sketch_rows(&s->sketch);
}

static void add_columns(const LookInput *in, const json_t *profile, GArray *to)
{
	g_autoptr(GArray) columns = look_columns(in);
	int64_t rows = json_get_int(profile, "rows", 0);
	for (guint i = 0; i < columns->len; i++) {
		const LookColumn *c = &g_array_index(columns, LookColumn, i);
		Subject s = {.name = c->name, .type = c->type};
		bool is_category = strcmp(c->type, "text") == 0 || strcmp(c->type, "bool") == 0;
		s.sql = g_strdup(is_category ? c->text : c->number);
		if (is_category)
			know_categories(&s, c->reference, rows);
		else
			know_numbers(&s, c->reference);
		g_array_append_val(to, s);
	}
}

/* The score the profile speaks of: of the positive class, of the class decided on, or the number. */
static char *score_sql(const LookInput *in)
{
	const Bundle *b = in->bundle;
	g_autoptr(GString) sql = g_string_new("greatest(");
	if (!bundle_classifies(b)) {
		g_autofree char *number = look_output_sql(in, "prediction");
		return g_strdup_printf("TRY_CAST(%s AS DOUBLE)", number);
	}
	for (size_t k = 0; k < bundle_classes(b); k++) {
		g_autofree char *name = g_strconcat("probability_", bundle_class(b, k), NULL);
		g_autofree char *column = look_output_sql(in, name);
		if (bundle_positive(b) == (int)k)
			return g_strdup_printf("TRY_CAST(%s AS DOUBLE)", column);
		g_string_append_printf(sql, "%sTRY_CAST(%s AS DOUBLE)", k ? ", " : "", column);
	}
	return g_strdup_printf("%s)", sql->str);
}

static void add_answers(const LookInput *in, const json_t *profile, GArray *to)
{
	const json_t *scores = json_object_get(profile, "scores"), *decided = json_object_get(scores, "decided");
	Subject score = {.name = SUBJECT_SCORE, .type = "real", .sql = score_sql(in)};
	know_numbers(&score, scores);
	g_array_append_val(to, score);
	if (!bundle_classifies(in->bundle))
		return;
	g_autofree char *label = look_output_sql(in, "prediction");
	Subject decision = {.name = SUBJECT_DECISION, .type = "text", .sql = g_strdup_printf("%s::VARCHAR", label)};
	const char *class;
	json_t *share;
	make_categories(&decision);
	json_object_foreach ((json_t *)decided, class, share)
		add_category(&decision, class, rows_of_share(share, json_get_int(scores, "rows", 0)));
	decision.is_known = decision.rows_reference > 0;
	g_array_append_val(to, decision);
}

static void tally_frame(GPtrArray *numbers, const Frame *f)
{
	for (guint i = 0; i < numbers->len; i++) {
		Subject *s = numbers->pdata[i];
		const Column *c = f->columns->pdata[i];
		for (size_t row = 0; row < f->rows; row++)
			if (column_is_missing(c, row))
				s->tally.missing++;
			else
				sketch_add(&s->sketch, &s->tally, c->reals[row]);
	}
}

static bool tally_numbers(const LookInput *in, GPtrArray *numbers, GError **error)
{
	g_autoptr(GString) sql = g_string_new("SELECT ");
	g_autoptr(FrameReader) reader = NULL;
	for (guint i = 0; i < numbers->len; i++)
		g_string_append_printf(
		        sql, "%s(%s)::DOUBLE AS c%u", i ? ", " : "", ((const Subject *)numbers->pdata[i])->sql, i);
	g_string_append_printf(sql, " FROM %s WHERE _gyre_error IS NULL", in->view);
	if (!engine_read(in->engine, sql->str, TALLY_ROWS, &reader, error))
		return false;
	for (;;) {
		g_autoptr(Frame) rows = NULL;
		if (!frame_reader_next(reader, &rows, error))
			return false;
		if (!rows)
			break;
		tally_frame(numbers, rows);
	}
	for (guint i = 0; i < numbers->len; i++)
		((Subject *)numbers->pdata[i])->rows_window = ((Subject *)numbers->pdata[i])->tally.rows;
	return true;
}

/* Of many categories only the digits that say their bucket are asked for; of few, those that the profile does not know are one.  So what
 * comes back is never more than a few hundred rows. */
static char *category_sql(const Subject *s, bool by_bucket)
{
	g_autoptr(GString) list = g_string_new(NULL);
	if (by_bucket)
		return g_strdup_printf("substr(md5(%s), 1, 2)", s->sql);
	for (guint i = 0; i < s->categories->len; i++) {
		g_autofree char *text = sql_text(g_array_index(s->categories, SubjectCategory, i).text);
		g_string_append_printf(list, "%s%s", i ? ", " : "", text);
	}
	return g_strdup_printf("CASE WHEN %s IN (%s) THEN %s END", s->sql, list->str, s->sql);
}

static SubjectCategory *category_of(const Subject *s, bool by_bucket, const char *text)
{
	if (by_bucket)
		return &g_array_index(s->categories, SubjectCategory, sketch_bucket_of_md5(text));
	for (guint i = 0; i < s->categories->len; i++)
		if (g_strcmp0(g_array_index(s->categories, SubjectCategory, i).text, text) == 0)
			return &g_array_index(s->categories, SubjectCategory, i);
	return NULL;
}

static bool tally_categories(const LookInput *in, Subject *s, GError **error)
{
	bool by_bucket = g_array_index(s->categories, SubjectCategory, 0).text == NULL;
	g_autofree char *category = category_sql(s, by_bucket);
	g_autofree char *sql =
	        g_strdup_printf("SELECT %s AS v, count(*)::BIGINT AS n FROM %s WHERE _gyre_error IS NULL AND "
	                        "%s IS NOT NULL GROUP BY 1 ORDER BY 1",
	                category, in->view, s->sql);
	g_autoptr(Frame) f = NULL;
	SubjectCategory unseen = {.text = g_strdup("(not in training)")};
	if (!engine_frame(in->engine, sql, &f, error)) {
		g_free(unseen.text);
		return false;
	}
	const Column *v = f->columns->pdata[0], *n = f->columns->pdata[1];
	for (size_t row = 0; row < f->rows; row++) {
		const char *text = column_is_missing(v, row) ? NULL : dictionary_text(v->dictionary, v->codes[row]);
		SubjectCategory *known = text ? category_of(s, by_bucket, text) : NULL;
		(known ? known : &unseen)->window += n->ints[row];
		s->rows_window += n->ints[row];
	}
	g_array_append_val(s->categories, unseen);
	return true;
}

bool subjects_read(const LookInput *in, GArray **ret, GError **error)
{
	g_autoptr(GArray) subjects = g_array_new(FALSE, TRUE, sizeof(Subject));
	g_autoptr(GPtrArray) numbers = g_ptr_array_new();
	const json_t *profile = json_object_get(bundle_header(in->bundle), "reference");
	g_array_set_clear_func(subjects, subject_clear);
	add_columns(in, profile, subjects);
	add_answers(in, profile, subjects);
	for (guint i = 0; i < subjects->len; i++) {
		Subject *s = &g_array_index(subjects, Subject, i);
		if (!s->is_category)
			g_ptr_array_add(numbers, s);
		else if (s->is_known && !tally_categories(in, s, error))
			return false;
	}
	if (!tally_numbers(in, numbers, error))
		return false;
	*ret = g_steal_pointer(&subjects);
	return true;
}

void subject_compare(const Subject *s, DriftReport *ret)
{
	DriftCategories c;
	if (!s->is_category) {
		drift_sketch(&s->sketch, &s->tally, ret);
		return;
	}
	drift_categories_begin(&c, s->rows_reference, s->rows_window, ret);
	for (guint i = 0; i < s->categories->len; i++) {
		const SubjectCategory *one = &g_array_index(s->categories, SubjectCategory, i);
		if (one->reference || one->window)
			drift_categories_add(&c, one->reference, one->window);
	}
	drift_categories_end(&c);
}

double subject_quantile(const Subject *s, double part)
{
	const SketchTally *t = &s->tally;
	double wanted = part * (double)t->rows, seen = (double)t->low;
	if (t->rows == 0)
		return NAN;
	if (wanted < seen)
		return t->low_sum / (double)t->low;
	for (size_t i = 0; i < s->sketch.count; i++) {
		seen += (double)t->bins[i];
		if (seen >= wanted && t->bins[i])
			return s->sketch.edges[i];
	}
	return t->high ? t->high_sum / (double)t->high : s->sketch.edges[s->sketch.count - 1];
}
