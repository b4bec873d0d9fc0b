/* impact.c: the op `impact`: was it worth it: what the model in use brings, what it costs, and how it is delivered. */
#include <math.h>
#include <string.h>

#include "base/error.h"
#include "base/file.h"
#include "base/json.h"
#include "impact/costs.h"
#include "impact/delivery.h"
#include "op/figures.h"
#include "op/produced.h"
#include "report/impact_page.h"

static const Param PARAMS[] = {
        PRODUCED_PARAMS,
        {"output", PARAM_TEXT, "write a page for stakeholders to this file (HTML)", .letter = 'o', .unit = "FILE"},
        {NULL},
};

/* A figure over the whole span, and month by month. */
static bool add_figure(Produced *p, const char *name, const json_t *figure, json_t *list, GError **error)
{
	json_auto_t *whole = json_pack("{s:s}", "by", "all"), *monthly = json_pack("{s:s}", "by", "month"),
	            *all = json_object(), *months = json_object();
	bool computed = json_object_get(figure, "sql") != NULL;
	if (computed && !p->predictions)
		return true;
	if (!(computed ? figures_periods : figures_pushed)(p, name, figure, whole, all, error) ||
	        !(computed ? figures_periods : figures_pushed)(p, name, figure, monthly, months, error))
		return false;
	json_t *one = json_array_get(json_object_get(all, "periods"), 0);
	if (!one)
		return true;
	one = json_copy(one);
	json_object_set_new(one, "name", json_text(name));
	json_object_set_new(one, "unit", json_text(json_get_text(figure, "unit", NULL)));
	json_object_set_new(one, "per", json_text(json_get_text(figure, "per", "period")));
	json_object_set_new(one, "goal", figures_goal_json(produced_criterion(p, name)));
	json_object_set(one, "periods", json_object_get(months, "periods"));
	json_array_append_new(list, one);
	return true;
}

/* The first figure that is a mean over predictions in the currency of the prices, its gain over today times the predictions; NaN: none.
 * Of a figure whose goal is at most something less is more: it is gained by falling, and without today nobody knows from where. */
static double earned(const Produced *p, const json_t *figures, const char *currency, const char **ret_name)
{
	size_t i;
	json_t *f;
	json_array_foreach ((json_t *)figures, i, f) {
		if (strcmp(json_get_text(f, "per", ""), "prediction") != 0 ||
		        g_strcmp0(json_get_text(f, "unit", NULL), currency) != 0)
			continue;
		double gain = json_get_number(f, "gain", NAN), value = json_get_number(f, "value", NAN);
		bool falls = json_object_get(json_object_get(f, "goal"), "at_most") != NULL;
		if (falls && isnan(gain))
			continue;
		*ret_name = json_get_text(f, "name", "");
		return (falls ? -gain : isnan(gain) ? value : gain) * (double)p->predictions;
	}
	return NAN;
}

/* Every figure with a bound in words. */
static void tell_figures(GString *text, const json_t *figures)
{
	size_t i;
	json_t *f;
	json_array_foreach ((json_t *)figures, i, f) {
		const json_t *goal = json_object_get(f, "goal"), *reached = json_object_get(f, "reached");
		if (!json_is_boolean(reached))
			continue;
		bool least = json_object_get(goal, "at_least") != NULL;
		g_string_append_printf(text, "%s is %.4g; the goal is %s %.4g: %s. ", json_get_text(f, "name", ""),
		        json_get_number(f, "value", NAN), least ? "at least" : "at most",
		        json_get_number(goal, least ? "at_least" : "at_most", NAN),
		        json_is_true(reached) ? "reached" : "not reached");
	}
}

