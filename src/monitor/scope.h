/* scope.h: the part of the prediction log, and of the outcomes, that a pass has to read.
 *
 * What a pass is for are windows that were not measured yet, or that changed since.  The first lie behind the oldest row that is in no measured
 * window.  The others are found by what came since the last pass: files of the log that were not seen before, rows that are not sealed,
 * outcomes by their place (serve/outcome.h); and by windows whose outcomes were to be expected later.  Everything else is as it was: a pass
 * costs what came, not what there is.
 *
 * Outcomes of rows that came longer ago than monitor.late are not looked for.  The first pass of a model reads all. */
#pragma once

#include "data/engine.h"
#include "monitor/window.h"
#include "store/meta.h"

#define SCOPE_TOUCHED "monitor_touched" /* the engine's table of `touched` */

typedef struct ScopeInput {
	Meta *meta;
	Engine *engine;
	const char *state_folder, *model;
	const char *log, *outcomes; /* the view and the table that are made */
	WindowRule rule;
	int64_t now;
} ScopeInput;

typedef struct Scope {
	const ScopeInput *in;
	bool is_first;
	int64_t open_from, seen_place; /* as the last pass left them */
	int64_t place;                 /* of the newest outcome when this one began */
	int64_t from;                  /* all rows from here on are in the view */
	json_t *touched;               /* windows before it: [{"version", "route", "begin_at", "end_at"}] */
	int64_t replayed_to, arrived;  /* latest time a caller gave, and when the last such row came; INT64_MIN: none */
	json_t *files;                 /* {name: [first, last]} that were seen */
	json_t *found;                 /* the same of those that were not */
} Scope;

/* Makes the view `log` (predlog_view_of) and the table `outcomes` (monitor/outcomes.h) of what is to be read.  FAIL_NOT_FOUND: the model was
 * never asked. */
bool scope_open(const ScopeInput *in, Scope *ret, GError **error);
void scope_clear(Scope *s);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Scope, scope_clear)

/* Windows that were due have been measured.  open_from: of the oldest row in none, or in one that could not be. */
bool scope_save(const Scope *s, int64_t open_from, GError **error);
