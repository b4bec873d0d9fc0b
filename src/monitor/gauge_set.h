/* gauge_set.h: samples of gauges gathered in any order and written family by family, as the text format wants them. */
#pragma once

#include <glib.h>
#include <jansson.h>

typedef enum GaugeId {
	GAUGE_NONE, /* no gauge: left out */
	GAUGE_WINDOW_END,
	GAUGE_WINDOW_SECONDS,
	GAUGE_WINDOW_ROWS,
	GAUGE_WINDOW_OUTCOMES,
	GAUGE_LOOK_END,
	GAUGE_FINDINGS,
	GAUGE_DRIFT_SCORE,
	GAUGE_DRIFT_THRESHOLD,
	GAUGE_DRIFT_PVALUE,
	GAUGE_DRIFT_ALERT,
	GAUGE_DRIFT_COLUMNS,
	GAUGE_DRIFT_RATIO,
	GAUGE_PERF,
	GAUGE_PERF_LOWER,
	GAUGE_PERF_UPPER,
	GAUGE_PERF_LIMIT,
	GAUGE_PERF_GOAL,
	GAUGE_DISAGREEMENT,
	GAUGE_DISAGREEMENT_LIMIT,
	GAUGE_LABEL_COVERAGE,
	GAUGE_LABEL_DELAY,
	GAUGE_LABEL_DELAY_MOST,
	GAUGE_MISSING,
	GAUGE_UNSEEN,
	GAUGE_OUT_OF_RANGE,
	GAUGE_REFUSED,
	GAUGE_KPI,
	GAUGE_KPI_LOWER,
	GAUGE_KPI_UPPER,
	GAUGE_KPI_GOAL,
	GAUGE_FINDING,
	GAUGE_ALARMS,
	GAUGE_NOTICES,
	GAUGE_CHAMPION,
	GAUGE_MODEL_AGE,
	GAUGE_DATA_AGE,
	GAUGE_DEPLOYMENTS,
	GAUGE_LEAD_TIME,
	GAUGE_FAILURE_RATIO,
	GAUGE_RESTORE,
	GAUGE_RETRAININGS,
	GAUGE_TRAINING_ROWS,
	GAUGE_QUARANTINED,
	GAUGE_CHECK_WARNINGS,
	GAUGE_TRAINING_MISSING,
	GAUGE_READ,
	GAUGE_COUNT
} GaugeId;

typedef struct GaugeSet {
	GString *samples[GAUGE_COUNT];
} GaugeSet;

void gauge_set_init(GaugeSet *s);
void gauge_set_clear(GaugeSet *s);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(GaugeSet, gauge_set_clear)

/* labels: pairs of name and value in a text made by gauge_label; NaN and GAUGE_NONE are left out. */
void gauge_add(GaugeSet *s, GaugeId id, const char *labels, double value);
/* Adds name="value", a comma before it where it is not the first; an empty value is no label. */
void gauge_label(GString *labels, const char *name, const char *value);

void gauge_set_write(const GaugeSet *s, GString *to);
