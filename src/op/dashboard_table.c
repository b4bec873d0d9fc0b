/* dashboard_table.c: the dashboards and the rules. */
#include <stddef.h>

#include "op/dashboards.h"

#define MODEL "{model=~\"$model\"}"
#define RATE "[$__rate_interval]"
#define REQUESTS "gyre_request_duration_seconds_count"
#define OF "{{model}}@{{version}} {{route}}"

/* 0 where nothing of the kind was ever counted. */
#define OR_NONE " or vector(0)"

// clang-format off
static const Panel OVERVIEW[] = {
	{PANEL_STAT, "Ready", "1: every model answers.", "short", 4, 4, .queries = {{"min(gyre_ready)", "ready"}}},
	{PANEL_STAT, "Requests", "Answered a second.", "reqps", 4, 4,
		.queries = {{"sum(rate(" REQUESTS MODEL RATE "))", "requests"}}},
	{PANEL_STAT, "Errors", "Share of requests that failed on our side.", "percentunit", 4, 4, .bad = 0.01,
		.queries = {{"(sum(rate(" REQUESTS "{model=~\"$model\",code=~\"5..\"}" RATE "))" OR_NONE ") / sum(rate(" REQUESTS MODEL RATE "))", "errors"}}},
	{PANEL_STAT, "Latency, 99 of 100", "Time from a whole request to its answer.", "s", 4, 4, .bad = 0.1,
		.queries = {{"histogram_quantile(0.99, sum by (le) (rate(gyre_request_duration_seconds_bucket" MODEL RATE ")))", "p99"}}},
	{PANEL_STAT, "Alarms that fire", "gyre alarm ls has them.", "short", 4, 4, .bad = 1,
		.queries = {{"sum(gyre_alarms{model=~\"$model\",state=\"firing\"})" OR_NONE, "firing"}}},
	{PANEL_STAT, "Columns that drifted", "In the newest window of every version and route.", "short", 4, 4, .bad = 1,
		.queries = {{"max(gyre_drift_columns" MODEL ")", "columns"}}},
	{PANEL_LINES, "Performance", "From outcomes, and estimated while they are not known.", "short", 12, 8,
		.queries = {{"gyre_perf" MODEL, "{{metric}} {{kind}}, " OF}}},
	{PANEL_LINES, "Business", "Figures of gyre.yaml, and what the goal asks.", "short", 12, 8,
		.queries = {{"gyre_kpi" MODEL, "{{name}}, " OF}, {"gyre_kpi_goal" MODEL, "{{name}}: goal"}}},
	{PANEL_LINES, "Alarms", "Open ones.", "short", 12, 7,
		.queries = {{"sum by (look, state) (gyre_alarms" MODEL ")" OR_NONE, "{{look}} {{state}}"}}},
	{PANEL_LINES, "Predictions", "Rows a second.", "ops", 12, 7,
		.queries = {{"sum by (model, version, route) (rate(gyre_predictions_total" MODEL RATE "))", OF}}},
	{PANEL_TABLE, "In use", "The version of every model, and how old it is.", "s", 12, 7,
		.queries = {{"gyre_model_age_seconds" MODEL, ""}}},
	{PANEL_LINES, "Age of what is known", "Since the end of the newest window: it rises when monitoring stands still.", "s", 12, 7,
		.queries = {{"time() - gyre_window_end_timestamp_seconds" MODEL, OF}}},
	{0},
};

