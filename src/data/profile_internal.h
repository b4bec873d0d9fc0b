/* profile_internal.h: what profile*.c share: one profile being made, each file adding its part to the JSON of profile.h. */
#pragma once

#include "data/profile.h"

enum { PROFILE_TOP = 20, PROFILE_FEW_VALUES = 50, PROFILE_BINS = 30, PROFILE_TIME_BINS = 40 };

typedef struct ProfileColumn {
	const char *name;
	char *quoted;
	ColumnType type;
	json_t *json; /* its entry; borrowed from the profile */
	int64_t present, distinct;
} ProfileColumn;

typedef struct Profile {
	Engine *e;
	const char *view;
	const char *target, *time; /* NULL: none */
	bool classifies;
	int64_t rows;
	int64_t sample; /* most rows to sample */
	ProfileColumn *columns;
	size_t count;
	json_t *json;
} Profile;

ProfileColumn *profile_column(const Profile *p, const char *name); /* NULL: none */
static inline bool profile_is_number(const ProfileColumn *c)
{
	return c->type == COLUMN_INT || c->type == COLUMN_REAL;
}
/* The finite values of a column of numbers, NULL otherwise. */
char *profile_finite(const ProfileColumn *c);

/* Of the columns from .. to - 1, all of which p->view has. */
bool profile_columns(Profile *p, size_t from, size_t to, GError **error); /* counts, quantiles, moments */
bool profile_values(Profile *p, size_t from, size_t to, GError **error);  /* histograms, top values, distinct */
bool profile_times(Profile *p, size_t from, size_t to, GError **error);   /* histograms and gaps of times */

bool profile_target_over_time(Profile *p, GError **error);
bool profile_rows(Profile *p, GError **error);  /* duplicates, missing patterns */
bool profile_pairs(Profile *p, GError **error); /* the sample: associations, correlations */
void profile_alerts(Profile *p);                /* what stands out of all that */

/* The bucket width that divides from .. to (microseconds) into at most PROFILE_TIME_BINS: "7 days". */
const char *profile_time_step(int64_t from, int64_t to);
