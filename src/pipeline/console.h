/* console.h: a run as a person sees it: on a terminal one moving line for each running step, elsewhere one plain line for
 * each event, in the order in which they happen. */
#pragma once

#include "pipeline/run.h"

typedef struct Console Console;

typedef struct ConsoleLook {
	bool moves; /* redraw lines in place */
	bool colours;
	bool utf8;
	unsigned width;         /* columns; longer lines are cut when `moves` */
	unsigned rows;          /* at most a third of them move */
	int64_t (*clock)(void); /* us; NULL: the machine's */
} ConsoleLook;

/* What suits a descriptor: moves on a terminal whose TERM is not "dumb", colours unless NO_COLOR is set. */
ConsoleLook console_look(int fd);

/* Writes to fd, which stays open. */
Console *console_new(int fd, const ConsoleLook *look);
void console_free(Console *c);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Console, console_free)

/* For RunOptions.observe, with the Console as context; and the ticks it wants. */
void console_observe(void *console, const RunEvent *event);
unsigned console_tick_ms(const Console *c);

/* "3.2 s", "1:05", "2:03:10"; "1,234,567"; "3.1", "350k", "1.2M".  g_free. */
char *console_seconds(double seconds);
char *console_count(uint64_t count);
char *console_rate(double rate);
