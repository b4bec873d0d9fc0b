/* produced.h: what a model in use has produced: its predictions with their outcomes, ready for figures to be asked of. */
#pragma once

#include "data/engine.h"
#include "model/bundle.h"
#include "op/desk.h"

typedef struct Produced {
	Desk desk;
	Engine *engine;
	Bundle *bundle; /* the champion's, or the newest version's */
	char *model;
	const json_t *figures; /* impact/figure.h; borrowed from the project */
	int64_t since, until;  /* us; until excluded */
	int64_t asked;         /* since as it was asked for; a time before all where it was not */
	int64_t predictions;   /* answered in that time, shadows left out */
	int64_t outcomes;      /* of these */
} Produced;

/* The parameters every op on it takes, for PRODUCED_PARAMS and produced_open. */
#define PRODUCED_PARAMS                                                                                       \
	{"model", PARAM_TEXT, "name of the model; the project's own when absent", .flags = PARAM_POSITIONAL}, \
	        {"since", PARAM_TEXT, "predictions from this time on (ISO time)"},                            \
	        {"until", PARAM_TEXT, "predictions before this time (ISO time)"},                             \
	{                                                                                                     \
		"memory_mb", PARAM_INT, "memory to stay within", "512", .min = 128, .max = 1e9, .unit = "MiB" \
	}

/* Makes the tables `answered` and `known` (figure_rows: all rows, and those whose outcome is known) of the predictions between since and
 * until.  Where there are none, both are absent and predictions is 0.  since absent: the first prediction; until absent: now. */
bool produced_open(const App *app, const json_t *in, Produced *ret, GError **error);
void produced_clear(Produced *p);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Produced, produced_clear)

/* The goal's bound on a figure: the first criterion's that names it, or NULL.  Borrowed. */
const json_t *produced_criterion(const Produced *p, const char *figure);
