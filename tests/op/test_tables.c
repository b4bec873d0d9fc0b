/* test_tables.c: the contract of every table: whatever is listed anywhere has a name, a help line, and params whose defaults
 * pass their own check.  A new kind is tested the moment it is listed. */
#include <ctype.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "cli/cli.h"
#include "cli/print.h"
#include "data/check.h"
#include "data/source.h"
#include "data/split.h"
#include "eval/behaviour.h"
#include "feature/transform.h"
#include "goal/goal.h"
#include "http/site.h"
#include "model/family.h"
#include "model/search.h"
#include "monitor/detector.h"
#include "monitor/look.h"
#include "monitor/settings.h"
#include "op/op.h"
#include "pipeline/executor.h"
#include "pipeline/plan.h"
#include "project/life.h"
#include "retrain/settings.h"
#include "retrain/trigger.h"
#include "stats/drift.h"
#include "stats/metric.h"

static bool is_word(const char *name)
{
	bool ok = *name && islower((unsigned char)*name);
	for (; *name; name++)
		ok = ok && (islower((unsigned char)*name) || isdigit((unsigned char)*name) || *name == '_');
	return ok;
}

static void check_help(const char *where, const char *help)
{
	bool stops = help && g_str_has_suffix(help, ".") && !g_str_has_suffix(help, "..");
	if (!help || !*help || stops || strlen(help) > 240)
		g_error("%s: help is a phrase without a full stop, not \"%s\"", where, help ? help : "(none)");
}

static void check_preset(const char *where, const Param *p)
{
	Param alone[] = {*p, {NULL}};
	json_auto_t *preset = json_loads(p->preset, JSON_DECODE_ANY, NULL);
	json_auto_t *in = json_object(), *out = NULL;
	g_autoptr(GError) error = NULL;
	if (!preset)
		g_error("%s.%s: the default %s is not JSON", where, p->name, p->preset);
	json_object_set(in, p->name, preset);
	if (!param_fill(alone, where, in, &out, &error))
		g_error("%s: the default does not pass: %s", where, error->message);
}

static void check_drawn(const char *where, const Param *p)
{
	Param alone[] = {*p, {NULL}};
	Rng rng = rng_stream(1, where);
	for (int i = 0; i < 200; i++) {
		json_auto_t *in = json_object(), *out = NULL;
		g_autoptr(GError) error = NULL;
		json_object_set_new(in, p->name, param_draw(p, &rng));
		if (!param_fill(alone, where, in, &out, &error))
			g_error("%s: a drawn value does not pass: %s", where, error->message);
	}
}

static void check_params(const char *where, const Param *params)
{
	for (const Param *p = params; p && p->name; p++) {
		g_autofree char *place = g_strdup_printf("%s.%s", where, p->name);
		if (!is_word(p->name))
			g_error("%s: not a lower-case word", place);
		if (param_find(params, p->name) != p)
			g_error("%s: listed twice", place);
		check_help(place, p->help);
		if (p->preset)
			check_preset(where, p);
		if (p->flags & PARAM_TUNABLE)
			check_drawn(place, p);
	}
}

static void test_ops(void)
{
	for (const Op *const *o = OPS; *o; o++) {
		g_assert_true(op_find((*o)->name) == *o); /* no name twice */
		g_assert_nonnull((*o)->run);
		check_help((*o)->name, (*o)->help);
		check_params((*o)->name, (*o)->params);
		for (const Param *g = GLOBAL_PARAMS; g->name; g++)
			g_assert_null(param_find((*o)->params, g->name));
	}
	check_params("global", GLOBAL_PARAMS);
}

/* The steps of a project's life stand first, in its order; kinds behind them are for other plans. */
static void test_steps(void)
{
	size_t life = g_strv_length((char **)LIFE_STEPS);
	for (size_t i = 0; STEP_KINDS[i]; i++) {
		const StepKind *k = STEP_KINDS[i];
		g_assert_true(i >= life || g_str_equal(k->name, LIFE_STEPS[i]));
		g_assert_true(is_word(k->name) && k->version >= 1 && k->run && k->inputs[0] && k->outputs[0]);
		check_help(k->name, k->help);
		check_params(k->name, k->params);
	}
}

