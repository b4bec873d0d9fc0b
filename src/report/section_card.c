/* section_card.c: which models were tried; what the model is for, what not; where everything came from. */
#include "report/card.h"

#include <math.h>
#include <string.h>

#include "base/json.h"

enum { MOST_TRIALS = 200 };

/* "3 models: 2 boosted, 1 linear". */
static char *members_words(const json_t *members)
{
	g_autoptr(GString) text = g_string_new(NULL);
	json_auto_t *counts = json_object();
	const char *family;
	size_t i;
	json_t *member, *count;
	json_array_foreach ((json_t *)members, i, member) {
		family = json_get_text(member, "family", "model");
		json_object_set_new(counts, family, json_integer(json_get_int(counts, family, 0) + 1));
	}
	g_string_append_printf(text, "%zu models:", json_array_size(members));
	json_object_foreach (counts, family, count)
		g_string_append_printf(text, "%s %d %s", text->str[text->len - 1] == ':' ? "" : ",",
		        (int)json_integer_value(count), family);
	return g_string_free(g_steal_pointer(&text), FALSE);
}

/* Of an ensemble only what it is made of: its models have a table. */
static char *params_text(const json_t *params)
{
	g_autoptr(GString) text = g_string_new(NULL);
	const json_t *members = json_object_get(params, "members");
	const char *name;
	json_t *value;
	if (json_array_size(members))
		return members_words(members);
	json_object_foreach ((json_t *)params, name, value) {
		g_autofree char *shown = say_value(value);
		g_string_append_printf(text, "%s%s %s", text->len ? ", " : "", name, shown);
	}
	return g_string_free(g_steal_pointer(&text), FALSE);
}

/* What was known to do well on similar data, and whether it did here. */
static void put_transferred(Page *p, const json_t *transferred, int64_t best)
{
	size_t i, count = json_array_size(transferred);
	json_t *one;
	bool won = false;
	json_array_foreach ((json_t *)transferred, i, one)
		won = won || json_get_int(one, "trial", -1) == best;
	if (count)
		put_tag_format(p, "p",
		        "The settings of %zu of them, numbers %d to %d, had done best in earlier searches of similar "
		        "data%s.",
		        count, (int)json_get_int(json_array_get(transferred, 0), "trial", 0),
		        (int)json_get_int(json_array_get(transferred, count - 1), "trial", 0),
		        won ? "; one of these won" : "");
}

/* An ensemble's models, as they were trained at the end. */
static void put_members(Page *p, const json_t *members)
{
	size_t i;
	json_t *member;
	if (!json_array_size(members))
		return;
	put(p, "<details><summary>What the ensemble is made of</summary><div class=wide><table>\n");
	put_row(p, "th", "tnt", "family", "weight", "settings");
	json_array_foreach ((json_t *)members, i, member) {
		if (i == MOST_TRIALS)
			break;
		g_autofree char *settings = params_text(json_object_get(member, "params")),
		                *weight = say_number(json_object_get(member, "weight"), 4);
		put_row(p, "td", "tnt", json_get_text(member, "family", ""), weight, settings);
	}
	put(p, "</table></div></details>\n");
}

void section_search(Page *p, const Story *s)
{
	const json_t *trials = json_object_get(s->trials, "trials");
	const char *metric = json_get_text(s->trials, "metric", "");
	int64_t best = json_get_int(s->trials, "best", -1);
	size_t i;
	json_t *trial;
	if (!json_array_size(trials))
		return;
	g_autofree char *measure = say_measure(metric);
	put_tag(p, "h2", "What was tried");
	put_tag_format(p, "p",
	        "%zu models, compared by %s on rows kept from their training; the one chosen (★) was trained again on "
	        "all rows but those it was judged on.",
	        json_array_size(trials), measure);
	put_transferred(p, json_object_get(s->trials, "transferred"), best);
	put(p, "<details><summary>All of them</summary><div class=wide><table>\n");
	put_row(p, "th", "ntnt", "", "family", measure, "settings");
	json_array_foreach ((json_t *)trials, i, trial) {
		if (i == MOST_TRIALS)
			break;
		g_autofree char *settings = params_text(json_object_get(trial, "params"));
		g_autofree char *number = g_strdup_printf("%d%s", (int)json_get_int(trial, "number", 0),
		        json_get_int(trial, "number", -2) == best ? " ★" : "");
		const json_t *value = json_object_get(json_object_get(trial, "metrics"), metric);
		g_autofree char *figure =
		        value ? say_number(value, 4) : g_strdup(json_get_text(trial, "status", "failed"));
		put_row(p, "td", "ntnt", number, json_get_text(trial, "family", ""), figure, settings);
	}
	put(p, "</table></div></details>\n");
	put_members(p, json_at(s->trials, "refit.params.members"));
}

