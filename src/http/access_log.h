/* access_log.h: a line of JSON for each answer, whoever gave it.
 *
 *     {"time": ISO, "peer", "method", "path", "status", "us", "bytes_in", "bytes_out", "protocol", "model", "version", "route",
 *      "rows", "id", "caller", "trace", "span", "parent", "user_agent"}
 *
 * What does not apply is left out; the path is without its query.  Lines are put together by the threads that answer and
 * written by one that does nothing else: serving never waits for a disk or a pipe.  What it cannot keep up with is dropped and
 * counted. */
#pragma once

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

typedef struct AccessLog AccessLog;

/* path: "-" is standard error; else a file that is made, or added to. */
bool access_log_open(const char *path, AccessLog **ret, GError **error);
/* Writes what was added. */
void access_log_close(AccessLog *l);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(AccessLog, access_log_close)
/* Opens its file anew, once: after it was renamed. */
void access_log_reopen(AccessLog *l);

/* A whole line, with its \n. */
void access_log_add(AccessLog *l, const GString *line);
uint64_t access_log_dropped(const AccessLog *l);
