/* look_drift.c: are columns, scores and decisions distributed as in training?
 *
 * All tests of stats/drift.h are in the evidence; one of them is the effect.  An effect that is large enough and a p, corrected by Benjamini and Hochberg over
 * everything that is asked of the window, are both needed.  The limit that is shown is what the effect must reach: what matters, or what these
 * sizes of samples tell from chance, whichever is more. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "monitor/subject.h"
#include "stats/distribution.h"

static const char *const NUMBERS[] = {"ks", "wasserstein", "psi", "jensen_shannon", "hellinger", NULL};
static const char *const CATEGORIES[] = {"total_variation", "l_infinity", "psi", "jensen_shannon", "hellinger", NULL};

static const Param PARAMS[] = {
        {"alpha", PARAM_REAL, "chance of a false alarm in a window, all columns, scores and decisions together", "0.03",
                .min = 1e-9, .max = 0.5},
        {"numbers", PARAM_TEXT,
                "what the effect on numbers is measured by; wasserstein in standard deviations of the training data",
                "\"ks\"", .choices = NUMBERS},
        {"number_effect", PARAM_REAL, "smallest effect on numbers that counts", "0.03", .min = 0, .max = 1e9},
        {"categories", PARAM_TEXT, "what the effect on categories is measured by", "\"total_variation\"",
                .choices = CATEGORIES},
        {"category_effect", PARAM_REAL, "smallest effect on categories that counts", "0.03", .min = 0, .max = 1e9},
        {"min_rows", PARAM_INT, "values below which there is no answer", "30", .min = 1, .max = 1e9},
        {NULL},
};

enum { SHOWN = 5 };
static const double PARTS[] = {0.05, 0.25, 0.5, 0.75, 0.95};

typedef struct Asked {
	const Subject *subject;
	DriftReport report;
	const char *measure;
	double least; /* effect that counts */
} Asked;

static const DriftFigure *figure_of(const DriftReport *r, const char *name)
{
	for (size_t k = 0; DRIFT_TESTS[k]; k++)
		if (strcmp(DRIFT_TESTS[k]->name, name) == 0)
			return &r->figures[k];
	return NULL;
}

/* The test's own p where it has one and is not about values; else that of the samples. */
static DriftQuestion question_of(const Asked *a, double min_rows)
{
	const Subject *s = a->subject;
	const DriftFigure *figure = figure_of(&a->report, a->measure);
	DriftQuestion q = {figure ? figure->value : a->report.effect, a->report.p};
	if (strcmp(a->measure, "wasserstein") == 0)
		q.effect = s->deviation > 0 ? q.effect / s->deviation : q.effect;
	if (strcmp(a->measure, "psi") == 0)
		q.p = figure->p;
	if (!s->is_known || (double)MIN(s->rows_reference, s->rows_window) < min_rows)
		q.p = NAN;
	return q;
}

/* What chance alone reaches in one case of 1 / alpha: Kolmogorov's limit law, and PSI's (stats/drift_psi.c). */
static double chance_limit(const Asked *a, double alpha)
{
	double n = (double)a->report.rows_a, m = (double)a->report.rows_b, one = 1 / n + 1 / m;
	if (strcmp(a->measure, "ks") == 0)
		return sqrt(-log(alpha / 2) / 2 * one);
	if (strcmp(a->measure, "psi") == 0 && !a->subject->is_category)
		return chi2_quantile(1 - alpha, DRIFT_BINS - 1) * one;
	return 0;
}

static json_t *tests_json(const DriftReport *r)
{
	json_t *tests = json_object();
	for (size_t k = 0; DRIFT_TESTS[k]; k++) {
		if (!(DRIFT_TESTS[k]->types & r->type))
			continue;
		json_t *test = json_pack("{s:o}", "value", json_number(r->figures[k].value));
		if (DRIFT_TESTS[k]->has_p)
			json_object_set_new(test, "p", json_number(r->figures[k].p));
		json_object_set_new(tests, DRIFT_TESTS[k]->name, test);
	}
	return tests;
}

