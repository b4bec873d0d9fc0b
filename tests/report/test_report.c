/* test_report.c: a page is made of whatever there is; nothing of the data gets out of its place; pictures hold numbers only. */
#include <math.h>
#include <string.h>

#include "base/file.h"
#include "base/json.h"
#include "report/chart.h"
#include "report/html.h"
#include "report/step_report.h"

static const char EVALUATION[] =
        "{'task':'classification','target':'late','positive':'1','classes':['0','1'],'metric':'roc_auc','rows':1000,"
        "'model':{'family':'boosted','threshold':0.2,'metrics':{'roc_auc':{'value':0.75,'low':0.74,'high':0.76},"
        "'precision':{'value':0.38,'low':null,'high':null},'recall':{'value':0.63,'low':0.6,'high':0.65}}},"
        "'baseline':{'metrics':{'roc_auc':{'value':0.5,'low':0.5,'high':0.5}}},'champion':null,'kpi':{},"
        "'latency':{'rows':10,'p50_ms':0.1,'p99_ms':0.2},"
        "'curves':{'pr':{'base':0.21,'points':[[0,1,0.9],[1,0.21,0]]},'roc':{'points':[[0,0,null],[1,1,0]]},"
        "'confusion':{'cells':[[700,90],[78,132]]}},"
        "'slices':{'metric':'log loss','tried':9,'worst':[{'slice':'origin = ORD','rows':90,'loss':0.7,'rest':0.4,"
        "'metric':0.6}]},"
        "'hardest':[{'row':{'origin':'ORD'},'actual':'1','predicted':'0'}],"
        "'importance':[{'column':'origin','mean':0.2,'sd':0.01,'share':1}],'warnings':['few rows']}";

/* JSON with ' for ", so that it can be read here. */
static json_t *json_of(const char *text)
{
	g_autofree char *copy = g_strdelimit(g_strdup(text), "'", '"');
	g_autoptr(GError) error = NULL;
	json_t *value = NULL;
	json_parse("test", copy, strlen(copy), &value, &error);
	g_assert_no_error(error);
	return value;
}

static void add_input(const char *folder, const char *name, const char *text, GPtrArray *inputs)
{
	char *path = g_strconcat(folder, "/in-", name, NULL);
	json_auto_t *value = json_of(text);
	g_assert_true(json_write_file(path, value, NULL));
	g_ptr_array_add(inputs, g_strdup(name));
	g_ptr_array_add(inputs, path);
}

/* What is not given is empty. */
static void add_all(const char *folder, const char *const *artifacts, GPtrArray *inputs)
{
	static const char *const NAMES[] = {
	        "ingest", "checks", "profile", "split", "trials", "evaluation", "verdict", "registration"};
	for (size_t n = 0; n < G_N_ELEMENTS(NAMES); n++) {
		const char *text = "{}";
		for (size_t i = 0; artifacts[i]; i += 2)
			if (strcmp(artifacts[i], NAMES[n]) == 0)
				text = artifacts[i + 1];
		add_input(folder, NAMES[n], text, inputs);
	}
}

/* The page of these artifacts: names and JSON, NULL-ended. */
static char *page_of(const json_t *params, const char *const *artifacts)
{
	g_autoptr(GError) error = NULL;
	g_autofree char *folder = g_dir_make_tmp("gyre-report-XXXXXX", &error);
	g_assert_no_error(error);
	g_autoptr(GPtrArray) inputs = g_ptr_array_new_with_free_func(g_free);
	add_all(folder, artifacts, inputs);
	g_ptr_array_add(inputs, NULL);
	bool ok = step_test_run(&STEP_REPORT, params, (const char *const *)inputs->pdata, folder, 1, &error);
	g_assert_no_error(error);
	g_assert_true(ok);
	g_autofree char *path = g_strconcat(folder, "/report", NULL);
	char *html = NULL;
	g_assert_true(g_file_get_contents(path, &html, NULL, &error));
	g_assert_true(file_remove(folder, &error));
	return html;
}

static json_t *plain_params(void)
{
	return json_of("{'project':'flights','goal':{'target':'late','owner':'ops','due':'2027-03-31'}}");
}

static void assert_has(const char *html, const char *text)
{
	if (!strstr(html, text))
		g_error("the page lacks \"%s\"", text);
}

static void assert_lacks(const char *html, const char *text)
{
	const char *found = strstr(html, text);
	if (found)
		g_error("the page has \"%s\" at: %.80s", text, found);
}

