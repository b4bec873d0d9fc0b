/* reference.c: the op `reference`: the reference pages, made from the same tables as the program itself. */
#include "op/reference.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/file.h"
#include "data/check.h"
#include "data/source.h"
#include "data/split.h"
#include "eval/behaviour.h"
#include "feature/transform.h"
#include "goal/goal.h"
#include "impact/costs.h"
#include "impact/figure.h"
#include "model/ensemble_kinds.h"
#include "model/update.h"
#include "model/family.h"
#include "model/search.h"
#include "monitor/alarm.h"
#include "monitor/detector.h"
#include "monitor/settings.h"
#include "monitor/look.h"
#include "monitor/gauges.h"
#include "monitor/receiver.h"
#include "op/op.h"
#include "pipeline/plan.h"
#include "project/life.h"
#include "retrain/settings.h"
#include "retrain/mode.h"
#include "retrain/trigger.h"
#include "serve/strategy.h"
#include "stats/drift.h"
#include "stats/metric.h"

/* A table cell: bars would end it. */
static char *cell(const char *text)
{
	g_auto(GStrv) parts = g_strsplit(text ? text : "", "|", -1);
	return g_strjoinv("\\|", parts);
}

static void print_params(FILE *out, const Param *params, bool as_options)
{
	bool any = false;
	for (const Param *p = params; p && p->name; p++)
		any |= !(p->flags & PARAM_HIDDEN);
	if (!any) {
		fputs("Nothing to set.\n", out);
		return;
	}
	fputs("| name | expects | default | meaning |\n|---|---|---|---|\n", out);
	for (const Param *p = params; p && p->name; p++) {
		if (p->flags & PARAM_HIDDEN)
			continue;
		g_autofree char *expects = param_expects(p), *expects_cell = cell(expects), *help = cell(p->help);
		bool option = as_options && !(p->flags & PARAM_POSITIONAL);
		g_autofree char *name =
		        option ? g_strdelimit(g_strdup_printf("--%s", p->name), "_", '-') : g_strdup(p->name);
		const char *preset = p->preset ? p->preset : p->flags & PARAM_REQUIRED ? "required" : "";
		fprintf(out, "| `%s` | %s | %s%s%s | %s%s%s%s |\n", name, expects_cell, p->preset ? "`" : "", preset,
		        p->preset ? "`" : "", help, p->unit && !option ? " (" : "", p->unit && !option ? p->unit : "",
		        p->unit && !option ? ")" : "");
	}
}

static void print_block(FILE *out, const char *title, const char *about, const Param *params)
{
	fprintf(out, "\n## %s\n\n%s\n\n", title, about);
	print_params(out, params, false);
}

static void print_kind(FILE *out, const char *name, const char *help, const Param *params)
{
	fprintf(out, "\n### %s\n\n%c%s.\n\n", name, g_ascii_toupper(help[0]), help + 1);
	print_params(out, params, false);
}

static void commands(FILE *out)
{
	fputs("# Commands\n\nMade by `gyre reference` from the program's own tables.  Exit status: 0 done, 1 the "
	      "answer is no, 2 usage or\n"
	      "configuration, 3 something outside failed.\n\nOptions of every command:\n\n",
	        out);
	print_params(out, GLOBAL_PARAMS, true);
	for (const Op *const *o = OPS; *o; o++) {
		g_autofree char *words = g_strdelimit(g_strdup((*o)->name), ".", ' ');
		fprintf(out, "\n## gyre %s\n\n%c%s.\n\n", words, g_ascii_toupper((*o)->help[0]), (*o)->help + 1);
		if ((*o)->more)
			fprintf(out, "```text\n%s\n```\n\n", (*o)->more);
		print_params(out, (*o)->params, true);
	}
}

