/* test_cause.c: which cause is named for what is found together, and which columns have a part in it. */
#include "monitor/cause.h"

#include "base/json.h"

#define FOUND(look, measure, subject, state)                                                                       \
	"{\"look\": \"" look "\", \"measure\": \"" measure "\", \"subject\": \"" subject "\", \"state\": \"" state \
	"\", \"value\": 0.2, \"evidence\": {}}"
#define LOSS FOUND("performance", "roc_auc", "", "alarm")
#define PARTED FOUND("concept", "disagreement", "accuracy", "alarm")
#define ERRORS FOUND("concept", "errors", "", "alarm")
#define MOVED FOUND("drift", "ks", "x", "alarm")
#define MIXED FOUND("drift", "total_variation", "word", "alarm")
#define BROKEN FOUND("quality", "missing", "x", "alarm")
#define FEW FOUND("performance", "coverage", "", "warning")
#define TOGETHER FOUND("multivariate", "mmd", "", "alarm")
#define EXPECTED FOUND("estimate", "roc_auc", "", "alarm")
#define BEYOND FOUND("quality", "out_of_range", "x", "alarm")
#define RATE FOUND("quality", "rate", "", "alarm")

/* The cause of the first finding. */
static const struct {
	const char *findings, *cause;
} CASES[] = {
        {LOSS, "concept"},
        {ERRORS "," FOUND("drift", "ks", "x", "ok"), "concept"},
        {LOSS "," PARTED, "concept"},
        {LOSS "," PARTED "," MOVED, "concept"},
        {LOSS "," MOVED, "input"},
        {LOSS "," TOGETHER, "input"},
        {LOSS "," EXPECTED, "input"},
        {LOSS "," MOVED "," BROKEN, "quality"},
        {PARTED "," BROKEN, "quality"},
        {LOSS "," FOUND("skew", "differs", "x", "alarm"), "quality"},
        {LOSS "," FEW, "label_delay"},
        {LOSS "," FEW "," PARTED, "concept"},
        {LOSS "," MIXED, "traffic_mix"},
        {LOSS "," MIXED "," MOVED, "input"},
        {LOSS "," RATE, "traffic_mix"},
        {FOUND("kpi", "saved", "", "alarm") "," MOVED, "input"},
        {MOVED, "input"},
        {MIXED, "traffic_mix"},
        {MIXED "," TOGETHER, "input"},
        {MOVED "," PARTED, "input"},
        {MOVED "," BEYOND, "input"},
        {BEYOND "," MOVED, "input"},
        {BEYOND "," LOSS, "quality"},
        {LOSS "," BEYOND "," MOVED "," BROKEN, "quality"},
        {TOGETHER, "input"},
        {EXPECTED "," MIXED, "traffic_mix"},
        {BROKEN "," PARTED, "quality"},
        {RATE "," PARTED, "traffic_mix"},
        {FEW "," PARTED, "label_delay"},
        {FOUND("performance", "strangers", "", "warning"), "quality"},
};

static json_t *read_list(const char *findings)
{
	g_autofree char *text = g_strdup_printf("[%s]", findings);
	json_t *list = json_loads(text, 0, NULL);
	g_assert_nonnull(list);
	return list;
}

static void test_causes(void)
{
	json_auto_t *types = json_pack("{s:s,s:s}", "x", "real", "word", "text");
	for (size_t i = 0; i < G_N_ELEMENTS(CASES); i++) {
		json_auto_t *list = read_list(CASES[i].findings);
		g_test_message("%zu", i);
		g_assert_cmpstr(cause_of(list, json_array_get(list, 0), types), ==, CASES[i].cause);
	}
}

static void check_columns(const char *findings, const char *cause, const json_t *importance, const char *expected)
{
	json_auto_t *list = read_list(findings), *columns = cause_columns(list, cause, importance);
	g_autoptr(GString) s = g_string_new(NULL);
	size_t i;
	json_t *one;
	json_array_foreach (columns, i, one)
		g_string_append_printf(
		        s, "%s %.2f ", json_get_text(one, "column", ""), json_get_number(one, "share", 0));
	g_assert_cmpstr(s->str, ==, expected);
}

/* By how far they are off and by what the model makes of them; a concept's as the look ranked them. */
static void test_columns(void)
{
	static const char MOVES[] =
	        "{\"look\": \"drift\", \"subject\": \"x\", \"state\": \"alarm\", \"value\": 0.2},"
	        "{\"look\": \"drift\", \"subject\": \"n\", \"state\": \"warning\", \"value\": 0.4},"
	        "{\"look\": \"drift\", \"subject\": \"word\", \"state\": \"ok\", \"value\": 0.01},"
	        "{\"look\": \"drift\", \"subject\": \"score\", \"state\": \"alarm\", \"value\": 0.3},"
	        "{\"look\": \"quality\", \"subject\": \"place\", \"state\": \"alarm\", \"value\": 0.1}";
	static const char RANKED[] = "{\"look\": \"concept\", \"measure\": \"disagreement\", \"state\": \"alarm\", "
	                             "\"evidence\": {\"columns\": "
	                             "[{\"column\": \"word\", \"share\": 0.6}, {\"column\": \"x\", \"share\": 0.2}]}}";
	json_auto_t *importance = json_pack("{s:f,s:f,s:f,s:f}", "x", 0.9, "n", 0.0, "word", 0.1, "place", 0.0);
	check_columns(MOVES, "input", NULL, "n 0.67 x 0.33 ");
	check_columns(MOVES, "input", importance, "x 0.95 n 0.05 ");
	check_columns(MOVES, "quality", importance, "place 1.00 ");
	check_columns(MOVES, "concept", importance, "");
	check_columns(RANKED, "concept", importance, "word 0.75 x 0.25 ");
	check_columns(RANKED, "label_delay", importance, "");
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/cause/causes", test_causes);
	g_test_add_func("/cause/columns", test_columns);
	return g_test_run();
}
