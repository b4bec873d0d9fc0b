/* dashboards.h: what is worth looking at, and worth waking somebody for, of what /metrics says: one description for Grafana and for
 * Prometheus.
 *
 * In queries $model is the choice at the top of a dashboard and $__rate_interval a length of time that suits the scrapes. */
#pragma once

#include <jansson.h>

typedef struct DashboardQuery {
	const char *expr, *legend; /* legend: "{{column}}"; expr NULL ends */
} DashboardQuery;

typedef enum PanelType { PANEL_LINES, PANEL_STAT, PANEL_TABLE, PANEL_ROW } PanelType;

enum { PANEL_QUERIES = 5 };

typedef struct Panel {
	PanelType type;
	const char *title, *help; /* title NULL ends a table of them */
	const char *unit;         /* Grafana's word for it */
	int width, height;        /* of 24; a row of panels is filled from the left */
	double bad;               /* PANEL_STAT: red from here on; 0: never */
	DashboardQuery queries[PANEL_QUERIES];
} Panel;

typedef struct Dashboard {
	const char *name, *title, *help; /* name NULL ends */
	const Panel *panels;
} Dashboard;

typedef struct AlertRule {
	const char *name, *expr, *lasting, *severity; /* name NULL ends */
	const char *summary, *help;                   /* may have {{ $labels.model }} */
} AlertRule;

extern const Dashboard DASHBOARDS[];
extern const AlertRule ALERT_RULES[];

/* A dashboard as Grafana loads it.  New reference. */
json_t *dashboard_json(const Dashboard *d);
/* All rules as Prometheus loads them.  Free with g_free. */
char *alert_rules_yaml(void);