static void put_entry(Page *p, const char *name, const char *text)
{
	if (!text || !*text)
		return;
	put(p, "<tr>");
	put_tag(p, "th", name);
	put_tag(p, "td", text);
	put(p, "</tr>\n");
}

static char *joined(const json_t *list)
{
	g_autoptr(GString) text = g_string_new(NULL);
	size_t i;
	json_t *item;
	json_array_foreach ((json_t *)list, i, item)
		g_string_append_printf(
		        text, "%s%s", i ? ", " : "", json_string_value(item) ? json_string_value(item) : "");
	return g_string_free(g_steal_pointer(&text), FALSE);
}

static void put_digest(Page *p, const char *name, const char *digest)
{
	if (!digest)
		return;
	put(p, "<tr>");
	put_tag(p, "th", name);
	put(p, "<td><code>");
	put_text(p, digest);
	put(p, "</code></td></tr>\n");
}

void section_card(Page *p, const Story *s)
{
	json_auto_t *card = card_of(s);
	const json_t *details = json_object_get(card, "details"), *use = json_object_get(card, "intended_use");
	g_autofree char *touched = joined(json_object_get(use, "touches")),
	                *left_out = joined(json_at(card, "data.left_out"));
	const json_t *members = json_object_get(json_object_get(details, "params"), "members");
	g_autofree char *of = json_array_size(members) ? members_words(members) : NULL;
	g_autofree char *kind =
	        g_strdup_printf("%s%s%s", json_get_text(details, "family", ""), of ? " of " : "", of ? of : "");
	g_autofree char *threshold = say_number(json_at(card, "metrics.threshold"), 3);
	g_autofree char *p99 = say_number(json_at(card, "latency.p99_ms"), 2),
	                *latency = g_strdup_printf("%s ms for 99 of 100 single rows", p99);
	size_t i;
	json_t *limit;
	put_tag(p, "h2", "The model's card");
	put(p, "<div class=wide><table>\n");
	put_entry(p, "Model", json_get_text(details, "name", NULL));
	put_entry(p, "Kind", kind);
	put_entry(p, "Predicts", json_get_text(use, "target", NULL));
	put_entry(p, "Meant for", json_get_text(use, "problem", NULL));
	put_entry(p, "Touches", touched);
	put_entry(p, "Not meant for", json_get_text(use, "not_for", NULL));
	put_entry(p, "Owner", json_get_text(details, "owner", NULL));
	put_entry(p, "Columns kept from it", left_out);
	if (json_is_string(json_object_get(use, "positive")) && json_is_number(json_at(card, "metrics.threshold")))
		put_entry(p, "Marks from a probability of", threshold);
	if (json_is_number(json_at(card, "latency.p99_ms")))
		put_entry(p, "Answers in", latency);
	put_digest(p, "Bundle", json_string_value(json_at(card, "provenance.bundle")));
	put_digest(p, "Data", json_string_value(json_at(card, "provenance.data")));
	put(p, "</table></div>\n");
	json_array_foreach (json_object_get(card, "limits"), i, limit)
		if (i > 0 && i < 20) /* the first stands above: what it is not meant for */
			put_tag(p, "p class=soft", json_string_value(limit));
	put_tag(p, "p class=soft",
	        "Intervals are 95 % bootstrap intervals; they tell what chance alone could do on rows like these, not "
	        "what a changed world would.");
	put_tag_format(p, "p class=soft", "Made by Gyre %s.", json_get_text(details, "gyre", ""));
}
