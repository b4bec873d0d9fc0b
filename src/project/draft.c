/* draft.c: a gyre.yaml from findings, with the reasons as comments.
 *
 * Names and labels come from the data, so every one of them goes through append_scalar: it is either a plain word that YAML
 * reads as a text, or quoted with escapes, on one line and without a character that YAML does not take.  Comments take them the same way. */
#include "project/draft.h"

#include <glib.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "data/engine.h"
#include "impact/figure.h"

enum { COMMENT_WIDTH = 100 };

/* --- scalars ----------------------------------------------------------------------------------------------------- */

static bool is_reserved(const char *text)
{
	static const char *const WORDS[] = {"true", "false", "null", "yes", "no", "on", "off", "y", "n", NULL};
	for (const char *const *w = WORDS; *w; w++)
		if (g_ascii_strcasecmp(*w, text) == 0)
			return true;
	return false;
}

/* Letters, digits and a few marks, beginning with a letter: YAML reads that as a text. */
static bool is_plain(const char *text)
{
	if (!g_ascii_isalpha(text[0]) || is_reserved(text))
		return false;
	for (const char *at = text; *at; at++)
		if (!g_ascii_isalnum(*at) && !strchr("_.-/", *at))
			return false;
	return true;
}

/* What JSON leaves as it is and YAML does not: it ends a line there, or may not stand in a file at all. */
static bool breaks_yaml(gunichar c)
{
	return (c >= 0x7f && c < 0xa0) || c == 0x2028 || c == 0x2029 || c == 0xfeff || c == 0xfffe || c == 0xffff;
}

static void append_quoted(GString *out, const char *text)
{
	json_auto_t *value = json_text(text);
	char *quoted = json_dumps(value, JSON_ENCODE_ANY);
	for (const char *at = quoted; *at; at = g_utf8_next_char(at)) {
		gunichar c = g_utf8_get_char(at);
		if (breaks_yaml(c))
			g_string_append_printf(out, "\\u%04X", c);
		else
			g_string_append_unichar(out, c);
	}
	free(quoted);
}

static void append_scalar(GString *out, const char *text)
{
	if (is_plain(text))
		g_string_append(out, text);
	else
		append_quoted(out, text);
}

static void append_number(GString *out, double x)
{
	char text[G_ASCII_DTOSTR_BUF_SIZE];
	g_string_append(out, g_ascii_formatd(text, sizeof text, "%.15g", x));
}

static void append_value(GString *out, const json_t *value);

static void append_list(GString *out, const json_t *list)
{
	size_t i;
	json_t *item;
	g_string_append_c(out, '[');
	json_array_foreach ((json_t *)list, i, item) {
		g_string_append(out, i ? ", " : "");
		append_value(out, item);
	}
	g_string_append_c(out, ']');
}

static void append_map(GString *out, const json_t *map)
{
	const char *key;
	json_t *value;
	bool first = true;
	g_string_append_c(out, '{');
	json_object_foreach ((json_t *)map, key, value) {
		g_string_append(out, first ? "" : ", ");
		append_scalar(out, key);
		g_string_append(out, ": ");
		append_value(out, value);
		first = false;
	}
	g_string_append_c(out, '}');
}

/* On one line. */
static void append_value(GString *out, const json_t *value)
{
	if (json_is_object(value))
		append_map(out, value);
	else if (json_is_array(value))
		append_list(out, value);
	else if (json_is_string(value))
		append_scalar(out, json_string_value(value));
	else if (json_is_real(value))
		append_number(out, json_real_value(value));
	else if (json_is_integer(value))
		g_string_append_printf(out, "%" JSON_INTEGER_FORMAT, json_integer_value(value));
	else
		g_string_append(out, json_is_true(value) ? "true" : json_is_false(value) ? "false" : "null");
}

/* --- comments ---------------------------------------------------------------------------------------------------- */

/* Sentences made elsewhere hold names from the data: no control character may end the comment. */
static char *one_line(const char *text)
{
	g_autoptr(GString) out = g_string_new(NULL);
	for (const char *at = text; *at; at = g_utf8_next_char(at)) {
		gunichar c = g_utf8_get_char(at);
		g_string_append_unichar(out, g_unichar_iscntrl(c) || breaks_yaml(c) ? ' ' : c);
	}
	return g_strdup(out->str);
}

/* A comment wrapped at words. */
static void append_comment(GString *out, int indent, const char *text)
{
	g_autofree char *line = one_line(text);
	g_auto(GStrv) words = g_strsplit(line, " ", -1);
	size_t used = 0;
	for (char **w = words; *w; w++) {
		size_t length = (size_t)g_utf8_strlen(*w, -1);
		if (!used || used + 1 + length > COMMENT_WIDTH) {
			g_string_append_printf(out, "%s%*s# %s", used ? "\n" : "", indent, "", *w);
			used = (size_t)indent + 2 + length;
		} else {
			g_string_append_printf(out, " %s", *w);
			used += 1 + length;
		}
	}
	g_string_append_c(out, '\n');
}

