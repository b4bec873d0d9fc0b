/* answers.c: reads a window's answers. */
#include "monitor/answers.h"

#include <math.h>
#include <string.h>

#include "base/error.h"
#include "base/json.h"
#include "stats/calibration.h"
#include "stats/estimate.h"

void window_answers_free(WindowAnswers *a)
{
	if (!a)
		return;
	g_free(a->scores);
	g_free(a->decided);
	g_free(a->y);
	g_free(a->time);
	g_free(a->observed);
	frame_free(a->frame);
	g_free(a);
}

static void add_scores(GString *sql, const LookInput *in)
{
	const Bundle *b = in->bundle;
	g_autofree char *prediction = look_output_sql(in, "prediction");
	g_string_append_printf(sql, ", %s::VARCHAR AS _gyre_answer", prediction);
	for (size_t k = 0; k < bundle_classes(b); k++) {
		g_autofree char *plain = g_strdup_printf("probability_%s", bundle_class(b, k));
		g_autofree char *name = look_output_sql(in, plain);
		g_string_append_printf(sql, ", TRY_CAST(%s AS DOUBLE) AS _gyre_score_%zu", name, k);
	}
	if (bundle_classes(b) == 0)
		g_string_append_printf(sql, ", TRY_CAST(%s AS DOUBLE) AS _gyre_score_0", prediction);
}

/* Types as the model's inputs have them: another version may have made a column text. */
static void add_inputs(GString *sql, const LookInput *in)
{
	static const char *const SQL_TYPES[COLUMN_TYPES] = {"BOOLEAN", "BIGINT", "DOUBLE", "VARCHAR", "TIMESTAMP"};
	size_t i;
	json_t *input;
	json_array_foreach ((json_t *)json_at(bundle_header(in->bundle), "recipe.inputs"), i, input) {
		ColumnType type = COLUMN_TEXT;
		const char *plain = json_get_text(input, "name", "");
		g_autofree char *name = sql_name(plain), *column = look_input_sql(in, plain);
		column_type_from_name(json_get_text(input, "type", ""), &type);
		g_string_append_printf(sql, ", TRY_CAST(%s AS %s) AS %s", column, SQL_TYPES[type], name);
	}
}

/* No more than an estimate of many classes can take (stats/estimate.h): it is to be of the same rows as what is measured. */
static int most_rows(const LookInput *in, const AnswersWanted *wanted)
{
	if (wanted->plain)
		return ANSWERS_PLAIN;
	size_t outputs = bundle_outputs(in->bundle);
	return (int)MIN((size_t)ANSWERS_MOST, MAX(ESTIMATE_NUMBERS / (outputs * outputs), 100));
}

static char *query_of(const LookInput *in, const AnswersWanted *wanted)
{
	GString *sql = g_string_new("SELECT _gyre_id, _gyre_outcome, epoch_us(_gyre_observed) AS _gyre_observed, "
	                            "epoch_us(_gyre_time) AS _gyre_time");
	add_scores(sql, in);
	if (wanted->inputs)
		add_inputs(sql, in);
	g_string_append_printf(sql, " FROM %s WHERE _gyre_error IS NULL%s ORDER BY hash(_gyre_id), _gyre_id LIMIT %d",
	        in->view, wanted->told ? " AND _gyre_outcome IS NOT NULL" : "", most_rows(in, wanted));
	return g_string_free(sql, FALSE);
}

static const char *text_at(const Column *c, size_t row)
{
	return column_is_missing(c, row) ? NULL : dictionary_text(c->dictionary, c->codes[row]);
}

static bool as_number(const char *text, double *ret)
{
	char *end;
	*ret = g_ascii_strtod(text, &end);
	return end != text && *end == '\0' && isfinite(*ret);
}

/* A class by its label; "1.0" is the class "1". */
static int class_of(const Bundle *b, const char *text)
{
	double x, y;
	for (size_t k = 0; k < bundle_classes(b); k++)
		if (strcmp(text, bundle_class(b, k)) == 0)
			return (int)k;
	for (size_t k = 0; k < bundle_classes(b) && as_number(text, &x); k++)
		if (as_number(bundle_class(b, k), &y) && x == y)
			return (int)k;
	return -1;
}

double answer_truth(const Bundle *b, const char *text)
{
	double number;
	if (!text)
		return NAN;
	if (bundle_classes(b) == 0)
		return as_number(text, &number) ? number : NAN;
	int class = class_of(b, text);
	return class < 0 ? NAN : class;
}

/* Labels repeat: each text is looked up once. */
static double *truths_of(const Bundle *b, const Column *c)
{
	uint32_t size = dictionary_size(c->dictionary);
	double *truth = g_new(double, MAX(size, 1));
	for (uint32_t k = 0; k < size; k++)
		truth[k] = answer_truth(b, dictionary_text(c->dictionary, k));
	return truth;
}

