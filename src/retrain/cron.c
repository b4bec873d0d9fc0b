/* cron.c: a cron line as five sets of numbers, and a walk over the days of a calendar.
 *
 * A day is looked at on the wall: its hours and minutes become instants only at the end, where the zone says whether such a
 * time exists never, once or twice.  So no minute is walked that the fields do not name. */
#include "retrain/cron.h"

#include <string.h>

#include "base/error.h"

#define SECOND INT64_C(1)
#define HOUR (3600 * SECOND)
#define DAY (24 * HOUR)

/* Longest wait for a date: 29 February from 1896 to 1904, and one to spare. */
#define YEARS_AHEAD 9

/* The wall clock of a zone is never set by more than this in one change. */
#define LARGEST_LEAP (26 * HOUR)

/* ... and set back by no more than this. */
#define SET_BACK (3 * HOUR)

enum { MINUTE, HOUR_OF_DAY, DAY_OF_MONTH, MONTH, DAY_OF_WEEK, FIELDS };

typedef struct Field {
	const char *name;
	int min, max;
	const char *const *words; /* of min, min + 1, ...; NULL: numbers only */
} Field;

static const char *const MONTHS[] = {
        "jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec", NULL};
static const char *const DAYS[] = {"sun", "mon", "tue", "wed", "thu", "fri", "sat", NULL};
static const Field FIELD[FIELDS] = {
        {"minute", 0, 59, NULL},
        {"hour", 0, 23, NULL},
        {"day of the month", 1, 31, NULL},
        {"month", 1, 12, MONTHS},
        {"day of the week", 0, 7, DAYS},
};

static const struct {
	const char *word, *line;
} SHORT[] = {
        {"@hourly", "0 * * * *"},
        {"@daily", "0 0 * * *"},
        {"@midnight", "0 0 * * *"},
        {"@weekly", "0 0 * * 0"},
        {"@monthly", "0 0 1 * *"},
        {"@yearly", "0 0 1 1 *"},
        {"@annually", "0 0 1 1 *"},
};

struct Cron {
	uint64_t set[FIELDS]; /* bit n: the number n */
	bool is_star[FIELDS]; /* begins with * */
	bool every_hour;      /* the hour is * alone */
	GTimeZone *zone;
};

void cron_free(Cron *c)
{
	if (!c)
		return;
	g_clear_pointer(&c->zone, g_time_zone_unref);
	g_free(c);
}

static bool read_number(const Field *f, const char *text, int *ret)
{
	guint64 number;
	for (int i = 0; f->words && f->words[i]; i++)
		if (g_ascii_strcasecmp(f->words[i], text) == 0) {
			*ret = f->min + i;
			return true;
		}
	if (!g_ascii_string_to_unsigned(text, 10, (guint64)f->min, (guint64)f->max, &number, NULL))
		return false;
	*ret = (int)number;
	return true;
}

/* "*", "3", "1-5", each perhaps with "/2" behind it. */
static bool read_part(const Field *f, const char *part, uint64_t *set)
{
	g_auto(GStrv) halves = g_strsplit(part, "/", 2);
	guint64 step = 1;
	int low = f->min, high = f->max;
	if (!halves[0] || !*halves[0])
		return false;
	if (halves[1] && !g_ascii_string_to_unsigned(halves[1], 10, 1, (guint64)f->max, &step, NULL))
		return false;
	if (strcmp(halves[0], "*") != 0) {
		g_auto(GStrv) ends = g_strsplit(halves[0], "-", 2);
		if (!read_number(f, ends[0], &low))
			return false;
		high = halves[1] ? f->max : low;
		if (ends[1] && (!read_number(f, ends[1], &high) || high < low))
			return false;
	}
	for (int n = low; n <= high; n += (int)step)
		*set |= UINT64_C(1) << n;
	return true;
}

static bool read_field(Cron *c, int k, const char *text, GError **error)
{
	const Field *f = &FIELD[k];
	g_auto(GStrv) parts = g_strsplit(text, ",", -1);
	for (char **part = parts; *part; part++)
		if (!read_part(f, *part, &c->set[k]))
			return fail(error, FAIL_INVALID,
			        "\"%s\" is no %s of a cron line: *, or %d to %d%s, ranges a-b, steps */n, lists a,b",
			        text, f->name, f->min, f->max, f->words ? " or names of three letters" : "");
	c->is_star[k] = text[0] == '*';
	return true;
}

static bool read_line(Cron *c, const char *text, GError **error)
{
	g_autofree char *line = g_strstrip(g_strdup(text));
	for (size_t i = 0; i < G_N_ELEMENTS(SHORT); i++)
		if (strcmp(SHORT[i].word, line) == 0)
			return read_line(c, SHORT[i].line, error);
	g_auto(GStrv) words = g_strsplit_set(line, " \t", -1);
	const char *fields[FIELDS];
	int count = 0;
	for (char **word = words; *word; word++) {
		if (**word && count < FIELDS)
			fields[count] = *word;
		count += **word != '\0';
	}
	if (count != FIELDS)
		return fail(error, FAIL_INVALID,
		        "\"%s\" is no cron line: five fields are wanted, minute hour day month weekday, such as \"0 3 "
		        "* * *\"",
		        text);
	for (int k = 0; k < FIELDS; k++)
		if (!read_field(c, k, fields[k], error))
			return false;
	c->every_hour = strcmp(fields[HOUR_OF_DAY], "*") == 0;
	if (c->set[DAY_OF_WEEK] & (1 << 7))
		c->set[DAY_OF_WEEK] |= 1;
	return true;
}

