/* section_mistakes.c: what kind of mistakes they are: kinds of rows by difficulty, leanings, time, labels, the champion. */
#include <math.h>

#include "base/json.h"
#include "report/chart.h"
#include "report/section.h"

enum { MOST_ROWS = 10, MOST_COLUMNS = 8 };

static void put_tree(Page *p, const json_t *tree)
{
	const json_t *rules = json_object_get(tree, "rules");
	size_t i;
	json_t *rule;
	if (json_array_size(rules) < 2)
		return;
	put_tag(p, "h3", "Easy and hard rows");
	g_autofree char *part = say_percent(json_get_number(tree, "explained", NAN));
	put_tag_format(p, "p",
	        "All rows, divided by a small tree into kinds that are harder or easier for the model; it explains %s "
	        "of how "
	        "much the loss varies.",
	        part);
	put(p, "<div class=wide><table>\n");
	put_row(p, "th", "tnnn", "rows where", "rows", "share", "mean loss");
	json_array_foreach ((json_t *)rules, i, rule) {
		g_autofree char *rows = say_count(json_get_number(rule, "rows", 0)),
		                *share = say_percent(json_get_number(rule, "share", NAN)),
		                *loss = say_number(json_object_get(rule, "loss"), 3);
		put_row(p, "td", "tnnn", json_get_text(rule, "rule", ""), rows, share, loss);
	}
	put(p, "</table></div>\n");
}

static void put_residuals(Page *p, const json_t *residuals, bool is_class)
{
	size_t i;
	json_t *entry;
	if (!json_array_size(residuals))
		return;
	put_tag(p, "h3", "Where it leans to one side");
	put_tag(p, "p",
	        is_class ? "What happened minus what was said: above 0 it happens more often than the model says."
	                 : "Actual minus predicted: above 0 the model says too little.");
	put(p, "<div class=wide><table>\n");
	put_row(p, "th", "tnnn", "where", "rows", "mean", "95 % interval");
	json_array_foreach ((json_t *)residuals, i, entry) {
		if (i == MOST_ROWS)
			break;
		g_autofree char *rows = say_count(json_get_number(entry, "rows", 0)),
		                *mean = say_number(json_object_get(entry, "mean"), 3),
		                *low = say_number(json_object_get(entry, "low"), 3),
		                *high = say_number(json_object_get(entry, "high"), 3),
		                *interval = g_strdup_printf("%s to %s", low, high);
		put_row(p, "td", "tnnn", json_get_text(entry, "where", ""), rows, mean, interval);
	}
	put(p, "</table></div>\n");
}

static void put_time(Page *p, const json_t *time)
{
	const json_t *periods = json_object_get(time, "periods");
	size_t count = json_array_size(periods), i;
	json_t *period;
	if (count < 2)
		return;
	g_autofree double *x = g_new(double, count), *y = g_new(double, count);
	double most = 0;
	json_array_foreach ((json_t *)periods, i, period) {
		x[i] = (double)i + 1;
		y[i] = json_get_number(period, "loss", NAN);
		most = fmax(most, y[i]);
	}
	put_tag(p, "h3", "In the course of time");
	Line lines[] = {{.name = "mean loss", .x = x, .y = y, .count = count, .style = "a", .dots = true}};
	g_autofree char *axis = g_strdup_printf("twelfths of the time from %.10s to %.10s",
	        json_get_text(json_array_get(periods, 0), "from", ""),
	        json_get_text(json_array_get(periods, count - 1), "to", ""));
	Axes axes = {"Mean loss over time", axis, "mean loss", 1, (double)count, 0, most > 0 ? most * 1.1 : 1};
	put(p, "<figure><figcaption>Does it grow worse? (mean loss by period)</figcaption>");
	chart_lines(p, &axes, lines, 1);
	put(p, "</figure>\n");
}

/* What is in front of the row's own columns: of labels, and of numbers. */
typedef struct Lead {
	const char *keys[3], *heads[3];
} Lead;
static const Lead LABELS = {{"label", "likely", "score"}, {"label", "rather", "score"}},
                  NUMBERS = {{"actual", "predicted", "ranges"}, {"number", "rather", "quartile ranges off"}};

