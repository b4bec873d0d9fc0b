/* duration.c: lengths of time as people write them. */
#include "base/duration.h"

#include <glib.h>
#include <math.h>

static const struct {
	const char *name;
	int64_t us;
} UNITS[] = {{"w", 7 * DURATION_DAY}, {"d", DURATION_DAY}, {"h", 3600 * DURATION_SECOND}, {"m", 60 * DURATION_SECOND},
        {"s", DURATION_SECOND}, {"ms", DURATION_SECOND / 1000}};

#define LONGEST (70000 * DURATION_DAY)

bool duration_parse(const char *text, int64_t *ret)
{
	char *end;
	if (!text || !g_ascii_isdigit(*text))
		return false;
	double number = g_ascii_strtod(text, &end);
	while (*end == ' ')
		end++;
	if (number == 0 && !*end) {
		*ret = 0;
		return true;
	}
	for (size_t i = 0; i < G_N_ELEMENTS(UNITS); i++) {
		if (g_strcmp0(end, UNITS[i].name) != 0)
			continue;
		double us = number * (double)UNITS[i].us;
		if (!(us <= (double)LONGEST))
			return false;
		*ret = llround(us);
		return true;
	}
	return false;
}

char *duration_text(int64_t us)
{
	for (size_t i = 0; i < G_N_ELEMENTS(UNITS); i++)
		if (us && us % UNITS[i].us == 0)
			return g_strdup_printf("%" G_GINT64_FORMAT "%s", us / UNITS[i].us, UNITS[i].name);
	return us < DURATION_SECOND / 1000 ? g_strdup("0")
	                                   : g_strdup_printf("%" G_GINT64_FORMAT "ms", us / (DURATION_SECOND / 1000));
}
