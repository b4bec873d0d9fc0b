/* card_markdown.c: a model's card as Markdown that Git hosts and model hubs show.
 *
 * Whatever comes from the data or from gyre.yaml is escaped: a label like "<=50K" stays what it is, and a column's name can
 * neither end a table's cell nor open a tag. */
#include <string.h>

#include "base/json.h"
#include "report/card.h"

enum { SLICES_SHOWN = 10, COLUMNS_SHOWN = 15 };

static void put_escaped(GString *to, const char *text)
{
	for (; text && *text; text++) {
		if (*text == '<')
			g_string_append(to, "&lt;");
		else if (*text == '&')
			g_string_append(to, "&amp;");
		else if (*text == '\n' || *text == '\r' || *text == '\t')
			g_string_append_c(to, ' ');
		else if (strchr("\\`*_[]|#>", *text))
			g_string_append_printf(to, "\\%c", *text);
		else
			g_string_append_c(to, *text);
	}
}

static char *text_of(const json_t *value);

/* "eta 0.1, rounds 94": members without a value are left out. */
static char *members_text(const json_t *object)
{
	g_autoptr(GString) all = g_string_new(NULL);
	const char *name;
	json_t *value;
	json_object_foreach ((json_t *)object, name, value) {
		bool is_empty = json_is_null(value) || ((json_is_array(value) || json_is_object(value)) &&
		                                               !json_array_size(value) && !json_object_size(value));
		g_autofree char *text = is_empty ? NULL : text_of(value);
		if (text)
			g_string_append_printf(all, "%s%s %s", all->len ? ", " : "", name, text);
	}
	return g_string_free(g_steal_pointer(&all), FALSE);
}

static char *text_of(const json_t *value)
{
	if (json_is_object(value))
		return members_text(value);
	if (json_is_string(value))
		return g_strdup(json_string_value(value));
	if (json_is_integer(value))
		return say_count((double)json_integer_value(value));
	if (json_is_number(value))
		return say_number(value, 4);
	if (json_is_boolean(value))
		return g_strdup(json_is_true(value) ? "yes" : "no");
	return value && !json_is_null(value) ? json_canonical(value) : NULL;
}

static void put_item(GString *to, const char *name, const json_t *value)
{
	if (json_is_array(value)) {
		g_autoptr(GString) all = g_string_new(NULL);
		size_t i;
		json_t *part;
		json_array_foreach ((json_t *)value, i, part) {
			g_autofree char *text = text_of(part);
			g_string_append_printf(all, "%s%s", i ? ", " : "", text ? text : "");
		}
		json_auto_t *joined = all->len ? json_text(all->str) : NULL;
		if (joined)
			put_item(to, name, joined);
		return;
	}
	g_autofree char *text = text_of(value);
	if (!text || !*text)
		return;
	g_string_append_printf(to, "- **%s:** ", name);
	put_escaped(to, text);
	g_string_append_c(to, '\n');
}

static void put_object(GString *to, const json_t *object)
{
	const char *name;
	json_t *value;
	json_object_foreach ((json_t *)object, name, value) {
		g_autofree char *label = g_strdelimit(g_strdup(name), "_", ' ');
		put_item(to, label, value);
	}
}

static void put_cells(GString *to, const char *first, const char *const *cells)
{
	g_string_append(to, "| ");
	put_escaped(to, first);
	for (; *cells; cells++) {
		g_string_append(to, " | ");
		put_escaped(to, *cells);
	}
	g_string_append(to, " |\n");
}

static char *interval(const json_t *figure)
{
	if (!json_is_number(json_object_get(figure, "low")))
		return g_strdup("");
	g_autofree char *low = say_number(json_object_get(figure, "low"), 4),
	                *high = say_number(json_object_get(figure, "high"), 4);
	return g_strdup_printf("%s to %s", low, high);
}

