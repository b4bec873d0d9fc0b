/* test_card.c: a model's card from its record: what is not known stays null, and no text of the data breaks the Markdown. */
#include "report/card.h"

#include <string.h>

#include "base/json.h"

static json_t *json_of(const char *text)
{
	json_t *value = json_loads(text, JSON_DECODE_ANY, NULL);
	g_assert_nonnull(value);
	return value;
}

static void test_empty(void)
{
	Story s = {0};
	json_auto_t *card = card_of(&s);
	g_autofree char *text = card_markdown(card);
	g_assert_true(json_is_null(json_at(card, "details.owner")));
	g_assert_true(json_is_null(json_object_get(card, "importance")));
	g_assert_true(g_str_has_prefix(text, "# Model card: unnamed\n"));
	g_assert_null(strstr(text, "null"));
	g_assert_null(strstr(text, "nan"));
}

static void test_told(void)
{
	json_auto_t *goal = json_of("{\"owner\": \"a|b\", \"problem\": \"TODO\", \"stakeholders\": [\"x\", \"y\"]}");
	json_auto_t *evaluation = json_of(
	        "{\"task\": \"classification\", \"target\": \"<script>\", \"positive\": \">50K\", \"rows\": 1200,"
	        "\"model\": {\"family\": \"linear\", \"threshold\": 0.25, \"metrics\": {\"roc_auc\": {\"value\": 0.9, "
	        "\"low\": "
	        "0.85, \"high\": 0.95}}},"
	        "\"baseline\": {\"metrics\": {\"roc_auc\": {\"value\": 0.5}}},"
	        "\"slices\": {\"worst\": [{\"slice\": \"a = p|q\\n# r\", \"rows\": 10, \"loss\": 1, \"rest\": 0.5}]},"
	        "\"importance\": [{\"column\": \"co_l\", \"mean\": 0.1, \"sd\": 0.01}],"
	        "\"drivers\": {\"columns\": [{\"column\": \"co_l\", \"mean\": 0.7}]},"
	        "\"warnings\": [\"careful\"]}");
	json_auto_t *trials = json_of(
	        "{\"refit\": {\"params\": {\"layer\": null, \"members\": [{\"family\": \"boosted\", \"weight\": 13.0, "
	        "\"params\": {\"eta\": 0.1, \"rounds\": 31, \"view\": \"a|b\", \"monotone\": {}}}]}}}");
	Story s = {.goal = goal, .evaluation = evaluation, .trials = trials, .bundle_digest = "abc"};
	json_auto_t *card = card_of(&s);
	g_assert_true(json_is_null(json_at(card, "intended_use.problem")));
	g_assert_cmpstr(json_string_value(json_at(card, "provenance.bundle")), ==, "abc");
	g_assert_cmpuint(json_array_size(json_object_get(card, "limits")), ==, 2);
	g_autofree char *text = card_markdown(card);
	static const char *const LINES[] = {"- **owner:** a\\|b\n",
	        "| boosted | 13 | eta 0.1, rounds 31, view a\\|b |\n", "- **touches:** x, y\n",
	        "- **target:** &lt;script\\>\n", "| ROC AUC | 0.9 | 0.85 to 0.95 | 0.5 |\n",
	        "| a = p\\|q \\# r | 10 | 1 | 0.5 |\n", "| co\\_l | 0.1 | 0.01 | 0.7 |\n", "- careful\n"};
	for (size_t i = 0; i < G_N_ELEMENTS(LINES); i++)
		if (!strstr(text, LINES[i]))
			g_error("no line %s in:\n%s", LINES[i], text);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/card/empty", test_empty);
	g_test_add_func("/card/told", test_told);
	return g_test_run();
}
