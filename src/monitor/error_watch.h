/* error_watch.h: has the model begun to err more?  What watches the stream of its errors, in the order in which outcomes become
 * known: one detector that raises the alarm, and a quicker one beside it that only warns.
 *
 * By default ADWIN and HDDM_W.  ADWIN's bound is far on the safe side: at the usual delta of 0.002 it gives no false alarm in
 * millions of labels and needs up to 2,000 for a step of 7 points.  ERROR_WATCH_DELTA is where both are in balance
 * (bench/61-concept): at most 0.05 false alarms in 10,000 labels, and such a step within 1,000.  The warning is a drift of the
 * quicker detector, not its own warning, which on a steady error rate of 20 % comes nine times in 10,000 labels.
 *
 * The watch takes errors for independent.  Where they come in waves (storms over a day's flights), it finds the waves; with `block` it takes the
 * mean of so many errors as one value, whose spread then has the waves in it.
 *
 * An error is 0 or 1, or a loss held to 0 .. 1.  A drift starts both again from nothing. */
#pragma once

#include "monitor/detector.h"

#define ERROR_WATCH_DELTA "0.02"

enum {
	ERROR_WATCH_ROSE = 1 << 0, /* a drift, and there are more errors than before it */
	ERROR_WATCH_FELL = 1 << 1, /* a drift for the better */
	ERROR_WATCH_WARNING = 1 << 2,
};

/* Settings: detector, warning (names; "none"), and settings of each by its name. */
extern const Param ERROR_WATCH_PARAMS[];

/* Checks what is given, which stands at `path`, the detectors' own settings too, and returns it filled (new reference), or NULL.  The settings
 * that are preset are the preset detectors': of others, those of their own tables. */
json_t *error_watch_check(const json_t *given, const char *path, ParamReport *report, void *context);

typedef struct ErrorWatch ErrorWatch;

/* params: filled by ERROR_WATCH_PARAMS; saved: of one with the same params, or NULL: from nothing. */
bool error_watch_open(const json_t *params, const json_t *saved, ErrorWatch **ret, GError **error);
/* What it knows, to be put away.  New reference. */
json_t *error_watch_save(const ErrorWatch *w);
void error_watch_free(ErrorWatch *w);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(ErrorWatch, error_watch_free)

/* Returns which of the ERROR_WATCH_ bits hold after this error. */
unsigned error_watch_add(ErrorWatch *w, double error);

/* Of the errors since the last drift; after one, before and after it. */
typedef struct ErrorLevels {
	double before, after; /* mean; NAN where not known */
	double count;         /* blocks that `after` is of */
} ErrorLevels;
ErrorLevels error_watch_levels(const ErrorWatch *w);
