/* gauge_set.c: the table of gauges, and their text. */
#include "monitor/gauge_set.h"

#include <math.h>

#include "monitor/gauges.h"

const Gauge GAUGES[] = {
        [GAUGE_WINDOW_END - 1] = {"gyre_window_end_timestamp_seconds", "End of the newest window that was measured."},
        [GAUGE_WINDOW_SECONDS - 1] = {"gyre_window_seconds", "Length of that window."},
        [GAUGE_WINDOW_ROWS - 1] = {"gyre_window_rows", "Predictions in that window."},
        [GAUGE_WINDOW_OUTCOMES - 1] = {"gyre_window_outcomes", "Those of them whose outcome is known."},
        [GAUGE_LOOK_END - 1] = {"gyre_look_window_end_timestamp_seconds",
                "End of the window that the oldest figure of a look is of."},
        [GAUGE_FINDINGS - 1] = {"gyre_findings", "Findings of that window by state."},
        [GAUGE_DRIFT_SCORE - 1] = {"gyre_drift_score", "How far a column has moved from the training data."},
        [GAUGE_DRIFT_THRESHOLD - 1] = {"gyre_drift_threshold", "How far it may move."},
        [GAUGE_DRIFT_PVALUE - 1] = {"gyre_drift_pvalue",
                "Chance of such a move without any change, for all columns at once; lower is worse."},
        [GAUGE_DRIFT_ALERT - 1] = {"gyre_drift_alert", "1: effect and significance are both over their limits."},
        [GAUGE_DRIFT_COLUMNS - 1] = {"gyre_drift_columns", "Columns that drifted."},
        [GAUGE_DRIFT_RATIO - 1] = {"gyre_dataset_drift_ratio",
                "Share of the columns that could be judged that drifted."},
        [GAUGE_PERF - 1] = {"gyre_perf",
                "A metric of the model in production: realized from outcomes, or estimated without."},
        [GAUGE_PERF_LOWER - 1] = {"gyre_perf_lower", "Lower end of its interval."},
        [GAUGE_PERF_UPPER - 1] = {"gyre_perf_upper", "Upper end of its interval."},
        [GAUGE_PERF_LIMIT - 1] = {"gyre_perf_limit", "Where it raises an alarm."},
        [GAUGE_PERF_GOAL - 1] = {"gyre_perf_goal", "What the goal asks of it."},
        [GAUGE_DISAGREEMENT - 1] = {"gyre_concept_disagreement",
                "Realized less estimated metric: a concept that changed."},
        [GAUGE_DISAGREEMENT_LIMIT - 1] = {"gyre_concept_disagreement_limit", "How far the two may be apart."},
        [GAUGE_LABEL_COVERAGE - 1] = {"gyre_label_coverage_ratio",
                "Share of predictions old enough to have an outcome that have one."},
        [GAUGE_LABEL_DELAY - 1] = {"gyre_label_delay_seconds", "Median time from a prediction to its outcome."},
        [GAUGE_LABEL_DELAY_MOST - 1] = {"gyre_label_delay_most_seconds", "The same for 95 of 100 outcomes."},
        [GAUGE_MISSING - 1] = {"gyre_missing_ratio", "Share of a column's values that are missing."},
        [GAUGE_UNSEEN - 1] = {"gyre_unseen_ratio", "Share of a column's values that training never saw."},
        [GAUGE_OUT_OF_RANGE - 1] = {"gyre_out_of_range_ratio",
                "Share of a column's values outside the range of training."},
        [GAUGE_REFUSED - 1] = {"gyre_refused_ratio", "Share of requests for predictions that were refused."},
        [GAUGE_KPI - 1] = {"gyre_kpi", "A business figure of gyre.yaml."},
        [GAUGE_KPI_LOWER - 1] = {"gyre_kpi_lower", "Lower end of its interval."},
        [GAUGE_KPI_UPPER - 1] = {"gyre_kpi_upper", "Upper end of its interval."},
        [GAUGE_KPI_GOAL - 1] = {"gyre_kpi_goal", "What the goal asks of it."},
        [GAUGE_FINDING - 1] = {"gyre_finding", "Any other measure."},
        [GAUGE_ALARMS - 1] = {"gyre_alarms", "Open alarms."},
        [GAUGE_NOTICES - 1] = {"gyre_notices", "What receivers of alarms were told, or are still to be told."},
        [GAUGE_CHAMPION - 1] = {"gyre_model_champion_info", "The version in use."},
        [GAUGE_MODEL_AGE - 1] = {"gyre_model_age_seconds", "Time since the version in use was registered."},
        [GAUGE_DATA_AGE - 1] = {"gyre_training_data_age_seconds", "Time since the data it learned from was read."},
        [GAUGE_DEPLOYMENTS - 1] = {"gyre_deployments", "Versions that came into use in the last 90 days."},
        [GAUGE_LEAD_TIME - 1] = {"gyre_deployment_lead_time_seconds", "Median time from data to use, of 90 days."},
        [GAUGE_FAILURE_RATIO - 1] = {"gyre_deployment_failure_ratio", "Share of them that were rolled back."},
        [GAUGE_RESTORE - 1] = {"gyre_deployment_restore_seconds", "Median time until such a rollback."},
        [GAUGE_RETRAININGS - 1] = {"gyre_retrainings", "Retrainings by phase."},
        [GAUGE_TRAINING_ROWS - 1] = {"gyre_training_rows", "Good rows of the data that the version in use came from."},
        [GAUGE_QUARANTINED - 1] = {"gyre_training_rows_quarantined", "Rows of it that checks moved aside."},
        [GAUGE_CHECK_WARNINGS - 1] = {"gyre_training_check_warnings", "Checks of it that warned."},
        [GAUGE_TRAINING_MISSING - 1] = {"gyre_training_missing_ratio", "Share of its values that are missing."},
        [GAUGE_READ - 1] = {"gyre_store_read_timestamp_seconds", "When these gauges were read from the store."},
        [GAUGE_COUNT - 1] = {NULL, NULL},
};

void gauge_set_init(GaugeSet *s)
{
	for (int i = 0; i < GAUGE_COUNT; i++)
		s->samples[i] = g_string_new(NULL);
}

void gauge_set_clear(GaugeSet *s)
{
	for (int i = 0; i < GAUGE_COUNT; i++)
		if (s->samples[i])
			g_string_free(s->samples[i], TRUE);
	*s = (GaugeSet){0};
}

void gauge_label(GString *labels, const char *name, const char *value)
{
	if (!value || !*value)
		return;
	g_string_append_printf(labels, "%s%s=\"", labels->len ? "," : "", name);
	for (; *value; value++)
		if (*value == '\n')
			g_string_append(labels, "\\n");
		else {
			if (*value == '"' || *value == '\\')
				g_string_append_c(labels, '\\');
			g_string_append_c(labels, *value);
		}
	g_string_append_c(labels, '"');
}

void gauge_add(GaugeSet *s, GaugeId id, const char *labels, double value)
{
	if (id == GAUGE_NONE || isnan(value))
		return;
	g_string_append_printf(s->samples[id], "%s%s%s%s %.17g\n", GAUGES[id - 1].name, *labels ? "{" : "", labels,
	        *labels ? "}" : "", value);
}

void gauge_set_write(const GaugeSet *s, GString *to)
{
	for (int i = 1; i < GAUGE_COUNT; i++)
		if (s->samples[i]->len)
			g_string_append_printf(to, "# HELP %s %s\n# TYPE %s gauge\n%s", GAUGES[i - 1].name,
			        GAUGES[i - 1].help, GAUGES[i - 1].name, s->samples[i]->str);
}