static void test_kinds(void)
{
	for (const SourceKind *const *k = SOURCE_KINDS; *k; k++) {
		g_assert_true(source_kind((*k)->name) == *k && (*k)->files && (*k)->open);
		check_help((*k)->name, (*k)->help);
		check_params((*k)->name, (*k)->params);
	}
	for (const CheckKind *const *k = CHECK_KINDS; *k; k++) {
		g_assert_true(check_kind((*k)->name) == *k);
		check_help((*k)->name, (*k)->help);
		check_params((*k)->name, (*k)->params);
		for (const Param *p = (*k)->params; p->name; p++)
			g_assert_null(param_find(CHECK_PARAMS, p->name));
	}
	for (const TransformKind *const *k = TRANSFORMS; *k; k++) {
		g_assert_true(transform_find((*k)->name) == *k && (*k)->load && (*k)->apply && (*k)->free);
		g_assert_true(
		        !(*k)->begin == !(*k)->absorb && !(*k)->begin == !(*k)->merge && !(*k)->begin == !(*k)->finish);
		check_help((*k)->name, (*k)->help);
		check_params((*k)->name, (*k)->params);
	}
	for (const ModelFamily *const *k = FAMILIES; *k; k++) {
		g_assert_true(family_find((*k)->name) == *k && (*k)->train && (*k)->predict && (*k)->save &&
		              (*k)->load && (*k)->free);
		check_help((*k)->name, (*k)->help);
		check_params((*k)->name, (*k)->params);
	}
	for (const SearchKind *const *k = SEARCHES; *k; k++) {
		g_assert_true(search_find((*k)->name) == *k && (*k)->next);
		check_help((*k)->name, (*k)->help);
	}
	for (const DriftKind *const *k = DRIFT_TESTS; *k; k++) {
		g_assert_true(is_word((*k)->name) && (*k)->types && (*k)->add && (*k)->end);
		check_help((*k)->name, (*k)->help);
	}
	g_assert_null(DRIFT_TESTS[DRIFT_KINDS]);
	for (const DetectorKind *const *k = DETECTORS; *k; k++) {
		g_assert_true(detector_kind((*k)->name) == *k && is_word((*k)->name));
		g_assert_true((*k)->open && (*k)->add && (*k)->free);
		check_help((*k)->name, (*k)->help);
		check_params((*k)->name, (*k)->params);
	}
	for (const BehaviourKind *const *k = BEHAVIOURS; *k; k++) {
		g_assert_true(behaviour_kind((*k)->name) == *k && is_word((*k)->name) && (*k)->run);
		check_help((*k)->name, (*k)->help);
		check_params((*k)->name, (*k)->params);
		for (const Param *p = (*k)->params; p->name; p++)
			g_assert_null(param_find(BEHAVIOUR_PARAMS, p->name));
	}
	for (const TriggerKind *const *k = TRIGGERS; *k; k++) {
		g_assert_true(trigger_kind((*k)->name) == *k && is_word((*k)->name));
		check_help((*k)->name, (*k)->help);
		check_params((*k)->name, (*k)->params);
	}
	for (const LookKind *const *k = LOOKS; *k; k++) {
		g_assert_true(look_kind((*k)->name) == *k && is_word((*k)->name) && (*k)->run);
		check_help((*k)->name, (*k)->help);
		check_params((*k)->name, (*k)->params);
	}
	for (const Executor *const *k = EXECUTORS; *k; k++) {
		g_assert_true(executor_find((*k)->name) == *k);
		check_help((*k)->name, (*k)->help);
	}
	for (const MetricKind *const *k = METRICS; *k; k++) {
		g_assert_true(metric_find((*k)->name) == *k && is_word((*k)->name) && (*k)->label);
		check_help((*k)->name, (*k)->help);
	}
}