static void test_nothing(void)
{
	static const char *const NONE[] = {NULL};
	json_auto_t *params = plain_params();
	g_autofree char *html = page_of(params, NONE);
	g_assert_true(g_str_has_prefix(html, "<!doctype html>"));
	g_assert_true(g_str_has_suffix(html, "</html>\n"));
	assert_has(html, "Can “late” be predicted?");
	assert_lacks(html, "nan");
	assert_lacks(html, "(null)");
}

/* What `gyre new` leaves for people to say is not told to those who decide. */
static void test_still_to_say(void)
{
	static const char *const NONE[] = {NULL};
	json_auto_t *params = json_of("{'project':'flights','goal':{'target':'late','problem':'TODO','owner':'TODO'}}");
	g_autofree char *html = page_of(params, NONE);
	assert_lacks(html, "TODO");
	assert_lacks(html, "Owner");
}

static void test_sections(void)
{
	const char *const all[] = {"evaluation", EVALUATION, "verdict",
	        "{'pass':false,'reasons':['roc_auc is 0.75; at least 0.8 is "
	        "wanted'],'criteria':[{'criterion':'roc_auc',"
	        "'wanted':'at least 0.8','found':0.75,'pass':false}]}",
	        "registration", "{'model':'flights','version':3,'champion':false}", "ingest",
	        "{'rows':1234567,'columns':[{'name':'origin'}]}", "checks",
	        "{'rows_out':1234560,'quarantined':7,'checks':[{'check':'not_null','column':'origin','policy':'fail',"
	        "'pass':true,'rows_bad':0,'sentence':'fine'}]}",
	        "split", "{'rows':{'train':100,'test':20},'ranges':{'test':['2001-06-01 00:00','2001-06-30 00:00']}}",
	        "profile",
	        "{'columns':[{'name':'origin','type':'text','missing_share':0.1,'distinct':3,'top':[{'value':'ORD',"
	        "'rows':9}],'association':{'strength':0.2}}],'alerts':[{'sentence':'origin is odd'}]}",
	        "trials",
	        "{'metric':'roc_auc','best':0,'trials':[{'number':0,'family':'linear','params':{'l2':1},'metrics':"
	        "{'roc_auc':0.74},'status':'done'}]}",
	        NULL};
	json_auto_t *params = plain_params();
	g_autofree char *html = page_of(params, all);
	static const char *const WANTED[] = {"Not well enough yet", "ROC AUC is 0.75; at least 0.8 is wanted",
	        "version 3", "38 %", "63 %", "The goal", "How good it is", "132 (63 %)", "What drives it",
	        "Where it fails", "origin = ORD", "1,234,567 rows", "7 were put aside", "origin is odd", "linear",
	        "few rows", "0.74 to 0.76"};
	for (size_t i = 0; i < G_N_ELEMENTS(WANTED); i++)
		assert_has(html, WANTED[i]);
	assert_lacks(html, "roc_auc");
}

/* Which models an ensemble is made of, and how they were set. */
static void test_ensemble(void)
{
	g_autofree char *evaluation = g_strdup(EVALUATION);
	memcpy(strstr(evaluation, "boosted"), "blended", strlen("blended"));
	const char *const all[] = {"evaluation", evaluation, "trials",
	        "{'metric':'roc_auc','best':1,'trials':[{'number':1,'family':'ensemble','params':{'layer':null,'"
	        "members':["
	        "{'family':'boosted','weight':2,'params':{'eta':0.3}},{'family':'linear','weight':1,'params':{'l2':7}},"
	        "{'family':'boosted','weight':1,'params':{'eta':0.25}}]},'metrics':{'roc_auc':0.74},'status':'done'}],"
	        "'refit':{'params':{'members':[{'family':'boosted','weight':2,'params':{'eta':0.3,'rounds':17}},"
	        "{'family':'linear','weight':1,'params':{'l2':7}},{'family':'boosted','weight':1,'params':{'eta':0.25}}"
	        "]"
	        "}}}",
	        NULL};
	json_auto_t *params = plain_params();
	g_autofree char *html = page_of(params, all);
	assert_lacks(html, "&quot;family");
	assert_has(html, "<td>3 models: 2 boosted, 1 linear</td>");
	assert_has(html, "blended of 3 models: 2 boosted, 1 linear");
	assert_has(html, "<tr><td>boosted</td><td class=n>2</td><td>eta 0.3, rounds 17</td></tr>");
	assert_has(html, "<tr><td>linear</td><td class=n>1</td><td>l2 7</td></tr>");
}

