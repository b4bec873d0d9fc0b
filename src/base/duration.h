/* duration.h: lengths of time as people write them in settings: "90s", "15m", "1h", "2d", "1w". */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#define DURATION_SECOND INT64_C(1000000)
#define DURATION_DAY (86400 * DURATION_SECOND)

/* A whole or decimal number and one of ms, s, m, h, d, w behind it, or 0 alone; microseconds.  false: none of that, or longer
 * than 10,000 weeks. */
bool duration_parse(const char *text, int64_t *ret);
/* The shortest way to write it: "15m"; fractions of a millisecond are cut off.  Free with g_free. */
char *duration_text(int64_t us);
