/* gauges.h: what monitoring knows, kept ready for /metrics.
 *
 * The store is read by a thread of its own, every GAUGES_SECONDS (less often where that took long) while somebody scrapes: a scrape costs a copy of a text, however slow
 * the store is.  While it cannot be read the last text stays, and gyre_store_read_timestamp_seconds tells its age. */
#pragma once

#include <glib.h>

enum { GAUGES_SECONDS = 5 };

typedef struct GaugesReader GaugesReader;

GaugesReader *gauges_start(const char *state_folder);
void gauges_stop(GaugesReader *r);
void gauges_append(GaugesReader *r, GString *to);