static void put_suspect_rows(Page *p, const json_t *worst, const Lead *lead)
{
	size_t i, columns = 0;
	json_t *entry, *value;
	const char *name;
	put(p, "<details><summary>The most suspect</summary><div class=wide><table>\n<tr>");
	for (size_t k = 0; k < G_N_ELEMENTS(lead->heads); k++)
		put_tag(p, "th", lead->heads[k]);
	json_object_foreach (json_object_get(json_array_get(worst, 0), "row"), name, value)
		if (columns++ < MOST_COLUMNS) {
			g_autofree char *title = say_short(name);
			put_tag(p, "th", title);
		}
	put(p, "</tr>\n");
	json_array_foreach ((json_t *)worst, i, entry) {
		if (i == MOST_ROWS)
			break;
		put(p, "<tr>");
		for (size_t k = 0; k < G_N_ELEMENTS(lead->keys); k++) {
			value = json_object_get(entry, lead->keys[k]);
			g_autofree char *text = json_is_real(value) ? say_number(value, 3) : say_value(value);
			put_tag(p, json_is_real(value) ? "td class=n" : "td", text);
		}
		columns = 0;
		json_object_foreach (json_object_get(entry, "row"), name, value) {
			g_autofree char *text = say_value(value);
			if (columns++ < MOST_COLUMNS)
				put_tag(p, "td", text);
		}
		put(p, "</tr>\n");
	}
	put(p, "</table></div></details>\n");
}

/* whose: "test rows", "rows learnt from (by models that had not seen them)". */
static void put_suspects(Page *p, const char *whose, const json_t *suspects)
{
	if (!json_is_object(suspects) || json_get_int(suspects, "rows", 0) == 0)
		return;
	bool is_class = json_is_object(json_object_get(suspects, "thresholds"));
	g_autofree char *rows = say_count(json_get_number(suspects, "rows", 0)),
	                *share = say_percent(json_get_number(suspects, "share", NAN));
	if (is_class)
		put_tag_format(p, "p",
		        "In %s %s (%s) the model is sure of another class than the label says. Some are the model's "
		        "mistakes, some are wrong labels; only a person can tell.",
		        rows, whose, share);
	else
		put_tag_format(p, "p",
		        "In %s %s (%s) the number lies more than three quartile ranges beyond the usual error. Some "
		        "are "
		        "rare events, some are wrong entries; only a person can tell.",
		        rows, whose, share);
	put_suspect_rows(p, json_object_get(suspects, "worst"), is_class ? &LABELS : &NUMBERS);
}

static void put_all_suspects(Page *p, const json_t *test, const json_t *learnt)
{
	if (json_get_int(test, "rows", 0) + json_get_int(learnt, "rows", 0) == 0)
		return;
	bool is_class = json_is_object(json_object_get(test, "thresholds"));
	put_tag(p, "h3", is_class ? "Labels worth a second look" : "Numbers worth a second look");
	put_suspects(p, "test rows", test);
	put_suspects(p, "rows learnt from (by models that had not seen them)", learnt);
}

static void put_disagreement(Page *p, const json_t *d)
{
	if (!json_object_get(d, "differ"))
		return;
	g_autofree char *rows = say_count(json_get_number(d, "differ", 0)),
	                *share = say_percent(json_get_number(d, "share", NAN)),
	                *model = say_count(json_get_number(d, "model_right", 0)),
	                *champion = say_count(json_get_number(d, "champion_right", 0));
	put_tag(p, "h3", "Beside the champion");
	put_tag_format(p, "p",
	        "The two decide differently in %s rows (%s): in %s of them this model is right, in %s the champion.",
	        rows, share, model, champion);
}

void section_mistakes(Page *p, const Story *s)
{
	const json_t *errors = json_object_get(s->evaluation, "errors");
	if (!json_is_object(errors))
		return;
	put_tree(p, json_object_get(errors, "tree"));
	put_residuals(
	        p, json_object_get(errors, "residuals"), json_is_array(json_object_get(s->evaluation, "classes")));
	put_time(p, json_object_get(errors, "over_time"));
	put_all_suspects(p, json_object_get(errors, "suspects"), json_object_get(errors, "suspects_learnt"));
	put_disagreement(p, json_object_get(errors, "disagreement"));
}
