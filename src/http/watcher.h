/* watcher.h: `gyre monitor watch` beside a server, as a process of its own, started again when it dies.
 *
 * It dies with the server, and what it had begun goes on when another one watches (retrain/loop.h). */
#pragma once

#include <stdbool.h>

typedef struct Watcher Watcher;

/* folder: the project's. */
Watcher *watcher_new(const char *folder, void (*tell)(const char *sentence));
/* To be called about once a second: starts it when it is not there, later each time it dies soon. */
void watcher_look(Watcher *w);
/* Asks it to end in order, and does not wait: so that the server drains meanwhile. */
void watcher_ask(Watcher *w);
/* Waits for its end, and frees it. */
void watcher_free(Watcher *w);
