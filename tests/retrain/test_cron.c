/* test_cron.c: times of day, and what becomes of them when the clocks change.
 *
 * Europe/Berlin: on 2026-03-29 the clock goes from 02:00 to 03:00 (01:00 UTC), on 2026-10-25 from 03:00 back to 02:00 (01:00 UTC). */
#include "retrain/cron.h"

#include <string.h>

#include "base/error.h"
#include "data/frame.h"

static Cron *made(const char *line, const char *zone)
{
	g_autoptr(GError) error = NULL;
	Cron *c = NULL;
	cron_parse(line, zone, &c, &error);
	g_assert_no_error(error);
	return c;
}

static int64_t at(const char *text)
{
	int64_t us = 0;
	g_assert_true(time_parse(text, &us));
	return us;
}

/* The next times after `from`, one after the other. */
static void expect(const char *line, const char *zone, const char *from, const char *const *times)
{
	g_autoptr(Cron) c = made(line, zone);
	int64_t now = at(from);
	for (const char *const *t = times; *t; t++) {
		now = cron_next(c, now);
		g_autofree char *found = now == CRON_NEVER ? g_strdup("never") : time_text(now);
		g_autofree char *wanted = time_text(at(*t));
		if (strcmp(found, wanted) != 0)
			g_error("%s in %s: %s, not %s", line, zone, found, wanted);
	}
}

#define EXPECT(line, zone, from, ...) expect(line, zone, from, (const char *const[]){__VA_ARGS__, NULL})

static void test_fields(void)
{
	EXPECT("0 3 * * *", "UTC", "2026-01-01 03:00:00", "2026-01-02 03:00:00", "2026-01-03 03:00:00");
	EXPECT("0 3 * * *", "UTC", "2026-01-01 02:59:59", "2026-01-01 03:00:00");
	EXPECT("*/20 * * * *", "UTC", "2026-12-31 23:30:00", "2026-12-31 23:40:00", "2027-01-01 00:00:00");
	EXPECT("5,10-12 8 * * *", "UTC", "2026-01-01 00:00:00", "2026-01-01 08:05:00", "2026-01-01 08:10:00",
	        "2026-01-01 08:11:00", "2026-01-01 08:12:00", "2026-01-02 08:05:00");
	EXPECT("0 9 * * mon-fri", "UTC", "2026-01-02 10:00:00", "2026-01-05 09:00:00");
	EXPECT("0 0 * * 7", "UTC", "2026-01-01 00:00:00", "2026-01-04 00:00:00", "2026-01-11 00:00:00");
	EXPECT("0 0 29 2 *", "UTC", "2026-01-01 00:00:00", "2028-02-29 00:00:00", "2032-02-29 00:00:00");
	EXPECT("0 0 1 JAN,jul *", "UTC", "2026-01-01 00:00:00", "2026-07-01 00:00:00", "2027-01-01 00:00:00");
	EXPECT("10/25 0 * * *", "UTC", "2026-01-01 00:00:00", "2026-01-01 00:10:00", "2026-01-01 00:35:00");
	EXPECT("@weekly", "UTC", "2026-01-01 00:00:00", "2026-01-04 00:00:00");
}

/* Both restricted: either one; one of them *: the other alone. */
static void test_days(void)
{
	EXPECT("0 0 13 * fri", "UTC", "2026-02-01 00:00:00", "2026-02-06 00:00:00", "2026-02-13 00:00:00",
	        "2026-02-20 00:00:00");
	EXPECT("0 0 13 * *", "UTC", "2026-02-14 00:00:00", "2026-03-13 00:00:00");
	EXPECT("0 0 */2 * fri", "UTC", "2026-02-01 00:00:00", "2026-02-13 00:00:00", "2026-02-27 00:00:00");
}