static const Panel SERVING[] = {
	{PANEL_LINES, "Requests", "By version and route.", "reqps", 12, 8,
		.queries = {{"sum by (model, version, route) (rate(" REQUESTS MODEL RATE "))", OF}}},
	{PANEL_LINES, "Requests by protocol and status", "", "reqps", 12, 8,
		.queries = {{"sum by (protocol, code) (rate(" REQUESTS MODEL RATE "))", "{{protocol}} {{code}}"}}},
	{PANEL_LINES, "Latency", "Of 50, 90 and 99 of 100 requests.", "s", 12, 8, .queries = {
		{"histogram_quantile(0.5, sum by (le) (rate(gyre_request_duration_seconds_bucket" MODEL RATE ")))", "p50"},
		{"histogram_quantile(0.9, sum by (le) (rate(gyre_request_duration_seconds_bucket" MODEL RATE ")))", "p90"},
		{"histogram_quantile(0.99, sum by (le) (rate(gyre_request_duration_seconds_bucket" MODEL RATE ")))", "p99"}}},
	{PANEL_LINES, "Latency of versions", "99 of 100.", "s", 12, 8,
		.queries = {{"histogram_quantile(0.99, sum by (le, model, version, route) (rate(gyre_request_duration_seconds_bucket" MODEL RATE ")))", OF}}},
	{PANEL_LINES, "Predictions", "Rows a second.", "ops", 8, 7,
		.queries = {{"sum by (model, version, route) (rate(gyre_predictions_total" MODEL RATE "))", OF}}},
	{PANEL_LINES, "Work at hand", "", "short", 8, 7, .queries = {{"sum(gyre_connections)", "connections"},
		{"sum(gyre_requests_in_flight)", "being answered"}, {"sum(gyre_requests_queued)", "queued"}}},
	{PANEL_LINES, "Prediction log", "Rows a second; dropped ones are lost for monitoring.", "ops", 8, 7,
		.queries = {{"sum by (state) (rate(gyre_prediction_log_rows_total" RATE "))", "{{state}}"}}},
	{PANEL_LINES, "CPU", "Cores in use.", "short", 8, 7, .queries = {{"rate(process_cpu_seconds_total{job=~\".*gyre.*\"}" RATE ")", "{{instance}}"}}},
	{PANEL_LINES, "Memory", "", "bytes", 8, 7, .queries = {{"process_resident_memory_bytes{job=~\".*gyre.*\"}", "{{instance}}"}}},
	{PANEL_LINES, "Versions that cannot be loaded", "", "short", 8, 7, .queries = {{"sum by (model) (gyre_model_load_failures" MODEL ")", "{{model}}"}}},
	{PANEL_TABLE, "Loaded", "What answers, and since when.", "dateTimeAsIso", 12, 7,
		.queries = {{"gyre_model_loaded_timestamp_seconds" MODEL " * 1000", ""}}},
	{PANEL_TABLE, "Program", "", "short", 12, 7, .queries = {{"gyre_build_info", ""}}},
	{0},
};

static const Panel DRIFT[] = {
	{PANEL_STAT, "Columns that drifted", "Effect and significance both over their limits.", "short", 6, 4, .bad = 1,
		.queries = {{"max(gyre_drift_columns" MODEL ")", "columns"}}},
	{PANEL_STAT, "Share of columns", "Of those that could be judged.", "percentunit", 6, 4, .bad = 0.5,
		.queries = {{"max(gyre_dataset_drift_ratio" MODEL ")", "share"}}},
	{PANEL_STAT, "Rows in the window", "", "short", 6, 4, .queries = {{"sum(gyre_window_rows" MODEL ")", "rows"}}},
	{PANEL_STAT, "Refused", "Share of requests for predictions.", "percentunit", 6, 4, .bad = 0.01,
		.queries = {{"max(gyre_refused_ratio" MODEL ")", "refused"}}},
	{PANEL_LINES, "How far columns have moved", "As a part of how far they may: over 1 is too far.", "short", 24, 9,
		.queries = {{"gyre_drift_score" MODEL " / gyre_drift_threshold" MODEL, "{{column}} ({{method}}), " OF}}},
	{PANEL_TABLE, "Drifted now", "1: an alarm, if it lasts.", "short", 12, 8, .queries = {{"sort_desc(gyre_drift_alert" MODEL ")", ""}}},
	{PANEL_TABLE, "Chance of such a move without any change", "Lower is worse; for all columns at once.", "short", 12, 8,
		.queries = {{"sort(gyre_drift_pvalue" MODEL ")", ""}}},
	{PANEL_LINES, "Missing values", "", "percentunit", 8, 8, .queries = {{"gyre_missing_ratio" MODEL, "{{column}}, " OF}}},
	{PANEL_LINES, "Values that training never saw", "", "percentunit", 8, 8, .queries = {{"gyre_unseen_ratio" MODEL, "{{column}}, " OF}}},
	{PANEL_LINES, "Values outside the training range", "", "percentunit", 8, 8, .queries = {{"gyre_out_of_range_ratio" MODEL, "{{column}}, " OF}}},
	{PANEL_LINES, "Findings", "Of the newest window, by look and state.", "short", 12, 7,
		.queries = {{"sum by (look, state) (gyre_findings" MODEL ")", "{{look}} {{state}}"}}},
	{PANEL_LINES, "Rows of a window", "", "short", 12, 7, .queries = {{"gyre_window_rows" MODEL, OF}}},
	{0},
};

