/* time.c: times as text and back: microseconds since 1970 UTC, proleptic Gregorian. */
#include "data/frame.h"

#include <stdio.h>
#include <string.h>

enum { DAY_SECONDS = 86400 };

/* Days since 1970 of a date and back: Howard Hinnant's days_from_civil, eras of 400 years
 * (howardhinnant.github.io/date_algorithms.html). */
static int64_t days_of(int64_t year, int month, int day)
{
	year -= month <= 2;
	int64_t era = (year >= 0 ? year : year - 399) / 400;
	int64_t in_era = year - era * 400;
	int64_t in_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
	return era * 146097 + in_era * 365 + in_era / 4 - in_era / 100 + in_year - 719468;
}

static void date_of(int64_t days, int64_t *year, int *month, int *day)
{
	days += 719468;
	int64_t era = (days >= 0 ? days : days - 146096) / 146097;
	int64_t in_era = days - era * 146097;
	int64_t year_of_era = (in_era - in_era / 1460 + in_era / 36524 - in_era / 146096) / 365;
	int64_t in_year = in_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
	int64_t shifted = (5 * in_year + 2) / 153;
	*day = (int)(in_year - (153 * shifted + 2) / 5 + 1);
	*month = (int)(shifted < 10 ? shifted + 3 : shifted - 9);
	*year = year_of_era + era * 400 + (*month <= 2);
}

char *time_text(int64_t us)
{
	int64_t seconds = us / 1000000, fraction = us % 1000000;
	if (fraction < 0) {
		fraction += 1000000;
		seconds--;
	}
	int64_t days = seconds / DAY_SECONDS, rest = seconds % DAY_SECONDS;
	if (rest < 0) {
		rest += DAY_SECONDS;
		days--;
	}
	int64_t year;
	int month, day;
	date_of(days, &year, &month, &day);
	char *text = g_strdup_printf("%04d-%02d-%02d %02d:%02d:%02d", (int)year, month, day, (int)(rest / 3600),
	        (int)(rest / 60 % 60), (int)(rest % 60));
	if (!fraction)
		return text;
	char *with = g_strdup_printf("%s.%06d", text, (int)fraction);
	g_free(text);
	return with;
}

static bool digits(const char **text, int count, int *ret)
{
	int value = 0;
	for (int i = 0; i < count; i++, (*text)++) {
		if (!g_ascii_isdigit(**text))
			return false;
		value = value * 10 + (**text - '0');
	}
	*ret = value;
	return true;
}

static bool literal(const char **text, char c)
{
	if (**text != c)
		return false;
	(*text)++;
	return true;
}

static bool parse_date(const char **text, int64_t *ret_days)
{
	static const int LENGTHS[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
	int year, month, day;
	if (!digits(text, 4, &year) || !literal(text, '-') || !digits(text, 2, &month) || !literal(text, '-') ||
	        !digits(text, 2, &day))
		return false;
	bool leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
	if (month < 1 || month > 12 || day < 1 || day > LENGTHS[month - 1] + (month == 2 && leap))
		return false;
	*ret_days = days_of(year, month, day);
	return true;
}

static bool parse_clock(const char **text, int64_t *ret_us)
{
	int hour, minute, second = 0;
	int64_t fraction = 0;
	if (!digits(text, 2, &hour) || !literal(text, ':') || !digits(text, 2, &minute))
		return false;
	if (literal(text, ':') && !digits(text, 2, &second))
		return false;
	if (hour > 24 || minute > 59 || second > 60)
		return false;
	if (**text == '.') {
		(*text)++;
		int64_t scale = 100000;
		for (; g_ascii_isdigit(**text); (*text)++, scale /= 10)
			fraction += (**text - '0') * scale;
	}
	*ret_us = ((int64_t)hour * 3600 + minute * 60 + second) * 1000000 + fraction;
	return true;
}

/* "Z", "+01:00", "+0100", "+01" or nothing (UTC). */
static bool parse_zone(const char **text, int64_t *ret_us)
{
	*ret_us = 0;
	if (literal(text, 'Z') || literal(text, 'z') || **text == '\0')
		return true;
	if (**text != '+' && **text != '-')
		return false;
	int sign = *(*text)++ == '-' ? -1 : 1, hours, minutes = 0;
	if (!digits(text, 2, &hours))
		return false;
	literal(text, ':');
	if (**text && !digits(text, 2, &minutes))
		return false;
	*ret_us = sign * ((int64_t)hours * 3600 + minutes * 60) * 1000000;
	return true;
}

bool time_has_text(int64_t us)
{
	return us >= days_of(0, 1, 1) * DAY_SECONDS * 1000000 && us < days_of(10000, 1, 1) * DAY_SECONDS * 1000000;
}

bool time_parse(const char *text, int64_t *ret)
{
	int64_t days, clock = 0, zone = 0, us;
	if (!parse_date(&text, &days))
		return false;
	if (*text == ' ' || *text == 'T' || *text == 't') {
		text++;
		if (!parse_clock(&text, &clock))
			return false;
	}
	while (*text == ' ')
		text++;
	if (!parse_zone(&text, &zone) || *text)
		return false;
	us = days * DAY_SECONDS * 1000000 + clock - zone;
	if (!time_has_text(us)) /* a zone or a second 60 led out of it */
		return false;
	*ret = us;
	return true;
}