static void configuration(FILE *out)
{
	fputs("# gyre.yaml\n\nMade by `gyre reference` from the program's own tables.\n", out);
	print_block(out, "The file", "The blocks of `gyre.yaml`.", PROJECT_PARAMS);
	print_block(out, "goal", "The question, the targets and what is good enough.", GOAL_PARAMS);
	print_block(out, "goal.success[]", "One criterion.", CRITERION_PARAMS);
	print_block(out, "data", "Where the data comes from and what must hold of it.", DATA_PARAMS);
	print_block(out, "split", "Which rows teach, choose and judge.", SPLIT_PARAMS);
	print_block(out, "models", "Families, search and budget.", MODELS_PARAMS);
	print_block(out, "models.search", "How parameters are chosen.", SEARCH_PARAMS);
	print_block(out, "models.ensemble", "How models that were tried are put together.", ENSEMBLE_PARAMS);
	print_block(out, "gate", "What a model must pass to become champion.", GATE_PARAMS);
	print_block(out, "kpi.NAME", "A business figure; a text is its sql.", FIGURE_PARAMS);
	print_block(out, "kpi.NAME.worth", "What decisions are worth.", WORTH_PARAMS);
	print_block(out, "prices", "What machines cost.", PRICES_PARAMS);
	print_block(out, "deploy", "How a version goes into use (`gyre deploy`).", DEPLOY_PARAMS);
	print_block(out, "fairness", "Columns whose groups the model should treat alike.", FAIRNESS_PARAMS);
	print_block(
	        out, "monitor", "How predictions are cut into windows, and what is looked at in each.", MONITOR_PARAMS);
	print_block(out, "monitor.labels", "When outcomes come.", MONITOR_LABELS_PARAMS);
	print_block(out, "monitor.alarms", "When findings become alarms, and who is told.", ALARM_PARAMS);
	print_block(out, "monitor.alarms.rules[]", "Other settings for some alarms.", ALARM_RULE_PARAMS);
	print_block(out, "monitor.alarms.receivers.NAME", "What every receiver takes; kinds.md has the rest.",
	        RECEIVER_PARAMS);
	print_block(out, "retrain", "When to train again, and what a challenger must show.", RETRAIN_PARAMS);
	print_block(out, "retrain.budget", "What retraining may cost in any 24 hours.", RETRAIN_BUDGET_PARAMS);
	print_block(out, "retrain.online", "When what was learnt from outcomes becomes a version (mode: online).",
	        RETRAIN_ONLINE_PARAMS);
	print_block(out, "retrain.judge", "What a challenger must show against the champion.", RETRAIN_JUDGE_PARAMS);
	print_block(out, "steps.NAME", "A step of your own.", PLAN_COMMAND_PARAMS);
	print_block(out, "limits", "What a run may use.", LIMITS_PARAMS);
}

static void kinds(FILE *out)
{
	fputs("# Kinds\n\nMade by `gyre reference` from the program's own tables.\n\n## Sources (data.sources)\n", out);
	for (const SourceKind *const *k = SOURCE_KINDS; *k; k++)
		print_kind(out, (*k)->name, (*k)->help, (*k)->params);
	fputs("\n## Checks (data.checks)\n\nEvery check also takes these:\n\n", out);
	print_params(out, CHECK_PARAMS, false);
	for (const CheckKind *const *k = CHECK_KINDS; *k; k++)
		print_kind(out, (*k)->name, (*k)->help, (*k)->params);
	fputs("\n## Transforms (features)\n", out);
	for (const TransformKind *const *k = TRANSFORMS; *k; k++)
		print_kind(out, (*k)->name, (*k)->help, (*k)->params);
	fputs("\n## Families (models.families, models.params)\n", out);
	for (const ModelFamily *const *k = FAMILIES; *k; k++)
		print_kind(out, (*k)->name, (*k)->help, (*k)->params);
	fputs("\n## Search methods (models.search.method)\n", out);
	for (const SearchKind *const *k = SEARCHES; *k; k++)
		fprintf(out, "\n### %s\n\n%c%s.\n", (*k)->name, g_ascii_toupper((*k)->help[0]), (*k)->help + 1);
	fputs("\n## Ensembles (models.ensemble.method)\n", out);
	for (const EnsembleKind *const *k = ENSEMBLES; *k; k++)
		fprintf(out, "\n### %s\n\n%c%s.\n", (*k)->name, g_ascii_toupper((*k)->help[0]), (*k)->help + 1);
	fputs("\n## Behavioural tests (tests)\n\nEvery test also takes these:\n\n", out);
	print_params(out, BEHAVIOUR_PARAMS, false);
	for (const BehaviourKind *const *k = BEHAVIOURS; *k; k++)
		print_kind(out, (*k)->name, (*k)->help, (*k)->params);
	fputs("\n## Drift tests (data compare)\n", out);
	for (const DriftKind *const *k = DRIFT_TESTS; *k; k++)
		fprintf(out, "\n### %s\n\n%c%s.\n", (*k)->name, g_ascii_toupper((*k)->help[0]), (*k)->help + 1);
	fputs("\n## Triggers (retrain.on, retrain.NAME)\n", out);
	for (const TriggerKind *const *k = TRIGGERS; *k; k++)
		print_kind(out, (*k)->name, (*k)->help, (*k)->params);
	fputs("\n## Looks (monitor.looks)\n", out);
	for (const LookKind *const *k = LOOKS; *k; k++)
		print_kind(out, (*k)->name, (*k)->help, (*k)->params);
	fputs("\n## Ways of keeping up (monitor backtest --modes)\n", out);
	for (const ModeKind *const *k = MODES; *k; k++)
		fprintf(out, "\n### %s\n\n%c%s.\n", (*k)->name, g_ascii_toupper((*k)->help[0]), (*k)->help + 1);
	fputs("\n## Learning on (monitor backtest, the step update)\n\n", out);
	print_params(out, UPDATE_PARAMS, false);
	fputs("\n## Detectors (monitor detect)\n", out);
	for (const DetectorKind *const *k = DETECTORS; *k; k++)
		print_kind(out, (*k)->name, (*k)->help, (*k)->params);
	fputs("\n## Receivers (monitor.alarms.receivers)\n", out);
	for (const ReceiverKind *const *k = RECEIVERS; *k; k++)
		print_kind(out, (*k)->name, (*k)->help, (*k)->params);
	fputs("\n## Steps\n\n| step | what it does | reads | writes |\n|---|---|---|---|\n", out);
	for (const StepKind *const *k = STEP_KINDS; *k; k++) {
		g_autofree char *inputs = g_strjoinv(", ", (char **)(*k)->inputs),
		                *outputs = g_strjoinv(", ", (char **)(*k)->outputs);
		fprintf(out, "| `%s` | %s | %s | %s |\n", (*k)->name, (*k)->help, inputs, outputs);
	}
}