static const Panel PERFORMANCE[] = {
	{PANEL_LINES, "Realized and estimated", "Far apart: the concept has changed, not the data.", "short", 24, 9, .queries = {
		{"gyre_perf" MODEL, "{{metric}} {{kind}}, " OF}, {"gyre_perf_limit" MODEL, "{{metric}} {{kind}}: limit"},
		{"gyre_perf_goal{model=~\"$model\",kind=\"realized\"}", "{{metric}}: goal"}}},
	{PANEL_LINES, "Interval", "Of the realized metric.", "short", 12, 8, .queries = {
		{"gyre_perf{model=~\"$model\",kind=\"realized\"}", "{{metric}}, " OF},
		{"gyre_perf_lower{model=~\"$model\",kind=\"realized\"}", "{{metric}}: low"},
		{"gyre_perf_upper{model=~\"$model\",kind=\"realized\"}", "{{metric}}: high"}}},
	{PANEL_LINES, "Estimate and reality", "Their difference, and how far they may be apart.", "short", 12, 8, .queries = {
		{"gyre_concept_disagreement" MODEL, "{{metric}}, " OF}, {"gyre_concept_disagreement_limit" MODEL, "{{metric}}: limit"}}},
	{PANEL_LINES, "Outcomes that are known", "Of predictions old enough to have one.", "percentunit", 8, 8,
		.queries = {{"gyre_label_coverage_ratio" MODEL, OF}}},
	{PANEL_LINES, "How late outcomes come", "", "s", 8, 8, .queries = {{"gyre_label_delay_seconds" MODEL, "half of them, " OF},
		{"gyre_label_delay_most_seconds" MODEL, "95 of 100, " OF}}},
	{PANEL_LINES, "Outcomes of a window", "", "short", 8, 8, .queries = {{"gyre_window_outcomes" MODEL, OF}}},
	{PANEL_LINES, "Age of figures", "Since the end of the window they are of.", "s", 12, 7,
		.queries = {{"time() - gyre_look_window_end_timestamp_seconds" MODEL, "{{look}}, " OF}}},
	{PANEL_LINES, "Other measures", "", "short", 12, 7, .queries = {{"gyre_finding" MODEL, "{{look}} {{measure}} {{column}}, " OF}}},
	{0},
};

static const Panel BUSINESS[] = {
	{PANEL_LINES, "Figures", "With the ends of their interval, and what the goal asks.", "short", 24, 9, .queries = {
		{"gyre_kpi" MODEL, "{{name}} {{unit}}, " OF}, {"gyre_kpi_lower" MODEL, "{{name}}: low"}, {"gyre_kpi_upper" MODEL, "{{name}}: high"},
		{"gyre_kpi_goal" MODEL, "{{name}}: goal"}}},
	{PANEL_STAT, "Age of the model", "Since it was registered.", "s", 6, 4, .queries = {{"max(gyre_model_age_seconds" MODEL ")", "age"}}},
	{PANEL_STAT, "Age of its data", "Since the data was read.", "s", 6, 4, .queries = {{"max(gyre_training_data_age_seconds" MODEL ")", "age"}}},
	{PANEL_STAT, "Came into use", "Versions in 90 days.", "short", 6, 4, .queries = {{"sum(gyre_deployments" MODEL ")", "versions"}}},
	{PANEL_STAT, "Rolled back", "Share of them.", "percentunit", 6, 4, .bad = 0.2, .queries = {{"max(gyre_deployment_failure_ratio" MODEL ")", "share"}}},
	{PANEL_LINES, "From data to use, and back", "Medians of 90 days.", "s", 12, 8, .queries = {
		{"gyre_deployment_lead_time_seconds" MODEL, "{{model}}: from data to use"}, {"gyre_deployment_restore_seconds" MODEL, "{{model}}: until a rollback"}}},
	{PANEL_LINES, "Retrainings", "By how far they came.", "short", 12, 8,
		.queries = {{"sum by (phase) (gyre_retrainings" MODEL ")" OR_NONE, "{{phase}}"}}},
	{PANEL_LINES, "Rows learned from", "", "short", 8, 7, .queries = {{"gyre_training_rows" MODEL, "{{model}}@{{version}}"}}},
	{PANEL_LINES, "Rows that checks moved aside", "", "short", 8, 7, .queries = {{"gyre_training_rows_quarantined" MODEL, "{{model}}@{{version}}"},
		{"gyre_training_check_warnings" MODEL, "{{model}}@{{version}}: checks that warned"}}},
	{PANEL_LINES, "Missing values in them", "", "percentunit", 8, 7, .queries = {{"gyre_training_missing_ratio" MODEL, "{{model}}@{{version}}"}}},
	{PANEL_TABLE, "In use", "", "short", 12, 7, .queries = {{"gyre_model_champion_info" MODEL, ""}}},
	{PANEL_LINES, "Receivers of alarms", "What they were told, and what waits.", "short", 12, 7,
		.queries = {{"sum by (receiver, state) (gyre_notices)" OR_NONE, "{{receiver}} {{state}}"}}},
	{0},
};

