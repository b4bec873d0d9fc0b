/* subject.h: what of a window is held against the reference profile: its columns, its scores and its decisions, tallied in one pass over the
 * rows and one count of categories each.  Memory does not grow with the rows. */
#pragma once

#include "monitor/look.h"
#include "stats/drift.h"

#define SUBJECT_SCORE "score"
#define SUBJECT_DECISION "decision"

/* A category and how many rows of the profile and of the window have it. */
typedef struct SubjectCategory {
	char *text; /* NULL: a bucket of many */
	int64_t reference, window;
} SubjectCategory;

typedef struct Subject {
	const char *name; /* of a column, or one of the above */
	const char *type; /* "int", "real", "time"; "text", "bool" */
	bool is_category;
	bool is_known;    /* the profile tells enough of it */
	char *sql;        /* a DOUBLE, or a text */
	double deviation; /* numbers: of the profile */
	Sketch sketch;    /* numbers */
	SketchTally tally;
	GArray *categories;                  /* of SubjectCategory */
	int64_t rows_reference, rows_window; /* with a value */
} Subject;

/* ret: of Subject; free with g_array_unref. */
bool subjects_read(const LookInput *in, GArray **ret, GError **error);

/* The drift tests on a subject. */
void subject_compare(const Subject *s, DriftReport *ret);
/* The window's value below which a part of its rows lies, as far as the bins tell; numbers. */
double subject_quantile(const Subject *s, double part);
