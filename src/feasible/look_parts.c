/* look_parts.c: leaks, labels, balance, and what a random split would have promised. */
#include <math.h>
#include <string.h>

#include "base/json.h"
#include "base/progress.h"
#include "data/column_words.h"
#include "feasible/look.h"
#include "feasible/one_rule.h"
#include "feature/roles.h"
#include "stats/label_noise.h"
#include "stats/test.h"

/* One column that comes so near to certainty is hardly ever honest. */
static const double LEAK_GINI = 0.96, LEAK_SKILL = 0.9;
/* A column whose name says it is known only afterwards is believed to, when it alone predicts so much better than the next. */
static const double AHEAD = 1.5;
/* A column that alone has so much of the skill of all is asked about. */
static const double NEARLY_ALL = 0.8;

/* From this share of the rows on a sample is as dense as they are. */
static const double WHOLE = 0.5;

/* With less skill than this a model's doubts about labels and columns are noise. */
static const double SOME = 0.1;

void look_warn(Look *l, const char *format, ...)
{
	va_list args;
	va_start(args, format);
	g_autofree char *text = g_strdup_vprintf(format, args);
	va_end(args);
	json_array_append_new(json_object_get(l->report, "warnings"), json_text(text));
}

/* ROC AUC is what people know. */
static double shown_skill(const Judged *j, double skill)
{
	return j->d->classes == 2 ? (skill + 1) / 2 : skill;
}

static void add_leak(const Judged *j, json_t *leaks, const OneRule *rule, const char *sentence)
{
	json_array_append_new(leaks, json_pack("{s:s,s:o,s:s}", "column", rule->column->name, "score",
	                                     json_number(shown_skill(j, rule->skill)), "sentence", sentence));
}

/* The best column, where none is near certainty. */
static void ask_of_first(Look *l, GArray *rules, json_t *leaks)
{
	const OneRule *first = &g_array_index(rules, OneRule, 0);
	double all = one_rule_skill(l->random, l->shuffled), share = fmin(1, first->skill / all);
	double next = rules->len > 1 ? fmax(0, first[1].skill) : 0;
	if (!(all >= SOME && first->skill >= SOME))
		return;
	if (name_says_after(first->column->name) && first->skill >= AHEAD * next) {
		g_autofree char *text = g_strdup_printf("By its name \"%s\" is known only when all is over, and alone "
		                                        "it gives %.0f %% of what all columns "
		                                        "give; if so, put it under data.drop",
		        first->column->name, 100 * share);
		add_leak(l->random, leaks, first, text);
	} else if (share >= NEARLY_ALL) {
		look_warn(l,
		        "\"%s\" alone gives %.0f %% of what all columns give: is it known when the prediction is made?",
		        first->column->name, 100 * share);
	}
}

/* On rows at random: a leak is a leak at all times, and rows drawn from all of them show it best. */
void look_leaks(Look *l)
{
	const Judged *j = l->random;
	const char *const none[] = {json_get_text(j->d->roles, "time", ""), NULL};
	GArray *rules = one_rules(j, none);
	json_t *leaks = json_array();
	for (guint i = 0; i < rules->len; i++) {
		const OneRule *rule = &g_array_index(rules, OneRule, i);
		if (!(rule->skill >= (j->d->classes == 2 ? LEAK_GINI : LEAK_SKILL)))
			continue;
		g_autofree char *text = g_strdup_printf("\"%s\" alone predicts \"%s\" almost perfectly (%s %.4g)",
		        rule->column->name, json_get_text(j->d->roles, "target", ""),
		        j->d->classes == 2 ? "ROC AUC" : "skill", shown_skill(j, rule->skill));
		add_leak(j, leaks, rule, text);
	}
	if (!json_array_size(leaks) && rules->len)
		ask_of_first(l, rules, leaks);
	json_object_set_new(l->report, "leaks", leaks);
	one_rules_free(rules);
}

static json_t *suspect_json(const Judged *j, const LabelSuspect *s)
{
	const json_t *classes = roles_classes(j->d->roles);
	const Column *numbers = frame_find(j->rows, "_gyre_row");
	return json_pack("{s:I,s:O,s:O,s:o}", "row", (json_int_t)numbers->ints[j->at[s->row]], "label",
	        json_array_get(classes, (size_t)j->y[s->row]), "suggested", json_array_get(classes, s->suggested),
	        "confidence", json_number(s->confidence));
}

static json_t *balance_of(const Judged *j)
{
	size_t classes = j->d->classes, rarest = 0;
	const json_t *labels = roles_classes(j->d->roles);
	g_autofree double *rows = g_new0(double, classes);
	json_t *rates = json_object();
	for (size_t i = 0; i < j->count; i++)
		rows[(size_t)j->y[i]]++;
	for (size_t c = 0; c < classes; c++) {
		rarest = rows[c] < rows[rarest] ? c : rarest;
		json_object_set_new(
		        rates, json_string_value(json_array_get(labels, c)), json_number(rows[c] / (double)j->count));
	}
	return json_pack("{s:o,s:{s:O,s:I}}", "rates", rates, "rarest", "label", json_array_get(labels, rarest), "rows",
	        (json_int_t)rows[rarest]);
}

static void warn_of_rarest(Look *l, const json_t *balance)
{
	enum { FEW = 50 };
	const json_t *rarest = json_object_get(balance, "rarest");
	int rows = (int)json_get_int(rarest, "rows", 0);
	if (rows < FEW)
		look_warn(l, "only %d rows are \"%s\": what is said of them is uncertain", rows,
		        json_get_text(rarest, "label", ""));
}