bool cron_parse(const char *text, const char *zone, Cron **ret, GError **error)
{
	g_autoptr(Cron) c = g_new0(Cron, 1);
	if (!read_line(c, text, error))
		return false;
	c->zone = g_time_zone_new_identifier(zone);
	if (!c->zone)
		return fail(error, FAIL_INVALID,
		        "there is no time zone \"%s\" on this machine: UTC, Europe/Berlin, ...", zone);
	if (cron_next(c, 0) == CRON_NEVER)
		return fail(error, FAIL_INVALID, "\"%s\" names a date that never comes", text);
	*ret = g_steal_pointer(&c);
	return true;
}

/* Seconds the zone is ahead of UTC at an instant (in seconds). */
static int64_t offset_at(const Cron *c, int64_t at)
{
	gint interval = g_time_zone_find_interval(c->zone, G_TIME_TYPE_UNIVERSAL, at);
	return interval < 0 ? 0 : g_time_zone_get_offset(c->zone, interval);
}

/* The first second after the change of offset in (low, high]. */
static int64_t leap_between(const Cron *c, int64_t low, int64_t high)
{
	int64_t before = offset_at(c, low);
	while (high - low > 1) {
		int64_t middle = low + (high - low) / 2;
		if (offset_at(c, middle) == before)
			low = middle;
		else
			high = middle;
	}
	return high;
}

/* The instants at which the wall shows `wall` (its reading as if it were UTC); how many: 1 or 2.  A reading that is leapt over
 * gives the moment after the leap, unless hours are real ones: then none. */
static int instants_of(const Cron *c, int64_t wall, int64_t ret[2])
{
	int64_t before = offset_at(c, wall - LARGEST_LEAP), after = offset_at(c, wall + LARGEST_LEAP);
	int64_t early = wall - before, late = wall - after;
	bool is_early = offset_at(c, early) == before, is_late = offset_at(c, late) == after;
	if (before == after || (is_early && !is_late)) {
		ret[0] = early;
		return 1;
	}
	if (is_late && !is_early) {
		ret[0] = late;
		return 1;
	}
	if (!is_early) {
		ret[0] = leap_between(c, wall - LARGEST_LEAP - before, wall + LARGEST_LEAP - after);
		return c->every_hour ? 0 : 1;
	}
	ret[0] = MIN(early, late);
	ret[1] = MAX(early, late);
	return c->every_hour ? 2 : 1;
}

static bool suits(const Cron *c, const GDate *day)
{
	bool month = c->set[MONTH] >> g_date_get_month(day) & 1;
	bool of_month = c->set[DAY_OF_MONTH] >> g_date_get_day(day) & 1;
	bool of_week = c->set[DAY_OF_WEEK] >> (g_date_get_weekday(day) % 7) & 1;
	bool is_either = !c->is_star[DAY_OF_MONTH] && !c->is_star[DAY_OF_WEEK];
	return month && (is_either ? of_month || of_week : of_month && of_week);
}

/* The first instant of a day (its midnight on the wall as if it were UTC) that lies after `after`. */
static int64_t first_of_day(const Cron *c, int64_t midnight, int64_t after)
{
	int64_t best = CRON_NEVER, best_wall = 0, from = after + offset_at(c, after) - SET_BACK;
	for (int hour = 0; hour < 24; hour++)
		for (int minute = 0; minute < 60; minute++) {
			int64_t wall = midnight + hour * HOUR + minute * INT64_C(60), found[2];
			if (!(c->set[HOUR_OF_DAY] >> hour & 1) || !(c->set[MINUTE] >> minute & 1) || wall < from)
				continue;
			/* A later reading can be an earlier moment only where a change lies between them. */
			if (best != CRON_NEVER && wall > best_wall + SET_BACK)
				return best;
			int count = instants_of(c, wall, found);
			for (int i = 0; i < count; i++)
				if (found[i] > after && found[i] < best) {
					best = found[i];
					best_wall = wall;
				}
		}
	return best;
}

int64_t cron_next(const Cron *c, int64_t after)
{
	int64_t from = after / G_USEC_PER_SEC - (after % G_USEC_PER_SEC < 0);
	int64_t wall = from + offset_at(c, from);
	int64_t days = wall / DAY - (wall % DAY < 0);
	GDate day;
	g_date_clear(&day, 1);
	g_date_set_dmy(&day, 1, G_DATE_JANUARY, 1970);
	/* The day before too: what a leap at midnight skipped happens on the next day. */
	int64_t first = days > 0 ? days - 1 : 0;
	g_date_add_days(&day, (guint)first);
	for (int64_t d = first; d < days + YEARS_AHEAD * 366; d++, g_date_add_days(&day, 1)) {
		int64_t found = suits(c, &day) ? first_of_day(c, d * DAY, from) : CRON_NEVER;
		if (found != CRON_NEVER)
			return found * G_USEC_PER_SEC;
	}
	return CRON_NEVER;
}

int cron_count(const Cron *c, int64_t after, int64_t until, int most, int64_t *ret_last)
{
	int count = 0;
	*ret_last = 0;
	for (int64_t at = cron_next(c, after); at <= until && count < most; at = cron_next(c, at)) {
		*ret_last = at;
		count++;
	}
	return count;
}