/* The values at five parts of both. */
static json_t *quantiles_json(const Subject *s)
{
	json_t *reference = json_array(), *window = json_array();
	for (size_t i = 0; i < G_N_ELEMENTS(PARTS); i++) {
		size_t at = 0;
		while (at + 1 < s->sketch.count && (double)s->sketch.below[at] < PARTS[i] * (double)s->rows_reference)
			at++;
		json_array_append_new(reference, json_number(s->sketch.count ? s->sketch.edges[at] : NAN));
		json_array_append_new(window, json_number(subject_quantile(s, PARTS[i])));
	}
	return json_pack("{s:[f,f,f,f,f],s:o,s:o}", "parts", PARTS[0], PARTS[1], PARTS[2], PARTS[3], PARTS[4],
	        "reference", reference, "window", window);
}

typedef struct Moved {
	const char *text;
	double reference, window;
} Moved;

static int by_gap(const void *a, const void *b)
{
	const Moved *x = a, *y = b;
	double gap = fabs(x->window - x->reference), other = fabs(y->window - y->reference);
	if (gap != other)
		return gap < other ? 1 : -1;
	return g_strcmp0(x->text, y->text);
}

/* The categories whose shares changed most. */
static json_t *moved_json(const Subject *s)
{
	guint count = s->categories->len;
	g_autofree Moved *moved = g_new0(Moved, count + 1);
	json_t *list = json_array();
	for (guint i = 0; i < count; i++) {
		const SubjectCategory *c = &g_array_index(s->categories, SubjectCategory, i);
		moved[i] = (Moved){c->text, (double)c->reference / (double)MAX(s->rows_reference, 1),
		        (double)c->window / (double)MAX(s->rows_window, 1)};
	}
	qsort(moved, count, sizeof *moved, by_gap);
	for (guint i = 0; i < count && i < SHOWN; i++)
		json_array_append_new(list, json_pack("{s:o,s:f,s:f}", "value", json_text(moved[i].text), "reference",
		                                    moved[i].reference, "window", moved[i].window));
	return list;
}

static json_t *evidence_of(const Asked *a, const DriftQuestion *q)
{
	const Subject *s = a->subject;
	json_t *evidence = json_pack("{s:s,s:{s:I,s:I},s:o,s:o}", "type", s->type, "rows", "reference",
	        (json_int_t)s->rows_reference, "window", (json_int_t)s->rows_window, "p", json_number(q->p), "tests",
	        tests_json(&a->report));
	if (s->is_category)
		json_object_set_new(evidence, "moved", moved_json(s));
	else
		json_object_set_new(evidence, "quantiles", quantiles_json(s));
	return evidence;
}

static void ask(const json_t *params, const Subject *s, Asked *ret)
{
	*ret = (Asked){.subject = s};
	ret->measure = json_get_text(params, s->is_category ? "categories" : "numbers", "");
	ret->least = json_get_number(params, s->is_category ? "category_effect" : "number_effect", 0);
	subject_compare(s, &ret->report);
}

static void judge(const json_t *params, const Asked *asked, size_t count, GArray *findings)
{
	g_autofree DriftQuestion *questions = g_new0(DriftQuestion, count + 1);
	double alpha = json_get_number(params, "alpha", 0), min_rows = json_get_number(params, "min_rows", 1);
	for (size_t i = 0; i < count; i++)
		questions[i] = question_of(&asked[i], min_rows);
	drift_judge(questions, count, alpha, 0);
	for (size_t i = 0; i < count; i++) {
		const DriftQuestion *q = &questions[i];
		LookBar bar = {q->effect, asked[i].least, q->p_adjusted, alpha};
		finding_add(findings, (Finding){"drift", asked[i].measure, asked[i].subject->name, q->effect,
		                              fmax(asked[i].least, chance_limit(&asked[i], alpha)), q->p_adjusted,
		                              look_judge(bar), evidence_of(&asked[i], q)});
	}
}

static bool run(const LookInput *in, const json_t *params, GArray *findings, GError **error)
{
	g_autoptr(GArray) subjects = NULL;
	if (!subjects_read(in, &subjects, error))
		return false;
	g_autofree Asked *asked = g_new0(Asked, subjects->len + 1);
	for (guint i = 0; i < subjects->len; i++)
		ask(params, &g_array_index(subjects, Subject, i), &asked[i]);
	judge(params, asked, subjects->len, findings);
	return true;
}

const LookKind LOOK_DRIFT = {
        .name = "drift",
        .help = "columns, scores and decisions beside those of the training data",
        .params = PARAMS,
        .run = run,
};