static json_t *labels_of(const Judged *j, const double *scores)
{
	enum { SHOWN = 20 };
	Scored s = judged_part(j, scores, 0, j->count);
	g_autoptr(LabelNoise) noise = label_noise(&s);
	json_t *worst = json_array();
	for (size_t i = 0; i < MIN(noise->count, (size_t)SHOWN); i++)
		json_array_append_new(worst, suspect_json(j, &noise->suspects[i]));
	return json_pack("{s:o,s:I,s:o}", "noise", json_number(noise->share), "suspects", (json_int_t)noise->count,
	        "worst", worst);
}

void look_labels(Look *l)
{
	const Judged *j = l->random;
	if (!j->d->classes) {
		json_object_set_new(l->report, "labels", json_null());
		json_object_set_new(l->report, "balance", json_null());
		return;
	}
	json_t *balance = balance_of(j);
	json_object_set_new(l->report, "balance", balance);
	warn_of_rarest(l, balance);
	json_object_set_new(
	        l->report, "labels", one_rule_skill(j, l->shuffled) >= SOME ? labels_of(j, l->shuffled) : json_null());
}

static double number_of(const json_t *figure)
{
	return json_get_number(figure, "value", NAN);
}

/* Scores of rows by their numbers: for each judged row of `of`, what `scores` of j say of it.  NULL: j does not judge all of them. */
static double *scores_of_same(const Judged *of, const Judged *j, const double *scores)
{
	size_t outputs = j->d->outputs;
	g_autoptr(GHashTable) places = g_hash_table_new(g_int64_hash, g_int64_equal);
	int64_t *numbers = frame_find(j->rows, "_gyre_row")->ints, *wanted = frame_find(of->rows, "_gyre_row")->ints;
	g_autofree double *ret = g_new(double, of->count *outputs + 1);
	for (size_t i = 0; i < j->count; i++)
		g_hash_table_insert(places, &numbers[j->at[i]], GSIZE_TO_POINTER(i + 1));
	for (size_t i = 0; i < of->count; i++) {
		size_t place = GPOINTER_TO_SIZE(g_hash_table_lookup(places, &wanted[of->at[i]]));
		if (!place)
			return NULL;
		memcpy(ret + i * outputs, scores + (place - 1) * outputs, outputs * sizeof *ret);
	}
	return g_steal_pointer(&ret);
}

/* The same later rows twice: by models that learnt from rows among them, as under a random split, and by one that learnt from what
 * came before.  So the rows are as hard for both, and the difference is what the split makes. */
static Difference gap_of(const Look *l, const double *random)
{
	enum { DRAWS = 200, DRAWN_ROWS = 20000 };
	const BootstrapPlan plan = {.draws = DRAWS, .level = 0.95, .seed = l->timed->seed, .max_rows = DRAWN_ROWS};
	Scored a = judged_part(l->timed, random, 0, l->timed->count),
	       b = judged_part(l->timed, l->scores[LOOK_BOOSTED], 0, l->timed->count);
	g_autofree uint32_t *decided_a = judged_decide(&a, l->metric), *decided_b = judged_decide(&b, l->metric);
	a.decided = decided_a;
	b.decided = decided_b;
	return test_bootstrap(l->metric, &a, &b, &plan);
}

static char *time_sentence(const Look *l, const json_t *random, const json_t *timed, const Difference *gap)
{
	bool flatters = l->metric->larger_is_better ? gap->low > 0 : gap->high < 0;
	if (flatters)
		return g_strdup_printf(
		        "By models that learnt from rows drawn at random among them, %s of the later rows would be "
		        "%.4g; by one that learnt from earlier rows it is %.4g: only the second is what the "
		        "future will bring",
		        l->metric->name, number_of(random), number_of(timed));
	double part = json_get_number(l->report, "sampled", 1) / fmax(1, json_get_number(l->report, "rows", 1));
	g_autofree char *sparse =
	        part < WHOLE ? g_strdup_printf("; but these are %.2g %% of the rows, and the more there are the "
	                                       "nearer random ones lie to each other: --rows looks at more",
	                               100 * part)
	                     : g_strdup("");
	return g_strdup_printf(
	        "Learnt from earlier rows, later ones are judged no worse (%s %.4g) than learnt from rows "
	        "drawn at random among them (%.4g)%s",
	        l->metric->name, number_of(timed), number_of(random), sparse);
}

bool look_time(Look *l, GError **error)
{
	json_object_set_new(l->report, "time", json_null());
	if (!l->timed) {
		l->shuffled = l->scores[LOOK_BOOSTED];
		return true;
	}
	json_auto_t *params = look_boosted_params();
	JudgedModel model = {"boosted", params, 1, 0};
	l->shuffled = g_new0(double, l->random->count * l->random->d->outputs + 1);
	progress_report("rows at random", 0, 0);
	if (!judged_scores(l->random, &model, l->shuffled, error))
		return false;
	g_autofree double *same = scores_of_same(l->timed, l->random, l->shuffled);
	if (!same)
		return true;
	json_auto_t *shown = judged_metrics(l->random, l->shuffled, l->metric, l->keep);
	json_auto_t *random = judged_metrics(l->timed, same, l->metric, l->keep);
	json_auto_t *timed = judged_metrics(l->timed, l->scores[LOOK_BOOSTED], l->metric, l->keep);
	const json_t *a = json_object_get(random, l->metric->name), *b = json_object_get(timed, l->metric->name);
	Difference gap = gap_of(l, same);
	g_autofree char *text = time_sentence(l, a, b, &gap);
	json_object_set_new(l->report, "time",
	        json_pack("{s:O,s:O,s:O,s:o,s:o,s:o,s:s}", "shown", json_object_get(shown, l->metric->name), "random",
	                a, "in_time", b, "gap", json_number(number_of(a) - number_of(b)), "low", json_number(gap.low),
	                "high", json_number(gap.high), "sentence", text));
	return true;
}
