/* progress.h: how long work says how far it is.  The work calls these two; who listens decides what it looks like: a bar
 * on a terminal, lines elsewhere, nothing at all.
 *
 * A process whose environment names a descriptor in GYRE_PROGRESS_FD writes each event there as one line of JSON
 * ({"what","done","total"} or {"note"}), at most ten a second; without it the calls cost nothing.  Any thread may call. */
#pragma once

#include <glib.h>
#include <stdint.h>

void progress_report(const char *what, uint64_t done, uint64_t total); /* total 0: not known */
void progress_note(const char *format, ...) G_GNUC_PRINTF(1, 2);       /* an event worth a line of its own */
