/* look.h: one way of looking at a window: a kind that reads its rows and leaves findings.
 *
 * A finding is one measure of one subject (a column, "score", "decision", or "" for the window) with what it may be at most.
 * An alarm needs two numbers: an effect that matters and a p that chance does not explain.  Where there are too few rows to say,
 * the answer is FINDING_TOO_FEW, never FINDING_OK. */
#pragma once

#include "base/param.h"
#include "data/engine.h"
#include "model/bundle.h"
#include "monitor/window.h"
#include "store/meta.h"

typedef enum FindingState { FINDING_OK, FINDING_WARNING, FINDING_ALARM, FINDING_TOO_FEW, FINDING_STATES } FindingState;

const char *finding_state_name(FindingState state); /* "ok", "warning", "alarm", "too_few" */

typedef struct Finding {
	const char *look, *measure, *subject; /* kept by finding_add */
	double value, limit, p;               /* NAN: none */
	FindingState state;
	json_t *evidence; /* object or NULL; stolen */
} Finding;

GArray *findings_new(void); /* of Finding */
void finding_add(GArray *findings, Finding f);
/* [{"look","measure","subject","value","limit","p","state","evidence"}], NaN as null.  New reference. */
json_t *findings_json(const GArray *findings);

typedef struct LookInput {
	const MonitorWindow *window;
	Engine *engine;
	const char *
	        view; /* the window's rows: the columns of serve/predlog.h, `_gyre_outcome` text (NULL: unknown) and `_gyre_observed` time */
	const Bundle *bundle;  /* of the window's version: roles, schema, reference profile */
	const json_t *project; /* the filled gyre.yaml: goal, kpi, monitor ... */
	Meta *meta;
	const char *state_folder;
	const json_t *renamed; /* columns of the view that are called otherwise (predlog_renamed) */
	int64_t now;           /* us, by the clock of the window's rows */
} LookInput;

/* The view's column of an input ("age") or an output ("prediction", "probability_yes"), quoted for SQL.  Free with g_free. */
char *look_input_sql(const LookInput *in, const char *name);
char *look_output_sql(const LookInput *in, const char *name);

typedef struct LookKind {
	const char *name, *help;
	const Param *params;
	bool needs_outcomes; /* only windows with at least one */
	/* params: filled by the kind's table.  Names in findings: the look's own name. */
	bool (*run)(const LookInput *in, const json_t *params, GArray *findings, GError **error);
	/* What the table alone cannot check or fill: on params that it has filled, which stand at `path`; may be NULL. */
	void (*check)(json_t *params, const char *path, ParamReport *report, void *context);
	bool uses_outcomes; /* looks again when outcomes came; what needs them does so anyway */
	bool looks_at_none; /* at windows without a row, too */
	const char *const
	        *at_once; /* measures that tell of an event, not of a state: one window is an alarm; NULL: none */
	const char *const *either_way; /* measures that may leave their limit on either side, NULL-ended; NULL: none */
} LookKind;

extern const LookKind *const LOOKS[]; /* NULL-ended */
const LookKind *look_kind(const char *name);
bool look_is_either_way(const char *look, const char *measure);
bool look_is_at_once(const char *look, const char *measure);

/* An input of the model and what the reference profile says of it (model/reference.h). */
typedef struct LookColumn {
	const char *name, *type;
	const json_t *reference; /* NULL: nothing is known */
	char *number;            /* SQL of its value as a DOUBLE, which may be NaN; NULL for text; times in us */
	char *text;              /* SQL of its value as text */
} LookColumn;
/* of LookColumn, in the recipe's order, without data.time and monitor.skip; free with g_array_unref */
GArray *look_columns(const LookInput *in);

/* The state of what was measured: an alarm when the effect reaches its limit and p its level, a warning from half the limit. */
typedef struct LookBar {
	double effect, limit; /* effect NAN: too few */
	double p, alpha;
} LookBar;
FindingState look_judge(LookBar bar);

extern const LookKind LOOK_DRIFT;
extern const LookKind LOOK_MULTIVARIATE;
extern const LookKind LOOK_SKEW;
extern const LookKind LOOK_QUALITY;
extern const LookKind LOOK_PERFORMANCE, LOOK_ESTIMATE, LOOK_CONCEPT;
extern const LookKind LOOK_KPI;
