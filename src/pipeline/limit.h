/* limit.h: how much memory a step may take, and how it is known that it wanted more. */
#pragma once

#include <glib.h>
#include <stdbool.h>

/* Beyond a quarter more than it was asked to stay within, what a step may have before it is stopped, in MiB.  A kind
 * of ours has DuckDB's buffers outside its own limit and the stacks of its threads: sorting and grouping 8 million rows
 * with DuckDB's limit M took 1.0 M to 2.1 M of data (M = 1024, 512, 256), at most M + 320 MiB, on 2 threads. */
#define LIMIT_SLACK_KIND_MB(cores) (384 + 32 * (cores))
#define LIMIT_SLACK_COMMAND_MB 64

/* Limits the data (heap, private maps, threads' stacks: RLIMIT_DATA) of this process and of those it starts to
 * mb + mb / 4 + slack_mb; mb 0: no limit.  Returns 0 or an errno. */
int limit_memory(size_t mb, size_t slack_mb);

/* The same for the program that is executed next, which is not built with our sanitizers.  Safe between fork and exec. */
int limit_memory_before_exec(size_t mb, size_t slack_mb);

/* Do these last words say that memory could not be had? */
bool limit_is_told(const char *text);

/* The last lines of a log, at most 20 and 4,000 bytes, valid UTF-8; "" if there is none.  g_free. */
char *limit_log_tail(const char *path);