static void test_clocks_change(void)
{
	/* Winter time is UTC+1, summer time UTC+2. */
	EXPECT("30 9 * * *", "Europe/Berlin", "2026-03-28 00:00:00", "2026-03-28 08:30:00", "2026-03-29 07:30:00");
	/* 02:30 is leapt over: it happens at 03:00 summer time. */
	EXPECT("30 2 * * *", "Europe/Berlin", "2026-03-28 12:00:00", "2026-03-29 01:00:00", "2026-03-30 00:30:00");
	/* 02:30 comes twice: the first one. */
	EXPECT("30 2 * * *", "Europe/Berlin", "2026-10-24 12:00:00", "2026-10-25 00:30:00", "2026-10-26 01:30:00");
	/* Every hour means every hour. */
	EXPECT("30 * * * *", "Europe/Berlin", "2026-03-29 00:00:00", "2026-03-29 00:30:00", "2026-03-29 01:30:00");
	EXPECT("30 * * * *", "Europe/Berlin", "2026-10-24 23:00:00", "2026-10-24 23:30:00", "2026-10-25 00:30:00",
	        "2026-10-25 01:30:00", "2026-10-25 02:30:00");
}

/* All of a day's minutes, on the days of 23, 24 and 25 hours; and never the same instant twice. */
static void test_every_minute(void)
{
	static const struct {
		const char *from, *to;
		int minutes;
	} DAYS[] = {
	        {"2026-03-28 22:59:59", "2026-03-29 21:59:59", 23 * 60},
	        {"2026-06-09 21:59:59", "2026-06-10 21:59:59", 24 * 60},
	        {"2026-10-24 21:59:59", "2026-10-25 22:59:59", 25 * 60},
	};
	g_autoptr(Cron) c = made("* * * * *", "Europe/Berlin");
	for (size_t i = 0; i < G_N_ELEMENTS(DAYS); i++) {
		int64_t last;
		g_assert_cmpint(cron_count(c, at(DAYS[i].from), at(DAYS[i].to), 10000, &last), ==, DAYS[i].minutes);
	}
}

static void test_count(void)
{
	g_autoptr(Cron) c = made("0 3 * * *", "UTC");
	int64_t last;
	g_assert_cmpint(cron_count(c, at("2026-01-01 04:00:00"), at("2026-01-05 03:00:00"), 100, &last), ==, 4);
	g_assert_cmpint(last, ==, at("2026-01-05 03:00:00"));
	g_assert_cmpint(cron_count(c, at("2026-01-01 04:00:00"), at("2026-01-02 02:00:00"), 100, &last), ==, 0);
	g_assert_cmpint(last, ==, 0);
	g_assert_cmpint(cron_count(c, at("2000-01-01 04:00:00"), at("2026-01-02 02:00:00"), 50, &last), ==, 50);
}

static void test_refused(void)
{
	static const struct {
		const char *line, *zone, *words;
	} BAD[] = {
	        {"", "UTC", "five fields"},
	        {"0 3 * *", "UTC", "five fields"},
	        {"0 3 * * * *", "UTC", "five fields"},
	        {"60 3 * * *", "UTC", "minute"},
	        {"0 24 * * *", "UTC", "hour"},
	        {"0 3 0 * *", "UTC", "day of the month"},
	        {"0 3 * 13 *", "UTC", "month"},
	        {"0 3 * * 8", "UTC", "day of the week"},
	        {"0 3 * * fri-mon", "UTC", "day of the week"},
	        {"*/0 3 * * *", "UTC", "minute"},
	        {"1, 3 * * *", "UTC", "minute"},
	        {"@reboot", "UTC", "five fields"},
	        {"0 3 30 2 *", "UTC", "never comes"},
	        {"0 3 * * *", "Mars/Olympus", "time zone"},
	};
	for (size_t i = 0; i < G_N_ELEMENTS(BAD); i++) {
		g_autoptr(GError) error = NULL;
		Cron *c = NULL;
		g_assert_false(cron_parse(BAD[i].line, BAD[i].zone, &c, &error));
		g_assert_error(error, FAIL, FAIL_INVALID);
		if (!strstr(error->message, BAD[i].words))
			g_error("%s: %s", BAD[i].line, error->message);
	}
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/cron/fields", test_fields);
	g_test_add_func("/cron/days", test_days);
	g_test_add_func("/cron/clocks_change", test_clocks_change);
	g_test_add_func("/cron/every_minute", test_every_minute);
	g_test_add_func("/cron/count", test_count);
	g_test_add_func("/cron/refused", test_refused);
	return g_test_run();
}