static void test_regression(void)
{
	const char *const all[] = {"evaluation",
	        "{'task':'regression','target':'price','classes':null,'metric':'rmse','rows':50,'model':{'metrics':{'"
	        "mae':"
	        "{'value':29906.4},'median_ae':{'value':19595},'r2':{'value':0.84}}},'baseline':{'metrics':{'mae':{'"
	        "value':"
	        "90928}}},'curves':{'actual':[{'predicted':1,'actual':null,'low':0,'high':2},{'predicted':2,'actual':2,"
	        "'low':null,'high':3}],'residuals':{'edges':[-1,0,1],'weights':[3,4]}}}",
	        "verdict", "{'pass':true,'reasons':[],'criteria':[]}", "registration", "{'version':1,'champion':true}",
	        NULL};
	json_auto_t *params = plain_params();
	g_autofree char *html = page_of(params, all);
	assert_has(html, "29,906");
	assert_has(html, "84 %");
	assert_has(html, "this model is the one in use");
	assert_lacks(html, "nan");
}

static void test_hostile(void)
{
	json_auto_t *params = json_of("{'project':'<script>p','goal':{'target':'</title><img src=x>'}}");
	json_auto_t *evaluation = json_of(EVALUATION);
	json_object_set_new(evaluation, "positive", json_string("<script>alert(1)</script>"));
	json_object_set_new(evaluation, "warnings",
	        json_pack("[s]", "a\x01"
	                         "b\xe2\x80\xae"
	                         "c <b> & \"d\""));
	json_object_set_new(
	        json_array_get(json_object_get(evaluation, "importance"), 0), "column", json_string("<svg/onload=x>"));
	g_autofree char *text = json_canonical(evaluation);
	const char *const all[] = {"evaluation", text, NULL};
	g_autofree char *html = page_of(params, all);
	assert_lacks(html, "<script");
	assert_lacks(html, "<img");
	assert_lacks(html, "<svg/");
	assert_lacks(html, "\x01");
	assert_lacks(html, "\xe2\x80\xae");
	assert_has(html, "a\xef\xbf\xbd"
	                 "b\xef\xbf\xbd"
	                 "c &lt;b&gt; &amp; &quot;d&quot;");
}

/* Self-contained: nothing a browser would fetch. */
static void test_no_references(void)
{
	const char *const all[] = {"evaluation", EVALUATION, NULL};
	json_auto_t *params = plain_params();
	g_autofree char *html = page_of(params, all);
	static const char *const REFERENCES[] = {
	        "http:", "https:", "src=", "url(", "@import", "<link", "<script", "<iframe"};
	for (size_t i = 0; i < G_N_ELEMENTS(REFERENCES); i++)
		assert_lacks(html, REFERENCES[i]);
}

/* 5,000 columns of long names, checks and trials: under 5 MB. */
static void test_size(void)
{
	enum { MANY = 5000 };
	g_autofree char *name = g_strnfill(400, '<');
	json_auto_t *columns = json_array(), *checks = json_array(), *trials = json_array(), *drop = json_array();
	for (int i = 0; i < MANY; i++) {
		json_array_append_new(columns, json_pack("{s:s,s:s,s:[{s:s,s:i}]}", "name", name, "type", "text", "top",
		                                       "value", name, "rows", 1));
		json_array_append_new(checks,
		        json_pack("{s:s,s:s,s:b,s:s}", "check", name, "column", name, "pass", 0, "sentence", name));
		json_array_append_new(trials, json_pack("{s:s,s:{s:s}}", "family", name, "params", "p", name));
		json_array_append_new(drop, json_string(name));
	}
	json_auto_t *params =
	        json_pack("{s:s,s:{s:s},s:{s:O}}", "project", name, "goal", "target", name, "data", "drop", drop);
	json_auto_t *profile = json_pack("{s:O,s:O}", "columns", columns, "alerts", checks),
	            *verify = json_pack("{s:O,s:{s:O}}", "checks", checks, "schema", "anomalies", checks),
	            *search = json_pack("{s:s,s:O}", "metric", name, "trials", trials),
	            *verdict = json_pack("{s:b,s:O}", "pass", 0, "reasons", drop);
	g_autofree char *a = json_canonical(profile), *b = json_canonical(verify), *c = json_canonical(search),
	                *d = json_canonical(verdict);
	const char *const all[] = {"profile", a, "checks", b, "trials", c, "verdict", d, NULL};
	g_autofree char *html = page_of(params, all);
	g_assert_cmpuint(strlen(html), <, 5 * 1000 * 1000);
	assert_has(html, "and 4990 more");
}

