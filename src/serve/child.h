/* child.h: this program started once more, as another process. */
#pragma once

#include <glib.h>
#include <stdbool.h>

/* Started and left to itself; its failing to start costs nothing.  words: of the command line, behind the program's name. */
void child_leave(const char *const *words);

typedef struct Child {
	GPid pid;
	int said; /* its standard error; standard output goes nowhere */
} Child;

/* It dies with this process, and with the thread that starts it: that one has to stop it, too. */
bool child_start(const char *const *words, Child *ret, GError **error);
/* Asks it to end, and makes it end when it has not within `seconds`. */
void child_stop(Child *c, unsigned seconds);

/* A `gyre serve` is listening: reads its port from what it says.  FAIL_BROKEN, with what it said, when it ended before or said nothing within
 * `seconds`. */
bool child_port(Child *c, unsigned seconds, unsigned *ret, GError **error);