const Dashboard DASHBOARDS[] = {
	{"overview", "Gyre: overview", "Is everything in order?", OVERVIEW},
	{"serving", "Gyre: serving", "Requests, latency, errors, the process.", SERVING},
	{"drift", "Gyre: drift", "Has what comes in changed since training?", DRIFT},
	{"performance", "Gyre: performance", "How good are the answers, by outcomes and by estimate?", PERFORMANCE},
	{"business", "Gyre: business", "What it brings, and how it is kept up.", BUSINESS},
	{0},
};

const AlertRule ALERT_RULES[] = {
	{"GyreDown", "up{job=~\".*gyre.*\"} == 0", "1m", "critical", "gyre serve on {{ $labels.instance }} does not answer", "Prometheus cannot scrape it."},
	{"GyreNotReady", "gyre_ready == 0", "2m", "critical", "gyre serve on {{ $labels.instance }} is not ready", "A model could not be loaded: GET /readyz and the server's log say which."},
	{"GyreErrors", "sum by (model) (rate(" REQUESTS "{code=~\"5..\"}[5m])) / sum by (model) (rate(" REQUESTS "[5m])) > 0.01", "5m", "critical",
		"{{ $value | humanizePercentage }} of the requests of {{ $labels.model }} fail", "More than one in a hundred ended with a status of 500 or above."},
	{"GyreSlow", "histogram_quantile(0.99, sum by (model, le) (rate(gyre_request_duration_seconds_bucket[5m]))) > 0.25", "10m", "warning",
		"{{ $labels.model }} answers in {{ $value | humanizeDuration }} (99 of 100)", "Set the bound to the goal's latency."},
	{"GyreVersionNotLoaded", "gyre_model_load_failures > 0", "5m", "warning", "A version of {{ $labels.model }} cannot be loaded", "GET /api/v1/served says why; the version before goes on answering."},
	{"GyreLogDropsRows", "increase(gyre_prediction_log_rows_total{state=\"dropped\"}[10m]) > 0", "0m", "warning", "Predictions are missing in the log", "The disk does not keep up; monitoring sees fewer rows than were answered."},
	{"GyreAlarm", "sum by (model, look, severity) (gyre_alarms{state=\"firing\"}) > 0", "0m", "{{ $labels.severity }}", "{{ $labels.look }} of {{ $labels.model }}: {{ $value }} alarms",
		"gyre alarm ls names them, with evidence and probable cause."},
	{"GyreNotMonitored", "(time() - max by (model) (gyre_window_end_timestamp_seconds)) > (2 * max by (model) (gyre_window_seconds) + 3600) and on (model) sum by (model) (rate(gyre_predictions_total[1h])) > 0", "10m", "warning",
		"{{ $labels.model }} answers and is not monitored", "The newest window is older than two of its lengths: does gyre monitor watch, or gyre serve --watch, run?"},
	{"GyreOutcomesMissing", "gyre_label_coverage_ratio < 0.5", "1h", "warning", "Outcomes of {{ $labels.model }} are missing", "Less than half of the predictions that are old enough have one."},
	{"GyreStoreNotRead", "time() - gyre_store_read_timestamp_seconds > 300", "5m", "warning", "The gauges of {{ $labels.instance }} are old", "The server cannot read the project's store."},
	{"GyreNoticesWait", "sum by (receiver) (gyre_notices{state=\"waiting\"}) > 0", "30m", "warning", "{{ $labels.receiver }} takes no alarms", "gyre alarm outbox says why."},
	{"GyreModelOld", "gyre_model_age_seconds > 180 * 86400", "1h", "info", "{{ $labels.model }}@{{ $labels.version }} is half a year old", "Nothing has replaced it since; is that meant?"},
	{0},
};
// clang-format on