/* Each has its own paths, and an error in its own form with the status kept. */
static void test_protocols(void)
{
	for (const Protocol *const *p = PROTOCOLS; *p; p++) {
		Reply reply = {.status = 418, .body = g_string_new(NULL)};
		g_assert_true(is_word((*p)->name) && (*p)->handle && (*p)->prefixes[0]);
		check_help((*p)->name, (*p)->help);
		for (const char *const *prefix = (*p)->prefixes; *prefix; prefix++)
			g_assert_true(protocol_of(*prefix) == *p);
		(*p)->refuse(418, "no coffee", &reply);
		g_assert_nonnull(strstr(reply.body->str, "no coffee"));
		g_string_free(reply.body, TRUE);
	}
}

static void test_blocks(void)
{
	check_params("gyre.yaml", PROJECT_PARAMS);
	check_params("goal", GOAL_PARAMS);
	check_params("goal.success", CRITERION_PARAMS);
	check_params("data", DATA_PARAMS);
	check_params("check", CHECK_PARAMS);
	check_params("split", SPLIT_PARAMS);
	check_params("models", MODELS_PARAMS);
	check_params("retrain", RETRAIN_PARAMS);
	check_params("retrain.budget", RETRAIN_BUDGET_PARAMS);
	check_params("retrain.judge", RETRAIN_JUDGE_PARAMS);
	check_params("search", SEARCH_PARAMS);
	check_params("gate", GATE_PARAMS);
	check_params("fairness", FAIRNESS_PARAMS);
	check_params("steps", PLAN_COMMAND_PARAMS);
	check_params("limits", LIMITS_PARAMS);
	check_params("monitor", MONITOR_PARAMS);
	check_params("monitor.labels", MONITOR_LABELS_PARAMS);
}

static void expect_text(char *said, const char *wanted)
{
	g_assert_cmpstr(said, ==, wanted);
	g_free(said);
}

/* Large figures and long times on the screen, as a reader writes them. */
static void test_figures(void)
{
	json_auto_t *rows = json_real(2999994), *error = json_real(-45231.4), *small = json_real(0.000012345),
	            *huge = json_real(1e20);
	expect_text(cell_text(rows), "2999994");
	expect_text(number_text(error, 4), "-45231");
	expect_text(number_text(small, 3), "1.23e-05");
	expect_text(number_text(huge, 3), "1e+20");
	expect_text(seconds_text(80), "1 min 20 s");
	expect_text(seconds_text(3 * 3600), "3.0 hours");
	expect_text(seconds_text(30 * 86400), "30.0 days");
}

static char *new_screen(const char *file)
{
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);
	json_auto_t *result = json_pack("{s:s,s:[]}", "file", file, "told");
	print_new(out, result);
	fclose(out);
	return text;
}

/* What is to be done next can be pasted where `gyre new` was called. */
static void test_next(void)
{
	char *there = new_screen("my loans/gyre.yaml"), *here = new_screen("./gyre.yaml");
	g_assert_nonnull(strstr(there, "Next      cd 'my loans'\n          gyre check "));
	g_assert_nonnull(strstr(here, "Next      gyre check "));
	free(there);
	free(here);
}

/* A name in the data cannot steer the terminal, whatever screen it stands on. */
static void test_plain(void)
{
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);
	json_auto_t *result = json_pack("{s:[{s:s,s:i,s:n,s:s}]}", "models", "name", "a\x1b[31m\xe2\x80\xae\x7fz\tb",
	        "versions", 1, "champion", "updated", "\xc2\x9b");
	print_result(out, op_find("model.ls"), result);
	fclose(out);
	g_assert_null(strpbrk(text, "\x1b\x7f\t"));
	g_assert_null(strstr(text, "\xe2\x80\xae"));
	g_assert_null(strstr(text, "\xc2\x9b"));
	g_assert_nonnull(strstr(text, "a·[31m··z·b"));
	free(text);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/tables/ops", test_ops);
	g_test_add_func("/tables/steps", test_steps);
	g_test_add_func("/tables/kinds", test_kinds);
	g_test_add_func("/tables/protocols", test_protocols);
	g_test_add_func("/tables/blocks", test_blocks);
	g_test_add_func("/tables/figures", test_figures);
	g_test_add_func("/tables/next", test_next);
	g_test_add_func("/tables/plain", test_plain);
	return g_test_run();
}
