/* inspect_internal.h: what inspect*.c share: one inspection under way, over the table gyre_inspect. */
#pragma once

#include "project/inspect.h"

/* Rows that are looked at, at most: the first ones of longer data. */
#define INSPECT_ROWS 5000000

/* How well one column alone predicts, on rows its rule has not seen. */
typedef struct OneRule {
	double score; /* two classes: AUC; classes: share of the log loss explained; numbers: R2.  NaN: none */
	double loss;  /* classes: log loss; numbers: RMSE */
} OneRule;

typedef struct Inspect {
	Engine *e;
	const char *target;
	json_t *found;   /* the findings */
	json_t *profile; /* of the table; borrowed from found once there */
	int64_t rows;
	const char *target_type;
	bool classifies;
	size_t classes;
	const char *time;     /* the time column, or NULL; borrowed */
	bool ordered;         /* no time column, but rows follow each other in time */
	OneRule *rules;       /* one a column of the profile; in time: judged on the last fifth of the rows */
	OneRule *early_rules; /* in time: judged on the fifth before that; else the same */
	double plain_loss;    /* log loss or RMSE of the best constant, on the same rows */
} Inspect;

void inspect_note(Inspect *s, const char *format, ...) G_GNUC_PRINTF(2, 3);
bool inspect_is_dropped(const Inspect *s, const char *column);
void inspect_drop(Inspect *s, const char *column, const char *kind, const char *format, ...) G_GNUC_PRINTF(4, 5);

bool inspect_task(Inspect *s, GError **error);      /* task, classes, positive class */
bool inspect_time(Inspect *s, GError **error);      /* the time column, before the profile is made */
bool inspect_order(Inspect *s, GError **error);     /* do rows follow each other in time? */
bool inspect_rules(Inspect *s, GError **error);     /* fills rules */
bool inspect_drops(Inspect *s, GError **error);     /* leaks, identifiers, constants */
bool inspect_row_names(Inspect *s, GError **error); /* key and group */
void inspect_texts(Inspect *s);                     /* numbers and days that are not read as such */
void inspect_plan(Inspect *s);                      /* split, checks, models, goal */