static void test_charts(void)
{
	g_autoptr(GString) text = g_string_new(NULL);
	Page page = {.html = text};
	const double x[] = {0, NAN, 0.5, 1}, y[] = {0, 0.5, INFINITY, 1}, low[] = {0, NAN, 0, 1},
	             high[] = {1, 1, NAN, 1};
	const double none[] = {NAN, -INFINITY};
	const char *const labels[] = {"one", "two"};
	Line line = {.name = "l", .x = x, .y = y, .low = low, .high = high, .count = 4, .style = "a", .dots = true};
	const Axes axes[] = {{"t", "x", "y", 0, 1, 0, 1}, {"t", "x", "y", 0, 0, 0, 1},
	        {"t", "x", "y", NAN, 1, 0, INFINITY}, {"t", "x", "y", 1e15, 1e15 + 1, -1e308, 1e308},
	        {"t", "x", "y", 0, 1e-300, 0, 1}};
	for (size_t i = 0; i < G_N_ELEMENTS(axes); i++)
		chart_lines(&page, &axes[i], &line, 1);
	chart_bars(&page, "bars", labels, none, none, 2);
	chart_bars(&page, "bars", labels, NULL, NULL, 0);
	const double below[] = {-2, 1}; /* to the left of 0, which stands at two thirds */
	chart_bars(&page, "bars", labels, below, NULL, 2);
	assert_has(text->str, "x='158.0' y='7.0' width='148.0'");
	assert_has(text->str, "x='306.0' y='33.0' width='74.0'");
	chart_histogram(&page, "histogram", none, 2, "a", "b");
	chart_histogram(&page, "histogram", NULL, 0, "a", "b");
	chart_spark(&page, none, 2);
	assert_has(text->str, "M58.0 256.0L426.0 12.0");
	assert_lacks(text->str, "nan");
	assert_lacks(text->str, "inf");
	g_assert_cmpuint(text->len, <, 20000);
}

static void assert_says(char *said, const char *wanted)
{
	g_assert_cmpstr(said, ==, wanted);
	g_free(said);
}

static void test_words(void)
{
	json_auto_t *small = json_real(3e-7), *negative = json_real(-0.25), *large = json_real(1234567.8),
	            *slow = json_real(123.4), *nearly = json_real(-999.7);
	assert_says(say_count(1234567), "1,234,567");
	assert_says(say_count(-999), "−999");
	assert_says(say_count(NAN), "–");
	assert_says(say_number(large, 3), "1,234,568");
	assert_says(say_number(negative, 3), "−0.25");
	assert_says(say_number(small, 3), "about 0");
	assert_says(say_number(slow, 2), "123");
	assert_says(say_number(nearly, 3), "−1,000");
	assert_says(say_number(json_null(), 3), "–");
	assert_says(say_value(large), "1234568");
	assert_says(say_value(slow), "123.4");
	assert_says(say_percent(0.213), "21 %");
	assert_says(say_percent(0.056), "5.6 %");
	assert_says(say_percent(0.0001), "under 0.1 %");
	assert_says(say_percent(0.9998), "99.98 %");
	assert_says(say_percent(1), "100 %");
	assert_says(say_tick(250000), "250 k");
	assert_says(say_tick(-1.5e6), "−1.5 M");
	assert_says(say_measure("roc_auc"), "ROC AUC");
	assert_says(say_measure("saved_per_flight"), "saved per flight");
	assert_says(say_reason("roc_auc is 0.6; at least 0.7 is wanted"), "ROC AUC is 0.6; at least 0.7 is wanted");
	assert_says(say_reason("where a = b, it is worse"), "where a = b, it is worse");
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/report/nothing", test_nothing);
	g_test_add_func("/report/still-to-say", test_still_to_say);
	g_test_add_func("/report/sections", test_sections);
	g_test_add_func("/report/ensemble", test_ensemble);
	g_test_add_func("/report/regression", test_regression);
	g_test_add_func("/report/hostile", test_hostile);
	g_test_add_func("/report/no-references", test_no_references);
	g_test_add_func("/report/size", test_size);
	g_test_add_func("/report/charts", test_charts);
	g_test_add_func("/report/words", test_words);
	return g_test_run();
}