static json_t *verdict(const Produced *p, const json_t *figures, const json_t *costs)
{
	g_autoptr(GString) text = g_string_new(NULL);
	const char *currency = json_get_text(costs, "currency", ""), *name = NULL;
	double cost = json_get_number(costs, "money", NAN), gain = earned(p, figures, currency, &name);
	if (!p->predictions)
		return json_string("Nothing has been predicted in this time: there is nothing to judge.");
	tell_figures(text, figures);
	if (!p->outcomes)
		g_string_append(text, "No outcome is known yet, so what it brought cannot be told. ");
	else if (!isnan(cost) && !isnan(gain))
		g_string_append_printf(text, "By %s it brought %.2f %s and cost %.2f %s: %s.", name, gain, currency,
		        cost, currency, gain > cost ? "it was worth it" : "it was not worth it");
	else if (isnan(cost))
		g_string_append(text, "What it cost cannot be told: gyre.yaml has no prices.");
	else
		g_string_append_printf(text,
		        "It cost %.2f %s. No figure tells what one prediction brings in %s, so gain and cost cannot be "
		        "set against each other.",
		        cost, currency, currency);
	return json_text(g_strchomp(text->str));
}

static bool judge(Produced *p, int64_t first, json_t **ret, GError **error)
{
	json_auto_t *figures = json_array(), *costs = NULL, *delivery = NULL;
	const char *name;
	json_t *figure;
	json_object_foreach ((json_t *)p->figures, name, figure)
		if (!add_figure(p, name, figure, figures, error))
			return false;
	int64_t began = MAX(
	        p->since, first); /* predictions may be older: a past that was replayed costs and delivers nothing */
	CostSpan span = {p->desk.project->state_folder, began, p->until, p->predictions};
	if (!costs_of(p->desk.meta, &span, project_block(p->desk.project, "prices"), &costs, error) ||
	        !delivery_of(p->desk.meta, p->model, began, p->until, &delivery, error))
		return false;
	*ret = json_pack("{s:s,s:o,s:o,s:I,s:I,s:O,s:O,s:O,s:o}", "model", p->model, "since", time_json(p->since),
	        "until", time_json(p->until), "predictions", (json_int_t)p->predictions, "outcomes",
	        (json_int_t)p->outcomes, "figures", figures, "costs", costs, "delivery", delivery, "verdict",
	        verdict(p, figures, costs));
	return true;
}

/* When the model's life began: with its first run, what that cost belongs to it.  Where no beginning is asked for, that is it, or the
 * first prediction if it is older. */
static bool set_since(Produced *p, const json_t *in, int64_t *ret_first, GError **error)
{
	json_auto_t *row = NULL;
	if (!meta_row(p->desk.meta, "SELECT MIN(started) AS first FROM executions", NULL, &row, error))
		return false;
	*ret_first = MIN(json_get_int(row, "first", p->until - 1), p->until - 1); /* not after what is asked for */
	if (!json_get_text(in, "since", NULL))
		p->since = p->predictions ? MIN(p->since, *ret_first) : *ret_first;
	return true;
}

static bool run(App *app, const json_t *in, json_t **ret, GError **error)
{
	g_auto(Produced) p = {0};
	const char *output = json_get_text(in, "output", NULL);
	json_auto_t *result = NULL;
	int64_t first;
	if (!produced_open(app, in, &p, error) || !set_since(&p, in, &first, error) ||
	        !judge(&p, first, &result, error))
		return false;
	if (output) {
		g_autofree char *html = impact_page(result);
		if (!file_write(output, html, strlen(html), error))
			return false;
		json_object_set_new(result, "page", json_text(output));
	}
	*ret = json_incref(result);
	return true;
}

const Op OP_IMPACT = {
        .name = "impact",
        .help = "tell whether the model was worth it: figures, costs and how it is delivered",
        .more = "The figures of the kpi block against the goal and against what there was before; what the pipeline, "
                "storage and "
                "requests cost by the prices block; and lead time, deployment frequency, change-failure rate, time to "
                "restore "
                "and age of the model from the store's own history.\n"
                "JSON: {\"model\", \"since\", \"until\", \"predictions\", \"outcomes\", \"figures\": [as gyre kpi], "
                "\"costs\": "
                "{\"currency\", \"training\", \"storage\", \"serving\", \"money\", \"per_thousand\"}, \"delivery\": "
                "{\"deployments\", \"per_30_days\", \"lead_time_s\", \"failures\", \"failure_rate\", \"restore_s\", "
                "\"age_s\", "
                "\"data_age_s\", \"versions\", \"accepted\"}, \"verdict\"}",
        .params = PARAMS,
        .run = run,
};
