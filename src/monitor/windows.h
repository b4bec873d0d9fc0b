/* windows.h: which windows of a model are due: complete and not measured yet, or changed since they were. */
#pragma once

#include "data/engine.h"
#include "monitor/scope.h"
#include "store/meta.h"

typedef struct DueWindow {
	MonitorWindow window; /* model borrowed, route interned */
	char id[33];
	int64_t outcomes;        /* rows whose outcome is known */
	int64_t outcome_changes; /* how often their outcomes were said */
	int64_t revision;        /* it was measured so often; 0: never */
	bool rows_changed;       /* since it was measured */
	int64_t now; /* by the clock of its rows: of a replay, the time of its latest row, and what passed since */
} DueWindow;

typedef struct WindowsQuery {
	Engine *engine;
	Meta *meta;
	const char *model;
	const char *log;      /* view: the columns of serve/predlog.h */
	const char *outcomes; /* table of monitor/outcomes.h */
	const Scope *scope;   /* what of it is looked at */
	WindowRule rule;
	int64_t now;
} WindowsQuery;

/* In the order of time.  ret: of DueWindow.  *ret_open: the beginning of the oldest window that is not to be measured yet; INT64_MAX: none.
 *
 * Stretches of time in which nobody asked the model anything are windows without a row, of the version and route of the window before: when
 * windows go by time, from the last measured one on, and not in a replay. */
bool windows_due(const WindowsQuery *q, GArray **ret, int64_t *ret_open, GError **error);
