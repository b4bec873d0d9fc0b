/* replay.h: history by period, as a plan: before each period every mode has learnt from what was known then, and then answers it.
 *
 * What was known at a period's begin are the rows whose outcome had arrived: their time is before it by the labels' delay.  The first
 * stretch only teaches.  Everything is a step with a key: an interrupted replay goes on where it was, and a month more costs that
 * month only. */
#pragma once

#include <glib.h>
#include <jansson.h>

#include "pipeline/plan.h"

typedef struct ReplayPeriod {
	int64_t begin, end; /* us UTC */
	int64_t known;      /* until when outcomes are known at its begin: begin less the delay */
	int64_t rows;       /* in it */
	int64_t fresh;      /* became known since the begin of the period before */
	int64_t arriving;   /* become known in it */
} ReplayPeriod;

typedef struct ReplaySettings {
	const char *good; /* the rows: a step's output, "verify.good" */
	const char *time; /* their column */
	int64_t delay;    /* us */
	int64_t window;   /* retrain: so many periods; 0: all that came before */
	int64_t rows;     /* a training takes at most, about; 0: all */
	double valid;     /* share of them to choose by */
	const json_t *features, *roles;
	const json_t *train;    /* params of the step train, but for the families */
	const json_t *update;   /* params of the step update */
	const json_t *decision; /* params of retrain/decision.h */
	const json_t *contest;  /* "metric" and "kpi" of the step contest */
	const char *family;     /* of the modes that train in batches */
	const char *online;     /* of the one that learns online */
	int64_t sips;
	double keep; /* online */
	uint64_t seed;
	unsigned memory_mb;
} ReplaySettings;

typedef struct Replay {
	Plan *plan;
	const ReplaySettings *set;
	const ReplayPeriod *periods;
	size_t count;
	GHashTable *added; /* names of steps that are in the plan already */
} Replay;

/* What answers a period in one mode: outputs of steps ("train_3.bundle"; scores NULL: the bundle answers), and the steps whose work it
 * took, which the period is charged with. */
typedef struct ReplayAnswer {
	char *bundle, *scores;
	GPtrArray *steps; /* of char * */
} ReplayAnswer;
void replay_answer_clear(ReplayAnswer *a);

/* Adds all of it behind the steps that are in the plan.  modes: names.  *ret: {"periods": [{"begin", "end", "contest": step,
 * "steps": {mode: [names]}}...]}. */
bool replay_plan(Replay *r, const json_t *modes, json_t **ret, GError **error);

/* For the modes: a model of a family trained on what was known at the begin of period p, on a window of `periods` (0: all); charged
 * to `a`. */
bool replay_train(Replay *r, size_t p, const char *family, int64_t periods, ReplayAnswer *a, GError **error);
/* A stretch of rows as a step, at most so many of them (0: all); *ret: its output.  g_free. */
typedef struct ReplayStretch {
	int64_t from, until, most;
} ReplayStretch;
bool replay_rows(Replay *r, const char *name, const ReplayStretch *stretch, char **ret, GError **error);
/* Adds a step unless it is there; params: stolen. */
bool replay_add(Replay *r, const PlanStep *step, json_t *params, GError **error);