static void append_comments(GString *out, int indent, const json_t *sentences)
{
	size_t i;
	json_t *sentence;
	json_array_foreach ((json_t *)sentences, i, sentence)
		append_comment(out, indent, json_string_value(sentence));
}

/* "  key: value  # reason", the reason on a line before where there is no room. */
static void append_entry(GString *out, int indent, const char *key, const json_t *value, const char *reason)
{
	g_autoptr(GString) line = g_string_new(NULL);
	g_string_append_printf(line, "%*s%s: ", indent, "", key);
	append_value(line, value);
	g_autofree char *why = reason ? one_line(reason) : NULL;
	if (why && line->len + strlen(why) + 4 <= COMMENT_WIDTH)
		g_string_append_printf(line, "  # %s", why);
	else if (why)
		append_comment(out, indent, why);
	g_string_append_printf(out, "%s\n", line->str);
}

/* --- blocks ------------------------------------------------------------------------------------------------------ */

static void append_head(GString *out, const json_t *f)
{
	g_autofree char *text = g_strdup_printf(
	        "Drafted from %" G_GINT64_FORMAT " rows of %" G_GINT64_FORMAT
	        " columns. Every line is a proposal: change what you know better. "
	        "What says TODO only you can know; gyre check tells what is missing, gyre run does the rest.",
	        json_get_int(f, "rows", 0), json_get_int(f, "columns", 0));
	append_comment(out, 0, text);
	append_entry(out, 0, "project", json_object_get(f, "project"), NULL);
}

static void append_success(GString *out, const json_t *goal)
{
	g_string_append(
	        out, "  success:  # measurable: numbers that a model must reach to be registered as champion\n");
	append_comment(out, 4, json_get_text(goal, "metric_reason", ""));
	g_string_append(out, "    - {metric: ");
	g_string_append(out, json_get_text(goal, "metric", ""));
	const char *bound = json_object_get(goal, "at_least") ? "at_least" : "at_most";
	g_string_append_printf(out, ", %s: ", bound);
	append_number(out, json_get_number(goal, bound, 0));
	g_string_append(out, "}\n");
	g_string_append(out, "    # - {metric: latency_p99_ms, at_most: 5}\n");
	if (!figures_confuse(goal))
		g_string_append(out, "    # - {kpi: worth_per_row, at_least: 1.0}\n");
}

static void append_goal(GString *out, const json_t *f)
{
	const json_t *goal = json_object_get(f, "goal");
	g_string_append(out, "\ngoal:\n"
	                     "  problem: TODO            # why a model, and for whom\n"
	                     "  owner: TODO              # who answers for it\n"
	                     "  # stakeholders: [..]     # whom it touches\n"
	                     "  # today: ..              # what is done now, without a model\n");
	append_comments(out, 2, json_object_get(goal, "reasons"));
	append_entry(out, 2, "task", json_object_get(goal, "task"), NULL);
	append_entry(out, 2, "target", json_object_get(goal, "target"), NULL);
	if (json_is_string(json_object_get(goal, "positive")))
		append_entry(out, 2, "positive", json_object_get(goal, "positive"), NULL);
	append_success(out, goal);
	g_string_append(out, "  # due: 2027-03-31        # by when\n");
}

/* Can it stand as a block of lines, as it is?  Only plain characters, and at most one line break at its end. */
static bool is_block(const char *text)
{
	for (const char *at = text; *at; at++)
		if ((g_ascii_iscntrl(*at) && *at != '\n') || (unsigned char)*at >= 0x80)
			return false;
	return *text && *text != '\n' && !g_str_has_suffix(text, "\n\n");
}

static void append_query(GString *out, const json_t *data)
{
	const char *query = json_get_text(data, "query", NULL);
	if (!query)
		return;
	if (!is_block(query)) {
		append_entry(out, 2, "query", json_object_get(data, "query"), NULL);
		return;
	}
	bool ends = g_str_has_suffix(query, "\n");
	g_autofree char *text = g_strndup(query, strlen(query) - ends);
	g_auto(GStrv) lines = g_strsplit(text, "\n", -1);
	g_string_append_printf(out, "  query: |2%s  # DuckDB SQL over the sources by name\n", ends ? "" : "-");
	for (char **line = lines; *line; line++)
		g_string_append_printf(out, "%s%s\n", **line ? "    " : "", *line);
}

static void append_sources(GString *out, const json_t *data)
{
	const char *name;
	json_t *source;
	g_string_append(out, "\ndata:\n  sources:\n");
	json_object_foreach (json_object_get(data, "sources"), name, source) {
		g_string_append(out, "    ");
		append_scalar(out, name);
		g_string_append(out, ": ");
		append_value(out, source);
		g_string_append_c(out, '\n');
	}
	append_query(out, data);
}

