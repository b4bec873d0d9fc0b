/* footprint.h: how much memory processes have for themselves.
 *
 * A forked child shares what its parent had until one of them writes to it, so the size of neither says what it costs.  Counted are
 * pages that no other process maps, as /proc/PID/smaps_rollup has them. */
#pragma once

#include <glib.h>
#include <stdbool.h>
#include <sys/types.h>

/* A process and all below it, as they are now: their ids, the process itself first; just itself where the kernel does not tell. */
GArray *footprint_tree(pid_t pid); /* of pid_t */

/* KiB they have for themselves; 0: they are gone.  Quick: an upper bound, by sizes that are cheap to read (what is shared with the
 * parent counts too). */
size_t footprint_bound_kb(const GArray *pids);
/* The same exactly; takes time with the size of the processes, about a millisecond for 100 MiB. */
size_t footprint_exact_kb(const GArray *pids);

/* MiB of memory of this process that is no file's. */
size_t footprint_own_mb(void);