static void put_metrics(GString *to, const json_t *metrics)
{
	const json_t *baseline = json_object_get(metrics, "baseline");
	const char *name;
	json_t *figure;
	g_autofree char *rows = say_count(json_get_number(metrics, "rows", 0)),
	                *threshold = say_number(json_object_get(metrics, "threshold"), 4);
	g_string_append_printf(to, "\n## Metrics\n\nOn %s rows that it never saw, with 95 %% intervals", rows);
	if (json_is_number(json_object_get(metrics, "threshold")))
		g_string_append_printf(to, "; it decides at a probability of %s", threshold);
	g_string_append(to, ".\n\n| metric | value | interval | baseline |\n|---|---|---|---|\n");
	json_object_foreach (json_object_get(metrics, "model"), name, figure) {
		g_autofree char *label = say_measure(name), *value = say_number(json_object_get(figure, "value"), 4),
		                *range = interval(figure),
		                *base = say_number(json_object_get(json_object_get(baseline, name), "value"), 4);
		const char *cells[] = {value, range, base, NULL};
		put_cells(to, label, cells);
	}
	if (json_object_size(json_object_get(metrics, "kpi"))) {
		g_string_append(to, "\n| business figure | value | baseline |\n|---|---|---|\n");
		json_object_foreach (json_object_get(metrics, "kpi"), name, figure) {
			g_autofree char *value = say_number(json_object_get(figure, "value"), 4),
			                *base = say_number(json_object_get(figure, "baseline"), 4);
			const char *cells[] = {value, base, NULL};
			put_cells(to, name, cells);
		}
	}
}

static void put_slices(GString *to, const json_t *slices)
{
	size_t i;
	json_t *slice;
	if (!json_array_size(slices))
		return;
	g_string_append(to, "\n## Where it fails\n\n| rows where | rows | loss | elsewhere |\n|---|---|---|---|\n");
	json_array_foreach ((json_t *)slices, i, slice) {
		if (i == SLICES_SHOWN)
			break;
		g_autofree char *rows = say_count(json_get_number(slice, "rows", 0)),
		                *loss = say_number(json_object_get(slice, "loss"), 4),
		                *rest = say_number(json_object_get(slice, "rest"), 4);
		const char *cells[] = {rows, loss, rest, NULL};
		put_cells(to, json_get_text(slice, "slice", ""), cells);
	}
}

static const json_t *driver_of(const json_t *drivers, const char *column)
{
	size_t i;
	json_t *entry;
	json_array_foreach (json_object_get(drivers, "columns"), i, entry)
		if (g_strcmp0(json_get_text(entry, "column", ""), column) == 0)
			return entry;
	return NULL;
}

static void put_importance(GString *to, const json_t *importance, const json_t *drivers)
{
	size_t i;
	json_t *entry;
	if (!json_array_size(importance))
		return;
	g_string_append(to,
	        "\n## What drives it\n\n| column | lost by shuffling | sd | mean contribution |\n|---|---|---|---|\n");
	json_array_foreach ((json_t *)importance, i, entry) {
		if (i == COLUMNS_SHOWN)
			break;
		const char *column = json_get_text(entry, "column", "");
		g_autofree char *mean = say_number(json_object_get(entry, "mean"), 3),
		                *sd = say_number(json_object_get(entry, "sd"), 2),
		                *moved = say_number(json_object_get(driver_of(drivers, column), "mean"), 3);
		const char *cells[] = {mean, sd, moved, NULL};
		put_cells(to, column, cells);
	}
}

static void put_fairness(GString *to, const json_t *fairness)
{
	const char *column, *measure;
	json_t *found, *figure;
	if (!json_is_object(fairness))
		return;
	g_string_append(to, "\n## Fairness\n\n| groups of | measure | value | interval |\n|---|---|---|---|\n");
	json_object_foreach (json_object_get(fairness, "columns"), column, found)
		json_object_foreach (json_object_get(found, "measures"), measure, figure) {
			g_autofree char *value = say_number(json_object_get(figure, "value"), 4),
			                *range = interval(figure);
			const char *cells[] = {measure, value, range, NULL};
			put_cells(to, column, cells);
		}
}

static void put_list(GString *to, const char *head, const json_t *list)
{
	size_t i;
	json_t *sentence;
	if (!json_array_size(list))
		return;
	g_string_append_printf(to, "\n## %s\n\n", head);
	json_array_foreach ((json_t *)list, i, sentence) {
		g_string_append(to, "- ");
		put_escaped(to, json_string_value(sentence));
		g_string_append_c(to, '\n');
	}
}