static void append_roles(GString *out, const json_t *f)
{
	static const struct {
		const char *finding, *member, *key;
	} ROLES[] = {{"time", "column", "time"}, {"key", "columns", "key"}, {"group", "column", "group"}};
	for (size_t i = 0; i < G_N_ELEMENTS(ROLES); i++) {
		const json_t *role = json_object_get(f, ROLES[i].finding);
		bool used = strcmp(ROLES[i].key, "group") != 0 ||
		            strcmp(json_get_text(json_object_get(f, "split"), "by", ""), "group") == 0;
		if (json_is_object(role) && used)
			append_entry(out, 2, ROLES[i].key, json_object_get(role, ROLES[i].member),
			        json_get_text(role, "reason", NULL));
	}
}

static void append_drops(GString *out, const json_t *f)
{
	const json_t *drops = json_object_get(f, "drop");
	size_t i;
	json_t *drop;
	if (!json_array_size(drops)) {
		g_string_append(out,
		        "  # drop: [..]             # columns that are known only afterwards, or that name rows\n");
		return;
	}
	g_string_append(out, "  drop:  # never features\n");
	json_array_foreach (drops, i, drop) {
		append_comment(out, 4, json_get_text(drop, "reason", ""));
		g_string_append(out, "    - ");
		append_scalar(out, json_get_text(drop, "column", ""));
		g_string_append_c(out, '\n');
	}
}

static void append_checks(GString *out, const json_t *f)
{
	size_t i;
	json_t *check;
	g_string_append(out, "  checks:  # policy: fail (the default) stops the run, quarantine moves the rows aside, "
	                     "warn only tells\n");
	json_array_foreach (json_object_get(f, "checks"), i, check) {
		g_string_append(out, "    - ");
		append_value(out, check);
		g_string_append_c(out, '\n');
	}
}

static void append_split(GString *out, const json_t *f)
{
	const json_t *split = json_object_get(f, "split");
	g_string_append_c(out, '\n');
	append_comment(out, 0, json_get_text(split, "reason", ""));
	g_string_append_printf(out, "split: {by: %s, test: ", json_get_text(split, "by", ""));
	append_number(out, json_get_number(split, "test", 0.2));
	g_string_append(out, "}\n");
}

static void append_models(GString *out, const json_t *f)
{
	const json_t *models = json_object_get(f, "models");
	g_string_append(out,
	        "\n# features: []           # transforms; what you leave out is chosen by column type\n\nmodels:\n");
	append_entry(out, 2, "families", json_object_get(models, "families"), NULL);
	json_auto_t *search = json_pack("{s:s,s:O}", "method", "random", "trials", json_object_get(models, "trials"));
	append_entry(out, 2, "search", search, json_get_text(models, "reason", NULL));
}

static void append_gate(GString *out, const json_t *f)
{
	const json_t *slices = json_object_get(f, "slices");
	g_string_append(out, "\ngate:\n"
	                     "  no_worse_than: champion  # on the same rows\n");
	if (json_array_size(slices))
		append_entry(out, 2, "slices", slices, "nor much worse in any of these kinds of rows");
}

/* As a person would write it: quoted only where it must be. */
static char *plain_sql_name(const char *name)
{
	bool is_plain = !g_ascii_isdigit(*name);
	for (const char *c = name; *c; c++)
		is_plain = is_plain && (g_ascii_islower(*c) || g_ascii_isdigit(*c) || *c == '_');
	return is_plain ? g_strdup(name) : sql_name(name);
}

static void append_kpi(GString *out, const json_t *f)
{
	const json_t *goal = json_object_get(f, "goal");
	const char *positive = json_get_text(goal, "positive", NULL);
	g_autofree char *target = plain_sql_name(json_get_text(goal, "target", ""));
	g_autofree char *label = positive ? sql_text(positive) : NULL;
	g_autofree char *example =
	        positive ? g_strdup_printf("avg(case when prediction = %s and %s = %s then 40 when prediction = %s "
	                                   "then -10 else 0 end)",
	                           label, target, label, label)
	                 : g_strdup_printf(strcmp(json_get_text(goal, "task", ""), "regression") == 0
	                                           ? "avg(abs(prediction - %s))"
	                                           : "avg(case when prediction = %s then 1 else 0 end)",
	                           target);
	g_string_append(
	        out, "\n# What it is worth, in SQL over predictions and outcomes:\n# kpi:\n#   worth_per_row: ");
	append_quoted(out, example);
	g_string_append_c(out, '\n');
}

char *draft_yaml(const json_t *f)
{
	g_autoptr(GString) out = g_string_new(NULL);
	append_head(out, f);
	append_goal(out, f);
	append_sources(out, json_object_get(f, "data"));
	append_roles(out, f);
	append_drops(out, f);
	append_checks(out, f);
	append_split(out, f);
	append_models(out, f);
	append_gate(out, f);
	if (!figures_confuse(json_object_get(f, "goal")))
		append_kpi(out, f);
	if (json_array_size(json_object_get(f, "notes"))) {
		g_string_append(out, "\n# To think about:\n");
		append_comments(out, 0, json_object_get(f, "notes"));
	}
	return g_strdup(out->str);
}
