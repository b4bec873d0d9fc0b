/* alarm_step.h: one alarm as an automaton that takes a window's finding at a time.
 *
 *     none --a window over its limit--> pending --k of the last n--> firing --c in a row well below--> none (resolved)
 *     pending --none over in the last n--> none (dropped)
 *
 * "Well below" is what keeps an alarm at the limit from flapping: a window counts as calm only when its finding is ok, not merely
 * a warning, and its value is back by `margin` of how far it had gone at its worst (at most that part of the limit itself).
 * A measure that may leave its limit on either side has no one way back: there ok is enough.
 * Windows that could not be judged are no steps.  The memory is all a step needs, so a window that is measured again is
 * replayed from the memory before it. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "monitor/look.h"

enum { ALARM_OF_MOST = 32 }; /* windows that the memory holds */

typedef struct AlarmRule {
	int windows, of; /* fires when so many of the last `of` are over the limit */
	int clear;       /* calm windows in a row that end it */
	double margin;
	bool off; /* raises nothing */
	const char *severity, *runbook;
} AlarmRule;

typedef struct AlarmPoint {
	int64_t begin, end; /* of the window, us */
	FindingState state;
	double value, limit; /* NAN: none */
	bool either_way;     /* the limit may be left on either side: look_is_either_way */
} AlarmPoint;

typedef enum AlarmPhase { ALARM_NONE, ALARM_PENDING, ALARM_FIRING, ALARM_PHASES } AlarmPhase;
const char *alarm_phase_name(AlarmPhase phase);

typedef struct AlarmMemory { /* all zero: nothing was seen */
	AlarmPhase phase;
	uint32_t recent; /* the newest window is bit 0; 1: over the limit */
	int calm;        /* calm windows in a row */
	double worst;    /* how far beyond the limit it has gone in this episode */
	int64_t since;   /* end of the first window over the limit */
	int64_t fired;   /* end of the window that made it fire */
} AlarmMemory;

typedef enum AlarmChange { ALARM_SAME, ALARM_BEGAN, ALARM_FIRED, ALARM_RESOLVED, ALARM_DROPPED } AlarmChange;

/* Takes the finding of the next window.  From none to firing in one step is ALARM_FIRED. */
AlarmChange alarm_step(const AlarmRule *rule, const AlarmPoint *point, AlarmMemory *memory);