static void put_gate(GString *to, const json_t *gate, const json_t *approvals)
{
	size_t i;
	json_t *move, *criterion;
	if (!json_is_boolean(json_object_get(gate, "pass")))
		return;
	g_string_append(to, "\n## Gate and approvals\n\n");
	json_auto_t *answer = json_copy((json_t *)gate);
	json_object_del(answer, "criteria");
	put_object(to, answer);
	json_array_foreach (json_object_get(gate, "criteria"), i, criterion) {
		bool pass = json_get_bool(criterion, "pass", false);
		g_string_append(to, pass ? "- passed: " : "- **failed:** ");
		put_escaped(to, json_get_text(criterion, "sentence", ""));
		g_string_append_c(to, '\n');
	}
	json_array_foreach ((json_t *)approvals, i, move) {
		g_autofree char *line = g_strdup_printf("%s to version %d by %s (%s) %s",
		        json_get_text(move, "alias", ""), (int)json_get_int(move, "to", 0),
		        json_get_text(move, "who", "?"), json_get_text(move, "why", ""), json_get_text(move, "at", ""));
		g_string_append(to, "- ");
		put_escaped(to, line);
		g_string_append_c(to, '\n');
	}
}

static void put_part(GString *to, const char *head, const json_t *object)
{
	gsize before = to->len;
	g_string_append_printf(to, "\n## %s\n\n", head);
	gsize empty = to->len;
	put_object(to, object);
	if (to->len == empty)
		g_string_truncate(to, before);
}

/* An ensemble's models, a line each: their parameters as JSON would fill a page. */
static void put_members(GString *to, const json_t *members)
{
	size_t i;
	json_t *member;
	if (!json_array_size(members))
		return;
	g_string_append(to, "\n| model | weight | parameters |\n|---|---|---|\n");
	json_array_foreach ((json_t *)members, i, member) {
		g_autofree char *weight = say_number(json_object_get(member, "weight"), 4),
		                *params = members_text(json_object_get(member, "params"));
		const char *cells[] = {weight ? weight : "", params, NULL};
		put_cells(to, json_get_text(member, "family", ""), cells);
	}
}

/* What is said of an ensemble's parameters, but for its models, stands with the others. */
static void put_details(GString *to, const json_t *details)
{
	json_auto_t *told = json_deep_copy(details);
	json_object_del(json_object_get(told, "params"), "members");
	put_part(to, "Details", told);
	put_members(to, json_object_get(json_object_get(details, "params"), "members"));
}

/* The parts of the data that a reader asks for, not each column. */
static void put_data(GString *to, const json_t *data)
{
	const json_t *split = json_object_get(data, "split");
	json_auto_t *columns = json_integer((json_int_t)json_array_size(json_object_get(data, "columns")));
	g_string_append(to, "\n## Data\n\n");
	put_item(to, "rows", json_object_get(data, "rows"));
	put_item(to, "columns", columns);
	put_item(to, "columns kept from it", json_object_get(data, "left_out"));
	put_item(to, "split by", json_object_get(split, "by"));
	put_item(to, "rows to learn from", json_at(split, "rows.train"));
	put_item(to, "rows to choose by", json_at(split, "rows.valid"));
	put_item(to, "rows to judge by", json_at(split, "rows.test"));
	put_item(to, "range learnt from", json_at(split, "ranges.train"));
	put_item(to, "range judged on", json_at(split, "ranges.test"));
}

char *card_markdown(const json_t *card)
{
	GString *to = g_string_new("# Model card: ");
	const json_t *details = json_object_get(card, "details");
	put_escaped(to, json_get_text(details, "name", "unnamed"));
	if (json_is_integer(json_object_get(details, "version")))
		g_string_append_printf(to, ", version %d", (int)json_get_int(details, "version", 0));
	g_string_append_c(to, '\n');
	put_details(to, details);
	put_part(to, "Intended use", json_object_get(card, "intended_use"));
	put_data(to, json_object_get(card, "data"));
	put_part(to, "Training", json_object_get(card, "training"));
	put_metrics(to, json_object_get(card, "metrics"));
	put_slices(to, json_object_get(card, "slices"));
	put_importance(to, json_object_get(card, "importance"), json_object_get(card, "drivers"));
	put_fairness(to, json_object_get(card, "fairness"));
	put_part(to, "Latency", json_object_get(card, "latency"));
	put_list(to, "Limits", json_object_get(card, "limits"));
	put_part(to, "Monitoring", json_object_get(card, "monitoring"));
	put_gate(to, json_object_get(card, "gate"), json_object_get(card, "approvals"));
	put_part(to, "Provenance", json_object_get(card, "provenance"));
	return g_string_free(to, FALSE);
}
