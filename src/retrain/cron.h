/* cron.h: times of day by the five fields of cron: minute, hour, day of the month, month, day of the week.
 *
 * Each field is *, a number, a range a-b, either with a step after /, or a list of these joined by commas; months and days
 * of the week also by their first three letters; Sunday is 0 or 7.  @hourly, @daily, @midnight, @weekly, @monthly, @yearly
 * and @annually are known.  Where both day fields are restricted (neither begins with *), a day that suits either one
 * counts, as in every cron.
 *
 * Times are those of a clock on the wall in a named zone of the tz database.  When the clocks change:
 *   - a time that the clock leaps over happens at the first moment after the leap;
 *   - a time that comes twice happens once, at its first coming;
 *   - with * for the hour it goes by real hours instead: nothing is made up for, and both comings count.
 * All instants are microseconds UTC. */
#pragma once

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

typedef struct Cron Cron;

/* What CRON_NEVER means: no such time. */
#define CRON_NEVER INT64_MAX

/* zone: "UTC", "Europe/Berlin", ...; FAIL_INVALID says which field is wrong and what it takes, for an unknown zone, and for a
 * date that never comes (30 February). */
bool cron_parse(const char *text, const char *zone, Cron **ret, GError **error);
void cron_free(Cron *c);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Cron, cron_free)

/* The first time strictly after an instant; CRON_NEVER when none comes in the next nine years. */
int64_t cron_next(const Cron *c, int64_t after);

/* How many times lie in (after, until], counted up to `most`; *ret_last: the last one that was counted, 0 if there is none. */
int cron_count(const Cron *c, int64_t after, int64_t until, int most, int64_t *ret_last);
