/* column_words.h: what a column's name lets one suppose.  "closedAt", "closed_at" and "Closed At" are the same two words. */
#pragma once

#include <stdbool.h>

/* Is the name one of these, or has it one of these as a word? */
bool name_says_id(const char *name);       /* id, key, uuid, ... */
bool name_says_someone(const char *name);  /* customer, patient, device, ...: what rows may belong to */
bool name_says_time(const char *name);     /* date, time, created, ... */
bool name_says_calendar(const char *name); /* month, weekday, hour, period, ...: part of a time */
bool name_says_birth(const char *name);    /* a time, but not when the row happened */
bool name_says_place(const char *name);    /* latitude, longitude, ... */
bool name_says_after(const char *name);    /* duration, outcome, closed, ...: known only when all is over */

/* Has `name` all words of `target` (of at least 3 letters): late_minutes for late? */
bool name_speaks_of(const char *name, const char *target);

/* Is this the label of a positive class: 1, yes, true, >50K, churned, ...? */
bool label_is_positive(const char *label);

/* Could these be two spellings of one label: "Rad Flow" and "Radiator Flow", "yes" and "Yes "? */
bool labels_are_alike(const char *a, const char *b);