static void fill_rows(WindowAnswers *a, const Bundle *b, const Frame *f)
{
	const Column *outcome = frame_find(f, "_gyre_outcome"), *answer = frame_find(f, "_gyre_answer"),
	             *observed = frame_find(f, "_gyre_observed"), *time = frame_find(f, "_gyre_time");
	g_autofree double *truth = truths_of(b, outcome), *said = truths_of(b, answer);
	for (size_t i = 0; i < a->rows; i++) {
		bool told = !column_is_missing(outcome, i);
		a->y[i] = told ? truth[outcome->codes[i]] : NAN;
		a->strangers += told && isnan(a->y[i]);
		a->time[i] = time->ints[i];
		a->observed[i] = column_is_missing(observed, i) ? 0 : observed->ints[i];
		if (!a->classes)
			continue;
		double class = text_at(answer, i) ? said[answer->codes[i]] : NAN;
		a->decided[i] =
		        isnan(class) ? (uint32_t)bundle_decide(b, a->scores + i * a->outputs) : (uint32_t) class;
	}
}

static void fill_scores(WindowAnswers *a, const Frame *f)
{
	for (size_t k = 0; k < a->outputs; k++) {
		g_autofree char *name = g_strdup_printf("_gyre_score_%zu", k);
		const Column *c = frame_find(f, name);
		for (size_t i = 0; i < a->rows; i++)
			a->scores[i * a->outputs + k] = column_is_missing(c, i) ? NAN : c->reals[i];
	}
}

static bool count_rows(const LookInput *in, WindowAnswers *a, GError **error)
{
	json_auto_t *row = NULL;
	g_autofree char *sql =
	        g_strdup_printf("SELECT count(*) AS answered, count(_gyre_outcome) AS told FROM %s WHERE "
	                        "_gyre_error IS NULL",
	                in->view);
	if (!engine_row(in->engine, sql, &row, error))
		return false;
	a->answered = json_get_int(row, "answered", 0);
	a->told = json_get_int(row, "told", 0);
	return true;
}

bool window_answers(const LookInput *in, const AnswersWanted *wanted, WindowAnswers **ret, GError **error)
{
	g_autoptr(WindowAnswers) a = g_new0(WindowAnswers, 1);
	g_autofree char *sql = query_of(in, wanted);
	g_autoptr(Frame) f = NULL;
	if (!count_rows(in, a, error) || !engine_frame(in->engine, sql, &f, error))
		return false;
	a->rows = f->rows;
	a->classes = bundle_classes(in->bundle);
	a->outputs = bundle_outputs(in->bundle);
	size_t room = MAX(a->rows, 1);
	a->scores = g_new(double, room * a->outputs);
	a->decided = a->classes ? g_new(uint32_t, room) : NULL;
	a->y = g_new(double, room);
	a->time = g_new(int64_t, room);
	a->observed = g_new(int64_t, room);
	fill_scores(a, f);
	fill_rows(a, in->bundle, f);
	if (wanted->inputs)
		a->frame = g_steal_pointer(&f);
	*ret = g_steal_pointer(&a);
	return true;
}

Scored answers_scored(const WindowAnswers *a, const Bundle *b)
{
	int positive = bundle_positive(b);
	return (Scored){.rows = a->rows,
	        .classes = a->classes,
	        .y = a->y,
	        .scores = a->scores,
	        .decided = a->decided,
	        .positive = positive < 0 ? 0 : (size_t)positive};
}

void answers_keep_told(WindowAnswers *a)
{
	size_t kept = 0;
	g_autofree uint8_t *keep = g_malloc(MAX(a->rows, 1));
	for (size_t i = 0; i < a->rows; i++) {
		keep[i] = !isnan(a->y[i]);
		if (!keep[i])
			continue;
		memmove(a->scores + kept * a->outputs, a->scores + i * a->outputs, a->outputs * sizeof(double));
		if (a->decided)
			a->decided[kept] = a->decided[i];
		a->y[kept] = a->y[i];
		a->time[kept] = a->time[i];
		a->observed[kept++] = a->observed[i];
	}
	a->rows = kept;
	if (a->frame) {
		Frame *told = frame_filter(a->frame, keep);
		frame_free(a->frame);
		a->frame = told;
	}
}

bool answers_meaning(const WindowAnswers *a, const Bundle *b, double **ret, GError **error)
{
	const json_t *learnt = json_at(bundle_header(b), "reference.errors.calibration");
	int positive = bundle_positive(b);
	g_autoptr(Calibration) c = NULL;
	if (json_is_object(learnt) &&
	        !calibration_load(learnt, a->classes, positive < 0 ? 0 : (size_t)positive, &c, error))
		return false;
	*ret = g_memdup2(a->scores, MAX(a->rows * a->classes, 1) * sizeof(double));
	if (c)
		calibration_apply(c, *ret, a->rows);
	return true;
}