static void metrics(FILE *out)
{
	fputs("# Metrics\n\nMade by `gyre reference` from the program's own tables.\n\n| name | tasks | better | range "
	      "| meaning |\n|---|---|---|---|---|\n",
	        out);
	for (const MetricKind *const *m = METRICS; *m; m++) {
		g_autofree char *help = cell((*m)->help);
		fprintf(out, "| `%s` | %s%s%s | %s | %g to %g | %s |\n", (*m)->name,
		        (*m)->tasks & METRIC_BINARY ? "binary " : "",
		        (*m)->tasks & METRIC_MULTICLASS ? "multiclass " : "",
		        (*m)->tasks & METRIC_REGRESSION ? "regression" : "",
		        (*m)->larger_is_better ? "larger" : "smaller", MIN((*m)->worst, (*m)->best),
		        MAX((*m)->worst, (*m)->best), help);
	}
}

static void gauges(FILE *out)
{
	fputs("# Gauges\n\nMade by `gyre reference` from the program's own table: what `GET /metrics` of `gyre serve` "
	      "says of "
	      "monitoring\n(docs/dashboards.md).\n\n| name | meaning |\n|---|---|\n",
	        out);
	for (const Gauge *g = GAUGES; g->name; g++)
		fprintf(out, "| `%s` | %s |\n", g->name, g->help);
}

static const struct {
	const char *file;
	void (*print)(FILE *out);
} PAGES[] = {{"commands.md", commands}, {"gyre-yaml.md", configuration}, {"kinds.md", kinds}, {"metrics.md", metrics},
        {"limits.md", reference_limits}, {"gauges.md", gauges}};

static const Param PARAMS[] = {
        {"folder", PARAM_TEXT, "where to write the pages", "\"docs/reference\"", .flags = PARAM_POSITIONAL},
        {NULL},
};

static bool write_page(const char *folder, size_t i, json_t *files, GError **error)
{
	g_autofree char *path = g_build_filename(folder, PAGES[i].file, NULL);
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);
	if (!out)
		return fail(error, FAIL_UNAVAILABLE, "no memory");
	PAGES[i].print(out);
	fclose(out);
	bool ok = file_write(path, text, size, error);
	free(text);
	json_array_append_new(files, json_string(path));
	return ok;
}

static bool run(App *app, const json_t *in, json_t **ret, GError **error)
{
	const char *folder = json_string_value(json_object_get(in, "folder"));
	json_auto_t *files = json_array();
	(void)app;
	if (!file_make_folder(folder, error))
		return false;
	for (size_t i = 0; i < G_N_ELEMENTS(PAGES); i++)
		if (!write_page(folder, i, files, error))
			return false;
	*ret = json_pack("{s:O}", "files", files);
	return true;
}

const Op OP_REFERENCE = {
        .name = "reference",
        .help = "write the reference pages: commands, gyre.yaml, kinds, metrics, limits",
        .more = "JSON: {\"files\": []}",
        .params = PARAMS,
        .run = run,
};
